"""A wrong gradient shows in numbers before anyone finds it in the code, so broken runs are laid open here.

Every run holds one mistake, and is laid beside the same run without it.
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import zip_longest
from typing import NamedTuple

import numpy as np

from backprop_course.data import digits, mini_batches
from backprop_course.grading import run_pages
from backprop_course.grading.programs import loaded, program
from backprop_course.models import two_layer
from backprop_course.notation import one_hot
from backprop_course.verify.tables import cosine, length_ratio

TRAINED_ON, BATCH, EPOCHS, LAST = 1200, 50, 9, 24  # LAST: the steps of an epoch
FIRST = 16  # examples in the first update, which is compared with the right gradient


class Setting(NamedTuple):
    """How a run is made: hidden units, learning rate, and what the pixels (0 to 1) are multiplied by."""

    h: int = 32
    learning_rate: float = 0.5
    pixels: float = 1.0


class Trained(NamedTuple):
    """What a training did: the loss of every step, and in words how it ended."""

    losses: tuple[float, ...]
    ended: str

    @property
    def last(self) -> str:
        """The loss at the end, as a mean over the last epoch."""
        if not self.losses:
            return "none, as no step was made"
        mean = np.mean(self.losses[-LAST:])
        return f"{mean:.3f}" if np.isfinite(mean) else f"NaN at step {len(self.losses)}"


@dataclass(frozen=True)
class Run:
    """A training run on the digits, with a mistake in its code: what it did, beside the same run without one.

    `losses` are lists by "this run" and "without the mistake", one number a step; `outcome` says in words
    how it ended; `fingerprint` is (ratio, cosine) by parameter, or what went wrong, of what the first
    update says about the gradient, beside the right gradient; `first_loss` is the loss that this update
    reports, or what went wrong, and the right one.
    """

    code: str
    setting: Setting

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
        return f"Loss at the end: {self._this.last}. Without the mistake: {self._right.last}"

    @property
    def told(self) -> str:
        """The curves in words."""
        this, right = (_in_words(trained.losses) for trained in (self._this, self._right))
        return (
            f"The loss at each step, on a logarithmic axis. This run: {this}. Without the mistake: {right}."
        )

    @property
    def _this(self):
        return _train(self.code, self.setting)

    @property
    def _right(self):
        return _train(program(), self.setting)

    @property
    def fingerprint(self) -> dict[str, tuple[float, float] | str]:
        """Ratio of the norms and cosine, by parameter, or a text where there are none."""
        return self._first_update[0]

    @property
    def first_loss(self) -> tuple[float | str, float]:
        """The loss that the first update reports, or what went wrong, and the right one."""
        return self._first_update[1]

    @cached_property
    def _first_update(self):
        params, X, Y_true = _first_batch(self.setting)
        Y_pred, saved = two_layer.forward(params, X)
        right, right_loss = two_layer.backward(params, saved, Y_true), two_layer.loss(Y_pred, Y_true)
        rate = self.setting.learning_rate
        try:
            with np.errstate(all="ignore"):
                new, loss = loaded(self.code)[1](params, X, Y_true, rate)
        except Exception as error:
            told = f"{type(error).__name__}: {error}"
            return dict.fromkeys(right, told), (told, right_loss)
        found = {k: _compared((params[k] - new[k]) / rate, grad, new[k]) for k, grad in right.items()}
        return found, (float(loss), right_loss)

    @property
    def sizes(self) -> dict[str, int]:
        """The sizes in the comparison of the first update."""
        return {"N": FIRST, "n": 64, "h": self.setting.h, "m": 10}

    def __str__(self):
        return run_pages.as_text(self)

    __repr__ = __str__

    def _repr_html_(self):
        return run_pages.as_html(self)


def _data(setting):
    X, labels = digits()
    return setting.pixels * X / 16, one_hot(labels, 10), labels


def _start(setting):
    return two_layer.init(np.random.default_rng(0), 64, setting.h, 10)


def _first_batch(setting):
    """Parameters with biases, and 16 digits: sizes that differ, where the setting lets them."""
    X, Y_true, _ = _data(setting)
    rng = np.random.default_rng(1)
    params = {k: a if a.ndim == 2 else 0.1 * rng.standard_normal(a.shape) for k, a in _start(setting).items()}
    return params, X[:FIRST], Y_true[:FIRST]


@lru_cache(maxsize=64)
def _train(code, setting):
    """A training from a fixed start; whatever the code raises is told in words."""
    losses = []
    try:
        with np.errstate(all="ignore"):
            share = _trained(code, setting, losses)
    except Exception as error:
        ended = f"after {len(losses)} steps it stops with {type(error).__name__}: {str(error).strip()}."
    else:
        ended = f"the loss is NaN at step {len(losses)}, and the run stops."
        if share is not None:
            ended = f"the loss ends at {np.mean(losses[-LAST:]):.3f}; "
            ended += f"{100 * share:.1f} % of the test digits are right."
    return Trained(tuple(losses), ended)


def _trained(code, setting, losses):
    """Fill `losses`, step by step; the share of right test digits, or None where the loss is not finite."""
    forward, step = loaded(code)
    X, Y_true, labels = _data(setting)
    params, rng = _start(setting), np.random.default_rng(0)
    for _ in range(EPOCHS):
        for rows in mini_batches(TRAINED_ON, BATCH, rng):
            params, loss = step(params, X[rows], Y_true[rows], setting.learning_rate)
            losses.append(float(loss))
            if not np.isfinite(loss):
                return None
    Y_pred, _ = forward(params, X[TRAINED_ON:])
    return (Y_pred.argmax(axis=1) == labels[TRAINED_ON:]).mean()


def _in_words(losses):
    if not losses:
        return "no step was made"
    last = np.mean(losses[-LAST:])
    ends = f"ends near {last:.2f}" if np.isfinite(last) else "ends with NaN"
    return f"it begins at {losses[0]:.2f} and {ends} after {len(losses)} steps"


def _compared(grad, right, new):
    """(ratio, cosine), or in words what keeps them from being compared."""
    if new.shape != right.shape:
        return f"shape {new.shape}, not {right.shape}"
    if not np.isfinite(grad).all():
        return "not a finite number"
    if not grad.any() or not right.any():
        return "0 everywhere" if right.any() else "the right gradient is 0 everywhere"
    return length_ratio(grad, right), cosine(grad, right)
