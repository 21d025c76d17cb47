"""Macro F1 as a metric of Keras.

Letters: B batch, C classes.
"""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package=__package__)
class MacroF1(keras.metrics.Metric):
    """The mean of the F1 of all classes that occur, in the truth or as an answer.

    It is that of all batches together, as scikit-learn's `f1_score(average="macro")`.
    Keras's own `F1Score` needs one-hot targets, and counts absent classes as 0.
    """

    def __init__(self, classes: int):
        """Count cases of C classes."""
        super().__init__(name="macro_f1")
        self.classes = classes
        # Cases of each class that are right, true and predicted.
        self.counts = self.add_variable((3, classes), "zeros", name="counts")

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Take classes (B,) or (B, 1) and probabilities (B, C); ignore weights."""
        true = ops.one_hot(ops.reshape(y_true, (-1,)), self.classes)  # (B, C)
        predicted = ops.one_hot(ops.argmax(y_pred, axis=-1), self.classes)
        parts = true * predicted, true, predicted
        self.counts.assign_add(ops.stack([ops.sum(part, axis=0) for part in parts]))

    def result(self):
        right, true, predicted = ops.unstack(self.counts)  # each (C,)
        both = true + predicted
        present = ops.cast(both > 0, both.dtype)
        # 2 right / (true + predicted) is the harmonic mean of precision and recall.
        return ops.sum(2 * right / ops.maximum(both, 1)) / ops.sum(present)

    def get_config(self) -> dict:
        return {"classes": self.classes}
