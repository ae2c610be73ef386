"""This is the package that the lessons import: every gradient, by several methods that must agree.

The rooms are `ops`, `models`, `autodiff`, `verify`, `training`, `data`, `viz` and `grading`. Each loads when
it is first used, so that importing the package costs little more than NumPy itself.
"""

from importlib import import_module

__version__ = "0.1.0"

_ROOMS = ("autodiff", "data", "grading", "models", "notation", "ops", "training", "verify", "viz")


def __getattr__(name: str):
    """Load a room when it is first asked for, as in `backprop_course.ops`."""
    if name in _ROOMS:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
