"""Schedules, clipping and diagnostics give the numbers of their definitions, computed here in another way."""

import math
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest

from backprop_course.models import two_layer
from backprop_course.notation import one_hot
from backprop_course.training import (
    activation_spread,
    adam,
    clip_by_norm,
    clip_by_value,
    clipped,
    constant,
    cosine,
    dead_units,
    fit,
    gradient_norms,
    gradient_variance,
    joined,
    largest_curvature,
    momentum,
    nesterov,
    sgd,
    stability_limit,
    step_decay,
    steps,
    total_norm,
    update_ratios,
    warm_up,
)
from backprop_course.verify.symbolic import descent


def rng(seed=0):
    return np.random.default_rng(seed)


def some(*shapes, seed=0, dtype=np.float64):
    one = rng(seed)
    return {f"W{k}": one.standard_normal(shape).astype(dtype) for k, shape in enumerate(shapes, start=1)}


def read_only(arrays):
    for array in arrays.values():
        array.flags.writeable = False
    return arrays


# ------------------------------------------------------------------ schedules
def test_a_constant_rate_and_a_falling_stair():
    assert [constant(0.3)(t) for t in (0, 7, 10**6)] == [0.3] * 3
    stair = step_decay(0.8, every=3, factor=0.5)
    assert [stair(t) for t in range(8)] == [0.8, 0.8, 0.8, 0.4, 0.4, 0.4, 0.2, 0.2]
    assert step_decay(1.0, 10)(25) == pytest.approx(0.01) and step_decay(1.0, 1, factor=1)(9) == 1


def test_the_cosine_falls_by_half_a_wave_and_stays():
    """cos is known at multiples of a sixth of the half wave: 1, √3/2, 1/2, 0, -1/2, -√3/2, -1."""
    waves = [1, math.sqrt(3) / 2, 0.5, 0, -0.5, -math.sqrt(3) / 2, -1, -1, -1]
    schedule = cosine(0.9, 6, final=0.1)
    assert [schedule(t) for t in range(9)] == pytest.approx([0.1 + 0.8 * (1 + c) / 2 for c in waves])
    assert cosine(0.9, 6)(0) == 0.9 and cosine(0.9, 6)(6) == cosine(0.9, 6)(600) == 0


def test_the_cosine_is_that_of_pytorch():
    torch = pytest.importorskip("torch", reason='PyTorch is not installed: pip install -e ".[torch]"')
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.7)
    theirs = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=40, eta_min=0.02)
    ours = cosine(0.7, 40, final=0.02)
    for t in range(41):
        assert ours(t) == pytest.approx(theirs.get_last_lr()[0], rel=1e-12)
        optimizer.step(), theirs.step()


def test_a_warm_up_grows_by_equal_amounts_and_stays():
    assert [warm_up(0.8, 4)(t) for t in range(7)] == pytest.approx([0.2, 0.4, 0.6, 0.8, 0.8, 0.8, 0.8])
    assert warm_up(0.8, 1)(0) == 0.8


def test_joined_schedules_count_from_zero_again():
    schedule = joined(warm_up(0.8, 2), 3, step_decay(0.6, 2, 0.5))
    assert [schedule(t) for t in range(8)] == pytest.approx([0.4, 0.8, 0.8, 0.6, 0.6, 0.3, 0.3, 0.15])
    three = joined(joined(constant(1), 1, constant(2)), 2, constant(3))
    assert [three(t) for t in range(4)] == [1, 2, 3, 3]


def test_an_optimizer_takes_a_schedule():
    optimizer, params = sgd(joined(warm_up(0.5, 2), 2, cosine(0.5, 2))), {"w": np.zeros(1)}
    state, path = optimizer.init(params), [0.0]
    for _ in range(5):
        params, state = optimizer.update(params, {"w": np.ones(1)}, state)
        path.append(params["w"][0])
    assert [a - b for a, b in pairwise(path)] == pytest.approx([0.25, 0.5, 0.5, 0.25, 0])


@pytest.mark.parametrize("make, argument, error", [
    (lambda: constant(-1), "rate", ValueError), (lambda: constant("1"), "rate", TypeError),
    (lambda: step_decay(np.nan, 2), "rate", ValueError), (lambda: step_decay(1, 0), "every", ValueError),
    (lambda: step_decay(1, 1.5), "every", TypeError), (lambda: step_decay(1, 2, 1.1), "factor", ValueError),
    (lambda: step_decay(1, 2, -1), "factor", ValueError), (lambda: cosine(np.inf, 3), "rate", ValueError),
    (lambda: cosine(1, 0), "steps", ValueError), (lambda: cosine(1, 3, -0.1), "final", ValueError),
    (lambda: warm_up(-1, 3), "rate", ValueError), (lambda: warm_up(1, 0), "steps", ValueError),
    (lambda: joined(0.1, 3, constant(1)), "first", TypeError),
    (lambda: joined(constant(1), 3, 0.1), "then", TypeError),
    (lambda: joined(constant(1), 0, constant(1)), "steps", ValueError),
])  # fmt: skip
def test_a_schedule_refuses_what_makes_none(make, argument, error):
    with pytest.raises(error, match=f"^{argument}: expected"):
        make()


# ------------------------------------------------------------------ clipping
def test_clipping_by_value_cuts_each_entry():
    grads = read_only({"W": np.array([[3.0, -0.5], [-7.0, 2.0]]), "b": np.array([2.5])})
    cut = clip_by_value(grads, 2)
    assert cut["W"].tolist() == [[2, -0.5], [-2, 2]] and cut["b"].tolist() == [2]
    assert cut["W"] is not grads["W"] and clip_by_value(grads, 7)["W"] is not grads["W"]


@pytest.mark.parametrize("limits", [{"norm": 0.5}, {"norm": 50}, {"value": 0.5}])
def test_a_single_number_stays_an_array(limits):
    params = {"w": np.array(1.0)}
    new, _ = clipped(sgd(1.0), **limits).update(params, {"w": np.array(3.0)}, {"step": 0})
    assert new["w"] == (-2 if 50 in limits.values() else 0.5)


def test_clipping_by_norm_keeps_the_direction():
    """3, 4 and 12 have the common norm 13."""
    grads = read_only({"W": np.array([[3.0], [-4.0]]), "b": np.array([12.0])})
    cut = clip_by_norm(grads, 6.5)
    assert cut["W"].tolist() == [[1.5], [-2.0]] and cut["b"].tolist() == [6]
    for limit in (13, 14):
        whole = clip_by_norm(grads, limit)
        assert whole["b"] == 12 and whole["b"] is not grads["b"]
    assert clip_by_norm({"W": np.zeros(3)}, 1)["W"].tolist() == [0, 0, 0]


@pytest.mark.parametrize("dtype, large", [(np.float32, 1e30), (np.float64, 1e300)])
def test_the_norm_of_exploded_gradients_does_not_overflow(dtype, large):
    grads = {"W": np.array([3 * large, 0], dtype), "b": np.array([[-4 * large]], dtype)}
    assert total_norm(grads) == pytest.approx(5 * large, rel=1e-6)
    cut = clip_by_norm(grads, 10)
    assert cut["W"] == pytest.approx([6, 0]) and cut["b"] == pytest.approx(-8)
    for clipped_grads in (cut, clip_by_norm(grads, 1e308), clip_by_value(grads, 1)):
        assert {array.dtype for array in clipped_grads.values()} == {np.dtype(dtype)}


def test_the_norm_counts_every_entry_once():
    grads = some((3, 4), (5,), ())
    squares = [float(v) ** 2 for dW in grads.values() for v in np.ravel(dW)]
    assert len(squares) == 18 and total_norm(grads) == pytest.approx(math.sqrt(math.fsum(squares)), rel=1e-14)
    tiny = {"W": np.array([3e-200, 4e-200])}
    assert total_norm(tiny) == pytest.approx(5e-200, abs=0) and total_norm({"W": np.zeros(2)}) == 0


@pytest.mark.filterwarnings("ignore")
def test_what_is_not_a_number_stays_visible():
    for bad in (np.nan, np.inf):
        grads = {"W": np.array([1.0, bad]), "b": np.ones(1)}
        assert np.isnan(clip_by_norm(grads, 1)["W"][1]) and not np.isfinite(total_norm(grads))
    assert np.isnan(clip_by_value({"W": np.array([np.nan])}, 1)["W"][0])


@pytest.mark.parametrize("clip", [clip_by_norm, clip_by_value])
@pytest.mark.parametrize(
    "limit, error", [(0, ValueError), (-1, ValueError), (np.nan, ValueError), ("", TypeError)]
)
def test_a_limit_is_a_positive_number(clip, limit, error):
    with pytest.raises(error, match=r"^limit: expected"):
        clip({"W": np.ones(2)}, limit)


@pytest.mark.parametrize("limits, clip, limit", [
    ({"norm": 0.5}, clip_by_norm, 0.5), ({"value": 0.1}, clip_by_value, 0.1),
])  # fmt: skip
def test_an_optimizer_can_clip_first(limits, clip, limit):
    params, plain = read_only(some((3, 4), (5,))), adam(0.1)
    tamed = clipped(adam(0.1), **limits)
    path, state, twin, other = params, tamed.init(params), params, plain.init(params)
    assert state.keys() == other.keys()
    for seed in (1, 2, 3):
        grads = read_only(some((3, 4), (5,), seed=seed))
        path, state = tamed.update(path, grads, state)
        twin, other = plain.update(twin, clip(grads, limit), other)
        assert all(path[k].tobytes() == twin[k].tobytes() for k in params)
    own = {k: W.copy() for k, W in params.items()}
    assert tamed.update(own, some((3, 4), (5,), seed=1), tamed.init(own), out=own)[0] is own


def test_training_with_clipping_moves_at_most_the_limit_times_the_rate():
    one = rng(1)
    X, Y_true = 100 * one.standard_normal((40, 6)), one_hot(one.integers(0, 3, 40), 3)
    params = two_layer.init(one, 6, 5, 3)
    call = {"batch_size": 8, "epochs": 2}
    before = params
    for step in steps(two_layer, params, X, Y_true, rng=rng(), optimizer=clipped(sgd(0.1), norm=2), **call):
        assert total_norm(step.grads) > 2  # those that were computed
        moved = total_norm({k: step.params[k] - before[k] for k in before})
        assert moved == pytest.approx(0.2, rel=1e-12)
        before = step.params
    history = fit(
        two_layer, params, X, Y_true, rng=rng(), optimizer=clipped(sgd(0.1), norm=2), progress=False, **call
    )
    assert all(history.params[k].tobytes() == before[k].tobytes() for k in before)


@pytest.mark.parametrize("call, error, words", [
    (lambda: clipped(sgd(0.1)), ValueError, "clipped: expected one of norm and value, got none"),
    (lambda: clipped(sgd(0.1), norm=1, value=1), ValueError, "clipped: .* got both"),
    (lambda: clipped(sgd(0.1), norm=0), ValueError, "^norm: expected a positive"),
    (lambda: clipped(sgd(0.1), value=-1), ValueError, "^value: expected a finite"),
    (lambda: clipped(0.1, norm=1), TypeError, "optimizer: expected something with init, update"),
    (lambda: clipped(sgd(0.1), norm=1).update(some((2,)), {}, {"step": 0}), ValueError, "grads: .* W1"),
    (lambda: clipped(sgd(0.1), norm=1).update(some((2,)), None, {"step": 0}), TypeError, "grads: .* dict"),
])  # fmt: skip
def test_clipped_refuses(call, error, words):
    with pytest.raises(error, match=words):
        call()


# ------------------------------------------------------------------ diagnostics
def test_norms_of_gradients_by_parameter():
    grads = {"W": np.array([[3.0, 4.0]], np.float32), "b": np.array([-2.0], np.float32)}
    assert gradient_norms(grads) == {"W": 5.0, "b": 2.0}
    assert all(type(norm) is float for norm in gradient_norms(grads).values())


def test_update_ratios_compare_the_way_with_the_size():
    old = {"W": np.array([3.0, 4.0]), "b": np.zeros(2), "c": np.zeros(1)}
    new = {"W": np.array([3.3, 4.4]), "b": np.array([0.0, 1.0]), "c": np.zeros(1)}
    assert update_ratios(old, new) == {"W": pytest.approx(0.1), "b": np.inf, "c": 0}
    with pytest.raises(ValueError, match="new: expected the keys W, b, c"):
        update_ratios(old, {"W": new["W"]})


def test_the_spread_of_activations_by_layer():
    layers = [np.array([[1.0, 3.0], [5.0, 7.0]]), np.full((3, 4), 2.0), np.array([[0.0, 8.0]])]
    assert activation_spread(layers) == pytest.approx([math.sqrt(5), 0, 4])
    assert activation_spread([A.astype(np.float32) for A in layers]).dtype == np.float64


def test_dead_units_are_off_for_every_example():
    A = np.array([[0.0, 0.0, 1.0, 0.0], [0.0, 2.0, 0.0, -1.0]])  # units 0 and 3 are never above 0
    assert dead_units([A, np.ones((2, 5)), np.zeros((1, 3))]).tolist() == [0.5, 0, 1]


def test_a_dead_unit_gets_no_gradient():
    """The share of dead units is that of rows of dW1 that are 0, which the way back finds by itself."""
    one = rng(2)
    params, X = two_layer.init(one, 6, 40, 3), one.random((20, 6))
    params["b1"] = params["b1"] - 1
    _, saved = two_layer.forward(params, X)
    grads = two_layer.backward(params, saved, one_hot(one.integers(0, 3, 20), 3))
    without = np.mean(np.all(grads["W1"] == 0, axis=1))
    assert 0 < without < 1 and dead_units([saved.A1])[0] == dead_units([saved.Z1])[0] == without


@pytest.mark.parametrize("measure", [activation_spread, dead_units])
@pytest.mark.parametrize("layers, error, words", [
    (np.ones((2, 2)), TypeError, "layers: expected a list"), ([], TypeError, "layers: expected a list"),
    ([np.ones((2, 2)), [1.0]], TypeError, r"layers\[1\]: expected a NumPy array"),
    ([np.ones((2, 2), int)], TypeError, r"layers\[0\]: expected a NumPy array of floating"),
    ([np.ones(3)], ValueError, r"layers\[0\]: expected shape \(N, h\)"),
    ([np.ones((0, 3))], ValueError, r"layers\[0\]: expected shape"),
])  # fmt: skip
def test_what_are_no_layers_is_refused(measure, layers, error, words):
    with pytest.raises(error, match=words):
        measure(layers)


# ------------------------------------------------------------------ the noise of mini-batches
# y = w x with the squared error. At w = 0 the slope of one row is -2 x y, so its variance is known.
line = SimpleNamespace(
    forward=lambda params, X: (X * params["w"], X),
    loss=lambda Y_pred, Y_true: ((Y_pred - Y_true) ** 2).mean(),
    backward=lambda params, X, Y_true: {"w": np.array((2 * (X * params["w"] - Y_true) * X).mean())},
)


def test_the_variance_of_the_gradient_is_that_of_a_row_divided_by_the_batch():
    one = rng(0)
    X, Y = one.standard_normal((50, 1)), one.standard_normal((50, 1))
    of_a_row = float(np.var(-2 * X * Y))
    for batch_size in (1, 4):
        found = gradient_variance(line, {"w": np.array(0.0)}, X, Y, batch_size, rng(1), draws=20_000)
        assert found == pytest.approx(of_a_row / batch_size, rel=0.05)


def test_two_draws_have_half_the_square_of_their_distance():
    X, Y, twin = np.arange(1.0, 9.0)[:, None], np.ones((8, 1)), rng(5)
    a, b = (float(np.mean(-2 * X[twin.integers(0, 8, 3)])) for _ in range(2))
    found = gradient_variance(line, {"w": np.array(0.0)}, X, Y, 3, rng(5), draws=2)
    assert found == pytest.approx((a - b) ** 2 / 2)


def test_the_variance_falls_with_slope_minus_one():
    """Of a network with many weights, over batches of 1 to 256, on logarithmic axes."""
    one = rng(3)
    X, Y_true = one.standard_normal((500, 8)), one_hot(one.integers(0, 4, 500), 4)
    params, sizes = two_layer.init(one, 8, 10, 4), [1, 4, 16, 64, 256]
    found = [gradient_variance(two_layer, params, X, Y_true, B, rng(4), draws=300) for B in sizes]
    slope, _ = np.polyfit(np.log(sizes), np.log(found), 1)
    print(f"slope {slope:.4f}")
    assert slope == pytest.approx(-1, abs=0.05)


@pytest.mark.parametrize("given, error, words", [
    ({"batch_size": 0}, ValueError, "batch_size: expected at least 1"),
    ({"draws": 1}, ValueError, "draws: expected at least 2"),
    ({"rng": 0}, TypeError, "rng: expected a generator"),
])  # fmt: skip
def test_the_measure_of_the_noise_refuses(given, error, words):
    call = {"batch_size": 2, "rng": rng()} | given
    with pytest.raises(error, match=words):
        gradient_variance(line, {"w": np.array(0.0)}, np.ones((3, 1)), np.ones((3, 1)), **call)


# ------------------------------------------------------------------ how large a step may be
def quadratic(curvatures, seed=0):
    """The gradient of W·H W / 2 for a matrix H with these eigenvalues, turned at random."""
    turn, _ = np.linalg.qr(rng(seed).standard_normal((len(curvatures),) * 2))
    H = turn @ np.diag(curvatures) @ turn.T
    return lambda params: {"W": H @ params["W"]}


@pytest.mark.parametrize("curvatures", [[1.0], [4.0, 0.5], [0.3, 7.0, 2.0, 0.01], [100.0, 1.0, 99.0]])
def test_descent_on_a_quadratic_is_stable_up_to_two_divided_by_the_largest_curvature(curvatures):
    start = read_only({"W": rng(1).standard_normal(len(curvatures))})
    found = stability_limit(quadratic(curvatures), start, low=1e-4, high=50.0)
    print(f"measured {found:.6f}, expected {2 / max(curvatures):.6f}")
    assert found == pytest.approx(2 / max(curvatures), rel=0.01)


@pytest.mark.parametrize("make, beta, factor", [
    (momentum, 0.9, 2 * 1.9), (momentum, 0.5, 3.0), (nesterov, 0.5, 2 * 1.5 / 2),
])  # fmt: skip
def test_momentum_is_stable_up_to_where_its_recursion_says(make, beta, factor):
    """Roots of modulus 1: 2 (1 + beta) / curvature for the heavy ball, divided by 1 + 2 beta for Nesterov."""
    found = stability_limit(
        quadratic((5.0, 1.0)), {"W": np.array([1.0, 1.0])}, lambda rate: make(rate, beta), low=1e-3, high=9.0
    )
    assert found == pytest.approx(factor / 5, rel=0.01)


@pytest.mark.parametrize("given, error, words", [
    ({"low": 1.5, "high": 3}, ValueError, "low: expected a rate that does not diverge, got 1.5"),
    ({"low": 0.1, "high": 0.9}, ValueError, "high: expected a rate that diverges, got 0.9"),
    ({"low": 0, "high": 3}, ValueError, "low and high: expected 0 < low < high"),
    ({"low": 3, "high": 3}, ValueError, "low and high"), ({"low": "", "high": 3}, TypeError, "low: expected"),
    ({"low": 0.1, "high": 3, "steps": 0}, ValueError, "steps: expected at least 1"),
])  # fmt: skip
def test_the_measure_of_the_limit_refuses(given, error, words):
    with pytest.raises(error, match=words):
        stability_limit(quadratic((2.0,)), {"W": np.ones(1)}, **given)


# ------------------------------------------------------------------ the largest curvature
@pytest.mark.parametrize(
    "curvatures", [[3.0], [4.0, 0.5], [0.3, 7.0, 2.0, 0.01], [-9.0, 1.0, 0.2], [-2.0, -5.0]]
)
def test_the_largest_curvature_of_a_quadratic_is_its_largest_eigenvalue(curvatures):
    """The largest, also where another one is larger without its sign."""
    at = read_only({"W": rng(1).standard_normal(len(curvatures))})
    found = largest_curvature(quadratic(curvatures), at, rng())
    assert found == pytest.approx(max(curvatures), rel=1e-6)


def test_the_largest_curvature_counts_all_parameters_together():
    """Of w1 · w2, the curvatures are 1 and -1: each parameter by itself has none."""
    params = {"w1": np.array(0.3), "w2": np.array([[-2.0]])}
    found = largest_curvature(
        lambda p: {"w1": p["w2"].reshape(()), "w2": p["w1"].reshape(1, 1)}, params, rng()
    )
    assert found == pytest.approx(1, rel=1e-6)


def test_a_flat_loss_has_the_curvature_0():
    assert largest_curvature(lambda p: {"W": np.ones(3)}, {"W": np.zeros(3)}, rng()) == 0


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
def test_the_largest_curvature_of_a_network_is_that_of_its_measured_second_slopes(scale):
    params = two_layer.init(rng(), 3, 4, 2)
    X, Y_true = scale * rng(1).standard_normal((9, 3)), one_hot(rng(2).integers(0, 2, 9), 2)

    def flat(grads):
        return np.concatenate([np.ravel(dW) for dW in grads.values()])

    def gradient(params):
        return two_layer.backward(params, two_layer.forward(params, X)[1], Y_true)

    columns = []
    for name, W in params.items():
        for index in np.ndindex(W.shape):
            sides = []
            for side in (1e-6, -1e-6):
                moved = W.copy()
                moved[index] += side
                sides.append(flat(gradient(params | {name: moved})))
            columns.append((sides[0] - sides[1]) / 2e-6)
    expected = np.linalg.eigvalsh((np.array(columns) + np.array(columns).T) / 2)[-1]
    found = largest_curvature(gradient, read_only(params), rng(3))
    assert found == pytest.approx(expected, rel=1e-3)
    few = largest_curvature(gradient, params, rng(3), directions=3)
    assert 0.5 * expected < few <= found * (1 + 1e-6), "fewer directions never see more"


def test_more_directions_than_entries_change_nothing():
    at = {"W": rng(1).standard_normal(3)}
    gradient = quadratic([1.0, 2.0, 5.0])
    counted = []
    found = largest_curvature(lambda p: counted.append(1) or gradient(p), at, rng(), directions=50)
    assert found == pytest.approx(5, rel=1e-6) and len(counted) <= 8, "two to see that they agree"


@pytest.mark.parametrize("given, error, words", [
    ({"rng": 3}, TypeError, "rng"), ({"directions": 0}, ValueError, "directions: expected at least 1"),
    ({"directions": 2.5}, TypeError, "directions: expected an integer"),
])  # fmt: skip
def test_the_measure_of_the_curvature_refuses(given, error, words):
    with pytest.raises(error, match=words):
        largest_curvature(quadratic((2.0,)), {"W": np.ones(1)}, **({"rng": rng()} | given))


def test_the_order_in_which_a_gradient_names_its_parameters_does_not_matter():
    params = {"a": np.ones(2), "b": np.ones(2)}
    found = largest_curvature(lambda p: {"b": 10 * p["b"], "a": p["a"]}, params, rng())
    assert found == pytest.approx(10, rel=1e-6)


def test_parameters_in_single_precision_are_measured_in_double_precision():
    gradient = quadratic([1.0, 5.0])
    found = largest_curvature(gradient, {"W": np.ones(2, np.float32)}, rng())
    assert found == pytest.approx(5, rel=1e-6)


LONG, NOISE = np.ones(3), rng(5)


@pytest.mark.parametrize("gradient, params, error, words", [
    (lambda p: {"W": p["W"].astype("f4")}, {"W": LONG}, TypeError, r"gradient\(params\)\['W'\]: .* float64"),
    (lambda p: {"W": NOISE.random(3)}, {"W": LONG}, ValueError, "the same gradient each time"),
    (lambda p: {"W": p["W"] * np.nan}, {"W": LONG}, ValueError, r"gradient\(params\)\['W'\]: .* nan at"),
    (lambda p: p, {"W": np.array([1, np.inf])}, ValueError, r"params\['W'\]: expected finite"),
    (lambda p: {"W": p["W"]}, {"W": LONG, "b": LONG}, ValueError, r"gradient\(params\): .* keys W, b, got W"),
    (lambda p: {"W": p["W"][:2]}, {"W": LONG}, ValueError, r"expected shape \(3,\), got shape \(2,\)"),
    (lambda p: [p["W"]], {"W": LONG}, TypeError, r"gradient\(params\): expected a dict"),
    (lambda p: None, {"W": LONG}, TypeError, r"gradient\(params\): expected a dict"),
    (lambda p: p, {}, TypeError, "params: expected a dict of arrays"),
    (lambda p: p, None, TypeError, "params: expected a dict of arrays"),
    (lambda p: p, {"W": [1.0, 2.0]}, TypeError, r"params\['W'\]: expected an array of floating-point"),
    (lambda p: p, {"W": np.ones(2, int)}, TypeError, r"params\['W'\]: expected an array of floating-point"),
])  # fmt: skip
def test_a_gradient_that_cannot_be_measured_is_refused(gradient, params, error, words):
    with pytest.raises(error, match=words):
        largest_curvature(gradient, params, rng())


# ------------------------------------------------------------------ the law of lesson 08, on paper
def test_a_step_on_a_turned_quadratic_is_proved_and_is_that_of_sgd():
    step, change = descent.step_on_a_quadratic(), descent.change_of_the_loss()
    assert step.proved and change.proved
    turn, rate, curvatures, u = 0.3, 0.15, np.array([1.0, 10.0]), np.array([2.0, -3.0])
    angle = 2 * np.arctan(turn)
    Q = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    H = Q @ np.diag(curvatures) @ Q.T
    opt = sgd(rate)
    w = opt.update({"w": Q @ u}, {"w": H @ Q @ u}, opt.init({"w": u}))[0]["w"]
    assert np.allclose(Q.T @ w, step.function(u, curvatures, rate, turn), rtol=1e-12)
    before, after = (Q @ u) @ H @ (Q @ u) / 2, w @ H @ w / 2
    assert after - before == pytest.approx(float(change.function(u, curvatures, rate, turn)), rel=1e-12)


@pytest.mark.parametrize("share, sign", [(0.99, -1), (1, 0), (1.01, 1)])
def test_the_loss_along_the_steepest_direction_turns_round_at_the_limit(share, sign):
    change = descent.change_of_the_loss().function([0.0, 1.0], [1.0, 10.0], share * 2 / 10, 0.7)
    assert np.sign(np.round(change, 12)) == sign
