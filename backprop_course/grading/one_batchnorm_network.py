"""A network with batch normalization, written flat, with its training, where its state can get lost."""

import numpy as np

from backprop_course.data import mini_batches
from backprop_course.ops import (
    batchnorm,
    batchnorm_backward,
    batchnorm_evaluate,
    cross_entropy,
    running_statistics,
    softmax,
)  # fmt: skip


def forward_train(params: dict, state: dict, X: np.ndarray) -> tuple:
    """Predict while learning: X (N, n) -> Y_pred (N, m), what `backward` needs, and the new state."""
    Z1 = X @ params["W1"].T
    S1, normalized = batchnorm(Z1, params["gamma"], params["beta"])
    A1 = np.maximum(S1, 0)
    Y_pred = softmax(A1 @ params["W2"].T + params["b2"])
    mean, var = running_statistics(state["mean"], state["var"], normalized)
    return Y_pred, (X, normalized, S1, A1, Y_pred), {"mean": mean, "var": var}


def predict(params: dict, state: dict, X: np.ndarray) -> np.ndarray:
    """Predict where the network is used, each example by itself: X (N, n) -> Y_pred (N, m)."""
    Z1 = X @ params["W1"].T
    S1 = batchnorm_evaluate(Z1, params["gamma"], params["beta"], state["mean"], state["var"])
    return softmax(np.maximum(S1, 0) @ params["W2"].T + params["b2"])


def backward(params: dict, saved: tuple, Y_true: np.ndarray) -> dict[str, np.ndarray]:
    """Gradients of the mean loss, with the keys and shapes of `params`."""
    X, normalized, S1, A1, Y_pred = saved
    dZ2 = (Y_pred - Y_true) / len(Y_true)
    dS1 = (dZ2 @ params["W2"]) * (S1 > 0)
    dZ1, dgamma, dbeta = batchnorm_backward(dS1, normalized)
    grads = {"W1": dZ1.T @ X, "gamma": dgamma, "beta": dbeta}
    return grads | {"W2": dZ2.T @ A1, "b2": dZ2.sum(axis=0)}


def train(
    params: dict, state: dict, X: np.ndarray, Y_true: np.ndarray, epochs, batch_size, learning_rate, rng
) -> tuple[dict, dict, list[float]]:
    """Make all steps of some epochs: new parameters and state, and the loss before each step."""
    losses = []
    for _ in range(epochs):
        for rows in mini_batches(len(X), batch_size, rng):
            Y_pred, saved, state = forward_train(params, state, X[rows])
            losses.append(cross_entropy(Y_pred, Y_true[rows]))
            grads = backward(params, saved, Y_true[rows])
            params = {name: params[name] - learning_rate * grads[name] for name in params}
    return params, state, losses
