"""Lesson 05, one example as the sources write it: columns, Z1 = W1 · X + b1, and every gradient of it."""

import sympy

from backprop_course.notation import refuse
from backprop_course.verify.symbolic.definitions import (
    cross_entropy,
    derivative,
    derivative_through,
    is_positive,
    relu,
    sigmoid,
    softmax,
    sums_to_one,
)
from backprop_course.verify.symbolic.identity import Identity, matrix


def scalar_network() -> Identity:
    """One input, one hidden unit, one sigmoid output y, true answer "yes": L = -log y.

    The slopes of L in w1, b1, w2 and b2. `mask` is 1 where z1 > 0, else 0.
    """
    x, w1, b1, w2, b2, mask = symbols = sympy.symbols("x w1 b1 w2 b2 mask", real=True)
    a1 = mask * (w1 * x + b1)
    y = sigmoid(w2 * a1 + b2)
    dz2 = y - 1
    dz1 = dz2 * w2 * mask
    return Identity(
        "1-1-1 network: dw1 = dz1 x, db1 = dz1, dw2 = dz2 a1, db2 = dz2, with dz2 = y - 1",
        derivative(-sympy.log(y), sympy.Matrix([w1, b1, w2, b2])),
        sympy.Matrix([dz1 * x, dz1, dz2 * a1, dz2]),
        {symbol.name: symbol for symbol in symbols},
    )


def dZ2(m: int = 2) -> Identity:
    """Back through the loss and the softmax at once."""
    Z2, Y_true = matrix("Z2", m, 1), matrix("Y_{true}", m, 1)
    Y_pred = softmax(Z2)
    return Identity(
        "dZ2 = Y_pred - Y_true, if Σ Y_true = 1",
        derivative(cross_entropy(Y_pred, Y_true), Z2),
        Y_pred - Y_true,
        {"Z2": Z2, "Y_true": Y_true},
        sums_to_one(Y_true),
    )


def dW2(h: int = 3, m: int = 2) -> Identity:
    """Back through Z2 = W2 · A1 + b2, to the weights."""
    A1, W2, b2, dZ2 = matrix("A1", h, 1), matrix("W2", m, h), matrix("b2", m, 1), matrix("dZ2", m, 1)
    left = derivative_through(W2 * A1 + b2, dZ2, W2)
    return Identity("dW2 = dZ2 · A1ᵀ", left, dZ2 * A1.T, {"dZ2": dZ2, "A1": A1})


def db2(h: int = 3, m: int = 2) -> Identity:
    """Back through Z2 = W2 · A1 + b2, to the biases."""
    A1, W2, b2, dZ2 = matrix("A1", h, 1), matrix("W2", m, h), matrix("b2", m, 1), matrix("dZ2", m, 1)
    return Identity("db2 = dZ2", derivative_through(W2 * A1 + b2, dZ2, b2), dZ2, {"dZ2": dZ2})


def dA1(h: int = 3, m: int = 2) -> Identity:
    """Back through Z2 = W2 · A1 + b2, to the hidden layer: one path from unit j through every score k."""
    A1, W2, b2, dZ2 = matrix("A1", h, 1), matrix("W2", m, h), matrix("b2", m, 1), matrix("dZ2", m, 1)
    paths = sympy.Matrix(h, 1, lambda j, _: sum(dZ2[k] * W2[k, j] for k in range(m)))
    left = derivative_through(W2 * A1 + b2, dZ2, A1)
    return Identity("dA1_j = Σ_k dZ2_k W2_kj", left, paths, {"dZ2": dZ2, "W2": W2})


def dZ1(h: int = 3) -> Identity:
    """Back through A1 = ReLU(Z1), for each of the 2^h patterns of signs; no Z1 is 0 (see `relu_slope`)."""
    Z1, dA1 = matrix("Z1", h, 1), matrix("dA1", h, 1)
    return Identity(
        "dZ1_j = dA1_j where Z1_j > 0, 0 where Z1_j < 0",
        derivative_through(Z1.applyfunc(relu), dA1, Z1),
        dA1.multiply_elementwise(Z1.applyfunc(is_positive)),
        {"dA1": dA1, "Z1": Z1},
    )


def dW1(n: int = 2, h: int = 3) -> Identity:
    """Back through Z1 = W1 · X + b1, to the weights."""
    X, W1, b1, dZ1 = matrix("X", n, 1), matrix("W1", h, n), matrix("b1", h, 1), matrix("dZ1", h, 1)
    left = derivative_through(W1 * X + b1, dZ1, W1)
    return Identity("dW1 = dZ1 · Xᵀ", left, dZ1 * X.T, {"dZ1": dZ1, "X": X})


def db1(n: int = 2, h: int = 3) -> Identity:
    """Back through Z1 = W1 · X + b1, to the biases."""
    X, W1, b1, dZ1 = matrix("X", n, 1), matrix("W1", h, n), matrix("b1", h, 1), matrix("dZ1", h, 1)
    return Identity("db1 = dZ1", derivative_through(W1 * X + b1, dZ1, b1), dZ1, {"dZ1": dZ1})


def whole_network(parameter: str, n: int = 2, h: int = 3, m: int = 2) -> Identity:
    """The loss differentiated directly with respect to "W1", "b1", "W2" or "b2", beside all steps in a row.

    `mask` holds 1 for a hidden unit with Z1 > 0 and 0 for the others. It is constant as long as no Z1
    changes its sign, and the proof holds for every mask.
    """
    if parameter not in ("W1", "b1", "W2", "b2"):
        refuse("parameter", "W1, b1, W2 or b2", repr(parameter))
    X, mask, Y_true = matrix("X", n, 1), matrix("mask", h, 1), matrix("Y_{true}", m, 1)
    W1, b1, W2, b2 = matrix("W1", h, n), matrix("b1", h, 1), matrix("W2", m, h), matrix("b2", m, 1)
    A1 = mask.multiply_elementwise(W1 * X + b1)
    Y_pred = softmax(W2 * A1 + b2)
    params = {"W1": W1, "b1": b1, "W2": W2, "b2": b2}
    dZ2 = Y_pred - Y_true
    dZ1 = mask.multiply_elementwise(W2.T * dZ2)
    formulas = {"W1": dZ1 * X.T, "b1": dZ1, "W2": dZ2 * A1.T, "b2": dZ2}
    return Identity(
        f"d{parameter}, all steps in a row, is dL/d{parameter}",
        derivative(cross_entropy(Y_pred, Y_true), params[parameter]),
        formulas[parameter],
        {**params, "X": X, "Y_true": Y_true, "mask": mask},
        sums_to_one(Y_true),
    )
