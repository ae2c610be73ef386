"""Lesson 05, a batch: N examples as rows, Z1 = X · W1ᵀ + b1, and the same gradients in matrix form.

Biases are single rows, added to every example.
"""

import sympy

from backprop_course.notation import refuse
from backprop_course.verify.symbolic.definitions import (
    by_rows,
    cross_entropy,
    derivative,
    derivative_through,
    is_positive,
    relu,
    rows,
    softmax,
    sums_to_one,
)
from backprop_course.verify.symbolic.identity import Identity, matrix


def linear(X, W, b):
    """X · Wᵀ + b, with the row b added to every row."""
    return X * W.T + sympy.ones(X.rows, 1) * b


def column_sums(dZ):
    """The sum over the examples, one number for each column."""
    return sympy.ones(1, dZ.rows) * dZ


def dZ2(N: int = 2, m: int = 2) -> Identity:
    """Back through the mean loss and the softmax: the one place that divides by N."""
    Z2, Y_true = matrix("Z2", N, m), matrix("Y_{true}", N, m)
    Y_pred = by_rows(softmax, Z2)
    return Identity(
        "batch: dZ2 = (Y_pred - Y_true) / N, if rows of Y_true sum to 1",
        derivative(cross_entropy(Y_pred, Y_true) / N, Z2),
        (Y_pred - Y_true) / N,
        {"Z2": Z2, "Y_true": Y_true},
        sums_to_one(*rows(Y_true)),
    )


def dW2(N: int = 2, h: int = 3, m: int = 2) -> Identity:
    """Back through Z2 = A1 · W2ᵀ + b2, to the weights."""
    A1, W2, b2, dZ2 = matrix("A1", N, h), matrix("W2", m, h), matrix("b2", 1, m), matrix("dZ2", N, m)
    left = derivative_through(linear(A1, W2, b2), dZ2, W2)
    return Identity("batch: dW2 = dZ2ᵀ · A1", left, dZ2.T * A1, {"dZ2": dZ2, "A1": A1})


def db2(N: int = 2, h: int = 3, m: int = 2) -> Identity:
    """Back through Z2 = A1 · W2ᵀ + b2, to the biases."""
    A1, W2, b2, dZ2 = matrix("A1", N, h), matrix("W2", m, h), matrix("b2", 1, m), matrix("dZ2", N, m)
    left = derivative_through(linear(A1, W2, b2), dZ2, b2)
    return Identity("batch: db2 = column sums of dZ2", left, column_sums(dZ2), {"dZ2": dZ2})


def dA1(N: int = 2, h: int = 3, m: int = 2) -> Identity:
    """Back through Z2 = A1 · W2ᵀ + b2, to the hidden layer."""
    A1, W2, b2, dZ2 = matrix("A1", N, h), matrix("W2", m, h), matrix("b2", 1, m), matrix("dZ2", N, m)
    left = derivative_through(linear(A1, W2, b2), dZ2, A1)
    return Identity("batch: dA1 = dZ2 · W2", left, dZ2 * W2, {"dZ2": dZ2, "W2": W2})


def dZ1(N: int = 2, h: int = 3) -> Identity:
    """Back through A1 = ReLU(Z1), for every pattern of signs of Z1; no Z1 is 0 (see `relu_slope`)."""
    Z1, dA1 = matrix("Z1", N, h), matrix("dA1", N, h)
    return Identity(
        "batch: dZ1 = dA1 where Z1 > 0, 0 where Z1 < 0",
        derivative_through(Z1.applyfunc(relu), dA1, Z1),
        dA1.multiply_elementwise(Z1.applyfunc(is_positive)),
        {"dA1": dA1, "Z1": Z1},
    )


def dW1(N: int = 2, n: int = 2, h: int = 3) -> Identity:
    """Back through Z1 = X · W1ᵀ + b1, to the weights."""
    X, W1, b1, dZ1 = matrix("X", N, n), matrix("W1", h, n), matrix("b1", 1, h), matrix("dZ1", N, h)
    left = derivative_through(linear(X, W1, b1), dZ1, W1)
    return Identity("batch: dW1 = dZ1ᵀ · X", left, dZ1.T * X, {"dZ1": dZ1, "X": X})


def db1(N: int = 2, n: int = 2, h: int = 3) -> Identity:
    """Back through Z1 = X · W1ᵀ + b1, to the biases."""
    X, W1, b1, dZ1 = matrix("X", N, n), matrix("W1", h, n), matrix("b1", 1, h), matrix("dZ1", N, h)
    left = derivative_through(linear(X, W1, b1), dZ1, b1)
    return Identity("batch: db1 = column sums of dZ1", left, column_sums(dZ1), {"dZ1": dZ1})


def whole_network(parameter: str, N: int = 2, n: int = 2, h: int = 3, m: int = 2) -> Identity:
    """The mean loss differentiated directly with respect to a parameter, beside all steps in a row.

    `mask` (N, h) is 1 where Z1 > 0 and 0 elsewhere; the proof holds for every mask.
    """
    if parameter not in ("W1", "b1", "W2", "b2"):
        refuse("parameter", "W1, b1, W2 or b2", repr(parameter))
    X, mask, Y_true = matrix("X", N, n), matrix("mask", N, h), matrix("Y_{true}", N, m)
    W1, b1, W2, b2 = matrix("W1", h, n), matrix("b1", 1, h), matrix("W2", m, h), matrix("b2", 1, m)
    A1 = mask.multiply_elementwise(linear(X, W1, b1))
    Y_pred = by_rows(softmax, linear(A1, W2, b2))
    params = {"W1": W1, "b1": b1, "W2": W2, "b2": b2}
    dZ2 = (Y_pred - Y_true) / N
    dZ1 = mask.multiply_elementwise(dZ2 * W2)
    formulas = {"W1": dZ1.T * X, "b1": column_sums(dZ1), "W2": dZ2.T * A1, "b2": column_sums(dZ2)}
    return Identity(
        f"batch: d{parameter}, all steps in a row, is dL/d{parameter}",
        derivative(cross_entropy(Y_pred, Y_true) / N, params[parameter]),
        formulas[parameter],
        {**params, "X": X, "Y_true": Y_true, "mask": mask},
        sums_to_one(*rows(Y_true)),
    )
