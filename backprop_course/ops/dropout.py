"""Dropout has a room of its own, because what was dropped on the way forward stays dropped on the way back.

It belongs to training only: where the network is used, nobody calls it, so there is no switch to forget.
"""

from numbers import Real
from typing import NamedTuple

import numpy as np

from backprop_course.notation import checked, refuse


class Dropped(NamedTuple):
    """What `dropout` keeps for its backward: which entries stayed (bool, the shape of X), and their share."""

    mask: np.ndarray
    keep: float


@checked
def dropout(X, keep, rng):
    """Keep each entry with the probability `keep`, divided by `keep`, and replace the others by 0.

    The division makes the expectation of every entry X again, so that nothing needs scaling later; hence the
    name inverted dropout. Other libraries ask for the share to drop, p = 1 - keep.

    Raises ValueError unless 0 < keep <= 1, TypeError unless rng is a NumPy generator.

    Shapes: X (...) -> out (...), saved
    """
    if not isinstance(keep, Real) or not 0 < keep <= 1:
        refuse("keep", "the share that stays, above 0 and at most 1", repr(keep))
    if not isinstance(rng, np.random.Generator):
        refuse("rng", "a generator such as np.random.default_rng(0)", type(rng).__name__, TypeError)
    keep = float(keep)
    mask = rng.random(X.shape, dtype=np.float32) < keep
    return X * mask / keep, Dropped(mask, keep)


@checked
def dropout_backward(dout, saved):
    """The same mask and the same division: what was dropped has had no effect, so it gets no gradient.

    Raises ValueError unless dout has the shape of what was dropped.

    Shapes: dout (...), saved -> dX (...)
    """
    if dout.shape != saved.mask.shape:
        refuse("dout", f"shape {saved.mask.shape}, as the mask has", f"shape {dout.shape}")
    return dout * saved.mask / saved.keep
