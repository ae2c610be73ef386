"""Lesson 09 is about numbers that stand there before the first step, so its exercises ask for starts."""

import numpy as np

from backprop_course.grading import one_epoch, one_start
from backprop_course.grading.exercise import Exercise
from backprop_course.grading.short_answers import Choice
from backprop_course.models import initializers
from backprop_course.ops import losses
from backprop_course.training import diagnostics


class Given(np.random.Generator):
    """Draws what it is given, so that an initializer becomes a function of its random numbers."""

    def __init__(self, draws):
        super().__init__(np.random.PCG64(0))
        self.draws = draws

    def standard_normal(self, size):
        """The given numbers, taken as normal ones."""
        return self.draws

    def uniform(self, low, high, size):
        """The given numbers, from −1 to 1, stretched to the interval from low to high."""
        return (low + high) / 2 + (high - low) / 2 * self.draws


# ------------------------------------------------------------------ arguments
SIZES = {  # n, h, m
    "different sizes": (5, 4, 3), "one input": (1, 6, 2), "one hidden unit": (7, 1, 2),
    "equal sizes": (4, 4, 4), "a wide layer": (3, 40, 2), "float32": (6, 2, 5),
}  # fmt: skip


def two_draws(rng):
    """(draws1, draws2), standard normal numbers in the shapes of W1 (h, n) and W2 (m, h)."""
    cases = {}
    for label, (n, h, m) in SIZES.items():
        dtype = np.float32 if label == "float32" else np.float64
        cases[label] = tuple(rng.standard_normal(shape).astype(dtype) for shape in ((h, n), (m, h)))
    return cases


def draws_and_slopes(rng):
    """(draws, slope), with slopes from 0, which is the ReLU, to nearly 1, a straight line."""
    slopes = (0.3, 0.01, 0.0, 0.25, 0.9, 0.5)
    return {label: (draws, slope) for slope, (label, (draws, _)) in zip(slopes, two_draws(rng).items())}


def sums_with_dead_units(rng):
    """(Z1,): in some columns no sum is positive, and one is exactly 0; all others are positive somewhere."""
    sizes = {  # N, h, dead units
        "different sizes": (6, 5, 2), "one example": (1, 4, 3), "one unit": (5, 1, 1),
        "equal sizes": (4, 4, 1), "none is dead": (7, 3, 0), "extreme values": (5, 8, 6),
        "float32": (9, 4, 1),
    }  # fmt: skip
    cases = {}
    for label, (N, h, dead) in sizes.items():
        Z1, rows = rng.standard_normal((N, h)), rng.integers(0, N, h)
        units = rng.permutation(h)
        Z1[:, units[:dead]] = -np.abs(Z1[:, units[:dead]])
        for unit in units:
            Z1[rows[unit], unit] = 0 if unit in units[:dead] else 0.1 + abs(Z1[rows[unit], unit])
        if label == "none is dead":  # and one of the units is hardly alive
            Z1[:, units[0]] = -np.abs(Z1[:, units[0]])
            Z1[rows[units[0]], units[0]] = 1e-12
        scale = 10.0 ** rng.integers(-300, 300, (N, h)) if label == "extreme values" else 1
        cases[label] = ((scale * Z1).astype(np.float32 if label == "float32" else np.float64),)
    return cases


# ------------------------------------------------------------------ answers from a module
def three_numbers(module):
    """He's and Xavier's standard deviation and the uniform limit, for 50 inputs and 150 units."""
    ones = Given(np.ones((150, 50)))
    return tuple(draw(ones, 150, 50)[0, 0] for draw in (module.he, module.xavier, module.xavier_uniform))


def factors(module):
    """What 400 ReLU units with 100 inputs do to mean squares: He forward and back, then Xavier."""
    ones = Given(np.ones((400, 100)))
    variances = (draw(ones, 400, 100)[0, 0] ** 2 for draw in (module.he, module.xavier))
    return tuple(size * variance / 2 for variance in variances for size in (100, 400))


def start(module):
    """The weights of the two-layer network from normal numbers in the shapes of W1 and W2."""

    def answer(draws1, draws2):
        W1 = module.he(Given(draws1), *draws1.shape, draws1.dtype)
        return W1, module.xavier(Given(draws2), *draws2.shape, draws2.dtype)

    return answer


def leaky_start(module):
    """Weights for a leaky ReLU: its mean square is (1 + slope²) / 2 of that of its input."""
    if hasattr(module, "leaky"):
        return module.leaky
    return lambda draws, slope: module.he(Given(draws), *draws.shape, draws.dtype) / np.sqrt(1 + slope**2)


def epoch_by_hand(module):
    """The updates of five epochs, and the mean loss of one, of the small example of 09.8.

    Here each example has a hidden unit of its own, and weights that give it its loss; a rate of 0 keeps them.
    """
    each = np.repeat([1.5, 1.0, 0.5], [4, 4, 2])
    params = {
        "W1": np.eye(10), "b1": np.zeros(10), "W2": np.stack([np.zeros(10), np.log(np.expm1(each))]),
        "b2": np.zeros(2),
    }  # fmt: skip
    Y_true, order = np.tile([1.0, 0.0], (10, 1)), np.arange(10)
    return 5 * len(module.batches(order, 4)), module.epoch(params, np.eye(10), Y_true, order, 4, 0.0)[1]


def heads_by_hand(module):
    """dZ behind sigmoids and dZ behind none, two examples with two outputs each."""
    Z = np.array([[0.0, np.log(3)], [-np.log(3), 0.0]])
    at_sigmoid = module.binary_cross_entropy_with_logits_backward(Z, np.eye(2))
    at_linear = module.mse_backward(np.array([[3.0, 1.0], [0.0, 2.0]]), np.array([[1.0, 1.0], [2.0, 0.0]]))
    return at_sigmoid, at_linear


# ------------------------------------------------------------------ the exercises
EXERCISES = (
    Choice(
        id="09.1",
        title="Which start can learn?",
        asked="Choose the start from which the network can learn to tell ten digits apart.",
        signature='letter = "…"',
        section="Zeros never break symmetry",
        question="Which gradients are not 0 in the first step, and do the units differ after the second?",
        answer="c",
        told={
            "a": "With W1 = 0 every sum Z1 is exactly 0. Which slope has the ReLU there?",
            "b": "Take two hidden units. What comes in, goes out and comes back, for each of them?",
            "d": "Where W1 = 0, what is A1, and which gradients does it multiply?",
        },
        slips={"M49": "a"},
        concept="gradient against update",
        sibling="11.9",
    ),
    Exercise(
        id="09.2",
        title="Three numbers by hand",
        asked="Give He's and Xavier's standard deviation and the limit of Xavier's uniform numbers.",
        signature="numbers = (he_std, xavier_std, uniform_limit)",
        shapes="-> he_std (), xavier_std (), uniform_limit ()",
        form="tuple",
        section="The scale of a draw",
        question="What is the variance, which of the two sizes is in it, and which number has that variance?",
        answer_from=three_numbers,
        mistakes=("M50", "M100", "M101", "M102", "M103"),
        type="predict",
        sibling="11.8",
        where=initializers.__name__,
    ),
    Exercise(
        id="09.3",
        title="Start a network",
        asked="Return W1 and W2 as a tuple: He before the ReLU, Xavier behind it.",
        signature="start(draws1, draws2)",
        shapes="draws1 (h, n), draws2 (m, h) -> W1 (h, n), W2 (m, h)",
        form="tuple",
        section="The scale of a draw",
        question="What is the variance of these weights, and which axis counts the inputs of a layer?",
        answer_from=start,
        cases=two_draws,
        mistakes=("M49", "M50", "M100", "M101", "M102"),
        sibling="11.8",
        where=initializers.__name__,
    ),
    Exercise(
        id="09.4",
        title="Dead units",
        asked="Return the share of hidden units that are off for every example, from 0 to 1.",
        signature="dead_share(Z1)",
        shapes="Z1 (N, h) -> share ()",
        form="array",
        section="Dead units",
        question="When is a unit off for one example, which axis counts the examples, and what is counted?",
        answer_from=lambda module: lambda Z1: module.dead_units([Z1])[0],
        cases=sums_with_dead_units,
        mistakes=("M104", "M145", "M146"),
        concept="the ReLU mask looks at Z1",
        sibling="11.9",
        where=diagnostics.__name__,
    ),
    Exercise(
        id="09.5",
        title="Forward and back",
        asked="Give the factors of the mean squares: He forward, He back, Xavier forward, Xavier back.",
        signature="factors = (he_forward, he_back, xavier_forward, xavier_back)",
        shapes="-> he_forward (), he_back (), xavier_forward (), xavier_back ()",
        form="tuple",
        section="The way back",
        question="How many terms has each sum, which variance has a weight, and what does the ReLU keep?",
        answer_from=factors,
        mistakes=("M50", "M100", "M101", "M102"),
        type="predict",
        sibling="11.8",
        where=initializers.__name__,
    ),
    Exercise(
        id="09.6",
        title="A start for the leaky ReLU",
        asked="Return weights that keep the mean square of a layer behind a leaky ReLU.",
        signature="leaky_start(draws, slope)",
        shapes="draws (h, n) -> W (h, n)",
        form="array",
        section="The scale of a draw",
        question="Which share of the mean square is left behind the leaky ReLU, from either side of 0?",
        answer_from=leaky_start,
        cases=draws_and_slopes,
        mistakes=("M49", "M50", "M100", "M180", "M181", "M102"),
        type="transfer",
        sibling="11.8",
        where=one_start.__name__,
    ),
    Exercise(
        id="09.8",
        title="An epoch by hand",
        asked="Give the number of updates in five epochs, and the mean loss of the first epoch.",
        signature="epochs = (updates, L)",
        shapes="-> updates (), L ()",
        form="tuple",
        section="The loop",
        lesson="07",
        question="How many mini-batches has an epoch, and how many examples stand behind each mean loss?",
        answer_from=epoch_by_hand,
        mistakes=("M85", "M88"),
        type="predict",
        concept="shapes, sum against mean over the batch",
        sibling="11.9",
        where=one_epoch.__name__,
    ),
    Exercise(
        id="09.9",
        title="Two heads by hand",
        asked="Give dZ behind the sigmoids and dZ of the linear head, each as two rows of two numbers.",
        signature="errors = (at_sigmoid, at_linear)",
        shapes="-> at_sigmoid (2, 2), at_linear (2, 2)",
        form="tuple",
        section="Three heads, one delta",
        lesson="07",
        question="What is predicted minus true here, and over how many numbers is the mean?",
        answer_from=heads_by_hand,
        mistakes=("M89",),
        type="predict",
        concept="why softmax with cross-entropy gives Y_pred − Y_true",
        sibling="11.9",
        where=losses.__name__,
    ),
)
