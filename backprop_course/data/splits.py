"""How data is divided is decided here: a test is only honest if nothing in it was seen in training.

Every function returns row numbers, so that one split serves inputs and labels alike.
"""

from collections.abc import Iterator
from operator import index

import numpy as np

from backprop_course.notation import describe, refuse


def split_random(N: int, fractions, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    """Shuffle the rows 0 to N-1 and cut them into parts: fractions (0.6, 0.2, 0.2) give three arrays.

    Every row is in exactly one part.

    Raises ValueError unless the fractions are positive, sum to 1 and leave a row for every part.
    """
    N = require_count("N", N)
    require_generator(rng)
    fractions = np.asarray(fractions, dtype=np.float64)
    if fractions.ndim != 1 or not np.all(fractions > 0) or not np.isclose(fractions.sum(), 1):
        refuse("fractions", "positive numbers that sum to 1, such as (0.6, 0.2, 0.2)", str(fractions))
    cuts = np.rint(N * np.cumsum(fractions)[:-1]).astype(int)
    sizes = np.diff([0, *cuts, N])
    if sizes.min() == 0:
        refuse("fractions", f"at least one of the {N} rows in every part", f"parts of {sizes.tolist()}")
    return tuple(np.split(rng.permutation(N), cuts))


def split_by_writer() -> tuple[np.ndarray, np.ndarray]:
    """The digits divided by the people who wrote them: first 1,200 rows for training, last 597 for the test.

    The file names no writers (13 people, says its source), but its order follows them: the same sheet of
    about 130 labels comes 14 times, beginning at rows 0, 130, 256, ..., 1157, 1287 and so on. Row 1,200 lies
    inside a sheet: 43 of its digits are in the training part, 87 in the test part.
    """
    return np.arange(1200), np.arange(1200, 1797)


def mini_batches(N: int, batch_size: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """One epoch: the rows 0 to N-1 in a new random order, `batch_size` at a time.

    Every row comes once. The last batch is shorter if batch_size does not divide N.

    Raises ValueError unless N and batch_size are at least 1.
    """
    N = require_count("N", N)
    batch_size = require_count("batch_size", batch_size)
    require_generator(rng)
    order = rng.permutation(N)
    return (order[start : start + batch_size] for start in range(0, N, batch_size))


def require_count(name: str, value) -> int:
    """Refuse anything but an integer of at least 1; return it as Python's int, which never overflows."""
    try:
        count = index(value)
    except TypeError:
        refuse(name, "an integer", describe(value), TypeError)
    if isinstance(value, bool):
        refuse(name, "an integer", describe(value), TypeError)
    if count < 1:
        refuse(name, "at least 1", str(count))
    return count


def require_generator(rng) -> None:
    """Refuse anything but a NumPy generator: every draw has a visible source."""
    if not isinstance(rng, np.random.Generator):
        refuse("rng", "a generator such as np.random.default_rng(0)", describe(rng), TypeError)
