"""Dropout and batch normalization compute in two modes, so gradients and predictions are compared in both."""

import numpy as np

from backprop_course.data import mini_batches
from backprop_course.grading import one_batchnorm_network, one_dropout_network
from backprop_course.grading.plans import (
    BATCH, EPOCHS, FIRST, TRAINED_ON, Plan, Setting, Trial, data, first_batch, told_share,
)  # fmt: skip
from backprop_course.grading.programs import Page, page_of
from backprop_course.grading.trial_networks import small_networks
from backprop_course.models import two_layer
from backprop_course.ops import cross_entropy

DROPOUT_PAGE = page_of(
    {
        "backprop_course.ops.dropout": ("dropout", "dropout_backward"),
        one_dropout_network.__name__: ("forward", "predict", "backward"),
    }
)
BACK_PAGE = page_of(
    {
        "backprop_course.ops.batchnorm": ("batchnorm", "batchnorm_backward"),
        one_batchnorm_network.__name__: ("backward",),
    }
)
USE_PAGE = page_of(
    {
        "backprop_course.ops.batchnorm": ("running_statistics", "batchnorm_evaluate"),
        one_batchnorm_network.__name__: ("forward_train", "predict", "train"),
    }
)


# ------------------------------------------------------------------ dropout
def with_dropout(text: str, params: dict, X, Y_true, keep: float, strength: float, seed: int) -> dict:
    """Gradients, dW1 to db2, the prediction in training `Y_pred`, and that in use, twice."""
    names, rng = DROPOUT_PAGE.execute(text), np.random.default_rng(seed)
    Y_pred, saved = names["forward"](params, X, keep, rng, True)
    grads = names["backward"](params, saved, Y_true, strength)
    used = [names["predict"](params, X, keep, rng) for _ in range(2)]
    found = {f"d{name}": grads[name] for name in params}
    return found | {"Y_pred": Y_pred, "in_use": used[0], "in_use_again": used[1]}


def small_dropouts(rng: np.random.Generator) -> dict[str, tuple]:
    """(params, X, Y_true, keep, strength, seed): small networks, also without dropout, without a penalty."""
    cases = {k: case[:3] for k, case in small_networks(rng).items()}
    seeds = rng.integers(0, 2**31, len(cases)).tolist()
    shares = {"one example": (1.0, 0.3), "equal sizes": (0.5, 0.0)}
    return {k: (*cases[k], *shares.get(k, (0.7, 0.2)), seed) for k, seed in zip(cases, seeds)}


def _first_dropout(text, setting):
    params, X, Y_true = first_batch(setting)
    found = with_dropout(text, params, X, Y_true, setting.keep, setting.strength, 0)
    return _named(found) | {"L": cross_entropy(found["Y_pred"], Y_true)}


def _dropout_training(text, setting, losses):
    names, rng = DROPOUT_PAGE.execute(text), np.random.default_rng(0)
    X, Y_true, labels = data(setting)
    params = two_layer.init(rng, 64, setting.h, 10)
    for _ in range(EPOCHS):
        for rows in mini_batches(TRAINED_ON, BATCH, rng):
            Y_pred, saved = names["forward"](params, X[rows], setting.keep, rng, True)
            losses.append(cross_entropy(Y_pred, Y_true[rows]))
            grads = names["backward"](params, saved, Y_true[rows], setting.strength)
            params = {name: W - setting.learning_rate * grads[name] for name, W in params.items()}
    return told_share(names["predict"](params, X[TRAINED_ON:], setting.keep, rng), labels[TRAINED_ON:])


# ------------------------------------------------------------------ batch normalization
def with_batchnorm(page: Page, text: str, params: dict, state: dict, X, Y_true, learning_rate: float) -> dict:
    """Gradients; mean and variance after two steps; predictions in training, then in use, together and alone."""
    names = page.execute(text)
    Y_pred, saved, _ = names["forward_train"](params, state, X)
    grads = names["backward"](params, saved, Y_true)
    rng = np.random.default_rng(0)
    params, state, _ = names["train"](params, state, X, Y_true, 2, len(X), learning_rate, rng)
    found = {f"d{name}": grads[name] for name in params}
    found |= {"mean": state["mean"], "var": state["var"], "Y_pred": Y_pred}
    used = {k: names["predict"](params, state, rows) for k, rows in (("in_use", X), ("alone", X[:1]))}
    return found | used


def back(text: str, *case) -> dict:
    """The numbers of a program that shows the way back."""
    return with_batchnorm(BACK_PAGE, text, *case)


def use(text: str, *case) -> dict:
    """The numbers of a program that shows both ways of predicting, and the training."""
    return with_batchnorm(USE_PAGE, text, *case)


def small_batchnorms(rng: np.random.Generator) -> dict[str, tuple]:
    """(params, state, X, Y_true, learning_rate): gamma and beta that are not 1 and 0."""
    sizes = {"different sizes": (6, 5, 4, 3), "three examples": (3, 2, 4, 5), "equal sizes": (4, 4, 4, 4)}
    return {label: _small_batchnorm(rng, *size) for label, size in sizes.items()}


def _small_batchnorm(rng, N, n, h, m):
    shapes = {"W1": (h, n), "gamma": (h,), "beta": (h,), "W2": (m, h), "b2": (m,)}
    params = {name: rng.standard_normal(shape) for name, shape in shapes.items()}
    state = {"mean": rng.standard_normal(h), "var": rng.uniform(0.5, 2, h)}
    Y_true = np.eye(m)[rng.permutation(N) % m]
    return params, state, rng.standard_normal((N, n)), Y_true, rng.uniform(0.1, 0.4)


def _first_batchnorm(page):
    def compared(text, setting):
        X, Y_true, _ = data(setting)
        rng = np.random.default_rng(1)
        params, state = _started(setting)
        params |= {k: params[k] + 0.3 * rng.standard_normal(params[k].shape) for k in ("gamma", "beta")}
        case = params, state, X[:FIRST], Y_true[:FIRST], setting.learning_rate
        found = with_batchnorm(page, text, *case)
        return _named(found) | {"L": cross_entropy(found["Y_pred"], Y_true[:FIRST])}

    return compared


def _batchnorm_training(page):
    def trained(text, setting, losses):
        names, (params, state) = page.execute(text), _started(setting)
        X, Y_true, labels = data(setting)
        rows, rng = slice(TRAINED_ON), np.random.default_rng(0)
        rest = EPOCHS, BATCH, setting.learning_rate, rng
        params, state, made = names["train"](params, state, X[rows], Y_true[rows], *rest)
        losses.extend(made)
        return told_share(names["predict"](params, state, X[TRAINED_ON:]), labels[TRAINED_ON:])

    return trained


def _started(setting):
    h = setting.h
    params = two_layer.init(np.random.default_rng(0), 64, h, 10)
    found = {"W1": params["W1"], "gamma": np.ones(h), "beta": np.zeros(h)}
    return found | {"W2": params["W2"], "b2": params["b2"]}, {"mean": np.zeros(h), "var": np.ones(h)}


# ------------------------------------------------------------------ the plans
ROWS = {
    "mean": "running mean",
    "var": "running variance",
    "Y_pred": "Y_pred in training",
    "in_use": "Y_pred in use",
    "in_use_again": "Y_pred in use, again",
    "alone": "in use, one digit alone",
}


def _named(found):
    """The names of the table, for people."""
    return {ROWS.get(name, name): array for name, array in found.items()}


def _about_dropout(setting: Setting) -> str:
    return (
        f"one call of each function, with N = {FIRST}, n = 64, h = {setting.h}, m = 10, "
        f"keep = {setting.keep} and strength = {setting.strength}, and the same draws"
    )


def _about_batchnorm(setting: Setting) -> str:
    return (
        f"one call of each function, with N = {FIRST}, n = 64, h = {setting.h}, m = 10; "
        "running mean and variance after two steps"
    )


DROPOUT_TRIAL = Trial(
    "backward(params, saved, Y_true, strength)",
    "X (N, n), Y_true (N, m) -> dW1 (h, n), db1 (h,), dW2 (m, h), db2 (m,), Y_pred (N, m), in_use (N, m), "
    "in_use_again (N, m)",
    with_dropout,
    small_dropouts,
)
BATCHNORM_TRIAL = Trial(
    "train(params, state, X, Y_true, epochs, batch_size, learning_rate, rng)",
    "X (N, n), Y_true (N, m) -> dW1 (h, n), dgamma (h,), dbeta (h,), dW2 (m, h), db2 (m,), mean (h,), "
    "var (h,), Y_pred (N, m), in_use (N, m), alone (1, m)",
    use,
    small_batchnorms,
)
TABLE = {"head": "what", "caption": "In both modes, beside the same without the mistake"}
DROPOUT = Plan(DROPOUT_PAGE, (DROPOUT_TRIAL,), _first_dropout, _dropout_training, _about_dropout, **TABLE)
BATCHNORM_BACK, BATCHNORM_USE = (
    Plan(
        page, (BATCHNORM_TRIAL._replace(answer_from=numbers),), _first_batchnorm(page),
        _batchnorm_training(page), _about_batchnorm, **TABLE,
    )
    for page, numbers in ((BACK_PAGE, back), (USE_PAGE, use))
)  # fmt: skip
