"""Right answers of lesson 07: plain, in loops, by other formulas, in single precision."""

import numpy as np


# ------------------------------------------------------------------ one step
def probabilities(params, X):
    Z1 = X @ params["W1"].T + params["b1"]
    Z2 = np.maximum(Z1, 0) @ params["W2"].T + params["b2"]
    E = np.exp(Z2 - Z2.max(axis=1, keepdims=True))
    return Z1, E / E.sum(axis=1, keepdims=True)


def step_plain(params, X, Y_true, learning_rate):
    Z1, Y_pred = probabilities(params, X)
    dZ2 = (Y_pred - Y_true) / len(X)
    dZ1 = (dZ2 @ params["W2"]) * (Z1 > 0)
    return {
        "W1": params["W1"] - learning_rate * dZ1.T @ X,
        "b1": params["b1"] - learning_rate * dZ1.sum(axis=0),
        "W2": params["W2"] - learning_rate * dZ2.T @ np.maximum(Z1, 0),
        "b2": params["b2"] - learning_rate * dZ2.sum(axis=0),
    }


def step_on_copies(params, X, Y_true, learning_rate):
    new = {name: array.copy() for name, array in params.items()}
    Z1, Y_pred = probabilities(params, X)
    for x, z, p, t in zip(X, Z1, Y_pred, Y_true):  # one example after the other, from the old parameters
        delta = learning_rate * (p - t) / len(X)
        hidden = np.where(z > 0, params["W2"].T @ delta, 0)
        new["W2"] -= np.outer(delta, np.maximum(z, 0))
        new["b2"] -= delta
        new["W1"] -= np.outer(hidden, x)
        new["b1"] -= hidden
    return new


def step_hidden_first(weights, inputs, answers, rate):
    Z1, Y_pred = probabilities(weights, inputs)
    dZ2 = (Y_pred - answers) / answers.shape[0]
    dZ1 = np.einsum("rk,kj->rj", dZ2, weights["W2"]) * np.heaviside(Z1, 0)
    new = dict(weights)
    new["b1"] = (weights["b1"] - rate * np.ones(len(dZ1)) @ dZ1).tolist()
    new["W1"] = weights["W1"] - rate * np.einsum("rj,ri->ji", dZ1, inputs)
    new["b2"] = weights["b2"] - rate * np.einsum("rk->k", dZ2)
    new["W2"] = weights["W2"] - rate * (np.maximum(Z1, 0).T @ dZ2).T
    return new


# ------------------------------------------------------------------ one epoch
def losses_of(params, X, Y_true):
    """The loss of each example, by the logarithm of a sum, with the floor of the package's loss."""
    Y_pred = probabilities(params, X)[1]
    return -(Y_true * np.log(np.maximum(Y_pred, np.finfo(Y_pred.dtype).tiny))).sum(axis=1)


def epoch_plain(params, X, Y_true, order, batch_size, learning_rate):
    total = 0.0
    for start in range(0, len(order), batch_size):
        rows = order[start : start + batch_size]
        total += losses_of(params, X[rows], Y_true[rows]).sum()
        params = step_plain(params, X[rows], Y_true[rows], learning_rate)
    return {**params, "L": total / len(X)}


def epoch_until_empty(params, X, Y_true, order, batch_size, learning_rate):
    waiting, losses = list(order), []
    while waiting:
        rows, waiting = waiting[:batch_size], waiting[batch_size:]
        losses.extend(losses_of(params, X[rows], Y_true[rows]))
        params = step_on_copies(params, X[rows], Y_true[rows], learning_rate)
    return dict(params, L=np.mean(losses))


def epoch_split(params, X, Y_true, order, batch_size, learning_rate):
    losses = np.zeros(len(order))
    for rows in np.split(order, np.arange(batch_size, len(order), batch_size)):
        losses[rows] = losses_of(params, X[rows], Y_true[rows])
        params = step_hidden_first(params, X[rows], Y_true[rows], learning_rate)
        params = {name: np.asarray(value) for name, value in params.items()}
    return params | {"L": losses.mean()}


# ------------------------------------------------------------------ measures
def measures_plain(Y_pred, Y_true):
    answers, classes = Y_pred.argmax(axis=1), Y_true.argmax(axis=1)
    counts = np.zeros((Y_true.shape[1],) * 2)
    for i, j in zip(classes, answers):
        counts[i, j] += 1
    return np.mean(answers == classes), counts


def measures_by_product(Y_pred, Y_true):
    counts = Y_true.T @ (Y_pred == Y_pred.max(axis=1, keepdims=True))
    return np.trace(counts) / len(Y_pred), counts


def measures_by_lists(Y_pred, Y_true):
    m = len(Y_true[0])
    counts = [[0] * m for _ in range(m)]
    right = 0
    for p, t in zip(Y_pred.tolist(), Y_true.tolist()):
        i, j = t.index(1), p.index(max(p))
        counts[i][j] += 1
        right += i == j
    return [right / len(Y_pred), counts]


# ------------------------------------------------------------------ heads and losses
def softmax(Z):
    E = np.exp(Z - Z.max(axis=1, keepdims=True))
    return E / E.sum(axis=1, keepdims=True)


def heads_plain(Z, Y_true):
    N, m = Z.shape
    with np.errstate(over="ignore"):
        sigmoid = 1 / (1 + np.exp(-Z))
    return (softmax(Z) - Y_true) / N, (sigmoid - Y_true) / (N * m), 2 * (Z - Y_true) / (N * m)


def heads_by_tanh(Z, Y_true):
    sigmoid = (1 + np.tanh(Z / 2)) / 2
    return [
        (Y_pred - Y_true) * c
        for Y_pred, c in ((softmax(Z), 1 / len(Z)), (sigmoid, 1 / Z.size), (Z, 2 / Z.size))
    ]


def heads_loops(Z, Y_true):
    N, m = Z.shape
    found = np.zeros((3, N, m))
    for r in range(N):
        E = np.exp(Z[r] - Z[r].max())
        for k in range(m):
            yes = 1 / (1 + np.exp(-Z[r, k])) if Z[r, k] > 0 else np.exp(Z[r, k]) / (1 + np.exp(Z[r, k]))
            found[0, r, k] = (E[k] / E.sum() - Y_true[r, k]) / N
            found[1, r, k] = (yes - Y_true[r, k]) / N / m
            found[2, r, k] = (Z[r, k] - Y_true[r, k]) / N / (m / 2)
    return tuple(found)


def squared_plain(Y_pred, labels):
    return ((Y_pred[:, 0] - labels) ** 2).mean()


def squared_column(Y_pred, labels):
    return np.mean(np.square(Y_pred - labels.reshape(-1, 1)))


def squared_loop(Y_pred, labels):
    return sum((float(p) - float(t)) ** 2 for (p,), t in zip(Y_pred, labels)) / len(labels)


def squared_norm(Y_pred, labels):
    d = Y_pred.ravel() - labels
    return d @ d / d.size


def behind_plain(Y_pred, Y_true):
    d = 2 * (Y_pred - Y_true) / Y_pred.size
    return Y_pred * (d - (Y_pred * d).sum(axis=1, keepdims=True))


def behind_jacobian(Y_pred, Y_true):
    N, m = Y_pred.shape
    return np.stack([(np.diag(p) - np.outer(p, p)) @ (p - t) * (2 / N / m) for p, t in zip(Y_pred, Y_true)])


def behind_einsum(Y_pred, Y_true):
    d = np.subtract(Y_pred, Y_true) * (2 / Y_true.size)
    return Y_pred * d - Y_pred * np.einsum("rk,rk->r", Y_pred, d)[:, None]


STYLES = {
    "07.1": (
        [6, 10, 4, 7, 5, 1, 9, 2, 8, 3],
        (6, 10, 4, 7, 1, 9, 8, 5, 2, 3),
        np.array([6, 10, 4, 7, 1, 5, 2, 9, 8, 3]),
    ),
    "07.2": (190, 190.0, np.int64(190)),
    "07.3": (step_plain, step_on_copies, step_hidden_first),
    "07.4": (epoch_plain, epoch_until_empty, epoch_split),
    "07.5": (measures_plain, measures_by_product, measures_by_lists),
    "07.6": (heads_plain, heads_by_tanh, heads_loops),
    "07.8": (
        ((2.75, -2.5), [(3.5, 5.375), (-0.5, 0.625)]),
        [np.array([2.75, -2.5]), np.array([[3.5, 5.375], [-0.5, 0.625]])],
        ([11 / 4, -5 / 2], [[7 / 2, 43 / 8], [-1 / 2, 5 / 8]]),
    ),
    "07.9": (
        ((0.5, -0.7, 0.2), (-1.1, 0)),
        [[0.5, -0.7, 0.2], [-1.1, 0.0]],
        (np.array([0.5, -0.7, 0.2]), np.array([-1.1, 0.0])),
    ),
    "07.10": (squared_plain, squared_column, squared_loop, squared_norm),
    "07.11": ("c", "C", " c "),
    "07.12": (behind_plain, behind_jacobian, behind_einsum),
}
