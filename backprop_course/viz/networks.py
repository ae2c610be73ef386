"""The layered drawing of a network, with the numbers of one example on it: forward above, backward below."""

from itertools import pairwise

import numpy as np
from matplotlib.patches import Circle, FancyBboxPatch

from backprop_course.notation import describe, refuse
from backprop_course.viz.placing import Plan, label_places, plan
from backprop_course.viz.style import (
    GRADIENT,
    INK,
    NEUTRAL,
    PALE,
    PALE_ORANGE,
    VALUE,
    WIRE,
    canvas,
    number,
    style,
)

MOST_UNITS, MOST_WIRES = 4, 9  # in a layer and between two layers, where numbers are to be read
PAPER = {"facecolor": "white", "edgecolor": "none", "pad": 0.4}  # behind a number, so that no wire crosses it


@style()
def draw_network(sizes, *, title: str, values=None, grads=None, highlight=(), paths=()):
    """Fully connected layers, such as sizes (2, 3, 2), with numbers where they are given.

    `values` and `grads` map names to arrays of one example: X (n,), W1 (h, n), b1 (h,), Z1 (h,), A1 (h,), W2,
    b2, Z2, Y_pred and the number L; a batch of one row is accepted, too. Values are blue and above, gradients
    orange and below. `highlight` names arrays to point at. `paths` are sequences of unit numbers from 0, one
    a layer, None to leave out a layer: (None, 1, 0) follows the wire from hidden unit 1 to output 0. Without
    numbers, a layer of more than 6 units is abbreviated. Raises TypeError or ValueError for sizes, names or
    shapes that do not fit.
    """
    sizes = _sizes(sizes)
    values, grads = (_fitting(name, arrays, sizes) for name, arrays in (("values", values), ("grads", grads)))
    numbered = bool(values or grads)
    if numbered and (max(sizes) > MOST_UNITS or max(n * h for n, h in pairwise(sizes)) > MOST_WIRES):
        limits = f"at most {MOST_UNITS} units a layer and {MOST_WIRES} wires between two, to show numbers"
        refuse("sizes", limits, f"{sizes}")
    where = plan(sizes, numbered, "L" in values or "L" in grads)
    unknown = [name for name in highlight if name not in _shapes(sizes)]
    if unknown or isinstance(highlight, str):
        refuse("highlight", f"some of {', '.join(_shapes(sizes))}", f"{highlight}")
    fig, ax = canvas(title, where.width, where.height)
    color = GRADIENT if grads else VALUE
    followed = _followed(paths, sizes)
    _draw_wires(ax, where, highlight, followed, color)
    if numbered:
        _write_weights(ax, where, values, grads)
        _draw_cells(ax, where, values, grads, highlight, followed, color)
    else:
        _draw_circles(ax, where)
    _write_heads(ax, where, numbered, highlight, color)
    return fig


def _sizes(sizes):
    """At least two layers of at least one unit."""
    sizes = tuple(sizes)
    if len(sizes) < 2 or not all(isinstance(size, (int, np.integer)) and size > 0 for size in sizes):
        refuse("sizes", "two or more positive integers, such as (2, 3, 2)", f"{sizes}")
    return sizes


def _shapes(sizes):
    """The names that a network of these sizes knows, each with its shape for one example."""
    shapes = {"X": (sizes[0],), "Y_pred": (sizes[-1],), "L": ()}
    for k, (n, h) in enumerate(pairwise(sizes), start=1):
        shapes |= {f"W{k}": (h, n), f"b{k}": (h,), f"Z{k}": (h,)}
        if k < len(sizes) - 1:
            shapes[f"A{k}"] = (h,)
    return shapes


def _fitting(argument, arrays, sizes):
    """The arrays, each in the shape of one example."""
    shapes, fitting = _shapes(sizes), {}
    for name, array in (arrays or {}).items():
        if name not in shapes:
            refuse(argument, f"names among {', '.join(shapes)}", repr(name))
        array = np.asarray(array)
        if array.dtype.kind not in "fiu":
            refuse(f"{argument}[{name!r}]", "numbers", describe(array), TypeError)
        if array.shape not in (shapes[name], (1, *shapes[name])):
            refuse(f"{argument}[{name!r}]", f"shape {shapes[name]}, one example", f"shape {array.shape}")
        fitting[name] = array.reshape(shapes[name])
    return fitting


def _followed(paths, sizes):
    """The wires that lie on the paths, as (layer, unit, unit of the next layer)."""
    wires = set()
    for path in paths:
        known = [unit is None or unit in range(size) for unit, size in zip(path, sizes)]
        if len(path) != len(sizes) or not all(known):
            refuse("paths", f"units from 0 to below {sizes}, or None", f"{tuple(path)}")
        wires |= {(k, i, j) for k, (i, j) in enumerate(pairwise(path)) if None not in (i, j)}
    return wires


def _draw_wires(ax, where: Plan, highlight, followed, color):
    """A line for each weight, and one from each output to the loss; those that are pointed at are strong."""
    for (k, i, j), ((x0, y0), (x1, y1)) in where.wires.items():
        strong = (k, i, j) in followed or f"W{k + 1}" in highlight
        ax.plot([x0, x1], [y0, y1], color=color if strong else WIRE, linewidth=3 if strong else 1.2, zorder=1)


def _write_weights(ax, where: Plan, values, grads):
    """Each weight along its wire, above it, and its gradient below."""
    for (k, i, j), ((x, y), angle) in label_places(where).items():
        across = np.array([-np.sin(angle), np.cos(angle)])
        for numbers, color, side in ((values, VALUE, 0.1), (grads, GRADIENT, -0.1)):
            if f"W{k + 1}" in numbers:
                at, text = (x, y) + side * across, number(numbers[f"W{k + 1}"][j, i])
                turn = {"rotation": np.degrees(angle), "rotation_mode": "anchor"}
                ax.text(*at, text, color=color, fontsize=9.5, ha="center", va="center", bbox=PAPER, **turn)


def _draw_cells(ax, where: Plan, values, grads, highlight, followed, color):
    """A cell for each number of a unit: sum and activation side by side, bias and its gradient underneath."""
    wide, high = where.cell
    reached = {(k, i, where.names[k][-1]) for k, i, _ in followed}
    reached |= {(k + 1, j, where.names[k + 1][0]) for k, _, j in followed}
    for (k, unit), (x, y) in where.units.items():
        for c, name in enumerate(where.names[k]):
            left = x + c * wide
            look = {"facecolor": "white", "edgecolor": NEUTRAL, "linewidth": 1}
            if name in highlight or (k, unit, name) in reached:
                pale = PALE_ORANGE if color == GRADIENT else PALE
                look = {"facecolor": pale, "edgecolor": color, "linewidth": 2}
            look |= {"boxstyle": "round,pad=0,rounding_size=0.06", "gid": "cell", "zorder": 2}
            ax.add_patch(FancyBboxPatch((left, y - high / 2), wide, high, **look))
            _pair(ax, left + wide / 2, y, 0.115, values.get(name), grads.get(name), unit)
        if len(where.units) > len(where.names) and k <= where.layers:
            ax.text(x + 0.02, y + high / 2 + 0.03, str(unit + 1), color=NEUTRAL, fontsize=9, va="bottom")
        bias = f"b{k}"
        if bias in values or bias in grads:
            ax.text(x + 0.02, y - high / 2 - 0.13, bias, color=NEUTRAL, fontsize=9.5, va="center")
            below = (x + wide / 2 + 0.18, y - high / 2 - 0.225, 0.095)
            _pair(ax, *below, values.get(bias), grads.get(bias), unit)


def _pair(ax, x, y, apart, value, gradient, unit):
    """A value, and its gradient below it."""
    for array, color, dy in ((value, VALUE, apart), (gradient, GRADIENT, -apart)):
        if array is not None:
            entry = array if array.ndim == 0 else array[unit]
            ax.text(x, y + dy, number(entry), color=color, fontsize=10, ha="center", va="center", zorder=3)


def _draw_circles(ax, where: Plan):
    """A circle for each unit, three dots where units are left out."""
    for x, y in where.units.values():
        look = {"facecolor": PALE, "edgecolor": INK, "gid": "unit", "zorder": 2}
        ax.add_patch(Circle((x + where.cell[0] / 2, y), 0.2, **look))
    for x, y in where.dots:
        for dy in (-0.12, 0, 0.12):
            ax.add_patch(Circle((x + where.cell[0] / 2, y + dy), 0.025, facecolor=NEUTRAL, edgecolor="none"))


def _write_heads(ax, where: Plan, numbered, highlight, color):
    """Over each column its name, over each bundle of wires the name of its weights."""
    for x, name, size in where.heads:
        text = name if numbered else size
        if text:
            look = {"color": color if name in highlight else INK, "fontsize": 10.5}
            look["fontweight"] = "bold" if numbered else "normal"
            ax.text(x, where.height - 0.2, text, ha="center", va="center", **look)
