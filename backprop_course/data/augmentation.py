"""A shifted four is still a four: small changes that keep the label make more pictures out of few.

Every function takes pictures as (N, rows, columns), or flat as (N, n) where n is a square number, such as the
digits with 64 pixels. It returns new arrays of the same shape and dtype; the given ones stay as they are.
What comes in from outside the picture is 0: change pictures first, subtract means afterwards.

`shift`, `rotate` and `flip` do what they are told; the functions called random draw from `rng` what each
picture gets. All raise TypeError or ValueError for anything but finite floating-point pictures.
"""

from math import isfinite, isqrt
from numbers import Real

import numpy as np

from backprop_course.data.splits import require_count, require_generator
from backprop_course.notation import describe, refuse, require_finite


def shift(pictures: np.ndarray, down, right) -> np.ndarray:
    """Move each picture by whole pixels: an integer for all, or (N,) integers, one a picture.

    Negative numbers move up and to the left.
    """
    P = _grids(pictures)
    _, rows, columns = P.shape
    i = np.arange(rows) - _each("down", down, P, "iu")[:, None]  # where each row comes from
    j = np.arange(columns) - _each("right", right, P, "iu")[:, None]
    inside = ((i >= 0) & (i < rows))[:, :, None] & ((j >= 0) & (j < columns))[:, None, :]
    i, j = i.clip(0, rows - 1)[:, :, None], j.clip(0, columns - 1)[:, None, :]
    return np.where(inside, P[_numbers(P), i, j], 0).reshape(pictures.shape)


def rotate(pictures: np.ndarray, degrees) -> np.ndarray:
    """Turn each picture about its centre, counter-clockwise: a number for all, or (N,) numbers, in degrees.

    A pixel of the result lies between four pixels of the given picture; each counts by how near it is
    (bilinear interpolation).
    """
    P = _grids(pictures)
    _, rows, columns = P.shape
    angle = np.deg2rad(_each("degrees", degrees, P, "iuf"))[:, None, None]
    y = np.arange(rows)[:, None] - (rows - 1) / 2  # from the centre, downwards
    x = np.arange(columns) - (columns - 1) / 2  # from the centre, to the right
    from_y = x * np.sin(angle) + y * np.cos(angle) + (rows - 1) / 2
    from_x = x * np.cos(angle) - y * np.sin(angle) + (columns - 1) / 2
    return _between_pixels(P, from_y, from_x).astype(P.dtype).reshape(pictures.shape)


def _between_pixels(P, y, x):
    """The brightness at the places y, x (N, rows, columns), which lie between pixels; 0 outside."""
    _, rows, columns = P.shape
    padded = np.pad(P, ((0, 0), (1, 2), (1, 2)))  # one pixel of 0 above and left, two below and right
    y, x = y.clip(-1, rows) + 1, x.clip(-1, columns) + 1
    i, j = np.floor(y).astype(int), np.floor(x).astype(int)
    lower, righter = y - i, x - j  # how far below and to the right of pixel i, j
    k = _numbers(P)
    top = (1 - righter) * padded[k, i, j] + righter * padded[k, i, j + 1]
    bottom = (1 - righter) * padded[k, i + 1, j] + righter * padded[k, i + 1, j + 1]
    return (1 - lower) * top + lower * bottom


def flip(pictures: np.ndarray) -> np.ndarray:
    """Mirror each picture, left to right."""
    return _grids(pictures)[:, :, ::-1].reshape(pictures.shape).copy()


def random_shift(pictures: np.ndarray, rng: np.random.Generator, most: int = 1) -> np.ndarray:
    """Move each picture by -most to +most pixels, down and to the right, every number equally likely."""
    require_generator(rng)
    most, N = require_count("most", most), len(_grids(pictures))
    down, right = rng.integers(-most, most + 1, (2, N))
    return shift(pictures, down, right)


def random_rotation(pictures: np.ndarray, rng: np.random.Generator, most: float = 15.0) -> np.ndarray:
    """Turn each picture by an angle between -most and +most degrees, every angle equally likely."""
    require_generator(rng)
    most, N = _number("most", most, 0, 180), len(_grids(pictures))
    return rotate(pictures, rng.uniform(-most, most, N))


def random_flip(pictures: np.ndarray, rng: np.random.Generator, share: float = 0.5) -> np.ndarray:
    """Mirror each picture with the probability `share`, and leave the others."""
    require_generator(rng)
    P, share = _grids(pictures), _number("share", share, 0, 1)
    chosen = rng.random(len(P)) < share
    return np.where(chosen[:, None, None], P[:, :, ::-1], P).reshape(pictures.shape)


def random_noise(pictures: np.ndarray, rng: np.random.Generator, std: float) -> np.ndarray:
    """Add a normal number with mean 0 and this standard deviation to every pixel, in units of the pixels.

    Nothing is cut off, so a pixel may leave the range that it had.
    """
    require_generator(rng)
    P, std = _grids(pictures), _number("std", std, 0, np.inf)
    return (P + std * rng.standard_normal(P.shape)).astype(P.dtype).reshape(pictures.shape)


def _grids(pictures):
    """The pictures as (N, rows, columns), whichever way they came."""
    if not isinstance(pictures, np.ndarray) or pictures.dtype.kind != "f":
        refuse("pictures", "a NumPy array of floating-point numbers", describe(pictures), TypeError)
    side = isqrt(pictures.shape[1]) if pictures.ndim == 2 else 0
    if pictures.size == 0 or (pictures.ndim != 3 and side**2 != pictures.shape[-1]):
        shapes = "(N, rows, columns), or (N, n) with n a square number"
        refuse("pictures", f"shape {shapes}, none of them 0", f"shape {pictures.shape}")
    require_finite("pictures", pictures)
    return pictures if pictures.ndim == 3 else pictures.reshape(-1, side, side)


def _numbers(P):
    """The number of each picture, to take pixels by; shape (N, 1, 1)."""
    return np.arange(len(P))[:, None, None]


def _each(name, value, P, kinds):
    """One number a picture, as an array (N,)."""
    value = np.asarray(value)
    wanted = "an integer" if kinds == "iu" else "a number"
    if value.dtype.kind not in kinds:
        refuse(name, f"{wanted}, or one a picture", describe(value), TypeError)
    if value.shape not in ((), (len(P),)):
        refuse(name, f"{wanted}, or shape ({len(P)},), one a picture", f"shape {value.shape}")
    require_finite(name, value)
    return np.broadcast_to(value, (len(P),))


def _number(name, value, low, high):
    if not isinstance(value, Real) or not isfinite(value) or not low <= value <= high:
        upper = f"{low} to {high}" if high < np.inf else f"{low} up"
        refuse(name, f"a number from {upper}", repr(value))
    return float(value)
