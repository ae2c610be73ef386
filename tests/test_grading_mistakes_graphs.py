"""The mistakes of graphs, planted in the tape, are caught and leave the numbers that their texts promise."""

import numpy as np
import pytest

from backprop_course import autodiff
from backprop_course.autodiff import Tensor, Value, sweeps
from backprop_course.grading import mistakes
from backprop_course.grading.bank.graphs import sweeping
from backprop_course.verify import check_gradients, finite_differences

AT = {"a": 3.0, "b": 1.0, "c": -2.0}


def used_twice(v):
    """L = (a (a − b))² + c² / b, with every operation that a mistake is made in."""
    s = v["a"] - v["b"]
    return (v["a"] * s) ** 2 + v["c"] ** 2 / v["b"]


def taped(gradients, program, at):
    nodes = {name: Value(number) for name, number in at.items()}
    g = gradients(program(nodes))
    return {name: g[node] for name, node in nodes.items()}


# ------------------------------------------------------------------ the numbers of a, b and c by calculus
# p = a (a − b) = 6, dL/dp = 12 and dL/d(a − b) = 36; c² = 4 and dL/d(c²) = 1 / b = 1
RIGHT = {"a": 36 + 24, "b": -36 - 4, "c": -4}
WRONG = {
    "M70": {"a": 24 + 36, "b": -24 - 4, "c": -4},
    "M71": {"a": 36 + 24, "b": 36 + 4, "c": -4},
    "M72": {"a": 18 + 12, "b": -18 - 4, "c": -2},
    "M73": {"a": 40 * 60, "b": 40 * -40, "c": 40 * -4},  # L = 40
}


def test_the_right_tape_gives_the_numbers_of_calculus_and_passes_the_check():
    slopes = taped(autodiff.gradients, used_twice, AT)
    assert slopes == RIGHT and check_gradients(used_twice, AT, slopes).passed
    assert sweeping(sweeps)(L := Value(3.0) ** 2) == {L: 1, L.parents[0]: 6}


@pytest.mark.parametrize("id", WRONG)
def test_a_planted_mistake_gives_its_own_numbers_and_is_caught(id):
    slopes = taped(sweeping(mistakes.plant(id)), used_twice, AT)
    assert slopes == WRONG[id]
    result = check_gradients(used_twice, AT, slopes)
    wrong = {name for name in AT if WRONG[id][name] != RIGHT[name]}
    assert {name for name, row in result.rows.items() if row.result != "agrees"} == wrong != set()
    assert taped(autodiff.gradients, used_twice, AT) == RIGHT  # the package is as it was


HIDDEN = {
    "M70": lambda v: v["a"] * v["a"] + v["b"] / v["c"],
    "M71": lambda v: v["a"] * v["b"] + v["c"],
    "M72": lambda v: v["a"] * v["b"] - v["c"],
}


@pytest.mark.parametrize("id", HIDDEN)
def test_a_calculation_without_its_operation_hides_it(id):
    slopes = taped(sweeping(mistakes.plant(id)), HIDDEN[id], AT)
    assert check_gradients(HIDDEN[id], AT, slopes).passed


def test_a_loss_of_one_hides_the_wrong_start():
    slopes = taped(mistakes.plant("M73").gradients, lambda v: v["a"] * v["b"] + v["c"], AT)  # 3 − 2
    assert slopes == {"a": 1, "b": 3, "c": 1}


def test_a_node_that_sends_too_early_loses_what_arrives_later():
    x, y = Value(3.0), Value(2.0)
    p = x * x
    L = p + p * y  # by calculus: dL/dp = 1 + y, dL/dx = 2x (1 + y), dL/dy = p
    assert [autodiff.gradients(L)[node] for node in (p, x, y)] == [3, 18, 9]
    g = mistakes.plant("M94").gradients(L)
    assert [g[node] for node in (p, x, y)] == [3, 6, 9]  # p has sent the 1 on, and not the 2
    assert g.rules_applied == 6  # each wire once, not twice as with M40
    chain = (x - y) * y
    assert mistakes.plant("M94").gradients(chain) == autodiff.gradients(chain)


def shifted_rows(N, n, id="M74"):
    """The slopes of Σ U (X + b) in b: measured, and on the tape with a mistake."""
    rng = np.random.default_rng(0)
    X, U, at = rng.standard_normal((N, n)), rng.standard_normal((N, n)), rng.standard_normal(n)
    b = Tensor(at)
    L = (U * (X + b)).sum()
    measured = finite_differences(lambda b: float((U * (X + b)).sum()), at)
    assert np.allclose(autodiff.gradients(L)[b], measured, atol=1e-8)
    return measured, mistakes.plant(id).gradients, L, b


def test_a_sum_over_the_wrong_axis_is_silent_only_where_the_sizes_are_equal():
    measured, gradients, L, b = shifted_rows(4, 4)
    assert gradients(L)[b].shape == (4,) and not np.allclose(gradients(L)[b], measured, atol=0.1)
    _, gradients, L, b = shifted_rows(4, 3)
    with pytest.raises(ValueError, match="broadcast"):
        gradients(L)


@pytest.mark.parametrize("N", [1, 4, 7])
def test_averaged_shares_are_smaller_by_the_number_of_copies(N):
    measured, gradients, L, b = shifted_rows(N, 3, "M92")
    assert np.allclose(N * gradients(L)[b], measured, atol=1e-8)
