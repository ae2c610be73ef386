"""Right answers of lesson 11: plain, in loops over the entries, by other forms of the equations."""

import math

import numpy as np

B1, B2, EPS = 0.9, 0.999, 1e-8


# ------------------------------------------------------------------ RMSProp
def rmsprop_plain(W, dW, v, learning_rate, rho, eps):
    v = rho * v + (1 - rho) * dW**2
    return W - learning_rate * dW / (np.sqrt(v) + eps), v


def rmsprop_entries(W, dW, v, learning_rate, rho, eps):
    new_W, new_v = np.zeros(W.shape), np.zeros(W.shape)
    for place in np.ndindex(W.shape):
        g = float(dW[place])
        new_v[place] = rho * v[place] + (1 - rho) * g * g
        new_W[place] = W[place] - learning_rate * g / (math.sqrt(new_v[place]) + eps)
    return new_W, new_v


def rmsprop_on_copies(W, dW, v, learning_rate, rho, eps):
    W, v = W.copy(), np.array(v)
    v += (1 - rho) * (np.square(dW) - v)
    W -= learning_rate / (v**0.5 + eps) * dW
    return [W, v]


# ------------------------------------------------------------------ Adam
def adam_plain(W, dW, m, v, t, learning_rate):
    m = B1 * m + (1 - B1) * dW
    v = B2 * v + (1 - B2) * dW**2
    m_hat, v_hat = m / (1 - B1**t), v / (1 - B2**t)
    return W - learning_rate * m_hat / (np.sqrt(v_hat) + EPS), m, v


def adam_in_the_rate(W, dW, m, v, t, learning_rate):
    """The corrections in the learning rate and in eps, as in the paper's more efficient order."""
    m, v = m + (1 - B1) * (dW - m), v + (1 - B2) * (dW * dW - v)
    root = math.sqrt(1 - B2**t)
    rate = learning_rate * root / (1 - B1**t)
    return W - rate * m / (np.sqrt(v) + EPS * root), m, v


def adam_entries(W, dW, m, v, t, learning_rate):
    new = [np.empty(W.shape) for _ in range(3)]
    for i, row in enumerate(dW):
        for j, g in enumerate(row):
            g = float(g)
            new[1][i, j] = a = B1 * m[i, j] + (1 - B1) * g
            new[2][i, j] = b = B2 * v[i, j] + (1 - B2) * g**2
            new[0][i, j] = W[i, j] - learning_rate * a / (1 - B1**t) / (math.sqrt(b / (1 - B2**t)) + EPS)
    return tuple(new)


# ------------------------------------------------------------------ a network
def update_plain(params, grads, m, v, made, learning_rate):
    new, t = {}, made + 1
    for name in params:
        new[name] = adam_plain(params[name], grads[name], m[name], v[name], t, learning_rate)[0]
    return new


def update_on_copies(params, grads, m, v, made, learning_rate):
    new = {name: np.copy(W) for name, W in params.items()}
    made += 1
    for name, W in new.items():
        W -= W - adam_in_the_rate(W, grads[name], m[name], v[name], made, learning_rate)[0]
    return new


def update_flat(params, grads, m, v, made, learning_rate):
    """All parameters as one long row."""
    rows = [np.concatenate([np.ravel(part[k]) for k in params])[None] for part in (params, grads, m, v)]
    long, start, new = adam_entries(*rows, made + 1, learning_rate)[0][0], 0, {}
    for name, W in params.items():
        new[name] = long[start : start + W.size].reshape(W.shape)
        start += W.size
    return new


# ------------------------------------------------------------------ AdamW
def adamw_plain(W, dW, m, v, t, learning_rate, weight_decay):
    return adam_plain(W, dW, m, v, t, learning_rate)[0] - learning_rate * weight_decay * W


def adamw_shrinks_first(W, dW, m, v, t, learning_rate, weight_decay):
    return adam_in_the_rate((1 - learning_rate * weight_decay) * W, dW, m, v, t, learning_rate)[0]


def adamw_entries(W, dW, m, v, t, learning_rate, weight_decay):
    step = W - adam_entries(W, dW, m, v, t, learning_rate)[0]
    return np.array(
        [[w - s - learning_rate * weight_decay * w for w, s in zip(*rows)] for rows in zip(W, step)]
    )


# ------------------------------------------------------------------ weights (n, h)
def other_way_plain(normal, uniform):
    n, h = normal.shape
    return normal * np.sqrt(2 / n), uniform * np.sqrt(6 / (n + h))


def other_way_divided(normal, uniform):
    inputs, units = len(normal), len(normal.T)
    return [normal / math.sqrt(inputs / 2), uniform * math.sqrt(3) / math.sqrt((inputs + units) / 2)]


def other_way_turned(normal, uniform):
    """As it is done for weights (h, n), and then turned back."""
    rows, more = normal.T, uniform.T
    W_he = np.stack([row * (2 / row.size) ** 0.5 for row in rows])
    limit = (6 / sum(more.shape)) ** 0.5
    return W_he.T, (((more + 1) / 2) * 2 * limit - limit).T


def other_way_loops(normal, uniform):
    W_he, W_xavier = np.zeros(normal.shape), np.zeros(uniform.shape)
    for i in range(len(W_he)):
        for j in range(len(W_he[0])):
            W_he[i, j] = math.sqrt(2 / len(W_he)) * normal[i, j]
            W_xavier[i, j] = math.sqrt(3 * 2 / (len(W_he) + len(W_he[0]))) * uniform[i, j]
    return W_he, W_xavier


STYLES = {
    "11.1": ([4, 3, 5, 6, 1, 2], (6, 4, 5, 3, 1, 2), np.array([4, 5, 6, 3, 1, 2])),
    "11.2": ((0.01, 0.1, 0.01), [0.01, 0.1, 0.01], np.array([1, 10, 1]) / 100),
    "11.3": (rmsprop_plain, rmsprop_entries, rmsprop_on_copies),
    "11.4": (adam_plain, adam_in_the_rate, adam_entries),
    "11.5": (update_plain, update_on_copies, update_flat),
    "11.6": (adamw_plain, adamw_shrinks_first, adamw_entries),
    "11.8": (other_way_plain, other_way_divided, other_way_turned, other_way_loops),
    "11.9": ((0.4, 2, 3), [2 / 5, 2.0, 3.0], np.array([0.4, 2, 3])),
}
