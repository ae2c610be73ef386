"""The bundled digits are the published ones, and no split or epoch loses or repeats a row."""

import hashlib
import re
from pathlib import Path

import numpy as np
import pytest

from backprop_course import data

ROOT = Path(__file__).parents[1]
# Examples of each class in the test part, as the description of the original set counts them.
PUBLISHED_COUNTS = [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
FIRST_ZERO = """
 0  0  5 13  9  1  0  0
 0  0 13 15 10 15  5  0
 0  3 15  2  0 11  8  0
 0  4 12  0  0  8  8  0
 0  5  8  0  0  9  8  0
 0  4 11  0  1 12  7  0
 0  2 14  5 10 12  0  0
 0  0  6 13 10  0  0  0
"""


def rng(seed=0):
    return np.random.default_rng(seed)


# ------------------------------------------------------------------ the bundled file
def test_digits_are_the_published_ones():
    X, labels = data.digits()
    assert X.shape == (1797, 64) and X.dtype == np.float64
    assert labels.shape == (1797,) and labels.dtype == np.int64
    assert X.min() == 0 and X.max() == 16 and np.array_equal(X, np.rint(X))
    assert np.bincount(labels).tolist() == PUBLISHED_COUNTS
    assert X[0].astype(int).tolist() == [int(pixel) for pixel in FIRST_ZERO.split()]
    assert labels[:10].tolist() == list(range(10))


def test_digits_equal_the_source():
    sklearn = pytest.importorskip("sklearn.datasets", reason="scikit-learn, the source, is not installed")
    raw = sklearn.load_digits()
    assert np.array_equal(data.digits().X, raw.data) and np.array_equal(data.digits().labels, raw.target)


def test_every_call_gives_new_arrays():
    data.digits().X[:] = -1
    data.digits().labels[:] = -1
    assert data.digits().X.min() == 0 and data.digits().labels.min() == 0


def test_every_bundled_file_is_listed_with_its_checksum_size_and_license():
    listed = (ROOT / "DATA_LICENSES.md").read_text(encoding="utf-8")
    files = [f for f in (ROOT / "backprop_course" / "data").iterdir() if f.is_file() and f.suffix != ".py"]
    assert [f.name for f in files] == ["digits.npz"]
    for file in files:
        section = listed.split(f"## {file.name}")[1].split("\n## ")[0]
        content = file.read_bytes()
        assert re.search(r"sha256 \| `(\w+)`", section).group(1) == hashlib.sha256(content).hexdigest()
        assert f"{len(content):,} bytes" in section and len(content) <= 60_000
        for word in ("source", "license of the data", "changed"):
            assert f"| {word} |" in section


def test_the_file_needs_no_pickle():
    with np.load(ROOT / "backprop_course" / "data" / "digits.npz", allow_pickle=False) as bundle:
        assert {name: bundle[name].dtype for name in bundle} == {"X": np.uint8, "labels": np.uint8}


# ------------------------------------------------------------------ splits
@pytest.mark.parametrize("N, fractions, sizes", [
    (1797, (0.6, 0.2, 0.2), [1078, 360, 359]),
    (10, (0.5, 0.5), [5, 5]),
    (7, (1.0,), [7]),
    (3, (1 / 3, 1 / 3, 1 / 3), [1, 1, 1]),
])  # fmt: skip
def test_a_random_split_holds_every_row_once(N, fractions, sizes):
    parts = data.split_random(N, fractions, rng())
    assert [len(part) for part in parts] == sizes
    assert sorted(np.concatenate(parts).tolist()) == list(range(N))


def test_a_random_split_is_shuffled_and_repeats_with_its_seed():
    first, again, other = (data.split_random(500, (0.8, 0.2), rng(seed)) for seed in (1, 1, 2))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not np.array_equal(first[1], other[1])
    assert abs(first[1].mean() - 249.5) < 60  # the last fifth of unshuffled rows would have mean 449.5


def test_the_split_by_writer_follows_the_file():
    train, test = data.split_by_writer()
    assert np.array_equal(train, np.arange(1200)) and np.array_equal(test, np.arange(1200, 1797))


def test_the_order_of_the_file_follows_the_writers():
    """Everyone copied the same sheet: a stretch of it returns 14 times, and row 1,200 lies between two."""
    labels = "".join(map(str, data.digits().labels))
    sheets = [found.start() - 31 for found in re.finditer("9556509898417735", labels)]
    assert len(sheets) == 14
    for start in (0, 130, 256, 1157, 1287):
        assert start in sheets and labels[start : start + 30] == "0123456789" * 3
    assert not [start for start in sheets if 1157 < start < 1287]
    assert (1200 - 1157, 1287 - 1200) == (43, 87)


# ------------------------------------------------------------------ mini-batches
@pytest.mark.parametrize("N, batch_size, sizes", [(10, 4, [4, 4, 2]), (8, 4, [4, 4]), (3, 5, [3])])
def test_an_epoch_holds_every_row_once_and_keeps_the_short_batch(N, batch_size, sizes):
    batches = list(data.mini_batches(N, batch_size, rng()))
    assert [len(rows) for rows in batches] == sizes
    assert sorted(np.concatenate(batches).tolist()) == list(range(N))


def test_every_epoch_has_an_order_of_its_own():
    one = rng()
    first, second = (np.concatenate(list(data.mini_batches(50, 8, one))) for _ in range(2))
    again = np.concatenate(list(data.mini_batches(50, 8, rng())))
    assert not np.array_equal(first, second) and not np.array_equal(first, np.arange(50))
    assert np.array_equal(first, again)


def test_small_integer_types_do_not_overflow():
    batches = list(data.mini_batches(200, np.int8(16), rng()))
    assert [len(rows) for rows in batches] == [16] * 12 + [8]
    assert np.array_equal(np.concatenate(batches), rng().permutation(200))
    parts = data.split_random(np.int8(100), (0.5, 0.5), rng())
    assert [len(part) for part in parts] == [50, 50]


# ------------------------------------------------------------------ refusals
@pytest.mark.parametrize("call, error, words", [
    (lambda: data.split_random(0, (1.0,), rng()), ValueError, "N: expected at least 1, got 0"),
    (lambda: data.split_random(10.0, (1.0,), rng()), TypeError, "N: expected an integer"),
    (lambda: data.split_random(10, (0.5, 0.4), rng()), ValueError, "fractions: expected positive numbers"),
    (lambda: data.split_random(10, (1.5, -0.5), rng()), ValueError, "fractions"),
    (lambda: data.split_random(10, (np.nan, 0.5), rng()), ValueError, "fractions"),
    (lambda: data.split_random(10, (), rng()), ValueError, "fractions"),
    (lambda: data.split_random(3, (0.9, 0.1), rng()), ValueError, "fractions: expected at least one of"),
    (lambda: data.split_random(10, (0.5, 0.5), 0), TypeError, "rng: expected a generator"),
    (lambda: data.mini_batches(10, 0, rng()), ValueError, "batch_size: expected at least 1, got 0"),
    (lambda: data.mini_batches(10, 2.5, rng()), TypeError, "batch_size: expected an integer"),
    (lambda: data.mini_batches(10, True, rng()), TypeError, "batch_size: expected an integer, got bool"),
    (lambda: data.mini_batches(10, np.True_, rng()), TypeError, "batch_size: expected an integer"),
    (lambda: data.mini_batches(0, 4, rng()), ValueError, "N: expected at least 1"),
    (lambda: data.mini_batches(10, 4, np.random), TypeError, "rng: expected a generator"),
])  # fmt: skip
def test_refusals_come_at_the_call_and_name_the_argument(call, error, words):
    with pytest.raises(error, match=words):
        call()


def test_a_refused_call_draws_nothing():
    one = rng()
    for refused in (lambda: data.mini_batches(10, 0, one), lambda: data.split_random(3, (0.9, 0.1), one)):
        with pytest.raises(ValueError):
            refused()
    assert one.random() == rng().random()
