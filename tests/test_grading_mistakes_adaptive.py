"""Mistakes in the adaptive steps: each, planted, leaves the numbers that its description promises."""

import math

import numpy as np
import pytest

from backprop_course import data
from backprop_course.grading import mistakes
from backprop_course.grading.mistakes import MISTAKES
from backprop_course.models import two_layer
from backprop_course.notation import one_hot
from backprop_course.training import optimizers

RATE = 0.001
ADAPTIVE = ("adagrad", "rmsprop", "adam", "adamw")


def path(optimizer, slopes, w=0.0):
    """Where one weight is after each update."""
    params = {"w": np.array([w])}
    state, places = optimizer.init(params), []
    with np.errstate(all="ignore"):
        for slope in slopes:
            params, state = optimizer.update(params, {"w": np.array([slope])}, state)
            places.append(float(params["w"][0]))
    return places


def first(optimizer, slope=2.0):
    """The length of the first step, as a share of the learning rate."""
    return abs(path(optimizer, [slope])[0]) / RATE


def others_are_right(id, names):
    """Every optimizer that is not named takes the steps of the package."""
    slopes = (0.5, -1.25, 2.0)
    for name in {*ADAPTIVE, "sgd", "momentum", "nesterov"} - set(names):
        wrong = getattr(mistakes.plant(id), name)(RATE)
        assert path(wrong, slopes, 1.5) == path(getattr(optimizers, name)(RATE), slopes, 1.5), name
    return True


# ------------------------------------------------------------------ the corrections
def test_without_corrections_the_first_step_is_three_times_too_long_and_the_tenth_longer_still():
    adam = mistakes.plant("M42").adam
    assert first(adam(RATE)) == pytest.approx(0.1 / math.sqrt(0.001), rel=1e-6)  # 3.16
    ends = path(adam(RATE), [2.0] * 10)
    tenth = (1 - 0.9**10) / math.sqrt(1 - 0.999**10)  # of a slope that stays
    assert abs(ends[9] - ends[8]) / RATE == pytest.approx(tenth, rel=1e-6) and 6 < tenth < 7
    assert others_are_right("M42", ("adam", "adamw"))


def test_without_corrections_betas_of_zero_change_nothing():
    slopes = (0.5, -1.25, 2.0)
    wrong, right = (module.adam(RATE, 0.0, 0.0) for module in (mistakes.plant("M42"), optimizers))
    assert path(wrong, slopes) == pytest.approx(path(right, slopes), rel=1e-12)


def test_a_first_update_with_the_number_0_is_no_number_and_a_later_one_is_the_one_before():
    adam = mistakes.plant("M43").adam(RATE)
    assert math.isnan(path(adam, [2.0])[0])
    m, v, t = 0.2, 0.03, 7
    state = {"step": t - 1, "m": {"w": np.array([m])}, "v": {"w": np.array([v])}}
    moved = adam.update({"w": np.zeros(1)}, {"w": np.ones(1)}, state)[0]["w"][0]
    m, v = 0.9 * m + 0.1, 0.999 * v + 0.001
    assert moved == pytest.approx(-RATE * m / (1 - 0.9**6) / math.sqrt(v / (1 - 0.999**6)), rel=1e-6)
    assert others_are_right("M43", ("adam", "adamw"))


def test_a_first_update_with_the_number_2_is_too_short():
    expected = 0.1 / (1 - 0.9**2) * math.sqrt((1 - 0.999**2) / 0.001)
    assert first(mistakes.plant("M110").adam(RATE)) == pytest.approx(expected, rel=1e-6)
    assert expected == pytest.approx(0.744, abs=5e-4)
    assert others_are_right("M110", ("adam", "adamw"))


def test_eps_under_the_root_shortens_the_steps_of_small_slopes():
    wrong = mistakes.plant("M168")
    for name, share in (("adam", 1.0), ("rmsprop", 0.1)):  # of the slope, the root after one update
        for slope in (3.0, 1e-4, 1e-7):
            expected = slope / math.sqrt((share * slope) ** 2 + 1e-8)
            assert first(getattr(wrong, name)(RATE), slope) == pytest.approx(expected, rel=1e-6)
    assert others_are_right("M168", ("adam", "adamw", "rmsprop"))


def test_a_number_that_grows_with_every_parameter_shortens_the_first_steps_one_after_the_other():
    updating = mistakes.plant("M111")
    adam = updating.from_rule(optimizers.adam_rule(0.9, 0.999, 1e-8), RATE, remembers=("m", "v"))
    params = {name: np.zeros(1) for name in ("W1", "b1", "W2", "b2")}
    grads = {name: np.full(1, 3.0) for name in params}
    new, state = adam.update(params, grads, adam.init(params))
    lengths = [float(-new[name][0] / RATE) for name in params]
    assert lengths == pytest.approx([1, 0.744, 0.639, 0.581], abs=5e-4) and state["step"] == 4
    alone = updating.from_rule(optimizers.adam_rule(0.9, 0.999, 1e-8), RATE, remembers=("m", "v"))
    slopes = (0.5, -1.25, 2.0)  # a network with one parameter hides it
    assert path(alone, slopes) == path(optimizers.adam(RATE), slopes)


# ------------------------------------------------------------------ eps, square, root
@pytest.mark.parametrize("name", ["adam", "adamw", "rmsprop"])
def test_without_eps_a_slope_of_zero_gives_no_number(name):
    wrong, right = (getattr(module, name)(RATE) for module in (mistakes.plant("M44"), optimizers))
    assert math.isnan(path(wrong, [0.0])[0]) and path(right, [0.0]) == [0.0]
    assert path(wrong, [2.0, -1.0]) == pytest.approx(path(right, [2.0, -1.0]), rel=1e-6)
    assert others_are_right("M44", ("adam", "adamw", "rmsprop"))


def test_without_eps_the_dead_pixels_of_the_digits_make_their_columns_no_numbers():
    digits = data.digits()
    X, Y_true = digits.X[:1200] / 16, one_hot(digits.labels[:1200], 10)
    params = two_layer.init(np.random.default_rng(0), 64, 32, 10)
    grads = two_layer.backward(params, two_layer.forward(params, X)[1], Y_true)
    adam = mistakes.plant("M44").adam(RATE)
    with np.errstate(all="ignore"):
        new = adam.update(params, grads, adam.init(params))[0]
    dead = [pixel for pixel in range(64) if not X[:, pixel].any()]
    assert np.isnan(new["W1"]).all(axis=0).nonzero()[0].tolist() == dead == [0, 32, 39]
    assert np.array_equal(np.isnan(new["W1"]), grads["W1"] == 0), "and so do units that are off, for instance"


@pytest.mark.parametrize("name", ["rmsprop", "adagrad"])
def test_without_the_square_negative_slopes_give_no_number(name):
    wrong = getattr(mistakes.plant("M45"), name)(RATE)
    assert math.isnan(path(wrong, [-2.0])[0])
    share = 0.01 if name == "rmsprop" else 1
    assert first(wrong, 4.0) == pytest.approx(4 / math.sqrt(4 * share), rel=1e-6)
    assert others_are_right("M45", ("rmsprop", "adagrad"))


@pytest.mark.parametrize("name", ["rmsprop", "adagrad"])
def test_without_the_root_small_slopes_make_long_steps(name):
    wrong = getattr(mistakes.plant("M112"), name)(RATE)
    share = 0.01 if name == "rmsprop" else 1
    assert first(wrong, 4.0) == pytest.approx(4 / (16 * share), rel=1e-6)
    assert first(wrong, 0.4) == pytest.approx(10 * first(wrong, 4.0), rel=1e-4)
    assert others_are_right("M112", ("rmsprop", "adagrad"))


# ------------------------------------------------------------------ the decay
def test_a_decay_that_passes_through_the_means_is_that_of_adam():
    slopes = (0.5, -1.25, 2.0)
    wrong = path(mistakes.plant("M113").adamw(RATE, weight_decay=0.3), slopes, 1.5)
    assert wrong == pytest.approx(path(optimizers.adam(RATE, weight_decay=0.3), slopes, 1.5), rel=1e-14)
    assert wrong != pytest.approx(path(optimizers.adamw(RATE, weight_decay=0.3), slopes, 1.5), rel=1e-5)
    assert others_are_right("M113", ("adamw",))


def test_a_decay_without_the_learning_rate_takes_its_whole_share():
    """Where the slopes are 0, all that happens is the decay."""
    wrong = path(mistakes.plant("M114").adamw(RATE, weight_decay=0.3), [0.0] * 3, 1.5)
    right = path(optimizers.adamw(RATE, weight_decay=0.3), [0.0] * 3, 1.5)
    assert wrong == pytest.approx([1.5 * 0.7**k for k in (1, 2, 3)], rel=1e-12)
    assert right == pytest.approx([1.5 * (1 - 0.3 * RATE) ** k for k in (1, 2, 3)], rel=1e-12)
    assert others_are_right("M114", ("adamw",))


def test_they_are_in_the_library():
    assert {"M42", "M43", "M44", "M45", "M110", "M111", "M112", "M113", "M114", "M168"} <= MISTAKES.keys()
