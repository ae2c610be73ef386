"""Lesson 06 builds an instrument and then uses it: first the check itself is asked for, then broken runs."""

import math
from functools import partial

import numpy as np

from backprop_course.grading.bank.clinic import RUNS
from backprop_course.grading.exercise import Exercise
from backprop_course.ops import cross_entropy, softmax


# ------------------------------------------------------------------ arguments
def surfaces(rng):
    """(f, p, eps): smooth functions of a matrix, with steps from long to short."""
    powers = {"different sizes": ((2, 3), 1e-3), "one number": ((1, 1), 0.1), "equal sizes": ((3, 3), 1e-2)}
    cases = {k: (_surface(rng, shape), rng.standard_normal(shape), eps) for k, (shape, eps) in powers.items()}
    cases["extreme values"] = (_surface(rng, (2, 2)), rng.uniform(30, 60, (2, 2)), 2**-6)
    single = rng.integers(-8, 9, (4, 2)).astype(np.float32) / 4
    return cases | {"float32": (_surface(rng, (4, 2)), single, 0.125)}


def _surface(rng, shape):
    """Cubes with weights of their own, and a square that joins all entries: no slope is 0."""
    A = rng.uniform(1, 2, shape)
    return lambda p: float(np.sum(A * (p + 3) ** 3) + np.sum(p) ** 2)


def two_gradients(rng):
    """(yours, measured): close, far, turned, tiny; and zeros, which prove nothing."""
    A, B = rng.standard_normal((3, 4)), rng.standard_normal((2, 5)).astype(np.float32)
    square = rng.standard_normal((3, 3))
    a, b = rng.integers(1, 9, 2).astype(float)
    return {
        "different sizes": (A * rng.uniform(0.9, 1.1, A.shape), A),
        "one number": (np.array([[3.0]]), np.array([[2.0]])),
        "equal sizes": (square.T.copy(), square),
        "extreme values": (1e-20 * A * rng.uniform(0.9, 1.1, A.shape), 1e-20 * A),
        "opposite": (-A, A.copy()),
        "both are equal": (A.copy(), A.copy()),
        "both add up to 0": (np.array([[a, -a], [b, -b]]), np.array([[-b, b], [-2 * a, 2 * a]])),
        "yours is zero": (np.zeros((2, 3)), rng.standard_normal((2, 3))),
        "both are zero": (np.zeros((2, 3)), np.zeros((2, 3))),
        "float32": (B * np.float32(1.5), B),
    }


def sums(rng):
    """(Z, eps): sums nearer to 0 than eps, sums between eps and 2 eps, and far ones, each on either side.

    How many are near is neither a size of Z nor the number of those between.
    """

    def some(shape, eps, near, between, dtype=np.float64):
        far = shape[0] * shape[1] - near - between
        parts = ((near, 0.1, 0.9), (between, 1.1, 1.8), (far, 3, 9))
        sums = [np.linspace(low, high, k) * (-1) ** np.arange(k) for k, low, high in parts]
        return (eps * rng.permutation(np.concatenate(sums))).reshape(shape).astype(dtype), eps

    cases = {"different sizes": some((5, 3), 1e-5, 4, 2), "equal sizes": some((4, 4), 0.01, 6, 3)}
    cases["one number"] = (np.array([[-1.5e-5]]), 1e-5)
    cases["extreme values"] = (np.array([[-1e300, 1e300, 0.0, 1e-300, -1e-300, 1.5e-8]]), 1e-8)
    return cases | {"float32": some((3, 6), 0.125, 5, 4, np.float32)}


# ------------------------------------------------------------------ answers from a module
def by_hand(measuring):
    """What is measured for x³ at 2 with eps = 1, and for the ReLU at 0 with eps = 0.25."""
    cube = measuring.central_differences(lambda x: x[0] ** 3, np.array([2.0]), 1.0)
    bend = measuring.central_differences(lambda x: max(x[0], 0.0), np.array([0.0]), 0.25)
    return cube[0], bend[0]


def loss_by_hand(measuring):
    """The loss for class 1 at the scores (ln 3, 0) and (−ln 3, 0), and the slope measured between them."""
    eps = math.log(3)
    slope = measuring.central_differences(lambda z: _loss(z[0]), np.zeros(1), eps)
    return _loss(eps), _loss(-eps), slope[0]


def _loss(score):
    """Of two scores the second is 0, and class 1 is the true one."""
    return cross_entropy(softmax(np.array([[score, 0.0]])), np.array([[1.0, 0.0]]))


# ------------------------------------------------------------------ the exercises
asked_of_the_check = partial(Exercise, where="backprop_course.grading.measuring", sibling="08.8")

EXERCISES = (
    asked_of_the_check(
        id="06.1",
        title="Two central differences by hand",
        asked="Give what is measured for x³ at 2 with ε = 1, and for the ReLU at 0 with ε = 0.25.",
        signature="measured = (for_the_cube, for_the_relu)",
        shapes="-> for_the_cube (), for_the_relu ()",
        form="tuple",
        section="Measure the slope",
        question="How far apart are the two places at which the function is taken?",
        answer_from=by_hand,
        mistakes=("M51", "M80"),
        type="predict",
        concept="sign and size of a slope",
    ),
    asked_of_the_check(
        id="06.2",
        title="Measure every slope",
        asked="Return the central difference of f in every entry of p, as an array in the shape of p.",
        signature="measure(f, p, eps)",
        shapes="p (k, l) -> slopes (k, l)",
        form="array",
        section="Measure the slope",
        question="Which two places belong to one entry, how far apart are they, and where are the others?",
        answer_from=lambda module: module.central_differences,
        cases=surfaces,
        mistakes=("M51", "M80", "M81"),
    ),
    asked_of_the_check(
        id="06.3",
        title="A relative error that zeros cannot fool",
        asked="Return the relative error of two gradients, and 1 where both are zero everywhere.",
        signature="relative_error(yours, measured)",
        shapes="yours (k, l), measured (k, l) -> error ()",
        form="array",
        section="How close is close?",
        question="What is the length of the difference, what is it divided by, and what if that is 0?",
        answer_from=lambda module: module.relative_error,
        cases=two_gradients,
        mistakes=("M53", "M83", "M84"),
        type="faded",
    ),
    asked_of_the_check(
        id="06.4",
        title="Sums near the kink",
        asked="Return how many sums in Z lie so close to 0 that a step of eps crosses the kink of the ReLU.",
        signature="near_kinks(Z, eps)",
        shapes="Z (N, h) -> count ()",
        form="array",
        section="Three ways to fool yourself",
        question="From which sums does a step of length eps, to either side, cross 0?",
        answer_from=lambda module: module.near_kinks,
        cases=sums,
        mistakes=("M52", "M82", "M91"),
        type="transfer",
        concept="the ReLU mask looks at Z1",
    ),
    *RUNS,
    asked_of_the_check(
        id="06.19",
        title="Measure a loss by hand",
        asked="Give the losses at the scores (ln 3, 0) and (−ln 3, 0), and the slope measured between them.",
        signature="measured_loss = (loss_right, loss_left, slope)",
        shapes="-> loss_right (), loss_left (), slope ()",
        form="tuple",
        section="Step 4: from scores to probabilities",
        lesson="04",
        question="Which probability has class 1 at each place, and how far apart are the two places?",
        answer_from=loss_by_hand,
        mistakes=("M51", "M80"),
        type="predict",
        concept="why softmax with cross-entropy gives Y_pred − Y_true",
    ),
)
