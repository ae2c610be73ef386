"""Small numbers hide what large scores show, so programs are tried on networks with scores of 1000, too."""

import numpy as np


def small_networks(rng: np.random.Generator) -> dict[str, tuple]:
    """(params, X, Y_true, learning_rate) by case; where scores are near 1000, no probability is 0."""
    sizes = {"different sizes": (6, 5, 4, 3), "one example": (1, 3, 4, 2), "equal sizes": (4, 4, 4, 4)}
    cases = {label: _case(rng, *size) for label, size in sizes.items()}
    params, *others = _case(rng, 5, 3, 4, 2)
    cases["large scores"] = params | {"b2": params["b2"] + 1000}, *others
    params, X, *others = _case(rng, 5, 3, 4, 2)
    cases["large scores in one row"] = *with_one_far_row(params, X), *others
    return cases


def _case(rng, N, n, h, m):
    shapes = {"W1": (h, n), "b1": (h,), "W2": (m, h), "b2": (m,)}
    params = {name: rng.standard_normal(shape) for name, shape in shapes.items()}
    Y_true, learning_rate = np.eye(m)[rng.integers(0, m, N)], rng.uniform(0.2, 0.9)
    return params, rng.standard_normal((N, n)), Y_true, learning_rate


def with_wide_scores(rng: np.random.Generator) -> dict[str, tuple]:
    """The same, and cases where the two scores of a row are 1000 or 2000 apart: one probability is 0."""
    cases = small_networks(rng)
    for label, first in (("scores near 0 and 1000", 0), ("scores near -1000 and 1000", -1000)):
        params, *others = _case(rng, 5, 3, 4, 2)
        cases[label] = params | {"b2": params["b2"] + [first, 1000]}, *others
    return cases


def with_one_far_row(params: dict, X: np.ndarray) -> tuple[dict, np.ndarray]:
    """Copies of (params, X) where the scores of the first row are near 1000, and those of the others are not.

    The first hidden unit adds the first input to all scores, a thousandth more to each further one, and no
    other unit sees it. At least two inputs.
    """
    params, X = {name: array.copy() for name, array in params.items()}, X.copy()
    X[0, 0] = 1000
    params["W1"][:, 0] = 0
    params["W1"][0] = np.eye(X.shape[1])[0]
    params["W2"][:, 0] = 1 + 0.001 * np.arange(len(params["W2"]))
    return params, X
