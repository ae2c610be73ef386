"""The learner's folder never loses what the learner made, and `start` opens it as it should."""

import io
import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output
from small_lessons import snapshot, write

from backprop_course.cli import delivery, errors, main
from backprop_course.cli import start as start_command
from backprop_course.cli.errors import CommandError
from backprop_course.course import learner_folder

ROOT = Path(__file__).resolve().parents[1]
MARK = ".backprop-course"


@pytest.fixture
def lessons(tmp_path):
    source = tmp_path / "course" / "notebooks"
    write(source, "00_start_here.ipynb", "x = 1")
    write(source, "01_next.ipynb", "y = 2")
    return source


@pytest.fixture
def mine(tmp_path, lessons):
    folder = tmp_path / "mine"
    delivery.deliver(lessons, folder)
    return folder


def edit(path, change):
    content = nbformat.read(path, as_version=4)
    change(content)
    nbformat.write(content, path)


def execute(content):
    """What JupyterLab writes when a notebook was run to its end: outputs, counts, and an empty cell below."""
    for count, cell in enumerate((c for c in content.cells if c.cell_type == "code"), 1):
        cell.execution_count = count
        cell.outputs = [new_output("stream", text="1\n")]
    content.metadata["language_info"] = {"name": "python", "version": "3.12"}
    content.cells.append(new_code_cell(""))


def answer(content):
    content.cells[1].source = "x = 42  # mine"


def test_a_new_folder_gets_byte_for_byte_copies_and_the_mark(lessons, mine):
    names = {"00_start_here.ipynb", "01_next.ipynb"}
    assert {path.name for path in mine.iterdir()} == names | {MARK}
    assert all((mine / name).read_bytes() == (lessons / name).read_bytes() for name in names)
    manifest = json.loads((mine / MARK / "manifest.json").read_text(encoding="utf-8"))
    assert set(manifest["notebooks"]) == names
    assert manifest["course"] == tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]


def test_starting_again_changes_nothing(lessons, mine):
    before = snapshot(mine)
    assert delivery.deliver(lessons, mine) == []
    assert snapshot(mine) == before


def test_what_the_learner_changed_stays_whatever_the_course_becomes(lessons, mine):
    edit(mine / "00_start_here.ipynb", answer)
    before = (mine / "00_start_here.ipynb").read_bytes()
    assert delivery.deliver(lessons, mine) == []
    write(lessons, "00_start_here.ipynb", "x = 2")
    for _ in range(2):
        (sentence,) = delivery.deliver(lessons, mine)
        assert sentence.startswith("left as you changed it: 00_start_here.ipynb")
        assert (mine / "00_start_here.ipynb").read_bytes() == before


@pytest.mark.parametrize("change", [lambda content: None, execute])
def test_what_was_only_run_follows_the_course_and_the_copy_before_is_kept(lessons, mine, change):
    edit(mine / "00_start_here.ipynb", change)
    ran = (mine / "00_start_here.ipynb").read_bytes()
    assert delivery.deliver(lessons, mine) == []
    assert (mine / "00_start_here.ipynb").read_bytes() == ran, "an unchanged lesson keeps its outputs"
    write(lessons, "00_start_here.ipynb", "x = 2")
    (sentence,) = delivery.deliver(lessons, mine)
    assert sentence.startswith("brought up to date: 00_start_here.ipynb")
    assert (mine / "00_start_here.ipynb").read_bytes() == (lessons / "00_start_here.ipynb").read_bytes()
    (kept,) = (mine / MARK / "old").glob("*/00_start_here.ipynb")
    assert kept.read_bytes() == ran
    assert ":" not in kept.parent.name
    assert delivery.deliver(lessons, mine) == []


def change_a_type(content):
    content.cells[1] = new_markdown_cell("x = 1", id="cell-0")


def drop_a_cell(content):
    del content.cells[0]


def swap_cells(content):
    content.cells.reverse()


@pytest.mark.parametrize("change", [answer, change_a_type, drop_a_cell, swap_cells])
def test_every_change_of_what_a_notebook_says_counts(lessons, mine, change):
    edit(mine / "00_start_here.ipynb", change)
    changed = (mine / "00_start_here.ipynb").read_bytes()
    write(lessons, "00_start_here.ipynb", "x = 2")
    delivery.deliver(lessons, mine)
    assert (mine / "00_start_here.ipynb").read_bytes() == changed


def test_deleted_and_new_lessons_are_brought(lessons, mine):
    (mine / "01_next.ipynb").unlink()
    write(lessons, "02_new.ipynb", "z = 3")
    assert delivery.deliver(lessons, mine) == ["new: 01_next.ipynb", "new: 02_new.ipynb"]
    assert (mine / "01_next.ipynb").read_bytes() == (lessons / "01_next.ipynb").read_bytes()


@pytest.mark.parametrize("spoilt", [None, b"", b"{", b"[]", b'{"notebooks": 3}', b"\xff\xfe"])
def test_without_its_manifest_nothing_is_overwritten(lessons, mine, spoilt):
    edit(mine / "00_start_here.ipynb", answer)
    before = snapshot(mine)[Path("00_start_here.ipynb")]
    manifest = mine / MARK / "manifest.json"
    manifest.unlink() if spoilt is None else manifest.write_bytes(spoilt)
    write(lessons, "01_next.ipynb", "y = 3")
    delivery.deliver(lessons, mine)
    assert snapshot(mine)[Path("00_start_here.ipynb")] == before
    assert b"y = 2" in (mine / "01_next.ipynb").read_bytes(), "who knows whose text that is"


NO_NOTEBOOKS = [b"", b"not json", b'{"cells": 3}', b"[1, 2]", b"\x00\xff", b"[" * 100_000]


@pytest.mark.parametrize("content", NO_NOTEBOOKS, ids=range(len(NO_NOTEBOOKS)))
def test_a_file_that_is_no_notebook_any_more_stays_and_is_named(lessons, mine, content):
    copy = mine / "00_start_here.ipynb"
    copy.write_bytes(content)
    for text in ("x = 1", "x = 2"):  # the course's text as delivered, then another one
        write(lessons, copy.name, text)
        (sentence,) = delivery.deliver(lessons, mine)
        assert sentence.startswith("left as it is: 00_start_here.ipynb, which is empty or cannot be read")
        assert "rename it and start again" in sentence and copy.read_bytes() == content
    copy.rename(mine / "old.ipynb")
    assert delivery.deliver(lessons, mine) == ["new: 00_start_here.ipynb"]
    assert delivery.deliver(lessons, mine) == []


def test_a_folder_or_a_broken_link_in_the_place_of_a_copy_is_named(lessons, mine):
    for name in ("00_start_here.ipynb", "01_next.ipynb"):
        (mine / name).unlink()
    (mine / "00_start_here.ipynb").mkdir()
    (mine / "01_next.ipynb").symlink_to(mine / "gone")
    first, second = delivery.deliver(lessons, mine)
    assert "left as it is: 00_start_here.ipynb" in first and "left as it is: 01_next.ipynb" in second
    assert (mine / "00_start_here.ipynb").is_dir() and (mine / "01_next.ipynb").is_symlink()


def test_files_that_were_there_before_stay(lessons, tmp_path):
    write(tmp_path / "mine", "00_start_here.ipynb", "my own notes")
    before = snapshot(tmp_path / "mine")
    delivery.deliver(lessons, tmp_path / "mine")
    assert before.items() <= snapshot(tmp_path / "mine").items()


@pytest.mark.parametrize("at", range(1, 4))
@pytest.mark.parametrize(("where", "what"), [(os, "fsync"), (Path, "replace")])
def test_a_full_disk_leaves_whole_files(lessons, mine, monkeypatch, where, what, at):
    write(lessons, "00_start_here.ipynb", "x = 2")
    write(lessons, "01_next.ipynb", "y = 3")
    old = {f: (mine / f).read_bytes() for f in ("00_start_here.ipynb", "01_next.ipynb")}
    new = {f: (lessons / f).read_bytes() for f in old}
    calls = []

    works = getattr(where, what)

    def full(*arguments):
        calls.append(arguments)
        if len(calls) == at:
            raise OSError(28, "No space left on device")
        return works(*arguments)

    monkeypatch.setattr(where, what, full)
    monkeypatch.setattr(errors, "course_files", lambda: lessons.parent)
    with pytest.raises(CommandError, match=r"No space left on device[^$]*backprop-course start DIR"):
        start_command.prepare(mine)
    assert all((mine / name).read_bytes() in (old[name], new[name]) for name in old)
    assert not list(mine.rglob("*.part"))
    monkeypatch.undo()  # the next start finishes what was left
    delivery.deliver(lessons, mine)
    assert {name: (mine / name).read_bytes() for name in old} == new


def test_the_learners_folder_is_found_from_below(mine, tmp_path, monkeypatch):
    (mine / "data" / "raw").mkdir(parents=True)
    assert learner_folder(mine / "data" / "raw") == mine.resolve()
    assert learner_folder(mine) == mine.resolve()
    assert learner_folder(tmp_path) is None
    monkeypatch.chdir(mine / "data")
    assert learner_folder() == mine.resolve()


@pytest.fixture
def served(monkeypatch, lessons):
    """Start without a server: what the server would be given."""
    given = {}

    def serve(folder, **options):
        given.update(options, folder=folder)
        return 0

    monkeypatch.setattr(errors, "course_files", lambda: lessons.parent)
    monkeypatch.setattr(start_command, "serve", serve)
    return given


def test_start_without_a_folder_makes_the_default_one_here(served, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["start"]) == 0
    assert served["folder"] == (tmp_path / "my-backprop-course").resolve()
    assert (served["folder"] / "00_start_here.ipynb").is_file()
    assert "new: 00_start_here.ipynb" in capsys.readouterr().out


def test_start_inside_a_learners_folder_opens_that_one(served, mine, monkeypatch):
    monkeypatch.chdir(mine)
    assert main(["start"]) == 0
    assert served["folder"] == mine.resolve()
    assert not (mine / "my-backprop-course").exists()


def test_the_default_folder_in_the_clone_is_ignored_by_git():
    assert "my-backprop-course/" in (ROOT / ".gitignore").read_text().splitlines()


@pytest.mark.parametrize("inside", ["", "notebooks", "backprop_course"])
def test_the_clone_itself_is_no_learners_folder(served, capsys, inside):
    assert main(["start", str(ROOT / inside)]) == 1
    assert "belongs to the course. Name a new folder" in capsys.readouterr().err
    assert not served
    assert not (ROOT / inside / MARK).exists()


def test_a_file_is_no_folder(served, tmp_path, capsys):
    (tmp_path / "file").write_text("mine")
    assert main(["start", str(tmp_path / "file")]) == 1
    assert "is a file. Name a folder" in capsys.readouterr().err
    for unfit in (tmp_path / "file" / "below", tmp_path / ("long" * 100)):
        assert main(["start", str(unfit)]) == 1
        assert "Name a folder where you may write" in capsys.readouterr().err
    assert not served


@pytest.mark.parametrize("port", ["0", "65536", "-1", "abc"])
def test_a_port_is_a_port(served, capsys, port):
    with pytest.raises(SystemExit):
        main(["start", f"--port={port}"])
    assert "a port is a number from 1 to 65535" in capsys.readouterr().err
    assert not served


@pytest.mark.parametrize(
    ("platform", "variables", "opens"),
    [
        ("linux", {}, False),
        ("linux", {"DISPLAY": ":0"}, True),
        ("linux", {"WAYLAND_DISPLAY": "wayland-0"}, True),
        ("linux", {"BROWSER": "firefox"}, True),
        ("darwin", {}, True),
        ("win32", {}, True),
    ],
)
def test_a_browser_opens_where_there_is_a_display(served, tmp_path, monkeypatch, platform, variables, opens):
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(start_command.sys, "platform", platform)
    main(["start", str(tmp_path / "new")])
    assert served["browser"] is opens
    main(["start", str(tmp_path / "new"), "--no-browser", "--port", "9000"])
    assert served["browser"] is False
    assert served["port"] == 9000


@pytest.mark.parametrize(("uid", "expected"), [(0, True), (1000, False), (None, False)])
def test_root_is_allowed_only_when_root(monkeypatch, tmp_path, uid, expected):
    if uid is None:
        monkeypatch.delattr(os, "geteuid", raising=False)
    else:
        monkeypatch.setattr(os, "geteuid", lambda: uid, raising=False)
    flags = start_command._flags(tmp_path, "secret", True, None)
    assert ("--allow-root" in flags) is expected
    assert "--no-browser" not in flags
    assert not [flag for flag in flags if "port" in flag]
    assert {"--ServerApp.ip=127.0.0.1", "--IdentityProvider.token=secret"} <= set(flags)


def test_a_command_error_is_a_message_and_not_a_traceback(monkeypatch, capsys):
    def refuse(*_):
        raise CommandError("the reason, and what to do")

    monkeypatch.setattr(start_command, "prepare", refuse)
    assert main(["start"]) == 1
    assert capsys.readouterr().err == "backprop-course: the reason, and what to do\n"


def test_control_c_is_no_traceback(monkeypatch, capsys):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(start_command, "prepare", interrupt)
    assert main(["start"]) == 130
    assert "stopped" in capsys.readouterr().err


def ended(command, folder, **variables):
    """Exit status and output of a command in a terminal of its own."""
    words = [sys.executable, "-m", "backprop_course", *command]
    variables = os.environ | {"PYTHONPATH": str(ROOT)} | variables
    done = subprocess.run(words, cwd=folder, env=variables, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout + done.stderr


def test_a_reader_who_has_seen_enough_gets_no_traceback(tmp_path):
    """As in `backprop-course progress | head -1`: the pipe is closed before all is printed."""
    delivery.deliver(ROOT / "notebooks", tmp_path / "mine")
    for command in (["progress", "mine"], ["doctor"]):
        words = [sys.executable, "-m", "backprop_course", *command]
        variables, pipe = os.environ | {"PYTHONPATH": str(ROOT)}, subprocess.PIPE
        process = subprocess.Popen(words, cwd=tmp_path, env=variables, stdout=pipe, stderr=pipe)
        process.stdout.close()
        with process.stderr as errors_said:
            assert errors_said.read() == b""
        assert process.wait(60) == 1


def test_a_path_that_the_terminal_cannot_show_stops_nothing(tmp_path, monkeypatch):
    terminal = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setattr(start_command, "serve", lambda folder, **_: 0)
    assert main(["start", str(tmp_path / "grün")]) == 0
    terminal.flush()
    assert b"/gr\\xfcn\n" in terminal.buffer.getvalue()


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps the current folder")
@pytest.mark.parametrize("command", ["start", "run", "doctor"])
def test_a_current_folder_that_was_removed_is_no_traceback(tmp_path, monkeypatch, capsys, command):
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    assert main([command]) == 1
    said = capsys.readouterr()
    assert said.out == "" and "cannot be read any more (No such file or directory). Go to another" in said.err


@pytest.mark.skipif(sys.platform != "linux", reason="a home folder that cannot be made, also by root")
def test_a_home_folder_that_cannot_be_made_is_no_traceback(tmp_path):
    home = {name: "" for name in os.environ if name.startswith(("JUPYTER_", "XDG_"))} | {"HOME": "/proc/none"}
    status, said = ended(["start", "mine", "--no-browser"], tmp_path, **home)
    assert status == 1 and "Traceback" not in said
    assert "'/proc/none'). It needs a home folder where it may write: set HOME" in said


def test_a_home_that_nobody_has_is_no_traceback(capsys):
    assert main(["start", "~nobody-of-this-name/course"]) == 1
    assert "there is no home folder for ~nobody-of-this-name/course. Name" in capsys.readouterr().err
