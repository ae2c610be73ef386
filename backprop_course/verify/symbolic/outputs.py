"""From the loss back to the scores: softmax and cross-entropy (lesson 05), the other heads (lesson 07)."""

import sympy

from backprop_course.verify.symbolic.definitions import (
    cross_entropy,
    derivative,
    sigmoid,
    softmax,
    sums_to_one,
)
from backprop_course.verify.symbolic.identity import Identity, matrix


def softmax_sums_to_one(m: int = 3) -> Identity:
    """The probabilities of one example sum to 1, whatever the scores."""
    Z = matrix("Z", m, 1)
    return Identity("softmax: Σ Y_pred_k = 1", sum(softmax(Z)), sympy.Integer(1), {"Z": Z})


def softmax_jacobian(m: int = 3) -> Identity:
    """The slope of every probability in every score; δ_ij is 1 where i = j, else 0."""
    Z = matrix("Z", m, 1)
    Y_pred = softmax(Z)
    return Identity(
        "softmax: ∂Y_pred_i/∂Z_j = Y_pred_i (δ_ij - Y_pred_j)",
        Y_pred.jacobian(Z),
        sympy.Matrix(m, m, lambda i, j: Y_pred[i] * (int(i == j) - Y_pred[j])),
        {"Z": Z},
    )


def cross_entropy_slope(m: int = 3) -> Identity:
    """The slope of the loss in every probability."""
    Y_pred, Y_true = matrix("Y_{pred}", m, 1), matrix("Y_{true}", m, 1)
    return Identity(
        "cross-entropy: dY_pred = -Y_true / Y_pred",
        derivative(cross_entropy(Y_pred, Y_true), Y_pred),
        sympy.Matrix(m, 1, lambda k, _: -Y_true[k] / Y_pred[k]),
        {"Y_pred": Y_pred, "Y_true": Y_true},
    )


def softmax_collapse(m: int = 3) -> Identity:
    """The Jacobian, transposed, times the slopes of the loss collapses to a difference.

    This needs Σ Y_true = 1. Without that, Y_pred · Σ Y_true - Y_true is left.
    """
    Z, Y_true = matrix("Z", m, 1), matrix("Y_{true}", m, 1)
    Y_pred = softmax(Z)
    dY_pred = sympy.Matrix(m, 1, lambda k, _: -Y_true[k] / Y_pred[k])
    return Identity(
        "Jacobianᵀ · dY_pred = Y_pred - Y_true, if Σ Y_true = 1",
        Y_pred.jacobian(Z).T * dY_pred,
        Y_pred - Y_true,
        {"Z": Z, "Y_true": Y_true},
        sums_to_one(Y_true),
    )


def squared_error_slope(N: int = 2, m: int = 2) -> Identity:
    """A linear head with squared error, the mean over all N·m entries."""
    Z, Y_true = matrix("Z", N, m), matrix("Y_{true}", N, m)
    L = sum((Z - Y_true).applyfunc(lambda error: error**2)) / (N * m)
    return Identity(
        "linear head, squared error: dZ = 2 (Y_pred - Y_true) / (N m)",
        derivative(L, Z),
        2 * (Z - Y_true) / (N * m),
        {"Y_pred": Z, "Y_true": Y_true},
    )


def binary_cross_entropy_slope(N: int = 2, m: int = 2) -> Identity:
    """A sigmoid head with binary cross-entropy, the mean over all N·m entries; Y_true may be any number."""
    Z, Y_true = matrix("Z", N, m), matrix("Y_{true}", N, m)
    Y_pred = Z.applyfunc(sigmoid)
    L = -sum(
        true * sympy.log(pred) + (1 - true) * sympy.log(1 - pred) for pred, true in zip(Y_pred, Y_true)
    ) / (N * m)
    return Identity(
        "sigmoid head, binary cross-entropy: dZ = (Y_pred - Y_true) / (N m)",
        derivative(L, Z),
        (Y_pred - Y_true) / (N * m),
        {"Z": Z, "Y_true": Y_true},
    )
