"""All optimizers share what is written here once: checks, the arrays they write into, and the order of work.

An optimizer then has to state no more than its rule, the equations for one array.
"""

from collections.abc import Callable
from math import isfinite
from numbers import Real
from typing import NamedTuple

import numpy as np

from backprop_course.notation import describe, refuse

BLOCK = 32_768  # entries updated at a time: they stay in the processor's cache from one operation to the next


class Optimizer(NamedTuple):
    """Two functions: `init(params) -> state` and `update(params, grads, state, out=None) -> (params, state)`.

    `state` is a dict: "step" counts the updates made so far; whatever else the optimizer remembers is a dict
    with the keys and shapes of `params`, all 0 at first.

    `update` returns new arrays and changes none that it was given, unless `out` is given: a dict with the
    keys and shapes of `params`, or `params` itself. Then the new parameters are written into its arrays, and
    what the state remembers into the arrays of the state: no array of the size of a parameter is made, and
    the given state must not be used again.

    `update` raises ValueError if the keys or shapes of gradients, state or `out` differ from those of the
    parameters, or an array to be written is read-only; TypeError if their dtypes differ. It then has written
    nothing.
    """

    init: Callable
    update: Callable


def from_rule(rule, learning_rate, weight_decay=0.0, remembers=()) -> Optimizer:
    """Make an optimizer of its equations for one array: `rule(W, dW, *memory, rate, t)`.

    The rule changes W and its memory in place and leaves dW; `rate` is the learning rate of this update, `t`
    its number, from 1. `remembers` names the memory. A weight_decay adds weight_decay · W to dW beforehand.

    `learning_rate` is a positive number, or a function of the number of updates made so far (0 at the first).
    Raises ValueError or TypeError for anything else, and for a negative weight_decay.
    """
    rate_at, weight_decay = _rates(learning_rate), number_of("weight_decay", weight_decay)

    def init(params: dict) -> dict:
        zeros = {what: {name: np.zeros_like(W) for name, W in params.items()} for what in remembers}
        return {"step": 0} | zeros

    def update(params: dict, grads: dict, state: dict, out: dict | None = None) -> tuple[dict, dict]:
        require_like("grads", grads, params)
        _require_state(state, remembers, params, written=out is not None)
        if out is not None:
            require_like("out", out, params, written=True)
        rate, t = rate_at(state["step"]), state["step"] + 1
        memory = {what: _copies(state[what]) if out is None else state[what] for what in remembers}
        out = {name: np.empty_like(W) for name, W in params.items()} if out is None else out
        for name, W in params.items():
            kept = [arrays[name] for arrays in memory.values()]
            _apply(rule, W, grads[name], kept, out[name], weight_decay, rate, t)
        return out, {"step": t} | memory

    return Optimizer(init, update)


def _apply(rule, W, dW, memory, out, weight_decay, rate, t):
    """Write the new W into out, which may be W itself, and what is remembered into the memory."""
    for block in _blocks(W):
        W_new = W[block] if out is W else W[block].copy()
        gradient = dW[block] + weight_decay * W_new if weight_decay else dW[block]
        rule(W_new, gradient, *[array[block] for array in memory], rate, t)
        if out is not W:
            out[block] = W_new


def _blocks(W):
    """Indices that together cover an array: all of a small one, some rows at a time of a large one."""
    if W.size <= BLOCK:
        return [...]
    rows = max(1, BLOCK // W[0].size)
    return [slice(start, start + rows) for start in range(0, len(W), rows)]


def _copies(arrays):
    return {name: array.copy() for name, array in arrays.items()}


def _rates(learning_rate):
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
    return number_of(name, value)


def number_of(name: str, value, below: float = np.inf) -> float:
    """A finite number from 0 up to, not including, `below`, as Python's float; anything else is refused.

    Raises TypeError for what is no number, else ValueError.
    """
    if not isinstance(value, Real) or isinstance(value, bool):
        refuse(name, "a number", describe(value), TypeError)
    if not isfinite(value) or not 0 <= value < below:
        upper = "" if below == np.inf else f", and is below {below}"
        refuse(name, f"a finite number that is not negative{upper}", str(value))
    return float(value)


def _require_state(state, remembers, params, written):
    if not isinstance(state, dict) or state.keys() != {"step", *remembers}:
        wanted = " and ".join(["step", *remembers])
        got = f"the keys {', '.join(map(str, state))}" if isinstance(state, dict) else describe(state)
        refuse("state", f"what this optimizer's init or last update returned, with {wanted}", got)
    for what in remembers:
        require_like(f"state[{what!r}]", state[what], params, written)


def require_like(what: str, arrays, params: dict, written: bool = False) -> None:
    """Same keys, shapes and dtypes as the parameters: otherwise broadcasting would hide the mistake.

    Where they are `written`, no array may be read-only. Raises TypeError for a wrong type, else ValueError.
    """
    keys = ", ".join(params) or "none"
    if not isinstance(arrays, dict):
        refuse(what, f"a dict of arrays with the keys {keys}", describe(arrays), TypeError)
    if arrays.keys() != params.keys():
        refuse(what, f"the keys {keys}", ", ".join(map(str, arrays)) or "none")
    for name, W in params.items():
        given, where = arrays[name], f"{what}[{name!r}]"
        if not isinstance(given, np.ndarray) or given.dtype != W.dtype:
            refuse(where, f"an array of {W.dtype}", describe(given), TypeError)
        if given.shape != W.shape:
            refuse(where, f"shape {W.shape}", f"shape {given.shape}")
        if written and not given.flags.writeable:
            refuse(where, "an array that can be written", "a read-only one")
