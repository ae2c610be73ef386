"""A whole training, written flat, because its mistakes lie between functions that are each right."""

import numpy as np

from backprop_course.models.two_layer import backward, forward, loss


def scaled(pixels: np.ndarray) -> np.ndarray:
    """The pixels of the digits, from 0 to 16, as inputs from 0 to 1."""
    return pixels / 16


def start(rng: np.random.Generator, n: int, h: int, m: int) -> dict[str, np.ndarray]:
    """The parameters before the first step, as `two_layer.init` draws them."""
    W1 = rng.standard_normal((h, n)) * np.sqrt(2 / n)
    W2 = rng.standard_normal((m, h)) * np.sqrt(2 / (h + m))
    return {"W1": W1, "b1": np.zeros(h), "W2": W2, "b2": np.zeros(m)}


def add_gradients(grads: dict, params: dict, X: np.ndarray, Y_true: np.ndarray) -> float:
    """Add the gradients of these rows to those that are there, as frameworks do; return the loss."""
    Y_pred, saved = forward(params, X)
    for name, dW in backward(params, saved, Y_true).items():
        grads[name] += dW
    return loss(Y_pred, Y_true)


def train(
    params: dict, pixels: np.ndarray, Y_true: np.ndarray, optimizer, epochs: int, batch_size: int, rng
) -> tuple[dict, list[float]]:
    """Make all steps of some epochs: the new parameters, and the loss before each step.

    pixels (N, n), Y_true (N, m); the rows come in a new order in every epoch, as in `training.steps`.
    """
    inputs, losses, state = scaled(pixels), [], optimizer.init(params)
    for _ in range(epochs):
        order = rng.permutation(len(inputs))
        X, Y = inputs[order], Y_true[order]
        for first in range(0, len(X), batch_size):
            rows = slice(first, first + batch_size)
            grads = {name: np.zeros_like(W) for name, W in params.items()}
            losses.append(add_gradients(grads, params, X[rows], Y[rows]))
            params, state = optimizer.update(params, grads, state)
    return params, losses
