"""A page on which a trained network answers, in plain JavaScript; how it is written."""
