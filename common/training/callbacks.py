"""Keras callbacks that the examples train with.

Those with `state` and `restore` can be continued: what they return goes into the
training state after every epoch and comes back when a run is resumed.
"""

import math
import signal
import time
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn


class BestEpoch(keras.callbacks.Callback):
    """Keeps the weights of the epoch with the best validation value; stops early."""

    def __init__(self, *, monitor: str, better: str, patience: int | None = None):
        """Watch one value of the epoch's logs.

        Args:
            monitor: name in the logs, `val_loss`.
            better: "higher" or "lower".
            patience: epochs without a better value before training stops.
        """
        super().__init__()
        self.monitor, self.patience = monitor, patience
        self.sign = {"higher": 1.0, "lower": -1.0}[better]
        self.epoch, self.value, self.waited = -1, math.nan, 0
        self.weights: list[np.ndarray] = []

    @property
    def ended(self) -> bool:
        """Whether patience is used up."""
        return self.patience is not None and self.waited >= self.patience

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None):
        value = float((logs or {})[self.monitor])
        first = not self.weights
        if math.isfinite(value) and (
            first or self.sign * value > self.sign * self.value
        ):
            self.epoch, self.value, self.waited = epoch, value, 0
            self.weights = self.model.get_weights()
        else:
            self.waited += 1
            if self.ended:
                self.model.stop_training = True

    def state(self) -> dict[str, Any]:
        return {"epoch": self.epoch, "value": self.value, "waited": self.waited}

    def restore(self, state: dict[str, Any], weights: list[np.ndarray]):
        self.epoch, self.value = state["epoch"], state["value"]
        self.waited, self.weights = state["waited"], weights


class StopOnNaN(keras.callbacks.Callback):
    """Ends training at the first batch whose loss is not a finite number."""

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

    A second Ctrl-C ends the program at once.
    """

    def __init__(self):
        super().__init__()
        self.interrupted = False
        self.partial_epoch = False
        self._previous: Any = None

    def on_train_begin(self, logs: dict | None = None):
        self._previous = signal.signal(signal.SIGINT, self._on_signal)

    def on_train_end(self, logs: dict | None = None):
        signal.signal(signal.SIGINT, self._previous)

    def _on_signal(self, number: int, frame: Any):
        self.interrupted = True
        signal.signal(signal.SIGINT, signal.default_int_handler)

    def on_train_batch_end(self, batch: int, logs: dict | None = None):
        if self.interrupted:
            self.partial_epoch = True
            self.model.stop_training = True

    def on_epoch_end(self, epoch: int, logs: dict | None = None):
        if self.interrupted:
            self.model.stop_training = True


class History(keras.callbacks.Callback):
    """Collects one row an epoch: the logs, and the seconds that it took."""

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
    """Lets every pass over the data begin with empty states.

    It concerns layers that keep their state from batch to batch (`stateful=True`).
    """

    def on_epoch_begin(self, epoch: int, logs: dict | None = None):
        self._reset()

    def on_test_begin(self, logs: dict | None = None):
        self._reset()

    def _reset(self):
        for layer in self.model.layers:
            if getattr(layer, "stateful", False):
                layer.reset_state()


class SamplesPerEpoch(keras.callbacks.Callback):
    """Shows, after every epoch, what the network now does with a few inputs."""

    def __init__(self, show: Callable[[keras.Model], str], console: Console):
        """Print what `show(model)` returns."""
        super().__init__()
        self.show, self.console = show, console

    def on_epoch_end(self, epoch: int, logs: dict | None = None):
        self.console.print(
            self.show(self.model), highlight=False, markup=False, soft_wrap=True
        )


class ShowProgress(keras.callbacks.Callback):
    """A bar that moves during an epoch and a line that stays after it."""

    def __init__(self, console: Console, *, epochs: int, best: BestEpoch):
        super().__init__()
        self.console, self.epochs, self.best = console, epochs, best
        self._bar: Progress | None = None
        self._start = 0.0

    def on_train_begin(self, logs: dict | None = None):
        self.console.print("values: training | validation", highlight=False)

    def on_epoch_begin(self, epoch: int, logs: dict | None = None):
        self._start = time.perf_counter()
        if self.console.is_terminal:
            self._bar = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn("loss {task.fields[loss]:.4f}"),
                console=self.console,
                transient=True,
            )
            self._task = self._bar.add_task(
                f"epoch {epoch + 1}/{self.epochs}",
                total=self.params.get("steps"),
                loss=math.nan,
            )
            self._bar.start()

    def on_train_batch_end(self, batch: int, logs: dict | None = None):
        if self._bar:
            loss = float((logs or {}).get("loss", math.nan))
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
        self.console.print(
            f"epoch {epoch + 1:>{width}}/{self.epochs}   {values}   "
            f"{seconds:.1f} s{mark}",
            highlight=False,
        )

    def on_train_end(self, logs: dict | None = None):
        self._close()

    def _close(self):
        if self._bar:
            self._bar.stop()
            self._bar = None
