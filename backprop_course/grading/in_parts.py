"""A batch too large for memory comes in parts, and three mistakes belong to how they are added up."""

import numpy as np

from backprop_course.models.two_layer import backward, forward


def gradient(params: dict, X: np.ndarray, Y_true: np.ndarray, size: int) -> dict[str, np.ndarray]:
    """The gradients of the mean loss over all rows, from at most `size` rows at a time.

    X (N, n), Y_true (N, m); what is saved for the way back is that of one part. Refuses what
    `two_layer.forward` and `two_layer.backward` refuse.
    """
    total = {name: np.zeros_like(W) for name, W in params.items()}
    for start in range(0, len(X), size):
        rows = slice(start, start + size)
        grads = backward(params, forward(params, X[rows])[1], Y_true[rows])
        share = len(X[rows]) / len(X)
        total = {name: total[name] + share * grads[name] for name in total}
    return total
