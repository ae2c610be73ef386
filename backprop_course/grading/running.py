"""A learner's code may do anything, so it runs on the side, on copies, and for ten seconds at most."""

import ctypes
import sysconfig
import threading
from collections.abc import Callable
from contextlib import suppress
from copy import deepcopy
from pathlib import Path
from time import monotonic
from typing import NamedTuple

import numpy as np

from backprop_course.grading.exercise import Exercise, leaves

LIMIT = 10.0  # seconds, for all cases together
OURS = Path(__file__).parent.parent
LIBRARIES = {str(Path(sysconfig.get_path(key))) for key in ("stdlib", "purelib", "platlib")} | {str(OURS)}


class Stopped(BaseException):
    """Raised inside code whose time is up."""


class Outcome(NamedTuple):
    """What one call gave: arrays by name, or the exception; and the arguments that it changed."""

    outputs: dict[str, np.ndarray] | None
    error: BaseException | None = None
    changed: tuple[str, ...] = ()

    @property
    def blank(self) -> bool:
        """Whether nothing is written yet."""
        return isinstance(self.error, NotImplementedError)


def call(exercise: Exercise, function: Callable, args: tuple, floating: str = "ignore") -> Outcome:
    """Call a function on copies of the arguments; whatever it raises is kept (only `Stopped` passes).

    `floating` is what NumPy does about NaN, infinities and overflow: "ignore" or "raise".
    """
    given = deepcopy(args)
    outputs = error = None
    try:
        with np.errstate(divide=floating, over=floating, invalid=floating, under="ignore"):
            outputs = exercise.read(function(*given))
    except Stopped:
        raise
    except BaseException as raised:  # sys.exit and its like, too
        error = raised
    try:
        changed = _changed(exercise, args, given)
    except Exception:  # they hold themselves now, or what cannot be compared
        changed = ("the arguments",)
    return Outcome(outputs, error, changed)


def _changed(exercise, args, given):
    """The names of the arguments that are no longer as they were."""
    after = dict(leaves(given, exercise.arguments))
    before = dict(leaves(args, exercise.arguments))
    names = [name for name, array in before.items() if not _same(array, after.get(name))]
    lists = [
        name
        for name, old, new in zip(exercise.arguments, args, given)
        if isinstance(old, list) and repr(old) != repr(new)
    ]
    return (*names, *(after.keys() - before.keys()), *lists)


def _same(array, other):
    return isinstance(other, np.ndarray) and array.dtype == other.dtype and np.array_equal(array, other, True)


def call_all(
    exercise: Exercise, function: Callable, cases: dict[str, tuple], limit: float
) -> dict[str, Outcome]:
    """Call a learner's function on every case, in a thread of its own.

    When the time is up, the case that was running gets a TimeoutError and the later ones are missing.
    """
    found = {}

    def work():
        for label, args in cases.items():
            found[label] = call(exercise, function, args)

    finished = within(work, limit)
    found = dict(found)  # a thread that does not stop may still write to the old one
    if not finished and len(found) < len(cases):
        late = next(label for label in cases if label not in found)
        found[late] = Outcome(None, TimeoutError())
    return found


def within(work: Callable, limit: float) -> bool:
    """Run `work` in a thread, and stop it when the limit has passed; tells whether it came to its end.

    A thread that waits outside Python, or catches every exception in a loop, cannot be stopped: it is left
    alone and ends with the process.
    """

    def target():
        with suppress(BaseException):
            work()

    thread = threading.Thread(target=target, daemon=True)
    thread.start()
    try:
        _wait(thread, limit)
        return not thread.is_alive()
    finally:  # also where the learner interrupts the kernel
        _stop(thread)


def _wait(thread, seconds):
    """Join in short turns, so that an interrupt is heard on every system."""
    end = monotonic() + seconds
    while thread.is_alive() and monotonic() < end:
        thread.join(0.05)


def _stop(thread):
    """Raise `Stopped` inside the thread, several times where its code catches everything."""
    for _ in range(20):
        if not thread.is_alive():
            return
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident), ctypes.py_object(Stopped))
        thread.join(0.02)


def in_a_library(file: Path) -> bool:
    """Whether a file is Python's, an installed package's or ours, and not the learner's."""
    return any(folder in LIBRARIES for folder in map(str, file.parents))
