"""Backpropagation only computes gradients; what moves the weights is an optimizer, and it lives here.

An optimizer keeps nothing between calls. What it has to remember is its `state`, which the caller hands back.
"""

from collections.abc import Callable
from math import isfinite
from numbers import Real
from typing import NamedTuple

import numpy as np

from backprop_course.notation import describe, refuse

BLOCK = 65_536  # entries updated at a time: they stay in the processor's cache from one operation to the next


class Optimizer(NamedTuple):
    """Two functions: `init(params) -> state` and `update(params, grads, state, out=None) -> (params, state)`.

    `update` returns new arrays and changes none that it was given, unless `out` is given: a dict with the
    keys and shapes of `params`, or `params` itself. Then the new parameters are written into its arrays.
    """

    init: Callable
    update: Callable


def sgd(learning_rate) -> Optimizer:
    """Stochastic gradient descent: every parameter moves by -learning_rate times its gradient.

    `learning_rate` is a positive number, or a function of the number of updates made so far (0 at the first).

    `update` raises ValueError if the keys or shapes of the gradients differ from those of the parameters,
    TypeError if their dtypes do; so for `out`, where no array may be read-only. It then writes nothing.
    """
    rate_at = _schedule(learning_rate)

    def init(params: dict) -> dict:
        return {"step": 0}

    def update(params: dict, grads: dict, state: dict, out: dict | None = None) -> tuple[dict, dict]:
        require_like("grads", grads, params)
        if out is not None:
            require_like("out", out, params, written=True)
        rate = rate_at(state["step"])
        new = {name: np.empty_like(W) for name, W in params.items()} if out is None else out
        for name, W in params.items():
            _descend(W, grads[name], rate, new[name])
        return new, {"step": state["step"] + 1}

    return Optimizer(init, update)


def _descend(W, dW, rate, out):
    """Write W - rate · dW into out; a large array goes a block of rows at a time."""
    if W.size <= BLOCK:
        np.subtract(W, rate * dW, out=out)
        return
    rows = max(1, BLOCK // W[0].size)
    for start in range(0, len(W), rows):
        block = slice(start, start + rows)
        np.subtract(W[block], rate * dW[block], out=out[block])


def _schedule(learning_rate):
    """The learning rate as a function of the step; it returns Python floats, which leave float32 as it is."""
    if callable(learning_rate):
        return lambda step: _rate(f"learning_rate({step})", learning_rate(step))
    rate = _rate("learning_rate", learning_rate)
    if rate == 0:
        refuse("learning_rate", "a positive number or a function of the step", "0")
    return lambda step: rate


def _rate(name, value):
    if not isinstance(value, Real):
        refuse(name, "a number or a function of the step", describe(value), TypeError)
    if not isfinite(value) or value < 0:
        refuse(name, "a finite number that is not negative", str(value))
    return float(value)


def require_like(what: str, arrays, params: dict, written: bool = False) -> None:
    """Same keys, shapes and dtypes as the parameters: otherwise broadcasting would hide the mistake.

    Where they are `written`, no array may be read-only. Raises TypeError for a wrong type, else ValueError.
    """
    if not isinstance(arrays, dict):
        refuse(what, "a dict of arrays with the keys of the parameters", describe(arrays), TypeError)
    if arrays.keys() != params.keys():
        refuse(what, f"the keys {', '.join(params)}", ", ".join(arrays) or "none")
    for name, W in params.items():
        given, where = arrays[name], f"{what}[{name!r}]"
        if not isinstance(given, np.ndarray) or given.dtype != W.dtype:
            refuse(where, f"an array of {W.dtype}, as the parameter is", describe(given), TypeError)
        if given.shape != W.shape:
            refuse(where, f"shape {W.shape}", f"shape {given.shape}")
        if written and not given.flags.writeable:
            refuse(where, "an array that can be written", "a read-only one")
