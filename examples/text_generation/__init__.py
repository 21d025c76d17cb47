"""Text generation: learns from a text to write a similar one, by characters."""
