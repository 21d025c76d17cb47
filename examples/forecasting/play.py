"""The page in which a trained network forecasts in the browser.

Letters: N windows, L steps read, H steps forecast.
"""

from pathlib import Path

import numpy as np

from common.play import page
from common.training.run_folder import Run

from . import baselines
from .data import INTERVALS, Windows
from .predict import Forecaster
from .series import TIME, VALUE

SHOWN = 5  # windows of the test


def write(run: Run, forecaster: Forecaster, train: Windows, test: Windows):
    """Write the page of a run.

    Args:
        run: its folder.
        forecaster: the network and its preprocessor.
        train: windows that the linear model is fitted on.
        test: windows; the page shows a few of them.
    """
    rows = test.rows[np.linspace(0, len(test) - 1, SHOWN).astype(int)]
    windows = Windows(test.data, test.left, rows)
    horizon = windows.futures.shape[1]
    linear = baselines.linear_model(train)
    read = windows.inputs()
    times = windows.panel.frame[TIME].dt.strftime("%Y-%m-%d %H:%M").to_numpy()
    season = windows.normalized.season
    samples = [
        {
            "name": str(windows.names[n]),
            "values": windows.panel.values[past].tolist(),  # (L,)
            "times": [text.removesuffix(" 00:00") for text in times[past]],
            "season": season[past].tolist(),
            "future_season": season[windows.future_rows[n]].tolist(),  # (H,)
            "actual": windows.actual[n].tolist(),
            "power": float(windows.normalized.power[rows[n]]),
            "scale": float(windows.scale[n, 0]),
            "covariates": windows.covariates[n].tolist(),  # (L, C)
        }
        for n, past in enumerate(rows[:, None] + np.arange(-read.shape[1], 0))
    ]
    preprocessor = forecaster.preprocessor
    page.write(
        run,
        forecaster.model,
        script=Path(__file__).with_name("play.js"),
        title="Forecaster",
        givens=[
            ({"sample": n, "values": one["values"]}, read[n : n + 1])
            for n, one in enumerate(samples)
        ],
        task={
            "samples": samples,
            "transform": preprocessor.transform,
            "widths": {
                share: forecaster.widths(share, horizon).tolist() for share in INTERVALS
            },
            "linear": {
                "W": linear.coef_.tolist(),  # (K, L * features)
                "b": linear.intercept_.tolist(),
            },
            "value": VALUE,
        },
    )
