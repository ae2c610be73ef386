"""Each way in which an answer can fail has a sentence of its own: what is right, where it ends, a question.

A finding takes the comparison and the answer, and returns its message, or "" where there is nothing to say.
"""

import numpy as np

from backprop_course.grading import running
from backprop_course.grading.crashes import line_of, question_about, said
from backprop_course.grading.diagnosis import ROUNDED, Comparison
from backprop_course.grading.exercise import Exercise, FormError
from backprop_course.grading.patterns import pattern
from backprop_course.grading.running import call, within


# ------------------------------------------------------------------ is there an answer?
def no_function(exercise: Exercise, answer) -> str:
    """What came in place of a function."""
    if answer is None or answer is Ellipsis:
        return _not_written(exercise)
    return (
        f"Asked for is a function, called as `{exercise.signature}`; what came is of type "
        f"{type(answer).__name__}. Did you hand over the function itself, by its name only?"
    )


def _not_written(exercise, raised=False):
    written = " If you have written it: does it `return`?" if exercise.is_function else ""
    if raised:
        written = " If you have written it: is the line that begins with `raise` gone?"
    return f"Not written yet: `{exercise.signature}`. {exercise.asked}{written}"


def blank(seen: Comparison, answer) -> str:
    """Nothing returned, or the blank's own NotImplementedError."""
    empty = [k for k, o in seen.outcomes.items() if o.blank]
    if not empty:
        return ""
    if len(empty) == len(seen.cases):
        return _not_written(seen.exercise, any(map(line_of, (seen.outcomes[k].error for k in empty))))
    return f"Not written yet {seen.where(empty[0])}. Does every path through the function end with `return`?"


def too_long(seen: Comparison, answer) -> str:
    """A call that did not come to its end."""
    if (
        len(seen.outcomes) == len(seen.cases)
        and seen.again
        and not isinstance(seen.again.error, TimeoutError)
    ):
        return ""
    label = list(seen.outcomes)[-1]
    stopped = f"It was stopped after {running.LIMIT:g} seconds, {seen.where(label)}."
    return f"{stopped} Which loop does not come to an end?"


def wrong_form(seen: Comparison, answer) -> str:
    """Something else than arrays in the asked form."""
    found = [o.error for o in seen.outcomes.values() if isinstance(o.error, FormError)]
    returns = " What does the function `return`?" if seen.exercise.is_function else ""
    return f"{found[0]}{returns}" if found else ""


# ------------------------------------------------------------------ does it run?
def crash(seen: Comparison, answer) -> str:
    """An exception in the learner's code, with their line."""
    label, outcome = next(((k, o) for k, o in seen.outcomes.items() if o.error), (None, None))
    if outcome is None:
        return ""
    line = line_of(outcome.error)
    if not line:
        called = f"It cannot be called as `{seen.exercise.signature}`: {said(outcome.error)}"
        return f"{called}\nDoes it take these arguments, in this order?"
    fine = [k for k, o in seen.outcomes.items() if not o.error]
    runs = f"It runs on: {', '.join(fine)}. " if fine else ""
    return (
        f"{runs}It stops {seen.where(label)} with {said(outcome.error)}\nYour {line}\n"
        f"{question_about(outcome.error)}"
    )


# ------------------------------------------------------------------ is it of the right form?
def shape(seen: Comparison, answer) -> str:
    """A wrong shape: which axis, and which size is expected there."""
    for label, outcome in seen.outcomes.items():
        for name, letters in seen.exercise.outputs.items():
            got, right = outcome.outputs[name], seen.right[label][name]
            if got.shape != right.shape:
                told = _axis(got.shape, letters, seen.sizes[label])
                if seen.transposed(label, name):
                    told = "The numbers are right, with rows and columns exchanged."
                came = f"{_right(seen)}`{name}` has shape {got.shape} {seen.where(label)}."
                asked = "Which index is summed away, and which are left, in which order?"
                return f"{came} {told} {asked if seen.exercise.is_function and letters else ''}".strip()
    return ""


def _axis(shape, letters, sizes):
    written = f"({', '.join(letters)}{',' * (len(letters) == 1)})"
    if not letters:
        return "One number is asked for."
    if len(letters) == 1 and letters[0].isdigit():
        return f"{letters[0]} numbers are asked for."
    if len(shape) != len(letters):
        axes = f"{len(letters)} {'axes' if letters[1:] else 'axis'}"
        return f"Asked for is {written}, with {axes}; what came has {len(shape)}."
    axis = next(i for i, a in enumerate(letters) if shape[i] != (int(a) if a.isdigit() else sizes[a]))
    also = [letter for letter, size in sizes.items() if size == shape[axis]]
    like = f", as many as {also[0]}" if len(also) == 1 else ""
    return f"Axis {axis} has {shape[axis]} entries{like}; in {written} it has {letters[axis]}."


def not_finite(seen: Comparison, answer) -> str:
    """NaN or infinity, and the line where it arises."""
    for label, outcome in seen.outcomes.items():
        for name, array in outcome.outputs.items():
            bad = np.argwhere(~np.isfinite(array))
            if len(bad):
                place = ", ".join(str(int(i)) for i in bad[0])
                line = _line_of_nan(seen, label, answer)
                entry = f"{name}[{place}]" if place else name
                came = f"`{entry}` is {array[tuple(bad[0])]} {seen.where(label)}."
                asked = "What is divided by 0 there, grows too large, or is the logarithm of 0?"
                return f"{came}{line or ' '}{asked}"
    return ""


def _line_of_nan(seen, label, answer):
    """Call the answer once more, with NumPy told to raise."""
    if seen.is_slow:
        return ""
    raised = []
    within(
        lambda: raised.append(call(seen.exercise, answer, seen.cases[label], "raise").error),
        running.LIMIT / 10,
    )
    line = line_of(raised[0]) if raised and raised[0] else ""
    return f"\nIt arises in your {line}\n" if line else ""


# ------------------------------------------------------------------ are the numbers right?
def wrong_values(seen: Comparison, answer) -> str:
    """What is right, what is certain about the rest, and the question of the exercise."""
    wrong = seen.wrong_names()
    if not wrong:
        return ""
    if not any(a.any() for o in seen.outcomes.values() for a in o.outputs.values()):
        where = ", on every case" if seen.exercise.is_function else ""
        return f"{_shapes(seen)}Every number is 0{where}. {seen.exercise.question}"
    told = f"{_right(seen) or _shapes(seen)}{_facts(seen, wrong, answer)}"
    is_rounded = not seen.exercise.is_function and {seen.fact(name) for name in wrong} == {ROUNDED}
    return told if is_rounded else f"{told} {seen.exercise.question}"


def _shapes(seen):
    return "The shapes are right. " if any(seen.exercise.outputs.values()) else ""


def _facts(seen, wrong, answer):
    """One sentence for all outputs of which the same is certain; one place where the others differ."""
    if pair := seen.exchanged(wrong):
        return f"{_listed(pair)} exchanged."
    names_of = {}
    for name in wrong:
        names_of.setdefault(seen.fact(name) or pattern(seen, name, answer), []).append(name)
    others = names_of.pop("", [])
    told = [f"{_listed(names)} {fact}." for fact, names in names_of.items()]
    if others:
        told.append(f"{_listed(others).rsplit(' ', 1)[0]} {'differ' if others[1:] else 'differs'}.")
        told.append(seen.difference(others[0]))
    return " ".join(filter(None, told))


def _right(seen):
    """The outputs that are right everywhere, as the beginning of a message."""
    wrong = seen.wrong_names()
    right = [name for name in seen.exercise.outputs if name not in wrong]
    return f"{_listed(right)} right. " if right else ""


def _listed(names):
    """The names as the subject of a sentence: "`W1`, `b1` and `W2` are"."""
    quoted = [f"`{name}`" for name in names]
    subject = " and ".join(filter(None, (", ".join(quoted[:-1]), quoted[-1])))
    return f"{subject} {'are' if names[1:] else 'is'}"


def changed_inputs(seen: Comparison, answer) -> str:
    """Arguments that are no longer as they were."""
    names = next((o.changed for o in seen.outcomes.values() if o.changed), ())
    if not names:
        return ""
    wrong = seen.wrong_names()
    begin = _right(seen) if wrong else "The numbers are right. "
    changed = _listed(names[:4]).rsplit(" ", 1)[0]
    return f"{begin}The call changes {changed}, which others still need. Which line writes into an argument?"


def depends_on_the_call(seen: Comparison, answer) -> str:
    """Two calls with the same arguments that do not give the same."""
    label = next(iter(seen.cases))
    again = seen.again.outputs
    if again and all(seen.agrees(label, k, seen.outcomes[label].outputs[k], seen.again) for k in again):
        return ""
    return (
        "Two calls with the same arguments give different results. What does it keep, or draw, between calls?"
    )


BEFORE_COMPARING = (blank, too_long, wrong_form)
WHEN_COMPARING = (crash, shape, not_finite, changed_inputs, depends_on_the_call, wrong_values)
