"""Progress is counted once: the tables, the marks of the figure and its words say the same."""

import re
import tomllib
from pathlib import Path
from types import SimpleNamespace

import pytest

from backprop_course.grading import counting, exercises, progress
from backprop_course.grading.summary import Summary, summarize

ROOT = Path(__file__).parent.parent
LESSONS = {
    "00_start": "[p1.explanations]\n",
    "05_back_ward": "[p1.explanations]\n[p2.explanations]\n[hints]\n'05.1' = ['a', 'b', 'c']\n",
    "bridge_maths": "[p1.explanations]\n",
    "inventory": '[item1]\nconcept = "sums"\n[item2]\nconcept = "masks"\n[item3]\nconcept = "masks"\n',
}
EXERCISES = {"05.1": "masks", "05.2": "masks", "05.3": "", "05.4": "steps"}


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A course of three lessons, an inventory of three items, and four exercises, all of lesson 05."""
    (tmp_path / "lessons").mkdir()
    for name, text in LESSONS.items():
        (tmp_path / "lessons" / f"{name}.toml").write_text(text, encoding="utf-8")
    asked = tuple(SimpleNamespace(id=id, concept=concept) for id, concept in EXERCISES.items())
    monkeypatch.setattr(counting, "course_files", lambda: tmp_path)
    monkeypatch.setattr("backprop_course.grading.checks.exercises", lambda: asked)


def event(kind, **fields):
    return {"time": "2026-01-01", "kind": kind} | fields


def predicted(id, right):
    return event("prediction", id=id, right=right)


def checked(id, *passed):
    return [event("check", id=id, passed=p, mistake=None) for p in passed]


def answered(form, item, concept, right):
    return event("inventory", form=form, item=item, concept=concept, right=right)


def lesson(found, id="05"):
    (row,) = (row for row in summarize(found).lessons if row.id == id)
    return row


def concept(found, name="masks"):
    (row,) = (row for row in summarize(found).concepts if row.name == name)
    return row


# ------------------------------------------------------------------ counted
def test_a_new_learner_has_everything_before_them(course):
    new = summarize([])
    assert [row.id for row in new.lessons] == ["00", "05", "bridge_maths"]
    assert [row.title for row in new.lessons] == ["00 start", "05 back ward", "bridge maths"]
    assert lesson([]).predictions == {"05.p1": "open", "05.p2": "open"}
    assert lesson([]).exercises == dict.fromkeys(EXERCISES, "open")
    assert [row.name for row in new.concepts] == ["sums", "masks", "steps"]
    assert concept([]).before == concept([]).after == {2: "open", 3: "open"}
    assert not any(row.is_begun for row in (*new.lessons, *new.concepts))


def test_the_first_choice_of_a_prediction_counts(course):
    found = [predicted("05.p2", False), predicted("05.p1", True), predicted("05.p2", True)]
    assert lesson(found).predictions == {"05.p1": "right", "05.p2": "tried"}
    assert (lesson(found).predictions.begun, lesson(found).predictions.right) == (2, 1)


@pytest.mark.parametrize(
    "passed, state",
    [([], "open"), ([False, False], "tried"), ([False, True], "right"), ([True, False], "right")],
)
def test_an_exercise_has_passed_once_any_check_of_it_has(course, passed, state):
    assert lesson(checked("05.1", *passed)).exercises["05.1"] == state


@pytest.mark.parametrize(
    "checks, tries",
    [
        ({}, None),
        ({"05.1": [False, False]}, None),  # nothing has passed yet
        ({"05.1": [True]}, 1),
        ({"05.1": [False, False, True, False, True]}, 3),  # what comes after the first pass does not count
        ({"05.1": [True], "05.2": [False, True]}, 1.5),
        ({"05.1": [True], "05.2": [False] * 8 + [True], "05.3": [False, True], "05.4": [False] * 20}, 2),
    ],
)
def test_tries_are_the_median_up_to_the_first_pass(course, checks, tries):
    found = [e for id, passed in checks.items() for e in checked(id, *passed)]
    assert lesson(found).tries == tries and lesson(found, "00").tries is None


def test_different_hints_are_counted_once(course):
    asked = [("05.1", 1), ("05.1", 2), ("05.1", 2), ("05.2", 1)]
    found = [event("hint", id=id, level=level) for id, level in asked]
    assert (lesson(found).hints, lesson(found, "00").hints) == (3, 0)
    assert lesson(found).is_begun and lesson(found).exercises["05.1"] == "open"


def test_checks_of_an_exercise_that_the_course_does_not_have_are_left_out(course):
    found = [*checked("05.9", True), *checked("09.1", True), event("check", passed=True)]
    assert summarize(found) == summarize([])


def test_other_things_that_the_course_does_not_have_are_shown(course):
    found = [predicted("05.p9", True), predicted("44.p1", False), event("prediction", right=True)]
    found += [answered("A", 9, "chains", True), event("inventory", form="A"), event("hint", level=1)]
    rows = {row.id: row for row in summarize(found).lessons}
    assert list(rows) == ["00", "05", "bridge_maths", "44", "?"]
    assert (rows["05"].predictions.right, len(rows["05"].predictions)) == (1, 3)
    assert (rows["?"].predictions.right, rows["?"].hints) == (1, 1)
    assert [row.name for row in summarize(found).concepts if row.is_begun] == ["chains", "?"]


def test_what_was_handed_in_last_counts_in_each_form(course):
    found = [answered("A", 2, "masks", True), answered("B", 2, "masks", False)]
    found += [answered("A", 2, "masks", False), answered("A", 3, "masks", True)]
    assert concept(found).before == {2: "tried", 3: "right"}
    assert concept(found).after == {2: "tried", 3: "open"}
    assert concept(found, "sums").before == {1: "open"}


def test_exercises_count_for_their_concept(course):
    found = [*checked("05.1", True), *checked("05.2", False), *checked("05.3", True)]
    assert concept(found).exercises == {"05.1": "right", "05.2": "tried"}
    assert concept(found, "steps").exercises == {"05.4": "open"}
    assert sum(len(row.exercises) for row in summarize(found).concepts) == 3  # 05.3 has no concept
    assert str(summarize(checked("05.1", True))).endswith("1 of 1")  # 05.2 is not tried


def test_the_courses_own_lessons_and_exercises_are_counted():
    """By another way: what the notebooks ask for, and what the TOML file of the inventory holds."""
    asked = [
        name
        for notebook in (ROOT / "notebooks").glob("*.ipynb")
        for name in re.findall(r'predict\(\\"([\w.]+)\\"', notebook.read_text(encoding="utf-8"))
    ]
    items = tomllib.loads((ROOT / "lessons" / "inventory.toml").read_text(encoding="utf-8"))
    new = summarize([])
    assert sorted(name for row in new.lessons for name in row.predictions) == sorted(asked)
    assert [id for row in new.lessons for id in row.exercises] == [e.id for e in exercises()]
    assert [row.name for row in new.concepts] == [table["concept"] for table in items.values()]
    assert len(new.lessons) == len(list((ROOT / "notebooks").glob("*.ipynb")))
    for text in (f"{len(asked)} predictions", f"{len(exercises())} exercises", f"{len(items)} ideas"):
        assert text in new.finding


# ------------------------------------------------------------------ shown
SOME = [
    *(predicted("05.p1", True), predicted("05.p2", False), predicted("00.p1", True)),
    *(*checked("05.1", False, True), *checked("05.2", False)),
    *(event("hint", id="05.2", level=1), answered("A", 1, "sums", True), answered("A", 2, "masks", False)),
]


def test_the_tables_show_what_is_begun(course):
    assert str(summarize(SOME)).splitlines() == [
        "lesson  predictions  right  exercises  tries  hints",
        "00           1 of 1      1          -      -      -",
        "05           2 of 2      1     1 of 4      2      1",
        "",
        "concept  inventory A  inventory B  exercises",
        "sums        answered            -          -",
        "masks       answered            -     1 of 2",
    ]


def test_form_a_is_told_with_form_b_only(course):
    """Neither the table nor the figure nor its words say before form B what was right in form A."""
    one, other = (summarize([answered("A", 1, "sums", right)]) for right in (True, False))
    assert (str(one), one.marks, one.words) == (str(other), other.marks, other.words)
    assert one.marks["concept"]["sums"]["form A"] == ["tried"]
    told = summarize([answered("A", 1, "sums", True), answered("B", 1, "sums", False)])
    assert str(told).splitlines()[1].split() == ["sums", "1", "of", "1", "0", "of", "1", "-"]
    assert told.marks["concept"]["sums"] == {"form A": ["right"], "form B": ["tried"], "exercises": []}
    assert "sums: form A right, form B not right." in told.words


def test_the_tables_are_headed_in_a_notebook_and_escape_what_is_recorded(course):
    html = summarize([*SOME, predicted("<script>.p1", True), answered("A", 9, "<b>", True)])._repr_html_()
    assert html.count("<table>") == 2 and '<th scope="col">predictions</th>' in html
    assert '<th scope="row" style="text-align:left">05</th><td>2 of 2</td><td>1</td>' in html
    assert "&lt;script&gt;" in html and "<script" not in html and "<b>" not in html


def test_nothing_recorded_is_said(course):
    new = summarize([])
    assert str(new) == Summary.EMPTY and new._repr_html_() == f"<p>{Summary.EMPTY}</p>"
    assert new.finding == "Nothing recorded yet: 4 predictions, 4 exercises, 3 ideas are open"
    assert "Open: 00 start, 05 back ward, bridge maths." in new.words
    assert "Form A of the inventory: 0 of 3 questions answered." in new.words


def test_the_words_say_what_the_figure_shows(course):
    seen = summarize(SOME)
    assert seen.finding == "You have made 3 of 4 predictions and passed 1 of 4 exercises"
    assert seen.words.split(". ") == [
        seen.finding,
        "00 start: 1 of 1 predictions made, 1 right",
        "05 back ward: 2 of 2 predictions made, 1 right, 1 of 4 exercises passed, 1 tried, 1 hint",
        "Open: bridge maths",
        "Form A of the inventory: 2 of 3 questions answered",
        "Form B of the inventory: 0 of 3 questions answered",
        "masks: form A answered, form B open, 1 of 2 tried exercises passed.",
    ]


def test_the_marks_are_the_states(course):
    marks = summarize(SOME).marks
    assert list(marks) == ["lesson", "concept"]
    assert marks["lesson"] == {
        "00 start": {"predictions": ["right"], "exercises": []},
        "05 back ward": {
            "predictions": ["right", "tried"],
            "exercises": ["right", "tried", "open", "open"],
        },
        "bridge maths": {"predictions": ["open"], "exercises": []},
    }
    assert marks["concept"]["masks"] == {
        "form A": ["tried", "open"],
        "form B": ["open", "open"],
        "exercises": ["right", "tried"],
    }


def test_the_summary_reads_the_learners_folder(course, tmp_path, monkeypatch):
    mine = tmp_path / "mine"
    (mine / ".backprop-course").mkdir(parents=True)
    monkeypatch.chdir(mine)
    progress._file_name.cache_clear()
    progress.record("prediction", id="00.p1", right=True)
    progress.record("hint", id="05.1", level=3)
    here = progress.summary()
    monkeypatch.chdir(tmp_path)
    assert progress.summary() == summarize([]) and progress.summary(mine) == here
    rows = {row.id: row for row in here.lessons}
    assert rows["00"].predictions == {"00.p1": "right"} and rows["05"].hints == 1
