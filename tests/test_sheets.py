"""A sheet asks what its checks check, keeps its form, stops where nothing is written, and tells no answer."""

import ast
import json
import re
from pathlib import Path

import nbformat
import pytest
from lesson_form import text_of, words
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from backprop_course.cli.kernel import NAME, OwnKernelManager
from backprop_course.grading import check, exercises, hints
from backprop_course.grading.exercise import TYPES, Exercise

ROOT = Path(__file__).parent.parent
SHEETS = sorted((ROOT / "lessons").glob("*.exercises.md"))
EXERCISES = {exercise.id: exercise for exercise in exercises()}
LATER = 2  # lessons, until a sibling returns
ANSWER_OR_CHECK = re.compile(r"(ex|check)-\d\d-\d+")
every_sheet = pytest.mark.parametrize("number", [sheet.name[:2] for sheet in SHEETS])
every_exercise = pytest.mark.parametrize("id", EXERCISES)


def notebook(number, folder):
    return next((ROOT / folder).glob(f"{number}_*.ipynb"))


def cells_of(number, folder="solutions"):
    return json.loads(notebook(number, folder).read_text(encoding="utf-8"))["cells"]


def is_check(cell):
    return re.fullmatch(r"check-\d\d-\d+", cell["id"]) is not None


def graded(number):
    """The cells with points, by the id of their exercise."""
    cells = [c for c in cells_of(number) if c["metadata"].get("nbgrader", {}).get("grade")]
    return {".".join(cell["id"].split("-")[1:]): cell for cell in cells}


def solution_lines(number):
    """What stands between BEGIN and END SOLUTION in code cells, without comments."""
    text = "\n".join(text_of(cell) for cell in cells_of(number) if cell["cell_type"] == "code")
    regions = re.findall(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", text, re.DOTALL)
    lines = [line.partition("#")[0].strip() for region in regions for line in region.splitlines()]
    return [line.partition(" = ")[2] or line.removeprefix("return ") for line in lines if len(line) > 8]


def run(path):
    cells = nbformat.read(path, as_version=4)
    resources = {"metadata": {"path": str(path.parent)}}
    client = NotebookClient(
        cells, kernel_manager_class=OwnKernelManager, kernel_name=NAME, timeout=60, resources=resources
    )
    try:
        client.execute()
    except CellExecutionError as error:
        return cells, error
    return cells, None


# ------------------------------------------------------------------ the sheets
@every_sheet
def test_the_cells_of_a_sheet_are_the_exercises_of_its_lesson(number):
    of_lesson = {id for id in EXERCISES if id.startswith(f"{number}.")}
    checked = {id for id, cell in graded(number).items() if cell["cell_type"] == "code"}
    assert checked == of_lesson
    for id, cell in graded(number).items():
        if cell["cell_type"] == "code":
            first, second = text_of(cell).strip().split("\n")
            assert first == "from backprop_course.grading import check"
            assert re.fullmatch(rf'check\("{id}", \w+\)\.require\(\)', second)


@every_sheet
def test_two_core_and_two_practice_exercises_of_three_types(number):
    tags = [cell["metadata"]["tags"] for cell in graded(number).values()]
    assert tags.count(["core"]) >= 2 and tags.count(["practice"]) >= 2
    prose = {"explain" for cell in graded(number).values() if cell["cell_type"] == "markdown"}
    types = {e.type for id, e in EXERCISES.items() if id.startswith(f"{number}.")}
    assert types <= set(TYPES) and len(types | prose) >= 3


@every_sheet
def test_language(number):
    for cell in cells_of(number):
        if cell["cell_type"] == "markdown":
            unwanted = r"\b(just|simply|obviously|trivial|of course)\b"
            assert not re.findall(unwanted, text_of(cell), re.IGNORECASE)
            assert words(text_of(cell)) <= 120, text_of(cell)[:60]


@every_sheet
def test_no_line_of_a_solution_stands_in_the_text(number):
    texts = [text_of(cell) for cell in cells_of(number, "exercises") if cell["cell_type"] == "markdown"]
    lines = [line.replace('params["W2"]', "W2") for line in solution_lines(number)]
    lines = [line for line in lines if len(line) >= 7 and re.search(r"[a-zA-Z]\w* [@*/+-] ", line)]
    assert lines
    assert not [(line, text[:60]) for line in lines for text in texts if line in text]


@every_sheet
def test_the_heading_of_each_exercise_stands_above_it(number):
    seen = ""
    for cell in cells_of(number):
        if cell["cell_type"] == "markdown":
            seen = (re.findall(r"^### (\d\d\.\d+) ", text_of(cell), re.MULTILINE) or [seen])[-1]
        if ANSWER_OR_CHECK.fullmatch(cell["id"]):
            assert seen == ".".join(cell["id"].split("-")[1:])


@every_sheet
def test_executed_blank_it_stops_at_the_first_check_and_says_what_to_write(number):
    cells, error = run(notebook(number, "exercises"))
    assert error is not None and error.ename == "NotYet"
    first = next(cell for cell in cells.cells if is_check(cell))
    executed = [cell for cell in cells.cells if cell.cell_type == "code" and cell.execution_count]
    assert executed[-1].id == first.id
    id = ".".join(first.id.split("-")[1:])
    told = "".join(o.get("data", {}).get("text/plain", "") for o in first.outputs)
    assert "Not written yet" in told and EXERCISES[id].signature in told


@every_sheet
def test_every_blank_is_told_what_to_write(number):
    """Not only the first one: each answer cell of the blank sheet, executed, is told by its own check."""
    names = {}
    for cell in cells_of(number, "exercises"):
        code = text_of(cell)
        if cell["cell_type"] != "code":
            continue
        if is_check(cell):
            id = ".".join(cell["id"].split("-")[1:])
            call = next(n for n in ast.walk(ast.parse(code)) if isinstance(n, ast.Call) and len(n.args) == 2)
            feedback = check(id, eval(compile(ast.Expression(call.args[1]), "answer", "eval"), names))
            assert not feedback.passed and not feedback.written, id
            assert feedback.message.startswith("Not written yet")
            assert EXERCISES[id].signature in feedback.message
        elif cell["id"].startswith("ex-") or cell["id"] == "setup":
            exec(code, names)


# ------------------------------------------------------------------ the exercises
@every_exercise
def test_an_exercise_says_what_it_is(id):
    exercise = EXERCISES[id]
    for text in (exercise.title, exercise.asked, exercise.signature, exercise.section, exercise.question):
        assert text.strip()
    assert exercise.question.endswith("?") and exercise.asked.endswith(".")
    number = exercise.lesson or id[:2]
    source = next((ROOT / "lessons").glob(f"{number}_*.md")).with_suffix("").name.partition(".")[0]
    lesson = (ROOT / "lessons" / f"{source}.md").read_text(encoding="utf-8")
    headings = {line.lstrip("# ") for line in lesson.splitlines() if line.startswith("#")}
    assert exercise.section in headings


@every_exercise
def test_a_sibling_stands_two_lessons_later(id):
    sibling, later = EXERCISES[id].sibling, f"{int(id[:2]) + LATER:02}"
    if later in {sheet.name[:2] for sheet in SHEETS}:
        assert sibling in EXERCISES and sibling.startswith(f"{later}.")
    else:
        assert not sibling or sibling.startswith(f"{later}.")


@every_exercise
def test_three_hints_of_which_none_is_the_answer(id):
    texts = hints.load(id)
    assert len(set(texts)) == 3 and all(10 <= len(text) <= 200 for text in texts)
    assert not [line for line in solution_lines(id[:2]) for text in texts if line in text]


@every_exercise
def test_no_message_tells_the_answer(id):
    exercise = EXERCISES[id]
    told = [exercise.asked, exercise.question, check(id, ...).message]
    for mistake in exercise.mistakes:
        feedback = check(id, exercise.wrong(mistake))
        told += [feedback.message, *feedback.more]
    lines = [line for line in solution_lines(id[:2]) if len(line) > 8]
    assert not [line for line in lines for text in told if line in text]


def test_function_exercises_and_the_others_share_one_form():
    for exercise in EXERCISES.values():
        for name in ("id", "title", "asked", "signature", "mistakes", "type", "concept", "sibling"):
            assert hasattr(exercise, name)
        assert isinstance(exercise, Exercise) or hasattr(exercise, "examine")
