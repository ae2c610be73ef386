"""Formulas are not believed here: they are measured, proved, and compared with each other.

finite_differences   the gradient measured by nudging every number
check_gradients      your gradient beside the measured one, parameter by parameter
compare              several methods side by side in one report
symbolic             SymPy's proof of every formula of the course (SymPy loads when it is first used)
"""

from importlib import import_module

from backprop_course.verify.finite_differences import finite_differences, one_sided_differences
from backprop_course.verify.gradient_check import GradientCheck, check_gradients
from backprop_course.verify.parameter_check import ParameterCheck
from backprop_course.verify.report import Comparison, compare

__all__ = [
    "Comparison",
    "GradientCheck",
    "ParameterCheck",
    "check_gradients",
    "compare",
    "finite_differences",
    "one_sided_differences",
    "symbolic",
]


def __getattr__(name):
    if name == "symbolic":
        return import_module("backprop_course.verify.symbolic")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
