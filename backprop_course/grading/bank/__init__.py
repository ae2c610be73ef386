"""What is asked after each lesson has a module of its own, so that the answers to a sheet are found."""

from importlib import import_module
from pkgutil import iter_modules

_LESSONS = sorted(module.name for module in iter_modules(__path__) if module.name.startswith("lesson_"))
EXERCISES = tuple(exercise for name in _LESSONS for exercise in import_module(f"{__name__}.{name}").EXERCISES)
