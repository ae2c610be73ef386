"""Two ways to multiply slopes along a graph: back from the output to every input, or forward from one."""

from backprop_course.autodiff.graph import Node, topological_order
from backprop_course.autodiff.rules import RULES
from backprop_course.notation import refuse


class Derivatives(dict):
    """A dictionary from nodes to derivatives of their shape; a node that takes no part has derivative zero.

    `rules_applied` counts the work of the sweep: a rule is applied once for each wire it follows.
    """

    rules_applied = 0

    def __missing__(self, node):
        if not isinstance(node, Node):
            refuse("key", "a node of a graph", type(node).__name__, TypeError)
        return node._filled(0.0)


def gradients(L):
    """Reverse mode: one sweep back from L gives dL/d node for every node that L is made from.

    `g = gradients(L)`; `g[x]` has the shape and dtype of x, and is zero where L does not depend on x.
    Nothing is written on the nodes, and every call returns a new dictionary with arrays of its own.

    Raises TypeError if L is not a node, ValueError if it is not a scalar, shape ().
    """
    _require_scalar("L", L)
    g = Derivatives({L: L._filled(1.0)})
    for node in reversed(topological_order(L)):
        values = [parent.value for parent in node.parents]
        for k, parent in enumerate(node.parents):
            share = RULES[node.op].vjps[k](g[node], node.value, *values, **node.settings)
            g[parent] += unbroadcast(share, parent.shape)  # a node used twice receives twice
            g.rules_applied += 1
    return g


def tangents(L, x):
    """Forward mode: one sweep forward from x gives d node/dx for every node between x and L.

    `t = tangents(L, x)`; `t[L]` is dL/dx. Every node has to be a scalar: then a rule multiplies by a slope,
    which serves both directions. Wires that x does not reach are skipped.

    Raises TypeError if L or x is not a node, ValueError if any node is not a scalar, shape ().
    """
    _require_scalar("x", x)
    _require_scalar("L", L)
    t = Derivatives({x: x._filled(1.0)})
    for node in topological_order(L):
        _require_scalar("every node", node)
        values = [parent.value for parent in node.parents]
        for k, parent in enumerate(node.parents):
            if parent in t:
                t[node] += RULES[node.op].vjps[k](t[parent], node.value, *values, **node.settings)
                t.rules_applied += 1
    return t


def unbroadcast(g, shape):
    """Sum g over the axes that broadcasting added or stretched: a copied entry gathers from all its copies.

    g may have any shape that `shape` broadcasts to; the result has exactly `shape`.
    """
    if getattr(g, "shape", ()) == shape:  # a float has no axes
        return g
    g = g.sum(axis=tuple(range(g.ndim - len(shape))))
    return g.sum(axis=tuple(k for k, size in enumerate(shape) if size == 1), keepdims=True)


def _require_scalar(argument, node):
    """Refuse what is not a node, and a node that holds more than one number."""
    if not isinstance(node, Node):
        refuse(argument, "a Value or a Tensor", type(node).__name__, TypeError)
    if node.shape != ():
        refuse(argument, "a scalar, shape (), such as a sum or a mean", f"shape {node.shape} of {node.op!r}")
