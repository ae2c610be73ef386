"""SymPy as a method of its own: it differentiates the loss of the two-layer network, whole."""

from functools import cache

import numpy as np
import sympy

from backprop_course.notation import expect, refuse, require_finite
from backprop_course.verify.symbolic.definitions import relu
from backprop_course.verify.symbolic.identity import matrix

PARAMETERS = ("W1", "b1", "W2", "b2")


def gradients(params: dict, X: np.ndarray, Y_true: np.ndarray) -> dict[str, np.ndarray]:
    """The gradients of the mean loss by SymPy: X (N, n), Y_true (N, m) -> the keys and shapes of `params`.

    SymPy writes the loss of one example out in symbols and differentiates it with respect to every
    parameter; the numbers of the N examples are put in, and their mean is taken. Keep the sizes small.
    As in the course, a hidden unit with Z1 exactly 0 has slope 0.
    Raises TypeError and ValueError for arrays that do not fit, ValueError for NaN or infinity.
    """
    missing = [name for name in PARAMETERS if name not in params]
    if missing:
        refuse("params", "W1, b1, W2 and b2", f"no {missing[0]}")
    arrays = {name: params[name] for name in PARAMETERS} | {"X": X, "Y_true": Y_true}
    sizes = expect("X (N, n), W1 (h, n), b1 (h,), W2 (m, h), b2 (m,), Y_true (N, m)", **arrays)
    for name, array in arrays.items():
        require_finite(name, array)
    evaluate = _slopes_of_one_example(sizes["n"], sizes["h"], sizes["m"])
    numbers = np.concatenate([params[name].ravel() for name in PARAMETERS])
    slopes = iter(evaluate(*numbers, *X.T, *Y_true.T))
    return {
        name: np.reshape([np.mean(next(slopes)) for _ in params[name].flat], params[name].shape)
        for name in PARAMETERS
    }


@cache
def _slopes_of_one_example(n, h, m):
    """SymPy's derivatives of the loss of one example, as one NumPy function of all numbers."""
    X, Y_true = matrix("X", n, 1), matrix("Y_{true}", m, 1)
    W1, b1, W2, b2 = matrix("W1", h, n), matrix("b1", h, 1), matrix("W2", m, h), matrix("b2", m, 1)
    A1 = (W1 * X + b1).applyfunc(relu)
    Z2 = W2 * A1 + b2
    log_sum = sympy.log(sum(sympy.exp(score) for score in Z2))
    loss = sum(true * (log_sum - score) for true, score in zip(Y_true, Z2))  # -Y_true log softmax(Z2)
    params = [*W1, *b1, *W2, *b2]
    return sympy.lambdify([*params, *X, *Y_true], [sympy.diff(loss, p) for p in params], "numpy", cse=True)
