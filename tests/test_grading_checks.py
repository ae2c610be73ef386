"""Checks say what is certain about a wrong answer; `kill_table` counts what they accept, reject and name."""

import importlib
import itertools
import time
from contextlib import suppress
from decimal import Decimal
from fractions import Fraction
from statistics import median

import numpy as np
import pytest
from right_answers.lesson_03 import sweep_plain
from right_answers.lesson_05 import back_plain, error_plain, mask_plain, whole_plain

from backprop_course.grading import NotYet, check, checks, examining, exercises, progress, running
from backprop_course.grading.exercise import Exercise
from backprop_course.grading.mistakes import MISTAKES

EXERCISES = {exercise.id: exercise for exercise in exercises()}
FUNCTIONS = [id for id, e in EXERCISES.items() if isinstance(e, Exercise) and e.is_function]


# ------------------------------------------------------------------ wrong answers
@pytest.mark.parametrize("mistake", EXERCISES["05.6"].mistakes)
def test_the_reason_for_the_numbers_is_folded_below_the_message(mistake):
    feedback = check("05.6", EXERCISES["05.6"].wrong(mistake))
    assert MISTAKES[mistake].why in str(feedback) and MISTAKES[mistake].why not in feedback.message


def test_the_whole_pass_meets_every_gradient_mistake_of_its_module():
    module = "backprop_course.models.two_layer"
    library = {id for id, m in MISTAKES.items() if m.where == module} - {"M38", "M77"}  # loss, way forward
    assert set(EXERCISES["05.6"].mistakes) == library


@pytest.mark.parametrize("id", FUNCTIONS)
def test_zeros_never_pass(id):
    right = EXERCISES[id].right()

    def zeros(*args):
        value = right(*args)
        if isinstance(value, dict):
            return {name: np.zeros_like(array) for name, array in value.items()}
        return tuple(0 * array for array in value) if isinstance(value, tuple) else 0 * value

    feedback = check(id, zeros)
    assert not feedback.passed and "Every number is 0" in feedback.message


OF_A_BATCH = ("14.2", "14.4", "14.5")  # batch normalization refuses a single example


@pytest.mark.parametrize("id", FUNCTIONS)
def test_the_cases_of_a_function_leave_no_way_out(id):
    """No output is always 0; sizes that differ, the smallest batch, and float32 where there are arrays."""
    exercise, differ, dtypes, sizes_of_N = EXERCISES[id], False, set(), set()
    for seed in range(20):
        cases = exercise.cases(np.random.default_rng(seed))
        outputs = [exercise.read(exercise.right()(*args)) for args in cases.values()]
        assert all(np.isfinite(array).all() for output in outputs for array in output.values())
        assert all(any(output[name].any() for output in outputs) for name in exercise.outputs)
        for args in cases.values():
            sizes = exercise.sizes(args)
            differ |= len(set(sizes.values())) == len(sizes) and 1 not in sizes.values()
            sizes_of_N.add(sizes.get("N"))
            dtypes |= {array.dtype for _, array in running.leaves(args, exercise.arguments)}
        assert len(cases) >= 3
    if exercise.letters:
        smallest = 2 if id in OF_A_BATCH else 1
        assert differ and (sizes_of_N == {None} or smallest in sizes_of_N) and np.dtype(np.float32) in dtypes


def remembering():
    calls = []

    def answer(dA1, Z1):
        calls.append(1)
        return mask_plain(dA1, Z1) * (1 if len(calls) == 1 else 1.01)

    return answer


def overwriting(dA1, Z1):
    dA1 *= Z1 > 0
    return dA1


def growing(params, saved, Y_true):
    grads = whole_plain(params, saved, Y_true)
    params["W3"] = np.zeros(1)
    return grads


def removing(params, saved, Y_true):
    grads = whole_plain(params, saved, Y_true)
    params["b1"] = None
    return grads


def dividing(dA1, Z1):
    mask = Z1 > 0
    off = Z1 * 0
    return dA1 * mask / (off + mask)  # the line of the NaN


def reversing(values, steps):
    steps.reverse()
    return sweep_plain(values, steps[::-1])


def recursive(dA1, Z1):
    return recursive(dA1, Z1)


class HostileError(Exception):
    def __str__(self):
        raise RuntimeError


class Trap:
    def __array__(self, *args, **kwargs):
        raise HostileError


def raising(error):
    def answer(*args):
        raise error

    return answer


def twice_wrong(params, saved, Y_true):
    grads = whole_plain(params, saved, Y_true)
    return grads | {"W2": grads["W2"] * len(Y_true), "b1": -grads["b1"]}


def half_wrong(params, saved, Y_true):
    grads = whole_plain(params, saved, Y_true)
    return grads | {"W2": grads["W2"] ** 3, "b2": grads["b2"] * 0}


FAILURES = {
    "an array in place of a function": ("05.5", np.ones(3), ["a function", "ndarray"]),
    "a text": ("05.5", lambda dA1, Z1: "dZ1", ["should be numbers", "a text"]),
    "complex numbers": ("05.5", lambda dA1, Z1: mask_plain(dA1, Z1) + 0j, ["complex128"]),
    "ragged lists": ("05.5", lambda dA1, Z1: [[1.0], [2.0, 3.0]], ["rows of `dZ1` have different lengths"]),
    "a trap": ("05.5", lambda dA1, Z1: Trap(), ["should be numbers", "Trap"]),
    "one array for two": ("05.3", lambda dZ2, A1: dZ2.T @ A1, ["`dW2, db2`", "an array"]),
    "three arrays for two": ("05.3", lambda dZ2, A1: (dZ2, A1, A1), ["`dW2, db2`", "tuple of 3"]),
    "a key is missing": ("05.6", lambda p, s, Y: {"W1": 1, "W2": 1, "b2": 1}, ['no `"b1"`']),
    "a further key": ("05.6", lambda p, s, Y: whole_plain(p, s, Y) | {"X": 1}, ["further entry, 'X'"]),
    "no dict": ("05.6", lambda p, s, Y: 3, ["a dict", "int"]),
    "transposed": ("05.4", lambda d, W: (d @ W).T, ["shape (4, 6)", "rows and columns exchanged"]),
    "the wrong axis": (
        "05.3",
        lambda d, A: (d.T @ A, d.sum(axis=1) + 1),
        ["`dW2` is right", "`db2` has shape (6,)", "Axis 0 has 6 entries, as many as N; in (m,) it has m"],
    ),
    "an axis too many": (
        "05.3",
        lambda d, A: (d.T @ A, d.sum(axis=0, keepdims=True)),
        ["`dW2` is right", "shape (1, 3)", "Asked for is (m,), with 1 axis; what came has 2."],
    ),
    "NaN": ("05.5", dividing, ["is nan", "return dA1 * mask / (off + mask)", "divided by 0"]),
    "infinity": ("05.2", lambda p, t: (p - t) / 0, ["inf", "arises in your line", "divided by 0"]),
    "inputs": ("05.5", overwriting, ["The numbers are right", "changes `dA1`"]),
    "a new key in the inputs": ("05.6", growing, ["The numbers are right", 'changes `params["W3"]`']),
    "an input taken away": ("05.6", removing, ["The numbers are right", 'changes `params["b1"]`']),
    "two calls": ("05.4", lambda d, W: d @ W + np.random.default_rng().normal(), ["Two calls", "different"]),
    "state": ("05.5", remembering(), ["Two calls", "different"]),
    "an exception": ("05.4", lambda d, W: d @ W.no_such, ["AttributeError", "Your line", "this name"]),
    "recursion": ("05.5", recursive, ["RecursionError", "return recursive(dA1, Z1)"]),
    "sys.exit": ("05.5", raising(SystemExit(0)), ["SystemExit: 0", "raise error"]),
    "an exception without a text": ("05.5", raising(HostileError()), ["Hostile", "raise error"]),
    "too few arguments": (
        "05.5",
        lambda dA1: dA1,
        ["cannot be called as `relu_error(dA1, Z1)`", "TypeError"],
    ),
    "the sign": ("05.4", lambda d, W: -(d @ W), ["`dA1` is exactly the negative"]),
    "a size": ("05.4", lambda d, W: d @ W * W.shape[1], ["`dA1` is h times too large"]),
    "a number": ("05.4", lambda d, W: d @ W / 2, ["`dA1` is 2 times too small"]),
    "another number": ("05.4", lambda d, W: d @ W * 1.37, ["right in direction and wrong in size"]),
    "sign and size": ("05.2", lambda p, t: t - p, ["N times too large and with the opposite sign"]),
    "nothing simple": (
        "05.4",
        lambda d, W: np.tanh(d @ W) + W.sum(),
        ["`dA1` differs", "(N = 1, m = 2, h = 4)", "was expected"],
    ),
    "one number of a function": (
        "03.3",
        lambda g, a, b: (g / b, -g * a / b - 1),
        ["`da` is right. `db` differs", "`db` is -", "was expected"],
    ),
    "a number that should be 0": ("03.8", (-6, -1, -6, 5), ["right. `slope_at_minus_2` differs."]),
    "right on one case": (
        "05.5",
        lambda dA1, Z1: mask_plain(dA1, Z1) * (1 if len(Z1) == 1 else Z1),
        ["`dZ1` is right on “one example” and wrong on the other cases"],
    ),
    "rows": ("05.2", lambda p, t: (p - t) / len(p) + 0.1, ["`dZ2` is made of rows that do not sum to 0"]),
    "not used": ("05.5", lambda dA1, Z1: (Z1 > 0) * 1.0, ["`dZ1` is the same whatever `dA1` is"]),
    "inverted": ("05.5", lambda dA1, Z1: dA1 * (Z1 < 0), ["`dZ1` is 0 exactly where it should not be"]),
    "some signs": (
        "05.5",
        lambda dA1, Z1: np.abs(dA1) * (Z1 > 0),
        ["`dZ1` is right in size, and of the wrong sign in some places"],
    ),
    "a name": ("05.5", lambda dA1, Z1: dA1 * (Z2 > 0), ["NameError", "Where does this name"]),  # noqa: F821
    "exchanged": ("05.3", lambda d, A: (d.T @ A, d.sum(axis=0))[::-1], ["has shape"]),
    "a list in the arguments": ("03.4", reversing, ["changes `steps`"]),
    "matrix sizes": ("05.4", lambda d, W: d @ W.T * 2, ["matrix product do not meet, 3 and 4"]),
    "a truth value": ("05.5", lambda dA1, Z1: dA1 if Z1 > 0 else 0, ["What decides it entry by entry?"]),
    "a power": ("05.2", lambda p, t: (p - t) ^ 2, ["A power is written `**`"]),
    "no call": ("05.2", lambda p, t: (p - np.mean) / 2, ["a function that has to be called first"]),
    "an index": ("05.4", lambda d, W: d[:, len(W)], ["IndexError", "Over which sizes does the loop run"]),
    "two mistakes": (
        "05.6",
        twice_wrong,
        ["`W1` and `b2` are right", "`W2` is N times too large", "`b1` is exactly the negative"],
    ),
    "a mistake and zeros": (
        "05.6",
        half_wrong,
        ["`W1` and `b1` are right", "`b2` is 0 everywhere", "`W2` differs"],
    ),
}


@pytest.mark.parametrize("kind", FAILURES)
def test_each_kind_of_failure_is_said(kind):
    id, answer, parts = FAILURES[kind]
    feedback = check(id, answer)
    assert not feedback.passed and feedback.mistake is None, str(feedback)
    for part in parts:
        assert part in feedback.message, feedback.message
    assert "grading" not in feedback.message
    with pytest.raises(NotYet):
        feedback.require()


def test_a_shape_of_the_whole_that_one_mistake_explains_is_named():
    def answer(params, saved, Y_true):
        return whole_plain(params, saved, Y_true) | {"W2": saved.A1.T @ error_plain(saved.Y_pred, Y_true)}

    feedback = check("05.6", answer)
    assert feedback.mistake == "M15" and "`W1`, `b1` and `b2` are right" in feedback.message


def test_twins_are_both_told():
    assert "More than one mistake" not in str(check("05.5", lambda dA1, Z1: dA1))  # it has no A1
    text = str(check("05.6", EXERCISES["05.6"].wrong("M10")))
    assert "More than one mistake" in text
    assert all(MISTAKES[id].why in text for id in ("M10", "M11"))


@pytest.mark.parametrize("stubborn", [False, True])
def test_an_endless_loop_is_stopped(stubborn, monkeypatch):
    monkeypatch.setattr(running, "LIMIT", 0.2)
    rounds, forever = [0], [True]

    def plain(dA1, Z1):
        while forever[0]:
            rounds[0] += 1

    def catching(dA1, Z1):
        while forever[0]:
            with suppress(BaseException):
                rounds[0] += 1

    start = time.perf_counter()
    feedback = check("05.5", catching if stubborn else plain)
    assert time.perf_counter() - start < 3
    assert "stopped after 0.2 seconds" in feedback.message and not feedback.passed
    seen = rounds[0]
    time.sleep(0.1)
    assert stubborn or rounds[0] == seen
    forever[0] = False


class Stringless(Exception):  # noqa: N818
    def __str__(self):
        while True:
            pass


def nested(params, saved, Y_true):
    params["me"] = params
    return whole_plain(params, saved, Y_true)


class Strange:
    def __iter__(self):
        raise RuntimeError

    def __eq__(self, other):
        raise RuntimeError

    __hash__ = None


@pytest.mark.parametrize("id", EXERCISES)
def test_whatever_comes_the_check_answers(id):
    strange = (Strange(), {1: Strange()}, iter(int, 1), object, b"x")
    for answer in (np.array([1, 2, 3]), [[...]], {}, [], "", *strange):
        feedback = check(id, answer)
        assert not feedback.passed and "itself failed" not in feedback.message


class EndlessList(list):
    def __iter__(self):
        return itertools.count(1)


class EndlessDict(dict):
    def values(self):
        return itertools.count(1)

    def items(self):
        while True:
            pass


class EndlessText(str):
    def strip(self, *args):
        while True:
            pass


@pytest.mark.parametrize("id", ["08.4", "10.1", "10.11", "05.5", "11.1", "10.2"])
@pytest.mark.parametrize(
    "answer", [EndlessList([1, 2]), EndlessDict({1: "x"}), EndlessText("z")], ids=["list", "dict", "text"]
)
def test_an_answer_without_an_end_is_read_no_longer_than_the_limit(id, answer, monkeypatch):
    monkeypatch.setattr(running, "LIMIT", 0.2)
    start = time.perf_counter()
    feedback = check(id, answer)
    assert not feedback.passed and "itself failed" not in feedback.message
    assert time.perf_counter() - start < 3


def test_an_output_of_far_too_many_numbers_is_refused_before_it_is_copied():
    large = np.broadcast_to(0.0, (100_000, 100_000))  # a copy would take 80 GB
    feedback = check("05.5", lambda dA1, Z1: large)
    assert "`dZ1` has shape (100000, 100000), far more numbers than are asked for" in feedback.message


@pytest.mark.parametrize("id", EXERCISES)
def test_all_cases_of_an_exercise_can_be_drawn_and_all_its_mistakes_planted(id):
    exercise = EXERCISES[id]
    for mistake in exercise.mistakes:
        assert exercise.wrong(mistake) is not None
    if id in FUNCTIONS:
        assert len(exercise.cases(np.random.default_rng(0))) > 1


def test_a_defect_of_ours_is_told_as_ours_and_no_attempt_is_counted(monkeypatch):
    def cases(rng):
        raise NameError("name 'RATE' is not defined")

    monkeypatch.setitem(checks.BY_ID, "05.5", EXERCISES["05.5"]._replace(cases=cases))
    feedback = check("05.5", lambda dA1, Z1: dA1)
    assert not feedback.passed and not feedback.written
    assert "The check itself failed" in feedback.message and "RATE" in feedback.message
    assert "cannot be read" not in feedback.message


def test_a_mistake_that_cannot_be_planted_is_not_named(monkeypatch):
    exercise = EXERCISES["05.5"]

    def answer_from(module):
        if module is not importlib.import_module(exercise.where):
            raise NameError("planted")
        return exercise.answer_from(module)

    monkeypatch.setitem(checks.BY_ID, "05.5", exercise._replace(answer_from=answer_from))
    feedback = check("05.5", lambda dA1, Z1: dA1)
    assert feedback.mistake is None and "`dZ1`" in feedback.message and feedback.written


@pytest.mark.parametrize("id, answer", [("05.5", raising(Stringless())), ("05.6", nested)])
def test_hostile_answers_are_answered(id, answer):
    start = time.perf_counter()
    feedback = check(id, answer)
    assert not feedback.passed and time.perf_counter() - start < 3, feedback


@pytest.mark.parametrize("id", FUNCTIONS)
def test_the_settings_of_numpy_in_the_notebook_do_not_matter(id):
    before = np.seterr(all="raise")
    try:
        assert check(id, EXERCISES[id].right()).passed
        for mistake in EXERCISES[id].mistakes:
            assert not check(id, EXERCISES[id].wrong(mistake)).passed
    finally:
        np.seterr(**before)


def test_a_slow_wrong_answer_is_not_called_again_and_again(monkeypatch):
    monkeypatch.setattr(examining, "SLOW", 0.01)
    calls = []

    def slow(params, saved, Y_true):
        calls.append(1)
        time.sleep(0.005)
        return {name: np.ones_like(array) for name, array in params.items()}

    assert not check("05.6", slow).passed
    assert len(calls) == len(EXERCISES["05.6"].cases(np.random.default_rng(0))) + 1


@pytest.mark.parametrize("size, passes", [(1e-6, False), (1e-7, False), (1e-12, True)])
def test_an_error_that_is_no_rounding_is_seen(size, passes):
    """In float64; one entry is wrong, by this share of the largest one."""

    def answer(dZ2, W2):
        dA1 = dZ2 @ W2
        dA1[0, 0] += size * np.abs(dA1).max()
        return dA1

    feedback = check("05.4", answer)
    if passes:
        assert feedback.passed
    else:
        assert not feedback.passed and "nearly right: wrong by" in feedback.message


def test_an_error_in_float32_is_seen():
    def answer(dZ2, W2):
        dA1 = np.float32(dZ2) @ np.float32(W2)
        return dA1 * np.float32(1.001)

    feedback = check("05.4", answer)
    assert "`dA1` is nearly right: wrong by 0.001 of the largest entry" in feedback.message


def test_a_changed_dtype_of_an_argument_is_a_change():
    def answer(params, saved, Y_true):
        grads = whole_plain(params, saved, Y_true)
        params["W1"] = params["W1"].astype(np.longdouble)
        return grads

    assert 'changes `params["W1"]`' in check("05.6", answer).message


def test_nothing_is_named_where_nothing_ran():
    """Where every case stops, no mistake is named, although a planted one may stop on some."""
    assert check("05.4", raising(ValueError("x"))).mistake is None


@pytest.mark.parametrize("kind", ["an array for two", "fractions", "decimals"])
def test_numbers_of_any_library_count(kind):
    if kind == "an array for two":
        assert check("01.3", lambda s, t, r: np.stack([s * (1 - s), 1 - t**2, (r > 0) * 1.0])).passed
    else:
        number = Fraction if kind == "fractions" else Decimal
        assert check("05.7", [number(str(float(value))) for value in EXERCISES["05.7"].right()]).passed


def test_the_limit_of_a_check_is_ten_seconds():
    assert running.LIMIT == 10


# ------------------------------------------------------------------ the feedback
def test_feedback_shows_its_parts_and_escapes_what_the_learner_wrote():
    def answer(dA1, Z1):
        raise ValueError("<script>alert(1)</script>")

    html = check("05.5", answer)._repr_html_()
    assert "<script>" not in html and "&lt;script&gt;" in html and "<details>" not in html
    named = check("05.5", lambda dA1, Z1: dA1)
    html = named._repr_html_()
    assert html.index("details") > html.index("?") and "Read again: " in html
    assert MISTAKES["M10"].name in html.replace("The ReLU", "the ReLU") and repr(named) == str(named)
    assert str(named).index("?") < str(named).index("Read again")


def test_require_shows_the_message_and_raises_shortly(capsys):
    feedback = check("05.5", None)
    with pytest.raises(NotYet, match=r"05\.5 has not passed yet") as raised:
        feedback.require()
    assert feedback.message in capsys.readouterr().out
    assert isinstance(raised.value, AssertionError)
    assert len(raised.value._render_traceback_()) == 1


def test_a_check_is_kept_with_the_progress(tmp_path, monkeypatch):
    (tmp_path / ".backprop-course").mkdir()
    monkeypatch.chdir(tmp_path)
    check("05.4", back_plain)
    check("05.5", lambda dA1, Z1: dA1)
    kept = [(e["id"], e["passed"], e["mistake"]) for e in progress.events("check")]
    assert kept == [("05.4", True, None), ("05.5", False, "M10")]


def test_an_unknown_exercise_is_refused():
    for id in ("05.99", None, ["05.2"]):
        with pytest.raises(ValueError, match=r"check: expected the id of an exercise"):
            check(id, back_plain)


def test_a_check_answers_quickly():
    seconds = []
    for exercise in exercises():
        for id in exercise.mistakes:
            start = time.perf_counter()
            check(exercise.id, exercise.wrong(id))
            seconds.append(time.perf_counter() - start)
    assert median(seconds) <= 0.1
