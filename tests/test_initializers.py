"""Initial weights have the distribution of their source, and through 20 layers they do what it promises."""

import math

import numpy as np
import pytest

from backprop_course import models

DRAWS = {
    "he": models.he,
    "xavier": models.xavier,
    "uniform": models.xavier_uniform,
    "0.3": lambda *given: models.normal(0.3)(*given),
}


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.mark.parametrize("name, variance", [
    ("he", 2 / 400), ("xavier", 2 / 1000), ("uniform", 2 / 1000), ("0.3", 0.09),
])  # fmt: skip
def test_weights_have_the_variance_of_their_source(name, variance):
    weights = DRAWS[name](rng(), 600, 400)
    assert weights.shape == (600, 400)
    assert abs(weights.mean()) < 5 * math.sqrt(variance / weights.size)
    assert weights.var() == pytest.approx(variance, rel=5 * math.sqrt(2 / weights.size))


@pytest.mark.parametrize("name, fourth", [("he", 3), ("xavier", 3), ("0.3", 3), ("uniform", 9 / 5)])
def test_weights_are_normal_or_uniform_as_their_name_says(name, fourth):
    """The fourth moment, in units of the squared variance, is 3 for normal numbers, 9/5 for uniform ones."""
    weights = DRAWS[name](rng(1), 600, 400)
    assert np.mean(weights**4) / weights.var() ** 2 == pytest.approx(fourth, rel=0.03)
    if name == "uniform":
        limit = math.sqrt(6 / 1000)
        assert 0.999 * limit < weights.max() <= limit and -limit <= weights.min() < -0.999 * limit


def test_xavier_and_he_are_those_of_pytorch():
    torch = pytest.importorskip("torch", reason='PyTorch is not installed: pip install -e ".[torch]"')
    torch.manual_seed(0)
    for ours, theirs in (
        (models.he, torch.nn.init.kaiming_normal_),
        (models.xavier, torch.nn.init.xavier_normal_),
        (models.xavier_uniform, torch.nn.init.xavier_uniform_),
    ):
        given = {"nonlinearity": "relu"} if ours is models.he else {}
        other = theirs(torch.empty(600, 400, dtype=torch.float64), **given).numpy()
        assert ours(rng(), 600, 400).std() == pytest.approx(other.std(), rel=0.01)


def test_zeros_are_zeros_and_draw_nothing():
    one = rng(3)
    assert models.zeros(one, 3, 4).tolist() == [[0] * 4] * 3 and one.random() == rng(3).random()


@pytest.mark.parametrize("draw", [*DRAWS.values(), models.zeros])
def test_weights_repeat_with_their_seed_in_the_dtype_that_was_asked_for(draw):
    half = draw(rng(2), 3, 5, np.float32)
    assert half.dtype == np.float32 and draw(rng(2), 3, 5).dtype == np.float64
    assert np.array_equal(half, draw(rng(2), 3, 5).astype(np.float32)) and half.shape == (3, 5)


@pytest.mark.parametrize("draw", [*DRAWS.values(), models.zeros])
def test_an_initializer_refuses_what_makes_no_weights(draw):
    for given, error, words in (
        ((0, 3, 4), TypeError, "rng: expected a NumPy generator"),
        ((rng(), 0, 4), ValueError, "fan_out, a number of units: expected a positive"),
        ((rng(), 3, 2.5), ValueError, "fan_in, a number of units: expected a positive"),
        ((rng(), 3, 4, int), TypeError, "dtype: expected one of floating-point"),
    ):
        with pytest.raises(error, match=words):
            draw(*given)


@pytest.mark.parametrize("std", [0, -1, np.nan, np.inf, "1", None])
def test_normal_needs_a_positive_spread(std):
    with pytest.raises(ValueError, match="std: expected a positive number"):
        models.normal(std)


def test_a_network_takes_one_initializer_for_all_layers():
    params = models.mlp([4, 3, 2], weights=models.zeros).init(rng())
    assert not any(array.any() for array in params.values())
    params = models.mlp([300, 200, 100], "tanh", weights=models.normal(0.5)).init(rng())
    assert params["W1"].std() == pytest.approx(0.5, rel=0.02)
    assert params["W2"].std() == pytest.approx(0.5, rel=0.02)


# ------------------------------------------------------------------ through 20 layers
def activations(weights, activation, seed, width=256, depth=20):
    """The activations of 20 hidden layers, for 64 inputs with a standard deviation of 0.1."""
    one = rng(seed)
    model = models.mlp([width] * (depth + 1) + [2], activation, weights=weights)
    X = (0.1 * one.standard_normal((64, width))).astype(np.float32)
    return model.forward(model.init(one, np.float32), X)[1].inputs[1:]


def variances(layers):
    return np.array([np.var(A, dtype=np.float64) for A in layers])


def spread(values):
    """The largest variance of a layer divided by the smallest: 1 where no layer changes it."""
    assert len(values) == 20
    return max(values) / min(values) if min(values) > 0 else math.inf


@pytest.mark.parametrize("weights, activation", [
    (models.he, "relu"), (models.xavier, "tanh"), (models.xavier_uniform, "tanh"),
])  # fmt: skip
def test_the_variance_of_the_activations_stays_within_a_factor_of_2_for_20_layers(weights, activation):
    """The derivation is about the mean over all draws of the weights, so 16 networks are averaged.

    One network of this width scatters around that. Inputs are small, so that tanh is nearly a straight line:
    that is what Xavier's variance is made for.
    """
    networks = [variances(activations(weights, activation, seed)) for seed in range(16)]
    single = [spread(values) for values in networks]
    average = spread(np.mean(networks, axis=0))
    assert average < 2 and np.median(single) < 2.5


@pytest.mark.parametrize("weights, activation, at_least", [
    (models.xavier, "relu", 1e5), (models.he, "tanh", 10), (models.zeros, "relu", math.inf),
    (models.normal(0.01), "relu", 1e10), (models.normal(0.01), "tanh", 1e10),
    (models.normal(1), "relu", 1e10),
])  # fmt: skip
def test_the_variance_of_the_activations_does_not_stay_with_other_weights(weights, activation, at_least):
    spreads = [spread(variances(activations(weights, activation, seed))) for seed in range(3)]
    assert min(spreads) >= at_least


def gradients(weights, activation, seed, width=256, depth=20):
    """The mean square of the gradient at the sums of each layer, divided by that of the last one.

    A random gradient goes back; the slopes come from the outputs.
    """
    one = rng(seed)
    model = models.mlp([width] * (depth + 1) + [2], activation, weights=weights)
    params = model.init(one)
    layers = model.forward(params, 0.1 * one.standard_normal((64, width)))[1].inputs[1:]
    dA, squares = one.standard_normal((64, width)), []
    for k in range(depth, 0, -1):
        A = layers[k - 1]
        dZ = dA * ((A > 0) if activation == "relu" else (1 - A * A))
        squares.append(np.mean(dZ**2))
        dA = np.einsum("rj,ji->ri", dZ, params[f"W{k}"], optimize=True)
    return np.array(squares) / squares[0]


@pytest.mark.parametrize("weights, activation", [(models.he, "relu"), (models.xavier, "tanh")])
def test_the_gradient_stays_within_a_factor_of_2_on_its_way_back_through_20_layers(weights, activation):
    """On average over 8 networks, as for the activations; each layer has as many units as inputs."""
    assert spread(np.mean([gradients(weights, activation, seed) for seed in range(8)], axis=0)) < 2


@pytest.mark.parametrize("weights, activation, at_least", [
    (models.xavier, "relu", 1e5), (models.he, "tanh", 10), (models.normal(0.01), "relu", 1e10),
    (models.normal(0.01), "tanh", 1e10), (models.normal(1), "relu", 1e10), (models.normal(1), "tanh", 1e10),
])  # fmt: skip
def test_the_gradient_does_not_stay_with_other_weights(weights, activation, at_least):
    assert min(spread(gradients(weights, activation, seed)) for seed in range(2)) >= at_least


def test_with_inputs_that_reach_the_bend_of_tanh_xavier_loses_the_signal_slowly():
    """From inputs of variance 1 a fortieth is left, more than a ReLU with the same weights keeps."""
    one = rng(0)
    A = one.standard_normal((64, 256))
    for _ in range(20):
        A = np.tanh(A @ models.xavier(one, 256, 256).T)
    assert 0.015 < np.var(A) < 0.04


def test_with_weights_that_are_too_large_tanh_keeps_its_variance_because_it_is_saturated():
    """The variance alone says little: it is near 1 from the second layer on, while the gradient explodes."""
    large, fitting = (activations(weights, "tanh", 0) for weights in (models.normal(1), models.xavier))
    assert variances(large)[1:] == pytest.approx(1, abs=0.1)
    assert np.mean(1 - large[10] ** 2) < 0.1 and np.mean(1 - fitting[10] ** 2) > 0.95
