"""One look for every figure, so that a color and a place mean the same thing in every lesson.

Values are blue and stand above the wire, gradients are orange and stand below it: the place repeats the
color. Every text color reaches a contrast of 4.5 : 1 on white (WCAG 2.2, criterion 1.4.3), and the colors of
`CYCLE` stay apart for readers who do not tell red from green or blue from yellow.
"""

import textwrap

import matplotlib.style
import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from backprop_course.notation import describe, refuse

VALUE = "#0B61B5"  # blue: what the forward pass computes
GRADIENT = "#B34700"  # orange: what the backward pass computes
NEUTRAL = "#595959"  # axes, captions, what is only there for comparison
INK = "#222222"
GREEN = "#008246"  # class 1, positive numbers
PURPLE = "#AA3C8C"  # class 0, negative numbers
WIRE = "#A6A6A6"
PALE = "#EAF2FA"  # the background of a cell that is pointed at
PALE_ORANGE = "#FDEFE4"  # the same for gradients
CYCLE = (VALUE, GRADIENT, GREEN, PURPLE, INK)

SIGNED = LinearSegmentedColormap.from_list("signed", (PURPLE, "#FFFFFF", GREEN))
SIGNED_PALE = LinearSegmentedColormap.from_list("signed_pale", ("#EBCBE2", "#FFFFFF", "#BFE3CF"))

WIDTH = 8.0  # inches; 800 pixels on the page
_SETTINGS = {
    "axes.axisbelow": True,
    "axes.edgecolor": NEUTRAL,
    "axes.grid": True,
    "axes.labelcolor": INK,
    "axes.prop_cycle": matplotlib.cycler(color=CYCLE),
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 11,
    "figure.titlesize": 12.5,
    "figure.titleweight": "bold",
    "font.family": ["DejaVu Sans"],
    "font.size": 11,
    "grid.color": "#E3E3E3",
    "lines.linewidth": 2,
    "lines.solid_capstyle": "round",
    "text.color": INK,
    "xtick.color": NEUTRAL,
    "ytick.color": NEUTRAL,
    "xtick.labelsize": 10,
    "ytick.labelsize": 10,
}


def style():
    """The course's settings, as a context manager or a decorator; the reader's own come back afterwards."""
    return matplotlib.style.context(_SETTINGS, after_reset=True)


def new_figure(title: str, height: float, width: float = WIDTH) -> Figure:
    """An empty figure under its title; sizes in inches. It belongs to nobody: pyplot does not know it.

    Raises TypeError if the title is not text, ValueError if it is blank.
    """
    if not isinstance(title, str):
        refuse("title", "a sentence that states what the figure shows", describe(title), TypeError)
    if not title.strip():
        refuse("title", "a sentence that states what the figure shows", "no text")
    lines = wrapped(title, width)
    fig = Figure(figsize=(width, height + 0.22 * lines.count("\n")), layout="constrained")
    fig.get_layout_engine().set(w_pad=0.08, h_pad=0.08)
    fig.suptitle(lines, x=0.01, ha="left")
    return fig


def wrapped(title: str, width: float) -> str:
    """The title of a figure of that width in inches, in as many lines as it needs."""
    return textwrap.fill(" ".join(title.split()), int(width * 8.8))


def canvas(title: str, width: float, height: float):
    """A figure whose data are inches, without ticks, for drawings; returns the figure and its axes."""
    fig = new_figure(title, height + 0.5, max(width + 0.2, 6.0))
    ax = fig.subplots()
    ax.set(xlim=(0, width), ylim=(0, height), aspect="equal")
    ax.axis("off")
    return fig, ax


def number(value) -> str:
    """A number as the figures write it: three significant digits, two below 0.001, and a true minus sign."""
    value = float(value)
    text = f"{value + 0.0:.3g}" if value == 0 or abs(value) >= 0.001 else f"{value:.1e}"
    if "e" in text:
        digits, power = text.split("e")
        text = f"{digits.removesuffix('.0')}e{int(power)}"
    return text.replace("-", "−")


def counted(count: int, noun: str) -> str:
    """How many there are, in words: "1 step", "2 steps"."""
    return f"{count} {noun}{'s' * (count != 1)}"


def spread(wanted, gaps) -> np.ndarray:
    """Move numbers apart, in the order given, changing them as little as possible.

    `gaps` is the least distance between neighbors, one for all or one for each pair. Least squares under the
    order constraint (pooling adjacent violators): neighbors that collide share the average of what they want.
    """
    offsets = np.concatenate([[0.0], np.cumsum(np.broadcast_to(gaps, max(len(wanted) - 1, 0)))])
    pools = []  # [sum of what its members want, number of members], each member shifted by its offset
    for place, offset in zip(wanted, offsets):
        pools.append([place - offset, 1])
        while len(pools) > 1 and pools[-2][0] * pools[-1][1] > pools[-1][0] * pools[-2][1]:
            total, count = pools.pop()
            pools[-1][0] += total
            pools[-1][1] += count
    level = [total / count for total, count in pools for _ in range(count)]
    return np.array(level) + offsets[: len(level)]


def mark(ax, name: str, place) -> None:
    """A dot at the place (x, y) with its name on the side where the lines drawn so far leave most room."""
    to_axes = ax.transData + ax.transAxes.inverted()
    lines = np.concatenate([to_axes.transform(line.get_xydata()) for line in ax.lines])
    size = (
        np.array([0.1 * len(name), 0.22]) / ax.figure.get_size_inches() / 0.8
    )  # of the name, as share of the axes
    best = None
    for right, up in ((1, 1), (-1, 1), (1, -1), (-1, -1), (0, 1), (0, -1)):
        shift = np.array([0.012 * right, (0.025 if right else 0.06) * up])
        low = to_axes.transform(place) + shift + size * ((right - 1) / 2, (up - 1) / 2)
        inside = np.all((lines > low - 0.008) & (lines < low + size + 0.008), axis=1)
        outside = int(np.any(low < 0)) + int(np.any(low + size > 1))
        best = min(best or (9,), (outside, int(inside.sum()), right, up), key=lambda side: side[:2])
    *_, right, up = best
    ha, va = ("right", "center", "left")[right + 1], "bottom" if up > 0 else "top"
    ax.plot(*place, "o", color=INK, markersize=7, zorder=3)
    shift = (8 * right, (8 if right else 18) * up)
    ax.annotate(name, place, shift, textcoords="offset points", ha=ha, va=va, zorder=4)


def array_of(name: str, values, dimensions: int) -> np.ndarray:
    """The values as an array of floating-point numbers with that many dimensions and at least one entry.

    Raises TypeError if they are not numbers, ValueError for another number of dimensions or no entry.
    """
    try:
        array = np.asarray(values, dtype=float)
    except (TypeError, ValueError):
        refuse(name, "numbers", describe(values), TypeError)
    if array.ndim != dimensions or array.size == 0:
        refuse(name, f"numbers in {dimensions} dimension(s), at least one", f"shape {array.shape}")
    return array
