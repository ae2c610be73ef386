"""Losses end the network: each is one number, the mean over the examples, and each starts the backward pass.

A loss divides by the number of examples here and nowhere else; its backward takes no upstream gradient.
The logarithm is natural.
"""

import numpy as np

from backprop_course.notation import checked, require_distributions
from backprop_course.ops.activations import sigmoid
from backprop_course.ops.softmax import log_softmax, softmax


@checked
def mse(Y_pred, Y_true):
    """Mean squared error: the mean over all entries of (Y_pred - Y_true)².

    Shapes: Y_pred (N, m), Y_true (N, m) -> L ()
    """
    return ((Y_pred - Y_true) ** 2).mean()


@checked
def mse_backward(Y_pred, Y_true):
    """Twice the difference, divided by the number of entries.

    Shapes: Y_pred (N, m), Y_true (N, m) -> dY_pred (N, m)
    """
    return 2 * (Y_pred - Y_true) / Y_pred.size


@checked
def cross_entropy(Y_pred, Y_true):
    """Mean over the rows of -Σ Y_true log(Y_pred), the sources' loss.

    A probability of 0 would give an infinite loss: the logarithm sees the smallest normal number of
    the dtype instead. Training at scale uses `softmax_cross_entropy`, which needs no such floor.

    Shapes: Y_pred (N, m), Y_true (N, m) -> L ()
    """
    return -(Y_true * np.log(_floored(Y_pred))).sum() / len(Y_pred)


@checked
def cross_entropy_backward(Y_pred, Y_true):
    """-Y_true / Y_pred, divided by the number of examples; the floor of `cross_entropy` holds here too.

    Shapes: Y_pred (N, m), Y_true (N, m) -> dY_pred (N, m)
    """
    return -Y_true / _floored(Y_pred) / len(Y_pred)


def _floored(Y_pred):
    return np.maximum(Y_pred, np.finfo(Y_pred.dtype).tiny)


@checked
def binary_cross_entropy(Y_pred, Y_true):
    """Mean over all entries of -[Y_true log(Y_pred) + (1 - Y_true) log(1 - Y_pred)], for yes-or-no answers.

    The logarithm has a floor on both sides: that of `cross_entropy` near 0, and near 1, where floating-point
    numbers end sooner, half of the smallest distance from 1. `binary_cross_entropy_with_logits` needs none.

    Shapes: Y_pred (N, m), Y_true (N, m) -> L ()
    """
    return -(Y_true * np.log(_floored(Y_pred)) + (1 - Y_true) * np.log(_rest_floored(Y_pred))).mean()


@checked
def binary_cross_entropy_backward(Y_pred, Y_true):
    """(1 - Y_true) / (1 - Y_pred) - Y_true / Y_pred, divided by the number of entries.

    Shapes: Y_pred (N, m), Y_true (N, m) -> dY_pred (N, m)
    """
    return ((1 - Y_true) / _rest_floored(Y_pred) - Y_true / _floored(Y_pred)) / Y_pred.size


def _rest_floored(Y_pred):
    return np.maximum(1 - Y_pred, np.finfo(Y_pred.dtype).epsneg / 2)


@checked
def softmax_cross_entropy(Z, Y_true):
    """Softmax and cross-entropy in one: the loss as a function of the scores, exact for any score.

    Raises ValueError unless the rows of Y_true sum to 1.

    Shapes: Z (N, m), Y_true (N, m) -> L ()
    """
    require_distributions("Y_true", Y_true)
    return -(Y_true * log_softmax(Z)).sum() / len(Z)


@checked
def softmax_cross_entropy_backward(Z, Y_true):
    """Predicted minus true probabilities, divided by the number of examples.

    Raises ValueError unless the rows of Y_true sum to 1, which this formula uses.

    Shapes: Z (N, m), Y_true (N, m) -> dZ (N, m)
    """
    require_distributions("Y_true", Y_true)
    return (softmax(Z) - Y_true) / len(Z)


@checked
def binary_cross_entropy_with_logits(Z, Y_true):
    """Sigmoid and binary cross-entropy in one: the loss as a function of the scores, exact for any score.

    Shapes: Z (N, m), Y_true (N, m) -> L ()
    """
    return (np.maximum(Z, 0) - Z * Y_true + np.log1p(np.exp(-np.abs(Z)))).mean()


@checked
def binary_cross_entropy_with_logits_backward(Z, Y_true):
    """Predicted probability minus true answer, divided by the number of entries.

    Shapes: Z (N, m), Y_true (N, m) -> dZ (N, m)
    """
    return (sigmoid(Z) - Y_true) / Z.size
