"""Slopes made visible: a curve with its tangent, the tangents of a composition, and steps down a curve."""

import numpy as np

from backprop_course.notation import refuse
from backprop_course.viz.style import GRADIENT, INK, NEUTRAL, VALUE, array_of, mark, new_figure, number, style


def _two(name, values):
    """Two numbers."""
    values = array_of(name, values, 1)
    if len(values) != 2:
        refuse(name, "two numbers", f"{len(values)}")
    return values


def _curve(ax, f, interval, name, x_label):
    """Draw f over the interval and keep the view on it, whatever is added later."""
    low, high = _two("interval", interval)
    if not low < high:
        refuse("interval", "(left end, right end)", f"({low:g}, {high:g})")
    x = np.linspace(low, high, 401)
    y = np.array([float(f(each)) for each in x])
    ax.plot(x, y, color=VALUE)
    room = 0.12 * (np.nanmax(y) - np.nanmin(y)) or 1.0
    ax.set(xlim=(low, high), ylim=(np.nanmin(y) - room, np.nanmax(y) + room), xlabel=x_label, ylabel=name)


def _tangent(ax, f, at, slope):
    """The line through (at, f(at)) with the given slope, named by it."""
    y = float(f(at))
    left, right = ax.get_xlim()
    ax.plot([left, right], [y + slope * (left - at), y + slope * (right - at)], color=GRADIENT, linewidth=1.8)
    ax.plot(at, y, "o", color=INK, markersize=7, zorder=3)


@style()
def function_and_slope(
    f, at: float, slope: float, *, interval, title: str, x_label="x", y_label="f(x)", secant=None
):
    """The curve of f over `interval` with the tangent of the given slope at x = `at`.

    `secant=(a, b)` adds the line through (a, f(a)) and (b, f(b)). f takes one number and returns one.
    """
    fig = new_figure(title, 4.2)
    ax = fig.subplots()
    _curve(ax, f, interval, y_label, x_label)
    if secant is not None:
        a, b = _two("secant", secant)
        ax.axline((a, float(f(a))), (b, float(f(b))), color=NEUTRAL, linewidth=1.5, linestyle=(0, (5, 3)))
        ax.plot([a, b], [float(f(a)), float(f(b))], "s", color=NEUTRAL, markersize=6)
        ax.set_title("dashed: secant through the two squares", loc="right", color=NEUTRAL)
    _tangent(ax, f, at, slope)
    ax.set_title(f"tangent: slope {number(slope)}", color=GRADIENT)
    return fig


@style()
def three_tangents(f, g, x: float, slopes, *, interval, title: str):
    """The curves z = g(x), y = f(z) and y = f(g(x)) side by side, each with the tangent at x.

    `slopes` are the three numbers (of g at x, of f at g(x), of f∘g at x); f and g take one number and return
    one.
    """
    slopes = array_of("slopes", slopes, 1)
    if len(slopes) != 3:
        refuse("slopes", "three numbers: of g, of f and of f∘g", f"{len(slopes)}")
    of_g, of_f, of_both = slopes
    reached = [float(g(each)) for each in np.linspace(*_two("interval", interval), 401)]
    fig = new_figure(title, 3.4)
    panels = (
        (g, x, of_g, interval, "x", "z = g(x)", f"g: slope {number(of_g)}"),
        (f, float(g(x)), of_f, (min(reached), max(reached)), "z", "y = f(z)", f"f: slope {number(of_f)}"),
        (lambda each: f(g(each)), x, of_both, interval, "x", "y = f(g(x))", f"f∘g: slope {number(of_both)}"),
    )
    for ax, (function, at, slope, where, x_label, y_label, name) in zip(fig.subplots(1, 3), panels):
        _curve(ax, function, where, y_label, x_label)
        _tangent(ax, function, at, slope)
        ax.set_title(name, color=GRADIENT)
    return fig


@style()
def descent(f, visited, *, interval, title: str, x_label: str, y_label: str):
    """The curve of f with the places x₀, x₁, … that were visited in turn."""
    visited = array_of("visited", visited, 1)
    heights = np.array([float(f(x)) for x in visited])
    fig = new_figure(title, 4.2)
    ax = fig.subplots()
    _curve(ax, f, interval, y_label, x_label)
    ax.plot(visited, heights, "o-", color=INK, linewidth=1, markersize=6)
    steps = len(visited) - 1
    for word, k in {"start": 0, f"after {steps} step{'s' if steps > 1 else ''}": -1}.items():
        mark(ax, word, (visited[k], heights[k]))
    return fig
