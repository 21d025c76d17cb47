"""The pages of run folders: floor 5. Importing it loads no TensorFlow."""
