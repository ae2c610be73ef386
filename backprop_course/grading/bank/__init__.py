"""What is asked after each lesson has a module of its own, so that the answers to a sheet are found."""

from backprop_course.grading.bank import lesson_05

EXERCISES = (*lesson_05.EXERCISES,)
