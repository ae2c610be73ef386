"""Who repairs a broken run has to see its code, so the course's own code is put together on one page."""

import ast
import linecache
import re
from collections.abc import Callable
from functools import cache
from importlib import import_module
from pathlib import Path
from zlib import crc32

import numpy as np

from backprop_course.grading.mistakes import MISTAKES
from backprop_course.models import two_layer
from backprop_course.ops import cross_entropy

SOFTMAX, NETWORK = "backprop_course.ops.softmax", two_layer.__name__
FLAT_STEP = "backprop_course.grading.one_step"
STEP = """\
def step(params, X, Y_true, learning_rate):
    Y_pred, saved = forward(params, X)
    grads = backward(params, saved, Y_true)
    L = loss(Y_pred, Y_true)
    return {name: params[name] - learning_rate * grads[name] for name in params}, L"""
REFUSALS = ("answers(", "require_distributions(", "expect(")  # no part of the mathematics
COMMENT = re.compile(r"\s+#.*$")  # they number equations, and a page of lines has numbers of its own
CHECKED = "_checked(params, X)"
PLAIN = '(params[name] for name in ("W1", "b1", "W2", "b2"))'


def program(id: str | None = None) -> str:
    """The text of one training step of the two-layer network, with this mistake of the library in it.

    It defines `softmax`, `forward` and `step(params, X, Y_true, learning_rate)`; but for the mistakes of the
    flat step also `loss` and `backward`. Docstrings, comments and refusals are left out.
    """
    return program_and_right(id)[0]


@cache
def program_and_right(id: str | None) -> tuple[str, str]:
    """The program with this mistake, and the same program without it."""
    flat = id is not None and MISTAKES[id].where == FLAT_STEP
    parts = [(SOFTMAX, "softmax"), (NETWORK, "forward")]
    parts += [(FLAT_STEP, "step")] if flat else [(NETWORK, "loss"), (NETWORK, "backward")]
    texts = ([_function(_source(where, wrong), name) for where, name in parts] for wrong in (id, None))
    wrong, right = ("\n\n".join([*functions, *([] if flat else [STEP])]) for functions in texts)
    return wrong, right


def _source(where, id):
    """The source of a module, with the mistake where it is made there."""
    if id is not None and MISTAKES[id].where == where:
        return MISTAKES[id].sources()[1]
    return Path(import_module(where).__file__).read_text(encoding="utf-8")


def _function(source, name):
    """One function of a source, without its docstring, annotations, comments and refusals."""
    tree = next(n for n in ast.parse(source).body if isinstance(n, ast.FunctionDef) and n.name == name)
    lines = source.splitlines()
    kept = [f"def {name}({', '.join(a.arg for a in tree.args.args)}):"]
    for statement in tree.body[1:]:
        text = lines[statement.lineno - 1 : statement.end_lineno]
        if not any(refusal in text[0] for refusal in REFUSALS):
            kept += [COMMENT.sub("", line).replace(CHECKED, PLAIN) for line in text]
    return "\n".join(kept)


def loaded(text: str) -> tuple[Callable, Callable]:
    """Execute a program: its `forward`, and its `step` as a function that gives (params, loss).

    Where it raises, the traceback shows the lines of this very text.
    """
    names = _executed(text)
    forward, step = names["forward"], names["step"]

    def with_loss(params, X, Y_true, learning_rate):
        found = step(params, X, Y_true, learning_rate)
        return found if isinstance(found, tuple) else (found, _loss(forward(params, X)[0], Y_true))

    return forward, with_loss


def gradients_of(text: str) -> Callable:
    """Execute a program: its `backward` behind its `forward`, as a function of (params, X, Y_true)."""
    names = _executed(text)
    forward, backward = names["forward"], names["backward"]
    return lambda params, X, Y_true: backward(params, forward(params, X)[1], Y_true)


def _executed(text):
    """The names that a program defines."""
    names = {"np": np, "cross_entropy": cross_entropy, "Saved": two_layer.Saved}
    file = f"<run {crc32(text.encode()):08x}>"
    linecache.cache[file] = len(text), None, text.splitlines(keepends=True), file
    exec(compile(text, file, "exec"), names)
    return names


def _loss(Y_pred, Y_true):
    return float(cross_entropy(Y_pred, Y_true))
