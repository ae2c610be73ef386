"""A training that stops early is judged by what it returns: rows, choice and Adam's steps are compared."""

from functools import partial
from math import ceil

import numpy as np

from backprop_course.grading import one_selection
from backprop_course.grading.plans import (
    BATCH,
    FIRST,
    MIXED,
    SHUFFLED,
    TRAINED_ON,
    Plan,
    Setting,
    Trial,
    data,
    first_batch,
    shuffled,
)
from backprop_course.grading.programs import page_of, require_dict, returned_by
from backprop_course.models import two_layer
from backprop_course.training import optimizers

PAGE = page_of({optimizers.__name__: ("adam_rule",), one_selection.__name__: ("split", "train")})
EPOCHS, PATIENCE = 12, 3
FEW = 80  # digits in the comparison, a quarter of them for validation
STEPS = 3  # of Adam, that are compared


# ------------------------------------------------------------------ small numbers, for the check
def chosen(text: str, params: dict, X, Y_true, batch_size: int, epochs: int, learning_rate: float) -> dict:
    """The parameters that a program returns, its mean loss, lowest validation loss and number of epochs.

    On these cases no number depends on the order of the rows, as long as each comes once an epoch.
    """
    names = PAGE.execute(text)
    given = params, X, Y_true, names["adam"](learning_rate)
    rest = {"epochs": epochs, "patience": 2, "batch_size": batch_size, "rng": np.random.default_rng(0)}
    new, losses, watched = returned_by(names, "train", "best, losses, watched", *given, **rest)
    require_dict(new, "train", "the best parameters", params)
    found = {name: new[name] for name in params} | {"L": np.mean(losses or [np.nan]), "lowest": min(watched)}
    return found | {
        "epochs": float(len(watched)),
        "shuffled": shuffled(names, partial(names["train"], *given, patience=MIXED)),
    }


def small_choices(rng: np.random.Generator) -> dict[str, tuple]:
    """(params, X, Y_true, batch_size, epochs, learning_rate): all rows in one batch, or all rows equal."""
    cases = {
        "one mini-batch": (*_small(rng, 9, 5, 4, 3), 9, 12),
        "equal sizes": (*_small(rng, 4, 4, 4, 4), 4, 12),
        "two epochs": (*_small(rng, 8, 3, 4, 2), 8, 2),
    }
    params, X, Y_true = _small(rng, 8, 3, 4, 2)
    alike = (np.repeat(array[:1], 8, axis=0) for array in (X, Y_true))
    cases["mini-batches of equal rows"] = (params, *alike, 4, 3)
    return {label: (*case, rng.uniform(0.05, 0.2)) for label, case in cases.items()}


def _small(rng, N, n, h, m):
    shapes = {"W1": (h, n), "b1": (h,), "W2": (m, h), "b2": (m,)}
    params = {name: rng.standard_normal(shape) for name, shape in shapes.items()}
    return params, rng.standard_normal((N, n)), np.eye(m)[rng.permutation(N) % m]


# ------------------------------------------------------------------ the digits, for the table and the curves
def _compared(text, setting):
    """Three steps of Adam with one gradient; then a training on few digits, an epoch in one mini-batch."""
    names = PAGE.execute(text)
    params, X, Y_true = first_batch(setting)
    grads = two_layer.backward(params, two_layer.forward(params, X)[1], Y_true)
    found = _adam_steps(names["adam"](setting.learning_rate), params, grads)
    X, Y_true, _ = data(setting)
    counted = []
    backward = names["backward"]
    names["backward"] = lambda *args: (counted.append(len(args[-1])), backward(*args))[1]
    new, losses, watched = _train(names, setting, params, X[:FEW], Y_true[:FEW], FEW, 5 * EPOCHS)
    found["number of rows in an epoch"] = np.array([sum(counted) / len(watched)])
    found["first validation loss"] = np.array(watched[:1])
    found["number of epochs"] = np.array([float(len(watched))])
    return found | {"change by the training": _flat(new) - _flat(params), "L": losses[0]}


def _adam_steps(adam, params, grads):
    """What each of three steps with the same gradient changes, in all parameters."""
    state, found = adam.init(params), {}
    for k in range(1, STEPS + 1):
        new, state = adam.update(params, grads, state)
        found[f"step {k} of Adam"] = _flat(new) - _flat(params)
        params = new
    return found


def _flat(params):
    return np.concatenate([params[name].ravel() for name in ("W1", "b1", "W2", "b2")])


def _trained(text, setting, losses):
    names = PAGE.execute(text)
    X, Y_true, labels = data(setting)
    params, rows = two_layer.init(np.random.default_rng(0), 64, setting.h, 10), slice(setting.rows)
    new, made, watched = _train(names, setting, params, X[rows], Y_true[rows], BATCH)
    losses.extend(made)
    Y_pred = two_layer.forward(new, X[TRAINED_ON:])[0]
    right = 100 * (Y_pred.argmax(axis=1) == labels[TRAINED_ON:]).mean()
    return (
        f"lowest validation loss {min(watched):.3f}, after {1 + np.argmin(watched)} of {len(watched)} "
        "epochs; on the test digits the network has a loss of "
        f"{two_layer.loss(Y_pred, Y_true[TRAINED_ON:]):.3f} and {right:.1f} % right"
    )


def _train(names, setting, params, X, Y_true, batch_size, epochs=EPOCHS):
    adam, rng = names["adam"](setting.learning_rate), np.random.default_rng(0)
    return names["train"](params, X, Y_true, adam, epochs, PATIENCE, batch_size, rng)


def _about(setting: Setting) -> str:
    return (
        f"three steps of Adam with the gradient of {FIRST} digits each time, then a training on {FEW} "
        f"digits, an epoch in one mini-batch; learning rate {setting.learning_rate}"
    )


TRIAL = Trial(
    "train(params, X, Y_true, optimizer, epochs, patience, batch_size, rng)",
    "W1 (h, n), b1 (h,), W2 (m, h), b2 (m,), X (N, n), Y_true (N, m) -> W1 (h, n), b1 (h,), W2 (m, h), "
    "b2 (m,), L (), lowest (), epochs (), shuffled ()",
    chosen,
    small_choices,
    words=(
        ("L", "the mean of all losses"),
        ("lowest", "the lowest validation loss"),
        ("epochs", "the number of epochs that were made"),
        ("shuffled", SHUFFLED),
    ),
)
SELECTION = Plan(
    PAGE, (TRIAL,), _compared, _trained, _about,
    head="what", caption="Steps and choice, beside those without the mistake",
    epoch=lambda setting: ceil(0.75 * setting.rows / BATCH),
)  # fmt: skip
