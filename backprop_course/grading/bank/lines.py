"""A backward pass gives gradients of parameters only; here each line of it is made to show in one of them.

Where the layer next to a line is the identity, a gradient is that line: with A1 = I, for instance,
dW2 = dZ2.T @ A1 shows dZ2 itself. So no line is written a second time, and each mistake shows in its line.
"""

import math

import numpy as np

from backprop_course.models.two_layer import Saved


def output_error(net):
    """dZ2 from (Y_pred, Y_true): with A1 = I, dW2 is dZ2 transposed."""

    def answer(Y_pred, Y_true):
        N = len(Y_pred)
        eye = np.eye(N, dtype=Y_pred.dtype)
        params = {"W1": eye, "b1": np.zeros(N), "W2": np.zeros_like(Y_pred.T)}
        saved = Saved(X=eye, Z1=eye, A1=eye, Y_pred=Y_pred)
        return net.backward(params, saved, Y_true)["W2"].T

    return answer


def second_layer(net):
    """dW2 and db2 from (dZ2, A1)."""

    def answer(dZ2, A1):
        grads = _from_error(net, dZ2, np.zeros((dZ2.shape[1], A1.shape[1]), dZ2.dtype), A1)
        return grads["W2"], grads["b2"]

    return answer


def way_back(net):
    """dA1 from (dZ2, W2): with every unit on and X = I, dW1 is dA1 transposed."""
    return lambda dZ2, W2: _from_error(net, dZ2, W2, np.ones((len(dZ2), len(W2.T))))["W1"].T


def mask(net):
    """dZ1 from (dA1, Z1): with W2 = I and X = I, dW1 is dZ1 transposed."""
    return lambda dA1, Z1: _from_error(net, dA1, np.eye(dA1.shape[1], dtype=dA1.dtype), Z1)["W1"].T


def _from_error(net, dZ2, W2, Z1):
    """All gradients for this dZ2: a prediction is made that differs from the answer by N · dZ2.

    They are proportional to dZ2; a power of 2 brings it near 1, so that no digit is lost beside the answer.
    """
    N, m = dZ2.shape
    scale = 2.0 ** math.ceil(math.log2(np.abs(dZ2).max()))
    Y_true = np.eye(m, dtype=dZ2.dtype)[np.zeros(N, int)]
    saved = Saved(np.eye(N), Z1, np.maximum(Z1, 0), N * (dZ2 / scale) + Y_true)
    grads = net.backward({"W1": Z1.T, "b1": np.zeros(Z1.shape[1]), "W2": W2}, saved, Y_true)
    return {name: scale * grad for name, grad in grads.items()}
