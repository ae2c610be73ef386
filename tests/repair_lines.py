"""A repair is a dict from line numbers to lines: here they are edited, and judged by the package's network.

Whether an edited repair is right does not follow from the repaired program itself, but from a step that
`two_layer` makes: the same parameters, the same loss and the same gradients of a `backward`, on networks that
the check has not seen.
"""

import ast
import textwrap
from typing import NamedTuple

import numpy as np

from backprop_course.grading.programs import loaded
from backprop_course.grading.trial_networks import small_networks
from backprop_course.models import two_layer


class Line(NamedTuple):
    """One line of a repair that can be edited; `repair` holds all of its pairs (number, text)."""

    repair: tuple[tuple[int, str], ...]
    number: int


def lines_of(answer):
    """The lines of a repair that are statements; of any other answer none."""
    texts = isinstance(answer, dict) and all(isinstance(part, str) for part in answer.values())
    lines = [Line(tuple(answer.items()), n) for n in answer] if texts else []
    return [line for line in lines if tree_of_line(line) is not None]


def tree_of_line(line):
    """A function that holds the line, with all the line's names as its arguments, or None."""
    text = textwrap.indent(textwrap.dedent(dict(line.repair)[line.number]), "    ")
    try:
        nodes = list(ast.walk(ast.parse(f"def line():\n{text}")))
    except SyntaxError:  # nothing, or half of a statement
        return None
    called = {node.func.id for node in nodes if isinstance(getattr(node, "func", None), ast.Name)}
    names = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    arguments = ", ".join(sorted(names - called - {"np"}))
    return ast.parse(f"def line({arguments}):\n{text}").body[0]


def edited_repair(line, source):
    """The repair with the body of an edited function in the place of its line."""
    return dict(line.repair) | {line.number: textwrap.dedent("\n".join(source.splitlines()[1:]))}


def repairs(exercise, answer, seeds, same):
    """Whether the repaired program makes the steps that the package's network makes, with its gradients."""
    code = exercise.run().code.splitlines()
    for n, text in answer.items():
        indent = code[n - 1][: len(code[n - 1]) - len(code[n - 1].lstrip())]
        code[n - 1] = textwrap.indent(textwrap.dedent(text), indent)
    forward, step = loaded("\n".join(code))
    backward = forward.__globals__.get("backward")
    cases = [args for seed in seeds for args in small_networks(np.random.default_rng(seed)).values()]
    for params, X, Y_true, learning_rate in cases:
        new, L, grads = _step(params, X, Y_true, learning_rate)
        if backward and not same(backward(params, forward(params, X)[1], Y_true), grads):
            return False
        if not same(step(params, X, Y_true, learning_rate), (new, L)):
            return False
    return True


def _step(params, X, Y_true, learning_rate):
    Y_pred, saved = two_layer.forward(params, X)
    grads = two_layer.backward(params, saved, Y_true)
    new = {name: params[name] - learning_rate * grads[name] for name in params}
    return new, two_layer.loss(Y_pred, Y_true), grads
