"""Lesson 07 puts the passes into a loop, so its exercises ask for the loop, and for what is told about it."""

import numpy as np

from backprop_course import ops
from backprop_course.grading import one_epoch
from backprop_course.grading.bank.lines import output_error
from backprop_course.grading.bank.networks import networks
from backprop_course.grading.exercise import Exercise
from backprop_course.grading.short_answers import Choice, Order
from backprop_course.models import two_layer
from backprop_course.ops import losses
from backprop_course.training import metrics, sgd

RATE = {
    "different sizes": 0.5, "one example": 0.8, "one hidden unit": 0.6, "equal sizes": 1.0,
    "extreme values": 2.0, "float32": 0.4,
}  # fmt: skip
BATCH_SIZE = {
    "different sizes": 4, "one example": 1, "one hidden unit": 3, "equal sizes": 2, "extreme values": 3,
    "float32": 5,
}  # fmt: skip
STEP_LABEL = {"equal sizes": "learning rate 1 and equal sizes"}  # a label is what a message tells of a case
EPOCH_LABEL = {"different sizes": "a shorter last batch", "equal sizes": "full batches only"}


# ------------------------------------------------------------------ arguments
def for_a_step(rng):
    """(params, X, Y_true, learning_rate)."""
    return {
        STEP_LABEL.get(k, k): (params, saved.X, Y_true, RATE[k])
        for k, (params, saved, Y_true) in networks(rng).items()
    }


def for_an_epoch(rng):
    """(params, X, Y_true, order, batch_size, learning_rate); but for two cases a shorter batch comes last."""
    return {
        EPOCH_LABEL.get(k, k): (params, saved.X, Y_true, rng.permutation(len(Y_true)), BATCH_SIZE[k], RATE[k])
        for k, (params, saved, Y_true) in networks(rng).items()
    }


def predictions(rng):
    """(Y_pred, Y_true), of which some rows are right and some wrong; a single row is right.

    Of forty examples in three classes, some have the same class and the same answer.
    """
    kinds = {
        label: (saved.Y_pred.shape, saved.Y_pred.dtype) for label, (_, saved, _) in networks(rng).items()
    }
    cases = {}
    for label, ((N, m), dtype) in (kinds | {"forty examples": ((40, 3), float)}).items():
        Y_pred = ops.softmax(rng.standard_normal((N, m)) * (40 if label == "extreme values" else 1))
        off = rng.integers(0, 2, N)
        off[:2] = [0, 1][:N]
        classes = (Y_pred.argmax(axis=1) + off) % m
        cases[label] = tuple(array.astype(dtype) for array in (Y_pred, np.eye(m)[classes]))
    return cases


def scores(rng):
    """(Z, Y_true), among them scores of a thousand, of either sign, and a row far below the others."""
    cases = {}
    for label, (_, saved, Y_true) in networks(rng).items():
        Z = rng.standard_normal(saved.Y_pred.shape)
        if label == "extreme values":
            Z = 300 * Z
            Z[0] = -1000, 1000, 100
            Z[-1] -= 1000
        cases[label] = (Z.astype(Y_true.dtype), Y_true)
    return cases


def soft_predictions(rng):
    """(Y_pred, Y_true), no probability so near to 1 that its distance from 1 has few digits."""
    cases = {}
    for label, (Z, Y_true) in scores(rng).items():
        cases[label] = (ops.softmax(Z / (500 if label == "extreme values" else 1)), Y_true)
    return cases


def single_outputs(rng):
    """(Y_pred, labels), one number for each example."""
    sizes = {"five examples": 5, "one example": 1, "two examples": 2, "large numbers": 4, "float32": 7}
    cases = {}
    for label, N in sizes.items():
        scale, dtype = 1e6 if label == "large numbers" else 1.0, "f4" if label == "float32" else "f8"
        drawn = scale * rng.standard_normal((2, N))
        cases[label] = (drawn[0][:, None].astype(dtype), drawn[1].astype(dtype))
    return cases


# ------------------------------------------------------------------ answers from a module
def training_step(module):
    """The parameters after one step: by the flat step, an optimizer, or the gradients of a network."""
    if hasattr(module, "step"):
        return module.step
    net = module if hasattr(module, "backward") else two_layer
    optimizer = getattr(module, "sgd", sgd)

    def step(params, X, Y_true, learning_rate):
        grads = net.backward(params, net.forward(params, X)[1], Y_true)
        opt = optimizer(learning_rate)
        return opt.update(params, grads, opt.init(params))[0]

    return step


def whole_epoch(module):
    """The parameters after one epoch, and the mean loss under "L"."""

    def epoch(params, X, Y_true, order, batch_size, learning_rate):
        params, L = module.epoch(params, X, Y_true, order, batch_size, learning_rate)
        return params | {"L": L}

    return epoch


def updates(module):
    """How many updates ten epochs of 1,200 digits make, 64 at a time."""
    return 10 * len(module.batches(np.arange(1200), 64))


def measures(module):
    """The accuracy and the table of counts from (Y_pred, Y_true)."""

    def answer(Y_pred, Y_true):
        counts = module.confusion_matrix(Y_true.argmax(axis=1), Y_pred.argmax(axis=1), Y_true.shape[1])
        return module.fraction_correct(Y_pred, Y_true), counts

    return answer


def three_heads(module):
    """dZ of each head from (Z, Y_true); a planted network has a softmax head of its own."""
    ours = module if hasattr(module, "mse_backward") else losses

    def at_softmax(Z, Y_true):
        if ours is module:
            return ours.softmax_cross_entropy_backward(Z, Y_true)
        return output_error(module)(ops.softmax(Z), Y_true)

    def answer(Z, Y_true):
        at_sigmoid = ours.binary_cross_entropy_with_logits_backward(Z, Y_true)
        return at_softmax(Z, Y_true), at_sigmoid, ours.mse_backward(Z, Y_true)

    return answer


def squared_loss(module):
    """L from (Y_pred, labels), with the labels as a column."""
    return lambda Y_pred, labels: module.mse(Y_pred, labels[:, None])


def squared_after_softmax(module):
    """dZ2 from (Y_pred, Y_true) where the loss of a softmax is the squared error."""
    if hasattr(module, "backward"):
        return output_error(module)
    return lambda Y_pred, Y_true: ops.softmax_backward(module.mse_backward(Y_pred, Y_true), Y_pred)


def step_by_hand(module):
    """(W1, W2) after one step with learning rate 1, of the small network of 07.8."""
    params = {
        "W1": np.array([[2.0], [-1.0]]),
        "b1": np.zeros(2),
        "W2": np.array([[2.0, 5.0], [1.0, 1.0]]),
        "b2": np.array([0.0, 4.0 + np.log(3)]),  # the second class has 3/4, for either example
    }
    new = training_step(module)(params, np.array([[2.0], [-1.0]]), np.array([[1.0, 0.0], [1.0, 0.0]]), 1.0)
    return new["W1"][:, 0], new["W2"]


def errors_by_hand(net):
    """(dZ2, dZ1) for one example: with N = 1 these are the gradients of the biases."""
    Z1 = np.array([[3.0, -1.0]])
    saved = net.Saved(np.ones((1, 1)), Z1, np.maximum(Z1, 0), np.array([[0.5, 0.3, 0.2]]))
    params = {"W1": Z1.T, "b1": np.zeros(2), "W2": np.array([[1.0, 2.0], [2.0, -1.0], [-1.0, 1.0]])}
    grads = net.backward(params, saved, np.array([[0.0, 1.0, 0.0]]))
    return grads["b2"], grads["b1"]


# ------------------------------------------------------------------ the exercises
PARAMS = "W1 (h, n), b1 (h,), W2 (m, h), b2 (m,)"

EXERCISES = (
    Order(
        id="07.1",
        title="One epoch in order",
        asked="Give the step numbers in an order in which everything is there when it is needed.",
        signature="order = [1, 2, …]",
        section="The loop",
        question="What does this step use, and which step makes it or changes it?",
        needs={1: (7,), 2: (5,), 3: (2, 8), 4: (10,), 5: (7,), 6: (), 7: (4,), 8: (9,), 9: (1,), 10: (6,)},
        changes={2: (1,)},
        slips={"M19": (2, 1)},
        concept="gradient against update",
        sibling="09.8",
    ),
    Exercise(
        id="07.2",
        title="How many updates?",
        asked="Give the number of updates in ten epochs.",
        signature="updates = …",
        shapes="-> updates ()",
        form="array",
        section="The loop",
        question="How many mini-batches are there in one epoch, and what happens to the digits that remain?",
        answer_from=updates,
        mistakes=("M85",),
        type="predict",
        sibling="09.8",
        where=one_epoch.__name__,
    ),
    Exercise(
        id="07.3",
        title="One training step",
        asked='Return a new dict with "W1", "b1", "W2" and "b2" after one step of gradient descent.',
        signature="step(params, X, Y_true, learning_rate)",
        shapes=f"X (N, n), Y_true (N, m), W1 (h, n) -> {PARAMS}",
        form="dict",
        section="All gradients first, then the updates",
        question="Which gradient moves this parameter, in which direction, and from which W2 did it come?",
        answer_from=training_step,
        cases=for_a_step,
        mistakes=("M19", "M20", "M86", "M1", "M3", "M4", "M9", "M10", "M13", "M14", "M17", "M18"),
        concept="gradient against update",
        sibling="09.8",
        where="backprop_course.grading.one_step",
    ),
    Exercise(
        id="07.4",
        title="One epoch",
        asked='Return a dict with the new "W1", "b1", "W2" and "b2", and the mean loss "L" of the epoch.',
        signature="epoch(params, X, Y_true, order, batch_size, learning_rate)",
        shapes=f"X (N, n), Y_true (N, m), W1 (h, n), order (N,) -> {PARAMS}, L ()",
        form="dict",
        section="The loop",
        question="Which rows does each step take, and which parameters and which weight has each loss?",
        answer_from=whole_epoch,
        cases=for_an_epoch,
        mistakes=("M85", "M88"),
        concept="shapes, sum against mean over the batch",
        sibling="09.8",
        where=one_epoch.__name__,
    ),
    Exercise(
        id="07.5",
        title="Accuracy and confusion matrix",
        asked="Return the accuracy, from 0 to 1, and the confusion matrix, true classes in rows, as a pair.",
        signature="measures(Y_pred, Y_true)",
        shapes="Y_pred (N, m), Y_true (N, m) -> accuracy (), counts (m, m)",
        form="tuple",
        section="Look at the mistakes",
        question="Along which axis is the answer to one example found, and which count does it raise by 1?",
        answer_from=measures,
        cases=predictions,
        mistakes=("M87", "M96"),
        sibling="09.8",
        where=metrics.__name__,
    ),
    Exercise(
        id="07.6",
        title="Three heads, one delta",
        asked="Return dZ for each of the three heads, as a tuple in this order.",
        signature="head_errors(Z, Y_true)",
        shapes="Z (N, m), Y_true (N, m) -> at_softmax (N, m), at_sigmoid (N, m), at_linear (N, m)",
        form="tuple",
        section="Three heads, one delta",
        question="What is predicted minus true for this head, and over how many numbers is the mean?",
        answer_from=three_heads,
        cases=scores,
        mistakes=("M89", "M93", "M3"),
        type="faded",
        concept="why softmax with cross-entropy gives Y_pred − Y_true",
        sibling="09.9",
        where=losses.__name__,
    ),
    Exercise(
        id="07.8",
        title="One step by hand",
        asked="Give the new W1 (two numbers) and the new W2 (two rows of two numbers) after one step.",
        signature="new = (W1, W2)",
        shapes="-> W1 (2,), W2 (2, 2)",
        form="tuple",
        section="The batch",
        lesson="05",
        question="What does each example contribute, and through which W2 does the error go back?",
        answer_from=step_by_hand,
        mistakes=("M19", "M86", "M1", "M4", "M14", "M15"),
        type="predict",
        concept="gradient against update",
        sibling="09.8",
        where="backprop_course.grading.one_step",
    ),
    Exercise(
        id="07.9",
        title="Errors by hand",
        asked="Give dZ2 (three numbers) and dZ1 (two numbers) for this example.",
        signature="errors = (dZ2, dZ1)",
        shapes="-> dZ2 (3,), dZ1 (2,)",
        form="tuple",
        section="Through the loss and the softmax",
        lesson="05",
        question="What is predicted minus true, and which hidden unit was on?",
        answer_from=errors_by_hand,
        mistakes=("M4", "M6", "M7", "M10", "M12", "M13"),
        type="predict",
        concept="the ReLU mask looks at Z1",
        sibling="09.9",
    ),
    Exercise(
        id="07.10",
        title="Labels from a file",
        asked="Return L, the mean squared error of N predictions in a column.",
        signature="squared_error(Y_pred, labels)",
        shapes="Y_pred (N, 1), labels (N,) -> L ()",
        form="array",
        section="Three heads, one delta",
        question="Which shape has the difference that you square, and over how many squares is the mean?",
        answer_from=squared_loss,
        cases=single_outputs,
        mistakes=("M21",),
        type="transfer",
        concept="shapes, sum against mean over the batch",
        sibling="09.9",
        where=losses.__name__,
    ),
    Choice(
        id="07.11",
        title="Read learning curves",
        asked="Choose the line that tells what happened in the runs A, B and C.",
        signature='curves = "…"',
        section="The loop",
        question="Compare training with validation, then the first epochs with the last: which run is which?",
        answer="c",
        told={
            "a": "Too large a learning rate shows in the training loss: it jumps up. Does that of A?",
            "b": "A run that was stopped too early falls in every epoch, up to the end. Which run does?",
            "d": "An overfitted run is far better in training than in validation. Is B?",
        },
        sibling="09.8",
    ),
    Exercise(
        id="07.12",
        title="Squared error behind a softmax",
        asked="Return dZ2 where Y_pred comes from a softmax and the loss is the mean squared error.",
        signature="squared_output_error(Y_pred, Y_true)",
        shapes="Y_pred (N, m), Y_true (N, m) -> dZ2 (N, m)",
        form="array",
        section="Three heads, one delta",
        question="Which two slopes does the error meet on its way, and do they cancel for this loss?",
        answer_from=squared_after_softmax,
        cases=soft_predictions,
        mistakes=("M38", "M89", "M93"),
        type="transfer",
        concept="why softmax with cross-entropy gives Y_pred − Y_true",
        sibling="09.9",
        where=losses.__name__,
    ),
)
