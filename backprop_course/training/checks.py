"""A training run may take minutes, so whatever is wrong with the call is found here, before it starts."""

import numpy as np

from backprop_course.notation import describe, refuse, require_finite


def check_parts(model, params, optimizer) -> None:
    """Refuse a model, an optimizer or parameters that cannot be trained."""
    for name, thing, needs in (
        ("model", model, ("forward", "loss", "backward")),
        ("optimizer", optimizer, ("init", "update")),
    ):
        missing = [need for need in needs if not callable(getattr(thing, need, None))]
        if missing:
            refuse(name, f"something with {', '.join(needs)}", f"no {', '.join(missing)}", TypeError)
    if not isinstance(params, dict) or not params:
        refuse("params", "a dict of arrays, as the model's init returns it", describe(params), TypeError)
    for name, W in params.items():
        _require_floats(f"params[{name!r}]", W)


def checked_pair(model, params, X, Y_true, names=("X", "Y_true")) -> tuple[np.ndarray, np.ndarray]:
    """Refuse data that does not fit the model; return X and Y_true in one dtype.

    One row goes forward through the model, so that its own refusals come before the first step, too.
    """
    _require_floats(names[0], X)
    if X.ndim < 2 or len(X) == 0:
        refuse(names[0], "one example a row, at least one", f"shape {X.shape}")
    for name, W in params.items():
        if W.dtype != X.dtype:
            refuse(names[0], f"the dtype of params[{name!r}], {W.dtype}", str(X.dtype), TypeError)
    Y_row, _ = model.forward(params, X[:1])
    wanted = (len(X), *Y_row.shape[1:])
    if not isinstance(Y_true, np.ndarray) or Y_true.dtype.kind not in "fiub":
        refuse(names[1], "a NumPy array of numbers", describe(Y_true), TypeError)
    if Y_true.shape != wanted:
        hint = " (class numbers become rows by one_hot)" if Y_true.ndim == 1 else ""
        refuse(names[1], f"shape {wanted}, one row per example{hint}", f"shape {Y_true.shape}")
    require_finite(names[1], Y_true)
    return X, Y_true.astype(X.dtype, copy=False)


def _require_floats(name, array):
    if not isinstance(array, np.ndarray) or array.dtype.kind != "f":
        refuse(name, "a NumPy array of floating-point numbers", describe(array), TypeError)
    require_finite(name, array)
