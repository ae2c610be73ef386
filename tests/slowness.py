"""Budgets in seconds mean one machine; a slower one gets as much more as it needs for the same fixed work."""

from statistics import median
from time import process_time

import numpy as np

REFERENCE = 0.078  # seconds of `work` on the machine on which the budgets were kept: two cores, on 2026-11-25
BESIDE = 1.2  # a budget is for a lesson alone; beside another test lesson 07 took 9.7 s in place of 8.3 s


def work():
    """Small matrix products and a loop of Python, as a lesson has them."""
    rng = np.random.default_rng(0)
    W, X, counts = rng.standard_normal((32, 64)), rng.standard_normal((20, 64)), {}
    for _ in range(6000):
        float((np.maximum(X @ W.T, 0) ** 2).mean())
    for k in range(400_000):
        counts[k % 97] = counts.get(k % 97, 0) + k


def slowness() -> float:
    """How many times as long as there, and alone, things may take here, in processor time."""
    work()
    times = []
    for _ in range(5):
        start = process_time()
        work()
        times.append(process_time() - start)
    return BESIDE * max(1.0, median(times) / REFERENCE)
