"""Text, sequences, tables and TensorFlow Datasets as arrays: floor 2."""
