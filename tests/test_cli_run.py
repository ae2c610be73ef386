"""`run` executes lessons to their last cell, or says which cell failed and why."""

import os
import sys
from pathlib import Path

import nbformat
import pytest
from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel
from small_lessons import notebook, snapshot, write

from backprop_course import course
from backprop_course.cli import errors, main
from backprop_course.cli import run as run_command
from backprop_course.cli.kernel import OwnKernel

ROOT = Path(__file__).resolve().parents[1]
MARK = ".backprop-course"


@pytest.fixture
def small_course(tmp_path, monkeypatch):
    folder = tmp_path / "course" / "notebooks"
    monkeypatch.setattr(errors, "course_files", lambda: folder.parent)
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    return folder


def rows(output):
    """The table's rows: lesson, cells, result."""
    lines = [line.split() for line in output.splitlines()]
    assert ["lesson", "cells", "seconds", "result"] in lines
    return [(line[0], int(line[1]), line[3]) for line in lines if len(line) == 4 and line[1].isdigit()]


def test_run_names_the_cell_that_fails_and_goes_on(small_course, capsys):
    write(small_course, "00_a.ipynb", "from pathlib import Path", "Path('made.txt').write_text('x')")
    write(small_course, "01_b.ipynb", "x = 1", "y = x / 0", "z = 3")
    write(small_course, "02_c.ipynb", "import os; os._exit(1)", "y = 1")
    write(small_course, "03_d.ipynb", "assert 1 + 1 == 2", "")
    before = snapshot(small_course)
    assert main(["run"]) == 1
    captured = capsys.readouterr()
    expected = [("00_a", 2, "ok"), ("01_b", 2, "FAILED"), ("02_c", 1, "FAILED"), ("03_d", 2, "ok")]
    assert rows(captured.out) == expected
    assert "01_b: cell 'cell-1' failed" in captured.out
    assert "ZeroDivisionError: division by zero" in captured.out
    assert "02_c: cell 'cell-0' failed" in captured.out
    assert "\x1b" not in captured.out
    assert "cell" in captured.err, "progress is shown"
    assert snapshot(small_course) == before
    assert not list(small_course.glob("made*")), "lessons are run elsewhere"


def test_run_in_a_learners_folder_says_whose_lessons_ran(small_course, tmp_path, monkeypatch, capsys):
    write(small_course, "00_a.ipynb", "x = 1")
    said = {}
    for place in ("elsewhere", "mine"):
        (tmp_path / place).mkdir()
        if place == "mine":
            (tmp_path / place / ".backprop-course").mkdir()
        monkeypatch.chdir(tmp_path / place)
        assert main(["run"]) == 0
        said[place] = "the course's own lessons" in capsys.readouterr().out
    assert said == {"elsewhere": False, "mine": True}


def test_run_uses_this_interpreter_and_this_package(small_course, tmp_path, monkeypatch, capsys):
    for place in ("data", "path"):
        spec = tmp_path / place / "kernels" / "python3"
        spec.mkdir(parents=True)
        (spec / "kernel.json").write_text('{"argv": ["/nowhere/python"], "display_name": "stale"}')
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "path"))
    ours = str(ROOT / "backprop_course" / "__init__.py")
    source = "import sys, backprop_course\n"
    source += f"assert (sys.executable, backprop_course.__file__) == {(sys.executable, ours)!r}"
    write(small_course, "00_a.ipynb", source)
    assert main(["run"]) == 0, capsys.readouterr().out


def test_there_is_one_kernel_and_it_imports_this_package_first(tmp_path, monkeypatch):
    other = tmp_path / "kernels" / "julia"
    other.mkdir(parents=True)
    (other / "kernel.json").write_text('{"argv": ["julia"], "display_name": "Julia"}')
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")
    assert "julia" in KernelSpecManager().find_kernel_specs()
    assert list(OwnKernel().get_all_specs()) == list(OwnKernel().find_kernel_specs()) == ["python3"]
    assert OwnKernel().get_kernel_spec("python3").env["PYTHONPATH"] == f"{ROOT}{os.pathsep}/elsewhere"
    with pytest.raises(NoSuchKernel):
        OwnKernel().get_kernel_spec("julia")


@pytest.mark.parametrize("chosen, used", [(None, "1"), ("3", "3")])
def test_a_kernel_computes_with_one_thread_unless_told_otherwise(monkeypatch, chosen, used):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    if chosen:
        monkeypatch.setenv("OMP_NUM_THREADS", chosen)
    assert OwnKernel().get_kernel_spec("python3").env["OMP_NUM_THREADS"] == used


def test_run_core_leaves_the_deeper_cells_out(small_course, capsys):
    content = notebook("a = 1", "raise ValueError(a)", "assert a == 1")
    content.cells[2].metadata.tags = ["deeper"]
    small_course.mkdir(parents=True)
    nbformat.write(content, small_course / "04_core.ipynb")
    assert main(["run", "4", "--core"]) == 0
    assert rows(capsys.readouterr().out) == [("04_core", 2, "ok")]
    assert main(["run", "4"]) == 1


def test_a_lesson_is_named_in_four_ways():
    names = ["00_start_here", "05_backward_pass", "50_far", "bridge_maths"]
    paths = [Path(f"{name}.ipynb") for name in names]

    def chosen(*words):
        return [path.stem for path in run_command.choose(list(words), paths)]

    assert chosen("5") == chosen("05") == chosen("05_backward_pass") == ["05_backward_pass"]
    assert chosen("bridge_maths", "50", "0", "50") == ["00_start_here", "50_far", "bridge_maths"]
    assert chosen() == names


@pytest.mark.parametrize("word", ["7", "5_backward_pass", "bridge", "05_backward", "", "005"])
def test_a_lesson_that_there_is_not_is_refused_with_those_that_there_are(small_course, capsys, word):
    write(small_course, "05_backward_pass.ipynb", "x = 1")
    write(small_course, "bridge_maths.ipynb", "x = 1")
    assert main(["run", word]) == 1
    said = capsys.readouterr().err
    assert f"there is no lesson {word!r}" in said
    assert "  05_backward_pass\n  bridge_maths\n" in said




@pytest.mark.parametrize("command", ["run", "start"])
def test_without_lessons_a_command_says_what_to_do(tmp_path, monkeypatch, capsys, command):
    monkeypatch.setattr(course, "_PACKAGE", tmp_path / "site" / "backprop_course")
    monkeypatch.chdir(tmp_path)
    assert main([command]) == 1
    said = capsys.readouterr().err
    assert "the lessons are missing" in said
    assert "Install the course again" in said
    assert not list(tmp_path.iterdir())
