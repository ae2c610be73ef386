"""Charts of what was computed, each line and bar with its name beside it instead of in a legend."""

from collections.abc import Mapping

import numpy as np
from matplotlib.ticker import MaxNLocator

from backprop_course.notation import describe, refuse
from backprop_course.viz.style import (
    CYCLE,
    INK,
    NEUTRAL,
    PURPLE,
    VALUE,
    array_of,
    mark,
    new_figure,
    number,
    spread,
    style,
)


@style()
def curves(x, lines: dict, *, title: str, x_label: str, y_label: str, log: str = "", points=None):
    """Lines over a common x, each named at its right end. If x decreases, so does the axis, to the right.

    `lines` maps a name to its y values, as many as x; NaN and infinity leave a gap. `log` is "", "x", "y" or
    "xy". `points` maps a name to one marked place (x, y). Put the unit into the labels.
    Raises TypeError or ValueError for no line, wrong lengths or another `log`.
    """
    x = array_of("x", x, 1)
    lines = {name: array_of(f"lines[{name!r}]", y, 1) for name, y in _named("lines", lines).items()}
    for name, y in lines.items():
        if len(y) != len(x):
            refuse(f"lines[{name!r}]", f"{len(x)} numbers, as many as x", f"{len(y)}")
    if log not in ("", "x", "y", "xy"):
        refuse("log", '"", "x", "y" or "xy"', repr(log))
    fig = new_figure(title, 4.2)
    ax = fig.subplots()
    ax.set(xlabel=x_label, ylabel=y_label)
    ax.set(xscale="log" if "x" in log else "linear", yscale="log" if "y" in log else "linear")
    if "x" not in log and np.array_equal(x, np.round(x)):
        ax.xaxis.get_major_locator().set_params(integer=True)  # half a layer or half a step is nothing
    _draw_lines(ax, x, lines)
    ax.xaxis.set_inverted(x[0] > x[-1])
    for name, place in (points or {}).items():
        mark(ax, name, place)
    return fig


def _named(argument, mapping):
    """A mapping from names to something, with at least one entry."""
    if not isinstance(mapping, Mapping):
        refuse(argument, "a dictionary from names to numbers", describe(mapping), TypeError)
    if not mapping:
        refuse(argument, "at least one entry", "none")
    return mapping


def _draw_lines(ax, x, lines, colors=CYCLE):
    """Plot the lines and write each name beside its last finite point; names that collide move apart.

    A line that ends before the others gets a dot at its end, and a dotted leader to its name.
    """
    ends = []
    for (name, y), color in zip(lines.items(), colors * len(lines)):
        ax.plot(x, y, color=color, marker="o" if len(x) == 1 else None)
        shown = np.flatnonzero(np.isfinite(y) & ((y > 0) | (ax.get_yscale() == "linear")))
        if len(shown):
            ends.append((x[shown[-1]], y[shown[-1]], name, color))
    ax.margins(x=0)
    to_axes = ax.transData + ax.transAxes.inverted()
    ax.autoscale_view()
    heights = np.array([to_axes.transform((px, py))[1] for px, py, *_ in ends])
    order = np.argsort(heights, kind="stable")
    gap = 0.2 / (ax.figure.get_figheight() - 1.3)
    for k, height in zip(order, spread(heights[order], gap)):
        px, py, name, color = ends[k]
        leader = {"arrowstyle": "-", "color": color, "linewidth": 0.8, "shrinkA": 0, "shrinkB": 0}
        if px != x[-1]:  # a line that ends early: its leader shall not look like a line that goes on
            ax.plot(px, py, marker="o", color=color)
            leader["linestyle"] = (0, (1, 4))
        where = {"xy": (px, py), "xytext": (1.03, height), "textcoords": "axes fraction", "va": "center"}
        ax.annotate(name, color=color, arrowprops=leader, annotation_clip=False, **where)


@style()
def learning_curves(history, *, title: str, loss_label: str = "loss (nats)"):
    """Loss and accuracy after each epoch, in training and in validation.

    `history` is what `training.fit` returns, or a dictionary: `epoch_loss`, `validation_loss`, `accuracy`,
    `validation_accuracy` (shares from 0 to 1), one number an epoch; what is absent or empty is left out.
    Raises ValueError if all four are.
    """
    panels = {
        loss_label: (1, "epoch_loss", "validation_loss"),
        "accuracy (%)": (100, "accuracy", "validation_accuracy"),
    }
    found = {}
    for label, (scale, *keys) in panels.items():
        lines = {name: scale * _series(history, key) for name, key in zip(("training", "validation"), keys)}
        lines = {name: y for name, y in lines.items() if len(y)}
        if len({len(y) for y in lines.values()}) > 1:
            refuse("history", "as many epochs in training as in validation", f"{keys} that differ")
        if lines:
            found[label] = lines
    if not found:
        refuse("history", "epoch_loss, validation_loss, accuracy or validation_accuracy", describe(history))
    fig = new_figure(title, 3.8)
    for ax, (label, lines) in zip(fig.subplots(1, len(found), squeeze=False)[0], found.items()):
        ax.set(xlabel="epochs", ylabel=label)
        ax.xaxis.set_major_locator(MaxNLocator(6, integer=True))
        _draw_lines(ax, np.arange(1, len(next(iter(lines.values()))) + 1), lines, (VALUE, PURPLE))
    return fig


def _series(history, key):
    """One sequence of the history as an array; empty where the history does not have it."""
    values = history.get(key) if isinstance(history, Mapping) else getattr(history, key, None)
    return np.asarray([] if values is None else values, dtype=float)


@style()
def bars(values: dict, *, title: str, value_label: str, spreads: dict | None = None):
    """Bars that begin at zero, for amounts that are compared; each has its number at its end.

    `values` maps a name to a number; `spreads` maps the same names to (lowest, highest), as over several
    seeds.
    Raises TypeError or ValueError for no entry, numbers that are not finite or a spread that does not hold
    its value.
    """
    fig, ax, rows = _rows(values, spreads, title, value_label)
    for y, value, low, high, label in rows:
        ax.barh(y, value, 0.62, color=VALUE)
        if high > low:
            ax.plot([low, high], [y, y], color=INK, marker="|", markersize=9, linewidth=1.5)
        ax.annotate(label, (max(high, 0), y), (6, 0), textcoords="offset points", va="center")
    ax.axvline(0, color=NEUTRAL, linewidth=1)
    return fig


@style()
def dots(values: dict, *, title: str, value_label: str, spreads: dict | None = None, log: bool = False):
    """Points on a scale that need not begin at zero: for small differences or, with `log`, powers of ten.

    Arguments and errors as for `bars`; with `log` every number must be positive.
    """
    fig, ax, rows = _rows(values, spreads, title, value_label)
    if log and min(low for _, _, low, *_ in rows) <= 0:
        refuse("values", "positive numbers on a logarithmic scale", f"{min(low for _, _, low, *_ in rows)}")
    if log:
        ax.set_xscale("log")
    for y, value, low, high, label in rows:
        ax.plot([low, high], [y, y], color=VALUE, linewidth=1.5, marker="|", markersize=9)
        ax.plot(value, y, "o", color=VALUE, markersize=8)
        ax.annotate(label, (high, y), (10, 0), textcoords="offset points", va="center")
    ax.grid(axis="y", visible=True)
    return fig


def _rows(values, spreads, title, value_label):
    """The empty chart for `bars` and `dots`, and for each row: height, value, lowest, highest, text."""
    names = list(_named("values", values))
    numbers = array_of("values", [values[name] for name in names], 1)
    ranges = array_of("spreads", [(spreads or {}).get(name, (v, v)) for name, v in zip(names, numbers)], 2)
    if not np.all(np.isfinite(numbers)) or not np.all(np.isfinite(ranges)):
        refuse("values", "finite numbers", f"{numbers.tolist()}")
    if np.any(ranges[:, 0] > numbers) or np.any(ranges[:, 1] < numbers):
        refuse("spreads", "(lowest, highest) around each value", f"{ranges.tolist()}")
    fig = new_figure(title, 1.15 + 0.38 * len(names))
    ax = fig.subplots()
    ax.set(xlabel=value_label, yticks=range(len(names)), yticklabels=names, ylim=(len(names) - 0.4, -0.6))
    ax.tick_params(axis="y", length=0, labelsize=11, labelcolor=INK)
    ax.grid(axis="y", visible=False)
    ax.spines["left"].set_visible(False)
    ax.margins(x=0.03)
    rows = []
    for y, (value, (low, high)) in enumerate(zip(numbers, ranges)):
        text = number(value) + (f"  ({number(low)} to {number(high)})" if low < high else "")
        rows.append((y, value, low, high, text))
    return fig, ax, rows
