"""Lesson 08: on a quadratic loss, gradient descent has a law, and a learning rate at which it turns round."""

import sympy

from backprop_course.verify.symbolic.definitions import derivative
from backprop_course.verify.symbolic.identity import Identity, matrix


def step_on_a_quadratic() -> Identity:
    """Along each direction of its own, a step multiplies by 1 - rate · curvature, however the bowl is turned.

    `turn` is the tangent of half the angle, so every angle but a half turn is meant; u is the place, seen
    along the two directions.
    """
    L, w, directions, u, curvatures, rate, variables = _turned_bowl()
    here = dict(zip(w, directions * u))
    moved = (w - rate * derivative(L, w)).xreplace(here)
    return Identity(
        "on a quadratic, a step multiplies each direction by 1 - rate · curvature",
        directions.T * moved,
        sympy.Matrix([(1 - rate * c) * each for c, each in zip(curvatures, u)]),
        variables,
    )


def change_of_the_loss() -> Identity:
    """How much the loss changes in a step: it falls in each direction only if rate · curvature is below 2."""
    L, w, directions, u, curvatures, rate, variables = _turned_bowl()
    here = dict(zip(w, directions * u))
    after = dict(zip(w, (w - rate * derivative(L, w)).xreplace(here)))
    return Identity(
        "on a quadratic, a step lowers the loss by rate · curvature² · u² (2 - rate · curvature) / 2, summed",
        L.xreplace(after) - L.xreplace(here),
        -sum(rate * c**2 * each**2 * (2 - rate * c) / 2 for c, each in zip(curvatures, u)),
        variables,
    )


def _turned_bowl():
    """L of two weights, the weights, the directions as columns, a place along them, curvatures, the rate."""
    turn, rate = sympy.symbols("turn rate", real=True)
    w, u, curvatures = matrix("w", 2, 1), matrix("u", 2, 1), matrix("lambda", 2, 1)
    along, across = (1 - turn**2) / (1 + turn**2), 2 * turn / (1 + turn**2)
    directions = sympy.Matrix([[along, -across], [across, along]])
    H = directions * sympy.diag(*curvatures) * directions.T
    variables = {"u": u, "curvatures": curvatures, "rate": rate, "turn": turn}
    return (w.T * H * w)[0] / 2, w, directions, u, curvatures, rate, variables
