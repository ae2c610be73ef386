"""Right answers of lesson 08: plain, by powers and eigenvectors, in loops, by other formulas."""

import math
from fractions import Fraction

import numpy as np


# ------------------------------------------------------------------ valleys
def descend_plain(H, start, learning_rate, steps):
    w = start
    for _ in range(steps):
        w = w - learning_rate * (H @ w)
    return w


def descend_in_place(H, start, learning_rate, steps):
    w = start.copy()
    for _ in range(steps):
        w -= (learning_rate * H).dot(w)
    return w


def descend_by_power(H, start, learning_rate, steps):
    return np.linalg.matrix_power(np.eye(len(H)) - learning_rate * H, steps) @ start


def descend_along_directions(H, start, learning_rate, steps):
    curvatures, directions = np.linalg.eigh(H)
    return directions @ ((1 - learning_rate * curvatures) ** steps * (directions.T @ start))


def descend_loops(H, start, learning_rate, steps):
    w = [float(each) for each in start]
    for _ in range(steps):
        slopes = [sum(float(h) * each for h, each in zip(row, w)) for row in H]
        w = [each - learning_rate * slope for each, slope in zip(w, slopes)]
    return w


def limit_plain(H):
    return 2 / np.linalg.eigvalsh(H)[-1]


def limit_by_norm(H):
    return 2 / np.linalg.norm(H, 2)


def limit_by_general_eigenvalues(H):
    return min(2 / curvature for curvature in np.linalg.eigvals(H).real)


def limit_by_repeating(H):
    w = np.arange(1.0, len(H) + 1)
    for _ in range(200):
        w = H @ w
        w = w / np.linalg.norm(w)
    return 2 / (w @ H @ w)


# ------------------------------------------------------------------ a layer
def layer_plain(pixels, top, m):
    X = pixels / top
    return 2 / np.linalg.eigvalsh(2 / (len(X) * m) * X.T @ X)[-1]


def layer_by_singular_values(pixels, top, m):
    return len(pixels) * m * top**2 / np.linalg.svd(pixels, compute_uv=False)[0] ** 2


def layer_by_einsum(pixels, top, m):
    N = pixels.shape[0]
    H = np.einsum("ri,rj->ij", pixels, pixels) / (N * m / 2) / top / top
    return 2 / max(np.linalg.eigvalsh(H))


# ------------------------------------------------------------------ schedules
def decayed_plain(step, rate, every, factor):
    return rate * factor ** (step // every)


def decayed_by_floor(step, rate, every, factor):
    return rate * math.pow(factor, math.floor(step / every))


def decayed_loop(step, rate, every, factor):
    for _ in range(every, step + 1, every):
        rate = rate * factor
    return rate


def warmed_plain(step, highest, lowest, warm, steps):
    if step < warm:
        return highest * (step + 1) / warm
    share = min(1, (step - warm) / (steps - warm))
    return lowest + (highest - lowest) * (1 + np.cos(np.pi * share)) / 2


def warmed_by_square(step, highest, lowest, warm, steps):
    share = min(max((step - warm) / (steps - warm), 0), 1)
    falls = math.cos(math.pi / 2 * share) ** 2
    return min((step + 1) / warm * highest, falls * highest + (1 - falls) * lowest)


def warmed_by_table(step, highest, lowest, warm, steps):
    rising = [highest * k / warm for k in range(1, warm + 1)]
    falling = (highest + lowest) / 2 + (highest - lowest) / 2 * np.cos(
        np.linspace(0, np.pi, steps - warm + 1)
    )
    return [*rising, *falling][min(step, steps)]


# ------------------------------------------------------------------ second slopes
def table_plain(gradient, w, eps):
    H = np.zeros((len(w), len(w)))
    for j in range(len(w)):
        step = np.zeros(len(w))
        step[j] = eps
        H[:, j] = (gradient(w + step) - gradient(w - step)) / (2 * eps)
    return H


def table_rows(gradient, w, eps):
    steps = eps * np.eye(len(w))
    return np.array([gradient(w + step) - gradient(w - step) for step in steps]).T / eps / 2


def table_lists(gradient, w, eps):
    H = []
    for i in range(len(w)):
        H.append([])
        for j in range(len(w)):
            right, left = w.astype(float), w.astype(float)
            right[j] += eps
            left[j] -= eps
            H[i].append((gradient(right)[i] - gradient(left)[i]) / (eps + eps))
    return H


STYLES = {
    "08.1": (
        (1, -0.5, 0.667),
        [1.0, -0.5, 2 / 3],
        np.array([1, -0.5, 0.6667]),
        (1, Fraction(-1, 2), Fraction(2, 3)),
    ),
    "08.2": (descend_plain, descend_in_place, descend_by_power, descend_along_directions, descend_loops),
    "08.3": (limit_plain, limit_by_norm, limit_by_general_eigenvalues, limit_by_repeating),
    "08.4": ([8, 7, 3, 4, 5, 2, 6, 1], (3, 7, 8, 4, 5, 2, 6, 1), np.array([7, 8, 3, 4, 5, 2, 6, 1])),
    "08.5": (decayed_plain, decayed_by_floor, decayed_loop),
    "08.6": (layer_plain, layer_by_singular_values, layer_by_einsum),
    "08.8": (table_plain, table_rows, table_lists),
    "08.9": ("d", "D", " d "),
    "08.10": (warmed_plain, warmed_by_square, warmed_by_table),
}
