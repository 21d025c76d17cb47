"""What a run came to: `metrics.json`, the same document in every example.

Reports read finished runs with it, so importing it must not load TensorFlow.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from common import files
from common.settings import Settings
from common.training.run_folder import METRICS, Run

if TYPE_CHECKING:
    import keras

    from common.training.fitting import Fitted


def save(
    run: Run,
    example: str,
    config: Settings,
    model: keras.Model,
    fitted: Fitted,
    *,
    dataset: str,
    data_hash: str,
    metric: str,
    mode: str,
    models: Mapping[str, Mapping[str, float]],
    verdict: Mapping[str, Any] | None,
    references: Mapping[str, Mapping[str, float]] | None = None,
    slices: Mapping[str, Mapping[str, Any]] | None = None,
    details: Mapping[str, Any] | None = None,
    started: float,
) -> dict[str, Any]:
    """Write `metrics.json` and return its content.

    Args:
        run: takes the file.
        example: name of the example's package.
        config: settings of the run.
        model: the trained model.
        fitted: how its training went.
        dataset: name of the data set or file.
        data_hash: hash of the data that was read.
        metric: name of the main metric on the test split.
        mode: "max" if larger values are better, else "min".
        models: metrics by name, of "network" and of each baseline.
        verdict: what `verdicts.verdict` returned.
        references: metrics of models that may not be compared with the network.
        slices: parts of the test split: {"count": N, "models": {name: main metric}}.
        details: everything that only this example has.
        started: `time.perf_counter()` at the beginning.
    """
    import keras  # slow, and only a training needs it, which has it loaded

    document = {
        "example": example,
        "dataset": dataset,
        "data_hash": data_hash,
        "preset": config.preset,
        "cell": config.cell,
        "backend": keras.backend.backend(),
        "seed": config.seed,
        "parameters": model.count_params(),
        "epochs": len(fitted.history),
        "best_epoch": fitted.best_epoch,
        "interrupted": fitted.interrupted,
        "metric": {"name": metric, "split": "test", "mode": mode},
        "models": models,
        "references": references or {},
        "verdict": verdict,
        "slices": slices or {},
        "details": details or {},
        "seconds": {
            "train": round(fitted.seconds, 2),
            "total": round(time.perf_counter() - started, 2),
        },
        "milliseconds_per_step": round(fitted.milliseconds_per_step, 3),
    }
    files.write_json(run / METRICS, document)
    return document
