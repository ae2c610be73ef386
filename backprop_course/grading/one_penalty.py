"""One step with a penalty, written flat, because mistakes belong to it: in the threshold and in the decay."""

import numpy as np

from backprop_course.ops import soft_threshold


def proximal_step(W: np.ndarray, dW: np.ndarray, learning_rate: float, strength: float) -> np.ndarray:
    """Downhill on the loss with its slopes dW, then the proximal step of λ Σ|W|: new weights (...)."""
    return soft_threshold(W - learning_rate * dW, learning_rate * strength)
