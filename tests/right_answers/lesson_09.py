"""Right answers to the exercises of lesson 09, each as several people would write it."""

import math

import numpy as np


# ------------------------------------------------------------------ a start
def start_plain(draws1, draws2):
    (h, n), m = draws1.shape, len(draws2)
    return draws1 * np.sqrt(2 / n), draws2 * np.sqrt(2 / (h + m))


def start_divided(draws1, draws2):
    scaled = []
    for draws, is_last in ((draws1, False), (draws2, True)):
        fan_out, fan_in = draws.shape
        scaled.append(draws / math.sqrt((fan_in + fan_out) / 2 if is_last else fan_in / 2))
    return scaled


def start_by_loops(draws1, draws2):
    W1, W2 = np.empty(draws1.shape), np.empty(draws2.shape)
    for j in range(len(W1)):
        for i in range(len(W1[0])):
            W1[j, i] = draws1[j, i] * (2 / len(W1[0])) ** 0.5
    for k, row in enumerate(draws2):
        W2[k] = [draw * (2 / sum(draws2.shape)) ** 0.5 for draw in row]
    return W1.tolist(), W2


def start_by_columns(draws1, draws2):
    variances = 2 / draws1.shape[1], 2 / np.add(*draws2.shape)
    return tuple((np.sqrt(v) * draws.T).T for v, draws in zip(variances, (draws1, draws2)))


# ------------------------------------------------------------------ dead units
def dead_plain(Z1):
    return np.mean(np.all(Z1 <= 0, axis=0))


def dead_by_largest(Z1):
    return (np.max(Z1, axis=0) <= 0).sum() / Z1.shape[1]


def dead_by_loops(Z1):
    N, h = Z1.shape
    dead = 0
    for j in range(h):
        alive = False
        for r in range(N):
            if Z1[r, j] > 0:
                alive = True
        dead += not alive
    return dead / h


def dead_behind_the_relu(Z1):
    A1 = np.maximum(Z1, 0)
    return 1 - np.count_nonzero(A1.any(axis=0)) / len(A1.T)


# ------------------------------------------------------------------ a start for the leaky ReLU
def leaky_plain(draws, slope):
    return draws * np.sqrt(2 / ((1 + slope**2) * draws.shape[1]))


def leaky_from_he(draws, slope):
    he = draws * math.sqrt(2 / len(draws[0]))
    return he / math.hypot(1, slope)


def leaky_by_rows(draws, slope):
    left = (1 + slope * slope) / 2  # of the mean square
    return np.array([row / (row.size * left) ** 0.5 for row in draws])


STYLES = {
    "09.1": ("c", "C", " c"),
    "09.2": (
        (0.2, 0.1, math.sqrt(0.03)),
        [0.2, 0.1, 0.1732],
        np.array([math.sqrt(2 / 50), math.sqrt(2 / 200), math.sqrt(6 / 200)]),
        (0.2, 0.1, 0.173),
    ),
    "09.3": (start_plain, start_divided, start_by_loops, start_by_columns),
    "09.4": (dead_plain, dead_by_largest, dead_by_loops, dead_behind_the_relu),
    "09.5": ((1, 4, 0.2, 0.8), [1.0, 4.0, 0.2, 0.8], np.array([1, 4, 0.2, 0.8])),
    "09.6": (leaky_plain, leaky_from_he, leaky_by_rows),
    "09.8": ((15, 1.1), [15, 11 / 10], np.array([15.0, 1.1])),
    "09.9": (
        (((-0.125, 0.1875), (0.0625, -0.125)), ((1, 0), (-1, 1))),
        [np.array([[-0.125, 0.1875], [0.0625, -0.125]]), np.array([[1.0, 0.0], [-1.0, 1.0]])],
        ([[-1 / 8, 3 / 16], [1 / 16, -1 / 8]], [[1, 0], [-1, 1]]),
    ),
}
