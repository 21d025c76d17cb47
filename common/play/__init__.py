"""A page on which a trained network answers in JavaScript, and how it is written."""
