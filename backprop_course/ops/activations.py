"""Activations have a room of their own: entry by entry, each with its slope directly below it."""

from numbers import Real

import numpy as np

from backprop_course.notation import checked, refuse


@checked
def sigmoid(Z):
    """Squash every entry to between 0 and 1: 1 / (1 + e^(-Z)), computed without overflow.

    Shapes: Z (...) -> A (...)
    """
    e = np.exp(-np.abs(Z))  # at most 1, so nothing overflows on either side
    return np.where(Z >= 0, 1, e) / (1 + e)


@checked
def sigmoid_backward(dA, A):
    """The slope of the sigmoid written with its own output, A (1 - A).

    Shapes: dA (...), A (...) -> dZ (...)
    """
    return dA * A * (1 - A)


@checked
def tanh(Z):
    """Squash every entry to between -1 and 1.

    Shapes: Z (...) -> A (...)
    """
    return np.tanh(Z)


@checked
def tanh_backward(dA, A):
    """The slope of tanh written with its own output, 1 - A².

    Shapes: dA (...), A (...) -> dZ (...)
    """
    return dA * (1 - A**2)


@checked
def relu(Z):
    """Keep what is positive, replace the rest by 0.

    Shapes: Z (...) -> A (...)
    """
    return np.maximum(Z, 0)


@checked
def relu_backward(dA, Z):
    """Let the gradient pass where the input was positive; at exactly 0 the slope is taken as 0.

    The mask looks at the input Z. The output is never negative, so it cannot tell.

    Shapes: dA (...), Z (...) -> dZ (...)
    """
    return dA * (Z > 0)


@checked
def leaky_relu(Z, slope=0.01):
    """Keep what is positive, multiply the rest by a small slope (a number from 0 up to, not including, 1).

    Shapes: Z (...) -> A (...)
    """
    return np.where(Z > 0, Z, _small(slope, Z) * Z)


@checked
def leaky_relu_backward(dA, Z, slope=0.01):
    """Pass the gradient in full where the input was positive, times the slope elsewhere.

    Shapes: dA (...), Z (...) -> dZ (...)
    """
    return np.where(Z > 0, dA, _small(slope, Z) * dA)


def _small(slope, Z):
    """The slope in the dtype of Z; anything but a number from 0 up to 1 is refused."""
    if not isinstance(slope, Real) or not 0 <= slope < 1:
        refuse("slope", "a number from 0 up to, not including, 1", repr(slope))
    return Z.dtype.type(slope)
