"""Forecasts series, the data set's or the user's own, with a finished run.

Letters: N windows, L steps read, H steps forecast.
"""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd

from common import files, settings
from common.errors import UserError
from common.training import models, run_folder
from examples.forecasting import model as _registers_the_cell  # noqa: F401
from examples.forecasting import series as tables
from examples.forecasting.codec import INTERVALS, Codec
from examples.forecasting.config import Config, Forecast
from examples.forecasting.data import CODEC, EXAMPLE, Windows, read
from examples.forecasting.series import Series

READ_BATCH = 2048  # windows at a time where nothing is trained
COLUMNS = ("unique_id", "ds", "mean", "lo-80", "hi-80", "lo-95", "hi-95")
LAST_YEAR = 9000  # times can be written and drawn up to 9999, with a margin
SHOWN = 24  # rows that are printed; the file has all


class Forecaster:
    """A trained network together with the codec that it was trained with."""

    def __init__(self, model: keras.Model, codec: Codec):
        """Take a network of `model.build_model` and the codec of its series."""
        self.model, self.codec = model, codec

    @classmethod
    def from_run(cls, run: run_folder.Run) -> "Forecaster":
        """Load what a run left.

        Raises:
            UserError: a file is missing or damaged, or the two do not fit together.
        """
        codec = Codec.from_json(files.read_json(run / CODEC))
        model = models.load(run)
        reads = (None, codec.window, 1 + len(codec.covariates))
        if model.input_shape != reads or model.output_shape[-1] > codec.horizon:
            raise UserError(
                f"{run / CODEC} does not belong to {run / run_folder.MODEL}"
            )
        return cls(model, codec)

    def adjusted(self, windows: Windows, horizon: int) -> np.ndarray:
        """Return forecasts (N, H) before they are turned into units.

        The network answers some steps at once. If more are asked for, it reads its own
        forecasts and goes on.
        """
        pasts, done = windows.pasts, []
        for _ in range(-(-horizon // self.model.output_shape[-1])):
            answers = self._answers(windows.inputs(pasts))
            steps = answers * windows.scales + windows.levels(pasts)
            done.append(steps)
            pasts = np.concatenate([pasts, steps], axis=1)[:, -self.codec.window :]
        return np.concatenate(done, axis=1)[:, :horizon]

    def _answers(self, inputs: np.ndarray) -> np.ndarray:
        """Return the mean answers (N, H) of the members."""
        # `predict` takes far longer to begin than a step takes.
        parts = [
            self.model.predict_on_batch(inputs[first : first + READ_BATCH])
            for first in range(0, len(inputs), READ_BATCH)
        ]
        return np.concatenate(parts).mean(axis=1)

    def forecast(self, windows: Windows, horizon: int) -> dict[str, np.ndarray]:
        """Return what comes after the windows, in units, each (N, H).

        Returns:
            "mean", and "lo-80", "hi-80" and so on: between them, the value should lie
            in 80 of 100 cases.
        """
        middle = self.adjusted(windows, horizon)
        answers = {"mean": windows.to_units(middle)}
        for share in INTERVALS:
            width = self.widths(share, horizon) * windows.roughness
            answers[f"lo-{share}"] = windows.to_units(middle - width)
            answers[f"hi-{share}"] = windows.to_units(middle + width)
        return answers

    def widths(self, share: str, horizon: int) -> np.ndarray:
        """Return half the relative width of the interval by step, (H,).

        Beyond the run's horizon nothing was measured: the width of the last step grows
        there as a random walk's, with the square root of the step.
        """
        measured = np.array(self.codec.widths[share])
        beyond = np.arange(len(measured) + 1, horizon + 1)
        grown = measured[-1] * np.sqrt(beyond / len(measured))
        return np.concatenate([measured, grown])[:horizon]


def forecast(options: Forecast):
    """Print forecasts, and write them to a file with a figure beside it.

    Raises:
        UserError: no finished run, a file that cannot be used or would be overwritten,
            or series of another frequency.
    """
    run = run_folder.find(EXAMPLE, run=options.run, runs_dir=options.runs_dir)
    table, figure = Path(options.output), Path(options.output).with_suffix(".png")
    for path in (table, figure):
        if path.exists() and not options.overwrite:
            raise UserError(f"{path} is there already (--overwrite replaces it)")
        if not path.parent.is_dir():
            raise UserError(f"--output: there is no folder {path.parent}")
    forecaster = Forecaster.from_run(run)
    codec, horizon = forecaster.codec, options.horizon or forecaster.codec.horizon
    if codec.covariates and horizon > codec.horizon:
        raise UserError(
            f"--horizon must be at most {codec.horizon}, as far as the run forecasts "
            f"with covariates, whose future is not known; received {horizon}"
        )
    every, notes = _series(run, options)
    tables.check_frequency(every, codec.frequency)
    every, more = _long_enough(every, codec)
    for one in every:
        end = one.times(len(one) + horizon - 1, 1)[0]
        if end.year > LAST_YEAR:
            raise UserError(
                f"--horizon must end by the year {LAST_YEAR}; {horizon} steps after "
                f"{one.name!r} end in {end.year}"
            )
    windows = latest(codec, every)
    answers = forecaster.forecast(windows, horizon)
    for note in [*notes, *more]:
        print(f"note: {note}")
    narrow, wide = (codec.widths[share] for share in INTERVALS)
    if narrow == wide:
        print("note: the run's backtest had too few errors to tell the intervals apart")
    if horizon > codec.horizon:
        print(
            f"note: beyond step {codec.horizon} the network goes on from its own "
            "forecasts; no interval was measured there, its width is extrapolated"
        )
    frame = as_table(every, answers)
    with files.atomic_write(table) as path:
        frame.to_csv(path, index=False, float_format="%.6g")
    from examples.forecasting.figures import futures  # matplotlib is slow to import

    futures(figure, every, answers)
    print(frame.head(SHOWN).to_string(index=False, float_format=lambda x: f"{x:.6g}"))
    if len(frame) > SHOWN:
        print(f"... {len(frame) - SHOWN} more rows")
    print(f"{len(frame)} rows in {table}, figure in {figure}; by the run {run.path}")


def latest(codec: Codec, every: list[Series]) -> Windows:
    """Return the last window of every series; nothing is known of what follows."""
    views = [codec.view(one, len(one)) for one in every]
    return Windows.cut(codec, views, 0, lambda length: (length, length))


def as_table(every: list[Series], answers: dict[str, np.ndarray]) -> pd.DataFrame:
    """Return forecasts (N, H) of N series as rows, one a series and step."""
    horizon = answers["mean"].shape[1]
    times = [one.times(len(one), horizon) for one in every]
    columns: dict[str, Any] = {
        "unique_id": np.repeat([one.name for one in every], horizon),
        "ds": np.concatenate(times) if times else [],
    }
    columns |= {name: values.ravel() for name, values in answers.items()}
    return pd.DataFrame(columns)[list(COLUMNS)]


def _series(run: run_folder.Run, options: Forecast) -> tuple[list[Series], list[str]]:
    config = settings.from_json(Config, run_folder.read_config(EXAMPLE, run))
    if options.data is None:
        return read(config, whole=True)
    return tables.read(
        Path(options.data),
        time_column=options.time_column or config.time_column,
        target=options.target or config.target,
        id_column=options.id_column or config.id_column,
        covariates=config.covariates,
        max_gap=config.max_gap,
    )


def _long_enough(every: list[Series], codec: Codec) -> tuple[list[Series], list[str]]:
    """Leave out series shorter than a window; return the rest, and notes.

    Raises:
        UserError: nothing is left.
    """
    kept = [one for one in every if len(one) >= codec.window]
    flat = [one.name for one in kept if np.ptp(one.values) == 0]
    short = [f"{one.name} ({len(one)})" for one in every if len(one) < codec.window]
    rule = f"the network reads {codec.window} steps"
    if not kept:
        raise UserError(f"every series is too short: {rule}; {', '.join(short[:3])}")
    notes = []
    for what, names in (
        (f"series left out, {rule}", short),
        ("constant series, about whose future nothing was learned", flat),
    ):
        if names:
            listed = ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
            notes.append(f"{len(names)} {what}: {listed}")
    return kept, notes
