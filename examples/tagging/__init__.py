"""Tagging: colours Python source, a class for every character (many-to-many)."""
