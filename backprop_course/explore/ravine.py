"""What memory does shows in a ravine: the velocity grows along it and cancels across it, or overshoots.

Three forms of momentum walk the same ravine, each beside gradient descent with the best rate that it has.
"""

from functools import cache

import numpy as np

from backprop_course.explore.controls import is_number
from backprop_course.notation import refuse
from backprop_course.training import momentum, nesterov, sgd
from backprop_course.viz.scenes import Curve, Dots, Panel, Scene, Words
from backprop_course.viz.style import GRADIENT, INK, NEUTRAL, VALUE, WIRE, counted, number
from backprop_course.viz.surfaces import PALE, level_lines

CURVATURES = np.array([1.0, 25.0])
START = np.array([-9.0, 1.5])
VIEW, HEIGHTS = (-10.0, 7.0), (-4.0, 4.0)
MOST = 100  # steps
FAR = 1000.0  # a path that has come so far from 0 is not followed any more
GOAL = 1e-6  # of the first loss
LOSSES = (1e-8, 1e4)
FORMS = {
    "heavy ball": momentum,
    "mean form": lambda rate, beta: momentum(rate * (1 - beta), beta),
    "Nesterov": nesterov,
}
BEST_DESCENT = 2 / CURVATURES.sum()


def loss(w):
    """The height of the ravine at w (..., 2): curvature 1 along w₁ and 25 along w₂."""
    return (CURVATURES * w**2).sum(axis=-1) / 2


def path_in_ravine(form: str = "heavy ball", learning_rate: float = 0.11, beta: float = 0.44) -> Scene:
    """A hundred steps of momentum, from above, and the loss beside that of gradient descent at its best.

    `form` is a key of `FORMS`; with beta = 0 all of them are gradient descent. The title says after how many
    steps the loss stays below a millionth of the first one, or where the path has come. A path that is far
    outside is not followed any more. Raises ValueError for another form or a number out of range.
    """
    if form not in list(FORMS):
        refuse("form", f"one of {list(FORMS)}", repr(form))
    if not is_number(learning_rate) or not 0 < learning_rate < 10:
        refuse("learning_rate", "a number between 0 and 10", str(learning_rate))
    if not is_number(beta) or not 0 <= beta < 1:
        refuse("beta", "a number from 0, below 1", str(beta))
    places = _walk(FORMS[form](learning_rate, beta))
    losses = loss(places)
    title = f"{form[0].upper()}{form[1:]}, η = {number(learning_rate)}, β = {number(beta)}: {_end(losses)}"
    return Scene(title, (_above(places), _fall(losses)), _alt(title, places), 3.8)


def steps_needed(losses) -> int | None:
    """After how many steps the loss stays at or below a millionth of the first; None if it never does."""
    above = np.flatnonzero(~(losses <= GOAL * losses[0]))
    needed = int(above[-1]) + 1 if len(above) else 0
    return needed if needed < len(losses) else None


def _walk(optimizer):
    """The places visited (T, 2); the last one is far outside if T is not MOST + 1."""
    params = {"w": START}
    state, places = optimizer.init(params), [START]
    while len(places) <= MOST and np.abs(places[-1]).max() < FAR:
        params, state = optimizer.update(params, {"w": CURVATURES * params["w"]}, state)
        places.append(params["w"])
    return np.array(places)


@cache
def _beside():
    """The losses of gradient descent with the rate that suits both curvatures best."""
    return loss(_walk(sgd(BEST_DESCENT)))


@cache
def _lines():
    return level_lines(loss, VIEW, HEIGHTS)


def _above(places):
    marks = {
        "equal loss": Curve(*_lines(), PALE),
        "path": Curve(*places.T, GRADIENT),
        "steps": Dots(*places.T, GRADIENT, size=5),
        "start": Dots(*places[:1].T, INK),
    }
    return Panel(marks, VIEW, HEIGHTS, "w₁", "w₂", "gray: equal loss", INK, share=1.3)


def _fall(losses):
    """The losses, the goal, and the losses of gradient descent for comparison."""
    shown, reached = np.clip(losses, *LOSSES), steps_needed(losses)
    at = np.array([] if reached is None else [reached])
    goal = GOAL * losses[0]
    marks = {
        "goal": Curve(np.array([0.0, MOST]), np.full(2, goal), WIRE),
        "goal's name": Words(0.72 * MOST, goal / 6, "a millionth", NEUTRAL, 10),
        "descent": Curve(np.arange(MOST + 1), np.clip(_beside(), *LOSSES), NEUTRAL, dashed=True),
        "loss": Curve(np.arange(len(losses)), shown, VALUE),
        "arrival": Dots(at, shown[at.astype(int)], VALUE),
    }
    says = "dashed: gradient descent, best η"
    return Panel(marks, (0, MOST), LOSSES, "step", "loss", says, NEUTRAL, log=True)


def _end(losses):
    reached = steps_needed(losses)
    if len(losses) <= MOST:
        return f"far outside after {len(losses) - 1} steps"
    if reached is None:
        return f"loss {number(losses[-1])} after {MOST} steps"
    return f"{reached} steps to a millionth of the loss"


def _alt(title, places):
    """The whole state in words; the crossings are those before it arrives."""
    reached = steps_needed(loss(places))
    way = places if reached is None else places[: reached + 1]
    along, across = (int(np.sum(way[1:, k] * way[:-1, k] < 0)) for k in (0, 1))
    return (
        f"{title}. The loss begins at {number(loss(places[0]))}. On its way the path crosses the line of "
        f"lowest points {counted(across, 'time')}, and passes the lowest of all {counted(along, 'time')}. "
        f"Gradient descent with its best η = {number(BEST_DESCENT)} needs {steps_needed(_beside())} steps."
    )
