"""A second road to every gradient: the calculation is recorded as a graph, and walked back by the chain rule.

    x = Value(3.0, name="x")
    L = x * x
    g = gradients(L)
    g[x]                      # 6.0

`rules` holds the derivatives, `graph` and `nodes` record, `sweeps` multiplies the slopes.
"""

from backprop_course.autodiff.functions import exp, log, log_softmax, maximum, relu, sigmoid, tanh
from backprop_course.autodiff.graph import Node, topological_order
from backprop_course.autodiff.nodes import Tensor, Value
from backprop_course.autodiff.rules import RULES
from backprop_course.autodiff.sweeps import Derivatives, gradients, tangents

__all__ = [
    "RULES",
    "Derivatives",
    "Node",
    "Tensor",
    "Value",
    "exp",
    "gradients",
    "log",
    "log_softmax",
    "maximum",
    "relu",
    "sigmoid",
    "tangents",
    "tanh",
    "topological_order",
]
