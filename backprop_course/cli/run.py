"""Does every lesson still run from top to bottom on this machine? `run` executes them without a browser."""

import asyncio
import atexit
import contextlib
import re
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from backprop_course.cli.errors import CommandError, lessons_of_the_course
from backprop_course.course import learner_folder

SECONDS_A_CELL = 120
LINES_OF_AN_ERROR = 8


class Result(NamedTuple):
    """One row of the table: a lesson, how many of its cells ran, for how long, and what went wrong."""

    lesson: str
    cells: int
    seconds: float
    error: str | None


def add_to(commands) -> None:
    """Add `run` to the command line."""
    parser = commands.add_parser("run", help="execute lessons without a browser and print a table")
    parser.add_argument("lessons", nargs="*", metavar="NN", help="5, 05, 05_backward_pass or bridge_maths")
    parser.add_argument("--core", action="store_true", help="execute only the cells of the core path")
    parser.set_defaults(command=run)


def run(words) -> int:
    """Execute the lessons in a temporary folder, print the table, and return 1 where one failed, else 0."""
    import nbformat
    from tqdm import tqdm

    chosen = choose(words.lessons, sorted(lessons_of_the_course().glob("*.ipynb")))
    notebooks = {path: nbformat.read(path, as_version=4) for path in chosen}
    if words.core:
        for notebook in notebooks.values():
            notebook.cells = [cell for cell in notebook.cells if "core" in cell.metadata.get("tags", [])]
    total = sum(len(_code_cells(notebook)) for notebook in notebooks.values())
    results = []
    with tempfile.TemporaryDirectory() as folder, tqdm(total=total, unit="cell") as bar:
        for path, notebook in notebooks.items():
            bar.set_description(path.stem)
            shutil.copy(path, folder)
            results.append(execute(path.stem, notebook, folder, bar.update))
    print(table(results))
    if learner_folder() is not None:
        print("\nThese were the course's own lessons; the ones in your folder were not touched.")
    for result in results:
        if result.error is not None:
            print(f"\n{result.lesson}: {result.error}")
    return 1 if any(result.error is not None for result in results) else 0


def choose(words: list[str], paths: list[Path]) -> list[Path]:
    """Return the paths of the lessons that `words` name, all where there are no words, in the course's order.

    Raises CommandError, with the names that exist, for a word that names none.
    """
    chosen = set()
    for word in words:
        number = f"{int(word):02d}" if re.fullmatch(r"\d{1,2}", word) else None
        named = {path for path in paths if word == path.stem or number == path.stem.partition("_")[0]}
        if not named:
            names = "\n".join(f"  {path.stem}" for path in paths)
            raise CommandError(f"there is no lesson {word!r}. There are:\n{names}")
        chosen |= named
    return [path for path in paths if path in chosen or not words]


def execute(lesson: str, notebook, folder: str, step) -> Result:
    """Execute a notebook's cells in `folder`, calling `step()` after each, up to the first that fails."""
    from nbclient.exceptions import CellControlSignal

    started, error = [], None
    client = _client(notebook, folder, started.append, step)
    began = time.perf_counter()
    try:
        client.execute(stderr=subprocess.DEVNULL)  # a stopped kernel complains there
    except (CellControlSignal, RuntimeError) as failure:
        error = explain(failure, started)
        atexit.unregister(client._cleanup_kernel)  # nbclient leaves it behind where no kernel started
    seconds = time.perf_counter() - began
    return Result(lesson, sum(cell.cell_type == "code" for cell in started), seconds, error)


def _client(notebook, folder: str, start, step):
    from nbclient import NotebookClient

    from backprop_course.cli.kernel import NAME, OwnKernelManager

    return NotebookClient(
        notebook,
        kernel_manager_class=OwnKernelManager,
        kernel_name=NAME,
        timeout=SECONDS_A_CELL,
        resources={"metadata": {"path": folder}},
        on_notebook_start=_let_control_c_stop_us,
        on_cell_start=lambda cell, cell_index: start(cell),
        on_cell_executed=lambda cell, cell_index, execute_reply: step(),
    )


def _let_control_c_stop_us(**_) -> None:
    """Take back Ctrl-C, which nbclient would use to end one notebook's kernel and go on with the next."""
    with contextlib.suppress(NotImplementedError):  # Windows
        asyncio.get_running_loop().remove_signal_handler(signal.SIGINT)


def explain(failure: Exception, started: list) -> str:
    """Return which cell failed, by its name, and the last lines of the error."""
    lines = re.sub(r"\x1b\[[0-9;]*m", "", str(failure)).strip().splitlines()
    where = f"cell {started[-1].id!r} failed" if started else "the kernel did not start"
    return "\n    ".join([where, *lines[-LINES_OF_AN_ERROR:]])


def table(results: list[Result]) -> str:
    """Return the table of the lessons: name, cells executed, seconds, result."""
    width = max(len(name) for name in ("lesson", *(result.lesson for result in results)))
    rows = [f"{'lesson':{width}}  cells  seconds  result"]
    for lesson, cells, seconds, error in results:
        rows.append(f"{lesson:{width}}  {cells:5}  {seconds:7.1f}  {'ok' if error is None else 'FAILED'}")
    return "\n".join(rows)


def _code_cells(notebook) -> list:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]
