"""What a run came to: the document `metrics.json` and the tables on the console.

Reports read finished runs with it, so importing it must not load TensorFlow.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from common.settings import Settings

if TYPE_CHECKING:
    import keras

    from common.training.fitting import Fitted


def document(
    example: str,
    config: Settings,
    model: keras.Model,
    fitted: Fitted,
    *,
    dataset: str,
    metric: tuple[str, float, str],
    metrics: Mapping[str, Any],
    baselines: Mapping[str, float],
    slices: Mapping[str, float],
    total_seconds: float,
    **more: Any,
) -> dict[str, Any]:
    """Return the content of `metrics.json`, the same keys in every example.

    Args:
        example: name of the example's package.
        config: the settings that it ran with.
        model: the trained model.
        fitted: what its training came to.
        dataset: name of the data set or file.
        metric: name, value on the test split, and "higher" or "lower" is better.
        metrics: further values on the test split, by name.
        baselines: the same metric of models without a network, by name.
        slices: the same metric on parts of the test split, by name.
        total_seconds: time of the whole run, the reading of the data included.
        **more: keys of this example alone.
    """
    import keras  # slow, and only a training needs it, which has it loaded

    name, value, better = metric
    return {
        "example": example,
        "dataset": dataset,
        "preset": config.preset,
        "cell": config.cell,
        "backend": keras.backend.backend(),
        "seed": config.seed,
        "parameters": model.count_params(),
        "epochs": len(fitted.history),
        "best_epoch": fitted.best_epoch,
        "interrupted": fitted.interrupted,
        "metric": {"name": name, "split": "test", "value": value, "better": better},
        "metrics": dict(metrics),
        "baselines": dict(baselines),
        "slices": dict(slices),
        **more,
        "seconds": {
            "train": round(fitted.seconds, 2),
            "total": round(total_seconds, 2),
        },
        "milliseconds_per_step": round(fitted.milliseconds_per_step, 3),
    }


def verdict(document: dict[str, Any]) -> str:
    """Say in one sentence whether the network beats its best baseline."""
    metric, baselines = document["metric"], document["baselines"]
    sign = 1 if metric["better"] == "higher" else -1
    name, best = max(baselines.items(), key=lambda item: sign * item[1])
    margin = sign * (metric["value"] - best)
    outcome = "beats" if margin > 0 else "loses to" if margin < 0 else "equals"
    return (
        f"The network {outcome} its best baseline, {name}: {metric['name']} "
        f"{metric['value']:.4f} against {best:.4f}."
    )
