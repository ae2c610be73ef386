"""`progress` tells the learner what is recorded, and gives an instructor all of it in one file."""

import csv
import errno
import os
import tomllib
from pathlib import Path
from types import SimpleNamespace

import pytest
from small_lessons import snapshot

from backprop_course.cli import main
from backprop_course.grading import counting, exercises, progress

FIRST = [  # the columns of exports before there were checks
    *("time", "kind", "lesson", "form", "id", "item"),
    *("concept", "choice", "right", "mistake", "confidence"),
]
HEADER = [*FIRST, "passed", "level"]
LESSONS = Path(__file__).parent.parent / "lessons"


@pytest.fixture
def mine(tmp_path, monkeypatch):
    """A learner's folder where nothing is recorded; the current folder is inside it."""
    folder = tmp_path / "mine"
    (folder / ".backprop-course").mkdir(parents=True)
    (folder / "data").mkdir()
    monkeypatch.chdir(folder / "data")
    progress._file_name.cache_clear()
    return folder


@pytest.fixture
def recorded(mine):
    """Four predictions, one of them made twice; form A handed in twice, form B once, in part."""
    for name, right in (("05.p1", False), ("05.p2", True), ("bridge_maths.p1", True), ("05.p1", True)):
        progress.record(
            "prediction", id=name, choice="b", option="it grows", confidence="I am certain", right=right
        )
    answers = (
        *(("A", 1, "update", "a", False, "M4"), ("A", 2, "mask", None, False, None)),
        *(("A", 3, "mask", "c", True, None), ("A", 1, "update", "b", True, None)),
        *(("B", 2, "mask", "a", True, None),),
    )
    for form, item, concept, choice, right, mistake in answers:
        fields = {"concept": concept, "choice": choice, "right": right, "mistake": mistake}
        progress.record("inventory", form=form, item=item, **fields)
    return mine


def said(capsys, *words, status=0):
    assert main(["progress", *map(str, words)]) == status
    out, err = capsys.readouterr()
    return err if status else out


def rows_of(file):
    with Path(file).open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))


def predictions_of(lesson):
    """How many predictions a lesson asks for."""
    (file,) = LESSONS.glob(f"{lesson}*.toml")
    return sum(key.startswith("p") for key in tomllib.loads(file.read_text(encoding="utf-8")))


def test_the_table_counts_by_lesson_and_by_concept(recorded, monkeypatch, capsys):
    monkeypatch.setattr(counting, "_all_exercises", list)
    assert said(capsys).splitlines() == [
        "lesson        predictions  right  exercises  tries  hints",
        f"05                 2 of {predictions_of('05')}      1          -      -      -",  # the first choice
        f"bridge_maths       1 of {predictions_of('bridge_maths')}      1          -      -      -",
        "",
        "concept  inventory A  inventory B  exercises",
        "update      answered            -          -",  # form A is told with form B only
        "mask          1 of 2       1 of 1          -",
    ]


def test_checks_and_hints_stand_in_the_table(mine, capsys):
    asked = [exercise.id for exercise in exercises() if exercise.id.startswith("05.")]
    for passed in (False, False, False, True):
        progress.record("check", id="05.2", passed=passed, mistake=None if passed else "M13")
    for level in (1, 2):
        progress.record("hint", id="05.2", level=level)
    head, row = said(capsys).splitlines()[:2]
    assert head.split() == ["lesson", "predictions", "right", "exercises", "tries", "hints"]
    assert row.split() == f"05 0 of {predictions_of('05')} 0 1 of {len(asked)} 4 2".split()


def test_only_what_is_recorded_is_shown(mine, capsys):
    assert said(capsys).startswith("Nothing is recorded yet.")
    progress.record("inventory", form="B", item=1, concept="mask", right=False)
    assert said(capsys).splitlines() == [
        "concept  inventory A  inventory B  exercises",
        "mask               -       0 of 1          -",
    ]


def test_another_folder_can_be_named(recorded, tmp_path, monkeypatch, capsys):
    here = said(capsys)
    monkeypatch.chdir(tmp_path)
    assert said(capsys, recorded) == here and "bridge_maths" in here
    said(capsys, "mine", "--export", "all.csv")
    assert len(rows_of(tmp_path / "all.csv")) == 9


def test_it_reads_and_writes_nothing_else(recorded, capsys):
    before = snapshot(recorded)
    said(capsys)
    assert snapshot(recorded) == before


def test_the_export_holds_every_event_in_its_order(recorded, capsys):
    assert said(capsys, "--export", "all.csv") == "all.csv: 9 events written\n"
    rows = rows_of("all.csv")
    assert list(rows[0]) == [*HEADER, "option"]
    assert [row["time"] for row in rows] == sorted(row["time"] for row in rows)
    assert all(row["time"].startswith("20") for row in rows)
    first, item, unknown = rows[0], rows[4], rows[5]
    shown = ["kind", "lesson", "id", "choice", "right", "confidence", "option", "form", "item"]
    expected = ["prediction", "05", "05.p1", "b", "false", "I am certain", "it grows", "", ""]
    assert [first[name] for name in shown] == expected
    shown = ["kind", "form", "item", "concept", "choice", "right", "mistake", "lesson", "id"]
    assert [item[name] for name in shown] == ["inventory", "A", "1", "update", "a", "false", "M4", "", ""]
    assert unknown["choice"] == "" and unknown["item"] == "2"
    assert [row["id"] for row in rows[:4]] == ["05.p1", "05.p2", "bridge_maths.p1", "05.p1"]


def test_kinds_that_come_later_are_exported_with_their_own_columns(mine, capsys):
    progress.record("essay", id="05.2", right=True, seconds=0.25, tries=[1, 2])
    said(capsys, "--export", "all.csv")
    (row,) = rows_of("all.csv")
    assert list(row) == [*HEADER, "seconds", "tries"]
    assert (row["lesson"], row["right"], row["seconds"], row["tries"]) == ("05", "true", "0.25", "[1, 2]")


def test_checks_and_hints_are_exported_with_the_concept_of_their_exercise(mine, monkeypatch, capsys):
    asked = [SimpleNamespace(id="05.2", concept="masks"), SimpleNamespace(id="05.3", concept="")]
    monkeypatch.setattr(counting, "_all_exercises", lambda: asked)
    progress.record("check", id="05.2", passed=False, mistake="M13")
    progress.record("hint", id="05.2", level=1)
    progress.record("check", id="05.3", passed=True, mistake=None)
    said(capsys, "--export", "all.csv")
    shown = ["kind", "lesson", "id", "concept", "passed", "mistake", "level"]
    rows = rows_of("all.csv")
    assert list(rows[0]) == HEADER
    assert [[row[name] for name in shown] for row in rows] == [
        ["check", "05", "05.2", "masks", "false", "M13", ""],
        ["hint", "05", "05.2", "masks", "", "", "1"],
        ["check", "05", "05.3", "", "true", "", ""],
    ]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_a_spreadsheet_computes_nothing(mine, capsys, text):
    progress.record("prediction", id=text, option="2 = 2", number=-1.5)
    said(capsys, "--export", "all.csv")
    (row,) = rows_of("all.csv")
    assert (row["id"], row["option"], row["number"]) == ("'" + text, "2 = 2", "-1.5")


@pytest.mark.parametrize("further", [[], ["option"], ["passed", "option"]])
def test_an_export_of_an_earlier_version_is_replaced(recorded, capsys, further):
    Path("all.csv").write_text(",".join([*FIRST, *further]) + "\r\n", encoding="utf-8-sig", newline="")
    said(capsys, "--export", "all.csv")
    assert list(rows_of("all.csv")[0]) == [*HEADER, "option"]


def test_a_file_that_only_begins_like_an_export_stays(recorded, capsys):
    Path("all.csv").write_text(",".join(FIRST[:-1]) + "\r\n", encoding="utf-8-sig")
    assert "is no export of your progress" in said(capsys, "--export", "all.csv", status=1)
    assert Path("all.csv").read_text(encoding="utf-8-sig") == ",".join(FIRST[:-1]) + "\n"


@pytest.mark.parametrize("text", ["Größe −1", 'a "b", c', "two\nlines", "two\r\nlines", "a\rb"])
def test_every_text_comes_back(mine, capsys, text):
    progress.record("prediction", id="05.p1", option=text)
    said(capsys, "--export", "all.csv")
    assert rows_of("all.csv")[0]["option"] == text


def test_half_a_character_is_no_traceback(mine, capsys):
    progress.record("prediction", id="05.p1", option="\ud800")
    assert "1 events" in said(capsys, "--export", "all.csv") and rows_of("all.csv")[0]["option"] == "\\ud800"


def test_an_export_replaces_an_export_and_no_other_file(recorded, capsys):
    said(capsys, "--export", "all.csv")
    progress.record("prediction", id="06.p1", right=True)
    said(capsys, "--export", "all.csv")
    assert len(rows_of("all.csv")) == 10
    Path("data.csv").write_text("time,loss\n1,2\n")
    Path("folder.csv").mkdir()
    for name in ("data.csv", "folder.csv"):
        assert f"{name} is there already and is no export" in said(capsys, "--export", name, status=1)
    assert Path("data.csv").read_text() == "time,loss\n1,2\n" and Path("folder.csv").is_dir()


def test_a_place_that_does_not_exist_is_a_plain_message(recorded, capsys):
    text = said(capsys, "--export", Path("gone", "all.csv"), status=1)
    assert text.startswith("backprop-course: cannot write in gone (No such file or directory).")


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS])
@pytest.mark.parametrize("before", [False, True])
def test_a_full_or_read_only_disk_is_a_plain_message(recorded, monkeypatch, capsys, number, before):
    if before:
        said(capsys, "--export", "all.csv")
    files = snapshot(recorded)

    def refuse(_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", refuse)
    text = said(capsys, "--export", "all.csv", status=1)
    assert f"cannot write in . ({os.strerror(number)})" in text and "Make room" in text
    assert snapshot(recorded) == files
