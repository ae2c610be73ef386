"""Which values an argument of a public op may take, by its name: a name that is missing here fails the suite.

Sizes are all different and none is 1, so that a wrong axis or a missing transpose cannot hide.
"""

import numpy as np

SIZES = {"N": 5, "n": 4, "h": 3, "m": 6, "...": (2, 7)}


def _real(rng, shape):
    return rng.standard_normal(shape)


def _rows_of_probabilities(rng, shape):
    """Strictly between 0 and 1, each row summing to 1: usable as predictions, answers and softmax outputs."""
    raw = rng.uniform(0.2, 1.0, shape)
    return raw / raw.sum(axis=-1, keepdims=True)


def _log_probabilities(rng, shape):
    return np.log(_rows_of_probabilities(rng, shape))


def _between_minus_one_and_one(rng, shape):
    return rng.uniform(-0.9, 0.9, shape)


def _positive(rng, shape):
    return rng.uniform(0.2, 2.0, shape)


DOMAINS = {
    "X": _real,
    "W": _real,
    "b": _real,
    "Z": _real,
    "A": _between_minus_one_and_one,
    "Y_pred": _rows_of_probabilities,
    "Y_true": _rows_of_probabilities,
    "log_Y": _log_probabilities,
    "gamma": _real,
    "beta": _real,
    "mean": _real,
    "var": _positive,
}

# Arguments that no gradient is asked for, and that have no default. Each call of one of these gives the same
# value, so a generator drops the same entries at every call: a gradient check with a fixed mask.
SETTINGS = {
    "strength": lambda: 0.3,
    "threshold": lambda: 0.4,
    "keep": lambda: 0.6,
    "rng": lambda: np.random.default_rng(1),
}


def shape_of(letters):
    """The shape that a written shape such as ("...", "m") stands for."""
    shape = ()
    for letter in letters:
        shape += SIZES[letter] if letter == "..." else (SIZES[letter],)
    return shape


def draw(name, letters, rng):
    """A float64 array for the argument `name`; an upstream gradient `dQ` is any real array."""
    if name not in DOMAINS and name.startswith("d"):
        return _real(rng, shape_of(letters))
    return DOMAINS[name](rng, shape_of(letters))
