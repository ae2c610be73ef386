"""Batch normalization computes in two modes, so gradients and predictions are compared in both."""

from functools import partial

import numpy as np

from backprop_course.grading import one_batchnorm_network
from backprop_course.grading.plans import (
    BATCH,
    EPOCHS,
    FIRST,
    TRAINED_ON,
    Plan,
    Setting,
    Trial,
    data,
    told_share,
)
from backprop_course.grading.programs import Page, page_of, require_dict, returned_by
from backprop_course.models import two_layer
from backprop_course.ops import cross_entropy

IN_OPS, FLAT = "backprop_course.ops.batchnorm", one_batchnorm_network.__name__
BACK_PAGE = page_of({IN_OPS: ("batchnorm", "batchnorm_backward"), FLAT: ("backward",)})
USE_PAGE = page_of(
    {IN_OPS: ("running_statistics", "batchnorm_evaluate"), FLAT: ("forward_train", "predict", "train")}
)


def with_batchnorm(page: Page, text: str, params: dict, state: dict, X, Y_true, learning_rate) -> dict:
    """Gradients and the prediction in training; after two steps the statistics and the predictions in use."""
    names = page.execute(text)
    Y_pred, saved, _ = returned_by(names, "forward_train", "Y_pred, saved, state", params, state, X)
    grads = names["backward"](params, saved, Y_true)
    require_dict(grads, "backward", "the gradients", params)
    rest = Y_true, 2, len(X), learning_rate, np.random.default_rng(0)
    params, state, _ = returned_by(names, "train", "params, state, losses", params, state, X, *rest)
    require_dict(params, "train", "the new parameters", grads)
    require_dict(state, "train", "the new state", ("mean", "var"))
    found = {f"d{name}": grads[name] for name in params}
    found |= {"mean": state["mean"], "var": state["var"], "Y_pred": Y_pred}
    used = {k: names["predict"](params, state, rows) for k, rows in (("in_use", X), ("alone", X[:1]))}
    return found | used


def also_in_parts(page: Page, text: str, params: dict, state: dict, X, Y_true, learning_rate) -> dict:
    """The same, and the statistics after an epoch of two mini-batches, in which all rows are equal."""
    alike = (np.repeat(array[:1], 4, axis=0) for array in (X, Y_true))
    found = with_batchnorm(page, text, params, state, X, Y_true, learning_rate)
    train, rng = page.execute(text)["train"], np.random.default_rng(0)
    moved = train(params, state, *alike, 1, 2, learning_rate, rng)[1]
    return found | {"mean_of_two": moved["mean"], "var_of_two": moved["var"]}


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


def _first(page, text, setting):
    X, Y_true, _ = data(setting)
    params, state = _started(setting)
    rng = np.random.default_rng(1)
    params |= {k: params[k] + 0.3 * rng.standard_normal(params[k].shape) for k in ("gamma", "beta")}
    case = params, state, X[:FIRST], Y_true[:FIRST], setting.learning_rate
    found = with_batchnorm(page, text, *case)
    found |= {"L": cross_entropy(found["Y_pred"], Y_true[:FIRST])}
    return {ROWS.get(name, name): array for name, array in found.items()}


def _trained(page, text, setting, losses):
    names, (params, state) = page.execute(text), _started(setting)
    X, Y_true, labels = data(setting)
    rows, rng = slice(TRAINED_ON), np.random.default_rng(0)
    rest = EPOCHS, BATCH, setting.learning_rate, rng
    params, state, made = names["train"](params, state, X[rows], Y_true[rows], *rest)
    losses.extend(made)
    return told_share(names["predict"](params, state, X[TRAINED_ON:]), labels[TRAINED_ON:])


def _started(setting):
    h = setting.h
    params = two_layer.init(np.random.default_rng(0), 64, h, 10)
    found = {"W1": params["W1"], "gamma": np.ones(h), "beta": np.zeros(h)}
    return found | {"W2": params["W2"], "b2": params["b2"]}, {"mean": np.zeros(h), "var": np.ones(h)}


def _about(setting: Setting) -> str:
    return (
        f"one call of each function, with N = {FIRST}, n = 64, h = {setting.h}, m = 10; "
        "running mean and variance after two steps"
    )


ROWS = {
    "mean": "running mean",
    "var": "running variance",
    "Y_pred": "Y_pred in training",
    "in_use": "Y_pred in use",
    "alone": "in use, one digit alone",
}
SIGNATURE = "train(params, state, X, Y_true, epochs, batch_size, learning_rate, rng)"
SHAPES = (
    "W1 (h, n), X (N, n), Y_true (N, m) -> dW1 (h, n), dgamma (h,), dbeta (h,), dW2 (m, h), db2 (m,), "
    "mean (h,), var (h,), Y_pred (N, m), in_use (N, m), alone (1, m), "
    "mean_of_two (h,), var_of_two (h,)"
)
WORDS = (
    ("mean", "the running mean"),
    ("var", "the running variance"),
    ("Y_pred", "the prediction in training"),
    ("in_use", "what `predict` returns"),
    ("alone", "what it returns for the first row alone"),
    ("mean_of_two", "the running mean after two mini-batches"),
    ("var_of_two", "the running variance after two mini-batches"),
)
BATCHNORM_BACK, BATCHNORM_USE = (
    Plan(
        page,
        (Trial(SIGNATURE, SHAPES, partial(also_in_parts, page), small_batchnorms, words=WORDS),),
        partial(_first, page),
        partial(_trained, page),
        _about,
        head="what",
        caption="In both modes, beside the same without the mistake",
    )
    for page in (BACK_PAGE, USE_PAGE)
)
