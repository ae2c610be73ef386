"""A gradient that is far too large ruins in one step what many have learned, so clipping limits it first.

Clipping changes no given array. It repairs nothing: where a gradient holds NaN, the clipped one does, too.
"""

import numpy as np

from backprop_course.notation import describe, refuse
from backprop_course.training.updating import Optimizer, number_of, require_like


def clip_by_value(grads: dict, limit) -> dict:
    """Every entry of every gradient, limited to -limit … limit: a dict of new arrays of the same shapes.

    The direction changes, as large entries are cut and small ones are not.

    Raises ValueError or TypeError unless `limit` is a positive number.
    """
    limit = _positive("limit", limit)
    return {name: np.clip(dW, -limit, limit, out=np.empty_like(dW)) for name, dW in grads.items()}


def clip_by_norm(grads: dict, limit) -> dict:
    """All gradients times one factor, so that their common norm is at most `limit`: a dict of new arrays.

    The norm is that of all entries of all parameters together (`total_norm`). The direction stays.
    (Pascanu, Mikolov and Bengio 2013.) Refuses what `clip_by_value` refuses.
    """
    limit = _positive("limit", limit)
    norm = total_norm(grads)
    if norm <= limit:
        return {name: dW.copy() for name, dW in grads.items()}
    return {name: np.divide(dW, norm / limit, out=np.empty_like(dW)) for name, dW in grads.items()}


def total_norm(arrays: dict) -> float:
    """The root of the sum of the squares of all entries of all arrays, computed without overflow."""
    norms = [norm_of(array) for array in arrays.values()]
    return norm_of(np.array(norms))


def norm_of(array: np.ndarray) -> float:
    """The root of the sum of the squares of all entries, in double precision and without overflow."""
    largest = float(np.max(np.abs(array), initial=0))
    if largest == 0 or not np.isfinite(largest):
        return largest
    return largest * float(np.sqrt(np.sum(np.square(array / largest, dtype=np.float64))))


def clipped(optimizer: Optimizer, *, norm=None, value=None) -> Optimizer:
    """The same optimizer, whose gradients are clipped first: `clipped(sgd(0.1), norm=5)`.

    Give one of the two limits: `norm` as in `clip_by_norm`, or `value` as in `clip_by_value`. It serves
    wherever an optimizer does, in `fit` and `steps`, too; the gradients that `steps` hands over stay as they
    were computed. Raises ValueError or TypeError unless exactly one limit is given, a positive number.
    """
    if not (callable(getattr(optimizer, "init", None)) and callable(getattr(optimizer, "update", None))):
        refuse("optimizer", "something with init, update", describe(optimizer), TypeError)
    if (norm is None) == (value is None):
        refuse("clipped", "one of norm and value", "none" if norm is None else "both")
    clip, limit = (clip_by_norm, norm) if value is None else (clip_by_value, value)
    limit = _positive("value" if norm is None else "norm", limit)

    def update(params, grads, state, out=None):
        require_like("grads", grads, params)
        return optimizer.update(params, clip(grads, limit), state, out=out)

    return Optimizer(optimizer.init, update)


def _positive(name, limit):
    limit = number_of(name, limit)
    if limit == 0:
        refuse(name, "a positive number", "0")
    return limit
