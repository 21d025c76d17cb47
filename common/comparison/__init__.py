"""The built-in layer against the cell written by hand."""
