"""The mistakes of the way forward give the numbers that they promise; lesson 04 asks for the right ones."""

import math

import numpy as np
import pytest

from backprop_course import ops
from backprop_course.grading import check, exercises, mistakes, one_neuron
from backprop_course.grading.bank import forward_lines
from backprop_course.models import two_layer
from backprop_course.verify import check_gradients


def shares(numbers):
    """Numbers as shares of their sum."""
    return [number / sum(numbers) for number in numbers]


def softmax_of(row):
    return shares([math.exp(z) for z in row])


def network(rng, N=5, n=4, h=3, m=6):
    shapes = {"W1": (h, n), "b1": (h,), "W2": (m, h), "b2": (m,)}
    return {name: rng.standard_normal(shape) for name, shape in shapes.items()}, rng.standard_normal((N, n))


def by_columns(params, X):
    """Z1, A1 and the scores, by the sources' formulas for one column vector at a time."""
    Z1 = [params["W1"] @ x + params["b1"] for x in X]
    A1 = [np.where(z > 0, z, 0) for z in Z1]
    return np.array(Z1), np.array(A1), np.array([params["W2"] @ a + params["b2"] for a in A1])


# ------------------------------------------------------------------ M75 to M79, M90, M95
def test_one_shift_for_the_whole_table_loses_a_row_far_below():
    Z = np.random.default_rng(1).standard_normal((3, 4))
    wrong = mistakes.plant("M90").softmax
    expected = [softmax_of(row) for row in Z.tolist()]
    for level in (0, 1000, -1000):
        assert np.allclose(wrong(Z + level), expected, rtol=1e-10)
    with np.errstate(invalid="ignore"):
        far = wrong(Z + np.array([[0], [1000], [990]]))
    assert np.isnan(far[0]).all() and np.allclose(far[1:], expected[1:], rtol=1e-10)


def test_a_softmax_over_the_whole_batch_shares_out_the_table():
    Z = np.random.default_rng(2).standard_normal((4, 3))
    wrong = mistakes.plant("M78").softmax
    assert np.allclose(wrong(Z), np.reshape(softmax_of(Z.ravel()), (4, 3)), rtol=1e-12)
    assert np.allclose(wrong(Z[:1]), [softmax_of(Z[0])], rtol=1e-12)  # one example hides it
    assert np.allclose(wrong(Z + 1000), wrong(Z), rtol=1e-10)


def test_a_softmax_over_the_columns_is_that_of_the_transposed_table():
    Z = np.random.default_rng(8).standard_normal((4, 3))
    wrong = mistakes.plant("M95").softmax
    expected = np.array([softmax_of(column) for column in Z.T.tolist()]).T
    for shift in (0, 1000):
        assert np.allclose(wrong(Z + shift), expected, rtol=1e-10)
    assert np.array_equal(wrong(Z[:1]), np.ones((1, 3))) and not np.allclose(expected.sum(axis=1), 1)


def test_a_shift_of_each_column_changes_the_probabilities_of_a_row():
    Z = np.random.default_rng(3).standard_normal((4, 3))
    wrong = mistakes.plant("M76").softmax(Z)
    highest = [max(column) for column in Z.T.tolist()]
    shifted = [[z - high for z, high in zip(row, highest)] for row in Z.tolist()]
    assert np.allclose(wrong, [softmax_of(row) for row in shifted], rtol=1e-12)
    assert np.allclose(wrong.sum(axis=1), 1) and not np.allclose(wrong, ops.softmax(Z), atol=0.05)
    equal = np.tile(Z.max(axis=0), (2, 1))  # one example, or equal ones: all probabilities are equal
    assert np.allclose(mistakes.plant("M76").softmax(equal), 1 / 3)


def test_scores_through_a_relu_make_all_classes_with_negative_scores_alike():
    params, X = network(np.random.default_rng(4))
    _, A1, Z2 = by_columns(params, X)
    wrong, saved = mistakes.plant("M77").forward(params, X)
    expected = [softmax_of([max(z, 0) for z in row]) for row in Z2.tolist()]
    assert (Z2 < 0).sum() >= 2 and np.allclose(wrong, expected, rtol=1e-12)
    assert np.allclose(saved.A1, A1)  # what lies before the scores is right
    assert not np.allclose(wrong, two_layer.forward(params, X)[0], atol=0.05)


@pytest.mark.parametrize("id, factor", [("M75", 1 / math.log(10)), ("M79", 1 / 5)])
def test_another_logarithm_and_another_mean_make_the_loss_smaller_by_a_constant(id, factor):
    rng = np.random.default_rng(5)
    Z, labels = rng.standard_normal((6, 5)), rng.integers(0, 5, 6)
    Y_pred, Y_true = np.array([softmax_of(row) for row in Z]), np.eye(5)[labels]
    right = sum(-math.log(row[k]) for row, k in zip(Y_pred.tolist(), labels)) / 6
    wrong = mistakes.plant(id)
    assert wrong.cross_entropy(Y_pred, Y_true) == pytest.approx(factor * right, rel=1e-12)
    from_scores = wrong.softmax_cross_entropy(Z, Y_true)
    assert from_scores == pytest.approx(right * (factor if id == "M79" else 1), rel=1e-12)
    for loss, passes in ((ops.cross_entropy, True), (wrong.cross_entropy, False)):
        grad = ops.cross_entropy_backward(Y_pred, Y_true)
        assert check_gradients(lambda p, f=loss: f(p, Y_true), Y_pred, grad).passed == passes


# ------------------------------------------------------------------ what lesson 04 asks
def test_each_line_of_the_network_answers_alone():
    params, X = network(np.random.default_rng(6))
    Z1, A1, Z2 = by_columns(params, X)
    for module in (two_layer, ops, one_neuron):  # the network, none of its modules, its layers
        found = forward_lines.whole(module)(params, X)
        expected = {"Z1": Z1, "A1": A1, "Y_pred": [softmax_of(row) for row in Z2]}
        assert found.keys() == expected.keys()
        assert all(np.allclose(found[name], expected[name], rtol=1e-12) for name in expected)
        one = forward_lines.hidden_layer(module)(X[2], params["W1"], params["b1"])
        assert np.allclose(one[0], Z1[2], rtol=1e-12) and np.allclose(one[1], A1[2], rtol=1e-12)


NETWORKS = {"a": (0.98, 0.98, 0.001), "b": (1 / 3, 1 / 3, 1 / 3), "c": (0.4, 0.4, 0.4), "d": (0.5, 0.5, 0.1)}


def test_the_smallest_of_four_losses_is_the_one_that_the_check_takes():
    losses = {letter: sum(-math.log(p) for p in row) / 3 for letter, row in NETWORKS.items()}
    for letter in NETWORKS:
        assert check("04.9", letter).passed == (losses[letter] == min(losses.values()))
    assert max(NETWORKS, key=lambda letter: sum(NETWORKS[letter])) == "a"  # the most tempting one


def test_every_mistake_of_the_way_forward_is_used_by_a_check():
    used = {id for exercise in exercises() if exercise.id.startswith("04.") for id in exercise.mistakes}
    assert {f"M{k}" for k in (*range(75, 80), 90, 95)} <= used
