"""Dropout in a two-layer network, written flat, because one mistake belongs here: the mask left on in use."""

import numpy as np

from backprop_course import ops


def both_modes(params: dict, X: np.ndarray, mask: np.ndarray, keep: float) -> tuple[np.ndarray, np.ndarray]:
    """The scores of the two-layer network while it learns, with this mask, and where it is used.

    X (N, n), mask (N, h) of True and False -> Z_learning (N, m), Z_use (N, m).
    """
    W1, b1, W2, b2 = (params[name] for name in ("W1", "b1", "W2", "b2"))
    A1 = ops.relu(ops.linear(X, W1, b1))
    dropped = A1 * mask / keep
    Z_learning = ops.linear(dropped, W2, b2)
    Z_use = ops.linear(A1, W2, b2)
    return Z_learning, Z_use
