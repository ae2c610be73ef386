"""A model with two modes is trained by its own rules, and early stopping brings back the best epoch."""

import warnings
from time import perf_counter
from types import SimpleNamespace

import numpy as np
import pytest

from backprop_course.data import mini_batches
from backprop_course.models import two_layer
from backprop_course.notation import one_hot, refuse
from backprop_course.training import accuracy, adam, fit, momentum, sgd, steps


def rng(seed=0):
    return np.random.default_rng(seed)


class Centred:
    """Y_pred = (X - mean) w: the mean of the batch while it learns, with noise; else the running mean.

    It is as small as a model with two modes can be: like batch normalization it keeps a state and refuses
    batches of one, like dropout it draws.
    """

    def init_state(self, params):
        return {"mean": np.zeros(1, params["w"].dtype)}

    def forward_train(self, params, state, X, rng):
        if len(X) < 2:
            refuse("X", "two rows at least, as their mean is subtracted", f"{len(X)}")
        mean = X.mean(axis=0)
        A = (X - mean) * (1 + 0.1 * rng.standard_normal(X.shape)).astype(X.dtype)
        return A * params["w"], (A, A * params["w"]), {"mean": 0.75 * state["mean"] + 0.25 * mean}

    def forward(self, params, X, state):
        return (X - state["mean"]) * params["w"], None

    def loss(self, Y_pred, Y_true):
        return ((Y_pred - Y_true) ** 2).mean()

    def backward(self, params, saved, Y_true):
        A, Y_pred = saved
        return {"w": np.array([(2 * (Y_pred - Y_true) * A).mean()], params["w"].dtype)}


centred = Centred()


def rows(N=20, seed=1, dtype=np.float64):
    X = 5 + rng(seed).standard_normal((N, 1))
    X, Y = X.astype(dtype), (3 * (X - 5)).astype(dtype)
    for array in (X, Y):
        array.flags.writeable = False
    return X, Y


def start(dtype=np.float64):
    w = np.ones(1, dtype)
    w.flags.writeable = False
    return {"w": w}


def by_hand(X, Y, epochs, batch_size, seed, mean=0.0):
    """The same training in plain lines: (w, running mean) after each step, and the losses."""
    one, w, path, losses = rng(seed), 1.0, [], []
    for _ in range(epochs):
        for batch in mini_batches(len(X), batch_size, one):
            x, y = X[batch, 0], Y[batch, 0]
            a = (x - x.mean()) * (1 + 0.1 * one.standard_normal((len(x), 1)))[:, 0]
            losses.append(np.mean((a * w - y) ** 2))
            w -= 0.2 * np.mean(2 * (a * w - y) * a)
            mean = 0.75 * mean + 0.25 * x.mean()
            path.append((w, mean))
    return path, losses


# ------------------------------------------------------------------ two modes
def test_steps_train_in_the_mode_for_learning():
    X, Y = rows()
    path, losses = by_hand(X, Y, 2, 8, seed=7)
    walk = list(steps(centred, start(), X, Y, optimizer=sgd(0.2), batch_size=8, rng=rng(7), epochs=2))
    assert [step.loss for step in walk] == pytest.approx(losses, rel=1e-12)
    assert [step.params["w"][0] for step in walk] == pytest.approx([w for w, _ in path], rel=1e-12)
    assert [step.model_state["mean"][0] for step in walk] == pytest.approx([m for _, m in path], rel=1e-12)
    assert len(walk) == 6 and len({step.model_state["mean"][0] for step in walk}) == 6


def test_fit_measures_in_the_mode_for_use_and_hands_over_the_state():
    X, Y = rows()
    validation = rows(9, seed=2)
    path, losses = by_hand(X, Y, 3, 8, seed=7)
    call = {"optimizer": sgd(0.2), "epochs": 3, "batch_size": 8, "progress": False}
    history = fit(centred, start(), X, Y, rng=rng(7), validation=validation, **call)
    assert history.loss == pytest.approx(losses, rel=1e-12)
    for k, (w, mean) in enumerate(path[2::3]):
        for curve, (A, B) in ((history.epoch_loss, (X, Y)), (history.validation_loss, validation)):
            assert curve[k] == pytest.approx(np.mean(((A - mean) * w - B) ** 2), rel=1e-12)
    assert history.params["w"] == pytest.approx(path[-1][0]) and history.state == {"step": 9}
    assert history.model_state["mean"] == pytest.approx(path[-1][1]) and history.best_epoch is None


def test_a_given_state_is_where_training_begins_and_stays_as_it_was():
    X, Y = rows()
    given = {"mean": np.array([40.0])}
    given["mean"].flags.writeable = False
    path, _ = by_hand(X, Y, 1, 10, seed=3, mean=40.0)
    call = {"optimizer": sgd(0.2), "batch_size": 10, "epochs": 1, "model_state": given}
    *_, last = steps(centred, start(), X, Y, rng=rng(3), **call)
    history = fit(centred, start(), X, Y, rng=rng(3), progress=False, **call)
    assert last.model_state["mean"] == history.model_state["mean"] == pytest.approx(path[-1][1])
    assert given["mean"] == 40


def test_a_model_with_one_mode_keeps_no_state():
    X, Y = rows()
    plain = SimpleNamespace(
        forward=lambda params, X: (X * params["w"], X),
        loss=centred.loss,
        backward=lambda params, X, Y_true: {"w": np.array([(2 * (X * params["w"] - Y_true) * X).mean()])},
    )
    call = {"optimizer": sgd(0.01), "batch_size": 10, "rng": rng(), "epochs": 1}
    assert next(steps(plain, start(), X, Y, **call)).model_state is None
    assert fit(plain, start(), X, Y, progress=False, **call).model_state is None
    with pytest.raises(ValueError, match="model_state: expected None, as this model has no forward_train"):
        fit(plain, start(), X, Y, model_state={}, progress=False, **call)


def test_the_trial_draws_nothing_and_float32_stays():
    X, Y = rows(dtype=np.float32)
    one = rng(5)
    walk = steps(centred, start(np.float32), X, Y, optimizer=adam(0.1), batch_size=8, rng=one)
    assert one.bit_generator.state == rng(5).bit_generator.state
    step = next(walk)
    assert step.params["w"].dtype == step.model_state["mean"].dtype == np.float32


def test_a_step_whose_loss_is_not_a_number_keeps_the_state_of_the_model():
    X, Y = rows()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        walk = list(steps(centred, start(), X, Y, optimizer=sgd(1e200), batch_size=20, rng=rng(), epochs=9))
    assert not np.isfinite(walk[-1].loss) and walk[-1].model_state is walk[-2].model_state
    assert walk[-1].params is walk[-2].params


def test_accuracy_takes_the_state():
    Y_true = np.array([[0.0], [1.0], [1.0]])
    X = np.array([[4.0], [5.0], [7.0]])
    assert accuracy(centred, {"w": np.ones(1)}, X, Y_true, {"mean": np.array([4.0])}) == 1
    assert accuracy(centred, {"w": np.ones(1)}, X, Y_true, {"mean": np.array([6.0])}) == 2 / 3


def without_init_state():
    parts = {name: getattr(centred, name) for name in ("forward", "forward_train", "loss", "backward")}
    return SimpleNamespace(**parts)


def with_state(change):
    """A model whose forward_train returns another kind of state."""

    def forward_train(params, state, X, rng):
        Y_pred, saved, state = centred.forward_train(params, state, X, rng)
        return Y_pred, saved, change(state)

    parts = {name: getattr(centred, name) for name in ("init_state", "forward", "loss", "backward")}
    return SimpleNamespace(forward_train=forward_train, **parts)


REFUSED = {
    "no init_state": ({"model": without_init_state()}, TypeError, "model: .* init_state, got no init_state"),
    "a state of other keys": ({"model_state": {}}, ValueError, "model_state: .* keys mean, got none"),
    "a state of another shape": (
        {"model_state": {"mean": np.zeros(2)}}, ValueError, r"model_state\['mean'\]: expected shape \(1,\)",
    ),
    "no state": ({"model_state": 3}, TypeError, "model_state: expected a dict of arrays with the keys mean"),
    "a new state without keys": (
        {"model": with_state(lambda s: {})}, ValueError, "new state of the model: expected the keys mean",
    ),
    "a new state of another dtype": (
        {"model": with_state(lambda s: {"mean": s["mean"].astype(np.float32)})}, TypeError,
        "new state of the model.*float64",
    ),
    "a last batch of one row": (
        {"batch_size": 19}, ValueError,
        "batch_size: expected one whose last mini-batch of 20 rows fits, got 1 rows there. X: .* two rows",
    ),
    "batches of one row": ({"batch_size": 1}, ValueError, "batch_size: .* 1 rows there. X: .* two rows"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_learn_is_refused_before_anything_starts(name):
    given, error, words = REFUSED[name]
    X, Y = rows()
    call = {"model": centred, "params": start(), "X": X, "Y_true": Y, "optimizer": sgd(0.1), "batch_size": 8}
    call |= {"rng": rng(), "epochs": 2} | given
    for train, more in ((steps, {}), (fit, {"progress": False})):
        with pytest.raises(error, match=words):
            train(**call, **more)
    assert call["rng"].bit_generator.state == rng().bit_generator.state


class Noting(Centred):
    """Centred, with a list of what it was given, in the order of the calls."""

    def __init__(self):
        self.calls = []

    def forward_train(self, params, state, X, rng):
        self.calls.append(("learn", X[:, 0].tolist()))
        return super().forward_train(params, state, X, rng)

    def forward(self, params, X, state):
        self.calls.append(("use", X[:, 0].tolist()))
        return super().forward(params, X, state)

    def loss(self, Y_pred, Y_true):
        self.calls.append(("loss", Y_true[:, 0].tolist()))
        return super().loss(Y_pred, Y_true)


def test_the_trial_learns_from_all_rows_and_from_a_last_batch_and_uses_the_validation_rows():
    """Five rows, three at a time: the last batch has two. A single validation row is not learned from."""
    X, Y = rows(5)
    x, y = X[:, 0].tolist(), Y[:, 0].tolist()
    expected = [("use", x[:1]), ("learn", x), ("loss", y), ("learn", x[:2]), ("loss", y[:2])]
    model, call = Noting(), {"optimizer": sgd(0.2), "batch_size": 3, "rng": rng()}
    steps(model, start(), X, Y, **call)
    assert model.calls == expected
    model.calls.clear()
    V = rows(1, seed=9)
    fit(model, start(), X, Y, validation=V, epochs=1, progress=False, **call)
    v = [("use", V[0][:, 0].tolist()), ("loss", V[1][:, 0].tolist())]
    assert model.calls[:8] == [*expected, v[0], *v]  # the first row alone shows the shape of the outputs
    assert model.calls[-4:] == [("use", x), ("loss", y), *v]  # after the epoch
    assert [kind for kind, _ in model.calls[8:-4]] == ["learn", "loss"] * 2


def test_many_rows_are_tried_in_parts_of_which_none_is_short():
    X, Y = rows(4097)
    model = Noting()
    steps(model, start(), X, Y, optimizer=sgd(0.2), batch_size=1000, rng=rng())
    assert [len(x) for kind, x in model.calls if kind == "learn"] == [2049, 2048, 97]


def test_the_seconds_of_the_history_are_those_of_the_call():
    begun = perf_counter()
    history = on_the_line(epochs=2)
    assert 0 < history.seconds < perf_counter() - begun


def test_a_validation_row_that_does_not_fit_is_refused():
    X, Y = rows()
    call = {"optimizer": sgd(0.2), "epochs": 1, "batch_size": 10, "rng": rng(), "progress": False}
    with pytest.raises(ValueError, match="validation Y_true: expected shape"):
        fit(centred, start(), X, Y, validation=(X[:2], Y[:1]), **call)


# ------------------------------------------------------------------ early stopping
# The whole batch every time, at the rate 1/8: w goes half of the way to 3, exactly. The validation row asks
# for 2.5, so its loss falls, then grows: w = 3/2, 9/4, 21/8, 45/16, …; loss = 1, 1/16, 1/64, 25/256, …
line = SimpleNamespace(
    forward=lambda params, X: (X * params["w"], X),
    loss=lambda Y_pred, Y_true: ((Y_pred - Y_true) ** 2).mean(),
    backward=lambda params, X, Y_true: {"w": np.array((2 * (X * params["w"] - Y_true) * X).mean())},
)
LINE = (np.array([[0.0], [2.0]]), np.array([[0.0], [6.0]]))
ASKS = (np.array([[1.0]]), np.array([[2.5]]))


def on_the_line(epochs=30, optimizer=None, validation=ASKS, **more):
    call = {"optimizer": optimizer or sgd(0.125), "batch_size": 2, "rng": rng(), "progress": False}
    return fit(line, {"w": np.array(0.0)}, *LINE, epochs=epochs, validation=validation, **call, **more)


@pytest.mark.parametrize("patience, min_delta, epochs, best, made", [
    (1, 0.0, 30, 3, 4), (2, 0.0, 30, 3, 5), (5, 0.0, 30, 3, 8),
    (2, 0.0, 4, 3, 4),  # the epochs run out while it waits
    (2, 0.0, 3, 3, 3),  # and with the best
    (2, 3 / 64, 30, 2, 4),  # the third epoch is better by exactly 3/64, which is not more
    (2, 3 / 64 - 1e-12, 30, 3, 5),
    (4, 2.0, 30, 1, 5),  # the first epoch is always better than none
])  # fmt: skip
def test_early_stopping_brings_back_the_best_epoch(patience, min_delta, epochs, best, made):
    history = on_the_line(epochs, patience=patience, min_delta=min_delta)
    assert len(history.loss) == len(history.epoch_loss) == len(history.validation_loss) == made
    assert history.best_epoch == best and history.params["w"] == 3 * (1 - 0.5**best)
    assert history.state == {"step": best} and f"best epoch {best}" in repr(history)
    assert history.validation_loss[:4].tolist() == [1, 1 / 16, 1 / 64, 25 / 256][:made]
    assert not history.diverged


def test_without_patience_the_last_epoch_is_kept():
    history = on_the_line(epochs=6)
    assert history.best_epoch is None and history.params["w"] == 3 * (1 - 0.5**6)
    assert len(history.loss) == 6 and "best" not in repr(history)


@pytest.mark.parametrize("make", [momentum, adam])
def test_parameters_and_both_states_are_those_of_a_run_that_ended_there(make):
    """Of a model with a state and an optimizer with arrays, which all go on changing after the best epoch."""
    X, Y = rows(30)
    call = {"optimizer": make(0.1), "batch_size": 8, "progress": False, "validation": rows(9, seed=4)}
    history = fit(centred, start(), X, Y, epochs=60, rng=rng(2), patience=3, **call)
    assert 1 < history.best_epoch == len(history.epoch_loss) - 3 < 57
    assert history.best_epoch == 1 + np.argmin(history.validation_loss)
    alone = fit(centred, start(), X, Y, epochs=history.best_epoch, rng=rng(2), **call)
    for found, expected in (
        (history.params, alone.params), (history.model_state, alone.model_state),
        *((history.state[what], alone.state[what]) for what in alone.state if what != "step"),
    ):  # fmt: skip
        assert found.keys() == expected.keys()
        assert all(found[k].tobytes() == expected[k].tobytes() for k in expected)
    assert history.state["step"] == alone.state["step"] and history.state.keys() == alone.state.keys()


def test_after_a_loss_that_is_no_number_the_best_epoch_is_there():
    rates = [0.125, 0.125, 1e200, 1e200, 1e200]
    with pytest.warns(RuntimeWarning, match="learning rate is probably too large"):
        history = on_the_line(optimizer=sgd(lambda step: rates[step]), patience=2)
    assert history.diverged and history.best_epoch == 2 and history.params["w"] == 2.25


def test_a_validation_loss_that_is_never_a_number_keeps_the_last_epoch():
    far = (np.array([[1e200]]), np.array([[0.0]]))
    history = on_the_line(validation=far, patience=3)
    assert len(history.validation_loss) == 3 and not np.isfinite(history.validation_loss).any()
    assert history.best_epoch is None and history.params["w"] == 3 * (1 - 0.5**3)


def test_early_stopping_changes_nothing_before_it_stops():
    X, Y_true = rng(0).standard_normal((40, 6)), one_hot(rng(1).integers(0, 3, 40), 3)
    params = two_layer.init(rng(2), 6, 5, 3)
    call = {"optimizer": momentum(0.1), "batch_size": 16, "epochs": 4, "validation": (X[:9], Y_true[:9])}
    patient, plain = (
        fit(two_layer, params, X, Y_true, rng=rng(3), progress=False, **call, **more)
        for more in ({"patience": 99}, {})
    )
    assert np.array_equal(patient.loss, plain.loss)
    assert np.array_equal(patient.validation_loss, plain.validation_loss)


@pytest.mark.parametrize("given, error, words", [
    ({"patience": 0}, ValueError, "patience: expected at least 1"),
    ({"patience": 1.5}, TypeError, "patience: expected an integer"),
    ({"patience": 2, "min_delta": -1}, ValueError, "min_delta: expected a finite number"),
    ({"patience": 2, "min_delta": "0"}, TypeError, "min_delta: expected a number"),
    ({"min_delta": 0.1}, ValueError, "patience: expected a number of epochs, as min_delta is"),
    ({"patience": 2, "validation": None}, ValueError, "validation: expected a pair .* early stopping"),
])  # fmt: skip
def test_early_stopping_refuses(given, error, words):
    with pytest.raises(error, match=words):
        on_the_line(**given)
