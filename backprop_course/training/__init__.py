"""Training repeats four lines until the network is good: forward, loss, backward, update.

The model is handed in: anything with `forward`, `loss` and `backward`. `training.modes` says what a model has
that computes differently while it learns.
"""

from backprop_course.training.clipping import clip_by_norm, clip_by_value, clipped, total_norm
from backprop_course.training.diagnostics import (
    activation_spread,
    dead_units,
    gradient_norms,
    gradient_variance,
    largest_curvature,
    stability_limit,
    update_ratios,
)
from backprop_course.training.fitting import History, fit
from backprop_course.training.loop import Step, steps
from backprop_course.training.metrics import accuracy, confusion_matrix
from backprop_course.training.optimizers import adagrad, adam, adamw, momentum, nesterov, rmsprop, sgd
from backprop_course.training.schedules import constant, cosine, joined, step_decay, warm_up
from backprop_course.training.updating import Optimizer

__all__ = [
    "History",
    "Optimizer",
    "Step",
    "accuracy",
    "activation_spread",
    "adagrad",
    "adam",
    "adamw",
    "clip_by_norm",
    "clip_by_value",
    "clipped",
    "confusion_matrix",
    "constant",
    "cosine",
    "dead_units",
    "fit",
    "gradient_norms",
    "gradient_variance",
    "joined",
    "largest_curvature",
    "momentum",
    "nesterov",
    "rmsprop",
    "sgd",
    "stability_limit",
    "step_decay",
    "steps",
    "total_norm",
    "update_ratios",
    "warm_up",
]
