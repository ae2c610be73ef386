"""Networks with dropout and batch normalization: both modes against PyTorch and definitions."""

import math

import numpy as np
import pytest

from backprop_course import models, training, verify
from backprop_course.models.two_modes import TwoModeMLP
from backprop_course.notation import one_hot

SIZES = (6, 5, 4, 3)
FORMS = [{"keep": 0.7}, {"batchnorm": True}, {"keep": 0.7, "batchnorm": True}]


def rng(seed=0):
    return np.random.default_rng(seed)


def torch_or_skip():
    return pytest.importorskip("torch", reason='PyTorch is not installed: pip install -e ".[torch]"')


def case(form, activation="tanh", head="softmax", sizes=SIZES, N=9, seed=3, dtype=np.float64):
    """A model with parameters and state that are all unequal, inputs and answers; arrays are read-only."""
    one = rng(seed)
    model = models.mlp(sizes, activation, head, **form)
    params = {k: (v + 0.2 * one.standard_normal(v.shape)).astype(dtype) for k, v in model.init(one).items()}
    state = {k: (v + 0.5 * one.random(v.shape)).astype(dtype) for k, v in model.init_state(params).items()}
    X = one.standard_normal((N, sizes[0])).astype(dtype)
    for array in (X, *params.values(), *state.values()):
        array.flags.writeable = False
    return model, params, state, X, one_hot(one.integers(0, sizes[-1], N), sizes[-1], dtype)


def relative_error(a, b):
    return np.linalg.norm(a - b) / (np.linalg.norm(a) + np.linalg.norm(b))


def largest_error(grads, others):
    assert grads.keys() == others.keys()
    return max(relative_error(grads[name], others[name]) for name in grads)


# ------------------------------------------------------------------ which model, which parameters
def test_only_networks_that_need_two_modes_have_them():
    assert not hasattr(models.mlp(SIZES), "forward_train")
    assert not hasattr(models.mlp(SIZES, keep=1), "forward_train")
    assert all(hasattr(models.mlp(SIZES, **form), "forward_train") for form in FORMS)


def test_parameters_and_state_of_a_normalized_network():
    model = models.mlp([6, 5, 4, 3], batchnorm=True)
    params = model.init(rng(), np.float32)
    assert list(params) == ["W1", "gamma1", "beta1", "W2", "gamma2", "beta2", "W3", "b3"]
    shapes = [(5, 6), (5,), (5,), (4, 5), (4,), (4,), (3, 4), (3,)]
    assert [v.shape for v in params.values()] == shapes
    assert (params["gamma2"] == 1).all() and not params["beta2"].any() and not params["b3"].any()
    state = model.init_state(params)
    assert {k: v.tolist() for k, v in state.items()} == {
        "mean1": [0] * 5, "var1": [1] * 5, "mean2": [0] * 4, "var2": [1] * 4,
    }  # fmt: skip
    assert {v.dtype for v in (*params.values(), *state.values())} == {np.dtype(np.float32)}
    plain = models.mlp([6, 5, 4, 3]).init(rng(), np.float32)
    assert all(np.array_equal(params[k], plain[k]) for k in ("W1", "W2", "W3"))


def test_dropout_alone_keeps_the_parameters_of_the_plain_network_and_no_state():
    model, plain = models.mlp(SIZES, keep=0.5), models.mlp(SIZES)
    params, others = model.init(rng()), plain.init(rng())
    assert list(params) == list(others) and all(np.array_equal(params[k], others[k]) for k in params)
    assert model.init_state(params) == {}


# ------------------------------------------------------------------ gradients
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("activation, head", [
    ("tanh", "softmax"), ("relu", "linear"), ("sigmoid", "sigmoid"), ("leaky_relu", "softmax"),
])  # fmt: skip
def test_the_gradient_check_passes_with_a_fixed_mask(form, activation, head):
    model, params, state, X, Y_true = case(form, activation, head)

    def loss(p):
        return model.loss(model.forward_train(p, state, X, rng(5))[0], Y_true)

    grads = model.backward(params, model.forward_train(params, state, X, rng(5))[1], Y_true)
    measured = verify.finite_differences(loss, params)
    assert largest_error(grads, measured) < 1e-7
    for name in params:
        assert np.linalg.norm(measured[name]) > 1e-4
        assert grads[name].shape == params[name].shape
    if "keep" in form:  # with another mask the loss is another one
        other = model.backward(params, model.forward_train(params, state, X, rng(6))[1], Y_true)
        assert largest_error(other, measured) > 1e-2


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_the_gradient_check_passes_where_the_network_is_used(form, activation):
    model, params, state, X, Y_true = case(form, activation)
    grads = model.backward(params, model.forward(params, X, state)[1], Y_true)
    measured = verify.finite_differences(lambda p: model.loss(model.forward(p, X, state)[0], Y_true), params)
    assert largest_error(grads, measured) < 1e-7
    learning = model.backward(params, model.forward_train(params, state, X, rng(5))[1], Y_true)
    assert largest_error(learning, measured) > 1e-2


def in_torch(torch, params, sizes):
    """The normalized network in PyTorch's own layers, with these parameters."""
    layers = []
    for k in range(1, len(sizes)):
        last = k == len(sizes) - 1
        linear = torch.nn.Linear(sizes[k - 1], sizes[k], bias=last, dtype=torch.float64)
        linear.weight.data = torch.tensor(params[f"W{k}"])
        layers.append(linear)
        if last:
            linear.bias.data = torch.tensor(params[f"b{k}"])
        else:
            norm = torch.nn.BatchNorm1d(sizes[k], dtype=torch.float64)
            norm.weight.data = torch.tensor(params[f"gamma{k}"])
            norm.bias.data = torch.tensor(params[f"beta{k}"])
            layers += [norm, torch.nn.ReLU()]
    return torch.nn.Sequential(*layers)


def test_normalized_networks_learn_and_predict_as_in_pytorch():
    """Three batches: predictions, gradients and running statistics; then the predictions in use."""
    torch = torch_or_skip()
    model, params, _, _, _ = case({"batchnorm": True}, "relu")
    theirs, state = in_torch(torch, params, SIZES), model.init_state(params)
    for seed in range(3):
        X, labels = rng(seed).standard_normal((8, 6)), rng(seed).integers(0, 3, 8)
        Y_pred, saved, state = model.forward_train(params, state, X, rng())
        grads = model.backward(params, saved, one_hot(labels, 3))
        theirs.zero_grad()
        scores = theirs(torch.tensor(X))
        torch.nn.functional.cross_entropy(scores, torch.tensor(labels)).backward()
        assert np.allclose(Y_pred, torch.softmax(scores, 1).detach().numpy(), rtol=1e-11)
        others = [p.grad.numpy() for p in theirs.parameters()]
        for grad, other in zip(grads.values(), others, strict=True):
            assert relative_error(grad, other) < 1e-12
        for k, norm in ((1, theirs[1]), (2, theirs[4])):
            assert np.allclose(state[f"mean{k}"], norm.running_mean.numpy(), rtol=1e-12)
            assert np.allclose(state[f"var{k}"], norm.running_var.numpy(), rtol=1e-12)
    theirs.eval()
    Y_pred = model.forward(params, X[:1], state)[0]
    assert np.allclose(Y_pred, torch.softmax(theirs(torch.tensor(X[:1])), 1).detach().numpy(), rtol=1e-12)


# ------------------------------------------------------------------ the two modes differ as they should
def test_while_learning_the_masks_hide_units_and_scale_the_others():
    """The learning pass once more, in plain lines, with the masks that it reports."""
    model, params, _, X, _ = case({"keep": 0.6}, "relu")
    Y_pred, saved, state = model.forward_train(params, {}, X, rng(1))
    A, masks = X, [layer.dropped.mask for layer in saved.layers[:-1]]
    for k, mask in enumerate(masks, start=1):
        A = np.where(mask, np.maximum(A @ params[f"W{k}"].T + params[f"b{k}"], 0) / 0.6, 0)
    E = np.exp(A @ params["W3"].T + params["b3"])
    assert np.allclose(Y_pred, E / E.sum(axis=1, keepdims=True), rtol=1e-13)
    assert [mask.shape for mask in masks] == [(9, 5), (9, 4)] and state == {}
    assert 0.3 < np.concatenate(masks, axis=None).mean() < 0.9 and saved.layers[-1].dropped is None


def test_in_use_dropout_does_nothing():
    model, params, state, X, _ = case({"keep": 0.6}, "relu")
    plain = models.mlp(SIZES, "relu")
    assert np.array_equal(model.forward(params, X)[0], plain.forward(params, X)[0])
    assert np.array_equal(model.forward(params, X, state)[0], model.forward(params, X)[0])
    one = rng(1)
    first, second = (model.forward_train(params, state, X, one)[0] for _ in range(2))
    assert not np.allclose(first, second), "each pass while learning draws its own masks"


def test_scores_behind_one_layer_of_dropout_are_right_on_average():
    """With one hidden layer and a linear head the expectation passes through: within five standard errors."""
    model, params, _, X, _ = case({"keep": 0.5}, "relu", "linear", sizes=(6, 5, 3), N=2)
    many = np.repeat(X[:1], 20_000, axis=0)
    Y_pred = model.forward_train(params, {}, many, rng(2))[0]
    error = Y_pred.std(axis=0) / math.sqrt(len(many))
    assert (np.abs(Y_pred.mean(axis=0) - model.forward(params, X[:1])[0][0]) < 5 * error).all()
    assert (error > 0).all()


def test_in_use_each_example_is_predicted_by_itself():
    model, params, state, X, _ = case({"batchnorm": True})
    alone = np.concatenate([model.forward(params, x[None], state)[0] for x in X])
    assert np.allclose(model.forward(params, X, state)[0], alone, rtol=1e-12)
    learning = model.forward_train(params, state, X, rng())[0]
    half = model.forward_train(params, state, X[:4], rng())[0]
    assert not np.allclose(learning[:4], half), "while learning, the others of the batch have an effect"
    assert not np.allclose(learning, model.forward(params, X, state)[0])


def test_with_the_statistics_of_the_batch_both_modes_agree():
    model, params, state, X, _ = case({"batchnorm": True})
    learning, saved, _ = model.forward_train(params, state, X, rng())
    own = {}
    for k, layer in enumerate(saved.layers[:-1], start=1):
        own |= {f"mean{k}": layer.normalized.mean, f"var{k}": layer.normalized.var}
    assert np.allclose(model.forward(params, X, own)[0], learning, rtol=1e-12)


def test_a_bias_before_the_normalization_would_do_nothing():
    model, params, state, X, _ = case({"batchnorm": True}, sizes=(6, 5, 3))
    learning = model.forward_train(params, state, X, rng())[0]
    moved = X + np.linalg.lstsq(params["W1"], np.arange(1.0, 6.0), rcond=None)[0]  # adds 1 to 5 to the sums
    assert not np.allclose(moved, X)
    assert np.allclose(model.forward_train(params, state, moved, rng())[0], learning, rtol=1e-10)


@pytest.mark.parametrize("form", FORMS)
def test_what_a_forward_saves_names_inputs_and_sums_of_each_layer(form):
    model, params, state, X, _ = case(form, "relu")
    for saved in (model.forward(params, X, state)[1], model.forward_train(params, state, X, rng())[1]):
        assert saved.inputs[0] is X
        assert [A.shape for A in saved.inputs] == [(9, 6), (9, 5), (9, 4)]
        assert [Z.shape for Z in saved.sums] == [(9, 5), (9, 4), (9, 3)]
        for A, Z, layer in zip(saved.inputs[1:], saved.sums, saved.layers):
            assert np.array_equal(layer.outputs, np.where(Z > 0, Z, 0))
            shown = 1 if layer.dropped is None else layer.dropped.mask / 0.7
            assert np.allclose(A, layer.outputs * shown, rtol=1e-14)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype_is_kept_and_the_given_state_stays(form, dtype):
    model, params, state, X, Y_true = case(form, dtype=dtype)
    before = {k: v.copy() for k, v in state.items()}
    Y_pred, saved, new = model.forward_train(params, state, X, rng())
    grads = model.backward(params, saved, Y_true.astype(np.int64))
    found = [Y_pred, *grads.values(), *new.values(), model.forward(params, X, state)[0]]
    assert {v.dtype for v in found} == {np.dtype(dtype)} and list(grads) == list(params)
    assert list(new) == list(state) and all(np.array_equal(state[k], before[k]) for k in state)
    assert all(not np.array_equal(new[k], state[k]) for k in state)


@pytest.mark.parametrize("form", FORMS)
def test_training_uses_both_modes(form):
    """Two clouds of points: after training, the network in use tells them apart."""
    one, labels = rng(4), rng(4).integers(0, 2, 120)
    X = 3 * labels[:, None] - 1.5 + one.standard_normal((120, 4))
    model = models.mlp([4, 12, 8, 2], **form)
    params, call = model.init(one), {"batch_size": 20, "progress": False}
    history = training.fit(
        model, params, X, one_hot(labels, 2), optimizer=training.adam(0.02), epochs=15, rng=one, **call
    )
    assert history.accuracy[-1] > 0.93 and not history.diverged
    Y_pred = model.forward(history.params, X, history.model_state)[0]
    assert np.mean(Y_pred.argmax(axis=1) == labels) == history.accuracy[-1]
    assert history.model_state.keys() == model.init_state(params).keys()


# ------------------------------------------------------------------ bad input
NORM = models.mlp([4, 3, 2], batchnorm=True)
P = NORM.init(np.random.default_rng(0))
S = NORM.init_state(P)


@pytest.mark.parametrize("call, error, words", [
    (lambda: models.mlp([4, 3], keep=0), ValueError, "keep: expected the share that stays, above 0"),
    (lambda: models.mlp([4, 3], keep=1.5), ValueError, "keep: expected the share that stays"),
    (lambda: models.mlp([4, 3], keep="0.5"), ValueError, "keep: expected the share that stays"),
    (lambda: models.mlp([4, 3], batchnorm=1), TypeError, "batchnorm: expected True or False"),
    (lambda: models.mlp([4, 3], weights=0.1), TypeError, "weights: expected an initializer"),
    (lambda: models.mlp([4], keep=0.5), ValueError, "sizes: expected at least two"),
    (lambda: NORM.forward_train(P, S, np.ones((1, 4)), rng()), ValueError, "X: expected at least two"),
    (lambda: NORM.forward_train(P, {}, np.ones((2, 4)), rng()), ValueError, "state: .* got an empty"),
    (lambda: NORM.forward(P, np.ones((2, 4))), ValueError, "state: expected a dict with mean1 and var1"),
    (lambda: NORM.forward(P, np.ones((2, 4)), {"mean1": S["mean1"]}), ValueError, "state: .* got mean1"),
    (lambda: NORM.forward(P, np.ones((2, 4)), {"mean1": S["mean1"], "var1": np.ones(2)}), ValueError, "var"),
    (lambda: NORM.forward({"W1": P["W1"]}, np.ones((2, 4)), S), ValueError, "params: .* with beta1"),
    (lambda: NORM.forward(P, [[1.0] * 4] * 2, S), TypeError, "X: expected a NumPy array"),
    (lambda: NORM.init_state({}), ValueError, "params: expected a dict with beta1"),
    (lambda: NORM.init(0), TypeError, "rng: expected a NumPy generator"),
    (lambda: models.mlp([4, 3, 2], keep=0.5).forward_train(P | {"b1": np.ones(3)}, {}, np.ones((2, 4)), None),
     TypeError, "rng: expected a generator"),
])  # fmt: skip
def test_refusals_name_the_argument(call, error, words):
    with pytest.raises(error, match=words):
        call()


def test_a_last_batch_of_one_is_refused_before_training_starts():
    X, Y_true = rng().standard_normal((9, 4)), one_hot(np.arange(9) % 2, 2)
    with pytest.raises(ValueError, match=r"batch_size: .* 1 rows there\. X: expected at least two examples"):
        training.fit(NORM, P, X, Y_true, optimizer=training.sgd(0.1), epochs=1, batch_size=4, rng=rng())


def test_the_model_with_two_modes_is_what_mlp_makes():
    assert isinstance(models.mlp([4, 3, 2], keep=0.5), TwoModeMLP)
