"""A gradient is believed when it agrees with the measured slopes, for one parameter after the other.

One number for all parameters would let thousands of right weights hide ten wrong biases.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from numbers import Real

import numpy as np

from backprop_course.notation import describe, refuse
from backprop_course.verify.finite_differences import evaluate, float64_copies, one_sided_differences
from backprop_course.verify.parameter_check import ParameterCheck, Slopes, examine
from backprop_course.verify.tables import html_table, text_table

HEAD = ("parameter", "shape", "relative error", "ratio", "cosine")
HEAD += ("worst index", "yours", "measured", "result")


@dataclass(frozen=True)
class GradientCheck:
    """What `check_gradients` found: `rows` by parameter, and `problems` of no single parameter."""

    rows: dict[str, ParameterCheck]
    problems: tuple[str, ...]
    tolerance: float

    @property
    def passed(self) -> bool:
        """True when every parameter was measured and agrees."""
        return not self.problems and all(row.result == "agrees" for row in self.rows.values())

    @property
    def kinks(self) -> int:
        """Number of entries, over all parameters, that sit at a kink."""
        return sum(row.kinks for row in self.rows.values())

    @property
    def message(self) -> str:
        """What was found, in sentences."""
        noted = [row.message for row in self.rows.values() if row.result != "agrees" or row.kinks]
        if not self.passed:
            return "\n".join(["Not passed.", *self.problems, *noted])
        worst = max(self.rows.values(), key=lambda row: row.relative_error)
        names = ", ".join(str(name) for name in self.rows)
        largest = f"Largest relative error: {worst.relative_error:.1e} ({worst.name})"
        passed = f"Passed: the measured slopes agree for {names}. {largest}, tolerance: {self.tolerance:g}."
        return "\n".join([passed, *noted])

    def __str__(self):
        table = text_table(HEAD, [row.cells for row in self.rows.values()]) + "\n" if self.rows else ""
        return table + self.message

    def _repr_html_(self):
        caption = "Gradients beside the slopes measured by finite differences"
        table = html_table(caption, HEAD, [row.cells for row in self.rows.values()]) if self.rows else ""
        return table + "<p>" + "<br>".join(escape(line) for line in self.message.splitlines()) + "</p>"


def check_gradients(f: Callable, params, grads, tolerance: float = 1e-7, step: float = 1e-5) -> GradientCheck:
    """Compare `grads` with the slopes of f at `params`, measured by central differences.

    `params` is a dict of float64 arrays (or one array or float, and so is `grads`); `f(params)` is the loss.
    A parameter agrees when its relative error is at most `tolerance`. It never does when the loss does not
    change with it, for 0 compared with 0 proves nothing. One error for a whole parameter cannot see a wrong
    slope of 1e-8 beside a right one of 1. Entries at a kink, where f has no one slope, are named.

    A wrong answer in `grads` (keys, shapes, NaN, values) is reported, never raised. Raises what
    `finite_differences` raises for `params`, `f` and `step`; TypeError if `grads` is no dict where `params`
    is one; ValueError for a tolerance that is not between 0 and 1.
    """
    if not isinstance(params, Mapping):
        alone = {"params": params}, {"params": grads}
        return check_gradients(lambda p: f(p["params"]), *alone, tolerance, step)
    if not isinstance(grads, Mapping):
        refuse("grads", f"a dict with the keys {', '.join(map(str, params))}", describe(grads), TypeError)
    if not (isinstance(tolerance, Real) and 0 < tolerance < 1):
        refuse("tolerance", "a number between 0 and 1", repr(tolerance))
    params, step = float64_copies(params, step), float(step)
    losses = [evaluate(f, params, "the given params") for _ in range(4)]
    if max(losses) - min(losses) > 1e-12 * abs(losses[0]):
        chance = f"Equal parameters gave {min(losses):.6g} and {max(losses):.6g}: the loss depends on chance."
        return GradientCheck({}, (chance,), tolerance)
    noise = _rounding(f, params, losses[0]) / step
    sides = (*one_sided_differences(f, params, step), *one_sided_differences(f, params, step / 2))
    rows = {
        name: examine(name, grads.get(name), Slopes(*(side[name] for side in sides)), noise, tolerance)
        for name in params
    }
    return GradientCheck(rows, _unknown(grads, params), tolerance)


def _rounding(f, params, loss):
    """How far rounding moves the loss: along very short lines, its fourth differences are nothing else."""
    rng = np.random.default_rng(0)  # the same lines for every check
    found = [np.finfo(np.float64).eps * abs(loss)]
    for _ in range(4):
        way = {name: 1e-8 * rng.standard_normal(array.shape) for name, array in params.items()}
        points = ({name: params[name] + k * way[name] for name in params} for k in range(-4, 5))
        losses = [evaluate(f, point, "the given params") for point in points]
        found.append(np.abs(np.diff(losses, n=4)).max() / np.sqrt(70))  # 70 = 1 + 16 + 36 + 16 + 1
    return max(found)


def _unknown(grads, params):
    """The sentence about gradients of parameters that do not exist."""
    extra = ", ".join(str(name) for name in grads if name not in params)
    return (f"grads holds {extra}; the parameters are {', '.join(map(str, params))}.",) if extra else ()
