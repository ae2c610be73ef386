"""Lesson 02 follows a change along paths, so its exercises multiply along paths, add over them, and step."""

import math
from functools import partial

import numpy as np

from backprop_course.grading import one_neuron
from backprop_course.grading.exercise import Exercise
from backprop_course.grading.short_answers import Order
from backprop_course.models.layers import ACTIVATIONS


# ------------------------------------------------------------------ arguments
def compositions(rng):
    """(x, g, g_slope, f_slope): the inner function, its slope, and the slope of the outer one."""
    x = float(rng.uniform(0.5, 2.5))
    return {
        "x² − 5, then cubed": (3.0, lambda x: x**2 - 5, lambda x: 2 * x, lambda z: 3 * z**2),
        "1 − 3x, then squared": (x, lambda x: 1 - 3 * x, lambda x: -3.0, lambda z: 2 * z),
        "a sine, then the exponential": (-x, math.sin, math.cos, math.exp),
        "tiny, then the reciprocal": (x, lambda x: 1e-9 * x**3, lambda x: 3e-9 * x**2, lambda z: -1 / z**2),
    }


def neurons(rng):
    """(X, W, b, Y_true); in "a saturated neuron" the sum is −12 and the truth is 1."""
    cases = {
        "three inputs": (rng.standard_normal(3), rng.standard_normal(3), 0.3, 1.0),
        "one input": (1 + rng.random(1), rng.standard_normal(1), -0.7, 0.0),
        "a saturated neuron": (1 + 9 * rng.random(4), -1 - rng.random(4), 0.5, 1.0),
    }
    X, W, *_ = cases["a saturated neuron"]
    cases["a saturated neuron"] = (X, W, float(-12 - W @ X), 1.0)
    single = (rng.standard_normal(5).astype(np.float32), rng.standard_normal(5).astype(np.float32))
    return cases | {"float32": (*single, 0.25, 0.0)}


def descents(rng):
    """(backpropagate, W, learning_rate), for a neuron, parabolas, and a curve with two valleys."""
    start = float(rng.uniform(0.5, 1.5))
    return {
        "a neuron": (partial(_neuron_slope, one_neuron.slopes), -1.5, 2.0),
        "a parabola": (lambda W: 2 * (W - 3), start, 0.2),
        "a learning rate of 1": (lambda W: 0.3 * (W + 2), start, 1.0),
        "two valleys": (lambda W: W**3 - W, -start, 0.1),
        "a large weight": (lambda W: 0.5 * W, 1e6 * start, 0.5),
    }


def _neuron_slope(slopes, W):
    """dW of the lesson's neuron, with X = 2, b = −1 and the truth 1."""
    return float(slopes(np.array([2.0]), np.array([W]), -1.0, 1.0)["dW"][0])


# ------------------------------------------------------------------ answers from a module
def chained(neuron):
    """(inner, outer, whole) for g(x) = x² − 5 and f(z) = z³ at x = 3."""
    x, g, g_slope, f_slope = compositions(np.random.default_rng(0))["x² − 5, then cubed"]
    whole = neuron.chain(x, g, g_slope, f_slope)
    seen = []
    neuron.chain(x, g, g_slope, lambda z: seen.append(f_slope(z)) or seen[0])
    return g_slope(x), seen[0], whole


def slopes_of(module):
    """`slopes` of a neuron; the module is its own, or that of the sigmoid's way back, or of its table."""
    if hasattr(module, "slopes"):
        return module.slopes
    if hasattr(module, "ACTIVATIONS"):
        return partial(one_neuron.slopes, sigmoid=module.ACTIVATIONS["sigmoid"])
    back = ACTIVATIONS["sigmoid"]._replace(backward=lambda dA, Z, A: module.sigmoid_backward(dA, A))
    return partial(one_neuron.slopes, sigmoid=back)


def stops_by_hand(module):
    """(dY_pred, dZ, dW, db, dX) where X = 3, W = −2, Y_true = 1, and the bias makes Y_pred 0.8."""
    stops = slopes_of(module)(np.array([3.0]), np.array([-2.0]), math.log(4) + 6, 1.0)
    return tuple(np.asarray(stop).item() for stop in stops.values())


def all_slopes(module):
    """(dW, db, dX) of a neuron with several inputs."""
    slopes = slopes_of(module)

    def answer(X, W, b, Y_true):
        stops = slopes(X, W, b, Y_true)
        return stops["dW"], stops["db"], stops["dX"]

    return answer


# ------------------------------------------------------------------ the exercises
NEURON = "backprop_course.grading.one_neuron"
IN_THE_CHAIN = ("M62", "M63", "M64")
IN_THE_FACTORS = ("M66", "M67", "M36", "M37")

EXERCISES = (
    Exercise(
        id="02.1",
        title="Two slopes and their product",
        asked="Give the inner slope, the outer slope and the slope of the composition, at x = 3.",
        signature="slopes = (inner, outer, whole)",
        shapes="-> inner (), outer (), whole ()",
        form="tuple",
        section="The chain rule",
        question="Where has the inner function arrived when the outer one begins?",
        answer_from=chained,
        mistakes=IN_THE_CHAIN,
        type="predict",
        concept="sign and size of a slope",
        sibling="04.8",
        where=NEURON,
    ),
    Exercise(
        id="02.2",
        title="The rule for any two functions",
        asked="Return the slope of f(g(x)) at x.",
        signature="chain(x, g, g_slope, f_slope)",
        shapes="-> slope ()",
        form="array",
        section="The chain rule",
        question="At which place is each of the two slopes taken, and how do they join?",
        answer_from=lambda neuron: neuron.chain,
        cases=compositions,
        mistakes=IN_THE_CHAIN,
        type="faded",
        sibling="04.8",
        where=NEURON,
    ),
    Order(
        id="02.3",
        title="One step of a neuron, in order",
        asked="Give the step numbers in an order in which everything is there when it is needed.",
        signature="order = [1, 2, …]",
        section="A short name: dQ",
        question="What does this step use, and which step makes it or changes it?",
        needs={1: (4,), 2: (5,), 3: (), 4: (2,), 5: (6,), 6: (3,), 7: (2,)},
        changes={1: (7,)},
        concept="gradient against update",
        sibling="04.8",
    ),
    Exercise(
        id="02.4",
        title="The stops on the way back, by hand",
        asked="Give the five slopes of the loss as a tuple, in this order.",
        signature="stops = (dY_pred, dZ, dW, db, dX)",
        shapes="-> dY_pred (), dZ (), dW (), db (), dX ()",
        form="tuple",
        section="A short name: dQ",
        question="Which factor leads from the stop before to this one?",
        answer_from=stops_by_hand,
        mistakes=IN_THE_FACTORS,
        type="predict",
        concept="sign and size of a slope",
        sibling="04.8",
        where=NEURON,
    ),
    Exercise(
        id="02.5",
        title="All slopes of a neuron",
        asked="Return dW, db and dX of the squared error, for one example.",
        signature="neuron_slopes(X, W, b, Y_true)",
        shapes="X (n,), W (n,), b (), Y_true () -> dW (n,), db (), dX (n,)",
        form="tuple",
        section="Many inputs",
        question="Which factors lie on the path from the loss to this quantity?",
        answer_from=all_slopes,
        cases=neurons,
        mistakes=IN_THE_FACTORS,
        concept="sign and size of a slope",
        sibling="04.8",
        where=NEURON,
    ),
    Exercise(
        id="02.6",
        title="Two paths by hand",
        asked="Give the slope along each path, and the slope of y, at x = 3.",
        signature="paths = (through_p, through_q, whole)",
        shapes="-> through_p (), through_q (), whole ()",
        form="tuple",
        section="Two paths",
        question="How does a change of x reach y, and what happens where two changes arrive together?",
        answer_from=lambda neuron: neuron.two_paths(3.0),
        mistakes=("M65",),
        type="predict",
        concept="sum over paths",
        sibling="04.8",
        where=NEURON,
    ),
    Exercise(
        id="02.7",
        title="Ten steps",
        asked="Return the eleven weights that are visited, the start first.",
        signature="ten_steps(backpropagate, W, learning_rate)",
        shapes="-> visited (11,)",
        form="array",
        section="Ten steps",
        question="Which slope does this step use, and which way does it go?",
        answer_from=lambda neuron: neuron.ten_steps,
        cases=descents,
        mistakes=("M68", "M69"),
        type="faded",
        concept="gradient against update",
        sibling="04.8",
        where=NEURON,
    ),
)
