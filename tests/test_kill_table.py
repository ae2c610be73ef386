"""Every check accepts right answers in every style, knows a blank, and rejects and names every mistake."""

import kill_table
import numpy as np
import pytest
import right_answers

from backprop_course.grading import Feedback, check, exercises
from backprop_course.grading.examining import examine
from backprop_course.grading.exercise import Exercise
from backprop_course.grading.repair import Repair
from backprop_course.grading.short_answers import Choice, Order

EXERCISES = {exercise.id: exercise for exercise in exercises()}
SOME = EXERCISES["05.6"]._replace(mistakes=("M10", "M11", "M12", "M13"))  # twins: A1 >= 0 is no mask


@pytest.fixture(scope="module", params=[2, pytest.param(20, marks=pytest.mark.thorough)])
def rows(request):
    return kill_table.rows(request.param)


def test_the_kill_table_holds(rows):
    assert {row.id for row in rows} == EXERCISES.keys()
    assert kill_table.verdict(rows) == [], "\n".join(kill_table.total(rows).notes)


def test_every_exercise_has_right_answers_and_every_function_three():
    assert right_answers.STYLES.keys() == EXERCISES.keys()
    for id, answers in right_answers.STYLES.items():
        least = right_answers.LEAST if right_answers.is_function(answers) else 1
        assert len(answers) >= least, id
        same = [a is b or (not callable(a) and repr(a) == repr(b)) for a in answers for b in answers]
        assert sum(same) == len(answers), f"{id}: an answer comes twice"


# ------------------------------------------------------------------ the table would tell
def passes_everything(id, answer, seed):
    return Feedback(id, True, "Right.")


def calls_all_the_same(id, answer, seed):
    feedback = check(id, answer, seed)
    return feedback if feedback.passed or feedback.mistake is None else feedback._replace(mistake="M12")


def names_nothing(id, answer, seed):
    return check(id, answer, seed)._replace(mistake=None)


def hides_the_twin(id, answer, seed):
    return check(id, answer, seed)._replace(more=())


def refuses_loops(id, answer, seed):
    feedback = check(id, answer, seed)
    return feedback._replace(passed=feedback.passed and answer is not right_answers.STYLES[id][1])


def accepts_on_the_second_input(id, answer, seed):
    return check(id, answer, seed)._replace(passed=True) if seed else check(id, answer, seed)


def is_short_with_blanks(id, answer, seed):
    feedback = check(id, answer, seed)
    return feedback._replace(message=feedback.message.replace("Not written yet", "Wrong"))


BROKEN = {
    passes_everything: {"told": 0, "rejected": 0, "named": 0, "unnamed": 8, "notes": "M10 passes"},
    calls_all_the_same: {"rejected": 4, "named": 2, "wrongly": 6, "notes": "M10 on input 0: wrongly"},
    names_nothing: {"accepted": 3, "rejected": 4, "named": 0, "unnamed": 8, "wrongly": 0},
    hides_the_twin: {"named": 6, "wrongly": 2, "notes": "M11 on input 1: wrongly"},
    refuses_loops: {"accepted": 2, "rejected": 4, "named": 8, "notes": "whole_by_examples is refused"},
    accepts_on_the_second_input: {"accepted": 3, "rejected": 0, "notes": "M13 passes"},
    is_short_with_blanks: {"accepted": 3, "told": 0, "rejected": 4, "notes": "blank: Wrong"},
}


def test_the_row_of_a_sound_check_is_good():
    row = kill_table.row(SOME, right_answers.STYLES[SOME.id], 2)
    assert kill_table.verdict([row]) == [] and row.notes == ()
    assert (row.styles, row.accepted, row.mistakes, row.rejected) == (3, 3, 4, 4)
    assert (row.named, row.unnamed, row.wrongly) == (8, 0, 0)


@pytest.mark.parametrize("broken", BROKEN, ids=lambda check: check.__name__)
def test_a_broken_check_makes_a_bad_row(broken):
    row = kill_table.row(SOME, right_answers.STYLES[SOME.id], 2, broken)
    assert kill_table.verdict([row])
    expected = dict(BROKEN[broken])
    assert expected.pop("notes", "") in "\n".join(row.notes)
    assert {name: getattr(row, name) for name in expected} == expected


def test_a_row_without_right_answers_is_bad_and_so_is_an_empty_table():
    assert kill_table.verdict([kill_table.row(SOME, (), 1)]) == ["05.6 does not hold"]
    assert kill_table.verdict([]) == ["no check"]


# ------------------------------------------------------------------ exercises that ask for no function
ALIKE = {"id": "99.1", "title": "", "asked": "", "section": "", "question": ""}
NEEDS = {1: (), 2: (1,), 3: (2,), 4: (1,)}
OTHERS = {
    "an order": (
        Order(**ALIKE, signature="[1, 2]", needs=NEEDS, slips={"M19": (3, 2)}),
        ([1, 2, 3, 4], (1, 4, 2, 3), np.array([1, 2, 4, 3])),
        [4, 1, 2, 3],
    ),
    "a letter": (
        Choice(
            **ALIKE, signature='"a"', answer="b", told={"a": "?", "c": "?"}, slips={"M10": "a", "M11": "a"}
        ),
        ("b", "B"),
        "c",
    ),
    "numbers": (
        Exercise(
            **ALIKE, signature="dw, db", shapes="-> dw (), db (2,)", form="tuple", mistakes=("M1", "M4"),
            answer_from=lambda net: answer_of_signs(net),
        ),
        ((1.0, [2.0, 3.0]), [1.0, np.array([2.0, 3.0])], (np.float32(1), (2, 3))),
        (1.0, [2.0, 4.0]),
    ),
    "a repair": (
        Repair(**ALIKE, signature="{1: ...}", mistake="M10"),
        (Repair(**ALIKE, signature="", mistake="M10").right(),),
        {1: "def softmax(Z): return Z"},
    ),
}  # fmt: skip


def answer_of_signs(net):
    """(1, [2, 3]) from a module without a mistake; M1 and M4 make them N = 4 times as large, or negative."""
    saved = net.Saved(np.ones((4, 1)), np.ones((4, 1)), np.ones((4, 1)), np.full((4, 1), 2.0))
    params = {"W1": np.ones((1, 1)), "b1": np.ones(1), "W2": np.ones((1, 1)), "b2": np.ones(1)}
    size = net.backward(params, saved, np.ones((4, 1)))["b2"][0]
    return size, size * np.array([2.0, 3.0])


@pytest.mark.parametrize("kind", OTHERS)
def test_other_kinds_of_exercises_have_rows(kind):
    exercise, right, wrong = OTHERS[kind]

    def examined(id, answer, seed):
        is_plain = isinstance(exercise, Exercise)
        return examine(exercise, answer, seed) if is_plain else exercise.examine(answer, seed)

    row = kill_table.row(exercise, right, 2, examined)
    assert row.notes == () and kill_table.verdict([row]) == []
    assert (row.accepted, row.rejected) == (len(right), len(exercise.mistakes))
    assert row.named == 2 * len(exercise.mistakes) >= 2
    with_wrong = kill_table.row(exercise, (*right, wrong), 2, examined)
    assert kill_table.verdict([with_wrong]) and with_wrong.accepted == len(right)


# ------------------------------------------------------------------ sums, twins and print
def test_names_that_are_missing_count_over_all_checks():
    sound = kill_table.Row("a", styles=1, accepted=1, blanks=1, told=1, mistakes=20, rejected=20)
    assert kill_table.verdict([sound._replace(named=38, unnamed=2)]) == []
    assert len(kill_table.verdict([sound._replace(named=37, unnamed=3)])) == 1


def test_twins_are_measured():
    whole = EXERCISES["05.6"]
    for seed in (0, 1):
        assert kill_table.are_twins(SOME, "M10", "M11", seed)
        assert not kill_table.are_twins(SOME, "M10", "M12", seed)
        alike = [
            {a, b}
            for a in whole.mistakes
            for b in whole.mistakes
            if a < b and kill_table.are_twins(whole, a, b, seed)
        ]
        assert alike == [{"M10", "M11"}]


def test_what_is_the_same():
    one = {"a": (np.ones((2, 3)), [1.0, 2.0])}
    assert kill_table.same(one, {"a": (np.ones((2, 3)) + 1e-9, [1.0, 2.0])})
    assert not kill_table.same(one, {"a": (np.ones((2, 3)) + 1e-3, [1.0, 2.0])})
    assert not kill_table.same(one, {"a": (np.ones((3, 2)), [1.0, 2.0])})
    assert not kill_table.same(one, {"b": (np.ones((2, 3)), [1.0, 2.0])})
    assert kill_table.same("b", "b") and not kill_table.same("b", "a")
    assert not kill_table.same("ValueError", np.ones(2)) and not kill_table.same(np.ones(2), "ValueError")
    assert kill_table.same([np.nan, 1.0], [np.nan, 1.0]) and not kill_table.same([np.nan, 1.0], [2.0, 1.0])


def test_the_printed_table_shows_counts_percentages_and_what_is_missing(monkeypatch, capsys):
    monkeypatch.setattr(kill_table, "exercises", lambda: (SOME,))
    monkeypatch.setattr("sys.argv", ["kill_table.py", "--inputs", "1"])
    with pytest.raises(SystemExit) as end:
        kill_table.main()
    printed = capsys.readouterr().out
    assert end.value.code == 0
    assert ["05.6", "3/3", "yes", "4/4", "4/4", "0"] in [line.split() for line in printed.splitlines()]
    assert "named correctly: 4 of 4 (100.0%)" in printed

    without = SOME._replace(mistakes=("M10", "M38"))  # M38 is in the loss: this answer stays right
    monkeypatch.setattr(kill_table, "exercises", lambda: (without,))
    with pytest.raises(SystemExit) as end:
        kill_table.main()
    printed = capsys.readouterr().out
    assert end.value.code == 1 and "05.6: M38 passes" in printed and "05.6 does not hold" in printed
