"""What the stepper should show, by the model and the tape, and what it shows on a page."""

import numpy as np

from backprop_course import autodiff
from backprop_course.models import two_layer

# The example of lesson 05
EXAMPLE = {
    "params": {
        "W1": [[1.0, 0.0], [0.0, 1.0], [1.0, -1.0]],
        "b1": [0.0, -1.0, 0.0],
        "W2": [[1.0, -1.0, 2.0], [-1.0, 1.0, 1.0]],
        "b2": [float(np.log(3)), 0.0],
    },
    "x": [1.0, 2.0],
    "y_true": [0.0, 1.0],
    "learning_rate": 0.1,
}
FORWARD = (("Z1",), ("A1",), ("Z2",), ("Y_pred",), ("L",))  # what each step computes
BACKWARD = (("Z2",), ("W2", "b2"), ("A1",), ("Z1",), ("W1", "b1"))


def draw(rng, sizes=None, spread=1.0):
    """A random network and example, as the browser gets them; every third has a soft answer."""
    n, h, m = sizes or (int(rng.integers(1, most + 1)) for most in (4, 5, 4))
    shapes = {"W1": (h, n), "b1": (h,), "W2": (m, h), "b2": (m,)}
    params = {name: (spread * rng.standard_normal(shape)).tolist() for name, shape in shapes.items()}
    soft = rng.random() < 1 / 3
    y_true = rng.dirichlet(np.ones(m)) if soft else np.eye(m)[rng.integers(0, m)]
    x, rate = (spread * rng.standard_normal(n)).tolist(), float(rng.uniform(0.01, 2))
    return {"params": params, "x": x, "y_true": y_true.tolist(), "learning_rate": rate}


def expected(given):
    """All values and gradients of the given example, under the names that the stepper uses."""
    params = {name: np.array(array) for name, array in given["params"].items()}
    X, Y_true = np.array([given["x"]]), np.array([given["y_true"]])
    Y_pred, saved = two_layer.forward(params, X)
    A1 = autodiff.Tensor(saved.A1, name="A1")
    scores = A1 @ params["W2"].T + params["b2"]
    L = -(autodiff.log_softmax(scores) * Y_true).sum()
    slopes = autodiff.gradients(L)
    values = {"X": X[0], **params, "Z1": saved.Z1[0], "A1": saved.A1[0], "Z2": scores.value[0]}
    values |= {"Y_pred": Y_pred[0], "L": np.array(two_layer.loss(Y_pred, Y_true))}
    grads = two_layer.backward(params, saved, Y_true)
    grads |= {"A1": slopes[A1][0], "Z2": slopes[scores][0]}
    return values, grads | {"Z1": grads["b1"]}  # one example: a bias has the gradient of its sum


def updated(given):
    """The same example after one update: all gradients first."""
    grads = expected(given)[1]
    rate, params = given["learning_rate"], given["params"]
    moved = {name: (np.array(params[name]) - rate * grads[name]).tolist() for name in params}
    return given | {"params": moved}


# ------------------------------------------------------------------ in a notebook, on a page
CELL = f"""from backprop_course.explore.stepping import step_through
given = {EXAMPLE!r}
step_through(given["params"], given["x"], given["y_true"])"""


class Widget:
    """The stepper on a page: what can be done with it, and what it shows."""

    def __init__(self, page):
        self.page = page

    def show(self, given=EXAMPLE, backward=True):
        self.page.evaluate("given => window.show(given)", given | {"backward": backward})
        return self

    def press(self, name, times=1):
        """Press a button by its key."""
        self.page.get_by_role("button", name=name, exact=True).focus()
        for _ in range(times):
            self.page.keyboard.press("Enter")
        return self

    def numbers(self):
        """All values and all gradients that are on the drawing, in full, by name and index."""
        read = (
            """() => [...document.querySelectorAll("[data-name]")].map(({ dataset }) => ({ ...dataset }))"""
        )
        values, grads = {}, {}
        for item in self.page.evaluate(read):
            index = tuple(int(i) for i in item["index"].split(",") if i)
            for found, key in ((values, "value"), (grads, "gradient")):
                if key in item:
                    found[(item["name"], index)] = float(item[key])
        return values, grads

    def item(self, name, *index):
        return self.page.locator(f'[data-name="{name}"][data-index="{",".join(map(str, index))}"]')

    def text(self, part):
        return self.page.locator(f".bc-stepper {part}").inner_text()

    @property
    def said(self):
        return self.page.locator("[role=status]").text_content()


def listed(arrays, names):
    return {(name, index): arrays[name][index] for name in names for index in np.ndindex(arrays[name].shape)}


def assert_shown(widget, given, step):
    """After so many steps: exactly what is known by then, each number to 1e-12."""
    values, grads = expected(given)
    names = {"X", "W1", "b1", "W2", "b2"}.union(*FORWARD[:step])
    for shown, wanted in zip(
        widget.numbers(), (listed(values, names), listed(grads, set().union(*BACKWARD[: max(step - 5, 0)])))
    ):
        assert shown.keys() == wanted.keys()
        for key, number in wanted.items():
            assert abs(shown[key] - number) <= 1e-12 * max(1, abs(number)), (key, step)
