"""The network in NumPy, and in JavaScript in Chromium, against Keras and TensorFlow."""

import contextlib
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from common.play import page
from common.play.network import Description
from common.play.numpy_network import Network
from examples.forecasting import config as forecasting_config
from examples.forecasting import model as forecasting_model
from examples.grammar import config as grammar_config
from examples.grammar import model as grammar_model
from examples.naming import config as naming_config
from examples.naming import model as naming_model
from examples.sentiment import config as sentiment_config
from examples.sentiment import model as sentiment_model
from examples.signals import config as signals_config
from examples.signals import model as signals_model
from examples.sorting import config as sorting_config
from examples.sorting import model as sorting_model
from examples.tagging import config as tagging_config
from examples.tagging import model as tagging_model
from examples.text_generation import config as text_generation_config
from examples.text_generation import model as text_generation_model

NETWORK = [
    Path(page.__file__).with_name(name).read_text("utf-8")
    for name in ("cells.js", "layers.js", "network.js")
]
# Returns the outputs, and by layer the gradients (B, T, U) of one number by every h_t.
RUN = """
const [described, weights, inputs, element] = arguments;
const read = ({shape, values}) => tensor(shape, Float64Array.from(values));
const run = new Network(described, weights.map(read)).run(...inputs.map(read));
run.differentiate(0, element);
const outputs = run.outputs.map(({shape, data}) => ({shape, values: [...data]}));
const gradients = {};
for (const [name, {x, byState}] of Object.entries(run.sequences)) {
  const steps = [...Array(x.shape[1]).keys()];
  gradients[name] = byState.map((row) => steps.map((t) => [...row[t] ?? []]));
}
return {outputs, gradients};
"""
CELLS = ("builtin", "custom", "gru", "lstm")
# Padded rows, and unknown words: id 1. The gradients that are compared are those of the
# answer to the last row, so it is padded and has several words.
IDS = np.array([[5, 0, 0, 0], [2, 7, 1, 8], [3, 1, 4, 0]], "int32")
random = np.random.default_rng(0)


def sentiment(**settings):
    config = sentiment_config.Config(units=4, **settings)
    return sentiment_model.build_model(config, vocabulary_size=9, classes=3), [IDS]


def sorting(**settings):
    config = sorting_config.Config(units=4, max_value=9, **settings)
    before = np.array([[0, 2, 4], [0, 1, 2], [0, 5, 6]], "int32")
    return sorting_model.build_model(config), [IDS, before]


def ranking(**settings):
    config = sorting_config.Config(units=4, values="float", length=4, **settings)
    numbers = np.array([[0.1, 0.5, -1, -1], [0.9, 0.3, 0.4, 0.2]], "float32")
    return sorting_model.build_model(config), [numbers]


def signals(**settings):
    config = signals_config.Config(units=4, **settings)
    model = signals_model.build_model(config, channels=2, classes=3)
    windows = random.normal(size=(*IDS.shape, 2)).astype("float32")
    return model, [windows, (IDS > 0).astype("int32")]


def grammar(**settings):
    config = grammar_config.Config(units=4, embedding_size=3, **settings)
    return grammar_model.build_model(config, vocabulary_size=9), [IDS]


def naming(**settings):
    config = naming_config.Config(units=4, embedding_size=3, **settings)
    model = naming_model.build_model(config, numbers=2, letters=9)
    # The last row ends in a letter: the answer to padding would depend on nothing.
    return model, [IDS[[0, 2, 1]], random.normal(size=(3, 2)).astype("float32")]


def tagging(**settings):
    config = tagging_config.Config(units=4, embedding_size=3, **settings)
    # The last row ends in a word: the answer to padding would depend on nothing.
    ids = IDS[[0, 2, 1]]
    return tagging_model.build_model(config, vocabulary_size=9, classes=3), [ids]


def text_generation(**settings):
    config = text_generation_config.Config(units=4, **settings)
    model = text_generation_model.build_model(config, 9)
    starts = [random.normal(size=(3, 4)).astype("float32") for _ in model.inputs[1:]]
    return model, [IDS, *starts]


def forecasting(**settings):
    config = forecasting_config.Config(
        units=3, horizon=2, covariates=("a",), **settings
    )
    windows = random.normal(size=(2, 9, 2)).astype("float32")
    return forecasting_model.build_model(config), [windows]


CASES = [
    *((sentiment, {"cell": cell}) for cell in CELLS),
    (sentiment, {"bidirectional": True}),
    (sentiment, {"pooling": "mean"}),
    *((sentiment, {"cell": c, "pooling": "max", "bidirectional": True}) for c in CELLS),
    (sentiment, {"layers": 2}),
    (sentiment, {"layers": 2, "bidirectional": True}),
    (sentiment, {"layers": 2, "pooling": "mean", "cell": "gru"}),
    *((sorting, {"cell": cell}) for cell in CELLS),
    *((ranking, {"cell": cell}) for cell in CELLS),
    (tagging, {"cell": "custom"}),
    (tagging, {"direction": "forward", "layers": 2}),
    (grammar, {"cell": "custom"}),
    (grammar, {"layers": 2, "bidirectional": False}),
    (naming, {"cell": "custom"}),
    (naming, {"cell": "lstm", "no_every_step": True}),
    (signals, {"cell": "custom"}),
    (signals, {"layers": 2}),
    (signals, {"layers": 2, "pooling": "mean"}),
    *((text_generation, {"cell": cell}) for cell in CELLS),
    *((forecasting, {"cell": cell}) for cell in CELLS),
]


def recurrent_layers(model):
    return [x for x in model._flatten_layers() if isinstance(x, keras.layers.RNN)]


@contextlib.contextmanager
def probed(model, tape):
    """Add a zero, watched by the tape, to every h_t; yield them by layer."""
    layers = recurrent_layers(model)
    probes = {layer.name: [] for layer in layers}
    with pytest.MonkeyPatch.context() as patch:
        for layer in layers:

            def call(x, states, own=probes[layer.name], step=layer.cell.call, **_):
                output, new = step(x, states)
                zeros = tf.zeros_like(output)
                tape.watch(zeros)
                own.append(zeros)
                _, *others = new if isinstance(new, (list, tuple)) else [new]
                return output + zeros, [output + zeros, *others]

            patch.setattr(layer.cell, "call", call)
            patch.setattr(layer, "unroll", True)
            # Keras forgets to reverse this mask when it unrolls a layer that reads
            # backwards. There the steps before the first word are zeros without it.
            if layer.go_backwards:
                patch.setattr(layer, "zero_output_for_mask", False)
        yield probes


def by_tensorflow(model, inputs, element):
    """Return the outputs, and by layer the gradients (B, T, U) by every h_t."""
    with tf.GradientTape() as tape, probed(model, tape) as probes:
        outputs = model(inputs if len(inputs) > 1 else inputs[0], training=False)
        outputs = outputs if isinstance(outputs, list) else [outputs]
        answer = tf.reshape(outputs[0], [-1])[element]
    found = tape.gradient(answer, probes, unconnected_gradients="zero")
    backwards = {x.name for x in recurrent_layers(model) if x.go_backwards}
    return outputs, {
        name: np.stack(steps[::-1] if name in backwards else steps, 1)
        for name, steps in found.items()
    }


def as_json(array):
    array = np.asarray(array)
    return {"shape": array.shape, "values": array.ravel().tolist()}


@pytest.mark.parametrize(
    ("example", "settings"),
    CASES,
    ids=lambda x: x.__name__ if callable(x) else "-".join(map(str, x.values())),
)
def test_network_and_gradients_equal_keras(browser, example, settings):
    keras.utils.set_random_seed(0)
    model, inputs = example(**settings)
    for weight in model.trainable_weights:
        weight.assign(0.4 * random.normal(size=weight.shape))
    described = Description(model)
    expected = model(inputs if len(inputs) > 1 else inputs[0], training=False)
    expected = expected if isinstance(expected, list) else [expected]
    element = int(np.size(expected[0])) - 1
    unrolled, gradients = by_tensorflow(model, inputs, element)
    found = Network(described.to_json(), described.weights)(inputs)
    for one, other in zip(
        expected, found if isinstance(found, list) else [found], strict=True
    ):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)
    found = browser.execute_script(
        "\n".join([*NETWORK, RUN]),
        described.to_json(),
        [as_json(weight) for weight in described.weights],
        [as_json(array) for array in inputs],
        element,
    )
    for one, same, other in zip(expected, unrolled, found["outputs"], strict=True):
        # The probes change nothing.
        np.testing.assert_allclose(one, same, rtol=1e-5, atol=1e-6)
        assert list(one.shape) == other["shape"]
        np.testing.assert_allclose(one.numpy().ravel(), other["values"], atol=1e-5)
    assert found["gradients"].keys() == gradients.keys()
    for name, expected in gradients.items():
        # A step that the mask skips has no state of its own.
        skipped = [0.0] * expected.shape[-1]
        rows = found["gradients"][name]
        mine = np.array([[h_t or skipped for h_t in row] for row in rows])
        assert mine.shape == expected.shape
        np.testing.assert_allclose(mine, expected, atol=1e-4)
    # A network of forecasts has several members; a number comes from one of them.
    assert max(np.abs(expected).max() for expected in gradients.values()) > 1e-3
