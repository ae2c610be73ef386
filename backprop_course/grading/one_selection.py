"""A training that chooses its best epoch, written flat, because the choice is only as honest as its rows."""

import numpy as np

from backprop_course.models.two_layer import backward, forward, loss


def split(N: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Row numbers for training and, a quarter of them, for validation."""
    order = rng.permutation(N)
    return order[N // 4 :], order[: N // 4]


def train(
    params: dict, X: np.ndarray, Y_true: np.ndarray, optimizer, epochs, patience, batch_size, rng
) -> tuple[dict, list[float], list[float]]:
    """Train until the validation loss has not fallen for `patience` epochs; the parameters of the best one.

    Also returns the loss before each step, and the validation loss after each epoch.
    """
    training, validation = split(len(X), rng)
    state, best, losses, watched = optimizer.init(params), params, [], []
    for _ in range(epochs):
        order = rng.permutation(training)
        for first in range(0, len(order), batch_size):
            rows = order[first : first + batch_size]
            Y_pred, saved = forward(params, X[rows])
            losses.append(loss(Y_pred, Y_true[rows]))
            grads = backward(params, saved, Y_true[rows])
            params, state = optimizer.update(params, grads, state)
        watched.append(loss(forward(params, X[validation])[0], Y_true[validation]))
        if watched[-1] == min(watched):
            best = params
        if len(watched) - np.argmin(watched) > patience:
            break
    return best, losses, watched
