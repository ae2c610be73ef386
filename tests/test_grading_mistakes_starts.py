"""Mistakes before the first step: each, planted, leaves the numbers that its description promises."""

import math

import numpy as np
import pytest

from backprop_course import data, models, notation, training
from backprop_course.grading import check, mistakes
from backprop_course.grading.mistakes import MISTAKES
from backprop_course.grading.mistakes.starts import AT_THE_START

OURS = {"M49", "M50", "M100", "M101", "M102", "M103", "M104", "M145", "M146", "M180", "M181"}


@pytest.fixture(scope="module")
def digits():
    X, labels = data.digits().X / 16, data.digits().labels
    return X[:900], notation.one_hot(labels[:900], 10), X[900:1200], labels[900:1200]


def network(module, rng):
    """The network of lesson 07 with the weights of a module: He, then Xavier."""
    return {
        "W1": module.he(rng, 32, 64), "b1": np.zeros(32),
        "W2": module.xavier(rng, 10, 32), "b2": np.zeros(10),
    }  # fmt: skip


def learned(params, digits, seed, epochs=10):
    """The share of other digits that are read after training as in lesson 07."""
    X, Y_true, others, labels = digits
    run = training.fit(
        models.two_layer, params, X, Y_true, optimizer=training.sgd(0.3), epochs=epochs, batch_size=20,
        rng=np.random.default_rng(seed), progress=False,
    )  # fmt: skip
    Z1 = np.maximum(others @ run.params["W1"].T + run.params["b1"], 0)
    return np.mean((Z1 @ run.params["W2"].T + run.params["b2"]).argmax(axis=1) == labels), run.params


def first_loss(params, digits):
    """ln Σ exp(z) − z of the true class, on average."""
    X, Y_true, *_ = digits
    Z2 = np.maximum(X @ params["W1"].T, 0) @ params["W2"].T
    top = Z2.max(axis=1, keepdims=True)
    return np.mean(top[:, 0] + np.log(np.exp(Z2 - top).sum(axis=1)) - (Z2 * Y_true).sum(axis=1))


# ------------------------------------------------------------------ a start for the leaky ReLU
@pytest.mark.parametrize("id, slope, factor", [
    ("M180", 0.5, 1.25), ("M180", 0.0, 1), ("M181", 0.5, 2 / 1.25 / 400), ("M181", 0.0, 2 / 400),
])  # fmt: skip
def test_a_wrong_leaky_start_multiplies_the_mean_square_by_what_its_name_says(id, slope, factor):
    rng = np.random.default_rng(1)
    Z = rng.standard_normal((200, 400)) @ mistakes.plant(id).leaky(rng.standard_normal((400, 400)), slope).T
    assert np.mean(np.where(Z > 0, Z, slope * Z) ** 2) == pytest.approx(factor, rel=0.08)


# ------------------------------------------------------------------ zeros, and other equal weights
def test_from_zeros_only_the_last_biases_ever_move(digits):
    params = network(mistakes.plant("M49"), np.random.default_rng(0))
    assert not any(W.any() for W in params.values())
    right, new = learned(params, digits, 0, epochs=3)
    assert not any(new[name].any() for name in ("W1", "b1", "W2")) and new["b2"].any()
    assert right < 0.15


def test_from_equal_weights_all_units_stay_one_and_in_the_first_step_nothing_reaches_them(digits):
    """W2ᵀ (Y_pred − Y_true) is a sum over the classes where all rows of W2 are equal, and that sum is 0."""
    params = {
        "W1": np.full((32, 64), 0.1),
        "b1": np.zeros(32),
        "W2": np.full((10, 32), 0.1),
        "b2": np.zeros(10),
    }
    X, Y_true, *_ = digits
    first = models.two_layer.backward(params, models.two_layer.forward(params, X)[1], Y_true)
    assert np.abs(first["W1"]).max() < 1e-15 < 1e-3 < np.abs(first["W2"]).max()
    right, new = learned(params, digits, 0)
    assert np.ptp(new["W1"], axis=0).max() < 1e-9 < np.abs(new["W1"] - 0.1).max()
    assert np.ptp(new["W2"], axis=1).max() < 1e-9 < 0.1 < np.ptp(new["W2"], axis=0).max()
    assert right < 0.5


def test_the_four_starts_of_the_first_question_do_what_the_check_says_of_them(digits):
    """Zeros, all 0.1, W1 random with W2 = 0, W1 = 0 with W2 random: only the third one learns."""
    rng = np.random.default_rng(0)
    W1, W2 = models.he(rng, 32, 64), models.xavier(rng, 10, 32)
    starts = {
        "a": (0 * W1, 0 * W2), "b": (0 * W1 + 0.1, 0 * W2 + 0.1), "c": (W1, 0 * W2), "d": (0 * W1, W2),
    }  # fmt: skip
    for letter, (W1, W2) in starts.items():
        right, _ = learned({"W1": W1, "b1": np.zeros(32), "W2": W2, "b2": np.zeros(10)}, digits, 0)
        assert (right > 0.9) == (letter == "c") == check("09.1", letter).passed, letter
        assert right > 0.9 or right < 0.5


# ------------------------------------------------------------------ too large, too small
def test_ten_times_the_weights_are_a_hundred_times_the_scores_and_a_loss_far_above_chance(digits):
    right, wrong = (network(m, np.random.default_rng(0)) for m in (models, mistakes.plant("M50")))
    assert all(np.allclose(wrong[name], 10 * right[name], rtol=1e-12) for name in right)
    assert first_loss(right, digits) < 4 and first_loss(wrong, digits) > 50
    assert learned(wrong, digits, 0)[0] < learned(right, digits, 0)[0]


@pytest.mark.parametrize("id, name, variance", [
    ("M100", "he", 2 / 600), ("M101", "he", (2 / 400) ** 2), ("M101", "xavier", (2 / 1000) ** 2),
    ("M102", "he", 1 / 400),
    ("M103", "xavier_uniform", 2 / 1000 / 3), ("M50", "he", 100 * 2 / 400),
])  # fmt: skip
def test_the_weights_have_the_variance_of_their_mistake(id, name, variance):
    draw = getattr(mistakes.plant(id), name)
    weights = draw(np.random.default_rng(0), 600, 400)
    assert weights.var() == pytest.approx(variance, rel=5 * math.sqrt(2 / weights.size))
    right = getattr(models, name)(np.random.default_rng(0), 600, 400)
    assert not np.allclose(weights, right) and np.allclose(weights / weights.std(), right / right.std())


@pytest.mark.parametrize(
    "id, name", [("M100", "xavier"), ("M102", "xavier"), ("M103", "he"), ("M49", "xavier_uniform")]
)
def test_what_a_mistake_does_not_speak_of_is_as_it_was(id, name):
    draws = [getattr(m, name)(np.random.default_rng(0), 5, 7) for m in (models, mistakes.plant(id))]
    assert np.array_equal(*draws)


def test_units_in_place_of_inputs_do_not_show_where_both_are_as_many():
    he = mistakes.plant("M100").he
    assert np.array_equal(he(np.random.default_rng(0), 8, 8), models.he(np.random.default_rng(0), 8, 8))


@pytest.mark.parametrize("id, factor", [(None, 1), ("M102", 1 / 2), ("M101", 2 / 256), ("M50", 100)])
def test_a_wrong_scale_acts_in_each_of_20_layers(id, factor):
    """Of variance v/(2/n) in every layer, its 20th power is left, whatever the network scatters."""
    module = mistakes.plant(id) if id else models
    rng = np.random.default_rng(0)
    A = rng.standard_normal((50, 256))
    for _ in range(20):
        A = np.maximum(A @ module.he(rng, 256, 256).T, 0)
    assert abs(math.log(np.mean(A**2)) - 20 * math.log(factor)) < 2


# ------------------------------------------------------------------ dead units
A = np.array([[0.0, 2.0, 0.0, 0.0], [0.0, 0.0, 3.0, 0.0], [0.0, 0.0, 0.0, 0.0]])  # units 0 and 3 are dead


@pytest.mark.parametrize("id, share", [(None, 2 / 4), ("M104", 1 / 3), ("M145", 4 / 4), ("M146", 10 / 12)])
def test_dead_units_counted_by_hand(id, share):
    module = mistakes.plant(id) if id else training
    assert module.dead_units([A]).tolist() == [pytest.approx(share)]


def test_they_are_in_the_library():
    assert {m.id for m in AT_THE_START} >= OURS and MISTAKES.keys() >= OURS
