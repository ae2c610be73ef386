"""Right answers of lesson 10: plain, in loops, by other formulas, in single precision."""

import numpy as np

from backprop_course.models import two_layer


# ------------------------------------------------------------------ noise
def variance_plain(grads):
    misses = grads - grads.mean(axis=0)
    return (misses**2).sum() / (len(grads) - 1)


def variance_by_columns(grads):
    return np.var(grads, axis=0, ddof=1).sum()


def variance_of_pairs(grads):
    k = len(grads)
    total = 0.0
    for a in grads:
        for b in grads:
            total += float(np.sum((a - b) ** 2))
    return total / (2 * k * (k - 1))


def variance_by_norms(grads):
    center = np.mean(grads, 0)
    return sum(np.linalg.norm(row - center) ** 2 for row in grads) / (len(grads) - 1)


# ------------------------------------------------------------------ steps
def ball_plain(W, dW, V, learning_rate, beta):
    V_new = beta * V + dW
    return W - learning_rate * V_new, V_new


def ball_in_place_on_copies(W, dW, V, learning_rate, beta):
    W, V = W.copy(), V.copy()
    V *= beta
    V += dW
    W -= learning_rate * V
    return [W, V]


def ball_scaled(W, dW, V, learning_rate, beta):
    step = learning_rate * beta * V + learning_rate * dW  # the rate inside the velocity, and out again
    return W - step, step / learning_rate


def ball_by_entries(W, dW, V, learning_rate, beta):
    new = [[beta * v + d for v, d in zip(*rows)] for rows in zip(V, dW)]
    moved = [[w - learning_rate * v for w, v in zip(*rows)] for rows in zip(W, new)]
    return moved, new


def nesterov_plain(W, dW, V, learning_rate, beta):
    V_new = beta * V + dW
    return W - learning_rate * (dW + beta * V_new), V_new


def nesterov_expanded(W, dW, V, learning_rate, beta):
    return W - learning_rate * ((1 + beta) * dW + beta**2 * V), np.add(beta * V, dW)


def nesterov_in_two_moves(W, dW, V, learning_rate, beta):
    behind = W + learning_rate * beta * V  # the point whose point ahead is W
    V = beta * V + dW
    behind = behind - learning_rate * V
    return behind - learning_rate * beta * V, V


# ------------------------------------------------------------------ parts
def parts_plain(params, X, Y_true, size):
    total = {name: np.zeros_like(W) for name, W in params.items()}
    for start in range(0, len(X), size):
        rows = slice(start, start + size)
        _, saved = two_layer.forward(params, X[rows])
        grads = two_layer.backward(params, saved, Y_true[rows])
        for name in total:
            total[name] += len(X[rows]) / len(X) * grads[name]
    return total


def parts_as_sums(params, X, Y_true, size):
    found = []
    while len(X):
        saved = two_layer.forward(params, X[:size])[1]
        grads = two_layer.backward(params, saved, Y_true[:size])
        found.append((len(saved.X), grads))
        X, Y_true = X[size:], Y_true[size:]
    N = sum(rows for rows, _ in found)
    return {name: sum(rows * grads[name] for rows, grads in found) / N for name in params}


def parts_averaged(params, X, Y_true, size):
    cuts = np.arange(size, len(X), size)
    pairs = list(zip(np.split(X, cuts), np.split(Y_true, cuts)))
    grads = [two_layer.backward(params, two_layer.forward(params, x)[1], y) for x, y in pairs]
    weights = [len(x) for x, _ in pairs]
    return {name: np.average([g[name] for g in grads], axis=0, weights=weights) for name in params}


STYLES = {
    "10.1": ("c", "C", " c "),
    "10.2": (
        ((3, 2, 2.5), 1 / 3),
        [np.array([3, 2, 2.5]), 0.333],
        ([3.0, 4 / 2, 5 / 2], np.float64(1 / 3)),
    ),
    "10.3": (variance_plain, variance_by_columns, variance_of_pairs, variance_by_norms),
    "10.4": (ball_plain, ball_in_place_on_copies, ball_scaled, ball_by_entries),
    "10.5": (nesterov_plain, nesterov_expanded, nesterov_in_two_moves),
    "10.6": (parts_plain, parts_as_sums, parts_averaged),
}

# ------------------------------------------------------------------ the clinic
ZEROS = "grads = {name: np.zeros_like(W) for name, W in params.items()}"
UPDATE = "params, state = optimizer.update(params, grads, state)"
CLINIC = {
    "10.8": ((8.25, 3.5, 0.333), [8.25, 3.5, 1 / 3], np.array([33 / 4, 7 / 2, 0.3333])),
    "10.9": ((0.2, 0.8, 0.8, 0.4, 0.2), [1 / 5, 4 / 5, 4 / 5, 2 / 5, 1 / 5], np.array([2, 8, 8, 4, 2]) / 10),
    "10.11": (
        {24: "", 29: f"rows = slice(first, first + batch_size)\n{ZEROS}"},
        {30: f"{ZEROS}\nlosses.append(add_gradients(grads, params, X[rows], Y[rows]))"},
        {31: f"{UPDATE}\n            {ZEROS}"},
        {31: f"{UPDATE}\nfor name in grads:\n    grads[name] = np.zeros(params[name].shape)"},
    ),
    "10.12": (
        {25: "order = rng.permutation(len(inputs))\nX, Y = inputs[order], Y_true[order]", 26: ""},
        {25: "order = rng.permutation(len(inputs))\n        X = inputs[order]", 26: "Y = Y_true[order]"},
        {25: "order = np.argsort(rng.random(len(pixels)))", 26: "X, Y = inputs[order], Y_true[order]"},
    ),
    "10.13": (
        {31: UPDATE},
        {31: "new = optimizer.update(params, grads, state)\nparams, state = new"},
    ),
    "10.14": (
        {9: "return pixels / 16"},
        {9: "    return pixels * 0.0625  # 1/16"},
    ),
    "10.15": (
        {
            12: "W1 = rng.standard_normal((h, n)) * np.sqrt(2 / n)",
            13: "W2 = rng.standard_normal((m, h)) * np.sqrt(2 / (h + m))",
        },
        {
            12: "W1 = rng.normal(0, (2 / n) ** 0.5, (h, n))",
            13: "W2 = rng.normal(0, (2 / (h + m)) ** 0.5, (m, h))",
        },
    ),
    "10.16": (
        {26: "X, Y = inputs[order], Y_true[order]"},
        {28: "rows = order[first : first + batch_size]"},
        {25: "", 26: "order = np.argsort(rng.random(len(inputs)))\nX, Y = inputs[order], Y_true[order]"},
    ),
    "10.17": (
        {4: "velocity += dW"},
        {4: "velocity[...] = velocity + dW"},
        {5: "W -= rate / (1 - beta) * velocity"},  # the mean form, with a learning rate made for it
    ),
    "10.18": (
        {3: "velocity *= beta"},
        {3: "", 4: "velocity[...] = beta * velocity + dW"},
    ),
}
STYLES |= CLINIC
