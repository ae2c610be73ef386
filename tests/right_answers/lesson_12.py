"""Right answers of lesson 12: plain, in loops, by other formulas, in single precision."""

import numpy as np


# ------------------------------------------------------------------ gradients with penalties
def loss_gradients(params, X, Y_true):
    Z1 = X @ params["W1"].T + params["b1"]
    A1 = np.maximum(Z1, 0)
    Z2 = A1 @ params["W2"].T + params["b2"]
    E = np.exp(Z2 - Z2.max(axis=1, keepdims=True))
    dZ2 = (E / E.sum(axis=1, keepdims=True) - Y_true) / len(X)
    dZ1 = (dZ2 @ params["W2"]) * (Z1 > 0)
    return {"W1": dZ1.T @ X, "b1": dZ1.sum(axis=0), "W2": dZ2.T @ A1, "b2": dZ2.sum(axis=0)}


def gradients_plain(params, X, Y_true, l1, l2):
    grads = loss_gradients(params, X, Y_true)
    for name in ("W1", "W2"):
        grads[name] = grads[name] + l1 * np.sign(params[name]) + 2 * l2 * params[name]
    return grads


def gradients_by_comprehension(params, X, Y_true, l1, l2):
    return {
        name: grad + (l1 * np.sign(params[name]) + l2 * params[name] * 2 if name[0] == "W" else 0)
        for name, grad in loss_gradients(params, X, Y_true).items()
    }


def gradients_in_loops(params, X, Y_true, l1, l2):
    grads = {name: grad.copy() for name, grad in loss_gradients(params, X, Y_true).items()}
    for name in ("W1", "W2"):
        for index, w in np.ndenumerate(params[name]):
            side = 1 if w > 0 else -1 if w < 0 else 0
            grads[name][index] += l1 * side + l2 * (w + w)
    return grads


# ------------------------------------------------------------------ the proximal step
def proximal_plain(W, dW, learning_rate, strength):
    moved = W - learning_rate * dW
    return np.sign(moved) * np.maximum(np.abs(moved) - learning_rate * strength, 0)


def proximal_by_clip(W, dW, learning_rate, strength):
    moved, threshold = W - learning_rate * dW, learning_rate * strength
    return moved - np.clip(moved, -threshold, threshold)


def proximal_by_sides(W, dW, learning_rate, strength):
    v, tau = np.subtract(W, learning_rate * dW), strength * learning_rate
    return np.where(v > tau, v - tau, np.where(v < -tau, v + tau, 0))


def proximal_in_loops(W, dW, learning_rate, strength):
    new = []
    for row, slopes in zip(W, dW):
        moved = [float(w) - learning_rate * float(s) for w, s in zip(row, slopes)]
        kept = [max(abs(w) - learning_rate * strength, 0.0) for w in moved]
        new.append([k if w > 0 else -k for k, w in zip(kept, moved)])
    return new


# ------------------------------------------------------------------ decoupled decay
def adamw_plain(W, dW, m, v, t, learning_rate, weight_decay):
    m = 0.9 * m + 0.1 * dW
    v = 0.999 * v + 0.001 * dW**2
    m_hat, v_hat = m / (1 - 0.9**t), v / (1 - 0.999**t)
    return W - learning_rate * m_hat / (np.sqrt(v_hat) + 1e-8) - learning_rate * weight_decay * W, m, v


def adamw_shrinks_first(W, dW, m, v, t, learning_rate, weight_decay):
    W = W * (1 - learning_rate * weight_decay)
    m, v = m + (1 - 0.9) * (dW - m), v + (1 - 0.999) * (np.square(dW) - v)
    return [W - learning_rate / (1 - 0.9**t) * m / (np.sqrt(v / (1 - 0.999**t)) + 1e-8), m, v]


def adamw_in_loops(W, dW, m, v, t, learning_rate, weight_decay):
    new = np.zeros((3, *W.shape))
    for i in np.ndindex(W.shape):
        mean, square = 0.9 * m[i] + 0.1 * dW[i], 0.999 * v[i] + 0.001 * float(dW[i]) ** 2
        step = mean / (1 - 0.9**t) / (float(square / (1 - 0.999**t)) ** 0.5 + 1e-8)
        new[(slice(None), *i)] = W[i] - learning_rate * (step + weight_decay * W[i]), mean, square
    return tuple(new)


STYLES = {
    "12.1": (
        ((1, 1 / 3), (2, 0)),
        [[1.0, 0.333], [2.0, 0.0]],
        (np.array([1, 0.3333]), np.array([2, 0])),
    ),
    "12.2": (gradients_plain, gradients_by_comprehension, gradients_in_loops),
    "12.3": (proximal_plain, proximal_by_clip, proximal_by_sides, proximal_in_loops),
    "12.4": ((1, 1.8, 0.15), [1.0, 1.8, 0.15], np.array([1, 1.8, 0.15])),
    "12.5": (adamw_plain, adamw_shrinks_first, adamw_in_loops),
    "12.6": ("c", "C", " c "),
    "12.8": (
        ((6.4, 1.2), (5.9, 1.8)),
        [[6.4, 1.2], [5.9, 1.8]],
        (np.array([6.4, 1.2]), np.array([59 / 10, 9 / 5])),
    ),
    "12.9": ((6, 72, 0.2), [6.0, 72.0, 1 / 5], np.array([6, 72, 0.2])),
}
