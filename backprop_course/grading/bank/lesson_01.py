"""Lesson 01 builds neurons and layers, so its exercises compute them, choose weights, and join two layers."""

import numpy as np

from backprop_course import ops
from backprop_course.grading.bank.lines import mask
from backprop_course.grading.bank.networks import networks
from backprop_course.grading.exercise import Exercise
from backprop_course.grading.short_answers import Choice
from backprop_course.ops import activations

CORNERS = {f"({x}, {y})": np.array([[x, y]], float) for x in (0, 1) for y in (0, 1)}


# ------------------------------------------------------------------ arguments
def layers(rng):
    """(X, W, b)."""
    return {label: (saved.X, p["W1"], p["b1"]) for label, (p, saved, _) in networks(rng).items()}


def pairs_of_layers(rng):
    """(W1, b1, W2, b2)."""
    return {label: tuple(params.values()) for label, (params, *_) in networks(rng).items()}


def whole_networks(rng):
    """(X, W1, b1, W2, b2): in the first example one score is negative and one positive."""
    cases = {}
    for label, (params, saved, _) in networks(rng).items():
        W1, b1, W2, b2 = params.values()
        first = np.array([-1, 1]) * rng.uniform(0.5, 2, 2)  # of the scores
        b2[:2] = first - (W2 @ saved.A1[0])[:2]
        cases[label] = saved.X, W1, b1, W2, b2
    return cases


def outputs(rng):
    """(A_sigmoid, A_tanh, A_relu), all of the same sums."""
    sums = {label: saved.Z1 for label, (_, saved, _) in networks(rng).items()}
    return {label: (ops.sigmoid(Z), ops.tanh(Z), ops.relu(Z)) for label, Z in sums.items()}


def corners(rng):
    """(X,): each corner of the square alone, then all four in some order, with some of them twice."""
    four = np.concatenate(list(CORNERS.values()))
    more = four[rng.permutation(np.r_[:4, rng.integers(0, 4, 3)])]
    return {label: (X,) for label, X in CORNERS.items()} | {
        "all four": (four,),
        "seven examples": (more,),
        "float32": (more[::-1].astype(np.float32),),
    }


# ------------------------------------------------------------------ answers from a module
def by_hand(neuron):
    """(z, a) of two ReLUs: what `network` gives where the second layer changes nothing."""
    x, W, b = np.array([[2.0, -1.0]]), np.array([[3.0, 4.0], [1.0, -2.0]]), np.array([-1.0, -7.0])
    return neuron.layer(x, W, b)[0], neuron.network(x, W, b, np.eye(2), np.zeros(2))[0]


def slopes_of_outputs(module):
    """The three slopes from the outputs; the module is that of the activations, or that of the network."""
    own = module if hasattr(module, "relu_backward") else activations
    relu = mask(module) if hasattr(module, "backward") else own.relu_backward

    def answer(A_sigmoid, A_tanh, A_relu):
        ones = np.ones_like(A_relu)
        return own.sigmoid_backward(ones, A_sigmoid), own.tanh_backward(ones, A_tanh), relu(ones, A_relu)

    return answer


def equal(neuron):
    """Which inputs are alike; the definition itself, as many weights are right."""
    return lambda X: (X[:, 0] == X[:, 1]) * 1


# ------------------------------------------------------------------ the exercises
IN_A_LAYER = ("M55", "M56", "M57")

EXERCISES = (
    Exercise(
        id="01.1",
        title="Two neurons by hand",
        asked="Give the two sums and the two activations, as a pair of pairs.",
        signature="values = (z, a)",
        shapes="-> z (2,), a (2,)",
        form="tuple",
        section="One neuron",
        question="Which numbers does each neuron multiply, what does it add, and what does the ReLU do last?",
        answer_from=by_hand,
        mistakes=(*IN_A_LAYER, "M58"),
        type="predict",
        sibling="03.8",
        where="backprop_course.grading.one_neuron",
    ),
    Exercise(
        id="01.2",
        title="A layer for a batch",
        asked="Return Z, the weighted sums of all neurons for all examples.",
        signature="layer(X, W, b)",
        shapes="X (N, n), W (h, n), b (h,) -> Z (N, h)",
        form="array",
        section="Two layers can",
        question="Which numbers meet in the sum of neuron j for example r, and how often is its bias added?",
        answer_from=lambda neuron: neuron.layer,
        cases=layers,
        mistakes=IN_A_LAYER,
        type="faded",
        sibling="03.8",
        where="backprop_course.grading.one_neuron",
    ),
    Exercise(
        id="01.3",
        title="Slopes from outputs",
        asked="Return the slopes of sigmoid, tanh and ReLU, computed from their outputs.",
        signature="slopes(A_sigmoid, A_tanh, A_relu)",
        shapes="A_sigmoid (N, h), A_tanh (N, h), A_relu (N, h) -> sigmoid (N, h), tanh (N, h), relu (N, h)",
        form="tuple",
        section="Three activations, and their slopes",
        question="What does the table of slopes say, when the output has the name A?",
        answer_from=slopes_of_outputs,
        cases=outputs,
        mistakes=("M36", "M60", "M61", "M13"),
        sibling="03.8",
        where="backprop_course.ops.activations",
    ),
    Exercise(
        id="01.4",
        title="Weights that say: both alike",
        asked="Give weights and biases with which the network answers 1 where both inputs are alike, else 0.",
        signature="network(X)",
        shapes="X (N, n) -> Y (N,)",
        form="array",
        section="Two layers can",
        question="What do the hidden neurons answer for this input, and what does the output make of it?",
        answer_from=equal,
        cases=corners,
        type="transfer",
        sibling="03.8",
    ),
    Exercise(
        id="01.5",
        title="A whole network",
        asked="Return the scores of the network, with a ReLU after the hidden layer and nothing at the end.",
        signature="scores(X, W1, b1, W2, b2)",
        shapes="X (N, n), W1 (h, n), b1 (h,), W2 (m, h), b2 (m,) -> Z2 (N, m)",
        form="array",
        section="Two layers can",
        question="What goes into the second layer, and what has happened to it since the inputs?",
        answer_from=lambda neuron: neuron.network,
        cases=whole_networks,
        mistakes=(*IN_A_LAYER, "M58"),
        sibling="03.8",
        where="backprop_course.grading.one_neuron",
    ),
    Choice(
        id="01.6",
        title="Ten times as strong",
        asked="Give the letter of what happens to the neuron.",
        signature='letter = "a"',
        section="A neuron draws a line",
        question="What are z and the output before and after, on the line and away from it?",
        answer="c",
        told={
            "a": "The direction of the line comes from the ratio of the two weights.",
            "b": "A line moves when the bias changes and the weights stay. Here all three numbers change.",
            "d": "The line is not all that a neuron has: between yes and no there are degrees.",
        },
        sibling="03.8",
    ),
    Exercise(
        id="01.7",
        title="Two layers in one",
        asked="Return W and b of the one layer that equals the two layers.",
        signature="one_layer(W1, b1, W2, b2)",
        shapes="W1 (h, n), b1 (h,), W2 (m, h), b2 (m,) -> W (m, n), b (m,)",
        form="tuple",
        section="Why the bend is needed",
        question="Put the first layer into the second: what is multiplied by x, and what is left without x?",
        answer_from=lambda neuron: neuron.one_for_two,
        cases=pairs_of_layers,
        mistakes=("M57", "M59"),
        sibling="03.8",
        where="backprop_course.grading.one_neuron",
    ),
)
