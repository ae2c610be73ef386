"""Every rule of the tape against central differences on plain arrays and PyTorch; wrong rules are noticed."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import mutually_broadcastable_shapes

from backprop_course import autodiff
from backprop_course.autodiff import RULES, Tensor, Value, gradients, tangents
from backprop_course.autodiff.rules import Rule

STEP = 1e-5
TOLERANCE = 1e-8


# ------------------------------------------------------------------ one formula, several libraries
def plain_log_softmax(z):
    return z - np.log(np.sum(np.exp(z), axis=-1, keepdims=True))


PLAIN = SimpleNamespace(
    exp=np.exp,
    log=np.log,
    tanh=lambda a: 1 - 2 / (np.exp(2 * a) + 1),
    sigmoid=lambda a: 1 / (1 + np.exp(-a)),
    relu=lambda a: np.where(a > 0, a, 0.0),
    maximum=lambda a, b: np.where(a > b, a, b),
    log_softmax=plain_log_softmax,
)

# op: formulas with the shapes of their arguments; F is the library, sizes differ and shapes broadcast
CASES = {
    "+": [
        (lambda F, a, b: a + b, (3, 4), (4,)),
        (lambda F, a, b: a + b, (), (2, 3)),
        (lambda F, a: 2 + a, (3,)),
    ],
    "-": [
        (lambda F, a, b: a - b, (3, 1), (2, 1, 4)),
        (lambda F, a: 2.5 - a, (3,)),
    ],
    "*": [
        (lambda F, a, b: a * b, (3, 4), (3, 1)),
        (lambda F, a, b: a * b, (2,), ()),
        (lambda F, a: a * 3, (2, 3)),
    ],
    "/": [(lambda F, a, b: a / b, (4,), (3, 4)), (lambda F, a: 2 / a, (3, 2))],
    "neg": [(lambda F, a: -a, (2, 3))],
    "**": [(lambda F, a, k=k: a**k, (2, 3)) for k in (3, 2.0, 1, -2)],
    "exp": [(lambda F, a: F.exp(a), (2, 3))],
    "log": [(lambda F, a: F.log(a), (2, 3))],
    "tanh": [(lambda F, a: F.tanh(a), (2, 3))],
    "sigmoid": [(lambda F, a: F.sigmoid(a), (2, 3))],
    "relu": [(lambda F, a: F.relu(a), (4, 3))],
    "maximum": [(lambda F, a, b: F.maximum(a, b), (4, 3), (3,))],
    "sum": [
        (lambda F, a: a.sum(), (2, 3)),
        (lambda F, a: a.sum(axis=0), (2, 3)),
        (lambda F, a: a.sum(axis=-1, keepdims=True), (2, 3, 4)),
        (lambda F, a: a.sum(axis=(0, 2)), (2, 3, 4)),
    ],
    "mean": [
        (lambda F, a: a.mean(), (2, 3)),
        (lambda F, a: a.mean(axis=1), (2, 3)),
        (lambda F, a: a.mean(axis=(0, 1), keepdims=True), (2, 3, 4)),
    ],
    ".T": [(lambda F, a: a.T, (2, 3))],
    "@": [
        (lambda F, a, b: a @ b, (2, 3), (3, 4)),
        (lambda F, a, b: a @ b, (2, 3), (3,)),
        (lambda F, a, b: a @ b, (3,), (3, 4)),
        (lambda F, a, b: a @ b, (3,), (3,)),
        (lambda F, a, b: a @ b, (3, 3), (3, 3)),
    ],
    "log_softmax": [(lambda F, a: F.log_softmax(a), (2, 4)), (lambda F, a: F.log_softmax(a), (3,))],
}
SCALAR_OPS = ("+", "-", "*", "/", "neg", "**", "exp", "log", "tanh", "sigmoid", "relu", "maximum")
SEEDS = (1, 2, 3, 4)
ALL_CASES = [pytest.param(op, k, id=f"{op}-{k}") for op in CASES for k in range(len(CASES[op]))]


def arguments_of(op, shapes, seed=1):
    """Numbers between 0.3 and 2 in size, of both signs except for the logarithm."""
    rng = np.random.default_rng(seed)
    signs = [1, 1] if op == "log" else [-1, 1]
    return [np.asarray(rng.uniform(0.3, 2.0, shape) * rng.choice(signs, shape)) for shape in shapes]


def central_differences(f, arrays, k):
    """The slope of the number f(*arrays) in every entry of the k-th array."""
    slopes = np.zeros_like(arrays[k])
    for index in np.ndindex(arrays[k].shape):
        ahead, behind = ([a.copy() for a in arrays] for _ in range(2))
        ahead[k][index] += STEP
        behind[k][index] -= STEP
        slopes[index] = (f(*ahead) - f(*behind)) / (2 * STEP)
    return slopes


def require_equal(found, expected, tolerance=TOLERANCE):
    """Relative error of whole arrays; an expected gradient of zeros would prove nothing."""
    assert np.shape(found) == np.shape(expected)
    assert np.linalg.norm(expected) > 1e-3, "vacuous case"
    error = np.linalg.norm(found - expected) / (np.linalg.norm(found) + np.linalg.norm(expected))
    assert error < tolerance, f"relative error {error:.1e}"


def check_case(op, k):
    """The value and the gradients of one case, each output entry weighted differently."""
    formula, *shapes = CASES[op][k]
    arrays = arguments_of(op, shapes)
    nodes = [Tensor(a) for a in arrays]
    y = formula(autodiff, *nodes)
    assert y.op == op, "the case is about another rule"
    expected = formula(PLAIN, *arrays)
    require_equal(y.value, expected, 1e-14)
    weights = np.random.default_rng(2).uniform(0.5, 1.5, np.shape(expected))
    reduce = "mean" if op == "sum" else "sum"  # not the rule in question: two wrong signs would cancel
    g = gradients(getattr(weights * y, reduce)())
    for k, node in enumerate(nodes):
        measured = central_differences(lambda *a: getattr(formula(PLAIN, *a) * weights, reduce)(), arrays, k)
        require_equal(g[node], measured)


def check_scalar(op, seed=1):
    """The same for single numbers, by the backward sweep and by the forward sweep."""
    formula, *shapes = CASES[op][0]
    numbers = arguments_of(op, [() for _ in shapes], seed)
    nodes = [Value(float(a)) for a in numbers]
    L = formula(autodiff, *nodes)
    assert L.op == op and type(L.value) is float
    assert abs(L.value - formula(PLAIN, *numbers)) < 1e-14
    for k, node in enumerate(nodes):
        measured = central_differences(lambda *a: formula(PLAIN, *a), numbers, k)
        found = gradients(L)[node]
        assert type(found) is float and tangents(L, node)[L] == found
        assert abs(found - measured) < TOLERANCE * (1 + abs(measured))


def test_every_rule_has_a_case_and_a_vjp_for_each_argument():
    assert CASES.keys() == RULES.keys()
    for op, rule in RULES.items():
        arguments = rule.vjps[0].__code__.co_varnames[2 : rule.vjps[0].__code__.co_argcount]
        assert len(rule.vjps) == len({"a", "b"} & set(arguments)), op


@pytest.mark.parametrize("op, k", ALL_CASES)
def test_rule_against_central_differences(op, k):
    check_case(op, k)


@pytest.mark.parametrize("op", SCALAR_OPS)
@pytest.mark.parametrize("seed", SEEDS)
def test_rule_on_single_numbers_in_both_directions(op, seed):
    check_scalar(op, seed)


@pytest.mark.parametrize("op, k", ALL_CASES)
def test_float32_stays_float32(op, k):
    formula, *shapes = CASES[op][k]
    nodes = [Tensor(a.astype(np.float32)) for a in arguments_of(op, shapes)]
    y = formula(autodiff, *nodes)
    g = gradients(y.sum())
    assert y.value.dtype == np.float32
    assert all(g[node].dtype == np.float32 and g[node].shape == node.shape for node in nodes)
    require_equal(y.value, formula(PLAIN, *(node.value.astype(float) for node in nodes)), 1e-6)


def test_every_rule_against_pytorch():
    torch = pytest.importorskip("torch", reason='PyTorch is not installed: pip install -e ".[torch]"')
    F = SimpleNamespace(
        **{name: getattr(torch, name) for name in ("exp", "log", "tanh", "sigmoid", "relu", "maximum")},
        log_softmax=lambda a: torch.log_softmax(a, -1),
    )
    for op, cases in CASES.items():
        for formula, *shapes in cases:
            arrays = arguments_of(op, shapes)
            theirs = [torch.tensor(a, requires_grad=True) for a in arrays]
            y = formula(F, *theirs)
            weights = np.random.default_rng(2).uniform(0.5, 1.5, y.shape)
            (torch.tensor(weights) * y).sum().backward()
            ours = [Tensor(a) for a in arrays]
            g = gradients((weights * formula(autodiff, *ours)).sum())
            for mine, their in zip(ours, theirs):
                require_equal(g[mine], their.grad.numpy(), 1e-13)


# ------------------------------------------------------------------ planted wrong rules
def damaged(rule, k, damage):
    """The rule with its k-th vjp (or, for k = "value", its value) replaced by a wrong one."""
    if k == "value":
        return Rule(lambda *a, **s: damage(rule.value(*a, **s)), rule.vjps)
    right = rule.vjps[k]
    vjps = list(rule.vjps)
    vjps[k] = lambda *a, **s: damage(right(*a, **s))
    return Rule(rule.value, tuple(vjps))


DAMAGES = {
    "sign": lambda d: -d,
    "factor 2": lambda d: 2 * d,
    "zero": lambda d: 0 * d,
    "one part in a million": lambda d: d * (1 + 1e-6),
}
PLACES = [(op, k) for op, rule in RULES.items() for k in ("value", *range(len(rule.vjps)))]


def survives(check, *args):
    """Whether a check accepts what it is given; shapes that do not fit are a complaint too."""
    try:
        check(*args)
    except (AssertionError, ValueError):
        return False
    return True


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("op, k", PLACES)
def test_a_damaged_rule_is_noticed(op, k, damage, monkeypatch):
    monkeypatch.setitem(RULES, op, damaged(RULES[op], k, DAMAGES[damage]))
    assert not any(survives(check_case, op, case) for case in range(len(CASES[op])) if involves(op, case, k))
    if op in SCALAR_OPS:
        assert not all(survives(check_scalar, op, seed) for seed in SEEDS)


def involves(op, case, k):
    """Whether a case differentiates the k-th argument, which is a constant in some cases."""
    formula, *shapes = CASES[op][case]
    y = formula(autodiff, *(Tensor(a) for a in arguments_of(op, shapes)))
    return k == "value" or y.parents[k].op == "input"


RIGHT = dict(RULES)
CLASSIC = {
    "relu masked by its output (always true)": ("relu", (lambda g, y, a: g * (y >= 0),)),
    "relu not masked": ("relu", (lambda g, y, a: g,)),
    "relu masked by the sign of the gradient": ("relu", (lambda g, y, a: g * (g > 0),)),
    "relu times its value": ("relu", (lambda g, y, a: g * y,)),
    "slope of the sigmoid at its output": ("sigmoid", (lambda g, y, a: g / (2 + np.exp(y) + np.exp(-y)),)),
    "y(1 - y) applied to the argument": ("sigmoid", (lambda g, y, a: g * a * (1 - a),)),
    "1 - y² applied to the argument": ("tanh", (lambda g, y, a: g * (1 - a**2),)),
    "exponent not lowered": ("**", (lambda g, y, a, exponent: g * exponent * y,)),
    "quotient without the square": ("/", (RIGHT["/"].vjps[0], lambda g, y, a, b: -g * a / b)),
    "factors not exchanged": ("*", RIGHT["*"].vjps[::-1]),
    "mean without 1/N": ("mean", RIGHT["sum"].vjps),
    "mean over all entries": ("mean", (lambda g, y, a, **s: RIGHT["sum"].vjps[0](g, y, a, **s) / a.size,)),
    "softmax's sum forgotten": ("log_softmax", (lambda g, y, a: g - np.exp(y),)),
    "softmax over columns": ("log_softmax", (lambda g, y, a: g - np.exp(y) * g.sum(axis=0, keepdims=True),)),
    "second factor not transposed": ("@", (lambda g, y, a, b: g @ b, RIGHT["@"].vjps[1])),
    "first factor not transposed": ("@", (RIGHT["@"].vjps[0], lambda g, y, a, b: a @ g)),
    "gradient of the first factor transposed": (
        "@",
        (lambda g, y, a, b: RIGHT["@"].vjps[0](g, y, a, b).T, RIGHT["@"].vjps[1]),
    ),
    "outer product the wrong way round": (
        "@",
        (RIGHT["@"].vjps[0], lambda g, y, a, b: a.T @ g if a.ndim == 2 else np.multiply.outer(g, a)),
    ),
    "transpose forgotten": (".T", (lambda g, y, a: g,)),
    "maximum gives to both": ("maximum", (lambda g, y, a, b: g, lambda g, y, a, b: g)),
}


@pytest.mark.parametrize("name", CLASSIC)
def test_a_classic_mistake_is_noticed(name, monkeypatch):
    op, vjps = CLASSIC[name]
    monkeypatch.setitem(RULES, op, Rule(RULES[op].value, vjps))
    assert not all(survives(check_case, op, case) for case in range(len(CASES[op])))


def test_square_matrices_alone_tell_a_forgotten_transpose(monkeypatch):
    square = len(CASES["@"]) - 1
    for wrong in (
        (lambda g, y, a, b: g @ b, RIGHT["@"].vjps[1]),
        (RIGHT["@"].vjps[0], lambda g, y, a, b: a @ g),
    ):
        assert survives(check_case, "@", square)
        with monkeypatch.context() as planted:
            planted.setitem(RULES, "@", Rule(RULES["@"].value, wrong))
            with pytest.raises(AssertionError, match="relative error"):
                check_case("@", square)


# ------------------------------------------------------------------ random graphs
# Each step keeps numbers between -2 and 2, so that differences stay accurate however steps are combined.
STEPS = {
    "add": lambda F, a, b: (a + b) / 2,
    "subtract": lambda F, a, b: (a - b) / 2,
    "multiply": lambda F, a, b: a * b / 2,
    "divide": lambda F, a, b: a / (1.5 + b**2),
    "negate": lambda F, a, b: -a,
    "cube": lambda F, a, b: 0.25 * a**3,
    "exp": lambda F, a, b: F.exp(a) / 4,
    "log": lambda F, a, b: F.log(3 + a),
    "tanh": lambda F, a, b: F.tanh(a),
    "sigmoid": lambda F, a, b: 1.0 - F.sigmoid(a),
    "relu": lambda F, a, b: F.relu(a),
    "maximum": lambda F, a, b: F.maximum(a, b),
}
PROGRAMS = st.lists(
    st.tuples(st.sampled_from(sorted(STEPS)), st.integers(0, 30), st.integers(0, 30)), min_size=1, max_size=10
)
INPUTS = st.lists(st.integers(-200, 200).map(lambda k: k / 100), min_size=1, max_size=3)
COUNTS = {"compared": 0, "kinks": 0}


def run(program, F, inputs):
    """Carry out the steps, each on results so far (numbered modulo their count); the sum of all results."""
    results = list(inputs)
    for step, i, j in program:
        results.append(STEPS[step](F, results[i % len(results)], results[j % len(results)]))
    return sum(results[1:], results[0])


def plain_run(program, inputs):
    """The result with plain numbers, and on which side of every kink it went."""
    sides = []
    F = SimpleNamespace(**vars(PLAIN))
    F.relu = lambda a: sides.append(a > 0) or max(a, 0.0)
    F.maximum = lambda a, b: sides.append(a > b) or max(a, b)
    return run(program, F, inputs), sides


def check_program(program, inputs):
    """Reverse and forward mode against differences; False if a kink or a sharp bend lies inside the step.

    Two central differences show how much the curve bends; extrapolated, they are exact to the fourth order.
    """
    nodes = [Value(x) for x in inputs]
    L = run(program, autodiff, nodes)
    g = gradients(L)
    for k, x in enumerate(nodes):
        shift = STEP * np.eye(len(inputs))[k]
        moved = [plain_run(program, inputs + steps * shift) for steps in (-2, -1, 1, 2)]
        values, sides = [value for value, _ in moved], [side for _, side in moved]
        wide, near = (values[3] - values[0]) / (4 * STEP), (values[2] - values[1]) / (2 * STEP)
        if any(side != sides[0] for side in sides) or abs(wide - near) > 1e-5 * (1 + abs(near)):
            return False
        measured = near + (near - wide) / 3
        assert abs(g[x] - measured) <= 1e-8 + 1e-8 * abs(measured)
        assert abs(tangents(L, x)[L] - g[x]) <= 1e-12 * (1 + abs(g[x]))
    return True


@settings(max_examples=300, deadline=None, derandomize=True)
@given(PROGRAMS, INPUTS)
def compare_random_graphs(program, inputs):
    passed = check_program(program, np.array(inputs))
    COUNTS["compared" if passed else "kinks"] += 1


def test_random_graphs_of_numbers():
    compare_random_graphs()
    assert COUNTS["compared"] >= 200 and COUNTS["kinks"] < 0.2 * COUNTS["compared"], COUNTS


@pytest.mark.parametrize("op", SCALAR_OPS)
def test_a_damaged_rule_is_noticed_in_a_graph_that_uses_every_step(op, monkeypatch):
    program = [(step, 3 * k, k) for k, step in enumerate(sorted(STEPS))]
    inputs = np.array([0.7, -1.2, 1.5])
    assert check_program(program, inputs)
    monkeypatch.setitem(RULES, op, damaged(RULES[op], 0, DAMAGES["one part in a million"]))
    assert not survives(check_program, program, inputs)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(
    mutually_broadcastable_shapes(num_shapes=2, min_dims=0, max_dims=3, min_side=1, max_side=4),
    st.sampled_from(["+", "-", "*", "/", "maximum"]),
    st.integers(0, 1000),
)
def test_broadcasting_of_random_shapes(shapes, op, seed):
    formula = CASES[op][0][0]
    arrays = arguments_of(op, shapes.input_shapes, seed)
    if op == "maximum":
        assume(np.min(np.abs(arrays[0] - arrays[1])) > 1e-3)
    a, b = map(Tensor, arrays)
    g = gradients((formula(autodiff, a, b) ** 2).mean())
    for k, node in enumerate((a, b)):
        measured = central_differences(lambda *x: np.mean(formula(PLAIN, *x) ** 2), arrays, k)
        assert g[node].shape == arrays[k].shape
        assert np.linalg.norm(g[node] - measured) <= TOLERANCE * (1 + np.linalg.norm(measured))


@settings(max_examples=50, deadline=None, derandomize=True)
@given(
    st.lists(st.integers(1, 5), min_size=3, max_size=3),
    st.sampled_from([None, 0, 1, -1, (0, 1)]),
    st.booleans(),
)
def test_random_layers(sizes, axis, keepdims):
    """A layer, a sum over some axes, and a mean: matrix products, broadcasting and reductions together."""
    N, n, h = sizes
    rng = np.random.default_rng(sizes)
    arrays = [rng.standard_normal(shape) / 3 for shape in ((N, n), (h, n), (h,))]  # tanh is not saturated

    def loss(F, X, W, b):
        return (F.tanh(X @ W.T + b).sum(axis=axis, keepdims=keepdims) ** 2).mean()

    nodes = [Tensor(a) for a in arrays]
    g = gradients(loss(autodiff, *nodes))
    for k, node in enumerate(nodes):
        require_equal(g[node], central_differences(lambda *x: loss(PLAIN, *x), arrays, k), 1e-7)
