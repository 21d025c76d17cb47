"""Text generation: learns to write character by character in the manner of a text."""
