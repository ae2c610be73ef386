"""Lesson 14 derives the way back through a whole batch, so its exercises ask for each side of that."""

from functools import partial
from types import SimpleNamespace

import numpy as np

from backprop_course import ops
from backprop_course.grading.bank.clinic_14 import RUNS
from backprop_course.grading.exercise import Exercise
from backprop_course.models import additions
from backprop_course.ops import batchnorm

EPS = 1e-12  # next to nothing: by hand it is left out
SIZES = {  # N, n, scale, eps; the eps of two examples is large, else nothing but rounding is left of dX
    "different sizes": (6, 4, 3.0, 1e-5),
    "two examples": (2, 3, 1.0, 0.5),
    "one column": (5, 1, 2.0, 0.1),
    "equal sizes": (4, 4, 1.0, 1e-3),
    "large values": (5, 3, 1e4, 1e-5),
    "small values": (7, 2, 1e-3, 1e-5),
    "float32": (8, 3, 2.0, 1e-3),
}


# ------------------------------------------------------------------ arguments
def batches(rng):
    """(X, gamma, beta, eps): each column with a centre of its own; no gamma is 0 or ±1."""
    cases = {}
    for label, (N, n, scale, eps) in SIZES.items():
        X = scale * (rng.uniform(-2, 2, n) + rng.standard_normal((N, n)))
        gamma = rng.uniform(1.2, 3, n) * (-1) ** np.arange(n)
        dtype = "f4" if label == "float32" else "f8"
        arrays = (array.astype(dtype) for array in (X, gamma, scale * rng.standard_normal(n)))
        cases[label] = (*arrays, eps)
    return cases


def upstream(rng):
    """(dout, saved)."""
    return {
        label: (rng.standard_normal(X.shape).astype(X.dtype), batchnorm(X, gamma, beta, eps)[1])
        for label, (X, gamma, beta, eps) in batches(rng).items()
    }


def old_and_new(rng):
    """(mean, var, X, momentum): statistics so far, a batch, and its share."""
    shares = {"large values": 0.01, "one column": 0.25, "two examples": 0.9, "equal sizes": 1.0}
    return {
        label: (rng.standard_normal(gamma.shape).astype(X.dtype), np.abs(gamma), X, shares.get(label, 0.1))
        for label, (X, gamma, _, _) in batches(rng).items()
    }


def used(rng):
    """(X, gamma, beta, mean, var, eps), among them a single example; one column has no spread."""
    cases = {}
    for label, (X, gamma, beta, eps) in batches(rng).items():
        rows = X[:1] if label == "small values" else X
        mean, var = X.mean(axis=0) + gamma, (X.var(axis=0) * np.abs(gamma)).astype(X.dtype)
        var[-1] *= label != "equal sizes"
        cases["one example" if len(rows) == 1 else label] = (rows, gamma, beta, mean, var, eps)
    return cases


def single_rows(rng):
    """(dout, X, eps): rows to be normalized, one of them alone."""
    cases = {}
    for label, (X, _, _, eps) in batches(rng).items():
        if label != "one column":  # one number is its own mean
            cases[label] = (rng.standard_normal(X.shape).astype(X.dtype), X, eps)
    return cases | {"one example": (rng.standard_normal((1, 5)), 3 * rng.standard_normal((1, 5)), 1e-5)}


def wishes(rng):
    """(a, l1, l2): some entries of a are nearer to 0 than half of l1, and others beyond l1."""
    kinds = {
        "different sizes": (5, 1.2, 0.7), "one weight": (1, 0.5, 2.0), "L1 alone": (6, 1.5, 0.0),
        "L2 alone": (4, 0.0, 1.5), "extreme values": (7, 1e6, 0.05), "float32": (6, 0.8, 0.25),
    }  # fmt: skip
    cases = {}
    for label, (n, l1, l2) in kinds.items():
        sizes = (l1 or 1.0) * np.resize([1.6, 0.3, 0.8], n) * rng.uniform(0.9, 1.1, n)
        a = sizes * rng.choice([-1, 1], n)
        cases[label] = (a.astype("f4" if label == "float32" else "f8"), l1, l2)
    return cases


def linear_models(rng):
    """(X, Y_true, W, b, strength): no bias and no weight is near 0."""
    kinds = {  # N, n, m, strength
        "different sizes": (6, 4, 3, 0.3), "one example": (1, 3, 2, 0.7), "one output": (5, 2, 1, 0.25),
        "equal sizes": (4, 4, 4, 0.4), "extreme values": (3, 2, 5, 1e3), "float32": (7, 3, 2, 0.5),
    }  # fmt: skip
    cases = {}
    for label, (N, n, m, strength) in kinds.items():
        arrays = [rng.standard_normal(shape) for shape in ((N, n), (N, m), (m, n), m)]
        arrays[2:] = (each + np.where(each < 0, -0.5, 0.5) for each in arrays[2:])
        cases[label] = (*(each.astype("f4" if label == "float32" else "f8") for each in arrays), strength)
    return cases


# ------------------------------------------------------------------ answers from a module
COLUMN = np.array([[10.0], [2.0], [4.0], [4.0]])
SIX, ONE = np.array([6.0]), np.array([1.0])


def forward_by_hand(module):
    """Mean and variance of the column, and what becomes of it with gamma 6 and beta 1."""
    out, saved = module.batchnorm(COLUMN, SIX, ONE, EPS)
    return saved.mean[0], saved.var[0], out[:, 0]


def backward_by_hand(module):
    """dX, dgamma and dbeta of the same column, where only the second output has a slope."""
    saved = batchnorm(COLUMN, SIX, ONE, EPS)[1]
    dX, dgamma, dbeta = module.batchnorm_backward(np.array([[0.0], [6.0], [0.0], [0.0]]), saved)
    return dX[:, 0], dgamma[0], dbeta[0]


def normalized(module):
    """out from (X, gamma, beta, eps)."""
    return lambda X, gamma, beta, eps: module.batchnorm(X, gamma, beta, eps)[0]


def moved(module):
    """The new running statistics from (mean, var, X, momentum)."""

    def answer(mean, var, X, momentum):
        plain = np.ones(X.shape[1], X.dtype)
        return module.running_statistics(mean, var, module.batchnorm(X, plain, plain)[1], momentum)

    return answer


def each_example(module):
    """dX of layer normalization from (dout, X, eps): batch normalization of the transposed numbers."""

    def answer(dout, X, eps):
        plain = np.ones(len(X), X.dtype)
        return module.batchnorm_backward(dout.T, batchnorm(X.T, plain, plain, eps)[1])[0].T

    return answer


def lowest_point(module):
    """Where Σ(w - a)² with both penalties is lowest: soft threshold, then the 1 + λ of L2."""
    l2_slope = getattr(module, "l2_backward", ops.l2_backward)

    def answer(a, l1, l2):
        if hasattr(module, "proximal_step"):
            pulled = module.proximal_step(a, np.zeros_like(a), 0.5, l1)
        else:
            pulled = module.soft_threshold(a, 0.5 * l1)
        return pulled / (1 + l2_slope(1.0, l2) / 2)  # the slope of the data at distance 1 is 2

    return answer


def linear_slopes(module):
    """dW and db of a linear model with L2: by the module's way to add penalties, or with its slopes."""

    def data(params, X, Y_true):
        dY_pred = ops.mse_backward(ops.linear(X, params["W"], params["b"]), Y_true)
        return {"W": dY_pred.T @ X, "b": dY_pred.sum(axis=0)}

    def answer(X, Y_true, W, b, strength):
        params = {"W": W, "b": b}
        if hasattr(module, "with_penalties"):
            model = module.with_penalties(SimpleNamespace(backward=data), l2=strength)
            grads = model.backward(params, X, Y_true)
            return grads["W"], grads["b"]
        grads = data(params, X, Y_true)
        return grads["W"] + module.l2_backward(W, strength), grads["b"]

    return answer


# ------------------------------------------------------------------ the exercises
of_batchnorm = partial(Exercise, where="backprop_course.ops.batchnorm")
SAVED = "centred (N, n), std (n,), X_hat (N, n), gamma (n,)"
CONSTANTS = ("M29", "M30", "M125")

EXERCISES = (
    of_batchnorm(
        id="14.1",
        title="Forward by hand",
        asked="Give the mean, the variance and the four outputs.",
        signature="forward = (mean, var, out)",
        shapes="-> mean (), var (), out (4,)",
        form="tuple",
        section="Forward: six lines",
        question="What are the distances from the mean, and what is the mean of their squares?",
        answer_from=forward_by_hand,
        mistakes=("M31", "M148"),
        type="predict",
    ),
    of_batchnorm(
        id="14.2",
        title="Forward for a batch",
        asked="Return out: each column normalized over the batch, then times gamma, plus beta.",
        signature="normalize(X, gamma, beta, eps)",
        shapes="X (N, n), gamma (n,), beta (n,) -> out (N, n)",
        form="array",
        section="Forward: six lines",
        question="Over which numbers are mean and variance taken, and what is each distance divided by?",
        answer_from=normalized,
        cases=batches,
        mistakes=("M31", "M127", "M148"),
        type="faded",
        concept="shapes, sum against mean over the batch",
    ),
    of_batchnorm(
        id="14.3",
        title="Backward by hand",
        asked="Give dX (four numbers), dgamma and dbeta.",
        signature="backward = (dX, dgamma, dbeta)",
        shapes="-> dX (4,), dgamma (), dbeta ()",
        form="tuple",
        section="Backward, one link at a time",
        question="Along which paths does an input reach the second output, and what is the sum of dX?",
        answer_from=backward_by_hand,
        mistakes=(*CONSTANTS, "M31", "M32", "M126"),
        type="predict",
        concept="sum over paths",
    ),
    of_batchnorm(
        id="14.4",
        title="The whole way back",
        asked="Return dX, dgamma and dbeta, as a tuple in this order.",
        signature="backward(dout, saved)",
        shapes=f"dout (N, n), {SAVED} -> dX (N, n), dgamma (n,), dbeta (n,)",
        form="tuple",
        section="Backward, one link at a time",
        question="Which lines of the forward pass use this number, and has the path through each been added?",
        answer_from=lambda module: module.batchnorm_backward,
        cases=upstream,
        mistakes=(*CONSTANTS, "M31", "M32", "M126"),
        concept="sum over paths",
    ),
    of_batchnorm(
        id="14.5",
        title="Move the running statistics",
        asked="Return the new running mean and the new running variance, as a tuple.",
        signature="move(mean, var, X, momentum)",
        shapes="mean (n,), var (n,), X (N, n) -> mean (n,), var (n,)",
        form="tuple",
        section="Where the network is used",
        question="Which share has the batch, which share the past, and by what is its variance divided?",
        answer_from=moved,
        cases=old_and_new,
        mistakes=("M129", "M147"),
    ),
    of_batchnorm(
        id="14.6",
        title="Use the network",
        asked="Return out, as it is where the network is used.",
        signature="evaluate(X, gamma, beta, mean, var, eps)",
        shapes="X (N, n), gamma (n,), beta (n,), mean (n,), var (n,) -> out (N, n)",
        form="array",
        section="Where the network is used",
        question="Which mean and which variance are taken here, and what does a single example get?",
        answer_from=lambda module: module.batchnorm_evaluate,
        cases=used,
        mistakes=("M128", "M148"),
    ),
    Exercise(
        id="14.8",
        title="Both penalties at once",
        asked="Return the weights at which the loss of the data and both penalties are lowest together.",
        signature="lowest_point(a, l1, l2)",
        shapes="a (n,) -> w (n,)",
        form="array",
        section="One weight, two penalties",
        lesson="12",
        question="Where do the three slopes add up to 0, and on which side of 0 is that weight?",
        answer_from=lowest_point,
        cases=wishes,
        mistakes=("M22", "M118", "M170"),
        type="transfer",
        where="backprop_course.grading.one_penalty",
    ),
    Exercise(
        id="14.9",
        title="Three faults of a penalty",
        asked="Return dW and db of the mean squared error plus λΣW², as a pair.",
        signature="penalized_slopes(X, Y_true, W, b, strength)",
        shapes="X (N, n), Y_true (N, m), W (m, n), b (m,) -> dW (m, n), db (m,)",
        form="tuple",
        section="λΣW²: every weight loses the same share",
        lesson="12",
        question="Which slope does the penalty add, to what, and over what is the mean taken?",
        answer_from=linear_slopes,
        cases=linear_models,
        mistakes=("M22", "M23", "M115", "M116", "M117"),
        type="debug",
        concept="shapes, sum against mean over the batch",
        where=additions.__name__,
    ),
    of_batchnorm(
        id="14.10",
        title="Normalize each example",
        asked="Return dX where each row of X is normalized over its own numbers.",
        signature="row_backward(dout, X, eps)",
        shapes="dout (N, n), X (N, n) -> dX (N, n)",
        form="array",
        section="The short form",
        question="Along which axis does a number meet those that share its mean, and how many are they?",
        answer_from=each_example,
        cases=single_rows,
        mistakes=(*CONSTANTS, "M31", "M126"),
        type="transfer",
        concept="shapes, sum against mean over the batch",
    ),
    *RUNS,
)
