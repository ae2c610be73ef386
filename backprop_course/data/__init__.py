"""Data that the lessons learn from: small sets inside the package, divided, varied, in mini-batches."""

from backprop_course.data.augmentation import (
    flip,
    random_flip,
    random_noise,
    random_rotation,
    random_shift,
    rotate,
    shift,
)
from backprop_course.data.bundled import Digits, digits
from backprop_course.data.splits import mini_batches, split_by_writer, split_random

__all__ = [
    "Digits",
    "digits",
    "flip",
    "mini_batches",
    "random_flip",
    "random_noise",
    "random_rotation",
    "random_shift",
    "rotate",
    "shift",
    "split_by_writer",
    "split_random",
]
