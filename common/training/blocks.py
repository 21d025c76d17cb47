"""A residual block with a gate, to stack recurrent layers.

Letters: B batch, T time steps, D features of a step, U units.
"""

import keras


def residual_block(
    x, layer: keras.layers.Layer, *, dropout: float, seed: int, name: str, **inputs
) -> tuple:
    """Return x + gate(layer(norm(x))), and the last states of `layer`.

    The recurrent layer sees x normalized. A gated linear unit chooses what of its
    states to add to x. Since x itself passes unchanged, such blocks can be stacked
    (Orvieto et al. 2023, section 2).

    Args:
        x: (B, T, D).
        layer: a recurrent layer of U units that returns all its states (B, T, U); its
            last states too, if it has `return_state=True`.
        dropout: fraction of the gated values that training sets to 0.
        seed: seed of the dropout.
        name: prefix of the names of the block's own layers.
        **inputs: further arguments of the call: `mask` (B, T), `initial_state`.

    Returns:
        The sum (B, T, D), and a list of the last states, each (B, U): empty without
        `return_state`.
    """
    features = x.shape[-1]
    normalized = keras.layers.LayerNormalization(name=f"{name}_norm")(x)
    outputs = layer(normalized, **inputs)
    states, *last = outputs if layer.return_state else [outputs]  # (B, T, U)
    gated = gated_linear_unit(states, features, name=name)  # (B, T, D)
    kept = keras.layers.Dropout(dropout, seed=seed, name=f"{name}_dropout")(gated)
    return x + kept, last


def gated_linear_unit(states, features: int, *, name: str):
    """Return (states W_1 + b_1) * sigmoid(states W_2 + b_2), from (..., U) to (..., D).

    The second factor, between 0 and 1, chooses what of the first passes (Dauphin et al.
    2017, equation 1). `name` is the prefix of the names of its two layers.
    """
    value = keras.layers.Dense(features, name=f"{name}_value")(states)
    return value * keras.layers.Dense(features, "sigmoid", name=f"{name}_gate")(states)
