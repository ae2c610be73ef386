"""On a quadratic, descent and its limit are a line each; they stand here flat, as mistakes belong to them."""

import numpy as np


def descend(H: np.ndarray, start: np.ndarray, learning_rate: float, steps: int) -> np.ndarray:
    """The weights (k,) after some steps on the loss wᵀHw / 2, from `start` (k,); H (k, k) is symmetric."""
    w = start
    for _ in range(steps):
        w = w - learning_rate * (H @ w)
    return w


def limit(H: np.ndarray) -> float:
    """The learning rate beyond which descent on wᵀHw / 2 diverges; H (k, k) is symmetric."""
    return 2 / np.linalg.eigvalsh(H).max()


def second_slopes(pixels: np.ndarray, top: float, m: int) -> np.ndarray:
    """The second slopes (k, k) of the mean squared error of a linear layer with m outputs, for each of them.

    `pixels` (N, k) go from 0 to `top` and are divided by it; there is no bias.
    """
    X = pixels / top
    return 2 / (len(X) * m) * X.T @ X
