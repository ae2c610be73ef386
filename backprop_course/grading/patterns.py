"""Wrong numbers often keep a part of what is right; which part it is leads to the line that is wrong.

A pattern follows the name of an output in a sentence: "`dZ1` is right on the case “one example”, …".
"""

import numpy as np

from backprop_course.grading.diagnosis import Comparison
from backprop_course.grading.running import call, within


def pattern(seen: Comparison, name: str, answer) -> str:
    """What a wrong output keeps of the right one, or an argument that it does not use; "" if nothing."""
    right = [label for label in seen.outcomes if seen.is_right(label, name)]
    if right:
        quoted = [f"“{label}”" for label in right]
        cases = " and ".join(filter(None, [", ".join(quoted[:-1]), quoted[-1]]))
        return f"right on {cases} and wrong on the other cases"
    pairs = [(o.outputs[name].astype(np.float64), seen.right[k][name]) for k, o in seen.outcomes.items()]
    found = (text for text, holds in PATTERNS.items() if all(holds(*pair) for pair in pairs))
    return next(found, "") or _unused(seen, name, answer)


def _zeros_exchanged(got, right):
    return (right == 0).any() and (got == 0).any() and np.array_equal(got == 0, right != 0)


def _sizes_right(got, right):
    return (np.abs(np.abs(got) - np.abs(right)) <= 1e-6 * np.abs(right).max()).all()


def _rows_off(got, right):
    return right.ndim == 2 and _cancels(right) and not _cancels(got)


def _cancels(array):
    return (np.abs(array.sum(axis=1)) <= 1e-5 * np.abs(array).max()).all()


ANOTHER = 999_999_937  # a seed that no check has: arguments that differ from those of this check
PATTERNS = {
    "0 exactly where it should not be, and only there": _zeros_exchanged,
    "right in size, and of the wrong sign in some places": _sizes_right,
    "made of rows that do not sum to 0, and each right row does": _rows_off,
}


def _unused(seen, name, answer):
    """The argument that an answer uses on no case, though the right one does."""
    if seen.is_slow or not seen.exercise.is_function:
        return ""
    found = []
    within(lambda: found.extend(_that_change_nothing(seen, name, answer)), 1.0)
    return f"the same whatever `{found[0]}` is" if found else ""


def _that_change_nothing(seen, name, answer):
    drawn = seen.exercise.cases(np.random.default_rng(ANOTHER))
    for i, argument in enumerate(seen.exercise.arguments):
        fitting = [k for k in seen.outcomes if k in drawn and _fits(seen.cases[k][i], drawn[k][i])]
        missed = [
            k for k in fitting if _changes(seen, name, k, i, drawn[k], seen.exercise.right(), seen.right[k])
        ]
        if missed and not any(
            _changes(seen, name, k, i, drawn[k], answer, seen.outcomes[k].outputs) for k in fitting
        ):
            yield argument


def _fits(given, drawn):
    return isinstance(given, np.ndarray) and given.shape == drawn.shape


def _changes(seen, name, label, i, drawn, function, before):
    """Whether another argument number i gives something else than `before`, or nothing at all."""
    args = seen.cases[label]
    new = call(seen.exercise, function, (*args[:i], drawn[i], *args[i + 1 :])).outputs
    return new is None or not np.array_equal(new[name], before[name])
