"""An exercise says how its answer follows from the package, so that no solution is written a second time."""

import re
from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module
from typing import NamedTuple

import numpy as np

from backprop_course.grading.mistakes import plant
from backprop_course.notation import parse_shapes

ONCE = {"these numbers": ()}  # the one case of an answer that is no function
MOST = 100_000  # numbers in an output: no right one has as many, and a copy takes memory
TYPES = ("predict", "order", "faded", "program", "debug", "transfer")


class FormError(Exception):
    """What an answer returned is not of the asked form; the text says what came."""


class Exercise(NamedTuple):
    """One exercise whose answer is a function or, where nothing is to be called, numbers.

    `signature` is how the answer is called, such as "error(Y_pred, Y_true)", or what it is, such as
    "dw, db". `shapes` says what goes in and what comes out by name, `form` whether that is one "array", a
    "tuple" of arrays or a "dict". `answer_from` takes the module called `where`, or a planted one, and gives
    the answer; `cases(rng)` gives the arguments of a function, by a description. `mistakes` are those of the
    library that this answer can hold, `concept` is that of the inventory or "", `type` one of TYPES,
    `section` a heading of the lesson (of `lesson`, such as "02", if it is another one), `sibling` the
    exercise that returns two lessons later.
    """

    id: str
    title: str
    asked: str
    signature: str
    shapes: str
    form: str
    section: str
    question: str
    answer_from: Callable
    cases: Callable = lambda rng: ONCE
    mistakes: tuple[str, ...] = ()
    type: str = "program"
    concept: str = ""
    sibling: str = ""
    where: str = "backprop_course.models.two_layer"
    lesson: str = ""

    @property
    def is_function(self) -> bool:
        """Whether the answer is called; otherwise it is the numbers themselves."""
        return re.match(r"\w+\(", self.signature) is not None

    @property
    def arguments(self) -> tuple[str, ...]:
        """The names of the arguments, in order; numbers have none."""
        return tuple(re.findall(r"\w+", self.signature.partition("(")[2])) if self.is_function else ()

    @property
    def outputs(self) -> dict[str, tuple[str, ...]]:
        """What is returned: the letters of each shape, by name."""
        return parse_shapes(self.shapes.partition("->")[2])

    @property
    def letters(self) -> set[str]:
        """The letters of all sizes that the arguments have."""
        given = set().union(*parse_shapes(self.shapes.partition("->")[0]).values())
        return {letter for letter in given if letter.isalpha()}

    def right(self) -> Callable:
        """The right answer, made of the package's own module."""
        return self.answer_from(import_module(self.where))

    def wrong(self, id: str) -> Callable:
        """The answer with this mistake of the library in it."""
        return self.answer_from(_planted(id))

    def called(self, answer) -> Callable:
        """The answer as a function: numbers become a function without arguments."""
        return answer if self.is_function else lambda: answer

    def sizes(self, args: tuple) -> dict[str, int]:
        """The value of each letter for these arguments."""
        letters = parse_shapes(self.shapes.partition("->")[0])
        found = {}
        for name, array in leaves(args, self.arguments):
            bare = re.findall(r"\w+", name)[-1]
            found |= {a: size for a, size in zip(letters.get(bare, ()), array.shape) if a.isalpha()}
        return found

    def read(self, value) -> dict[str, np.ndarray]:
        """What an answer returned, as arrays by name; lists count as arrays.

        Raises NotImplementedError for None, FormError for another form than the asked one.
        """
        if is_blank(value):
            raise NotImplementedError
        names = list(self.outputs)
        if isinstance(value, np.ndarray) and self.form == "tuple" and value.ndim and len(value) == len(names):
            value = tuple(value)
        if self.form == "array":
            parts = {names[0]: value}
        elif self.form == "tuple":
            parts = _pairs(value, names)
        else:
            parts = _entries(value, names)
        return {name: _array(part, name) for name, part in parts.items()}


def is_blank(value) -> bool:
    """Whether nothing is written yet: None, `...`, or a collection in which a `...` is left."""
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, (tuple, list)) else ()
    return value is None or value is Ellipsis or any(part is Ellipsis for part in parts)


@cache
def _planted(id):
    return plant(id)


def _pairs(value, names):
    if not isinstance(value, (tuple, list)) or len(value) != len(names):
        came = of_type(value)
        if isinstance(value, (tuple, list)):
            came += f" of {len(value)}"
        raise FormError(f"Asked for are `{', '.join(names)}`; what came is {came}.")
    return dict(zip(names, value))


def _entries(value, names):
    if not isinstance(value, dict):
        came = of_type(value)
        raise FormError(f"Asked for is a dict with {_quoted(names)}; what came is {came}.")
    missing = [name for name in names if name not in value]
    further = [key for key in value if key not in names]
    if missing:
        raise FormError(f"The dict has no {_quoted(missing)}.")
    if further:
        raise FormError(f"The dict has a further entry, {further[0]!r}; asked for are {_quoted(names)}.")
    return {name: value[name] for name in names}


def of_type(value) -> str:
    """The type of a value with its article, such as "an array"."""
    name = {"str": "text", "ndarray": "array"}.get(type(value).__name__, type(value).__name__)
    return f"an {name}" if name[0] in "aeiou" else f"a {name}"


def _quoted(names):
    return ", ".join(f'`"{name}"`' for name in names)


def _array(part, name):
    """A copy as floating-point numbers, True as 1; what holds none, or far too many, is refused."""
    if isinstance(part, np.ndarray) and part.size > MOST:
        raise FormError(f"`{name}` has shape {part.shape}, far more numbers than are asked for.")
    try:
        array = np.array(part)
    except Exception as error:
        if type(error) is ValueError and "inhomogeneous" in str(error):
            raise FormError(f"The rows of `{name}` have different lengths.") from None
        array = np.array(None)
    if array.dtype.kind == "O" and all(hasattr(entry, "__float__") for entry in array.flat):
        array = array.astype(np.float64)  # fractions, decimals, SymPy's numbers
    if array.dtype.kind not in "fiub":
        came = f"an array of {part.dtype}" if isinstance(part, np.ndarray) else of_type(part)
        raise FormError(f"`{name}` should be numbers; what came is {came}.")
    return array.astype(np.float64) if array.dtype.kind != "f" else array


def leaves(args: tuple, names: tuple[str, ...]) -> Iterator[tuple[str, np.ndarray]]:
    """Every array of some arguments with its name, such as `params["W1"]` or `saved.X`."""
    for name, value in zip(names, args):
        yield from _leaves(value, name)


def _leaves(value, path):
    """What is no array, no dict and no named tuple has no leaves."""
    if isinstance(value, np.ndarray):
        yield path, value
    elif isinstance(value, dict):
        for key, part in value.items():
            yield from _leaves(part, f'{path}["{key}"]')
    elif hasattr(value, "_fields"):
        for key, part in zip(value._fields, value):
            yield from _leaves(part, f"{path}.{key}")


def widened(value):
    """The same arguments in float64, as a fresh copy; what holds no array stays as it is."""
    if isinstance(value, np.ndarray):
        return value.astype(np.float64) if value.dtype.kind == "f" else value.copy()
    if isinstance(value, dict):
        return {key: widened(part) for key, part in value.items()}
    if not isinstance(value, (tuple, list)):
        return value
    parts = [widened(part) for part in value]
    return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
