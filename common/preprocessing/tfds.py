"""Data sets of TensorFlow Datasets, prepared or downloaded."""

import urllib.request
from collections.abc import Sequence
from typing import Any

from common.errors import UserError, one_line


def load(
    name: str, splits: Sequence[str], data_dir: str | None, *, instead: str
) -> tuple[dict[str, dict[str, Any]], Any]:
    """Load splits of a TensorFlow Datasets data set, downloading it where needed.

    Args:
        name: of the data set.
        splits: names of the splits.
        data_dir: where data sets are kept; `None` for TensorFlow Datasets' own folder.
        instead: flags that need no download, named in the error: `--dataset reviews`.

    Returns:
        arrays by split and feature, and the data set's `FeaturesDict`.

    Raises:
        UserError: the data is not there and cannot be downloaded.
    """
    import tensorflow_datasets as tfds  # takes seconds, and only this function uses it
    from absl import logging

    logging.set_verbosity(logging.ERROR)
    try:
        builder = tfds.builder(name, data_dir=data_dir)
        if not builder.is_prepared():
            # If its address is out of reach, a download would try for minutes.
            head = urllib.request.Request(next(iter(builder.url_infos)), method="HEAD")
            urllib.request.urlopen(head, timeout=20).close()
        builder.download_and_prepare()
        parts = builder.as_dataset(split=list(splits), batch_size=-1)
        numpy = dict(zip(splits, tfds.as_numpy(parts), strict=True))
    # What is raised depends on where reading or downloading fails.
    except Exception as error:  # noqa: BLE001
        raise UserError(
            f"{name} could not be loaded or downloaded ({one_line(error)[:200]}); "
            f"--data-dir names a prepared copy, {instead} needs no network"
        ) from None
    return numpy, builder.info.features
