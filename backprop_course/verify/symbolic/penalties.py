"""Lesson 12: the slopes of the penalties, and why the proximal step of L1 is a soft threshold."""

import sympy

from backprop_course.verify.symbolic.definitions import derivative
from backprop_course.verify.symbolic.identity import Identity, matrix


def l2_slope(h: int = 2, n: int = 3) -> Identity:
    """λ Σ W², without a factor ½, has the slope 2 λ W."""
    W, strength = matrix("W", h, n), sympy.Symbol("lambda", positive=True)
    squares = sum(w**2 for w in W)
    return Identity(
        "L2: the slope of λ Σ W² is 2 λ W",
        derivative(strength * squares, W),
        2 * strength * W,
        {"W": W, "λ": strength},
    )


def l1_slope() -> Identity:
    """λ |W| has the slope λ sign(W) on either side of 0, where it has none."""
    strength, right = sympy.symbols("lambda w", positive=True)
    W = sympy.Matrix([right, -right])
    slopes = [sympy.diff(strength * abs(sign * right), right) * sign for sign in (1, -1)]
    return Identity(
        "L1: the slope of λ |W| is λ sign(W)",
        sympy.Matrix(slopes),
        strength * W.applyfunc(sympy.sign),
        {"w": right, "λ": strength},
    )
