"""Lesson 05 derives one line at a time, so its exercises ask for one line first and for all of them at last.

A backward pass returns gradients of parameters only. Each smaller answer is one of these gradients where the
layer next to it is the identity: with A1 = I, for instance, dW2 = dZ2.T @ A1 shows dZ2 itself.
"""

import math

import numpy as np

from backprop_course.grading.exercise import Exercise
from backprop_course.models.two_layer import Saved, forward

SIZES = {  # N, n, h, m
    "different sizes": (6, 5, 4, 3),
    "one example": (1, 3, 4, 2),
    "equal sizes": (4, 4, 4, 4),
    "extreme values": (5, 2, 6, 3),
    "float32": (7, 3, 5, 4),
}


# ------------------------------------------------------------------ arguments
def networks(rng: np.random.Generator) -> dict[str, tuple]:
    """(params, saved, Y_true) for each kind of case; no sum is exactly 0, one unit is on and one is off."""
    return {label: _network(rng, label, *sizes) for label, sizes in SIZES.items()}


def _network(rng, label, N, n, h, m):
    scale = 8.0 if label == "extreme values" else 1.0
    dtype = np.float32 if label == "float32" else np.float64
    W1, b1 = scale * rng.standard_normal((h, n)) / math.sqrt(n), rng.standard_normal(h)
    X = rng.standard_normal((N, n))
    for unit, sign in ((0, 1), (1, -1)):  # in the first example
        if sign * (W1[unit] @ X[0] + b1[unit]) < 0:
            W1[unit], b1[unit] = -W1[unit], -b1[unit]
    W2, b2 = scale * rng.standard_normal((m, h)) / math.sqrt(h), rng.standard_normal(m)
    params = {"W1": W1, "b1": b1, "W2": W2, "b2": b2}
    params = {name: array.astype(dtype) for name, array in params.items()}
    _, saved = forward(params, X.astype(dtype))
    labels = (saved.Y_pred.argmax(axis=1) + rng.integers(0, m, N)) % m
    labels[0] = saved.Y_pred[0].argmin()  # so that there is an error to send back
    return params, saved, np.eye(m, dtype=dtype)[labels]


def output_errors(rng):
    """(Y_pred, Y_true), among them probabilities as small as 1e-300."""
    cases = {label: (saved.Y_pred, Y_true) for label, (_, saved, Y_true) in networks(rng).items()}
    cases["extreme values"][0][0] = [1e-300, 1.0, 1e-300]
    return cases


def second_layers(rng):
    """(dZ2, A1)."""
    return {label: (dZ2, saved.A1) for label, _, saved, dZ2 in _errors(rng)}


def ways_back(rng):
    """(dZ2, W2)."""
    return {label: (dZ2, params["W2"]) for label, params, _, dZ2 in _errors(rng)}


def masks(rng):
    """(dA1, Z1)."""
    return {label: (dZ2 @ params["W2"], saved.Z1) for label, params, saved, dZ2 in _errors(rng)}


def _errors(rng):
    for label, (params, saved, Y_true) in networks(rng).items():
        dZ2 = (saved.Y_pred - Y_true) / len(Y_true)
        yield label, params, saved, dZ2 * (1e-12 if label == "extreme values" else 1)


# ------------------------------------------------------------------ answers from a module
def output_error(net):
    """dZ2 from (Y_pred, Y_true): with A1 = I, dW2 is dZ2 transposed."""

    def answer(Y_pred, Y_true):
        N = len(Y_pred)
        eye = np.eye(N, dtype=Y_pred.dtype)
        params = {"W1": eye, "b1": np.zeros(N), "W2": np.zeros_like(Y_pred.T)}
        saved = Saved(X=eye, Z1=eye, A1=eye, Y_pred=Y_pred)
        return net.backward(params, saved, Y_true)["W2"].T

    return answer


def second_layer(net):
    """dW2 and db2 from (dZ2, A1)."""

    def answer(dZ2, A1):
        grads = _from_error(net, dZ2, np.zeros((dZ2.shape[1], A1.shape[1]), dZ2.dtype), A1)
        return grads["W2"], grads["b2"]

    return answer


def way_back(net):
    """dA1 from (dZ2, W2): with every unit on and X = I, dW1 is dA1 transposed."""
    return lambda dZ2, W2: _from_error(net, dZ2, W2, np.ones((len(dZ2), len(W2.T))))["W1"].T


def mask(net):
    """dZ1 from (dA1, Z1): with W2 = I and X = I, dW1 is dZ1 transposed."""
    return lambda dA1, Z1: _from_error(net, dA1, np.eye(dA1.shape[1], dtype=dA1.dtype), Z1)["W1"].T


def _from_error(net, dZ2, W2, Z1):
    """All gradients for this dZ2: a prediction is made that differs from the answer by N · dZ2.

    They are proportional to dZ2; a power of 2 brings it near 1, so that no digit is lost beside the answer.
    """
    N, m = dZ2.shape
    scale = 2.0 ** math.ceil(math.log2(np.abs(dZ2).max()))
    Y_true = np.eye(m, dtype=dZ2.dtype)[np.zeros(N, int)]
    saved = Saved(np.eye(N), Z1, np.maximum(Z1, 0), N * (dZ2 / scale) + Y_true)
    grads = net.backward({"W1": Z1.T, "b1": np.zeros(Z1.shape[1]), "W2": W2}, saved, Y_true)
    return {name: scale * grad for name, grad in grads.items()}


# ------------------------------------------------------------------ the exercises
IN_DZ2 = ("M1", "M2", "M3", "M4", "M5", "M6", "M7", "M8", "M35")
IN_THE_MASK = ("M10", "M11", "M12", "M13")

EXERCISES = (
    Exercise(
        id="05.2",
        title="The error of each class",
        asked="Return dZ2, the gradient of the mean loss at the scores, for a batch in rows.",
        signature="output_error(Y_pred, Y_true)",
        shapes="Y_pred (N, m), Y_true (N, m) -> dZ2 (N, m)",
        form="array",
        section="Through the loss and the softmax",
        question="What is left when the softmax meets the cross-entropy, and what does the mean do to it?",
        answer_from=output_error,
        cases=output_errors,
        mistakes=IN_DZ2,
    ),
    Exercise(
        id="05.3",
        title="The weights of the second layer",
        asked="Return dW2 and db2.",
        signature="second_layer_gradients(dZ2, A1)",
        shapes="dZ2 (N, m), A1 (N, h) -> dW2 (m, h), db2 (m,)",
        form="tuple",
        section="To the weights of the second layer",
        question="Which index is summed away, and what does each example contribute?",
        answer_from=second_layer,
        cases=second_layers,
        mistakes=("M15", "M16", "M17"),
    ),
    Exercise(
        id="05.4",
        title="Through W2 to the hidden units",
        asked="Return dA1, what arrives at the outputs of the hidden units.",
        signature="hidden_error(dZ2, W2)",
        shapes="dZ2 (N, m), W2 (m, h) -> dA1 (N, h)",
        form="array",
        section="Second sitting: through W2 to the hidden units",
        question="A hidden unit reaches the loss through every class. Over which index of W2 is the sum?",
        answer_from=way_back,
        cases=ways_back,
        mistakes=("M14",),
    ),
    Exercise(
        id="05.5",
        title="Through the ReLU",
        asked="Return dZ1, what arrives at the inputs of the hidden units.",
        signature="relu_error(dA1, Z1)",
        shapes="dA1 (N, h), Z1 (N, h) -> dZ1 (N, h)",
        form="array",
        section="Through the ReLU, to the weights of the first layer",
        question="Which units pass their gradient on, which do not, and what decides it?",
        answer_from=mask,
        cases=masks,
        mistakes=IN_THE_MASK,
    ),
    Exercise(
        id="05.6",
        title="The whole backward pass",
        asked='Return a dict with the gradients of "W1", "b1", "W2" and "b2".',
        signature="backward(params, saved, Y_true)",
        shapes="X (N, n), A1 (N, h), Y_pred (N, m) -> W1 (h, n), b1 (h,), W2 (m, h), b2 (m,)",
        form="dict",
        section="The batch",
        question="Which line is on the way to what differs, and on the way to nothing that is right?",
        answer_from=lambda net: net.backward,
        cases=networks,
        mistakes=(*IN_DZ2, "M9", *IN_THE_MASK, "M14", "M15", "M16", "M17", "M18", "M54"),
    ),
)
