"""Text, sequences, tables and TensorFlow Datasets as arrays."""
