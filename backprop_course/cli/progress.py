"""What have I done so far? `progress` answers by lesson and by concept, and exports it for an instructor."""

import csv
import io
import json
from pathlib import Path

from backprop_course.cli.delivery import replace
from backprop_course.cli.errors import CommandError, own_folder, plain_disk_errors
from backprop_course.grading.counting import concepts, lesson_of
from backprop_course.grading.progress import events
from backprop_course.grading.summary import summarize

FIRST = (  # every export begins so, also those of earlier versions of the course
    *("time", "kind", "lesson", "form", "id", "item"),
    *("concept", "choice", "right", "mistake", "confidence"),
)
COLUMNS = (*FIRST, "passed", "level")
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet would compute a text that begins so


def add_to(commands) -> None:
    """Add `progress` to the command line."""
    parser = commands.add_parser("progress", help="a table of what you have done, or a file of it")
    parser.add_argument("dir", nargs="?", help="your folder (default: the one that you are in)")
    parser.add_argument("--export", metavar="FILE.csv", help="write every event to a file")
    parser.set_defaults(command=progress)


def progress(words) -> int:
    """Print the tables of what is recorded, or write every event to a file; return the exit status."""
    found = events(start=own_folder(words.dir, "progress"))
    if words.export is None:
        print(summarize(found))
    else:
        path = Path(words.export)
        with plain_disk_errors(path.parent):
            _refuse_what_is_no_export(path)
            replace(path, as_csv(found))
        print(f"{path}: {len(found)} events written")
    return 0


def as_csv(found: list[dict]) -> bytes:
    """Return a line for each event under COLUMNS; what else events hold follows in columns of its own.

    A check or a hint stands with the concept of its exercise. The text is UTF-8 and begins with the mark by
    which Excel knows it.
    """
    names = concepts()
    further = sorted({name for event in found for name in event} - set(COLUMNS))
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([*COLUMNS, *(_cell(name) for name in further)])
    for event in found:
        id = event.get("id", "")
        row = {"lesson": lesson_of(id), "concept": names.get(id)} | event
        writer.writerow([_cell(row.get(name)) for name in (*COLUMNS, *further)])
    return text.getvalue().encode("utf-8-sig", "backslashreplace")


def _cell(value) -> str:
    """Return what stands in a cell: texts as they are, unless a spreadsheet would compute them."""
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value)
    harmless = not isinstance(value, str) or not text.startswith(FORMULA)
    return text if harmless else f"'{text}"


def _refuse_what_is_no_export(path: Path) -> None:
    """Raise CommandError unless `path` is free or holds an earlier export: no other file is overwritten."""
    if not path.exists():
        return
    header = ",".join(FIRST).encode("utf-8-sig")
    if path.is_dir() or not path.read_bytes().startswith(header):
        raise CommandError(f"{path} is there already and is no export of your progress. Name another file")
