"""What the examples share: preprocessing, training, run folders, reports. No task.

TensorFlow and Keras read two environment variables when they are imported. `common` is
imported before them, so it sets both here. A value that is already set is kept.
"""

import os

# TensorFlow's C++ log lines at import (CPU features, missing GPU libraries).
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
