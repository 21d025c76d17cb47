"""Forecasts the run's own series, or the user's, with a finished run.

Letters: N windows, L steps read, H steps forecast.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from rich.console import Console

from common import files, settings
from common.errors import UserError, one_line, shown
from common.play import numpy_network
from common.training import console as out
from common.training import run_folder

from . import figures
from .config import EXAMPLE, Config, Forecast
from .data import INTERVALS, Data, Preprocessor, Windows, leave_out, read_panel
from .series import ID, TIME, VALUE, Panel, panel_of

READ_BATCH = 2048  # windows at a time where nothing is trained
SHOWN = 24  # rows that are printed; the file has all


class Forecaster:
    """A trained network together with the preprocessor it was trained with."""

    def __init__(self, model, preprocessor: Preprocessor):
        """Take a network of `model.build_model` and the preprocessor of its series.

        The network is a `keras.Model`, or the same in NumPy.
        """
        self.model, self.preprocessor = model, preprocessor

    @classmethod
    def from_run(cls, run: run_folder.Run | str) -> "Forecaster":
        """Load a finished run; a path that ends in `latest` will do.

        Raises:
            UserError: a file is missing or damaged, or the two do not fit together.
        """
        run = run_folder.opened(EXAMPLE, run)
        path = run / run_folder.PREPROCESSOR
        one = Preprocessor.load(path)
        if (network := numpy_network.load(run)) is not None:
            return cls(network, one)
        model = numpy_network.in_keras(run, __package__)
        reads = (None, one.window, 1 + len(one.means))
        if model.input_shape != reads or model.output_shape[-1] > one.horizon:
            raise UserError(f"{path} does not belong to {run / run_folder.MODEL}")
        return cls(model, one)

    def normalized(self, windows: Windows) -> np.ndarray:
        """Return normalized forecasts of what follows the windows, (N, H)."""

        def answer(inputs: np.ndarray) -> np.ndarray:
            # `predict` takes far longer to begin than a step takes.
            starts = range(0, len(inputs), READ_BATCH)
            parts = [inputs[start : start + READ_BATCH] for start in starts]
            answers = [self.model.predict_on_batch(part) for part in parts]
            return np.concatenate(answers).mean(axis=1)  # of the ensemble

        return windows.forecast(answer)

    def forecast(self, windows: Windows) -> dict[str, np.ndarray]:
        """Return what comes after the windows, in units, each (N, H).

        Returns:
            "mean", and "lo-80", "hi-80" and so on: between them, the value should lie
            in 80 of 100 cases.
        """
        middle = self.normalized(windows)
        answers = {"mean": windows.to_units(middle)}
        for share in INTERVALS:
            width = self.widths(share, middle.shape[1]) * windows.local_scale
            answers[f"lo-{share}"] = windows.to_units(middle - width)
            answers[f"hi-{share}"] = windows.to_units(middle + width)
        return answers

    def widths(self, share: str, horizon: int) -> np.ndarray:
        """Return half the relative width of the interval by step, (H,).

        Beyond the run's horizon nothing was measured: the width of the last step grows
        there as a random walk's, with the square root of the step.
        """
        measured = np.array(getattr(self.preprocessor, f"width_{share}"))
        beyond = np.arange(len(measured) + 1, horizon + 1)
        grown = measured[-1] * np.sqrt(beyond / len(measured))
        return np.concatenate([measured, grown])[:horizon]

    def forecast_frame(
        self, frame: pd.DataFrame, horizon: int | None = None
    ) -> pd.DataFrame:
        """Return what comes after the series of a long frame.

        Args:
            frame: columns `unique_id`, `ds` (times), `y`, and the covariates of the
                run in their order; series after series, times ascending.
            horizon: H; default: that of the run.

        Returns:
            Columns `unique_id`, `ds`, and those of `forecast`.

        Raises:
            UserError: a series is too short, has a gap or another frequency, or the
                forecasts are not finite.
        """
        return self.after(panel_of(frame), horizon or self.preprocessor.horizon)[0]

    def after(self, panel: Panel, horizon: int):
        """Return the forecasts after the series of a panel.

        Returns:
            A frame as `forecast_frame` returns, the windows that were read, and what
            `forecast` returns for them.

        Raises:
            UserError: as `forecast_frame` does.
        """
        one = self.preprocessor
        if one.means and horizon > one.horizon:
            raise UserError(
                f"--horizon must be at most {one.horizon}, as far as the run forecasts "
                f"with covariates, whose future is not known; received {horizon}"
            )
        panel.check_frequency(one.frequency)
        short = panel.lengths.index[panel.lengths < one.window]
        if len(short):
            raise UserError(
                f"the network reads {one.window} steps; series {shown(short[0])} has "
                f"{panel.lengths[short[0]]}"
            )
        reads = replace(one, horizon=horizon)
        windows = Data(reads, panel.extended(horizon), horizon).tested
        answers = self.forecast(windows)
        frame = windows.panel.frame.iloc[windows.future_rows.ravel()][[ID, TIME]]
        frame = frame.assign(**{name: y.ravel() for name, y in answers.items()})
        if not np.isfinite(frame[list(answers)]).all(axis=None):
            raise UserError("the forecasts are not finite numbers; nothing is written")
        return frame, windows, answers


def forecast(options: Forecast):
    """Print forecasts, and write them to a file with a figure beside it.

    Raises:
        UserError: no finished run, a file that cannot be used or would be overwritten,
            series of another frequency, or forecasts that are not finite.
    """
    console, table = Console(), Path(options.output)
    figure = table.with_suffix(".png")
    run = run_folder.find(EXAMPLE, run=options.run, runs_dir=options.runs_dir)
    for path in (table, figure):
        if path.exists() and not options.overwrite:
            raise UserError(f"{path} is there already (--overwrite replaces it)")
    if not table.parent.is_dir():
        raise UserError(f"--output: there is no folder {table.parent}")
    forecaster = Forecaster.from_run(run)
    one = forecaster.preprocessor
    horizon = options.horizon or one.horizon
    config = settings.from_json(Config, run_folder.read_config(EXAMPLE, run))
    names = ("data", "time_column", "target", "id_column")
    own = {name: getattr(options, name) or getattr(config, name) for name in names}
    panel, notes = read_panel(replace(config, **own), include_rest=True)
    flat = panel.frame.groupby(ID)[VALUE].nunique() == 1
    if flat.any():
        notes.append(f"{flat.sum()} constant series: nothing was learned about them")
    rule = f"the network reads {one.window} steps"
    panel = leave_out(panel, {rule: panel.lengths < one.window}, notes)
    if horizon > one.horizon:
        notes.append(
            f"beyond step {one.horizon} the network reads its own forecasts; no "
            "interval was measured there, its width is extrapolated"
        )
    frame, windows, answers = forecaster.after(panel, horizon)
    with files.atomic_write(table) as path:
        frame.to_csv(path, index=False, float_format="%.6g")
    run_folder.announce(run)
    for note in notes:
        out.note(console, note)
    with out.attempt(console, "figure"):
        figures.draw_forecasts(figure, windows, answers)
    shown = frame[:SHOWN].assign(**{ID: frame[ID].map(lambda x: one_line(x, 40))})
    print(shown.to_string(index=False, float_format=lambda x: f"{x:.6g}"))
    if len(frame) > SHOWN:
        print(f"... {len(frame) - SHOWN} more rows")
    out.say(console, f"{len(frame)} rows in {table}, figure in {figure}")
