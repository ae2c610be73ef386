"""Finite differences against known slopes; the check accepts right gradients and rejects every wrong one."""

import subprocess
import sys
from html.parser import HTMLParser

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from backprop_course import verify
from backprop_course.models import two_layer
from backprop_course.verify import check_gradients, compare, finite_differences, one_sided_differences

NUMBERS = st.floats(-3, 3, allow_nan=False)


def network(N=7, n=5, h=6, m=4, seed=0):
    """Parameters with biases, the loss as a function of them, the saved values and the right gradients."""
    rng = np.random.default_rng(seed)
    params = {
        "W1": rng.standard_normal((h, n)),
        "b1": rng.standard_normal(h),
        "W2": rng.standard_normal((m, h)) / 2,
        "b2": rng.standard_normal(m),
    }
    X, Y_true = rng.standard_normal((N, n)), np.eye(m)[rng.integers(0, m, N)]
    saved = two_layer.forward(params, X)[1]
    grads = two_layer.backward(params, saved, Y_true)
    return params, lambda p: two_layer.loss(two_layer.forward(p, X)[0], Y_true), saved, Y_true, grads


def agreeing(check):
    return {name for name, row in check.rows.items() if row.result == "agrees"}


# ------------------------------------------------------------------ finite differences
@given(st.lists(NUMBERS, min_size=9, max_size=9), st.sampled_from([1e-2, 0.5, 2.0]))
def test_central_differences_are_exact_on_quadratics(numbers, step):
    """(f(x + h) - f(x - h)) / 2h has no error at all on a quadratic, however large the step."""
    curvature, slope, x = np.array(numbers).reshape(3, 3)
    measured = finite_differences(lambda p: float(np.sum(curvature * p**2 + slope * p)), x, step=step)
    assert np.allclose(measured, 2 * curvature * x + slope, rtol=0, atol=1e-10)


@given(NUMBERS)
def test_slopes_of_known_functions(x):
    for f, slope in [(np.sin, np.cos(x)), (np.exp, np.exp(x)), (np.tanh, 1 - np.tanh(x) ** 2)]:
        assert finite_differences(f, x) == pytest.approx(slope, rel=1e-9, abs=1e-9)


def test_half_the_step_leaves_a_quarter_of_the_error():
    def error(step):
        return abs(finite_differences(np.sin, 1.0, step=step) - np.cos(1.0))

    assert error(0.1) / error(0.05) == pytest.approx(4, rel=1e-2)


def test_one_sided_differences_are_off_by_the_curvature():
    right, left = one_sided_differences(lambda x: x**2, 3.0, step=0.25)
    assert (right, left) == (6.25, 5.75)


def test_one_sided_differences_of_a_dict():
    right, left = one_sided_differences(lambda p: float(abs(p["a"]).sum()), {"a": np.array([0.0, 2.0])})
    assert np.allclose(right["a"], [1, 1]) and np.allclose(left["a"], [-1, 1])


def test_the_slopes_come_in_the_form_of_the_parameters():
    f = lambda p: float(sum(np.sum(v) for v in p.values())) if isinstance(p, dict) else float(np.sum(p))  # noqa: E731
    params = {"a": np.ones((2, 3)), "b": np.array(1.0), "c": np.ones((1, 4)).T}
    measured = finite_differences(f, params)
    assert list(measured) == ["a", "b", "c"]
    assert {k: v.shape for k, v in measured.items()} == {"a": (2, 3), "b": (), "c": (4, 1)}
    assert all(isinstance(v, np.ndarray) and v.dtype == np.float64 for v in measured.values())
    assert finite_differences(f, np.ones((2, 3))).shape == (2, 3)
    assert isinstance(finite_differences(f, 2.0), float)


def test_arrays_of_the_caller_stay_as_they_are_even_if_f_writes_into_its_own():
    params = {"a": np.arange(3.0), "b": np.arange(2.0)}

    def rude(p):
        value = float(np.sum(p["a"] ** 2) + p["b"][1])
        p["a"] *= 0
        p["b"] += 7
        return value

    measured = finite_differences(rude, params)
    assert np.allclose(measured["a"], [0, 2, 4]) and np.allclose(measured["b"], [0, 1])
    assert np.array_equal(params["a"], [0, 1, 2]) and np.array_equal(params["b"], [0, 1])


def test_large_numbers_use_the_step_that_rounding_leaves():
    """Near 1e6 the step 1e-5 is rounded by a few millionths of itself."""
    assert finite_differences(lambda x: x - 1e6, 1e6 + 0.1) == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize(
    "f, params, error, words",
    [
        (np.sum, np.ones(3, np.float32), TypeError, ["params", "float64", "rounds", "1e-05", "float32"]),
        (np.sum, {"W1": np.ones(3, np.float16)}, TypeError, ["W1", "float64", "float16"]),
        (np.sum, np.ones(3, int), TypeError, ["params", "float64", "cannot move", "int64"]),
        (np.sum, np.ones(3, complex), TypeError, ["float64", "complex"]),
        (np.sum, 3, TypeError, ["float64", "int"]),
        (np.sum, [1.0, 2.0], TypeError, ["float64", "list"]),
        (np.sum, {}, ValueError, ["params", "at least one"]),
        (np.sum, np.ones((0, 3)), ValueError, ["at least one entry"]),
        (np.sum, {"b1": np.array([1, np.nan])}, ValueError, ["b1", "finite", "nan", "(1,)"]),
        (np.sum, np.array([np.inf]), ValueError, ["finite", "inf"]),
        (np.sum, np.array([1e17]), ValueError, ["step", "1e+17", "1e-05"]),
        (lambda x: x, np.ones(2), ValueError, ["f:", "one number", "(2,)"]),
        (lambda x: x, np.ones(1), ValueError, ["f:", "one number", "(1,)"]),
        (lambda x: np.nan, np.ones(2), ValueError, ["f:", "finite", "nan", "given params"]),
        (lambda x: -np.inf if x[1] > 1 else 0.0, np.ones(2), ValueError, ["f:", "-inf", "params[1]"]),
        (lambda x: np.float32(x.sum()), np.ones(2), TypeError, ["f:", "float64", "rounding", "float32"]),
        (lambda x: None, np.ones(2), TypeError, ["f:", "NoneType", "object"]),
    ],
)
def test_what_cannot_be_measured_is_refused(f, params, error, words):
    for method in (finite_differences, one_sided_differences):
        with pytest.raises(error) as caught:
            method(f, params)
        assert [word for word in words if word not in str(caught.value)] in ([], ["NoneType"], ["object"])
    with pytest.raises(error):
        check_gradients(f, params, {k: 1.0 for k in params} if isinstance(params, dict) else 1.0)


@pytest.mark.parametrize("step", [0, -1e-5, np.nan, np.inf, "small"])
def test_a_step_that_is_no_step_is_refused(step):
    with pytest.raises(ValueError, match="step: expected a positive number"):
        finite_differences(np.sum, np.ones(2), step=step)


# ------------------------------------------------------------------ the check accepts right gradients
COUNTS = {"compared": 0, "kinks": 0, "vanishing": 0}


@settings(max_examples=60)
@given(st.lists(st.integers(2, 7), min_size=4, max_size=4, unique=True), st.integers(0, 2**32 - 1))
def test_right_gradients_pass(sizes, seed):
    params, f, _, _, grads = network(*sizes, seed)
    check = check_gradients(f, params, grads)
    if check.passed:
        COUNTS["compared"] += 1
    elif check.kinks:
        COUNTS["kinks"] += 1
    else:  # a layer of dead units or a saturated softmax: nothing is there to be measured
        results = {row.result for row in check.rows.values()}
        assert results <= {"agrees", "proves nothing", "cannot tell"}, str(check)
        assert min(np.linalg.norm(g) for g in grads.values()) < 1e-3
        COUNTS["vanishing"] += 1


def test_few_right_gradients_were_left_out():
    if not COUNTS["compared"]:
        test_right_gradients_pass()
    assert COUNTS["compared"] >= 40 and COUNTS["kinks"] <= 5, COUNTS


def test_the_report_of_a_right_gradient():
    params, f, _, _, grads = network()
    check = check_gradients(f, params, grads)
    assert check.passed and check.kinks == 0 and check.problems == ()
    assert check.message.startswith("Passed: the measured slopes agree for W1, b1, W2, b2.")
    for name, row in check.rows.items():
        assert row.shape == params[name].shape and 0 < row.relative_error < 1e-8
        assert row.ratio == pytest.approx(1, abs=1e-8) and row.cosine == pytest.approx(1, abs=1e-8)
        assert row.yours == grads[name][row.worst] and row.measured == pytest.approx(row.yours, abs=1e-8)


def test_arrays_and_single_numbers_are_checked_too():
    x = np.array([1.0, 2.0])
    assert check_gradients(lambda p: float(p @ p), x, 2 * x).passed
    assert not check_gradients(lambda p: float(p @ p), x, x).passed
    assert check_gradients(lambda p: p**3, 2.0, 12.0).passed
    assert not check_gradients(lambda p: p**3, 2.0, 12.0001).passed
    assert check_gradients(lambda p: p**3, 2.0, 12).passed, "a whole number is exact"


# ------------------------------------------------------------------ the check rejects wrong ones
def wrong_gradients(params, saved, Y_true):
    """Wrong gradients by name, each with the parameters that it leaves right."""
    X, Z1, A1, Y_pred = saved
    N, m = Y_true.shape
    W2 = params["W2"]

    def back(dZ2, A1=A1, W2=W2, mask=Z1 > 0):
        dZ1 = (dZ2 @ W2) * mask
        return {"W1": dZ1.T @ X, "b1": dZ1.sum(0), "W2": dZ2.T @ A1, "b2": dZ2.sum(0)}

    dZ2 = (Y_pred - Y_true) / N
    right, second, first = back(dZ2), {"W2", "b2"}, {"W1", "b1"}
    jacobian = Y_pred * dZ2 - Y_pred * np.sum(Y_pred * dZ2, axis=1, keepdims=True)
    argmax = (np.eye(m)[Y_pred.argmax(1)] - Y_true) / N
    return {
        "no 1/N": (back(dZ2 * N), set()),
        "1/N twice": (back(dZ2 / N), set()),
        "sign": (back(-dZ2), set()),
        "factor 2": (back(2 * dZ2), set()),
        "a factor of one in a million": (back(dZ2 * (1 + 1e-6)), set()),
        "softmax counted twice": (back(jacobian), set()),
        "argmax for probabilities": (back(argmax), set()),
        "Z1 for A1": (back(dZ2, A1=Z1), first | {"b2"}),
        "no mask": (back(dZ2, mask=1), second),
        "mask from the output": (back(dZ2, mask=A1 >= 0), second),
        "mask from the sign of dA1": (back(dZ2, mask=dZ2 @ W2 > 0), second),
        "ReLU for its mask": (back(dZ2, mask=A1), second),
        "W2 updated first": (back(dZ2, W2=W2 - 0.01 * right["W2"]), second),
        "mean for sum": (right | {"b1": right["b1"] / N, "b2": right["b2"] / N}, {"W1", "W2"}),
        "zero b1": (right | {"b1": np.zeros_like(right["b1"])}, second | {"W1"}),
        "zero stub": ({k: np.zeros_like(v) for k, v in right.items()}, set()),
    }


@pytest.mark.parametrize("name", wrong_gradients(network()[0], *network()[2:4]))
def test_wrong_gradients_are_rejected_and_placed(name):
    params, f, saved, Y_true, _ = network()
    grads, right = wrong_gradients(params, saved, Y_true)[name]
    check = check_gradients(f, params, grads)
    assert not check.passed and agreeing(check) == right
    for wrong in set(params) - right:
        assert check.rows[wrong].result == "differs" and f"{wrong} differs" in check.message
        assert check.rows[wrong].relative_error > 1e-7


@pytest.mark.parametrize("wrong", ["W2 in dA1", "dW2"])
def test_a_missing_transpose_in_square_layers_is_rejected(wrong):
    params, f, saved, Y_true, grads = network(7, 7, 7, 7)
    dZ2 = (saved.Y_pred - Y_true) / 7
    if wrong == "dW2":
        check = check_gradients(f, params, grads | {"W2": grads["W2"].T})
        assert agreeing(check) == {"W1", "b1", "b2"}
        assert check.rows["W2"].ratio == pytest.approx(1, abs=1e-6) and check.rows["W2"].cosine < 0.9
    else:
        dZ1 = (dZ2 @ params["W2"].T) * (saved.Z1 > 0)
        check = check_gradients(f, params, grads | {"W1": dZ1.T @ saved.X, "b1": dZ1.sum(0)})
        assert agreeing(check) == {"W2", "b2"}


@pytest.mark.parametrize("size", [1e200, 1e-200])
def test_squares_that_overflow_or_vanish_change_no_verdict(size):
    """norm(yours) of numbers near 1e200 is infinite, and infinity is not above infinity."""
    huge = check_gradients(lambda p: float((p**2).sum()), np.ones(3), np.full(3, -1e200))
    row = huge.rows["params"]
    assert row.result == "differs" and row.relative_error == 1 and row.cosine == pytest.approx(-1)
    assert row.ratio == pytest.approx(5e199)
    x = np.array([1.0, 2.0])
    f = lambda p: float(size * (p @ p))  # noqa: E731
    for factor, result in [(2, "agrees"), (-2, "differs"), (2.001, "differs")]:
        row = check_gradients(f, x, factor * size * x).rows["params"]
        assert row.result == result and row.ratio == pytest.approx(abs(factor) / 2)
        assert row.cosine == pytest.approx(np.sign(factor))


def test_the_fingerprint_names_the_factor_and_the_sign():
    params, f, _, _, grads = network(N=7)
    for factor in (7.0, -1.0, 0.5):
        for row in check_gradients(f, params, {k: factor * g for k, g in grads.items()}).rows.values():
            assert row.ratio == pytest.approx(abs(factor), rel=1e-6)
            assert row.cosine == pytest.approx(np.sign(factor), rel=1e-6)
            assert row.relative_error == pytest.approx(abs(factor - 1) / (abs(factor) + 1), rel=1e-6)


@given(st.integers(0, 39), st.integers(0, 29), st.sampled_from([1e-4, -0.1, 5.0]))
@settings(max_examples=6)
def test_one_wrong_entry_among_1200_is_found(i, j, error):
    x = np.random.default_rng(1).standard_normal((40, 30))
    grads = 3 * x**2
    grads[i, j] += error
    check = check_gradients(lambda p: float(np.sum(p * p * p)), x, grads)
    row = check.rows["params"]
    assert not check.passed and row.result == "differs" and row.worst == (i, j)
    assert row.yours - row.measured == pytest.approx(error, abs=1e-5)
    assert f"[{i}, {j}]" in check.message


@pytest.mark.parametrize(
    "change, words",
    [
        ({"W1": None}, "W1: no gradient was given"),
        ({"W1": "blank"}, "W1: expected an array of numbers, got str"),
        ({"W1": ...}, "W1: expected an array of numbers, got ellipsis"),
        ({"b1": np.zeros((6, 1))}, "b1: expected the shape of the parameter, (6,), got (6, 1)"),
        ({"b1": 0.0}, "b1: expected the shape of the parameter, (6,), got ()"),
        ({"b1": np.full(6, True)}, "b1: expected numbers"),
        ({"W2": np.full((4, 6), np.nan)}, "W2: expected finite numbers, got nan at [0, 0]"),
        ({"b2": np.array([1, 2, np.inf, 3])}, "b2: expected finite numbers, got inf at [2]"),
        ({"b2": np.ones(4, np.float32)}, "b2: expected float64, got float32"),
        pytest.param(
            {"b2": np.array([1, 2, 3, "1e4000"], dtype=np.longdouble)},
            "b2: expected finite numbers, got inf at [3]",
            marks=pytest.mark.skipif(
                np.finfo(np.longdouble).max == np.finfo(np.float64).max, reason="no longer float here"
            ),
        ),
        ({"dW1": 1, "W3": 2}, "grads holds dW1, W3; the parameters are W1, b1, W2, b2"),
    ],
)
def test_an_unusable_answer_is_reported_by_name(change, words):
    params, f, _, _, grads = network()
    check = check_gradients(f, params, grads | change)
    assert not check.passed and words in check.message
    assert agreeing(check) == set(params) - set(change), "the others are still compared"
    assert words in str(check)


def test_a_missing_key_is_named():
    params, f, _, _, grads = network()
    del grads["b2"]
    check = check_gradients(f, params, grads)
    assert not check.passed and "b2: no gradient was given" in check.message


@pytest.mark.parametrize("grads", [None, (1, 2), np.zeros(3)])
def test_answers_that_are_no_dict_are_refused(grads):
    params, f, *_ = network()
    with pytest.raises(TypeError, match="grads: expected a dict with the keys W1, b1, W2, b2"):
        check_gradients(f, params, grads)


@pytest.mark.parametrize("tolerance", [0, -1, 1, np.nan, "tight"])
def test_a_meaningless_tolerance_is_refused(tolerance):
    with pytest.raises(ValueError, match="tolerance"):
        check_gradients(np.sum, np.ones(2), np.ones(2), tolerance=tolerance)


def test_any_real_number_is_a_step_or_a_tolerance():
    x = np.array([1.0, 2.0])
    for real in (np.float32, np.float64, np.longdouble):
        check = check_gradients(lambda p: float(p @ p), x, 2 * x, tolerance=real(1e-6), step=real(1e-5))
        assert check.passed and "tolerance: 1e-06" in check.message
        assert finite_differences(np.sin, 1.0, step=real(1e-5)) == pytest.approx(np.cos(1), rel=1e-9)


# ------------------------------------------------------------------ 0 = 0, noise and chance prove nothing
@pytest.mark.parametrize("yours", [0.0, 1e-18])
def test_a_parameter_without_effect_proves_nothing(yours):
    params = {"a": np.ones(2), "b1": np.ones(3)}
    grads = {"a": np.array([2.0, 2.0]), "b1": np.full(3, yours)}
    check = check_gradients(lambda p: float(p["a"] @ p["a"]), params, grads)
    assert not check.passed and agreeing(check) == {"a"}
    assert "The check proves nothing for b1" in check.message
    assert check.rows["b1"].result == "proves nothing"


def test_a_gradient_where_there_is_none_differs():
    check = check_gradients(lambda p: 1.0, np.ones(3), np.full(3, 1e-3))
    assert check.rows["params"].result == "differs" and check.rows["params"].relative_error == 1


def test_dead_units_prove_nothing():
    params, f, saved, Y_true, _ = network()
    params["b1"] -= 100
    X = saved.X
    grads = two_layer.backward(params, two_layer.forward(params, X)[1], Y_true)
    check = check_gradients(f, params, grads)
    assert not check.passed
    assert {name for name, row in check.rows.items() if row.result == "proves nothing"} == {"W1", "b1", "W2"}


def test_rounding_is_never_taken_for_agreement():
    """Beside a constant of 1e8 the loss keeps only half of its digits."""
    x = np.array([0.3, -0.2])
    f = lambda p: float(1e8 + p @ p)  # noqa: E731
    row = check_gradients(f, x, 2 * x).rows["params"]
    assert row.result == "cannot tell" and "The measurement cannot tell" in row.message
    assert check_gradients(f, x, -20 * x).rows["params"].result == "differs"
    tiny = check_gradients(lambda p: p * p, 1e-30, 2e-30)  # 1e-5 squared swallows 1e-30
    assert not tiny.passed and tiny.rows["params"].result == "proves nothing"


def test_rounding_inside_the_loss_is_not_called_a_kink_or_a_mistake():
    """A confident answer: the loss is about 1e-5, the difference of two numbers of size 12."""
    unsure = 0
    for x in np.random.default_rng(0).normal([12, 0, -1], 0.5, (50, 3)):
        right = np.exp(x) / np.exp(x).sum() - [1, 0, 0]
        check = check_gradients(lambda p: float(np.log(np.exp(p).sum()) - p[0]), x, right)
        assert check.kinks == 0 and check.rows["params"].result in ("agrees", "cannot tell"), str(check)
        unsure += not check.passed
    assert unsure > 10, "rounding does show here"


@pytest.mark.parametrize("noise", [1, 1e-6, 1e-9])
def test_a_loss_that_depends_on_chance_is_reported(noise):
    rng = np.random.default_rng(0)
    check = check_gradients(lambda p: float(np.sum(p * (1 + noise * rng.random(9)))), np.ones(9), np.ones(9))
    assert not check.passed and check.rows == {} and "the loss depends on chance" in str(check)


# ------------------------------------------------------------------ kinks
def test_a_kink_is_named_counted_and_not_passed():
    x = np.array([[-1.0, 2.0], [0.0, 3.0]])
    check = check_gradients(lambda p: float(np.sum(np.maximum(p, 0))), x, (x > 0) * 1.0)
    row = check.rows["params"]
    assert not check.passed and row.result == "kink" and check.kinks == row.kinks == 1
    assert row.worst == (1, 0) and (row.yours, row.measured) == (0, pytest.approx(0.5))
    assert "only at kinks" in check.message and "slope is 0 to the left and 1 to the right" in check.message


def test_the_message_says_where_the_kinks_are():
    for x, where in (
        ([-1.0, 0.0], "A kink at [1]: the slope is 0"),
        ([0.0, 0.0], "The first of 2 kinks, at [0]: the slope is 0"),
    ):
        check = check_gradients(lambda x: np.maximum(x, 0).sum(), np.array(x), np.zeros(2))
        assert where in check.message
    assert (
        ". A kink: the slope is 0"
        in check_gradients(lambda x: np.maximum(x, 0), np.array(0.0), np.array(0.0)).message
    )


def test_a_kink_does_not_hide_an_error_elsewhere():
    x = np.array([0.0, 2.0])
    f = lambda p: float(np.sum(np.maximum(p, 0)))  # noqa: E731
    for wrong in ([0.0, 2.0], [0.0, 0.0], [7.0, 2.0], [-2.0, 0.5]):
        row = check_gradients(f, x, np.array(wrong)).rows["params"]
        assert row.result == "differs" and row.kinks == 1 and "A kink at [0]: the slope is 0" in row.message
    for wrong in ([7.0, 1.0], [-2.0, 1.0]):
        row = check_gradients(f, x, np.array(wrong)).rows["params"]
        assert row.result == "differs at a kink"
    assert check_gradients(f, x, np.array([1.0, 1.0])).rows["params"].result == "kink"


def test_two_kinks_inside_the_step_are_not_called_a_mistake():
    """The slope at 0 is -3; a millionth to the left it is 0, a millionth to the right -1."""
    f = lambda p: float(2 * max(p - 1e-6, 0) - 3 * max(p + 1e-6, 0))  # noqa: E731
    for yours in (-3.0, 3.0):
        check = check_gradients(f, 0.0, yours)
        assert not check.passed and check.kinks == 1 and check.rows["params"].result == "differs at a kink"
        assert "Move the inputs a little and check again." in check.message
    for x, right in [(-1e-3, 0.0), (1e-3, -1.0)]:  # moved: the right one is told from the wrong one
        assert check_gradients(f, x, right + 2).rows["params"].result == "differs"
    assert check_gradients(f, 1e-3, -1.0).passed


def test_a_kink_is_mentioned_even_if_the_check_passes():
    """0.5 at a corner between the slopes 0 and 1 is what central differences say, and not the course."""
    f = lambda p: float(np.maximum(p["a"], 0).sum() + p["b"] ** 2)  # noqa: E731
    params = {"a": np.array([0.0, 1.0]), "b": np.array(3.0)}
    half = {"a": np.array([0.5, 1.0]), "b": np.array(6.0)}
    for grads, passed in [(half, True), (half | {"b": np.array(7.0)}, False)]:
        check = check_gradients(f, params, grads)
        assert check.passed == passed and check.kinks == 1 and check.rows["a"].result == "agrees"
        assert "A kink at [0]: the slope is 0 to the left and 1 to the right" in check.message
    smooth = check_gradients(f, params | {"a": np.array([2.0, 1.0])}, half | {"a": np.ones(2)})
    assert smooth.passed and "kink" not in smooth.message


@given(st.floats(-1.5, 1.5), st.floats(-5, 5), st.floats(-5, 5))
@settings(max_examples=200)
def test_a_kink_that_spoils_the_measurement_is_always_seen(place, jump, slope):
    """f has slope `slope`, and `slope + jump` from place · step on. Wherever that shows, it is counted."""
    step = 1e-5
    x = np.array([0.0, 1.0])
    true = np.array([slope + jump * (place < 0), 2.0])

    def f(p):
        return float(slope * p[0] + jump * max(p[0] - place * step, 0) + p[1] ** 2)

    check = check_gradients(f, x, true, step=step)
    row = check.rows["params"]
    spoiled = row.relative_error > 1e-7
    assert row.kinks == 1 if spoiled else row.kinks <= 1
    assert row.result == ("kink" if spoiled else "agrees")
    if abs(place) > 1:
        assert row.kinks == 0 and check.passed, "outside the step there is no kink"


@given(st.lists(NUMBERS, min_size=4, max_size=4), NUMBERS)
def test_curvature_is_not_taken_for_a_kink(coefficients, x):
    a, b, c, d = coefficients
    f = lambda p: a * p**3 + b * p**2 + c * np.sin(3 * p) + 10 * d * p  # noqa: E731
    slope = 3 * a * x**2 + 2 * b * x + 3 * c * np.cos(3 * x) + 10 * d
    assume(abs(slope) > 0.5)
    right = check_gradients(f, x, slope)
    assert right.kinks == 0 and right.passed
    assert check_gradients(f, x, slope + 1).rows["params"].result == "differs"


def test_a_step_too_long_for_the_curve_is_not_called_a_kink():
    """Where x³ is flat, the central difference is step² and not 0."""
    row = check_gradients(lambda p: p**3, 0.0, 0.0).rows["params"]
    assert row.result == "cannot tell" and row.kinks == 0 and row.measured == pytest.approx(1e-10)
    wave = check_gradients(lambda p: np.sin(500 * p), 0.3, 500 * np.cos(150))
    assert wave.kinks == 0 and wave.rows["params"].result == "cannot tell"
    assert check_gradients(lambda p: np.sin(500 * p), 0.3, 500 * np.cos(150), step=1e-6).passed


# ------------------------------------------------------------------ the comparison
def test_the_comparison_measures_every_pair():
    methods = {
        "one": {"W": np.array([3.0, 4.0]), "b": np.array([1.0])},
        "two": {"W": np.array([3.0, 4.5]), "b": np.array([1.0])},
        "three": {"W": np.array([0.0, 0.0]), "b": np.array([-1.0])},
    }
    comparison = compare(methods)
    W = comparison.differences["W"]
    assert set(W) == {("one", "two"), ("one", "three"), ("two", "three")}
    assert W["one", "two"] == pytest.approx(0.5 / (5 + np.hypot(3, 4.5))) and W["one", "three"] == 1
    assert comparison.differences["b"] == {("one", "two"): 0, ("one", "three"): 1, ("two", "three"): 1}
    assert comparison.worst == 1 and not comparison.agree(0.99) and comparison.agree(1)


def test_the_comparison_with_a_reference():
    methods = {"a": {"x": np.array([1.0])}, "b": {"x": np.array([1.1])}, "c": {"x": np.array([1.3])}}
    comparison = compare(methods, reference="b")
    assert set(comparison.differences["x"]) == {("a", "b"), ("c", "b")}
    assert comparison.worst == pytest.approx(0.2 / 2.4)


def test_two_methods_for_the_network_agree_and_a_wrong_one_stands_out():
    params, f, saved, Y_true, grads = network()
    measured = finite_differences(f, params)
    comparison = compare({"by hand": grads, "measured": measured})
    assert (
        0 < comparison.worst < 1e-8 and comparison.agree(1e-7) and not comparison.agree(comparison.worst / 2)
    )
    wrong = wrong_gradients(params, saved, Y_true)["no mask"][0]
    comparison = compare({"by hand": grads, "measured": measured, "no mask": wrong})
    assert comparison.worst > 0.1 and not comparison.agree(1e-7)
    lines = str(comparison).splitlines()
    assert lines[0].split()[:3] == ["parameter", "worst", "index"] and "no mask" in lines[1]
    a, b = max(comparison.differences["W1"], key=comparison.differences["W1"].get)
    assert lines[1].endswith(f"{a}, {b}") and "no mask" in (a, b)


def test_zeros_that_agree_with_zeros_prove_nothing():
    zeros = {"W": np.zeros(2), "b": np.ones(1)}
    comparison = compare({"a": zeros, "b": dict(zeros)})
    assert comparison.worst == 0 and comparison.empty == ("W",) and not comparison.agree(1e-7)
    assert "proves nothing for W" in str(comparison) and "proves nothing for W" in comparison._repr_html_()
    nothing = compare({"a": {"W": np.zeros(2)}, "b": {"W": np.zeros(2)}})
    assert np.isnan(nothing.worst) and not nothing.agree(1)


def test_the_comparison_of_very_large_and_very_small_numbers():
    for size in (1e200, 1e-200):
        one, two = {"W": np.full(3, size)}, {"W": np.full(3, -size)}
        comparison = compare({"a": one, "b": two})
        assert comparison.worst == 1 and comparison.empty == ()
        assert compare({"a": one, "b": {"W": np.full(3, 3 * size)}}).worst == pytest.approx(0.5)


@pytest.mark.skipif(np.finfo(np.longdouble).max == np.finfo(np.float64).max, reason="no longer float here")
def test_the_comparison_refuses_what_is_infinite_in_float64():
    longer = {"W": np.array(["1e4000"], dtype=np.longdouble)}
    with pytest.raises(ValueError, match=r"W \(a\): expected finite numbers, got inf"):
        compare({"a": longer, "b": {"W": np.ones(1)}})


def test_methods_may_be_named_by_numbers():
    comparison = compare({1: {"W": np.array([1.0])}, 2: {"W": np.array([3.0])}})
    assert str(comparison).splitlines()[0].split()[3:5] == ["1", "2"]
    assert "1, 2" in comparison._repr_html_()
    with pytest.raises(ValueError, match="reference: expected one of 1, 2, got 3"):
        compare({1: {"W": np.array([1.0])}, 2: {"W": np.array([3.0])}}, reference=3)


G = {"W": np.ones((2, 3)), "b": np.ones(2)}


@pytest.mark.parametrize(
    "methods, error, words",
    [
        ({}, ValueError, "methods: expected a dict of at least two"),
        ({"a": G}, ValueError, "methods: expected a dict of at least two"),
        ({"a": G, "b": G}, ValueError, "the same dict twice"),
        ({"a": G, "b": {"W": np.ones((2, 3))}}, ValueError, "b: expected the keys of a, W, b, got W"),
        (
            {"a": G, "b": G | {"W": np.ones((3, 2))}},
            ValueError,
            r"W \(b\): expected the shape of a, \(2, 3\)",
        ),
        ({"a": G, "b": G | {"b": np.array([1, np.nan])}}, ValueError, r"b \(b\): expected finite"),
        ({"a": G, "b": G | {"b": np.array(["x", "y"])}}, TypeError, r"b \(b\): expected an array of numbers"),
        ({"a": G, "b": None}, TypeError, "b: expected a dict of gradients"),
        ({k: {"W": np.ones((0, 3))} for k in "ab"}, ValueError, r"W \(a\): expected at least one entry"),
        ({"a": G, "b": {}}, TypeError, "b: expected a dict of gradients"),
    ],
)
def test_what_cannot_be_compared_is_refused(methods, error, words):
    with pytest.raises(error, match=words):
        compare(methods)


def test_an_unknown_reference_is_refused():
    with pytest.raises(ValueError, match="reference: expected one of a, b, got 'c'"):
        compare({"a": G, "b": dict(G)}, reference="c")


# ------------------------------------------------------------------ how reports look
class Table(HTMLParser):
    """Collects the headers with their scope, the cells and the caption of a table."""

    def __init__(self, html):
        super().__init__()
        self.columns, self.rows, self.cells, self.caption, self._into = [], [], [], "", None
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        scope = dict(attributes).get("scope")
        self._into = {"col": self.columns, "row": self.rows}.get(scope, self.cells if tag == "td" else tag)

    def handle_data(self, data):
        if isinstance(self._into, list):
            self._into.append(data)
        elif self._into == "caption":
            self.caption += data

    def handle_endtag(self, tag):
        self._into = None


def test_the_report_is_an_accessible_table_with_escaped_names():
    check = check_gradients(
        lambda p: float(np.sum(p["<b>"] ** 2)), {"<b>": np.ones((2, 1))}, {"<b>": np.ones((2, 1))}
    )
    table = Table(check._repr_html_())
    assert table.caption and table.rows == ["<b>"]
    assert table.columns[:5] == ["parameter", "shape", "relative error", "ratio", "cosine"]
    assert table.columns[5:] == ["worst index", "yours", "measured", "result"]
    assert table.cells == ["(2, 1)", "3.3e-01", "0.5", "1.000", "[0, 0]", "1", "2", "differs"]
    assert "<b>" not in check._repr_html_() and "&lt;b&gt; differs" in check._repr_html_()


def test_the_comparison_is_an_accessible_table():
    table = Table(
        compare({"by <hand>": {"W": np.array([1.0, 2.0])}, "tape": {"W": np.array([1.0, 4.0])}})._repr_html_()
    )
    assert table.columns[:4] == ["parameter", "worst index", "by <hand>", "tape"]
    assert table.columns[4:] == ["relative difference", "between"]
    assert table.rows == ["W"] and table.cells[:3] == ["[1]", "2", "4"] and table.caption


def test_the_printed_table_is_aligned():
    params, f, _, _, grads = network()
    lines = str(check_gradients(f, params, grads | {"W1": None})).splitlines()
    ends = [
        line.index(word) + len(word) for line, word in zip(lines, ["result", "unusable"] + ["agrees"] * 3)
    ]
    assert len(set(ends)) == 1 and lines[5] == "Not passed."
    assert [line.split()[0] for line in lines[1:5]] == list(params)


# ------------------------------------------------------------------ imports
def test_sympy_loads_only_when_symbolic_is_used():
    code = (
        "import sys\nfrom backprop_course import verify\n"
        "heavy = {'sympy', 'matplotlib', 'IPython', 'ipywidgets', 'sklearn', 'backprop_course.models'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
        "verify.symbolic.sigmoid_slope\n"
        "assert 'sympy' in sys.modules and 'backprop_course.ops' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'numeric'"):
        verify.numeric  # noqa: B018
