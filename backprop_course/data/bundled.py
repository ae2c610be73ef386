"""The data sets are read here and nowhere else, from small files that travel with the package.

Source, license and checksum of every file stand in DATA_LICENSES.md.
"""

from importlib.resources import files
from typing import NamedTuple

import numpy as np


class Digits(NamedTuple):
    """Handwritten digits: X (1797, 64) float64, values 0 to 16; labels (1797,) int64, values 0 to 9."""

    X: np.ndarray
    labels: np.ndarray


def digits() -> Digits:
    """Read 1,797 handwritten digits, in the order of the original file.

    One row of X is a picture of 8 by 8 pixels, row after row: `X[k].reshape(8, 8)`. A pixel counts the dark
    points, 0 to 16, in a block of 4 by 4 of the scanned digit. Every call returns new arrays.

    Source: Alpaydin and Kaynak, Optical Recognition of Handwritten Digits, UCI Machine Learning Repository.
    """
    with files(__package__).joinpath("digits.npz").open("rb") as file:
        bundle = np.load(file, allow_pickle=False)
        return Digits(bundle["X"].astype(np.float64), bundle["labels"].astype(np.int64))
