"""The two-hour workshop: what WORKSHOP.md names exists, its minutes add up, and its parts run as it says."""

import importlib.util
import re
from pathlib import Path

import nbformat
import pytest

from backprop_course.grading import exercises

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "WORKSHOP.md").read_text(encoding="utf-8")
LINES = 110  # the page is read in the room
PACE = 75  # words a minute, of a slow reader


def benchmark():
    spec = importlib.util.spec_from_file_location("benchmark_workshop", ROOT / "benchmarks" / "workshop.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


workshop = benchmark()
RUN = [part for part in workshop.PARTS if part.sections]
LESSONS = [part for part in RUN if part.title.startswith("Lesson")]
TITLES = [part.title for part in RUN]
BLOCKS = dict(re.findall(r"(?ms)^## \d:\d\d (.+?) \(\d+ minutes\)\n(.*?)(?=^## |\Z)", PAGE))


def block(part):
    """What the page says about a part, on one line."""
    return " ".join(BLOCKS[part.title].split())


def plain(heading):
    """A heading as the page writes it, without the signs of a formula."""
    return heading.replace("$-\\ln p$", "−ln p")


def named(text):
    """The sections between quotation marks."""
    return re.findall(r'"([^"]+)"', text)


def rows():
    """The cells of each row of the timetable, without the two lines of its head."""
    table = PAGE.split(workshop.BEGIN)[1].split(workshop.END)[0]
    lines = re.findall(r"^\|(.*)\|$", table, re.MULTILINE)[2:]
    return [[cell.strip() for cell in line.split("|")] for line in lines]


@pytest.fixture(scope="module", autouse=True)
def no_settings_of_the_user(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IPYTHONDIR", str(tmp_path_factory.mktemp("ipython")))
        yield


def test_the_minutes_are_two_hours_and_stand_alike_in_table_headings_and_script():
    assert len(PAGE.splitlines()) <= LINES
    planned, began = [], 0
    for part in workshop.PARTS:
        planned.append((f"{began // 60}:{began % 60:02d}", str(part.minutes), part.title))
        began += part.minutes
    assert began == 120
    assert [tuple(row[:3]) for row in rows() if row[1]] == planned
    headings = re.findall(r"^## (\d:\d\d) (.+) \((\d+) minutes\)$", PAGE, re.MULTILINE)
    expected = [(a, title.replace(": `doctor`", ""), m) for a, m, title in planned if title != "Break"]
    assert [(a, m, title) for a, title, m in headings] == [(a, m, title) for a, title, m in expected]


@pytest.mark.parametrize("part", LESSONS, ids=lambda part: part.title)
def test_sections_that_are_used_and_cut_are_those_of_the_lesson(part):
    used, cut = re.search(r"\*\*Sections:\*\*(.*?)\*\*Cut:\*\*(.*?)\*\*Learners", block(part)).groups()
    assert named(used) == [plain(section) for section in part.sections]
    pieces = workshop.by_section(workshop.read(part))
    with_cells = {plain(heading) for heading, piece in pieces if not isinstance(piece, str)}
    assert set(named(cut)) == with_cells - {"Looking back", *named(used)}
    assert "what is marked deeper" in cut
    late = re.search(r"\*\*Late\?\*\*(.*?)\*\*Stuck", block(part))[1]
    assert named(late) and set(named(late)) <= set(named(used))


@pytest.mark.parametrize("part", RUN, ids=TITLES)
def test_sections_cells_and_predictions_of_a_part_exist(part):
    notebook = workshop.read(part)
    found = [heading for heading, _ in workshop.by_section(notebook)]
    assert [section for section in part.sections if section not in found] == []
    cells = workshop.cells(part, notebook)
    ids, source = [cell.id for cell in cells], "\n".join(cell.source for cell in cells)
    assert set(re.findall(r"cell `([\w-]+)`", block(part))) <= set(ids)
    for prediction in re.findall(r"\d\d\.p\d", block(part)):
        assert f'predict("{prediction}"' in source


def test_each_way_has_its_stepper():
    for part, backward in zip(LESSONS[1:], (False, True), strict=True):
        assert part.title.endswith("with the stepper")
        (name,) = re.findall(r"cell `([\w-]+)`", block(part))
        (cell,) = [cell for cell in workshop.cells(part, workshop.read(part)) if cell.id == name]
        assert "step_through(" in cell.source and ("backward=False" in cell.source) != backward


def test_exercises_sheets_and_links_exist():
    known = {exercise.id for exercise in exercises()}
    mentioned = set(re.findall(r"\b0\d\.\d+\b", PAGE.split(workshop.END)[1]))
    assert {"05.1", "05.2", "05.4", "05.5", "06.6"} <= mentioned <= known
    files = re.findall(r"\]\(([^)#]+)\)", PAGE) + re.findall(r"`((?:exercises|solutions)/[\w.]*)`", PAGE)
    assert len(files) > 5 and [file for file in files if not (ROOT / file).exists()] == []
    for sheet, minutes in re.findall(r"`(exercises/[\w.]+)` \((\d+)", PAGE):
        assert f"Plan about {minutes} minutes for the core" in (ROOT / sheet).read_text(encoding="utf-8")
    clinic = block(RUN[-1])
    quoted = named(re.search(r"\*\*Screen:\*\*(.*?)\*\*Learners", clinic)[1])
    assert quoted == list(RUN[-1].sections)
    for name in ("INSTRUCTORS.md", "README.md"):
        assert "(WORKSHOP.md)" in (ROOT / name).read_text(encoding="utf-8")


def test_the_page_holds_no_line_of_a_solution():
    for part in (part for part in RUN if part.notebook.startswith("solutions")):
        for cell in workshop.cells(part, workshop.read(part)):
            for solved in re.findall(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", cell.source, re.DOTALL):
                assert [line for line in solved.splitlines() if line.strip() and line.strip() in PAGE] == []


@pytest.mark.thorough
@pytest.mark.parametrize("part", RUN, ids=TITLES)
def test_a_part_runs_in_a_tenth_of_its_minutes(part):
    """The start, `doctor`, is executed by its own tests."""
    seconds, error = workshop.execute(part)
    assert error is None
    assert workshop.too_slow(part, [seconds]) is None


def test_what_is_missing_or_not_solved_is_told():
    order = next(part for part in RUN if part.title.startswith("05.1"))
    blank = order.notebook.replace("solutions", "exercises")
    _, error = workshop.execute(order._replace(notebook=blank))
    assert "'check-05-1' failed" in error
    forward = next(part for part in RUN if part.title.startswith("Lesson 04"))
    _, error = workshop.execute(forward._replace(sections=forward.sections[:1] + forward.sections[2:]))
    assert "'relu-and-scores' failed" in error and "weighted_sums" in error
    assert workshop.too_slow(order, [1, 47.9]) is None
    assert "more than 48 s" in workshop.too_slow(order, [1, 48.1])


def test_the_numbers_of_the_page_have_the_form_of_the_script():
    parts = {part.title: part for part in (*workshop.PARTS, *workshop.WHOLE)}
    assert [row[2] for row in rows()] == list(parts)
    for _, minutes, title, words, cells, middle, largest in rows():
        part = parts[title]
        if not part.notebook:
            assert (words, cells, middle, largest) == ("", "", "", "")
            continue
        assert re.fullmatch(r"\d+\.\d", middle) and 0 < float(middle) <= float(largest)
        assert not minutes or float(largest) <= 6 * int(minutes)
        if part.notebook != workshop.DOCTOR:
            assert int(cells) == len(workshop.cells(part, workshop.read(part)))
        if part.sections:  # a lesson may change by some words without a new rehearsal
            assert workshop.words(part, workshop.read(part)) == pytest.approx(int(words), rel=0.1)
    source = r"workshop\.py`: ([3-9]|\d\d+) rounds, Python 3\.\d+\.\d+, \w+, \d+ processor cores\."
    assert re.search(source, PAGE)


def test_a_table_is_made_of_what_was_measured():
    measured = {part.title: [2.0, 9.04, 1.0] for part in (*workshop.PARTS, *workshop.WHOLE) if part.notebook}
    table = workshop.timetable(measured).splitlines()
    assert table[2].startswith("| 0:00 | 7 | Start: `doctor` |") and table[2].endswith("| 2.0 | 9.0 |")
    assert table[-1].startswith("Printed by `python benchmarks/workshop.py`: 3 rounds")
    assert sum(line.endswith("| 2.0 | 9.0 |") for line in table) == len(measured)


@pytest.mark.parametrize("part", RUN, ids=TITLES)
def test_a_slow_reader_needs_at_most_half_of_the_minutes(part):
    read = workshop.words(part, workshop.read(part))
    assert 90 < read <= PACE * part.minutes / 2


def test_words_and_cells_belong_to_the_heading_above_them():
    prose, code = nbformat.v4.new_markdown_cell, nbformat.v4.new_code_cell
    cells = [
        prose("# Top\n\nnot this"),
        code("import this", id="setup", metadata={"tags": ["core"]}),
        prose("before\n\n## One\n\nfour words are here\n\n### Two\n\nfive words are not here"),
        code("1", id="two"),
        prose("### Three (deeper)\n\nleft out", metadata={"tags": ["deeper"]}),
        code("2", id="three", metadata={"tags": ["deeper"]}),
        prose("## One\n\ntwo more"),
        code("3", id="one"),
    ]
    notebook, part = nbformat.v4.new_notebook(cells=cells), workshop.Part("", 1, "", ("One",))
    assert [cell.id for cell in workshop.cells(part, notebook)] == ["setup", "one"]
    assert workshop.words(part, notebook) == 4 + 2 + 2  # and the heading itself, twice
