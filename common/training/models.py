"""Trained models on disk, written whole and read without executing anything."""

import keras

from common import files
from common.errors import UserError, one_line
from common.training import run_folder


def save(run: run_folder.Run, model: keras.Model):
    """Write the model into its run folder, whole or not at all."""
    with files.atomic_write(run / run_folder.MODEL) as path:
        model.save(path)


def load(run: run_folder.Run) -> keras.Model:
    """Read the model of a run; its own layers must have been registered before.

    Raises:
        UserError: the file is missing, damaged, or would execute code.
    """
    path = run / run_folder.MODEL
    if not path.is_file():
        raise UserError(f"{path} is missing")
    try:
        return keras.saving.load_model(path, compile=False, safe_mode=True)
    # Keras raises many kinds of error for a damaged file.
    except Exception as error:  # noqa: BLE001
        raise UserError(f"{path} cannot be read: {one_line(error)[:200]}") from None
