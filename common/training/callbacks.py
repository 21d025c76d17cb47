"""Keras callbacks that the examples train with."""

import math
import signal
import sys
import time
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from common.training.console import say


class BestEpoch(keras.callbacks.Callback):
    """Keeps the weights of the epoch with the best validation value."""

    def __init__(self, *, monitor: str, mode: str):
        """Watch one value of the epoch's logs.

        Args:
            monitor: name in the logs, `val_loss`.
            mode: "max" if larger values are better, else "min".
        """
        super().__init__()
        self.monitor, self.sign = monitor, {"max": 1.0, "min": -1.0}[mode]
        self.epoch, self.value = -1, math.nan
        self.weights: list[np.ndarray] = []

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None):
        value = float((logs or {})[self.monitor])
        better = not self.weights or self.sign * value > self.sign * self.value
        if math.isfinite(value) and better:
            self.epoch, self.value = epoch, value
            self.weights = self.model.get_weights()


class StopOnNaN(keras.callbacks.Callback):
    """Ends training at the first batch whose loss is not finite; notes the epoch."""

    def __init__(self):
        super().__init__()
        self.epoch: int | None = None
        self._current = 0

    def on_epoch_begin(self, epoch: int, logs: dict | None = None):
        self._current = epoch

    def on_train_batch_end(self, batch: int, logs: dict | None = None):
        if not math.isfinite(float((logs or {}).get("loss", 0.0))):
            self.epoch = self._current
            self.model.stop_training = True


class StopOnInterrupt(keras.callbacks.Callback):
    """Turns the first Ctrl-C into the end of training after the current batch.

    A second Ctrl-C ends the program at once, as does one before the first batch is
    done: until then Keras compiles, which can take long.
    """

    def __init__(self):
        super().__init__()
        self.interrupted = False
        self.partial_epoch = False
        self._compiled = False
        self._previous: Any = None

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
        self._epoch_start = self._step_start = 0.0
        self._first = 0

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

    def on_epoch_begin(self, epoch: int, logs: dict | None = None):
        self._reset()

    def on_test_begin(self, logs: dict | None = None):
        self._reset()

    def _reset(self):
        for layer in self.model.layers:
            if getattr(layer, "stateful", False):
                layer.reset_state()


class ShowProgress(keras.callbacks.Callback):
    """Shows a bar during an epoch, and after it a line and perhaps a sample."""

    def __init__(
        self,
        console: Console,
        *,
        epochs: int,
        best: BestEpoch,
        sample: Callable[[keras.Model], str] | None = None,
    ):
        """Print what `sample(model)` returns after every epoch."""
        super().__init__()
        self.console, self.epochs, self.best = console, epochs, best
        self.sample = sample
        self._bar: Progress | None = None
        self._start = 0.0

    def on_train_begin(self, logs: dict | None = None):
        say(self.console, "values: training | validation")

    def on_epoch_begin(self, epoch: int, logs: dict | None = None):
        self._start = time.perf_counter()
        if self.console.is_terminal:
            self._bar = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn("{task.fields[loss]}"),
                console=self.console,
                transient=True,
            )
            self._task = self._bar.add_task(
                f"epoch {epoch + 1}/{self.epochs}",
                total=self.params.get("steps"),
                loss="",
            )
            self._bar.start()

    def on_train_batch_end(self, batch: int, logs: dict | None = None):
        if self._bar:
            loss = f"loss {float((logs or {}).get('loss', math.nan)):.4f}"
            self._bar.update(self._task, completed=batch + 1, loss=loss)

    def on_epoch_end(self, epoch: int, logs: dict | None = None):
        self._close()
        logs = logs or {}
        values = "   ".join(
            f"{name} {value:.4f} | {logs.get('val_' + name, math.nan):.4f}"
            for name, value in logs.items()
            if not name.startswith("val_")
        )
        seconds = time.perf_counter() - self._start
        mark = "  best" if self.best.epoch == epoch else ""
        width = len(str(self.epochs))
        line = f"epoch {epoch + 1:>{width}}/{self.epochs}   {values}   {seconds:.1f} s"
        say(self.console, line + mark)
        if self.sample:
            say(self.console, self.sample(self.model))

    def on_train_end(self, logs: dict | None = None):
        self._close()

    def _close(self):
        if self._bar:
            self._bar.stop()
            self._bar = None
