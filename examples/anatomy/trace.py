"""One sequence, step by step: the numbers, and the sums that they come from.

Vectors are rows in the arrays, whatever the notation of the text.
Letters: T time steps, D inputs of a layer, U its units, P parts of a sum.
"""

from collections.abc import Iterator

import numpy as np

from .shapes import Layer

WRITTEN_OUT = 3  # widest layer whose sums are written out
SHOWN = 9  # longest array that is printed whole

Arrays = dict[str, np.ndarray]  # by name, as in `Cell.equations`


def simple(x, h, W_F, W_R, b) -> Arrays:
    """Take one step: x (D,), h (U,) before; W_F (D, U), W_R (U, U), b (U,)."""
    z = x @ W_F + h @ W_R + b
    return {"z": z, "h": np.tanh(z)}


def lstm(x, h, c, W_F, W_R, b) -> Arrays:
    """Take one step: x (D,), h and c (U,) before; W_F (D, 4 U), W_R (U, 4 U)."""
    zi, zf, zg, zo = np.split(x @ W_F + h @ W_R + b, 4)
    i, f, g, o = sigmoid(zi), sigmoid(zf), np.tanh(zg), sigmoid(zo)
    c = f * c + i * g
    return dict(zi=zi, zf=zf, zg=zg, zo=zo, i=i, f=f, g=g, o=o, c=c, h=o * np.tanh(c))


def gru(x, h, W_F, W_R, b_F, b_R) -> Arrays:
    """Take one step: x (D,), h (U,) before; W_F (D, 3 U), W_R (U, 3 U)."""
    pu, pr, pn = np.split(x @ W_F + b_F, 3)
    qu, qr, qn = np.split(h @ W_R + b_R, 3)
    u, r = sigmoid(pu + qu), sigmoid(pr + qr)
    n = np.tanh(pn + r * qn)
    h = u * h + (1 - u) * n
    return dict(pu=pu, pr=pr, pn=pn, qu=qu, qr=qr, qn=qn, u=u, r=r, n=n, h=h)


def dense(x, W_F, b) -> Arrays:
    """Take one step, which no other step matters to: x (D,)."""
    return {"y": x @ W_F + b}


STEPS = {"SimpleRNN": simple, "LSTM": lstm, "GRU": gru, "Dense": dense}


def sigmoid(z: np.ndarray) -> np.ndarray:
    """Return the logistic function of z, without overflow."""
    return (1 + np.tanh(z / 2)) / 2


def tiny(layers: list[Layer]) -> bool:
    """Return whether all layers are narrow enough for their sums to be printed."""
    return max(max(layer.inputs, layer.units) for layer in layers) <= WRITTEN_OUT


def random_weights(layers: list[Layer], seed: int) -> list[Arrays]:
    """Return random weights of every layer, rounded to tenths if they are printed."""
    rng = np.random.default_rng(seed)
    rounded, drawn = _tenths if tiny(layers) else np.asarray, []
    for layer in layers:
        # Glorot's limit, so that tanh does not saturate.
        limit = 1 if tiny(layers) else (6 / (layer.inputs + layer.units)) ** 0.5
        shapes = layer.weights.items()
        drawn.append({n: rounded(rng.uniform(-limit, limit, s)) for n, s in shapes})
    return drawn


def random_sequence(layers: list[Layer], steps: int, seed: int) -> np.ndarray:
    """Return a random sequence (T, D), rounded to tenths."""
    rng = np.random.default_rng([seed, 1])
    return _tenths(rng.uniform(-1, 1, (steps, layers[0].inputs)))


def _tenths(array: np.ndarray) -> np.ndarray:
    return np.round(array, 1) + 0.0  # no -0.0


def run(
    layers: list[Layer], weights: list[Arrays], x: np.ndarray
) -> list[list[Arrays]]:
    """Return all that every layer reads and computes: a list by step, by layer.

    Args:
        layers: of the network.
        weights: of every layer, by name.
        x: the sequence, (T, D).
    """
    states = [dict.fromkeys(one.cell.states, np.zeros(one.units)) for one in layers]
    trace = []
    for x_t in x:
        row = []
        for layer, w, state in zip(layers, weights, states, strict=True):
            found = STEPS[layer.cell.keras](x_t, *state.values(), *w.values())
            before = {f"{name}-": value for name, value in state.items()}
            row.append({"x": x_t, **before, **found})
            state.update({name: found[name] for name in state})
            x_t = found[layer.cell.output]  # what the next layer reads
        trace.append(row)
    return trace


def lines(
    layers: list[Layer],
    weights: list[Arrays],
    trace: list[list[Arrays]],
    *,
    columns: bool = False,
) -> Iterator[str]:
    """Yield the trace as text. A tiny network's weights and sums are written out.

    Args:
        layers: of the network.
        weights: of every layer, by name.
        trace: what `run` returned.
        columns: whether the text has vectors as columns.
    """
    whole = tiny(layers)
    for layer, w in zip(layers, weights, strict=True) if whole else ():
        for name, array in w.items():
            array = array.T if columns else array
            yield f"{layer.named(name):<6} = {_array(array, 1, shown=array.size)}"
    for t, row in enumerate(trace, start=1):
        yield f"step {t}"
        yield f"  x_{t} = {_array(row[0]['x'], 1)}"
        for layer, w, values in zip(layers, weights, row, strict=True):
            for state in layer.cell.states:
                before = f"{state}-"
                yield f"  {layer.named(before, t)} = {_array(values[before])}"
            for name, formula in layer.cell.equations.items():
                if "W" in formula:
                    yield from _sums(layer, name, w, values, t, whole, columns)
                else:
                    text = layer.named(formula, t, columns=columns)
                    gap = " " if whole else "\n    "  # a wide one has its own line
                    text += f"{gap}= {_array(values[name])}"
                    yield f"  {layer.named(name, t)} = {text}"


def _sums(layer, name, w, values, t, whole, columns) -> Iterator[str]:
    """Yield every part of a sum; if `whole`, its terms too, one line for each."""
    for index, part in enumerate(layer.cell.parts):
        label, result = layer.named(name + part, t), values[name + part]
        for unit in range(layer.units) if whole else ():
            head = f"{label}[{unit + 1}] ="
            for term in layer.cell.equations[name].split(" + "):
                vector, _, weight = term.rpartition(" ")
                of_unit = w[weight][..., index * layer.units + unit]
                if vector:
                    digits = 1 if vector == "x" and layer.number == 1 else 3
                    text = _products(values[vector], of_unit, digits, columns)
                else:
                    text = f"{_number(of_unit, 1)} = {result[unit]:.3f}"
                term = layer.named(term, t, columns=columns)
                yield f"    {head:>12} {text:<50} {term}"
                head = "+"
        yield f"  {label} = {_array(result)}"


def _products(vector, weights, digits: int, columns: bool) -> str:
    pairs = [
        (_number(v, digits), _number(w, 1))
        for v, w in zip(vector, weights, strict=True)
    ]
    return " + ".join(f"{w}·{v}" if columns else f"{v}·{w}" for v, w in pairs)


def _number(value: float, digits: int) -> str:
    text = f"{value:.{digits}f}"
    return f"({text})" if value < 0 else text


def _array(values: np.ndarray, digits: int = 3, *, shown: int = SHOWN) -> str:
    text = np.array2string(
        values,
        max_line_width=1000,
        threshold=shown,
        formatter={"float_kind": f"{{:.{digits}f}}".format},
    ).replace("\n", "")
    return text if values.size <= shown else f"{text} ({values.size} numbers)"
