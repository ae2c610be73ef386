"""Every mistake of the library, planted, is caught, and leaves the numbers that its description promises."""

import math
import sys
from types import ModuleType

import numpy as np
import pytest

from backprop_course import autodiff, data, ops
from backprop_course.grading import mistakes, one_step
from backprop_course.grading.mistakes import MISTAKES
from backprop_course.models import mlp, two_layer
from backprop_course.verify import check_gradients

N, n, h, m = 16, 12, 8, 10
IN_THE_NETWORK = [id for id, mistake in MISTAKES.items() if mistake.where.endswith("two_layer")]
WRONG_GRADIENTS = [id for id in IN_THE_NETWORK if MISTAKES[id].wrong]


def problem(N=N, n=n, h=h, m=m, seed=0):
    """Parameters as at the start of training, with biases; inputs and one-hot answers; sizes as told."""
    rng = np.random.default_rng(seed)
    params = {
        "W1": rng.standard_normal((h, n)) / math.sqrt(n),
        "b1": 0.3 * rng.standard_normal(h),
        "W2": 0.5 * rng.standard_normal((m, h)) / math.sqrt(h),
        "b2": 0.3 * rng.standard_normal(m),
    }
    return params, rng.standard_normal((N, n)), np.eye(m)[rng.integers(0, m, N)]


def fixture_of(id):
    return problem(7, 7, 7, 7) if MISTAKES[id].square else problem()


def check(module, params, X, Y_true):
    """The course's own check on a module: its loss, its backward."""
    grads = module.backward(params, module.forward(params, X)[1], Y_true)
    return check_gradients(lambda p: module.loss(module.forward(p, X)[0], Y_true), params, grads)


def cross_entropy_by_columns(params, X, Y_true):
    """The sources' formulas, one column vector at a time."""
    total = 0.0
    for x, y in zip(X, Y_true):
        z = params["W2"] @ np.maximum(params["W1"] @ x + params["b1"], 0) + params["b2"]
        total += math.log(sum(math.exp(v) for v in z)) - float(y @ z)
    return total / len(X)


def measured(f, params, step=1e-5):
    """Central differences of f, written here."""
    slopes = {name: np.zeros_like(array) for name, array in params.items()}
    for name, array in params.items():
        for index in np.ndindex(array.shape):
            up, down = array.copy(), array.copy()
            up[index] += step
            down[index] -= step
            slopes[name][index] = (f(params | {name: up}) - f(params | {name: down})) / (2 * step)
    return slopes


def fingerprint(grads, true):
    """For each parameter: norm(yours) / norm(true) and the cosine between them."""
    numbers = {}
    for name, right in true.items():
        size, length = np.linalg.norm(right), np.linalg.norm(grads[name])
        cosine = float(np.sum(grads[name] * right) / (size * length)) if length > 1e-12 * size else 0.0
        numbers[name] = (length / size, cosine)
    return numbers


@pytest.fixture(scope="module")
def prints():
    """The fingerprints of all mistakes in the gradients of the two-layer network."""
    true = {}
    found = {}
    for id in WRONG_GRADIENTS:
        params, X, Y_true = fixture_of(id)
        if X.shape not in true:
            true[X.shape] = measured(lambda p, X=X, Y=Y_true: cross_entropy_by_columns(p, X, Y), params)
        module = mistakes.plant(id)
        grads = module.backward(params, module.forward(params, X)[1], Y_true)
        found[id] = fingerprint(grads, true[X.shape])
    return found


# ------------------------------------------------------------------ the right code, and the planting itself
@pytest.mark.parametrize("sizes", [(N, n, h, m), (7, 7, 7, 7)])
def test_the_right_network_passes_the_check_that_the_mistakes_fail(sizes):
    assert check(two_layer, *problem(*sizes)).passed


def test_the_right_numbers_leave_the_fingerprint_of_nothing():
    params, X, Y_true = problem()
    true = measured(lambda p: cross_entropy_by_columns(p, X, Y_true), params)
    grads = two_layer.backward(params, two_layer.forward(params, X)[1], Y_true)
    for ratio, cosine in fingerprint(grads, true).values():
        assert ratio == pytest.approx(1, abs=1e-8) and cosine == pytest.approx(1, abs=1e-12)


def test_the_library_holds_the_mistakes_of_the_two_layer_network():
    assert {f"M{k}" for k in range(1, 21)} <= MISTAKES.keys()
    assert all(id == mistake.id for id, mistake in MISTAKES.items())
    assert len({mistake.name for mistake in MISTAKES.values()}) == len(MISTAKES)


@pytest.mark.parametrize("id", MISTAKES)
def test_planting_changes_nothing_but_the_fresh_module(id):
    before = dict(sys.modules)
    module = mistakes.plant(id)
    assert isinstance(module, ModuleType) and module is not sys.modules[MISTAKES[id].where]
    assert {k: v for k, v in sys.modules.items() if k in before} == before
    assert id in module.__doc__


@pytest.mark.parametrize("id", MISTAKES)
def test_the_difference_shows_a_line_of_each(id):
    lines = mistakes.diff(id).splitlines()
    assert 2 <= len(lines) <= 4
    assert {line[0] for line in lines} == {"-", "+"}


def test_the_difference_of_the_missing_mask_is_the_line_of_the_mask():
    assert mistakes.diff("M10") == "-    dZ1 = dA1 * (saved.Z1 > 0)\n+    dZ1 = dA1"


@pytest.mark.parametrize("old, times", [("dZ2", r"\d+ times"), ("no such text", "0 times")])
def test_a_text_that_does_not_occur_exactly_once_is_refused(old, times):
    with pytest.raises(ValueError, match=f"mistake M10: .* got {times}"):
        MISTAKES["M10"]._replace(old=old).plant()


def test_an_unknown_mistake_is_refused():
    for call in (mistakes.plant, mistakes.diff):
        with pytest.raises(ValueError, match=r"id: expected one of M1, .* got 'M999'"):
            call("M999")


# ------------------------------------------------------------------ M1 to M18: wrong gradients
@pytest.mark.parametrize("id", WRONG_GRADIENTS)
def test_the_check_catches_it_and_names_the_parameters(id):
    result = check(mistakes.plant(id), *fixture_of(id))
    assert not result.passed
    assert {name for name, row in result.rows.items() if row.result != "agrees"} == set(MISTAKES[id].wrong)


@pytest.mark.parametrize("id", [id for id in WRONG_GRADIENTS if MISTAKES[id].square])
def test_sizes_that_differ_turn_it_into_an_error_or_a_wrong_shape(id):
    try:
        result = check(mistakes.plant(id), *problem())
    except ValueError as error:
        assert id == "M14" and "matmul" in str(error)
    else:
        assert id != "M14"
        for name in MISTAKES[id].wrong:
            assert "expected the shape of the parameter" in result.rows[name].message


CONSTANTS = {"M1": N, "M2": 1 / N, "M3": 1 / m}


@pytest.mark.parametrize("id, factor", CONSTANTS.items())
def test_a_wrong_constant_scales_all_four_alike(prints, id, factor):
    for ratio, cosine in prints[id].values():
        assert ratio == pytest.approx(factor, rel=1e-7) and cosine == pytest.approx(1, abs=1e-12)


def test_a_wrong_sign_turns_all_four_round(prints):
    for ratio, cosine in prints["M4"].values():
        assert ratio == pytest.approx(1, rel=1e-7) and cosine == pytest.approx(-1, abs=1e-12)


@pytest.mark.parametrize("id", ["M5", "M6"])
def test_a_second_softmax_slope_shrinks_all_four_and_turns_them_a_little(prints, id):
    for ratio, cosine in prints[id].values():
        assert 0.05 < ratio < 0.25 and 0.85 < cosine < 0.999


@pytest.mark.parametrize("id", ["M7", "M8"])
def test_a_wrong_output_error_turns_all_four_far(prints, id):
    for ratio, cosine in prints[id].values():
        assert ratio > 1.02 and 0.3 < cosine < 0.95


def test_the_diagonal_alone_leaves_rows_that_do_not_sum_to_zero():
    params, X, Y_true = problem()
    sums = {}
    for name, module in (("right", two_layer), ("M7", mistakes.plant("M7"))):
        sums[name] = module.backward(params, module.forward(params, X)[1], Y_true)["b2"].sum()
    assert abs(sums["right"]) < 1e-15 and sums["M7"] < -0.5


@pytest.mark.parametrize("id", ["M9", "M10", "M11", "M12", "M13", "M14", "M15"])
def test_what_is_not_named_is_right(prints, id):
    for name, (ratio, cosine) in prints[id].items():
        if name in MISTAKES[id].wrong:
            assert cosine < 0.95
        else:
            assert ratio == pytest.approx(1, rel=1e-7) and cosine == pytest.approx(1, abs=1e-12)


def test_which_parameters_are_wrong_tells_the_place():
    between_the_layers = {id for id in WRONG_GRADIENTS if MISTAKES[id].wrong == ("W1", "b1")}
    assert between_the_layers == {"M10", "M11", "M12", "M13", "M14", "M54"}
    assert {id for id in WRONG_GRADIENTS if MISTAKES[id].wrong == ("W2",)} == {"M9", "M15"}
    assert {id for id in WRONG_GRADIENTS if set(MISTAKES[id].wrong) <= {"b1", "b2"}} == {"M16", "M17", "M18"}


def test_units_that_are_off_make_the_gradient_longer_and_small_activations_make_it_shorter(prints):
    assert prints["M10"] == prints["M11"]  # the same mistake twice
    assert prints["M9"]["W2"][0] > 1.2 and prints["M10"]["W1"][0] > 1.2
    assert prints["M13"]["W1"][0] < 1


def test_a_mask_from_the_sign_of_the_gradient_points_far_off(prints):
    assert abs(prints["M12"]["W1"][1]) < 0.6


def test_a_transposed_gradient_has_exactly_the_right_norm(prints):
    ratio, cosine = prints["M15"]["W2"]
    assert ratio == pytest.approx(1, rel=1e-7) and abs(cosine) < 0.6


def test_biases_over_the_wrong_axis_lose_the_last_one_entirely(prints):
    assert prints["M16"]["b2"][0] < 1e-12 and abs(prints["M16"]["b1"][1]) < 0.9


def test_averaged_biases_are_smaller_by_the_batch(prints):
    for name in ("b1", "b2"):
        ratio, cosine = prints["M17"][name]
        assert ratio == pytest.approx(1 / N, rel=1e-7) and cosine == pytest.approx(1, abs=1e-12)


def test_a_bias_without_a_gradient_is_zero(prints):
    assert prints["M18"]["b1"] == (0, 0)


# ------------------------------------------------------------------ what an example shows and hides
def hidden(params, X, Y_true):
    return {id for id, shown in mistakes.seen(params, X, Y_true).items() if shown == "hidden"}


def test_sizes_that_differ_and_biases_hide_nothing():
    shown = mistakes.seen(*problem())
    assert list(shown) == [*(f"M{k}" for k in range(1, 19)), "M54"] and "hidden" not in shown.values()
    assert {id for id, how in shown.items() if how == "shape"} == {"M14", "M15", "M16"}


def test_one_example_hides_how_often_to_divide_by_n():
    assert hidden(*problem(N=1)) == {"M1", "M2", "M17"}


def test_equal_sizes_leave_no_wrong_shape():
    assert set(mistakes.seen(*problem(7, 7, 7, 7)).values()) == {"value"}


def test_biases_of_zero_hide_a_mask_without_the_bias():
    params, X, Y_true = problem()
    params |= {"b1": np.zeros(h), "b2": np.zeros(m)}
    assert hidden(params, X, Y_true) == {"M54"}


def test_units_that_are_all_on_hide_the_mask_and_what_stands_behind_it():
    params, X, Y_true = problem()
    params["b1"] += 5 - (X @ params["W1"].T).min()
    assert hidden(params, X, Y_true) == {"M9", "M10", "M11"}


def test_units_that_are_all_off_hide_what_multiplies_by_zero():
    params, X, Y_true = problem()
    params["b1"] -= 5 + (X @ params["W1"].T).max()
    found = hidden(params, X, Y_true)
    assert {"M13", "M18"} <= found and not found & {"M1", "M9", "M10", "M17", "M54"}


@pytest.mark.parametrize("weight, how", [(1e-2, "value"), (1e-5, "value"), (1e-10, "hidden")])
def test_a_unit_that_is_off_shows_the_missing_mask_as_far_as_its_weights_reach(weight, how):
    """Without the mask the unit gets a gradient as large as its weights in W2 are."""
    params, X, Y_true = problem()
    params["b1"] += 5 - (X @ params["W1"].T).min()
    params["b1"][0] = -5 - (X @ params["W1"][0]).max()
    params["W2"][:, 0] *= weight
    assert mistakes.seen(params, X, Y_true)["M10"] == how


@pytest.mark.parametrize("where", ["X", "b1", "W2"])
@pytest.mark.parametrize("number", [np.nan, np.inf])
def test_numbers_that_are_not_finite_show_nothing_and_are_refused(where, number):
    params, X, Y_true = problem()
    (X if where == "X" else params[where])[-1] = number
    with np.errstate(all="ignore"), pytest.raises(ValueError, match=f"^{where}: expected finite numbers"):
        mistakes.seen(params, X, Y_true)


def test_what_is_seen_agrees_with_the_measured_slopes():
    for params, X, Y_true in (problem(7, 7, 7, 7), problem(N=1)):
        for id, how in mistakes.seen(params, X, Y_true).items():
            if how != "shape":
                assert check(mistakes.plant(id), params, X, Y_true).passed == (how == "hidden")


# ------------------------------------------------------------------ M19, M20: the update
def implied(step, params, X, Y_true, learning_rate):
    """The gradient that a step has used: what it subtracted, divided by the learning rate."""
    after = step(params, X, Y_true, learning_rate)
    return {name: (params[name] - after[name]) / learning_rate for name in params}


def loss_of(X, Y_true):
    return lambda p: two_layer.loss(two_layer.forward(p, X)[0], Y_true)


@pytest.mark.parametrize("learning_rate", [0.01, 1.0])
def test_the_right_step_uses_the_gradient_and_leaves_its_arguments(learning_rate):
    params, X, Y_true = problem()
    copies = {name: array.copy() for name, array in params.items()}
    grads = implied(one_step.step, params, X, Y_true, learning_rate)
    assert check_gradients(loss_of(X, Y_true), params, grads).passed
    assert all(np.array_equal(params[name], copies[name]) for name in params)


def test_w2_updated_too_early_gives_an_error_proportional_to_the_learning_rate():
    params, X, Y_true = problem()
    wrong, errors = mistakes.plant("M19").step, []
    for learning_rate in (0.001, 0.01, 0.1):
        result = check_gradients(loss_of(X, Y_true), params, implied(wrong, params, X, Y_true, learning_rate))
        assert {k for k, row in result.rows.items() if row.result != "agrees"} == {"W1", "b1"}
        errors.append(result.rows["W1"].relative_error)
    assert errors[1] / errors[0] == pytest.approx(10, rel=0.02)
    assert errors[2] / errors[1] == pytest.approx(10, rel=0.1)


def train(step, learning_rate, steps=600, seed=0):
    """Test accuracy on the digits after some steps with batches of 64, hidden size 32; 0 if it diverges."""
    digits, rng = data.digits(), np.random.default_rng(seed)
    X, Y_true = digits.X / 16, np.eye(10)[digits.labels]
    train, test = data.split_by_writer()
    params = two_layer.init(rng, 64, 32, 10)
    with np.errstate(all="ignore"):
        for _ in range(steps):
            batch = rng.choice(train, 64, replace=False)
            params = step(params, X[batch], Y_true[batch], learning_rate)
        Y_pred = two_layer.forward(params, X[test])[0]
    right = Y_pred.argmax(axis=1) == digits.labels[test]
    return float(right.mean()) if np.isfinite(Y_pred).all() else 0.0


def test_w2_updated_too_early_is_invisible_at_a_small_learning_rate_and_diverges_at_a_larger_one():
    wrong = mistakes.plant("M19").step
    right = train(one_step.step, 0.1)
    assert right > 0.85 and train(wrong, 0.1) == pytest.approx(right, abs=0.02)
    assert train(one_step.step, 0.5) > 0.85 and train(wrong, 0.5) == 0


def test_a_bias_that_is_not_summed_becomes_a_matrix_and_the_next_step_is_refused():
    params, X, Y_true = problem()
    step = mistakes.plant("M20").step
    after = step(params, X, Y_true, 0.1)
    assert after["b1"].shape == (N, h)
    assert one_step.step(params, X, Y_true, 0.1)["b1"].shape == (h,)
    with pytest.raises(ValueError, match=r"b1: expected shape \(h,\)"):
        step(after, X, Y_true, 0.1)


# ------------------------------------------------------------------ M33 to M38: single equations
def test_a_softmax_without_the_largest_score_overflows_and_agrees_on_small_scores():
    wrong, Z = mistakes.plant("M33").softmax, np.array([[1000.0, 0.0, 0.0]])
    with np.errstate(over="ignore", invalid="ignore"):
        assert np.isnan(wrong(Z)[0, 0]) and ops.softmax(Z).tolist() == [[1, 0, 0]]
    assert np.allclose(wrong(Z / 1000), ops.softmax(Z / 1000), rtol=1e-14)


def test_a_softmax_over_the_wrong_axis_has_columns_that_sum_to_one_and_fails_the_check():
    rng = np.random.default_rng(1)
    Z, U = rng.standard_normal((5, 3)), rng.standard_normal((5, 3))
    wrong = mistakes.plant("M34").softmax
    assert np.allclose(wrong(Z).sum(axis=0), 1) and not np.allclose(wrong(Z).sum(axis=1), 1, atol=0.1)
    for softmax, passes in ((ops.softmax, True), (wrong, False)):
        grad = ops.softmax_backward(U, softmax(Z))
        result = check_gradients(lambda z, s=softmax: (U * s(z)).sum(), Z, grad)
        assert result.passed == passes


def test_an_overwritten_prediction_passes_the_check_and_spoils_the_loss():
    params, X, Y_true = problem()
    wrong = mistakes.plant("M35")
    assert check(wrong, params, X, Y_true).passed
    for module, spoiled in ((two_layer, False), (wrong, True)):
        Y_pred, saved = module.forward(params, X)
        before = module.loss(Y_pred, Y_true)
        module.backward(params, saved, Y_true)
        assert (Y_pred.min() < 0) == spoiled
        assert (module.loss(Y_pred, Y_true) > 10 * before) == spoiled


def test_the_slope_of_the_sigmoid_at_its_own_output_is_never_small():
    Z = np.array([-6.0, 0.0, 6.0])
    wrong, A, one = mistakes.plant("M36").sigmoid_backward, 1 / (1 + np.exp(-Z)), np.ones(3)
    assert (wrong(one, A) > 0.196).all() and (wrong(one, A) <= 0.25).all()
    assert np.allclose(ops.sigmoid_backward(one, A), [0.00246651, 0.25, 0.00246651], rtol=1e-5)
    for backward, passes in ((ops.sigmoid_backward, True), (wrong, False)):
        assert check_gradients(lambda z: ops.sigmoid(z).sum(), Z, backward(one, A)).passed == passes


def test_the_slope_of_the_sigmoid_applied_to_its_input_spoils_the_hidden_layer():
    params, X, Y_true = problem()
    for make, wrong in ((mlp, set()), (mistakes.plant("M37").MLP, {"W1", "b1"})):
        result = check(make([n, h, m], activation="sigmoid"), params, X, Y_true)
        assert {name for name, row in result.rows.items() if row.result != "agrees"} == wrong


def test_cross_entropys_error_under_a_squared_loss_is_several_times_too_long():
    params, X, Y_true = problem()
    wrong = mistakes.plant("M38")

    def squared(p):
        Z2 = np.maximum(X @ p["W1"].T + p["b1"], 0) @ p["W2"].T + p["b2"]
        E = np.exp(Z2)
        return float(np.mean((E / E.sum(axis=1, keepdims=True) - Y_true) ** 2))

    grads = wrong.backward(params, wrong.forward(params, X)[1], Y_true)
    for ratio, cosine in fingerprint(grads, measured(squared, params)).values():
        assert ratio > 5 and cosine < 0.99


# ------------------------------------------------------------------ M39, M40: the tape
def slope_by_tape(gradients, program, x):
    node = autodiff.Value(x)
    return gradients(program(node))[node]


def squared_sum(x):
    a = x + x
    return a * a


PROGRAMS = {  # program: slope at 3 by calculus, with M39, with M40
    "x · x": (lambda x: x * x, 6, 3, 6),
    "(x + x)²": (squared_sum, 24, 6, 48),
    "chain": (lambda x: -((x**2) ** 2), -108, -108, -108),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_tape_with_a_mistake_gives_the_numbers_of_the_mistake(name):
    program, right, overwritten, unordered = PROGRAMS[name]
    assert slope_by_tape(autodiff.gradients, program, 3.0) == right
    assert slope_by_tape(mistakes.plant("M39").gradients, program, 3.0) == overwritten
    assert slope_by_tape(mistakes.plant("M40").gradients, program, 3.0) == unordered


@pytest.mark.parametrize("id", ["M39", "M40"])
def test_the_check_catches_the_tape_with_a_mistake(id):
    def taped(gradients):
        return np.array(slope_by_tape(gradients, squared_sum, 3.0))

    def f(x):
        return (2 * float(x)) ** 2

    assert check_gradients(f, np.array(3.0), taped(autodiff.gradients)).passed
    assert not check_gradients(f, np.array(3.0), taped(mistakes.plant(id).gradients)).passed
