"""Where the weights start: random, so that hidden units can become different, and scaled to the layer.

`fan_out` is the number of units of the layer, `fan_in` the number of its inputs;
the weights are (fan_out, fan_in).
"""

import numpy as np

from backprop_course.notation import describe, refuse


def he(rng: np.random.Generator, fan_out: int, fan_in: int, dtype=np.float64) -> np.ndarray:
    """Normal with variance 2 / fan_in, made for ReLU (He et al. 2015). Returns (fan_out, fan_in).

    Raises TypeError or ValueError unless rng is a NumPy generator, the sizes are positive integers and the
    dtype is one of floating-point numbers.
    """
    normal = _standard_normal(rng, fan_out, fan_in, dtype)
    return (normal * np.sqrt(2 / fan_in)).astype(dtype)


def xavier(rng: np.random.Generator, fan_out: int, fan_in: int, dtype=np.float64) -> np.ndarray:
    """Normal with variance 2 / (fan_in + fan_out) (Glorot and Bengio 2010). Returns (fan_out, fan_in).

    Refuses what `he` refuses.
    """
    normal = _standard_normal(rng, fan_out, fan_in, dtype)
    return (normal * np.sqrt(2 / (fan_in + fan_out))).astype(dtype)


def _standard_normal(rng, fan_out, fan_in, dtype):
    if not isinstance(rng, np.random.Generator):
        refuse("rng", "a NumPy generator, such as np.random.default_rng(0)", describe(rng), TypeError)
    for name, size in (("fan_out", fan_out), ("fan_in", fan_in)):
        if not isinstance(size, (int, np.integer)) or size < 1:
            refuse(f"{name}, a number of units", "a positive integer", repr(size))
    if np.dtype(dtype).kind != "f":
        refuse("dtype", "one of floating-point numbers", str(np.dtype(dtype)), TypeError)
    return rng.standard_normal((fan_out, fan_in))
