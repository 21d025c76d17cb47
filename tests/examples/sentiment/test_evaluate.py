"""The naive-Bayes features of a baseline."""

import numpy as np
from scipy.sparse import csr_matrix

from examples.sentiment.evaluate import LogCountRatios


def test_features_are_weighted_by_log_count_ratios():
    x = csr_matrix([[1, 0], [1, 1], [0, 1]])
    weighted = LogCountRatios().fit_transform(x, np.array([1, 1, 0])).toarray()
    # Counts + 1: (3, 2) of 5 in class 1, and (1, 2) of 3 in class 0.
    a, b = np.log((3 / 5) / (1 / 3)), np.log((2 / 5) / (2 / 3))
    np.testing.assert_allclose(weighted, [[a, 0], [a, b], [0, b]])
