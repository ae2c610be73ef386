"""A gradient needs a witness that knows no calculus: nudge one number, evaluate again, divide.

This room works in float64. A float32 loss of size 1 is off by about 1e-7, and a division by the step
1e-5 makes an error of 1e-2 out of that: no gradient could be judged by it.
"""

from collections.abc import Callable, Mapping
from numbers import Real

import numpy as np

from backprop_course.notation import describe, refuse, require_finite


def finite_differences(f: Callable, params, step: float = 1e-5):
    """Measure the gradient of f by central differences, (f(p + step) - f(p - step)) / (2 step).

    This is the mean of the slope to the right and the slope to the left. `params` is a dict of float64
    arrays, or one array or float; `f(params)` is a finite number. Every entry is nudged on its own, in
    a copy: twice as many evaluations as entries, and the arrays of the caller stay as they are.

    Returns the slopes in the same form as `params`, each with the shape of its parameter.

    Raises TypeError for parameters or a loss that are not float64, ValueError for NaN or infinity, for a
    loss that is not a single number, and for a step that is too small to change a parameter.
    """
    right, left = one_sided_differences(f, params, step)
    if isinstance(params, Mapping):
        return {name: np.asarray((right[name] + left[name]) / 2) for name in right}
    return (right + left) / 2


def one_sided_differences(f: Callable, params, step: float = 1e-5):
    """Measure two slopes of f in every entry p: one to the right, one to the left.

    They are (f(p + step) - f(p)) / step and (f(p) - f(p - step)) / step. At a kink of f the two differ,
    however small the step. Takes and refuses what `finite_differences` does.

    Returns (right, left), each in the same form as `params`.
    """
    if not isinstance(params, Mapping):
        right, left = one_sided_differences(lambda p: f(p["params"]), {"params": params}, step)
        return right["params"], left["params"]
    params, step = float64_copies(params, step), float(step)
    here = evaluate(f, params, "the given params")
    right = {name: np.empty_like(array) for name, array in params.items()}
    left = {name: np.empty_like(array) for name, array in params.items()}
    for name, array in params.items():
        for index in np.ndindex(array.shape):
            right[name][index] = _slope(f, params, name, index, step, here)
            left[name][index] = _slope(f, params, name, index, -step, here)
    return right, left


def _slope(f, params, name, index, step, here):
    """Rise over run from the given point to a point where one entry has moved by `step`."""
    moved = {**params, name: params[name].copy()}
    moved[name][index] += step
    run = moved[name][index] - params[name][index]  # what rounding has left of the step
    place = f"{name}{list(index)}"
    if run == 0:
        refuse("step", f"a step that changes {place} = {params[name][index]:g}", f"{abs(step):g}")
    return (evaluate(f, moved, f"{place} moved by {step:g}") - here) / run


def evaluate(f, params, where):
    """f(params) as a float, refused unless it is one finite float64 number."""
    value = np.asarray(f({name: array.copy() for name, array in params.items()}))
    if value.dtype.kind not in "fiu" or value.dtype in (np.float16, np.float32):
        why = "a loss of lower precision, divided by the step, is mostly rounding error"
        refuse("f", f"a loss in float64 ({why})", describe(value), TypeError)
    if value.shape != ():
        refuse("f", "one number, the loss", describe(value))
    if not np.isfinite(value):
        refuse("f", "a finite loss", f"{value} at {where}")
    return float(value)


def float64_copies(params, step):
    """Copies of the parameters, refused unless they are finite float64 arrays with at least one entry."""
    if not (isinstance(step, Real) and 0 < step < np.inf):
        refuse("step", "a positive number", repr(step))
    if not params:
        refuse("params", "at least one parameter", "none")
    for name, value in params.items():
        if not isinstance(value, (np.ndarray, float)):
            refuse(name, "a float64 array", describe(value), TypeError)
        if np.asarray(value).dtype != np.float64:
            why = f"lower precision rounds, and dividing by the step {step:g} would magnify that"
            if value.dtype.kind != "f":
                why = f"other numbers cannot move by the step {step:g}"
            refuse(name, f"float64 ({why}; convert with .astype(np.float64))", str(value.dtype), TypeError)
        if np.size(value) == 0:
            refuse(name, "at least one entry", describe(value))
        require_finite(name, value)
    return {name: np.array(value) for name, value in params.items()}
