"""Right answers of lesson 06: the instrument in several styles, and more than one repair of each run."""

import numpy as np


def measure_plain(f, p, eps):
    slopes = np.zeros(p.shape)
    for index in np.ndindex(p.shape):
        step = np.zeros(p.shape)
        step[index] = eps
        slopes[index] = (f(p + step) - f(p - step)) / (2 * eps)
    return slopes


def measure_copies(f, p, eps):
    slopes = np.empty(p.shape)
    for i in range(p.shape[0]):
        for j in range(p.shape[1]):
            right, left = p.astype(float), p.astype(float)
            right[i, j] += eps
            left[i, j] -= eps
            slopes[i, j] = (f(right) - f(left)) / (right[i, j] - left[i, j])
    return slopes


def measure_units(f, p, eps):
    units = np.eye(p.size).reshape(p.size, *p.shape)
    right, left = np.array([f(p + eps * u) for u in units]), np.array([f(p - eps * u) for u in units])
    return (0.5 * (right - left) / eps).reshape(p.shape)


def measure_mean_of_sides(f, p, eps):
    sides = []
    for sign in (1, -1):
        side = []
        for k in range(p.size):
            moved = p.astype(np.float64).ravel()
            moved[k] += sign * eps
            side.append((f(moved.reshape(p.shape)) - f(p.astype(np.float64))) / (sign * eps))
        sides.append(np.reshape(side, p.shape).tolist())
    return np.mean(sides, axis=0).tolist()


def error_plain(yours, measured):
    lengths = np.linalg.norm(yours) + np.linalg.norm(measured)
    return np.linalg.norm(yours - measured) / lengths if lengths else 1


def error_loops(a, b):
    squares = [0.0, 0.0, 0.0]
    for x, y in zip(a.ravel().tolist(), b.ravel().tolist()):
        for k, value in enumerate((x - y, x, y)):
            squares[k] += value * value
    difference, yours, measured = (s**0.5 for s in squares)
    return 1.0 if yours + measured == 0 else difference / (yours + measured)


def error_einsum(yours, measured):
    def length(a):
        return np.sqrt(np.einsum("kl,kl->", a, a))

    if not yours.any() and not measured.any():
        return np.float32(1)
    return length(measured - yours) / (length(yours) + length(measured))


def near_plain(Z, eps):
    return np.sum(np.abs(Z) < eps)


def near_between(Z, eps):
    return np.count_nonzero(np.clip(Z, -eps, eps) == Z)


def near_loops(Z, eps):
    return len([z for row in Z for z in row if -eps < z < eps])


def near_signs(Z, eps):
    return ((Z - eps) * -1 > 0).sum() - (Z + eps < 0).sum()


MASK = "dZ1 = dA1 * (saved.Z1 > 0)"
OUTPUT_ERROR = "dZ2 = (saved.Y_pred - Y_true) / N"
HIDDEN = "dZ1 = (dZ2 @ W2) * (saved.Z1 > 0)"
HIDDEN_GRADIENTS = "dW1, db1 = dZ1.T @ X, dZ1.sum(axis=0)"
UPDATE_W2 = "W2 = W2 - learning_rate * dW2"
BLOCK = """\
dZ1 = dA1.copy()
for r in range(N):
    for j in range(dZ1.shape[1]):
        if saved.Z1[r, j] <= 0:
            dZ1[r, j] = 0"""

STYLES = {
    "06.1": ((13, 0.5), [13.0, 0.5], np.array([13.001, 0.5])),
    "06.2": (measure_plain, measure_copies, measure_units, measure_mean_of_sides),
    "06.3": (error_plain, error_loops, error_einsum),
    "06.4": (near_plain, near_between, near_loops, near_signs),
    "06.6": ({23: MASK}, {23: "dZ1 = np.where(saved.A1 > 0, dA1, 0.0)"}, {23: BLOCK}),
    "06.7": (
        {19: OUTPUT_ERROR},
        {26: 'return {"W1": dW1 / N, "b1": db1 / N, "W2": dW2 / N, "b2": db2 / N}'},
    ),
    "06.8": (
        {19: HIDDEN, 20: HIDDEN_GRADIENTS, 21: UPDATE_W2},
        {19: "", 25: f"{UPDATE_W2}\n    return " + '{"W1": W1, "b1": b1, "W2": W2, "b2": b2}'},
        {20: 'dZ1 = (dZ2 @ params["W2"]) * (saved.Z1 > 0)'},
    ),
    "06.9": (
        {15: "return cross_entropy(Y_pred, Y_true)"},
        {15: "return -np.log((Y_pred * Y_true).sum(axis=1).clip(1e-308)).mean()"},
        {15: "return -(Y_true * np.log(Y_pred)).sum() / len(Y_true)"},
    ),
    "06.10": ({19: OUTPUT_ERROR}, {19: "dZ2 = -1 / N * (Y_true - saved.Y_pred)"}),
    "06.11": (
        {21: "db2 = dZ2.sum(axis=0)", 25: "db1 = dZ1.sum(axis=0)"},
        {21: "db2 = N * dZ2.mean(axis=0)", 25: "db1 = np.ones(N) @ dZ1"},
    ),
    "06.12": ({20: "dW2 = dZ2.T @ saved.A1"}, {20: "dW2 = (saved.A1.T @ dZ2).T"}),
    "06.13": (
        {3: "return E / E.sum(axis=-1, keepdims=True)"},
        {3: "    return E / E.sum(axis=1)[:, None]  # rows"},
        {3: "return (E.T / E.sum(axis=1)).T"},
    ),
    "06.14": (
        {24: "b1 = b1 - learning_rate * db1"},
        {24: "b1 = b1 - learning_rate * dZ1.sum(axis=0)"},
    ),
    "06.15": ({20: ""}, {20: "# nothing to do"}, {19: "", 20: OUTPUT_ERROR}),
    "06.16": ({23: MASK}, {23: "dZ1 = dA1 * (saved.X @ params['W1'].T + params['b1'] > 0)"}),
    "06.17": ({22: 'dA1 = dZ2 @ params["W2"]'}, {22: 'dA1 = (params["W2"].T @ dZ2.T).T'}),
    "06.18": (
        {2: "E = np.exp(Z - Z.max(axis=-1, keepdims=True))"},
        {2: "E = np.exp(Z - np.max(Z, axis=1)[:, None])"},
    ),
    "06.19": ((0.2877, 1.3863, -0.5), [np.log(4 / 3), np.log(4), -0.5]),
}
