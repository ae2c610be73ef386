"""Lesson 11 gives every weight its own step, so its exercises ask for these steps, part by part."""

import numpy as np

from backprop_course.grading.bank.lesson_09 import SIZES, Given
from backprop_course.grading.bank.networks import networks
from backprop_course.grading.exercise import Exercise
from backprop_course.grading.short_answers import Order
from backprop_course.models import initializers, two_layer
from backprop_course.training import diagnostics, optimizers

T = {  # the number of the update
    "different sizes": 3, "the first update": 1, "one weight": 2, "equal sizes": 1, "a late update": 2000,
    "a weight without any gradient": 4, "extreme values": 5, "float32": 2,
}  # fmt: skip
SHAPES = {"the first update": (2, 5), "one weight": (1, 1), "equal sizes": (3, 3)}
MADE = {  # how many updates came before
    "different sizes": 4, "one example": 0, "equal sizes": 1, "one hidden unit": 9, "extreme values": 0,
    "float32": 2,
}  # fmt: skip
# what a message tells of a case
MADE_LABEL = {"one example": "no update so far", "one hidden unit": "a pixel that is always 0"}
BETAS_AND_EPS = (0.9, 0.999, 1e-8)


# ------------------------------------------------------------------ arguments
def _drawn(rng, shape, t, scale=1.0):
    """dW, m and v (shape) before update number t; before the first one nothing is remembered."""
    dW, m, v = rng.standard_normal((3, *shape)) * scale
    return dW, 0.3 * m * (t > 1), 0.01 * v**2 * (t > 1)


def _cases(rng):
    """W, dW, m and v (h, n), by a description."""
    for label, t in T.items():
        shape, dtype = SHAPES.get(label, (3, 4)), np.float32 if label == "float32" else np.float64
        scale = 10.0 ** rng.integers(-8, 8, shape) if label == "extreme values" else 1.0
        arrays = rng.standard_normal(shape), *_drawn(rng, shape, t, scale)
        if "without" in label:
            for array in arrays[1:]:
                array[1, 2] = 0
        yield label, [array.astype(dtype) for array in arrays]


def _rate(rng):
    """A learning rate, never 0.5: its double is not 1, and it is not 1 less itself."""
    return float(rng.uniform(0.1, 0.4))


def for_rmsprop(rng):
    """(W, dW, v, learning_rate, rho, eps); eps is of a size that shows."""
    return {
        label: (W, dW, v, _rate(rng), float(rng.uniform(0.6, 0.95)), float(10 ** rng.uniform(-6, -4)))
        for label, (W, dW, _, v) in _cases(rng)
    }


def for_adam(rng):
    """(W, dW, m, v, t, learning_rate)."""
    return {label: (*arrays, T[label], _rate(rng)) for label, arrays in _cases(rng)}


def for_adamw(rng):
    """(W, dW, m, v, t, learning_rate, weight_decay)."""
    return {
        label: (*arrays, T[label], _rate(rng), float(rng.uniform(0.2, 0.9))) for label, arrays in _cases(rng)
    }


def for_a_network(rng):
    """(params, grads, m, v, made, learning_rate)."""
    cases = {}
    for label, (params, _, _) in networks(rng).items():
        parts = [{}, {}, {}]
        for name, W in params.items():
            for part, array in zip(parts, _drawn(rng, W.shape, MADE[label] + 1)):
                part[name] = array.astype(W.dtype)
                if label == "one hidden unit" and name == "W1":
                    part[name][:, 0] = 0
        cases[MADE_LABEL.get(label, label)] = (params, *parts, MADE[label], _rate(rng))
    return cases


def for_another_library(rng):
    """(normal, uniform), both (n, h): a row for each input, a column for each unit."""
    cases = {}
    for label, (n, h, _) in SIZES.items():
        draws = rng.standard_normal((n, h)), rng.uniform(-1, 1, (n, h))
        cases[label] = tuple(each.astype("f4" if label == "float32" else "f8") for each in draws)
    return cases


# ------------------------------------------------------------------ answers from a module
def first_steps(module):
    """How far AdaGrad, RMSProp and Adam go at first, at a rate of 0.01, where the slope is -4."""
    lengths = []
    for make in (module.adagrad, module.rmsprop, module.adam):
        optimizer, params = make(0.01), {"w": np.zeros(1)}
        moved, _ = optimizer.update(params, {"w": np.full(1, -4.0)}, optimizer.init(params))
        lengths.append(moved["w"][0])
    return tuple(lengths)


def rmsprop_step(module):
    """(W, v) after one update of RMSProp."""

    def step(W, dW, v, learning_rate, rho, eps):
        state = {"step": 0, "mean_square": {"W": v}}
        params, state = module.rmsprop(learning_rate, rho, eps).update({"W": W}, {"W": dW}, state)
        return params["W"], state["mean_square"]["W"]

    return step


def adam_step(module):
    """(W, m, v) after update number t of Adam."""

    def step(W, dW, m, v, t, learning_rate):
        state = {"step": t - 1, "m": {"W": m}, "v": {"W": v}}
        params, state = module.adam(learning_rate).update({"W": W}, {"W": dW}, state)
        return params["W"], state["m"]["W"], state["v"]["W"]

    return step


def adam_update(module):
    """The parameters of a network after one update more; a planted `updating` gets the equations of Adam."""

    def adam(learning_rate):
        rule = optimizers.adam_rule(*BETAS_AND_EPS)
        return module.from_rule(rule, learning_rate, remembers=("m", "v"))

    make = getattr(module, "adam", adam)

    def update(params, grads, m, v, made, learning_rate):
        return make(learning_rate).update(params, grads, {"step": made, "m": m, "v": v})[0]

    return update


def adamw_step(module):
    """W after update number t of AdamW."""

    def step(W, dW, m, v, t, learning_rate, weight_decay):
        optimizer = module.adamw(learning_rate, *BETAS_AND_EPS, weight_decay)
        state = {"step": t - 1, "m": {"W": m}, "v": {"W": v}}
        return optimizer.update({"W": W}, {"W": dW}, state)[0]["W"]

    return step


def other_way(module):
    """He's weights and Xavier's uniform ones, (n, h), from numbers of that shape."""

    def answer(normal, uniform):
        draws = (Given(each.T) for each in (normal, uniform))
        kinds = module.he, module.xavier_uniform
        return tuple(kind(each, *normal.T.shape, normal.dtype).T for kind, each in zip(kinds, draws))

    return answer


SUMS = np.array([[-1.0, 2, 0, -3, 1], [-2, -1, 0, 4, 2], [0, 3, 0, -1, 5], [-4, 1, 0, 2, 3]])


def movers(module):
    """The share of dead units of 11.9, and how many rows of W1 move in the first and in the second step."""
    X, Y_true = np.eye(4), np.eye(2)[[0, 1, 1, 0]]
    params = {"W1": SUMS.T, "b1": np.zeros(5), "W2": np.array([[1.0, 2, 3, 4, 0], [2, 1, 1, 2, 0]])}
    params["b2"], moved = np.zeros(2), []
    for _ in range(2):
        grads = two_layer.backward(params, two_layer.forward(params, X)[1], Y_true)
        params = {name: W - 0.01 * grads[name] for name, W in params.items()}
        moved.append(np.sum(np.any(grads["W1"] != 0, axis=1)))
    return (module.dead_units([SUMS])[0], *moved)


# ------------------------------------------------------------------ the exercises
EXERCISES = (
    Order(
        id="11.1",
        title="One update of Adam in order",
        asked="Give the step numbers in an order in which everything is there when it is needed.",
        signature="order = [1, 2, …]",
        section="Adam",
        question="What does this step use, and which step makes it or changes it?",
        needs={1: (3, 5, 6), 2: (1,), 3: (4,), 4: (), 5: (4,), 6: ()},
        slips={"M43": (1, 6)},
        sibling="13.8",
    ),
    Exercise(
        id="11.2",
        title="Three first steps",
        asked="Give how far w moves in the first step, and in which direction, for each of the three.",
        signature="steps = (adagrad, rmsprop, adam)",
        shapes="-> adagrad (), rmsprop (), adam ()",
        form="tuple",
        section="Adam",
        question="What is remembered after this first gradient, and what is its root?",
        answer_from=first_steps,
        mistakes=("M42", "M110", "M112"),
        type="predict",
        sibling="13.8",
        where=optimizers.__name__,
    ),
    Exercise(
        id="11.3",
        title="RMSProp",
        asked="Return the new W and the new v after one update of RMSProp, as a pair.",
        signature="rmsprop_step(W, dW, v, learning_rate, rho, eps)",
        shapes="W (h, n), dW (h, n), v (h, n) -> W (h, n), v (h, n)",
        form="tuple",
        section="RMSProp",
        question="What is collected in v, which v divides the step, after what, and where is eps added?",
        answer_from=rmsprop_step,
        cases=for_rmsprop,
        mistakes=("M45", "M112", "M44", "M168"),
        type="faded",
        sibling="13.9",
        where=optimizers.__name__,
    ),
    Exercise(
        id="11.4",
        title="Adam, on an empty page",
        asked="Return the new W, m and v after update number t of Adam, as a tuple.",
        signature="adam_step(W, dW, m, v, t, learning_rate)",
        shapes="W (h, n), dW (h, n), m (h, n), v (h, n) -> W (h, n), m (h, n), v (h, n)",
        form="tuple",
        section="Adam",
        question="How are both means corrected, with which power of beta, and what guards the division?",
        answer_from=adam_step,
        cases=for_adam,
        mistakes=("M42", "M43", "M110", "M44", "M168"),
        sibling="13.8",
        where=optimizers.__name__,
    ),
    Exercise(
        id="11.5",
        title="First steps that shrink",
        asked='Return a dict with the new "W1", "b1", "W2" and "b2" after one update more.',
        signature="adam_update(params, grads, m, v, made, learning_rate)",
        shapes="W1 (h, n), b1 (h,), W2 (m, h), b2 (m,) -> W1 (h, n), b1 (h,), W2 (m, h), b2 (m,)",
        form="dict",
        section="Adam",
        question="Which number has this update, and for which of the parameters does it hold?",
        answer_from=adam_update,
        cases=for_a_network,
        mistakes=("M111", "M43", "M110", "M42", "M44"),
        type="debug",
        sibling="13.8",
        where=optimizers.__name__,
    ),
    Exercise(
        id="11.6",
        title="From Adam to AdamW",
        asked="Return the new W after update number t of AdamW.",
        signature="adamw_step(W, dW, m, v, t, learning_rate, weight_decay)",
        shapes="W (h, n), dW (h, n), m (h, n), v (h, n) -> W (h, n)",
        form="array",
        section="AdamW",
        question="From what is the decay subtracted, times which two numbers, and does v ever see it?",
        answer_from=adamw_step,
        cases=for_adamw,
        mistakes=("M113", "M114", "M42"),
        type="transfer",
        sibling="13.9",
        where=optimizers.__name__,
    ),
    Exercise(
        id="11.8",
        title="Weights that stand the other way",
        asked="Return `normal` with the scale of He and `uniform` with the variance of Xavier, as a pair.",
        signature="start_other_way(normal, uniform)",
        shapes="normal (n, h), uniform (n, h) -> W_he (n, h), W_xavier (n, h)",
        form="tuple",
        section="The scale of a draw",
        lesson="09",
        question="Which axis counts the inputs here, and which factor gives these numbers that variance?",
        answer_from=other_way,
        cases=for_another_library,
        mistakes=("M49", "M50", "M100", "M101", "M102", "M103"),
        type="transfer",
        sibling="13.9",
        where=initializers.__name__,
    ),
    Exercise(
        id="11.9",
        title="Who moves?",
        asked="Give the share of dead units, then how many rows of W1 move in the first and the second step.",
        signature="start = (dead_share, first_step, second_step)",
        shapes="-> dead_share (), first_step (), second_step ()",
        form="tuple",
        section="Dead units",
        lesson="09",
        question="Which units are on for some example, and to which of them does an error come back?",
        answer_from=movers,
        mistakes=("M104", "M145", "M146"),
        type="predict",
        concept="the ReLU mask looks at Z1",
        sibling="13.8",
        where=diagnostics.__name__,
    ),
)
