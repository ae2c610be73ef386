"""A wrong gradient shows in numbers before anyone finds it in the code, so broken runs are laid open here.

Every run holds one mistake, and is laid beside the same run without it.
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import zip_longest
from typing import NamedTuple

import numpy as np

from backprop_course.grading import run_pages
from backprop_course.grading.plans import WITH_BACKWARD, Plan, Setting
from backprop_course.verify.tables import cosine, length_ratio


class Trained(NamedTuple):
    """What a training did: the loss of every step, the steps of an epoch, and in words how it ended."""

    losses: tuple[float, ...]
    epoch: int
    ended: str = ""

    @property
    def last(self) -> str:
        """The mean loss of the last epoch."""
        if not self.losses:
            return "none, as no step was made"
        mean = np.mean(self.losses[-self.epoch :])
        return f"{mean:.3f}" if np.isfinite(mean) else f"NaN at step {len(self.losses)}"

    @property
    def told(self) -> str:
        """The curve in words."""
        if not self.losses:
            return "no step was made"
        last = np.mean(self.losses[-self.epoch :])
        ends = f"ends near {last:.2f}" if np.isfinite(last) else "ends with NaN"
        return f"it begins at {self.losses[0]:.2f} and {ends} after {len(self.losses)} steps"


@dataclass(frozen=True)
class Run:
    """A training run on the digits, with a mistake in its code: what it did, beside the same run without one.

    `losses` are lists by "this run" and "without the mistake", one number a step; `outcome` says in words
    how it ended; `fingerprint` is (ratio, cosine) by name, or what went wrong, of what its plan compares,
    such as the gradients of the first update, beside the right ones (one number has no cosine: None);
    `first_loss` is the loss that is reported there, or what went wrong, and the right one.
    """

    code: str
    setting: Setting
    plan: Plan = WITH_BACKWARD

    @cached_property
    def losses(self) -> dict[str, list[float]]:
        """The loss at every step; where a run ended early, NaN up to the length of the other."""
        both = zip_longest(self._this.losses, self._right.losses, fillvalue=float("nan"))
        return dict(zip(("this run", "without the mistake"), map(list, zip(*both))))

    @property
    def outcome(self) -> str:
        """How the run ended, and how it ends without the mistake."""
        return f"This run: {self._this.ended}\nWithout the mistake: {self._right.ended}"

    @property
    def finding(self) -> str:
        """What the curves show, as the title of a figure."""
        return f"Loss of the last epoch: {self._this.last}. Without the mistake: {self._right.last}"

    @property
    def told(self) -> str:
        """The curves in words."""
        this, right = self._this.told, self._right.told
        return (
            f"The loss at each step, on a logarithmic axis. This run: {this}. Without the mistake: {right}."
        )

    @property
    def _this(self):
        return _train(self.code, self.setting, self.plan)

    @property
    def _right(self):
        return _train(self.plan.page.text(), self.setting, self.plan)

    @property
    def fingerprint(self) -> dict[str, tuple[float, float | None] | str]:
        """Ratio of the norms and cosine, by name, or a text where there are none."""
        return self._compared[0]

    @property
    def first_loss(self) -> tuple[float | str, float]:
        """The loss that is reported first, or what went wrong, and the right one."""
        return self._compared[1]

    @cached_property
    def _compared(self):
        right = self.plan.compared(self.plan.page.text(), self.setting)
        right_loss = right.pop("L")
        try:
            with np.errstate(all="ignore"):
                came = self.plan.compared(self.code, self.setting)
        except Exception as error:
            told = f"{type(error).__name__}: {error}"
            return dict.fromkeys(right, told), (told, right_loss)
        found = {name: _beside(came[name], array) for name, array in right.items()}
        return found, (float(came["L"]), right_loss)

    def __str__(self):
        return run_pages.as_text(self)

    __repr__ = __str__

    def _repr_html_(self):
        return run_pages.as_html(self)


@lru_cache(maxsize=64)
def _train(code, setting, plan):
    """A training from a fixed start; whatever the code raises is told in words."""
    losses, epoch = [], plan.epoch(setting)
    try:
        with np.errstate(all="ignore"):
            good_for = plan.trained(code, setting, losses)
    except Exception as error:
        ended = f"after {len(losses)} steps it stops with {type(error).__name__}: {str(error).strip()}."
        return Trained(tuple(losses), epoch, ended)
    if not np.isfinite(losses).all():
        losses = losses[: 1 + int(np.argmin(np.isfinite(losses)))]
        return Trained(tuple(losses), epoch, f"the loss is NaN at step {len(losses)}, and the run stops.")
    trained = Trained(tuple(losses), epoch)
    return trained._replace(ended=f"the loss of the last epoch is {trained.last}; {good_for}.")


def _beside(came, right):
    """(ratio, cosine), the cosine None for one number; or in words what keeps them from being compared."""
    if isinstance(came, str):
        return came
    if came.shape != right.shape:
        return f"shape {came.shape}, not {right.shape}"
    if not np.isfinite(came).all():
        return "not a finite number"
    if not came.any() or not right.any():
        return "0 everywhere" if right.any() else "the right one is 0 everywhere"
    return length_ratio(came, right), cosine(came, right) if right.size > 1 else None
