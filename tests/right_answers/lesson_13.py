"""Right answers of lesson 13: plain, in loops, by other formulas, in single precision."""

import math

import numpy as np


# ------------------------------------------------------------------ dropout, both ways
def drawn(A, seed):
    return np.random.default_rng(seed).random(A.shape, dtype=np.float32)


def both_plain(A, dout, keep, seed):
    mask = drawn(A, seed) < keep
    return A * mask / keep, dout * mask / keep


def both_one_factor(A, dout, keep, seed):
    factor = np.where(drawn(A, seed) < keep, 1 / keep, 0)
    return [factor * A, factor * dout]


def both_loops(A, dout, keep, seed):
    out, dA = np.zeros(A.shape), np.zeros(A.shape)
    chance = drawn(A, seed)
    for r in range(len(A)):
        for j in range(A.shape[1]):
            if chance[r, j] < keep:
                out[r, j] = A[r, j] / keep
                dA[r, j] = dout[r, j] / keep
    return out, dA


def both_on_copies(A, dout, keep, seed):
    dropped = np.random.default_rng(seed).random(A.shape, dtype=np.float32) >= keep
    out, dA = A / keep, dout / keep
    out[dropped] = 0
    dA[dropped] = 0
    return out, dA


# ------------------------------------------------------------------ both modes
def modes_plain(params, X, mask, keep):
    A1 = np.maximum(X @ params["W1"].T + params["b1"], 0)
    return (A1 * mask / keep) @ params["W2"].T + params["b2"], A1 @ params["W2"].T + params["b2"]


def modes_einsum(params, X, mask, keep):
    A1 = np.einsum("ri,ji->rj", X, params["W1"]) + params["b1"]
    A1 = A1 * (A1 > 0)
    learning = np.einsum("rj,rj,kj->rk", A1, mask, params["W2"]) / keep
    return learning + params["b2"], np.einsum("rj,kj->rk", A1, params["W2"]) + params["b2"]


def modes_loops(params, X, mask, keep):
    m = len(params["b2"])
    learning, use = np.zeros((len(X), m)), np.zeros((len(X), m))
    for r, x in enumerate(X):
        a = np.maximum(params["W1"] @ x + params["b1"], 0)
        for k in range(m):
            use[r, k] = params["b2"][k] + sum(params["W2"][k] * a)
            learning[r, k] = params["b2"][k] + sum(params["W2"][k][mask[r]] * a[mask[r]]) / keep
    return learning, use


# ------------------------------------------------------------------ early stopping
def stop_plain(w, changes, losses, patience):
    w = w.copy()
    best, lowest, waited = w.copy(), np.inf, 0
    for k, loss in enumerate(losses):
        w += changes[k]
        if loss < lowest:
            best, lowest, waited = w.copy(), loss, 0
        else:
            waited += 1
        if waited == patience:
            break
    return best, k + 1


def stop_by_epoch(w, changes, losses, patience):
    best = 0
    for k in range(1, len(losses)):
        if losses[k] < losses[best]:
            best = k
        elif k - best >= patience:
            return w + changes[: best + 1].sum(axis=0), k + 1
    return w + changes[: best + 1].sum(axis=0), len(losses)


def stop_with_new_arrays(w, changes, losses, patience):
    seen = []
    best = w
    for change, loss in zip(changes, losses):
        w = w + change
        if not seen or loss < min(seen):
            best = w
        seen.append(loss)
        if len(seen) > patience and min(seen[-patience:]) >= min(seen[:-patience]):
            break
    return best, len(seen)


# ------------------------------------------------------------------ signals that come later
def delay_plain(signals, later):
    N, n = signals.shape
    delayed = np.zeros((N, n))
    for r in range(N):
        for k in range(n):
            if 0 <= k - later[r] < n:
                delayed[r, k] = signals[r, k - later[r]]
    return delayed


def delay_slices(signals, later):
    delayed = np.zeros_like(signals)
    for row, signal, d in zip(delayed, signals, later):
        n = len(signal)
        if 0 <= d < n:
            row[d:] = signal[: n - d]
        elif -n < d < 0:
            row[: n + d] = signal[-d:]
    return delayed


def delay_padded(signals, later):
    n = signals.shape[1]
    far = np.abs(later).max() + n
    wide = np.pad(signals, ((0, 0), (far, far)))
    places = far + np.arange(n) - later[:, None]
    return np.take_along_axis(wide, places, axis=1)


def lean_plain(W, dW, v, t, learning_rate, weight_decay):
    v = 0.999 * v + 0.001 * dW**2
    root = np.sqrt(v / (1 - 0.999**t)) + 1e-8
    return W - learning_rate * (dW / root + weight_decay * W), v


def lean_shrinks_first(W, dW, v, t, learning_rate, weight_decay):
    v = v + (1 - 0.999) * (np.square(dW) - v)
    share = math.sqrt(1 - 0.999**t)
    kept = (1 - learning_rate * weight_decay) * W
    return [kept - learning_rate * share * dW / (v**0.5 + 1e-8 * share), v]


def lean_entries(W, dW, v, t, learning_rate, weight_decay):
    new_W, new_v = np.empty(W.shape), np.empty(W.shape)
    for place in np.ndindex(W.shape):
        g, w = float(dW[place]), float(W[place])
        new_v[place] = 0.999 * v[place] + 0.001 * g * g
        step = g / (math.sqrt(new_v[place] / (1 - 0.999**t)) + 1e-8)
        new_W[place] = w - learning_rate * step - learning_rate * weight_decay * w
    return new_W, new_v


STYLES = {
    "13.1": (
        [5, 3, 8, 4, 6, 1, 10, 9, 2, 7, 11],
        (5, 3, 8, 4, 9, 6, 1, 10, 7, 2, 11),
        np.array([5, 3, 8, 4, 6, 9, 2, 1, 10, 7, 11]),
    ),
    "13.2": (
        (20, 19, (5, 0, 2.5)),
        [20.0, 19.0, [5.0, 0.0, 2.5]],
        (np.float64(20), np.array(19), np.array([5, 0, 2.5])),
    ),
    "13.3": (both_plain, both_one_factor, both_loops, both_on_copies),
    "13.4": (modes_plain, modes_einsum, modes_loops),
    "13.5": (stop_plain, stop_by_epoch, stop_with_new_arrays),
    "13.6": (delay_plain, delay_slices, delay_padded),
    "13.8": (
        ((0.7, 0.55), (1.7, 1.88)),
        [[0.7, 0.55], [1.7, 1.88]],
        (np.array([0.7, 0.55]), np.array([1.7, 1.88])),
    ),
    "13.9": (lean_plain, lean_shrinks_first, lean_entries),
}
