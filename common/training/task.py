"""What an example trains and tests: its models, its batches, its scores."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from common.preprocessing.sequences import Batches
from common.settings import Settings


@dataclass(frozen=True)
class Task:
    """What is trained and tested. Letters: N test cases."""

    example: str
    dataset: str
    data_hash: str
    metric: str
    mode: str  # "max" or "min"
    monitor: str  # value of the logs that chooses the epoch
    build: Callable[[str, int], keras.Model]  # cell, seed -> compiled model
    train: Callable[[int], Batches]  # seed -> training batches
    validation: Batches
    score: Callable[[keras.Model], np.ndarray]  # metric of every test case, (N,)
    baselines: Callable[[], Mapping[str, np.ndarray]]  # (N,) by name
    patience: int | None = None  # epochs without a better `monitor` before the end
    # (N,) number of the block of each case, where neighbours depend on each other; by
    # default every case is a block of its own.
    blocks: np.ndarray | None = None
    root: bool = False  # whether the metric is the root of the mean, as for RMSE

    def about(self, config: Settings) -> dict[str, Any]:
        """Return the entries that `metrics.json` and `compare.json` share."""
        return {
            "example": self.example,
            "dataset": self.dataset,
            "data_hash": self.data_hash,
            "preset": config.preset,
            "backend": keras.backend.backend(),
            "seed": config.seed,
            "metric": {"name": self.metric, "split": "test", "mode": self.mode},
        }

    def value(self, scores: np.ndarray) -> float:
        """Return the metric of scores (N,)."""
        mean = float(np.nanmean(scores))
        return math.sqrt(mean) if self.root else mean
