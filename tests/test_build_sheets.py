"""One text makes two notebooks, a learner's and a solved one; every mistake in it is named with its place."""

import json
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from small_lessons import snapshot, write

from backprop_course.cli import build as build_command
from backprop_course.cli import delivery, main
from backprop_course.cli.kernel import NAME, OwnKernelManager
from backprop_course.cli.update import lay_beside

ROOT = Path(__file__).resolve().parents[1]
LESSON = "---\ntitle: The slope\ngenre: derivation\nnumber: 2\n---\n\n# The slope\n"
SHEET = """\
---
title: Slopes
number: 2
---

# 02 · Exercises

Find the slope η.

```{code-cell} ipython3
:name: ex-02-1
:tags: [core]

def slope(x):
    ### BEGIN SOLUTION
    factor = 2
    ### END SOLUTION
    if x:
        ### BEGIN SOLUTION
        return factor * x

        ### END SOLUTION
    return 0
```

```{code-cell} ipython3
:name: check-02-1
:tags: [core]
:points: 2

assert slope(3) == 6
### BEGIN HIDDEN TESTS
assert slope(-1) == -2
### END HIDDEN TESTS
```

+++ {"name": "ex-02-2", "points": 3, "tags": ["practice"]}

**Why** does it grow?

### BEGIN SOLUTION
Because $2x$ grows with $x$.
### END SOLUTION

+++

The end.
"""
BLANKS = """\
{
 "cells": [
  {
   "cell_type": "markdown",
   "id": "top-1",
   "metadata": {},
   "source": [
    "# 02 · Exercises\\n",
    "\\n",
    "Find the slope η."
   ]
  },
  {
   "cell_type": "code",
   "execution_count": null,
   "id": "ex-02-1",
   "metadata": {
    "nbgrader": {
     "cell_type": "code",
     "grade": false,
     "grade_id": "ex-02-1",
     "locked": false,
     "schema_version": 3,
     "solution": true,
     "task": false
    },
    "tags": [
     "core"
    ]
   },
   "outputs": [],
   "source": [
    "def slope(x):\\n",
    "    # write your answer in place of the next line\\n",
    "    raise NotImplementedError(\\"02.1 is not written yet\\")\\n",
    "    if x:\\n",
    "        # write your answer in place of the next line\\n",
    "        raise NotImplementedError(\\"02.1 is not written yet\\")\\n",
    "    return 0"
   ]
  },
  {
   "cell_type": "code",
   "execution_count": null,
   "id": "check-02-1",
   "metadata": {
    "deletable": false,
    "editable": false,
    "nbgrader": {
     "cell_type": "code",
     "grade": true,
     "grade_id": "check-02-1",
     "locked": true,
     "points": 2,
     "schema_version": 3,
     "solution": false,
     "task": false
    },
    "tags": [
     "core"
    ]
   },
   "outputs": [],
   "source": [
    "assert slope(3) == 6"
   ]
  },
  {
   "cell_type": "markdown",
   "id": "ex-02-2",
   "metadata": {
    "nbgrader": {
     "cell_type": "markdown",
     "grade": true,
     "grade_id": "ex-02-2",
     "locked": false,
     "points": 3,
     "schema_version": 3,
     "solution": true,
     "task": false
    },
    "tags": [
     "practice"
    ]
   },
   "source": [
    "**Why** does it grow?\\n",
    "\\n",
    "*Write your answer here.*"
   ]
  },
  {
   "cell_type": "markdown",
   "id": "ex-02-2-1",
   "metadata": {},
   "source": [
    "The end."
   ]
  }
 ],
 "metadata": {
  "backprop_course": {
   "number": 2,
   "title": "Slopes"
  },
  "kernelspec": {
   "display_name": "Python 3 (ipykernel)",
   "language": "python",
   "name": "python3"
  },
  "language_info": {
   "name": "python"
  }
 },
 "nbformat": 4,
 "nbformat_minor": 5
}
"""
# The solved notebook: the same with these lines in the place of those.
SOLVED = BLANKS
for blank, solution in [
    (
        '    "    # write your answer in place of the next line\\n",\n'
        '    "    raise NotImplementedError(\\"02.1 is not written yet\\")\\n",\n',
        '    "    ### BEGIN SOLUTION\\n",\n    "    factor = 2\\n",\n    "    ### END SOLUTION\\n",\n',
    ),
    (
        '    "        # write your answer in place of the next line\\n",\n'
        '    "        raise NotImplementedError(\\"02.1 is not written yet\\")\\n",\n',
        '    "        ### BEGIN SOLUTION\\n",\n    "        return factor * x\\n",\n    "\\n",\n'
        '    "        ### END SOLUTION\\n",\n',
    ),
    (
        '    "assert slope(3) == 6"\n',
        '    "assert slope(3) == 6\\n",\n    "### BEGIN HIDDEN TESTS\\n",\n'
        '    "assert slope(-1) == -2\\n",\n    "### END HIDDEN TESTS"\n',
    ),
    (
        '    "*Write your answer here.*"\n',
        '    "### BEGIN SOLUTION\\n",\n    "Because $2x$ grows with $x$.\\n",\n    "### END SOLUTION"\n',
    ),
]:
    assert SOLVED.count(blank) == 1
    SOLVED = SOLVED.replace(blank, solution)


@pytest.fixture
def clone(tmp_path, monkeypatch):
    (tmp_path / "lessons").mkdir()
    (tmp_path / "lessons" / "02_slope.md").write_text(LESSON, encoding="utf-8")
    (tmp_path / "lessons" / "02_slope.exercises.md").write_text(SHEET, encoding="utf-8")
    monkeypatch.setattr(build_command, "clone_root", lambda: tmp_path)
    return tmp_path


# --- what is built ----------------------------------------------------------------------------------


def test_a_sheet_becomes_exactly_these_two_notebooks(clone):
    assert main(["build"]) == 0
    assert (clone / "exercises" / "02_slope.ipynb").read_bytes() == BLANKS.encode()
    assert (clone / "solutions" / "02_slope.ipynb").read_bytes() == SOLVED.encode()
    for text in (BLANKS, SOLVED):
        nbformat.validate(nbformat.reads(text, as_version=4))


def test_a_sheet_is_no_lesson(clone):
    main(["build"])
    built = sorted(path.relative_to(clone).as_posix() for path in clone.rglob("*.ipynb"))
    assert built == ["exercises/02_slope.ipynb", "notebooks/02_slope.ipynb", "solutions/02_slope.ipynb"]


def test_without_sheets_no_folder_is_made_for_them(clone):
    (clone / "lessons" / "02_slope.exercises.md").unlink()
    assert main(["build"]) == 0
    assert sorted(path.name for path in clone.iterdir()) == ["lessons", "notebooks"]


def test_building_again_writes_nothing(clone, capsys):
    main(["build"])
    before = {path: path.stat().st_mtime_ns for path in clone.rglob("*.ipynb")}
    capsys.readouterr()
    assert main(["build"]) == 0
    assert {path: path.stat().st_mtime_ns for path in clone.rglob("*.ipynb")} == before
    assert capsys.readouterr().out == "notebooks built from lessons/: 3, all up to date\n"


@pytest.mark.parametrize("folder", ["exercises", "solutions"])
def test_check_sees_one_byte_a_missing_notebook_and_one_without_a_source(clone, capsys, folder):
    main(["build"])
    assert main(["build", "--check"]) == 0
    notebook = clone / folder / "02_slope.ipynb"
    content = bytearray(notebook.read_bytes())
    content[700] ^= 1
    notebook.write_bytes(content)
    assert main(["build", "--check"]) == 1 and notebook.read_bytes() == content
    notebook.rename(clone / folder / "02_slopes.ipynb")
    assert main(["build", "--check"]) == 1
    said = capsys.readouterr().out
    assert said.count(f"{folder}/02_slope.ipynb: differs from its source") == 2
    assert f"{folder}/02_slopes.ipynb: has no source in lessons/" in said
    assert main(["build"]) == 1 and (clone / folder / "02_slopes.ipynb").exists()


def execute(path):
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, kernel_manager_class=OwnKernelManager, kernel_name=NAME, timeout=60).execute()


def test_the_solved_notebook_runs_and_the_blank_one_says_what_is_missing(clone):
    main(["build"])
    execute(clone / "solutions" / "02_slope.ipynb")
    with pytest.raises(CellExecutionError, match=r"02\.1 is not written yet"):
        execute(clone / "exercises" / "02_slope.ipynb")


# --- what is refused --------------------------------------------------------------------------------

CODE, CHECK, PROSE = "line 10: cell 'ex-02-1'", "line 26: cell 'check-02-1'", "line 37: cell 'ex-02-2'"
TAIL = '\n+++ {"name": "%s", "tags": ["core"]}\n\nMore.\n\n### BEGIN SOLUTION\nx\n### END SOLUTION\n'
AGAIN = "```{code-cell} ipython3\n:name: ex-02-1\n:tags: [core]\n\nx = 1\n```\n"
MISTAKES = {
    "no end": (
        "        ### END SOLUTION\n",
        "",
        f"{CODE}, its line 6: '### BEGIN SOLUTION' has no ### END SOL",
    ),
    "no begin": (
        "        ### BEGIN SOLUTION\n",
        "",
        f"{CODE}, its line 8: '### END SOLUTION' has no ### BEGIN",
    ),
    "nested": (
        "        return factor * x\n",
        "        ### BEGIN SOLUTION\n        return 1\n",
        f"{CODE}, its line 7: '### BEGIN SOLUTION' stands in the region of line 6",
    ),
    "empty": ("        return factor * x\n", "", f"{CODE}, its line 8: the region that ends here is empty"),
    "empty prose": (
        "Because $2x$ grows with $x$.\n",
        "",
        f"{PROSE}, its line 4: the region that ends here is",
    ),
    "another column": (
        "\n        ### END SOLUTION",
        "\n    ### END SOLUTION",
        f"{CODE}, its line 9: '### END SOLUTION' is not below its BEGIN, in the same column",
    ),
    "a mark beside code": (
        "    factor = 2\n",
        "    factor = 2  ### END SOLUTION\n",
        f"{CODE}, its line 3: 'factor = 2  ### END SOLUTION' is no mark",
    ),
    "a mark misspelt": (
        "### BEGIN HIDDEN TESTS",
        "## BEGIN HIDDEN TEST",
        f"{CHECK}, its line 2: '## BEGIN HIDDEN",
    ),
    "a solution in a check": (
        "### BEGIN HIDDEN TESTS",
        "### BEGIN SOLUTION",
        f"{CHECK}, its line 2: '### BEGIN SOLUTION' does not belong in this cell",
    ),
    "another end": (
        "### END HIDDEN TESTS",
        "### END SOLUTION",
        f"{CHECK}, its line 4: '### END SOLUTION' does not",
    ),
    "hidden tests without an end": (
        "### END HIDDEN TESTS\n",
        "",
        f"{CHECK}, its line 2: '### BEGIN HIDDEN TESTS' has no ### END HIDDEN TESTS",
    ),
    "hidden tests in an answer": (
        "    return 0\n",
        "    return 0\n### BEGIN HIDDEN TESTS\n",
        f"{CODE}, its line 11: '### BEGIN HIDDEN TESTS' does not belong",
    ),
    "a region elsewhere": (
        "The end.",
        "The end.\n\n### BEGIN SOLUTION\nx\n### END SOLUTION",
        "line 45: cell 'ex-02-2-1', its line 3: '### BEGIN SOLUTION' does not belong",
    ),
    "no region in an answer": (
        "### BEGIN SOLUTION\nBecause $2x$ grows with $x$.\n### END SOLUTION\n",
        "",
        f"{PROSE} has no ### BEGIN SOLUTION",
    ),
    "only hidden tests": ("assert slope(3) == 6\n", "", f"{CHECK} has nothing but hidden tests"),
    "no check": (":name: check-02-1", ":name: x", f"{CODE} has no check-02-1 below it"),
    "no answer": (
        ":name: ex-02-1",
        ":name: x",
        "line 26: 'check-02-1' has to be a code cell, with 'ex-02-1' above",
    ),
    "a check of another": (
        ":name: check-02-1",
        ":name: check-02-3",
        "line 26: 'check-02-3' has to be a code cell",
    ),
    "a check before": (
        "Find the slope η.\n",
        AGAIN.replace("ex-02-1", "check-02-2"),
        "line 8: 'check-02-2' has to be a",
    ),
    "a check in prose": (
        "The end.\n",
        "The end.\n" + TAIL % "check-02-2",
        "line 49: 'check-02-2' has to be a code",
    ),
    "another number": (
        ":name: ex-02-1",
        ":name: ex-03-1",
        "line 10: cell 'ex-03-1' stands in a sheet with the n",
    ),
    "a zero in front": (
        ":name: ex-02-1",
        ":name: ex-02-01",
        "line 10: 'ex-02-01' is no name such as ex-02-2 or",
    ),
    "an underscore": (
        ":name: check-02-1",
        ":name: check_02_1",
        "line 26: 'check_02_1' is no name such as ex-02-2",
    ),
    "a name twice": ("The end.\n", AGAIN, "line 47: line 10 already has a cell named 'ex-02-1'"),
    "no points": (":points: 2\n", "", f"{CHECK} needs its points, a whole number; it has None"),
    "no points in prose": ('"points": 3, ', "", f"{PROSE} needs its points, a whole number; it has None"),
    "points in words": (
        ":points: 2",
        ":points: two",
        f"{CHECK} needs its points, a whole number; it has 'two'",
    ),
    "true points": (":points: 2", ":points: true", f"{CHECK} needs its points, a whole number; it has True"),
    "points below zero": (
        ":points: 2",
        ":points: -1",
        f"{CHECK} needs its points, a whole number; it has -1",
    ),
    "points at an answer": (
        ":name: ex-02-1",
        ":name: ex-02-1\n:points: 2",
        f"{CODE} has points; only checks",
    ),
    "points elsewhere": ("\n+++\n", '\n+++ {"points": 1}\n', "line 45: cell 'ex-02-2-1' has points; only"),
    "an option in prose": ('"points": 3', '"point": 3', "line 37: cell 'ex-02-2' has options"),
    "no Python": ("    return 0\n", "    return 0)\n", f"{CODE} does not parse: unmatched ')'"),
    "no Python once cut": (
        "        return factor * x\n\n        ### END SOLUTION\n    return 0\n",
        "        return max(\n        ### END SOLUTION\n            0, 1)\n",
        f"{CODE} does not parse in exercises/, once its regions are cut: u",
    ),
    "a lesson's tag": (
        '"practice"',
        '"deeper"',
        f"{PROSE} has the tags ['deeper']; known are ['core', 'practice'",
    ),
    "no tag": (":tags: [core]\n:points", ":points", f"{CHECK} needs one of the tags core and practice"),
    "no tag in prose": (', "tags": ["practice"]', "", f"{PROSE} needs one of the tags core and practice"),
    "no title cell": ("# 02 · Exercises", "02 · Exercises", ": a sheet begins with its title"),
    "no title": ("title: Slopes\n", "", "the front matter needs a title"),
    "another number on top": ("number: 2", "number: 3", "number is 3, but the file's name says 2"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_in_a_sheet_is_named_with_its_place(clone, capsys, mistake):
    right, wrong, message = MISTAKES[mistake]
    assert SHEET.count(right) == 1
    text = SHEET.replace(right, wrong)
    (clone / "lessons" / "02_slope.exercises.md").write_text(text, encoding="utf-8")
    assert main(["build"]) == 1
    (said,) = capsys.readouterr().err.splitlines()[1:]
    assert said.startswith("lessons/02_slope.exercises.md") and message in said, said
    assert sorted(path.name for path in clone.iterdir()) == ["lessons"], "nothing is built"


@pytest.mark.parametrize("stem", ["2_slope", "bridge_slope", "02_Slope", "slope"])
def test_a_sheet_has_the_name_of_a_numbered_lesson(clone, capsys, stem):
    sheet = clone / "lessons" / "02_slope.exercises.md"
    sheet.rename(sheet.with_name(f"{stem}.exercises.md"))
    assert main(["build"]) == 1
    assert f"lessons/{stem}.exercises.md: an exercise sheet is called NN_slug" in capsys.readouterr().err


def test_a_sheet_belongs_to_a_lesson(clone, capsys):
    sheet = clone / "lessons" / "02_slope.exercises.md"
    sheet.rename(sheet.with_name("02_slopes.exercises.md"))
    assert main(["build"]) == 1
    assert "02_slopes.exercises.md: there is no 02_slopes.md that it belongs to" in capsys.readouterr().err


def test_an_answer_in_prose_may_have_a_check_too(clone):
    check = "```{code-cell} ipython3\n:name: check-02-2\n:tags: [practice]\n:points: 0\n\nassert True\n```\n"
    text = SHEET.replace("+++\n\nThe end.\n", check)
    (clone / "lessons" / "02_slope.exercises.md").write_text(text, encoding="utf-8")
    assert main(["build"]) == 0
    cells = json.loads((clone / "solutions" / "02_slope.ipynb").read_text(encoding="utf-8"))["cells"]
    assert [cell["metadata"]["nbgrader"]["points"] for cell in cells[2:]] == [2, 3, 0]


# --- where the notebooks go -------------------------------------------------------------------------


@pytest.fixture
def course(tmp_path):
    """A course with a lesson and a sheet of one name, and a learner's folder that has both."""
    for folder, text in (("notebooks", "x = 1"), ("exercises", "y = 1"), ("solutions", "z = 1")):
        write(tmp_path / "course" / folder, "02_slope.ipynb", text)
    report = delivery.deliver(tmp_path / "course" / "notebooks", tmp_path / "mine")
    assert report == ["new: 02_slope.ipynb", "exercises: new: 02_slope.ipynb"]
    return tmp_path / "course"


def deliver(course):
    return delivery.deliver(course / "notebooks", course.parent / "mine")


def test_sheets_come_to_a_folder_beside_the_lessons_and_solutions_do_not_come(course):
    mine, sheet = course.parent / "mine", Path("exercises", "02_slope.ipynb")
    files = snapshot(mine)
    assert set(files) == {Path("02_slope.ipynb"), sheet, Path(".backprop-course", "manifest.json")}
    assert files[sheet] == (course / sheet).read_bytes()
    assert deliver(course) == [] and snapshot(mine) == files


def test_a_sheet_that_the_learner_wrote_in_stays(course):
    mine = course.parent / "mine" / "exercises"
    write(mine, "02_slope.ipynb", "y = 42  # mine")
    before = (mine / "02_slope.ipynb").read_bytes()
    assert deliver(course) == []
    write(course / "exercises", "02_slope.ipynb", "y = 2")
    for _ in range(2):
        (sentence,) = deliver(course)
        assert sentence.startswith("exercises: left as you changed it: 02_slope.ipynb")
        assert (mine / "02_slope.ipynb").read_bytes() == before


def test_update_lays_a_new_sheet_beside_the_one_that_the_learner_wrote_in(course):
    mine = course.parent / "mine"
    write(mine / "exercises", "02_slope.ipynb", "y = 42  # mine")
    for text in ("y = 2", "y = 3"):
        write(course / "exercises", "02_slope.ipynb", text)
        (sentence,) = delivery.deliver(course / "notebooks", mine, lay_beside)
        assert sentence.startswith("exercises: left as you changed it: 02_slope.ipynb")
        assert b"# mine" in (mine / "exercises" / "02_slope.ipynb").read_bytes()
        new = (mine / "exercises" / "02_slope.new.ipynb").read_bytes()
        assert new == (course / "exercises" / "02_slope.ipynb").read_bytes()
    assert not (mine / "exercises" / ".backprop-course").exists(), "the learner has one folder"


def test_an_unchanged_lesson_and_sheet_of_one_name_follow_the_course_and_both_are_kept(course):
    mine = course.parent / "mine"
    before = [(mine / name).read_bytes() for name in ("02_slope.ipynb", "exercises/02_slope.ipynb")]
    write(course / "notebooks", "02_slope.ipynb", "x = 2")
    write(course / "exercises", "02_slope.ipynb", "y = 2")
    first, second = deliver(course)
    assert first.startswith("brought up to date") and second.startswith("exercises: brought up to date")
    assert (mine / "exercises" / "02_slope.ipynb").read_bytes() == (
        course / "exercises" / "02_slope.ipynb"
    ).read_bytes()
    kept = [path.read_bytes() for path in (mine / ".backprop-course" / "old").rglob("*.ipynb")]
    assert sorted(kept) == sorted(before)
    assert [path.name for path in (mine / "exercises").iterdir()] == ["02_slope.ipynb"]


@pytest.mark.parametrize("make", [Path.touch, lambda path: path.symlink_to("nowhere")])
def test_a_file_in_the_place_of_the_folder_stays_and_the_lessons_come(course, make):
    mine = course.parent / "mine"
    shutil.rmtree(mine)
    mine.mkdir()
    make(mine / "exercises")
    assert deliver(course) == [
        "new: 02_slope.ipynb",
        "exercises: left out, since you have a file of that name. To get them, rename it and start again",
    ]
    assert os.path.lexists(mine / "exercises") and not (mine / "exercises").is_dir()


# --- what is packed, what is tested -----------------------------------------------------------------


@pytest.fixture(scope="module")
def clone_with_a_sheet(tmp_path_factory):
    """A copy of this clone with one lesson, one sheet and the notebooks that they build."""
    root = tmp_path_factory.mktemp("clone") / "course"
    for name in ("pyproject.toml", "conftest.py", "README.md", "LICENSE", "DATA_LICENSES.md"):
        root.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, root)
    leave = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "backprop_course", root / "backprop_course", ignore=leave)
    (root / "lessons").mkdir()
    (root / "lessons" / "02_slope.md").write_text(LESSON, encoding="utf-8")
    (root / "lessons" / "02_slope.exercises.md").write_text(SHEET, encoding="utf-8")
    for name in ("tests/test_one.py", "exercises/test_two.py"):
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text("def test():\n    pass\n")
    for name in ("executed.py", "lesson_form.py", "slowness.py"):  # what conftest.py needs
        shutil.copy(ROOT / "tests" / name, root / "tests")
    command(root, "-m", "backprop_course", "build")
    return root


def command(root, *words, status=0):
    variables = os.environ | {"PYTHONPATH": str(root), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run([sys.executable, *words], cwd=root, env=variables, capture_output=True, text=True)
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout


def test_the_wheel_has_the_exercises_and_the_sdist_the_solutions_too(clone_with_a_sheet, tmp_path):
    command(clone_with_a_sheet, "-m", "hatchling", "build", "-d", str(tmp_path))
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        course = [name for name in wheel.namelist() if "/_course/" in name]
        blanks = "backprop_course/_course/exercises/02_slope.ipynb"
        assert wheel.read(blanks) == BLANKS.encode()
        assert [name for name in course if "solution" in name or name.endswith(".md")] == []
    with tarfile.open(next(tmp_path.glob("*.tar.gz"))) as sdist:
        names = {name.partition("/")[2] for name in sdist.getnames()}
    built = {"exercises/02_slope.ipynb", "solutions/02_slope.ipynb", "lessons/02_slope.exercises.md"}
    assert built <= names


@pytest.mark.parametrize("words", [[], ["."]], ids=["configured", "everything"])
def test_the_solutions_are_tested_and_the_exercises_are_not(clone_with_a_sheet, words):
    said = command(clone_with_a_sheet, "-m", "pytest", "-n", "0", "-v", "-p", "no:cacheprovider", *words)
    assert "tests/test_one.py" in said and "solutions/02_slope" in said
    assert "exercises" not in said
    assert "3 passed" in said, "the test, and two cells of the solved notebook"


def test_a_notebook_that_shows_what_it_should_not_fails(clone_with_a_sheet):
    """nbval finds no error in it; the hook in conftest.py looks at what it shows."""
    path = clone_with_a_sheet / "notebooks" / "03_loud.ipynb"
    cells = [nbformat.v4.new_code_cell(code) for code in ("import sys", "print('hm', file=sys.stderr)")]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    words = ["-m", "pytest", "-n", "0", "-p", "no:cacheprovider", str(path)]
    said = command(clone_with_a_sheet, *words, status=1)
    path.unlink()
    assert f"{cells[1].id}: hm" in said and "1 failed, 1 passed" in said
