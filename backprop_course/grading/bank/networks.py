"""Many exercises ask about the two-layer network, so its cases are drawn here: small, square, extreme."""

import math

import numpy as np

from backprop_course.models.two_layer import forward

SIZES = {  # N, n, h, m
    "different sizes": (6, 5, 4, 3),
    "one example": (1, 3, 4, 2),
    "equal sizes": (4, 4, 4, 4),
    "one hidden unit": (8, 1, 1, 2),
    "extreme values": (5, 2, 6, 3),
    "float32": (7, 3, 5, 4),
}


def networks(rng: np.random.Generator) -> dict[str, tuple]:
    """(params, saved, Y_true) for each kind of case; no sum is exactly 0, one unit is on, one is off.

    A single hidden unit is on in the first two examples, with errors of either sign, and off in the third.
    """
    return {label: _network(rng, label, *sizes) for label, sizes in SIZES.items()}


def _network(rng, label, N, n, h, m):
    scale = 8.0 if label == "extreme values" else 1.0
    dtype = np.float32 if label == "float32" else np.float64
    W1, b1 = scale * rng.standard_normal((h, n)) / math.sqrt(n), rng.standard_normal(h)
    X = rng.standard_normal((N, n))
    for unit, sign in ((0, 1), (1, -1))[:h]:  # in the first example
        if sign * (W1[unit] @ X[0] + b1[unit]) < 0:
            W1[unit], b1[unit] = -W1[unit], -b1[unit]
    if h == 1:
        on = W1[0] @ X[0] + b1[0]
        X[1:3] = X[0] + W1[0], X[0] - W1[0] * (on + 1) / (W1[0] @ W1[0])
    W2, b2 = scale * rng.standard_normal((m, h)) / math.sqrt(h), rng.standard_normal(m)
    params = {"W1": W1, "b1": b1, "W2": W2, "b2": b2}
    params = {name: array.astype(dtype) for name, array in params.items()}
    _, saved = forward(params, X.astype(dtype))
    labels = (saved.Y_pred.argmax(axis=1) + rng.integers(0, m, N)) % m
    labels[0] = saved.Y_pred[0].argmin()  # so that there is an error to send back
    if h == 1:
        labels[1] = 1 - labels[0]
    return params, saved, np.eye(m, dtype=dtype)[labels]
