"""A learner works on copies: this brings them to the learner's folder and never overwrites their work.

What a notebook says is its cells' types and texts. Outputs, metadata and empty cells do not count, so running
a notebook is not a change. The manifest remembers what each copy said when it was delivered:

- a copy that is missing, also one that the learner deleted, is brought (again);
- a copy that the learner changed stays as it is, whatever the course says now;
- a copy that the learner did not change follows the course; what it replaces is kept under `old/`;
- a copy that cannot be read, such as an empty file, stays, and every start says so.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from datetime import datetime
from itertools import chain, count
from pathlib import Path

from backprop_course import __version__
from backprop_course.course import MARK, learner_folder

SHEETS = "exercises"
"""The folder of the exercise sheets, in the course and in the learner's folder."""


def say_left(path: Path, folder: Path, delivered: dict[str, str]) -> str:
    """Return the sentence on a copy that the learner changed and the course changed too."""
    return (
        f"left as you changed it: {path.name}. The course has another text of it now; to get that one "
        "beside yours: backprop-course update"
    )


def deliver(source: Path, folder: Path, left: Callable = say_left) -> list[str]:
    """Bring the notebooks in `source` to the learner's `folder`; return a sentence for each thing done.

    The exercise sheets in `exercises/` beside `source` come to `exercises/` in the learner's folder.

    `left(path, folder, delivered)` answers for a notebook that both the learner and the course changed: it
    may lay files beside it and note them in `delivered`, the manifest to be written.

    Raises OSError where the folder cannot be written. A file is replaced whole or not at all, and the
    manifest is written last: what an interrupted delivery left undone, the next one does.
    """
    (folder / MARK).mkdir(parents=True, exist_ok=True)
    delivered, sheets = read_manifest(folder), sorted(source.with_name(SHEETS).glob("*.ipynb"))
    report = _bring_all(sorted(source.glob("*.ipynb")), folder, delivered, left)
    if sheets:
        report += [f"{SHEETS}: {sentence}" for sentence in _bring_sheets(sheets, folder, delivered, left)]
    write_manifest(folder, delivered)
    return report


def _bring_sheets(
    paths: list[Path], folder: Path, delivered: dict[str, str | None], left: Callable
) -> list[str]:
    """Deliver the sheets; the manifest names each with its folder, since lessons have the same file names."""
    place = folder / SHEETS
    if os.path.lexists(place) and not place.is_dir():
        return ["left out, since you have a file of that name. To get them, rename it and start again"]
    place.mkdir(exist_ok=True)
    names = [name for name in delivered if name.startswith(f"{SHEETS}/")]
    sheets = {name.removeprefix(f"{SHEETS}/"): delivered[name] for name in names}
    report = _bring_all(paths, place, sheets, left)
    delivered |= {f"{SHEETS}/{name}": said for name, said in sheets.items()}
    return report


def _bring_all(paths: list[Path], place: Path, delivered: dict[str, str | None], left: Callable) -> list[str]:
    report = []
    for path in paths:
        delivered[path.name], sentence = _bring(path, place, delivered, left)
        report += [sentence] if sentence else []
    return report


def _bring(
    path: Path, folder: Path, delivered: dict[str, str], left: Callable
) -> tuple[str | None, str | None]:
    """Deliver one notebook; return what the manifest shall say of it, and a sentence on what was done."""
    copy, says, said = folder / path.name, digest(path.read_bytes()), delivered.get(path.name)
    if not os.path.lexists(copy):
        replace(copy, path.read_bytes())
        return says, f"new: {path.name}"
    here = digest_of_copy(copy)
    if here is None:
        return said, (
            f"left as it is: {path.name}, which is empty or cannot be read as a notebook. To get a fresh "
            "one, rename it and start again"
        )
    if here == says:
        return says, None
    if here == said:
        keep(copy, folder)
        replace(copy, path.read_bytes())
        return says, f"brought up to date: {path.name} (the copy before is in {MARK}/old)"
    if said == says:
        return said, None
    return said, left(path, folder, delivered)


def digest(notebook: bytes) -> str | None:
    """Return the SHA-256 of what a notebook says, or None where the bytes are no notebook."""
    try:
        cells = json.loads(notebook)["cells"]
        texts = [[cell["cell_type"], "".join(cell["source"])] for cell in cells]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    said = json.dumps([cell for cell in texts if cell[1].strip()])
    return hashlib.sha256(said.encode()).hexdigest()


def digest_of_copy(copy: Path) -> str | None:
    """Return the digest of the learner's `copy`, or None where it is missing or cannot be read as one."""
    try:
        return digest(copy.read_bytes())
    except OSError:  # a folder, a link to nowhere, a file that may not be read
        return None


def replace(path: Path, content: bytes) -> None:
    """Write `content` to `path` so that a reader, or a crash, finds the old file or the new, never a part."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def keep(copy: Path, folder: Path) -> Path:
    """Save a file that will be replaced in a new folder below `old/` and return where it is kept.

    `folder` is the learner's, or one in it. The new folder is named by the time, without colons for Windows.
    Raises OSError where that cannot be done.
    """
    old, now = (learner_folder(folder) or folder) / MARK / "old", datetime.now().strftime("%Y-%m-%d_%H-%M-%S")
    places = chain([old / now], (old / f"{now}_{n}" for n in count(2)))
    kept = next(place for place in places if not os.path.lexists(place)) / copy.name
    kept.parent.mkdir(parents=True)  # an error where another process has just made it: nothing is overwritten
    replace(kept, copy.read_bytes())
    shutil.copystat(copy, kept)
    return kept


def read_manifest(folder: Path) -> dict[str, str]:
    """Return what was delivered, by file name; where the manifest is missing or spoilt, nothing was."""
    try:
        notebooks = json.loads((folder / MARK / "manifest.json").read_bytes())["notebooks"]
        return {str(name): str(said) for name, said in notebooks.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def write_manifest(folder: Path, delivered: dict[str, str | None]) -> None:
    """Write what each delivered notebook says, by file name; a name that goes with None is left out."""
    content = {"course": __version__, "notebooks": {k: v for k, v in delivered.items() if v is not None}}
    manifest = folder / MARK / "manifest.json"
    replace(manifest, (json.dumps(content, indent=1, sort_keys=True) + "\n").encode())
