"""Networks written by hand: the flat two-layer network of the course, and the same rules at any depth."""

from backprop_course.models import two_layer
from backprop_course.models.additions import with_augmentation, with_penalties
from backprop_course.models.initializers import he, normal, xavier, xavier_uniform, zeros
from backprop_course.models.two_modes import mlp

__all__ = [
    "he",
    "mlp",
    "normal",
    "two_layer",
    "with_augmentation",
    "with_penalties",
    "xavier",
    "xavier_uniform",
    "zeros",
]
