"""Lessons are written once, as text: this turns a text source into a notebook, the same bytes every time.

What lessons and exercise sheets have in common is here too; `sheets` adds what only sheets have.
"""

import json
import re
from pathlib import Path
from typing import NamedTuple

from backprop_course.cli.errors import CommandError

SOURCE_NAME = re.compile(r"(?:(?P<number>\d\d)|bridge)_[a-z0-9_]+")
CELL_NAME = re.compile(r"[A-Za-z0-9_-]{1,58}")  # a notebook's ids have 64 characters at most; prose adds "-1"
PLACEHOLDER = re.compile(r"[ \t]*<!--\s*(?:live:.*?|exercises)\s*-->", re.DOTALL)
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}


class Form(NamedTuple):
    """What the cells of a kind of source may say: one of two paths as a tag, and options."""

    paths: tuple[str, str]
    options: set[str]


LESSON = Form(paths=("core", "deeper"), options={"name", "tags"})
OTHER_TAGS = {"slide", "raises-exception"}


def notebook_from(source: Path) -> bytes:
    """Return the output-free notebook that the MyST Markdown file `source` describes, as JSON.

    Raises ValueError that names the file, and the line of the cell, where the source breaks a rule.
    """
    where = f"lessons/{source.name}"
    if not SOURCE_NAME.fullmatch(source.stem):
        raise ValueError(f"{where}: a lesson is called NN_slug.md or bridge_slug.md, in lower case")
    parsed = parse(source, where)
    cells = [cell for cell, _, _ in cells_of(parsed, where, LESSON)]
    digits = SOURCE_NAME.fullmatch(source.stem)["number"]
    return as_json(cells, front_matter(parsed.metadata, ("title", "genre"), digits, where))


def as_json(cells: list[dict], ours: dict) -> bytes:
    """Return the notebook that has these cells, with `ours` as the course's own part of its metadata."""
    metadata = {"backprop_course": ours, "kernelspec": KERNEL, "language_info": {"name": "python"}}
    notebook = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    return (json.dumps(notebook, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()


def parse(source: Path, where: str):
    """Return the notebook as jupytext reads it. Raises ValueError for what it cannot read."""
    try:
        from jupytext.myst import MystMetadataParsingError, myst_to_notebook
        from nbformat import ValidationError
    except ImportError:
        raise CommandError('build needs jupytext. Run: python -m pip install -e ".[test]"') from None
    try:
        return myst_to_notebook(source.read_text(encoding="utf-8"), add_source_map=True)
    except (MystMetadataParsingError, ValidationError) as error:
        raise ValueError(f"{where}: {str(error).splitlines()[0]}") from None


def front_matter(metadata: dict, texts: tuple[str, ...], digits: str | None, where: str) -> dict:
    """Return the `texts` and the number that the top of the source gives; `digits` stand in its file name."""
    for key in texts:
        if not isinstance(metadata.get(key), str):
            raise ValueError(f"{where}: the front matter needs a {key}")
    number = None if digits is None else int(digits)
    if metadata.get("number") != number:
        raise ValueError(f"{where}: number is {metadata.get('number')}, but the file's name says {number}")
    return {key: metadata[key] for key in (*texts, "number") if key in metadata}


def cells_of(parsed, where: str, form: Form) -> list[tuple[dict, dict, str]]:
    """Return each cell with the options written at it, and with its place: the file and the line.

    The id of a cell with a name is that name; other prose has the name before it with an ordinal.
    """
    cells, taken = [], {}
    name, ordinal = "top", 0
    for cell, line in zip(parsed.cells, parsed.metadata["source_map"], strict=True):
        place = f"{where}, line {line}"
        if cell.cell_type == "code" or "name" in cell.metadata:
            name, ordinal = _name(cell, place, form), 0
            built = _code_cell(cell, name) if cell.cell_type == "code" else _prose_cell(cell, name)
        else:
            built = _prose_cell(cell, f"{name}-{ordinal + 1}")
            if not built["source"]:
                continue
            ordinal += 1
        if built["id"] in taken:
            raise ValueError(f"{place}: line {taken[built['id']]} already has a cell named {built['id']!r}")
        _check_tags(built, place, form, needs_path="name" in cell.metadata)
        taken[built["id"]] = line
        begins = not (cells and _is_deeper(cells[-1][0])) or built["source"][:1][0].startswith("#")
        if _is_deeper(built) and begins:
            _say_deeper(built)
        cells.append((built, cell.metadata, place))
    return cells


def _is_deeper(cell: dict) -> bool:
    return "deeper" in cell["metadata"].get("tags", [])


def _say_deeper(cell: dict) -> None:
    """Tell the reader, where such a passage begins, that it can wait: nobody sees the tags of a cell."""
    first = cell["source"][0].rstrip("\n")
    if cell["cell_type"] == "code":
        cell["source"].insert(0, "# deeper\n")
    elif first.startswith("#"):
        cell["source"][0] = cell["source"][0].replace(first, f"{first} (deeper)", 1)
    else:
        cell["source"][0] = f"*Deeper.* {cell['source'][0]}"


def _name(cell, place: str, form: Form) -> str:
    name = cell.metadata.get("name")
    if name is None:
        first = cell.source.partition("\n")[0]
        raise ValueError(f"{place}: the code cell that begins with {first!r} has no name; write `:name: ...`")
    if not CELL_NAME.fullmatch(str(name)) or name == "top":
        raise ValueError(f"{place}: {name!r} is not a name: letters, digits, - and _, 58 at most, not 'top'")
    unknown = sorted(set(cell.metadata) - form.options)
    if unknown:
        raise ValueError(f"{place}: cell {name!r} has options that the build does not know: {unknown}")
    return str(name)


def _check_tags(cell: dict, place: str, form: Form, *, needs_path: bool) -> None:
    tags, known = cell["metadata"].get("tags", []), {*form.paths, *OTHER_TAGS}
    if not isinstance(tags, list) or not set(tags) <= known:
        raise ValueError(f"{place}: cell {cell['id']!r} has the tags {tags!r}; known are {sorted(known)}")
    paths = sorted(set(form.paths) & set(tags))
    if len(paths) == 2 or (needs_path and not paths):
        needed = " and ".join(form.paths)
        raise ValueError(f"{place}: cell {cell['id']!r} needs one of the tags {needed}, has {paths}")


def _code_cell(cell, name: str) -> dict:
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": name,
        "metadata": _tags(cell),
        "outputs": [],
        "source": cell.source.splitlines(keepends=True),
    }


def _prose_cell(cell, name: str) -> dict:
    text = PLACEHOLDER.sub("", cell.source)
    if text != cell.source:
        text = re.sub(r"\n{3,}", "\n\n", text).strip("\n")
    return {
        "cell_type": "markdown",
        "id": name,
        "metadata": _tags(cell),
        "source": text.splitlines(keepends=True),
    }


def _tags(cell) -> dict:
    return {"tags": cell.metadata["tags"]} if "tags" in cell.metadata else {}
