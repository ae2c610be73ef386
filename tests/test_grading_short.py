"""Orders, letters and numbers are told what is wrong with them; hints come one at a time; siblings return."""

from itertools import permutations

import numpy as np
import pytest

from backprop_course.grading import check, coming_back, exercises, hint, hints, progress, returning
from backprop_course.grading.exercise import Exercise
from backprop_course.grading.mistakes import MISTAKES
from backprop_course.grading.short_answers import Choice, Order

WORDS = {"title": "T", "asked": "Give it.", "section": "S", "question": "Why?"}
ORDER = Order(
    id="05.1", signature="order = [1, 2, …]", needs={1: (2,), 2: (), 3: (1, 2), 4: (2,)},
    slips={"M19": (4, 2)}, **WORDS,
)  # fmt: skip
CHOICE = Choice(
    id="05.2", signature='answer = "…"', answer="b", told={"a": "Think of N.", "c": "Think of m."},
    slips={"M3": "c"}, **WORDS,
)  # fmt: skip


# ------------------------------------------------------------------ orders
def test_every_order_that_keeps_the_needs_passes_and_no_other():
    right = {order for order in permutations([1, 2, 3, 4]) if ORDER.examine(order).passed}
    by_hand = {(2, 1, 3, 4), (2, 1, 4, 3), (2, 4, 1, 3)}
    assert right == by_hand == {tuple(order) for order in ORDER.orders()}


@pytest.mark.parametrize(
    "order, parts",
    [
        ("abc", ["list of step numbers"]),
        (3, ["list of step numbers"]),
        ([[1, 2]], ["list of step numbers"]),
        ([2, 1, 3], ["Step 4 is missing"]),
        ([2, 1, 3, 4, 4], ["Step 4 stands there more than once"]),
        ([2, 1, 3, 7], ["There is no step 7", "1 to 4"]),
        ([2.0, 1.5, 3.1, 4.0], ["list of step numbers"]),
        ("2134", ["list of step numbers"]),
        ([2, 4, 3, 1], ["The first 2 steps can stand so", "Step 3, at place 3", "Why?"]),
        ([1, 2, 3, 4], ["Step 1, at place 1", "Why?"]),
    ],
)
def test_a_wrong_order_is_told_where_it_fails(order, parts):
    feedback = ORDER.examine(order)
    assert not feedback.passed and feedback.written and feedback.mistake is None
    assert all(part in feedback.message for part in parts), feedback.message


def test_an_order_is_named_only_where_nothing_else_is_wrong():
    assert ORDER.wrong("M19").index(4) < ORDER.wrong("M19").index(2)
    feedback = ORDER.examine(ORDER.wrong("M19"))
    assert feedback.mistake == "M19" and MISTAKES["M19"].why in str(feedback)
    assert MISTAKES["M19"].why not in feedback.message
    assert ORDER.examine([4, 1, 2, 3]).mistake is None  # step 1 is too early as well


# ------------------------------------------------------------------ letters
def test_a_letter_is_told_what_to_think_of():
    assert CHOICE.examine(" B ").passed
    assert CHOICE.examine("a").message == "Think of N. Why?" and CHOICE.examine("a").mistake is None
    assert CHOICE.examine("c").mistake == "M3" == CHOICE.examine(CHOICE.wrong("M3")).mistake
    for strange in ("d", "", 2, ["b"], "ab"):
        assert not CHOICE.examine(strange).passed
        assert 'one of "a", "b", "c"' in CHOICE.examine(strange).message


@pytest.mark.parametrize("exercise", [ORDER, CHOICE])
def test_a_blank_short_answer_is_told_what_to_write(exercise):
    for blank in (None, ..., [1, ...]):
        feedback = exercise.examine(blank)
        assert not feedback.written and not feedback.passed
        assert exercise.signature in feedback.message and "Give it." in feedback.message


# ------------------------------------------------------------------ numbers
@pytest.mark.parametrize(
    "answer, parts",
    [
        ((4.5, 1.5, -1.5), ["`dw1, db1, dw2, db2`", "tuple of 3"]),
        ({"dw1": 4.5}, ["`dw1, db1, dw2, db2`", "dict"]),
        ("4.5, 1.5, -1.5, -0.75", ["`dw1, db1, dw2, db2`", "a text"]),
        ((4.5, 1.5, -1.5, "x"), ["`db2` should be numbers", "a text"]),
        ((4.5, 1.5, -1.5, (1, 2)), ["`db2` has shape (2,) here", "One number is asked for"]),
        ((4.5, 1.5, -1.5, float("nan")), ["`db2` is nan here"]),
        ((4.5, 1.5, 1.5, -0.75), ["`dw1`, `db1` and `db2` are right", "`dw2` is right in size and of the"]),
        ((4.5, 3, -1.5, -0.75), ["`db1` is too large in size"]),
        ((4.5, -4.1, -1.5, -0.75), ["`db1` is of the wrong sign"]),
        ((4.5, 1.7, -1.5, -0.75), ["`db1` is too large in size"]),
        ((4.5, 1.5, -1.5, -0.4), ["`db2` is too small in size"]),
        ((4.5, 1.5, -1.53, -0.75), ["`dw2` is nearly right: keep three digits"]),
        ((-1.5, 1.5, 4.5, -0.75), ["`db1` and `db2` are right", "`dw1` and `dw2` are exchanged"]),
        ({1, 2}, ["`dw1, db1, dw2, db2`", "a set"]),
    ],
)
def test_wrong_numbers_are_told_what_is_certain_and_not_the_right_one(answer, parts):
    feedback = check("05.7", answer)
    assert not feedback.passed and feedback.written
    assert all(part in feedback.message for part in parts), feedback.message
    assert "expected" not in feedback.message


@pytest.mark.parametrize("factor, told, not_told", [
    (-1, "exactly the negative of what is right", "direction"),
    (-3, "of the wrong sign, and wrong in size", "direction"),
    (3, "right in direction and wrong in size", "sign"),
])  # fmt: skip
def test_several_numbers_of_the_wrong_sign_are_not_called_right_in_direction(factor, told, not_told):
    at_sigmoid = factor * np.array([[-2.0, 3.0], [1.0, -2.0]]) / 16
    at_linear = factor * np.array([[1.0, 0.0], [-1.0, 1.0]])
    message = check("09.9", (at_sigmoid, at_linear)).message
    assert f"`at_sigmoid` and `at_linear` are {told}." in message and not_told not in message


def test_numbers_may_be_rounded_to_three_digits_and_no_further():
    others = (1.5, -1.5, -0.75)
    assert check("05.7", (4.504, *others)).passed and not check("05.7", (4.53, *others)).passed


def test_a_number_that_is_only_rounded_too_much_is_asked_nothing_more():
    assert check("08.1", (1, -0.5, 0.67)).message.endswith("`limit` is nearly right: keep three digits.")
    assert check("08.1", (1, 0.5, 0.67)).message.endswith("which direction diverges first?")


NUMBERS = [e for e in exercises() if isinstance(e, Exercise) and not e.is_function]


@pytest.mark.parametrize("exercise", NUMBERS, ids=lambda exercise: exercise.id)
def test_wrong_numbers_differ_by_more_than_rounding(exercise):
    """Computed here from the planted module, without the engine."""
    right = [np.asarray(part, float) for part in exercise.read(exercise.right()).values()]
    for id in exercise.mistakes:
        wrong = [np.asarray(part, float) for part in exercise.read(exercise.wrong(id)).values()]
        differ = [
            a.shape != b.shape or np.abs(a - b).max() > 0.004 * np.abs(a).max() for a, b in zip(right, wrong)
        ]
        assert any(differ), id


# ------------------------------------------------------------------ hints
@pytest.fixture
def learner(tmp_path, monkeypatch):
    (tmp_path / ".backprop-course").mkdir()
    monkeypatch.chdir(tmp_path)
    hints._asked.clear()
    yield tmp_path
    hints._asked.clear()


def test_each_call_gives_one_hint_more_and_is_remembered(learner, capsys):
    texts = hints.load("05.2")
    for level in (1, 2, 3):
        hint("05.2")
        said = capsys.readouterr().out
        assert [text in said for text in texts] == [k < level for k in range(3)]
        assert [(e["id"], e["level"]) for e in progress.events("hint")][-1] == ("05.2", level)
        hints._asked.clear()  # as in a new kernel
    hint("05.2")
    assert "That was the last hint" in capsys.readouterr().out
    assert len(progress.events("hint")) == 3


def test_hints_count_without_a_learners_folder(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    hints._asked.clear()
    for level in (1, 2):
        hint("05.4")
        assert capsys.readouterr().out.count("Hint ") == level


def test_hints_go_on_where_the_disk_is_full(learner, monkeypatch, capsys):
    def full(kind, **fields):
        return "Your answer could not be saved (No space left on device). You can go on without it."

    monkeypatch.setattr(hints, "record", full)
    for level in (1, 2):
        hint("05.4")
        said = capsys.readouterr().out
        assert said.count("Hint ") == level and "No space left" in said


def test_a_hint_for_an_unknown_exercise_is_refused():
    for id in ("05.99", None, ["05.1"]):
        with pytest.raises(ValueError, match="hint: expected the id of an exercise"):
            hint(id)


# ------------------------------------------------------------------ siblings
def test_what_is_missed_is_what_did_not_pass_at_first(learner):
    check("05.2", ...)  # a blank is no attempt
    check("05.4", lambda dZ2, W2: dZ2 @ W2 * 2)
    check("05.4", lambda dZ2, W2: dZ2 @ W2)
    check("05.5", lambda dA1, Z1: dA1 * (Z1 > 0))
    assert returning.missed("05") == ["05.4"] and returning.missed("03") == []


def test_coming_back_names_the_sibling_or_says_that_nothing_comes(learner, capsys, monkeypatch):
    known = {"03.1": ORDER_OF_03, "05.11": CHOICE_OF_05}
    monkeypatch.setattr(returning, "BY_ID", known)
    coming_back("05")
    assert "Of lesson 03 nothing comes back" in capsys.readouterr().out
    progress.record("check", id="03.1", passed=False, mistake=None)
    coming_back("05")
    said = capsys.readouterr().out
    assert "03.1" in said and "now do 05.11, “Twice”" in said


ORDER_OF_03 = Order(id="03.1", signature="order", needs={1: ()}, sibling="05.11", **WORDS)
CHOICE_OF_05 = Choice(id="05.11", signature="a", answer="a", told={}, **WORDS | {"title": "Twice"})


@pytest.mark.parametrize("lesson", ["bridge", "01", "5", None, "02"])
def test_coming_back_refuses_what_has_no_lesson_two_before(lesson):
    with pytest.raises(ValueError, match="coming_back: expected the number of a lesson"):
        coming_back(lesson)


def test_a_step_that_comes_too_early_for_what_it_changes_is_told_so():
    order = Order(id="05.1", signature="o", needs={1: (), 2: (1,), 3: (1,)}, changes={3: (2,)}, **WORDS)
    assert [list(o) for o in order.orders()] == [[1, 2, 3]]
    assert "Step 3, at place 2, comes too early: a later step" in str(order.examine([1, 3, 2]))
    assert "Step 2, at place 1, comes before something that it needs" in str(order.examine([2, 1, 3]))


# ------------------------------------------------------------------ the link
def test_the_section_is_a_link_where_the_lesson_lies_near(tmp_path, monkeypatch):
    html = check("05.5", lambda dA1, Z1: dA1)
    for place in ("..", "../notebooks"):
        folder = tmp_path / place.strip("./") / "exercises"
        folder.mkdir(parents=True)
        (folder / place).mkdir(exist_ok=True)
        lesson = folder / place / "05_backward_pass.ipynb"
        lesson.touch()
        monkeypatch.chdir(folder)
        section = "Through-the-ReLU%2C-to-the-weights-of-the-first-layer"
        assert f'<a href="{place}/05_backward_pass.ipynb#{section}">lesson 05, “Through' in html._repr_html_()
        lesson.unlink()
        assert "<a " not in html._repr_html_() and "lesson 05, “Through" in html._repr_html_()
