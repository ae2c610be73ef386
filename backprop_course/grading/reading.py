"""An answer is an object of the learner's, and looking at it may run their code: it is read on the side."""

import operator
from collections.abc import Callable
from itertools import islice

import numpy as np

from backprop_course.grading import running
from backprop_course.grading.crashes import said

MOST = 1000  # entries of a short answer that are read: no right one has as many


class Unreadable(Exception):  # noqa: N818
    """Raised where looking at an answer fails; the text says how."""


def looked_at(look: Callable):
    """What `look()` returns within the time limit of a check; raises Unreadable where nothing comes."""
    found, failed = [], []

    def work():
        try:
            found.append(look())
        except Exception as error:
            failed.append(error)

    running.within(work, running.LIMIT)
    if found:
        return found[0]
    raise Unreadable(said(failed[0]) if failed else f"it was stopped after {running.LIMIT:g} seconds")


def plain(value):
    """A short answer as Python's own texts, whole numbers, lists and dicts; what is none of these stays."""
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, dict):
        return {_whole(key): plain(part) for key, part in islice(value.items(), MOST)}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [_whole(part) for part in islice(value, MOST)]
    return value


def _whole(value):
    """A whole number as Python's; True, and an array with axes, is none."""
    is_one = hasattr(value, "__index__") and not isinstance(value, (bool, np.bool_)) and np.ndim(value) == 0
    return operator.index(value) if is_one else value
