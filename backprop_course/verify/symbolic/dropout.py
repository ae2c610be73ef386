"""Lesson 13: what dropout changes on average, found by going through every mask with its probability."""

from itertools import product

import sympy

from backprop_course.verify.symbolic.identity import Identity, matrix


def expectation_of_a_unit(n: int = 3) -> Identity:
    """A unit behind inverted dropout: each of its n inputs stays with probability keep, divided by keep.

    Its mean over all 2^n masks is what the unit computes without dropout.
    """
    X, W, b, _, outcomes = _unit(n)
    return Identity(
        "inverted dropout: the expected weighted sum is the one without dropout",
        sum(chance * Z for chance, Z in outcomes),
        W.dot(X) + b,
        {"X": X, "W": W, "b": b},
    )


def variance_of_a_unit(n: int = 3) -> Identity:
    """How much noise dropout adds to a weighted sum: (1 - keep) / keep · Σ (W_j X_j)²."""
    X, W, b, keep, outcomes = _unit(n)
    return Identity(
        "inverted dropout: the variance of the weighted sum",
        sum(chance * (Z - W.dot(X) - b) ** 2 for chance, Z in outcomes),
        (1 - keep) / keep * sum((w * x) ** 2 for w, x in zip(W, X)),
        {"X": X, "W": W, "keep": keep},
    )


def _unit(n):
    """The symbols of a unit with n inputs, and (probability, weighted sum) for every mask."""
    X, W = matrix("X", n, 1), matrix("W", n, 1)
    b, keep = sympy.Symbol("b", real=True), sympy.Symbol("keep", positive=True)
    outcomes = []
    for mask in product((0, 1), repeat=n):
        chance = sympy.Mul(*(keep if stays else 1 - keep for stays in mask))
        Z = sum(w * x * stays / keep for w, x, stays in zip(W, X, mask)) + b
        outcomes.append((chance, Z))
    return X, W, b, keep, outcomes
