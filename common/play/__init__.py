"""A page on which a trained network answers in plain JavaScript, and how it is written."""
