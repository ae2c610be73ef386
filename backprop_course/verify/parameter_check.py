"""A wrong gradient says more than "wrong": how long it is, where it points, and where it differs most."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from backprop_course.notation import describe
from backprop_course.verify.tables import number, place, ratio, relative_error


@dataclass(frozen=True)
class ParameterCheck:
    """What was found for one parameter.

    `result` is "agrees", or says in few words why not; `message` says it in full. `relative_error` is
    norm(yours - measured) / (norm(yours) + norm(measured)), `ratio` is norm(yours) / norm(measured),
    `cosine` is the cosine of the angle between the two; NaN stands for 0/0. `yours` and `measured` are the
    two numbers at `worst`, the index where they differ most. `kinks` counts the entries at a kink.
    """

    name: str
    shape: tuple
    result: str
    message: str
    relative_error: float = np.nan
    ratio: float = np.nan
    cosine: float = np.nan
    worst: tuple = ()
    yours: float = np.nan
    measured: float = np.nan
    kinks: int = 0

    @property
    def cells(self) -> tuple[str, ...]:
        """This parameter as a row of the report."""
        numbers = (
            number(self.relative_error, ".1e"),
            number(self.ratio, ".4g"),
            number(self.cosine, ".3f"),
            place(self.worst),
            number(self.yours, ".6g"),
            number(self.measured, ".6g"),
        )
        shown = ("-",) * 6 if self.result == "unusable" else numbers
        return (str(self.name), str(self.shape), *shown, self.result)


class Slopes(NamedTuple):
    """Slopes of one parameter to the right and to the left, with the whole step and with half of it."""

    right: np.ndarray
    left: np.ndarray
    near_right: np.ndarray
    near_left: np.ndarray

    @property
    def mean(self) -> np.ndarray:
        """The central differences."""
        return np.asarray((self.right + self.left) / 2)

    @property
    def shift(self) -> np.ndarray:
        """Twice the change of the mean when the step is halved: a bound on what the step costs."""
        return np.abs(self.right + self.left - self.near_right - self.near_left)

    def doubt(self, limit: float) -> np.ndarray:
        """How far a kink inside the step may have moved the mean, where that is above `limit`; else 0.

        On a smooth curve, half the step halves the gap between right and left and keeps their mean. At a
        kink one of the two fails, by the error that the kink makes or more, and by half the gap or more.
        """
        gap = np.abs(self.right - self.left)
        bend = np.abs((self.right - self.left) - 2 * (self.near_right - self.near_left))
        change = bend + self.shift
        return np.where((np.minimum(change, 2 * gap) > limit) & (change > 0.4 * gap), change, 0)


def examine(name, yours, slopes: Slopes, noise: float, tolerance: float) -> ParameterCheck:
    """Compare one gradient with its measured slopes, each of which rounding may move by `noise`."""
    measured = slopes.mean
    problem = _problem(yours, measured.shape)
    if problem:
        return ParameterCheck(name, measured.shape, "unusable", f"{name}: {problem}.")
    yours = np.asarray(yours, dtype=np.float64)
    difference = np.asarray(yours - measured)
    # 50: five losses enter the doubt, with factors that sum to 22, each off by twice the noise or so
    doubt = slopes.doubt(tolerance * np.linalg.norm(measured) + 50 * noise)
    worst = np.unravel_index(np.argmax(np.abs(difference)), difference.shape)
    result = _result(yours, slopes, doubt, noise, tolerance)
    sentence = _sentence(name, result, yours, measured, worst)
    return ParameterCheck(
        name,
        measured.shape,
        result,
        sentence + _at_kink(doubt > 0, slopes) if result == "kink" else sentence,
        relative_error(yours, measured),
        ratio(np.linalg.norm(yours), np.linalg.norm(measured)),
        ratio(np.sum(yours * measured), np.linalg.norm(yours) * np.linalg.norm(measured)),
        tuple(int(k) for k in worst),
        float(yours[worst]),
        float(measured[worst]),
        int(np.count_nonzero(doubt)),
    )


def _problem(yours, shape):
    """Why this answer cannot be compared at all, or None."""
    if yours is None:
        return "no gradient was given"
    if not isinstance(yours, (np.ndarray, np.generic, float, int)):
        return f"expected an array of numbers, got {describe(yours)}"
    yours = np.asarray(yours)
    if yours.dtype.kind not in "fiu":
        return f"expected numbers, got {describe(yours)}"
    if yours.shape != shape:
        return f"expected the shape of the parameter, {shape}, got {yours.shape}"
    if yours.dtype in (np.float16, np.float32):
        return f"expected float64, got {yours.dtype}, whose rounding is as large as the errors looked for"
    bad = np.argwhere(~np.isfinite(yours))
    if len(bad):
        return f"expected finite numbers, got {yours[tuple(bad[0])]} at {place(tuple(bad[0]))}"
    return None


def _result(yours, slopes, doubt, noise, tolerance):
    """The verdict in few words. What rounding alone could explain is never called agreement."""
    measured, norm = slopes.mean, np.linalg.norm
    difference = np.abs(yours - measured)
    allowed = tolerance * (norm(yours) + norm(measured))
    rounding = noise * np.sqrt(measured.size)
    if max(norm(yours), norm(measured)) <= rounding:
        return "proves nothing"
    if norm(difference) <= allowed:
        return "agrees"
    if norm(np.maximum(difference - doubt, 0)) <= allowed:
        return "kink"
    return "cannot tell" if norm(difference) <= rounding + norm(slopes.shift) else "differs"


def _sentence(name, result, yours, measured, worst):
    """The verdict as a sentence."""
    error = f"relative error {relative_error(yours, measured):.1e}"
    numbers = f"yours is {yours[worst]:.6g}, the measured slope {measured[worst]:.6g}"
    where = f"at {place(worst)} {numbers}" if worst else numbers
    return {
        "agrees": f"{name} agrees: {error}.",
        "kink": f"{name} differs only at kinks: {error}; {where}.",
        "differs": f"{name} differs: {error}; {where}.",
        "proves nothing": f"The check proves nothing for {name}: the loss does not change measurably "
        f"when {name} changes, and 0 compared with 0 would pass for any formula.",
        "cannot tell": f"The measurement cannot tell for {name}: {error}, and rounding in the loss or the "
        "length of the step alone can cause that. Check at a point where this gradient is larger.",
    }[result]


def _at_kink(kinks, slopes):
    """What a kink means for the comparison."""
    first = tuple(np.argwhere(kinks)[0])
    where = f"At {place(first)} the" if first else "The"
    if kinks.sum() > 1:
        where = f"The first of {kinks.sum()} is {place(first)}: the"
    left, right = slopes.left[first] + 0, slopes.right[first] + 0  # + 0 turns -0 into 0
    return (
        f" {where} slope is {left:.6g} to the left and {right:.6g} to the right, "
        "so there is no one slope to compare with. Move the inputs a little."
    )
