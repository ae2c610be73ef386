"""Penalties and augmentation around a model: gradients by finite differences, training in plain lines."""

import copy

import numpy as np
import pytest

from backprop_course import data, models, ops, training, verify
from backprop_course.models import two_layer
from backprop_course.notation import one_hot


def rng(seed=0):
    return np.random.default_rng(seed)


def problem(model, *init, dtype=np.float64):
    params = {k: v + 0.1 for k, v in model.init(rng(1), *init, dtype=dtype).items()}
    for array in params.values():
        array.flags.writeable = False
    return params, rng(2).random((9, 4)).astype(dtype), one_hot(rng(3).integers(0, 3, 9), 3, dtype)


# ------------------------------------------------------------------ penalties
@pytest.mark.parametrize("l1, l2", [(0.0, 0.03), (0.02, 0.0), (0.02, 0.03)])
@pytest.mark.parametrize("inner", [models.mlp([4, 5, 3]), models.mlp([4, 5, 3], "tanh", batchnorm=True)])
def test_gradients_with_penalties_are_those_of_loss_and_penalty(inner, l1, l2):
    model = models.with_penalties(inner, l1=l1, l2=l2)
    params, X, Y_true = problem(inner)
    state = inner.init_state(params) if hasattr(inner, "init_state") else None

    def forward(p):
        return model.forward(p, X) if state is None else model.forward(p, X, state)

    def by_definition(p):
        weights = [p["W1"], p["W2"]]
        penalty = sum(l1 * abs(w) + l2 * w * w for W in weights for w in W.ravel().tolist())
        return inner.loss(forward(p)[0], Y_true) + penalty

    grads = model.backward(params, forward(params)[1], Y_true)
    measured = verify.finite_differences(by_definition, params)
    for name in params:
        difference = np.linalg.norm(grads[name] - measured[name])
        assert difference < 1e-7 * np.linalg.norm(measured[name])
    penalty = by_definition(params) - inner.loss(forward(params)[0], Y_true)
    assert model.penalty(params) == pytest.approx(penalty, rel=1e-12)
    assert model.loss(forward(params)[0], Y_true) == inner.loss(forward(params)[0], Y_true)


def test_biases_are_not_penalized_and_the_weights_are():
    model = models.with_penalties(two_layer, l1=0.1, l2=0.2)
    params, X, Y_true = problem(two_layer, 4, 5, 3)
    saved = two_layer.forward(params, X)[1]
    plain, grads = two_layer.backward(params, saved, Y_true), model.backward(params, saved, Y_true)
    for name in ("b1", "b2"):
        assert np.array_equal(plain[name], grads[name])
    for name in ("W1", "W2"):
        signs = np.where(params[name] > 0, 0.1, -0.1)
        assert np.allclose(grads[name] - plain[name], signs + 0.4 * params[name], rtol=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_penalties_keep_the_dtype(dtype):
    model = models.with_penalties(two_layer, l1=0.1, l2=0.2)
    params, X, Y_true = problem(two_layer, 4, 5, 3, dtype=dtype)
    grads = model.backward(params, two_layer.forward(params, X)[1], Y_true)
    assert {v.dtype for v in grads.values()} == {np.dtype(dtype)} and list(grads) == list(params)


def test_training_with_l2_is_training_with_weight_decay_where_there_are_no_biases():
    """Every parameter is a weight in a network whose biases stay 0: inputs and answers are odd."""
    X = rng().standard_normal((8, 4))
    X = np.concatenate([X, -X])
    model, Y_true = models.mlp([4, 2], head="linear"), np.stack([X[:, 0], X[:, 1] - X[:, 2]], axis=1)
    call = {"epochs": 5, "batch_size": 16, "progress": False}
    params = model.init(rng(1))
    model_with = models.with_penalties(model, l2=0.3)
    penalized = training.fit(model_with, params, X, Y_true, optimizer=training.sgd(0.1), rng=rng(), **call)
    decayed = training.fit(model, params, X, Y_true, optimizer=training.sgd(0.1, 0.6), rng=rng(), **call)
    assert np.allclose(penalized.params["W1"], decayed.params["W1"], rtol=1e-12)
    assert not np.allclose(penalized.params["W1"], params["W1"], rtol=1e-2)


def test_the_proximal_step_between_updates_finds_the_minimum_with_exact_zeros():
    """At the minimum of loss + λ Σ|W| the slope of the loss is -λ sign(W), or at most λ where W is 0.

    The arrays that `steps` writes into may be changed between two steps. Descent with the slope of L1, for as
    long, gets no zero.
    """
    X = rng().standard_normal((60, 8))
    Y_true = X[:, :1] - 0.5 * X[:, 3:4] + 0.1 * rng(1).standard_normal((60, 1))
    model, strength, rate = models.mlp([8, 1], head="linear"), 0.3, 0.1
    start = model.init(rng(2))
    params = {name: W.copy() for name, W in start.items()}
    call = {"batch_size": 60, "epochs": 300, "optimizer": training.sgd(rate), "rng": rng()}
    for _ in training.steps(model, params, X, Y_true, out=params, **call):
        params["W1"][...] = ops.soft_threshold(params["W1"], rate * strength)
    W, slope = params["W1"], model.backward(params, model.forward(params, X)[1], Y_true)["W1"]
    assert (W != 0).tolist() == [[True, False, False, True, False, False, False, False]]
    assert np.allclose(slope[W != 0], -strength * np.sign(W[W != 0]), rtol=1e-9)
    assert np.abs(slope[W == 0]).max() < strength
    descent = models.with_penalties(model, l1=strength)
    (*_, last) = training.steps(descent, start, X, Y_true, **call)
    assert np.abs(last.params["W1"] - W).max() < 0.1 and (last.params["W1"] != 0).all()


# ------------------------------------------------------------------ augmentation
@pytest.mark.parametrize("inner", [models.mlp([4, 5, 3]), models.mlp([4, 5, 3], keep=0.5, batchnorm=True)])
def test_inputs_are_changed_while_the_network_learns_and_not_in_use(inner):
    def augment(X, rng):
        return X + rng.standard_normal(X.shape)

    model = models.with_augmentation(inner, augment)
    params, X, _ = problem(inner)
    state = model.init_state(params)
    one, other = rng(7), rng(7)
    Y_pred, saved, new = model.forward_train(params, state, X, one)
    changed = augment(X, other)
    if hasattr(inner, "forward_train"):
        expected, _, after = inner.forward_train(params, state, changed, other)
        assert after.keys() == new.keys() == inner.init_state(params).keys()
        assert all(np.array_equal(after[k], new[k]) for k in new)
        assert np.array_equal(model.forward(params, X, new)[0], inner.forward(params, X, new)[0])
    else:
        expected = inner.forward(params, changed)[0]
        assert state == new == {}
        assert np.array_equal(model.forward(params, X, new)[0], inner.forward(params, X)[0])
    assert np.array_equal(Y_pred, expected) and np.array_equal(saved.inputs[0], changed)


def test_fit_draws_the_changes_anew_in_every_step():
    """The last nine calls are those of the nine steps; before them the training is tried out."""
    seen = []

    def augment(X, rng):
        seen.append(rng.random())
        return X + seen[-1]

    params, X, Y_true = problem(two_layer, 4, 5, 3)
    model, call = models.with_augmentation(two_layer, augment), {"epochs": 3, "batch_size": 4}
    optimizer = training.sgd(0.1)
    history = training.fit(model, params, X, Y_true, optimizer=optimizer, rng=rng(), progress=False, **call)
    assert len(history.loss) == 9 and len(set(seen[-9:])) == 9 and history.model_state == {}
    assert history.epoch_loss[-1] == two_layer.loss(two_layer.forward(history.params, X)[0], Y_true)


def test_both_additions_fit_around_each_other_and_digits_are_learned():
    X, labels = data.digits()
    X, Y_true = X[:400] / 16, one_hot(labels[:400], 10)
    inner = models.mlp([64, 32, 10], keep=0.8, batchnorm=True)
    model = models.with_augmentation(models.with_penalties(inner, l2=1e-4), data.random_shift)
    call = {"epochs": 12, "batch_size": 40, "progress": False, "optimizer": training.adam(0.01)}
    history = training.fit(model, inner.init(rng()), X, Y_true, rng=rng(1), **call)
    assert history.accuracy[-1] > 0.9
    weights = copy.deepcopy(model).penalty(history.params)
    assert weights == pytest.approx(1e-4 * sum((history.params[k] ** 2).sum() for k in ("W1", "W2")))


# ------------------------------------------------------------------ bad input
@pytest.mark.parametrize("call, error, words", [
    (lambda: models.with_penalties(two_layer, l1=-1), ValueError, "l1: expected a finite number that is not"),
    (lambda: models.with_penalties(two_layer, l2=np.nan), ValueError, "l2: expected a finite number that"),
    (lambda: models.with_penalties(two_layer, l2="1"), ValueError, "l2: expected a finite number that"),
    (lambda: models.with_augmentation(two_layer, 3), TypeError, "augment: expected a function of"),
    (lambda: models.with_penalties(two_layer).walk, AttributeError, "walk"),
])  # fmt: skip
def test_bad_input_is_named(call, error, words):
    with pytest.raises(error, match=words):
        call()
