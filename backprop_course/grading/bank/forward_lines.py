"""The way forward is one function in the package; here each line of it is made to answer alone."""

import numpy as np

from backprop_course import ops
from backprop_course.grading.bank.networks import networks
from backprop_course.grading.trial_networks import with_one_far_row
from backprop_course.models import two_layer


# ------------------------------------------------------------------ answers from a module
def hidden_layer(module):
    """Z1 and A1 of one example from (x, W1, b1); the module is the network's, or that of its layers."""

    def answer(x, W1, b1):
        h = len(b1)
        params = {"W1": W1, "b1": b1, "W2": np.zeros((h, h), W1.dtype), "b2": np.zeros(h, W1.dtype)}
        found = whole(module)(params, x[None, :])
        return found["Z1"][0], found["A1"][0]

    return answer


def whole(module):
    """Z1, A1 and Y_pred from (params, X); the module is the network's, that of its layers, or the softmax's.

    From any other module the right network is made.
    """
    if hasattr(module, "layer"):
        return lambda params, X: _by_layers(module, *(params[name] for name in ("W1", "b1", "W2", "b2")), X)

    def answer(params, X):
        _, saved = getattr(module, "forward", two_layer.forward)(params, X)
        Y_pred = saved.Y_pred
        if module.__name__ == "backprop_course.ops.softmax":
            Y_pred = module.softmax(ops.linear(saved.A1, params["W2"], params["b2"]))
        return {"Z1": saved.Z1, "A1": saved.A1, "Y_pred": Y_pred}

    return answer


def _by_layers(module, W1, b1, W2, b2, X):
    """A second layer that changes nothing shows A1."""
    h = len(b1)
    return {
        "Z1": module.layer(X, W1, b1),
        "A1": module.network(X, W1, b1, np.eye(h, dtype=W1.dtype), np.zeros(h, W1.dtype)),
        "Y_pred": ops.softmax(module.network(X, W1, b1, W2, b2)),
    }


def mean_loss(module):
    """The loss of (Y_pred, Y_true); where the module is not that of the losses, the right one."""
    return getattr(module, "cross_entropy", ops.cross_entropy)


# ------------------------------------------------------------------ arguments
def one_examples(rng):
    """(x, W1, b1), with a unit that is on and one that is off."""
    cases = {label: (saved.X[0], p["W1"], p["b1"]) for label, (p, saved, _) in networks(rng).items()}
    del cases["one example"]  # all of them are
    x, W1 = rng.standard_normal(1), rng.standard_normal((3, 1))
    return cases | {"one input": (x, W1, np.array([1.0, -1.0, 0.5]) - W1[:, 0] * x)}


def forward_passes(rng):
    """(params, X), among them scores near 1000, in all rows or in one, and scores far apart in a row."""
    cases = {label: (params, saved.X) for label, (params, saved, _) in networks(rng).items()}
    params, X = cases["different sizes"]
    return cases | {
        "scores near 1000": (params | {"b2": params["b2"] + 1000}, X),
        "scores near 1000 and near 0": with_one_far_row(params, X),
        "scores from -1000 to 1000": (params | {"b2": params["b2"] + [-1000, 1000, 0]}, X),
    }


def scores(rng):
    """(Z,), among them rows near 1000 and near 0 in one table, and scores far apart in one row."""
    sizes = {"different sizes": (5, 3), "one example": (1, 4), "equal sizes": (4, 4)}
    cases = {label: (2 * rng.standard_normal(size),) for label, size in sizes.items()}
    for level in (1000, -1000):
        cases[f"scores near {level}"] = (level + 5 * rng.standard_normal((3, 5)),)
    rows = np.array([[0], [1000], [-1000], [0]])
    wide = np.array([0, -1000, 1000, 1000])
    cases["scores from -1000 to 1000"] = (wide + 5 * rng.standard_normal((3, 4)),)
    cases["rows near -1000, 0 and 1000"] = (rows + 5 * rng.standard_normal((4, 3)),)
    return cases | {"float32": (rng.standard_normal((6, 2)).astype(np.float32),)}


def predictions(rng):
    """(Y_pred, Y_true), among them a class with a probability of 1e-300, which is not the true one."""
    cases = {}
    for label, (N, m) in _SIZES.items():
        raw = rng.uniform(0.2, 1.0, (N, m))
        cases[label] = raw / raw.sum(axis=1, keepdims=True), _one_hot(rng, N, m)
    Y_pred, Y_true = cases["extreme values"]
    Y_pred[0] = np.where(Y_true[0] == 1, 1e-3, 1e-300)
    return _with_single(cases)


def far_scores(rng):
    """(Z2, Y_true), among them a true class 800 below the largest score, and a row 2000 below the others."""
    cases = {k: (2 * rng.standard_normal((N, m)), _one_hot(rng, N, m)) for k, (N, m) in _SIZES.items()}
    Z2, Y_true = cases["extreme values"]
    Z2 += 1000 - 800 * Y_true
    Z2[0] -= 2000
    Y_true[1] = np.eye(5)[1]
    Z2[1] = np.array([-1000, 200, 1000, -1000, 995]) + rng.standard_normal(5)
    return _with_single(cases)


_SIZES = {
    "different sizes": (6, 3),
    "one example": (1, 4),
    "equal sizes": (4, 4),
    "extreme values": (3, 5),
    "float32": (7, 2),
}


def _one_hot(rng, N, m):
    return np.eye(m)[rng.integers(0, m, N)]


def _with_single(cases):
    return cases | {"float32": tuple(array.astype(np.float32) for array in cases["float32"])}
