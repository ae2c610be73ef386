"""Changed pictures against pictures changed by hand, by np.roll and np.rot90, and by their definition."""

import math

import numpy as np
import pytest

from backprop_course import data

RANDOM = {
    "shift": lambda P, rng: data.random_shift(P, rng, 2),
    "rotation": lambda P, rng: data.random_rotation(P, rng, 20),
    "flip": data.random_flip,
    "noise": lambda P, rng: data.random_noise(P, rng, 0.3),
}
TOLD = {
    "shift": lambda P: data.shift(P, 1, -1),
    "rotate": lambda P: data.rotate(P, 10.0),
    "flip": data.flip,
}
SIX = np.array([[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]])


def rng(seed=0):
    return np.random.default_rng(seed)


def some(shape=(5, 6, 7), seed=1, dtype=np.float64):
    pictures = rng(seed).random(shape).astype(dtype)
    pictures.flags.writeable = False
    return pictures


# ------------------------------------------------------------------ told what to do
@pytest.mark.parametrize("down, right, expected", [
    (1, 0, [[0, 0, 0], [1, 2, 3]]), (-1, 0, [[4, 5, 6], [0, 0, 0]]),
    (0, 1, [[0, 1, 2], [0, 4, 5]]), (0, -2, [[3, 0, 0], [6, 0, 0]]),
    (1, 2, [[0, 0, 0], [0, 0, 1]]), (0, 0, SIX[0].tolist()),
    (2, 0, [[0] * 3] * 2), (0, -9, [[0] * 3] * 2),
])  # fmt: skip
def test_a_shift_of_six_pixels(down, right, expected):
    assert data.shift(SIX, down, right).tolist() == [expected]


def test_a_shift_is_a_roll_of_pictures_with_an_empty_margin():
    P = np.pad(some((4, 5, 6)), ((0, 0), (3, 3), (3, 3)))
    down, right = np.array([-3, 0, 2, 1]), np.array([1, -2, 3, 0])
    rolled = [np.roll(picture, (d, r), (0, 1)) for picture, d, r in zip(P, down, right)]
    assert np.array_equal(data.shift(P, down, right), rolled)


@pytest.mark.parametrize("turns", [-1, 0, 1, 2, 3])
def test_right_angles_turn_counter_clockwise_as_rot90(turns):
    square = some((3, 6, 6))
    assert np.allclose(data.rotate(square, 90 * turns), np.rot90(square, turns, (1, 2)), atol=1e-14)
    wide = some((3, 5, 8))
    assert np.allclose(data.rotate(wide, 180 * turns), np.rot90(wide, 2 * turns, (1, 2)), atol=1e-14)


def test_a_rotation_by_45_degrees_by_hand():
    """In a picture of 3 by 3 the corners come from √2 - 1 outside, the edges from 1/√2 beside the centre.

    The pixel above the centre comes from 1/√2 above and 1/√2 to the right of the centre; the corner above on
    the right from √2 to the right, of which only 2 - √2 is inside the last column.
    """
    P, q, out = np.zeros((1, 3, 3)), 1 / math.sqrt(2), 2 - math.sqrt(2)
    P[0] = [[1, 2, 3], [4, 5, 6], [7, 8, 9]]

    def mixed(centre, beside, above, corner):
        return (1 - q) ** 2 * centre + q * (1 - q) * (beside + above) + q**2 * corner

    expected = [
        [out * 2, mixed(5, 6, 2, 3), out * 6],
        [mixed(5, 4, 2, 1), 5, mixed(5, 6, 8, 9)],
        [out * 4, mixed(5, 4, 8, 7), out * 8],
    ]
    assert np.allclose(data.rotate(P, 45), [expected], rtol=1e-13)


def test_a_straight_ramp_stays_one_where_nothing_comes_from_outside():
    """Bilinear interpolation is exact for brightness that grows evenly: it turns like the picture's axes."""
    y, x = np.mgrid[-5:6, -5:6].astype(float)
    turned = data.rotate((2 + 0.3 * x - 0.1 * y)[None], 25)[0]
    slope = (0.3 + 0.1j) * np.exp(1j * np.radians(25))  # it grows by 0.3 to the right and by 0.1 upwards
    expected = 2 + slope.real * x - slope.imag * y
    assert np.allclose(turned[2:9, 2:9], expected[2:9, 2:9], rtol=1e-12)


def test_each_picture_turns_by_its_own_angle():
    P, degrees = some(), np.array([-12.0, 0.0, 5.5, 90.0, 180.0])
    alone = [data.rotate(picture[None], angle)[0] for picture, angle in zip(P, degrees)]
    assert np.array_equal(data.rotate(P, degrees), alone) and np.allclose(data.rotate(P, 0), P, atol=1e-15)


def test_a_flip_mirrors_left_and_right():
    assert data.flip(SIX).tolist() == [[[3, 2, 1], [6, 5, 4]]]
    assert np.array_equal(data.flip(data.flip(some())), some())


def test_a_rotated_digit_keeps_most_of_its_ink_and_its_centre():
    X = np.pad(data.digits().X[:200].reshape(-1, 8, 8), ((0, 0), (4, 4), (4, 4)))
    turned = data.rotate(X, 15)
    assert turned.sum(axis=(1, 2)) == pytest.approx(X.sum(axis=(1, 2)), rel=0.05)
    assert np.abs(turned - X).mean() > 0.2 and turned.min() >= 0 and turned.max() <= 16


# ------------------------------------------------------------------ drawn
def test_shifts_are_drawn_evenly_and_each_picture_has_its_own():
    """One bright pixel shows where it went: all 25 places of shifts up to 2, each as often as the others."""
    P = np.zeros((5000, 7, 9))
    P[:, 3, 4] = 1
    moved = data.random_shift(P, rng(), 2)
    counts = moved.sum(axis=0)
    assert counts.sum() == 5000 and (counts > 0).sum() == 25 and (counts[1:6, 2:7] > 0).all()
    assert np.abs(counts[1:6, 2:7] - 200).max() < 5 * math.sqrt(200)


def test_angles_are_drawn_evenly():
    """One bright line through the centre shows the angle, which has the spread most / √3."""
    P = np.zeros((2000, 21, 21))
    P[:, 10, 10:] = 1
    turned = data.random_rotation(P, rng(), 20)
    y, x = np.mgrid[10:-11:-1, -10:11]
    found = np.degrees(np.arctan2((turned * y).sum(axis=(1, 2)), (turned * x).sum(axis=(1, 2))))
    assert np.abs(found).max() < 21 and found.min() < -19 and found.max() > 19
    assert found.mean() == pytest.approx(0, abs=5 * 20 / math.sqrt(3 * 2000))
    assert found.std() == pytest.approx(20 / math.sqrt(3), rel=0.05)


@pytest.mark.parametrize("share", [0, 0.25, 0.5, 1])
def test_a_share_of_the_pictures_is_flipped(share):
    P = np.repeat(SIX, 4000, axis=0)
    out = data.random_flip(P, rng(2), share)
    flipped = out[:, 0, 0] == 3
    assert all(np.array_equal(picture, [[3, 2, 1], [6, 5, 4]]) for picture in out[flipped])
    assert all(np.array_equal(picture, SIX[0]) for picture in out[~flipped])
    assert abs(flipped.mean() - share) <= 5 * math.sqrt(share * (1 - share) / 4000)


def test_noise_is_normal_with_the_spread_that_was_asked_for():
    noise = data.random_noise(np.full((100, 20, 20), 7.0), rng(), 0.3) - 7
    assert abs(noise.mean()) < 5 * 0.3 / 200 and noise.std() == pytest.approx(0.3, rel=0.02)
    assert np.mean(noise**4) / 0.3**4 == pytest.approx(3, rel=0.05)
    assert np.array_equal(data.random_noise(SIX, rng(), 0), SIX)


@pytest.mark.parametrize("name", RANDOM)
def test_draws_repeat_with_their_seed(name):
    P, one = some((40, 6, 6)), rng(3)
    first, second, again = RANDOM[name](P, one), RANDOM[name](P, one), RANDOM[name](P, rng(3))
    assert np.array_equal(first, again) and not np.array_equal(first, second)


@pytest.mark.parametrize("change", [*TOLD.values(), *(lambda P, f=f: f(P, rng(5)) for f in RANDOM.values())])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_shape_and_dtype_are_kept_and_flat_pictures_change_alike(change, dtype):
    P = some((5, 6, 6), dtype=dtype)
    out, flat = change(P), change(P.reshape(5, 36))
    assert out.shape == (5, 6, 6) and flat.shape == (5, 36) and out.dtype == flat.dtype == dtype
    assert np.array_equal(out.reshape(5, 36), flat) and not np.shares_memory(out, P)
    assert not np.array_equal(out, P) and out.flags.writeable
    assert change(some((5, 3, 7), dtype=dtype)).shape == (5, 3, 7)


# ------------------------------------------------------------------ bad input
@pytest.mark.parametrize("call, error, words", [
    (lambda: data.flip(np.ones((3, 5))), ValueError, r"pictures: expected shape \(N, rows, columns\), or"),
    (lambda: data.flip(np.ones(4)), ValueError, r"pictures: expected shape .* got shape \(4,\)"),
    (lambda: data.flip(np.ones((0, 4, 4))), ValueError, "pictures: expected shape"),
    (lambda: data.flip(np.ones((2, 2, 2, 3))), ValueError, "pictures: expected shape"),
    (lambda: data.flip(np.ones((2, 4), int)), TypeError, "pictures: expected a NumPy array of floating"),
    (lambda: data.flip([[1.0]]), TypeError, "pictures: expected a NumPy array of floating"),
    (lambda: data.flip(np.full((2, 4), np.nan)), ValueError, "pictures: expected finite numbers"),
    (lambda: data.shift(SIX, 0.5, 0), TypeError, "down: expected an integer, or one a picture"),
    (lambda: data.shift(SIX, 0, np.array([1, 2])), ValueError, "right: expected an integer, or sh"),
    (lambda: data.rotate(SIX, "5"), TypeError, "degrees: expected a number, or one a picture"),
    (lambda: data.rotate(SIX, np.inf), ValueError, "degrees: expected finite"),
    (lambda: data.random_shift(SIX, 0), TypeError, "rng: expected a generator"),
    (lambda: data.random_shift(SIX, rng(), 0), ValueError, "most: expected at least 1"),
    (lambda: data.random_rotation(SIX, rng(), -5), ValueError, "most: expected a number from 0 to 180"),
    (lambda: data.random_rotation(SIX, None), TypeError, "rng: expected a generator"),
    (lambda: data.random_flip(SIX, rng(), 1.5), ValueError, "share: expected a number from 0 to 1"),
    (lambda: data.random_flip(SIX, 3), TypeError, "rng: expected a generator"),
    (lambda: data.random_noise(SIX, rng(), -1), ValueError, "std: expected a number from 0 up"),
    (lambda: data.random_noise(SIX, rng(), np.nan), ValueError, "std: expected a number from 0 up"),
    (lambda: data.random_noise(SIX, 3, 1), TypeError, "rng: expected a generator"),
])  # fmt: skip
def test_bad_input_is_named(call, error, words):
    with pytest.raises(error, match=words):
        call()
