"""The two kinds of node, a number and an array: same rules and same sweeps, only what they hold differs."""

from numbers import Real

import numpy as np

from backprop_course.autodiff.graph import Node, apply
from backprop_course.notation import describe, refuse


class Value(Node):
    """A node that holds one number, kept as a Python float: `x = Value(2.0, name="x")`.

    Raises TypeError for anything but a real number; an integer becomes a float.
    """

    __slots__ = ()
    shape = ()

    @staticmethod
    def _own(value):
        """Turn a real number, Python's or NumPy's, into a float."""
        if not isinstance(value, Real):
            got = f"{type(value).__name__} {getattr(value, 'shape', '')}".strip()
            refuse("value", "one real number (a Tensor holds arrays)", got, TypeError)
        return float(value)

    def _beside(self, other):
        """Turn what stands beside this node in an operation into a node: a number becomes a constant."""
        return other if isinstance(other, Value) else Value(other, op="constant")

    def _filled(self, number):
        """Give a number the form of this node's value: a float."""
        return number


class Tensor(Node):
    """A node that holds a copy of an array of floating-point numbers: `W1 = Tensor(W1, name="W1")`.

    The dtype is kept: float32 stays float32. Broadcasting is NumPy's. A plain number or integers beside it
    take its dtype; floats of another dtype are refused, so that no precision changes unseen.

    Raises TypeError for anything but floating-point numbers, ValueError for an empty array.
    """

    __slots__ = ()

    @staticmethod
    def _own(value):
        """Copy an array and lock the copy, so that later changes to the original cannot reach the graph."""
        array = np.array(value)
        if array.dtype.kind != "f":
            refuse("value", "floating-point numbers (array.astype(float))", describe(array), TypeError)
        if array.size == 0:
            refuse("value", "at least one entry", describe(array))
        array.flags.writeable = False
        return array

    def _beside(self, other):
        """Turn what stands beside this node in an operation into a Tensor of the same dtype."""
        dtype = self.value.dtype
        if isinstance(other, Value):
            refuse("operand", "a Tensor, an array or a plain number", "a Value", TypeError)
        if not isinstance(other, Tensor):
            array = np.asarray(other)
            exact = isinstance(other, Real) or array.dtype.kind in "iub"
            other = Tensor(array.astype(dtype) if exact else array, op="constant")
        if other.value.dtype != dtype:
            refuse("operand", f"{dtype}, as in the Tensor beside it", str(other.value.dtype), TypeError)
        return other

    def _filled(self, number):
        """Give a number the form of this node's value: an array of its shape and dtype."""
        return np.full_like(self.value, number)

    @property
    def shape(self):
        """Shape of the array."""
        return self.value.shape

    @property
    def T(self):
        """The transpose."""
        return apply(".T", self)

    def __matmul__(self, other):
        return apply("@", self, other)

    def __rmatmul__(self, other):
        return apply("@", other, self)

    def sum(self, axis=None, keepdims=False):
        """Sum over all entries, or over `axis` (an integer or a tuple of integers)."""
        return apply("sum", self, axis=axis, keepdims=keepdims)

    def mean(self, axis=None, keepdims=False):
        """Mean over all entries, or over `axis` (an integer or a tuple of integers)."""
        return apply("mean", self, axis=axis, keepdims=keepdims)
