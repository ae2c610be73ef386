"""Lesson 12 adds penalties to a loss, so its exercises ask what these do to a weight, a gradient, a step."""

import numpy as np

from backprop_course import ops
from backprop_course.grading import in_parts, one_penalty
from backprop_course.grading.bank.lesson_10 import noise, one_step
from backprop_course.grading.bank.networks import networks
from backprop_course.grading.exercise import Exercise
from backprop_course.grading.short_answers import Choice
from backprop_course.models import additions, two_layer
from backprop_course.training import diagnostics, optimizers

STRENGTHS = {  # of L1 and of L2
    "different sizes": (0.2, 0.3), "one example": (0.5, 0.1), "one hidden unit": (0.4, 0.25),
    "equal sizes": (0.0, 0.7), "extreme values": (3.0, 0.05), "float32": (0.3, 0.0),
}  # fmt: skip
LABEL = {"equal sizes": "equal sizes, L2 alone", "float32": "float32, L1 alone"}
SHAPES = {
    "different sizes": (4, 3), "one weight": (1, 1), "equal sizes": (3, 3), "extreme values": (2, 5),
    "float32": (3, 4),
}  # fmt: skip


# ------------------------------------------------------------------ arguments
def with_strengths(rng):
    """(params, X, Y_true, l1, l2); one weight is exactly 0."""
    cases = {}
    for label, (params, saved, Y_true) in networks(rng).items():
        if label == "different sizes":
            params["W2"][0, 0] = 0
        cases[LABEL.get(label, label)] = (params, saved.X, Y_true, *STRENGTHS[label])
    return cases


def weights_and_slopes(rng):
    """(W, dW, learning_rate, strength): steps that end at 0 and steps that do not; once without a penalty."""
    cases = {}
    for label, shape in SHAPES.items():
        dtype, scale = ("f4" if label == "float32" else "f8"), (1e6 if label == "extreme values" else 1.0)
        W, dW = scale * rng.standard_normal((2, *shape))
        near = np.arange(W.size).reshape(shape) % 2 == 1  # these end at 0, for the threshold is 0.15
        W[near], dW[near] = 0.1 * np.sign(W[near]) * scale, 0.0
        cases[label] = (W.astype(dtype), dW.astype(dtype), 0.25, 0.6 * scale)
    W = np.array([[0.5, -0.5, 0.0], [2.0, -2.0, 0.25]])
    cases["weights at 0 and at the threshold"] = (W, np.zeros((2, 3)), 0.5, 1.0)
    return cases | {"strength 0": (rng.standard_normal((2, 3)), rng.standard_normal((2, 3)), 0.5, 0.0)}


def in_the_middle_of_adam(rng):
    """(W, dW, m, v, t, learning_rate, weight_decay), at the first step and later."""
    steps = {
        "different sizes": (7, 0.1, 0.5), "one weight": (1, 0.2, 1.0), "equal sizes": (1000, 0.05, 0.8),
        "extreme values": (3, 0.3, 0.4), "float32": (20, 0.25, 0.6),
        "a weight without any gradient": (4, 0.15, 0.7),
    }  # fmt: skip
    cases = {}
    for label, (t, *rates) in steps.items():
        shape, dtype = SHAPES.get(label, (2, 3)), "f4" if label == "float32" else "f8"
        W, *slopes = rng.standard_normal((4, *shape))
        scale = np.ones(shape)
        if label == "extreme values":  # of the slopes, which eps is sometimes smaller than and sometimes not
            scale = 10.0 ** rng.permutation(np.linspace(-8, 8, W.size).round()).reshape(shape)
        if "without" in label:
            scale[1, 2] = 0
        dW, m, v = scale * slopes
        v = v**2 + 0.01 * scale**2
        if t == 1:  # nothing is remembered yet
            m, v = 0 * m, 0 * v
        cases[label] = (*(array.astype(dtype) for array in (W, dW, m, v)), t, *rates)
    return cases


# ------------------------------------------------------------------ answers from a module
def proximal(module):
    """The proximal step of L1, with the module's own threshold."""
    if hasattr(module, "proximal_step"):
        return module.proximal_step
    return lambda W, dW, rate, strength: module.soft_threshold(W - rate * dW, rate * strength)


def lowest_points(module):
    """Where (w - 3)² with either penalty is lowest, for the strengths 2 and 8."""
    l2_slope, step = getattr(module, "l2_backward", ops.l2_backward), proximal(module)

    def slope(w, strength):  # a straight line in w
        return 2 * (w - 3) + l2_slope(w, strength)

    with_L2 = [slope(0.0, s) / (slope(0.0, s) - slope(1.0, s)) for s in (2, 8)]
    with_L1 = [step(3.0, 0.0, 0.5, s) for s in (2, 8)]  # (v - 3)² is twice the ½ (v - w)² of the step
    return np.array(with_L2), np.array(with_L1)


def penalized_gradients(module):
    """The gradients of loss + λ Σ|W| + λ ΣW²: by the module's way to add penalties, or with its slopes."""

    def answer(params, X, Y_true, l1, l2):
        _, saved = two_layer.forward(params, X)
        if hasattr(module, "with_penalties"):
            return module.with_penalties(two_layer, l1, l2).backward(params, saved, Y_true)
        grads = two_layer.backward(params, saved, Y_true)
        for W in ("W1", "W2"):
            grads[W] = grads[W] + module.l1_backward(params[W], l1) + module.l2_backward(params[W], l2)
        return grads

    return answer


def translated(module):
    """weight_decay for λ = 0.5; where one step at 0.1 takes w = 2 with L2, and w = 0.2 with proximal L1."""
    l2_slope = getattr(module, "l2_backward", ops.l2_backward)
    return l2_slope(1.0, 0.5), 2 - 0.1 * l2_slope(2.0, 0.5), proximal(module)(0.2, 0.0, 0.1, 0.5)


def decoupled_step(module):
    """(W, m, v) after one step of AdamW."""

    def answer(W, dW, m, v, t, learning_rate, weight_decay):
        opt = module.adamw(learning_rate, weight_decay=weight_decay)
        state = {"step": t - 1, "m": {"W": m}, "v": {"W": v}}
        params, state = opt.update({"W": W}, {"W": dW}, state)
        return params["W"], state["m"]["W"], state["v"]["W"]

    return answer


def two_balls(module):
    """Where the heavy ball and Nesterov's stand after the two steps of 12.8."""
    places = []
    for make in (module.momentum, module.nesterov):
        W, V = np.array([10.0, 2.0]), np.zeros(2)
        for slopes in ([8.0, 16.0], [8.0, -16.0]):
            W, V = one_step(make)(W, np.array(slopes), V, 0.2, 0.25)
        places.append(W)
    return tuple(places)


def noise_and_parts(module):
    """The variance of 12.9, the size of a batch with a ninth of it, and the slope of a bias from three parts.

    Where all parameters are 0, either class has the probability ½, so the classes alone make the slopes.
    """
    variance = noise(module if hasattr(module, "gradient_variance") else diagnostics)
    whole = getattr(module, "gradient", in_parts.gradient)
    params = {"W1": np.zeros((1, 1)), "b1": np.zeros(1), "W2": np.zeros((2, 1)), "b2": np.zeros(2)}
    Y_true = np.eye(2)[[1, 1, 1, 1, 0, 1, 1, 1, 0, 0]]  # the slopes are ½, ¼ and -½
    grads = np.array([[3.0, 4.0], [3.0, 1.0], [0.0, 1.0]])
    return variance(grads), 8 * 3**2, whole(params, np.zeros((10, 1)), Y_true, 4)["b2"][0]


# ------------------------------------------------------------------ the exercises
EXERCISES = (
    Exercise(
        id="12.1",
        title="Two lowest points by hand",
        asked="Give where the loss is lowest with λw², for λ = 2 and 8, then the same with λ|w|.",
        signature="lowest = ((with_L2_at_2, with_L2_at_8), (with_L1_at_2, with_L1_at_8))",
        shapes="-> with_L2 (2,), with_L1 (2,)",
        form="tuple",
        section="One weight, two penalties",
        sibling="14.8",
        question="Where do the two slopes add up to 0, and is the weight still above 0 there?",
        answer_from=lowest_points,
        mistakes=("M22", "M118", "M170"),
        type="predict",
        where=one_penalty.__name__,
    ),
    Exercise(
        id="12.2",
        title="Gradients with both penalties",
        asked='Return a dict with "W1", "b1", "W2" and "b2": the gradients of loss + l1 · Σ|W| + l2 · ΣW².',
        signature="gradients(params, X, Y_true, l1, l2)",
        shapes="X (N, n), Y_true (N, m), W1 (h, n) -> W1 (h, n), b1 (h,), W2 (m, h), b2 (m,)",
        form="dict",
        section="λΣW²: every weight loses the same share",
        sibling="14.9",
        question="Which slope does each penalty add, with which factor and sign, and to which parameters?",
        answer_from=penalized_gradients,
        cases=with_strengths,
        mistakes=("M22", "M23", "M24", "M115", "M116", "M117"),
        where=additions.__name__,
    ),
    Exercise(
        id="12.3",
        title="A step that can end at 0",
        asked="Return the weights after a step downhill on the loss and the proximal step of λΣ|W|.",
        signature="proximal_step(W, dW, learning_rate, strength)",
        shapes="W (h, n), dW (h, n) -> W_new (h, n)",
        form="array",
        section="The proximal step",
        sibling="14.8",
        question="By how much does the penalty move a weight in one step, and where does it have to stop?",
        answer_from=proximal,
        cases=weights_and_slopes,
        mistakes=("M118", "M119", "M170"),
        type="faded",
        where=one_penalty.__name__,
    ),
    Exercise(
        id="12.4",
        title="From one convention to another",
        asked="Give weight_decay, then the weight after one step with L2, then after one proximal step.",
        signature="answer = (weight_decay, after_L2, after_L1)",
        shapes="-> weight_decay (), after_L2 (), after_L1 ()",
        form="tuple",
        section="The 2 that is sometimes missing",
        sibling="14.9",
        question="What is the slope of each penalty at this weight, and what makes a step of it?",
        answer_from=translated,
        mistakes=("M22", "M119", "M170"),
        type="transfer",
        where=one_penalty.__name__,
    ),
    Exercise(
        id="12.5",
        title="Decay beside Adam",
        asked="Return W, m and v after one step of Adam with decoupled weight decay.",
        signature="adamw_step(W, dW, m, v, t, learning_rate, weight_decay)",
        shapes="W (h, n), dW (h, n), m (h, n), v (h, n) -> W_new (h, n), m_new (h, n), v_new (h, n)",
        form="tuple",
        section="L2 and decoupled decay",
        sibling="14.9",
        question="What enters m and v, and which share of the old W is lost beside Adam's step?",
        answer_from=decoupled_step,
        cases=in_the_middle_of_adam,
        mistakes=("M42", "M43", "M44", "M110", "M113", "M114"),
        where=optimizers.__name__,
    ),
    Choice(
        id="12.6",
        title="Which penalty was it?",
        asked="Give the letter of the line that tells how P, Q and R were trained.",
        signature='letter = "…"',
        section="What becomes of the weights?",
        sibling="14.8",
        question="Which of the three sets weights to 0, and which only draws them together?",
        answer="c",
        told={
            "a": "Q and R have most weights near 0, and yet the largest ones of all. Does L2 do that?",
            "b": "R has weights that are exactly 0. Do steps of a fixed length ever end there?",
            "d": "P has no large weight, no exact 0. Which penalty pulls large weights most, and none to 0?",
        },
    ),
    Exercise(
        id="12.8",
        title="Two balls in a ravine",
        asked="Give the two weights of the heavy ball after two steps, then those of Nesterov's.",
        signature="balls = (heavy, nesterov)",
        shapes="-> heavy (2,), nesterov (2,)",
        form="tuple",
        section="Three forms that are easily confused",
        lesson="10",
        question="What are both velocities, and by what does each ball move?",
        answer_from=two_balls,
        mistakes=("M46", "M105", "M106", "M107", "M108", "M109", "M166"),
        type="predict",
        concept="gradient against update",
        sibling="14.8",
        where=optimizers.__name__,
    ),
    Exercise(
        id="12.9",
        title="Noise and parts by hand",
        asked="Give the variance of the gradient, the batch size, and the slope over all ten rows.",
        signature="numbers = (variance, batch_size, slope)",
        shapes="-> variance (), batch_size (), slope ()",
        form="tuple",
        section="A gradient from a few rows",
        lesson="10",
        question="From what are the distances, what falls with the root of B, how much does a part count?",
        answer_from=noise_and_parts,
        mistakes=("M160", "M161", "M162", "M163", "M164", "M165"),
        type="predict",
        concept="shapes, sum against mean over the batch",
        sibling="14.9",
        where=diagnostics.__name__,
    ),
)
