"""Penalties, dropout and batch normalization: definitions, SymPy, PyTorch, and what a wrong backward shows.

That every backward is the gradient of its forward is checked in test_ops.py, for these as for all.
"""

import itertools
import math
from dataclasses import replace
from types import SimpleNamespace

import contract
import numpy as np
import pytest
import sympy

from backprop_course import ops
from backprop_course.verify.symbolic import batchnorm as batchnorm_proofs
from backprop_course.verify.symbolic import dropout as dropout_proofs
from backprop_course.verify.symbolic import penalties as penalty_proofs

FLOATS = (np.float32, np.float64)


def rng(seed=0):
    return np.random.default_rng(seed)


def torch_or_skip():
    return pytest.importorskip("torch", reason='PyTorch is not installed: pip install -e ".[torch]"')


def broken(name, backward):
    """A module with the right forward of `name` and a wrong backward."""
    backward.__doc__ = getattr(ops, name + "_backward").__doc__
    return SimpleNamespace(**{name: getattr(ops, name), name + "_backward": backward})


# ------------------------------------------------------------------ penalties
def test_penalties_of_known_weights():
    W = np.array([[3.0, -4.0], [0.0, 1.0]])
    assert ops.l2(W, 0.5) == 13 and ops.l1(W, 0.5) == 4
    assert ops.l2_backward(W, 0.5).tolist() == [[3, -4], [0, 1]]
    assert ops.l1_backward(W, 0.5).tolist() == [[0.5, -0.5], [0, 0.5]]
    assert ops.l2(W, 0) == ops.l1(W, 0) == 0 and not ops.l2_backward(W, 0).any()


def test_the_slopes_of_the_penalties_are_proved_and_wrong_ones_are_not():
    for identity in (penalty_proofs.l2_slope(), penalty_proofs.l1_slope()):
        assert identity.proved
        assert not replace(identity, right=identity.right / 2).proved
    W = rng().standard_normal((2, 3))
    assert np.allclose(penalty_proofs.l2_slope().function(W, 0.3), ops.l2_backward(W, 0.3), rtol=1e-14)


def test_that_the_soft_threshold_is_the_minimum_is_proved_and_other_places_are_not():
    """The right side is the excess over the minimum: measured here, and 0 only at the soft threshold."""
    identity = penalty_proofs.soft_threshold()
    assert identity.proved
    v, _, a, g = identity.variables.values()
    for wrong in (identity.right + sympy.ones(2, 1) * a, identity.right.subs(g, 2 * g)):
        assert not replace(identity, right=wrong).proved
    for v, a, g in rng(3).uniform((-3, 0, 0), (3, 2, 2), (50, 3)):
        for w, threshold, excess in zip((a + g, a), (a, a + g), identity.function(v, abs(v), a, g)):
            lowest = float(ops.soft_threshold(w, threshold))
            costs = [(u - w) ** 2 / 2 + threshold * abs(u) for u in (v, lowest)]
            assert excess == pytest.approx(costs[0] - costs[1], abs=1e-12) and excess > 0


def test_descent_with_l2_is_weight_decay_with_twice_lambda():
    torch = torch_or_skip()
    W, dW = rng(1).standard_normal((3, 4)), rng(2).standard_normal((3, 4))
    theirs = torch.nn.Parameter(torch.tensor(W))
    theirs.grad = torch.tensor(dW)
    torch.optim.SGD([theirs], lr=0.1, weight_decay=0.6).step()
    assert np.allclose(W - 0.1 * (dW + ops.l2_backward(W, 0.3)), theirs.detach().numpy(), rtol=0, atol=1e-15)


def test_soft_threshold_is_the_proximal_step():
    """The result has the lowest (V - W)² / 2 + threshold · |V| of all V, here of a fine grid with 0 in it."""
    grid = np.arange(-3000, 3001) / 1000
    for W in (-2.3, -0.41, -0.4, -0.2, 0.0, 0.399, 0.7, 2.9):
        costs = (grid - W) ** 2 / 2 + 0.4 * np.abs(grid)
        assert ops.soft_threshold(W, 0.4) == pytest.approx(grid[np.argmin(costs)], abs=1e-3)
    W = np.array([-0.4, 0.4, 0.3, -2.0, 0.0])
    assert ops.soft_threshold(W, 0.4).tolist() == pytest.approx([0, 0, 0, -1.6, 0], abs=1e-15)
    assert np.array_equal(ops.soft_threshold(W, 0), W)


def test_soft_threshold_is_that_of_pytorch():
    torch = torch_or_skip()
    W, dout = rng(1).standard_normal((2, 9)), rng(2).standard_normal((2, 9))
    theirs = torch.tensor(W, requires_grad=True)
    out = torch.nn.functional.softshrink(theirs, 0.4)
    out.backward(torch.tensor(dout))
    assert np.allclose(ops.soft_threshold(W, 0.4), out.detach().numpy(), rtol=0, atol=1e-15)
    assert np.array_equal(ops.soft_threshold_backward(dout, W, 0.4), theirs.grad.numpy())


def test_slopes_of_l1_at_its_kinks():
    zero, one = np.zeros(2), np.ones(2)
    assert ops.l1_backward(zero, 0.5).tolist() == [0, 0]
    assert ops.soft_threshold_backward(one, np.array([0.5, -0.5]), 0.5).tolist() == [0, 0]
    assert ops.soft_threshold_backward(one, np.array([0.5, -0.5]), 0.25).tolist() == [1, 1]
    assert ops.soft_threshold_backward(one, zero, 0).tolist() == [0, 0]


# ------------------------------------------------------------------ dropout
@pytest.mark.parametrize("keep", [0.2, 0.5, 0.9])
def test_dropout_keeps_the_expectation_of_every_entry(keep):
    """Measured: the mean over 20,000 masks, within five standard deviations, which the proof gives."""
    X = np.array([[1.0, -2.0, 0.5]])
    out = ops.dropout(np.repeat(X, 20_000, axis=0), keep, rng(1))[0]
    spread = np.abs(X[0]) * math.sqrt((1 - keep) / keep / len(out))
    assert (np.abs(out.mean(axis=0) - X[0]) < 5 * spread).all()
    assert (np.abs(keep * out.mean(axis=0) - X[0]) > 5 * spread).all()  # what it is without the division


def test_dropout_keeps_the_expectation_proved():
    mean, variance = dropout_proofs.expectation_of_a_unit(), dropout_proofs.variance_of_a_unit()
    assert mean.proved and variance.proved
    keep = variance.variables["keep"]
    assert not replace(mean, right=mean.right * keep).proved, "what it is without the division"
    assert not replace(variance, right=variance.right * keep).proved


def test_a_unit_behind_dropout_takes_each_mask_with_its_probability():
    """The proof goes through all masks; here they are drawn, and each comes as often as it should."""
    counts = dict.fromkeys(itertools.product((False, True), repeat=3), 0)
    masks = ops.dropout(np.ones((40_000, 3)), 0.7, rng(2))[1].mask
    for mask in masks:
        counts[tuple(mask.tolist())] += 1
    for mask, count in counts.items():
        chance = 0.7 ** sum(mask) * 0.3 ** (3 - sum(mask))
        assert abs(count / 40_000 - chance) < 5 * math.sqrt(chance * (1 - chance) / 40_000)


@pytest.mark.parametrize("dtype", FLOATS)
def test_what_stays_is_divided_and_comes_back_by_the_same_mask(dtype):
    X, dout = np.full((30, 40), 3, dtype), np.full((30, 40), 5, dtype)
    out, saved = ops.dropout(X, 0.25, rng())
    assert set(out.ravel().tolist()) == {0, 12} and saved.mask.dtype == bool and saved.keep == 0.25
    assert np.array_equal(ops.dropout_backward(dout, saved), np.where(out == 12, 20, 0))
    assert np.array_equal(saved.mask, ops.dropout(X.astype(np.float64), 0.25, rng())[1].mask)


def test_masks_are_drawn_anew_and_repeat_with_their_seed():
    X, one = np.ones((20, 20)), rng(3)
    first, second = ops.dropout(X, 0.5, one)[0], ops.dropout(X, 0.5, one)[0]
    again = ops.dropout(X, 0.5, rng(3))[0]
    assert not np.array_equal(first, second) and np.array_equal(first, again)
    assert np.array_equal(ops.dropout(X, 1, one)[0], X)


@pytest.mark.parametrize("wrong", [
    lambda dout, saved: dout,  # mask and division missing
    lambda dout, saved: dout / saved.keep,  # mask missing
    lambda dout, saved: dout * saved.mask,  # division missing
    lambda dout, saved: dout * (np.random.default_rng(5).random(dout.shape) < saved.keep) / saved.keep,
])  # fmt: skip
def test_a_wrong_way_back_through_dropout_fails_the_gradient_check(wrong):
    def backward(dout, saved):
        return wrong(dout, saved)

    with pytest.raises(AssertionError, match="dropout_backward: dX has relative error"):
        contract.check_pair(broken("dropout", backward), "dropout", rng())


# ------------------------------------------------------------------ batch normalization
def test_batch_normalization_of_known_numbers():
    """Two columns, 1 and 5 and 2 and 2: mean 3 and 2, variance 4 and 0."""
    X, gamma, beta = np.array([[1.0, 2.0], [5.0, 2.0]]), np.array([10.0, 10.0]), np.array([1.0, 7.0])
    out, saved = ops.batchnorm(X, gamma, beta, eps=2.25)  # std 2.5 and 1.5
    assert saved.mean.tolist() == [3, 2] and saved.var.tolist() == [4, 0] and saved.std.tolist() == [2.5, 1.5]
    assert out.tolist() == [[-7, 7], [9, 7]]
    assert ops.batchnorm_evaluate(X[:1], gamma, beta, np.zeros(2), np.array([4.0, 0.0]), 2.25).tolist() == [
        [5, pytest.approx(7 + 20 / 1.5)]
    ]


@pytest.mark.parametrize("dtype, tolerance", [(np.float32, 1e-5), (np.float64, 1e-12)])
def test_each_column_gets_the_centre_beta_and_the_spread_gamma(dtype, tolerance):
    X = (100 + 3 * rng().standard_normal((50, 4))).astype(dtype)
    gamma, beta = np.array([1, 2, -3, 0.5], dtype), np.array([0, 5, -1, 2], dtype)
    out, saved = ops.batchnorm(X, gamma, beta)
    assert out.mean(axis=0) == pytest.approx(beta, abs=20 * tolerance)
    assert saved.X_hat.var(axis=0) == pytest.approx(saved.var / (saved.var + 1e-5), rel=20 * tolerance)
    assert out.std(axis=0) == pytest.approx(np.abs(gamma), rel=1e-4)


def batch(N=7, n=5, seed=0):
    one = rng(seed)
    return 2 + 3 * one.standard_normal((N, n)), *one.standard_normal((2, n)), one.standard_normal((N, n))


@pytest.mark.parametrize("N", [2, 3, 64])
def test_batch_normalization_equals_pytorch(N):
    torch = torch_or_skip()
    X, gamma, beta, dout = batch(N)
    theirs = [torch.tensor(v, requires_grad=True) for v in (X, gamma, beta)]
    out = torch.nn.functional.batch_norm(theirs[0], None, None, *theirs[1:], training=True, eps=1e-5)
    out.backward(torch.tensor(dout))
    ours, saved = ops.batchnorm(X, gamma, beta)
    assert np.allclose(ours, out.detach().numpy(), rtol=1e-12, atol=1e-12)
    for grad, other in zip(ops.batchnorm_backward(dout, saved), theirs):
        assert np.abs(other.grad.numpy()).max() > 1e-5  # at N = 2 what is left of dX comes from eps alone
        assert np.allclose(grad, other.grad.numpy(), rtol=1e-12, atol=1e-14)


def test_running_statistics_and_evaluation_equal_pytorch():
    torch = torch_or_skip()
    theirs, mean, var = torch.nn.BatchNorm1d(5, dtype=torch.float64), np.zeros(5), np.ones(5)
    gamma, beta = np.ones(5), np.zeros(5)
    for seed, N in enumerate((2, 7, 64)):
        X = batch(N, seed=seed)[0]
        theirs(torch.tensor(X))
        mean, var = ops.running_statistics(mean, var, ops.batchnorm(X, gamma, beta)[1])
        assert np.allclose(mean, theirs.running_mean.numpy(), rtol=1e-12, atol=0)
        assert np.allclose(var, theirs.running_var.numpy(), rtol=1e-12, atol=0)
    X, gamma, beta, dout = batch(1)
    given = [torch.tensor(v, requires_grad=True) for v in (X, gamma, beta)]
    out = torch.nn.functional.batch_norm(given[0], theirs.running_mean, theirs.running_var, *given[1:])
    out.backward(torch.tensor(dout))
    assert np.allclose(ops.batchnorm_evaluate(X, gamma, beta, mean, var), out.detach().numpy(), rtol=1e-12)
    for grad, other in zip(ops.batchnorm_evaluate_backward(dout, X, gamma, mean, var), given):
        assert np.allclose(grad, other.grad.numpy(), rtol=1e-12, atol=0)


def test_running_statistics_of_known_numbers():
    """The batch 1, 3, 8 has the mean 4 and the unbiased variance (9 + 1 + 16) / 2 = 13."""
    saved = ops.batchnorm(np.array([[1.0], [3.0], [8.0]]), np.ones(1), np.zeros(1))[1]
    mean, var = ops.running_statistics(np.array([2.0]), np.array([3.0]), saved)
    assert (mean[0], var[0]) == (pytest.approx(2.2, rel=1e-15), pytest.approx(4, rel=1e-15))
    mean, var = ops.running_statistics(np.array([2.0]), np.array([3.0]), saved, momentum=1)
    assert (mean[0], var[0]) == (4, pytest.approx(13, rel=1e-15))


def test_the_backward_of_batch_normalization_is_proved_and_is_the_one_proved():
    for N in (2, 3):
        names = ("dX", "dX_short", "dX_sums_to_zero", "dgamma_and_dbeta")
        proofs = [getattr(batchnorm_proofs, name)(N) for name in names]
        assert [proof.name for proof in proofs if not proof.proved] == []
        X, gamma, beta, dout = batch(N, 1)
        dX, dgamma, dbeta = ops.batchnorm_backward(dout, ops.batchnorm(X, gamma, beta, 0.01)[1])
        for proof in proofs[:2]:
            assert np.allclose(proof.function(dout, X, gamma[0], 0.01), dX[:, 0], rtol=1e-10, atol=1e-14)
        sums = proofs[3].function(dout, X, 0.01)
        assert np.allclose(sums, [dgamma[0], dbeta[0]], rtol=1e-12)


def test_a_wrong_formula_of_batch_normalization_is_not_proved():
    proof = batchnorm_proofs.dX(2)
    dout, eps = proof.variables["dout"], proof.variables["eps"]
    X, gamma = proof.variables["X"], proof.variables["gamma"]
    std = batchnorm_proofs.normalize(X, gamma, 0, eps)[2]
    constants = dout * gamma / std  # as if mean and variance did not depend on X
    assert not replace(proof, right=constants).proved


def test_each_column_of_dX_sums_to_zero_and_is_orthogonal_to_X():
    """Moving a column changes nothing; nor does stretching it, as long as eps is small."""
    X, gamma, beta, dout = batch(20)
    dX, _, _ = ops.batchnorm_backward(dout, ops.batchnorm(X, gamma, beta, eps=1e-14)[1])
    assert np.abs(dX.sum(axis=0)).max() < 1e-13 < 0.01 < np.abs(dX).sum(axis=0).min()
    assert np.abs((dX * (X - X.mean(axis=0))).sum(axis=0)).max() < 1e-10


def wrong_steps(constant_mean=False, constant_var=False, N_less=0, gamma_lost=False, sums=False):
    """The backward with one mistake, written in the short form."""

    def backward(dout, saved):
        N, dX_hat = len(dout) - N_less, dout if gamma_lost else dout * saved.gamma
        divisor = 1 if sums else N
        dX = dX_hat - (0 if constant_mean else dX_hat.sum(axis=0) / divisor)
        if not constant_var:
            dX = dX - saved.X_hat * (dX_hat * saved.X_hat).sum(axis=0) / divisor
        return dX / saved.std, (dout * saved.X_hat).sum(axis=0), dout.sum(axis=0)

    return backward


def test_the_short_form_without_a_mistake_passes():
    assert contract.check_pair(broken("batchnorm", wrong_steps()), "batchnorm", rng()) == (28, 0)


@pytest.mark.parametrize("mistake", [
    {"constant_mean": True, "constant_var": True}, {"constant_mean": True}, {"constant_var": True},
    {"N_less": 1}, {"gamma_lost": True}, {"sums": True},
])  # fmt: skip
def test_a_wrong_way_back_through_batch_normalization_fails_the_gradient_check(mistake):
    with pytest.raises(AssertionError, match="batchnorm_backward: dX has relative error"):
        contract.check_pair(broken("batchnorm", wrong_steps(**mistake)), "batchnorm", rng())


@pytest.mark.parametrize("dtype", FLOATS)
def test_a_column_without_spread_gives_beta_and_no_number_overflows(dtype):
    X = np.full((4, 2), 1e4, dtype)
    with np.errstate(all="raise"):
        out, saved = ops.batchnorm(X, np.ones(2, dtype), np.array([3, -2], dtype))
        grads = ops.batchnorm_backward(np.ones((4, 2), dtype), saved)
    assert out.tolist() == [[3, -2]] * 4 and np.isfinite(np.concatenate(grads, axis=None)).all()


# ------------------------------------------------------------------ bad input
SAVED = ops.batchnorm(np.ones((3, 2)), np.ones(2), np.ones(2))[1]
DROPPED = ops.dropout(np.ones((3, 2)), 0.5, np.random.default_rng(0))[1]


@pytest.mark.parametrize("call, error, words", [
    (lambda: ops.l2(np.ones(2), -1), ValueError, "strength: expected a finite number"),
    (lambda: ops.l1(np.ones(2), np.nan), ValueError, "strength: expected a finite number"),
    (lambda: ops.l1_backward(np.ones(2), "1"), ValueError, "strength: expected a finite number"),
    (lambda: ops.l2_backward(np.ones(2), np.inf), ValueError, "strength: expected a finite number"),
    (lambda: ops.soft_threshold(np.ones(2), -0.1), ValueError, "threshold: expected a finite number"),
    (lambda: ops.soft_threshold_backward(np.ones(2), np.ones(3), 1), ValueError, "W: expected shape"),
    (lambda: ops.dropout(np.ones(2), 0, rng()), ValueError, "keep: expected the share that stays, above 0"),
    (lambda: ops.dropout(np.ones(2), 1.1, rng()), ValueError, "keep: expected the share that stays"),
    (lambda: ops.dropout(np.ones(2), np.nan, rng()), ValueError, "keep: expected the share that stays"),
    (lambda: ops.dropout(np.ones(2), "half", rng()), ValueError, "keep: expected the share that stays"),
    (lambda: ops.dropout(np.ones(2), 0.5, 0), TypeError, "rng: expected a generator such as"),
    (lambda: ops.dropout_backward(np.ones((2, 3)), DROPPED), ValueError, r"dout: expected shape \(3, 2\)"),
    (lambda: ops.batchnorm(np.ones((1, 2)), np.ones(2), np.ones(2)), ValueError,
     "X: expected at least two examples, as the mean of one is the example itself, got 1"),
    (lambda: ops.batchnorm(np.ones((3, 2)), np.ones(3), np.ones(2)), ValueError, "gamma: expected shape"),
    (lambda: ops.batchnorm(np.ones((3, 2)), np.ones(2), np.ones(2), 0), ValueError, "eps: expected a pos"),
    (lambda: ops.batchnorm(np.ones((3, 2)), np.ones(2), np.ones(2), None), ValueError, "eps: expected a pos"),
    (lambda: ops.batchnorm_backward(np.ones((2, 2)), SAVED), ValueError, "dout: expected shape"),
    (lambda: ops.batchnorm_backward(np.ones((3, 2), np.float32), SAVED), TypeError, "dout: expected the d"),
    (lambda: ops.running_statistics(np.ones(3), np.ones(3), SAVED), ValueError, "mean: expected shape"),
    (lambda: ops.running_statistics(np.ones(2), np.ones(2), SAVED, 2), ValueError, "momentum: expected"),
    (lambda: ops.running_statistics(np.ones(2), np.ones(2), SAVED, "a"), ValueError, "momentum: expected"),
])  # fmt: skip
def test_bad_input_is_named(call, error, words):
    with pytest.raises(error, match=words):
        call()
