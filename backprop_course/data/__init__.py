"""Data that the lessons learn from: small sets inside the package, ways to divide them, and mini-batches."""

from backprop_course.data.bundled import Digits, digits
from backprop_course.data.splits import mini_batches, split_by_writer, split_random

__all__ = ["Digits", "digits", "mini_batches", "split_by_writer", "split_random"]
