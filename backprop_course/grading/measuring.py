"""A gradient check is three short functions; they stand here flat, because each has mistakes of its own."""

from collections.abc import Callable

import numpy as np


def central_differences(f: Callable, p: np.ndarray, eps: float) -> np.ndarray:
    """The slope of f in every entry of p (any shape), measured from both sides at a distance of eps.

    `f(p)` is one number; p stays as it is. Returns the slopes in the shape of p.
    """
    slopes = np.zeros(p.shape)
    for index in np.ndindex(p.shape):
        step = np.zeros(p.shape)
        step[index] = eps
        slopes[index] = (f(p + step) - f(p - step)) / (2 * eps)
    return slopes


def relative_error(yours: np.ndarray, measured: np.ndarray) -> float:
    """The length of the difference of two gradients of one shape, divided by the sum of both lengths: 0 to 1.

    1 where both are zero, as such a comparison proves nothing.
    """
    lengths = np.linalg.norm(yours) + np.linalg.norm(measured)
    if lengths == 0:
        return 1.0
    return float(np.linalg.norm(yours - measured) / lengths)


def near_kinks(Z: np.ndarray, eps: float) -> int:
    """How many sums of ReLU units (any shape) lie closer to 0 than eps, so that a step crosses the kink."""
    return int(np.sum(np.abs(Z) < eps))
