"""The row-lookup cell is the built-in layer; state is carried; writing is right."""

from xml.etree import ElementTree

import keras
import numpy as np
import pytest

from common.comparison.parity import copy_weights
from common.training.callbacks import ResetStates
from examples.text_generation.config import Config, Generate
from examples.text_generation.data import Preprocessor, Streams
from examples.text_generation.evaluate import (
    WARM_UP,
    memorisation,
    python_lines,
    surprisals,
)
from examples.text_generation.figures import columns, hidden_states, text_strip
from examples.text_generation.model import build_model
from examples.text_generation.predict import Writer, choose, until
from tests.reference import Weights, forward

B, T, U = 3, 7, 6
TEXT = "abcdefgh \n"
PREPROCESSOR = Preprocessor(TEXT)
V = len(PREPROCESSOR)
CELLS = ("builtin", "custom", "gru", "lstm")
LAYERS = (1, 3)


def network(cell, *, streams=None, seed=0, dropout=0.0, layers=1):
    keras.utils.set_random_seed(seed)
    config = Config(cell=cell, units=U, layers=layers, dropout=dropout, seed=seed)
    return build_model(config, V, streams)


def some_ids(*shape, seed=0):
    return np.random.default_rng(seed).integers(2, V, shape).astype("int32")


def both_with_the_same_random_weights(layers=1, scale=1.0):
    """Return built-in and custom network; no two weights are alike.

    With a small scale, the network is less sure of what comes next.
    """
    builtin, custom = (network(cell, layers=layers) for cell in CELLS[:2])
    random = np.random.default_rng(1)
    shapes = [weight.shape for weight in builtin.get_weights()]
    builtin.set_weights([scale * random.normal(size=shape) for shape in shapes])
    copy_weights(builtin, custom)
    return builtin, custom


def softmax(z):
    e = np.exp(z - z.max())
    return e / e.sum()


def normalized(x):
    centred = x - x.mean(axis=-1, keepdims=True)
    return centred / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + 1e-3)


def gated(model, name, x):
    """Return the gated linear unit of that name, in NumPy."""
    value, gate = (
        x @ W + b
        for W, b in (
            model.get_layer(f"{name}_{part}").get_weights()
            for part in ("value", "gate")
        )
    )
    return value / (1 + np.exp(-gate))


def stacked(model, ids, states):
    """Return logits and last states of a network of several layers, in NumPy."""

    def weights(name):
        return model.get_layer(name).get_weights()

    read = forward(Weights(*weights("recurrent")), np.eye(V)[ids][None], h_0=states[0])
    hidden, after = read.outputs, [read.state]
    for number, state in enumerate(states[1:], 2):
        scale, shift = weights(f"block_{number}_norm")
        own = Weights(*weights(f"recurrent_{number}"))
        read = forward(own, normalized(hidden) * scale + shift, h_0=state)
        hidden = hidden + gated(model, f"block_{number}", read.outputs)
        after.append(read.state)
    if len(states) == 1:
        scale, shift = weights("read_norm")
        hidden = hidden + gated(model, "read", normalized(hidden) * scale + shift)
    W, c = weights("logits")
    return hidden[0] @ W + c, after


def elman(model, ids, h):
    """Return the logits after every one of ids (N,), and the last state (U,)."""
    logits, (after,) = stacked(model, ids, [h[None]])
    return logits, after[0]


@pytest.mark.parametrize("layers", LAYERS)
def test_network_equals_the_equations(layers):
    ids = some_ids(1, T)
    for model in both_with_the_same_random_weights(layers):
        random = np.random.default_rng(2)
        start = [random.normal(size=(1, U)).astype("float32") for _ in range(layers)]
        logits, *after = model([ids, *start])
        expected, states = stacked(model, ids[0], start)
        np.testing.assert_allclose(logits[0], expected, rtol=1e-4, atol=1e-4)
        for one, other in zip(after, states, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("layers", LAYERS)
@pytest.mark.parametrize("cell", CELLS)
def test_two_chunks_equal_one_long_one(cell, layers):
    """In both forms of the network, which themselves are the same."""
    model, keeping = (network(cell, layers=layers, streams=n) for n in (None, B))
    keeping.set_weights(model.get_weights())
    assert model.name == keeping.name == cell
    ids = some_ids(B, 2 * T)
    zeros = [np.zeros((B, U), "float32") for _ in model.inputs[1:]]
    whole, *last = model([ids, *zeros])
    first, *carried = model([ids[:, :T], *zeros])
    second, *end = model([ids[:, T:], *map(np.asarray, carried)])
    np.testing.assert_allclose(whole[:, :T], first, atol=1e-5)
    np.testing.assert_allclose(whole[:, T:], second, atol=1e-5)
    for one, other in zip(last, end, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)
    np.testing.assert_allclose(first, keeping(ids[:, :T]), atol=1e-5)
    np.testing.assert_allclose(second, keeping(ids[:, T:]), atol=1e-5)
    assert np.abs(second - model([ids[:, T:], *zeros])[0]).max() > 1e-3


def test_every_pass_begins_with_empty_states():
    model = network("custom", streams=B, layers=2)
    model.compile(loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    streams = Streams(some_ids(100), Config(batch_size=B, chunk=10))
    empty = model.evaluate(streams, verbose=0)
    assert model.evaluate(streams, verbose=0) != pytest.approx(empty, rel=1e-6)
    again = model.evaluate(streams, verbose=0, callbacks=[ResetStates()])
    assert again == pytest.approx(empty, rel=1e-6)


@pytest.mark.parametrize(
    ("temperature", "top_k", "top_p"), [(1.0, None, 1.0), (0.5, 3, 1.0), (2.0, 9, 0.6)]
)
def test_writing_equals_numpy_step_by_step(temperature, top_k, top_p):
    texts = []
    for model in both_with_the_same_random_weights(scale=0.4):
        writer = Writer(model, PREPROCESSOR)
        options = {"temperature": temperature, "top_k": top_k, "top_p": top_p}
        texts.append(
            "".join(writer.write("abc", Generate(length=70, seed=3, **options)))
        )
        chances = np.random.default_rng(3).random(96, "float32")
        logits, h = elman(model, PREPROCESSOR.encode("abc"), np.zeros(U))
        expected = ""
        for chance in chances[:70]:
            expected += draw(logits[-1], chance, temperature, top_k or V, top_p)
            logits, h = elman(model, PREPROCESSOR.encode(expected[-1]), h)
        assert texts[-1] == expected
    assert texts[0] == texts[1]  # built-in and custom write the same
    assert len(set(texts[0])) > 3


def draw(logits, chance, temperature, top_k, top_p):
    """Return a character: those allowed, likeliest first, divide [0, 1) up."""
    p = softmax(np.concatenate([[-np.inf] * 2, logits[2:]]) / temperature)
    order = np.argsort(-p, kind="stable")[:top_k]
    allowed = [i for n, i in enumerate(order) if p[order[:n]].sum() < top_p]
    ends = np.cumsum(p[allowed])
    return PREPROCESSOR.decode([allowed[int(np.argmax(ends > chance * ends[-1]))]])


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ({}, {2, 3, 4, 5}),
        ({"top_k": 1}, {5}),
        ({"top_k": 2}, {4, 5}),
        ({"top_p": 0.6}, {5}),
        ({"top_p": 0.7}, {4, 5}),
        ({"temperature": 0.01}, {5}),
    ],
)
def test_only_allowed_characters_are_chosen(limits, expected):
    """Shares 1/64, 4/64, 16/64, 43/64; ids 0 and 1 are never written."""
    logits = np.log([[900, 900, 1, 4, 16, 43]]).astype("float32")
    limits = {"temperature": 1.0, "top_k": 6, "top_p": 1.0, **limits}
    chances = np.linspace(0, 1, 1000, endpoint=False, dtype="float32")[:, None]
    chosen = np.array(choose(np.repeat(logits, 1000, 0), chances, **limits))
    assert set(chosen.ravel().tolist()) == expected


def test_chances_meet_the_probabilities():
    logits = np.log([[1, 1, 1, 2, 5]]).astype("float32")
    chances = np.linspace(0, 1, 8000, endpoint=False, dtype="float32")[:, None]
    chosen = choose(
        np.repeat(logits, 8000, 0), chances, temperature=1.0, top_k=5, top_p=1.0
    )
    counts = np.bincount(np.array(chosen).ravel())
    np.testing.assert_allclose(counts, [0, 0, 1000, 2000, 5000], atol=5)


def test_surprisals_are_those_of_a_text_read_in_one_go():
    (model, _) = both_with_the_same_random_weights()
    ids = some_ids(400)
    logits, _ = elman(model, ids[:-1], np.zeros(U))
    expected = [
        -np.log2(softmax(z)[target]) for z, target in zip(logits, ids[1:], strict=True)
    ]
    given = surprisals(Writer(model, PREPROCESSOR), ids)
    np.testing.assert_allclose(given, expected, rtol=1e-3, atol=1e-4)


def test_pieces_of_a_long_text_are_warmed_up():
    """A network that forgets reads the pieces as it reads the whole."""
    model = network("custom")
    model.get_layer("recurrent").set_weights(
        [w * 0.5 for w in model.get_layer("recurrent").get_weights()]
    )
    ids = some_ids(3 * 4 * WARM_UP + 50)
    logits, _ = elman(model, ids[:-1], np.zeros(U))
    expected = [
        -np.log2(softmax(z)[target]) for z, target in zip(logits, ids[1:], strict=True)
    ]
    given = surprisals(Writer(model, PREPROCESSOR), ids)
    np.testing.assert_allclose(given, expected, rtol=1e-3, atol=1e-4)


def test_hidden_states_are_those_of_the_equations():
    (model, _) = both_with_the_same_random_weights()
    ids = some_ids(12)
    states = hidden_states(Writer(model, PREPROCESSOR), ids)
    for count in (1, 5, 12):
        _, h = elman(model, ids[:count], np.zeros(U))
        np.testing.assert_allclose(states[count - 1], h, rtol=1e-3, atol=1e-4)


def test_dropout_is_for_training_alone():
    plain, hiding = network("builtin"), network("builtin", dropout=0.5)
    inputs = [some_ids(B, T), np.zeros((B, U), "float32")]
    np.testing.assert_array_equal(plain(inputs)[0], hiding(inputs)[0])
    assert not np.array_equal(plain(inputs)[0], hiding(inputs, training=True)[0])


@pytest.mark.parametrize(
    ("stop", "expected"),
    [
        (None, "one two one"),
        (" t", "one t"),
        ("two", "one two"),
        ("e", "one"),
        ("twx", "one two one"),
        ("one two one more", "one two one"),
    ],
)
@pytest.mark.parametrize("size", [1, 2, 100])
def test_stop_ends_the_text_wherever_the_parts_are_cut(stop, expected, size):
    text = "one two one"
    parts = (text[start : start + size] for start in range(0, len(text), size))
    assert "".join(until(parts, stop)) == expected


def test_memorisation_finds_the_longest_copy():
    train = "the cat sat on the mat and the dog did not"
    found = memorisation("xx cat sat on a mat and the frog", train)
    assert found["copy"] == " mat and the "
    assert found["longest copy"] == 13
    grams = ["abcdefgh", "bcdefghi"]
    assert memorisation("abcdefghi", grams[0])["8-grams that are new"] == 0.5
    assert memorisation("short", "text")["8-grams that are new"] == 0


@pytest.mark.parametrize(
    ("text", "share"),
    [
        ("x = 1\n\n  return y\nz = (", 1),
        ("x = (1\ny = 2\n", 0.5),
        ("'open\nfine\n'done'\n", 2 / 3),
        ("", 0),
    ],
)
def test_lines_that_tokenise_are_counted(text, share):
    assert python_lines(text) == pytest.approx(share)


def test_figure_of_any_text_is_well_formed(tmp_path):
    assert columns("ab\n\nc").tolist() == [0, 1, 2, 0, 0]
    text = "a$x_{$\t\x00\x1b\ufffe&<\n\n" + "b" * 100
    values = np.linspace(-1, 1, len(text))
    path = tmp_path / "text.png"
    text_strip(path, text, values, cmap="RdBu_r", limits=(-1, 1), title="t")
    ElementTree.parse(path.with_suffix(".svg"))


def test_logits_that_are_not_finite_choose_nothing():
    logits = np.array([[0, 0, 1, 2], [0, 0, np.nan, 2], [0, 0, 1, np.inf]], "float32")
    chosen = choose(logits, np.full((3, 1), 0.5), temperature=1.0, top_k=4, top_p=1.0)
    assert np.array(chosen).ravel().tolist() == [3, 0, 0]
