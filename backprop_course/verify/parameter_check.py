"""A wrong gradient says more than "wrong": how long it is, where it points, and where it differs most."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from backprop_course.notation import describe
from backprop_course.verify.tables import cosine, largest, length_ratio, number, place, relative_error


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

    def doubt(self, noise: float, tolerance: float) -> np.ndarray:
        """How far a kink inside the step may have moved the mean; 0 where none shows above rounding.

        On a smooth curve, half the step halves the gap between right and left and keeps their mean. At a
        kink one of the two fails, by the error that the kink makes or more, and by half the gap or more.
        """
        gap = np.abs(self.right - self.left)
        bend = np.abs((self.right - self.left) - 2 * (self.near_right - self.near_left))
        change = bend + self.shift
        # 50: five losses enter the change, with factors that sum to 22, each off by twice the noise or so
        limit = tolerance * np.linalg.norm(self.mean) + 50 * noise
        return np.where((np.minimum(change, 2 * gap) > limit) & (change > 0.4 * gap), change, 0)


def examine(name, yours, slopes: Slopes, noise: float, tolerance: float) -> ParameterCheck:
    """Compare one gradient with its measured slopes, each of which rounding may move by `noise`."""
    measured = slopes.mean
    problem = _problem(yours, measured.shape)
    if problem:
        return ParameterCheck(name, measured.shape, "unusable", f"{name}: {problem}.")
    yours = np.asarray(yours, dtype=np.float64)
    size = largest(yours, *slopes)  # the verdict is on numbers of size 1, whose squares do not overflow
    scaled = Slopes(*(side / size for side in slopes))
    pair, noise = (yours / size, scaled.mean), noise / size
    doubt = scaled.doubt(noise, tolerance)
    result = _result(*pair, scaled.shift, doubt, noise, tolerance)
    worst = np.unravel_index(np.argmax(np.abs(np.subtract(*pair))), measured.shape)
    return ParameterCheck(
        name,
        measured.shape,
        result,
        _sentence(name, result, yours, measured, worst) + _at_kink(doubt > 0, slopes),
        relative_error(*pair),
        length_ratio(*pair),
        cosine(*pair),
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
    with np.errstate(over="ignore"):  # a longer float may hold what becomes infinite here
        yours = yours.astype(np.float64)
    bad = np.argwhere(~np.isfinite(yours))
    if len(bad):
        return f"expected finite numbers, got {yours[tuple(bad[0])]} at {place(tuple(bad[0]))}"
    return None


def _result(yours, measured, shift, doubt, noise, tolerance):
    """The verdict in few words. What rounding alone could explain is never called agreement."""
    norm = np.linalg.norm
    difference = np.abs(yours - measured)
    allowed = tolerance * (norm(yours) + norm(measured))
    rounding = noise * np.sqrt(measured.size)
    if max(norm(yours), norm(measured)) <= rounding:
        return "proves nothing"
    if norm(difference) <= allowed:
        return "agrees"
    if norm(np.maximum(difference - doubt, 0)) <= allowed:
        return "kink"
    if norm(difference) <= rounding + norm(shift):
        return "cannot tell"
    return "differs at a kink" if norm(np.where(doubt > 0, 0, difference)) <= allowed else "differs"


def _sentence(name, result, yours, measured, worst):
    """The verdict as a sentence."""
    error = f"relative error {relative_error(yours, measured):.1e}"
    numbers = f"yours is {yours[worst]:.6g}, the measured slope {measured[worst]:.6g}"
    where = f"at {place(worst)} {numbers}" if worst else numbers
    return {
        "agrees": f"{name} agrees: {error}.",
        "kink": f"{name} differs only at kinks: {error}; {where}.",
        "differs at a kink": f"{name} differs at a kink, which may spoil the measurement: {error}; {where}.",
        "differs": f"{name} differs: {error}; {where}.",
        "proves nothing": f"The check proves nothing for {name}: the loss does not change measurably "
        f"when {name} changes, and 0 compared with 0 would pass for any formula.",
        "cannot tell": f"The measurement cannot tell for {name}: {error}, and rounding in the loss or the "
        "length of the step alone can cause that. Check at a point where this gradient is larger.",
    }[result]


def _at_kink(kinks, slopes):
    """What the kinks mean for the comparison; nothing where there are none."""
    if not kinks.any():
        return ""
    first = tuple(np.argwhere(kinks)[0])
    kink = f"A kink at {place(first)}" if first else "A kink"
    if kinks.sum() > 1:
        kink = f"The first of {kinks.sum()} kinks, at {place(first)}"
    left, right = slopes.left[first] + 0, slopes.right[first] + 0  # + 0 turns -0 into 0
    return (
        f" {kink}: the slope is {left:.6g} to the left and {right:.6g} to the right, so there is no one "
        "slope to compare with. Move the inputs a little and check again."
    )
