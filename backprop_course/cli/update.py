"""Lessons are corrected while learners work on them: `update` brings the new text and keeps theirs."""

from collections.abc import Iterator
from itertools import chain, count
from os.path import lexists
from pathlib import Path

from backprop_course.cli.delivery import deliver, digest, digest_of_copy, keep, replace
from backprop_course.cli.errors import lessons_of_the_course, own_folder, plain_disk_errors


def add_to(commands) -> None:
    """Add `update` to the command line."""
    parser = commands.add_parser("update", help="bring new and corrected lessons; what you changed stays")
    parser.add_argument("dir", nargs="?", help="your folder (default: the one that you are in)")
    parser.set_defaults(command=update)


def update(words) -> int:
    """Bring the course's present lessons, print what was done, and return the exit status.

    Where the learner changed a lesson that the course changed too, the new text is laid beside theirs.
    """
    source, folder = lessons_of_the_course(), own_folder(words.dir, "update")
    with plain_disk_errors(folder):
        report = deliver(source, folder, lay_beside)
    print(f"Your folder: {folder}")
    for sentence in report or ["every lesson is up to date"]:
        print(f"  {sentence}")
    return 0


def lay_beside(path: Path, folder: Path, delivered: dict[str, str]) -> str:
    """Put the notebook at `path` beside the learner's own, under a name that holds nothing of theirs.

    Where it lies there already, also run, nothing is written; an older text of the course is replaced and
    kept under `old/`. Returns a sentence on it and notes it in `delivered`. Raises OSError where that fails.
    """
    says = digest(path.read_bytes())
    for new in _names(folder / path.name):
        here = digest_of_copy(new)
        if not lexists(new) or (here is not None and here in (says, delivered.get(new.name))):
            break
    if here != says:
        if lexists(new):
            keep(new, folder)
        replace(new, path.read_bytes())
    delivered[new.name] = says
    return f"left as you changed it: {path.name}. The course's new text lies beside it: {new.name}"


def _names(copy: Path) -> Iterator[Path]:
    """Yield 05.new.ipynb, 05.new-2.ipynb, 05.new-3.ipynb and so on, for 05.ipynb."""
    endings = chain([".new"], (f".new-{n}" for n in count(2)))
    return (copy.with_name(f"{copy.stem}{ending}{copy.suffix}") for ending in endings)
