"""One check serves every exercise: what it says first is certain, and the solution is never said.

The order is that of a reader's questions: is something written, does it run, is it of the right form, and are
the numbers right?
"""

import numpy as np

from backprop_course.grading import findings, running
from backprop_course.grading.diagnosis import Comparison, describe
from backprop_course.grading.exercise import Exercise
from backprop_course.grading.exercises_05 import EXERCISES
from backprop_course.grading.feedback import Feedback
from backprop_course.grading.progress import record
from backprop_course.grading.running import call_all
from backprop_course.notation import refuse

BY_ID = {exercise.id: exercise for exercise in EXERCISES}
AGAIN = "the first case, again"


def exercises() -> tuple[Exercise, ...]:
    """All exercises, in order."""
    return tuple(BY_ID.values())


def check(id: str, answer, seed: int = 0) -> Feedback:
    """Check an answer, such as `check("05.2", my_function)`; the same seed gives the same inputs.

    Whatever the answer does, this returns, after little more than 10 seconds at the latest. The result is
    kept with the progress. Raises ValueError for an id that no exercise has.
    """
    if not isinstance(id, str) or id not in BY_ID:
        refuse("check", f"the id of an exercise, one of {', '.join(BY_ID)}", repr(id))
    feedback = _examine(BY_ID[id], answer, seed)
    problem = record("check", id=id, passed=feedback.passed, mistake=feedback.mistake)
    return feedback._replace(message=f"{feedback.message} {problem}".strip())


def _examine(exercise, answer, seed):
    if not callable(answer):
        return Feedback(exercise.id, False, findings.no_function(exercise, answer))
    cases = exercise.cases(np.random.default_rng(seed))
    outcomes = call_all(exercise, answer, cases | {AGAIN: next(iter(cases.values()))}, running.LIMIT)
    again = outcomes.pop(AGAIN, None)
    seen = Comparison(exercise, cases, outcomes, again)
    for find in findings.BEFORE_COMPARING:
        if message := find(seen, answer):
            return Feedback(exercise.id, False, message)
    for find in findings.WHEN_COMPARING:
        if message := find(seen, answer):
            names = seen.named()
            return Feedback(exercise.id, False, message, names[0] if names else None, _more(exercise, names))
    return Feedback(exercise.id, True, f"Right on all {len(cases)} cases: {', '.join(cases)}.")


def _more(exercise, names):
    """What is folded: the mistake, or all that give these same numbers, and the section to read again."""
    lesson = exercise.id.partition(".")[0]
    told = [describe(id) for id in names]
    if len(told) > 1:
        told.insert(0, "More than one mistake gives exactly these numbers:")
    return (*told, f"Read again: lesson {lesson}, “{exercise.section}”.")
