"""Mistakes with dropout, early stopping and shifts: each, planted, leaves the numbers that it promises."""

from types import SimpleNamespace

import numpy as np
import pytest

from backprop_course import data, models, ops, training
from backprop_course.grading import both_modes, exercises, mistakes
from backprop_course.grading.mistakes import MISTAKES
from backprop_course.training import stopping

N, n, h, m, KEEP = 16, 12, 8, 10, 0.5
OURS = ("M25", "M26", "M27", "M28", "M120", "M121", "M122", "M123", "M124")


def problem(seed=0):
    """Parameters with biases, inputs, one-hot answers."""
    rng = np.random.default_rng(seed)
    shapes = {"W1": (h, n), "b1": (h,), "W2": (m, h), "b2": (m,)}
    params = {name: rng.standard_normal(shape) / 2 for name, shape in shapes.items()}
    return params, rng.standard_normal((N, n)), np.eye(m)[rng.integers(0, m, N)]


def factors(seed=1):
    """What dropout multiplies by, by NumPy alone."""
    return np.where(np.random.default_rng(seed).random((N, h), dtype=np.float32) < KEEP, 1 / KEEP, 0)


def mean_loss(params, X, Y_true, factor):
    """The sources' formulas, one column vector at a time, each hidden output times its factor."""
    total = 0.0
    for x, y, f in zip(X, Y_true, factor):
        z = params["W2"] @ (np.maximum(params["W1"] @ x + params["b1"], 0) * f) + params["b2"]
        total += np.log(np.exp(z).sum()) - y @ z
    return total / len(X)


def measured(params, X, Y_true, factor, step=1e-5):
    """Central differences, written here."""
    slopes = {name: np.zeros(W.shape) for name, W in params.items()}
    for name, W in params.items():
        for index in np.ndindex(W.shape):
            move = np.zeros(W.shape)
            move[index] = step
            up, down = (mean_loss(params | {name: W + s * move}, X, Y_true, factor) for s in (1, -1))
            slopes[name][index] = (up - down) / (2 * step)
    return slopes


def gradients(module, params, X, Y_true, seed=1):
    """The two-layer network with this module's dropout behind its ReLU."""
    Z1 = ops.linear(X, params["W1"], params["b1"])
    out, saved = module.dropout(ops.relu(Z1), KEEP, np.random.default_rng(seed))
    dZ2 = ops.softmax_cross_entropy_backward(ops.linear(out, params["W2"], params["b2"]), Y_true)
    dout, dW2, db2 = ops.linear_backward(dZ2, out, params["W2"])
    dZ1 = ops.relu_backward(module.dropout_backward(dout, saved), Z1)
    _, dW1, db1 = ops.linear_backward(dZ1, X, params["W1"])
    return {"W1": dW1, "b1": db1, "W2": dW2, "b2": db2}


@pytest.fixture(scope="module")
def true():
    return measured(*problem(), factors())


def ratio_and_cosine(grad, right):
    length, size = np.linalg.norm(grad), np.linalg.norm(right)
    return length / size, (grad * right).sum() / (length * size)


# ------------------------------------------------------------------ the way back
def test_without_a_mistake_the_measured_slopes_agree(true):
    from backprop_course.ops import dropout  # the function: its module has the same name

    module = SimpleNamespace(dropout=dropout, dropout_backward=ops.dropout_backward)
    grads = gradients(module, *problem())
    assert all(np.allclose(grads[name], true[name], atol=1e-9) for name in true)


@pytest.mark.parametrize("id", ["M25", "M26", "M27"])
def test_a_mistake_on_the_way_back_spoils_what_lies_before_the_mask(id, true):
    grads = gradients(mistakes.plant(id), *problem())
    wrong = {name for name in true if not np.allclose(grads[name], true[name], atol=1e-9)}
    assert wrong == set(MISTAKES[id].wrong) == {"W1", "b1"}


def test_a_missing_mask_adds_what_was_dropped(true):
    """Nothing that stayed changes: what is added is the slope of the entries that were dropped."""
    params, X, Y_true = problem()
    wrong = gradients(mistakes.plant("M25"), params, X, Y_true)["W1"]
    ratio, cosine = ratio_and_cosine(wrong, true["W1"])
    assert 1.1 < ratio < 2.2 and 0.5 < cosine < 0.9
    A, rng = np.ones((50, 40)), np.random.default_rng(0)
    out, saved = mistakes.plant("M25").dropout(A, 0.25, rng)
    dA = mistakes.plant("M25").dropout_backward(A, saved)
    assert (dA == 4).all() and set(np.unique(out)) == {0, 4}


def test_a_missing_division_is_the_constant_keep_and_nothing_else(true):
    grads = gradients(mistakes.plant("M26"), *problem())
    for name in ("W1", "b1"):
        assert ratio_and_cosine(grads[name], true[name]) == pytest.approx((KEEP, 1), abs=1e-9)


def test_a_fresh_mask_has_the_right_size_on_average_and_another_direction(true):
    grads = gradients(mistakes.plant("M27"), *problem())
    ratio, cosine = ratio_and_cosine(grads["W1"], true["W1"])
    assert 0.5 < ratio < 2 and cosine < 0.8
    wrong, ones = mistakes.plant("M27"), np.ones((100, 50))
    out, saved = wrong.dropout(ones, 0.7, np.random.default_rng(0))
    both = (out > 0) & (wrong.dropout_backward(ones, saved) > 0)
    assert 0.46 < both.mean() < 0.52, "two independent masks agree on 0.7 · 0.7 of the entries"


# ------------------------------------------------------------------ the way forward, and the two modes
def test_without_the_division_the_mean_is_keep_times_too_small():
    wrong, ones = mistakes.plant("M120"), np.ones((200, 50))
    out, saved = wrong.dropout(ones, 0.7, np.random.default_rng(0))
    assert set(np.unique(out)) == {0, 1} and out.mean() == pytest.approx(0.7, abs=0.02)
    assert np.array_equal(wrong.dropout_backward(ones, saved), out), (
        "it is the right way back of a wrong forward"
    )
    assert ops.dropout(ones, 0.7, np.random.default_rng(0))[0].mean() == pytest.approx(1, abs=0.02)


def test_a_mask_turned_round_keeps_what_the_right_one_drops():
    wrong, ones = mistakes.plant("M121"), np.ones((200, 50))
    masks = [module.dropout(ones, 0.8, np.random.default_rng(3))[1].mask for module in (wrong, ops_module())]
    assert np.array_equal(masks[0], ~masks[1]) and masks[0].mean() == pytest.approx(0.2, abs=0.02)


def ops_module():
    from importlib import import_module

    return import_module("backprop_course.ops.dropout")


def test_left_on_in_use_the_scores_are_those_of_the_mask_and_change_with_it():
    params, X, _ = problem()
    masks = [np.random.default_rng(seed).random((N, h)) < KEEP for seed in (0, 1)]
    found = {}
    for name, module in (("right", both_modes), ("wrong", mistakes.plant("M28"))):
        found[name] = [module.both_modes(params, X, mask, KEEP) for mask in masks]
    for k, mask in enumerate(masks):
        A = np.maximum(X @ params["W1"].T + params["b1"], 0)
        for A1, place in ((np.where(mask, A / KEEP, 0), 0), (A, 1)):
            assert np.allclose(found["right"][k][place], A1 @ params["W2"].T + params["b2"])
        assert np.array_equal(found["wrong"][k][1], found["wrong"][k][0])
    assert np.array_equal(found["right"][0][1], found["right"][1][1])
    assert not np.allclose(found["wrong"][0][1], found["wrong"][1][1])


def test_left_on_in_use_a_trained_network_loses_accuracy_and_never_says_the_same():
    X, labels = data.digits().X / 16, data.digits().labels
    net, rows, rng = models.mlp([64, 32, 10], keep=0.5), np.arange(900), np.random.default_rng(0)
    call = {"optimizer": training.sgd(0.3), "epochs": 8, "batch_size": 20, "rng": rng, "progress": False}
    params = training.fit(net, net.init(rng), X[rows], np.eye(10)[labels[rows]], **call).params
    test = np.arange(1200, 1797)
    used = np.mean(net.forward(params, X[test])[0].argmax(axis=1) == labels[test])
    left_on = [
        np.mean(net.forward_train(params, {}, X[test], rng)[0].argmax(axis=1) == labels[test])
        for _ in range(3)
    ]
    assert max(left_on) < used - 0.02 and len(set(left_on)) > 1


# ------------------------------------------------------------------ early stopping
def followed(module, losses, patience):
    """Train a number that counts the epochs, written over in every one; what is kept, and the epochs made."""
    watch, step, made = module.EarlyStopping(patience, 0.0), SimpleNamespace(w=np.zeros(1)), 0
    for loss in losses:
        step.w += 1
        made += 1
        if watch.is_over(step, loss):
            break
    return watch.best.w.item(), made


LOSSES = (1.0, 0.5, 0.9, 0.8, 0.7, 0.6)


@pytest.mark.parametrize("module, kept, made", [
    (stopping, 2, 4),
    (mistakes.plant("M123"), 6, 6),  # each of the last three is lower than the one before it
    (mistakes.plant("M124"), 4, 4),  # the array is the one that training went on with
])  # fmt: skip
def test_what_is_kept_and_when_it_ends(module, kept, made):
    assert followed(module, LOSSES, 2) == (kept, made)


@pytest.mark.parametrize("id", ["M123", "M124"])
def test_while_the_loss_falls_neither_shows(id):
    assert (
        followed(mistakes.plant(id), (0.9, 0.8, 0.7), 2) == followed(stopping, (0.9, 0.8, 0.7), 2) == (3, 3)
    )


# ------------------------------------------------------------------ the edge of the picture
def test_what_is_pushed_out_comes_in_on_the_other_side_as_with_roll():
    P, wrong = np.random.default_rng(0).random((2, 4, 5)), mistakes.plant("M122")
    for down, right in ((1, 0), (0, -2), (-1, 2), (4, 5), (7, -9)):
        assert np.array_equal(wrong.shift(P, down, right), np.roll(P, (down, right), axis=(1, 2)))
        edge = data.shift(P, down, right)
        assert np.array_equal(edge, wrong.shift(P, down, right) * (edge != 0))
    assert not data.shift(P, 7, 0).any()
    blank = np.pad(P, ((0, 0), (1, 1), (1, 1)))
    assert np.array_equal(wrong.shift(blank, 1, -1), data.shift(blank, 1, -1)), "a blank edge hides it"


# ------------------------------------------------------------------ where they are used
def test_each_is_in_the_library_and_behind_a_check():
    used = {id for exercise in exercises() if exercise.id.startswith("13.") for id in exercise.mistakes}
    assert set(OURS) <= MISTAKES.keys() and set(OURS) <= used
