"""A broken run shows what it did, not what it is; its repair passes in any style, and nothing else does."""

import math
import re
from html.parser import HTMLParser

import numpy as np
import pytest
import right_answers

from backprop_course.data import digits
from backprop_course.grading import clinic, measuring, plans, run_pages, runs
from backprop_course.grading.checks import BY_ID, check
from backprop_course.grading.mistakes import MISTAKES, seen
from backprop_course.grading.plans import Setting
from backprop_course.grading.programs import loaded, program
from backprop_course.grading.repair import Repair
from backprop_course.grading.runs import Run
from backprop_course.grading.trial_networks import small_networks
from backprop_course.models import two_layer

PATIENTS = {id: e for id, e in BY_ID.items() if isinstance(e, Repair)}
OF_LESSON = {id: e for id, e in PATIENTS.items() if id.startswith("06.")}
SUBTLE = "06.6"  # a line that can be wrong in many ways: the mask of the ReLU
OF_A_STEP = [id for id, e in PATIENTS.items() if e.plan is None]  # one step of the two-layer network
every_patient = pytest.mark.parametrize("id", PATIENTS)
every_step = pytest.mark.parametrize("id", OF_A_STEP)


def all_texts(feedback):
    return "\n".join([str(feedback), feedback._repr_html_()])


def page(id):
    """Everything that a learner sees of a run before an answer."""
    run, e = clinic(id), PATIENTS[id]
    own = [e.title, e.asked, e.question, e.signature]
    return "\n".join([str(run), run._repr_html_(), run.finding, run.told, run.outcome, *own])


def names_it(text, id):
    mistake = MISTAKES[PATIENTS[id].mistake]
    sentences = [mistake.name, *re.split(r"(?<=[.:]) ", mistake.why)]
    return mistake.id in re.findall(r"\bM\d+\b", text) or any(s.lower() in text.lower() for s in sentences)


# ------------------------------------------------------------------ the clinic
def test_twelve_runs_and_more_with_mistakes_that_all_differ():
    assert len(OF_LESSON) >= 12
    assert len({e.mistake for e in PATIENTS.values()}) == len(PATIENTS)
    assert len({e.title for e in PATIENTS.values()}) == len(PATIENTS)
    prints = [str(clinic(id)).split("\n\n")[-1] for id in PATIENTS]
    assert len(set(prints)) == len(prints)


def test_an_unknown_run_is_refused():
    for id in ("06.1", "99.1", None, ["06.6"]):
        with pytest.raises(ValueError, match=r"clinic: expected the id of a broken run, one of 05\.9, 06\.6"):
            clinic(id)


@every_patient
def test_nothing_names_the_mistake_before_an_answer(id):
    assert not names_it(page(id), id)
    for blank in (None, ..., {}):
        feedback = check(id, blank)
        assert not feedback.written and feedback.message.startswith("Not written yet")
        assert not names_it(all_texts(feedback), id)


def test_a_name_in_a_page_would_be_found():
    for id, e in PATIENTS.items():
        mistake = MISTAKES[e.mistake]
        for leak in (f"({mistake.id})", mistake.name.upper(), mistake.why):
            assert names_it(f"{page(id)} {leak}", id)


# ------------------------------------------------------------------ what a run shows
def loss_of(X, Y_true):
    """The mean cross-entropy of the network by the sources' formulas, one example at a time."""

    def loss(p):
        total = 0.0
        for x, y in zip(X, Y_true):
            z = p["W2"] @ np.maximum(p["W1"] @ x + p["b1"], 0) + p["b2"]
            minus_log = z.max() + math.log(np.exp(z - z.max()).sum()) - float(y @ z)
            total += min(minus_log, -math.log(np.finfo(float).tiny))  # the loss is finite always
        return total / len(X)

    return loss


def measured(f, params, places, step=1e-5):
    """Central differences at some places of each parameter."""
    found = {}
    for name, indices in places.items():
        slopes = []
        for index in indices:
            up, down = params[name].copy(), params[name].copy()
            up[index] += step
            down[index] -= step
            slopes.append((f(params | {name: up}) - f(params | {name: down})) / (2 * step))
        found[name] = np.array(slopes)
    return found


@pytest.fixture(scope="module")
def slopes():
    """The measured gradient of the first batch, for each number of hidden units; W1 at places drawn."""
    found = {}
    for h in (32, 10):
        params, X, Y_true = plans.first_batch(Setting(h=h))
        rng = np.random.default_rng(3)
        places = {name: list(np.ndindex(a.shape)) for name, a in params.items()}
        places["W1"] = [places["W1"][k] for k in rng.choice(params["W1"].size, 60, replace=False)]
        found[h] = params, X, Y_true, places, measured(loss_of(X, Y_true), params, places)
    return found


@pytest.mark.parametrize("id", [id for id in OF_A_STEP if PATIENTS[id].setting.pixels == 1])
def test_the_fingerprint_agrees_with_measured_slopes(id, slopes):
    """What the broken step subtracts, divided by the learning rate, beside differences of the loss."""
    run = clinic(id)
    params, X, Y_true, places, right = slopes[run.setting.h]
    new, _ = loaded(run.code)[1](params, X, Y_true, run.setting.learning_rate)
    for name, (ratio, cosine) in ((k[1:], v) for k, v in run.fingerprint.items() if not isinstance(v, str)):
        used = (params[name] - new[name]) / run.setting.learning_rate
        yours, true = np.array([used[i] for i in places[name]]), right[name]
        if name == "W1":  # at some places only: the fingerprint is of all
            is_right = np.allclose(yours, true, rtol=1e-5, atol=1e-8)
            assert is_right == (abs(ratio - 1) < 1e-6 and cosine > 1 - 1e-9), id
        else:
            size, length = np.linalg.norm(true), np.linalg.norm(yours)
            assert ratio == pytest.approx(length / size, rel=1e-6)
            assert cosine == pytest.approx(float(np.sum(yours * true) / size / length), abs=1e-6)


@every_step
def test_the_wrong_parameters_are_those_of_the_mistake(id):
    e, run = PATIENTS[id], clinic(id)
    off = [
        name[1:]
        for name, found in run.fingerprint.items()
        if isinstance(found, str) or abs(found[0] - 1) > 1e-6 or found[1] < 1 - 1e-9
    ]
    gradients = {"M38": (), "M34": ("W1", "b1", "W2", "b2"), "M33": ()}  # the loss, and the forward pass
    assert tuple(off) == gradients.get(e.mistake, MISTAKES[e.mistake].wrong)


@every_step
def test_the_loss_of_the_update_is_that_of_the_network(id):
    run = clinic(id)
    params, X, Y_true = plans.first_batch(run.setting)
    came, right = run.first_loss
    assert right == pytest.approx(loss_of(X, Y_true)(params), rel=1e-9)
    assert (came == pytest.approx(right, rel=1e-9)) == (PATIENTS[id].mistake not in ("M34", "M38"))
    assert ("It reports the right loss" in run_pages.as_text(run)) == (came == pytest.approx(right, rel=1e-9))


def test_a_run_without_a_mistake_has_the_fingerprint_of_nothing():
    run = Run(program(), Setting())
    for ratio, cosine in run.fingerprint.values():
        assert ratio == pytest.approx(1, abs=1e-12) and cosine == pytest.approx(1, abs=1e-12)
    assert run.losses["this run"] == run.losses["without the mistake"]


FACTS = {  # what the sheet says about a run
    "06.6": lambda run: "90.1 % of the test digits" in run.outcome,
    "06.7": lambda run: run.losses["this run"][-1] < 0.1 < 1 < run.losses["without the mistake"][-1],
    "06.8": lambda run: run.losses["this run"][-1] > 600,
    "06.9": lambda run: run.losses["this run"][0] < 0.1 and run.outcome.count("91.5 %") == 2,
    "06.10": lambda run: run.losses["this run"][0] < run.losses["this run"][4] < run.losses["this run"][9],
    "06.11": lambda run: run.outcome.count("91.5 %") == 2,
    "06.12": lambda run: run.setting.h == 10 and "69.8 %" in run.outcome,
    "06.13": lambda run: run.losses["this run"][0] > 3.5 and "NaN at step 13" in run.outcome,
    "06.14": lambda run: run.outcome.startswith("This run: after 216 steps it stops with ValueError"),
    "06.15": lambda run: run.losses["this run"][-1] > 2 * run.losses["without the mistake"][-1],
    "06.16": lambda run: "91.6 %" in run.outcome and "91.5 %" in run.outcome,
    "06.17": lambda run: run.setting.h == 10 and "88.3 %" in run.outcome,
    "06.18": lambda run: run.finding == "Loss of the last epoch: NaN at step 2. Without the mistake: 2.597",
}


@pytest.mark.parametrize("id", OF_LESSON)
def test_the_sheet_says_what_the_run_does(id):
    assert FACTS[id](clinic(id))


def test_the_order_of_updates_shows_at_a_large_learning_rate_only():
    small = Run(program("M19"), Setting(learning_rate=0.1)).outcome
    shares = [float(share) for share in re.findall(r"([\d.]+) %", small)]
    assert abs(shares[0] - shares[1]) < 0.5


def test_a_transposed_w2_is_an_error_unless_the_layers_are_as_large():
    assert "This run: after 0 steps it stops with ValueError" in Run(program("M14"), Setting()).outcome


def test_a_mask_without_the_bias_passes_every_check_of_a_fresh_network():
    params, X, Y_true = plans.first_batch(Setting())
    fresh = params | {"b1": 0 * params["b1"], "b2": 0 * params["b2"]}
    assert seen(fresh, X, Y_true)["M54"] == "hidden" and seen(params, X, Y_true)["M54"] == "value"


def test_runs_are_reproducible_and_each_is_trained_once():
    first = clinic("06.6").losses
    runs._train.cache_clear()
    run = clinic("06.6")
    assert run.losses == first and len(first["this run"]) == 216
    assert (run.outcome, run.finding, run.told, str(run)) and runs._train.cache_info().misses == 2


def test_the_training_is_that_of_the_packages_network():
    """The curve without a mistake, beside the same steps made by `two_layer`."""
    X, labels = digits()
    X, Y_true = X / 16, np.eye(10)[labels]
    params, rng = two_layer.init(np.random.default_rng(0), 64, 32, 10), np.random.default_rng(0)
    losses = []
    for _ in range(2):
        order = rng.permutation(1200)
        for k in range(24):
            rows = order[50 * k : 50 * k + 50]
            Y_pred, saved = two_layer.forward(params, X[rows])
            losses.append(two_layer.loss(Y_pred, Y_true[rows]))
            grads = two_layer.backward(params, saved, Y_true[rows])
            params = {name: params[name] - 0.5 * grads[name] for name in params}
    assert clinic("06.6").losses["without the mistake"][:48] == pytest.approx(losses, rel=1e-9)


def test_a_program_that_stops_at_once_is_told_in_words():
    run = Run(program().replace("N = len(Y_true)", "N = len(Y_true) / 0"), Setting())
    assert run.outcome.startswith("This run: after 0 steps it stops with ZeroDivisionError")
    assert run.finding.startswith("Loss of the last epoch: none, as no step was made.")
    assert set(run.fingerprint.values()) == {"ZeroDivisionError: division by zero"}
    assert "It reports no loss: ZeroDivisionError" in str(run)
    assert np.isnan(run.losses["this run"]).all() and len(run.losses["this run"]) == 216
    assert "no step was made" in run.told


def test_a_gradient_that_is_zero_or_infinite_is_told_in_words():
    zero = program().replace("dW2 = dZ2.T @ saved.A1", "dW2 = 0 * params['W2']")
    endless = program().replace("db1 = dZ1.sum(axis=0)", "db1 = dZ1.sum(axis=0) / 0 * 1")
    assert Run(zero, Setting()).fingerprint["dW2"] == "0 everywhere"
    assert Run(endless, Setting()).fingerprint["db1"] == "not a finite number"


# ------------------------------------------------------------------ the page
class Page(HTMLParser):
    """Which tags are opened, with their attributes, and whether all are closed in order."""

    def __init__(self, html):
        super().__init__()
        self.open, self.tags, self.texts = [], [], []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append((tuple(self.open), data))


@every_patient
def test_the_page_is_readable_by_a_screen_reader(id):
    run = clinic(id)
    read = Page(run._repr_html_())
    tags = [tag for tag, _ in read.tags]
    assert tags.count("table") == tags.count("caption") == tags.count("pre") == 1
    scopes = [attrs.get("scope") for tag, attrs in read.tags if tag == "th"]
    assert scopes == ["col"] * 3 + ["row"] * len(run.fingerprint)
    region = next(attrs for _, attrs in read.tags if attrs.get("role") == "region")
    assert region["aria-label"] and region["tabindex"] == "0"  # a long line is reached from the keyboard
    code = "".join(text for inside, text in read.texts if "pre" in inside and "span" not in inside)
    assert code == run.code  # what is copied has no line numbers
    numbers = [text for inside, text in read.texts if "span" in inside]
    assert numbers == [str(n) for n in range(1, 1 + len(run.code.splitlines()))]


def test_what_python_says_is_escaped():
    run = Run(program().replace("N = len(Y_true)", 'raise ValueError("<script>")'), Setting())
    assert "<script>" not in run._repr_html_() and "&lt;script&gt;" in run._repr_html_()


def test_a_sixteenth_is_not_rounded():
    assert "0.0625" in clinic("06.11")._repr_html_() and "0.0625" in str(clinic("06.11"))


@every_patient
def test_a_program_has_no_comments_and_numbers_its_own_lines_only(id):
    assert "#" not in clinic(id).code and '"""' not in clinic(id).code


# ------------------------------------------------------------------ repairs
@every_patient
def test_the_repair_passes_and_the_name_is_told(id):
    for answer in (PATIENTS[id].right(), *right_answers.STYLES[id]):
        feedback = check(id, answer)
        assert feedback.passed and feedback.mistake is None, answer
        mistake = MISTAKES[PATIENTS[id].mistake]
        assert feedback.message.endswith(f"The mistake was: {mistake.name}. {mistake.why}")


@every_patient
def test_nothing_changed_is_told_so_and_not_named(id):
    lines = clinic(id).code.splitlines()
    for n in (*PATIENTS[id].right(), 1):
        for text in (lines[n - 1], lines[n - 1].strip(), f"  {lines[n - 1].strip()}   # as it was"):
            feedback = check(id, {n: text})
            assert not feedback.passed and feedback.message.startswith("These lines are as they were")
            assert not names_it(all_texts(feedback), id)


@every_patient
def test_a_repair_elsewhere_leaves_the_mistake_which_is_not_named(id):
    lines = clinic(id).code.splitlines()
    feedback = check(id, {1: f"{lines[0].strip()}\n    unused = 0"})
    assert not feedback.passed and feedback.mistake == PATIENTS[id].mistake
    assert feedback.message.startswith("The run is as broken as before")
    assert not names_it(all_texts(feedback), id)


@every_patient
def test_a_repair_of_its_own_line_that_does_nothing_has_the_name_folded(id):
    lines, (number, *_) = clinic(id).code.splitlines(), PATIENTS[id].right()
    feedback = check(id, {number: f"{lines[number - 1]}; unused = 0"})
    if not feedback.message.startswith("The run is as broken as before"):  # a line that opens a block
        assert not feedback.passed and "Python cannot read" in feedback.message
        return
    assert not names_it(feedback.message, id) and names_it("\n".join(feedback.more), id)
    html = feedback._repr_html_()
    assert not names_it(html[: html.index("<details")], id)


OTHER_NUMBERS = {
    "another constant": {23: "dZ1 = dA1 * (saved.Z1 > 0) / 2"},
    "no gradient": {23: "dZ1 = 0 * dA1"},
    "a second mistake": {23: "dZ1 = dA1 * (saved.Z1 > 0)", 21: "db2 = dZ2.mean(axis=0)"},
    "the slope of another function": {23: "dZ1 = dA1 * (1 - np.tanh(saved.Z1) ** 2)"},
}


@pytest.mark.parametrize("answer", OTHER_NUMBERS.values(), ids=OTHER_NUMBERS)
def test_a_repair_that_makes_other_numbers_is_neither_accepted_nor_named(answer):
    feedback = check(SUBTLE, answer)
    assert not feedback.passed and feedback.mistake is None and feedback.more == ()
    assert " right" in feedback.message and not names_it(all_texts(feedback), SUBTLE)


FORMS = {
    "a text": ("dZ1 = dA1", "Asked for is a dict"),
    "a list": (["dZ1 = dA1"], "Asked for is a dict"),
    "no text": ({23: 5}, "Asked for is a dict"),
    "no line": ({99: "dZ1 = dA1"}, "There is no line 99: the lines are 1 to 32"),
    "line 0": ({0: "dZ1 = dA1"}, "There is no line 0"),
    "a name": ({"dZ1": "dA1"}, "There is no line 'dZ1'"),
    "True": ({True: "dZ1 = dA1"}, "There is no line True"),
    "a half": ({23.0: "dZ1 = dA1"}, "There is no line 23.0"),
    "no Python": ({23: "dZ1 = dA1 * (saved.Z1 > 0"}, "Python cannot read the program: '(' was never closed"),
    "a block without body": ({23: "for r in range(N):"}, "Python cannot read the program: expected"),
    "a null byte": ({23: "dZ1 = dA1\0"}, "Python cannot read the program"),
    "too deep": ({23: "dZ1 = " + 400 * "(" + "dA1" + 400 * ")"}, "Python cannot read the program"),
}


@pytest.mark.parametrize("answer, told", FORMS.values(), ids=FORMS)
def test_what_is_no_repair_is_told_in_one_sentence(answer, told):
    feedback = check(SUBTLE, answer)
    assert not feedback.passed and told in feedback.message
    assert feedback.mistake is None and not names_it(all_texts(feedback), SUBTLE)


CRASHES = {
    "an unknown name": ({23: "dZ1 = dA1 * (Z1 > 0)"}, "NameError: name 'Z1' is not defined"),
    "a wrong shape": ({23: "dZ1 = dA1 @ saved.Z1"}, "Your line 23 of `backward`: `dZ1 = dA1 @ saved.Z1`"),
    "no step": ({28: "def another(params, X, Y_true, learning_rate):"}, "KeyError: 'step'"),
    "no parameters": ({32: "return None"}, "Asked for is a `step` that returns the new parameters"),
    "exit": ({23: "raise SystemExit"}, "SystemExit"),
}


@pytest.mark.parametrize("answer, told", CRASHES.values(), ids=CRASHES)
def test_a_repair_that_stops_is_told_where(answer, told):
    feedback = check(SUBTLE, answer)
    assert not feedback.passed and told in feedback.message, feedback.message
    assert not names_it(all_texts(feedback), SUBTLE)


def test_a_line_without_end_is_stopped(monkeypatch):
    monkeypatch.setattr("backprop_course.grading.running.LIMIT", 0.3)
    feedback = check(SUBTLE, {23: "while True: pass"})
    assert not feedback.passed and "It was stopped after 0.3 seconds" in feedback.message
    assert not names_it(all_texts(feedback), SUBTLE)


@pytest.mark.parametrize(
    "text",
    [
        "    dZ1 = dA1 * (saved.Z1 > 0)",
        "if N:\n    dZ1 = dA1 * (saved.Z1 > 0)",
        "if N:\n        dZ1 = dA1 * (saved.Z1 > 0)",
        "on = saved.Z1 > 0\n    dZ1 = dA1 * on",
        "\n        on = saved.Z1 > 0\n    dZ1 = dA1 * on\n",
    ],
)
def test_lines_and_blocks_copied_with_any_margin_are_read(text):
    assert check(SUBTLE, {23: text}).passed


def test_large_scores_are_shared_out_so_that_a_plain_logarithm_may_stand():
    params, X, *_ = small_networks(np.random.default_rng(0))["large scores"]
    Y_pred, saved = two_layer.forward(params, X)
    assert (saved.A1 @ params["W2"].T + params["b2"]).min() > 900 and 1e-6 < Y_pred.min() < Y_pred.max() < 1


SAID = {  # a wrong repair, and what is certain about its numbers
    "the other half of the repair": ("06.11", {21: "db2 = dZ2.sum(axis=0)"}, "`db1` is N times too small"),
    "a removed update": ("06.8", {19: ""}, "`dW2` is 0 everywhere"),
    "the sum of the losses": (
        "06.9",
        {15: "return len(Y_true) * cross_entropy(Y_pred, Y_true)"},
        "`L` is N times",
    ),
    "a size in place of another": (
        "06.7",
        {19: "dZ2 = (saved.Y_pred - Y_true) / N / N"},
        "are N times too small",
    ),
}


@pytest.mark.parametrize("id, answer, told", SAID.values(), ids=SAID)
def test_the_numbers_of_a_wrong_repair_are_those_of_gradients(id, answer, told):
    feedback = check(id, answer)
    assert not feedback.passed and told in feedback.message and not names_it(all_texts(feedback), id)


# ------------------------------------------------------------------ the instrument
def test_central_differences_measure_a_gradient_known_by_calculus():
    p = np.array([[1.0, -2.0, 0.5]])
    got = measuring.central_differences(lambda q: float(np.sum(np.sin(q)) * q[0, 0]), p, 1e-5)
    exact = np.cos(p) * p[0, 0] + np.array([[np.sin(p).sum(), 0, 0]])
    assert got == pytest.approx(exact, abs=1e-9) and p.tolist() == [[1.0, -2.0, 0.5]]


def test_the_relative_error_by_hand():
    a, b = np.array([[3.0, 4.0]]), np.array([[0.0, 0.0]])
    assert measuring.relative_error(a, b) == 1 and measuring.relative_error(b, b) == 1
    assert measuring.relative_error(a, -a) == 1 and measuring.relative_error(a, a) == 0
    assert measuring.relative_error(a, np.array([[4.0, 3.0]])) == pytest.approx(math.sqrt(2) / 10)


def test_kinks_are_counted_from_both_sides():
    assert measuring.near_kinks(np.array([[-0.5, 0.0, 0.5], [2.0, -2.0, 0.9]]), 1.0) == 4
