"""A network with dropout and a penalty, written flat, with a switch between its two modes, as many are."""

import numpy as np

from backprop_course.ops import dropout, dropout_backward, l2_backward, softmax


def forward(params: dict, X: np.ndarray, keep: float, rng: np.random.Generator, training: bool) -> tuple:
    """Predict: X (N, n) -> Y_pred (N, m), with what `backward` needs; dropout only in training."""
    Z1 = X @ params["W1"].T + params["b1"]
    A1, dropped = np.maximum(Z1, 0), None
    if training:
        A1, dropped = dropout(A1, keep, rng)
    Y_pred = softmax(A1 @ params["W2"].T + params["b2"])
    return Y_pred, (X, Z1, A1, dropped, Y_pred)


def predict(params: dict, X: np.ndarray, keep: float, rng: np.random.Generator) -> np.ndarray:
    """Predict where the network is used: X (N, n) -> Y_pred (N, m), without chance."""
    return forward(params, X, keep, rng, training=False)[0]


def backward(params: dict, saved: tuple, Y_true: np.ndarray, strength: float) -> dict[str, np.ndarray]:
    """Gradients of the mean loss in training and of the penalty strength · ΣW² on both weight matrices."""
    X, Z1, A1, dropped, Y_pred = saved
    dZ2 = (Y_pred - Y_true) / len(Y_true)
    dA1 = dropout_backward(dZ2 @ params["W2"], dropped)
    dZ1 = dA1 * (Z1 > 0)
    grads = {"W1": dZ1.T @ X, "b1": dZ1.sum(axis=0), "W2": dZ2.T @ A1, "b2": dZ2.sum(axis=0)}
    for name in ("W1", "W2"):
        grads[name] += l2_backward(params[name], strength)
    return grads
