"""How a lesson is counted: cells, words, lines, sentences. One definition, for the tests and for the writer.

`python tests/lesson_form.py [NN …]` prints the counts of the lessons beside their budgets.
"""

import json
import re
import statistics
import sys
from pathlib import Path
from typing import NamedTuple

NOTEBOOKS = Path(__file__).parent.parent / "notebooks"


class Budget(NamedTuple):
    """The largest allowed counts; `least_cells` is the smallest number of cells."""

    least_cells: int = 25
    cells: int = 45
    core_words: int = 1300
    words: int = 1900
    core_lines: int = 80
    lines: int = 130
    cell_lines: int = 12
    median_lines: float = 5
    prose_words: int = 120
    in_a_row: int = 3
    sentence_words: int = 30
    mean_sentence: float = 16
    seconds: float = 6


BUDGETS = {"05": Budget(cells=50, words=2600)}


def budget_of(path):
    """The budget of a lesson by its number; bridges are short and have the ordinary one, from 15 cells."""
    if path.stem.startswith("bridge"):
        return Budget(least_cells=15)
    return BUDGETS.get(path.stem[:2], Budget())


def cells_of(path):
    """The cells of a notebook file."""
    return json.loads(path.read_text(encoding="utf-8"))["cells"]


def is_core(cell):
    """Cells on the core path: code tagged core, and prose that is not tagged deeper."""
    return "deeper" not in cell["metadata"].get("tags", [])


def text_of(cell):
    """The source of a cell as one string."""
    return "".join(cell["source"])


def plain(text):
    """Prose without what is not read as words: formulas become one word, tags, links and table rules go."""
    text = re.sub(r"```.*?```", " ", text, flags=re.DOTALL)
    text = re.sub(r"\$\$.*?\$\$", " ", text, flags=re.DOTALL)
    text = re.sub(r"\$[^$]+\$", "formula", text)
    text = re.sub(r"`[^`]+`", "code", text)
    text = re.sub(r"<[^>]+>", " ", text)
    text = re.sub(r"\]\([^)]*\)", "]", text)
    return re.sub(r"[|#*_\[\]]|:?-{3,}:?", " ", text)


def words(text):
    """The number of words in a prose cell: formulas and code count one each."""
    return len(re.findall(r"\w[\w'’-]*", plain(text)))


def sentences(text):
    """The sentences of a prose cell, without tables and headings; list items end a sentence."""
    kept = [line for line in text.splitlines() if not re.match(r"\s*(\||#)", line)]
    blocks = re.split(r"\n\s*\n|\n\s*(?=[-*] |\d+\. )|</?(?:summary|details|p|li|br)[^>]*>", "\n".join(kept))
    found = (s for block in blocks for s in re.split(r"(?<=[.?!:])\s+", plain(block)))
    return [s for s in found if words(s)]


def code_lines(cell):
    """The lines of a code cell that are not blank."""
    return sum(1 for line in text_of(cell).splitlines() if line.strip())


def measure(path):
    """Every count of one lesson, by the names of `Budget`."""
    cells = cells_of(path)
    prose = [c for c in cells if c["cell_type"] == "markdown"]
    code = [c for c in cells if c["cell_type"] == "code"]
    kinds = "".join("c" if c["cell_type"] == "code" else "p" for c in cells)
    lengths = [words(s) for c in prose for s in sentences(text_of(c))]
    return Budget(
        least_cells=len(cells),
        cells=len(cells),
        core_words=sum(words(text_of(c)) for c in prose if is_core(c)),
        words=sum(words(text_of(c)) for c in prose),
        core_lines=sum(code_lines(c) for c in code if is_core(c)),
        lines=sum(code_lines(c) for c in code),
        cell_lines=max(code_lines(c) for c in code),
        median_lines=statistics.median(code_lines(c) for c in code),
        prose_words=max(words(text_of(c)) for c in prose),
        in_a_row=max(len(run) for run in re.findall(r"c+|p+", kinds)),
        sentence_words=max(lengths),
        mean_sentence=round(statistics.mean(lengths), 1),
        seconds=0.0,
    )


def over_budget(path):
    """The counts that break the budget, as readable lines."""
    counts, budget = measure(path), budget_of(path)
    wrong = [
        f"{name}: {count} (budget {limit})"
        for name, count, limit in zip(Budget._fields, counts, budget)
        if (count < limit if name == "least_cells" else count > limit)
    ]
    for cell in cells_of(path):
        if cell["cell_type"] == "markdown":
            if words(text_of(cell)) > budget.prose_words:
                wrong.append(f"  {cell['id']}: {words(text_of(cell))} words")
            for sentence in sentences(text_of(cell)):
                if words(sentence) > budget.sentence_words:
                    shown = " ".join(sentence.split())[:90]
                    wrong.append(f"  {cell['id']}: {words(sentence)} words: {shown}")
        elif code_lines(cell) > budget.cell_lines:
            wrong.append(f"  {cell['id']}: {code_lines(cell)} lines")
    return wrong


if __name__ == "__main__":
    for notebook in sorted(NOTEBOOKS.glob("*.ipynb")):
        if not sys.argv[1:] or any(notebook.stem.startswith(wanted) for wanted in sys.argv[1:]):
            print(notebook.stem)
            for name, count, limit in zip(Budget._fields, measure(notebook), budget_of(notebook)):
                print(f"  {name:16}{count:>8}   budget {limit}")
            print("\n".join(over_budget(notebook)) or "  within its budget")
