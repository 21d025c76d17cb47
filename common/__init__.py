"""Shared pipes of the examples: text, sequences, training, run folders. No task.

Importing any of it comes before importing TensorFlow, which decides at import what
it prints; so the two settings that must precede that import are made here. Both
give way to a value that is already in the environment.
"""

import os

# TensorFlow's C++ log lines at import (CPU features, missing GPU libraries).
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
