"""The two-layer network of the course, written flat, so that every line can be compared with its equation.

    Y_pred = softmax(W2 · ReLU(W1 · x + b1) + b2)    for one example x

A batch holds one example a row. Lines (1) to (4) go forward, lines (5) to (8) go back.
"""

from typing import NamedTuple

import numpy as np

from backprop_course.models.initializers import he, xavier
from backprop_course.notation import answers, expect, parameter, require_distributions
from backprop_course.ops import cross_entropy, softmax


class Saved(NamedTuple):
    """What the forward pass keeps for the backward pass: X (N, n), Z1 (N, h), A1 (N, h), Y_pred (N, m)."""

    X: np.ndarray
    Z1: np.ndarray
    A1: np.ndarray
    Y_pred: np.ndarray


def init(rng: np.random.Generator, n: int, h: int, m: int, dtype=np.float64) -> dict[str, np.ndarray]:
    """Random weights (He before the ReLU, Xavier before the softmax) and zero biases.

    Returns W1 (h, n), b1 (h,), W2 (m, h), b2 (m,).
    """
    return {
        "W1": he(rng, h, n, dtype),
        "b1": np.zeros(h, dtype),
        "W2": xavier(rng, m, h, dtype),
        "b2": np.zeros(m, dtype),
    }


def forward(params: dict, X: np.ndarray) -> tuple[np.ndarray, Saved]:
    """Predict: X (N, n) -> Y_pred (N, m), with what `backward` needs.

    Raises TypeError for anything but floating-point arrays of one dtype, ValueError for shapes that
    do not fit.
    """
    W1, b1, W2, b2 = _checked(params, X)
    Z1 = X @ W1.T  # (1) weighted sums of the hidden units
    Z1 += b1
    A1 = np.maximum(Z1, 0)  # (2) ReLU
    Z2 = A1 @ W2.T + b2  # (3) scores of the classes
    Y_pred = softmax(Z2)  # (4) probabilities
    return Y_pred, Saved(X, Z1, A1, Y_pred)


def loss(Y_pred: np.ndarray, Y_true: np.ndarray) -> float:
    """Mean cross-entropy: Y_pred (N, m), Y_true (N, m) -> L, always finite for finite probabilities."""
    return cross_entropy(Y_pred, Y_true)


def backward(params: dict, saved: Saved, Y_true: np.ndarray) -> dict[str, np.ndarray]:
    """Gradients of the mean loss, with the keys and shapes of `params`.

    Raises ValueError or TypeError if Y_true (N, m) or W2 does not fit, or a row of Y_true does not sum
    to 1.
    """
    Y_true = answers(Y_true, saved.Y_pred)
    require_distributions("Y_true", Y_true)
    expect("Y_pred (N, m), W2 (m, h)", Y_pred=saved.Y_pred, W2=parameter(params, "W2"))
    N = len(Y_true)
    dZ2 = (saved.Y_pred - Y_true) / N  # (5) back through the loss and (4)
    dW2 = dZ2.T @ saved.A1  # (6) back through (3), to its weights
    db2 = dZ2.sum(axis=0)
    dA1 = dZ2 @ params["W2"]  # (7) back through (3), to its input, and through (2)
    dZ1 = dA1 * (saved.Z1 > 0)
    dW1 = dZ1.T @ saved.X  # (8) back through (1), to its weights
    db1 = dZ1.sum(axis=0)
    return {"W1": dW1, "b1": db1, "W2": dW2, "b2": db2}


def _checked(params, X):
    W1, b1, W2, b2 = (parameter(params, name) for name in ("W1", "b1", "W2", "b2"))
    expect("X (N, n), W1 (h, n), b1 (h,), W2 (m, h), b2 (m,)", X=X, W1=W1, b1=b1, W2=W2, b2=b2)
    return W1, b1, W2, b2
