"""A class is graded with the commands of INSTRUCTORS.md: all get their points, whatever others do."""

import csv
import json
import os
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
import tomllib
import urllib.request
from contextlib import closing, suppress
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

REASON = 'nbgrader is not installed. To run these tests: python -m pip install -e ".[grade]"'
pytest.importorskip("nbgrader", reason=REASON)

from backprop_course.cli import main  # noqa: E402 (without nbgrader all is skipped above)
from backprop_course.cli.autograde import Execute  # noqa: E402
from backprop_course.cli.start import prepare  # noqa: E402
from backprop_course.course import DEFAULT_FOLDER  # noqa: E402

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "INSTRUCTORS.md").read_text(encoding="utf-8")
NAMES = ("folder", "enter", "grade", "again", "after")
BLOCKS = dict(zip(NAMES, re.findall(r"```bash\n(.*?)```", PAGE, re.DOTALL), strict=True))
CONFIG = re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)[1]
SHEET = "05_backward_pass.ipynb"
SECONDS = 13  # for one cell, here: longer than a check waits
TOKEN = "for-this-test"
CAUGHT = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
MARK = re.compile(r"^ *### (?:BEGIN|END) SOLUTION\n?", re.MULTILINE)


# ------------------------------------------------------------------ what learners hand in
def cells_of(path):
    cells = nbformat.read(path, as_version=4).cells
    return {cell.metadata.nbgrader.grade_id: cell for cell in cells if "nbgrader" in cell.metadata}


SOLVED = cells_of(ROOT / "solutions" / SHEET)
POINTS = {id: cell.metadata.nbgrader.points for id, cell in SOLVED.items() if cell.metadata.nbgrader.grade}
CHECKS = {id: points for id, points in POINTS.items() if id.startswith("check-")}
PROSE = {id: points for id, points in POINTS.items() if id not in CHECKS}
RIGHT = {id: MARK.sub("", cell.source) for id, cell in SOLVED.items() if id.startswith("ex-")}
FUNCTIONS = {  # the exercises that ask for a function, and its name
    id: found[1] for id in RIGHT if (found := re.search(r"^def (\w+)", RIGHT[id], re.MULTILINE))
}
FREE = [id for id in FUNCTIONS if sum(FUNCTIONS[id] in answer for answer in RIGHT.values()) == 1]
FIRST, SECOND, THIRD = *FREE[:2], next(id for id in FUNCTIONS if id not in FREE)
HALF = [id for id in RIGHT if id not in PROSE][::2]
LOUD = next(id for id in HALF if id in FUNCTIONS)


def function(id, body):
    return f"import os\n\ndef {FUNCTIONS[id]}(*args, **kwargs):\n    {body}\n"


NOISE = """

def noisy(answer):
    def louder(*args):
        print("noise", file=sys.stderr)
        get_ipython().displayhook(0.5)
        return answer(*args)
    return louder

import sys
{0} = noisy({0})
"""
OWN_CHECK = """
class check:
    def __init__(self, *args): pass
    def require(self): pass
"""
CLASS = {  # the answers that each learner has written; all others are blank
    "control": RIGHT,  # handed in by the page
    "right": RIGHT,
    "half": {id: RIGHT[id] for id in HALF} | {LOUD: RIGHT[LOUD] + NOISE.format(FUNCTIONS[LOUD])},
    "blank": {},
    "crashing": RIGHT
    | {
        FIRST: function(FIRST, 'raise ValueError("a crash")'),
        SECOND: f"{RIGHT[SECOND]}\nimport os\nos._exit(1)",
        THIRD: function(THIRD, "os._exit(1)"),
    },
    "looping": RIGHT
    | {
        FIRST: function(FIRST, "while True: pass"),
        SECOND: f"while True:\n    pass\n{RIGHT[SECOND]}",
    },
    "tampering": {id: function(id, "return 0") + OWN_CHECK for id in FUNCTIONS},
}


def hand_in(folder, name):
    """Write the sheet with the answers of one learner, made from the one that learners get."""
    notebook = nbformat.read(ROOT / "exercises" / SHEET, as_version=4)
    cells = {c.metadata.nbgrader.grade_id: c for c in notebook.cells if "nbgrader" in c.metadata}
    for id, answer in CLASS[name].items():
        cells[id].source = answer
    if name == "tampering":
        cells[check_of(SECOND)].source = "assert True"
        cells[check_of(SECOND)].metadata.nbgrader.points = 100
        cells[check_of(THIRD)].update(source="1000")
        cells[check_of(THIRD)].metadata.nbgrader.locked = False
        cells[check_of(THIRD)].metadata.editable = True
    place = folder / "grading" / "submitted" / name / "05"
    place.mkdir(parents=True)
    nbformat.write(notebook, place / SHEET)


def check_of(id):
    return id.replace("ex-", "check-")


def answer_of(id):
    return id.replace("check-", "ex-")


# ------------------------------------------------------------------ the commands of the page
@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A folder with the sheets, in a home without settings, where the kernel python3 is another one."""
    folder = tmp_path_factory.mktemp("course")
    for name in ("solutions", "exercises"):
        (folder / name).mkdir()
        shutil.copy(ROOT / name / SHEET, folder / name)
    spec = folder / "path" / "kernels" / "python3"
    spec.mkdir(parents=True)
    (spec / "kernel.json").write_text('{"argv": ["/nowhere/python"], "display_name": "stale"}')
    return folder


def place(course):
    """Where a command runs without settings from elsewhere."""
    home = {f"JUPYTER_{word}_DIR": str(course / word.lower()) for word in ("DATA", "CONFIG", "RUNTIME")}
    home |= {"HOME": str(course), "JUPYTER_PATH": str(course / "path"), "IPYTHONDIR": str(course / "ipython")}
    home["JUPYTER_TOKEN"] = TOKEN
    home["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return os.environ | home


def bash(folder, commands, status=0):
    """Run commands of the page; return what was said."""
    course = folder.parent if folder.name == "grading" else folder
    words = ["bash", "-e", "-c", commands]
    ran = subprocess.run(words, cwd=folder, env=place(course), timeout=300, **CAUGHT)
    assert ran.returncode == status, ran.stdout
    return ran.stdout


@pytest.fixture(scope="module")
def graded(course):
    """The class, graded as the page says."""
    bash(course, BLOCKS["folder"])
    config, limits = re.subn(r"timeout = \d+", f"timeout = {SECONDS}", CONFIG)
    assert limits == 1
    (course / "grading" / "nbgrader_config.py").write_text(config)
    bash(course, BLOCKS["enter"])
    for name in CLASS.keys() - {"control"}:
        hand_in(course, name)
    bash(course / "grading", BLOCKS["grade"])
    return course / "grading"


def scores(folder, of="score"):
    """One column of the exported file, by learner."""
    with (folder / "grades.csv").open(newline="", encoding="utf-8") as file:
        return {row["student_id"]: float(row[of]) for row in csv.DictReader(file)}


def stored(folder):
    """From the database: for each learner and cell, the automatic score and whether a person is asked."""
    query = """
        SELECT submitted_assignment.student_id, base_cell.name, grade.auto_score, grade.needs_manual_grade
        FROM grade JOIN base_cell ON grade.cell_id = base_cell.id
        JOIN submitted_notebook ON grade.notebook_id = submitted_notebook.id
        JOIN submitted_assignment ON submitted_notebook.assignment_id = submitted_assignment.id"""
    found = {}
    with closing(sqlite3.connect(folder / "gradebook.db")) as database:
        for learner, cell, score, asked in database.execute(query):
            found.setdefault(learner, {})[cell] = (score, bool(asked))
    return found


@pytest.fixture
def served(graded):
    """Ask the server that `jupyter lab` starts, as the formgrader's pages do."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    words = ["jupyter", "lab", "--no-browser", "--allow-root", f"--port={port}", "--ServerApp.port_retries=0"]
    log = (graded.parent / "lab.txt").open("w")
    server = subprocess.Popen(words, cwd=graded, env=place(graded.parent), stdout=log, stderr=log)

    def ask(path, data=None):
        headers = {"Authorization": f"token {TOKEN}"}
        request = urllib.request.Request(f"http://127.0.0.1:{port}/formgrader/{path}", headers=headers)
        if data is not None:
            request.data, request.method = json.dumps(data).encode(), "PUT"
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        text = opener.open(request, timeout=30).read().decode()
        return json.loads(text) if path.startswith("api/") else text

    try:
        until = time.monotonic() + 60
        while time.monotonic() < until and server.poll() is None:
            with suppress(OSError):
                ask("api/status")
                break
            time.sleep(0.1)
        yield ask
    finally:
        server.terminate()
        server.wait(30)
        log.close()


# ------------------------------------------------------------------ what holds
WRONG = {  # the exercises whose answer is wrong, missing or broken
    "control": set(),
    "right": set(),
    "half": RIGHT.keys() - set(HALF),
    "blank": RIGHT.keys(),
    "crashing": {FIRST, SECOND, THIRD, *(id for id in RIGHT if FUNCTIONS[THIRD] in RIGHT[id])},
    "looping": {FIRST, SECOND},  # no other answer calls these two
    "tampering": RIGHT.keys(),
}
EXPECTED = {
    name: sum(points for id, points in CHECKS.items() if answer_of(id) not in wrong)
    for name, wrong in WRONG.items()
}


def test_the_class_can_show_what_it_shall_show():
    assert PROSE and CHECKS and len(FREE) >= 2 and all(answer_of(id) in RIGHT for id in CHECKS)
    assert 0 < EXPECTED["half"] < EXPECTED["right"] == sum(POINTS.values()) - sum(PROSE.values())
    assert 0 < EXPECTED["crashing"] < EXPECTED["looping"] < EXPECTED["right"]


def test_each_learner_gets_the_points_of_their_right_answers(graded):
    assert scores(graded) == EXPECTED
    assert set(scores(graded, "max_score").values()) == {sum(POINTS.values())}


def test_each_check_gives_all_its_points_or_none_and_prose_waits_for_a_person(graded):
    expected = {
        name: {id: (0 if answer_of(id) in WRONG[name] else points, False) for id, points in CHECKS.items()}
        | {id: (None, True) if id in CLASS[name] else (0, False) for id in PROSE}
        for name in CLASS
    }
    assert stored(graded) == expected


def test_the_feedback_says_what_happened(graded):
    page = str(Path("05", SHEET).with_suffix(".html"))
    pages = {name: (graded / "feedback" / name / page).read_text(encoding="utf-8") for name in CLASS}
    said = {name: set(re.findall(r"LeftOut:|NotYet:|CellTimeoutError", page)) for name, page in pages.items()}
    assert said["control"] == said["right"] == set()
    assert "not written yet" in pages["blank"] and "a crash" in pages["crashing"]
    assert said["crashing"] == {"LeftOut:", "NotYet:"} and said["looping"] == {"CellTimeoutError", "NotYet:"}
    assert "this cell ended Python" in pages["crashing"]


def line(start):
    """The one line of the page's commands for a class that begins so."""
    (found,) = [line for line in BLOCKS["grade"].splitlines() if line.startswith(start)]
    return found


def test_a_file_that_is_no_notebook_stops_nobody_and_can_be_replaced_and_graded_again(graded):
    before = stored(graded)
    torn = graded / "submitted" / "torn" / "05" / SHEET
    torn.parent.mkdir(parents=True)
    torn.write_text('{"cells": [')
    said = bash(graded, line("nbgrader autograde 05"), status=1)
    assert said.count("error processing assignment '05' for student") == said.count("for student 'torn'") == 1
    assert said.count("Skipping existing assignment") == len(CLASS) and "Autograding" not in said
    bash(graded, line("nbgrader export"))
    assert scores(graded)["torn"] == 0
    torn.write_bytes((graded / "submitted" / "right" / "05" / SHEET).read_bytes())
    bash(graded, BLOCKS["again"].replace("NAME", "torn"))
    assert stored(graded) == before | {"torn": before["right"]}


def test_points_for_prose_are_given_in_the_formgrader_and_come_into_the_export(graded, served):
    listed = served(f"api/submitted_notebooks/05/{Path(SHEET).stem}")
    (notebook,) = [notebook for notebook in listed if notebook["student"] == "right"]
    assert notebook["needs_manual_grade"]
    assert RIGHT[next(iter(PROSE))].splitlines()[-1][:20] in served(f"submissions/{notebook['id']}")
    asked = [g for g in served(f"api/grades?submission_id={notebook['id']}") if g["needs_manual_grade"]]
    assert {grade["name"]: grade["max_score"] for grade in asked} == PROSE
    for grade in asked:
        served(f"api/grade/{grade['id']}", {"manual_score": grade["max_score"] - 1, "extra_credit": None})
    bash(graded, BLOCKS["after"])
    given = sum(points - 1 for points in PROSE.values())
    assert given > 0 and scores(graded).items() >= (EXPECTED | {"right": EXPECTED["right"] + given}).items()


def test_the_other_commands_of_the_page_work_too(tmp_path, monkeypatch):
    extra = re.search(r'pip install -e "\.\[(\w+)\]"', PAGE)[1]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert [line.partition(">=")[0] for line in project["optional-dependencies"][extra]] == ["nbgrader"]
    mine = tmp_path / re.search(r"`backprop-course start` makes a folder `([\w-]+)`", PAGE)[1]
    prepare(mine)  # what `start` does before it opens JupyterLab
    monkeypatch.chdir(mine)
    commands = re.findall(r"`backprop-course ([^`]+)`", PAGE)
    assert sorted(command.split()[0] for command in commands) == ["progress", "reset", "start"]
    for command in commands:
        assert command == "start" or main(command.split()) == 0
    assert mine.name == DEFAULT_FOLDER and (mine / "progress.csv").is_file()


# ------------------------------------------------------------------ one cell costs no other
def executed(*sources):
    """The outputs of these cells; an "assert" makes a check. A cell may take 3 seconds."""
    cells = [new_code_cell(text) for text in sources]
    for i, cell in enumerate(cells):
        grade = cell.source.startswith("assert")
        cell.metadata.nbgrader = {"grade": grade, "solution": not grade, "grade_id": f"{i}", "points": 4}
    spec = {"name": "python3", "display_name": "Python 3"}
    notebook = new_notebook(cells=cells, metadata={"kernelspec": spec})
    Execute(timeout=3).preprocess(notebook, {})
    return [cell.outputs for cell in notebook.cells]


def test_a_cell_that_ends_the_kernel_or_blocks_it_is_left_out_and_the_others_run():
    stubborn = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass"
    outputs = executed("x = 1", stubborn, "import os; os._exit(1)", "assert x == 1", "assert x == 2")
    assert [[output.get("ename") for output in out] for out in outputs] == [
        [],
        ["LeftOut"],
        ["LeftOut"],
        [],
        ["AssertionError"],
    ]
    assert "did not stop" in outputs[1][0].evalue and "ended Python" in outputs[2][0].evalue


def test_what_is_printed_or_shown_in_a_check_changes_no_points():
    shout = "import sys\ndef shout():\n    print('a', file=sys.stderr)\n    return True"
    outputs = executed(shout, "shout(); 0.5", "assert shout(); print('b'); 0.5", "assert 0.5 == shout()")
    kinds = [[output.get("name", output.output_type) for output in out] for out in outputs]
    assert kinds == [[], ["stderr", "execute_result"], ["stdout"], ["error"]]
