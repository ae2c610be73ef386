"""Training that goes on for too long fits the training rows only, so early stopping keeps the best epoch."""

from copy import deepcopy
from math import inf

from backprop_course.data.splits import require_count
from backprop_course.notation import refuse
from backprop_course.training.updating import number_of


class EarlyStopping:
    """Watches the loss on the validation rows, epoch by epoch.

    `best` is a copy of the last step of the best epoch so far, None before the first. An epoch is better if
    its loss is lower than that of the best by more than `min_delta`.
    """

    def __init__(self, patience: int, min_delta: float):
        self.patience, self.min_delta = patience, min_delta
        self.best, self.lowest, self.waited = None, inf, 0

    def is_over(self, step, loss: float) -> bool:
        """Take note of an epoch; tell whether the last `patience` epochs brought nothing better."""
        if loss < self.lowest - self.min_delta:
            self.best, self.lowest, self.waited = deepcopy(step), loss, 0
        else:
            self.waited += 1
        return self.waited >= self.patience


def early_stopping(patience, min_delta, validation) -> EarlyStopping | None:
    """The watch that `fit` was asked for, None without patience.

    Raises ValueError or TypeError for what is no number of epochs or no difference of losses, and without
    validation rows.
    """
    min_delta = number_of("min_delta", min_delta)
    if patience is None:
        if min_delta:
            refuse("patience", "a number of epochs, as min_delta is given", "None")
        return None
    patience = require_count("patience", patience)
    if validation is None:
        refuse("validation", "a pair (X, Y_true), as early stopping looks at its loss", "None")
    return EarlyStopping(patience, min_delta)
