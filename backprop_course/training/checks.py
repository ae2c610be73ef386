"""A training run may take minutes, so whatever is wrong with the call is found here, before it starts."""

from contextlib import suppress
from math import ceil

import numpy as np

from backprop_course.notation import describe, refuse, require_finite
from backprop_course.training.modes import has_two_modes, learning_forward, prediction
from backprop_course.training.updating import require_like

ROWS = 4096  # rows that a rehearsal takes at a time, so that large data needs no large memory


def check_parts(model, params, optimizer) -> None:
    """Refuse a model, an optimizer or parameters that cannot be trained."""
    states = ("init_state",) if has_two_modes(model) else ()
    for name, thing, needs in (
        ("model", model, ("forward", "loss", "backward", *states)),
        ("optimizer", optimizer, ("init", "update")),
    ):
        missing = [need for need in needs if not callable(getattr(thing, need, None))]
        if missing:
            refuse(name, f"something with {', '.join(needs)}", f"no {', '.join(missing)}", TypeError)
    if not isinstance(params, dict) or not params:
        refuse("params", "a dict of arrays, as the model's init returns it", describe(params), TypeError)
    for name, W in params.items():
        _require_floats(f"params[{name!r}]", W)


def checked_pair(model, params, X, Y_true, state=None, batch_size=None) -> tuple[np.ndarray, np.ndarray]:
    """Refuse data and parameters that do not fit the model; return X and Y_true in one dtype.

    All rows go once through the model, forward and backward, so that its own refusals come before the first
    step, too. That takes less time than an epoch. Without a batch_size, a model with two modes is not asked
    to learn from these rows.
    """
    _require_floats("X", X)
    if X.ndim < 2 or len(X) == 0:
        refuse("X", "one example a row, at least one", f"shape {X.shape}")
    for name, W in params.items():
        if W.dtype != X.dtype:
            refuse("X", f"the dtype of params[{name!r}], {W.dtype}", str(X.dtype), TypeError)
    try:
        Y_row = prediction(model, params, state, X[:1])
        Y_true = _checked_targets(Y_true, (len(X), *Y_row.shape[1:])).astype(X.dtype, copy=False)
        learns = batch_size is not None or not has_two_modes(model)
        _rehearse(_require_gradients if learns else _require_loss, model, params, state, X, Y_true)
        if batch_size is not None and has_two_modes(model):
            _rehearse_last_batch(model, params, state, X, Y_true, batch_size)
    except KeyError as error:
        keys = f"{', '.join(params)} (the model fails at {error})"
        refuse("params", "the keys that the model's init returns", keys)
    return X, Y_true


def _checked_targets(Y_true, shape):
    if not isinstance(Y_true, np.ndarray) or Y_true.dtype.kind not in "fiub":
        refuse("Y_true", "a NumPy array of numbers", describe(Y_true), TypeError)
    if Y_true.shape != shape:
        hint = " (class numbers become rows by one_hot)" if Y_true.ndim == 1 else ""
        refuse("Y_true", f"shape {shape}, one row per example{hint}", f"shape {Y_true.shape}")
    require_finite("Y_true", Y_true)
    return Y_true


def _rehearse(compute, model, params, state, X, Y_true):
    """Compute with all rows, some at a time; a refusal is repeated with all rows at once."""
    for rows in np.array_split(np.arange(len(X)), ceil(len(X) / ROWS)):
        rows = slice(rows[0], rows[-1] + 1)
        with suppress(ValueError):
            compute(model, params, state, X[rows], Y_true[rows])
            continue
        return compute(model, params, state, X, Y_true)  # the message then counts the rows from the first


def _rehearse_last_batch(model, params, state, X, Y_true, batch_size):
    """What a model learns may need more than one row, and the last mini-batch of an epoch may be short."""
    N = len(X)
    last = N % batch_size or min(N, batch_size)
    try:
        _require_gradients(model, params, state, X[:last], Y_true[:last])
    except ValueError as error:
        refuse("batch_size", f"one whose last mini-batch of {N} rows fits", f"{last} rows there. {error}")


def _require_gradients(model, params, state, X, Y_true):
    with np.errstate(all="ignore"):  # what overflows is told by the training itself
        draws = np.random.default_rng(0)  # those of the training are left to it
        Y_pred, saved, new_state = learning_forward(model, params, state, X, draws)
        model.loss(Y_pred, Y_true)
        require_like("grads", model.backward(params, saved, Y_true), params)
        if has_two_modes(model):
            require_like("the new state of the model", new_state, state)


def _require_loss(model, params, state, X, Y_true):
    with np.errstate(all="ignore"):
        model.loss(prediction(model, params, state, X), Y_true)


def _require_floats(name, array):
    if not isinstance(array, np.ndarray) or array.dtype.kind != "f":
        refuse(name, "a NumPy array of floating-point numbers", describe(array), TypeError)
    require_finite(name, array)
