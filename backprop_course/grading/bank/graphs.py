"""The exercises about graphs hold their calculations as numbers and lists; here they become nodes."""

import operator
from collections.abc import Callable
from types import FunctionType, ModuleType

import numpy as np

from backprop_course.autodiff import Value, sweeps

OPERATIONS = {"+": operator.add, "-": operator.sub, "*": operator.mul}
TWICE = (("*", 0, 1, 3), ("-", 2, 3, 4), ("*", 4, 3, 5), ("+", 5, 0, 6))  # places 0 and 3 are used twice
AGAIN = {  # what the first step uses has received something before that step sends to it
    "x + y, then x again": (("+", 0, 1, 2), ("*", 2, 0, 3)),
    "x + y, then y again": (("+", 0, 1, 2), ("*", 2, 1, 3)),
    "x - y, then x again": (("-", 0, 1, 2), ("*", 2, 0, 3)),
    "x - y, then y again": (("-", 0, 1, 2), ("*", 2, 1, 3)),
    "x * y, then y again": (("*", 0, 1, 2), ("-", 2, 1, 3)),
}
CHAIN = (("+", 0, 1, 4), ("*", 2, 4, 5), ("-", 5, 3, 6))


def sweeping(module: ModuleType) -> Callable:
    """`gradients` of this module; for a table of rules, the package's own sweep with that table."""
    if hasattr(module, "gradients"):
        return module.gradients
    return FunctionType(sweeps.gradients.__code__, vars(sweeps) | {"RULES": module.RULES})


def nodes_of(values, steps) -> list[Value]:
    """A node for each place: inputs as they are in `values`, the others computed by the steps."""
    nodes = [Value(float(value)) for value in values[: len(values) - len(steps)]]
    for op, first, second, _ in steps:
        nodes.append(OPERATIONS[op](nodes[first], nodes[second]))
    return nodes


def tapes(rng: np.random.Generator) -> dict[str, tuple]:
    """(values, steps) by case: each step uses the one before it, so there is only one order of sending."""
    return {
        "two numbers used twice": _tape(rng, 3, TWICE),
        "a square": _tape(rng, 1, (("*", 0, 0, 1),)),
        "a chain": _tape(rng, 4, CHAIN),
        "a sum with itself": _tape(rng, 2, (("-", 0, 1, 2), ("+", 2, 2, 3), ("*", 3, 1, 4))),
        **{label: _tape(rng, 2, steps) for label, steps in AGAIN.items()},
        "extreme values": _tape(rng, 3, TWICE, 1e20),
        "float32": _tape(rng, 3, TWICE, dtype=np.float32),
    }


def _tape(rng, inputs, steps, scale=1.0, dtype=np.float64):
    """Inputs between 1.2 and 2.5 or their negatives, all different, and what the steps make of them."""
    sizes = scale * (1.2 + 0.3 * rng.permutation(inputs) + 0.1 * rng.random(inputs))
    values = [node.value for node in nodes_of([*sizes * rng.choice([-1, 1], inputs), *steps], steps)]
    return np.array(values, dtype), list(steps)
