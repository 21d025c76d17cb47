"""What an example trains and tests: its models, its batches, its scores."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from common.preprocessing.sequences import Batches
from common.training import verdicts


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
    blocks: np.ndarray | None = None  # (N,), see `verdicts.difference`
    root: bool = False  # whether the metric is the root of the mean, as for RMSE

    def value(self, scores: np.ndarray) -> float:
        """Return the metric of scores (N,)."""
        mean = float(np.nanmean(scores))
        return math.sqrt(mean) if self.root else mean

    def difference(self, first: np.ndarray, second: np.ndarray) -> dict[str, Any]:
        """Compare scores (N,) of two models, as `verdicts.difference` does."""
        options = {"blocks": self.blocks, "root": self.root}
        return verdicts.difference(first, second, mode=self.mode, **options)

    def verdict(self, scores: Mapping[str, np.ndarray]) -> dict[str, Any] | None:
        """Compare "network" with its best baseline, as `verdicts.verdict` does."""
        options = {"blocks": self.blocks, "root": self.root}
        return verdicts.verdict(scores, mode=self.mode, **options)
