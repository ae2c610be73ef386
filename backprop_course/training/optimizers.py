"""Backpropagation only computes gradients; what moves the weights is an optimizer, and it lives here.

An optimizer keeps nothing between calls. What it has to remember is its `state`, which the caller hands back.
Each is written as its equations for one array of parameters W with its gradient dW: `rate` is the learning
rate of this update and t its number, from 1. Everything else happens in `updating`.

`learning_rate` is a positive number, or a function of the number of updates made so far (0 at the first).
`weight_decay` adds weight_decay · W to the gradient of every parameter, biases included, except in `adamw`.
What is out of range is refused with ValueError, what is no number with TypeError. The defaults are PyTorch's.
"""

from math import sqrt

import numpy as np

from backprop_course.training.updating import Optimizer, from_rule, number_of

__all__ = ["Optimizer", "adagrad", "adam", "adamw", "momentum", "nesterov", "rmsprop", "sgd"]


def sgd(learning_rate=0.001, weight_decay=0.0) -> Optimizer:
    """Stochastic gradient descent: every parameter moves by -learning_rate times its gradient.

    (Robbins and Monro 1951.)
    """

    def rule(W, dW, rate, t):
        W -= rate * dW

    return from_rule(rule, learning_rate, weight_decay)


def momentum(learning_rate=0.001, beta=0.9, weight_decay=0.0) -> Optimizer:
    """Heavy ball: a velocity collects the gradients, and of the older ones the share beta (below 1) remains.

    The gradient is added in full, not times (1 - beta): where it stays the same, the steps grow to
    learning_rate / (1 - beta) times the gradient. (Polyak 1964.)
    """
    beta = number_of("beta", beta, below=1)

    def rule(W, dW, velocity, rate, t):
        velocity *= beta
        velocity += dW
        W -= rate * velocity

    return from_rule(rule, learning_rate, weight_decay, remembers=("velocity",))


def nesterov(learning_rate=0.001, beta=0.9, weight_decay=0.0) -> Optimizer:
    """Nesterov's momentum: the gradient is taken where the velocity would lead, and W is that point ahead.

    The heavy ball moves by the velocity. Here the velocity counts times beta, and the gradient once more.
    (Nesterov 1983; Sutskever et al. 2013; written for the point ahead by Bengio et al. 2013.)
    """
    beta = number_of("beta", beta, below=1)

    def rule(W, dW, velocity, rate, t):
        velocity *= beta
        velocity += dW
        W -= rate * (dW + beta * velocity)

    return from_rule(rule, learning_rate, weight_decay, remembers=("velocity",))


def adagrad(learning_rate=0.01, eps=1e-10, weight_decay=0.0) -> Optimizer:
    """AdaGrad: every entry has its own step, divided by the root of the sum of its squared gradients.

    The sum only grows, so the steps only shrink. eps keeps the quotient finite where every gradient was 0.
    (Duchi, Hazan and Singer 2011.)
    """
    eps = number_of("eps", eps)

    def rule(W, dW, sum_of_squares, rate, t):
        sum_of_squares += dW**2
        W -= rate * dW / (np.sqrt(sum_of_squares) + eps)

    return from_rule(rule, learning_rate, weight_decay, remembers=("sum_of_squares",))


def rmsprop(learning_rate=0.01, rho=0.99, eps=1e-8, weight_decay=0.0) -> Optimizer:
    """RMSProp: as AdaGrad, but with a running mean of the squares, of which the share rho (below 1) remains.

    PyTorch calls rho alpha. (Tieleman and Hinton 2012, a lecture.)
    """
    rho, eps = number_of("rho", rho, below=1), number_of("eps", eps)

    def rule(W, dW, mean_square, rate, t):
        mean_square *= rho
        mean_square += (1 - rho) * dW**2
        W -= rate * dW / (np.sqrt(mean_square) + eps)

    return from_rule(rule, learning_rate, weight_decay, remembers=("mean_square",))


def adam(learning_rate=0.001, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=0.0) -> Optimizer:
    """Adam: a running mean m of the gradients, divided by the root of a running mean v of their squares.

    Both begin at 0 and are too small at first; dividing by 1 - beta^t corrects it. So the first step is
    learning_rate for every entry, whatever the size of its gradient (but for eps). (Kingma and Ba 2015.)
    """
    rule = adam_rule(beta1, beta2, eps)
    return from_rule(rule, learning_rate, weight_decay, remembers=("m", "v"))


def adamw(learning_rate=0.001, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=0.01) -> Optimizer:
    """Adam with decoupled weight decay: learning_rate · weight_decay · W is subtracted beside Adam's step.

    In `adam` the decay is a part of the gradient, so it passes through m and v. Here it does not.
    (Loshchilov and Hutter 2019.)
    """
    weight_decay, step_of_adam = number_of("weight_decay", weight_decay), adam_rule(beta1, beta2, eps)

    def rule(W, dW, m, v, rate, t):
        W -= rate * weight_decay * W
        step_of_adam(W, dW, m, v, rate, t)

    return from_rule(rule, learning_rate, remembers=("m", "v"))


def adam_rule(beta1, beta2, eps):
    """The equations of Adam, as `updating.from_rule` takes them."""
    beta1, beta2 = number_of("beta1", beta1, below=1), number_of("beta2", beta2, below=1)
    eps = number_of("eps", eps)

    def rule(W, dW, m, v, rate, t):
        m *= beta1
        m += (1 - beta1) * dW
        v *= beta2
        v += (1 - beta2) * dW**2
        root = np.sqrt(v)  # of v_hat = v / (1 - beta2^t): to divide its root by a number takes less time
        root /= sqrt(1 - beta2**t)
        root += eps
        W -= rate / (1 - beta1**t) * (m / root)  # rate · m_hat / root, with m_hat = m / (1 - beta1^t)

    return rule
