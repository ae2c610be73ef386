"""Every lesson keeps its form and its budgets; executed, every figure has a text alternative."""

import ast
import builtins
import dis
import inspect
import json
import re

import nbformat
import pytest
from executed import problems_in
from lesson_form import NOTEBOOKS, cells_of, is_core, over_budget, sentences, text_of, words
from nbclient import NotebookClient

from backprop_course.cli.kernel import NAME, OwnKernelManager

LESSONS = sorted(NOTEBOOKS.glob("*.ipynb"))
NUMBERED = [path for path in LESSONS if path.stem[:2].isdigit()]
GENRES = {"derivation", "experiment", "case", "clinic", "debate", "guided build"}
every_lesson = pytest.mark.parametrize("path", LESSONS, ids=lambda p: p.stem)
every_numbered_lesson = pytest.mark.parametrize("path", NUMBERED, ids=lambda p: p.stem)


def prose_of(path):
    return [text_of(cell) for cell in cells_of(path) if cell["cell_type"] == "markdown"]


def code_of(path):
    return [text_of(cell) for cell in cells_of(path) if cell["cell_type"] == "code"]


def section(path, title):
    """The prose under a heading of level 2, up to the next one."""
    text = "\n".join(prose_of(path))
    found = re.search(rf"^## {title}[^\n]*\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    return found[1] if found else None


def test_the_lessons_of_the_first_three_parts_are_there():
    expected = [
        "00_start_here", "01_neurons_and_layers", "02_chain_rule", "03_computational_graphs",
        "04_forward_pass", "05_backward_pass", "06_gradient_checking", "07_training_loop",
        "08_learning_rate", "09_initialization", "10_batch_size_and_momentum", "11_adaptive_learning_rates",
        "12_weight_penalties", "13_dropout_early_stopping_augmentation", "14_batch_normalization",
        "bridge_maths", "bridge_numpy",
    ]  # fmt: skip
    assert set(expected) <= {path.stem for path in LESSONS}


@every_lesson
def test_budget(path):
    assert over_budget(path) == []


@every_lesson
def test_front_matter_and_first_heading(path):
    metadata = json.loads(path.read_text(encoding="utf-8"))["metadata"]["backprop_course"]
    assert metadata["genre"] in GENRES and prose_of(path)[0].startswith("# ")


@every_numbered_lesson
def test_sections_that_every_lesson_has(path):
    looking_back = section(path, "Looking back")
    questions, _, answers = (looking_back or "").partition("<details>")
    for part in (questions, answers):
        assert len(re.findall(r"^\d\. ", part, re.MULTILINE)) == 3
    assert section(path, "What you can now do") and section(path, "In practice")
    first = cells_of(path)[[c["cell_type"] for c in cells_of(path)].index("code")]
    assert len(text_of(first).splitlines()) <= 8, "the setup cell has at most 8 lines"


@every_numbered_lesson
def test_predicts_asserts_and_shows(path):
    code = "\n".join(code_of(path))
    assert "predict(" in code and re.search(r"^\s*assert ", code, re.MULTILINE)
    assert "present(" in code


@every_lesson
def test_code_needs_nothing_special(path):
    for code in code_of(path):
        assert not re.search(r"^\s*[%!]", code, re.MULTILINE), "no magics"
        for unwanted in ("plt.show", "np.random.seed", "urllib", "requests", "warnings.filterwarnings"):
            assert unwanted not in code


@every_lesson
def test_language(path):
    for prose in prose_of(path):
        found = re.findall(r"\b(just|simply|obviously|trivial(?:ly)?|of course)\b", prose, re.IGNORECASE)
        assert not found, f"{found} in {prose[:60]!r}"
        for metaphor in ("the house", "floor", "witness"):
            assert metaphor not in prose.lower(), f"{metaphor!r} is the builders' word"


@every_lesson
def test_display_equations_are_read_in_words(path):
    """Behind every display equation stands at least one sentence, in its cell or in the next prose cell."""
    prose = prose_of(path)
    for here, after in zip(prose, [*prose[1:], ""]):
        if "$$" in here:
            behind = here.rpartition("$$")[2]
            assert words(behind) + words(after) >= 5, here[:80]


@every_numbered_lesson
def test_the_core_path_needs_no_name_of_a_deeper_cell(path):
    core = [text_of(cell) for cell in cells_of(path) if cell["cell_type"] == "code" and is_core(cell)]
    assert unknown_names(core) == []


def unknown_names(cells):
    """Names that a cell uses and that no cell up to it has defined."""
    known, unknown = {*dir(builtins), "display"}, []
    for code in cells:
        used, made = names_in(compile(code, "cell", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT))
        known |= made
        unknown += sorted(used - known)
    return unknown


def names_in(code):
    """(used, made): the global names that compiled code looks up, in functions too, and those it binds."""
    used, made = set(), set()
    for step in dis.get_instructions(code):
        if step.opname in ("LOAD_NAME", "LOAD_GLOBAL"):
            used.add(step.argval)
        elif step.opname in ("STORE_NAME", "STORE_GLOBAL"):
            made.add(step.argval)
    for inner in filter(inspect.iscode, code.co_consts):
        used |= names_in(inner)[0]
    return used, made


def test_a_name_of_a_left_out_cell_is_found():
    cells = ["import numpy as np", "def f(x):\n    return np.sum(x) + later", "later = [f(k) for k in 'ab']"]
    assert unknown_names(cells) == ["later"]
    assert unknown_names(cells[1:]) == ["later", "np"]
    assert unknown_names(["from math import pi as p", "print(p, [q for q in 'ab'])"]) == []


@pytest.mark.thorough
@every_numbered_lesson
def test_the_core_path_runs_on_its_own(path):
    """The whole lesson is executed by nbval, and `executed.py` judges it."""
    notebook = nbformat.read(path, as_version=4)
    notebook.cells = [c for c in notebook.cells if c.cell_type == "code" and is_core(c)]
    NotebookClient(
        notebook, kernel_manager_class=OwnKernelManager, kernel_name=NAME, timeout=60,
        resources={"metadata": {"path": str(NOTEBOOKS)}},
    ).execute()  # fmt: skip
    problems = [problem for cell in notebook.cells for problem in problems_in(cell.id, cell.outputs)]
    assert problems == []


def test_the_counts_are_those_of_a_person():
    text = "# Title\n\nOne $x^2$ and `f(x)` here. Two words.\n\n$$y = z$$\n\n- a list\n- of items\n"
    assert words(text) == 1 + 5 + 2 + 2 + 2
    assert [words(s) for s in sentences(text)] == [5, 2, 2, 2]
