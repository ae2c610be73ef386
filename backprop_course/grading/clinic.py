"""A clinic lays a broken run open: what it did, and its code with one mistake, whose name is not told."""

from backprop_course.grading.checks import BY_ID
from backprop_course.grading.repair import Repair
from backprop_course.grading.runs import Run
from backprop_course.notation import refuse


def clinic(id: str) -> Run:
    """The broken run of an exercise, such as `clinic("06.6")`: its code, its losses and its fingerprint.

    Raises ValueError for an id that no broken run has.
    """
    runs = {k: e for k, e in BY_ID.items() if isinstance(e, Repair)}
    if not isinstance(id, str) or id not in runs:
        refuse("clinic", f"the id of a broken run, one of {', '.join(runs)}", repr(id))
    return runs[id].run()
