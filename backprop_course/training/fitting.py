"""A whole training run, from the first parameters to the learning curves, is one call: `fit`."""

import warnings
from dataclasses import dataclass
from itertools import islice
from math import ceil, isfinite
from time import perf_counter
from typing import Any

import numpy as np

from backprop_course.data.splits import require_count
from backprop_course.notation import describe, refuse
from backprop_course.training.checks import check_parts, checked_pair
from backprop_course.training.loop import steps
from backprop_course.training.metrics import are_classes, fraction_correct
from backprop_course.training.modes import first_state, prediction
from backprop_course.training.stopping import early_stopping
from backprop_course.training.updating import Optimizer

CURVES = ("epoch_loss", "accuracy", "validation_loss", "validation_accuracy")


@dataclass(frozen=True, eq=False, repr=False)
class History:
    """What `fit` returns: the trained `params`, the optimizer's `state`, and how it went.

    `model_state` is what the model keeps beside its parameters, None if it keeps nothing. With early stopping
    all three are those after `best_epoch`, counted from 1; else they are the last, and `best_epoch` is None.

    `loss` has one entry per step, of its mini-batch before the update. The other curves have one per epoch,
    taken after it: `epoch_loss` and `accuracy` on all training rows, `validation_loss` and
    `validation_accuracy` on the validation rows. They are empty without such rows, accuracies also where the
    targets are not classes. `seconds` is the time of the whole call. `diverged` tells that the loss stopped
    being a number; then `message` tells where, and what to try.
    """

    params: dict
    state: Any
    loss: np.ndarray
    epoch_loss: np.ndarray
    accuracy: np.ndarray
    validation_loss: np.ndarray
    validation_accuracy: np.ndarray
    seconds: float
    message: str
    model_state: dict | None = None
    best_epoch: int | None = None

    @property
    def diverged(self) -> bool:
        """Whether the training ended because the loss was no longer a number."""
        return bool(self.message)

    def __repr__(self):
        facts = [f"{len(self.loss)} steps", f"{self.seconds:.2f} s"]
        last = {name: getattr(self, name)[-1] for name in CURVES if len(getattr(self, name))}
        facts += [f"{name} {value:.4g}" for name, value in last.items()]
        facts += [f"best epoch {self.best_epoch}"] if self.best_epoch else []
        return f"History({', '.join(facts)})" + (f"\n{self.message}" if self.message else "")


def fit(
    model, params, X, Y_true, *, optimizer: Optimizer, epochs, batch_size, rng, validation=None,
    patience=None, min_delta=0.0, model_state=None, progress=True,
) -> History:  # fmt: skip
    """Train for some epochs; return the history with the trained parameters. The given ones stay as they are.

    X (N, n) and Y_true (N, m); `validation` is a pair (X, Y_true) which is only looked at. The progress bar
    shows loss and accuracy after each epoch; progress=False shows nothing. A loss that is no longer a number
    ends the training with one warning, and the history says so.

    With `patience`, training ends early when so many epochs in a row have not brought the validation loss
    below its lowest by more than `min_delta`; in any case the history then holds parameters and states of the
    best epoch. A model with two modes begins with `model_state` (see `training.modes`).

    Raises ValueError or TypeError, before anything starts, for shapes or dtypes that do not fit, and for NaN.
    """
    start = perf_counter()
    epochs, batch_size = require_count("epochs", epochs), require_count("batch_size", batch_size)
    watch = early_stopping(patience, min_delta, validation)
    check_parts(model, params, optimizer)
    model_state = first_state(model, params, model_state)
    own = {name: W.copy() for name, W in params.items()}  # every step writes into these
    call = {"optimizer": optimizer, "batch_size": batch_size, "rng": rng, "epochs": epochs, "out": own}
    training = steps(model, own, X, Y_true, model_state=model_state, **call)  # refuses, and makes no step yet
    sets = [(X, Y_true.astype(X.dtype, copy=False))]
    sets += _checked_validation(model, own, model_state, validation)
    lengths = [ceil(len(X) / batch_size)] * epochs
    with _bar(sum(lengths), progress) as bar:
        last, loss, curves, message = _train(training, lengths, model, sets, watch, bar)
    if message:
        warnings.warn(message, RuntimeWarning, stacklevel=2)
    best = watch.best if watch else None
    kept, best_epoch = best or last, best.epoch if best else None
    found = {"model_state": kept.model_state, "best_epoch": best_epoch, "seconds": perf_counter() - start}
    return History(kept.params, kept.state, loss, **curves, message=message, **found)


def _train(training, lengths, model, sets, watch, bar):
    """Make the steps, epoch by epoch; return the last one, the loss of each, the curves and what to tell."""
    loss, curves = [], {name: [] for name in CURVES}
    for steps_of_this_epoch in lengths:
        for step in islice(training, steps_of_this_epoch):
            loss.append(step.loss)
            bar.update()
        message = _measure(curves, step, model, sets)
        if message:
            break
        bar.set_postfix(_shown(curves), refresh=False)
        if watch and watch.is_over(step, curves["validation_loss"][-1]):
            break
    return step, np.array(loss), {name: np.array(values) for name, values in curves.items()}, message


def _checked_validation(model, params, state, validation):
    """No pair (X, Y_true), or the one to measure after each epoch beside the training rows."""
    if validation is None:
        return []
    if not isinstance(validation, (tuple, list)) or len(validation) != 2:
        refuse("validation", "a pair (X, Y_true)", describe(validation), TypeError)
    try:
        return [checked_pair(model, params, *validation, state)]
    except (TypeError, ValueError) as error:
        raise type(error)(f"validation {error}") from None


def _measure(curves, step, model, sets) -> str:
    """Add loss and accuracy after an epoch to the curves; if a loss is not a number, return what to tell."""
    measured = [value for pair in sets for value in _evaluate(model, step, *pair)]
    message = _trouble(step, epoch_loss=measured[0])
    if not message:
        for name, value in zip(CURVES, measured, strict=False):  # without validation, only the first two
            if value is not None:
                curves[name].append(value)
    return message


def _evaluate(model, step, X, Y_true):
    """Loss and accuracy on these rows; the accuracy is None where the targets are not classes."""
    with np.errstate(all="ignore"):
        Y_pred = prediction(model, step.params, step.model_state, X)
        loss = float(model.loss(Y_pred, Y_true))
    return loss, fraction_correct(Y_pred, Y_true) if are_classes(Y_true) else None


def _shown(curves):
    """What the progress bar shows: training loss and accuracy, of the validation rows if there are any."""
    accuracy = "validation_accuracy" if curves["validation_accuracy"] else "accuracy"
    return {name: f"{curves[name][-1]:.3f}" for name in ("epoch_loss", accuracy) if curves[name]}


def _trouble(step, epoch_loss) -> str:
    """What to tell if a loss is no longer a finite number, else nothing."""
    loss = epoch_loss if isfinite(step.loss) else step.loss
    if isfinite(loss):
        return ""
    if step.number == 1 and not isfinite(step.loss):
        return f"The loss is {loss} before the first update: scale the inputs, or start with smaller weights."
    return (
        f"The loss became {loss} at step {step.number}, in epoch {step.epoch}, and training stopped: "
        "the learning rate is probably too large. Try a tenth of it."
    )


def _bar(total, progress):
    """A progress bar for a terminal or a notebook, whichever this is."""
    from tqdm.auto import tqdm  # loads when first used

    return tqdm(total=total, unit="step", disable=not progress)
