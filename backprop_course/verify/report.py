"""Independent methods lead to the same gradient: this report lays their numbers side by side.

It is handed the gradients. Who computed them, and how, is the business of lessons and tests.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from itertools import combinations

import numpy as np

from backprop_course.notation import describe, refuse, require_finite
from backprop_course.verify.tables import html_table, number, place, relative_error, text_table


@dataclass(frozen=True)
class Comparison:
    """Gradients by several methods, and how far each pair of methods is apart.

    `differences[parameter][a, b]` is norm(a - b) / (norm(a) + norm(b)); NaN (0/0) where both are zero.
    """

    methods: dict[str, dict[str, np.ndarray]]
    differences: dict[str, dict[tuple[str, str], float]]

    @property
    def worst(self) -> float:
        """The largest difference of all."""
        found = [d for row in self.differences.values() for d in row.values() if not np.isnan(d)]
        return max(found, default=np.nan)

    @property
    def empty(self) -> tuple[str, ...]:
        """Parameters for which two methods gave nothing but zeros: their agreement proves nothing."""
        return tuple(name for name, row in self.differences.items() if np.isnan(list(row.values())).any())

    def agree(self, tolerance: float) -> bool:
        """True when no difference is above `tolerance`, and none is 0/0."""
        return not self.empty and self.worst <= tolerance

    def _rows(self):
        for name, differences in self.differences.items():
            a, b = max(differences, key=lambda pair: np.nan_to_num(differences[pair], nan=-1.0))
            apart = np.abs(self.methods[a][name] - self.methods[b][name])
            worst = np.unravel_index(np.argmax(apart), apart.shape)
            values = (f"{grads[name][worst]:.8g}" for grads in self.methods.values())
            yield (str(name), place(worst), *values, number(differences[a, b], ".1e"), f"{a}, {b}")

    @property
    def _head(self):
        return ("parameter", "worst index", *map(str, self.methods), "relative difference", "between")

    @property
    def message(self) -> str:
        """The largest difference, in a sentence, and what proves nothing."""
        found = f"Largest relative difference: {number(self.worst, '.1e')}."
        if self.empty:
            found += f" The comparison proves nothing for {', '.join(map(str, self.empty))}: 0 against 0."
        return found

    def __str__(self):
        return f"{text_table(self._head, list(self._rows()))}\n{self.message}"

    def _repr_html_(self):
        caption = "The same gradients by several methods, at the index where two of them differ most"
        return f"{html_table(caption, self._head, list(self._rows()))}<p>{escape(self.message)}</p>"


def compare(methods: Mapping[str, Mapping], reference: str | None = None) -> Comparison:
    """Lay gradients side by side: `methods` maps the name of a method to its gradients, a dict of arrays.

    Every method is compared with the one called `reference`, or with every other one if none is named.

    Raises ValueError for fewer than two methods, for keys or shapes that differ, for NaN, for no entries,
    for an unknown reference and for one dict given as two methods; TypeError for anything but numbers.
    """
    if not isinstance(methods, Mapping) or len(methods) < 2:
        refuse("methods", "a dict of at least two methods", describe(methods))
    if reference is not None and reference not in methods:
        refuse("reference", f"one of {', '.join(map(str, methods))}", repr(reference))
    if len({id(grads) for grads in methods.values()}) < len(methods):
        refuse("methods", "a result of its own for each method", "the same dict twice")
    arrays = {method: _float64(method, grads) for method, grads in methods.items()}
    if reference is None:
        pairs = list(combinations(methods, 2))
    else:
        pairs = [(method, reference) for method in methods if method != reference]
    first = next(iter(arrays))
    for method, grads in arrays.items():
        _same_shapes(method, grads, first, arrays[first])
    differences = {
        name: {(a, b): relative_error(arrays[a][name], arrays[b][name]) for a, b in pairs}
        for name in arrays[first]
    }
    return Comparison(arrays, differences)


def _float64(method, grads):
    """The gradients of one method as float64 arrays, refused unless they are finite numbers."""
    if not isinstance(grads, Mapping) or not grads:
        refuse(method, "a dict of gradients", describe(grads), TypeError)
    for name, grad in grads.items():
        if np.asarray(grad).dtype.kind not in "fiu":
            refuse(f"{name} ({method})", "an array of numbers", describe(grad), TypeError)
        if np.size(grad) == 0:
            refuse(f"{name} ({method})", "at least one entry", describe(grad))
    with np.errstate(over="ignore"):  # a longer float may hold what becomes infinite here
        arrays = {name: np.asarray(grad).astype(np.float64) for name, grad in grads.items()}
    for name, array in arrays.items():
        require_finite(f"{name} ({method})", array)
    return arrays


def _same_shapes(method, grads, first, expected):
    """Refuse gradients whose keys or shapes are not those of the first method."""
    if grads.keys() != expected.keys():
        refuse(method, f"the keys of {first}, {', '.join(map(str, expected))}", ", ".join(map(str, grads)))
    for name, grad in grads.items():
        if grad.shape != expected[name].shape:
            refuse(f"{name} ({method})", f"the shape of {first}, {expected[name].shape}", f"{grad.shape}")
