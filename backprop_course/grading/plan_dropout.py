"""Dropout computes in two modes, so gradients and predictions are compared in both."""

import numpy as np

from backprop_course.data import mini_batches
from backprop_course.grading import one_dropout_network
from backprop_course.grading.plans import (
    BATCH,
    EPOCHS,
    FIRST,
    TRAINED_ON,
    Plan,
    Setting,
    Trial,
    data,
    first_batch,
    told_share,
)
from backprop_course.grading.programs import page_of, require_dict, returned_by
from backprop_course.grading.trial_networks import small_networks
from backprop_course.models import two_layer
from backprop_course.ops import cross_entropy

PAGE = page_of(
    {
        "backprop_course.ops.dropout": ("dropout", "dropout_backward"),
        one_dropout_network.__name__: ("forward", "predict", "backward"),
    }
)


def with_dropout(text: str, params: dict, X, Y_true, keep: float, strength: float, seed: int) -> dict:
    """Gradients, dW1 to db2, the prediction in training `Y_pred`, and that in use, twice."""
    names, rng = PAGE.execute(text), np.random.default_rng(seed)
    Y_pred, saved = returned_by(names, "forward", "Y_pred, saved", params, X, keep, rng, True)
    grads = names["backward"](params, saved, Y_true, strength)
    require_dict(grads, "backward", "the gradients", params)
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
    found |= {"L": cross_entropy(found["Y_pred"], Y_true)}
    return {ROWS.get(name, name): array for name, array in found.items()}


def _dropout_training(text, setting, losses):
    names, rng = PAGE.execute(text), np.random.default_rng(0)
    X, Y_true, labels = data(setting)
    params = two_layer.init(rng, 64, setting.h, 10)
    for _ in range(EPOCHS):
        for rows in mini_batches(TRAINED_ON, BATCH, rng):
            Y_pred, saved = names["forward"](params, X[rows], setting.keep, rng, True)
            losses.append(cross_entropy(Y_pred, Y_true[rows]))
            grads = names["backward"](params, saved, Y_true[rows], setting.strength)
            params = {name: W - setting.learning_rate * grads[name] for name, W in params.items()}
    return told_share(names["predict"](params, X[TRAINED_ON:], setting.keep, rng), labels[TRAINED_ON:])


def _about(setting: Setting) -> str:
    return (
        f"one call of each function, with N = {FIRST}, n = 64, h = {setting.h}, m = 10, "
        f"keep = {setting.keep} and strength = {setting.strength}, and the same draws"
    )


ROWS = {
    "Y_pred": "Y_pred in training",
    "in_use": "Y_pred in use",
    "in_use_again": "Y_pred in use, again",
}
TRIAL = Trial(
    "backward(params, saved, Y_true, strength)",
    "W1 (h, n), X (N, n), Y_true (N, m) -> dW1 (h, n), db1 (h,), dW2 (m, h), db2 (m,), Y_pred (N, m), "
    "in_use (N, m), in_use_again (N, m)",
    with_dropout,
    small_dropouts,
    words=(("in_use", "what `predict` returns"), ("in_use_again", "what its second call returns")),
)
DROPOUT = Plan(
    PAGE, (TRIAL,), _first_dropout, _dropout_training, _about,
    head="what", caption="In both modes, beside the same without the mistake",
)  # fmt: skip
