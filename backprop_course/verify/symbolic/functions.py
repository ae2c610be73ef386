"""Lessons 01 and 02: slopes of the activation functions, and the chain rule that joins slopes."""

import sympy

from backprop_course.verify.symbolic.definitions import derivative, is_positive, relu, sigmoid
from backprop_course.verify.symbolic.identity import Identity, matrix

Z = sympy.Symbol("Z", real=True)


def linear_layers_collapse(n: int = 2, h: int = 3, m: int = 2) -> Identity:
    """Two linear layers with nothing between them are one linear layer."""
    X, W1, b1 = matrix("X", n, 1), matrix("W1", h, n), matrix("b1", h, 1)
    W2, b2 = matrix("W2", m, h), matrix("b2", m, 1)
    return Identity(
        "W2 (W1 X + b1) + b2 = (W2 W1) X + (W2 b1 + b2)",
        W2 * (W1 * X + b1) + b2,
        (W2 * W1) * X + (W2 * b1 + b2),
        {"X": X, "W1": W1, "b1": b1, "W2": W2, "b2": b2},
    )


def sigmoid_slope() -> Identity:
    """The slope of the sigmoid, from its own value A."""
    A = sigmoid(Z)
    return Identity("sigmoid: dA/dZ = A (1 - A)", sympy.diff(A, Z), A * (1 - A), {"Z": Z})


def tanh_slope() -> Identity:
    """The slope of tanh, from its own value A."""
    A = sympy.tanh(Z)
    return Identity("tanh: dA/dZ = 1 - A²", sympy.diff(sympy.tanh(Z), Z), 1 - A**2, {"Z": Z})


def relu_slope() -> Identity:
    """The slope of ReLU on each side of 0. At 0 there is none: to take 0 is a convention, and not proved."""
    name = "ReLU: dA/dZ = 1 where Z > 0, 0 where Z < 0"
    return Identity(name, sympy.diff(relu(Z), Z), is_positive(Z), {"Z": Z})


def chain_rule() -> Identity:
    """The slope of f(g(x)) for any f and g: the outer slope at g(x) times the inner slope."""
    x, u = sympy.symbols("x u", real=True)
    f, g = sympy.Function("f"), sympy.Function("g")
    outer, inner = sympy.Subs(f(u).diff(u), u, g(x)), g(x).diff(x)
    return Identity(
        "d/dx f(g(x)) = f'(g(x)) g'(x)", sympy.diff(f(g(x)), x), outer * inner, {"f'": outer, "g'": inner}
    )


def sum_over_paths() -> Identity:
    """The slope of f(u(x), v(x)): one product of slopes for each path from x to f, and their sum."""
    x, a, b = sympy.symbols("x a b", real=True)
    f, u, v = (sympy.Function(name) for name in "fuv")
    through_u = sympy.Subs(f(a, v(x)).diff(a), a, u(x))
    through_v = sympy.Subs(f(u(x), b).diff(b), b, v(x))
    du, dv = u(x).diff(x), v(x).diff(x)
    return Identity(
        "d/dx f(u(x), v(x)) = ∂f/∂u u'(x) + ∂f/∂v v'(x)",
        sympy.diff(f(u(x), v(x)), x),
        through_u * du + through_v * dv,
        {"∂f/∂u": through_u, "u'": du, "∂f/∂v": through_v, "v'": dv},
    )


def sigmoid_neuron(n: int = 2) -> Identity:
    """The three factors of one sigmoid neuron with squared error: dL/dY_pred, dY_pred/dZ, dZ/dW."""
    X, W, b, Y_true = matrix("X", n, 1), matrix("W", 1, n), *sympy.symbols("b Y_true", real=True)
    Y_pred = sigmoid((W * X)[0] + b)
    return Identity(
        "one neuron: dW = 2 (Y_pred - Y_true) Y_pred (1 - Y_pred) X",
        derivative((Y_pred - Y_true) ** 2, W),
        2 * (Y_pred - Y_true) * Y_pred * (1 - Y_pred) * X.T,
        {"X": X, "W": W, "b": b, "Y_true": Y_true},
    )
