"""Mistakes in batch normalization: each, planted, leaves the numbers that its description promises."""

import math

import numpy as np
import pytest

from backprop_course import ops
from backprop_course.grading import mistakes
from backprop_course.grading.mistakes import MISTAKES
from backprop_course.verify import check_gradients

N, n = 16, 5
EPS = 1e-5
ON_THE_WAY_BACK = ("M29", "M30", "M31", "M32", "M125", "M126")


def problem(N=N, seed=0):
    """X, gamma, beta and the upstream gradient; columns with a centre and a spread of their own."""
    rng = np.random.default_rng(seed)
    X = 2 + np.arange(1, n + 1) * rng.standard_normal((N, n))
    return X, rng.uniform(0.4, 2, n), rng.standard_normal(n), rng.standard_normal((N, n))


def normalized(column, gamma=1.0, beta=0.0, less=0):
    """One column in plain Python, its variance divided by N - less."""
    mean = sum(column) / len(column)
    var = sum((x - mean) ** 2 for x in column) / (len(column) - less)
    return [gamma * (x - mean) / math.sqrt(var + EPS) + beta for x in column]


def measured(X, gamma, beta, dout, step=1e-5):
    """dX by central differences of plain Python, one entry at a time."""
    slopes = np.zeros_like(X)
    for k in range(X.shape[1]):
        for r in range(len(X)):
            sides = []
            for sign in (1, -1):
                column = X[:, k].tolist()
                column[r] += sign * step
                sides.append(sum(np.multiply(normalized(column, gamma[k], beta[k]), dout[:, k])))
            slopes[r, k] = (sides[0] - sides[1]) / (2 * step)
    return slopes


def dX_of(module, X, gamma, beta, dout):
    """What the backward of a module gives for what the right forward saved."""
    return module.batchnorm_backward(dout, ops.batchnorm(X, gamma, beta, EPS)[1])[0]


def cosine(a, b):
    return float(np.sum(a * b) / np.linalg.norm(a) / np.linalg.norm(b))


def relative(a, b):
    return float(np.linalg.norm(a - b) / (np.linalg.norm(a) + np.linalg.norm(b)))


def right_and_wrong(id):
    given = problem()
    return measured(*given), dX_of(mistakes.plant(id), *given), given


def test_the_right_way_back_is_what_is_measured_and_its_columns_sum_to_zero():
    given = problem()
    assert relative(dX_of(ops, *given), measured(*given)) < 1e-8
    assert np.abs(dX_of(ops, *given).sum(axis=0)).max() < 1e-13


@pytest.mark.parametrize("id", ON_THE_WAY_BACK)
def test_a_gradient_check_tells_each_from_the_right_one(id):
    X, gamma, beta, dout = problem()

    def loss(X):
        return float(np.sum(dout * ops.batchnorm(X, gamma, beta, EPS)[0]))

    assert check_gradients(loss, X, dX_of(ops, X, gamma, beta, dout)).passed
    assert not check_gradients(loss, X, dX_of(mistakes.plant(id), X, gamma, beta, dout)).passed


def test_both_as_constants_leave_a_factor_for_each_column():
    right, wrong, (X, gamma, _, dout) = right_and_wrong("M29")
    std = np.sqrt(X.var(axis=0) + EPS)
    assert np.allclose(wrong, dout * gamma / std, rtol=1e-12)
    assert 0.9 < cosine(right, wrong) < 0.99 and 1 < np.linalg.norm(wrong) / np.linalg.norm(right) < 1.15
    assert np.abs(wrong.sum(axis=0)).min() > 0.01


def test_without_the_variance_the_columns_still_sum_to_zero_and_without_the_mean_they_do_not():
    right, no_variance, _ = right_and_wrong("M30")
    no_mean = right_and_wrong("M125")[1]
    assert np.abs(no_variance.sum(axis=0)).max() < 1e-13 < 0.01 < np.abs(no_mean.sum(axis=0)).min()
    for wrong in (no_variance, no_mean):
        assert 0.9 < cosine(right, wrong) < 0.999 and relative(right, wrong) > 0.01
    column_constants = right - no_mean  # the missing path is the same for all examples of a column
    assert np.ptp(column_constants, axis=0).max() < 1e-8 < np.abs(column_constants).min()


def test_n_less_one_is_hard_to_see_and_breaks_the_sums():
    right, wrong, _ = right_and_wrong("M31")
    assert cosine(right, wrong) > 0.999 and 0.001 < relative(right, wrong) < 0.02
    assert np.abs(wrong.sum(axis=0)).min() > 1e-4
    X, gamma, beta, _ = problem(7)
    out, _ = mistakes.plant("M31").batchnorm(X, gamma, beta, EPS)
    for k in range(n):
        assert np.allclose(out[:, k], normalized(X[:, k].tolist(), gamma[k], beta[k], less=1), rtol=1e-12)
        assert not np.allclose(out[:, k], normalized(X[:, k].tolist(), gamma[k], beta[k]), rtol=1e-2)


def test_a_forgotten_gamma_divides_each_column_by_it_and_gamma_one_hides_it():
    right, wrong, (X, gamma, beta, dout) = right_and_wrong("M32")
    assert np.allclose(wrong * gamma, right, atol=1e-9) and np.abs(wrong.sum(axis=0)).max() < 1e-13
    ones = np.ones(n)
    assert np.array_equal(dX_of(mistakes.plant("M32"), X, ones, beta, dout), dX_of(ops, X, ones, beta, dout))


def test_sums_for_means_make_the_two_paths_n_times_as_strong():
    right, wrong, (X, gamma, _, dout) = right_and_wrong("M126")
    direct = dout * gamma / np.sqrt(X.var(axis=0) + EPS)
    assert np.allclose(wrong - direct, N * (right - direct), atol=1e-7)
    assert cosine(right, wrong) < 0.6 and np.linalg.norm(wrong) > 2 * np.linalg.norm(right)


def test_statistics_over_the_columns_give_each_row_mean_zero():
    X, _, _, _ = problem()
    out, _ = mistakes.plant("M127").batchnorm(X, np.ones(n), np.zeros(n), EPS)
    for row, came in zip(X, out):
        assert np.allclose(came, normalized(row.tolist()), rtol=1e-12)
    assert np.abs(out.mean(axis=0)).max() > 0.1


def test_where_it_is_used_an_example_then_depends_on_the_others():
    X, gamma, beta, _ = problem()
    mean, var = np.full(n, 2.0), np.arange(1.0, n + 1) ** 2
    wrong, one = mistakes.plant("M128").batchnorm_evaluate, X[:1]
    assert np.allclose(
        ops.batchnorm_evaluate(X, gamma, beta, mean, var)[:1],
        ops.batchnorm_evaluate(one, gamma, beta, mean, var),
    )
    assert np.array_equal(wrong(one, gamma, beta, mean, var), [beta])
    assert np.abs(wrong(X, gamma, beta, mean, var)[0] - beta).min() > 0.01
    assert np.array_equal(wrong(X, gamma, beta, mean, var), wrong(X, gamma, beta, 0 * mean, 9 * var))


def test_exchanged_shares_nearly_forget_everything_but_the_last_batch():
    """Batches of means 0, 0, 10 should give a running mean of 1, exchanged 9; a share of 1/2 hides it."""
    wrong = mistakes.plant("M129").running_statistics
    for move, share, expected in ((ops.running_statistics, 0.1, 1), (wrong, 0.1, 9), (wrong, 0.5, 5)):
        mean, var = np.zeros(1), np.ones(1)
        for centre in (0.0, 0.0, 10.0):
            saved = ops.batchnorm(np.array([[centre - 1], [centre + 1]]), np.ones(1), np.zeros(1))[1]
            mean, var = move(mean, var, saved, share)
        assert mean[0] == pytest.approx(expected)


def test_the_running_variance_of_many_batches_is_too_small_by_the_share_of_one_in_n():
    """2,000 batches of 4, of variance 9, each with the share 1 of the running statistics."""
    rng, ones, found = np.random.default_rng(0), np.ones(2000), {}
    X = 3 * rng.standard_normal((4, 2000))
    saved = ops.batchnorm(X, ones, ones)[1]
    for name, module in (("right", ops), ("wrong", mistakes.plant("M147"))):
        found[name] = module.running_statistics(0 * ones, ones, saved, 1)[1]
    assert np.mean(found["right"]) == pytest.approx(9, rel=0.05)
    assert np.allclose(found["wrong"], found["right"] * 3 / 4, rtol=1e-12)


def test_divided_by_the_variance_the_spread_is_one_divided_by_the_spread():
    X = 3 * problem()[0]
    out, _ = mistakes.plant("M148").batchnorm(X, np.ones(n), np.zeros(n), EPS)
    assert np.allclose(out.std(axis=0), 1 / X.std(axis=0), rtol=1e-4)
    assert np.abs(out.mean(axis=0)).max() < 1e-12
    used = mistakes.plant("M148").batchnorm_evaluate(
        X, np.ones(n), np.zeros(n), X.mean(axis=0), X.var(axis=0)
    )
    assert np.allclose(used, out, rtol=1e-12)


def test_they_are_in_the_library():
    assert {*ON_THE_WAY_BACK, "M127", "M128", "M129", "M147", "M148"} <= MISTAKES.keys()
