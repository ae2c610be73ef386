"""Depth turns a small error of the weights' scale into a large one, so both are dragged at once.

The network is drawn once; whatever moves is computed anew, but for the curves over all scales.
"""

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np

from backprop_course.explore.controls import is_number, is_whole
from backprop_course.notation import refuse
from backprop_course.viz.scenes import Curve, Dots, Panel, Scene, Words
from backprop_course.viz.style import GRADIENT, INK, NEUTRAL, VALUE, counted, number

WIDTH, EXAMPLES, SEED = 100, 20, 0
INPUTS = 0.1  # their standard deviation: small, so that tanh begins as a straight line
DEEPEST = 20
SCALES = np.linspace(0.5, 2.5, 21)
HEIGHTS = (1e-20, 1e12)  # of both panels
LABEL = "variance or mean square ÷ start"
BOUNDS = ((0.5, "faded"), (2, "kept"), (np.inf, "grown"))  # within a factor of 2 it is kept


class Activation(NamedTuple):
    """A function, and its slope written with its own output; both take arrays (...)."""

    function: Callable
    slope: Callable


ACTIVATIONS = {  # what the menu says
    "ReLU": Activation(lambda Z: np.maximum(Z, 0), lambda A: A > 0),
    "tanh": Activation(np.tanh, lambda A: 1 - A**2),
}


def signals(depth: int = 20, scale: float = 1.4, activation: str = "ReLU") -> Scene:
    """How a signal goes forward through layers of 100 units, and a gradient back, where the weights start.

    Weights have the standard deviation scale / √100: Xavier is scale 1, He is scale √2. On the left, layer by
    layer, the variance of the activations divided by that of the inputs, and the mean square of the gradient
    divided by that in the last layer. On the right, what arrives at the other end, over all scales.
    `depth` goes from 1 to 20, `scale` from 0.5 to 2.5, `activation` is a key of `ACTIVATIONS`.
    Raises ValueError for anything else.
    """
    if activation not in list(ACTIVATIONS):
        refuse("activation", f"one of {list(ACTIVATIONS)}", repr(activation))
    if not is_whole(depth, 1, DEEPEST):
        refuse("depth", f"a whole number from 1 to {DEEPEST}", f"{depth}")
    if not is_number(scale) or not SCALES[0] <= scale <= SCALES[-1]:
        refuse("scale", f"a number from {SCALES[0]} to {SCALES[-1]}", f"{scale}")
    depth = int(depth)
    layers = _forward(activation, depth, scale)
    signal, gradient = _variances(layers), _backward(activation, layers, scale)
    over_scales = [table[depth - 1] for table in _over_scales(activation)]
    panels = (_by_layer(signal, gradient), _by_scale(scale, over_scales, (signal[-1], gradient[0])))
    title = _title(activation, depth, signal[-1], gradient[0])
    ends = " to ".join(f"× {number(each)}" for each in over_scales[0][[0, -1]])
    alt = (
        f"Weights with standard deviation {number(scale)}/√{WIDTH}, seed {SEED}. {title}. "
        f"Scale {number(SCALES[0])} to {number(SCALES[-1])} takes the signal at this depth from {ends}. "
        "Dashed lines mark Xavier's scale 1 and He's scale √2."
    )
    return Scene(title, panels, alt, 3.8)


@cache
def _drawn():
    """Inputs (EXAMPLES, WIDTH), weights (DEEPEST, WIDTH, WIDTH) of scale 1, a gradient (EXAMPLES, WIDTH)."""
    rng = np.random.default_rng(SEED)
    X = INPUTS * rng.standard_normal((EXAMPLES, WIDTH))
    weights = rng.standard_normal((DEEPEST, WIDTH, WIDTH)) / np.sqrt(WIDTH)
    return X, weights, rng.standard_normal((EXAMPLES, WIDTH))


def _forward(activation, depth, scale):
    """The inputs and the activations of each layer, depth + 1 arrays."""
    X, weights, _ = _drawn()
    layers = [X]
    for W in weights[:depth]:
        layers.append(ACTIVATIONS[activation].function(layers[-1] @ (scale * W.T)))
    return layers


def _variances(layers):
    """The variance of each layer, over examples and units, divided by that of the inputs."""
    variances = np.array([A.var() for A in layers])
    return variances / variances[0]


def _backward(activation, layers, scale):
    """The mean square of the gradient at the inputs and at each layer, divided by that at the last one."""
    _, weights, dA = _drawn()
    squares = [np.mean(dA**2)]
    for W, A in zip(weights[len(layers) - 2 :: -1], layers[:0:-1]):
        dA = (dA * ACTIVATIONS[activation].slope(A)) @ (scale * W)
        squares.append(np.mean(dA**2))
    return np.array(squares[::-1]) / squares[0]


@cache
def _over_scales(activation):
    """What arrives for every depth and scale: signal and gradient, each (DEEPEST, scales)."""
    signal, gradient = [], []
    for scale in SCALES:
        layers = _forward(activation, DEEPEST, scale)
        signal.append(_variances(layers)[1:])
        gradient.append([_backward(activation, layers[: d + 1], scale)[0] for d in range(1, DEEPEST + 1)])
    return np.array(signal).T, np.array(gradient).T


def _by_layer(signal, gradient):
    """Forward and back through the layers."""
    layers = np.arange(len(signal))
    marks = {
        "signal": Curve(layers, signal, VALUE),
        "gradient": Curve(layers, gradient, GRADIENT),
        "last layer": Dots(layers[-1:], signal[-1:], VALUE),
        "inputs": Dots(layers[:1], gradient[:1], GRADIENT, "s"),
    }
    told = "blue: signal forward; orange: gradient back"
    return Panel(marks, (-0.6, DEEPEST + 0.6), HEIGHTS, "layer", LABEL, told, INK, log=True)


def _by_scale(scale, over_scales, here):
    """What arrives over all scales, and the chosen one; dashed, the scales of Xavier and He."""
    marks = {
        name: Curve(np.full(2, place), np.array(HEIGHTS), NEUTRAL, dashed=True)
        for name, place in (("Xavier", 1.0), ("He", np.sqrt(2)))
    }
    marks |= {"at Xavier": Words(1.2, 1e-18, "Xavier", NEUTRAL), "at He": Words(1.53, 1e-18, "He", NEUTRAL)}
    looks = (("signal", VALUE, "o", 12), ("gradient", GRADIENT, "s", 6))  # both are seen where they meet
    for (name, color, form, size), values, value in zip(looks, over_scales, here):
        marks[name] = Curve(SCALES, values, color)
        marks[f"{name} here"] = Dots(np.array([scale]), np.array([value]), color, form, size)
    view = (SCALES[0] - 0.1, SCALES[-1] + 0.1)
    told = f"at the other end, over all scales (seed {SEED})"
    return Panel(marks, view, HEIGHTS, "scale", LABEL, told, INK, log=True)


def _title(activation, depth, signal, gradient):
    ends = (("signal", signal), ("gradient", gradient))
    told = ", ".join(f"{name} {_word(value)} (× {number(value)})" for name, value in ends)
    return f"{counted(depth, f'{activation} layer')}: {told}"


def _word(ratio):
    return next(word for bound, word in BOUNDS if ratio <= bound)
