"""An answer is read in the order of a reader's questions: is it written, does it run, has it the right form?

Only then the numbers are compared. What is said first is certain, and the solution is never said.
"""

from time import monotonic

import numpy as np

from backprop_course.grading import findings, running
from backprop_course.grading.diagnosis import Comparison, explained
from backprop_course.grading.exercise import Exercise, is_blank
from backprop_course.grading.feedback import Feedback
from backprop_course.grading.reading import looked_at
from backprop_course.grading.running import call_all

AGAIN = "the first case, again"
SLOW = 0.5  # seconds, for all cases: such an answer is not called once more for the diagnosis


def examine(exercise: Exercise, answer, seed: int = 0) -> Feedback:
    """Run a function, or take numbers, and compare with the right answer on cases drawn from the seed."""
    if exercise.is_function and not callable(answer):
        written = not looked_at(lambda: is_blank(answer))
        return Feedback(exercise.id, False, findings.no_function(exercise, answer), written=written)
    answer = exercise.called(answer)
    cases = exercise.cases(np.random.default_rng(seed))
    start = monotonic()
    outcomes = call_all(exercise, answer, cases | {AGAIN: next(iter(cases.values()))}, running.LIMIT)
    is_slow = monotonic() - start > SLOW
    again = outcomes.pop(AGAIN, None)
    seen = Comparison(exercise, cases, outcomes, again, is_slow)
    for find in findings.BEFORE_COMPARING:
        if message := find(seen, answer):
            empty = find is findings.blank and len(outcomes) == sum(o.blank for o in outcomes.values())
            return Feedback(exercise.id, False, message, written=not empty)
    for find in findings.WHEN_COMPARING:
        if message := find(seen, answer):
            names = seen.named()
            told = explained(names)
            return Feedback(
                exercise.id, False, message, names[0] if names else None, told, exercise.section,
                lesson=exercise.lesson,
            )  # fmt: skip
    where = f" on all {len(cases)} cases: {', '.join(cases)}" if exercise.is_function else ""
    return Feedback(exercise.id, True, f"Right{where}.")
