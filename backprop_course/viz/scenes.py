"""A live figure is a pure function: its arguments give a scene, plain numbers that tests can look at.

A scene has panels, a panel has marks with names; the same names have to come back at every call, so that the
picture can be redrawn by moving what is there.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from backprop_course.notation import describe, refuse
from backprop_course.viz.style import GRADIENT, INK, VALUE


class Curve(NamedTuple):
    """A line through the points (x, y), both (M,)."""

    x: np.ndarray
    y: np.ndarray
    color: str = VALUE
    dashed: bool = False


class Dots(NamedTuple):
    """Points (x, y), both (M,); `form` is a Matplotlib marker such as "o" or "s"."""

    x: np.ndarray
    y: np.ndarray
    color: str = INK
    form: str = "o"
    size: float = 8


class Field(NamedTuple):
    """Numbers (rows, columns) from 0 to 1 that color the whole panel, the first row at the bottom.

    A `label` adds a bar that shows which color is which number.
    """

    values: np.ndarray
    label: str = ""


class Pixels(NamedTuple):
    """Gray squares (rows, columns), 0 white to 1 black, that fill the panel; the first row at the top."""

    values: np.ndarray


class Arrow(NamedTuple):
    """An arrow from one point to another; without a length it is not drawn."""

    start: tuple[float, float]
    end: tuple[float, float]
    color: str = INK


class Words(NamedTuple):
    """A text at (x, y), in the units of the panel; its color may change from call to call."""

    x: float
    y: float
    text: str
    color: str = INK
    size: float = 11


class Panel(NamedTuple):
    """Axes with their view, labels with units, and marks by name; the title may change from call to call.

    `share` is the width beside that of the other panels; `log` makes the upright axis logarithmic; a `bare`
    panel shows no axes; no tick along x is beyond `last_tick`, where words have the room to the right.
    """

    marks: dict[str, NamedTuple]
    x: tuple[float, float]
    y: tuple[float, float]
    x_label: str
    y_label: str
    title: str = ""
    title_color: str = GRADIENT
    square: bool = False
    share: float = 1
    log: bool = False
    bare: bool = False
    last_tick: float = np.inf


class Scene(NamedTuple):
    """What a live figure shows: panels side by side, a title that states the finding, `alt` with all of it.

    `height` and `width` are in inches; a hundred pixels on the page each.
    """

    title: str
    panels: tuple[Panel, ...]
    alt: str
    height: float = 3.6
    width: float = 8.0

    def checked(self) -> "Scene":
        """The scene itself; raises TypeError or ValueError where it cannot be drawn or read out."""
        for name in ("title", "alt"):
            text = getattr(self, name)
            if not isinstance(text, str) or not text.strip():
                refuse(f"{name} of the scene", "a sentence", describe(text))
        for panel in self.panels:
            if not isinstance(panel, Panel) or not isinstance(panel.marks, Mapping):
                refuse("panels of the scene", "Panel objects with marks by name", describe(panel), TypeError)
        return self

    def frame(self) -> tuple:
        """What stays while the picture moves: where this changes, everything is drawn anew."""
        kept = [
            p._replace(marks=[(k, type(m), *_look(m)) for k, m in p.marks.items()], title="", title_color="")
            for p in self.panels
        ]
        return self.height, self.width, kept


def _look(mark):
    looks = ("color", "dashed", "form", "size", "label")[isinstance(mark, Words) :]
    return [getattr(mark, name) for name in looks if hasattr(mark, name)]

