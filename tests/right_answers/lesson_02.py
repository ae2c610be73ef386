"""Right answers of lesson 02: plain, in steps, by other formulas, as lists, in single precision."""

import numpy as np


def chain_plain(x, g, g_slope, f_slope):
    return f_slope(g(x)) * g_slope(x)


def chain_in_steps(x, g, g_slope, f_slope):
    z = g(x)
    inner, outer = g_slope(x), f_slope(z)
    return np.prod([inner, outer])


def chain_as_array(x, g, g_slope, f_slope):
    factors = np.array([g_slope(x), f_slope(g(x))])
    return factors[0] * factors[1:].reshape(())


def neuron_plain(X, W, b, Y_true):
    Y_pred = 1 / (1 + np.exp(-(W @ X + b)))
    dZ = 2 * (Y_pred - Y_true) * Y_pred * (1 - Y_pred)
    return dZ * X, dZ, dZ * W


def neuron_loops(X, W, b, Y_true):
    Z = b
    for x, w in zip(X.tolist(), W.tolist()):
        Z += w * x
    Y = 1 / (1 + np.exp(-Z))
    dZ = 2 * (Y - Y_true) * (Y - Y**2)
    return [[dZ * x for x in X.tolist()], dZ, [dZ * w for w in W.tolist()]]


def neuron_by_exponentials(X, W, b, Y_true):
    Z = float(np.sum(W * X) + b)
    E = np.exp(Z)
    dZ = 2 * (E - Y_true * (1 + E)) * E / (1 + E) ** 3
    return np.multiply(dZ, X), np.array(dZ), np.multiply(dZ, W)


def neuron_single(X, W, b, Y_true):
    X, W = X.astype(np.float32), W.astype(np.float32)
    Y_pred = 1 / (1 + np.exp(-(X @ W + np.float32(b))))
    db = np.float32(2) * (Y_pred - np.float32(Y_true)) * Y_pred * (1 - Y_pred)
    return db * X, db, db * W


def steps_plain(backpropagate, W, learning_rate):
    visited = [W]
    for _ in range(10):
        W = W - learning_rate * backpropagate(W)
        visited.append(W)
    return visited


def steps_in_an_array(backpropagate, W, learning_rate):
    visited = np.zeros(11)
    visited[0] = W
    for k in range(10):
        visited[k + 1] = visited[k] - learning_rate * backpropagate(visited[k])
    return visited


def steps_by_recursion(backpropagate, W, learning_rate, left=10):
    if left == 0:
        return (W,)
    after = W + -learning_rate * backpropagate(W)
    return (W, *steps_by_recursion(backpropagate, after, learning_rate, left - 1))


STYLES = {
    "02.1": ((6, 48, 288), [6.0, 48.0, 288.0], np.array([6, 48, 288])),
    "02.2": (chain_plain, chain_in_steps, chain_as_array),
    "02.3": ([3, 6, 5, 2, 4, 7, 1], (3, 6, 5, 2, 7, 4, 1), np.array([3, 6, 5, 2, 7, 4, 1])),
    "02.4": (
        (-0.4, -0.064, -0.192, -0.064, 0.128),
        [-0.4, -0.0640001, -0.19199, -0.064, np.float64(0.128)],
        np.array([-0.4, -0.064, -0.192, -0.064, 0.128]),
    ),
    "02.5": (neuron_plain, neuron_loops, neuron_by_exponentials, neuron_single),
    "02.6": ((12, -9, 3), [12.0, -9.0, 3.0], np.array([12, -9, 3])),
    "02.7": (steps_plain, steps_in_an_array, steps_by_recursion),
}
