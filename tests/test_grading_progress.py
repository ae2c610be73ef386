"""Progress is kept in plain lines, survives what disks do, and never stands in the learner's way."""

import errno
import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from backprop_course.grading import check, exercises, progress

ROOT = Path(__file__).parent.parent
WRITER = """
import sys
from backprop_course.grading.progress import record
for k in range(int(sys.argv[2])):
    problem = record("check", id="05.2", passed=False, text=sys.argv[1], k=k, long="x" * int(sys.argv[3]))
    print(problem, k, " " * 500, flush=True)
"""
CHECKING = """
import json, os, sys
from backprop_course.grading import check, exercises, progress
(exercise,) = (e for e in exercises() if e.id == "05.2")

def checked():
    feedback = check("05.2", exercise.right())
    return feedback.passed, feedback.message
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A learner's folder, with the current folder inside it."""
    kept = tmp_path / ".backprop-course" / "progress"
    kept.parent.mkdir()
    (tmp_path / "notebooks").mkdir()
    monkeypatch.chdir(tmp_path / "notebooks")
    progress._file_name.cache_clear()
    return kept


def another(code, *words, **options):
    """Another process, such as a second notebook, in the current folder; its output is text."""
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, words)],
        env=os.environ | {"PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, text=True, **options,
    )  # fmt: skip


def said_by(process):
    """What a process printed as JSON, once it has ended well."""
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    return json.loads(out)


def numbers_of(writer):
    """The numbers that a WRITER recorded, as they are read now."""
    return [event["k"] for event in progress.events("check") if event["text"] == writer]


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
            for field in (
                *('"id": 5', '"right": "yes"', '"form": null', '"item": [1]', '"kind": 1'),
                *('"passed": 1', '"level": "2"', '"level": null'),
            )
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


def test_lines_are_plain_json(folder):
    progress.record("prediction", id="05.p1", right=True)
    (file,) = folder.iterdir()
    assert json.loads(file.read_text(encoding="utf-8"))["right"] is True


# ------------------------------------------------------------------ several kernels, and what ends them
def test_two_notebooks_write_while_a_third_reads(folder):
    writers = {name: another(WRITER, name, 1000, 0) for name in "ab"}
    readings = []
    for k in range(1000):  # each writer waits where its output is not read: none is far ahead
        assert [process.stdout.readline().split() for process in writers.values()] == [[str(k)]] * 2
        if k % 50 == 0:
            readings.append({name: numbers_of(name) for name in writers})
    assert [process.communicate() and process.returncode for process in writers.values()] == [0, 0]
    readings.append({name: numbers_of(name) for name in writers})
    for name in writers:
        counts = [len(reading[name]) for reading in readings]
        assert 0 < counts[0] < 1000 == counts[-1] and counts == sorted(counts)
        assert all(reading[name] == list(range(len(reading[name]))) for reading in readings)
    assert len(list(folder.iterdir())) == 2


@pytest.mark.parametrize("length", [0, 100_000])
def test_a_killed_kernel_loses_nothing_but_its_last_line(folder, length):
    writers = {moment: another(WRITER, moment, 100_000, length) for moment in (3, 150)}
    for moment, process in writers.items():
        confirmed = [process.stdout.readline() for _ in range(moment)]
        process.kill()
        confirmed += [line for line in process.stdout.read().splitlines(True) if line.endswith("\n")]
        process.wait()
        process.stdout.close()
        assert [line.split() for line in confirmed] == [[str(k)] for k in range(len(confirmed))]
        found = numbers_of(str(moment))
        assert found == list(range(len(found))) and len(confirmed) <= len(found) <= len(confirmed) + 1
    assert progress.record("check", id="05.2", passed=True, text="later", k=0) == ""
    assert numbers_of("later") == [0] and len(list(folder.iterdir())) == 3


# ------------------------------------------------------------------ the check answers all the same
def test_where_the_disk_fills_up_the_check_answers_and_whole_lines_stay(folder):
    pytest.importorskip("resource")
    filling = """
import resource
_, most = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (250, most))
answers = [checked() for _ in range(3)]
resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
print(json.dumps([*answers, checked()]))
"""
    first, second, third, later = said_by(another(CHECKING + filling))
    assert first == second == later and first[0] is True and third[0] is True
    note = "Your answer could not be saved (File too large). You can go on without it."
    assert third[1] == f"{first[1]} {note}" and note not in first[1]
    assert [event["passed"] for event in progress.events("check")] == [True] * 3
    cut, whole = sorted(folder.iterdir(), key=lambda file: -file.stat().st_size)
    assert cut.stat().st_size == 250 and not cut.read_text(encoding="utf-8").endswith("\n")
    assert whole.read_text(encoding="utf-8").endswith("}\n")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
def test_a_device_that_is_full_is_named_and_the_check_answers(folder, monkeypatch):
    monkeypatch.setattr(progress, "_file_name", cache(lambda pid: "/dev/full"))
    (exercise,) = (e for e in exercises() if e.id == "05.2")
    feedback = check("05.2", exercise.right())
    assert feedback.passed
    assert feedback.message.endswith(
        " Your answer could not be saved (No space left on device). You can go on without it."
    )
    assert progress.events() == [] and list(folder.iterdir()) == []


def obey_permissions():
    """Before a child starts: an administrator, too, may not write where it is not permitted."""
    import ctypes

    for capability in (1, 2):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
        ctypes.CDLL(None).prctl(24, capability, 0, 0, 0)  # PR_CAPBSET_DROP


@pytest.mark.skipif(sys.platform != "linux", reason="an administrator can be bound so on Linux only")
@pytest.mark.parametrize("made", [False, True], ids=["no folder yet", "a folder"])
def test_in_a_read_only_folder_the_check_answers(folder, made):
    if made:
        folder.mkdir()
    closed = folder if made else folder.parent
    closed.chmod(0o555)
    code = CHECKING + "print(json.dumps([os.access(sys.argv[1], os.W_OK), *checked(), progress.events()]))"
    try:
        writable, passed, message, found = said_by(another(code, closed, preexec_fn=obey_permissions))
    finally:
        closed.chmod(0o755)
    if writable:
        pytest.skip("this account may write everywhere")
    assert passed is True and found == []
    assert "Your answer could not be saved (Permission denied). You can go on without it." in message
