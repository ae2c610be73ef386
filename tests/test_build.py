"""Lessons become notebooks: the same bytes every time, and every mistake in a source named with its place."""

import json
from pathlib import Path

import nbformat
import pytest

from backprop_course.cli import build as build_command
from backprop_course.cli import main

ROOT = Path(__file__).resolve().parents[1]

SOURCE = """\
---
title: The slope
genre: derivation
number: 2
---

# The slope

Where does the slope η of $y = x^2$ come from?

<!-- live: tangent -->

+++ {"tags": ["core"]}

First we set up.

```{code-cell} ipython3
:name: setup
:tags: [core]

import math
x = 1
```

<!-- exercises -->

+++

Two lines,
one cell.

```python
not_a_cell = True
```

```{code-cell} ipython3
:name: slope
:tags: [deeper]
assert 2 * x == 2
```
"""

EXPECTED = """\
{
 "cells": [
  {
   "cell_type": "markdown",
   "id": "top-1",
   "metadata": {},
   "source": [
    "# The slope\\n",
    "\\n",
    "Where does the slope η of $y = x^2$ come from?"
   ]
  },
  {
   "cell_type": "markdown",
   "id": "top-2",
   "metadata": {
    "tags": [
     "core"
    ]
   },
   "source": [
    "First we set up."
   ]
  },
  {
   "cell_type": "code",
   "execution_count": null,
   "id": "setup",
   "metadata": {
    "tags": [
     "core"
    ]
   },
   "outputs": [],
   "source": [
    "import math\\n",
    "x = 1"
   ]
  },
  {
   "cell_type": "markdown",
   "id": "setup-1",
   "metadata": {},
   "source": [
    "Two lines,\\n",
    "one cell.\\n",
    "\\n",
    "```python\\n",
    "not_a_cell = True\\n",
    "```"
   ]
  },
  {
   "cell_type": "code",
   "execution_count": null,
   "id": "slope",
   "metadata": {
    "tags": [
     "deeper"
    ]
   },
   "outputs": [],
   "source": [
    "# deeper\\n",
    "assert 2 * x == 2"
   ]
  }
 ],
 "metadata": {
  "backprop_course": {
   "genre": "derivation",
   "number": 2,
   "title": "The slope"
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


@pytest.fixture
def clone(tmp_path, monkeypatch):
    (tmp_path / "lessons").mkdir()
    (tmp_path / "lessons" / "02_slope.md").write_bytes(SOURCE.encode())
    monkeypatch.setattr(build_command, "clone_root", lambda: tmp_path)
    return tmp_path


def write(clone, text, name="02_slope.md"):
    (clone / "lessons" / name).write_text(text, encoding="utf-8")


def test_a_source_becomes_exactly_these_bytes(clone):
    assert main(["build"]) == 0
    assert (clone / "notebooks" / "02_slope.ipynb").read_bytes() == EXPECTED.encode()
    nbformat.validate(nbformat.reads(EXPECTED, as_version=4))


def test_windows_line_ends_in_a_source_change_nothing(clone):
    (clone / "lessons" / "02_slope.md").write_bytes(SOURCE.replace("\n", "\r\n").encode())
    assert main(["build"]) == 0
    assert (clone / "notebooks" / "02_slope.ipynb").read_bytes() == EXPECTED.encode()


def test_a_passage_that_can_wait_says_so_where_it_begins(clone):
    deeper = '+++ {"tags": ["deeper"]}\n\n'
    passages = f"{deeper}### Why\n\nBecause.\n\n{deeper}More.\n\n+++\n\nCore again.\n\n{deeper}Or so.\n"
    (clone / "lessons" / "02_slope.md").write_text(f"{SOURCE}\n+++\n\nCore.\n\n{passages}", encoding="utf-8")
    assert main(["build"]) == 0
    cells = json.loads((clone / "notebooks" / "02_slope.ipynb").read_text(encoding="utf-8"))["cells"]
    texts = ["".join(cell["source"]) for cell in cells[-5:]]
    assert texts == ["Core.", "### Why (deeper)\n\nBecause.", "More.", "Core again.", "*Deeper.* Or so."]


def test_a_bridge_has_no_number(clone):
    write(clone, SOURCE.replace("number: 2\n", ""), "bridge_slope.md")
    assert main(["build"]) == 0
    bridge = json.loads((clone / "notebooks" / "bridge_slope.ipynb").read_text(encoding="utf-8"))
    assert bridge["metadata"]["backprop_course"] == {"genre": "derivation", "title": "The slope"}


def test_building_again_writes_nothing(clone, capsys):
    main(["build"])
    notebook = clone / "notebooks" / "02_slope.ipynb"
    before = notebook.stat().st_mtime_ns
    capsys.readouterr()
    assert main(["build"]) == 0
    assert notebook.stat().st_mtime_ns == before
    assert capsys.readouterr().out == "notebooks built from lessons/: 1, all up to date\n"


@pytest.mark.parametrize("at", [0, 700, -1])
def test_check_fails_on_one_byte(clone, capsys, at):
    main(["build"])
    assert main(["build", "--check"]) == 0
    notebook = clone / "notebooks" / "02_slope.ipynb"
    content = bytearray(notebook.read_bytes())
    content[at] ^= 1
    notebook.write_bytes(content)
    capsys.readouterr()
    assert main(["build", "--check"]) == 1
    assert "notebooks/02_slope.ipynb: differs" in capsys.readouterr().out
    assert notebook.read_bytes() == content, "a check changes nothing"


def test_check_fails_on_a_missing_notebook(clone, capsys):
    assert main(["build", "--check"]) == 1
    assert "notebooks/02_slope.ipynb: differs" in capsys.readouterr().out
    assert not (clone / "notebooks").exists()


def test_a_notebook_without_a_source_is_named_and_left(clone, capsys):
    main(["build"])
    (clone / "lessons" / "02_slope.md").rename(clone / "lessons" / "02_slopes.md")
    for words in (["build", "--check"], ["build"]):
        capsys.readouterr()
        assert main(words) == 1
        assert "notebooks/02_slope.ipynb: has no source" in capsys.readouterr().out
    assert (clone / "notebooks" / "02_slope.ipynb").exists()


MISTAKES = {
    "no name": (":name: slope\n", "", "line 36: the code cell that begins with 'assert 2 * x"),
    "a name twice": (":name: slope", ":name: setup", "line 36: line 17 already has a cell named 'setup'"),
    "a prose's id": (":name: slope", ":name: setup-1", "line 36: line 27 already has a cell named 'setup-1'"),
    "the top": (":name: setup", ":name: top", "line 17: 'top' is not a name"),
    "a name with a space": (":name: setup", ":name: set up", "line 17: 'set up' is not a name"),
    "an unknown option": (":name: setup", ":name: setup\n:tag: x", "line 17: cell 'setup' has options"),
    "no tags": (":tags: [deeper]\n", "", "line 36: cell 'slope' needs one of the tags"),
    "both paths": ("[deeper]", "[core, deeper]", "line 36: cell 'slope' needs one of the tags"),
    "an unknown tag": ('["core"]', '["cor"]', "line 13: cell 'top-2' has the tags ['cor']"),
    "no list of tags": ("[deeper]", "deeper", "'deeper' is not of type 'array'"),
    "spoilt metadata": ('{"tags"', '{"tags', "at line 13 could not be read"),
    "no title": ("title: The slope\n", "", "the front matter needs a title"),
    "no genre": ("genre: derivation\n", "", "the front matter needs a genre"),
    "another number": ("number: 2", "number: 3", "number is 3, but the file's name says 2"),
    "spoilt front matter": ("title: The", "title: [The", "02_slope.md: Notebook metadata"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_in_a_source_is_named_with_its_place(clone, capsys, mistake):
    right, wrong, message = MISTAKES[mistake]
    assert SOURCE.count(right) == 1
    write(clone, SOURCE.replace(right, wrong))
    assert main(["build"]) == 1
    said = capsys.readouterr().err
    assert "lessons/02_slope.md" in said
    assert message in said
    assert not (clone / "notebooks").exists(), "nothing is built from sources with a mistake"


def test_every_source_with_a_mistake_is_named_at_once(clone, capsys):
    write(clone, SOURCE, "2_slope.md")
    write(clone, "no front matter", "bridge_x.md")
    write(clone, "a = ", "02_slope.toml")
    write(clone, "a = 1", "03_other.toml")
    assert main(["build"]) == 1
    said = capsys.readouterr().err.splitlines()
    assert [line.partition(":")[0] for line in said[1:]] == [
        "lessons/2_slope.md",
        "lessons/bridge_x.md",
        "lessons/02_slope.toml",
        "lessons/03_other.toml",
    ]


def test_outside_a_clone_build_says_so(monkeypatch, capsys):
    monkeypatch.setattr(build_command, "clone_root", lambda: None)
    assert main(["build"]) == 1
    assert "build works in a clone of the course" in capsys.readouterr().err


def test_without_jupytext_build_says_what_to_install(clone, monkeypatch, capsys):
    monkeypatch.setitem(__import__("sys").modules, "jupytext.myst", None)
    assert main(["build"]) == 1
    assert 'python -m pip install -e ".[test]"' in capsys.readouterr().err


def test_the_committed_notebooks_are_what_the_sources_build(capsys):
    assert main(["build", "--check"]) == 0, capsys.readouterr().out
    assert list((ROOT / "notebooks").glob("*.ipynb"))
