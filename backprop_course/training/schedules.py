"""One learning rate is seldom right from the first step to the last; a schedule says which holds when.

A schedule is a function of the number of updates made so far, 0 at the first; it returns the learning rate of
the next. Every optimizer takes one in the place of the number: `adam(cosine(0.01, 1000))`. A rate that is no
finite number from 0 up is refused, and a count of steps that is no positive integer: ValueError or TypeError.
"""

from collections.abc import Callable
from math import cos, pi

from backprop_course.data.splits import require_count
from backprop_course.notation import describe, refuse
from backprop_course.training.updating import number_of


def constant(rate) -> Callable:
    """The same learning rate at every step."""
    rate = number_of("rate", rate)
    return lambda step: rate


def step_decay(rate, every, factor=0.1) -> Callable:
    """Multiply the learning rate by `factor`, at most 1, after every `every` steps."""
    rate, every, factor = number_of("rate", rate), require_count("every", every), number_of("factor", factor)
    if factor > 1:
        refuse("factor", "at most 1", str(factor))
    return lambda step: rate * factor ** (step // every)


def cosine(rate, steps, final=0.0) -> Callable:
    """Half a wave of the cosine leads from `rate` at step 0 to `final` at step `steps`, where it stays.

    It falls slowly at both ends and fastest in the middle. (Loshchilov and Hutter 2017, without restarts.)
    """
    rate, final, steps = number_of("rate", rate), number_of("final", final), require_count("steps", steps)
    return lambda step: final + (rate - final) * (1 + cos(pi * min(step, steps) / steps)) / 2


def warm_up(rate, steps) -> Callable:
    """Grow from rate / steps at step 0, by equal amounts, to `rate` at step `steps` - 1, where it stays.

    (Goyal et al. 2017.)
    """
    rate, steps = number_of("rate", rate), require_count("steps", steps)
    return lambda step: rate * min(step + 1, steps) / steps


def joined(first, steps, then) -> Callable:
    """The schedule `first` for `steps` steps, then the schedule `then`, which counts from 0 again.

    `joined(warm_up(0.1, 50), 50, cosine(0.1, 950))` warms up and then falls. A part may be joined itself.
    """
    steps = require_count("steps", steps)
    for name, schedule in (("first", first), ("then", then)):
        if not callable(schedule):
            refuse(name, "a schedule, such as constant(0.1)", describe(schedule), TypeError)
    return lambda step: first(step) if step < steps else then(step - steps)
