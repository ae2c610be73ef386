"""Right answers in several styles, one module a lesson: `STYLES = {"05.1": (answer, another, a_third)}`.

A function is asked for in three styles at least, of which the first is the plain one: NumPy alone, nothing
of the package. An order, a choice or a number is given in each form that should pass.
"""

import pkgutil
from importlib import import_module

LEAST = 3  # styles of a function


def styles():
    """The right answers of every exercise, by its id, from all modules here."""
    found = {}
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda module: module.name):
        for id, answers in import_module(f"{__name__}.{module.name}").STYLES.items():
            if module.name != f"lesson_{id.partition('.')[0]}" or id in found:
                raise ValueError(f"{module.name} holds answers to {id}, which belong elsewhere or come twice")
            found[id] = tuple(answers)
    return found


def is_function(answers):
    """Whether the exercise with these right answers asks for a function."""
    return any(callable(answer) for answer in answers)


STYLES = styles()
