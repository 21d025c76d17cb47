"""Naming: gives a colour a name, letter by letter (one-to-many)."""
