"""Anatomy: shapes, parameters, one computed sequence and a figure of any network."""
