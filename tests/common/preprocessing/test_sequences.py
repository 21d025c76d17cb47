"""The order of batches, and predictions in the given order."""

import keras
import numpy as np
import pytest

from common.preprocessing.sequences import Batches, predict

LENGTHS = np.random.default_rng(0).integers(1, 40, size=203)
IDS = np.where(np.arange(40) < LENGTHS[:, None], np.arange(1, 204)[:, None], 0)


def batches(**options):
    return Batches(IDS, np.arange(203), batch_size=16, lengths=LENGTHS, **options)


def served(source):
    return [source[index] for index in range(source.num_batches)]


def test_each_sequence_is_served_once_an_epoch_with_its_own_target():
    rows = []
    for inputs, targets in served(batches(seed=3)):
        assert (inputs[:, 0] == targets + 1).all()
        assert (np.count_nonzero(inputs, axis=1) == LENGTHS[targets]).all()
        rows += targets.tolist()
    assert sorted(rows) == list(range(203))


def test_each_sequence_is_served_with_its_own_weight():
    for _, targets, weights in served(batches(seed=3, weights=np.arange(203) / 2)):
        assert (weights == targets / 2).all()


def test_order_is_a_function_of_seed_and_epoch():
    def order(seed, epoch):
        source = batches(seed=seed)
        source.epoch = epoch
        return source.rows_in_order().tolist()

    np.random.seed(1)
    first = order(3, 5)
    np.random.seed(2)
    assert order(3, 5) == first
    assert order(3, 6) != first
    assert order(4, 5) != first


def test_batches_hold_like_lengths_and_little_padding():
    inputs = [inputs for inputs, _ in served(batches(seed=0))]
    assert inputs[0].shape[1] > inputs[1].shape[1]  # the widest, then the narrowest
    padding = sum((array == 0).sum() for array in inputs)
    assert padding < 0.3 * (IDS == 0).sum()


def test_predictions_come_back_in_the_given_order():
    ids = keras.Input((None,), dtype="int32")
    last = keras.layers.Lambda(lambda x: keras.ops.cast(x[:, :1], "float32"))
    model = keras.Model(ids, last(ids))
    assert predict(model, batches())[:, 0].tolist() == list(range(1, 204))


@pytest.mark.parametrize("seed", [None, 0])
def test_two_inputs_stay_together(seed):
    source = Batches(
        (IDS, -IDS), np.arange(203), batch_size=16, seed=seed, lengths=LENGTHS
    )
    for (first, second), _ in served(source):
        assert (first == -second).all()
