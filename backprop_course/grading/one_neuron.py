"""One neuron and its neighbours, written flat, because the first mistakes are made in lines like these."""

import numpy as np

from backprop_course.models.layers import ACTIVATIONS, Activation


# ------------------------------------------------------------------ forward: neurons and layers
def layer(X: np.ndarray, W: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The weighted sums of a layer, one example a row: X (N, n), W (h, n), b (h,) -> Z (N, h)."""
    return X @ W.T + b


def network(X, W1, b1, W2, b2) -> np.ndarray:
    """A hidden layer of ReLUs, then an output layer without an activation.

    X (N, n), W1 (h, n), b1 (h,), W2 (m, h), b2 (m,) -> scores (N, m).
    """
    A1 = np.maximum(layer(X, W1, b1), 0)
    return layer(A1, W2, b2)


def one_for_two(W1, b1, W2, b2) -> tuple[np.ndarray, np.ndarray]:
    """The one layer that equals two layers without an activation.

    W1 (h, n), b1 (h,), W2 (m, h), b2 (m,) -> W (m, n), b (m,).
    """
    W = W2 @ W1
    b = W2 @ b1 + b2
    return W, b


# ------------------------------------------------------------------ the chain rule
def chain(x: float, g, g_slope, f_slope) -> float:
    """The slope of f(g(x)): `g` is the inner function, `g_slope` and `f_slope` are the two slopes."""
    inner = g_slope(x)
    outer = f_slope(g(x))
    return outer * inner


def two_paths(x: float) -> tuple[float, float, float]:
    """Slopes of y = p · q with p = x² and q = 5 − x: along the path through p, through q, and of y."""
    p, q = x**2, 5 - x
    through_p = q * 2 * x
    through_q = p * -1
    whole = through_p + through_q
    return through_p, through_q, whole


def slopes(X, W, b: float, Y_true: float, sigmoid: Activation = ACTIVATIONS["sigmoid"]) -> dict:
    """All slopes of L = (Y_pred − Y_true)² for one sigmoid neuron with inputs X (n,) and weights W (n,).

    By name, in the order in which the way back meets them; each has the shape of its quantity.
    """
    Z = np.asarray(W @ X + b)
    Y_pred = sigmoid.forward(Z)
    dY_pred = 2 * (Y_pred - Y_true)
    dZ = sigmoid.backward(dY_pred, Z, Y_pred)
    return {"dY_pred": dY_pred, "dZ": dZ, "dW": dZ * X, "db": dZ * 1, "dX": dZ * W}


def ten_steps(backpropagate, W: float, learning_rate: float) -> np.ndarray:
    """Where ten steps against the slope lead: visited (11,), the start first.

    `backpropagate` gives the slope of the loss at a weight.
    """
    visited = [W]
    for _ in range(10):
        dW = backpropagate(W)
        W = W - learning_rate * dW
        visited.append(W)
    return np.array(visited)
