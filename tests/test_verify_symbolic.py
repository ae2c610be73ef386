"""SymPy's proofs: all hold, wrong formulas are not proved, and the numbers are those of the network."""

import time
from dataclasses import replace

import numpy as np
import pytest
import sympy

from backprop_course import ops
from backprop_course.models import two_layer
from backprop_course.verify import symbolic
from backprop_course.verify.symbolic import Identity, batch, is_zero, matrix, one_example
from backprop_course.verify.symbolic.definitions import (
    cross_entropy,
    derivative,
    derivative_through,
    is_positive,
    relu,
    softmax,
)

PARAMETERS = ("W1", "b1", "W2", "b2")
x, y = sympy.symbols("x y", real=True)
Z_positive = sympy.Piecewise((1, x > 0), (0, True))


@pytest.fixture(scope="module")
def everything():
    start = time.process_time()
    identities = symbolic.prove_all()
    return identities, time.process_time() - start


def numbers_for(identity, rng):
    """Random numbers for the variables of an identity; answers sum to 1, masks and slopes as they come."""
    values = []
    for name, variable in identity.variables.items():
        if not isinstance(variable, sympy.MatrixBase):
            values.append(rng.standard_normal())
        elif name == "Y_true":
            rows = rng.random(variable.shape)
            values.append(rows / rows.sum(axis=0 if variable.shape[1] == 1 else 1, keepdims=True))
        elif name == "Y_pred":
            values.append(rng.random(variable.shape) + 0.1)
        elif name == "mask":
            values.append((rng.random(variable.shape) < 0.5) * 1.0)
        else:
            values.append(rng.standard_normal(variable.shape))
    return values


# ------------------------------------------------------------------ everything is proved
def test_every_formula_is_proved(everything):
    identities, seconds = everything
    assert [identity.name for identity in identities if not identity.proved] == []
    assert len({identity.name for identity in identities}) == len(identities) == 36
    assert seconds < 8, "far above the two seconds that it takes: a proof has become slow"


def test_no_identity_compares_nothing(everything):
    """Both sides are there, and neither is 0."""
    for identity in everything[0]:
        for side in (identity.left, identity.right):
            entries = side if isinstance(side, sympy.MatrixBase) else [side]
            assert len(entries) and all(entry != 0 for entry in entries), identity.name
        assert isinstance(identity.claim, sympy.Eq)
        assert str(identity) == repr(identity) == f"proved: {identity.name}"


def test_a_claim_is_shown_as_a_formula():
    assert symbolic.tanh_slope()._repr_latex_().startswith(r"$\displaystyle 1 - \tanh^{2}")
    assert r"\begin{matrix}" in one_example.dW2()._repr_latex_()


def test_both_sides_give_the_same_numbers(everything):
    """The right side through `function`, the left side put in number by number, in another way."""
    rng = np.random.default_rng(0)
    compared = 0
    for identity in everything[0]:
        if identity.left.atoms(sympy.Derivative) or "all steps in a row" in identity.name:
            continue  # undefined functions and the whole network: each has its own test below
        values = numbers_for(identity, rng)
        point = {}
        for variable, value in zip(identity.variables.values(), values):
            symbols = variable if isinstance(variable, sympy.MatrixBase) else [variable]
            point |= dict(zip(symbols, np.ravel(value).tolist()))
        left = sympy.lambdify(list(point), list(sympy.Matrix([identity.left])), "math")(*point.values())
        result = identity.function(*values)
        assert np.allclose(left, np.ravel(result), rtol=1e-10, atol=1e-12), identity.name
        compared += 1
    assert compared == 26


def test_the_chain_rule_for_any_functions():
    assert symbolic.chain_rule().function(5.0, 7.0) == 35
    assert symbolic.sum_over_paths().function(2.0, 3.0, 5.0, 7.0) == 41


# ------------------------------------------------------------------ wrong formulas are not proved
def planted():
    """Wrong right sides by name."""
    Y = softmax(matrix("Z", 3, 1))
    jacobian, collapse = symbolic.softmax_jacobian(), symbolic.softmax_collapse()
    dW2, dA1, dZ1, dW1 = one_example.dW2(), one_example.dA1(), one_example.dZ1(), one_example.dW1()
    rows, whole = batch.dZ2(), one_example.whole_network("W1")
    square, mask = one_example.dA1(h=2, m=2), matrix("mask", 3, 1)
    W2, dZ2, dA, Z1 = matrix("W2", 2, 2), matrix("dZ2", 2, 1), matrix("dA1", 3, 1), matrix("Z1", 3, 1)
    on = Z1.applyfunc(is_positive)
    after = Z1.applyfunc(relu).applyfunc(lambda a: sympy.Piecewise((1, a >= 0), (0, True)))
    off = {m: 1 for m in mask}
    yield "sigmoid: slope A", symbolic.sigmoid_slope(), 1 / (1 + sympy.exp(-sympy.Symbol("Z", real=True)))
    yield (
        "sigmoid: 1 - A²",
        symbolic.sigmoid_slope(),
        1 - 1 / (1 + sympy.exp(-sympy.Symbol("Z", real=True))) ** 2,
    )
    yield "tanh: A (1 - A)", symbolic.tanh_slope(), x.subs(x, sympy.tanh(sympy.Symbol("Z", real=True)))
    yield "ReLU: always 1", symbolic.relu_slope(), sympy.Integer(1)
    yield "ReLU: mirrored", symbolic.relu_slope(), 1 - symbolic.relu_slope().right
    yield (
        "layers: b1 lost",
        symbolic.linear_layers_collapse(),
        matrix("W2", 2, 3) * matrix("W1", 3, 2) * matrix("X", 2, 1) + matrix("b2", 2, 1),
    )
    yield "chain: inner slope missing", symbolic.chain_rule(), symbolic.chain_rule().variables["f'"]
    yield "one path only", symbolic.sum_over_paths(), symbolic.sum_over_paths().right.args[0]
    yield "neuron: 2 missing", symbolic.sigmoid_neuron(), symbolic.sigmoid_neuron().right / 2
    yield "softmax: diagonal only", jacobian, sympy.diag(*(p * (1 - p) for p in Y))
    yield "softmax: signs swapped", jacobian, -jacobian.right
    yield "softmax: δ missing", jacobian, -Y * Y.T
    yield "cross-entropy: sign", symbolic.cross_entropy_slope(), -symbolic.cross_entropy_slope().right
    yield "collapse: sign", collapse, -collapse.right
    yield "collapse: softmax counted twice", collapse, Y.jacobian(matrix("Z", 3, 1)) * collapse.right
    yield (
        "scalar network: no mask",
        one_example.scalar_network(),
        one_example.scalar_network().right.subs(sympy.Symbol("mask", real=True), 1),
    )
    yield "dW2 transposed", dW2, dW2.right.T
    yield (
        "dW2 with one factor doubled",
        dW2,
        dW2.right.multiply_elementwise(sympy.Matrix(2, 3, [1, 1, 1, 1, 1, 2])),
    )
    yield "dA1: W2 not transposed, square", square, W2 * dZ2
    yield "dA1: one path only", dA1, sympy.Matrix(3, 1, lambda j, _: dZ2[0] * matrix("W2", 2, 3)[0, j])
    yield "dZ1: no mask", dZ1, dA
    yield "dZ1: mask from the output", dZ1, dA.multiply_elementwise(after)
    yield "dZ1: mask from dA1", dZ1, dA.multiply_elementwise(dA.applyfunc(is_positive))
    yield "dZ1: ReLU for its mask", dZ1, dA.multiply_elementwise(Z1.applyfunc(relu))
    yield "dZ1: one unit unmasked", dZ1, sympy.Matrix([dA[0], *dA.multiply_elementwise(on)[1:]])
    yield "dW1: sign", dW1, -dW1.right
    yield "whole: no mask in dZ1", whole, whole.right.subs(off)
    yield "batch: no 1/N", rows, 2 * rows.right
    yield "batch: 1/(N m)", rows, rows.right / 2
    yield "batch: bias mean", batch.db2(), batch.db2().right / 2
    yield "batch: dW2 untransposed", batch.dW2(), matrix("dZ2", 2, 2) * matrix("A1", 2, 3)
    of_b2 = batch.whole_network("b2")
    yield "batch: whole without 1/N", of_b2, 2 * of_b2.right
    yield "heads: 2 missing", symbolic.squared_error_slope(), symbolic.squared_error_slope().right / 2
    yield "heads: sign", symbolic.binary_cross_entropy_slope(), -symbolic.binary_cross_entropy_slope().right


@pytest.mark.parametrize("identity, wrong", [pytest.param(i, w, id=name) for name, i, w in planted()])
def test_a_wrong_formula_is_not_proved(identity, wrong):
    assert identity.proved
    assert not replace(identity, right=wrong).proved
    assert str(replace(identity, right=wrong)).startswith("NOT proved")


@pytest.mark.parametrize("right", [symbolic.softmax_collapse, one_example.dZ2, batch.dZ2])
def test_the_difference_needs_answers_that_sum_to_one(right):
    identity = right()
    assert identity.given and identity.proved and not replace(identity, given={}).proved


def test_without_that_the_sum_of_the_answers_is_left():
    identity = replace(symbolic.softmax_collapse(), given={})
    Y_true = identity.variables["Y_true"]
    general = softmax(identity.variables["Z"]) * sum(Y_true) - Y_true
    assert replace(identity, right=general).proved


def test_other_shapes_are_proved_too():
    assert one_example.dA1(h=4, m=5).proved and batch.dW2(N=3, h=4, m=2).proved
    assert one_example.whole_network("W1", n=1, h=2, m=3).proved and symbolic.softmax_jacobian(m=5).proved


@pytest.mark.parametrize("N, n, h, m", [(2, 1, 1, 1), (3, 2, 1, 1), (1, 1, 1, 1), (1, 2, 1, 3), (3, 1, 2, 1)])
def test_single_columns_and_single_rows_are_proved_too(N, n, h, m):
    """With one class, each row of the answers holds a single 1."""
    assert batch.dZ2(N, m).proved and batch.whole_network("b2", N, n, h, m).proved
    assert batch.whole_network("W1", N, n, h, m).proved
    assert not replace(batch.dZ2(N, m), right=batch.dZ2(N, m).right + matrix("Z2", N, m)).proved


def test_the_relu_proofs_claim_nothing_at_0():
    """There is no slope at 0: one convention is proved as well as the other, and the names say where."""
    at_0_too = sympy.Piecewise((1, x >= 0), (0, True))
    assert is_zero(at_0_too - Z_positive)
    for identity in (symbolic.relu_slope(), one_example.dZ1(), batch.dZ1()):
        assert "> 0" in identity.name and "< 0" in identity.name and "else" not in identity.name
    identity = symbolic.relu_slope()
    assert replace(identity, right=at_0_too.subs(x, identity.variables["Z"])).proved
    assert identity.function(0.0) == 0, "the formula itself follows the course's convention"


# ------------------------------------------------------------------ the judge itself
@pytest.mark.parametrize(
    "expression",
    [
        0,
        (x + y) ** 2 - x**2 - 2 * x * y - y**2,
        sympy.exp(x) ** 2 - sympy.exp(2 * x),
        sympy.exp(x + y) - sympy.exp(x) * sympy.exp(y),
        sympy.exp(-x) * sympy.exp(x) - 1,
        sympy.exp(x + 1) - sympy.E * sympy.exp(x),
        1 / (1 + sympy.exp(-x)) - sympy.exp(x) / (1 + sympy.exp(x)),
        sympy.tanh(x) - (1 - sympy.exp(-2 * x)) / (1 + sympy.exp(-2 * x)),
        sympy.sin(x) ** 2 + sympy.cos(x) ** 2 - 1,
        Z_positive + Z_positive.subs(x, -x) - 1,
        Z_positive * Z_positive - Z_positive,
        Z_positive * x - sympy.Max(x, 0),
    ],
)
def test_zero_is_recognized(expression):
    assert is_zero(expression)


@pytest.mark.parametrize(
    "expression",
    [
        1,
        sympy.Rational(1, 10**30),
        x,
        x - y,
        x * (1 + sympy.Rational(1, 10**12)) - x,
        sympy.exp(x) - 1,
        sympy.exp(2 * x) - sympy.exp(x),
        sympy.exp(x + 1) - sympy.exp(x),
        sympy.exp(x) * sympy.exp(y) - sympy.exp(x) - sympy.exp(y),
        sympy.tanh(x) - sympy.tanh(y),
        sympy.sin(x) ** 2 - sympy.cos(x) ** 2 - 1,
        Z_positive,
        1 - Z_positive,
        Z_positive - Z_positive.subs(x, y),
        Z_positive * x * y,
    ],
)
def test_anything_else_is_not_zero(expression):
    assert not is_zero(expression)


def test_sides_of_different_shape_are_not_equal():
    row = matrix("Z", 1, 3)
    assert not Identity("row and column", row, row.T, {"Z": row}).proved
    assert Identity("the same", row, row, {"Z": row}).proved


def test_symbols_are_all_different():
    assert len(set(matrix("W", 12, 12))) == 144
    assert [s.name for s in matrix("W1", 2, 2)] == ["W1_{11}", "W1_{12}", "W1_{21}", "W1_{22}"]
    assert (
        [s.name for s in matrix("b1", 2, 1)] == ["b1_{1}", "b1_{2}"] == [s.name for s in matrix("b1", 1, 2)]
    )


def test_sympy_differentiates_the_definitions():
    """By hand: L = -log(exp(a) / (exp(a) + exp(b))) has the slope -exp(b) / (exp(a) + exp(b)) in a."""
    Z = sympy.Matrix([x, y])
    slope = derivative(cross_entropy(softmax(Z), sympy.Matrix([1, 0])), Z)
    assert is_zero(slope[0] + sympy.exp(y) / (sympy.exp(x) + sympy.exp(y)))
    up, down = sympy.symbols("up down")
    found = derivative_through(sympy.Matrix([x * y, 3 * x]), sympy.Matrix([up, down]), Z)
    assert list(found) == [up * y + 3 * down, up * x]


# ------------------------------------------------------------------ the numeric forms
def case(N, n, h, m, seed=0):
    rng = np.random.default_rng(seed)
    params = {
        "W1": rng.standard_normal((h, n)),
        "b1": rng.standard_normal(h),
        "W2": rng.standard_normal((m, h)),
        "b2": rng.standard_normal(m),
    }
    return params, rng.standard_normal((N, n)), np.eye(m)[rng.integers(0, m, N)]


@pytest.mark.parametrize("parameter", PARAMETERS)
def test_the_whole_network_is_the_one_of_the_course(parameter, everything):
    by_name = {identity.name: identity for identity in everything[0]}
    name = f"d{parameter}, all steps in a row, is dL/d{parameter}"
    of_column, of_rows = by_name[name].function, by_name["batch: " + name].function
    for seed in range(10):
        params, X, Y_true = case(2, 2, 3, 2, seed)
        _, saved = two_layer.forward(params, X)
        mask = (saved.Z1 > 0) * 1.0
        result = of_rows(*params.values(), X, Y_true, mask)
        expected = two_layer.backward(params, saved, Y_true)[parameter]
        assert result.shape == expected.shape and np.allclose(result, expected, rtol=1e-12, atol=1e-15)
        first = two_layer.backward(params, two_layer.forward(params, X[:1])[1], Y_true[:1])[parameter]
        result = of_column(*params.values(), X[0], Y_true[0], mask[0])
        assert result.shape == first.shape and np.allclose(result, first, rtol=1e-12, atol=1e-15)


def test_the_steps_of_a_batch_are_those_of_the_ops():
    rng = np.random.default_rng(3)
    X, W, dZ = (rng.standard_normal(shape) for shape in [(2, 3), (2, 3), (2, 2)])
    dX, dW, db = ops.linear_backward(dZ, X, W)
    assert np.allclose(batch.dW2().function(dZ, X), dW) and np.allclose(batch.db2().function(dZ), db)
    assert np.allclose(batch.dA1().function(dZ, W), dX) and batch.db2().function(dZ).shape == (2,)
    Z1, dA1 = rng.standard_normal((2, 3)), rng.standard_normal((2, 3))
    Z1[0, 0] = 0
    assert np.array_equal(batch.dZ1().function(dA1, Z1), ops.relu_backward(dA1, Z1))
    Y_true = np.eye(2)
    expected = ops.softmax_cross_entropy_backward(dZ, Y_true)
    assert np.allclose(batch.dZ2().function(dZ, Y_true), expected, rtol=1e-12)


def test_slopes_of_activations_take_arrays():
    Z = np.linspace(-3, 3, 7)
    assert np.allclose(symbolic.tanh_slope().function(Z), 1 - np.tanh(Z) ** 2)
    assert np.array_equal(symbolic.relu_slope().function(Z), [0, 0, 0, 0, 1, 1, 1])
    assert symbolic.sigmoid_slope().function(0.0) == 0.25


def test_the_scalar_network_by_hand():
    """x = 2, w1 = 1, b1 = -1, so a1 = 1; w2 = 2 and b2 = ln 3 - 2, so y = 3/4 and dz2 = -1/4."""
    result = one_example.scalar_network().function(2, 1, -1, 2, np.log(3) - 2, 1)
    assert np.allclose(result, [-1, -0.5, -0.25, -0.25])


@pytest.mark.parametrize(
    "arguments, error, words",
    [
        ((np.ones((2, 2)),), TypeError, "expected dZ2, A1, got 1 arguments"),
        ((np.ones((2, 3)), np.ones((2, 3))), ValueError, r"dZ2: expected shape \(2, 2\), got shape \(2, 3\)"),
        ((np.ones(4), np.ones((2, 3))), ValueError, r"dZ2: expected shape \(2, 2\), got shape \(4,\)"),
    ],
)
def test_wrong_arguments_of_a_numeric_form_are_refused(arguments, error, words):
    with pytest.raises(error, match=words):
        batch.dW2().function(*arguments)


@pytest.mark.parametrize("rows", [one_example, batch])
def test_an_unknown_parameter_is_refused(rows):
    with pytest.raises(ValueError, match="parameter: expected W1, b1, W2 or b2, got 'W3'"):
        rows.whole_network("W3")


# ------------------------------------------------------------------ SymPy as a method of its own
@pytest.mark.parametrize("N, n, h, m", [(5, 3, 4, 2), (1, 2, 3, 2), (4, 2, 2, 3)])
def test_the_gradients_of_sympy_are_those_of_the_network(N, n, h, m):
    params, X, Y_true = case(N, n, h, m)
    grads = symbolic.gradients(params, X, Y_true)
    expected = two_layer.backward(params, two_layer.forward(params, X)[1], Y_true)
    assert list(grads) == list(PARAMETERS)
    for name in PARAMETERS:
        assert grads[name].shape == expected[name].shape
        assert np.allclose(grads[name], expected[name], rtol=1e-12, atol=1e-15)
        assert not np.allclose(grads[name], 0)


def test_sympy_too_gives_no_slope_to_a_unit_at_exactly_0():
    params, X, Y_true = case(1, 2, 3, 2)
    params["W1"][1], params["b1"][1] = 0, 0
    _, saved = two_layer.forward(params, X)
    assert saved.Z1[0, 1] == 0
    grads = symbolic.gradients(params, X, Y_true)
    assert grads["b1"][1] == 0 and np.allclose(grads["b1"], two_layer.backward(params, saved, Y_true)["b1"])


def test_the_gradients_of_sympy_refuse_what_does_not_fit():
    params, X, Y_true = case(3, 2, 3, 2)
    with pytest.raises(ValueError, match="X: expected shape"):
        symbolic.gradients(params, X[:, :1], Y_true)
    with pytest.raises(ValueError, match="params: expected W1, b1, W2 and b2, got no b1"):
        symbolic.gradients({k: v for k, v in params.items() if k != "b1"}, X, Y_true)


@pytest.mark.parametrize("name", [*PARAMETERS, "X", "Y_true"])
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_the_gradients_of_sympy_refuse_nan_and_infinity(name, bad):
    params, X, Y_true = case(3, 2, 3, 2)
    arrays = params | {"X": X, "Y_true": Y_true}
    arrays[name].flat[-1] = bad
    with pytest.raises(ValueError, match=f"{name}: expected finite numbers, got {bad}"):
        symbolic.gradients(params, X, Y_true)
