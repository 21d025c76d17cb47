"""Anatomy: takes a network apart: shapes, parameters, one sequence, a figure."""
