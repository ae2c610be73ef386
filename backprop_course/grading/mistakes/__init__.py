"""The library of mistakes has one home, so that a diagnosis, a lesson and a test speak of the same mistake.

`MISTAKES["M10"]` is one of them, `plant("M10")` the course's own code with that mistake in it, and
`diff("M10")` the lines that it changes. `seen(params, X, Y_true)` tells which of them an example hides.
"""

from types import ModuleType

from backprop_course.grading.mistakes.adaptive import IN_ADAPTIVE_STEPS
from backprop_course.grading.mistakes.batchnorm import IN_BATCHNORM
from backprop_course.grading.mistakes.checking import IN_THE_CHECK
from backprop_course.grading.mistakes.dropout import IN_DROPOUT
from backprop_course.grading.mistakes.elsewhere import IN_OPS, IN_THE_STEP, IN_THE_TAPE
from backprop_course.grading.mistakes.forward import IN_THE_FORWARD_PASS
from backprop_course.grading.mistakes.graphs import IN_THE_GRAPH
from backprop_course.grading.mistakes.mistake import Mistake
from backprop_course.grading.mistakes.network import IN_THE_NETWORK
from backprop_course.grading.mistakes.neuron import WITH_ONE_NEURON
from backprop_course.grading.mistakes.optimizers import IN_THE_OPTIMIZER
from backprop_course.grading.mistakes.penalties import IN_THE_PENALTY
from backprop_course.grading.mistakes.runs import IN_A_RUN
from backprop_course.grading.mistakes.sight import seen
from backprop_course.grading.mistakes.starts import AT_THE_START
from backprop_course.grading.mistakes.training import IN_TRAINING
from backprop_course.notation import refuse

__all__ = ["MISTAKES", "Mistake", "diff", "plant", "seen"]

GROUPS = (
    *IN_THE_NETWORK,
    *IN_THE_FORWARD_PASS,
    *IN_THE_STEP,
    *IN_OPS,
    *IN_THE_TAPE,
    *IN_THE_CHECK,
    *IN_THE_GRAPH,
    *IN_TRAINING,
    *WITH_ONE_NEURON,
    *AT_THE_START,
    *IN_THE_OPTIMIZER,
    *IN_ADAPTIVE_STEPS,
    *IN_THE_PENALTY,
    *IN_DROPOUT,
    *IN_BATCHNORM,
    *IN_A_RUN,
)
MISTAKES = {m.id: m for m in GROUPS}


def plant(id: str) -> ModuleType:
    """A fresh module with this mistake in it, such as `plant("M10").backward`; the package stays as it is.

    Raises ValueError for an id that the library does not have.
    """
    return _find(id).plant()


def diff(id: str) -> str:
    """The lines that this mistake changes: right code after "-", wrong code after "+".

    Raises ValueError for an id that the library does not have.
    """
    return _find(id).diff()


def _find(id):
    if id not in MISTAKES:
        refuse("id", f"one of {', '.join(MISTAKES)}", repr(id))
    return MISTAKES[id]
