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


STYLES = {
    "14.1": (
        (5, 9, (6, -2, 0, 0)),
        [5.0, 9.0, [6.0, -2.0, 0.0, 0.0]],
        (np.float64(5), 9, np.array([6, -2, 0, 0])),
    ),
    "14.2": (normalize_plain, normalize_by_var, normalize_loops, normalize_transposed),
    "14.3": (
        ((1, 3, -2, -2), -6, 6),
        [[1.0, 3.0, -2.0, -2.0], -6.0, 6.0],
        (np.array([1, 3, -2, -2]), np.int64(-6), 6),
    ),
    "14.4": (backward_plain, backward_short, backward_jacobian),
    "14.5": (move_plain, move_by_difference, move_loops),
    "14.6": (evaluate_plain, evaluate_folded, evaluate_rows),
    "14.10": (rows_plain, rows_steps, rows_loop),
}
