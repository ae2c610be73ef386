"""Right answers of lesson 05: plain, in loops, by other formulas, in single precision."""

import numpy as np


def error_plain(Y_pred, Y_true):
    return (Y_pred - Y_true) / len(Y_pred)


def error_loops(Y_pred, Y_true):
    N, m = Y_pred.shape
    return [[(float(Y_pred[r, k]) - float(Y_true[r, k])) / N for k in range(m)] for r in range(N)]


def error_jacobian(Y_pred, Y_true):
    rows = []
    for p, t in zip(Y_pred, Y_true):
        J = np.diag(p) - np.outer(p, p)
        rows.append(J @ (-t / p) / len(Y_pred))
    return np.stack(rows)


def error_single(Y_pred, Y_true):
    return np.float32(Y_pred) / np.float32(len(Y_true)) - np.float32(Y_true) / np.float32(len(Y_true))


def second_plain(dZ2, A1):
    return dZ2.T @ A1, dZ2.sum(axis=0)


def second_einsum(dZ2, A1):
    return [np.einsum("rk,rj->kj", dZ2, A1), np.einsum("rk->k", dZ2)]


def second_outer(delta, a):
    dW2 = np.zeros((delta.shape[1], a.shape[1]))
    for row in range(len(delta)):
        dW2 += np.outer(delta[row], a[row])
    return dW2, np.ones(len(delta)) @ delta


def second_single(dZ2, A1):
    return (dZ2.T.astype(np.float32) @ A1.astype(np.float32)), list(dZ2.sum(0))


def back_plain(dZ2, W2):
    return dZ2 @ W2


def back_transposed(dZ2, W2):
    return (W2.T @ dZ2.T).T


def back_loops(dZ2, W2):
    return [
        [sum(dZ2[r, k] * W2[k, j] for k in range(len(W2))) for j in range(W2.shape[1])]
        for r in range(len(dZ2))
    ]


def mask_plain(dA1, Z1):
    return dA1 * (Z1 > 0)


def mask_where(dA1, Z1):
    return np.where(Z1 >= 0, dA1, 0.0)


def mask_assigned(dA1, Z1):
    dZ1 = dA1.copy()
    dZ1[Z1 <= 0] = 0
    return dZ1


def mask_heaviside(dA1, Z1):
    return np.heaviside(Z1, 0.5) * dA1


def whole_plain(params, saved, Y_true):
    X, Z1, A1, Y_pred = saved
    dZ2 = (Y_pred - Y_true) / len(X)
    dZ1 = (dZ2 @ params["W2"]) * (Z1 > 0)
    return {"W1": dZ1.T @ X, "b1": dZ1.sum(axis=0), "W2": dZ2.T @ A1, "b2": dZ2.sum(axis=0)}


def whole_by_examples(params, saved, Y_true):
    total = {name: np.zeros(array.shape) for name, array in params.items()}
    for x, z, a, p, t in zip(*saved, Y_true):
        delta = p - t
        hidden = np.where(z > 0, params["W2"].T @ delta, 0)
        for name, part in (
            ("W2", np.outer(delta, a)),
            ("b2", delta),
            ("W1", np.outer(hidden, x)),
            ("b1", hidden),
        ):
            total[name] += part / len(Y_true)
    return total


def whole_by_mask_of_output(params, saved, Y_true):
    helper = mask_plain
    dZ2 = error_plain(saved.Y_pred, Y_true)
    dZ1 = helper(back_transposed(dZ2, params["W2"]), saved.A1)  # A1 > 0 exactly where Z1 > 0
    (dW2, db2), (dW1, db1) = second_einsum(dZ2, saved.A1), second_einsum(dZ1, saved.X)
    return dict(b2=db2.tolist(), W2=dW2, b1=db1, W1=dW1.tolist())


def sigmoid_plain(dA1, Z1):
    A1 = 1 / (1 + np.exp(-Z1))
    return dA1 * A1 * (1 - A1)


def sigmoid_by_exponentials(dA1, Z1):
    return dA1 / (np.exp(Z1) + 2 + np.exp(-Z1))


def sigmoid_by_tanh(dA1, Z1):
    return dA1 * (1 - np.tanh(Z1 / 2) ** 2) / 4


STYLES = {
    "05.1": ([5, 3, 4, 1, 7, 2, 6], (5, 4, 3, 2, 1, 7, 6), np.array([5, 4, 1, 7, 6, 3, 2])),
    "05.2": (error_plain, error_loops, error_jacobian, error_single),
    "05.3": (second_plain, second_einsum, second_outer, second_single),
    "05.4": (back_plain, back_transposed, back_loops, np.matmul),
    "05.5": (mask_plain, mask_where, mask_assigned, mask_heaviside),
    "05.6": (whole_plain, whole_by_examples, whole_by_mask_of_output),
    "05.7": ((4.5, 1.5, -1.5, -0.75), [9 / 2, 3 / 2, -3 / 2, -3 / 4], np.array([4.501, 1.5, -1.5, -0.75])),
    "05.8": (sigmoid_plain, sigmoid_by_exponentials, sigmoid_by_tanh),
    "05.9": (
        {20: "dW2 = dZ2.T @ saved.A1"},
        {20: "    dW2 = np.einsum('rk,rj->kj', dZ2, saved.A1)"},
        {20: "dW2 = dZ2.T @ np.maximum(saved.Z1, 0)"},
    ),
    "05.11": (12, 12.0, np.float64(12)),
}
