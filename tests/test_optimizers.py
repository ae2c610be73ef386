"""Every optimizer takes the steps of its paper and of PyTorch, and changes nothing it was lent."""

import math
import tracemalloc
from itertools import pairwise

import numpy as np
import pytest

from backprop_course.models import two_layer
from backprop_course.notation import one_hot
from backprop_course.training import adagrad, adam, adamw, momentum, nesterov, rmsprop, sgd
from backprop_course.verify.symbolic.optimizers import adam_first_step, running_mean_of_a_constant

ALL = {"sgd": sgd, "momentum": momentum, "nesterov": nesterov, "adagrad": adagrad, "rmsprop": rmsprop}
ALL |= {"adam": adam, "adamw": adamw}
REMEMBERS = {"sgd": (), "momentum": ("velocity",), "nesterov": ("velocity",), "rmsprop": ("mean_square",)}
REMEMBERS |= {"adagrad": ("sum_of_squares",), "adam": ("m", "v"), "adamw": ("m", "v")}


def rng(seed=0):
    return np.random.default_rng(seed)


def same_bits(arrays, others):
    return arrays.keys() == others.keys() and all(
        arrays[k].dtype == others[k].dtype and arrays[k].tobytes() == others[k].tobytes() for k in arrays
    )


# ------------------------------------------------------------------ the papers, in Python's numbers
def by_the_paper(name, given, w, slopes):
    """The path of one number w with these slopes, from the formulas as they are printed, t from 1."""
    decay = given.get("weight_decay", 0)
    rate, path, past = given["learning_rate"], [w], []
    for t, slope in enumerate(slopes, start=1):
        past.append(slope if name == "adamw" else slope + decay * w)
        w -= rate * direction(name, given, past, t)
        if name == "adamw":
            w -= rate * decay * path[-1]
        path.append(w)
    return path


def weighted(past, beta, power):
    """The sum of beta^age · slope^power over all slopes, the newest of age 0: no recursion."""
    return math.fsum(beta**age * g**power for age, g in enumerate(reversed(past)))


def direction(name, given, past, t):
    g, eps = past[-1], given.get("eps")
    if name == "sgd":
        return g
    if name == "momentum":
        return weighted(past, given["beta"], 1)
    if name == "nesterov":
        return g + given["beta"] * weighted(past, given["beta"], 1)
    if name == "adagrad":
        return g / (math.sqrt(weighted(past, 1, 2)) + eps)
    if name == "rmsprop":
        return g / (math.sqrt((1 - given["rho"]) * weighted(past, given["rho"], 2)) + eps)
    beta1, beta2 = given["beta1"], given["beta2"]
    m_hat = (1 - beta1) * weighted(past, beta1, 1) / (1 - beta1**t)
    v_hat = (1 - beta2) * weighted(past, beta2, 2) / (1 - beta2**t)
    return m_hat / (math.sqrt(v_hat) + eps)


GIVEN = {
    "sgd": {"learning_rate": 0.3},
    "momentum": {"learning_rate": 0.2, "beta": 0.7},
    "nesterov": {"learning_rate": 0.2, "beta": 0.6},
    "adagrad": {"learning_rate": 0.5, "eps": 0.01},
    "rmsprop": {"learning_rate": 0.1, "rho": 0.8, "eps": 0.02},
    "adam": {"learning_rate": 0.4, "beta1": 0.75, "beta2": 0.9, "eps": 0.03},
    "adamw": {"learning_rate": 0.4, "beta1": 0.75, "beta2": 0.9, "eps": 0.03},
}
SLOPES = (0.5, -1.25, 2.0, 0.125, -0.75)


@pytest.mark.parametrize("decay", [0.0, 0.3])
@pytest.mark.parametrize("name", ALL)
def test_every_optimizer_walks_the_path_of_its_paper(name, decay):
    given = GIVEN[name] | {"weight_decay": decay}
    expected = by_the_paper(name, given, 1.5, SLOPES)
    optimizer = ALL[name](**given)
    params = {"w": np.array([1.5, 1.5])}
    state = optimizer.init(params)
    for t, slope in enumerate(SLOPES, start=1):
        params, state = optimizer.update(params, {"w": np.array([slope, slope])}, state)
        assert params["w"] == pytest.approx([expected[t]] * 2, rel=1e-13) and state["step"] == t
    assert len(set(np.round(expected, 6))) == 6  # every step is a step


DEFAULTS = {
    "sgd": {"learning_rate": 0.001},
    "momentum": {"learning_rate": 0.001, "beta": 0.9},
    "nesterov": {"learning_rate": 0.001, "beta": 0.9},
    "adagrad": {"learning_rate": 0.01, "eps": 1e-10},
    "rmsprop": {"learning_rate": 0.01, "rho": 0.99, "eps": 1e-8},
    "adam": {"learning_rate": 0.001, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8},
    "adamw": {"learning_rate": 0.001, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8, "weight_decay": 0.01},
}


@pytest.mark.parametrize("name", ALL)
def test_the_defaults_are_those_of_pytorch(name):
    """Gradients of the size of eps, so that eps is seen, too."""
    slopes = [s * 3 * DEFAULTS[name].get("eps", 1) for s in SLOPES]
    expected = by_the_paper(name, DEFAULTS[name], 1.5, slopes)
    optimizer, params = ALL[name](), {"w": np.array([1.5])}
    state = optimizer.init(params)
    for slope in slopes:
        params, state = optimizer.update(params, {"w": np.array([slope])}, state)
    assert params["w"][0] - 1.5 == pytest.approx(expected[-1] - 1.5, rel=1e-9)


def test_nesterov_takes_the_gradient_where_the_velocity_leads():
    """The form of 1983 and 2013: the velocity V moves W, the slope of (w - 1)^4 is taken at W + beta V."""
    rate, beta, W, V = 0.02, 0.8, 3.0, 0.0
    optimizer, ahead = nesterov(rate, beta), {"w": np.array([3.0])}
    state = optimizer.init(ahead)
    for _ in range(20):
        V = beta * V - rate * 4 * (W + beta * V - 1) ** 3
        W += V
        ahead, state = optimizer.update(ahead, {"w": 4 * (ahead["w"] - 1) ** 3}, state)
        assert ahead["w"][0] == pytest.approx(W + beta * V, rel=1e-12)
    assert W < 1.6


def test_the_heavy_ball_and_the_running_mean_of_gradients_differ_by_the_learning_rate():
    """With the rate times 1 - beta the heavy ball is the running mean that Adam without division moves by."""
    ball, mean, V = {"w": np.array([2.0])}, 2.0, 0.0
    optimizer = momentum(0.3 * (1 - 0.9))
    state = optimizer.init(ball)
    for slope in SLOPES:
        V = 0.9 * V + (1 - 0.9) * slope
        mean -= 0.3 * V
        ball, state = optimizer.update(ball, {"w": np.array([slope])}, state)
        assert ball["w"][0] == pytest.approx(mean, rel=1e-13)


def test_a_constant_slope_moves_the_heavy_ball_ten_times_as_far_in_the_end():
    optimizer, params, steps = momentum(0.01), {"w": np.zeros(1)}, []
    state = optimizer.init(params)
    for _ in range(200):
        new, state = optimizer.update(params, {"w": np.ones(1)}, state)
        steps.append(params["w"][0] - new["w"][0])
        params = new
    assert steps[0] == pytest.approx(0.01) and steps[-1] == pytest.approx(0.01 / (1 - 0.9))


# ------------------------------------------------------------------ the first step of Adam
def test_the_first_step_of_adam_is_proved_and_taken():
    identity = adam_first_step()
    assert identity.proved and list(identity.variables) == ["dW", "rate", "beta1", "beta2", "eps"]
    for slope in (1e-3, -2.0, 1e6):
        optimizer, params = adam(0.01, beta1=0.8, beta2=0.95, eps=1e-5), {"w": np.zeros(1)}
        new, _ = optimizer.update(params, {"w": np.array([slope])}, optimizer.init(params))
        assert -new["w"][0] == pytest.approx(identity.function(slope, 0.01, 0.8, 0.95, 1e-5), rel=1e-13)
        assert abs(new["w"][0]) == pytest.approx(0.01, rel=0.02)


def test_a_constant_gradient_is_what_the_corrected_mean_gives():
    identity = running_mean_of_a_constant()
    assert identity.proved
    mean = 0.0
    for t in range(1, 9):
        mean = 0.9 * mean + (1 - 0.9) * 3.0
        assert identity.function(3.0, 0.9, t - 1) == pytest.approx([0, mean], rel=1e-13)


@pytest.mark.parametrize("scale", [1e-4, 1.0, 1e4])
def test_a_constant_gradient_moves_adam_by_the_learning_rate_every_time(scale):
    optimizer, params = adam(0.01, eps=0.0), {"w": np.zeros(2)}
    state = optimizer.init(params)
    for t in range(1, 12):
        params, state = optimizer.update(params, {"w": np.array([scale, -scale])}, state)
        assert params["w"] == pytest.approx([-0.01 * t, 0.01 * t], rel=1e-10)


# ------------------------------------------------------------------ PyTorch
def torch_optimizers(torch):
    """Their makers of the same optimizers, from our names of the hyper-parameters."""

    def adams(maker):
        def make(own, learning_rate, beta1, beta2, eps, weight_decay):
            return maker(own, lr=learning_rate, betas=(beta1, beta2), eps=eps, weight_decay=weight_decay)

        return make

    def with_velocity(nesterov):
        def make(own, learning_rate, beta, weight_decay):
            call = {"lr": learning_rate, "momentum": beta, "nesterov": nesterov}
            return torch.optim.SGD(own, weight_decay=weight_decay, **call)

        return make

    def rmsprop(own, learning_rate, rho, **rest):
        return torch.optim.RMSprop(own, lr=learning_rate, alpha=rho, **rest)

    return {
        "sgd": lambda own, learning_rate, **rest: torch.optim.SGD(own, lr=learning_rate, **rest),
        "momentum": with_velocity(False),
        "nesterov": with_velocity(True),
        "adagrad": lambda own, learning_rate, **rest: torch.optim.Adagrad(own, lr=learning_rate, **rest),
        "rmsprop": rmsprop,
        "adam": adams(torch.optim.Adam),
        "adamw": adams(torch.optim.AdamW),
    }


def drawn(name, one):
    """Hyper-parameters at random, as one could choose them; decay in three of four draws."""
    found = {"learning_rate": 10 ** one.uniform(-3, -2), "weight_decay": one.choice([0, 0.003, 0.03, 0.3])}
    for key in DEFAULTS[name].keys() - found.keys():
        found[key] = 10 ** one.uniform(-8, -3) if key == "eps" else 1 - 10 ** one.uniform(-3, -0.3)
    return {key: float(value) for key, value in found.items()}


def task(seed=3, dtype=np.float64):
    one = rng(seed)
    X, Y_true = one.standard_normal((32, 7)).astype(dtype), one_hot(one.integers(0, 4, 32), 4, dtype)
    return two_layer.init(one, 7, 6, 4, dtype), X, Y_true


def walk(optimizer, params, X, Y_true, steps=100, inside=False):
    """The parameters after each of these steps, of mini-batches of 8."""
    params, path = {k: W.copy() for k, W in params.items()}, []
    state = optimizer.init(params)
    for t in range(steps):
        rows = slice(8 * (t % 4), 8 * (t % 4) + 8)
        _, saved = two_layer.forward(params, X[rows])
        grads = two_layer.backward(params, saved, Y_true[rows])
        params, state = optimizer.update(params, grads, state, out=params if inside else None)
        path.append({k: W.copy() for k, W in params.items()})
    return path


def torch_walk(torch, make, params, X, Y_true, steps=100):
    own = {k: torch.tensor(W, requires_grad=True) for k, W in params.items()}
    optimizer, path = make(list(own.values())), []
    X, Y_true = torch.tensor(X), torch.tensor(Y_true)
    for t in range(steps):
        rows = slice(8 * (t % 4), 8 * (t % 4) + 8)
        optimizer.zero_grad()
        A1 = torch.relu(X[rows] @ own["W1"].T + own["b1"])
        torch.nn.functional.cross_entropy(A1 @ own["W2"].T + own["b2"], Y_true[rows]).backward()
        optimizer.step()
        path.append({k: W.detach().numpy().copy() for k, W in own.items()})
    return path


def distance(path, other):
    return max(np.abs(a[k] - b[k]).max() for a, b in zip(path, other, strict=True) for k in a)


@pytest.mark.parametrize("name", ALL)
def test_a_hundred_steps_equal_those_of_pytorch(name):
    torch = pytest.importorskip("torch", reason='PyTorch is not installed: pip install -e ".[torch]"')
    torch.set_num_threads(1)
    start, X, Y_true = task()
    one = rng(11)
    for given in [{"weight_decay": 0.0} | DEFAULTS[name], *(drawn(name, one) for _ in range(4))]:
        theirs = torch_walk(
            torch, lambda own, given=given: torch_optimizers(torch)[name](own, **given), start, X, Y_true
        )
        for inside in (False, True):
            assert distance(walk(ALL[name](**given), start, X, Y_true, inside=inside), theirs) < 1e-12
        assert all(distance([a], [b]) > 1e-5 for a, b in pairwise(theirs))  # nobody stands still
        for key, value in given.items():  # each hyper-parameter is seen in the comparison
            other = given | {key: value * 0.9 if value else 0.003}
            blind = 1e-12 if key == "eps" else 1e-8
            assert distance(walk(ALL[name](**other), start, X, Y_true), theirs) > blind, key


# ------------------------------------------------------------------ two forms, one result
SHAPES = [(), (3,), (5, 4), (300, 200), (1, 70_000), (70_000,), (3, 200, 400)]


@pytest.mark.parametrize("decay", [0.0, 0.1])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", ALL)
def test_both_forms_give_the_same_bits_and_the_pure_one_changes_nothing(name, dtype, decay):
    optimizer, one = ALL[name](**(GIVEN[name] | {"weight_decay": decay})), rng(1)
    start = {str(s): np.asarray(one.standard_normal(s), dtype) for s in SHAPES}
    slopes = [{str(s): np.asarray(one.standard_normal(s), dtype) for s in SHAPES} for _ in range(3)]
    pure, inside, apart = start, {k: W.copy() for k, W in start.items()}, start
    states = [optimizer.init(start) for _ in range(3)]
    other = {k: np.full_like(W, np.nan) for k, W in start.items()}
    for grads in slopes:
        for given in (pure, grads, *(states[0][what] for what in REMEMBERS[name])):
            for array in given.values():
                array.flags.writeable = False  # writing would raise
        before = {what: states[0][what] for what in REMEMBERS[name]}
        pure, states[0] = optimizer.update(pure, grads, states[0])
        arrays = [states[k][what] for k in (1, 2) for what in REMEMBERS[name]]
        returned, states[1] = optimizer.update(inside, grads, states[1], out=inside)
        apart, states[2] = optimizer.update(apart, grads, states[2], out=other)
        assert returned is inside and apart is other
        assert same_bits(pure, inside) and same_bits(pure, other)
        for what in REMEMBERS[name]:
            assert all(same_bits(states[0][what], state[what]) for state in states[1:])
            assert not same_bits(before[what], states[0][what])
            assert all(array.dtype == dtype for array in states[0][what].values())
        assert all(a is b for a, b in zip(arrays, (states[k][w] for k in (1, 2) for w in REMEMBERS[name])))


@pytest.mark.parametrize("name", ALL)
def test_a_large_array_moves_as_its_rows_would_alone(name):
    """So no row is left out, and none is moved twice, where the work goes in blocks."""
    optimizer, one = ALL[name](**GIVEN[name]), rng(2)
    W, first, second = (one.standard_normal((1000, 100)) for _ in range(3))
    params, state = {"W": W}, optimizer.init({"W": W})
    for dW in (first, second):
        params, state = optimizer.update(params, {"W": dW}, state)
    for k in (0, 326, 327, 328, 655, 656, 999):
        alone, state = {"W": W[k]}, optimizer.init({"W": W[k]})
        for dW in (first, second):
            alone, state = optimizer.update(alone, {"W": dW[k]}, state)
        assert params["W"][k].tobytes() == alone["W"].tobytes()


@pytest.mark.parametrize("name", ALL)
def test_out_may_be_the_arrays_of_the_gradients(name):
    optimizer, one = ALL[name](**(GIVEN[name] | {"weight_decay": 0.1})), rng(3)
    params, grads = ({"W": one.standard_normal((300, 200))} for _ in range(2))
    expected, _ = optimizer.update(params, grads, optimizer.init(params))
    found, _ = optimizer.update(params, grads, optimizer.init(params), out=grads)
    assert found is grads and same_bits(found, expected)


@pytest.mark.parametrize("name", ALL)
def test_the_update_into_given_arrays_makes_none_of_their_size(name):
    params = {"W1": np.ones((512, 784), np.float32)}
    grads, optimizer = {"W1": np.ones((512, 784), np.float32)}, ALL[name](0.1, weight_decay=0.1)
    state = optimizer.init(params)
    tracemalloc.start()
    optimizer.update(params, grads, state, out=params)
    size = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert size < params["W1"].nbytes / 2


@pytest.mark.parametrize("name", ALL)
def test_float32_stays_float32_whatever_the_numbers_are(name):
    start, X, Y_true = task(dtype=np.float32)
    given = {key: np.float64(value) for key, value in GIVEN[name].items()}
    given["learning_rate"] = lambda step: np.float64(0.01)
    for inside in (False, True):
        path = walk(ALL[name](**given), start, X, Y_true, steps=5, inside=inside)
        assert {W.dtype for params in path for W in params.values()} == {np.dtype(np.float32)}
    reference = GIVEN[name] | {"learning_rate": 0.01}
    exact = walk(ALL[name](**reference), *task(), steps=5)  # in float64 the two kinds of numbers are one
    assert distance(exact, walk(ALL[name](**given), *task(), steps=5)) == 0


@pytest.mark.parametrize("name", ALL)
def test_the_learning_rate_may_be_a_function_of_the_step(name):
    given, one, asked = GIVEN[name], rng(4), []
    params, total = {"w": one.standard_normal(3)}, 0

    def rate(step):
        asked.append(step)
        return 0.1 * (step + 1)

    optimizer = ALL[name](**(given | {"learning_rate": rate}))
    state = optimizer.init(params)
    twins = [ALL[name](**(given | {"learning_rate": 0.1 * (k + 1)})) for k in range(4)]
    for k in range(4):
        grads = {"w": one.standard_normal(3)}
        expected = twins[k].update(params, grads, state)
        params, state = optimizer.update(params, grads, state)
        assert same_bits(params, expected[0]) and state["step"] == k + 1
        total += 1
    assert asked == list(range(total))


@pytest.mark.parametrize("name", ALL)
def test_entries_without_any_gradient_stay_where_they_are(name):
    optimizer, params = ALL[name](), {"w": np.array([1.0, -2.0])}
    new, _ = optimizer.update(params, {"w": np.array([0.0, 1.0])}, optimizer.init(params))
    assert new["w"][0] == pytest.approx(1 - 0.001 * DEFAULTS[name].get("weight_decay", 0), rel=1e-15)
    assert new["w"][1] < -2


# ------------------------------------------------------------------ refusals
BAD_NUMBERS = [(-0.1, ValueError), (np.nan, ValueError), (np.inf, ValueError), ("1", TypeError),
               (None, TypeError), (True, TypeError), (np.ones(2), TypeError)]  # fmt: skip


@pytest.mark.parametrize("value, error", BAD_NUMBERS, ids=lambda v: str(v)[:12])
def test_what_is_no_hyper_parameter_is_refused(value, error):
    for name, make in ALL.items():
        for key in DEFAULTS[name].keys() | {"weight_decay"}:
            with pytest.raises(error, match=f"^{key}: expected"):
                make(**{key: value})


def test_a_share_of_one_or_more_is_refused():
    """A memory that forgets nothing grows without bound, or never begins."""
    for name, make in ALL.items():
        for key in DEFAULTS[name].keys() & {"beta", "beta1", "beta2", "rho"}:
            for value in (1, 1.5):
                with pytest.raises(ValueError, match=f"^{key}: expected a finite .* below 1, got {value}"):
                    make(**{key: value})
            make(**{key: 0}), make(**{key: 0.9999})
        with pytest.raises(ValueError, match="learning_rate: expected a positive number"):
            make(learning_rate=0)


def lent():
    return {"W": np.ones((2, 3)), "b": np.ones(2)}


def without(arrays, name):
    return {k: array for k, array in arrays.items() if k != name}


READ_ONLY = np.ones(2)
READ_ONLY.flags.writeable = False
FAULTS = {
    "a gradient too few": ("grads", without(lent(), "b"), ValueError, "grads: expected the keys W, b, got W"),
    "a gradient too many": ("grads", lent() | {"c": np.ones(1)}, ValueError, "grads: expected the keys W, b"),
    "another shape": ("grads", lent() | {"b": np.ones((2, 1))}, ValueError, r"grads\['b'\]: expected shape"),
    "another dtype": ("grads", lent() | {"b": np.ones(2, np.float32)}, TypeError, r"grads\['b'\]: .*float64"),
    "no arrays": ("grads", [1.0], TypeError, "grads: expected a dict"),
    "out of another shape": ("out", lent() | {"b": np.ones(3)}, ValueError, r"out\['b'\]: expected shape"),
    "out that is read-only": ("out", lent() | {"b": READ_ONLY}, ValueError, r"out\['b'\]: .* written"),
    "no state": ("state", None, ValueError, "state: expected what this optimizer's init .* step"),
    "a state of another kind": ("state", {"step": 3, "other": 2}, ValueError, "state: .* keys step, other"),
}


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("fault", FAULTS)
def test_a_refused_update_writes_nothing(name, fault):
    argument, wrong, error, words = FAULTS[fault]
    optimizer, params = ALL[name](0.5), lent()
    state = optimizer.init(params)
    call = {"grads": lent(), "state": state, "out": params} | {argument: wrong}
    with pytest.raises(error, match=words):
        optimizer.update(params, **call)
    assert all((array == 1).all() for array in (*params.values(), *lent().values()))
    assert all((array == 0).all() for what in REMEMBERS[name] for array in state[what].values())


@pytest.mark.parametrize("name", [name for name in ALL if REMEMBERS[name]])
def test_a_state_that_does_not_fit_is_refused(name):
    optimizer, params = ALL[name](0.5), lent()
    for what in REMEMBERS[name]:
        for wrong, error in (
            (without(lent(), "b"), ValueError),
            (lent() | {"b": np.ones(3)}, ValueError),
            (lent() | {"b": np.ones(2, np.float32)}, TypeError),
            (None, TypeError),
        ):
            state = optimizer.init(params) | {what: wrong}
            with pytest.raises(error, match=rf"state\['{what}'\]"):
                optimizer.update(params, lent(), state)
        state = optimizer.init(params)
        state[what]["b"].flags.writeable = False
        optimizer.update(params, lent(), state)  # the pure form writes nothing into it
        with pytest.raises(ValueError, match=rf"state\['{what}'\]\['b'\]: .* written"):
            optimizer.update(params, lent(), state, out=params)
        assert (params["W"] == 1).all() and (state[what]["W"] == 0).all()


@pytest.mark.parametrize("name", ALL)
def test_a_rate_that_is_refused_in_the_middle_changes_nothing(name):
    optimizer, params = ALL[name](lambda step: -1.0), lent()
    state = optimizer.init(params)
    with pytest.raises(ValueError, match=r"learning_rate\(0\): expected a finite number"):
        optimizer.update(params, lent(), state, out=params)
    assert (params["W"] == 1).all() and state["step"] == 0
    assert all((array == 0).all() for what in REMEMBERS[name] for array in state[what].values())
