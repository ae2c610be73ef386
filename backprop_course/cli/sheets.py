"""An exercise sheet is written once, with its answers: this makes the learner's notebook and the solved one.

The marks and the metadata are nbgrader's, so that an instructor can hand the solved notebook to it. A cell
`ex-05-2` holds the learner's answer and `check-05-2`, below it, the check. An answer in prose may go without
a check: a person grades it, and the points stand at the answer itself.
"""

import ast
import copy
import re
from pathlib import Path

from backprop_course.cli.sources import SOURCE_NAME, Form, as_json, cells_of, front_matter, parse

SHEET_ENDING = ".exercises.md"
SHEET = Form(paths=("core", "practice"), options={"name", "tags", "points"})
EXERCISE_NAME = re.compile(r"(?P<kind>ex|check)-(?P<number>\d\d)-(?P<item>[1-9]\d*)")
EXERCISE_LIKE = re.compile(r"(?:ex|check)(?:[-_].*)?")
MARK_LINE = re.compile(r"(?P<indent>[ \t]*)### (?P<what>BEGIN|END) (?P<region>SOLUTION|HIDDEN TESTS)[ \t]*")
MARK_LIKE = re.compile(r"\b(?:BEGIN|END) (?:SOLUTION|HIDDEN TESTS?)\b", re.IGNORECASE)
PROSE_BLANK = ["*Write your answer here.*"]


def sheet_from(source: Path) -> tuple[bytes, bytes]:
    """Return the learner's notebook, with blanks, and the solved one that the sheet `source` describes.

    Raises ValueError that names the file, and the line of the cell, where the source breaks a rule.
    """
    where, stem = f"lessons/{source.name}", source.name.removesuffix(SHEET_ENDING)
    named = SOURCE_NAME.fullmatch(stem)
    if not named or not named["number"]:
        raise ValueError(f"{where}: an exercise sheet is called NN_slug{SHEET_ENDING}, in lower case")
    if not source.with_name(f"{stem}.md").is_file():
        raise ValueError(f"{where}: there is no {stem}.md that it belongs to")
    parsed = parse(source, where)
    ours = front_matter(parsed.metadata, ("title",), named["number"], where)
    cells = cells_of(parsed, where, SHEET)
    _check_title(cells, where)
    _check_pairs(cells, named["number"])
    solved = [_with_metadata(*cell) for cell in cells]
    blanks = [_blank(cell, place) for cell, (_, _, place) in zip(solved, cells)]
    return as_json(blanks, ours), as_json(solved, ours)


def _check_title(cells: list, where: str) -> None:
    first = cells[0][0] if cells else None
    if first is None or first["cell_type"] != "markdown" or not first["source"][0].startswith("# "):
        raise ValueError(f"{where}: a sheet begins with its title, such as '# 05 · Exercises'")


def _check_pairs(cells: list, number: str) -> None:
    """Refuse names that do not fit the sheet's number, and an answer or a check without the other."""
    waiting, answered = {}, set()
    for cell, options, place in cells:
        name = EXERCISE_NAME.fullmatch(cell["id"])
        if name is None:
            if "name" in options and EXERCISE_LIKE.fullmatch(cell["id"]):
                form = f"such as ex-{number}-2 or check-{number}-2"
                raise ValueError(f"{place}: {cell['id']!r} is no name {form}")
        elif name["number"] != number:
            raise ValueError(f"{place}: cell {cell['id']!r} stands in a sheet with the number {number}")
        elif name["kind"] == "ex":
            answered.add(name["item"])
            if cell["cell_type"] == "code":
                waiting[name["item"]] = place, cell["id"]
        else:
            if name["item"] not in answered or cell["cell_type"] != "code":
                answer = f"ex-{number}-{name['item']}"
                raise ValueError(f"{place}: {cell['id']!r} has to be a code cell, with {answer!r} above it")
            waiting.pop(name["item"], None)
    for place, answer in waiting.values():
        raise ValueError(f"{place}: cell {answer!r} has no check-{answer.removeprefix('ex-')} below it")


def _with_metadata(cell: dict, options: dict, place: str) -> dict:
    """Return the cell with nbgrader's metadata, if it is an answer or a check."""
    name, points = EXERCISE_NAME.fullmatch(cell["id"]), options.get("points")
    is_check = name is not None and name["kind"] == "check"
    graded = is_check or (name is not None and cell["cell_type"] == "markdown")
    if graded and (type(points) is not int or points < 0):
        raise ValueError(f"{place}: cell {cell['id']!r} needs its points, a whole number; it has {points!r}")
    if not graded and points is not None:
        raise ValueError(f"{place}: cell {cell['id']!r} has points; only checks and prose answers have")
    if name is None:
        return cell
    said = {"schema_version": 3, "grade_id": cell["id"], "cell_type": cell["cell_type"], "task": False}
    said |= {"grade": graded, "solution": not is_check, "locked": is_check}
    said |= {"points": points} if graded else {}
    fixed = {"deletable": False, "editable": False} if is_check else {}
    return cell | {"metadata": cell["metadata"] | fixed | {"nbgrader": said}}


def _blank(cell: dict, place: str) -> dict:
    """Return the learner's version of a solved cell: without the answer, without the hidden tests."""
    lines = "".join(cell["source"]).split("\n")
    name, place = EXERCISE_NAME.fullmatch(cell["id"]), f"{place}: cell {cell['id']!r}"
    kind = name["kind"] if name else None
    allowed = {"ex": "SOLUTION", "check": "HIDDEN TESTS"}.get(kind)
    regions = _regions(lines, allowed, place)
    if kind == "ex" and not regions:
        raise ValueError(f"{place} has no ### BEGIN SOLUTION")
    for begin, end, indent in reversed(regions):
        cut = lines[begin + 1 : end]
        lines[begin : end + 1] = _in_place_of_a_solution(cell, name, indent, cut) if kind == "ex" else []
    text = "\n".join(lines).strip("\n")
    if kind == "check" and not text.strip():
        raise ValueError(f"{place} has nothing but hidden tests; the learner needs a check to run")
    if kind is not None and cell["cell_type"] == "code":
        _check_syntax("".join(cell["source"]), f"{place} does not parse")
        _check_syntax(text, f"{place} does not parse in exercises/, once its regions are cut")
    return copy.deepcopy(cell) | {"source": text.splitlines(keepends=True)}


def _in_place_of_a_solution(cell: dict, name: re.Match, indent: str, cut: list[str]) -> list[str]:
    """Return the blank: a place to write, an assignment of `...`, or an error that says what is missing."""
    if cell["cell_type"] == "markdown":
        return PROSE_BLANK
    if not indent and (targets := _assigned("\n".join(cut))):
        return ["# write your answer here", *(f"{target} = ..." for target in targets)]
    missing = f'raise NotImplementedError("{name["number"]}.{name["item"]} is not written yet")'
    return [f"{indent}# write your answer in place of the next line", f"{indent}{missing}"]


def _assigned(text: str) -> list[str]:
    """Return the names that a solution assigns, if it does nothing else; a check knows `...` as a blank."""
    try:
        statements = ast.parse(text).body
    except SyntaxError:
        return []
    simple = all(isinstance(s, ast.Assign) and len(s.targets) == 1 for s in statements)
    names = [s.targets[0] for s in statements] if simple else []
    return [target.id for target in names] if all(isinstance(t, ast.Name) for t in names) else []


def _regions(lines: list[str], allowed: str | None, place: str) -> list[tuple[int, int, str]]:
    """Return the first and the last line of each region of the `allowed` kind, with its indentation."""
    regions, begun = [], None
    for i, line in enumerate(lines):
        mark, at = MARK_LINE.fullmatch(line), f"{place}, its line {i + 1}"
        if mark is None:
            if MARK_LIKE.search(line):
                raise ValueError(f"{at}: {line.strip()!r} is no mark such as ### BEGIN SOLUTION")
        elif mark["region"] != allowed:
            raise ValueError(f"{at}: {mark[0].strip()!r} does not belong in this cell")
        elif mark["what"] == "BEGIN":
            if begun is not None:
                raise ValueError(f"{at}: {mark[0].strip()!r} stands in the region of line {begun + 1}")
            begun = i
        else:
            _check_end(lines, begun, i, mark, at)
            regions.append((begun, i, mark["indent"]))
            begun = None
    if begun is not None:
        raise ValueError(f"{place}, its line {begun + 1}: {lines[begun].strip()!r} has no ### END {allowed}")
    return regions


def _check_end(lines: list[str], begun: int | None, end: int, mark: re.Match, at: str) -> None:
    if begun is None:
        raise ValueError(f"{at}: {mark[0].strip()!r} has no ### BEGIN {mark['region']}")
    if not lines[begun].startswith(f"{mark['indent']}#"):
        raise ValueError(f"{at}: {mark[0].strip()!r} is not below its BEGIN, in the same column")
    if not any(line.strip() for line in lines[begun + 1 : end]):
        raise ValueError(f"{at}: the region that ends here is empty")


def _check_syntax(text: str, complaint: str) -> None:
    try:
        ast.parse(text)
    except SyntaxError as error:
        raise ValueError(f"{complaint}: {error.msg} (its line {error.lineno})") from None
