"""Networks train alike with either cell and keep masks; decoding is right.

The cell itself is held against the equations in test_cells.py.
"""

from types import SimpleNamespace

import keras
import numpy as np
import pytest

from common.comparison.parity import copy_weights, weights_as_custom
from common.errors import UserError
from examples.sorting import figures
from examples.sorting.config import Config
from examples.sorting.data import TRAIN, draw
from examples.sorting.model import TALLY, ConciseCell, build_model
from examples.sorting.predict import Sorter, right
from examples.sorting.preprocessor import PADDING, Preprocessor
from examples.sorting.train import exact_match
from examples.sorting.writer import reading

B, T, U = 5, 9, 6
CELLS = ("builtin", "custom")
VALUES = ("int", "float")


def lists_of(values, length=T):
    return Preprocessor(values=values, length=length, max_value=19)


def model(cell, values, *, seed=0, length=T):
    keras.utils.set_random_seed(seed)
    lists = {"values": values, "length": length, "max_value": 19}
    return build_model(Config(cell=cell, units=U, **lists))


def some_lists(values, *, rows=B, seed=0, length=T):
    random = np.random.default_rng(seed)
    return draw(lists_of(values, length), random, rows, split=TRAIN)


def batch(values, **options):
    return lists_of(values).inputs_and_targets(some_lists(values, **options))


def loss():
    return keras.losses.SparseCategoricalCrossentropy(
        from_logits=True, ignore_class=PADDING
    )


def train_steps(network, values, *, steps, optimizer=None):
    network.compile(
        optimizer or keras.optimizers.Adam(0.01),
        loss(),
        run_eagerly=True,  # a few steps are done before a graph is traced
    )
    for step in range(steps):
        network.train_on_batch(*batch(values, seed=step))


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_cell_starts_as_the_builtin_layer_does(activation):
    """Feedforward rows as wide as Glorot's, recurrent rows as they are told."""
    cell = ConciseCell(200, activation, "identity")
    cell.build((None, 100))
    W_F, W_R = np.split(keras.ops.convert_to_numpy(cell.W), [100])
    limit = (6 / (100 + 200)) ** 0.5
    assert 0.98 * limit < np.abs(W_F).max() <= limit
    np.testing.assert_array_equal(W_R, np.eye(200))


@pytest.mark.parametrize("values", VALUES)
def test_custom_network_equals_builtin_in_training(values):
    builtin, custom = (model(cell, values) for cell in CELLS)
    copy_weights(builtin, custom)
    inputs, _ = batch(values, seed=9)
    np.testing.assert_allclose(builtin(inputs), custom(inputs), atol=1e-5)
    before = custom.get_weights()
    # A step of plain gradient descent moves the weights by the gradient.
    for steps, optimizer, tolerance in ((1, "sgd", 1e-6), (5, None, 1e-3)):
        train_steps(builtin, values, steps=steps, optimizer=optimizer)
        train_steps(custom, values, steps=steps, optimizer=optimizer)
        after = weights_as_custom(builtin, custom)
        for one, other in zip(after, custom.get_weights(), strict=True):
            np.testing.assert_allclose(one, other, atol=tolerance)
    moved = zip(before, custom.get_weights(), strict=True)
    assert all(np.abs(old - new).max() > 1e-2 for old, new in moved)


def test_wide_network_keeps_a_tally_that_training_leaves_exact():
    networks, (lists, _), trained = {}, batch("int")[0], {}
    for cell in CELLS:
        network = build_model(Config(cell=cell, units=24, length=T, max_value=19))
        _, read = reading(network).predict_on_batch(lists)
        counts = [np.bincount(row[row > 0], minlength=24) for row in lists]
        np.testing.assert_allclose(read, TALLY * np.array(counts))
        networks[cell] = network
    copy_weights(networks["builtin"], networks["custom"])
    for cell, network in networks.items():
        train_steps(network, "int", steps=3)
        W_R = network.get_layer("decoder").get_weights()[-2]
        np.testing.assert_array_equal(W_R[-24:], np.eye(24))
        trained[cell] = network(batch("int", seed=9)[0])
    np.testing.assert_allclose(trained["builtin"], trained["custom"], atol=1e-3)


@pytest.mark.parametrize("cell", [*CELLS, "gru", "lstm"])
@pytest.mark.parametrize("values", VALUES)
def test_one_step_moves_every_weight(cell, values):
    network = model(cell, values)
    before = network.get_weights()
    train_steps(network, values, steps=1)
    for old, new in zip(before, network.get_weights(), strict=True):
        assert not np.array_equal(old, new)


@pytest.mark.parametrize("cell", [*CELLS, "gru", "lstm"])
def test_padding_changes_nothing_that_is_written(cell):
    sorter = Sorter(model(cell, "int"), lists_of("int"))
    lists = some_lists("int", rows=20)
    longer = np.pad(lists, ((0, 0), (0, 30)), constant_values=PADDING)
    written = sorter.sort(longer)
    np.testing.assert_array_equal(written[:, :T], sorter.sort(lists))
    assert (written[:, T:] == PADDING).all()
    alone = lists[0][lists[0] != PADDING][None]
    np.testing.assert_array_equal(sorter.sort(alone)[0], written[0, : alone.shape[1]])


@pytest.mark.parametrize("cell", [*CELLS, "gru", "lstm"])
def test_padding_changes_no_place(cell):
    """A network for short lists with the same recurrent layers gives the same."""
    wide, narrow = (model(cell, "float", length=length) for length in (T, 3))
    for name in ("compare", "count"):
        narrow.get_layer(name).set_weights(wide.get_layer(name).get_weights())
    kernel, bias = wide.get_layer("logits").get_weights()
    narrow.get_layer("logits").set_weights([kernel[:, :3], bias[:3]])
    lists = np.random.default_rng(0).random((B, 3), "float32")
    padded = np.pad(lists, ((0, 0), (0, T - 3)), constant_values=PADDING)
    np.testing.assert_allclose(wide(padded)[:, :3, :3], narrow(lists), atol=1e-5)


@pytest.mark.parametrize("cell", [*CELLS, "gru", "lstm"])
@pytest.mark.parametrize("values", VALUES)
def test_no_layer_needs_a_mask_that_a_recurrent_layer_hands_on(
    cell, values, monkeypatch
):
    lists = some_lists(values, rows=20)
    assert (lists == PADDING).any()
    inputs, _ = lists_of(values).inputs_and_targets(lists)

    def answers():
        network = model(cell, values)
        return network(inputs), Sorter(network, lists_of(values)).sort(lists)

    expected = answers()
    monkeypatch.setattr(keras.layers.RNN, "compute_mask", lambda *args: None)
    for one, other in zip(answers(), expected, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("values", VALUES)
def test_outputs_that_are_not_finite_are_an_error(values):
    network = model("builtin", values)
    *weights, bias = network.get_weights()
    network.set_weights([*weights, np.full_like(bias, np.nan)])
    with pytest.raises(UserError, match="not finite"):
        Sorter(network, lists_of(values)).sort(some_lists(values))


@pytest.mark.parametrize("cell", [*CELLS, "gru", "lstm"])
def test_writing_step_by_step_equals_the_whole_network(cell):
    """Fed what it has written, the network in one piece writes the same again."""
    network, lists = model(cell, "int"), some_lists("int", rows=50)
    written = Sorter(network, lists_of("int")).sort(lists)
    # Past the end of a list nothing is written: any id will do there.
    previous = np.pad(written + 1, ((0, 0), (1, 0)))[:, :-1]
    logits = keras.ops.convert_to_numpy(network((lists + 1, previous)))
    again = np.where(lists == PADDING, PADDING, logits.argmax(axis=-1))
    np.testing.assert_array_equal(written, again)


@pytest.mark.parametrize("values", VALUES)
def test_metric_of_the_training_is_the_share_of_lists_that_come_out_right(values):
    keras.utils.set_random_seed(0)
    network = model("custom", values, length=3)
    three = lists_of(values, 3)
    network.compile(keras.optimizers.Adam(0.02), loss())
    for step in range({"int": 60, "float": 6}[values]):  # too few to learn it all
        numbers = some_lists(values, rows=64, seed=step, length=3)
        network.train_on_batch(*three.inputs_and_targets(numbers))
    lists = some_lists(values, rows=500, seed=100, length=3)
    inputs, targets = three.inputs_and_targets(lists)
    in_training = np.asarray(exact_match(targets, network(inputs)))
    outcomes = right(lists, Sorter(network, three).sort(lists))
    np.testing.assert_array_equal(in_training, outcomes)
    assert 0.05 < outcomes.mean() < 0.95  # right and wrong lists are both there


def test_saved_network_is_the_same_in_a_fresh_process(fresh, tmp_path):
    """One process for both networks, since starting one takes seconds."""
    networks = {values: model("custom", values) for values in VALUES}
    for values, network in networks.items():
        network.save(tmp_path / f"{values}.keras")
        np.save(tmp_path / f"{values}.npy", some_lists(values))
    program = (
        "import pathlib, keras, numpy as np, examples.sorting.model\n"
        "from examples.sorting.preprocessor import Preprocessor\n"
        "from examples.sorting.predict import Sorter\n"
        f"folder = pathlib.Path({str(tmp_path)!r})\n"
        "for path in folder.glob('*.keras'):\n"
        "    model = keras.saving.load_model(path)\n"
        "    lists = np.load(path.with_suffix('.npy'))\n"
        f"    made = Preprocessor(values=path.stem, length={T}, max_value=19)\n"
        "    inputs, _ = made.inputs_and_targets(lists)\n"
        "    np.save(path.with_suffix('.out.npy'), model(inputs))\n"
        "    written = Sorter(model, made).sort(lists)\n"
        "    np.save(path.with_suffix('.sorted.npy'), written)\n"
    )
    assert fresh(program) == 0
    for values, network in networks.items():
        lists = some_lists(values)
        inputs, _ = lists_of(values).inputs_and_targets(lists)
        found = np.load(tmp_path / f"{values}.out.npy")
        np.testing.assert_array_equal(found, network(inputs))
        written = Sorter(network, lists_of(values)).sort(lists)
        found = np.load(tmp_path / f"{values}.sorted.npy")
        np.testing.assert_array_equal(found, written)


@pytest.mark.parametrize(("steps", "dividers"), [(4, [1.5]), (2, [])])
def test_figure_of_the_states_parts_reading_from_writing(monkeypatch, steps, dividers):
    saved, states = [], np.arange(3.0 * steps).reshape(steps, 3)
    names = [f"step {number}" for number in range(steps)]
    monkeypatch.setattr(figures, "hidden_states", lambda *_: (states, names))
    monkeypatch.setattr(
        figures.plots, "save", lambda figure, *_, **__: saved.append(figure)
    )
    sorter = SimpleNamespace(sort=lambda numbers: np.sort(numbers))
    figures.draw_states(None, sorter, np.array([2, 1]))
    axes, bar = saved[0].axes
    assert [line.get_xdata()[0] for line in axes.lines] == dividers
    assert "activation" in bar.get_ylabel()
