"""What noise does to one training step shows when one draws it: changed pictures, and a mask on hidden units.

The numbers come from `data`, `models` and `ops`; the network is trained once, when the figure is first shown.
"""

from functools import cache, partial

import numpy as np
from numpy.random import default_rng

from backprop_course import data, models, notation, ops, training
from backprop_course.explore.controls import is_number, is_whole
from backprop_course.notation import refuse
from backprop_course.viz.scenes import Curve, Dots, Panel, Pixels, Scene, Words
from backprop_course.viz.style import INK, NEUTRAL, PURPLE, VALUE, number

CHANGES = {  # what the menu says
    "none": lambda X, rng: X,
    "shifts": data.random_shift,
    "rotations": partial(data.random_rotation, most=20),
    "flips": data.random_flip,
    "noise": partial(data.random_noise, std=0.2),
}
DIGIT = 50  # the row of the picture that is shown: a 2
UNITS = 64  # hidden units, shown 8 by 8
COLUMNS, ROWS = 4, 3  # of the changed pictures
CELL = 10  # pixels of a picture with its margin


def noisy_step(keep: float = 0.8, change: str = "shifts", seed: int = 0) -> Scene:
    """One digit as it is, changed twelve times, and the hidden units of the first change behind their mask.

    `keep` is the share that stays, above 0 and at most 1, `change` a key of `CHANGES`; `seed` draws changes
    and mask. The title says how many units stay and what the network answers with them.
    Raises ValueError for another keep, change or seed.
    """
    if change not in list(CHANGES):
        refuse("change", f"one of {list(CHANGES)}", repr(change))
    if not is_number(keep) or not 0 < keep <= 1:
        refuse("keep", "a number above 0, at most 1", f"{keep}")
    if not is_whole(seed, 0):
        refuse("seed", "a whole number from 0", f"{seed}")
    seed = int(seed)
    x, label, params = _learned()
    pictures = CHANGES[change](np.repeat(x, COLUMNS * ROWS, axis=0), default_rng((seed, 1)))
    A = ops.relu(ops.linear(pictures[:1], params["W1"], params["b1"]))
    out, saved = ops.dropout(A, keep, default_rng(seed))
    whole, masked = (ops.softmax(ops.linear(each, params["W2"], params["b2"]))[0] for each in (A, out))
    title = _title(label, saved.mask, masked)
    panels = (_pictures(x, pictures, change), _units(A, out, saved.mask, _answer(whole)))
    sums = f"sum of the hidden outputs {number(A.sum())} before the mask, {number(out.sum())} after"
    told = f"keep {number(keep)}, {change}, seed {seed}; {sums}. Without the mask: {_answer(whole)}."
    return Scene(title, panels, f"{title}. A {label}, {told}", height=3.6, width=8.4)


@cache
def _learned():
    """The digit as a row, its label, and a network that has learned with dropout for ten epochs."""
    digits = data.digits()
    X, Y_true, rows = digits.X / 16, notation.one_hot(digits.labels, 10), data.split_by_writer()[0]
    model = models.mlp([64, UNITS, 10], keep=0.8)
    history = training.fit(
        model, model.init(default_rng(0)), X[rows], Y_true[rows], optimizer=training.sgd(0.3), epochs=10,
        batch_size=20, rng=default_rng(0), progress=False,
    )  # fmt: skip
    return X[[DIGIT]], int(digits.labels[DIGIT]), history.params


def _pictures(x, pictures, change):
    """The digit in the first column, its changes beside it, the one that goes on in a frame."""
    grid = np.zeros((ROWS, CELL, COLUMNS + 1, CELL))
    grid[0, 1:9, 0, 1:9] = x.reshape(8, 8)
    grid[:, 1:9, 1:, 1:9] = pictures.reshape(ROWS, COLUMNS, 8, 8).swapaxes(1, 2)
    marks = {
        "pictures": Pixels(np.clip(grid.reshape(ROWS * CELL, -1), 0, 1)),
        "frame": _frame((1.03, 1.97), (ROWS - 0.97, ROWS - 0.03), VALUE),
        "said": Words(0.5, ROWS - 1.12, "as it is", NEUTRAL, 10),
        "goes on": Words(0.5, ROWS - 1.5, "blue: goes on", VALUE, 10),
    }
    view, title = ((0, COLUMNS + 1), (0, ROWS)), f"A digit, and what becomes of it: {change}"
    return Panel(marks, *view, "", "", title, INK, True, 1.5, bare=True)


def _units(A, out, mask, whole):
    """The hidden outputs 8 by 8, as dark as they are large, a cross where one is dropped; and their sum."""
    shades = np.zeros((10, 8))
    shades[:8] = np.clip(out.reshape(8, 8) / (2 * A.max() or 1), 0, 1)
    down, right = np.nonzero(~mask.reshape(8, 8))
    marks = {
        "units": Pixels(shades),
        "frame": _frame((0.0, 8.0), (2.0, 10.0), NEUTRAL),
        "dropped": Dots(right + 0.5, 9.5 - down, PURPLE, "X", 9),
        "sums": Words(4, 1.4, f"sum {number(A.sum())} before, {number(out.sum())} after"),
        "whole": Words(4, 0.5, f"without the mask: {whole}"),
    }
    return Panel(marks, (0, 8), (0, 10), "", "", "Its hidden units (✗ dropped)", INK, True, bare=True)


def _frame(x, y, color):
    return Curve(np.array(x)[[0, 1, 1, 0, 0]], np.array(y)[[0, 0, 1, 1, 0]], color)


def _title(label, mask, Y_pred):
    stay = int(mask.sum())
    units = (
        "All 64 units stay" if stay == UNITS else f"{stay} of {UNITS} units stay" if stay else "No unit stays"
    )
    right = "right" if Y_pred.argmax() == label else "wrong"
    return f"{units}, the answer is {_answer(Y_pred)}: {right}"


def _answer(Y_pred):
    return f"{Y_pred.argmax()} ({100 * Y_pred.max():.0f} %)"
