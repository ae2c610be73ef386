"""Penalties make large weights costly; each pulls in its own way, so its gradient stands directly below it.

A penalty is added to the mean loss as it is: nothing here divides by N. `strength` is the λ of the formulas.
Penalize weights, not biases.
"""

from math import isfinite
from numbers import Real

import numpy as np

from backprop_course.notation import checked, refuse


@checked
def l2(W, strength):
    """λ times the sum of the squared weights, as in the sources: no factor ½ in front.

    Raises ValueError unless strength is a finite number that is not negative.

    Shapes: W (...) -> L ()
    """
    return _not_negative("strength", strength) * (W**2).sum()


@checked
def l2_backward(W, strength):
    """2 λ W: the larger a weight, the harder it is pulled towards 0.

    Plain descent with it is the weight decay of optimizers, with weight_decay = 2 λ.

    Shapes: W (...) -> dW (...)
    """
    return 2 * _not_negative("strength", strength) * W


@checked
def l1(W, strength):
    """λ times the sum of the weights' absolute values.

    Raises ValueError unless strength is a finite number that is not negative.

    Shapes: W (...) -> L ()
    """
    return _not_negative("strength", strength) * np.abs(W).sum()


@checked
def l1_backward(W, strength):
    """λ sign(W): every weight is pulled equally hard; at exactly 0 the slope is taken as 0.

    Shapes: W (...) -> dW (...)
    """
    return _not_negative("strength", strength) * np.sign(W)


@checked
def soft_threshold(W, threshold):
    """Move every entry towards 0 by the threshold; what is nearer to 0 than that becomes exactly 0.

    This is the proximal step of L1: after a step of descent on the loss alone, with threshold =
    learning rate · λ. It gives W - threshold · sign(W), but never crosses 0, where a step of descent would.

    Raises ValueError unless threshold is a finite number that is not negative.

    Shapes: W (...) -> out (...)
    """
    return np.sign(W) * np.maximum(np.abs(W) - _not_negative("threshold", threshold), 0)


@checked
def soft_threshold_backward(dout, W, threshold):
    """Let the gradient pass where the entry was beyond the threshold; exactly at it the slope is 0.

    Shapes: dout (...), W (...) -> dW (...)
    """
    return dout * (np.abs(W) > _not_negative("threshold", threshold))


def _not_negative(name, value):
    """A finite number from 0 up as Python's float, which leaves float32 as it is."""
    if not isinstance(value, Real) or not isfinite(value) or value < 0:
        refuse(name, "a finite number that is not negative", repr(value))
    return float(value)
