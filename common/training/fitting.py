"""`fit` as the examples use it: best weights, resume, safe interrupts."""

import json
import math
import statistics
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import pandas as pd
from rich.console import Console

from common import files
from common.errors import UserError, one_line
from common.settings import Settings
from common.training.callbacks import BestEpoch, History, ResetStates, StopOnInterrupt
from common.training.console import note, say
from common.training.run_folder import HISTORY, STATE, Run
from common.training.task import Task

NOTES_BYTES = 2**26  # largest history in a training state


@dataclass(frozen=True)
class Fitted:
    """How a training went. The model itself holds the best epoch's weights."""

    history: list[dict[str, float]]  # one row per epoch
    best_epoch: int  # counted from 1
    interrupted: bool  # by Ctrl-C
    seconds: float  # of all epochs, those before a resume included
    milliseconds_per_step: float  # median; `nan` if a resume had no step to take


class _SaveState(keras.callbacks.Callback):
    """Writes all that a resume needs into one file after every complete epoch.

    Keras's `BackupAndRestore` would lose the state of random layers.
    """

    def __init__(self, run: Run, best: BestEpoch, history: History, stop):
        super().__init__()
        self.run, self.best, self.history, self.stop = run, best, history, stop

    def on_train_begin(self, logs: dict | None = None):
        if not self.run.can_resume:
            self.save(epochs_done=0)

    def on_epoch_end(self, epoch: int, logs: dict | None = None):
        table = pd.DataFrame(self.history.rows).to_csv(index=False)
        files.write_text(self.run / HISTORY, table)
        # Half an epoch cannot be continued: the state before it stays.
        if not self.stop.partial_epoch:
            self.save(epochs_done=epoch + 1)

    def save(self, *, epochs_done: int):
        notes = {
            "epochs_done": epochs_done,
            "best_epoch": self.best.epoch,
            "best_value": self.best.value,
            "history": self.history.rows,
            "step_seconds": self.history.step_seconds,
        }
        arrays = {"notes": np.frombuffer(json.dumps(notes).encode(), dtype="uint8")}
        arrays |= _numbered("variable", variables(self.model))
        arrays |= _numbered("best", self.best.weights)
        with files.atomic_write(self.run / STATE) as path, path.open("wb") as file:
            np.savez(file, **arrays)

    def load(self) -> int:
        """Put the saved state back; return the number of complete epochs."""
        path, expected = self.run / STATE, _numbered("variable", variables(self.model))
        # The best weights are saved beside the last ones.
        most = 2 * sum(array.nbytes for array in expected.values()) + NOTES_BYTES
        try:
            with zipfile.ZipFile(path) as archive:
                size = sum(part.file_size for part in archive.infolist())
            if size > most:
                raise ValueError(f"it has {size:,} bytes unpacked; too many")
            with np.load(path, allow_pickle=False) as arrays:
                notes = json.loads(arrays["notes"].tobytes())
                if notes["best_epoch"] >= 0:
                    expected |= _numbered("best", self.model.get_weights())
                saved = {name: arrays[name] for name in expected}
            if any(saved[k].shape != array.shape for k, array in expected.items()):
                raise ValueError("it is the state of another model")
            self.history.rows = [dict(row) for row in notes["history"]]
            self.history.step_seconds = [float(s) for s in notes["step_seconds"]]
            self.best.epoch, self.best.value = notes["best_epoch"], notes["best_value"]
            done = int(notes["epochs_done"])
        # Whatever a damaged file raises.
        except Exception as error:  # noqa: BLE001
            raise UserError(f"{path} cannot be resumed: {one_line(error)}") from None
        for index, variable in enumerate(variables(self.model)):
            variable.assign(saved.pop(f"variable/{index}"))
        self.best.weights = list(saved.values())
        return done


def variables(model: keras.Model) -> list[Any]:
    """Return what training changes: weights, random layers' states, optimizer."""
    model.optimizer.build(model.trainable_variables)
    weights = model.trainable_variables + model.non_trainable_variables
    return weights + model.optimizer.variables


def _numbered(name: str, values: Iterable[Any]) -> dict[str, np.ndarray]:
    arrays = map(keras.ops.convert_to_numpy, values)
    return {f"{name}/{index}": array for index, array in enumerate(arrays)}


def execution(steps: int, *, xla: bool | None = None) -> dict[str, Any]:
    """Return the arguments of `compile` that say how steps are executed.

    Args:
        steps: training steps of one call from Python. PyTorch takes them one by one.
        xla: whether TensorFlow compiles with XLA; default: Keras's own choice. JAX
            compiles in any case: told not to, Keras would switch all of it off.
    """
    backend = keras.backend.backend()
    return {
        "steps_per_execution": 1 if backend == "torch" else steps,
        "jit_compile": "auto" if xla is None or backend != "tensorflow" else xla,
    }


def fit(
    model: keras.Model,
    task: Task,
    config: Settings,
    *,
    run: Run,
    console: Console,
    sample: Callable[[keras.Model], str] | None = None,
) -> Fitted:
    """Train a compiled model; continue if the run folder holds a training state.

    On return the model holds the weights of the epoch with the best `monitor`.
    Resumed or not, the same seed gives bit-identical weights on a CPU.

    Args:
        model: compiled and built.
        task: what to train on. The order of its training batches must be a function
            of the seed and of their `epoch`. Its `monitor` chooses the epoch.
        config: its `seed`, and its `epochs`: those before a resume included.
        run: folder for `history.csv` and the state to resume from.
        console: where progress is shown.
        sample: called after every epoch; the text that it returns is shown.

    Raises:
        UserError: no epoch has a finite loss and `monitor`, or the saved state does
            not fit the model.
        KeyboardInterrupt: Ctrl-C before the first value of `monitor`.
    """
    train, epochs, monitor = task.train(config.seed), config.epochs, task.monitor
    mode = "min" if monitor == "val_loss" else task.mode
    best, history = BestEpoch(monitor, mode, task.patience), History()
    stop = StopOnInterrupt()
    saver = _SaveState(run, best, history, stop)
    saver.set_model(model)
    done = saver.load() if run.can_resume else 0
    if done:
        say(console, f"resumed after epoch {done} of {epochs}")
    between = keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda epoch, logs: setattr(train, "epoch", epoch),
        on_epoch_end=lambda epoch, logs: sample and say(console, sample(model)),
    )
    callbacks = [ResetStates(), keras.callbacks.TerminateOnNaN(), stop, best, history]
    callbacks += [keras.callbacks.ProgbarLogger(), between, saver]
    if done < epochs and not best.is_over(done):
        # An overflow is reported as a loss that is not finite, in one line.
        with np.errstate(over="ignore", invalid="ignore"):
            model.fit(
                train,
                validation_data=task.validation,
                initial_epoch=done,
                epochs=epochs,
                shuffle=False,
                verbose=0 if console.quiet else 1 if console.is_terminal else 2,
                callbacks=callbacks,
            )
    rows, steps = history.rows, history.step_seconds
    if not all(math.isfinite(row["loss"]) for row in rows):
        trouble = f"the loss is not finite in epoch {len(rows)}"
        if not best.weights:
            raise UserError(f"{trouble}; try a smaller --learning-rate")
        note(console, f"{trouble}: stopped; the best epoch before it is kept")
    if not best.weights:
        if rows and not stop.interrupted:
            raise UserError(f"{monitor} is not finite; try a smaller --learning-rate")
        raise KeyboardInterrupt
    model.set_weights(best.weights)
    if stop.interrupted:
        tested = f"the best epoch so far, {best.epoch + 1}, is tested now"
        note(console, f"interrupted; {tested} (--resume continues the training)")
    return Fitted(
        history=rows,
        best_epoch=best.epoch + 1,
        interrupted=stop.interrupted,
        seconds=sum(row["seconds"] for row in rows),
        milliseconds_per_step=1000 * statistics.median(steps) if steps else math.nan,
    )
