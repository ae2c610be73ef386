"""Mistakes around penalties: each, planted, leaves the numbers that its description promises."""

import math

import numpy as np
import pytest

from backprop_course import ops
from backprop_course.explore.penalties import POWERS, learned
from backprop_course.grading import mistakes, one_penalty
from backprop_course.grading.mistakes import MISTAKES
from backprop_course.models import additions, two_layer
from backprop_course.verify import check_gradients

N, n, h, m = 16, 12, 8, 10
L1, L2 = 0.02, 0.01
WEIGHTS, BIASES = ("W1", "W2"), ("b1", "b2")


def problem(seed=0):
    """Parameters as at the start of training, with biases; inputs and one-hot answers."""
    rng = np.random.default_rng(seed)
    params = {
        "W1": rng.standard_normal((h, n)) / math.sqrt(n),
        "b1": 0.3 * rng.standard_normal(h),
        "W2": 0.5 * rng.standard_normal((m, h)) / math.sqrt(h),
        "b2": 0.3 * rng.standard_normal(m),
    }
    return params, rng.standard_normal((N, n)), np.eye(m)[rng.integers(0, m, N)]


def total(l1, l2, X, Y_true):
    """The loss with both penalties, the sources' formulas for one column vector at a time."""

    def f(p):
        loss = 0.0
        for x, y in zip(X, Y_true):
            z = p["W2"] @ np.maximum(p["W1"] @ x + p["b1"], 0) + p["b2"]
            loss += math.log(sum(math.exp(v) for v in z)) - float(y @ z)
        entries = [w for name in WEIGHTS for w in p[name].ravel().tolist()]
        return loss / len(X) + l1 * sum(map(abs, entries)) + l2 * sum(w * w for w in entries)

    return f


def differences(module, l1=L1, l2=L2, seed=0):
    """What a planted module has beyond the right gradients, by name, and the right gradients."""
    params, X, Y_true = problem(seed)
    saved = two_layer.forward(params, X)[1]
    right = additions.with_penalties(two_layer, l1, l2).backward(params, saved, Y_true)
    wrong = module.with_penalties(two_layer, l1, l2).backward(params, saved, Y_true)
    return params, {name: wrong[name] - right[name] for name in right}, right


def relative(extra, right):
    return np.linalg.norm(extra) / (np.linalg.norm(right) + np.linalg.norm(right + extra))


def test_the_right_gradients_are_measured():
    params, X, Y_true = problem()
    grads = additions.with_penalties(two_layer, L1, L2).backward(
        params, two_layer.forward(params, X)[1], Y_true
    )
    assert check_gradients(total(L1, L2, X, Y_true), params, grads).passed


# ------------------------------------------------------------------ the slopes
def test_the_missing_2_is_parallel_to_the_weights_and_vanishes_with_the_strength():
    W = np.random.default_rng(0).standard_normal((3, 4))
    wrong = mistakes.plant("M22").l2_backward
    measured = (ops.l2(W + 1e-6, 0.3) - ops.l2(W - 1e-6, 0.3)) / 2e-6
    assert wrong(W, 0.3).sum() == pytest.approx(measured / 2, rel=1e-6)
    assert np.allclose((ops.l2_backward(W, 0.3) - wrong(W, 0.3)) / W, 0.3, rtol=1e-12)
    assert not wrong(W, 0).any()
    torch = pytest.importorskip("torch")  # a penalty with the factor ½ has no 2 in its slope
    theirs = torch.tensor(W, requires_grad=True)
    (0.3 / 2 * (theirs**2).sum()).backward()
    assert np.allclose(wrong(W, 0.3), theirs.grad.numpy(), rtol=1e-12)


def test_the_size_in_place_of_the_sign_pulls_large_weights_and_pushes_negative_ones():
    W = np.array([2.0, 0.5, -0.5, -2.0, 0.0])
    wrong = mistakes.plant("M24").l1_backward(W, 0.3)
    assert wrong.tolist() == pytest.approx([0.6, 0.15, 0.15, 0.6, 0])
    assert (np.abs(W - 0.1 * wrong) > np.abs(W)).tolist() == [False, False, True, True, False]


# ------------------------------------------------------------------ where the penalty is added
def test_a_penalty_in_the_loss_only_leaves_the_gradients_of_the_data():
    params, extra, right = differences(mistakes.plant("M23"))
    for name in WEIGHTS:
        assert np.allclose(extra[name], -L1 * np.sign(params[name]) - 2 * L2 * params[name], atol=1e-15)
        assert 0.05 < relative(extra[name], right[name]) < 0.5
    assert not any(extra[name].any() for name in BIASES)


def test_a_penalty_divided_by_n_loses_all_but_one_nth():
    _, extra, _ = differences(mistakes.plant("M115"))
    _, all_of_it, _ = differences(mistakes.plant("M23"))
    for name in WEIGHTS:
        assert np.allclose(extra[name], (1 - 1 / N) * all_of_it[name], atol=1e-15)
    assert not any(extra[name].any() for name in BIASES)


def test_a_penalty_with_a_minus_is_off_by_twice_itself_and_drives_weights_away():
    params, extra, _ = differences(mistakes.plant("M116"))
    _, once, _ = differences(mistakes.plant("M23"))
    for name in WEIGHTS:
        assert np.allclose(extra[name], 2 * once[name], atol=1e-15)
        pull = extra[name] - once[name]  # what the gradient holds of the penalty; an update subtracts it
        assert (np.sign(params[name] - pull) == np.sign(params[name])).all() and (
            pull * params[name] < 0
        ).all()


def test_a_penalty_on_biases_shows_in_the_biases_alone_and_little():
    params, extra, right = differences(mistakes.plant("M117"), l1=0, l2=L2)
    assert not any(extra[name].any() for name in WEIGHTS)
    for name in BIASES:
        assert np.allclose(extra[name], 2 * L2 * params[name], atol=1e-15)
        assert 0.001 < relative(extra[name], right[name]) < 0.2


@pytest.mark.parametrize("id", ["M22", "M23", "M115", "M116", "M117"])
def test_without_strength_nothing_shows_and_a_gradient_check_sees_the_rest(id):
    module, (params, X, Y_true) = mistakes.plant(id), problem(1)
    saved = two_layer.forward(params, X)[1]
    if id == "M22":
        grads = two_layer.backward(params, saved, Y_true)
        grads |= {name: grads[name] + module.l2_backward(params[name], L2) for name in WEIGHTS}
    else:
        assert not any(array.any() for array in differences(module, 0, 0, seed=1)[1].values())
        grads = module.with_penalties(two_layer, 0, L2).backward(params, saved, Y_true)
    assert not check_gradients(total(0, L2, X, Y_true), params, grads).passed


# ------------------------------------------------------------------ steps
def test_the_proximal_step_is_the_cheapest_place_near_the_step_on_the_data():
    grid = np.arange(-4000, 4001) / 1000
    for W, dW in ((0.9, 0.5), (-0.9, 1.0), (0.3, 0.2), (-0.2, -0.6), (2.0, -1.0)):
        moved = W - 0.5 * dW
        cheapest = grid[np.argmin((grid - moved) ** 2 / 2 + 0.5 * 0.8 * np.abs(grid))]
        assert one_penalty.proximal_step(W, dW, 0.5, 0.8) == pytest.approx(cheapest, abs=1e-3)


def test_a_step_that_goes_on_beyond_0_never_ends_a_weight():
    wrong, W = mistakes.plant("M118").soft_threshold, np.array([0.25, -0.33])
    for _ in range(50):
        W = wrong(W, 0.1)
    assert (W != 0).all() and np.abs(W).max() < 0.1
    assert wrong(np.array([0.05]), 0.1) == pytest.approx([-0.05])
    assert wrong(np.array([2.0, -2.0]), 0.1) == pytest.approx([1.9, -1.9])  # beyond the threshold it is right


def test_a_threshold_without_the_learning_rate_cuts_off_that_much_more():
    wrong = mistakes.plant("M119").proximal_step
    for rate in (0.1, 0.5, 1.0):
        assert wrong(5.0, 1.0, rate, 2.0) == pytest.approx(5 - rate - 2)
        assert one_penalty.proximal_step(5.0, 1.0, rate, 2.0) == pytest.approx(5 - rate - 2 * rate)


def test_a_threshold_that_shrinks_nothing_leaves_large_weights_as_they_are():
    wrong = mistakes.plant("M170").soft_threshold(np.array([2.0, -2.0, 0.05, -0.1]), 0.1)
    assert wrong.tolist() == [2, -2, 0, 0]


# ------------------------------------------------------------------ the table of 12.6
@pytest.mark.parametrize("kind, power, zeros, small, mean, largest", [
    ("λΣW²", -2, 0, 42, 0.12, 1.3), ("λΣ|W|, slope", -2.5, 0, 72, 0.11, 2.4),
    ("λΣ|W|, proximal", -2.5, 661, 73, 0.11, 2.4),
])  # fmt: skip
def test_the_three_networks_of_the_table_are_trained_as_it_says(kind, power, zeros, small, mean, largest):
    net = learned(kind, "all right")[POWERS.tolist().index(power)]
    sizes = np.abs(np.concatenate([net.W1.ravel(), net.W2.ravel()]))
    assert len(sizes) == 1184 and abs((sizes == 0).sum() - zeros) <= 3 * (zeros > 0)
    assert 100 * np.mean(sizes < 0.01) == pytest.approx(small, abs=1)
    assert sizes.mean() == pytest.approx(mean, abs=0.006) and sizes.max() == pytest.approx(largest, abs=0.06)


def test_they_are_in_the_library():
    ids = {"M22", "M23", "M24", "M115", "M116", "M117", "M118", "M119", "M170"}
    assert ids <= MISTAKES.keys()
