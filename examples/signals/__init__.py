"""Signals: labels windows of several channels, such as sensors (many-to-one)."""
