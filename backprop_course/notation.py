"""One place for the symbols of the course, so that formulas, shapes and error messages use the same words.

The mathematics keeps the names X, W1, b1, Z1, A1, W2, b2, Z2, Y_pred, Y_true, L.
`dQ` is the gradient of the mean loss with respect to Q and has the shape of Q.
"""

import re
from functools import cache, wraps
from html import escape
from typing import NamedTuple, NoReturn

import numpy as np


class Symbol(NamedTuple):
    """One row of the glossary: a name, what it means, its shape for a batch and for one example."""

    name: str
    meaning: str
    rows: str
    column: str


SYMBOLS = {
    s.name: s
    for s in (
        Symbol("N", "number of examples in the batch", "integer", "1"),
        Symbol("n", "number of inputs", "integer", "integer"),
        Symbol("h", "number of hidden units", "integer", "integer"),
        Symbol("m", "number of classes", "integer", "integer"),
        Symbol("X", "inputs, one example a row", "(N, n)", "(n,)"),
        Symbol("W1", "weights from the inputs to the hidden units", "(h, n)", "(h, n)"),
        Symbol("b1", "biases of the hidden units", "(h,)", "(h,)"),
        Symbol("Z1", "weighted sums of the hidden units", "(N, h)", "(h,)"),
        Symbol("A1", "activations of the hidden units, ReLU(Z1)", "(N, h)", "(h,)"),
        Symbol("W2", "weights from the hidden units to the classes", "(m, h)", "(m, h)"),
        Symbol("b2", "biases of the classes", "(m,)", "(m,)"),
        Symbol("Z2", "scores of the classes (logits)", "(N, m)", "(m,)"),
        Symbol("Y_pred", "predicted probabilities, softmax(Z2)", "(N, m)", "(m,)"),
        Symbol("Y_true", "true classes, one-hot", "(N, m)", "(m,)"),
        Symbol("L", "mean loss over the batch", "()", "()"),
    )
}


class Glossary(tuple):
    """Some rows of `SYMBOLS`; prints as a table in a terminal and in a notebook."""

    HEAD = ("symbol", "meaning", "shape in rows", "one example")

    def __str__(self):
        rows = [self.HEAD, *self]
        widths = [max(len(row[k]) for row in rows) for k in range(4)]
        return "\n".join("  ".join(cell.ljust(w) for cell, w in zip(row, widths)).rstrip() for row in rows)

    def _repr_html_(self):
        head = "".join(f'<th scope="col" style="text-align:left">{word}</th>' for word in self.HEAD)
        body = "".join(
            "<tr>" + "".join(f'<td style="text-align:left">{escape(cell)}</td>' for cell in row) + "</tr>"
            for row in self
        )
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def glossary(*names: str) -> Glossary:
    """The rows of the table of symbols for these names, all of them if none is given.

    Raises ValueError for a name that the table does not hold.
    """
    for name in names:
        if name not in SYMBOLS:
            refuse("glossary", f"names among {', '.join(SYMBOLS)}", repr(name))
    return Glossary(SYMBOLS[name] for name in (names or SYMBOLS))


def refuse(argument: str, expected: str, got: str, error: type[Exception] = ValueError) -> NoReturn:
    """Raise `error` with a message that names the argument, what was expected and what came."""
    raise error(f"{argument}: expected {expected}, got {got}.")


def describe(value) -> str:
    """What came, in few words: type, shape and dtype of an array, the type of anything else."""
    if isinstance(value, (np.ndarray, np.generic)):
        return f"shape {value.shape} of {value.dtype}"
    return f"{type(value).__name__} {str(value)[:40]!r}"


def one_hot(labels, m: int, dtype=np.float64) -> np.ndarray:
    """Turn class numbers into rows with a single 1: labels (N,) of integers 0..m-1 -> Y_true (N, m).

    Raises TypeError if the labels are not integers, ValueError if one is outside 0..m-1,
    if there is none, if they are not one number per example, or if m is no positive integer.
    """
    if not isinstance(m, (int, np.integer)) or m < 1:
        refuse("m", "the number of classes, a positive integer", repr(m))
    labels = np.asarray(labels)
    if labels.ndim != 1 or labels.size == 0:
        refuse("labels", "shape (N,), one class number per example, N at least 1", f"shape {labels.shape}")
    if not np.issubdtype(labels.dtype, np.integer):
        refuse("labels", "integers", f"{labels.dtype}", TypeError)
    if labels.min() < 0 or labels.max() >= m:
        refuse("labels", f"class numbers 0 to {m - 1}", f"{labels.min()} to {labels.max()}")
    Y_true = np.zeros((labels.size, m), dtype=dtype)
    Y_true[np.arange(labels.size), labels] = 1
    return Y_true


def require_finite(name: str, array) -> None:
    """Raise ValueError if the array holds NaN or infinity, naming the first such place."""
    bad = np.argwhere(~np.isfinite(array))
    if len(bad):
        place = tuple(int(k) for k in bad[0])
        refuse(name, "finite numbers", f"{np.asarray(array)[place]} at {place} ({len(bad)} such entries)")


def require_distributions(name: str, Y_true) -> None:
    """Raise ValueError unless every row sums to 1, as one-hot rows do: the softmax gradient relies on it."""
    off = np.abs(np.asarray(Y_true).sum(axis=-1) - 1)
    if not off.max() < 1e-4:  # NaN compares as false and is refused, too
        row = int(np.argmax(~(off < 1e-4)))
        total = float(np.asarray(Y_true).sum(axis=-1).ravel()[row])
        refuse(name, "rows that sum to 1, such as one-hot rows", f"a sum of {total:.6g} in row {row}")


def parameter(params, name: str):
    """Return params[name]; raise ValueError that names it where `params` is no dict or has no such entry."""
    if not isinstance(params, dict) or name not in params:
        got = ", ".join(params) or "an empty one" if isinstance(params, dict) else describe(params)
        refuse("params", f"a dict with {name}", got)
    return params[name]


def answers(Y_true, Y_pred) -> np.ndarray:
    """Return Y_true in the dtype of Y_pred; raise unless it is an array of real numbers of the same shape."""
    if not isinstance(Y_true, np.ndarray) or Y_true.dtype.kind not in "fiub":
        refuse("Y_true", "a NumPy array of real numbers", describe(Y_true), TypeError)
    if Y_true.shape != Y_pred.shape:
        refuse("Y_true", f"shape {Y_pred.shape}, as the prediction has", f"shape {Y_true.shape}")
    return Y_true.astype(Y_pred.dtype, copy=False)


# ------------------------------------------------------------------ shapes as a contract
@cache
def parse_shapes(spec: str) -> dict[str, tuple[str, ...]]:
    """Read "X (N, n), W (h, n), b (h,)" into {"X": ("N", "n"), "W": ("h", "n"), "b": ("h",)}."""
    found = re.findall(r"(\w+) \(([^)]*)\)", spec)
    return {name: tuple(size.strip() for size in sizes.split(",") if size.strip()) for name, sizes in found}


def expect(spec: str, **arrays) -> dict[str, int]:
    """Check floating-point arrays against a shape specification and return the sizes.

    `expect("X (N, n), W (h, n)", X=X, W=W)` gives {"N": …, "n": …, "h": …}. A letter stands for one
    size everywhere it occurs; "..." stands for any leading sizes, the same ones everywhere.

    Raises TypeError for anything but floating-point arrays of one dtype, ValueError for shapes that do
    not fit or are empty.
    """
    sizes = {}
    shapes = parse_shapes(spec)
    dtype = None
    for name, value in arrays.items():
        if not isinstance(value, (np.ndarray, np.generic)) or value.dtype.kind != "f":
            refuse(name, "a NumPy array of floating-point numbers", describe(value), TypeError)
        if dtype is None:
            dtype, first = value.dtype, name
        elif value.dtype != dtype:
            refuse(name, f"the dtype of {first}, {dtype}", str(value.dtype), TypeError)
        before = dict(sizes)
        if not _fits(value.shape, shapes[name], sizes):
            known = ", ".join(f"{letter} = {size}" for letter, size in before.items())
            written = "(" + ", ".join(shapes[name]) + ("," if len(shapes[name]) == 1 else "") + ")"
            refuse(name, f"shape {written}" + (f" with {known}" if known else ""), f"shape {value.shape}")
        if value.size == 0:
            refuse(name, "at least one example and one entry in each", f"shape {value.shape}")
    return sizes


def _fits(shape, letters, sizes) -> bool:
    """Compare one shape with its letters; new letters enter `sizes`, known ones must agree."""
    if letters and letters[0] == "...":
        letters = letters[1:]
        lead = shape[: len(shape) - len(letters)]
        if len(shape) < len(letters) or sizes.setdefault("...", lead) != lead:
            return False
        shape = shape[len(lead) :]
    if len(shape) != len(letters):
        return False
    for letter, size in zip(letters, shape):  # noqa: SIM110 (`all` would cost a generator at every call)
        if sizes.setdefault(letter, size) != size:
            return False
    return True


def checked(function):
    """Enforce the line `Shapes: … -> …` of a function's docstring on its arguments at every call.

    Python numbers count as arrays of shape (). `Y_true` may come as integers, booleans or another
    float: it is cast to the dtype of the argument before it.
    """
    found = re.search(r"Shapes: (.*) -> ", function.__doc__ or "")
    if not found:  # python -OO removes docstrings, and with them the checks
        return function
    spec = found.group(1)
    order = function.__code__.co_varnames[: function.__code__.co_argcount]
    wanted = parse_shapes(spec)

    @wraps(function)
    def with_checks(*args, **kwargs):
        given = dict(zip(order, args)) | kwargs
        if len(args) > len(order) or not wanted.keys() <= given.keys() <= set(order):
            return function(*args, **kwargs)  # a wrong number of arguments: Python says so itself
        arrays = {name: given[name] for name in wanted}
        for name, value in arrays.items():
            if isinstance(value, (int, float)):
                given[name] = arrays[name] = np.float64(value)
            elif name == "Y_true" and isinstance(value, np.ndarray) and value.dtype.kind in "fiub":
                before = next(iter(arrays.values()))
                given[name] = arrays[name] = value.astype(getattr(before, "dtype", value.dtype), copy=False)
        expect(spec, **arrays)
        return function(**given)

    return with_checks
