"""The patients of lesson 10: every gradient is right in them, and the training around it is not."""

from backprop_course.grading.bank.clinic import broken
from backprop_course.grading.plan_training import TRAINING
