"""The page in which a trained network sorts lists in the browser."""

from dataclasses import asdict
from pathlib import Path

import keras
import numpy as np

from common.play import page
from common.training.run_folder import Run

from .preprocessor import PADDING, Preprocessor


def write(run: Run, model: keras.Model, lists: Preprocessor, examples: np.ndarray):
    """Write the page of a run.

    Args:
        run: its folder.
        model: the network.
        lists: its preprocessor.
        examples: lists (N, T); the page begins with the first one.
    """
    givens = []
    for numbers in examples[:5, None]:  # (1, T)
        inputs, _ = lists.inputs_and_targets(numbers)
        read = numbers[numbers != PADDING].tolist()
        givens.append((read, inputs))
    page.write(
        run,
        model,
        script=Path(__file__).with_name("play.js"),
        title="Sorter",
        givens=givens,
        task=asdict(lists),
    )
