"""The tape as an engine: orders, reused nodes, long chains, two sweeps, a network, and what is refused."""

import inspect
import math
import time

import numpy as np
import pytest

from backprop_course import autodiff
from backprop_course.autodiff import (
    Tensor,
    Value,
    exp,
    gradients,
    log,
    log_softmax,
    maximum,
    relu,
    sigmoid,
    sweeps,
    tangents,
    tanh,
    topological_order,
)


# ------------------------------------------------------------------ numbers worked out by hand
def check_sweeps(gradients, tangents):
    """Graphs whose slopes are worked out on paper, where paths meet, part and are of different lengths."""
    x, y = Value(3.0), Value(-2.0)
    u = x * x
    for L, by_x, by_y in (
        (x * x, 6, 0),  # 2x
        ((x + x) * x, 12, 0),  # 4x
        (x * x * x, 27, 0),  # 3x²
        (u * (u + 3 * x), 189, 0),  # x⁴ + 3x³: 4x³ + 9x²
        ((u + 3 * x) * u, 189, 0),
        (x * y + y * y, -2, -1),  # y and x + 2y
        ((x + y) * (x - y), 6, 4),  # x² - y²
        (x / y - y / x, -13 / 18, -13 / 12),  # 1/y + y/x² and -x/y² - 1/x
        (2 - x * (1 - y) * 1.5, -4.5, 4.5),
        (-((x - 1) ** 3) + y**0, -12, 0),
        (x + 0 * y, 1, 0),
        (x, 1, 0),
    ):
        for node, expected in ((x, by_x), (y, by_y)):
            assert math.isclose(gradients(L)[node], expected, rel_tol=1e-15), "backward"
            assert math.isclose(tangents(L, node)[L], expected, rel_tol=1e-15), "forward"
    a, b = Tensor(np.array([[1.0, 2.0], [3.0, 4.0]])), Tensor(np.array([10.0, 20.0]))
    g = gradients((a * b * b).sum())
    assert g[a].tolist() == [[100, 400], [100, 400]] and g[b].tolist() == [80, 240]  # 2 b Σ a
    c = Tensor(np.array([[1.0], [2.0]]))
    assert gradients((a * c).sum())[c].tolist() == [[3], [7]]


def test_slopes_worked_out_by_hand():
    check_sweeps(gradients, tangents)


def breadth_first(L):
    """From L down, level by level: an order in which a node may come before one of its children."""
    order = [L]
    for node in order:
        order += [parent for parent in node.parents if parent not in order]
    return order


BROKEN_SWEEPS = {
    "overwritten at a reused node": ("g[parent] += unbroadcast", "g[parent] = unbroadcast"),
    "overwritten, forward": ("t[node] += RULES", "t[node] = RULES"),
    "no topological order": ("reversed(topological_order(L))", "breadth_first(L)"),
    "no topological order, forward": ("in topological_order(L)", "in breadth_first(L)"),
    "upward instead of backward": ("reversed(topological_order(L))", "topological_order(L)"),
    "upstream gradient forgotten": ("vjps[k](g[node]", "vjps[k](g[L]"),
    "tangent of the parent forgotten": ("vjps[k](t[parent]", "vjps[k](t[x]"),
    "rule of the other argument": ("vjps[k](g", "vjps[k - 1](g"),
    "broadcasting never undone": ("unbroadcast(share, parent.shape)", "share"),
    "only added axes are summed": ("if size == 1)", "if False)"),
    "only stretched axes are summed": ("range(g.ndim - len(shape))", "()"),
    "starts with 2": ("{L: L._filled(1.0)}", "{L: L._filled(2.0)}"),
    "forward starts with 2": ("{x: x._filled(1.0)}", "{x: x._filled(2.0)}"),
    "every wire has moved": ("if parent in t:", "if True:"),
}


def copied_sweeps(right="", wrong=""):
    """The two sweeps from a copy of their source, in which one passage is replaced."""
    copy = {"breadth_first": breadth_first, "__name__": "copy"}
    exec(inspect.getsource(sweeps).replace(right, wrong), copy)
    return copy["gradients"], copy["tangents"]


@pytest.mark.parametrize("name", BROKEN_SWEEPS)
def test_a_broken_sweep_is_noticed(name):
    right, wrong = BROKEN_SWEEPS[name]
    assert inspect.getsource(sweeps).count(right) == 1
    with pytest.raises((AssertionError, ValueError)):
        check_sweeps(*copied_sweeps(right, wrong))
        check_counts(*copied_sweeps(right, wrong))


def test_an_unbroken_copy_passes():
    check_sweeps(*copied_sweeps())
    check_counts(*copied_sweeps())


def test_a_sweep_may_start_in_the_middle():
    """A node in the middle of the graph may be the one that moves: what made it then plays no part."""
    x = Value(3.0)
    u = x * x
    L = u * u + u
    assert tangents(L, u)[L] == 19  # 2u + 1
    assert tangents(u * x, x)[u] == 6
    assert gradients(L)[u] == 19
    t = tangents(u * x, u)
    assert t[u] == 1 and t[x] == 0 and x not in t  # seen from u, x stands still


@pytest.mark.parametrize(
    "function, at, value, slope",
    [
        (exp, 1.0, math.e, math.e),
        (log, 4.0, math.log(4), 0.25),
        (tanh, 0.5, math.tanh(0.5), 1 / math.cosh(0.5) ** 2),
        (sigmoid, 0.0, 0.5, 0.25),
        (sigmoid, -1000.0, 0.0, 0.0),
        (sigmoid, 1000.0, 1.0, 0.0),
        (relu, 2.0, 2.0, 1.0),
        (relu, -2.0, 0.0, 0.0),
        (relu, 0.0, 0.0, 0.0),
        (relu, -0.0, 0.0, 0.0),
        (lambda x: maximum(x, 0), 0.0, 0.0, 0.0),
        (lambda x: maximum(0, x), 0.0, 0.0, 1.0),
        (lambda x: maximum(x, 1.5), 2.0, 2.0, 1.0),
        (lambda x: maximum(x, x), 2.0, 2.0, 1.0),
        (lambda x: x**0, 0.0, 1.0, 0.0),
        (lambda x: x**1, 0.0, 0.0, 1.0),
        (lambda x: x**2, 0.0, 0.0, 0.0),
        (lambda x: x**-1, 2.0, 0.5, -0.25),
        (lambda x: x**0.5, 4.0, 2.0, 0.25),
        (lambda x: abs(-2) * x, 1.0, 2.0, 2.0),
    ],
)
def test_functions_at_known_points(function, at, value, slope, recwarn):
    x = Value(at)
    y = function(x)
    assert y.value == pytest.approx(value, rel=1e-15, abs=0)
    assert gradients(y)[x] == pytest.approx(slope, rel=1e-15, abs=0)
    X = Tensor(np.array([at, at]))
    g = gradients(function(X).sum())
    assert g[X] == pytest.approx([slope, slope], rel=1e-15, abs=0)
    assert len(recwarn) == 0


def test_log_softmax_of_large_scores():
    Z = Tensor(np.array([[1000.0, 0.0], [-1000.0, -1000.0]]))
    Y = log_softmax(Z)
    assert Y.value == pytest.approx(np.array([[0.0, -1000.0], [-math.log(2), -math.log(2)]]))
    g = gradients((Y * np.array([[1.0, 0.0], [0.0, 1.0]])).sum())
    assert g[Z] == pytest.approx(np.array([[0.0, 0.0], [-0.5, 0.5]]))


# ------------------------------------------------------------------ orders, lengths, counts
def test_topological_order_puts_parents_first_and_each_node_once():
    x = Value(2.0, name="x")
    u = x * x
    v = u + x
    L = u * (v * v)
    order = topological_order(L)
    places = {node: k for k, node in enumerate(order)}
    assert len(places) == len(order) == 5 and order[0] is x and order[-1] is L
    assert all(places[parent] < places[node] for node in order for parent in node.parents)
    disordered = {node: k for k, node in enumerate(reversed(breadth_first(L)))}
    assert not all(disordered[p] < disordered[node] for node in order for p in node.parents)


def test_a_chain_of_100_000_nodes():
    x = Value(0.75)
    y = x
    start = time.perf_counter()
    for _ in range(50_000):
        y = y * 0.5 + x  # tends to 2x
    g = gradients(y)
    assert time.perf_counter() - start < 8  # about 1 s; without a set of seen nodes it would take hours
    assert len(topological_order(y)) == 150_001  # and the constants
    assert y.value == pytest.approx(1.5, rel=1e-14) and g[x] == pytest.approx(2, rel=1e-14)
    assert tangents(y, x)[y] == pytest.approx(2, rel=1e-14)


def test_doubling_sixty_times_costs_sixty_steps():
    x = y = Value(1.0)
    for _ in range(60):
        y = y + y
    g = gradients(y)
    assert g[x] == 2.0**60 and g.rules_applied == 120
    t = tangents(y, x)
    assert t[y] == 2.0**60 and t.rules_applied == 120


def check_counts(gradients, tangents):
    """L = x1² + … + xn², added from the left: n rules for squares and two for each of n - 1 additions."""
    for n in (1, 2, 5, 20):
        inputs = [Value(float(k)) for k in range(n)]
        squares = [x**2 for x in inputs]
        L = sum(squares[1:], squares[0])
        g = gradients(L)
        forward = [tangents(L, x) for x in inputs]
        assert [g[x] for x in inputs] == [t[L] for t in forward] == [2 * k for k in range(n)]
        assert g.rules_applied == n + 2 * (n - 1)
        # forward from the k-th input: its square, then the additions from there on
        assert [t.rules_applied for t in forward] == [1 + min(n - k, n - 1) for k in range(n)]


def test_one_sweep_back_against_n_sweeps_forward():
    check_counts(gradients, tangents)


# ------------------------------------------------------------------ gradients are kept apart
def contents(node):
    return [(slot, getattr(node, slot)) for slot in ("name", "op", "parents", "settings", "value")]


def test_calling_twice_gives_the_same_and_writes_nothing():
    x = Value(2.0, name="x")
    L = 3 * x * x
    before = [contents(node) for node in topological_order(L)]
    first, second = gradients(L), gradients(L)
    assert first[x] == second[x] == 12 and first is not second
    assert [contents(node) for node in topological_order(L)] == before
    assert not hasattr(x, "__dict__")
    assert gradients(5 * L)[x] == 60 and gradients(L)[x] == 12 == first[x]


def test_arrays_of_gradients_are_shared_with_nothing():
    a, b = Tensor(np.array([1.0, 2.0])), Tensor(np.array([3.0, 4.0]))
    L = (a + b + b.T).sum()
    g = gradients(L)
    for node in topological_order(L):
        g[node] *= 7.0
        assert np.all(gradients(L)[node] == (2 if node is b else 1))
    assert g[a].tolist() == [7, 7] and g[b].tolist() == [14, 14]
    assert a.value.tolist() == [1, 2]


def test_what_plays_no_part_has_gradient_zero_of_its_shape():
    x, stranger = Value(1.0), Value(5.0)
    W = Tensor(np.ones((2, 3), dtype=np.float32))
    g = gradients(x * x)
    assert g[stranger] == 0.0 and tangents(x * x, stranger)[x] == 0.0
    assert g[W].shape == (2, 3) and g[W].dtype == np.float32 and not g[W].any()
    assert stranger not in g and set(g) >= {x}


def test_a_node_keeps_its_own_copy():
    mine = np.array([1.0, 2.0])
    x, c = Tensor(mine), np.array([5.0, 6.0])
    L = (x * c * x).sum()
    mine[:] = c[:] = 0
    assert L.value == 29 and gradients(L)[x].tolist() == [10, 24]
    with pytest.raises(ValueError, match="read-only"):
        x.value[0] = 3
    with pytest.raises(AttributeError, match="value: expected a new node"):
        x.value = mine


def test_nodes_are_compared_by_identity_and_know_where_they_come_from():
    a, b = Value(2, name="a"), Value(2, name="a")
    assert a != b and len({a, b}) == 2 and isinstance(a.value, float)
    L = 3 * a + b
    L.name = "L"
    product, right = L.parents
    constant = product.parents[0]
    assert (L.op, product.op, constant.op, a.op) == ("+", "*", "constant", "input")
    assert right is b and product.parents[1] is a and constant.value == 3 and a.parents == ()
    assert repr(L) == "Value(8.0, name='L')" and repr(product) == "Value(6.0, op='*')"
    S = Tensor(np.ones((2, 3))).sum(axis=0)
    assert S.settings == {"axis": 0, "keepdims": False} and S.shape == (3,)


# ------------------------------------------------------------------ plain numbers and arrays beside nodes
@pytest.mark.parametrize("beside", [2, 2.0, np.float64(2), np.float32(2), np.int64(2)])
def test_numbers_stand_on_either_side(beside):
    x = Value(4.0)
    for L, value, slope in (
        (beside + x, 6, 1),
        (x + beside, 6, 1),
        (beside - x, -2, -1),
        (x - beside, 2, 1),
        (beside * x, 8, 2),
        (x * beside, 8, 2),
        (beside / x, 0.5, -0.125),
        (x / beside, 2, 0.5),
        (x**beside, 16, 8),
    ):
        assert type(L) is Value and (L.value, gradients(L)[x]) == (value, slope)
    X = Tensor(np.array([4.0, 8.0], dtype=np.float32))
    for Y in (beside + X, X - beside, beside * X, X / beside, beside / X, X**beside, maximum(beside, X)):
        assert type(Y) is Tensor and Y.value.dtype == np.float32


@pytest.mark.parametrize(
    "beside",
    [np.array([1.0, 2.0, 3.0]), np.array([1, 2, 3]), np.array([True, False, True]), [1.0, 2.0, 3.0]],
    ids=["float", "int", "bool", "list"],
)
def test_arrays_stand_on_either_side(beside):
    X = Tensor(np.array([4.0, 5.0, 6.0]))
    numbers = np.asarray(beside, dtype=float)
    for Y, expected in (
        (beside + X, numbers + X.value),
        (X - beside, X.value - numbers),
        (beside - X, numbers - X.value),
        (beside * X, numbers * X.value),
        (beside / X, numbers / X.value),
        (X @ beside, X.value @ numbers),
        (beside @ X, numbers @ X.value),
    ):
        assert type(Y) is Tensor and np.array_equal(Y.value, expected)
    assert np.array_equal(gradients(beside @ X)[X], numbers)
    A = np.arange(6.0).reshape(2, 3)
    assert (A @ X).shape == (2,) and (X @ A.T).shape == (2,)


# ------------------------------------------------------------------ a whole network
def two_layer_by_formula(X, W1, b1, W2, b2, labels):
    """Loss and gradients of softmax(W2 relu(W1 x + b1) + b2), written as sums over examples and units."""
    dW1, db1, dW2, db2 = (np.zeros_like(P) for P in (W1, b1, W2, b2))
    N, loss = len(X), 0.0
    for x, true in zip(X, labels):
        z1 = [b1[j] + sum(W1[j, i] * x[i] for i in range(len(x))) for j in range(len(b1))]
        a1 = [max(z, 0.0) for z in z1]
        z2 = [b2[k] + sum(W2[k, j] * a1[j] for j in range(len(a1))) for k in range(len(b2))]
        total = sum(math.exp(z) for z in z2)
        loss -= (z2[true] - math.log(total)) / N
        for k in range(len(b2)):
            delta2 = (math.exp(z2[k]) / total - (k == true)) / N
            db2[k] += delta2
            for j in range(len(b1)):
                dW2[k, j] += delta2 * a1[j]
                if z1[j] > 0:
                    db1[j] += delta2 * W2[k, j]
                    dW1[j] += delta2 * W2[k, j] * x
    return loss, (dW1, db1, dW2, db2)


@pytest.mark.parametrize("sizes", [(7, 4, 6, 3), (1, 2, 5, 4), (3, 3, 3, 3)])
def test_two_layer_network_against_its_formula(sizes):
    N, n, h, m = sizes
    rng = np.random.default_rng((*sizes, 1))
    X = rng.standard_normal((N, n))
    params = [rng.standard_normal(shape) for shape in ((h, n), (h,), (m, h), (m,))]
    labels = rng.integers(0, m, N)
    loss, expected = two_layer_by_formula(X, *params, labels)
    W1, b1, W2, b2 = nodes = [Tensor(P) for P in params]
    scores = relu(X @ W1.T + b1) @ W2.T + b2
    L = -(log_softmax(scores) * np.eye(m)[labels]).sum() / N
    g = gradients(L)
    assert float(L.value) == pytest.approx(loss, rel=1e-13)
    for node, dP in zip(nodes, expected):
        assert g[node].shape == dP.shape and np.linalg.norm(dP) > 1e-3
        assert np.linalg.norm(g[node] - dP) < 1e-13 * np.linalg.norm(dP)


def test_value_and_tensor_agree_on_one_neuron():
    w, x, b = [0.5, -1.5, 2.0], [1.0, 2.0, -0.5], 0.25
    ws, bs = [Value(number) for number in w], Value(b)
    L = (sigmoid(sum(wk * xk for wk, xk in zip(ws, x)) + bs) - 1.0) ** 2
    W, B = Tensor(np.array(w)), Tensor(np.array(b))
    L_array = (sigmoid(W @ np.array(x) + B) - 1.0) ** 2
    g, g_array = gradients(L), gradients(L_array)
    A = 1 / (1 + math.exp(3.25))  # W @ x + b = -3.25
    dZ = 2 * (A - 1) * A * (1 - A)
    assert [g[node] for node in ws] == pytest.approx([dZ * xk for xk in x], rel=1e-13)
    assert g_array[W] == pytest.approx([dZ * xk for xk in x], rel=1e-13)
    assert g[bs] == pytest.approx(dZ, rel=1e-13) and g_array[B] == pytest.approx(dZ, rel=1e-13)
    assert tangents(L, bs)[L] == pytest.approx(dZ, rel=1e-13)


# ------------------------------------------------------------------ what is refused
T = Tensor(np.ones((2, 3)), name="T")
F32 = Tensor(np.ones((2, 3), dtype=np.float32))
X = Value(2.0, name="x")


@pytest.mark.parametrize(
    "call, error, message",
    [
        (lambda: gradients(T), ValueError, r"L: expected a scalar.*shape \(2, 3\) of 'input'"),
        (lambda: gradients(T.sum(axis=0)), ValueError, r"L: expected a scalar.*\(3,\) of 'sum'"),
        (lambda: gradients(T.sum(keepdims=True)), ValueError, r"L: expected a scalar.*\(1, 1\)"),
        (lambda: gradients(3.0), TypeError, "L: expected a Value or a Tensor, got float"),
        (lambda: gradients(X)["x"], TypeError, "key: expected a node of a graph, got str"),
        (lambda: tangents(X, T), ValueError, "x: expected a scalar"),
        (lambda: tangents(T.sum(), T.sum()), ValueError, "every node: expected a scalar"),
        (lambda: tangents(X, 2.0), TypeError, "x: expected a Value or a Tensor, got float"),
        (lambda: T @ T, ValueError, r"@: expected matrices .*, got T \(2, 3\) and T \(2, 3\)"),
        (lambda: np.ones((4, 2, 3)) @ T.T, ValueError, r"@: expected matrices or vectors.*\(4, 2, 3\)"),
        (lambda: T @ 2.0, ValueError, "@: expected matrices or vectors"),
        (lambda: T + np.ones(4), ValueError, r"\+: expected shapes that fit, got T \(2, 3\) and \(4,\)"),
        (lambda: maximum(T, np.ones(4)), ValueError, "maximum: expected shapes that fit"),
        (lambda: T.sum(axis=2), ValueError, r"sum: expected shapes that fit, got T \(2, 3\), axis=2"),
        (lambda: T.mean(axis=(0, 0)), ValueError, "mean: expected shapes that fit"),
        (lambda: log_softmax(T.sum()), ValueError, r"log_softmax: expected shapes that fit, got \(\)"),
        (lambda: log_softmax(X), ValueError, "log_softmax: expected shapes that fit"),
        (lambda: T * F32, TypeError, "operand: expected float64, as in the Tensor beside it, got float32"),
        (lambda: np.ones(3) * F32, TypeError, "operand: expected float32.*got float64"),
        (lambda: T * X, TypeError, "operand: expected a Tensor, an array or a plain number, got a Value"),
        (lambda: X * T, TypeError, r"value: expected one real number .*, got Tensor \(2, 3\)"),
        (lambda: X * np.ones(3), TypeError, r"value: expected one real number .*, got ndarray \(3,\)"),
        (lambda: np.ones(3) * X, TypeError, r"value: expected one real number .*, got ndarray \(3,\)"),
        (lambda: X + "1", TypeError, "value: expected one real number .*, got str"),
        (lambda: X**X, TypeError, "exponent: expected a plain number .*, got Value"),
        (lambda: (X - 3) ** 0.5, TypeError, "value: expected one real number .*, got complex"),
        (lambda: Value("2"), TypeError, "value: expected one real number .*, got str"),
        (lambda: Value(None), TypeError, "value: expected one real number .*, got NoneType"),
        (lambda: Tensor([1, 2]), TypeError, r"value: expected floating-point numbers .* \(2,\) of int64"),
        (lambda: Tensor(np.ones(2, dtype=complex)), TypeError, "value: expected floating-point numbers"),
        (lambda: T * "a", TypeError, "value: expected floating-point numbers"),
        (lambda: Tensor(np.ones((0, 3))), ValueError, "value: expected at least one entry"),
        (lambda: exp(np.ones(3)), TypeError, "exp: expected a Value or a Tensor .*, got ndarray"),
        (lambda: maximum(1.0, 2.0), TypeError, "maximum: expected a Value or a Tensor .*, got float"),
        (lambda: np.exp(T), TypeError, "Tensor"),
    ],
)
def test_refusals_name_what_came(call, error, message):
    with pytest.raises(error, match=message):
        call()
    assert T.value.tolist() == np.ones((2, 3)).tolist() and X.value == 2.0


def test_every_name_in_all_exists():
    assert all(getattr(autodiff, name) is not None for name in autodiff.__all__)
