"""The clinics of lessons 10 and 14: programs as in the package, what they show, repairs and what is none."""

import re
import time

import numpy as np
import pytest

from backprop_course.data import digits
from backprop_course.grading import (
    clinic,
    one_batchnorm_network,
    one_dropout_network,
    one_selection,
    one_training,
    run_pages,
)  # fmt: skip
from backprop_course.grading.bank import clinic_10, clinic_14
from backprop_course.grading.checks import BY_ID, check
from backprop_course.grading.mistakes import MISTAKES, plant
from backprop_course.grading.plan_batchnorm import BATCHNORM_BACK, BATCHNORM_USE
from backprop_course.grading.plan_dropout import DROPOUT
from backprop_course.grading.plan_selection import SELECTION
from backprop_course.grading.plan_training import TRAINING
from backprop_course.grading.plans import Setting
from backprop_course.grading.runs import Run, _train
from backprop_course.models import mlp, two_layer, with_penalties
from backprop_course.training import adam, fit, momentum, sgd, steps

RUNS = {e.id: e for e in (*clinic_10.RUNS, *clinic_14.RUNS)}
PLANS = {
    "a training": (TRAINING, Setting(learning_rate=0.1, beta=0.9)),
    "dropout": (DROPOUT, Setting(keep=0.5, strength=0.001)),
    "batch normalization, back": (BATCHNORM_BACK, Setting()),
    "batch normalization, in use": (BATCHNORM_USE, Setting()),
    "early stopping": (SELECTION, Setting(learning_rate=0.03)),
}
every_run = pytest.mark.parametrize("id", RUNS)
every_plan = pytest.mark.parametrize("plan, setting", PLANS.values(), ids=PLANS)


def problem(N=50, n=6, h=5, m=3, seed=0):
    """Inputs, one-hot answers and the parameters of a two-layer network."""
    rng = np.random.default_rng(seed)
    shapes = {"W1": (h, n), "b1": (h,), "W2": (m, h), "b2": (m,)}
    params = {name: rng.standard_normal(shape) / 2 for name, shape in shapes.items()}
    return rng.uniform(0, 1, (N, n)), np.eye(m)[rng.integers(0, m, N)], params


def assert_same(params, others):
    assert params.keys() == others.keys()
    for name, array in params.items():
        assert np.allclose(array, others[name], rtol=1e-9, atol=1e-12), name


# ------------------------------------------------------------------ the flat programs are the package's
@pytest.mark.parametrize("batch_size", [7, 50])
def test_the_flat_training_makes_the_steps_of_the_package(batch_size):
    X, Y_true, params = problem()
    copies = {name: array.copy() for name, array in params.items()}
    optimizer, rng = momentum(0.2, 0.8), np.random.default_rng(3)
    made = steps(two_layer, params, X, Y_true, optimizer=optimizer, batch_size=batch_size, rng=rng, epochs=3)
    *_, last = (losses := []) or [(losses.append(s.loss), s)[1] for s in made]
    new, came = one_training.train(params, 16 * X, Y_true, optimizer, 3, batch_size, np.random.default_rng(3))
    assert_same(new, last.params)
    assert came == pytest.approx(losses, rel=1e-9)
    assert_same(params, copies)


def test_the_flat_start_is_that_of_the_network():
    start, init = (f(np.random.default_rng(4), 7, 5, 3) for f in (one_training.start, two_layer.init))
    assert_same(start, init)


def test_the_flat_network_with_dropout_has_the_gradients_of_the_package():
    X, Y_true, params = problem()
    model = with_penalties(mlp([6, 5, 3], keep=0.6), l2=0.03)
    Y_pred, saved, _ = model.forward_train(params, {}, X, np.random.default_rng(2))
    came, kept = one_dropout_network.forward(params, X, 0.6, np.random.default_rng(2), True)
    assert np.allclose(came, Y_pred, rtol=1e-12)
    grads = one_dropout_network.backward(params, kept, Y_true, 0.03)
    assert_same(grads, model.backward(params, saved, Y_true))
    used = one_dropout_network.predict(params, X, 0.6, np.random.default_rng(2))
    assert np.allclose(used, two_layer.forward(params, X)[0], rtol=1e-12)


def test_the_flat_network_with_batch_normalization_trains_as_that_of_the_package():
    X, Y_true, _ = problem()
    model = mlp([6, 5, 3], batchnorm=True)
    params = model.init(np.random.default_rng(1))
    made = steps(
        model, params, X, Y_true, optimizer=sgd(0.3), batch_size=12, rng=np.random.default_rng(2), epochs=2
    )
    *_, last = made
    names = {"gamma1": "gamma", "beta1": "beta", "mean1": "mean", "var1": "var"}
    flat, state = ({names.get(k, k): v for k, v in d.items()} for d in (params, model.init_state(params)))
    new, state, losses = one_batchnorm_network.train(
        flat, state, X, Y_true, 2, 12, 0.3, np.random.default_rng(2)
    )
    assert_same(new, {names.get(k, k): v for k, v in last.params.items()})
    assert_same(state, {names[k]: v for k, v in last.model_state.items()})
    assert losses[-1] == pytest.approx(last.loss) and len(losses) == last.number
    right, _ = model.forward(last.params, X[:1], last.model_state)
    assert np.allclose(one_batchnorm_network.predict(new, state, X[:1]), right, rtol=1e-9)


@pytest.mark.parametrize("epochs", [2, 60])
def test_the_flat_selection_is_early_stopping(epochs):
    X, Y_true, params = problem()
    rng = np.random.default_rng(5)
    training, validation = one_selection.split(50, rng)
    assert sorted([*training, *validation]) == list(range(50)) and len(validation) == 12
    history = fit(
        two_layer, params, X[training], Y_true[training], optimizer=adam(0.1), epochs=epochs, batch_size=10,
        rng=rng, validation=(X[validation], Y_true[validation]), patience=2, progress=False,
    )  # fmt: skip
    best, losses, watched = one_selection.train(
        params, X, Y_true, adam(0.1), epochs, 2, 10, np.random.default_rng(5)
    )
    assert_same(best, history.params)
    assert losses == pytest.approx(history.loss, rel=1e-9)
    assert watched == pytest.approx(history.validation_loss, rel=1e-9)
    assert (len(watched) < epochs) == (epochs == 60)


# ------------------------------------------------------------------ pages
@every_plan
def test_a_program_without_a_mistake_shows_nothing(plan, setting):
    run = Run(plan.page.text(), setting, plan)
    for ratio, cosine in run.fingerprint.values():
        assert ratio == pytest.approx(1, abs=1e-12) and cosine in (None, pytest.approx(1, abs=1e-12))
    came, right = run.first_loss
    assert came == right and run.losses["this run"] == run.losses["without the mistake"]


@every_plan
def test_a_page_is_short_and_shows_what_runs(plan, setting):
    lines = plan.page.text().splitlines()
    assert 25 <= len(lines) <= 36 and max(map(len, lines)) <= 100
    for _, name in plan.page.functions:
        assert sum(line.startswith(f"def {name}(") for line in lines) == 1
        without = plan.page.text().replace(f"def {name}(", "def other_name(")
        with pytest.raises(Exception, match=name):  # nothing hidden stands in for what is shown
            plan.trials[0].answer_from(without, *next(iter(cases_of(plan).values())))


def cases_of(plan, seed=0):
    return plan.trials[0].cases(np.random.default_rng(seed))


@every_run
def test_a_planted_page_differs_from_the_right_one_by_its_mistake(id):
    e = RUNS[id]
    wrong, right = (e.plan.page.text(m).splitlines() for m in (e.mistake, None))
    changed = set(wrong) ^ set(right)
    diff = (re.sub(r"  #.*", "", line[1:]) for line in MISTAKES[e.mistake].diff().splitlines())
    assert changed and changed <= {line.replace("_positive(eps)", "eps") for line in diff}


@every_run
def test_a_run_takes_less_than_a_second(id):
    _train.cache_clear()
    start = time.process_time()
    assert str(clinic(id)) and clinic(id).finding
    assert time.process_time() - start < 1


# ------------------------------------------------------------------ what the table shows
OFF = {  # the rows that are not 1.000 and 1.000
    "10.11": {"step 2", "step 3"},
    "10.12": {"step 1", "step 2", "step 3"},
    "10.13": {"step 2", "step 3"},
    "10.14": {"inputs", "step 1", "step 2", "step 3"},
    "10.15": {"W1, start", "W2, start", "step 1", "step 2", "step 3"},
    "10.16": set(),
    "10.17": {"step 1", "step 2", "step 3"},
    "10.18": {"step 2", "step 3"},
    "14.11": {"Y_pred in use", "Y_pred in use, again"},
    "14.12": {"running mean", "running variance", "Y_pred in use", "in use, one digit alone"},
    "14.13": {
        "number of rows in an epoch", "first validation loss", "number of epochs", "change by the training",
    },
    "14.14": {
        "step 1 of Adam", "step 2 of Adam", "step 3 of Adam", "first validation loss", "number of epochs",
        "change by the training",
    },
    "14.15": {"dW1", "running mean", "running variance", "Y_pred in use", "in use, one digit alone"},
    "14.16": {"db1", "db2"},
    "14.17": {"change by the training"},
    "14.18": {"Y_pred in use", "in use, one digit alone"},
    "14.19": {"dW1", "db1"},
}  # fmt: skip


@every_run
def test_the_table_shows_where_a_mistake_arrives(id):
    off = {
        name
        for name, found in clinic(id).fingerprint.items()
        if isinstance(found, str) or abs(found[0] - 1) > 1e-9 or (found[1] or 1) < 1 - 1e-9
    }
    assert off == OFF[id]
    right_loss = id not in ("10.12", "10.14", "10.15", "14.13")
    assert ("It reports the right loss" in run_pages.as_text(clinic(id))) == right_loss


def shares(id):
    return [float(share) for share in re.findall(r"([\d.]+) %", clinic(id).outcome)]


def ends(id):
    return [float(loss) for loss in re.findall(r"the last epoch is ([\d.]+)", clinic(id).outcome)]


def lowest(id):
    return [float(loss) for loss in re.findall(r"validation loss ([\d.]+)", clinic(id).outcome)]


def losses_on_test_digits(id):
    return [float(loss) for loss in re.findall(r"has a loss of ([\d.]+)", clinic(id).outcome)]


FACTS = {  # what the sheets say about a run
    "10.11": lambda id: (
        means(id)[1] < 0.6 < 2 < means(id)[-1] and 2.9 < clinic(id).fingerprint["step 3"][0] < 3.4
    ),
    "10.12": lambda id: 2.2 < ends(id)[0] < 2.4 and shares(id)[0] < 25,
    "10.13": lambda id: clinic(id).fingerprint["step 2"][0] < 0.6 and ends(id)[0] > 5 * ends(id)[1],
    "10.14": lambda id: ends(id)[0] > 1.8 and clinic(id).fingerprint["inputs"][0] == pytest.approx(16 / 255),
    "10.15": lambda id: clinic(id).fingerprint["W1, start"][0] == pytest.approx((2 / 64) ** 0.5),
    "10.16": lambda id: shares(id)[0] < shares(id)[1] - 3,
    "10.17": lambda id: (
        clinic(id).fingerprint["step 1"][0] == pytest.approx(0.1) and 0.5 < ends(id)[0] / ends("10.13")[0] < 2
    ),
    "10.18": lambda id: (
        clinic(id).losses["this run"] == pytest.approx(clinic("10.11").losses["this run"], rel=1e-3)
        and clinic(id).fingerprint["step 2"][0] == pytest.approx(2 / 1.9, abs=0.01)
    ),
    "14.11": lambda id: ends(id)[0] == ends(id)[1] and shares(id)[0] < shares(id)[1] - 8,
    "14.12": lambda id: ends(id)[0] == ends(id)[1] and shares(id)[0] < shares(id)[1] - 15,
    "14.13": lambda id: lowest(id)[0] < 0.03 and min(losses_on_test_digits(id)) > 0.25,
    "14.14": lambda id: (
        clinic(id).fingerprint["step 1 of Adam"][0] == pytest.approx(0.1 / 0.001**0.5, rel=1e-3)
        and losses_on_test_digits(id)[0] > losses_on_test_digits(id)[1] + 0.05
    ),
    "14.15": lambda id: abs(shares(id)[0] - shares(id)[1]) < 2,
    "14.16": lambda id: abs(shares(id)[0] - shares(id)[1]) < 1,
    "14.17": lambda id: (
        lowest(id)[0] == lowest(id)[1] and losses_on_test_digits(id)[0] > losses_on_test_digits(id)[1]
    ),
    "14.18": lambda id: abs(shares(id)[0] - shares(id)[1]) < 1,
    "14.19": lambda id: (
        shares(id)[0] > shares(id)[1] - 3
        and clinic(id).fingerprint["db1"] == pytest.approx((0.5, 1), abs=0.01)
    ),
}


def means(id):
    """The mean loss of each epoch."""
    return np.reshape(clinic(id).losses["this run"], (-1, 24)).mean(axis=1).tolist()


@every_run
def test_the_sheet_says_what_the_run_does(id):
    assert FACTS[id](id)


def test_the_steps_in_the_table_are_those_of_momentum_by_hand():
    """Run C, with velocities and steps written out here, beside steps that have no velocity."""
    pixels, labels = digits()
    X, Y_true = pixels[:16] / 16, np.eye(10)[labels[:16]]

    def path(beta):
        params = two_layer.init(np.random.default_rng(0), 64, 32, 10)
        velocity = {name: 0 for name in params}
        for _ in range(3):
            grads = two_layer.backward(params, two_layer.forward(params, X)[1], Y_true)
            velocity = {name: beta * velocity[name] + grads[name] for name in params}
            new = {name: params[name] - 0.05 * velocity[name] for name in params}
            yield np.concatenate([(new[k] - params[k]).ravel() for k in params])
            params = new

    for k, (wrong, right) in enumerate(zip(path(0), path(0.9)), 1):
        ratio, cosine = clinic("10.13").fingerprint[f"step {k}"]
        assert ratio == pytest.approx(np.linalg.norm(wrong) / np.linalg.norm(right), rel=1e-9)
        assert cosine == pytest.approx(wrong @ right / np.linalg.norm(wrong) / np.linalg.norm(right))


def test_without_a_shuffle_fewer_test_digits_are_read_with_other_seeds_too():
    """Run F, from five starts: what its sheet says in numbers."""
    pixels, labels = digits()
    shares = {id: [] for id in ("M138", None)}
    for id, found in shares.items():
        module = plant(id) if id else one_training
        for seed in range(5):
            params = two_layer.init(np.random.default_rng(seed), 64, 32, 10)
            params, _ = module.train(
                params, pixels[:1200], np.eye(10)[labels[:1200]], momentum(0.1, 0.9), 9, 50,
                np.random.default_rng(seed),
            )  # fmt: skip
            Y_pred, _ = two_layer.forward(params, pixels[1200:] / 16)
            found.append(100 * (Y_pred.argmax(axis=1) == labels[1200:]).mean())
    wrong, right = shares.values()
    assert np.mean(wrong) == pytest.approx(84, abs=1) and np.std(wrong, ddof=1) == pytest.approx(3, abs=1)
    assert np.mean(right) == pytest.approx(91, abs=1) and np.std(right, ddof=1) == pytest.approx(1, abs=0.5)


# ------------------------------------------------------------------ repairs that are none
NOT_ENOUGH = {
    "10.11": [
        {24: "grads = {name: np.ones_like(W) for name, W in params.items()}"},
        {26: "grads = {name: np.zeros_like(W) for name, W in params.items()}\n"
         "order = rng.permutation(len(inputs))"},  # once an epoch
        {19: "grads[name] += dW / 2"},
    ],
    "10.12": [
        {26: "Y = Y_true"},
        {25: "X = inputs", 26: "Y = Y_true"},  # right pairs, and no shuffle
        {25: "order = rng.integers(0, len(inputs), len(inputs))", 26: "X, Y = inputs[order], Y_true[order]"},
        {24: "order = rng.permutation(len(inputs))\nfor _ in range(epochs):",
         25: "X = inputs[order]", 26: "Y = Y_true[order]"},  # one order for all epochs
    ],
    "10.13": [
        {31: "params, state = optimizer.update(params, grads, optimizer.init(params))"},
        {4: "velocity += dW / (1 - beta)"},
        {24: "state = optimizer.init(params)\nfor _ in range(epochs):"},
    ],
    "10.14": [
        {9: "return pixels"}, {9: "return pixels / pixels.max()"}, {9: "return pixels / 15"},
        {23: "inputs, losses, state = pixels / 16, [], optimizer.init(params)"},  # not where it is used
    ],
    "10.15": [
        {12: "W1 = rng.standard_normal((h, n)) * np.sqrt(2 / n)"},  # one of two
        {12: "W1 = rng.standard_normal((h, n)) * np.sqrt(2 / h)",
         13: "W2 = rng.standard_normal((m, h)) * np.sqrt(2 / (h + m))"},
    ],
    "10.16": [
        {26: "X, Y = inputs[order], Y_true"},
        {26: "X, Y = inputs[::-1], Y_true[::-1]"},
        {24: "order = rng.permutation(len(inputs))\nfor _ in range(epochs):", 25: "",
         26: "X, Y = inputs[order], Y_true[order]"},
    ],
    "10.17": [
        {4: "velocity += 2 * (1 - beta) * dW"},
        {5: "W -= 10 * rate * velocity"},  # right for one beta only
        {3: "velocity *= 1 - beta", 4: "velocity += dW"},
    ],
    "10.18": [
        {3: "velocity *= 0"},
        {3: "velocity *= 0.9"},
        {4: "velocity += (1 - beta) * dW"},
    ],
    "14.11": [
        {18: "return forward(params, X * keep, keep, rng, training=False)[0]"},
        {13: "A1, dropped = dropout(A1, 1.0, rng)"},  # no dropout in training either
        {18: "return sum(forward(params, X, keep, rng, training=True)[0] for _ in range(9)) / 9"},
    ],
    "14.12": [
        {26: 'Y_pred, saved, state = forward_train(params, {"mean": 0, "var": 1}, X[rows])'},
        {30: 'return params, {"mean": X.mean(axis=0), "var": X.var(axis=0)}, losses'},
    ],
    "14.13": [
        {21: "order = training"},  # the right rows, and in every epoch in the same order
        {21: "order = rng.permutation(len(training))"},  # the wrong rows, as many as there should be
        {21: "order = rng.permutation(validation)"},
    ],
    "14.14": [
        {7: "root = np.sqrt(v) / sqrt(1 - beta2**t)"},  # one of two
        {9: "W -= rate / (1 - beta1**t) * (m / root)"},
        {7: "root = np.sqrt(v) / (1 - beta2**t)", 9: "W -= rate / (1 - beta1**t) * (m / root)"},
        {7: "root = np.sqrt(v / (1 - beta1**t))", 9: "W -= rate / (1 - beta2**t) * (m / root)"},
        {9: "W -= rate * (m / root) / 3.162"},
    ],
    "14.15": [
        {18: "dcentred = dX_hat / std + centred * dvar / N"},
        {18: "dcentred = dX_hat / std + 2 * centred * dvar"},
        {18: "dcentred = dX_hat / std - 2 * centred * dvar / N"},
    ],
    "14.16": [
        {26: 'for name in ("W1",):'},
        {27: "grads[name] += 0 * params[name]"},
        {26: 'for name in ("b1", "b2"):'},
    ],
    "14.17": [
        {30: "best = {name: 0 * W for name, W in params.items()}"},
        {33: "return params, losses, sorted(watched)"},
        {29: "if True:", 33: "return best, losses, watched"},
    ],
    "14.18": [
        {7: "return gamma * (X - mean) / np.sqrt(X.var(axis=0) + eps) + beta"},
        {7: "return gamma * (X - X.mean(axis=0)) / np.sqrt(var + eps) + beta"},
        {7: "return gamma * (X - mean) / (var + eps) + beta"},
    ],
    "14.19": [
        {7: "return dout * saved.mask * saved.keep"},
        {7: "return dout / saved.keep"},
        {7: "return 2 * dout * saved.mask"},  # right for one share only
        {4: "return X * mask, Dropped(mask, keep)"},
    ],
}  # fmt: skip


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.thorough)])
@every_run
def test_what_is_no_repair_is_rejected(id, seed):
    for answer in NOT_ENOUGH[id]:
        feedback = check(id, answer, seed)
        assert not feedback.passed, answer
        assert feedback.mistake in (None, BY_ID[id].mistake) and feedback.message


def test_a_line_that_fails_in_a_hidden_function_is_told():
    said = check("14.12", {26: "Y_pred, saved, state = forward_train(params, state, X[rows].T)"}).message
    assert "Your line 10 of `forward_train`" in said
    said = check("10.13", {30: "losses.append(add_gradients(grads, params, X[rows], Y[rows].T))"}).message
    assert "Your line" in said and "backprop_course" not in said


def test_the_wrong_numbers_of_a_training_are_described():
    said = check("10.14", {9: "return pixels / 8"}).message
    assert "`inputs` is 2 times too large" in said
    said = check("10.12", {25: "X = inputs", 26: "Y = Y_true"}).message
    assert "`shuffled` is" in said and "`W1`, `b1`, `W2`, `b2`, `L`, `inputs`" in said


def test_names_that_no_line_of_the_program_shows_are_explained_where_they_differ():
    exercise = BY_ID["10.16"]  # without a shuffle
    lines = exercise.run().code.splitlines()
    n = next(n for n, line in enumerate(lines, 1) if line.strip().startswith("W2 = rng"))
    message = exercise.examine({n: f"{lines[n - 1]} * 2"}).message
    assert "`start_W1` are right" in message and "`start_W1` is the W1 of" not in message
    assert "`start_W2` is 2 times too large" in message and "`start_W2` is the W2 of `start`" in message
    assert "`shuffled` is 1 where every epoch brings all rows in a new order, else 0." in message


def test_one_number_has_no_cosine():
    run = clinic("14.13")
    assert run.fingerprint["number of epochs"][1] is None and run.fingerprint["step 1 of Adam"][1] is not None
    assert "number of rows in an epoch: 1.333 times as large\n" in run_pages.as_text(run)
    cells = re.sub(r"<[^>]+>", " ", run_pages.as_html(run)).split()
    assert cells[cells.index("epoch") + 1 : cells.index("epoch") + 3] == ["1.333", "–"]
