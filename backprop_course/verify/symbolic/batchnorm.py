"""Lesson 14: batch normalization of one column, differentiated by SymPy, beside the steps written by hand.

One column stands for all: no column of a batch has an effect on the mean and variance of another.
"""

import sympy

from backprop_course.verify.symbolic.definitions import derivative_through
from backprop_course.verify.symbolic.identity import Identity, matrix


def normalize(X, gamma, beta, eps):
    """The forward pass of one column: (out, centred, std, X_hat)."""
    N = X.rows
    centred = X - sympy.ones(N, 1) * sum(X) / N
    std = sympy.sqrt(sum(x**2 for x in centred) / N + eps)
    X_hat = centred / std
    return gamma * X_hat + beta * sympy.ones(N, 1), centred, std, X_hat


def dX(N: int = 3) -> Identity:
    """Back through the mean, the variance and the division at once; `steps` goes one by one."""
    X, dout, gamma, beta, eps, out = _column(N)
    return Identity(
        "batch normalization: dX, all steps in a row, is the slope in X",
        derivative_through(out, dout, X),
        steps(X, dout, gamma, beta, eps),
        {"dout": dout, "X": X, "gamma": gamma, "eps": eps},
    )


def dX_short(N: int = 3) -> Identity:
    """The same steps in one formula: gamma / std · (dout - mean of dout - X_hat · mean of dout · X_hat)."""
    X, dout, gamma, beta, eps, _ = _column(N)
    _, _, std, X_hat = normalize(X, gamma, beta, eps)
    ones = sympy.ones(N, 1)
    mean, projection = sum(dout) / N, dout.dot(X_hat) / N
    return Identity(
        "batch normalization: dX = gamma / std (dout - mean(dout) - X_hat mean(dout X_hat))",
        steps(X, dout, gamma, beta, eps),
        (dout - mean * ones - projection * X_hat) * gamma / std,
        {"dout": dout, "X": X, "gamma": gamma, "eps": eps},
    )


def dX_sums_to_zero(N: int = 3) -> Identity:
    """Moving all examples by the same amount changes no output, so the slopes of a column cancel."""
    X, dout, gamma, beta, eps, _ = _column(N)
    return Identity(
        "batch normalization: Σ dX = 0 over the batch",
        sum(steps(X, dout, gamma, beta, eps)),
        sympy.Integer(0),
        {"dout": dout, "X": X, "gamma": gamma, "eps": eps},
    )


def dgamma_and_dbeta(N: int = 3) -> Identity:
    """Spread and centre are shared by all examples, so their slopes are sums over the batch."""
    X, dout, gamma, beta, eps, out = _column(N)
    X_hat = normalize(X, gamma, beta, eps)[3]
    return Identity(
        "batch normalization: dgamma = Σ dout X_hat, dbeta = Σ dout",
        derivative_through(out, dout, sympy.Matrix([gamma, beta])),
        sympy.Matrix([dout.dot(X_hat), sum(dout)]),
        {"dout": dout, "X": X, "eps": eps},
    )


def steps(X, dout, gamma, beta, eps):
    """dX of one column, step by step, as `ops.batchnorm_backward` takes them."""
    N = X.rows
    _, centred, std, X_hat = normalize(X, gamma, beta, eps)
    dX_hat = dout * gamma
    dstd = -dX_hat.dot(X_hat) / std
    dvar = dstd / (2 * std)
    dcentred = dX_hat / std + 2 * centred * dvar / N
    dmean = -sum(dcentred)
    return dcentred + sympy.ones(N, 1) * dmean / N


def _column(N):
    X, dout = matrix("X", N, 1), matrix("dout", N, 1)
    gamma, beta = sympy.symbols("gamma beta", real=True)
    eps = sympy.Symbol("epsilon", positive=True)
    return X, dout, gamma, beta, eps, normalize(X, gamma, beta, eps)[0]
