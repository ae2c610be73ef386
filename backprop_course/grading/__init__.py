"""Learners learn from an answer they have committed to, so predictions are asked for here, and kept.

`exercises` lists what is asked, and `check` answers an answer. `mistakes` is the library of wrong gradients
and of the numbers that each of them gives.
"""

from backprop_course.grading import mistakes, progress
from backprop_course.grading.checks import check, exercises
from backprop_course.grading.clinic import clinic
from backprop_course.grading.feedback import Feedback, NotYet
from backprop_course.grading.hints import hint
from backprop_course.grading.inventory import inventory, inventory_results
from backprop_course.grading.predictions import predict
from backprop_course.grading.returning import coming_back

__all__ = [
    "Feedback",
    "NotYet",
    "check",
    "clinic",
    "coming_back",
    "exercises",
    "hint",
    "inventory",
    "inventory_results",
    "mistakes",
    "predict",
    "progress",
]
