"""`fit` as the examples use it: best weights, early stop, resume, safe interrupts."""

import csv
import io
import json
import statistics
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from rich.console import Console

from common import files
from common.errors import UserError, one_line
from common.preprocessing.sequences import Batches
from common.training import run_folder
from common.training.callbacks import (
    BestEpoch,
    History,
    ResetStates,
    SamplesPerEpoch,
    ShowProgress,
    StopOnInterrupt,
    StopOnNaN,
)


@dataclass(frozen=True)
class Fitted:
    """What a training came to; the model itself holds the best epoch's weights."""

    history: list[dict[str, float]]
    """One row an epoch."""
    best_epoch: int
    """Counted from 1."""
    interrupted: bool
    """Whether Ctrl-C ended it."""
    seconds: float
    """Time of all epochs, those before a resume too."""
    milliseconds_per_step: float
    """Median over the steps; `nan` where no step was taken (a resume at the end)."""


class _SaveState(keras.callbacks.Callback):
    """Writes all that a resume needs into one file after every whole epoch."""

    def __init__(self, run: run_folder.Run, best: BestEpoch, history: History, stop):
        super().__init__()
        self.run, self.best, self.history, self.stop = run, best, history, stop

    def on_train_begin(self, logs: dict | None = None):
        if not self.run.can_resume:
            self.save(epochs_done=0)

    def on_epoch_end(self, epoch: int, logs: dict | None = None):
        files.write_text(self.run / "history.csv", _to_csv(self.history.rows))
        # Half an epoch cannot be continued: the state before it stays.
        if not self.stop.partial_epoch:
            self.save(epochs_done=epoch + 1)

    def save(self, *, epochs_done: int):
        notes = {
            "epochs_done": epochs_done,
            "best": self.best.state(),
            "history": self.history.rows,
            "step_seconds": self.history.step_seconds,
        }
        arrays = {"notes": np.frombuffer(json.dumps(notes).encode(), dtype="uint8")}
        for index, variable in enumerate(_variables(self.model)):
            arrays[f"variable/{index}"] = keras.ops.convert_to_numpy(variable)
        for index, weights in enumerate(self.best.weights):
            arrays[f"best/{index}"] = weights
        with (
            files.atomic_write(self.run / run_folder.STATE) as path,
            path.open("wb") as file,
        ):
            np.savez(file, **arrays)

    def load(self) -> int:
        """Put the saved state back; return the number of epochs done."""
        path = self.run / run_folder.STATE
        try:
            with np.load(path, allow_pickle=False) as arrays:
                notes = json.loads(arrays["notes"].tobytes())
                variables = _variables(self.model)
                for index, variable in enumerate(variables):
                    variable.assign(arrays[f"variable/{index}"])
                best = [arrays[n] for n in _numbered(arrays.files, "best")]
        except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
            raise UserError(f"{path} cannot be resumed: {one_line(error)}") from None
        self.best.restore(notes["best"], best)
        self.history.rows = notes["history"]
        self.history.step_seconds = notes["step_seconds"]
        return notes["epochs_done"]


def _numbered(names: list[str], prefix: str) -> list[str]:
    chosen = [name for name in names if name.startswith(prefix + "/")]
    return sorted(chosen, key=lambda name: int(name.rpartition("/")[2]))


def _variables(model: keras.Model) -> list[Any]:
    """All that training changes: weights, states of random layers, the optimizer."""
    return [
        *model.trainable_variables,
        *model.non_trainable_variables,
        *model.optimizer.variables,
    ]


def _to_csv(rows: list[dict[str, float]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def fit(
    model: keras.Model,
    train: Batches,
    *,
    validation: Batches,
    run: run_folder.Run,
    epochs: int,
    monitor: str,
    better: str,
    patience: int | None = None,
    console: Console,
    samples: Callable[[keras.Model], str] | None = None,
) -> Fitted:
    """Train a compiled model, continuing where the run folder's state says.

    On return the model holds the weights of the epoch with the best `monitor`.
    Resumed or not, the same seed gives bit-identical weights on a CPU.

    Args:
        model: compiled and built.
        train: training batches; their order is a function of (seed, epoch).
        validation: batches that choose the epoch.
        run: folder that takes `history.csv` and the state to resume from.
        epochs: passes over `train` in all, those before a resume included.
        monitor: value of the logs that chooses the epoch, `val_accuracy`.
        better: "higher" or "lower".
        patience: epochs without a better value before training stops.
        console: where progress is shown.
        samples: called after every epoch; the text that it returns is shown.

    Raises:
        UserError: the loss is not a number before a first epoch is done, or the
            saved state does not fit the model.
        KeyboardInterrupt: Ctrl-C before a first value of `monitor`.
    """
    model.optimizer.build(model.trainable_variables)
    best = BestEpoch(monitor=monitor, better=better, patience=patience)
    history, nan, stop = History(), StopOnNaN(), StopOnInterrupt()
    saver = _SaveState(run, best, history, stop)
    saver.set_model(model)
    done = saver.load() if run.can_resume else 0
    if done:
        console.print(f"resumed after epoch {done} of {epochs}", highlight=False)
    order = keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda epoch, logs: setattr(train, "epoch", epoch)
    )
    show = [SamplesPerEpoch(samples, console)] if samples else []
    progress = ShowProgress(console, epochs=epochs, best=best)
    if done < epochs and not best.ended:
        model.fit(
            train,
            validation_data=validation,
            initial_epoch=done,
            epochs=epochs,
            shuffle=False,
            verbose=0,
            callbacks=[
                *(order, ResetStates(), nan, stop, best, history, progress),
                *show,
                saver,
            ],
        )
    if nan.epoch is not None:
        trouble = f"the loss was not a number in epoch {nan.epoch + 1}"
        if not best.weights:
            raise UserError(f"{trouble}; try a smaller --learning-rate")
        console.print(f"{trouble}: stopped, and the epochs before it count")
    if not best.weights:
        raise KeyboardInterrupt
    model.set_weights(best.weights)
    if stop.interrupted:
        console.print(
            f"interrupted; going on with the best weights so far, those of epoch "
            f"{best.epoch + 1} (--resume continues the training)",
            highlight=False,
        )
    elif best.ended:
        console.print(
            f"stopped early: no better {monitor} in {patience} epochs", highlight=False
        )
    steps = history.step_seconds
    return Fitted(
        history=history.rows,
        best_epoch=best.epoch + 1,
        interrupted=stop.interrupted,
        seconds=sum(row["seconds"] for row in history.rows),
        milliseconds_per_step=1000 * statistics.median(steps)
        if steps
        else float("nan"),
    )
