"""Whether a step for every weight helps depends on how a ravine lies: one turns it, and the order changes.

The paths are those of the package's own optimizers.
"""

from functools import cache

import numpy as np

from backprop_course.explore.controls import is_number, is_whole
from backprop_course.notation import refuse
from backprop_course.training import adagrad, adam, momentum, rmsprop, sgd
from backprop_course.viz.scenes import Curve, Dots, Panel, Scene, Words
from backprop_course.viz.style import CYCLE, INK, NEUTRAL, WIRE, number, spread

OPTIMIZERS = {"sgd": sgd, "momentum": momentum, "adagrad": adagrad, "rmsprop": rmsprop, "adam": adam}
FORMS = ("o", "s", "D", "^", "v")
CURVATURES = (1.0, 100.0)  # along the ravine and across
START = np.array([-1.7, 0.6])  # along and across, from the lowest point
STEPS = 100
RATES = {  # for each turn: of ten rates, 0.001 to 1, the best by the mean power of ten of the last 20 losses
    0: (0.01, 0.01, 0.464, 0.0464, 0.464),
    5: (0.01, 0.01, 1.0, 0.1, 0.215),
    10: (0.01, 0.01, 1.0, 0.1, 0.215),
    15: (0.01, 0.01, 1.0, 0.1, 0.464),
    20: (0.01, 0.01, 1.0, 0.1, 0.215),
    25: (0.01, 0.01, 1.0, 0.1, 0.464),
    30: (0.01, 0.01, 1.0, 0.1, 0.464),
    35: (0.01, 0.01, 1.0, 0.1, 1.0),
    40: (0.01, 0.01, 1.0, 0.1, 1.0),
    45: (0.01, 0.01, 1.0, 0.1, 1.0),
}
VIEW = (-2.1, 2.1)
LEVELS = (0.5, 5, 20, 60)
LOWEST, HIGHEST = 1e-12, 1e4  # of the losses that are drawn


def optimizer_race(turn: int = 0, rate_factor: float = 1.0, steps: int = STEPS) -> Scene:
    """Five optimizers in a ravine, 100 times as steep across as along, after some of 100 steps.

    `turn` says by how many degrees the ravine and the start in it are turned, 0 to 45 in fives; `rate_factor`
    multiplies the learning rate that is the best of ten for this optimizer at this turn. On the left stand
    the paths among lines of equal loss, on the right the losses; below 1e-12 they stop.
    Raises ValueError for another turn, a factor that is not positive, or steps outside 0 to 100.
    """
    if not is_number(turn) or turn not in RATES:
        refuse("turn", f"one of {list(RATES)}", f"{turn}")
    if not is_number(rate_factor) or not 0 < rate_factor < np.inf:
        refuse("rate_factor", "a positive number", f"{rate_factor}")
    if not is_whole(steps, 0, STEPS):
        refuse("steps", f"a whole number from 0 to {STEPS}", f"{steps}")
    turn, steps = int(turn), int(steps)  # a slider gives floats
    paths, losses = _race(turn, float(rate_factor))
    ends = dict(zip(OPTIMIZERS, losses[:, steps]))
    title = f"After {steps} steps: {_ranked(ends)}" if steps else "All five start at the same place"
    rates = [number(rate_factor * rate) for rate in RATES[turn]]
    panels = (_plane(turn, paths[:, : steps + 1]), _curves(losses[:, : steps + 1], rates))
    told = ", ".join(f"{name} {_loss(ends[name])} with {rate}" for name, rate in zip(OPTIMIZERS, rates))
    where = f"The ravine is turned by {turn} degrees, the rate factor is {number(rate_factor)}."
    return Scene(title, panels, f"{title}. {where} Losses and learning rates: {told}.", 4.4, 8.6)


@cache
def _race(turn, rate_factor):
    """The paths (optimizers, STEPS + 1, 2) and their losses (optimizers, STEPS + 1)."""
    turned = _rotation(turn)
    H = turned @ np.diag(CURVATURES) @ turned.T
    paths = np.empty((len(OPTIMIZERS), STEPS + 1, 2))
    for path, make, rate in zip(paths, OPTIMIZERS.values(), RATES[turn]):
        optimizer, params = make(rate_factor * rate), {"w": turned @ START}
        state, path[0] = optimizer.init(params), params["w"]
        for step in range(1, STEPS + 1):
            with np.errstate(all="ignore"):  # a path may leave for infinity
                params, state = optimizer.update(params, {"w": H @ params["w"]}, state, out=params)
            path[step] = params["w"]
    with np.errstate(all="ignore"):
        losses = np.einsum("rti,ij,rtj->rt", paths, H, paths) / 2
    return paths, np.where(np.isnan(losses), np.inf, losses)


def _rotation(turn):
    angle = np.deg2rad(turn)
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


def _plane(turn, paths):
    """Lines of equal loss, the start, the paths, and where they have come to."""
    around = np.linspace(0, 2 * np.pi, 181)
    circle = np.array([np.cos(around), np.sin(around)])
    marks = {}
    for level in LEVELS:
        axes = np.sqrt(2 * level / np.array(CURVATURES))
        marks[f"level {level}"] = Curve(*_rotation(turn) @ (axes[:, None] * circle), WIRE)
    marks["lowest"] = Dots(np.zeros(1), np.zeros(1), NEUTRAL, "x", 9)
    marks["start"] = Dots(*paths[0, :1].T, INK, "P", 11)
    for name, path, color in zip(OPTIMIZERS, paths.clip(-9, 9), CYCLE):
        marks[name] = Curve(*path.T, color)
    for name, path, color, form in zip(OPTIMIZERS, paths.clip(-9, 9), CYCLE, FORMS):
        marks[f"end of {name}"] = Dots(path[-1:, 0], path[-1:, 1], color, form)
    return Panel(marks, VIEW, VIEW, "w₁", "w₂", f"ravine turned by {turn}°; plus: start", INK, square=True)


def _curves(losses, rates):
    """The losses by step, each with the name of its optimizer and its learning rate."""
    marks, losses = {}, losses.clip(LOWEST, HIGHEST)
    at, ends = np.arange(losses.shape[1]), np.log10(losses[:, -1])
    order = np.argsort(ends, kind="stable")
    heights = np.empty(len(ends))
    heights[order] = spread(ends[order], 1.1)
    for name, loss, color in zip(OPTIMIZERS, losses, CYCLE):
        marks[name] = Curve(at, loss, color)
    for k, (name, color, form) in enumerate(zip(OPTIMIZERS, CYCLE, FORMS)):
        marks[f"end of {name}"] = Dots(at[-1:], losses[k, -1:], color, form)
        marks[f"name of {name}"] = Words(STEPS + 42, 10 ** heights[k], f"{name}, η = {rates[k]}", color, 10)
    view = (LOWEST / 20, 10 * HIGHEST)
    return Panel(marks, (0, STEPS + 78), view, "step", "loss", share=1.4, log=True, last_tick=STEPS)


def _ranked(ends):
    """Which of them are lowest, and which is highest."""
    below = [name for name, loss in ends.items() if loss < LOWEST]
    lowest, highest = min(ends, key=ends.get), max(ends, key=ends.get)
    first = f"{lowest} lowest, {_loss(ends[lowest])}"
    if below:
        first = f"{' and '.join(below)} below {number(LOWEST)}"
    return f"{first}; {highest} highest, {_loss(ends[highest])}"


def _loss(loss):
    if loss > HIGHEST:
        return f"above {HIGHEST:,.0f}"
    return f"below {number(LOWEST)}" if loss < LOWEST else number(loss)
