"""Verbs and flags, lines of input, and copies of an example."""
