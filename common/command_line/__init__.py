"""Verbs and flags, and lines of input."""
