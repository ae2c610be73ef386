"""How far a step may go shows on a surface: the path arrives, swings or leaves as the learning rate grows.

On a quadratic the limit 2/λmax is the same everywhere; on the loss of two weights in a row it moves along.
"""

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np

from backprop_course.explore.controls import is_number, is_whole
from backprop_course.notation import refuse
from backprop_course.viz.scenes import Curve, Dots, Panel, Scene, Words
from backprop_course.viz.style import GRADIENT, GREEN, INK, VALUE, counted, number
from backprop_course.viz.surfaces import PALE, level_lines

MOST = 40  # steps
FAR = 1000.0  # a path that has come so far from 0 is not followed any more
LOSSES, LIMITS = (1e-6, 1e4), (0.005, 10.0)  # the views of the other two panels


class Surface(NamedTuple):
    """A loss of two weights w (..., 2), with its gradient (..., 2) and second slopes (..., 2, 2)."""

    loss: Callable
    gradient: Callable
    second: Callable
    start: tuple[float, float]
    x: tuple[float, float]
    y: tuple[float, float]
    lowest: tuple = ((), ())  # where the loss is 0, if that is a line


def _quadratic(first, second, start):
    curvatures = np.array([first, second], float)
    return Surface(
        loss=lambda w: (curvatures * w**2).sum(axis=-1) / 2,
        gradient=lambda w: curvatures * w,
        second=lambda w: np.broadcast_to(np.diag(curvatures), (*w.shape[:-1], 2, 2)),
        start=start,
        x=(-10, 3),
        y=(-4, 4),
    )


def _error(w):
    """Of two weights in a row: input 1, no activation, and the truth is 1."""
    return w[..., 0] * w[..., 1] - 1


def _second_slopes(w):
    """The entries on the diagonal are the square of the *other* weight."""
    beside = 2 * w[..., 0] * w[..., 1] - 1
    table = [w[..., 1] ** 2, beside, beside, w[..., 0] ** 2]
    return np.stack(table, axis=-1).reshape(*w.shape[:-1], 2, 2)


def _inverse(w1):
    return w1, 1 / w1


SURFACES = {
    "ravine: curvatures 1 and 10": _quadratic(1, 10, (-9.0, 1.5)),
    "bowl: curvatures 2 and 5": _quadratic(2, 5, (-9.0, 2.5)),
    "two weights in a row: (w₁w₂ − 1)²/2": Surface(
        loss=lambda w: _error(w) ** 2 / 2,
        gradient=lambda w: _error(w)[..., None] * w[..., ::-1],
        second=_second_slopes,
        start=(0.5, 2.5),
        x=(-2.0, 3.0),
        y=(-2.0, 3.0),
        lowest=_inverse(np.array([*np.linspace(-2, -0.4, 30), np.nan, *np.linspace(0.3, 3, 50)])),
    ),
}


def path_on_surface(
    surface: str = "ravine: curvatures 1 and 10", learning_rate: float = 0.18, steps: int = 20
) -> Scene:
    """Gradient descent from above, its loss, and the limit 2/λmax at every place that it visits.

    `surface` is a key of `SURFACES`, `learning_rate` above 0, `steps` an integer from 1 to 40. The title says
    how the learning rate compares with the limit, and what became of the loss. A path that is far outside is
    not followed any more. Raises ValueError for anything else.
    """
    if surface not in list(SURFACES):
        refuse("surface", f"one of {list(SURFACES)}", repr(surface))
    if not is_number(learning_rate) or not 0 < learning_rate < 10:
        refuse("learning_rate", "a number between 0 and 10", str(learning_rate))
    if not is_whole(steps, 1, MOST):
        refuse("steps", f"an integer from 1 to {MOST}", str(steps))
    chosen, steps = SURFACES[surface], int(steps)
    places = _descend(chosen, learning_rate, steps)
    losses, limits = chosen.loss(places), 2 / np.linalg.eigvalsh(chosen.second(places))[:, -1]
    title = _title(learning_rate, losses, limits, steps)
    panels = (_above(surface, places), _fall(losses), _room(limits, learning_rate))
    return Scene(title, panels, _alt(surface, title, places, losses, limits), 3.6)


def _descend(surface, rate, steps):
    """The places visited (T, 2); the last one is far outside if T is not steps + 1."""
    places = [np.array(surface.start)]
    while len(places) <= steps and np.abs(places[-1]).max() < FAR:
        places.append(places[-1] - rate * surface.gradient(places[-1]))
    return np.array(places)


@cache
def _lines(surface):
    chosen = SURFACES[surface]
    return level_lines(chosen.loss, chosen.x, chosen.y)


def _above(surface, places):
    chosen = SURFACES[surface]
    marks = {
        "equal loss": Curve(*_lines(surface), PALE),
        "lowest": Curve(*map(np.array, chosen.lowest), GREEN),
        "path": Curve(*places.T, GRADIENT),
        "steps": Dots(*places.T, GRADIENT, size=5),
        "start": Dots(*places[:1].T, INK),
    }
    return Panel(
        marks,
        chosen.x,
        chosen.y,
        "w₁",
        "w₂",
        "gray: equal loss; green: loss 0" if len(chosen.lowest[0]) else "gray: equal loss",
        INK,
        share=1.5,
    )


def _fall(losses):
    shown = np.clip(losses, *LOSSES)
    marks = {"loss": Curve(np.arange(len(losses)), shown)}
    return Panel(marks, (0, MOST), LOSSES, "step", "loss", _cut("loss", losses, shown), INK, log=True)


def _cut(name, values, shown):
    """A panel's title where a curve runs along its edge."""
    above, below = np.any(values > shown), np.any(values < shown)
    where = "beyond" if above and below else "above" if above else "below"
    return f"{name} {where} the view" if above or below else ""


def _room(limits, rate):
    """The limit at every place, and the learning rate as a level line."""
    shown = np.clip(limits, *LIMITS)
    marks = {
        "rate": Curve(np.array([0.0, MOST]), np.full(2, rate), GRADIENT, dashed=True),
        "limit": Curve(np.arange(len(limits)), shown, VALUE),
        "now": Dots(np.array([len(limits) - 1.0]), shown[-1:], VALUE),
        "rate's name": Words(MOST * 0.93, rate * 1.4, "η", GRADIENT),
    }
    told = _cut("2/λmax", limits, shown) or "2/λmax on the path"
    return Panel(marks, (0, MOST), LIMITS, "step", "learning rate", told, VALUE, log=True)


def _title(rate, losses, limits, steps):
    first, last, beyond = limits[0], limits[-1], len(losses) <= steps
    end = (
        f"after {counted(len(losses) - 1, 'step')} far outside"
        if beyond
        else f"loss {number(losses[-1])} after {counted(steps, 'step')}"
    )
    if np.allclose(limits, first, rtol=1e-9):
        return f"η = {number(rate)} is {_beside(rate, first)} 2/λmax = {number(first)}: {end}"
    if beyond:
        return f"η = {number(rate)}, 2/λmax = {number(first)} at the start: {end}"
    return f"η = {number(rate)}, 2/λmax from {number(first)} to {number(last)}: {end}"


def _beside(rate, limit):
    return "at" if abs(rate / limit - 1) < 1e-9 else "below" if rate < limit else "above"


def _alt(surface, title, places, losses, limits):
    """The whole state in words."""
    kind = "the same everywhere" if np.allclose(limits, limits[0], rtol=1e-9) else "another at every place"
    turns = int(np.sum(np.diff(np.sign(np.diff(places[:, 1]))) != 0))
    return (
        f"{surface}. {title}. The loss begins at {number(losses[0])}. "
        f"The path turns back {counted(turns, 'time')} in w₂. The limit is {kind}."
    )
