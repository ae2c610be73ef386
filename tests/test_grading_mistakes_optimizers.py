"""Mistakes of momentum, of the noise and of parts: each leaves the numbers that its description promises."""

import math
from types import SimpleNamespace

import numpy as np
import pytest

from backprop_course import data, notation
from backprop_course.grading import in_parts, mistakes
from backprop_course.grading.mistakes import MISTAKES
from backprop_course.models import two_layer
from backprop_course.training import diagnostics, optimizers
from backprop_course.verify import finite_differences

RATE, BETA = 0.1, 0.8
SLOPES = (0.5, -1.25, 2.0, 0.125)


def moved(make, slopes=SLOPES, rate=RATE, beta=BETA):
    """How far each of the steps goes, for these slopes in turn."""
    optimizer, params, steps = make(rate, beta), {"w": np.array([1.5])}, []
    state = optimizer.init(params)
    for slope in slopes:
        new, state = optimizer.update(params, {"w": np.array([slope])}, state)
        steps.append(new["w"][0] - params["w"][0])
        params = new
    return steps


def heavy_ball(factor=lambda age: BETA**age):
    """The steps as sums over all slopes so far, the newest of age 0: no recursion."""
    return [-RATE * math.fsum(factor(t - k) * SLOPES[k] for k in range(t + 1)) for t in range(len(SLOPES))]


EXPECTED = {
    "M46": [-step for step in heavy_ball()],
    "M105": [-RATE * slope for slope in SLOPES],
    "M106": [(1 - BETA) * step for step in heavy_ball()],
    "M107": [RATE * step for step in heavy_ball()],
    "M108": heavy_ball(lambda age: 1),
}


def test_the_right_ball_moves_by_faded_slopes():
    assert moved(optimizers.momentum) == pytest.approx(heavy_ball(), rel=1e-12)


@pytest.mark.parametrize("id", EXPECTED)
def test_a_wrong_ball_moves_as_its_description_says(id):
    module = mistakes.plant(id)
    assert moved(module.momentum) == pytest.approx(EXPECTED[id], rel=1e-12)
    assert not np.allclose(EXPECTED[id], heavy_ball())
    assert moved(module.nesterov) == pytest.approx(moved(optimizers.nesterov), rel=1e-14)


NESTEROV = {
    "M109": heavy_ball(),
    "M166": [step - RATE * slope for step, slope in zip(heavy_ball(), SLOPES)],
}


@pytest.mark.parametrize("id", NESTEROV)
def test_a_wrong_look_ahead(id):
    module = mistakes.plant(id)
    right = [BETA * step - RATE * slope for step, slope in zip(heavy_ball(), SLOPES)]
    assert moved(optimizers.nesterov) == pytest.approx(right, rel=1e-12)
    assert moved(module.nesterov) == pytest.approx(NESTEROV[id], rel=1e-12)
    assert moved(module.momentum) == pytest.approx(heavy_ball(), rel=1e-14)


@pytest.fixture(scope="module")
def trained():
    """Validation accuracy after 200 steps on the digits, with a rate that suits the right ball."""
    digits, (known, _) = data.digits(), data.split_by_writer()
    X, Y_true = digits.X[known] / 16, notation.one_hot(digits.labels[known], 10)
    found = {}
    for name in ("right", "M46", "M105", "M106", "M107", "M108"):
        optimizer = (optimizers if name == "right" else mistakes.plant(name)).momentum(0.1, 0.9)
        params, rng = two_layer.init(np.random.default_rng(0), 64, 32, 10), np.random.default_rng(1)
        state = optimizer.init(params)
        with np.errstate(all="ignore"):
            for _ in range(200):
                rows = rng.integers(0, 900, 64)
                grads = two_layer.backward(params, two_layer.forward(params, X[rows])[1], Y_true[rows])
                params, state = optimizer.update(params, grads, state)
            Y_pred, _ = two_layer.forward(params, X[900:])
        found[name] = float(np.mean(Y_pred.argmax(axis=1) == digits.labels[known][900:]))
    return found


def test_what_the_mistakes_do_to_a_training(trained):
    """Uphill it learns nothing; what is too slow, or never forgets, looks nearly right."""
    print(trained)
    assert trained["M46"] < 0.3
    for id in ("M105", "M106", "M107", "M108"):
        assert 0.5 < trained[id] < trained["right"] - 0.01


# ------------------------------------------------------------------ what is told about noise
def told(module, G):
    """What the measure says of these gradients (draws, p)."""
    rows = iter(G)
    model = SimpleNamespace(forward=lambda params, X: (None, None), backward=lambda *_: {"W": next(rows)})
    return module.gradient_variance(model, {}, G, G, 1, np.random.default_rng(0), draws=len(G))


def test_the_noise_by_pairs_and_the_three_ways_to_tell_it_wrongly():
    """Half the mean squared distance of all pairs of different gradients: no mean is needed."""
    G = np.random.default_rng(3).standard_normal((6, 4)) + 2
    pairs = [math.dist(a, b) ** 2 / 2 for i, a in enumerate(G) for j, b in enumerate(G) if i != j]
    right = sum(pairs) / len(pairs)
    assert told(diagnostics, G) == pytest.approx(right, rel=1e-12)
    assert told(mistakes.plant("M161"), G) == pytest.approx(right * 5 / 6, rel=1e-12)
    assert told(mistakes.plant("M162"), G) == pytest.approx(right / 4, rel=1e-12)
    common = 6 * float(np.sum(np.square(G.sum(axis=0) / 6))) / 5
    assert told(mistakes.plant("M160"), G) == pytest.approx(right + common, rel=1e-12)


# ------------------------------------------------------------------ a gradient in parts
def problem(N):
    rng = np.random.default_rng(N)
    params = two_layer.init(rng, 4, 5, 3)
    return params, rng.standard_normal((N, 4)), np.eye(3)[rng.integers(0, 3, N)]


def measured(params, X, Y_true):
    """The slopes of the mean loss of all rows, by finite differences."""
    return finite_differences(lambda p: two_layer.loss(two_layer.forward(p, X)[0], Y_true), params)


def assert_same(grads, others, factor=1.0):
    for name, dW in grads.items():
        assert np.allclose(dW, factor * others[name], rtol=0, atol=1e-8), name


@pytest.mark.parametrize("size", [1, 3, 7, 20])
def test_the_parts_give_the_gradient_of_all_rows(size):
    params, X, Y_true = problem(7)
    assert_same(in_parts.gradient(params, X, Y_true, size), measured(params, X, Y_true))


def test_parts_that_are_added_up_wrongly():
    params, X, Y_true = problem(7)
    parts = [measured(params, X[rows], Y_true[rows]) for rows in (slice(0, 3), slice(3, 6), slice(6, 7))]
    shares = {"M163": (3 / 7, 3 / 7, 3 / 7), "M164": (3 / 7, 3 / 7, 0), "M165": (1, 1, 1)}
    shares |= {"M167": (1 / 3, 1 / 3, 1 / 3)}
    for id, of_parts in shares.items():
        expected = {name: sum(s * part[name] for s, part in zip(of_parts, parts)) for name in params}
        assert_same(mistakes.plant(id).gradient(params, X, Y_true, 3), expected)


def test_what_shows_only_where_a_part_is_shorter():
    params, X, Y_true = problem(6)
    right = in_parts.gradient(params, X, Y_true, 3)
    for id, factor in (("M163", 1), ("M164", 1), ("M165", 2), ("M167", 1)):
        assert_same(mistakes.plant(id).gradient(params, X, Y_true, 3), right, factor)


def test_they_are_in_the_library():
    ids = ["M46", *(f"M{k}" for k in range(105, 110)), *(f"M{k}" for k in range(160, 168))]
    assert set(ids) <= MISTAKES.keys()
