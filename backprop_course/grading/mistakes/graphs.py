"""An engine knows slopes only from its table of rules and its sweep, so here is what goes wrong in them."""

from functools import partial

from backprop_course.grading.mistakes.mistake import Mistake

rules = partial(Mistake, where="backprop_course.autodiff.rules")
sweeps = partial(Mistake, where="backprop_course.autodiff.sweeps")

IN_THE_GRAPH = (
    rules(
        id="M70",
        name="the slopes of a product are exchanged",
        old="(lambda g, y, a, b: g * b, lambda g, y, a, b: g * a)",
        new="(lambda g, y, a, b: g * a, lambda g, y, a, b: g * b)",
        why="Each factor gets itself, where it should get the other one. A square v · v hides it, because "
        "there both factors are the same.",
    ),
    rules(
        id="M71",
        name="the minus sign of the second number is forgotten",
        old="(lambda g, y, a, b: g, lambda g, y, a, b: -g)",
        new="(lambda g, y, a, b: g, lambda g, y, a, b: g)",
        also=(("lambda g, y, a, b: -g * y / b)", "lambda g, y, a, b: g * y / b)"),),
        why="A larger b makes a − b smaller, and a / b too where both are positive. Without the minus, what "
        "arrives at b has the right size and the opposite sign.",
    ),
    rules(
        id="M72",
        name="the exponent is left out of the slope of a power",
        old="g * exponent * a ** (exponent - 1)",
        new="g * a ** (exponent - 1)",
        why="The slope of a² is 2a. With a alone, everything before the square gets half of its slope.",
    ),
    sweeps(
        id="M73",
        name="the sweep starts with the value of L in place of 1",
        old="g = Derivatives({L: L._filled(1.0)})",
        new="g = Derivatives({L: L.value})",
        why="The slope of L with respect to L is 1, whatever its value is. Every slope comes out L times as "
        "large.",
    ),
    sweeps(
        id="M74",
        name="the shares of a number that was copied are summed over the wrong axis",
        old="g = g.sum(axis=tuple(range(g.ndim - len(shape))))",
        new="g = g.sum(axis=tuple(range(len(shape), g.ndim)))",
        why="Broadcasting copies b into every row, so its shares stand below each other. This sum runs along "
        "a row: it joins the shares of different entries of b.",
        square=True,
    ),
    sweeps(
        id="M92",
        name="the shares of a number that was copied are averaged, not summed",
        old="g = g.sum(axis=tuple(range(g.ndim - len(shape))))",
        new="g = g.mean(axis=tuple(range(g.ndim - len(shape))))",
        why="Every copy sends a share back, and shares add. The mean also divides by the number of copies: "
        "one for each row.",
    ),
    sweeps(
        id="M94",
        name="a node sends before everything has arrived",
        old="    for node in reversed(topological_order(L)):\n",
        new="    waiting = [L]\n    for node in waiting:\n"
        "        waiting.extend(p for p in dict.fromkeys(node.parents) if p not in waiting)\n",
        why="A node that is used twice receives twice, but it sends once. The share that arrives after that "
        "is not sent on.",
    ),
)
