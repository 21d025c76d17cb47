"""Forecasts with an exported network: python use.py 83.3 60.1 31.9 ...

The arguments are the last values of a series. Printed are the forecast of each step,
and the interval in which 80 of 100 values should lie.
"""

import json
import sys
from pathlib import Path

import numpy as np
from network import Network

known = json.loads(Path(__file__).with_name("preprocessor.json").read_text("utf-8"))
power = {"none": 1.0, "sqrt": 0.5, "log": 0.0}.get(known["transform"])
if (known["remove_season"] and known["period"] > 1) or known["means"] or power is None:
    sys.exit(
        "this script knows no seasons, covariates or fitted powers, which this run has"
    )
series, window = np.array(sys.argv[1:], "float64"), known["window"]
if len(series) < window:
    sys.exit(f"give at least {window} values; received {len(series)}")
if known["transform"] != "none":  # Box and Cox, of 1 + value
    series = ((1 + series) ** power - 1) / power if power else np.log1p(series)
scale = known["scale"] * (max(series.std(), 1e-9) if known["own_scale"] else 1)
past = series[-window:]
inputs = ((past - past[-1]) / scale).astype("float32")[None, :, None]  # (1, L, 1)
mean = Network()("forecast", windows=inputs)[0][0].mean(axis=0) * scale + past[-1]
width = np.array(known["width_80"]) * (np.abs(np.diff(past)).mean() + 0.1 * scale)
answers = np.stack([mean, mean - width, mean + width], axis=1)  # (H, 3)
if known["transform"] != "none":
    answers = np.maximum(answers, -1 / power if power else -np.inf)
    answers = (1 + power * answers) ** (1 / power) - 1 if power else np.expm1(answers)
    answers = np.maximum(answers, 0)
for row in answers:
    print(*(f"{value:.6g}" for value in row), sep="\t")
