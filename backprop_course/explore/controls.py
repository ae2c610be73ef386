"""What comes from a slider or a menu is checked in the same way by every live figure."""

from numbers import Real


def is_number(value) -> bool:
    """Whether this is one real number, of Python or NumPy; True and False are none."""
    return isinstance(value, Real) and not isinstance(value, bool)


def is_whole(value, low: int, high: float = float("inf")) -> bool:
    """Whether this is a whole number from `low` to `high`; a slider may give it as 2.0."""
    return is_number(value) and low <= value <= high and value == value // 1
