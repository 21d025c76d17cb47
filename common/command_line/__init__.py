"""Verbs and flags, lines of input, and copies of an example: floor 6."""
