"""Anatomy: equations, shapes, one computed sequence and figures of any network."""
