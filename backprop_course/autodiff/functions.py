"""The functions of one or two nodes that have no operator sign; each adds one node to the graph."""

from backprop_course.autodiff.graph import apply


def exp(a):
    """The exponential of each entry. Shapes: a (...) -> y (...)."""
    return apply("exp", a)


def log(a):
    """The natural logarithm of each entry. Shapes: a (...) -> y (...)."""
    return apply("log", a)


def tanh(a):
    """The hyperbolic tangent of each entry. Shapes: a (...) -> y (...)."""
    return apply("tanh", a)


def sigmoid(a):
    """1 / (1 + exp(-a)) of each entry. Shapes: a (...) -> y (...)."""
    return apply("sigmoid", a)


def relu(a):
    """max(a, 0) of each entry, with slope 0 at 0. Shapes: a (...) -> y (...)."""
    return apply("relu", a)


def maximum(a, b):
    """The larger of each pair of entries; where they are equal, the slope belongs to b. Broadcasts."""
    return apply("maximum", a, b)


def log_softmax(Z):
    """Logarithms of the softmax of each row. Shapes: Z (..., m) -> Y (..., m)."""
    return apply("log_softmax", Z)
