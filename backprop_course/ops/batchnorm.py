"""Batch normalization has a room of its own, because every example's output depends on the whole batch.

While a network learns, each column is normalized with its own mean and variance over the batch. Where the
network is used, fixed running statistics take their place, so that one example gets one answer.
"""

from numbers import Real
from typing import NamedTuple

import numpy as np

from backprop_course.notation import checked, expect, refuse


class Normalized(NamedTuple):
    """What `batchnorm` keeps: X - mean (N, n), std, mean and var (n,), X_hat = (X - mean) / std, gamma (n,).

    `std` is the square root of var + eps; `var` is divided by N.
    """

    centred: np.ndarray
    std: np.ndarray
    X_hat: np.ndarray
    gamma: np.ndarray
    mean: np.ndarray
    var: np.ndarray


@checked
def batchnorm(X, gamma, beta, eps=1e-5):
    """Give each column mean 0 and variance 1 over the batch, then the spread gamma and the centre beta.

    A batch of one is refused: an example is its own mean, so X_hat would be 0 whatever the example is.
    eps keeps a column without spread from a division by 0. Lines (1) to (6).

    Raises ValueError for fewer than two examples, and unless eps is a positive number.

    Shapes: X (N, n), gamma (n,), beta (n,) -> out (N, n), saved
    """
    if len(X) < 2:
        refuse("X", "at least two examples, as the mean of one is the example itself", f"{len(X)}")
    mean = X.mean(axis=0)  # (1)
    centred = X - mean  # (2)
    var = (centred**2).mean(axis=0)  # (3)
    std = np.sqrt(var + _positive(eps))  # (4)
    X_hat = centred / std  # (5)
    out = gamma * X_hat + beta  # (6)
    return out, Normalized(centred, std, X_hat, gamma, mean, var)


@checked
def batchnorm_backward(dout, saved):
    """Back through the lines (6) to (1) of `batchnorm`; mean and variance depend on X, too.

    So each column of dX sums to 0: moving all examples by the same amount changes nothing.

    Raises ValueError unless dout has the shape of what was normalized.

    Shapes: dout (N, n), saved -> dX (N, n), dgamma (n,), dbeta (n,)
    """
    centred, std, X_hat, gamma = saved.centred, saved.std, saved.X_hat, saved.gamma
    expect("X_hat (N, n), dout (N, n)", X_hat=X_hat, dout=dout)
    N = len(dout)
    dbeta = dout.sum(axis=0)  # (6)
    dgamma = (dout * X_hat).sum(axis=0)  # (6)
    dX_hat = dout * gamma  # (6)
    dstd = -(dX_hat * X_hat).sum(axis=0) / std  # (5)
    dvar = dstd / (2 * std)  # (4)
    dcentred = dX_hat / std + 2 * centred * dvar / N  # (5) and (3)
    dmean = -dcentred.sum(axis=0)  # (2)
    dX = dcentred + dmean / N  # (2) and (1)
    return dX, dgamma, dbeta


@checked
def batchnorm_evaluate(X, gamma, beta, mean, var, eps=1e-5):
    """The same with fixed statistics, where the network is used: each example by itself, also a single one.

    Shapes: X (N, n), gamma (n,), beta (n,), mean (n,), var (n,) -> out (N, n)
    """
    return gamma * (X - mean) / np.sqrt(var + _positive(eps)) + beta


@checked
def batchnorm_evaluate_backward(dout, X, gamma, mean, var, eps=1e-5):
    """Fixed statistics are constants: dX is dout times a factor for each column.

    Shapes: dout (N, n), X (N, n), gamma (n,), mean (n,), var (n,) -> dX (N, n), dgamma (n,), dbeta (n,)
    """
    std = np.sqrt(var + _positive(eps))
    return dout * gamma / std, (dout * (X - mean) / std).sum(axis=0), dout.sum(axis=0)


@checked
def running_statistics(mean, var, saved, momentum=0.1):
    """Move running mean and variance towards those of the batch that was saved, by the share `momentum`.

    As in PyTorch: the batch is normalized with its variance divided by N, but the running variance takes the
    unbiased one, divided by N - 1. Nothing is learned through them, so they have no backward.

    Raises ValueError unless momentum is a number from 0 to 1.

    Shapes: mean (n,), var (n,), saved -> mean (n,), var (n,)
    """
    if not isinstance(momentum, Real) or not 0 <= momentum <= 1:
        refuse("momentum", "a number from 0 to 1", repr(momentum))
    expect("batch (n,), mean (n,)", batch=saved.mean, mean=mean)
    N, share = len(saved.X_hat), float(momentum)
    unbiased = saved.var * N / (N - 1)
    return (1 - share) * mean + share * saved.mean, (1 - share) * var + share * unbiased


def _positive(eps):
    if not isinstance(eps, Real) or not 0 < eps < np.inf:
        refuse("eps", "a positive number", repr(eps))
    return float(eps)
