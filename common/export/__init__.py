"""Trained networks for use without this repository."""
