"""Learners learn from an answer they have committed to, so predictions are asked for here, and kept.

`mistakes` is the library of wrong gradients and of the numbers that each of them gives.
"""

from backprop_course.grading import mistakes, progress
from backprop_course.grading.inventory import inventory, inventory_results
from backprop_course.grading.predictions import predict

__all__ = ["inventory", "inventory_results", "mistakes", "predict", "progress"]
