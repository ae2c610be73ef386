"""A learner's choices are worth keeping between sessions, without an account and without getting in the way.

Each process appends to a JSON-lines file of its own, so that two notebooks never write to the same file;
reading merges all of them. Outside a learner's folder nothing is recorded.
"""

import json
import os
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from uuid import uuid4

from backprop_course.course import MARK, learner_folder

TEXT, TEXT_OR_NONE = str, (str, type(None))
FIELDS = {  # what an event may hold, and of which type
    "time": TEXT, "kind": TEXT, "id": TEXT, "option": TEXT, "confidence": TEXT, "form": TEXT, "concept": TEXT,
    "choice": TEXT_OR_NONE, "mistake": TEXT_OR_NONE, "item": int, "level": int, "right": bool, "passed": bool,
}  # fmt: skip


def progress_folder(start: Path | None = None) -> Path | None:
    """Return where this learner's progress lies (it may not exist yet), or None outside such a folder.

    The search begins at `start`, or at the current folder.
    """
    try:
        folder = learner_folder(start)
    except OSError:  # the current folder was removed, or may not be read
        return None
    return None if folder is None else folder / MARK / "progress"


@cache
def _file_name(pid: int) -> str:
    """One name for each process; random, so that two machines that share the folder never meet."""
    return f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{pid}-{uuid4().hex[:8]}.jsonl"


def record(kind: str, **fields) -> str:
    """Append one event, such as `record("prediction", id="05.p1", choice="b")`, with the time in UTC.

    Returns "" where it was kept, or where there is no learner's folder; otherwise a plain message that says
    why it was not. It never raises for a full or read-only disk.
    """
    line = json.dumps({"time": datetime.now(UTC).isoformat(), "kind": kind} | fields)
    folder = progress_folder()
    if folder is None:
        return ""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / _file_name(os.getpid())).open("a", encoding="utf-8", newline="\n") as file:
            file.write(line + "\n")
    except OSError as error:
        _file_name.cache_clear()  # a line may be cut short: the next event begins a new file
        return f"Your answer could not be saved ({error.strerror or error}). You can go on without it."
    return ""


def events(kind: str | None = None, start: Path | None = None) -> list[dict]:
    """All events of this learner, oldest first, of one kind if it is given.

    The learner's folder is looked for from `start`, or from the current folder.

    What cannot be read is left out: a file that does not open, a last line cut short by a full disk, a line
    that holds something else.
    """
    folder = progress_folder(start)
    try:
        files = list(folder.glob("*.jsonl")) if folder else []
    except OSError:
        return []
    found = [event for file in files for event in _events_in(file)]
    return sorted((e for e in found if kind in (None, e["kind"])), key=lambda e: e["time"])


def _events_in(file):
    try:
        lines = file.read_text(encoding="utf-8", errors="replace").split("\n")
    except OSError:
        return
    for line in lines:
        try:
            event = json.loads(line)
        except (ValueError, RecursionError):  # no JSON, or nested too deeply
            continue
        if isinstance(event, dict) and {"time", "kind"} <= event.keys() and _fits(event):
            yield event


def _fits(event):
    return all(isinstance(event[name], FIELDS[name]) for name in event.keys() & FIELDS.keys())


def summary(start: Path | None = None):
    """The learner's own progress by lesson and by concept: a `grading.summary.Summary`.

    It prints as two tables, in a terminal and in a notebook, and gives what a figure of it needs. The folder
    is looked for as in `events`.
    """
    from backprop_course.grading.summary import summarize  # it counts exercises, whose checks record here

    return summarize(events(start=start))
