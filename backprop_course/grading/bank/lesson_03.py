"""Lesson 03 builds an engine, so its exercises walk small graphs by hand first, then with a program."""

import numpy as np

from backprop_course.autodiff import Value
from backprop_course.grading.bank.graphs import nodes_of, sweeping, tapes
from backprop_course.grading.bank.lines import mask
from backprop_course.grading.exercise import Exercise
from backprop_course.grading.short_answers import Choice, Order
from backprop_course.ops import linear

RULE_OF = {"+": "+", "-": "-", "*": "*", "max": "maximum"}


# ------------------------------------------------------------------ arguments
def divisions(rng):
    """(g, a, b)."""
    numbers = {label: tuple(rng.uniform(1.5, 4, 3)) for label in ("some numbers", "a negative divisor")}
    numbers["a negative divisor"] = (*numbers["a negative divisor"][:2], -2.5)
    return numbers | {
        "g = 1": (1.0, 3.0, 2.0),
        "equal numbers": (2.0, 3.0, 3.0),
        "extreme values": (-1e3, 1e5, 1e-6),
    }


def operations(rng):
    """(op, a, b)."""
    a, b = rng.uniform(1, 2), rng.uniform(2.5, 3.5)
    return {
        "a sum": ("+", a, b),
        "a difference": ("-", a, b),
        "a product": ("*", a, b),
        "the larger one is b": ("max", a, b),
        "the larger one is a": ("max", b, a),
        "a product of extreme values": ("*", -1e8 * a, 1e-8 * b),
    }


def rows_of_slopes(rng):
    """(dZ,)."""
    sizes = {"different sizes": (6, 4), "one row": (1, 3), "equal sizes": (4, 4), "extreme values": (5, 2)}
    cases = {label: (rng.standard_normal(size),) for label, size in sizes.items()}
    cases["extreme values"] = (1e12 * cases["extreme values"][0],)
    return cases | {"float32": (rng.standard_normal((7, 3)).astype(np.float32),)}


# ------------------------------------------------------------------ answers from a module
def small_graph(module):
    """(dp, ds, da, db) where s = a − b, p = s · a and L = p²."""
    a, b = Value(3.0), Value(1.0)
    s = a - b
    p = s * a
    g = sweeping(module)(p**2)
    return g[p], g[s], g[a], g[b]


def division_shares(rules):
    """(da, db), what a / b sends back when g has arrived."""
    return lambda g, a, b: tuple(vjp(g, a / b, a, b) for vjp in rules.RULES["/"].vjps)


def local_slopes(rules):
    """(da, db), the local slopes of one operation."""
    return lambda op, a, b: tuple(
        float(vjp(1.0, rules.RULES[RULE_OF[op]].value(a, b), a, b)) for vjp in rules.RULES[RULE_OF[op]].vjps
    )


def sweep(module):
    """The slope of the last place with respect to each place."""

    def answer(values, steps):
        nodes = nodes_of(values, steps)
        g = sweeping(module)(nodes[-1])
        return np.array([g[node] for node in nodes])

    return answer


def rules_applied(sweeps):
    """(back, forward) where s = (u + v) + w, t = s · s and L = t · t."""
    u, v, w = Value(1.0), Value(2.0), Value(3.0)
    s = (u + v) + w
    t = s * s
    L = t * t
    return sweeps.gradients(L).rules_applied, sum(sweeps.tangents(L, x).rules_applied for x in (u, v, w))


def received(sweeps):
    """db from (dZ,), where b was added to every row."""
    return lambda dZ: sweeps.unbroadcast(dZ, dZ.shape[1:])


def two_units(net):
    """(W, B, slope at 1, slope at −2) for z = 2 x + 1 and y = −3 h + 2: with h = z, then with h = relu(z)."""
    w1, b1, w2, b2 = (np.array(number) for number in ([[2.0]], [1.0], [[-3.0]], [2.0]))
    at_0, at_1 = linear(linear(np.array([[0.0], [1.0]]), w1, b1), w2, b2)[:, 0]
    z = linear(np.array([[1.0], [-2.0]]), w1, b1)
    dz = mask(net)(np.full((2, 1), w2[0, 0]), z)
    return at_1 - at_0, at_0, *(dz @ w1)[:, 0]


# ------------------------------------------------------------------ the exercises
COST, REUSED = "cost of reverse against forward", "accumulation at a reused node"
RULES, SWEEPS = "backprop_course.autodiff.rules", "backprop_course.autodiff.sweeps"

EXERCISES = (
    Exercise(
        id="03.1",
        title="Back through a small graph",
        asked="Give the slopes of L at p, s, a and b as a tuple, in this order.",
        signature="slopes = (dp, ds, da, db)",
        shapes="-> dp (), ds (), da (), db ()",
        form="tuple",
        section="An operation knows its own slopes",
        question="Which wires lead from this box towards L, and what does each bring back?",
        answer_from=small_graph,
        mistakes=("M39", "M70", "M71", "M72", "M73"),
        type="predict",
        concept="sum over paths",
        sibling="05.11",
        where=SWEEPS,
    ),
    Order(
        id="03.2",
        title="Who may send first?",
        asked="Give the step numbers in an order in which each box sends after everything has arrived.",
        signature="order = [1, 2, …]",
        section="The order",
        question="Which boxes send something to this one, and have all of them sent?",
        needs={1: (2, 6), 2: (4,), 3: (1, 5), 4: (), 5: (6,), 6: (4,)},
        slips={"M94": (1, 2)},
        concept=REUSED,
        sibling="05.11",
    ),
    Exercise(
        id="03.3",
        title="A division sends back",
        asked="Return what y = a / b sends to a and to b when g has arrived at y.",
        signature="division_shares(g, a, b)",
        shapes="g (), a (), b () -> da (), db ()",
        form="tuple",
        section="An operation knows its own slopes",
        question="How does a / b move when b alone becomes a little larger?",
        answer_from=division_shares,
        cases=divisions,
        mistakes=("M71",),
        type="faded",
        concept="sign and size of a slope",
        sibling="05.11",
        where=RULES,
    ),
    Exercise(
        id="03.4",
        title="The sweep, on an empty page",
        asked="Return the slopes of the last place with respect to each place.",
        signature="sweep(values, steps)",
        shapes="values (n,) -> grads (n,)",
        form="array",
        section="Build it yourself",
        question="Where does the sweep start, what does a step send, and what if something is there already?",
        answer_from=sweep,
        cases=tapes,
        mistakes=("M39", "M70", "M71", "M73"),
        concept=REUSED,
        sibling="05.11",
        where=SWEEPS,
    ),
    Exercise(
        id="03.5",
        title="Count both directions",
        asked="Give the number of rules of the one sweep back, and of the three sweeps forward together.",
        signature="rules = (back, forward)",
        shapes="-> back (), forward ()",
        form="tuple",
        section="Count the work",
        question="Which wires does each sweep follow, and how often?",
        answer_from=rules_applied,
        mistakes=("M40",),
        type="predict",
        concept=COST,
        sibling="05.11",
        where=SWEEPS,
    ),
    Exercise(
        id="03.6",
        title="A table with two wrong rows",
        asked="Return the local slopes to a and to b of one operation, with both wrong rows repaired.",
        signature="slopes_of(op, a, b)",
        shapes="a (), b () -> da (), db ()",
        form="tuple",
        section="An operation knows its own slopes",
        question="In which rows do the table and the measured slopes differ?",
        answer_from=local_slopes,
        cases=operations,
        mistakes=("M70", "M71"),
        type="debug",
        concept="sign and size of a slope",
        sibling="05.11",
        where=RULES,
    ),
    Exercise(
        id="03.8",
        title="Two units in a row",
        asked="Give the weight and the bias of the one unit, then the two slopes with the ReLU.",
        signature="answer = (weight, bias, slope_at_1, slope_at_minus_2)",
        shapes="-> weight (), bias (), slope_at_1 (), slope_at_minus_2 ()",
        form="tuple",
        section="Why the bend is needed",
        lesson="01",
        question="What does x go through on its way to y, and is the hidden unit on?",
        answer_from=two_units,
        mistakes=("M10", "M12", "M13"),
        type="predict",
        concept="the ReLU mask looks at Z1",
        sibling="05.11",
    ),
    Exercise(
        id="03.9",
        title="One bias, many rows",
        asked="Return db, what arrives at b when dZ has arrived at Z = Y + b.",
        signature="received(dZ)",
        shapes="dZ (N, h) -> db (h,)",
        form="array",
        section="A node that is used twice",
        question="How often is one entry of b used, and what does each use send back?",
        answer_from=received,
        cases=rows_of_slopes,
        mistakes=("M74", "M92"),
        type="transfer",
        concept=REUSED,
        sibling="05.11",
        where=SWEEPS,
    ),
    Choice(
        id="03.10",
        title="Which direction here?",
        asked="Give the letter of the right statement.",
        signature='letter = "a"',
        section="Count the work",
        question="What does one sweep forward find, and what does one sweep back find?",
        answer="c",
        told={
            "a": "One sweep back starts at one result and finds the slopes of that result only.",
            "b": "That many sweeps would do it. But is there a way with fewer?",
            "d": "Both directions give the same slopes. They do not need the same number of sweeps.",
        },
        concept=COST,
        sibling="05.11",
    ),
)
