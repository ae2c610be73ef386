"""Mistakes about how far to step: each, planted, leaves the numbers that its description promises."""

import math

import numpy as np
import pytest

from backprop_course import ops, verify
from backprop_course.grading import check, mistakes, step_size
from backprop_course.grading.bank.lesson_08 import EXERCISES
from backprop_course.grading.mistakes import MISTAKES
from backprop_course.models import two_layer
from backprop_course.notation import one_hot
from backprop_course.training import schedules, stability_limit

IDS = ("M48", "M97", "M98", "M99", "M140", "M141", "M142", "M143", "M144")


def turned(curvatures, seed=0):
    Q, _ = np.linalg.qr(np.random.default_rng(seed).standard_normal((len(curvatures),) * 2))
    return Q @ np.diag(curvatures) @ Q.T


# ------------------------------------------------------------------ the right ones
@pytest.mark.parametrize("curvatures", [[3.0], [1.0, 10.0], [0.5, 2.0, 7.0]])
def test_descent_is_the_power_of_one_matrix_and_the_limit_is_measured(curvatures):
    H, start = turned(curvatures), np.arange(1.0, len(curvatures) + 1)
    step = np.eye(len(H)) - 0.1 * H
    assert np.allclose(step_size.descend(H, start, 0.1, 5), np.linalg.matrix_power(step, 5) @ start)
    assert np.array_equal(start, np.arange(1.0, len(curvatures) + 1))
    measured = stability_limit(lambda p: {"w": H @ p["w"]}, {"w": start}, low=1e-3, high=50)
    assert step_size.limit(H) == pytest.approx(measured, rel=0.01)


def test_the_second_slopes_of_a_layer_are_those_that_are_measured():
    rng = np.random.default_rng(0)
    pixels, m = rng.integers(0, 17, (6, 3)).astype(float), 2
    W, Y_true = rng.standard_normal((m, 3)), rng.standard_normal((6, m))

    def slopes_of_the_first_output(row):
        Z = pixels / 16 @ np.array([row, W[1]]).T
        return (ops.mse_backward(Z, Y_true).T @ (pixels / 16))[0]

    H = step_size.second_slopes(pixels, 16.0, m)
    for j in range(3):
        e = np.eye(3)[j]
        column = (slopes_of_the_first_output(W[0] + e) - slopes_of_the_first_output(W[0] - e)) / 2
        assert np.allclose(H[:, j], column, rtol=1e-9)


# ------------------------------------------------------------------ the planted ones
def test_half_of_the_limit_arrives_in_one_step():
    H = turned([4.0])
    half = mistakes.plant("M97").limit(H)
    assert half == pytest.approx(step_size.limit(H) / 2)
    assert step_size.descend(H, np.array([3.0]), half, 1) == pytest.approx(0, abs=1e-12)


def test_the_limit_of_the_flat_direction_lets_the_steep_one_diverge():
    H = turned([1.0, 10.0])
    flat = mistakes.plant("M98").limit(H)
    assert flat == pytest.approx(2) and step_size.limit(H) == pytest.approx(0.2)
    assert np.linalg.norm(step_size.descend(H, np.ones(2), flat, 10)) > 1e10


def test_without_the_entries_beside_the_diagonal_an_askew_valley_is_another_one():
    H, start = turned([1.0, 10.0]), np.array([1.0, 2.0])
    wrong = mistakes.plant("M99")
    expected = start * (1 - 0.1 * np.diag(H)) ** 4
    assert np.allclose(wrong.descend(H, start, 0.1, 4), expected)
    assert not np.allclose(expected, step_size.descend(H, start, 0.1, 4))
    assert wrong.limit(H) > step_size.limit(H)
    straight = np.diag([1.0, 10.0])
    assert np.allclose(wrong.descend(straight, start, 0.1, 4), step_size.descend(straight, start, 0.1, 4))


@pytest.mark.parametrize("top", [16.0, 255.0])
def test_unscaled_pixels_have_a_limit_that_is_the_square_of_top_times_too_small(top):
    pixels = np.random.default_rng(0).integers(0, top, (9, 3)).astype(float)
    limits = [
        module.limit(module.second_slopes(pixels, top, 2)) for module in (step_size, mistakes.plant("M48"))
    ]
    assert limits[0] / limits[1] == pytest.approx(top**2, rel=1e-9)


def test_a_mean_over_the_rows_alone_makes_the_curvature_m_times_too_large():
    pixels = np.random.default_rng(0).integers(0, 17, (9, 3)).astype(float)
    wrong = mistakes.plant("M143").second_slopes
    for m in (1, 4):
        assert np.allclose(wrong(pixels, 16.0, m), m * step_size.second_slopes(pixels, 16.0, m))


def test_a_warm_up_from_0_is_one_step_late():
    wrong = mistakes.plant("M140").warm_up(0.8, 4)
    assert [wrong(step) for step in range(6)] == [0, 0.2, 0.4, pytest.approx(0.6), 0.8, 0.8]
    right = schedules.warm_up(0.8, 4)
    assert [right(step) for step in range(4)] == [0.2, 0.4, pytest.approx(0.6), 0.8]


def test_a_second_schedule_that_counts_all_steps_has_fallen_already():
    call = (schedules.warm_up(1, 5), 5, schedules.cosine(1, 10))
    wrong, right = mistakes.plant("M141").joined(*call), schedules.joined(*call)
    assert right(4) == right(5) == 1 and wrong(5) == pytest.approx((1 + math.cos(math.pi / 2)) / 2)
    assert [wrong(step) for step in range(5, 9)] == [right(step + 5) for step in range(5, 9)]


def test_a_whole_wave_of_the_cosine_comes_back():
    wrong = mistakes.plant("M142").cosine(0.6, 8)
    assert [wrong(step) for step in (0, 4, 8)] == [0.6, pytest.approx(0, abs=1e-15), 0.6]


def test_a_decay_that_is_not_rounded_down_slides():
    wrong, right = (module.step_decay(1, 4, 0.1) for module in (mistakes.plant("M144"), schedules))
    assert wrong(2) == pytest.approx(math.sqrt(0.1)) and right(2) == 1
    assert wrong(4) == pytest.approx(right(4)) == pytest.approx(0.1)


def test_a_search_that_is_not_honest_takes_another_rate():
    """The second rate has the best mean, the third the luckiest run, the first the best test."""
    rates, validation = np.array([1.0, 2.0, 3.0]), np.array([[90, 91], [93, 94], [80, 95]])
    test = np.array([[95, 95], [90, 92], [85, 88]])
    found = [module.chosen(rates, validation, test) for module in map(mistakes.plant, ("M169", "M171"))]
    assert [step_size.chosen(rates, validation, test), *found] == [2.0, 1.0, 3.0]


def test_they_are_in_the_library_and_every_one_is_used_by_a_check_of_lesson_08():
    used = {id for exercise in EXERCISES for id in exercise.mistakes}
    assert set(IDS) <= MISTAKES.keys() and set(IDS) <= used


# ------------------------------------------------------------------ the patients of 08.9
def test_the_fingerprints_of_the_three_patients_are_those_of_the_sheet():
    """The numbers that stand in the sheet, measured anew."""
    N, n, h, m = 8, 3, 5, 4
    rng = np.random.default_rng(8)
    params = {k: W + 0.3 * rng.standard_normal(W.shape) for k, W in two_layer.init(rng, n, h, m).items()}
    X, Y_true = rng.standard_normal((N, n)), one_hot(rng.integers(0, m, N), m)
    saved = two_layer.forward(params, X)[1]
    sheet = {
        "M17": {"b1": (0.125, 1.0), "b2": (0.125, 1.0)},
        "M5": {"W1": (0.128, 0.93), "b1": (0.138, 0.92), "W2": (0.148, 0.90), "b2": (0.139, 0.91)},
        "M9": {"W2": (1.227, 0.65)},
    }
    for id, told in sheet.items():
        wrong = mistakes.plant(id).backward(params, saved, Y_true)
        rows = verify.check_gradients(
            lambda p: two_layer.loss(two_layer.forward(p, X)[0], Y_true), params, wrong
        ).rows.values()
        found = {row.name: (row.ratio, row.cosine) for row in rows if row.result == "differs"}
        assert found.keys() == told.keys(), id
        for name, pair in told.items():
            assert found[name] == pytest.approx(pair, abs=0.005), (id, name)


# ------------------------------------------------------------------ answers that nobody planted
def stays_at_the_first_gradient(H, start, learning_rate, steps):
    """Every step uses the gradient of the start."""
    return start - steps * learning_rate * H @ start


def takes_a_step_too_many(H, start, learning_rate, steps):
    return step_size.descend(H, start, learning_rate, steps + 1)


def changes_what_it_is_given(H, start, learning_rate, steps):
    for _ in range(steps):
        start -= learning_rate * H @ start
    return start


@pytest.mark.parametrize("answer, told", [
    (stays_at_the_first_gradient, ""), (takes_a_step_too_many, ""), (changes_what_it_is_given, "start"),
])  # fmt: skip
def test_other_wrong_descents_never_pass(answer, told):
    for seed in range(5):
        feedback = check("08.2", answer, seed)
        assert not feedback.passed and feedback.mistake is None and told in feedback.message


@pytest.mark.parametrize("share", [0.999, 1.001])
def test_a_limit_that_is_nearly_right_is_not_right(share):
    assert not check("08.3", lambda H: share * step_size.limit(H)).passed


@pytest.mark.parametrize("order", [
    [8, 7, 3, 4, 1, 5, 2, 6], [8, 7, 3, 4, 2, 5, 6, 1], [7, 3, 4, 8, 5, 2, 6, 1], [8, 7, 3, 4, 5, 6, 2, 1],
])  # fmt: skip
def test_a_search_that_opens_the_test_part_early_or_skips_a_need_is_refused(order):
    assert not check("08.4", order).passed
