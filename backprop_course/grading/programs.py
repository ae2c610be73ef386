"""Who repairs a broken run has to see its code, so the course's own code is put together on one page."""

import ast
import linecache
import re
from collections.abc import Callable
from functools import cache
from importlib import import_module
from pathlib import Path
from types import CodeType, ModuleType
from typing import NamedTuple
from zlib import crc32

from backprop_course.grading.exercise import FormError
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
# What is no part of the mathematics: a statement that begins so, or an `if` that only refuses.
REFUSALS = ("answers(", "require_distributions(", "expect(", "number_of(", "refuse(")
COMMENT = re.compile(r"\s+#.*$")  # they number equations, and a page of lines has numbers of its own
SHORTER = {
    "_checked(params, X)": '(params[name] for name in ("W1", "b1", "W2", "b2"))',
    "_positive(eps)": "eps",
}


class Page(NamedTuple):
    """What stands on the page of a run: functions as pairs (module, name), in order, and a text below them.

    Whatever else these modules define is there, too, but not shown: it calls what is on the page.
    """

    functions: tuple[tuple[str, str], ...]
    end: str = ""

    def text(self, id: str | None = None) -> str:
        """The program with this mistake of the library; docstrings, comments and refusals are left out."""
        return _text(self, id)

    def execute(self, text: str) -> dict:
        """The names that a program defines, beside what its modules define and it does not show.

        Where it raises, the traceback shows the lines of this very text.
        """
        names = vars(ModuleType("run"))
        for where in dict.fromkeys(where for where, _ in self.functions):
            exec(_compiled(where), names)
        for _, name in self.functions:
            del names[name]
        file = f"<run {crc32(text.encode()):08x}>"
        linecache.cache[file] = len(text), None, text.splitlines(keepends=True), file
        exec(compile(text, file, "exec"), names)
        return names


def page_of(functions: dict[str, tuple[str, ...]], end: str = "") -> Page:
    """The page with these functions, by module."""
    return Page(tuple((where, name) for where, names in functions.items() for name in names), end)


NETWORK_PAGE = page_of({SOFTMAX: ("softmax",), NETWORK: ("forward", "loss", "backward")}, STEP)
FLAT_PAGE = page_of({SOFTMAX: ("softmax",), NETWORK: ("forward",), FLAT_STEP: ("step",)})


def program(id: str | None = None) -> str:
    """The text of one training step of the two-layer network, with this mistake of the library in it.

    It defines `softmax`, `forward` and `step(params, X, Y_true, learning_rate)`; but for the mistakes of the
    flat step also `loss` and `backward`.
    """
    flat = id is not None and MISTAKES[id].where == FLAT_STEP
    return (FLAT_PAGE if flat else NETWORK_PAGE).text(id)


@cache
def _text(page, id):
    shown = [_function(_source(where, id), name) for where, name in page.functions]
    return "\n\n".join([*shown, *([page.end] if page.end else [])])


@cache
def _compiled(where: str) -> CodeType:
    return compile(_source(where, None), import_module(where).__file__, "exec")


def _source(where, id):
    """The source of a module, with the mistake where it is made there."""
    if id is not None and MISTAKES[id].where == where:
        return MISTAKES[id].sources()[1]
    return Path(import_module(where).__file__).read_text(encoding="utf-8")


def _function(source, name):
    """One function of a source, without its docstring, annotations, comments and refusals."""
    tree = next(n for n in ast.parse(source).body if isinstance(n, ast.FunctionDef) and n.name == name)
    for argument in tree.args.args:
        argument.annotation = None
    lines = source.splitlines()
    kept = [f"def {name}({ast.unparse(tree.args)}):"]
    for statement in tree.body[1:]:
        text = lines[statement.lineno - 1 : statement.end_lineno]
        told = text[1] if isinstance(statement, ast.If) else text[0]
        if not any(refusal in told for refusal in REFUSALS):
            kept += [_shown(line) for line in text]
    return "\n".join(kept)


def _shown(line):
    for long, short in SHORTER.items():
        line = line.replace(long, short)
    return COMMENT.sub("", line)


def loaded(text: str) -> tuple[Callable, Callable]:
    """Execute a step of the network: its `forward`, and its `step` as a function giving (params, loss)."""
    names = NETWORK_PAGE.execute(text) if "def backward(" in text else FLAT_PAGE.execute(text)
    forward, step = names["forward"], names["step"]

    def with_loss(params, X, Y_true, learning_rate):
        found = step(params, X, Y_true, learning_rate)
        if isinstance(found, tuple):
            return found
        return found, float(cross_entropy(forward(params, X)[0], Y_true))

    return forward, with_loss


# ------------------------------------------------------------------ what a repaired program returns
def returned_by(names: dict, function: str, parts: str, *args, **options) -> tuple:
    """Call a function that a program defines; `parts` says what it returns, such as "params, losses".

    Raises FormError where the program has lost the function, or where as many parts do not come.
    """
    if function not in names:
        raise FormError(f"The program defines no `{function}` any more.")
    came, asked = names[function](*args, **options), len(parts.split(","))
    if not isinstance(came, (tuple, list)) or len(came) != asked:
        told = f"{len(came)} of them" if isinstance(came, (tuple, list)) else f"a {type(came).__name__}"
        raise FormError(
            f"Asked for is a `{function}` that returns {asked} things, {parts}; it returns {told}."
        )
    return tuple(came)


def require_dict(came, function: str, what: str, keys=()):
    """Raise FormError unless what came from a function is a dict with these keys."""
    if not isinstance(came, dict):
        name = type(came).__name__
        raise FormError(f"Asked for is a `{function}` that returns {what} in a dict; it returns a {name}.")
    if lost := [key for key in keys if key not in came]:
        raise FormError(f"Asked for is a `{function}` that returns {what}; its dict has no {lost[0]!r}.")
