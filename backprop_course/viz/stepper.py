"""Both passes are understood one operation at a time: the two-layer network that a learner steps through.

The browser computes and draws, so that it also works on a page without a kernel; the tests
hold its numbers beside those of the model. Drawn here is the still picture, for pages on which nothing runs.
"""

from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np

from backprop_course.notation import describe, refuse
from backprop_course.viz.networks import MOST_UNITS, MOST_WIRES, draw_network
from backprop_course.viz.presenting import as_still, in_a_notebook
from backprop_course.viz.style import array_of, number

HERE = Path(__file__).parent
MOST = {"n": 4, "h": 5, "m": 4}  # inputs, hidden units and classes whose numbers can still be read
DIMENSIONS = {"W1": 2, "b1": 1, "W2": 2, "b2": 1}


def stepper(params, x, y_true, *, values, grads=None, learning_rate=0.1, title="", alt="") -> None:
    """Show one example's way through the two-layer network and back, to be stepped through.

    `params` holds W1 (h, n), b1 (h,), W2 (m, h), b2 (m,); x is (n,), y_true (m,), a distribution. The still
    picture shows `values` (Z1, A1, Z2, Y_pred) and `grads` (of W1, b1, Z1, A1, W2, b2, Z2), as the caller
    computed them; `alt` is its text alternative, which a terminal prints. Without `grads` the steps end
    at the loss: no gradient, no update, and `learning_rate` does nothing. At most 4 inputs, 5 hidden units
    and 4 classes can be read.
    Raises TypeError or ValueError for names, shapes or numbers that do not fit.
    """
    given = checked(params, x, y_true, learning_rate)
    sizes = (len(given["x"]), len(given["params"]["b1"]), len(given["y_true"]))
    values = {"X": np.array(given["x"])} | {name: np.array(p) for name, p in given["params"].items()} | values
    alt = alt or in_words(sizes, values, grads)
    if not in_a_notebook():
        print(alt)
        return
    from IPython.display import display

    readable = max(sizes) <= MOST_UNITS and max(a * b for a, b in pairwise(sizes)) <= MOST_WIRES
    numbers = {"values": values, "grads": grads} if readable else {}
    back = "" if grads is None else ", and its gradients on their way back"
    title = title or f"One example on its way through the network{back}"
    display(as_still(draw_network(sizes, title=title, **numbers), alt))
    display(_widget()(**given, backward=grads is not None))


def checked(params, x, y_true, learning_rate) -> dict:
    """What the browser is given: params, x, y_true and learning_rate as plain lists and a number.

    Raises what `stepper` raises.
    """
    if not isinstance(params, dict) or set(params) != set(DIMENSIONS):
        came = ", ".join(map(str, params)) if isinstance(params, dict) else describe(params)
        refuse("params", f"a dict of {', '.join(DIMENSIONS)}", came)
    arrays = {name: array_of(f"params[{name!r}]", params[name], d) for name, d in DIMENSIONS.items()}
    arrays |= {"x": array_of("x", x, 1), "y_true": array_of("y_true", y_true, 1)}
    n, h, m = (len(arrays[name]) for name in ("x", "b1", "y_true"))
    for letter, size in zip("nhm", (n, h, m)):
        if size > MOST[letter]:
            refuse("sizes (n, h, m)", f"at most {tuple(MOST.values())}, to be readable", f"{(n, h, m)}")
    for name, shape in {"W1": (h, n), "W2": (m, h), "b2": (m,)}.items():
        if arrays[name].shape != shape:
            expected = f"shape {shape} beside x, b1 and y_true"
            refuse(f"params[{name!r}]", expected, f"shape {arrays[name].shape}")
    for name, array in arrays.items():
        if not np.isfinite(array).all():
            refuse(name, "finite numbers", "NaN or infinity")
    truth = arrays["y_true"]
    if truth.min() < 0 or abs(truth.sum() - 1) > 1e-6:
        refuse("y_true", "numbers from 0 on that add up to 1", f"{truth}")
    if not isinstance(learning_rate, (int, float, np.number)) or not 0 <= learning_rate <= 1000:
        refuse("learning_rate", "a number from 0 to 1000", f"{learning_rate!r}")
    lists = {name: array.tolist() for name, array in arrays.items()}
    ends = {"x": lists.pop("x"), "y_true": lists.pop("y_true")}
    return {"params": lists, **ends, "learning_rate": float(learning_rate)}


def in_words(sizes, values, grads) -> str:
    """The text alternative: sizes, then what each vector holds, forward and, with `grads`, backward."""

    def listed(arrays, names, prefix=""):
        row = {name: np.ravel(arrays[name]) for name in names if name in arrays}
        return "; ".join(f"{prefix}{name} is {', '.join(map(number, array))}" for name, array in row.items())

    n, h, m = sizes
    forward = listed(values, ("X", "Z1", "A1", "Z2", "Y_pred"))
    size = f"A network with {n} inputs, {h} hidden units and {m} classes."
    back = "" if grads is None else f" Backward: {listed(grads, ('Z2', 'A1', 'Z1'), 'd')}."
    return f"{size} Forward: {forward}.{back}"


def script() -> str:
    """All that the browser runs, as one text: what live figures share, then the numbers, then the drawing."""
    parts = ("parts.js", "stepper_numbers.js", "stepper.js")
    return "\n".join((HERE / part).read_text(encoding="utf-8") for part in parts)


@cache
def _widget():
    """The widget's class, made when it is first shown: anywidget takes a while to load."""
    import anywidget
    import traitlets

    class Stepper(anywidget.AnyWidget):
        _esm, _css = script(), HERE / "stepper.css"
        params = traitlets.Dict().tag(sync=True)
        x = traitlets.List().tag(sync=True)
        y_true = traitlets.List().tag(sync=True)
        learning_rate = traitlets.Float().tag(sync=True)
        backward = traitlets.Bool().tag(sync=True)

        def __repr__(self):  # what pages that run nothing print below the still picture
            return "To step through it, run this cell in JupyterLab."

    return Stepper
