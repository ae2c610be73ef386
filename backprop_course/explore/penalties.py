"""What a penalty does to all weights at once is seen when its strength is dragged from almost nothing up.

Small networks learn digits with each strength, by `models` and `ops`, when a kind is first asked for.
"""

from functools import cache
from typing import NamedTuple

import numpy as np

from backprop_course import data, notation, ops
from backprop_course.explore.controls import is_number
from backprop_course.models import two_layer
from backprop_course.notation import refuse
from backprop_course.viz.scenes import Curve, Dots, Panel, Pixels, Scene, Words
from backprop_course.viz.style import INK, NEUTRAL, PURPLE, VALUE, WIRE, number

RATE, UNITS, EPOCHS, BATCH, SEED = 0.5, 16, 50, 25, 0
PENALTIES = {  # how a weight matrix moves, given its gradient and the strength
    "λΣW²": lambda W, dW, strength: W - RATE * (dW + ops.l2_backward(W, strength)),
    "λΣ|W|, slope": lambda W, dW, strength: W - RATE * (dW + ops.l1_backward(W, strength)),
    "λΣ|W|, proximal": lambda W, dW, strength: ops.soft_threshold(W - RATE * dW, RATE * strength),
}
LABELS = {"all right": 0.0, "one in five wrong": 0.2}  # the share that is wrong
POWERS = np.arange(-4, -1.4, 0.25)
EDGES = np.linspace(-1.25, 1.25, 26)  # of the histogram; 0 is the middle of a bin
DARK, SHADES = 1.5, 10  # a pixel whose largest weight is that far from 0 is black; steps down to white
LOSSES, COUNTS = (0.0, 2.5), (0.7, 2000.0)


class Learned(NamedTuple):
    """A trained network: its weights, its losses, its accuracy in validation."""

    W1: np.ndarray
    W2: np.ndarray
    loss: float
    validation_loss: float
    accuracy: float


def weights_under_penalty(power: float = -4.0, penalty: str = "λΣW²", labels: str = "all right") -> Scene:
    """Losses, weights and pixels of networks that learned 200 digits with a penalty of strength λ = 10^power.

    `power` is one of `POWERS` (the nearest is taken), `penalty` a key of `PENALTIES`, `labels` of `LABELS`:
    those to learn from; in validation all are right. The pictures show the losses for every strength, how
    many weights lie where, and the largest weight that each pixel has in W1.
    Raises ValueError for another kind of penalty or labels, or a power beyond the strengths.
    """
    for name, key, table in (("penalty", penalty, PENALTIES), ("labels", labels, LABELS)):
        if key not in list(table):
            refuse(name, f"one of {list(table)}", repr(key))
    if not is_number(power) or not POWERS[0] <= power <= POWERS[-1]:
        refuse("power", f"a number from {POWERS[0]} to {POWERS[-1]}", f"{power}")
    path = learned(penalty, labels)
    k = int(np.abs(POWERS - power).argmin())
    net, largest = path[k], np.abs(path[k].W1).max(axis=0)
    weights = np.concatenate([net.W1.ravel(), net.W2.ravel()])
    zeros, unused = int((weights == 0).sum()), int((largest == 0).sum())
    title = (
        f"λ = {number(10 ** POWERS[k])}: {zeros:,} of {weights.size:,} weights are exactly 0, "
        f"{net.accuracy:.0%} right in validation"
    )
    panels = (_losses(path, k), _histogram(weights), _pixels(largest, unused))
    alt = (
        f"{title}. Penalty {penalty}, labels {labels}. Loss: {number(net.loss)} in training, "
        f"{number(net.validation_loss)} in validation. Largest weight {number(np.abs(weights).max())}, mean "
        f"size {number(np.abs(weights).mean())}. {unused} of 64 pixels have no weight but 0."
    )
    return Scene(title, panels, alt, 3.4, 9.0)


@cache
def learned(penalty: str, labels: str) -> tuple[Learned, ...]:
    """The network that each strength gives, in the order of `POWERS`; all have the same start and digits."""
    (X, Y_true), (X_rest, Y_rest) = _parts(LABELS[labels])
    found = []
    for power in POWERS:
        params = _trained(X, Y_true, PENALTIES[penalty], 10.0**power)
        Y_pred, Y_new = (two_layer.forward(params, each)[0] for each in (X, X_rest))
        right = float(np.mean(Y_new.argmax(axis=1) == Y_rest.argmax(axis=1)))
        losses = two_layer.loss(Y_pred, Y_true), two_layer.loss(Y_new, Y_rest)
        found.append(Learned(params["W1"], params["W2"], *losses, right))
    return tuple(found)


def _parts(share):
    """Twenty digits a class of the first 905 rows, a share of them with wrong labels; the 295 rows after."""
    digits, rng = data.digits(), np.random.default_rng(SEED)
    labels = digits.labels.copy()
    rows = np.concatenate([rng.permutation(np.flatnonzero(labels[:905] == k))[:20] for k in range(10)])
    wrong = rows[rng.random(len(rows)) < share]
    labels[wrong] = (labels[wrong] + rng.integers(1, 10, len(wrong))) % 10
    X, Y_true = digits.X / 16, notation.one_hot(labels, 10)
    return (X[rows], Y_true[rows]), (X[905:1200], Y_true[905:1200])


def _trained(X, Y_true, moved, strength):
    """The parameters after all epochs; biases go downhill without a penalty."""
    rng = np.random.default_rng(SEED)
    params = two_layer.init(rng, X.shape[1], UNITS, Y_true.shape[1])
    for _ in range(EPOCHS):
        for rows in data.mini_batches(len(X), BATCH, rng):
            grads = two_layer.backward(params, two_layer.forward(params, X[rows])[1], Y_true[rows])
            params = {
                name: moved(P, grads[name], strength) if name[0] == "W" else P - RATE * grads[name]
                for name, P in params.items()
            }
    return params


def _losses(path, k):
    """Both losses over the strengths, with a dot on each where the strength is now."""
    marks = {"now": Curve(POWERS[[k, k]], np.array(LOSSES), NEUTRAL, dashed=True)}
    lines = {"training": (VALUE, "loss"), "validation": (PURPLE, "validation_loss")}
    for height, (name, (color, field)) in zip((2.3, 2.05), lines.items()):
        losses = np.minimum([getattr(net, field) for net in path], LOSSES[1])
        marks[name] = Curve(POWERS, losses, color)
        marks[f"{name} now"] = Dots(POWERS[[k]], losses[[k]], color)
        marks[f"{name} name"] = Words(POWERS[2], height, name, color, 10)
    return Panel(marks, (POWERS[0], POWERS[-1]), LOSSES, "power of ten of λ", "nats", "Loss", INK)


def _histogram(weights):
    """How many weights lie in each bin, as steps; what lies beyond counts in the outermost bins."""
    counts = np.histogram(np.clip(weights, EDGES[0], EDGES[-1]), EDGES)[0]
    steps = np.maximum(np.repeat(counts, 2), COUNTS[0])
    marks = {"counts": Curve(np.repeat(EDGES, 2)[1:-1], steps, VALUE)}
    return Panel(
        marks,
        (EDGES[0], EDGES[-1]),
        COUNTS,
        "weight (end bins: and beyond)",
        "weights in a bin",
        "All weights",
        INK,
        log=True,
    )


def _pixels(largest, unused):
    """The largest weight of each pixel, dark where it is large; a pixel is white only where all are 0."""
    shades = np.ceil(np.minimum(largest / DARK, 1) * SHADES) / SHADES
    corners = np.array([0, 8, 8, 0, 0])
    marks = {"pixels": Pixels(shades.reshape(8, 8)), "frame": Curve(corners, np.roll(corners, -1), WIRE)}
    title = f"{unused} of 64 pixels unused"
    return Panel(marks, (0, 8), (0, 8), "", "", title, INK, square=True, share=0.9, bare=True)
