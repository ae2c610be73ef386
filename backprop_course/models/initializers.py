"""Where the weights start: random, so that hidden units can become different, and scaled to the layer.

`fan_out` is the number of units of the layer, `fan_in` the number of its inputs;
the weights are (fan_out, fan_in).
"""

import numpy as np


def he(rng: np.random.Generator, fan_out: int, fan_in: int, dtype=np.float64) -> np.ndarray:
    """Normal with variance 2 / fan_in, made for ReLU (He et al. 2015). Returns (fan_out, fan_in)."""
    return (rng.standard_normal((fan_out, fan_in)) * np.sqrt(2 / fan_in)).astype(dtype)


def xavier(rng: np.random.Generator, fan_out: int, fan_in: int, dtype=np.float64) -> np.ndarray:
    """Normal with variance 2 / (fan_in + fan_out) (Glorot and Bengio 2010). Returns (fan_out, fan_in)."""
    return (rng.standard_normal((fan_out, fan_in)) * np.sqrt(2 / (fan_in + fan_out))).astype(dtype)
