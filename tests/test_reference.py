"""The oracle itself: against finite differences, and against steps done by hand."""

import itertools

import numpy as np
import pytest

from tests.reference import ACTIVATIONS, Weights, backward, forward, random_weights

B, T, D, U = 3, 4, 2, 3
STEP = 1e-6  # of the differences; their error is then about 1e-9
MASK = np.array([[1, 1, 1, 1], [0, 1, 0, 1], [0, 0, 0, 0]], bool)


def test_two_steps_worked_out_by_hand():
    weights = Weights(np.array([[2.0]]), np.array([[-0.5]]), np.array([1.0]))
    x = np.array([[[1.0], [3.0]]])
    done = forward(weights, x, h_0=np.array([[4.0]]), activation="relu")
    # 1 * 2 - 4 / 2 + 1 = 1, then 3 * 2 - 1 / 2 + 1 = 6.5
    np.testing.assert_array_equal(done.outputs, [[[1], [6.5]]])
    gradients = backward(done, state=np.array([[1.0]]))
    # By hand: dL/dz_2 = 1 and dL/dz_1 = W_R = -0.5.
    np.testing.assert_array_equal(gradients.weights.W_F, [[3 - 0.5 * 1]])
    np.testing.assert_array_equal(gradients.weights.W_R, [[1 - 0.5 * 4]])
    np.testing.assert_array_equal(gradients.weights.b, [1 - 0.5])
    np.testing.assert_array_equal(gradients.x, [[[-1], [2]]])
    np.testing.assert_array_equal(gradients.h_0, [[0.25]])


def test_masked_step_repeats_and_before_the_first_that_counts_there_are_zeros():
    weights = Weights(np.array([[1.0]]), np.array([[1.0]]), np.array([0.0]))
    mask = np.array([[False, True, False]])
    done = forward(
        weights,
        np.ones((1, 3, 1)),
        h_0=np.array([[5.0]]),
        mask=mask,
        activation="relu",
    )
    np.testing.assert_array_equal(done.outputs, [[[0], [6], [6]]])
    np.testing.assert_array_equal(done.before, [[[5], [5], [6]]])
    np.testing.assert_array_equal(done.state, [[6]])


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("mask", [None, MASK], ids=["no mask", "mask"])
@pytest.mark.parametrize("go_backwards", [False, True])
def test_derivatives_are_the_finite_differences(activation, mask, go_backwards):
    rng = np.random.default_rng(2)  # of a draw in which no unit of a ReLU is dead
    weights = random_weights(rng, D, U)
    arrays = [
        *(array.astype("float64") for array in weights.as_list()),
        rng.normal(size=(B, T, D)),
        rng.normal(size=(B, U)),
    ]
    by_outputs, by_state = rng.normal(size=(B, T, U)), rng.normal(size=(B, U))

    def run():
        W_F, W_R, b, x, h_0 = arrays
        return forward(
            Weights(W_F, W_R, b),
            x,
            h_0=h_0,
            mask=mask,
            activation=activation,
            go_backwards=go_backwards,
        )

    def loss():
        done = run()
        return np.sum(done.outputs * by_outputs) + np.sum(done.state * by_state)

    found = backward(run(), outputs=by_outputs, state=by_state)
    gradients = [*found.weights.as_list(), found.x, found.h_0]
    for array, gradient in zip(arrays, gradients, strict=True):
        assert np.abs(gradient).max() > 0.1
        for index in itertools.product(*map(range, array.shape)):
            value = array[index]
            array[index] = value + STEP
            above = loss()
            array[index] = value - STEP
            difference = (above - loss()) / (2 * STEP)
            array[index] = value
            assert gradient[index] == pytest.approx(difference, rel=1e-6, abs=1e-7)
