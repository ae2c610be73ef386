"""Every public op is found, its contract read from its docstring, its gradient checked; then known values."""

import importlib
import inspect
import math
from pathlib import Path

import contract
import numpy as np
import pytest

from backprop_course import ops

WITHOUT_BACKWARD = {"running_statistics": "no loss depends on them while the network learns"}
FORWARDS = [name for name in contract.public_ops(ops) if name not in WITHOUT_BACKWARD]
FLOATS = (np.float32, np.float64)


def rng_for(name):
    return np.random.default_rng(sum(map(ord, name)))


def test_every_public_function_of_the_rooms_is_exported():
    written = {
        name
        for path in Path(ops.__file__).parent.glob("[!_]*.py")
        for name, value in vars(importlib.import_module(f"backprop_course.ops.{path.stem}")).items()
        if inspect.isfunction(value)
        and value.__module__.startswith("backprop_course.ops")
        and not name.startswith("_")
    }
    assert written == set(ops.__all__) and len(FORWARDS) >= 11


@pytest.mark.parametrize("name", ops.__all__)
def test_contract_in_the_docstring_holds(name):
    contract.check_shapes(ops, name, rng_for(name))


@pytest.mark.parametrize("name", FORWARDS)
def test_every_forward_has_its_backward_directly_below_and_it_is_the_gradient(name):
    assert name + "_backward" in ops.__all__
    lines = inspect.getsourcelines
    module = inspect.getmodule(inspect.unwrap(getattr(ops, name)))
    written = sorted(
        (lines(f)[1], f.__name__)
        for f in vars(module).values()
        if inspect.isfunction(f) and f.__module__ == module.__name__ and not f.__name__.startswith("_")
    )
    names = [n for _, n in written]
    assert names[names.index(name) + 1] == name + "_backward"
    compared = 0
    for seed in range(3):
        c, discarded = contract.check_pair(ops, name, np.random.default_rng(seed))
        compared += c
        assert discarded <= 1, "too many kinks for this check to mean anything"
    assert compared >= 36


def test_the_gradient_check_rejects_a_wrong_backward():
    class Broken:
        """A stand-in module: the right forward with a mask that looks at the output."""

        __name__ = "broken"
        relu = staticmethod(ops.relu)

        @staticmethod
        def relu_backward(dA, Z):
            """Shapes: dA (...), Z (...) -> dZ (...)"""
            return dA * (np.maximum(Z, 0) >= 0)

    with pytest.raises(AssertionError, match="relative error"):
        contract.check_pair(Broken, "relu", np.random.default_rng(0))


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", ops.__all__)
def test_dtype_is_kept(name, dtype):
    arrays = contract.arguments_of(ops, name, rng_for(name), dtype)
    results, saved = contract.results_of(getattr(ops, name), arrays)
    kept = [value for value in saved or () if isinstance(value, np.ndarray) and value.dtype != bool]
    for result in (*results, *kept):
        assert result.dtype == dtype


@pytest.mark.parametrize("name", [n for n in ops.__all__ if "cross_entropy" in n or "mse" in n])
def test_losses_cast_integer_answers_to_the_dtype_of_the_prediction(name):
    scores = np.full((2, 3), 1 / 3, dtype=np.float32)
    answers = np.array([[1, 0, 0], [0, 0, 1]])
    result = getattr(ops, name)(scores, answers)
    assert result.dtype == np.float32
    assert np.allclose(result, getattr(ops, name)(scores, answers.astype(np.float32)), rtol=0, atol=0)


# ---------------------------------------------------------------------------------- known values
def test_linear_obeys_the_sources_formula_for_one_example():
    W, x, b = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), np.array([1.0, 0.0, -1.0]), np.array([10.0, 20.0])
    by_hand = [1 * 1 + 2 * 0 + 3 * -1 + 10, 4 * 1 + 5 * 0 + 6 * -1 + 20]
    assert ops.linear(x[None, :], W, b)[0].tolist() == by_hand


def test_slopes_at_zero_are_those_of_the_convention():
    zero, one = np.zeros(1), np.ones(1)
    assert ops.relu_backward(one, zero)[0] == 0
    assert ops.leaky_relu_backward(one, zero, slope=0.25)[0] == 0.25
    assert ops.relu(zero)[0] == 0 and ops.leaky_relu(zero)[0] == 0


def test_the_mask_of_relu_passes_positive_inputs_only():
    Z, dA = np.array([-1.0, 2.0, 0.0, 3.0]), np.array([5.0, 6.0, 7.0, 8.0])
    assert ops.relu_backward(dA, Z).tolist() == [0, 6, 0, 8]
    assert ops.leaky_relu_backward(dA, Z, slope=0.5).tolist() == [2.5, 6, 3.5, 8]
    assert ops.leaky_relu(Z, slope=0.5).tolist() == [-0.5, 2, 0, 3]


def test_sigmoid_and_softmax_at_known_points():
    assert math.isclose(ops.sigmoid(math.log(3)), 0.75, rel_tol=1e-15)
    assert np.allclose(ops.softmax(np.log([[1.0, 2.0, 5.0]])), [[0.125, 0.25, 0.625]], rtol=1e-15)
    assert math.isclose(ops.tanh(math.log(2)), 0.6, rel_tol=1e-15)


@pytest.mark.parametrize("dtype", FLOATS)
def test_scores_of_a_thousand_neither_overflow_nor_warn(dtype):
    Z = np.array([[1000.0, 0.0, -1000.0]], dtype=dtype)
    with np.errstate(all="raise", under="ignore"):
        assert ops.softmax(Z).tolist() == [[1, 0, 0]]
        rows = np.concatenate([Z, 0 * Z])  # each row by its own largest score
        assert ops.softmax(rows)[1] == pytest.approx([1 / 3] * 3, rel=1e-6)
        assert ops.log_softmax(Z).tolist() == [[0, -1000, -2000]]
        assert ops.sigmoid(Z).tolist() == [[1, 0.5, 0]]
        wrong = np.array([[0.0, 0.0, 1.0]])
        assert ops.softmax_cross_entropy(Z, wrong) == 2000
        always_no = np.zeros((1, 3))  # costs 1000, log 2 and nothing
        assert ops.binary_cross_entropy_with_logits(Z, always_no) == pytest.approx(
            (1000 + math.log(2)) / 3, rel=1e-6
        )


@pytest.mark.parametrize("dtype", FLOATS)
def test_cross_entropy_stays_finite_at_probability_zero(dtype):
    Y_pred, Y_true = np.array([[0.0, 1.0]], dtype=dtype), np.array([[1.0, 0.0]])
    tiny = {np.float32: 2.0**-126, np.float64: 2.0**-1022}[dtype]
    assert ops.cross_entropy(Y_pred, Y_true) == pytest.approx(-math.log(tiny), rel=1e-6)
    assert np.isfinite(ops.cross_entropy_backward(Y_pred, Y_true)).all()
    assert np.isfinite(ops.binary_cross_entropy(Y_pred, Y_true))
    assert np.isfinite(ops.binary_cross_entropy_backward(Y_pred, Y_true)).all()


def test_losses_at_known_points():
    Y_true = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    uniform = np.full((2, 3), 1 / 3)
    assert ops.cross_entropy(uniform, Y_true) == pytest.approx(math.log(3), rel=1e-15)
    assert ops.softmax_cross_entropy(np.zeros((2, 3)), Y_true) == pytest.approx(math.log(3), rel=1e-15)
    assert ops.mse(np.array([[1.0, 2.0]]), np.array([[4.0, 6.0]])) == (9 + 16) / 2
    assert ops.mse_backward(np.array([[1.0, 2.0]]), np.array([[4.0, 6.0]])).tolist() == [[-3, -4]]
    half = np.array([[0.5]])
    assert ops.binary_cross_entropy(half, np.array([[1.0]])) == pytest.approx(math.log(2), rel=1e-15)
    delta = ops.softmax_cross_entropy_backward(np.zeros((2, 3)), Y_true)
    assert np.allclose(delta, [[-1 / 3, 1 / 6, 1 / 6], [1 / 6, -1 / 3, 1 / 6]], rtol=1e-15)


def test_losses_from_scores_equal_losses_from_probabilities():
    rng = np.random.default_rng(3)
    Z, Y_true = rng.standard_normal((5, 4)), np.eye(4)[rng.integers(0, 4, 5)]
    assert ops.softmax_cross_entropy(Z, Y_true) == pytest.approx(
        ops.cross_entropy(ops.softmax(Z), Y_true), rel=1e-14
    )
    yes = rng.integers(0, 2, (5, 4)).astype(float)
    assert ops.binary_cross_entropy_with_logits(Z, yes) == pytest.approx(
        ops.binary_cross_entropy(ops.sigmoid(Z), yes), rel=1e-14
    )


def test_duplicating_or_permuting_the_batch_changes_no_mean_and_no_parameter_gradient():
    rng = np.random.default_rng(4)
    X, W, b = rng.standard_normal((5, 4)), rng.standard_normal((3, 4)), rng.standard_normal(3)
    Y_true = np.eye(3)[rng.integers(0, 3, 5)]

    def gradients(rows):
        delta = ops.softmax_cross_entropy_backward(ops.linear(X[rows], W, b), Y_true[rows])
        return ops.linear_backward(delta, X[rows], W)[1:]

    straight = gradients(np.arange(5))
    for rows in (np.tile(np.arange(5), 2), np.array([4, 2, 0, 1, 3])):
        for a, c in zip(straight, gradients(rows)):
            assert np.allclose(a, c, rtol=1e-13)


@pytest.mark.parametrize("dtype", FLOATS)
def test_binary_cross_entropy_stays_close_to_the_truth_where_the_sigmoid_rounds_to_1(dtype):
    """At a score z the loss of a wrong yes is z + log(1 + e^-z); from probabilities it saturates."""
    for z in (5.0, 12.0, 40.0, 700.0):
        Z, no = np.array([[z]], dtype=dtype), np.zeros((1, 1))
        exact = z + math.log1p(math.exp(-z))
        assert ops.binary_cross_entropy_with_logits(Z, no) == pytest.approx(exact, rel=1e-6)
        last = -math.log(np.finfo(dtype).epsneg / 2)  # 37.4 in float64, 17.3 in float32
        from_probabilities = ops.binary_cross_entropy(ops.sigmoid(Z), no)
        assert from_probabilities == pytest.approx(min(exact, last), rel=0.02)


@pytest.mark.parametrize("slope", [None, "x", -0.1, 1.0, 2, math.nan, np.array([0.1])])
def test_leaky_relu_refuses_what_is_no_small_slope(slope):
    with pytest.raises(ValueError, match="slope: expected a number from 0 up to"):
        ops.leaky_relu(np.ones(2), slope)
    with pytest.raises(ValueError, match="slope: expected a number from 0 up to"):
        ops.leaky_relu_backward(np.ones(2), np.ones(2), slope)


# ---------------------------------------------------------------------------------- bad input
GOOD = {"X": np.ones((5, 4)), "W": np.ones((3, 4)), "b": np.ones(3)}


@pytest.mark.parametrize(
    "change, error, words",
    [
        ({"W": np.ones((4, 3))}, ValueError, r"W: expected shape \(h, n\) with N = 5, n = 4, got shape \(4,"),
        ({"b": np.ones(4)}, ValueError, r"b: expected shape \(h,\)"),
        ({"b": np.ones((3, 1))}, ValueError, r"b: expected shape \(h,\)"),
        ({"X": np.ones(4)}, ValueError, r"X: expected shape \(N, n\)"),
        ({"X": np.ones((0, 4))}, ValueError, r"X: expected at least one example"),
        ({"X": np.ones((5, 4), dtype=int)}, TypeError, r"X: expected a NumPy array of floating-point"),
        ({"X": [[1.0] * 4] * 5}, TypeError, r"X: expected a NumPy array of floating-point numbers, got list"),
        ({"W": np.ones((3, 4), dtype=np.float32)}, TypeError, r"W: expected the dtype of X, float64"),
        ({"X": np.ones((5, 4), dtype=complex)}, TypeError, r"X: expected a NumPy array of floating-point"),
    ],
)
def test_bad_input_is_named(change, error, words):
    with pytest.raises(error, match=words):
        ops.linear(**(GOOD | change))


def test_answers_that_are_no_distribution_are_refused_where_the_formula_relies_on_it():
    Z = np.zeros((2, 3))
    for Y_true in (np.ones((2, 3)), np.zeros((2, 3)), np.array([[1.0, 0, 0], [0, 0, np.nan]])):
        with pytest.raises(ValueError, match="Y_true: expected rows that sum to 1"):
            ops.softmax_cross_entropy(Z, Y_true)
        with pytest.raises(ValueError, match="Y_true: expected rows that sum to 1"):
            ops.softmax_cross_entropy_backward(Z, Y_true)
    with pytest.raises(ValueError, match="Y_true: expected shape"):
        ops.softmax_cross_entropy(Z, np.zeros(2))
    with pytest.raises(TypeError, match="missing 1 required positional argument"):
        ops.softmax_cross_entropy(Z)
