"""Keras callbacks that the examples train with."""

import math
import signal
import sys
import time
from typing import Any

import keras
import numpy as np


class BestEpoch(keras.callbacks.Callback):
    """Keeps the weights of the epoch with the best value of `monitor` in its logs.

    With `patience`, training stops after so many epochs without a better value.
    """

    def __init__(self, monitor: str, mode: str, patience: int | None = None):
        super().__init__()
        self.monitor, self.sign = monitor, {"max": 1.0, "min": -1.0}[mode]
        self.patience = patience
        self.epoch, self.value = -1, math.nan
        self.weights: list[np.ndarray] = []

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None):
        value = float((logs or {})[self.monitor])
        better = not self.weights or self.sign * value > self.sign * self.value
        if math.isfinite(value) and better:
            self.epoch, self.value = epoch, value
            self.weights = self.model.get_weights()
        if self.is_over(epoch + 1):
            self.model.stop_training = True

    def is_over(self, epochs_done: int) -> bool:
        """Return whether patience has run out after so many epochs."""
        return bool(self.patience) and epochs_done - (self.epoch + 1) >= self.patience


class StopOnInterrupt(keras.callbacks.Callback):
    """Turns the first Ctrl-C into the end of training after the current batch.

    A second Ctrl-C ends the program at once, as does one before the first batch is
    done: until then Keras compiles, which can take long.
    """

    interrupted = partial_epoch = _compiled = False

    def on_train_begin(self, logs: dict | None = None):
        self._previous = signal.signal(signal.SIGINT, self._on_signal)

    def on_train_end(self, logs: dict | None = None):
        signal.signal(signal.SIGINT, self._previous)

    def _on_signal(self, number: int, frame: Any):
        signal.signal(signal.SIGINT, signal.default_int_handler)
        if not self._compiled:
            raise KeyboardInterrupt
        self.interrupted = True
        print("stopping after this step; Ctrl-C again stops at once", file=sys.stderr)

    def on_train_batch_end(self, batch: int, logs: dict | None = None):
        self._compiled = True
        if self.interrupted:
            self.partial_epoch = True
            self.model.stop_training = True

    def on_epoch_end(self, epoch: int, logs: dict | None = None):
        if self.interrupted:
            self.model.stop_training = True


class History(keras.callbacks.Callback):
    """Collects one row per epoch: the logs and the seconds it took."""

    def __init__(self):
        super().__init__()
        self.rows: list[dict[str, float]] = []
        self.step_seconds: list[float] = []
        self._epoch_start = 0.0

    def on_epoch_begin(self, epoch: int, logs: dict | None = None):
        self._epoch_start = time.perf_counter()

    def on_train_batch_begin(self, batch: int, logs: dict | None = None):
        self._first, self._step_start = batch, time.perf_counter()

    def on_train_batch_end(self, batch: int, logs: dict | None = None):
        # With `steps_per_execution` one call is several steps, up to `batch`.
        seconds = time.perf_counter() - self._step_start
        self.step_seconds.append(seconds / (batch - self._first + 1))

    def on_epoch_end(self, epoch: int, logs: dict | None = None):
        values = {name: float(value) for name, value in (logs or {}).items()}
        seconds = time.perf_counter() - self._epoch_start
        self.rows.append({"epoch": epoch + 1, **values, "seconds": seconds})


class ResetStates(keras.callbacks.Callback):
    """Empties the states of stateful layers before every pass over the data."""

    def on_epoch_begin(self, *_: Any):
        for layer in self.model.layers:
            if getattr(layer, "stateful", False):
                layer.reset_state()

    on_test_begin = on_epoch_begin
