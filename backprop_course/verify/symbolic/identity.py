"""SymPy knows the rules of calculus and nothing of our formulas: what it cannot reduce to 0 is not taught.

An identity has SymPy's own derivative of a definition on its left side and the formula of the course on
its right side. It is proved when every entry of the difference is 0.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product

import numpy as np
import sympy

from backprop_course.notation import refuse


@dataclass(frozen=True, repr=False)
class Identity:
    """A claim `left` = `right` about SymPy expressions or matrices, and the witnesses for it.

    `name` says it in plain text. `variables` maps names to the symbols (or matrices of symbols) that
    `function` takes, in this order. `given` holds what is assumed, as replacements made before the proof.
    """

    name: str
    left: sympy.Basic
    right: sympy.Basic
    variables: dict[str, sympy.Basic]
    given: dict = field(default_factory=dict)

    @property
    def claim(self) -> sympy.Eq:
        """The two sides as one SymPy equation."""
        return sympy.Eq(self.left, self.right, evaluate=False)

    @cached_property
    def proved(self) -> bool:
        """True when the shapes agree and `is_zero` holds for every entry of left - right."""
        left, right = _entries(self.left), _entries(self.right)
        if left.shape != right.shape:
            return False
        return all(is_zero(entry.xreplace(self.given)) for entry in left - right)

    @cached_property
    def function(self) -> Callable:
        """The right side as a NumPy function of the variables, in their order.

        A matrix takes an array of its shape, a row or column also one of shape (k,), and the result has
        shape (k,) if the right side is a row or column. A single symbol takes a number or any array.
        Raises TypeError for a wrong number of arguments, ValueError for a wrong shape.
        """
        plain = {entry: sympy.Dummy() for v in self.variables.values() for entry in _entries(v)}
        evaluate = sympy.lambdify(list(plain.values()), sympy.sympify(self.right).xreplace(plain), "numpy")

        def function(*values):
            if len(values) != len(self.variables):
                refuse(self.name, ", ".join(self.variables), f"{len(values)} arguments", TypeError)
            numbers = []
            for (name, variable), value in zip(self.variables.items(), values):
                numbers += _numbers(name, variable, value)
            result = np.asarray(evaluate(*numbers), dtype=np.float64)
            return result.reshape(-1) if 1 in getattr(self.right, "shape", ()) else result

        return function

    def __str__(self):
        return f"{'proved' if self.proved else 'NOT proved'}: {self.name}"

    __repr__ = __str__

    def _repr_latex_(self):
        return f"$\\displaystyle {sympy.latex(self.claim)}$"


def matrix(name: str, rows: int, columns: int) -> sympy.Matrix:
    """A matrix of real symbols, counted from 1: W1_{12} in row 1, column 2, but b1_{2} in a single column."""
    comma = "," if max(rows, columns) > 9 else ""

    def symbol(i, j):
        index = f"{i + 1}{comma}{j + 1}" if rows > 1 and columns > 1 else str(i + j + 1)
        return sympy.Symbol(f"{name}_{{{index}}}", real=True)

    return sympy.Matrix(rows, columns, symbol)


def is_zero(expression) -> bool:
    """Decide whether an expression is 0 for all values of its symbols at which it is defined.

    Conditions such as Z > 0 are settled by trying every combination of signs. Z = 0, where they switch, is
    left out: ReLU has no slope there, so there is nothing to prove. Then exponentials are replaced by
    symbols of their own, which leaves a fraction: it is 0 when its expanded numerator is.
    """
    expression = sympy.sympify(expression)
    conditions = expression.atoms(sympy.core.relational.Relational)
    switches = list({symbol for condition in conditions for symbol in condition.free_symbols})
    for signs in product((1, -1), repeat=len(switches)):
        signed = {Z: sign * sympy.Dummy(positive=True) for Z, sign in zip(switches, signs)}
        case = expression.xreplace(signed) if signed else expression
        if not any(_vanishes(_without_exponentials(case, terms)) for terms in (_one_term, _all_terms)):
            return False
    return True


def _vanishes(expression):
    """Whether a fraction, or whatever SymPy can simplify, is 0."""
    if not expression.is_rational_function():
        expression = sympy.simplify(expression)
    return sympy.expand(sympy.numer(sympy.together(expression))) == 0


def _without_exponentials(expression, terms):
    """Replace exp(a + 2 b) by u v**2, with one positive symbol for each term of an exponent."""
    expression = expression.rewrite((sympy.sinh, sympy.cosh, sympy.tanh), sympy.exp)
    symbols, products = {}, {}
    for exponential in expression.atoms(sympy.exp):
        products[exponential] = sympy.Integer(1)
        for count, term in terms(exponential.args[0]):
            symbol = sympy.E if term == 1 else symbols.setdefault(term, sympy.Dummy(positive=True))
            products[exponential] *= symbol**count
    return expression.xreplace(products)


def _one_term(exponent):
    """-2 a - 2 b as -2 times (a + b): quick, and enough for most proofs."""
    count, term = exponent.primitive()
    return [(-count, -term) if term.could_extract_minus_sign() else (count, term)]


def _all_terms(exponent):
    """2 a + b as 2 times a and 1 times b: slower, and sees that exp(a + b) is exp(a) exp(b)."""
    return [term.as_coeff_Mul() for term in sympy.Add.make_args(sympy.expand(exponent))]


def _entries(value):
    """A matrix as it is, anything else as a matrix with one entry."""
    return value if isinstance(value, sympy.MatrixBase) else sympy.Matrix([[value]])


def _numbers(name, variable, value):
    """The values of one variable, in the order of its symbols."""
    if not isinstance(variable, sympy.MatrixBase):
        return [value]
    value, shape = np.asarray(value, dtype=np.float64), variable.shape
    fits = value.shape == shape or (1 in shape and value.shape == (max(shape),))
    if not fits:
        refuse(name, f"shape {shape}", f"shape {value.shape}")
    return list(value.ravel())
