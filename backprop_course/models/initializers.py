"""Where the weights start: random, so that hidden units can become different, and scaled to the layer.

`fan_out` is the number of units of the layer, `fan_in` the number of its inputs; an initializer is a function
of (rng, fan_out, fan_in, dtype) and returns weights (fan_out, fan_in). All refuse, with TypeError or
ValueError, an rng that is no NumPy generator, sizes that are no positive integers, and a dtype that is not
one of floating-point numbers.
"""

from collections.abc import Callable
from math import isfinite
from numbers import Real

import numpy as np

from backprop_course.notation import describe, refuse


def zeros(rng: np.random.Generator, fan_out: int, fan_in: int, dtype=np.float64) -> np.ndarray:
    """All 0: the units of a layer stay equal for ever. Nothing is drawn. Returns (fan_out, fan_in)."""
    _check(rng, fan_out, fan_in, dtype)
    return np.zeros((fan_out, fan_in), dtype)


def normal(std: float) -> Callable:
    """An initializer that draws normal numbers with mean 0 and this standard deviation, whatever the sizes.

    Raises ValueError unless std is a positive number.
    """
    if not isinstance(std, Real) or not isfinite(std) or std <= 0:
        refuse("std", "a positive number", repr(std))

    def draw(rng: np.random.Generator, fan_out: int, fan_in: int, dtype=np.float64) -> np.ndarray:
        _check(rng, fan_out, fan_in, dtype)
        return (rng.standard_normal((fan_out, fan_in)) * std).astype(dtype)

    return draw


def he(rng: np.random.Generator, fan_out: int, fan_in: int, dtype=np.float64) -> np.ndarray:
    """Normal with variance 2 / fan_in, made for ReLU (He et al. 2015). Returns (fan_out, fan_in).

    PyTorch calls it kaiming_normal.
    """
    _check(rng, fan_out, fan_in, dtype)
    return (rng.standard_normal((fan_out, fan_in)) * np.sqrt(2 / fan_in)).astype(dtype)


def xavier(rng: np.random.Generator, fan_out: int, fan_in: int, dtype=np.float64) -> np.ndarray:
    """Normal with variance 2 / (fan_in + fan_out) (Glorot and Bengio 2010). Returns (fan_out, fan_in).

    Also called Glorot; PyTorch's name is xavier_normal.
    """
    _check(rng, fan_out, fan_in, dtype)
    return (rng.standard_normal((fan_out, fan_in)) * np.sqrt(2 / (fan_in + fan_out))).astype(dtype)


def xavier_uniform(rng: np.random.Generator, fan_out: int, fan_in: int, dtype=np.float64) -> np.ndarray:
    """Uniform between ±√(6 / (fan_in + fan_out)), which gives the variance of `xavier`: limit² / 3.

    Returns (fan_out, fan_in).
    """
    _check(rng, fan_out, fan_in, dtype)
    limit = np.sqrt(6 / (fan_in + fan_out))
    return rng.uniform(-limit, limit, (fan_out, fan_in)).astype(dtype)


def _check(rng, fan_out, fan_in, dtype):
    if not isinstance(rng, np.random.Generator):
        refuse("rng", "a NumPy generator, such as np.random.default_rng(0)", describe(rng), TypeError)
    for name, size in (("fan_out", fan_out), ("fan_in", fan_in)):
        if not isinstance(size, (int, np.integer)) or size < 1:
            refuse(f"{name}, a number of units", "a positive integer", repr(size))
    if np.dtype(dtype).kind != "f":
        refuse("dtype", "one of floating-point numbers", str(np.dtype(dtype)), TypeError)
