"""The words of the course: one-hot rows, shape checks and the glossary."""

import numpy as np
import pytest

from backprop_course import notation
from backprop_course.models import two_layer


def test_one_hot_at_known_labels():
    rows = notation.one_hot(np.array([2, 0]), 3, np.float32)
    assert rows.tolist() == [[0, 0, 1], [1, 0, 0]] and rows.dtype == np.float32
    assert notation.one_hot([1], 2).dtype == np.float64


@pytest.mark.parametrize(
    "labels, error, words",
    [
        ([0, 3], ValueError, "labels: expected class numbers 0 to 2, got 0 to 3"),
        ([-1], ValueError, "labels: expected class numbers 0 to 2, got -1 to -1"),
        ([], ValueError, "labels: expected shape"),
        ([[0]], ValueError, "labels: expected shape"),
        ([0.0], TypeError, "labels: expected integers, got float64"),
    ],
)
def test_one_hot_refuses_what_is_no_label(labels, error, words):
    with pytest.raises(error, match=words):
        notation.one_hot(labels, 3)


def test_a_letter_stands_for_one_size_everywhere():
    X, W = np.ones((5, 4)), np.ones((3, 4))
    assert notation.expect("X (N, n), W (h, n)", X=X, W=W) == {"N": 5, "n": 4, "h": 3}
    with pytest.raises(ValueError, match=r"W: expected shape \(h, n\) with N = 5, n = 4, got shape \(3, 5\)"):
        notation.expect("X (N, n), W (h, n)", X=X, W=np.ones((3, 5)))
    with pytest.raises(ValueError, match="dA: expected shape"):
        notation.expect("Z (..., m), dA (..., m)", Z=np.ones((2, 7, 6)), dA=np.ones((3, 7, 6)))
    with pytest.raises(ValueError, match=r"Z: expected shape \(..., m\)"):
        notation.expect("Z (..., m)", Z=np.float64(1))


def test_the_first_place_that_is_not_finite_is_named():
    array = np.zeros((2, 3))
    notation.require_finite("X", array)
    array[1, 2] = np.nan
    with pytest.raises(ValueError, match=r"X: expected finite numbers, got nan at \(1, 2\) \(1 such"):
        notation.require_finite("X", array)


def test_glossary_has_the_shapes_of_the_network_and_prints_as_a_table():
    sizes = {"N": 7, "n": 5, "h": 4, "m": 3}
    params = two_layer.init(np.random.default_rng(0), 5, 4, 3)
    Y_pred, saved = two_layer.forward(params, np.ones((7, 5)))
    for name, array in (params | saved._asdict() | {"Y_pred": Y_pred}).items():
        letters = notation.SYMBOLS[name].rows.strip("()").replace(" ", "").split(",")
        assert array.shape == tuple(sizes[letter] for letter in letters if letter)
    table = notation.glossary("X", "W1")
    assert str(table).splitlines()[1].split()[0] == "X" and "(h, n)" in str(table)
    assert table._repr_html_().count('scope="col"') == 4 and "<td" in table._repr_html_()
    assert len(notation.glossary()) == len(notation.SYMBOLS)
    with pytest.raises(ValueError, match="glossary: expected names among"):
        notation.glossary("Q")


@pytest.mark.parametrize("m", [0, -1, 2.0, "2", None])
def test_one_hot_refuses_what_is_no_number_of_classes(m):
    with pytest.raises(ValueError, match="m: expected the number of classes"):
        notation.one_hot([0, 1], m)


@pytest.mark.parametrize("total, passes", [(1.0, True), (1 + 1e-6, True), (0.99, False), (1.001, False)])
def test_a_row_of_answers_may_miss_1_by_rounding_only(total, passes):
    Y_true = np.array([[1.0, 0.0], [0.0, total]])
    if passes:
        notation.require_distributions("Y_true", Y_true)
    else:
        with pytest.raises(ValueError, match=r"Y_true: expected rows that sum to 1, .* in row 1"):
            notation.require_distributions("Y_true", Y_true)
