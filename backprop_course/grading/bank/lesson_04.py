"""Lesson 04 goes forward only: its exercises ask for numbers on paper first, then for line after line."""

import numpy as np

from backprop_course import ops
from backprop_course.grading import one_neuron
from backprop_course.grading.bank.forward_lines import (
    far_scores,
    forward_passes,
    hidden_layer,
    mean_loss,
    one_examples,
    predictions,
    scores,
    whole,
)
from backprop_course.grading.exercise import Exercise
from backprop_course.grading.short_answers import Choice

BATCH = "shapes, sum against mean over the batch"


# ------------------------------------------------------------------ numbers from a module
def shapes_of(net):
    """The shapes of W1, Z1, W2 and Y_pred for 6 examples, 5 inputs, 4 hidden units, 3 classes."""
    params = net.init(np.random.default_rng(0), 5, 4, 3)
    Y_pred, saved = net.forward(params, np.zeros((6, 5)))
    return tuple(np.array(a.shape) for a in (params["W1"], saved.Z1, params["W2"], Y_pred))


def small_network(module):
    """(Z1, A1, Y_pred, L) of one example; the module is one of those of `whole`, or that of the losses."""
    W1, W2 = np.array([[1.0, -1.0], [-2.0, 1.0]]), np.array([[1.0, 2.0], [-1.0, 1.0]])
    params = {"W1": W1, "b1": np.ones(2), "W2": W2, "b2": np.array([-1.0, 0.0])}
    Z1, A1, Y_pred = whole(module)(params, np.array([[2.0, 1.0]])).values()
    return Z1[0], A1[0], Y_pred[0], mean_loss(module)(Y_pred, np.array([[0.0, 1.0]]))


def two_losses(module):
    """(first, later): the loss with 1/26 for each of 26 letters, and with 1/2 for the true one."""
    Y_true, loss = np.eye(26), mean_loss(module)
    return loss(np.full((26, 26), 1 / 26), Y_true), loss(np.where(Y_true == 1, 0.5, 0.02), Y_true)


def three_factors(module):
    """(dL_dY, dY_dZ, dZ_dW, dW) of a neuron with L = -ln(Y_pred), X = 3, W = 1, where Y_pred is 1/4.

    The module is that of the sigmoid's way back, or that of the chain rule.
    """
    back = getattr(module, "sigmoid_backward", ops.sigmoid_backward)
    chain = getattr(module, "chain", one_neuron.chain)
    one, X, b = np.ones((1, 1)), 3.0, -3 - np.log(3)

    def dY_dZ(Z):
        return back(one, ops.sigmoid(Z))

    def dL_dY(Y):
        return ops.cross_entropy_backward(Y, one)

    def dL_dZ(Z):
        return chain(Z, ops.sigmoid, dY_dZ, dL_dY)

    dW = chain(one, lambda W: X * W + b, lambda W: X, dL_dZ)
    Z = X * one + b
    return dL_dY(ops.sigmoid(Z)).item(), dY_dZ(Z).item(), X, dW.item()


# ------------------------------------------------------------------ the exercises
EXERCISES = (
    Exercise(
        id="04.1",
        title="Shapes first",
        asked="Give the four shapes, each as a pair (rows, columns).",
        signature="shapes = (W1, Z1, W2, Y_pred)",
        shapes="-> W1 (2), Z1 (2), W2 (2), Y_pred (2)",
        form="tuple",
        section="Many examples: one a row",
        question="What does a row stand for here, and what does a column stand for?",
        answer_from=shapes_of,
        type="predict",
        concept=BATCH,
        sibling="06.19",
    ),
    Exercise(
        id="04.2",
        title="One example by hand",
        asked="Give Z1, A1, Y_pred (two numbers each) and the loss L.",
        signature="numbers = (Z1, A1, Y_pred, L)",
        shapes="-> Z1 (2), A1 (2), Y_pred (2), L ()",
        form="tuple",
        section="The network as a drawing",
        question="Which step makes the first of your numbers that is not right, and what goes into it?",
        answer_from=small_network,
        mistakes=("M55", "M57", "M58", "M77", "M75", "M79"),
        type="predict",
        sibling="06.19",
    ),
    Exercise(
        id="04.3",
        title="The hidden layer, wire by wire",
        asked="Return Z1 and A1 of one example.",
        signature="hidden_layer(x, W1, b1)",
        shapes="x (n,), W1 (h, n), b1 (h,) -> Z1 (h,), A1 (h,)",
        form="tuple",
        section="Step 1: weighted sums",
        question="Which weight lies on the wire from input i to unit j, and what happens to the sum?",
        answer_from=hidden_layer,
        cases=one_examples,
        mistakes=("M55", "M56", "M57", "M58"),
        type="faded",
        sibling="06.19",
    ),
    Exercise(
        id="04.4",
        title="A softmax to repair",
        asked="Return Y_pred, the probabilities of each row of Z.",
        signature="softmax(Z)",
        shapes="Z (N, m) -> Y_pred (N, m)",
        form="array",
        section="A shift cancels",
        question="Which numbers have to sum to 1, and what is the largest score that the exponential sees?",
        answer_from=lambda module: module.softmax,
        cases=scores,
        mistakes=("M33", "M34", "M76", "M78", "M90", "M95"),
        type="debug",
        concept=BATCH,
        sibling="06.19",
        where="backprop_course.ops.softmax",
    ),
    Exercise(
        id="04.5",
        title="The loss of a batch",
        asked="Return L, the mean cross-entropy of the batch: one number.",
        signature="loss(Y_pred, Y_true)",
        shapes="Y_pred (N, m), Y_true (N, m) -> L ()",
        form="array",
        section="One place divides by N",
        question="What does one example contribute, and how many contributions are averaged?",
        answer_from=mean_loss,
        cases=predictions,
        mistakes=("M75", "M79"),
        concept=BATCH,
        sibling="06.19",
    ),
    Exercise(
        id="04.6",
        title="The whole forward pass",
        asked='Return a dict with "Z1", "A1" and "Y_pred", one example a row.',
        signature="forward(params, X)",
        shapes="X (N, n), W1 (h, n), W2 (m, h) -> Z1 (N, h), A1 (N, h), Y_pred (N, m)",
        form="dict",
        section="Many examples: one a row",
        question="Which step makes the first array that is not right, and what goes into this step?",
        answer_from=whole,
        cases=forward_passes,
        mistakes=("M55", "M56", "M57", "M58", "M77", "M33", "M34", "M76", "M78", "M90", "M95"),
        concept=BATCH,
        sibling="06.19",
    ),
    Exercise(
        id="04.7",
        title="The loss tells how sure",
        asked="Give the two losses as a tuple, in this order.",
        signature="losses = (first, later)",
        shapes="-> first (), later ()",
        form="tuple",
        section="The loss at chance",
        question="Which probability has the true letter, and what does the loss make of it?",
        answer_from=two_losses,
        mistakes=("M75", "M79"),
        type="predict",
        sibling="06.19",
    ),
    Exercise(
        id="04.8",
        title="Three factors again",
        asked="Give the three factors and their product as a tuple, in this order.",
        signature="slopes = (dL_dY, dY_dZ, dZ_dW, dW)",
        shapes="-> dL_dY (), dY_dZ (), dZ_dW (), dW ()",
        form="tuple",
        section="Three factors of one neuron",
        lesson="02",
        question="Where is each slope taken, and how do slopes along one path join?",
        answer_from=three_factors,
        mistakes=("M36", "M64"),
        type="predict",
        concept="sign and size of a slope",
        sibling="06.19",
        where="backprop_course.ops.activations",
    ),
    Choice(
        id="04.9",
        title="The smallest loss",
        asked="Give the letter of the network with the smallest mean loss.",
        signature='letter = "…"',
        section="One place divides by N",
        question="What does the mean of −ln p say about the product of the three probabilities?",
        answer="c",
        told={
            "a": "Its probabilities have the largest mean. But the loss is a mean of logarithms, and the "
            "third example alone costs −ln 0.001, about 6.9.",
            "b": "Each example costs ln 3, about 1.10, as at chance. One of the others is better.",
            "d": "Two examples are cheap, about 0.69 each. The third costs −ln 0.1, about 2.3.",
        },
        sibling="06.19",
    ),
    Exercise(
        id="04.10",
        title="Straight from the scores",
        asked="Return L, the mean cross-entropy, from the scores Z2.",
        signature="loss_of_scores(Z2, Y_true)",
        shapes="Z2 (N, m), Y_true (N, m) -> L ()",
        form="array",
        section="When a probability rounds to 0",
        question="Which steps can be done on paper, so that no probability is ever rounded to 0?",
        answer_from=lambda module: module.softmax_cross_entropy,
        cases=far_scores,
        mistakes=("M79",),
        type="transfer",
        concept=BATCH,
        sibling="06.19",
        where="backprop_course.ops.losses",
    ),
)
