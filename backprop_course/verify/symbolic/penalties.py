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


def soft_threshold() -> Identity:
    """F(v) = ½ (v - w)² + τ |v| is least at the soft threshold of w, and nowhere else.

    With positive a and g: first w = a + g lies beyond τ = a, and the minimum is at v = g; then w = a lies
    within τ = a + g, and it is at 0. The right side says by how much any other v exceeds it: no term is
    negative, as |v| >= v. Negative w mirror this.
    """
    a, g = sympy.symbols("a g", positive=True)
    v, size = sympy.Symbol("v", real=True), sympy.Symbol("|v|", nonnegative=True)

    def excess(w, threshold, lowest):
        return (v - w) ** 2 / 2 + threshold * size - (lowest - w) ** 2 / 2 - threshold * lowest

    return Identity(
        "proximal L1: ½ (v - w)² + τ |v| is least at the soft threshold of w",
        sympy.Matrix([excess(a + g, a, g), excess(a, a + g, 0)]),
        sympy.Matrix([(v - g) ** 2 / 2 + a * (size - v), v**2 / 2 + a * (size - v) + g * size]),
        {"v": v, "|v|": size, "a": a, "g": g},
    )
