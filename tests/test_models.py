"""The two-layer network and networks of any depth: every gradient by other methods, then the refusals."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backprop_course import autodiff, models, verify
from backprop_course.models import two_layer
from backprop_course.notation import one_hot

STEP = 1e-5
COUNTS = {"compared": 0, "kinks": 0}


@st.composite
def cases(draw):
    """Sizes N, n, h, m all different and at least 2, and the seed of everything else."""
    sizes = draw(st.lists(st.integers(2, 9), min_size=4, max_size=4, unique=True))
    return (*sizes, draw(st.integers(0, 2**32 - 1)))


def network(N, n, h, m, seed):
    """Parameters (biases not zero), inputs and one-hot answers."""
    rng = np.random.default_rng(seed)
    params = {
        "W1": rng.standard_normal((h, n)),
        "b1": rng.standard_normal(h),
        "W2": rng.standard_normal((m, h)) / 2,
        "b2": rng.standard_normal(m),
    }
    return params, rng.standard_normal((N, n)), one_hot(rng.integers(0, m, N), m)


def by_hand(params, X, Y_true):
    _, saved = two_layer.forward(params, X)
    return two_layer.backward(params, saved, Y_true)


def loss_of(X, Y_true):
    return lambda params: two_layer.loss(two_layer.forward(params, X)[0], Y_true)


def taped(params, X, Y_true):
    """The same loss on the tape, from elementary operations."""
    P = {name: autodiff.Tensor(array, name=name) for name, array in params.items()}
    A1 = autodiff.relu(autodiff.Tensor(X) @ P["W1"].T + P["b1"])
    log_Y = autodiff.log_softmax(A1 @ P["W2"].T + P["b2"])
    g = autodiff.gradients(-(log_Y * Y_true).sum() / len(X))
    return {name: g[node] for name, node in P.items()}


def by_torch(params, X, Y_true):
    torch = pytest.importorskip("torch", reason='PyTorch is not installed: pip install -e ".[torch]"')
    P = {k: torch.tensor(v, requires_grad=True) for k, v in params.items()}
    A1 = torch.relu(torch.nn.functional.linear(torch.tensor(X), P["W1"], P["b1"]))
    scores = torch.nn.functional.linear(A1, P["W2"], P["b2"])
    torch.nn.functional.cross_entropy(scores, torch.tensor(Y_true)).backward()
    return {k: v.grad.numpy() for k, v in P.items()}


def relative_errors(a, b):
    assert a.keys() == b.keys()
    return {k: np.linalg.norm(a[k] - b[k]) / (np.linalg.norm(a[k]) + np.linalg.norm(b[k])) for k in a}


def gradient_is_measurable(grads):
    """All units dead, or answers known to certainty: nothing to compare, and 0/0 would prove nothing."""
    return all(np.linalg.norm(g) > 1e-3 for g in grads.values())


@settings(max_examples=250)
@given(cases())
def test_gradients_agree_with_finite_differences(case):
    params, X, Y_true = network(*case)
    Z1 = X @ params["W1"].T + params["b1"]
    reach = STEP * max(1.0, np.abs(X).max())  # how far a step in W1 or b1 can move an entry of Z1
    grads = by_hand(params, X, Y_true)
    if np.abs(Z1).min() <= 2 * reach or not gradient_is_measurable(grads):
        COUNTS["kinks"] += 1
        return
    COUNTS["compared"] += 1
    measured = verify.finite_differences(loss_of(X, Y_true), params, step=STEP)
    for name, error in relative_errors(grads, measured).items():
        assert error < 1e-7, f"{name}: {error:.1e}"


def test_at_least_200_cases_were_compared_and_few_discarded():
    """Runs after the property above (same file, same worker); alone, it runs it first."""
    if not COUNTS["compared"]:
        test_gradients_agree_with_finite_differences()
    print(f"compared {COUNTS['compared']}, discarded for a kink or a vanishing gradient {COUNTS['kinks']}")
    assert COUNTS["compared"] >= 200 and COUNTS["kinks"] <= 50


@settings(max_examples=200)
@given(cases())
def test_gradients_agree_with_the_tape(case):
    params, X, Y_true = network(*case)
    grads = by_hand(params, X, Y_true)
    for name, other in taped(params, X, Y_true).items():
        scale = np.linalg.norm(grads[name]) + np.linalg.norm(other)
        assert np.linalg.norm(grads[name] - other) <= 1e-12 * scale


@settings(max_examples=200)
@given(cases())
def test_gradients_agree_with_torch(case):
    params, X, Y_true = network(*case)
    grads = by_hand(params, X, Y_true)
    for name, other in by_torch(params, X, Y_true).items():
        scale = np.linalg.norm(grads[name]) + np.linalg.norm(other)
        assert np.linalg.norm(grads[name] - other) <= 1e-12 * scale


@pytest.mark.parametrize("wrong", ["W1", "b1", "W2", "b2"])
def test_the_comparison_rejects_a_wrong_gradient(wrong):
    params, X, Y_true = network(5, 4, 3, 6, seed=1)
    grads = by_hand(params, X, Y_true)
    broken = grads | {wrong: grads[wrong] * (1 + 1e-6)}
    assert relative_errors(broken, verify.finite_differences(loss_of(X, Y_true), params))[wrong] > 1e-7
    assert relative_errors(broken, taped(params, X, Y_true))[wrong] > 1e-12


def test_one_example_obeys_the_sources_formula():
    params, X, _ = network(5, 4, 3, 6, seed=2)
    for x, y in zip(X, two_layer.forward(params, X)[0]):
        Z1 = params["W1"] @ x + params["b1"]
        Z2 = params["W2"] @ np.where(Z1 > 0, Z1, 0) + params["b2"]
        expected = [math.exp(z) / sum(math.exp(other) for other in Z2) for z in Z2]
        assert np.allclose(y, expected, rtol=1e-14)


def test_batch_properties():
    params, X, Y_true = network(6, 5, 4, 3, seed=3)
    straight = by_hand(params, X, Y_true)
    for rows in (np.tile(np.arange(6), 2), np.array([5, 3, 1, 0, 2, 4])):
        for name, grad in by_hand(params, X[rows], Y_true[rows]).items():
            assert np.allclose(grad, straight[name], rtol=1e-12)
    assert abs(straight["b2"].sum()) < 1e-15, "the rows of dZ2 sum to 0"


def test_at_exactly_zero_the_relu_passes_nothing():
    params = {"W1": np.zeros((2, 3)), "b1": np.zeros(2), "W2": np.eye(2), "b2": np.array([0.0, 1.0])}
    grads = by_hand(params, np.ones((1, 3)), np.array([[1.0, 0.0]]))  # dA1 = dZ2, which is not zero
    assert not grads["W1"].any() and not grads["b1"].any() and grads["b2"].all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype_is_kept_and_nothing_given_is_changed(dtype):
    params = two_layer.init(np.random.default_rng(0), 5, 4, 3, dtype)
    X, Y_true = np.ones((2, 5), dtype), np.array([[1, 0, 0], [0, 0, 1]])
    before = {name: array.copy() for name, array in params.items()}
    Y_pred, saved = two_layer.forward(params, X)
    kept = [array.copy() for array in saved]
    grads = two_layer.backward(params, saved, Y_true)
    assert two_layer.loss(Y_pred, Y_true).dtype == Y_pred.dtype == dtype
    assert all(grads[name].dtype == dtype and grads[name].shape == params[name].shape for name in params)
    assert list(grads) == list(params) == ["W1", "b1", "W2", "b2"]
    assert all(np.array_equal(before[name], params[name]) for name in params)
    assert all(np.array_equal(a, b) for a, b in zip(kept, saved))


def test_loss_is_ln_m_at_chance_and_finite_when_certain_and_wrong():
    assert two_layer.loss(np.full((2, 10), 0.1), np.eye(10)[:2]) == pytest.approx(math.log(10), rel=1e-15)
    assert math.isfinite(two_layer.loss(np.array([[0.0, 1.0]]), np.array([[1.0, 0.0]])))


@pytest.mark.parametrize("draw, variance", [(models.he, 2 / 400), (models.xavier, 2 / 1000)])
def test_initial_weights_have_the_variance_of_their_source(draw, variance):
    weights = draw(np.random.default_rng(0), 600, 400)
    assert weights.shape == (600, 400)
    assert abs(weights.mean()) < 5 * math.sqrt(variance / weights.size)
    assert weights.var() == pytest.approx(variance, rel=5 * math.sqrt(2 / weights.size))


# -------------------------------------------------------------------------------- any depth
HEADS = {
    "softmax": lambda rng, N, m: one_hot(rng.integers(0, m, N), m),
    "sigmoid": lambda rng, N, m: rng.integers(0, 2, (N, m)).astype(float),
    "linear": lambda rng, N, m: rng.standard_normal((N, m)),
}


@pytest.mark.parametrize("activation", ["relu", "leaky_relu", "tanh", "sigmoid"])
@pytest.mark.parametrize("head", list(HEADS))
@pytest.mark.parametrize("sizes", [(4, 3), (5, 4, 3), (6, 5, 4, 3)])
def test_networks_of_any_depth_pass_the_gradient_check(sizes, head, activation):
    rng = np.random.default_rng(7)
    model = models.mlp(sizes, activation, head)
    params = {k: v + 0.1 * rng.standard_normal(v.shape) for k, v in model.init(rng).items()}
    X, Y_true = rng.standard_normal((7, sizes[0])), HEADS[head](rng, 7, sizes[-1])
    grads = model.backward(params, model.forward(params, X)[1], Y_true)
    measured = verify.finite_differences(lambda p: model.loss(model.forward(p, X)[0], Y_true), params)
    assert max(relative_errors(grads, measured).values()) < 1e-7
    broken = grads | {"W1": -grads["W1"]}
    assert max(relative_errors(broken, measured).values()) > 1e-7


def test_a_network_of_two_layers_is_the_flat_one():
    params, X, Y_true = network(7, 5, 4, 3, seed=5)
    model = models.mlp([5, 4, 3])
    Y_pred, saved = model.forward(params, X)
    assert np.allclose(Y_pred, two_layer.forward(params, X)[0], rtol=1e-14)
    errors = relative_errors(model.backward(params, saved, Y_true), by_hand(params, X, Y_true))
    assert max(errors.values()) < 1e-14
    drawn = model.init(np.random.default_rng(0))
    assert {k: v.shape for k, v in drawn.items()} == {k: v.shape for k, v in params.items()}


@pytest.mark.parametrize(
    "activation, hidden",
    [("relu", 2 / 900), ("leaky_relu", 2 / 900), ("tanh", 2 / 1300), ("sigmoid", 2 / 1300)],
)
def test_each_layer_starts_with_the_variance_made_for_its_activation(activation, hidden):
    params = models.mlp([900, 400, 300], activation).init(np.random.default_rng(0))
    for name, variance in (("W1", hidden), ("W2", 2 / 700)):
        assert params[name].var() == pytest.approx(variance, rel=5 * math.sqrt(2 / params[name].size))
    assert not params["b1"].any() and not params["b2"].any()


# -------------------------------------------------------------------------------- bad input
def test_refusals_name_the_argument():
    params, X, Y_true = network(5, 4, 3, 6, seed=6)
    saved = two_layer.forward(params, X)[1]
    half, rng = {k: v.astype(np.float32) for k, v in params.items()}, np.random.default_rng(0)
    linear = models.mlp([4, 3], head="linear")
    p = linear.init(rng)
    s = linear.forward(p, X)[1]
    refused = [
        (lambda: two_layer.forward(params, X.T), ValueError, "W1: expected shape"),
        (lambda: two_layer.forward(params, X[:0]), ValueError, "X: expected at least one example"),
        (lambda: two_layer.forward(params, X[0]), ValueError, r"X: expected shape \(N, n\)"),
        (lambda: two_layer.forward(params, X.astype(np.float32)), TypeError, "W1: expected the dtype of X"),
        (lambda: two_layer.forward({"W1": X}, X), ValueError, "params: expected a dict with b1, got W1"),
        (lambda: two_layer.forward([X], X), ValueError, "params: expected a dict with W1, got list"),
        (lambda: two_layer.forward(params | {"b2": np.ones(3)}, X), ValueError, "b2: expected shape"),
        (lambda: two_layer.backward(params, saved, Y_true[:-1]), ValueError, "Y_true: expected shape"),
        (lambda: two_layer.backward(params, saved, Y_true.tolist()), TypeError, "Y_true: expected a NumPy"),
        (lambda: two_layer.backward(params, saved, Y_true.astype(str)), TypeError, "Y_true: expected a"),
        (lambda: two_layer.backward(params, saved, Y_true + 0j), TypeError, "Y_true: expected a NumPy"),
        (lambda: two_layer.backward(half, saved, Y_true), TypeError, "W2: expected the dtype of Y_pred"),
        (lambda: two_layer.backward({}, saved, Y_true), ValueError, "params: expected a dict with W2"),
        (lambda: models.mlp([4, 3]).forward({}, X), ValueError, "params: expected a dict with W1"),
        (lambda: linear.backward(p, s, Y_true[:, :3].astype(str)), TypeError, "Y_true: expected a NumPy"),
        (lambda: linear.backward(p, s, Y_true[:, :3].tolist()), TypeError, "Y_true: expected a NumPy"),
        (lambda: two_layer.init(rng, 0, 4, 2), ValueError, "fan_in, a number of units: expected a positive"),
        (lambda: two_layer.init(rng, 3, 2.5, 2), ValueError, "fan_out, a number of units: expected"),
        (lambda: two_layer.init(0, 3, 4, 2), TypeError, "rng: expected a NumPy generator"),
        (lambda: two_layer.init(rng, 3, 4, 2, int), TypeError, "dtype: expected one of floating-point"),
        (lambda: two_layer.backward(params, saved, Y_true.argmax(axis=1)), ValueError, "Y_true: expected"),
        (lambda: two_layer.backward(params, saved, 2 * Y_true), ValueError, "Y_true: expected rows that sum"),
        (lambda: models.mlp([4]), ValueError, "sizes: expected at least two"),
        (lambda: models.mlp([4, 0]), ValueError, "sizes: expected at least two"),
        (lambda: models.mlp([4, 3], activation="gelu"), ValueError, "activation: expected one of relu"),
        (lambda: models.mlp([4, 3], head="hinge"), ValueError, "head: expected one of softmax"),
    ]
    for call, error, words in refused:
        with pytest.raises(error, match=words):
            call()
