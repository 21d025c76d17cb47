"""How long a training step takes, by way of computing it, size and length."""
