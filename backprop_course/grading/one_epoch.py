"""One epoch, written flat, because two mistakes belong to it: in the last mini-batch and in the mean loss."""

import numpy as np

from backprop_course.grading.one_step import step
from backprop_course.models.two_layer import forward, loss


def batches(order: np.ndarray, batch_size: int) -> list[np.ndarray]:
    """Cut shuffled row numbers (N,) into mini-batches; the last one is shorter if there are not enough."""
    return [order[start : start + batch_size] for start in range(0, len(order), batch_size)]


def epoch(
    params: dict, X: np.ndarray, Y_true: np.ndarray, order: np.ndarray, batch_size: int, learning_rate: float
) -> tuple[dict[str, np.ndarray], float]:
    """One step for every mini-batch: the new parameters and the mean loss, each example before its update.

    X (N, n), Y_true (N, m), order (N,); the given parameters stay as they are. Refuses what
    `two_layer.forward` refuses.
    """
    losses, sizes = [], []
    for rows in batches(order, batch_size):
        Y_pred, _ = forward(params, X[rows])
        losses.append(loss(Y_pred, Y_true[rows]))
        sizes.append(len(rows))
        params = step(params, X[rows], Y_true[rows], learning_rate)
    return params, float(np.average(losses, weights=sizes))
