"""The network around the cell: it trains alike with either cell, and keeps masks.

The cell itself is held against the equations in test_cells.py.
"""

import keras
import numpy as np
import pytest

from common.comparison.parity import copy_weights, weights_as_custom
from examples.grammar.config import Config
from examples.grammar.model import WordDropout, build_model

B, T, D, U = 5, 9, 4, 6
WAYS = {
    "both": {},
    "one": {"bidirectional": False},
    "layers": {"layers": 2},
}
every_way = pytest.mark.parametrize("options", WAYS.values(), ids=WAYS)
CELLS = {cell: {"cell": cell} for cell in ("custom", "gru", "lstm")}
every_network = pytest.mark.parametrize(
    "options", [*WAYS.values(), *CELLS.values()], ids=[*WAYS, *CELLS]
)


def model(**options):
    keras.utils.set_random_seed(0)
    config = Config(units=U, embedding_size=D, **options)
    return build_model(config, vocabulary_size=20)


def some_ids(seed=0):
    rng = np.random.default_rng(seed)
    ids = rng.integers(1, 20, size=(B, T))
    lengths = rng.integers(1, T + 1, size=(B, 1))
    return np.where(np.arange(T) < lengths, ids, 0).astype("int32")


def train_steps(network, *, steps, optimizer=None):
    network.compile(
        optimizer or keras.optimizers.Adam(0.01),
        "binary_crossentropy",
        run_eagerly=True,  # a few steps are done before a graph is traced
    )
    for step in range(steps):
        network.train_on_batch(some_ids(seed=step), np.arange(B)[:, None] % 2)


@every_way
def test_custom_network_equals_builtin_in_training(options):
    builtin, custom = (
        model(cell=cell, dropout=0.3, word_dropout=0.3, **options)
        for cell in ("builtin", "custom")
    )
    copy_weights(builtin, custom)
    ids = some_ids(seed=9)
    np.testing.assert_allclose(builtin(ids), custom(ids), rtol=1e-5, atol=1e-6)
    before = custom.get_weights()
    for steps, optimizer, tolerance in ((1, "sgd", 1e-6), (5, None, 1e-4)):
        train_steps(builtin, steps=steps, optimizer=optimizer)
        train_steps(custom, steps=steps, optimizer=optimizer)
        after = weights_as_custom(builtin, custom)
        for one, other in zip(after, custom.get_weights(), strict=True):
            np.testing.assert_allclose(one, other, atol=tolerance)
    moved = zip(before, custom.get_weights(), strict=True)
    assert all(np.abs(old - new).max() > 1e-3 for old, new in moved)


@every_network
def test_one_step_moves_every_weight(options):
    network = model(**options)
    before = network.get_weights()
    train_steps(network, steps=1)
    for old, new in zip(before, network.get_weights(), strict=True):
        assert not np.array_equal(old, new)


@every_network
def test_padding_changes_nothing(options):
    network = model(**options)
    ids = some_ids()
    longer = np.pad(ids, ((0, 0), (0, 40)))
    np.testing.assert_allclose(network(ids), network(longer), rtol=1e-5, atol=1e-6)
    alone = np.trim_zeros(ids[0])[None]
    np.testing.assert_allclose(
        network(alone)[0], network(longer)[0], rtol=1e-5, atol=1e-6
    )


@every_network
def test_no_layer_has_to_hand_a_mask_on(options, monkeypatch):
    expected = model(**options)(some_ids())
    for layer in (keras.layers.RNN, keras.layers.Bidirectional, keras.layers.Embedding):
        monkeypatch.setattr(layer, "compute_mask", lambda *_, **__: None)
    np.testing.assert_array_equal(model(**options)(some_ids()), expected)


def test_saved_network_is_the_same_in_a_fresh_process(fresh, tmp_path):
    """One process for both networks, since starting one takes seconds."""
    networks = {
        "one": model(cell="custom", bidirectional=False, word_dropout=0.2),
        "layers": model(cell="custom", dropout=0.2, layers=2),
    }
    for name, network in networks.items():
        network.save(tmp_path / f"{name}.keras")
    np.save(tmp_path / "ids.npy", some_ids())
    program = (
        "import pathlib, keras, numpy as np, examples.grammar.model\n"
        f"folder = pathlib.Path({str(tmp_path)!r})\n"
        "ids = np.load(folder / 'ids.npy')\n"
        "for path in folder.glob('*.keras'):\n"
        "    model = keras.saving.load_model(path)\n"
        "    np.save(path.with_suffix('.npy'), model(ids))\n"
    )
    assert fresh(program) == 0
    for name, network in networks.items():
        found = np.load(tmp_path / f"{name}.npy")
        np.testing.assert_array_equal(found, network(some_ids()))


def test_word_dropout_drops_whole_words_and_only_in_training():
    layer = WordDropout(0.5, seed=0)
    ones = np.ones((4, 50, D), "float32")
    np.testing.assert_array_equal(layer(ones), ones)
    dropped = np.asarray(layer(ones, training=True))
    assert (dropped == dropped[:, :, :1]).all()
    assert 0.3 < dropped.mean() < 0.7
