"""Networks written by hand: the flat two-layer network of the course, and the same rules at any depth."""

from backprop_course.models import two_layer
from backprop_course.models.initializers import he, xavier
from backprop_course.models.layers import mlp

__all__ = ["he", "mlp", "two_layer", "xavier"]
