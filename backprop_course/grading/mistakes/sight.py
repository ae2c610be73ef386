"""An example can hide a mistake from every check, so an example has to be checked, too."""

from functools import cache

import numpy as np

from backprop_course.grading.mistakes.mistake import Mistake
from backprop_course.grading.mistakes.network import IN_THE_NETWORK
from backprop_course.models import two_layer
from backprop_course.notation import require_finite


def seen(params: dict, X: np.ndarray, Y_true: np.ndarray) -> dict[str, str]:
    """What this example shows of each mistake in the gradients of the two-layer network, by its id.

    "shape": it raises an error or gives a wrong shape. "value": it gives wrong numbers, with a relative error
    above 1e-7 in some parameter. "hidden": it gives the right numbers here, and no comparison can see it.

    Refuses what `two_layer.forward` and `two_layer.backward` refuse, and numbers that are not finite.
    """
    _, saved = two_layer.forward(params, X)
    right = two_layer.backward(params, saved, Y_true)
    for name, array in ({"X": X} | params | {f"d{name}": grad for name, grad in right.items()}).items():
        require_finite(name, array)
    return {
        m.id: _shown(_planted(m), params, saved, Y_true, right) for m in IN_THE_NETWORK if _is_backward(m)
    }


def _is_backward(mistake):
    """Whether the mistake changes gradients, and not the loss that they belong to."""
    return bool(mistake.wrong) and mistake.id != "M38"


@cache
def _planted(mistake: Mistake):
    return mistake.plant()


def _shown(module, params, saved, Y_true, right):
    """ "shape", "value" or "hidden", for the wrong backward of this module."""
    try:
        grads = module.backward(params, saved, Y_true)
    except ValueError:
        return "shape"
    if any(grads[name].shape != grad.shape for name, grad in right.items()):
        return "shape"
    norm = np.linalg.norm
    agrees = (norm(grads[k] - a) <= 1e-7 * (norm(grads[k]) + norm(a)) for k, a in right.items())
    return "hidden" if all(agrees) else "value"
