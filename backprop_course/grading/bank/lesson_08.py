"""Lesson 08 asks how far a step may go: by hand, on any quadratic, by a schedule, and by an honest search."""

from functools import partial

import numpy as np

from backprop_course.grading import step_size
from backprop_course.grading.exercise import Exercise
from backprop_course.grading.short_answers import Choice, Order
from backprop_course.training import schedules

SIZES = {"different sizes": 3, "one weight": 1, "two weights": 2, "extreme values": 4, "float32": 3}


# ------------------------------------------------------------------ arguments
def valleys(rng):
    """(H, start, learning_rate, steps): turned valleys; the steps are stable, but for two cases."""
    cases = {}
    for label, H in _turned(rng).items():
        share = {"two weights": 1.02, "one weight": 1.0}.get(label, rng.uniform(0.6, 0.9))
        steps = {"different sizes": 5, "one weight": 3, "two weights": 7, "extreme values": 2}.get(label, 4)
        rate = float(share * step_size.limit(H.astype(float)))
        cases[label] = (H, (rng.permutation(len(H)) + 1.5).astype(H.dtype), rate, steps)
    H, start, rate, _ = cases["different sizes"]
    return cases | {"no step": (H.copy(), start.copy(), rate, 0)}


def tables(rng):
    """(H,): symmetric, all curvatures above 0 and none near another, entries beside the diagonal."""
    cases = {label: (H,) for label, H in _turned(rng).items()}
    for place in ("first", "last"):  # LAPACK lists the curvatures of a diagonal table as they stand
        H = np.diag(np.sort(rng.uniform(0.5, 0.9) * 3.0 ** np.arange(3)))
        cases[f"the largest is {place}"] = (H[::-1, ::-1].copy() if place == "first" else H,)
    return cases


def _turned(rng):
    tables = {}
    for label, k in SIZES.items():
        curvatures = rng.uniform(0.5, 0.9) * 3.0 ** np.arange(k)
        Q = np.linalg.qr(rng.standard_normal((k, k)))[0]
        Q = Q if k == 1 else _well_turned(Q, rng)
        H = Q * curvatures @ Q.T * (1e6 if label == "extreme values" else 1)
        tables[label] = ((H + H.T) / 2).astype(np.float32 if label == "float32" else np.float64)
    return tables


def _well_turned(Q, rng):
    """Directions of which none lies near an axis."""
    while np.abs(Q).max() > 0.95:
        Q = np.linalg.qr(rng.standard_normal(Q.shape))[0]
    return Q


def decays(rng):
    """(step, rate, every, factor): before, at, between and after the falls."""
    every = int(rng.integers(4, 9))
    rate, factor = float(rng.uniform(0.2, 0.9)), float(rng.uniform(0.2, 0.7))
    numbers = {
        "the first step": 0, "a step before the first fall": every - 1, "the step of the first fall": every,
        "between two falls": 2 * every + every // 2, "after many falls": 7 * every + 1,
    }  # fmt: skip
    return {label: (step, rate, every, factor) for label, step in numbers.items()}


def pictures(rng):
    """(pixels, top, m): more pictures than pixels; the largest pixel need not be `top`."""
    kinds = {
        "different sizes": (7, 3, 16.0, 4), "one output": (5, 2, 255.0, 1), "equal sizes": (4, 4, 9.0, 4),
        "one pixel": (6, 1, 2.0, 3), "one picture": (1, 1, 4.0, 2),
        "extreme values": (8, 2, 65535.0, 10), "float32": (9, 3, 16.0, 2),
    }  # fmt: skip
    cases = {}
    for label, (N, k, top, m) in kinds.items():
        pixels = rng.integers(1, 9, (N, k)) / 8 * top + top / 4 * np.eye(N, k)
        cases[label] = (np.minimum(pixels, top).astype("f4" if label == "float32" else "f8"), top, m)
    return cases


def moments(rng):
    """(step, highest, lowest, warm, steps): in the warm-up, at its end, on the cosine and beyond."""
    warm, rest = int(rng.integers(3, 8)), 2 * int(rng.integers(5, 12))
    highest, steps = float(rng.uniform(0.3, 2)), warm + rest
    numbers = {
        "the first step": 0, "the last step of the warm-up": warm - 1, "the first step of the cosine": warm,
        "half way down": warm + rest // 2, "the last step": steps - 1, "beyond the last step": steps + 3,
    }  # fmt: skip
    lowest = float(highest * rng.uniform(0.05, 0.3))
    return {label: (step, highest, lowest, warm, steps) for label, step in numbers.items()}


def bent_losses(rng):
    """(gradient, w, eps): gradients that bend, so that one side is not enough; steps from long to short."""
    kinds = {
        "different sizes": (3, 1e-3), "one weight": (1, 0.1), "two weights": (2, 1e-2),
        "extreme values": (2, 2**-6), "float32": (4, 0.125),
    }  # fmt: skip
    cases = {}
    for label, (k, eps) in kinds.items():
        w = rng.integers(-8, 9, k) / 4 + (50 if label == "extreme values" else 0)
        cases[label] = (_gradient(rng, k), w.astype("f4" if label == "float32" else "f8"), eps)
    return cases


def _gradient(rng, k):
    """Of a sum of powers with weights of their own, and of the square of the sum; eps shows in its slopes."""
    A = rng.uniform(1, 2, k)
    return lambda w: 3 * A * (w + 3) ** 2 + A * w**3 + 2 * np.sum(w)


# ------------------------------------------------------------------ answers from a module
def steps_of(module):
    """Descent on a quadratic by the flat steps, or by an optimizer."""
    if hasattr(module, "descend"):
        return module.descend

    def descend(H, start, learning_rate, steps):
        opt = module.sgd(learning_rate)
        params = {"w": start}
        state = opt.init(params)
        for _ in range(steps):
            params, state = opt.update(params, {"w": H @ params["w"]}, state)
        return params["w"]

    return descend


def by_hand(module):
    """Both weights after three steps of 08.1, and the limit."""
    H = np.diag([1.0, 3.0])
    limit = getattr(module, "limit", step_size.limit)(H)
    return (*steps_of(module)(H, np.array([8.0, 4.0]), 0.5, 3), limit)


def layer_limit(module):
    """The limit of a linear layer from (pixels, top, m)."""
    return lambda pixels, top, m: module.limit(module.second_slopes(pixels, top, m))


def decayed(module):
    """The rate at a step of a decay in steps."""
    return lambda step, rate, every, factor: module.step_decay(rate, every, factor)(step)


def warmed(module):
    """The rate at a step: a warm-up, then half a cosine down to the lowest rate."""

    def rate_at(step, highest, lowest, warm, steps):
        falling = module.cosine(highest, steps - warm, lowest)
        return module.joined(module.warm_up(highest, warm), warm, falling)(step)

    return rate_at


def table_of_slopes(module):
    """The second slopes (k, k), one row for each entry of the gradient."""

    def second_slopes(gradient, w, eps):
        rows = (module.central_differences(lambda w, i=i: gradient(w)[i], w, eps) for i in range(len(w)))
        return np.array(list(rows))

    return second_slopes


# ------------------------------------------------------------------ the exercises
asked_of_a_step = partial(Exercise, where=step_size.__name__)
asked_of_a_schedule = partial(Exercise, where=schedules.__name__, form="array", shapes="-> rate_now ()")

EXERCISES = (
    asked_of_a_step(
        id="08.1",
        title="Three steps by hand",
        asked="Give both weights after three steps, and the learning rate beyond which descent diverges.",
        signature="answer = (w1, w2, limit)",
        shapes="-> w1 (), w2 (), limit ()",
        form="tuple",
        section="Two weights, one learning rate",
        question="By which factor does a step multiply each weight, and which direction diverges first?",
        answer_from=by_hand,
        mistakes=("M86", "M97", "M98"),
        type="predict",
        concept="sign and size of a slope",
        sibling="10.8",
    ),
    asked_of_a_step(
        id="08.2",
        title="Descent in any valley",
        asked="Return the weights after so many steps of descent on the loss wᵀHw/2.",
        signature="descend(H, start, learning_rate, steps)",
        shapes="H (k, k), start (k,) -> w (k,)",
        form="array",
        section="Two weights, one learning rate",
        question="What is the gradient of wᵀHw/2 at the present w, and how often does w change?",
        answer_from=steps_of,
        cases=valleys,
        mistakes=("M86", "M99"),
        concept="gradient against update",
        sibling="10.8",
    ),
    asked_of_a_step(
        id="08.3",
        title="The limit of a valley",
        asked="Return the learning rate beyond which descent on wᵀHw/2 diverges.",
        signature="stability_limit(H)",
        shapes="H (k, k) -> limit ()",
        form="array",
        section="Two weights, one learning rate",
        question="Which of the curvatures sets the limit, and at which factor does its direction diverge?",
        answer_from=lambda module: module.limit,
        cases=tables,
        mistakes=("M97", "M98", "M99"),
        type="faded",
        sibling="10.8",
    ),
    Order(
        id="08.4",
        title="An honest search",
        asked="Put the numbers of the steps in order.",
        signature="order = [3, 1, …]",
        section="Schedules",
        question="What does each step use, and what may the choice of the rate not have seen?",
        needs={1: (6,), 2: (5,), 3: (), 4: (3, 7, 8), 5: (4, 8), 6: (2,), 7: (), 8: ()},
        sibling="10.9",
    ),
    asked_of_a_schedule(
        id="08.5",
        title="A rate that falls in steps",
        asked="Return the learning rate at this step.",
        signature="decayed(step, rate, every, factor)",
        section="Schedules",
        question="How many falls lie behind this step, and what does each of them do to the rate?",
        answer_from=decayed,
        cases=decays,
        mistakes=("M144",),
        type="faded",
        sibling="10.9",
    ),
    asked_of_a_step(
        id="08.6",
        title="The limit of a layer",
        asked="Return the learning rate beyond which a linear layer with the mean squared error diverges.",
        signature="layer_limit(pixels, top, m)",
        shapes="pixels (N, k) -> limit ()",
        form="array",
        section="Does a real loss obey?",
        question="Which second slopes belong to the scaled pixels, and what is the largest curvature?",
        answer_from=layer_limit,
        cases=pictures,
        mistakes=("M48", "M143", "M97", "M98"),
        type="transfer",
        concept="shapes, sum against mean over the batch",
        sibling="10.8",
    ),
    Exercise(
        id="08.8",
        title="Measure every second slope",
        asked="Return the table H of the central differences of all entries of the gradient.",
        signature="second_slopes(gradient, w, eps)",
        shapes="w (k,) -> H (k, k)",
        form="array",
        section="Measure the slope",
        lesson="06",
        question="Which two places belong to one weight, how far apart are they, and where are the others?",
        answer_from=table_of_slopes,
        cases=bent_losses,
        mistakes=("M51", "M80", "M81"),
        type="transfer",
        concept="sign and size of a slope",
        sibling="10.8",
        where="backprop_course.grading.measuring",
    ),
    Choice(
        id="08.9",
        title="Three more patients",
        asked="Choose the line that tells what is wrong in the checks P, Q and R.",
        signature='patients = "…"',
        section="Reading the fingerprint",
        lesson="06",
        question="Which parameters differ, and what do ratio and cosine say?",
        answer="d",
        told={
            "a": "A second division by N shows in all four gradients. Which of them differ in P?",
            "b": "A second division by N keeps the direction, so the cosine is 1. Is it so in Q?",
            "c": "A forgotten mask spoils W1 and b1, and nothing else. Which gradient differs in R?",
        },
        concept="shapes, sum against mean over the batch",
        sibling="10.8",
    ),
    asked_of_a_schedule(
        id="08.10",
        title="Warm up, then fall",
        asked="Return the learning rate at this step.",
        signature="rate_at(step, highest, lowest, warm, steps)",
        section="Schedules",
        question="To which part does this step belong, and how far has that part come?",
        answer_from=warmed,
        cases=moments,
        mistakes=("M140", "M141", "M142"),
        type="program",
        sibling="10.9",
    ),
)
