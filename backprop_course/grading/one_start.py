"""A start for the leaky ReLU is no part of the package; it stands here flat, as mistakes belong to it."""

import numpy as np


def leaky(draws: np.ndarray, slope: float) -> np.ndarray:
    """Weights (h, n) that keep the mean square of a layer behind a leaky ReLU, from normal draws (h, n)."""
    variance = 2 / ((1 + slope**2) * draws.shape[1])
    return (draws * np.sqrt(variance)).astype(draws.dtype)
