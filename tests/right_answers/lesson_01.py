"""Right answers of lesson 01: plain, in loops, with other weights, by other formulas, in single precision."""

import numpy as np


def layer_plain(X, W, b):
    return X @ W.T + b


def layer_loops(X, W, b):
    return [[sum(w * x for w, x in zip(weights, row)) + c for weights, c in zip(W, b)] for row in X]


def layer_einsum(X, W, b):
    return np.einsum("ri,ji->rj", X, W) + b[np.newaxis]


def layer_columns(X, W, b):
    Z = np.empty((len(X), len(W)))
    for j in range(len(W)):
        Z[:, j] = b[j] + (W[j] * X).sum(axis=1)
    return Z


def layer_single(X, W, b):
    return X.astype(np.float32) @ W.astype(np.float32).T + b.astype(np.float32)


def slopes_plain(A_sigmoid, A_tanh, A_relu):
    return A_sigmoid * (1 - A_sigmoid), 1 - A_tanh**2, (A_relu > 0) * 1.0


def slopes_factored(A_sigmoid, A_tanh, A_relu):
    return [A_sigmoid - A_sigmoid**2, (1 - A_tanh) * (1 + A_tanh), np.sign(A_relu)]


def slopes_loops(A_sigmoid, A_tanh, A_relu):
    sigmoid = [[a * (1 - a) for a in row] for row in A_sigmoid.tolist()]
    tanh = [[1 - a * a for a in row] for row in A_tanh.tolist()]
    relu = [[1 if a > 0 else 0 for a in row] for row in A_relu.tolist()]
    return sigmoid, tanh, relu


def slopes_where(A_sigmoid, A_tanh, A_relu):
    return 0.25 - (A_sigmoid - 0.5) ** 2, 1 - np.square(A_tanh), A_relu > 0  # True counts as 1


def alike_by_counting(X):
    W1, b1 = np.array([[1.0, 1.0], [1.0, 1.0]]), np.array([0.0, -1.0])
    W2, b2 = np.array([[-1.0, 2.0]]), np.array([1.0])
    A1 = np.maximum(X @ W1.T + b1, 0)
    return ((A1 @ W2.T + b2)[:, 0] > 0.5) * 1


def alike_by_differences(X):
    W1, b1 = np.array([[1, -1], [-1, 1]]), np.zeros(2)
    W2, b2 = np.array([[-3, -3]]), np.array([2])
    A1 = np.maximum(X @ W1.T + b1, 0)
    Y = A1 @ W2.T + b2
    return np.where(Y[:, 0] > 0.5, 1.0, 0.0)


def alike_as_yes_and_no(X):
    A1 = np.maximum(X @ [[2, -2], [2, -2]] - [3, -1], 0)  # 1 where both are 1, and 1 where none is
    return A1.sum(axis=1) > 0.5


def alike_by_two_cases(X):
    answers = []
    for x in X:
        none, both = max(0, 1 - x[0] - x[1]), max(0, x[0] + x[1] - 1)
        answers.append(int(none + both > 0.5))
    return answers


def scores_plain(X, W1, b1, W2, b2):
    return np.maximum(X @ W1.T + b1, 0) @ W2.T + b2


def scores_by_mask(X, W1, b1, W2, b2):
    Z1 = layer_einsum(X, W1, b1)
    return layer_plain(Z1 * (Z1 >= 0), W2, b2).tolist()


def scores_one_by_one(X, W1, b1, W2, b2):
    return np.stack([W2 @ np.clip(W1 @ x + b1, 0, None) + b2 for x in X])


def scores_columns(X, W1, b1, W2, b2):
    A1 = np.where(W1 @ X.T + b1[:, None] > 0, W1 @ X.T + b1[:, None], 0)
    return (W2 @ A1 + b2[:, None]).T


def one_plain(W1, b1, W2, b2):
    return W2 @ W1, W2 @ b1 + b2


def one_probed(W1, b1, W2, b2):
    b = (b1 @ W2.T) + b2
    columns = [W2 @ (W1 @ e + b1) + b2 - b for e in np.eye(W1.shape[1])]
    return np.stack(columns, axis=1), b


def one_einsum(W1, b1, W2, b2):
    return [np.einsum("kj,ji->ki", W2, W1), b2 + np.einsum("kj,j->k", W2, b1)]


def one_loops(W1, b1, W2, b2):
    (h, n), m = W1.shape, len(W2)
    W = [[sum(W2[k, j] * W1[j, i] for j in range(h)) for i in range(n)] for k in range(m)]
    return W, [b2[k] + sum(W2[k, j] * b1[j] for j in range(h)) for k in range(m)]


STYLES = {
    "01.1": (((1, -3), (1, 0)), [[1.0, -3.0], [1.0, 0.0]], np.array([[1, -3], [1, 0]])),
    "01.2": (layer_plain, layer_loops, layer_einsum, layer_columns, layer_single),
    "01.3": (slopes_plain, slopes_factored, slopes_loops, slopes_where),
    "01.4": (alike_by_counting, alike_by_differences, alike_by_two_cases, alike_as_yes_and_no),
    "01.5": (scores_plain, scores_by_mask, scores_one_by_one, scores_columns),
    "01.6": ("c", "C", " c "),
    "01.7": (one_plain, one_probed, one_einsum, one_loops),
}
