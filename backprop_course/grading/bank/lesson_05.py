"""Lesson 05 derives one line at a time, so its exercises ask for one line first, for all of them at last."""

import numpy as np

from backprop_course.autodiff import Value
from backprop_course.grading.bank.lines import mask, output_error, second_layer, way_back
from backprop_course.grading.bank.networks import networks
from backprop_course.grading.exercise import Exercise
from backprop_course.grading.repair import Repair
from backprop_course.grading.short_answers import Order
from backprop_course.models.two_layer import Saved
from backprop_course.ops import sigmoid


# ------------------------------------------------------------------ arguments
def output_errors(rng):
    """(Y_pred, Y_true), among them probabilities as small as 1e-300."""
    cases = {label: (saved.Y_pred, Y_true) for label, (_, saved, Y_true) in networks(rng).items()}
    Y_pred, Y_true = cases["extreme values"]
    Y_pred[0], Y_true[0] = [1e-300, 1.0, 1e-300], [1, 0, 0]
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


def wide_masks(rng):
    """(dA1, Z1), among them sums of ±1000."""
    cases = masks(rng)
    cases["extreme values"][1][0, :2] = 1000, -1000
    return cases


def _errors(rng):
    for label, (params, saved, Y_true) in networks(rng).items():
        dZ2 = (saved.Y_pred - Y_true) / len(Y_true)
        yield label, params, saved, dZ2 * (1e-12 if label == "extreme values" else 1)


# ------------------------------------------------------------------ answers from a module
def sigmoid_error(module):
    """dZ1 from (dA1, Z1) where the hidden units are sigmoids; the module is the layers', or the op's."""
    if hasattr(module, "ACTIVATIONS"):
        return lambda dA1, Z1: module.ACTIVATIONS["sigmoid"].backward(dA1, Z1, sigmoid(Z1))
    return lambda dA1, Z1: module.sigmoid_backward(dA1, sigmoid(Z1))


def small_network(net):
    """(dw1, db1, dw2, db2), one unit in each layer: the sigmoid of z2 is a softmax over (z2, 0)."""
    saved = Saved(*(np.array([[value]]) for value in (3.0, 2.0, 2.0)), np.array([[0.25, 0.75]]))
    params = {"W1": np.ones((1, 1)), "b1": np.ones(1), "W2": np.array([[-2.0], [0.0]])}
    grads = net.backward(params, saved, np.array([[1.0, 0.0]]))
    return tuple(grads[name].flat[0] for name in ("W1", "b1", "W2", "b2"))


def used_twice(sweeps):
    """dL/dw where L = w · (w · x)."""
    w, x = Value(3.0), Value(2.0)
    return sweeps.gradients(w * (w * x))[w]


# ------------------------------------------------------------------ the exercises
IN_DZ2 = ("M1", "M2", "M3", "M4", "M5", "M6", "M7", "M8", "M35")
IN_THE_MASK = ("M10", "M11", "M12", "M13")

EXERCISES = (
    Order(
        id="05.1",
        title="Put the training step in order",
        asked="Give the step numbers in an order in which everything is there when it is needed.",
        signature="order = [1, 2, …]",
        section="All gradients first, then the updates",
        question="What does this step use, and which step makes it or changes it?",
        needs={1: (4,), 2: (3,), 3: (5,), 4: (5,), 5: (), 6: (7,), 7: (1,)},
        changes={2: (4,)},
        slips={"M19": (2, 4)},
        concept="gradient against update",
        sibling="07.8",
    ),
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
        type="faded",
        concept="why softmax with cross-entropy gives Y_pred − Y_true",
        sibling="07.9",
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
        type="faded",
        concept="shapes, sum against mean over the batch",
        sibling="07.8",
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
        type="faded",
        concept="what W2 does in dA1",
        sibling="07.8",
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
        mistakes=("M10", "M12", "M13"),
        type="faded",
        concept="the ReLU mask looks at Z1",
        sibling="07.9",
    ),
    Exercise(
        id="05.6",
        title="The whole backward pass",
        asked='Return a dict with the gradients of "W1", "b1", "W2" and "b2".',
        signature="backward(params, saved, Y_true)",
        shapes="X (N, n), A1 (N, h), Y_pred (N, m) -> W1 (h, n), b1 (h,), W2 (m, h), b2 (m,)",
        form="dict",
        section="The batch",
        question="Which line leads to what is wrong, and to nothing that is right?",
        answer_from=lambda net: net.backward,
        cases=networks,
        mistakes=(*IN_DZ2, "M9", *IN_THE_MASK, "M14", "M15", "M16", "M17", "M18", "M54"),
        concept="shapes, sum against mean over the batch",
        sibling="07.8",
    ),
    Exercise(
        id="05.7",
        title="Slopes by hand",
        asked="Give the four slopes of the small network as a tuple, in this order.",
        signature="slopes = (dw1, db1, dw2, db2)",
        shapes="-> dw1 (), db1 (), dw2 (), db2 ()",
        form="tuple",
        section="Backward, one link at a time",
        question="Which numbers lie on the path from this weight to the loss?",
        answer_from=small_network,
        mistakes=("M4", "M6", "M13"),
        type="predict",
        concept="sign and size of a slope",
        sibling="07.9",
    ),
    Exercise(
        id="05.8",
        title="Sigmoid in place of ReLU",
        asked="Return dZ1 where the hidden units are sigmoids: A1 = 1 / (1 + exp(-Z1)).",
        signature="sigmoid_error(dA1, Z1)",
        shapes="dA1 (N, h), Z1 (N, h) -> dZ1 (N, h)",
        form="array",
        section="Through the ReLU, to the weights of the first layer",
        question="What is the slope of the sigmoid, and where is it taken?",
        answer_from=sigmoid_error,
        cases=wide_masks,
        mistakes=("M36", "M37"),
        type="transfer",
        concept="the ReLU mask looks at Z1",
        sibling="07.9",
        where="backprop_course.models.layers",
    ),
    Repair(
        id="05.9",
        title="A run that looks healthy",
        asked="Give the line that is wrong, with its repaired text.",
        signature='repair = {3: "the repaired line"}',
        section="To the weights of the second layer",
        question="Which parameter is wrong, and which line makes its gradient?",
        mistake="M9",
        concept="what W2 does in dA1",
        sibling="07.9",
    ),
    Exercise(
        id="05.11",
        title="A weight that is used twice",
        asked="Give the slope of L = w · (w · x) with respect to w, at w = 3 and x = 2.",
        signature="slope = …",
        shapes="-> slope ()",
        form="array",
        section="A node that is used twice",
        lesson="03",
        question="How many paths lead from w to L, and what is the slope along each?",
        answer_from=used_twice,
        mistakes=("M39",),
        type="predict",
        concept="accumulation at a reused node",
        sibling="07.8",
        where="backprop_course.autodiff.sweeps",
    ),
)
