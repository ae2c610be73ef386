"""Right answers of lesson 14: plain, in loops, by other formulas, column by column."""

import numpy as np


# ------------------------------------------------------------------ forward
def normalize_plain(X, gamma, beta, eps):
    centred = X - X.mean(axis=0)
    std = np.sqrt((centred**2).mean(axis=0) + eps)
    return gamma * centred / std + beta


def normalize_by_var(X, gamma, beta, eps):
    return (X - np.mean(X, 0)) * (gamma * (X.var(0) + eps) ** -0.5) + beta


def normalize_loops(X, gamma, beta, eps):
    N, n = X.shape
    out = np.empty((N, n))
    for j in range(n):
        mean = sum(X[:, j]) / N
        var = sum((x - mean) ** 2 for x in X[:, j]) / N
        for r in range(N):
            out[r, j] = gamma[j] * (X[r, j] - mean) / (var + eps) ** 0.5 + beta[j]
    return out


def normalize_transposed(X, gamma, beta, eps):
    rows = np.array(X).T
    rows = [(row - row.mean()) / np.sqrt(row.var() + eps) for row in rows]
    return (np.array(rows).T * gamma + beta).tolist()


# ------------------------------------------------------------------ backward
def backward_plain(dout, saved):
    N = len(dout)
    dX_hat = dout * saved.gamma
    dstd = -(dX_hat * saved.X_hat).sum(axis=0) / saved.std
    dvar = dstd / (2 * saved.std)
    dcentred = dX_hat / saved.std + 2 * saved.centred * dvar / N
    dX = dcentred - dcentred.sum(axis=0) / N
    return dX, (dout * saved.X_hat).sum(axis=0), dout.sum(axis=0)


def backward_short(dout, saved):
    along = (dout * saved.X_hat).mean(axis=0)
    inner = dout - dout.mean(axis=0) - saved.X_hat * along
    return inner * saved.gamma / saved.std, along * len(dout), dout.mean(axis=0) * len(dout)


def backward_jacobian(dout, saved):
    """The table of slopes of each column, (I - 1/N - x xᵀ/N) / std."""
    N, n = dout.shape
    dX = np.zeros((N, n))
    for j in range(n):
        x = saved.X_hat[:, j]
        J = (np.eye(N) - np.ones((N, N)) / N - np.outer(x, x) / N) * saved.gamma[j] / saved.std[j]
        dX[:, j] = J @ dout[:, j]
    return [dX, np.einsum("rj,rj->j", dout, saved.X_hat), np.ones(N) @ dout]


# ------------------------------------------------------------------ running statistics and use
def move_plain(mean, var, X, momentum):
    new_mean = (1 - momentum) * mean + momentum * X.mean(axis=0)
    new_var = (1 - momentum) * var + momentum * X.var(axis=0, ddof=1)
    return new_mean, new_var


def move_by_difference(mean, var, X, momentum):
    N = len(X)
    batch_mean = X.sum(axis=0) / N
    batch_var = ((X - batch_mean) ** 2).sum(axis=0) / (N - 1)
    return mean + momentum * (batch_mean - mean), var + momentum * (batch_var - var)


def move_loops(mean, var, X, momentum):
    old, new = 1 - momentum, ([], [])
    for j in range(len(mean)):
        column = [float(x) for x in X[:, j]]
        centre = sum(column) / len(column)
        spread = sum((x - centre) ** 2 for x in column) / (len(column) - 1)
        new[0].append(old * float(mean[j]) + momentum * centre)
        new[1].append(old * float(var[j]) + momentum * spread)
    return new


def evaluate_plain(X, gamma, beta, mean, var, eps):
    return gamma * (X - mean) / np.sqrt(var + eps) + beta


def evaluate_folded(X, gamma, beta, mean, var, eps):
    scale = gamma / np.sqrt(var + eps)
    return X * scale + (beta - mean * scale)


def evaluate_rows(X, gamma, beta, mean, var, eps):
    rows = []
    for x in X:
        hats = [(a - m) / (v + eps) ** 0.5 for a, m, v in zip(x, mean, var)]
        rows.append([g * hat + b for g, hat, b in zip(gamma, hats, beta)])
    return rows


# ------------------------------------------------------------------ layer normalization
def rows_plain(dout, X, eps):
    centred = X - X.mean(axis=1, keepdims=True)
    std = np.sqrt((centred**2).mean(axis=1, keepdims=True) + eps)
    X_hat = centred / std
    along = (dout * X_hat).mean(axis=1, keepdims=True)
    return (dout - dout.mean(axis=1, keepdims=True) - X_hat * along) / std


def rows_steps(dout, X, eps):
    n = X.shape[1]
    centred = X - X.mean(axis=1)[:, None]
    std = np.sqrt((centred * centred).sum(axis=1)[:, None] / n + eps)
    dstd = -(dout * centred).sum(axis=1)[:, None] / std**2
    dcentred = dout / std + centred * dstd / (n * std)
    return dcentred - dcentred.mean(axis=1)[:, None]


def rows_loop(dout, X, eps):
    found = []
    for d, x in zip(dout, X):
        c = x - np.mean(x)
        s = np.sqrt(np.dot(c, c) / len(c) + eps)
        found.append((d - np.mean(d)) / s - c * np.dot(d, c) / (len(c) * s**3))
    return np.array(found)


# ------------------------------------------------------------------ penalties, from lesson 12
def lowest_plain(a, l1, l2):
    left = np.maximum(np.abs(a) - l1 / 2, 0)
    return np.sign(a) * left / (1 + l2)


def lowest_by_clip(a, l1, l2):
    return (a - np.clip(a, -l1 / 2, l1 / 2)) * (1 / (1 + l2))


def lowest_by_sides(a, l1, l2):
    above, below = (2 * a - l1) / (2 + 2 * l2), (2 * a + l1) / (2 + 2 * l2)
    return np.where(above > 0, above, np.where(below < 0, below, 0))


def lowest_in_loops(a, l1, l2):
    w = []
    for wish in a.tolist():
        size = abs(wish) - 0.5 * l1
        w.append(0.0 if size <= 0 else (size if wish > 0 else -size) / (1 + l2))
    return w


def penalized_plain(X, Y_true, W, b, strength):
    dY_pred = 2 * (X @ W.T + b - Y_true) / Y_true.size
    return dY_pred.T @ X + 2 * strength * W, dY_pred.sum(axis=0)


def penalized_in_loops(X, Y_true, W, b, strength):
    (N, m), dW, db = Y_true.shape, np.zeros(W.shape), np.zeros(len(b))
    for x, t in zip(X, Y_true):
        for k in range(m):
            slope = 2 * (float(W[k] @ x) + b[k] - t[k]) / (N * m)
            dW[k] += slope * x
            db[k] += slope
    return dW + strength * (W + W), db


def penalized_einsum(X, Y_true, W, b, strength):
    errors = np.einsum("ri,ki->rk", X, W) - (Y_true - b)
    dW = np.einsum("rk,ri->ki", errors, X) / errors.size
    return [2 * (dW + strength * W), 2 * errors.mean(axis=0) / len(b)]


STYLES = {
    "14.1": (
        (5, 9, (11, -5, -1, -1)),
        [5.0, 9.0, [11.0, -5.0, -1.0, -1.0]],
        (np.float64(5), 9, np.array([11, -5, -1, -1])),
    ),
    "14.2": (normalize_plain, normalize_by_var, normalize_loops, normalize_transposed),
    "14.3": (
        ((2, 6, -4, -4), -6, 6),
        [[2.0, 6.0, -4.0, -4.0], -6.0, 6.0],
        (np.array([2, 6, -4, -4]), np.int64(-6), 6),
    ),
    "14.4": (backward_plain, backward_short, backward_jacobian),
    "14.5": (move_plain, move_by_difference, move_loops),
    "14.6": (evaluate_plain, evaluate_folded, evaluate_rows),
    "14.8": (lowest_plain, lowest_by_clip, lowest_by_sides, lowest_in_loops),
    "14.9": (penalized_plain, penalized_in_loops, penalized_einsum),
    "14.10": (rows_plain, rows_steps, rows_loop),
}

# ------------------------------------------------------------------ the clinic
CLINIC = {
    "14.11": (
        {18: "return forward(params, X, keep, rng, training=False)[0]"},
        {18: "Y_pred, _ = forward(params, X, keep, rng, False)\nreturn Y_pred"},
        {18: "return forward(params, X, 1.0, rng, training=True)[0]"},
    ),
    "14.12": (
        {26: "Y_pred, saved, state = forward_train(params, state, X[rows])"},
        {26: "Y_pred, saved, new = forward_train(params, state, X[rows])\nstate = new"},
    ),
    "14.13": (
        {21: "order = rng.permutation(training)"},
        {21: "order = training[rng.permutation(len(training))]"},
        {21: "order = training.copy()\nrng.shuffle(order)"},
        {21: "order = np.array([row for row in rng.permutation(len(X)) if row not in validation])"},
    ),
    "14.14": (
        {
            7: "root = np.sqrt(v)\nroot /= sqrt(1 - beta2**t)",
            9: "W -= rate / (1 - beta1**t) * (m / root)",
        },
        {7: "root = np.sqrt(v / (1 - beta2**t))", 9: "W -= rate * m / (1 - beta1**t) / root"},
        {
            7: "m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)\nroot = np.sqrt(v_hat)",
            9: "W -= rate * (m_hat / root)",
        },
        {7: "", 8: "", 9: "W -= rate * (m / (1 - beta1**t)) / (np.sqrt(v / (1 - beta2**t)) + eps)"},
    ),
    "14.15": (
        {18: "dcentred = dX_hat / std + 2 * centred * dvar / N"},
        {18: "dcentred = dX_hat / std + centred * dvar * (2 / len(dout))"},
        {18: "dcentred = (dX_hat - X_hat * (dX_hat * X_hat).mean(axis=0)) / std"},
    ),
    "14.16": (
        {26: 'for name in ("W1", "W2"):'},
        {26: 'for name in [name for name in params if name[0] == "W"]:'},
        {27: 'if "W" in name:\n    grads[name] += l2_backward(params[name], strength)'},
    ),
    "14.17": (
        {33: "return best, losses, watched"},
        {33: "params = best\nreturn params, losses, watched"},
    ),
    "14.18": (
        {7: "return gamma * (X - mean) / np.sqrt(var + eps) + beta"},
        {7: "X_hat = (X - mean) / np.sqrt(var + eps)\nreturn gamma * X_hat + beta"},
    ),
    "14.19": (
        {7: "return dout * saved.mask / saved.keep"},
        {7: "return np.where(saved.mask, dout / saved.keep, 0)"},
        {23: 'dA1 = dropout_backward(dZ2 @ params["W2"], dropped) / dropped.keep'},
    ),
}
STYLES |= CLINIC
