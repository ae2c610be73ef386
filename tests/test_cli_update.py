"""`update` and `reset` bring what the course has now, and lose nothing wherever they are cut."""

import errno
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from small_lessons import snapshot, write

from backprop_course.cli import delivery, errors, main

ROOT = Path(__file__).resolve().parents[1]
MARK = ".backprop-course"
CHANGED, RAN, SAME = "00_start_here.ipynb", "01_next.ipynb", "02_then.ipynb"
SHEET = "exercises/01_next.ipynb"
NEW = "00_start_here.new.ipynb"


@pytest.fixture
def lessons(tmp_path, monkeypatch):
    source = tmp_path / "course" / "notebooks"
    for name, text in ((CHANGED, "x = 1"), (RAN, "y = 1"), (SAME, "z = 1")):
        write(source, name, text)
    write(source.parent / "exercises", "01_next.ipynb", "u = ...")
    monkeypatch.setattr(errors, "course_files", lambda: source.parent)
    return source


@pytest.fixture
def mine(tmp_path, lessons):
    """A learner's folder: one lesson changed, one run, one untouched, and a file of their own."""
    folder = tmp_path / "mine"
    delivery.deliver(lessons, folder)
    alter(folder / CHANGED, lambda cell: cell.update(source="x = 42  # mine"))
    alter(folder / SHEET, lambda cell: cell.update(source="u = 42  # mine"))
    alter(folder / RAN, lambda cell: cell.update(execution_count=7))
    (folder / "notes.txt").write_text("mine too")
    return folder


@pytest.fixture
def corrected(lessons, mine):
    """The course after a correction of two lessons, with a new one."""
    for name, text in ((CHANGED, "x = 2"), (RAN, "y = 2"), ("03_new.ipynb", "w = 1")):
        write(lessons, name, text)
    write(lessons.parent / "exercises", "01_next.ipynb", "u = None")
    return lessons


def alter(path, change):
    content = nbformat.read(path, as_version=4)
    change(content.cells[1])
    nbformat.write(content, path)


def visible(folder):
    """What the learner sees: no hidden file, nothing under the mark."""
    hidden = {path for path in snapshot(folder) if any(part.startswith(".") for part in path.parts)}
    return {path: c for path, c in snapshot(folder).items() if path not in hidden}


def kept(folder, name):
    return [path.read_bytes() for path in sorted((folder / MARK / "old").glob(f"*/{name}"))]


def said(capsys, *words, status=0):
    assert main([str(word) for word in words]) == status
    out, err = capsys.readouterr()
    return err if status else out


# ------------------------------------------------------------------ update
def test_update_lays_the_new_text_beside_what_the_learner_changed(corrected, mine, capsys):
    before = snapshot(mine)
    text = said(capsys, "update", mine)
    after = visible(mine)
    assert after.pop(Path(NEW)) == (corrected / CHANGED).read_bytes()
    assert f"left as you changed it: {CHANGED}. The course's new text lies beside it: {NEW}" in text
    assert after[Path(CHANGED)] == before[Path(CHANGED)] and after[Path("notes.txt")] == b"mine too"
    assert after[Path(RAN)] == (corrected / RAN).read_bytes() and f"brought up to date: {RAN}" in text
    assert kept(mine, RAN) == [before[Path(RAN)]]
    assert after[Path("03_new.ipynb")] == (corrected / "03_new.ipynb").read_bytes()
    assert after[Path(SAME)] == before[Path(SAME)] and SAME not in text
    assert after[Path(SHEET)] == before[Path(SHEET)]
    fresh = (corrected.parent / SHEET).read_bytes()
    assert after[Path("exercises/01_next.new.ipynb")] == fresh


def test_update_twice_piles_nothing_up(corrected, mine, capsys):
    said(capsys, "update", mine)
    before = snapshot(mine)
    assert f"lies beside it: {NEW}" in said(capsys, "update", mine)
    assert snapshot(mine) == before
    alter(mine / NEW, lambda cell: cell.update(execution_count=1))  # it was only run
    ran = snapshot(mine)
    said(capsys, "update", mine)
    assert snapshot(mine) == ran


def test_a_new_one_that_was_not_changed_follows_the_course(corrected, mine, capsys):
    said(capsys, "update", mine)
    alter(mine / NEW, lambda cell: cell.update(execution_count=1))
    ran = (mine / NEW).read_bytes()
    write(corrected, CHANGED, "x = 3")
    said(capsys, "update", mine)
    assert (mine / NEW).read_bytes() == (corrected / CHANGED).read_bytes()
    assert kept(mine, NEW) == [ran]
    assert len(list(mine.glob("00*"))) == 2


@pytest.mark.parametrize("how", ["change", "empty"])
def test_a_new_one_that_the_learner_changed_stays_too(corrected, mine, capsys, how):
    said(capsys, "update", mine)
    if how == "change":
        alter(mine / NEW, lambda cell: cell.update(source="x = 43  # mine"))
    else:
        (mine / NEW).write_bytes(b"")
    before = visible(mine)
    write(corrected, CHANGED, "x = 3")
    for _ in range(2):
        assert "lies beside it: 00_start_here.new-2.ipynb" in said(capsys, "update", mine)
        after = visible(mine)
        assert after.pop(Path("00_start_here.new-2.ipynb")) == (corrected / CHANGED).read_bytes()
        assert after == before


def test_a_file_of_that_name_which_the_course_never_gave_stays(corrected, mine, capsys):
    (mine / NEW).mkdir()
    write(mine, "00_start_here.new-2.ipynb", "my own")
    before = snapshot(mine)
    assert "lies beside it: 00_start_here.new-3.ipynb" in said(capsys, "update", mine)
    after = snapshot(mine)
    for name in (CHANGED, "00_start_here.new-2.ipynb"):
        assert after[Path(name)] == before[Path(name)]


def test_what_the_course_has_not_changed_is_left_without_a_word(mine, capsys):
    before = visible(mine)
    assert "every lesson is up to date" in said(capsys, "update", mine)
    assert visible(mine) == before


def test_start_points_to_update(corrected, mine):
    (sentence,) = [line for line in delivery.deliver(corrected, mine) if CHANGED in line]
    assert "beside yours: backprop-course update" in sentence and not (mine / NEW).exists()


def test_the_folder_is_found_from_inside(corrected, mine, monkeypatch, capsys):
    (mine / "data").mkdir()
    monkeypatch.chdir(mine / "data")
    said(capsys, "update")
    assert (mine / NEW).is_file() and not list((mine / "data").iterdir())
    said(capsys, "reset", "0")
    assert (mine / CHANGED).read_bytes() == (corrected / CHANGED).read_bytes()


# ------------------------------------------------------------------ reset
@pytest.mark.parametrize("word", ["0", "00", "00_start_here", "00_start_here.ipynb", "./00"])
def test_reset_gives_a_fresh_copy_and_keeps_the_old_one(corrected, mine, capsys, word):
    before = snapshot(mine)
    text = said(capsys, "reset", word, mine)
    assert (mine / CHANGED).read_bytes() == (corrected / CHANGED).read_bytes()
    assert kept(mine, CHANGED) == [before[Path(CHANGED)]]
    (place,) = (mine / MARK / "old").iterdir()
    assert str(place) in text and ":" not in place.name
    others = {path: c for path, c in visible(mine).items() if path != Path(CHANGED)}
    assert others == {path: before[path] for path in others}
    write(corrected, CHANGED, "x = 3")  # the fresh copy is the course's again: it follows
    assert f"brought up to date: {CHANGED}" in said(capsys, "update", mine)


@pytest.mark.parametrize("word", ["exercises/1", "exercises\\01", "./exercises/01_next.ipynb"])
def test_reset_of_a_sheet_leaves_the_lesson_of_that_number(corrected, mine, capsys, word):
    before = snapshot(mine)
    assert f"{SHEET} is fresh again" in said(capsys, "reset", word, mine)
    assert (mine / SHEET).read_bytes() == (corrected.parent / SHEET).read_bytes()
    assert kept(mine, "01_next.ipynb") == [before[Path(SHEET)]]
    assert (mine / RAN).read_bytes() == before[Path(RAN)]
    text = said(capsys, "update", mine)  # the fresh copy is the course's again
    assert "exercises" not in text and not list(mine.glob("exercises/*.new*"))
    assert "there is no lesson '00'" in said(capsys, "reset", "exercises/00", mine, status=1)


def test_resets_in_one_second_overwrite_nothing(lessons, mine, capsys):
    texts = [f"x = {k}  # mine".encode() for k in range(4)]
    for text in texts:
        (mine / CHANGED).write_bytes(text)
        said(capsys, "reset", "00", mine)
    assert sorted(kept(mine, CHANGED)) == texts


def test_what_is_kept_is_on_the_disk_before_its_place_is_taken(lessons, mine, monkeypatch, capsys):
    steps, fsync, move = [], os.fsync, Path.replace
    monkeypatch.setattr(os, "fsync", lambda file: steps.append("on the disk") or fsync(file))
    monkeypatch.setattr(Path, "replace", lambda part, path: steps.append(path) or move(part, path))
    said(capsys, "reset", "00", mine)
    (old,) = (mine.resolve() / MARK / "old").glob(f"*/{CHANGED}")
    assert steps[:4] == ["on the disk", old, "on the disk", mine.resolve() / CHANGED]


def test_reset_of_a_fresh_or_missing_lesson_keeps_nothing(lessons, mine, capsys):
    (mine / CHANGED).unlink()
    for _ in range(2):
        assert "is as the course gives it" in said(capsys, "reset", "00", mine)
        assert (mine / CHANGED).read_bytes() == (lessons / CHANGED).read_bytes()
    assert not (mine / MARK / "old").exists()


def test_reset_of_what_is_no_file_or_no_lesson(lessons, mine, capsys):
    (mine / RAN).unlink()
    (mine / RAN).mkdir()
    before = snapshot(mine)
    assert "is no file, so it cannot be kept. Rename it" in said(capsys, "reset", "1", mine, status=1)
    assert "there is no lesson '77'. There are:" in said(capsys, "reset", "77", mine, status=1)
    assert snapshot(mine) == before and (mine / RAN).is_dir()


@pytest.mark.parametrize("command", [["update"], ["reset", "00"], ["progress"]], ids=" ".join)
def test_where_start_was_typed_the_default_folder_is_found(lessons, tmp_path, monkeypatch, capsys, command):
    """A learner who comes back to the clone types the next command there, too."""
    folder = tmp_path / "my-backprop-course"
    delivery.deliver(lessons, folder)
    monkeypatch.chdir(tmp_path)
    said(capsys, *command)
    if command[0] == "reset":
        alter(folder / CHANGED, lambda cell: cell.update(source="x = 42  # mine"))
        said(capsys, *command)
        assert (folder / CHANGED).read_bytes() == (lessons / CHANGED).read_bytes()
    assert "is not a folder of yours" in said(capsys, *command, ".", status=1), "a named one is not searched"


# ------------------------------------------------------------------ where it cannot work
COMMANDS = [["update"], ["reset", "00"], ["progress"]]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_outside_a_learners_folder_it_says_what_to_do(lessons, tmp_path, monkeypatch, capsys, command):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("mine")
    for place, reason in (
        ([], "is not a folder of yours"),
        (["."], "is not a folder of yours"),
        (["gone"], "is no folder"),
        (["file"], "is no folder"),
        (["~nobody-of-this-name/x"], "cannot be found"),
    ):
        text = said(capsys, *command, *place, status=1)
        assert reason in text and ("name it: backprop-course" in text or "Name the whole path" in text)
    assert {path.name for path in tmp_path.iterdir()} == {"course", "file"}


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS])
@pytest.mark.parametrize("command", COMMANDS[:2], ids=" ".join)
def test_a_full_or_read_only_disk_loses_nothing(corrected, mine, monkeypatch, capsys, command, number):
    before, writes, works = visible(mine), [], Path.open

    def refuse(path, mode="r", *more, **options):
        if "w" in mode:
            writes.append(path)
            if len(writes) >= at:
                raise OSError(number, os.strerror(number))
        return works(path, mode, *more, **options)

    monkeypatch.setattr(Path, "open", refuse)
    for at in (1, 2):
        writes.clear()
        text = said(capsys, *command, mine, status=1)
        assert f"cannot write in {mine.resolve()} ({os.strerror(number)})" in text and len(writes) == at
        assert "run the command again" in text
        assert before[Path(CHANGED)] in {*snapshot(mine).values()}
    monkeypatch.undo()
    assert not list(mine.rglob("*.part"))


# ------------------------------------------------------------------ killed at every step
@pytest.mark.skipif(not hasattr(os, "fork"), reason="each step is killed in a fork")
@pytest.mark.parametrize("step", [7, pytest.param(1, marks=pytest.mark.thorough)])
@pytest.mark.parametrize(
    "command", [["update"], ["reset", "00"], ["reset", "01"], ["reset", "exercises/01"]], ids=" ".join
)
def test_killed_at_any_step_nothing_is_lost_and_the_next_run_completes(
    corrected, mine, tmp_path, monkeypatch, capsys, command, step
):
    """At each line of the commands' own modules, or at each seventh."""
    theirs = {*visible(mine).values()}
    out, variables = tmp_path / "killed", os.environ | {"PYTHONPATH": str(ROOT)}
    words = [ROOT / "tests" / "kill_steps.py", step, corrected.parent, mine, out, *command]
    ran = subprocess.run(
        [sys.executable, *map(str, words)], env=variables, capture_output=True, timeout=120
    )
    assert ran.returncode == 0, ran.stderr
    *killed, whole = sorted(out.iterdir(), key=lambda path: int(path.name))
    assert len(killed) > 30 / step and visible(whole) != visible(mine)
    states = {json.dumps(sorted(map(str, snapshot(folder)))) for folder in killed}
    assert len(states) > (3 if step == 1 else 2), "cut at different states"
    expected = visible(whole), (whole / MARK / "manifest.json").read_bytes()
    monkeypatch.setattr(os, "fsync", lambda _: None)  # the machine stays on; 2 000 waits for the disk do not
    for folder in killed:
        assert theirs <= {*snapshot(folder).values()}, f"something is lost at step {folder.name}"
        whole_copies = {path.read_bytes() for path in (folder / MARK / "old").glob("*/*.ipynb")}
        assert whole_copies <= theirs, "nothing under old/ is a part of a file"
        assert main([*command, str(folder)]) == 0
        assert (visible(folder), (folder / MARK / "manifest.json").read_bytes()) == expected
        assert theirs <= {*snapshot(folder).values()}, f"something is lost after step {folder.name}"
    shutil.rmtree(out)
