"""Lesson 10 is about noise and memory, so its exercises measure the one and write forms of the other."""

from types import SimpleNamespace

import numpy as np

from backprop_course.grading import step_size
from backprop_course.grading.bank.clinic_10 import RUNS
from backprop_course.grading.bank.lesson_08 import steps_of
from backprop_course.grading.bank.networks import networks
from backprop_course.grading.exercise import Exercise
from backprop_course.grading.short_answers import Choice
from backprop_course.models import two_layer
from backprop_course.training import diagnostics, optimizers, schedules

SHAPES = {  # of W in a step
    "different sizes": (3, 4),
    "one number": (1, 1),
    "one row": (1, 5),
    "equal sizes": (4, 4),
    "large numbers": (2, 3),
    "float32": (3, 2),
}
DRAWS = {  # how many gradients of how many entries
    "different sizes": (6, 4),
    "two gradients": (2, 3),
    "one entry": (5, 1),
    "equal sizes": (4, 4),
    "a large common part": (8, 3),
    "float32": (7, 5),
}
PART = {  # rows of a part, for each network
    "different sizes": 4,
    "one example": 1,
    "one hidden unit": 3,
    "equal sizes": 2,
    "extreme values": 2,
    "float32": 5,
}
SEARCH = (  # of 10.9: highest rates, accuracies on validation and on test digits
    np.array([0.4, 0.8, 1.6]),
    np.array([[96, 96], [97, 97], [98, 90]]),
    np.array([[94, 94], [93, 92], [94, 88]]),
)
PART_LABEL = {"equal sizes": "full parts only", "different sizes": "a shorter last part"}


# ------------------------------------------------------------------ arguments
def for_a_step(rng):
    """(W, dW, V, learning_rate, beta), under way and from rest; the learning rate is far from 1 - beta."""
    cases = {}
    for label, shape in SHAPES.items():
        dtype, scale = "f4" if label == "float32" else "f8", 1e6 if label == "large numbers" else 1
        W, dW, V = (scale * rng.standard_normal((3, *shape))).astype(dtype)
        beta = float(rng.uniform(0.55, 0.95))
        cases[label] = (W, dW, V, float((1 - beta) * rng.uniform(0.2, 0.6)), beta)
    W, dW = rng.standard_normal((2, 3, 4))
    return cases | {"from rest": (W, dW, np.zeros((3, 4)), 0.03, 0.9)}


def gradients(rng):
    """(grads,): gradients (draws, p), a row each, around a mean that is not 0."""
    cases = {}
    for label, (draws, p) in DRAWS.items():
        common = rng.uniform(1, 2, p) * (50 if label == "a large common part" else 1)
        drawn = rng.standard_normal((draws, p)) + common
        cases[label] = (drawn.astype("f4" if label == "float32" else "f8"),)
    return cases


def for_parts(rng):
    """(params, X, Y_true, size); the size of a part divides N in two cases only."""
    return {
        PART_LABEL.get(k, k): (params, saved.X, Y_true, PART[k])
        for k, (params, saved, Y_true) in networks(rng).items()
    }


class InParts(Exercise):
    """While an answer runs, memory is small: `two_layer.forward` takes `size` rows at most."""

    def called(self, answer):
        """The answer, with that little memory."""

        def with_little_memory(params, X, Y_true, size):
            whole = two_layer.forward

            def forward(params, X):
                if len(X) > size:
                    raise MemoryError(f"{len(X)} rows go forward at once, and there is room for {size}")
                return whole(params, X)

            two_layer.forward = forward
            try:
                return answer(params, X, Y_true, size)
            finally:
                two_layer.forward = whole

        return with_little_memory


# ------------------------------------------------------------------ answers from a module
def one_step(make):
    """(W, V) after one update of an optimizer, from (W, dW, V, learning_rate, beta)."""

    def step(W, dW, V, learning_rate, beta):
        state = {"step": 1, "velocity": {"W": V}}
        params, state = make(learning_rate, beta).update({"W": W}, {"W": dW}, state)
        return params["W"], state["velocity"]["W"]

    return step


def three_steps(module):
    """W after each of the three steps of 10.2, and the learning rate of the mean form."""
    W, V, path = np.array([5.0]), np.zeros(1), []
    for slope in (8.0, 2.0, -3.0):
        W, V = one_step(module.momentum)(W, np.array([slope]), V, 0.25, 0.25)
        path.append(float(W[0]))
    return np.array(path), 0.25 / (1 - 0.25)


def noise(module):
    """The mean squared distance of gradients from their mean: they take the place of those of batches."""

    def answer(grads):
        rows = iter(grads)
        model = SimpleNamespace(forward=lambda params, X: (None, None), backward=lambda *_: {"W": next(rows)})
        rng = np.random.default_rng(0)  # what is drawn does not matter here
        return module.gradient_variance(model, {}, grads, grads, 1, rng, draws=len(grads))

    return answer


def askew(module):
    """Both weights after two steps in the valley of 10.8, and the limit."""
    H = np.array([[5.0, 2.0], [2.0, 2.0]])
    limit = getattr(module, "limit", step_size.limit)(H)
    return (*steps_of(module)(H, np.array([3.0, -1.0]), 0.5, 2), limit)


def searched(module):
    """The rates of 10.9: the highest is chosen; a warm-up of 4 updates, then half of it after every 12."""
    highest = getattr(module, "chosen", step_size.chosen)(*SEARCH)
    planned = module if hasattr(module, "joined") else schedules
    rate_at = planned.joined(planned.warm_up(highest, 4), 4, planned.step_decay(highest, 12, 0.5))
    return np.array([rate_at(step) for step in (0, 3, 15, 16, 30)])


# ------------------------------------------------------------------ the exercises
PARAMS = "W1 (h, n), b1 (h,), W2 (m, h), b2 (m,)"
BALLS = ("M46", "M105", "M106", "M107", "M108")

EXERCISES = (
    Choice(
        id="10.1",
        title="Half the distance",
        asked="Choose the batch size whose gradients have half the typical distance.",
        signature='batch = "…"',
        section="A gradient from a few rows",
        question="By which factor does the variance change, and by which its root?",
        answer="c",
        told={
            "a": "A mean of fewer rows scatters more. In which direction does B have to go?",
            "b": "With twice the rows the variance is halved. What is the typical distance of it?",
            "d": "That divides the typical distance by √50, about 7. Which factor has the root 2?",
        },
        concept="shapes, sum against mean over the batch",
        sibling="12.9",
    ),
    Exercise(
        id="10.2",
        title="Three steps by hand",
        asked="Give the weight after each of the three steps, and the learning rate of the mean form.",
        signature="answer = ((w, w, w), rate)",
        shapes="-> weights (3,), rate ()",
        form="tuple",
        section="A memory for the steps",
        question="What is left of the velocity before each step, and what does the new gradient add?",
        answer_from=three_steps,
        mistakes=BALLS,
        type="predict",
        concept="gradient against update",
        sibling="12.8",
        where=optimizers.__name__,
    ),
    Exercise(
        id="10.3",
        title="Measure the noise",
        asked="Return the variance of the gradient, one number.",
        signature="variance(grads)",
        shapes="grads (k, p) -> variance ()",
        form="array",
        section="A gradient from a few rows",
        question="Distances from what are squared, over which axes are they added, and divided by what?",
        answer_from=noise,
        cases=gradients,
        mistakes=("M160", "M161", "M162"),
        sibling="12.9",
        where=diagnostics.__name__,
    ),
    Exercise(
        id="10.4",
        title="One step of the heavy ball",
        asked="Return the new weights and the new velocity, as a pair.",
        signature="ball_step(W, dW, V, learning_rate, beta)",
        shapes="W (h, n), dW (h, n), V (h, n) -> W (h, n), V (h, n)",
        form="tuple",
        section="A memory for the steps",
        question="What enters the velocity, what of it is kept, and where does the learning rate stand?",
        answer_from=lambda module: one_step(module.momentum),
        cases=for_a_step,
        mistakes=BALLS,
        concept="gradient against update",
        sibling="12.8",
        where=optimizers.__name__,
    ),
    Exercise(
        id="10.5",
        title="Nesterov looks ahead",
        asked="Return the new weights and the new velocity, as a pair.",
        signature="nesterov_step(W, dW, V, learning_rate, beta)",
        shapes="W (h, n), dW (h, n), V (h, n) -> W (h, n), V (h, n)",
        form="tuple",
        section="Three forms that are easily confused",
        question="Which velocity does the update use, times what, and what else moves the weights?",
        answer_from=lambda module: one_step(module.nesterov),
        cases=for_a_step,
        mistakes=("M109", "M166"),
        type="faded",
        concept="gradient against update",
        sibling="12.8",
        where=optimizers.__name__,
    ),
    InParts(
        id="10.6",
        title="A batch that does not fit",
        asked='Return a dict with "W1", "b1", "W2" and "b2": the gradient of the mean loss over all rows.',
        signature="gradient_in_parts(params, X, Y_true, size)",
        shapes=f"X (N, n), Y_true (N, m), W1 (h, n) -> {PARAMS}",
        form="dict",
        section="What a batch costs",
        question="Which rows belong to a part, and how much does its mean count in the whole mean?",
        answer_from=lambda module: module.gradient,
        cases=for_parts,
        mistakes=("M163", "M164", "M165", "M167"),
        type="transfer",
        concept="shapes, sum against mean over the batch",
        sibling="12.9",
        where="backprop_course.grading.in_parts",
    ),
    Exercise(
        id="10.8",
        title="A valley that runs askew",
        asked="Give both weights after two steps, and the learning rate beyond which descent diverges.",
        signature="answer = (w1, w2, limit)",
        shapes="-> w1 (), w2 (), limit ()",
        form="tuple",
        section="Two weights, one learning rate",
        lesson="08",
        question="Which slopes has each step to use, and what is the larger of the two curvatures?",
        answer_from=askew,
        mistakes=("M86", "M97", "M98", "M99"),
        type="predict",
        concept="gradient against update",
        sibling="12.8",
        where=step_size.__name__,
    ),
    Exercise(
        id="10.9",
        title="A search and its schedule",
        asked="Give the learning rates of the updates number 0, 3, 15, 16 and 30.",
        signature="rates = (at_0, at_3, at_15, at_16, at_30)",
        shapes="-> rates (5,)",
        form="array",
        section="Schedules",
        lesson="08",
        question="Which rate may the table choose, and from where does each part of the schedule count?",
        answer_from=searched,
        mistakes=("M140", "M141", "M144", "M169", "M171"),
        type="predict",
        sibling="12.9",
        where=schedules.__name__,
    ),
    *RUNS,
)
