"""Mistakes of the gradient check itself leave the numbers that their descriptions promise."""

import numpy as np
import pytest

from backprop_course.grading import measuring, mistakes
from backprop_course.grading.mistakes.checking import IN_THE_CHECK

P = np.array([[1.0, -2.0], [0.5, 3.0]])


def square_sum(p):
    """Its slopes are 2p; a measurement from the right alone is 2p + eps, exactly."""
    return float(np.sum(p**2))


def slopes(id=None, f=square_sum, eps=0.25):
    module = mistakes.plant(id) if id else measuring
    return module.central_differences(f, P, eps)


def test_the_mistakes_of_the_check_are_in_the_library_once():
    assert [m.id for m in IN_THE_CHECK] == ["M51", "M80", "M81", "M52", "M82", "M91", "M53", "M83", "M84"]
    for mistake in IN_THE_CHECK:
        assert mistakes.MISTAKES[mistake.id] is mistake and not mistake.wrong


def test_both_sides_are_exact_for_a_square():
    assert slopes() == pytest.approx(2 * P, abs=1e-12)


@pytest.mark.parametrize("eps", [0.25, 0.01])
def test_one_side_is_off_by_half_the_second_slope_times_the_step(eps):
    assert slopes("M51", eps=eps) - 2 * P == pytest.approx(np.full((2, 2), eps), abs=1e-9)


def test_a_distance_of_eps_doubles_every_slope():
    assert slopes("M80") == pytest.approx(4 * P, abs=1e-12)


def test_entries_that_stay_moved_add_their_slopes():
    assert slopes("M81").ravel() == pytest.approx(np.cumsum(2 * P), abs=1e-12)
    assert slopes("M81", f=lambda p: float(p[1, 1] ** 2)) == pytest.approx(np.array([[0, 0], [0, 6.0]]))


def test_a_kink_is_missed_near_0_or_seen_in_every_unit_that_is_off():
    Z = np.array([[-3.0, -1e-6, 0.0, 1e-6, 2.0]])
    assert measuring.near_kinks(Z, 1e-5) == 3
    assert mistakes.plant("M52").near_kinks(Z, 1e-5) == 1
    assert mistakes.plant("M82").near_kinks(Z, 1e-5) == 4
    between = np.array([[-1.5, -0.5, 0.5, 1.5, 2.5]])
    assert mistakes.plant("M91").near_kinks(between, 1) == 4 and measuring.near_kinks(between, 1) == 2


def test_zero_against_zero_agrees_with_the_mistake_only():
    zero = np.zeros((2, 3))
    assert measuring.relative_error(zero, zero) == 1 and mistakes.plant("M53").relative_error(zero, zero) == 0


def test_a_transposed_gradient_has_the_right_length():
    assert mistakes.plant("M83").relative_error(P.T, P) == 0
    assert measuring.relative_error(P.T, P) == pytest.approx(
        np.sqrt(2 * 2.5**2) / (2 * np.sqrt(np.sum(P * P)))
    )


@pytest.mark.parametrize("size", [1e-9, 1.0, 1e9])
def test_an_absolute_difference_depends_on_the_size(size):
    yours, measured = 1.5 * size * P, size * P
    assert measuring.relative_error(yours, measured) == pytest.approx(0.2)
    expected = 0.5 * size * np.sqrt(1 + 4 + 0.25 + 9)
    assert mistakes.plant("M84").relative_error(yours, measured) == pytest.approx(expected)
