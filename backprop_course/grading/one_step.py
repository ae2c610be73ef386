"""One training step, written flat, because two mistakes belong to it: in the order and in the update."""

import numpy as np

from backprop_course.models.two_layer import forward


def step(params: dict, X: np.ndarray, Y_true: np.ndarray, learning_rate: float) -> dict[str, np.ndarray]:
    """Forward, all gradients, then all updates: the parameters of the two-layer network after one step.

    X (N, n), Y_true (N, m); the given parameters stay as they are. Refuses what `two_layer.forward` refuses.
    """
    W1, b1, W2, b2 = (params[name] for name in ("W1", "b1", "W2", "b2"))
    Y_pred, saved = forward(params, X)
    dZ2 = (Y_pred - Y_true) / len(X)
    dW2, db2 = dZ2.T @ saved.A1, dZ2.sum(axis=0)
    dZ1 = (dZ2 @ W2) * (saved.Z1 > 0)
    dW1, db1 = dZ1.T @ X, dZ1.sum(axis=0)
    W2 = W2 - learning_rate * dW2
    b2 = b2 - learning_rate * db2
    W1 = W1 - learning_rate * dW1
    b1 = b1 - learning_rate * db1
    return {"W1": W1, "b1": b1, "W2": W2, "b2": b2}
