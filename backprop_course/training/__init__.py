"""Training repeats four lines until the network is good: forward, loss, backward, update.

The model is handed in: anything with `forward`, `loss` and `backward`.
"""

from backprop_course.training.fitting import History, fit
from backprop_course.training.loop import Step, steps
from backprop_course.training.metrics import accuracy, confusion_matrix
from backprop_course.training.optimizers import adagrad, adam, adamw, momentum, nesterov, rmsprop, sgd
from backprop_course.training.updating import Optimizer

__all__ = [
    "History",
    "Optimizer",
    "Step",
    "accuracy",
    "adagrad",
    "adam",
    "adamw",
    "confusion_matrix",
    "fit",
    "momentum",
    "nesterov",
    "rmsprop",
    "sgd",
    "steps",
]
