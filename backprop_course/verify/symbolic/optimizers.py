"""Adam divides by numbers that begin near 0, so what it does first is proved before it is taught."""

import sympy

from backprop_course.verify.symbolic.identity import Identity


def running_mean_of_a_constant() -> Identity:
    """m <- beta m + (1 - beta) dW, from m = 0 with dW the same t times, is (1 - beta^t) dW.

    So Adam divides by 1 - beta^t. The proof is by induction: the first entry says that the formula is 0 at
    t = 0, the second that one step more takes it from t to t + 1.
    """
    dW, beta = sympy.symbols("dW beta", real=True)
    t = sympy.Symbol("t", integer=True, nonnegative=True)

    def m(t):
        return (1 - beta**t) * dW

    return Identity(
        "the running mean of a constant gradient is too small by the factor 1 - beta^t",
        sympy.Matrix([0, beta * m(t) + (1 - beta) * dW]),
        sympy.Matrix([m(0), m(t + 1)]),
        {"dW": dW, "beta": beta, "t": t},
    )


def adam_first_step() -> Identity:
    """With m = v = 0 before, the first step of Adam is rate · dW / (|dW| + eps), whatever the betas are."""
    dW = sympy.Symbol("dW", real=True)
    rate, eps = sympy.symbols("rate eps", positive=True)
    beta1, beta2 = sympy.symbols("beta1 beta2", positive=True)
    m, v, t = 0, 0, 1
    m = beta1 * m + (1 - beta1) * dW
    v = beta2 * v + (1 - beta2) * dW**2
    m_hat = sympy.cancel(m / (1 - beta1**t))
    v_hat = sympy.cancel(v / (1 - beta2**t))
    return Identity(
        "the first step of Adam has the size of the learning rate",
        rate * m_hat / (sympy.sqrt(v_hat) + eps),
        rate * dW / (sympy.Abs(dW) + eps),
        {"dW": dW, "rate": rate, "beta1": beta1, "beta2": beta2, "eps": eps},
    )
