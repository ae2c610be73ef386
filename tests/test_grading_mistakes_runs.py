"""Mistakes between right functions: each, planted, leaves the numbers that its description promises."""

import math

import numpy as np
import pytest

from backprop_course.data import digits
from backprop_course.grading import mistakes, one_batchnorm_network, one_dropout_network, one_selection
from backprop_course.grading.bank import clinic_10, clinic_14
from backprop_course.grading.mistakes.runs import IN_A_RUN
from backprop_course.models import two_layer
from backprop_course.training import adam, momentum, sgd

N, n, h, m = 8, 5, 4, 3


def problem(seed=0):
    """Pixels, one-hot answers and parameters with biases."""
    rng = np.random.default_rng(seed)
    shapes = {"W1": (h, n), "b1": (h,), "W2": (m, h), "b2": (m,)}
    params = {name: rng.standard_normal(shape) for name, shape in shapes.items()}
    return rng.uniform(0, 16, (N, n)), np.eye(m)[rng.permutation(N) % m], params


def gradient(params, X, Y_true):
    """By the sources' formulas, one example at a time."""
    grads = {name: np.zeros_like(W) for name, W in params.items()}
    for x, y in zip(X, Y_true):
        z1 = params["W1"] @ x + params["b1"]
        e = np.exp(params["W2"] @ np.maximum(z1, 0) + params["b2"])
        dz2 = (e / e.sum() - y) / len(X)
        dz1 = (params["W2"].T @ dz2) * (z1 > 0)
        grads["W1"] += np.outer(dz1, x)
        grads["b1"] += dz1
        grads["W2"] += np.outer(dz2, np.maximum(z1, 0))
        grads["b2"] += dz2
    return grads


def trained(id, epochs, optimizer, batch_size=N, seed=0):
    pixels, Y_true, params = problem()
    train = mistakes.plant(id).train
    return train(params, pixels, Y_true, optimizer, epochs, batch_size, np.random.default_rng(seed))


def assert_same(params, others):
    for name, array in params.items():
        assert np.allclose(array, others[name], rtol=1e-9, atol=1e-12), name


def test_every_mistake_has_a_patient():
    assert {m.id for m in IN_A_RUN} <= {e.mistake for e in (*clinic_10.RUNS, *clinic_14.RUNS)}


# ------------------------------------------------------------------ a training
def test_gradients_that_are_never_zeroed_add_up():
    pixels, Y_true, params = problem()
    total = {name: 0 for name in params}
    for _ in range(3):
        grads = gradient(params, pixels / 16, Y_true)
        total = {name: total[name] + grads[name] for name in params}
        params = {name: params[name] - 0.1 * total[name] for name in params}
    assert_same(trained("M41", 3, sgd(0.1))[0], params)
    like_momentum = momentum(0.1, math.nextafter(1, 0))  # that forgets nothing
    assert_same(trained("M130", 1, sgd(0.1))[0], trained("M41", 1, sgd(0.1))[0])
    right = mistakes.plant("M131")  # its train is right; the pixels are taken 255/16 times as large
    pixels, Y_true, params = problem()
    again, _ = right.train(params, pixels * 255 / 16, Y_true, like_momentum, 3, N, np.random.default_rng(0))
    assert_same(again, trained("M41", 3, sgd(0.1))[0])


def test_separate_shuffles_pair_an_image_with_the_label_of_another():
    pixels, Y_true, params = problem()
    rng = np.random.default_rng(0)
    X, Y = pixels[rng.permutation(N)] / 16, Y_true[rng.permutation(N)]
    grads = gradient(params, X, Y)
    assert_same(trained("M47", 1, sgd(0.1))[0], {k: params[k] - 0.1 * grads[k] for k in params})


def test_digits_with_the_labels_of_others_are_learned_no_better_than_by_guessing():
    pixels, labels = digits()
    start = two_layer.init(np.random.default_rng(0), 64, 32, 10)
    args = start, pixels[:1200], np.eye(10)[labels[:1200]], sgd(0.5), 4, 64, np.random.default_rng(0)
    new, losses = mistakes.plant("M47").train(*args)
    Y_pred, _ = two_layer.forward(new, pixels[1200:] / 16)
    assert (Y_pred.argmax(axis=1) == labels[1200:]).mean() < 0.3
    assert np.mean(losses[-19:]) == pytest.approx(math.log(10), abs=0.1)


def test_without_its_state_momentum_is_plain_descent():
    assert_same(trained("M130", 3, momentum(0.1, 0.9))[0], trained("M130", 3, sgd(0.1))[0])


def test_pixels_divided_by_255_are_about_16_times_too_small():
    wrong = mistakes.plant("M131").scaled(np.array([0.0, 16.0]))
    assert wrong.tolist() == [0, 16 / 255]


def test_the_variance_in_place_of_the_standard_deviation():
    start = mistakes.plant("M132").start(np.random.default_rng(0), 400, 300, 200)
    for name, fans in (("W1", 400), ("W2", 500)):
        assert start[name].std() == pytest.approx(2 / fans, rel=0.02)


def test_rows_that_are_never_shuffled_come_in_the_order_of_the_file():
    pixels, Y_true, params = problem()
    for rows in (slice(0, 3), slice(3, 6), slice(6, 8)):
        grads = gradient(params, pixels[rows] / 16, Y_true[rows])
        params = {name: params[name] - 0.1 * grads[name] for name in params}
    assert_same(trained("M138", 1, sgd(0.1), 3)[0], params)


# ------------------------------------------------------------------ two modes
def test_dropout_in_use_answers_the_same_question_twice():
    pixels, _, params = problem()
    rng = np.random.default_rng(0)
    predict = mistakes.plant("M133").predict
    assert not np.allclose(predict(params, pixels, 0.5, rng), predict(params, pixels, 0.5, rng))
    used = one_dropout_network.predict(params, pixels, 0.5, rng)
    assert np.allclose(predict(params, pixels, 1.0, rng), used)


def test_a_penalty_on_biases_adds_2_lambda_b():
    pixels, Y_true, params = problem()
    grads = []
    for module in (one_dropout_network, mistakes.plant("M134")):
        _, saved = module.forward(params, pixels / 16, 0.5, np.random.default_rng(0), True)
        grads.append(module.backward(params, saved, Y_true, 0.01))
    right, wrong = grads
    for name in params:
        extra = 0.02 * params[name] if name[0] == "b" else 0
        assert np.allclose(wrong[name] - right[name], extra, atol=1e-12)


def test_without_running_statistics_mean_0_and_variance_1_remain():
    pixels, Y_true, params = problem()
    params = {k: params[k] for k in ("W1", "W2", "b2")} | {"gamma": np.ones(h), "beta": np.zeros(h)}
    state = {"mean": np.zeros(h), "var": np.ones(h)}
    args = params, state, pixels, Y_true, 20, 4, 0.1
    wrong, kept, losses = mistakes.plant("M135").train(*args, np.random.default_rng(0))
    right, moved, same = one_batchnorm_network.train(*args, np.random.default_rng(0))
    assert_same(wrong, right)
    assert losses == same and kept == state
    sums = pixels @ right["W1"].T  # W1 has moved a little while the statistics were collected
    assert np.allclose(moved["mean"], sums.mean(axis=0), atol=0.2 * np.abs(sums).max())


# ------------------------------------------------------------------ a choice
def rows_of(id):
    """How many rows each epoch trains on, of 40 with 10 for validation, and the losses of these."""
    rng = np.random.default_rng(1)
    X, Y_true = rng.standard_normal((40, n)), np.eye(m)[rng.integers(0, m, 40)]
    module = mistakes.plant(id) if id else one_selection
    _, _, params = problem()
    return module.train(params, X, Y_true, adam(0.03), 30, 9, 1, np.random.default_rng(0))


def test_validation_rows_that_are_trained_on_make_the_epochs_longer_and_their_loss_low():
    (_, right, watched), (_, wrong, leaked) = rows_of(None), rows_of("M136")
    assert len(right) == 30 * len(watched) and len(wrong) == 40 * len(leaked)
    assert min(leaked) < 0.6 * min(watched)


def test_the_last_network_is_the_one_after_the_last_epoch():
    rng = np.random.default_rng(1)
    X, Y_true = rng.standard_normal((40, n)), np.eye(m)[rng.integers(0, m, 40)]
    (best, _, watched), (last, _, same) = rows_of(None), rows_of("M137")
    _, validation = one_selection.split(40, np.random.default_rng(0))
    X, Y_true = X[validation], Y_true[validation]
    losses = [two_layer.loss(two_layer.forward(p, X)[0], Y_true) for p in (best, last)]
    assert watched == same and losses == pytest.approx([min(watched), watched[-1]])
    assert losses[1] > losses[0]
