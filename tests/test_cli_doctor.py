"""`doctor` finds each fault that a machine can have, here really made, and says what to do."""

import os
import sys
import tomllib
from pathlib import Path

import pytest
from small_lessons import write

from backprop_course import course
from backprop_course.cli import checkups, kernel, main

ROOT = Path(__file__).resolve().parents[1]
MARK = ".backprop-course"


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """Plant the metadata of an installed course, with the requirements that a test asks for."""

    def plant(*requirements):
        folder = tmp_path / "site" / "backprop_course-7.7.dist-info"
        folder.mkdir(parents=True, exist_ok=True)
        lines = ["Metadata-Version: 2.4", "Name: backprop-course", "Version: 7.7"]
        lines += [f"Requires-Dist: {line}" for line in (*requirements, 'none>=9; extra == "test"')]
        (folder / "METADATA").write_text("\n".join(lines) + "\n")
        monkeypatch.syspath_prepend(folder.parent)
        return folder.parent

    return plant


def only(monkeypatch, *names):
    monkeypatch.setattr("backprop_course.cli.doctor.CHECKUPS", [getattr(checkups, name) for name in names])


def examine(capsys, monkeypatch, name):
    only(monkeypatch, name)
    status = main(["doctor"])
    (line,) = capsys.readouterr().out.splitlines()
    return status, line


def test_a_ready_machine_has_ten_lines(installed, tmp_path, monkeypatch, capsys):
    installed(*tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"])
    write(tmp_path / "course" / "notebooks", "00_a.ipynb", "x = 1")
    monkeypatch.setattr(checkups, "course_files", lambda: tmp_path / "course")
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.chdir(tmp_path)
    status = main(["doctor"])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["ok"] * 10, lines
    assert status == 0
    report = {line.split()[1]: line for line in lines}
    assert sys.executable in report["interpreter"]
    assert "7.7, 1 lessons" in report["course"]
    assert "numpy 2." in report["packages"]
    assert "is this interpreter" in report["kernel"]


def test_an_old_python_is_named(monkeypatch, capsys):
    monkeypatch.setattr(sys, "version_info", (3, 10, 4, "final", 0))
    status, line = examine(capsys, monkeypatch, "python")
    assert status == 1
    assert line.startswith("FAIL  python       this is Python 3.10.4. Install Python 3.11 or newer")


@pytest.mark.parametrize(
    ("first", "fine"),
    [
        (f"#!{Path(sys.executable).parent / 'python3.11'}", True),
        ("#!/bin/sh", True),
        ("#!/elsewhere/bin/python", False),
        ("#!/elsewhere/bin/python3.12", False),
    ],
)
def test_a_command_of_another_python_is_named(tmp_path, monkeypatch, capsys, first, fine):
    script = tmp_path / "backprop-course"
    script.write_text(f"{first}\nprint()\n")
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    status, line = examine(capsys, monkeypatch, "interpreter")
    assert status == (0 if fine else 1)
    if not fine:
        assert f"{script} uses {first[2:]}. Activate one environment" in line
        assert f"{sys.executable} -m backprop_course start" in line


def test_missing_lessons_are_named(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(course, "_PACKAGE", tmp_path / "site" / "backprop_course")
    status, line = examine(capsys, monkeypatch, "course")
    assert status == 1
    assert "there are no lessons" in line
    assert "Install the course again" in line


@pytest.mark.parametrize("name", ["course", "packages", "loading"])
def test_a_course_that_is_not_installed_is_named(monkeypatch, capsys, name):
    def missing(_):
        raise checkups.metadata.PackageNotFoundError

    monkeypatch.setattr(checkups.metadata, "distribution", missing)
    status, line = examine(capsys, monkeypatch, name)
    assert status == 1
    assert "the course is not installed. In the folder of the clone, run" in line


def test_missing_and_old_packages_are_named(installed, monkeypatch, capsys):
    installed("no-such-package-here>=1.0", "numpy>=99.0", "tqdm>=4.9")
    status, line = examine(capsys, monkeypatch, "packages")
    assert status == 1
    assert "missing or too old: no-such-package-here missing, numpy 2." in line
    assert '-m pip install --upgrade "no-such-package-here>=1.0" "numpy>=99.0"' in line
    assert "tqdm" not in line.partition("Run:")[0]


def test_a_broken_package_is_named(installed, monkeypatch, capsys):
    site = installed("tqdm>=4.1", "broken-thing>=1.0")
    (site / "broken_thing.py").write_text("raise OSError('libbroken.so: cannot open')")
    status, line = examine(capsys, monkeypatch, "loading")
    assert status == 1
    assert "broken-thing cannot be loaded: OSError('libbroken.so: cannot open')" in line
    assert "--force-reinstall --no-deps broken-thing" in line


def test_too_little_memory_is_named(monkeypatch, capsys):
    monkeypatch.setattr(checkups, "MEMORY", 2.0**40)
    status, line = examine(capsys, monkeypatch, "memory")
    assert status == 1
    assert "GiB free" in line
    assert "Close other programs" in line


def test_a_package_that_a_checkup_needs_is_named(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "psutil", None)
    status, line = examine(capsys, monkeypatch, "memory")
    assert status == 1
    assert "pip install --upgrade psutil" in line


def test_too_little_disk_is_named(monkeypatch, capsys):
    monkeypatch.setattr(checkups, "DISK", 2.0**40)
    status, line = examine(capsys, monkeypatch, "disk")
    assert status == 1
    assert "Make room, or name a folder on another disk" in line


def test_a_folder_that_cannot_be_written_is_named(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(checkups, "learner_folder", lambda: tmp_path / "gone")
    status, line = examine(capsys, monkeypatch, "folder")
    assert status == 1
    assert f"cannot write in {tmp_path / 'gone'}: No such file or directory. Go to" in line


def test_files_that_hide_modules_are_named(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for name in ("random.py", "mine.py", "json.py", "re.txt"):
        (tmp_path / name).write_text("")
    status, line = examine(capsys, monkeypatch, "folder")
    assert status == 0
    assert f"{tmp_path} can be written. Rename json.py, random.py there: a module" in line


def test_a_learners_own_random_is_no_broken_server(tmp_path, monkeypatch, capsys):
    (tmp_path / "random.py").write_text("raise ImportError('this is not the module')")
    monkeypatch.chdir(tmp_path)
    status, line = examine(capsys, monkeypatch, "server")
    assert status == 0 and "JupyterLab answers" in line


def test_a_server_that_does_not_start_is_named(tmp_path, monkeypatch, capsys):
    (tmp_path / "jupyterlab.py").write_text("raise ImportError('half of JupyterLab is missing')")
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{ROOT}")
    status, line = examine(capsys, monkeypatch, "server")
    assert status == 1
    assert "JupyterLab does not start" in line
    assert "half of JupyterLab is missing" in line
    assert "pip install --upgrade jupyterlab" in line


def test_a_server_that_does_not_answer_is_named():
    with pytest.raises(checkups.NotReadyError, match="does not answer") as failure:
        checkups._ask("http://127.0.0.1:9/api/status")
    assert "127.0.0.1 (firewall" in failure.value.args[1]


def test_a_kernel_that_does_not_start_is_named(tmp_path, monkeypatch, capsys):
    (tmp_path / "ipykernel_launcher.py").write_text("raise SystemExit(1)")
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{ROOT}")
    monkeypatch.setattr(kernel, "environment", dict)
    status, line = examine(capsys, monkeypatch, "kernel")
    assert status == 1
    assert "the kernel does not work: the kernel did not start" in line
    assert "pip install --upgrade ipykernel" in line


def test_a_kernel_of_another_interpreter_is_named(monkeypatch, capsys):
    started = kernel.get_kernel_dict()
    monkeypatch.setattr(kernel, "get_kernel_dict", lambda *_: started)
    real = sys.executable
    monkeypatch.setattr(sys, "executable", "/elsewhere/bin/python")
    status, line = examine(capsys, monkeypatch, "kernel")
    assert status == 1
    assert f"the kernel is {real}. Write: /elsewhere/bin/python -m backprop_course start" in line
