"""Mistakes around right gradients: each, planted, leaves the numbers that its description promises."""

import math

import numpy as np
import pytest

from backprop_course import ops
from backprop_course.grading import check, curves, mistakes, one_epoch
from backprop_course.grading.mistakes import MISTAKES
from backprop_course.models import two_layer
from backprop_course.training import metrics, optimizers
from backprop_course.verify import check_gradients

N, n, h, m = 7, 4, 5, 3
RATE = 0.5


def problem(N=N, seed=0):
    """Parameters, inputs, one-hot answers and a shuffled order."""
    rng = np.random.default_rng(seed)
    shapes = {"W1": (h, n), "b1": (h,), "W2": (m, h), "b2": (m,)}
    params = {name: rng.standard_normal(shape) / 2 for name, shape in shapes.items()}
    return params, rng.standard_normal((N, n)), np.eye(m)[rng.integers(0, m, N)], rng.permutation(N)


def loss_of_one(params, x, y):
    """The sources' formulas for one column vector."""
    z = params["W2"] @ np.maximum(params["W1"] @ x + params["b1"], 0) + params["b2"]
    return math.log(sum(math.exp(v) for v in z)) - float(y @ z)


def mean_loss(params, X, Y_true):
    return sum(map(lambda x, y: loss_of_one(params, x, y), X, Y_true)) / len(X)


def measured_step(params, X, Y_true, step=1e-5):
    """One update with slopes that are measured, one entry at a time."""
    new = {name: array.copy() for name, array in params.items()}
    for name, array in params.items():
        for index in np.ndindex(array.shape):
            sides = []
            for sign in (1, -1):
                moved = array.copy()
                moved[index] += sign * step
                sides.append(mean_loss(params | {name: moved}, X, Y_true))
            new[name][index] -= RATE * (sides[0] - sides[1]) / (2 * step)
    return new


def measured_epoch(params, X, Y_true, batches):
    """The parameters after these mini-batches, and the loss of every example before its update, by row."""
    losses = {}
    for rows in batches:
        losses |= {row: loss_of_one(params, X[row], Y_true[row]) for row in rows}
        params = measured_step(params, X[rows], Y_true[rows])
    return params, losses


def assert_same(params, others):
    for name, array in params.items():
        assert np.allclose(array, others[name], rtol=0, atol=1e-8), name


# ------------------------------------------------------------------ one epoch
@pytest.mark.parametrize("size", [1, 3, 7, 20])
def test_the_right_epoch_takes_every_row_once_and_weighs_every_example_alike(size):
    params, X, Y_true, order = problem()
    copies = {name: array.copy() for name, array in params.items()}
    batches = [order[k : k + size].tolist() for k in range(0, N, size)]
    new, losses = measured_epoch(params, X, Y_true, batches)
    came, L = one_epoch.epoch(params, X, Y_true, order, size, RATE)
    assert_same(came, new)
    assert sorted(losses) == list(range(N)) and pytest.approx(sum(losses.values()) / N, abs=1e-8) == L
    assert all(np.array_equal(params[name], copies[name]) for name in params)


def test_the_last_mini_batch_left_out_stops_early_and_only_where_the_size_does_not_divide_n():
    params, X, Y_true, order = problem()
    wrong = mistakes.plant("M85")
    new, losses = measured_epoch(params, X, Y_true, [order[:3].tolist(), order[3:6].tolist()])
    came, L = wrong.epoch(params, X, Y_true, order, 3, RATE)
    assert_same(came, new)
    assert order[6] not in losses and pytest.approx(sum(losses.values()) / 6, abs=1e-8) == L
    assert not np.allclose(came["W2"], one_epoch.epoch(params, X, Y_true, order, 3, RATE)[0]["W2"])
    for size, missing in ((3, 1), (5, 2), (7, 0), (1, 0), (8, 7)):
        assert N - sum(map(len, wrong.batches(order, size))) == missing


def test_the_plain_mean_of_the_losses_weighs_the_last_mini_batch_too_much():
    params, X, Y_true, order = problem()
    wrong = mistakes.plant("M88")
    batches = [order[:3].tolist(), order[3:6].tolist(), order[6:].tolist()]
    new, losses = measured_epoch(params, X, Y_true, batches)
    came, L = wrong.epoch(params, X, Y_true, order, 3, RATE)
    means = [sum(losses[row] for row in rows) / len(rows) for rows in batches]
    assert_same(came, new)
    assert pytest.approx(sum(means) / 3, abs=1e-8) == L
    assert abs(L - sum(losses.values()) / N) > 0.01
    even = problem(N=6)
    assert wrong.epoch(*even, 3, RATE)[1] == pytest.approx(one_epoch.epoch(*even, 3, RATE)[1], rel=1e-12)


# ------------------------------------------------------------------ the update
@pytest.mark.parametrize("rows", [3, 70_000])  # a small array, and one that is updated in blocks
def test_an_update_that_adds_makes_the_same_step_the_other_way(rows):
    W, dW = (np.random.default_rng(k).standard_normal((rows, 2)) for k in (0, 1))
    moved = {}
    for name, module in (("right", optimizers), ("wrong", mistakes.plant("M86"))):
        opt = module.sgd(RATE)
        moved[name] = opt.update({"W": W}, {"W": dW}, opt.init({"W": W}))[0]["W"] - W
    assert np.allclose(moved["right"], -RATE * dW) and np.allclose(moved["wrong"], RATE * dW)


def test_an_update_that_adds_makes_the_loss_grow():
    params, X, Y_true, _ = problem()
    for module, falls in ((optimizers, True), (mistakes.plant("M86"), False)):
        opt, new = module.sgd(0.1), params
        state = opt.init(params)
        for _ in range(20):
            grads = two_layer.backward(new, two_layer.forward(new, X)[1], Y_true)
            new, state = opt.update(new, grads, state)
        assert (mean_loss(new, X, Y_true) < mean_loss(params, X, Y_true)) == falls


# ------------------------------------------------------------------ the measure and the loss
def test_an_accuracy_over_the_wrong_axis_compares_rows_in_place_of_classes():
    Y_pred = np.array([[0.6, 0.4], [0.3, 0.7], [0.8, 0.2]])
    Y_true = np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 1.0]])  # two of three are right
    assert metrics.fraction_correct(Y_pred, Y_true) == 2 / 3
    wrong = mistakes.plant("M87")
    assert wrong.fraction_correct(Y_pred, Y_true) == 1 / 2  # class 0: rows 2 and 0; class 1: rows 1 and 1
    assert wrong.fraction_correct(np.array([[0.1, 0.9]]), np.array([[1.0, 0.0]])) == 1  # one row: always


def test_an_accuracy_in_percent_is_a_hundred_times_as_large():
    Y_pred, Y_true = np.array([[0.6, 0.4], [0.3, 0.7], [0.8, 0.2]]), np.eye(2)[[0, 1, 1]]
    assert mistakes.plant("M96").fraction_correct(Y_pred, Y_true) == pytest.approx(200 / 3)


def test_labels_without_an_axis_meet_every_prediction():
    Y_pred, labels = np.array([[1.0], [2.0], [4.0]]), np.array([1.0, 2.0, 4.0])
    wrong = mistakes.plant("M21")
    assert ops.mse(Y_pred, labels[:, None]) == 0
    pairs = [(p - t) ** 2 for p in (1, 2, 4) for t in (1, 2, 4)]
    assert wrong.mse(Y_pred, labels[:, None]) == pytest.approx(sum(pairs) / 9) and sum(pairs) / 9 > 3
    assert wrong.mse(Y_pred[:1], labels[:1, None]) == 0  # one example hides it


def test_a_forgotten_factor_halves_the_slopes_of_the_squared_error():
    rng = np.random.default_rng(0)
    Y_pred, Y_true = rng.standard_normal((2, 4, 3))
    wrong = mistakes.plant("M89").mse_backward(Y_pred, Y_true)
    for grad, passes in ((ops.mse_backward(Y_pred, Y_true), True), (2 * wrong, True), (wrong, False)):
        result = check_gradients(lambda Y: ops.mse(Y, Y_true), Y_pred, grad)
        assert result.passed == passes


def test_a_product_behind_the_bar_multiplies():
    rng = np.random.default_rng(0)
    Z, labels = rng.standard_normal((5, 3)), rng.integers(0, 3, 5)
    Y_true, wrong = np.eye(3)[labels], mistakes.plant("M93")
    slopes = {
        ops.mse: wrong.mse_backward(Z, Y_true),
        ops.binary_cross_entropy_with_logits: wrong.binary_cross_entropy_with_logits_backward(Z, Y_true),
    }
    for loss, grad in slopes.items():
        for factor, passes in ((1 / 9, True), (1, False)):
            assert check_gradients(lambda Z, f=loss: f(Z, Y_true), Z, factor * grad).passed == passes


def counted_by_index(Y_pred, Y_true):
    """A pair of classes that comes twice is counted once."""
    answers, classes = Y_pred.argmax(axis=1), Y_true.argmax(axis=1)
    counts = np.zeros((Y_true.shape[1],) * 2)
    counts[classes, answers] += 1
    return np.mean(answers == classes), counts


def test_a_count_that_loses_pairs_never_passes():
    for seed in range(20):
        feedback = check("07.5", counted_by_index, seed)
        assert not feedback.passed and "`accuracy` is right" in feedback.message


# ------------------------------------------------------------------ the curves of 07.11
def test_each_of_the_three_runs_shows_what_the_exercise_says_of_it_and_the_others_do_not():
    """A overfits, B steps too far, C ends too early: each sign is seen in one run only."""
    signs = {"far better in training": [], "jumps up": [], "still falls": []}
    for letter, run in curves.three_runs().items():
        assert len(run.epoch_loss) == len(run.validation_loss) == 10 and not run.diverged
        changes = np.diff(run.epoch_loss)
        found = (
            run.accuracy[-1] == 1 and run.validation_accuracy[-1] < 0.8,
            changes.max() > 0.3,
            changes.max() < 0 and np.diff(run.validation_loss).max() < 0 and changes[-1] < -0.04,
        )
        for sign, holds in zip(signs, found):
            signs[sign] += [letter] * bool(holds)
    assert signs == {"far better in training": ["A"], "jumps up": ["B"], "still falls": ["C"]}


def test_they_are_in_the_library():
    assert {"M21", "M85", "M86", "M87", "M88", "M89", "M93", "M96"} <= MISTAKES.keys()
