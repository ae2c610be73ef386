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
from datetime import datetime
from pathlib import Path

from backprop_course import __version__
from backprop_course.course import MARK


def deliver(source: Path, folder: Path) -> list[str]:
    """Bring the notebooks in `source` to the learner's `folder`; return a sentence for each thing done.

    Raises OSError where the folder cannot be written. A file is replaced whole or not at all, and the
    manifest is written last: what an interrupted delivery left undone, the next one does.
    """
    (folder / MARK).mkdir(parents=True, exist_ok=True)
    manifest = folder / MARK / "manifest.json"
    delivered, report = _read(manifest), []
    for path in sorted(source.glob("*.ipynb")):
        said = delivered.get(path.name)
        delivered[path.name], sentence = _bring(path, folder, said)
        report += [sentence] if sentence else []
    content = {"course": __version__, "notebooks": {k: v for k, v in delivered.items() if v is not None}}
    replace(manifest, (json.dumps(content, indent=1, sort_keys=True) + "\n").encode())
    return report


def _bring(path: Path, folder: Path, said: str | None) -> tuple[str | None, str | None]:
    """Deliver one notebook; return what the manifest shall say of it, and a sentence on what was done."""
    copy, says = folder / path.name, digest(path.read_bytes())
    if not os.path.lexists(copy):
        replace(copy, path.read_bytes())
        return says, f"new: {path.name}"
    here = _digest_of_copy(copy)
    if here is None:
        return said, (
            f"left as it is: {path.name}, which is empty or cannot be read as a notebook. To get a fresh "
            "one, rename it and start again"
        )
    if here == says:
        return says, None
    if here == said:
        _keep(copy, folder / MARK / "old")
        replace(copy, path.read_bytes())
        return says, f"brought up to date: {path.name} (the copy before is in {MARK}/old)"
    if said == says:
        return said, None
    return said, (
        f"left as you changed it: {path.name}. The course has another text of it now; to get that one, "
        "rename your copy and start again"
    )


def digest(notebook: bytes) -> str | None:
    """Return the SHA-256 of what a notebook says, or None where the bytes are no notebook."""
    try:
        cells = json.loads(notebook)["cells"]
        texts = [[cell["cell_type"], "".join(cell["source"])] for cell in cells]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    said = json.dumps([cell for cell in texts if cell[1].strip()])
    return hashlib.sha256(said.encode()).hexdigest()


def _digest_of_copy(copy: Path) -> str | None:
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


def _keep(copy: Path, old: Path) -> None:
    """Copy a notebook that will be replaced to a folder named by the time, without colons for Windows."""
    now = old / datetime.now().strftime("%Y-%m-%d_%H-%M-%S")
    now.mkdir(parents=True, exist_ok=True)
    shutil.copy2(copy, now / copy.name)


def _read(manifest: Path) -> dict[str, str]:
    """Return what was delivered, by file name; where the manifest is missing or spoilt, nothing was."""
    try:
        notebooks = json.loads(manifest.read_bytes())["notebooks"]
        return {str(name): str(said) for name, said in notebooks.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}
