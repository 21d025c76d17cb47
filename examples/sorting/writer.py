"""How the network for whole numbers writes its answer, number by number.

Letters: B batch, T time steps (numbers of a list), U units, V values.
"""

import keras
from keras import ops


class Writer(keras.Model):
    """Reads lists and writes answers to them, all steps in one compiled call."""

    def __init__(self, model: keras.Model):
        """Take a network of `model.writing_network`.

        Raises:
            ValueError: a layer of it is missing.
        """
        super().__init__()
        self.reading, self.step = reading(model), one_step(model)

    def call(self, ids):
        """Read ids (B, T) and return the T numbers written (B, T).

        The number written is -1 from the first step on whose logits are not finite.
        """

        def write_one(t, last, written, *states):
            logits, *states = self.step([last, *states])  # (B, 1, V)
            finite = ops.all(ops.isfinite(logits), axis=-1)
            number = ops.where(finite, ops.argmax(logits, axis=-1), -1)  # (B, 1)
            number = ops.cast(number, "int32")
            written = ops.slice_update(written, (0, t), number)
            return (t + 1, number + 1, written, *states)

        _, *states = self.reading(ids)
        nothing = ops.zeros_like(ids)  # its id, 0, is the start
        start = (0, nothing[:, :1], nothing, *states)
        steps = ops.shape(ids)[1]
        _, _, written, *_ = ops.while_loop(lambda t, *_: t < steps, write_one, start)
        return written


def reading(model: keras.Model) -> keras.Model:
    """Return the network that reads: from ids (B, T) to what the encoder returns."""
    return keras.Model(model.inputs[0], model.get_layer("encoder").output)


def one_step(model: keras.Model) -> keras.Model:
    """Return the network of one step of writing.

    It takes the id written before (B, 1) and the decoder's states (B, U), and returns
    logits (B, 1, V) and the new states.
    """
    _, *states = model.get_layer("decoder").output
    previous = keras.Input((1,), dtype="int32")
    carried = [keras.Input(state.shape[1:]) for state in states]
    vector = model.get_layer("embedding")(previous)
    written, *new = model.get_layer("decoder")(vector, initial_state=carried)
    return keras.Model([previous, *carried], [model.get_layer("logits")(written), *new])
