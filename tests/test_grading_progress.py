"""Progress is kept in plain lines, survives what disks do, and never stands in the learner's way."""

import errno
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from backprop_course.grading import progress

ROOT = Path(__file__).parent.parent


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A learner's folder, with the current folder inside it."""
    kept = tmp_path / ".backprop-course" / "progress"
    kept.parent.mkdir()
    (tmp_path / "notebooks").mkdir()
    monkeypatch.chdir(tmp_path / "notebooks")
    progress._file_name.cache_clear()
    return kept


def test_outside_a_learners_folder_nothing_is_recorded(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert progress.record("prediction", id="05.p1") == ""
    assert progress.events() == [] and list(tmp_path.iterdir()) == []


def test_events_come_back_in_order_with_their_time(folder):
    for choice in "abc":
        assert progress.record("prediction", id="05.p1", choice=choice) == ""
    progress.record("inventory", form="A", text="Größe α — “quoted”\nnext line")
    found = progress.events("prediction")
    assert [event["choice"] for event in found] == ["a", "b", "c"]
    assert progress.events("inventory")[0]["text"] == "Größe α — “quoted”\nnext line"
    assert all(event["time"].endswith("+00:00") for event in found)
    (file,) = folder.iterdir()
    assert ":" not in file.name and len(file.read_text(encoding="utf-8").splitlines()) == 4


def test_each_process_has_its_own_file_and_all_are_merged_by_time(folder):
    def elsewhere(choice):
        code = f"from backprop_course.grading.progress import record; record('prediction', choice={choice!r})"
        subprocess.run([sys.executable, "-c", code], check=True, env=os.environ | {"PYTHONPATH": str(ROOT)})

    progress.record("prediction", choice="first")
    elsewhere("second")
    progress.record("prediction", choice="third")
    assert len(list(folder.iterdir())) == 2
    assert [event["choice"] for event in progress.events()] == ["first", "second", "third"]


@pytest.mark.parametrize(
    "damage",
    [
        *('{"time": "2026-01-01", "kind": "pr', "null\n", '{"kind": "no time"}\n', "\n\n", '["a list"]\n'),
        *("\x00", pytest.param("[" * 100_000, id="100,000 brackets")),
        *(
            '{"time": "2026-01-01", "kind": "prediction", "choice": "bad", ' + field + "}\n"
            for field in ('"id": 5', '"right": "yes"', '"form": null', '"item": [1]', '"kind": 1')
        ),
        '{"time": "2026-01-01", "kind": "prediction", "id": "05.p1", "choice": ["a"]}\n',
    ],
)
def test_what_cannot_be_read_is_left_out(folder, damage):
    progress.record("prediction", choice="kept")
    (file,) = folder.iterdir()
    with file.open("a", encoding="utf-8") as end:
        end.write(damage)
    (folder / "other.jsonl").write_bytes(b"\xff\xfe half a byte" + damage.encode())
    assert [event["choice"] for event in progress.events()] == ["kept"]


@pytest.mark.parametrize("damage", ["folder", "dangling link"])
def test_a_file_that_does_not_open_hides_no_other(folder, damage):
    progress.record("prediction", choice="kept")
    for name in ("0.jsonl", "z.jsonl"):
        if damage == "folder":
            (folder / name).mkdir()
        else:
            (folder / name).symlink_to(folder / "gone")
    assert [event["choice"] for event in progress.events()] == ["kept"]


def test_a_full_disk_gives_a_message_and_the_next_event_a_new_file(folder, monkeypatch):
    progress.record("prediction", choice="before")

    def full(self, *args, **kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", full)
        message = progress.record("prediction", choice="lost")
    assert message == (
        "Your answer could not be saved (No space left on device). You can go on without it."
    )
    assert progress.record("prediction", choice="after") == ""
    assert len(list(folder.iterdir())) == 2
    assert [event["choice"] for event in progress.events()] == ["before", "after"]


def test_a_folder_that_cannot_be_made_gives_a_message_and_reads_as_empty(folder):
    folder.write_text("a file stands where the folder should be", encoding="utf-8")
    assert progress.record("prediction", choice="a").startswith("Your answer could not be saved (")
    assert progress.events() == []


def test_a_current_folder_that_is_gone_is_no_error(tmp_path, monkeypatch):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    try:
        gone.rmdir()
    except OSError:
        pytest.skip("this system keeps the current folder")
    assert progress.record("prediction", choice="a") == "" and progress.events() == []


def test_the_summary_counts_first_predictions_by_lesson_and_names_the_forms(folder):
    assert "Nothing is recorded yet" in str(progress.summary())
    for name, right in (("05.p1", True), ("05.p2", False), ("02.p1", True), ("05.p1", False)):
        progress.record("prediction", id=name, right=right)
    progress.record("inventory", form="A", item=1, right=False)
    lines = str(progress.summary()).splitlines()
    assert re.fullmatch(r"lesson 02 +predictions: 1, right: 1", lines[0])
    assert re.fullmatch(r"lesson 05 +predictions: 2, right: 1", lines[1])
    assert lines[2].startswith("inventory A") and "handed in on 20" in lines[2]
    assert "predictions: 2" in progress.summary()._repr_html_() and "right" not in lines[2]


def test_the_summary_counts_what_has_no_name(folder):
    progress.record("prediction", right=True)
    progress.record("inventory", item=1)
    progress.record("inventory", form="A", item=1)
    lines = str(progress.summary()).splitlines()
    assert len(lines) == 2 and "right: 1" in lines[0] and lines[1].startswith("inventory A")


def test_the_summary_escapes_what_the_file_holds(folder):
    progress.record("prediction", id="<script>.p1", right=True)
    assert "<script>" not in progress.summary()._repr_html_()


def test_lines_are_plain_json(folder):
    progress.record("prediction", id="05.p1", right=True)
    (file,) = folder.iterdir()
    assert json.loads(file.read_text(encoding="utf-8"))["right"] is True
