"""One check serves every exercise of the course, and what it finds is kept with the progress."""

import numpy as np

from backprop_course.grading.bank import EXERCISES
from backprop_course.grading.crashes import said
from backprop_course.grading.examining import examine
from backprop_course.grading.exercise import Exercise
from backprop_course.grading.feedback import Feedback
from backprop_course.grading.progress import record
from backprop_course.grading.reading import Unreadable
from backprop_course.notation import refuse

BY_ID = {exercise.id: exercise for exercise in EXERCISES}


def exercises() -> tuple:
    """All exercises, in order: each has an id, a title, what is `asked`, a signature and its mistakes."""
    return tuple(BY_ID.values())


def require_id(name: str, id) -> None:
    """Refuse what is no exercise's id, with those of its lesson; an answer in words has no check."""
    if not isinstance(id, str) or id not in BY_ID:
        lesson = str(id).partition(".")[0]
        near = [known for known in BY_ID if known.startswith(f"{lesson}.")] or ["05.2"]
        refuse(name, f"the id of an exercise with a check, such as {', '.join(near)}", repr(id))


def check(id: str, answer, seed: int = 0) -> Feedback:
    """Check an answer, such as `check("05.2", my_function)`; the same seed gives the same inputs.

    Whatever the answer does, this returns, after little more than 10 seconds at the latest; only code that
    holds the interpreter itself, in C, cannot be stopped. The result is kept with the progress. Raises
    ValueError for an id that no exercise has.
    """
    require_id("check", id)
    feedback = _examined(BY_ID[id], answer, seed)
    if not feedback.written:  # no attempt yet
        return feedback
    problem = record("check", id=id, passed=feedback.passed, mistake=feedback.mistake)
    return feedback._replace(message=f"{feedback.message} {problem}".strip())


def _examined(exercise, answer, seed):
    """The feedback of any kind of exercise; what cannot even be read is not passed.

    All code of the learner's runs on the side, so any other error is ours, and no attempt is counted.
    """
    try:
        with np.errstate(all="ignore"):
            if isinstance(exercise, Exercise):
                return examine(exercise, answer, seed)
            return exercise.examine(answer, seed)
    except Unreadable as error:
        told = f"This answer cannot be read: {error}. Asked for is `{exercise.signature}`."
        return Feedback(exercise.id, False, told)
    except Exception as error:
        told = f"The check itself failed, which is a defect of the course: {said(error)}."
        return Feedback(exercise.id, False, f"{told} It says nothing about your answer.", written=False)
