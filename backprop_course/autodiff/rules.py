"""One table of derivatives, so that everything the engine knows about calculus can be read on one page.

In every rule a and b are the arguments, y is the result, and g is dL/dy, which has the shape of y.
A rule writes dL/da as if nothing had been broadcast; the reverse sweep puts that right for all rules at once.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np


class Rule(NamedTuple):
    """How to compute y, and one vjp (vector-Jacobian product) per argument, which turns dL/dy into dL/da."""

    value: Callable
    vjps: tuple[Callable, ...]


def spread(g, a, axis, keepdims):
    """Copy g along the axes of a that a sum has removed, so that it has the shape of a again."""
    if axis is not None and not keepdims:
        g = np.expand_dims(g, axis)
    return np.broadcast_to(g, a.shape)


def matrix_product(a, b):
    """a @ b for matrices and vectors. Raises ValueError for stacks of matrices, which have no vjp here."""
    if a.ndim > 2 or b.ndim > 2:
        raise ValueError("a stack of matrices")
    return a @ b


def log_softmax(z):
    """log(exp(z) / Σ exp(z)) of each row; the largest entry is taken out first, so that nothing overflows.

    Raises ValueError for a single number, which is no row.
    """
    if np.ndim(z) == 0:
        raise ValueError("a single number")
    z = z - z.max(axis=-1, keepdims=True)
    return z - np.log(np.exp(z).sum(axis=-1, keepdims=True))


RULES = {
    "+": Rule(lambda a, b: a + b, (lambda g, y, a, b: g, lambda g, y, a, b: g)),
    "-": Rule(lambda a, b: a - b, (lambda g, y, a, b: g, lambda g, y, a, b: -g)),
    "*": Rule(lambda a, b: a * b, (lambda g, y, a, b: g * b, lambda g, y, a, b: g * a)),
    "/": Rule(lambda a, b: a / b, (lambda g, y, a, b: g / b, lambda g, y, a, b: -g * y / b)),
    "neg": Rule(lambda a: -a, (lambda g, y, a: -g,)),
    "**": Rule(
        lambda a, exponent: a**exponent,
        (lambda g, y, a, exponent: g * exponent * a ** (exponent - 1) if exponent else 0 * g,),
    ),
    "exp": Rule(np.exp, (lambda g, y, a: g * y,)),
    "log": Rule(np.log, (lambda g, y, a: g / a,)),
    "tanh": Rule(np.tanh, (lambda g, y, a: g * (1 - y**2),)),
    # 1 / (1 + exp(-a)), written so that exp(-a) cannot overflow
    "sigmoid": Rule(lambda a: np.exp(-np.logaddexp(0, -a)), (lambda g, y, a: g * y * (1 - y),)),
    # the mask looks at the argument, not at the result; the slope at 0 is 0
    "relu": Rule(lambda a: np.maximum(a, 0), (lambda g, y, a: g * (a > 0),)),
    # where a = b the slope belongs to b, so that maximum(a, 0) has the slopes of relu(a)
    "maximum": Rule(np.maximum, (lambda g, y, a, b: g * (a > b), lambda g, y, a, b: g * (a <= b))),
    "sum": Rule(
        lambda a, axis, keepdims: a.sum(axis=axis, keepdims=keepdims),
        (lambda g, y, a, axis, keepdims: spread(g, a, axis, keepdims),),
    ),
    "mean": Rule(
        lambda a, axis, keepdims: a.mean(axis=axis, keepdims=keepdims),
        (lambda g, y, a, axis, keepdims: spread(g, a, axis, keepdims) * (y.size / a.size),),
    ),
    ".T": Rule(lambda a: a.T, (lambda g, y, a: g.T,)),
    # beside a vector, the matrix product of the vjp becomes an outer product
    "@": Rule(
        matrix_product,
        (
            lambda g, y, a, b: g @ b.T if b.ndim == 2 else np.multiply.outer(g, b),
            lambda g, y, a, b: a.T @ g if a.ndim == 2 else np.multiply.outer(a, g),
        ),
    ),
    "log_softmax": Rule(log_softmax, (lambda g, y, a: g - np.exp(y) * g.sum(axis=-1, keepdims=True),)),
}
