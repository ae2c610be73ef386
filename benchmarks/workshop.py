"""How long do the cells of the workshop in WORKSHOP.md take, beside the minutes planned for each part?

    python benchmarks/workshop.py                three rounds, then the timetable
    python benchmarks/workshop.py --rounds 5
    python benchmarks/workshop.py --write        puts the timetable into WORKSHOP.md as well

A part executes the core cells of its sections and no others: this shows that nothing is missing where the
workshop skips. Each part has a new kernel, started as `backprop-course run` starts it; the seconds include
that start. Exercises are executed solved, from solutions/. What a browser needs to draw is not measured.

The exit status is 1 if a part fails or takes more than a tenth of its minutes.
"""

import argparse
import os
import platform
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))  # words are counted there, as in the lessons' budgets

PAGE, BEGIN, END = ROOT / "WORKSHOP.md", "<!-- rehearsed -->", "<!-- end -->"
HEAD = "| from | minutes | part | words | cells | seconds, median | largest |"
SHARE = 0.1  # of a part's minutes may be spent on executing its cells


class Part(NamedTuple):
    """Some minutes of the workshop; `sections` are headings of the notebook, all where there are none."""

    title: str
    minutes: int
    notebook: str = ""
    sections: tuple[str, ...] = ()


DOCTOR = "doctor"  # stands in the place of a notebook
PARTS = (
    Part("Start: `doctor`", 7, DOCTOR),
    Part("Lesson 02: slopes multiply and add", 22, "notebooks/02_chain_rule.ipynb", (
        "Two functions, one after the other",
        "The chain rule",
        "Three checks",
        "Three factors of one neuron",
        "A short name: dQ",
        "Two paths",
    )),
    Part("Lesson 04: forward with the stepper", 18, "notebooks/04_forward_pass.ipynb", (
        "The network as a drawing",
        "Step 1: weighted sums",
        "Steps 2 and 3: ReLU, then weighted sums again",
        "Step 4: from scores to probabilities",
        "A shift cancels",
        "The loss: why $-\\ln p$?",
    )),
    Part("Break", 5),
    Part("Lesson 05: backward with the stepper", 24, "notebooks/05_backward_pass.ipynb", (
        "One example, by indices",
        "Through the loss and the softmax",
        "To the weights of the second layer",
        "Resting point",
        "Second sitting: through W2 to the hidden units",
        "Through the ReLU, to the weights of the first layer",
        "The batch",
        "All gradients first, then the updates",
    )),
    Part("05.1: the steps in order", 8, "solutions/05_backward_pass.ipynb", (
        "05 · Exercises",
        "05.1 Put the training step in order",
    )),
    Part("05.2, 05.4, 05.5: three blanks", 15, "solutions/05_backward_pass.ipynb", (
        "05.2 The error of each class",
        "05.4 Through W2 to the hidden units",
        "05.5 Through the ReLU",
    )),
    Part("06.6: a planted mistake", 15, "solutions/06_gradient_checking.ipynb", (
        "The clinic: core",
        "How to examine",
        "06.6 Run A",
    )),
    Part("End", 6),
)  # fmt: skip
WHOLE = tuple(
    Part(f"*All cells of lesson {name[:2]}*", 0, f"notebooks/{name}.ipynb")
    for name in ("02_chain_rule", "04_forward_pass", "05_backward_pass")
)


def read(part):
    """The notebook of a part. A sheet is read solved."""
    import nbformat

    return nbformat.read(ROOT / part.notebook, as_version=4)


def by_section(notebook):
    """Pairs of a heading and what stands below it up to the next: a code cell, or prose as a string.

    What is tagged deeper is left out.
    """
    heading = ""
    for cell in notebook.cells:
        is_code, deeper = cell.cell_type == "code", "deeper" in cell.metadata.get("tags", [])
        for piece in [cell] if is_code else re.split(r"^(?=#+ )", cell.source, flags=re.MULTILINE):
            if not is_code:
                heading = (re.findall(r"\A#+ (.+)$", piece, re.MULTILINE) or [heading])[0]
            if not deeper:
                yield heading, piece


def cells(part, notebook):
    """The code cells that a part executes: the setup, and the core cells of its sections."""
    if not part.sections:
        return [cell for cell in notebook.cells if cell.cell_type == "code"]
    found = [(heading, cell) for heading, cell in by_section(notebook) if not isinstance(cell, str)]
    return [cell for heading, cell in found if cell.id == "setup" or heading in part.sections]


def words(part, notebook):
    """How many words the sections of a part ask a learner to read."""
    import lesson_form

    pieces = [piece for heading, piece in by_section(notebook) if heading in part.sections]
    return sum(lesson_form.words(piece) for piece in pieces if isinstance(piece, str))


def execute(part):
    """Seconds that a part takes, and what went wrong or None."""
    from backprop_course.cli.run import execute

    with tempfile.TemporaryDirectory() as folder:
        if part.notebook == DOCTOR:
            start, command = perf_counter(), [sys.executable, "-m", "backprop_course", "doctor"]
            ran = subprocess.run(command, capture_output=True, text=True, cwd=folder)
            return perf_counter() - start, (ran.stdout + ran.stderr if ran.returncode else None)
        notebook = read(part)
        notebook.cells = cells(part, notebook)
        result = execute(part.title, notebook, folder, lambda: None)
        return result.seconds, result.error


def clock(minutes):
    """Minutes from the beginning as hours and minutes."""
    return f"{minutes // 60}:{minutes % 60:02d}"


def row(part, began, seconds):
    """A row of the timetable; a part without a notebook executes nothing."""
    first = f"| {clock(began) if part.minutes else ''} | {part.minutes or ''} | {part.title} |"
    if not part.notebook:
        return f"{first} | | | |"
    counts = " | |"
    if part.notebook != DOCTOR:
        notebook = read(part)
        read_words = f" {words(part, notebook)}" if part.sections else ""
        counts = f"{read_words} | {len(cells(part, notebook))} |"
    return f"{first}{counts} {median(seconds):.1f} | {max(seconds):.1f} |"


def timetable(measured):
    """The table; `measured` has the seconds of every round by the title of the part."""
    lines, began = [HEAD, re.sub(r"[^|]+", "---", HEAD)], 0
    for part in (*PARTS, *WHOLE):
        lines.append(row(part, began, measured.get(part.title, [])))
        began += part.minutes
    rounds = len(measured[PARTS[0].title])
    system = f"Python {platform.python_version()}, {platform.system()}, {os.cpu_count()} processor cores"
    return "\n".join([*lines, "", f"Printed by `python benchmarks/workshop.py`: {rounds} rounds, {system}."])


def too_slow(part, seconds):
    """A sentence where a part takes more than its share of the minutes, else None."""
    limit = 60 * SHARE * part.minutes
    if part.minutes and max(seconds) > limit:
        return f"{part.title} took {max(seconds):.1f} s, more than {limit:.0f} s"
    return None


def rehearse(rounds):
    """The seconds of every round by the title of the part, and a sentence for each failure."""
    measured, wrong = {}, []
    for _ in range(rounds):
        for part in (*PARTS, *WHOLE):
            if part.notebook:
                seconds, error = execute(part)
                measured.setdefault(part.title, []).append(seconds)
                wrong += [f"{part.title}: {error}"] * (error is not None)
    slow = [too_slow(part, measured[part.title]) for part in PARTS if part.notebook]
    return measured, wrong + [sentence for sentence in slow if sentence]


def write(table):
    """Put the timetable between the two marks of the page."""
    page = PAGE.read_text(encoding="utf-8")
    before, rest = page.split(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}\n{table}\n{END}{rest.split(END)[1]}", encoding="utf-8")


def main():
    """Rehearse and print the timetable; the exit status is 1 if a part fails or is too slow."""
    parser = argparse.ArgumentParser(description="How long the parts of the workshop take to execute.")
    parser.add_argument("--rounds", type=int, default=3, help="how often each part is executed (3)")
    parser.add_argument("--write", action="store_true", help="put the timetable into WORKSHOP.md")
    asked = parser.parse_args()
    measured, wrong = rehearse(max(1, asked.rounds))
    table = timetable(measured)
    print(table)
    if asked.write and not wrong:
        write(table)
    print("\n".join(wrong))
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
