"""One neuron, written flat, agrees with loops, the tape and measured slopes; mistakes give their numbers."""

import math

import numpy as np
import pytest

from backprop_course import autodiff
from backprop_course.autodiff import Value
from backprop_course.grading import check, exercises, mistakes, one_neuron
from backprop_course.grading.mistakes import MISTAKES
from backprop_course.grading.mistakes.neuron import WITH_ONE_NEURON

EXERCISES = {exercise.id: exercise for exercise in exercises()}
N, n, h, m = 5, 4, 3, 2


def arrays(*shapes, seed=0):
    rng = np.random.default_rng(seed)
    return [rng.standard_normal(shape) for shape in shapes]


def network_arrays(size=None):
    a, b, c, d = (size,) * 4 if size else (N, n, h, m)
    return arrays((a, b), (c, b), (c,), (d, c), (d,))


def layer_by_loops(X, W, b):
    return np.array([[math.fsum(w * x for w, x in zip(ws, row)) + c for ws, c in zip(W, b)] for row in X])


def central(f, x, step=1e-5):
    return (f(x + step) - f(x - step)) / (2 * step)


def neuron_loss(X, W, b, Y_true):
    """The loss of a sigmoid neuron with numbers as inputs, written here."""
    Z = b
    for x, w in zip(X, W):
        Z += x * w
    return (1 / (1 + math.exp(-Z)) - Y_true) ** 2


# ------------------------------------------------------------------ the right code
def test_a_layer_agrees_with_loops():
    X, W, b = arrays((N, n), (h, n), (h,))
    assert np.allclose(one_neuron.layer(X, W, b), layer_by_loops(X, W, b), rtol=1e-13)


def test_a_network_agrees_with_loops():
    X, W1, b1, W2, b2 = network_arrays()
    hidden = np.array([[max(z, 0) for z in row] for row in layer_by_loops(X, W1, b1)])
    assert (hidden == 0).any()
    assert np.allclose(one_neuron.network(X, W1, b1, W2, b2), layer_by_loops(hidden, W2, b2), rtol=1e-12)


def test_one_layer_equals_two_on_inputs():
    X, W1, b1, W2, b2 = network_arrays()
    W, b = one_neuron.one_for_two(W1, b1, W2, b2)
    two = layer_by_loops(layer_by_loops(X, W1, b1), W2, b2)
    assert W.shape == (m, n) and np.allclose(layer_by_loops(X, W, b), two, rtol=1e-12)


@pytest.mark.parametrize("x", [-1.2, 0.4, 3.0])
def test_the_chain_rule_agrees_with_the_measured_slope(x):
    slope = one_neuron.chain(x, lambda x: x**2 - 5, lambda x: 2 * x, math.cos)
    assert slope == pytest.approx(central(lambda x: math.sin(x**2 - 5), x), rel=1e-7)


@pytest.mark.parametrize("x", [-1.2, 0.4, 3.0])
def test_two_paths_agree_with_the_tape_and_with_one_factor_held_still(x):
    node = Value(x)
    through_p, through_q, whole = one_neuron.two_paths(x)
    assert whole == pytest.approx(autodiff.gradients(node**2 * (5 - node))[node], rel=1e-12)
    assert through_p == pytest.approx(central(lambda p: p**2 * (5 - x), x), rel=1e-7)
    assert through_q == pytest.approx(central(lambda q: x**2 * (5 - q), x), rel=1e-7)


def test_the_slopes_of_a_neuron_agree_with_measured_ones():
    X, W = arrays((n,), (n,))
    b, Y_true = 0.3, 1.0
    found = one_neuron.slopes(X, W, b, Y_true)
    assert list(found) == ["dY_pred", "dZ", "dW", "db", "dX"]
    assert found["db"] == pytest.approx(central(lambda b: neuron_loss(X, W, b, Y_true), b), rel=1e-7)
    assert found["dZ"] == found["db"]
    Y_pred = 1 / (1 + math.exp(-(W @ X + b)))
    assert found["dY_pred"] == pytest.approx(central(lambda y: (y - Y_true) ** 2, Y_pred), rel=1e-7)
    for i, e in enumerate(np.eye(n)):
        along_w = central(lambda t, e=e: neuron_loss(X, W + t * e, b, Y_true), 0)
        along_x = central(lambda t, e=e: neuron_loss(X + t * e, W, b, Y_true), 0)
        assert found["dW"][i] == pytest.approx(along_w, rel=1e-6)
        assert found["dX"][i] == pytest.approx(along_x, rel=1e-6)


def test_ten_steps_on_a_parabola_have_the_known_places():
    """On (W − 3)² each step multiplies the distance to 3 by 1 − 2η."""
    visited = one_neuron.ten_steps(lambda W: 2 * (W - 3), 1.0, 0.2)
    assert np.allclose(visited, 3 - 2 * 0.6 ** np.arange(11), rtol=1e-13)


# ------------------------------------------------------------------ the mistakes and their numbers
def test_each_mistake_with_one_neuron_is_met_by_a_check():
    used = {id for exercise in EXERCISES.values() for id in exercise.mistakes}
    assert {mistake.id for mistake in WITH_ONE_NEURON} <= used
    assert [mistake.id for mistake in WITH_ONE_NEURON] == [f"M{k}" for k in range(55, 70)]


def test_a_layer_without_its_bias_or_with_too_many():
    X, W, b = arrays((N, n), (h, n), (h,))
    Z = layer_by_loops(X, W, b)
    assert np.allclose(Z - mistakes.plant("M55").layer(X, W, b), np.tile(b, (N, 1)))
    assert np.allclose(mistakes.plant("M56").layer(X, W, b) - Z, np.tile((n - 1) * b, (N, 1)))
    one_input = X[:, :1], W[:, :1], b
    assert np.array_equal(mistakes.plant("M56").layer(*one_input), one_neuron.layer(*one_input))


def test_a_sum_over_the_wrong_index_needs_equal_sizes():
    X, W1, b1, W2, b2 = network_arrays(4)
    wrong = mistakes.plant("M57")
    assert np.allclose(wrong.layer(X, W1, b1), layer_by_loops(X, np.array(list(zip(*W1))), b1))
    assert not np.allclose(wrong.layer(X, W1, b1), layer_by_loops(X, W1, b1), atol=0.1)
    assert not np.allclose(wrong.one_for_two(W1, b1, W2, b2)[0], W2 @ W1, atol=0.1)
    X, W1, b1, W2, b2 = network_arrays()
    for call in (lambda: wrong.layer(X, W1, b1), lambda: wrong.one_for_two(W1, b1, W2, b2)):
        with pytest.raises(ValueError, match="matmul"):
            call()


def test_a_network_without_its_bend_is_one_layer():
    X, W1, b1, W2, b2 = network_arrays()
    scores = mistakes.plant("M58").network(X, W1, b1, W2, b2)
    assert np.allclose(scores, layer_by_loops(X, *one_neuron.one_for_two(W1, b1, W2, b2)), rtol=1e-11)
    assert not np.allclose(scores, one_neuron.network(X, W1, b1, W2, b2), atol=0.1)


def test_a_bias_that_does_not_go_through_the_second_layer():
    _, W1, b1, W2, b2 = network_arrays(4)
    assert np.allclose(mistakes.plant("M59").one_for_two(W1, b1, W2, b2)[1], b1 + b2)
    with pytest.raises(ValueError, match="broadcast"):
        mistakes.plant("M59").one_for_two(*network_arrays()[1:])


def test_slopes_of_tanh_and_relu_with_their_mistakes():
    A = np.tanh(np.array([-2.0, 0.0, 2.0]))
    wrong = mistakes.plant("M60").tanh_backward(np.ones(3), A)
    assert wrong == pytest.approx([1 + math.tanh(2), 1, 1 - math.tanh(2)]) and 1.9 < wrong[0] < 2
    outputs = np.array([0.0, 0.0, 3.0])  # two units are off
    assert mistakes.plant("M61").relu_backward(np.ones(3), outputs).tolist() == [1, 1, 1]


CHAIN = {"M62": (2 * 3) * math.cos(3), "M63": math.cos(4), "M64": 6 + math.cos(4)}


@pytest.mark.parametrize("id", CHAIN)
def test_a_broken_chain_rule_gives_its_number(id):
    """x² − 5 inside a sine, at x = 3: the inner slope is 6, the outer one belongs at 4."""
    slope = mistakes.plant(id).chain(3.0, lambda x: x**2 - 5, lambda x: 2 * x, math.cos)
    assert slope == pytest.approx(CHAIN[id], rel=1e-12)
    assert slope != pytest.approx(central(lambda x: math.sin(x**2 - 5), 3.0), rel=0.01)


def test_one_path_of_two():
    assert mistakes.plant("M65").two_paths(3.0) == (12, -9, 12)
    assert one_neuron.two_paths(3.0) == (12, -9, 3)


def test_a_factor_that_is_left_out():
    X, W = arrays((n,), (n,))
    right = one_neuron.slopes(X, W, 0.3, 1.0)
    half, open_gate = (mistakes.plant(id).slopes(X, W, 0.3, 1.0) for id in ("M66", "M67"))
    for name, slope in right.items():
        assert np.allclose(half[name], slope / 2, rtol=1e-12)
    assert open_gate["dZ"] == right["dY_pred"] and abs(open_gate["dZ"]) >= 4 * abs(right["dZ"])


def test_steps_that_climb_or_never_look_again():
    """On (W − 3)² ascent multiplies the distance by 1 + 2η; with one slope all steps are alike."""
    climbing, blind = (mistakes.plant(id).ten_steps(lambda W: 2 * (W - 3), 1.0, 0.2) for id in ("M68", "M69"))
    assert np.allclose(climbing, 3 - 2 * 1.4 ** np.arange(11), rtol=1e-12)
    assert np.allclose(np.diff(blind), 0.8, rtol=1e-12)


# ------------------------------------------------------------------ the checks that have no mistake to name
def alike(W1, b1, W2, b2):
    def network(X):
        A1 = np.maximum(X @ np.array(W1, float).T + np.array(b1, float), 0)
        return ((A1 @ np.array(W2, float).T + b2)[:, 0] > 0.5) * 1

    return network


WEIGHTS = {  # what the check says, for each choice of weights
    "XOR": (alike([[1, 1], [1, 1]], [0, -1], [[1, -2]], 0), "on the case “(0, 0)”"),
    "always yes": (alike([[1, 1], [1, 1]], [0, -1], [[0, 0]], 1), "right on “(0, 0)” and “(1, 1)” and"),
    "AND": (alike([[1, 1], [1, 1]], [0, -1], [[0, 1]], 0), "right on “(0, 1)”, “(1, 0)” and “(1, 1)”"),
    "always no": (alike([[1, 1], [1, 1]], [0, -1], [[0, 0]], 0), "Every number is 0"),
    "NOR": (alike([[1, 1], [1, 1]], [0, -1], [[-1, 0]], 1), "right on “(0, 0)”, “(0, 1)” and “(1, 0)”"),
}


@pytest.mark.parametrize("kind", WEIGHTS)
def test_weights_of_another_question_are_rejected_with_an_input(kind):
    network, told = WEIGHTS[kind]
    feedback = check("01.4", network)
    assert not feedback.passed and feedback.mistake is None and told in feedback.message


def test_all_weights_that_answer_the_question_pass():
    for scale in (0.7, 1, 40):
        assert check("01.4", alike([[scale, -scale], [-scale, scale]], [0, 0], [[-4, -4]], 2)).passed


@pytest.mark.parametrize("letter", ["a", "b", "d"])
def test_each_wrong_letter_has_an_answer_of_its_own(letter):
    feedback = check("01.6", letter)
    assert not feedback.passed and EXERCISES["01.6"].told[letter] in feedback.message


ORDERS = {
    "W is moved before dX": ([3, 6, 5, 2, 4, 1, 7], "Step 1, at place 6"),
    "the slope before its error": ([3, 6, 2, 5, 4, 7, 1], "Step 2, at place 3"),
    "backward first": ([5, 2, 4, 7, 1, 3, 6], "Step 5, at place 1"),
}


@pytest.mark.parametrize("kind", ORDERS)
def test_a_wrong_order_is_told_where_it_breaks(kind):
    order, told = ORDERS[kind]
    feedback = check("02.3", order)
    assert not feedback.passed and told in feedback.message


def test_numbers_have_no_arguments_and_functions_do():
    assert EXERCISES["01.1"].arguments == () and EXERCISES["02.4"].arguments == ()
    assert EXERCISES["02.5"].arguments == ("X", "W", "b", "Y_true")


def test_the_names_of_the_mistakes_do_not_speak_of_the_two_layer_network():
    assert not [mistake.id for mistake in WITH_ONE_NEURON if MISTAKES[mistake.id].wrong]
