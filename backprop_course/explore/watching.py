"""That a loop learns is believed when it is watched: the training of lesson 07, some updates at a time.

`play(Training(seed=0))`, of `viz.player`, shows it with its buttons.
"""

from functools import cache
from math import ceil, isfinite
from typing import NamedTuple

import numpy as np

from backprop_course import data, notation, training
from backprop_course.explore import watched
from backprop_course.models import two_layer
from backprop_course.viz.scenes import Scene

EPOCHS = 30
RECORDS = 10  # an epoch: points of the curves


class Digits(NamedTuple):
    """The training part and the validation part of lesson 07, and the validation digits that are shown."""

    X: np.ndarray
    Y_true: np.ndarray
    X_validation: np.ndarray
    Y_validation: np.ndarray
    labels: np.ndarray
    shown: np.ndarray


@cache
def digits() -> Digits:
    """900 digits to learn from and 300 to look at; shown are the first eight of these, and four hard ones.

    The hard ones are the first that the nearest mean picture misreads.
    """
    bundle = data.digits()
    X, Y_true = bundle.X / 16, notation.one_hot(bundle.labels, 10)
    known, _ = data.split_by_writer()
    train, rest = data.split_random(len(known), (0.75, 0.25), np.random.default_rng(0))
    means = np.array([X[train][bundle.labels[train] == k].mean(axis=0) for k in range(10)])
    nearest = ((X[rest][:, None] - means) ** 2).sum(axis=2).argmin(axis=1)
    hard = np.flatnonzero(nearest != bundle.labels[rest])
    shown = np.concatenate([np.arange(8), hard[hard >= 8][:4]])
    return Digits(X[train], Y_true[train], X[rest], Y_true[rest], bundle.labels[rest], shown)


class Training:
    """The network of lesson 07 (64-32-10) while it learns to read digits, by gradient descent.

    `learning_rate` and `batch_size` may be set at any time and count from the next update on; they refuse
    what `training` refuses. `seed` draws the first weights and the order of the digits.
    """

    controls = {  # noqa: RUF012 (a table, never changed)
        "learning_rate": (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0),
        "batch_size": (1, 5, 20, 100, 300),
    }

    def __init__(self, seed=0):
        self.seed = seed
        self.reset()

    def reset(self) -> None:
        """Go back to the first state: the first weights, a learning rate of 0.3, batches of 20."""
        self.params = two_layer.init(np.random.default_rng(self.seed), 64, 32, 10)
        self.updates, self._seen, self._ended = 0, 0, ""
        self._rng, self._state = np.random.default_rng(self.seed), None
        self._learning_rate, self._batch_size, self._steps = 0.3, 20, None
        self._changed, self.changes = False, []
        self._lengths = []  # of the gradients since the last record
        # what the curves show, and the epochs in which something was changed by hand
        self.records = {name: [] for name in ("epoch", "training", "validation", "dW1", "dW2")}

    @property
    def learning_rate(self) -> float:
        """The factor of the gradient in the next update."""
        return self._learning_rate

    @learning_rate.setter
    def learning_rate(self, value):
        training.sgd(value)  # refuses what cannot be a learning rate
        self._changed |= value != self._learning_rate
        self._learning_rate = float(value)

    @property
    def batch_size(self) -> int:
        """The number of digits in a mini-batch."""
        return self._batch_size

    @batch_size.setter
    def batch_size(self, value):
        value = data.splits.require_count("batch_size", value)
        if value != self._batch_size:
            self._changed, self._batch_size, self._steps = True, value, None

    @property
    def epoch(self) -> float:
        """How often the training part was gone through; the last batch may reach beyond the last epoch."""
        return min(EPOCHS, self._seen / len(digits().X))

    @property
    def ended(self) -> str:
        """Why no update can follow, as a sentence that says what to do; empty where one can."""
        if self._ended or self.epoch < EPOCHS:
            return self._ended
        return f"All {EPOCHS} epochs are done. Press Reset to begin again."

    @property
    def updates_a_picture(self) -> int:
        """How many updates pass from one picture to the next: a tenth of an epoch, or one."""
        return max(1, round(len(digits().X) / RECORDS / self._batch_size))

    @property
    def progress(self) -> tuple[float, str]:
        """The share of the epochs that is done, and the same in words."""
        words = f"epoch {self.epoch:.1f} of {EPOCHS}, {self.updates:,} updates"
        return self.epoch / EPOCHS, words

    def advance(self, k: int = 1) -> None:
        """Make k updates, or fewer where the training ends before."""
        for _ in range(k):
            if self.ended:
                return
            self._steps = self._steps or self._begin()
            self._took(next(self._steps))

    def _begin(self):
        """Steps from here on: the optimizer's state and the generator stay as they are."""
        sgd = training.sgd(lambda step: self._learning_rate)
        optimizer = sgd._replace(init=lambda params: self._state or sgd.init(params))
        call = {"optimizer": optimizer, "batch_size": self._batch_size, "rng": self._rng}
        return training.steps(two_layer, self.params, digits().X, digits().Y_true, **call)

    def _took(self, step):
        if not isfinite(step.loss):
            self._ended = (
                f"The loss became {step.loss} after update {self.updates}, and the training stopped: the "
                "learning rate was too large. Press Reset, and try a tenth of it."
            )
            return
        if self._changed:
            self._changed = False
            self.changes.append(self.epoch)
        if not self.records["epoch"]:
            self._record()  # before the first update
        before = self._seen
        N, b = len(digits().X), self._batch_size
        self._seen += min(b, N - (step.number - 1) % ceil(N / b) * b)  # the last of an epoch may be smaller
        self.params, self._state, self.updates = step.params, step.state, self.updates + 1
        self._lengths.append([np.linalg.norm(step.grads[name]) for name in ("W1", "W2")])
        if self._seen * RECORDS // N > before * RECORDS // N:
            self._record()

    def _record(self):
        values = (self.epoch, *self.measured()[:2], *self.lengths())
        self._lengths = []
        for name, value in zip(self.records, values):
            self.records[name].append(float(value))

    def measured(self) -> tuple[float, float, np.ndarray]:
        """The losses of both parts as the network is now, and its answers Y_pred (300, 10) in validation."""
        given = digits()
        with np.errstate(all="ignore"):  # a loss that is not finite is told when the training ends
            Y_train, _ = two_layer.forward(self.params, given.X)
            Y_pred, _ = two_layer.forward(self.params, given.X_validation)
            return two_layer.loss(Y_train, given.Y_true), two_layer.loss(Y_pred, given.Y_validation), Y_pred

    def lengths(self) -> tuple[float, float]:
        """The mean lengths of dW1 and dW2 since the last record; NaN where no update was made since."""
        return tuple(np.mean(self._lengths, axis=0)) if self._lengths else (np.nan, np.nan)

    def scene(self) -> Scene:
        """The present state: twelve digits with the network's answers, the losses, the gradients."""
        return watched.scene(self, digits(), *self.measured())
