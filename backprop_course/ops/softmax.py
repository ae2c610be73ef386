"""Softmax couples all classes of a row, so its backward is a full Jacobian and gets its own room."""

import numpy as np

from backprop_course.notation import checked


@checked
def softmax(Z):
    """Turn the scores of each row into probabilities: e^Z divided by the row's sum.

    Subtracting the largest score changes nothing in the result and keeps e^Z from overflowing.

    Shapes: Z (..., m) -> Y_pred (..., m)
    """
    E = np.exp(Z - Z.max(axis=-1, keepdims=True))
    return E / E.sum(axis=-1, keepdims=True)


@checked
def softmax_backward(dY_pred, Y_pred):
    """Multiply each row by the softmax Jacobian, dY_i/dZ_j = Y_i (δ_ij - Y_j), without building it.

    Shapes: dY_pred (..., m), Y_pred (..., m) -> dZ (..., m)
    """
    return Y_pred * (dY_pred - (dY_pred * Y_pred).sum(axis=-1, keepdims=True))


@checked
def log_softmax(Z):
    """The logarithm of the softmax, exact even where the softmax itself rounds to 0.

    Shapes: Z (..., m) -> log_Y (..., m)
    """
    shifted = Z - Z.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


@checked
def log_softmax_backward(dlog_Y, log_Y):
    """Subtract from each row its sum times the probabilities.

    Shapes: dlog_Y (..., m), log_Y (..., m) -> dZ (..., m)
    """
    return dlog_Y - np.exp(log_Y) * dlog_Y.sum(axis=-1, keepdims=True)
