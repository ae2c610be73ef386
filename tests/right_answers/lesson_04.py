"""Right answers of lesson 04: plain, in loops, by other formulas, in single precision."""

import math

import numpy as np


def hidden_plain(x, W1, b1):
    Z1 = W1 @ x + b1
    return Z1, np.maximum(Z1, 0)


def hidden_loops(x, W1, b1):
    Z1 = [float(b) for b in b1]
    for j, row in enumerate(W1):
        for i, weight in enumerate(row):
            Z1[j] += float(weight) * float(x[i])
    return Z1, [max(z, 0.0) for z in Z1]


def hidden_einsum(x, W1, b1):
    Z1 = np.einsum("ji,i->j", W1, x) + b1
    return [Z1, Z1 * (Z1 > 0)]


def hidden_single(x, W1, b1):
    sums = (np.float32(W1) * np.float32(x)).sum(axis=1) + np.float32(b1)
    return sums, np.where(sums >= 0, sums, 0)


def softmax_plain(Z):
    E = np.exp(Z - Z.max(axis=1, keepdims=True))
    return E / E.sum(axis=1, keepdims=True)


def softmax_by_a_product(Z):
    E = np.exp(Z - np.amax(Z, axis=-1)[:, None])
    return E / (E @ np.ones((Z.shape[1], 1)))


def softmax_loops(Z):
    rows = []
    for row in Z:
        e = [math.exp(z - max(row)) for z in row]
        rows.append([value / sum(e) for value in e])
    return rows


def softmax_by_differences(Z):
    with np.errstate(over="ignore"):
        return 1 / np.exp(Z[:, None, :] - Z[:, :, None]).sum(axis=2)


def softmax_columns(Z):
    E = np.exp(Z.T - Z.T.max(axis=0))
    return (E / E.sum(axis=0)).T


def loss_plain(Y_pred, Y_true):
    return -(Y_true * np.log(Y_pred)).sum() / len(Y_pred)


def loss_mean_of_rows(Y_pred, Y_true):
    return np.mean([-math.log(p[t.argmax()]) for p, t in zip(Y_pred.astype(float), Y_true)])


def loss_picked(Y_pred, Y_true):
    return -np.log(Y_pred[np.arange(len(Y_pred)), np.argmax(Y_true, axis=1)]).mean()


def loss_base_two(Y_pred, Y_true):
    return -np.einsum("rk,rk->", Y_true, np.log2(Y_pred)) * np.log(2) / len(Y_true)


def loss_with_floor(Y_pred, Y_true):
    return -np.sum(Y_true * np.log(np.clip(Y_pred, 1e-12, 1.0)), axis=-1).mean()


def forward_plain(params, X):
    Z1 = X @ params["W1"].T + params["b1"]
    A1 = np.maximum(Z1, 0)
    Z2 = A1 @ params["W2"].T + params["b2"]
    E = np.exp(Z2 - Z2.max(axis=1, keepdims=True))
    return {"Z1": Z1, "A1": A1, "Y_pred": E / E.sum(axis=1, keepdims=True)}


def forward_by_examples(params, X):
    found = {"Z1": [], "A1": [], "Y_pred": []}
    for x in X:
        z, a = hidden_loops(x, params["W1"], params["b1"])
        scores = (params["W2"] @ np.array(a) + params["b2"]).tolist()
        for name, row in zip(found, (z, a, softmax_loops([scores])[0])):
            found[name].append(row)
    return found


def forward_by_columns(params, X):
    sums = params["W1"] @ X.T + params["b1"][:, None]
    on = np.where(sums > 0, sums, 0)
    Z2 = np.tensordot(params["W2"], on, 1) + params["b2"].reshape(-1, 1)
    return dict(Y_pred=softmax_columns(Z2.T), A1=on.T, Z1=sums.T)


def scores_plain(Z2, Y_true):
    shifted = Z2 - Z2.max(axis=1, keepdims=True)
    log_Y = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -(Y_true * log_Y).sum() / len(Z2)


def scores_logaddexp(Z2, Y_true):
    return (np.logaddexp.reduce(Z2, axis=1) - (Y_true * Z2).sum(axis=1)).mean()


def scores_loops(Z2, Y_true):
    total = 0.0
    for z, t in zip(Z2.tolist(), Y_true.tolist()):
        total += max(z) + math.log(sum(math.exp(v - max(z)) for v in z)) - z[t.index(1)]
    return total / len(Z2)


def scores_single(Z2, Y_true):
    return scores_plain(np.float32(Z2), np.float32(Y_true))


STYLES = {
    "04.1": (
        ((4, 5), (6, 4), (3, 4), (6, 3)),
        [[4, 5], [6, 4], [3, 4], [6, 3]],
        np.array([[4, 5], [6, 4], [3, 4], [6, 3]]),
    ),
    "04.2": (
        ((2, -2), (2, 0), (0.9526, 0.0474), 3.0486),
        ([2, -2], [2, 0], [0.953, 0.0474], 3.05),
        [np.array([2.0, -2.0]), np.array([2, 0]), 1 / (1 + np.exp([-3.0, 3.0])), math.log1p(math.e**3)],
    ),
    "04.3": (hidden_plain, hidden_loops, hidden_einsum, hidden_single),
    "04.4": (softmax_plain, softmax_by_a_product, softmax_loops, softmax_by_differences, softmax_columns),
    "04.5": (loss_plain, loss_mean_of_rows, loss_picked, loss_base_two, loss_with_floor),
    "04.6": (forward_plain, forward_by_examples, forward_by_columns),
    "04.7": ((3.258, 0.693), [math.log(26), math.log(2)], np.array([3.26, 0.6931])),
    "04.8": ((-4, 0.1875, 3, -2.25), [-4.0, 3 / 16, 3.0, -9 / 4], np.array([-4, 0.1875, 3, -2.25])),
    "04.9": ("c", "C", " c"),
    "04.10": (scores_plain, scores_logaddexp, scores_loops, scores_single),
}
