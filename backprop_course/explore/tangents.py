"""That slopes multiply shows when one point moves and three tangents turn with it.

The slope of the composition is the product by the chain rule; the tests measure it.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from backprop_course import ops
from backprop_course.explore.controls import is_number
from backprop_course.notation import refuse
from backprop_course.viz.scenes import Curve, Dots, Panel, Scene
from backprop_course.viz.style import GRADIENT, INK, WIRE, number

VIEW = (-2.3, 2.3)  # of x


class Link(NamedTuple):
    """A function and its slope; both take arrays (...)."""

    function: Callable
    slope: Callable


SIGMOID = Link(ops.sigmoid, lambda z: ops.sigmoid_backward(np.ones_like(z), ops.sigmoid(z)))
# what the menu says: the inner link g, and the outer link f
PAIRS = {
    "z = x² − 1, y = z²": (Link(lambda x: x**2 - 1, lambda x: 2 * x), Link(np.square, lambda z: 2 * z)),
    "z = 2x − 1, y = σ(z)": (Link(lambda x: 2 * x - 1, lambda x: np.full_like(x, 2)), SIGMOID),
    "z = x², y = sin z": (Link(np.square, lambda x: 2 * x), Link(np.sin, np.cos)),
}


def chain_of_tangents(x: float = 2.0, functions: str = "z = x² − 1, y = z²") -> Scene:
    """The curves z = g(x), y = f(z) and y = f(g(x)) side by side, each with its tangent where x leads.

    `functions` is a key of `PAIRS`, x a number from -2.3 to 2.3. Dashed lines lead from the axes to the
    point. The title says the three slopes.
    Raises ValueError for other functions or an x beyond the picture.
    """
    if functions not in list(PAIRS):
        refuse("functions", f"one of {list(PAIRS)}", repr(functions))
    if not is_number(x) or not VIEW[0] <= x <= VIEW[1]:
        refuse("x", f"a number from {VIEW[0]} to {VIEW[1]}", f"{x}")
    g, f = PAIRS[functions]
    x = np.array(x, float)
    z = g.function(x)
    y, inner, outer = f.function(z), g.slope(x), f.slope(z)
    reached = _with_room(g.function(np.linspace(*VIEW, 401)), 0.06)
    g_says, f_says = functions.split(", ")
    panels = (
        _panel("g", g.function, (x, z), inner, VIEW, ("x", g_says)),
        _panel("f", f.function, (z, y), outer, reached, ("z", f_says)),
        _panel("f∘g", lambda x: f.function(g.function(x)), (x, y), inner * outer, VIEW, ("x", "y = f(g(x))")),
    )
    title = _title(inner, outer)
    places = f"At x = {number(x)}: z = {number(z)} and y = {number(y)}."
    turns = "The tangents of g, f and f∘g: {}, {}, {}.".format(*map(_turn, (inner, outer, inner * outer)))
    return Scene(title, panels, f"{functions}. {places} {title}. {turns}", 3.4)


def _title(inner, outer):
    product = inner * outer
    found = f"together slope {number(product)}" if product else "f∘g is flat here"
    return f"Slope {number(inner)} times slope {number(outer)}: {found}"


def _turn(slope):
    """Which way a tangent goes, in a word."""
    return "level" if slope == 0 else "rising" if slope > 0 else "falling"


def _with_room(values, share):
    """The range of the values and a share of it on both sides."""
    room = share * np.ptp(values)
    return float(values.min() - room), float(values.max() + room)


def _panel(name, function, place, slope, view, labels):
    """One curve with the tangent at a place, and dashed lines that lead there from the axes."""
    along = np.linspace(*view, 401)
    heights = _with_room(function(along), 0.12)
    ends, corner = np.array(view), (place[0], heights[0])
    guide = np.array([corner, place, (view[0], place[1])])
    marks = {
        "guide": Curve(*guide.T, WIRE, dashed=True),
        "curve": Curve(along, function(along)),
        "tangent": Curve(ends, place[1] + slope * (ends - place[0]), GRADIENT),
        "point": Dots(place[:1], place[1:], INK),
    }
    return Panel(marks, view, heights, *labels, f"{name}: slope {number(slope)}")
