"""The pages of run folders. Importing this package does not load TensorFlow."""
