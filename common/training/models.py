"""Trained models on disk, written whole and read without executing anything."""

import contextlib
import io
import zipfile

import keras
import numpy as np

from common import files
from common.errors import UserError, one_line
from common.training.run_folder import MODEL, Run

PARTS = {"metadata.json", "config.json", "model.weights.h5"}
MAX_BYTES = 2**31  # of a model, unpacked


def save(run: Run, model: keras.Model):
    """Write the model into its run folder, whole or not at all."""
    with files.atomic_write(run / MODEL) as path:
        model.save(path)


def load(run: Run) -> keras.Model:
    """Read the model of a run. Import the example's own layers before.

    Raises:
        UserError: the file is missing, damaged or too large, would execute code, needs
            layers of another example, or holds weights that are not finite.
    """
    path = run / MODEL
    if not path.is_file():
        raise UserError(f"{path} is missing")
    try:
        with zipfile.ZipFile(path) as archive:
            if {part.filename for part in archive.infolist()} != PARTS:
                raise ValueError("it is not a Keras model")
            if sum(part.file_size for part in archive.infolist()) > MAX_BYTES:
                raise ValueError(f"it has more than {MAX_BYTES:,} bytes unpacked")
        # Keras explains some errors on stdout or stderr before it raises them.
        with (
            contextlib.redirect_stdout(io.StringIO()),
            contextlib.redirect_stderr(io.StringIO()),
        ):
            model = keras.saving.load_model(path, compile=False, safe_mode=True)
    # Keras raises many kinds of error for a damaged file.
    except Exception as error:  # noqa: BLE001
        raise UserError(f"{path} cannot be read: {one_line(error, 200)}") from None
    if not all(np.isfinite(weights).all() for weights in model.get_weights()):
        raise UserError(f"{path} cannot be used: its weights are not finite numbers")
    return model
