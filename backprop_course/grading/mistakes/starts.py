"""A training can be lost before its first step: by its weights, or by what is fed in."""

from backprop_course.grading.mistakes.mistake import Mistake

AT_THE_START = (
    Mistake(
        id="M48",
        name="the inputs are not scaled",
        where="backprop_course.grading.step_size",
        old="X = pixels / top",
        new="X = pixels",
        why="The second slopes hold every pixel twice, as a product. Pixels that are `top` times as large "
        "make every curvature top² times as large, so the limit is top² times too small.",
    ),
)
