"""Sorting: reads a list of numbers and writes it again in ascending order."""
