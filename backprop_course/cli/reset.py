"""A learner may want to begin a lesson again: `reset` gives a fresh copy, and what was there is kept."""

import os
from pathlib import Path

from backprop_course.cli.delivery import SHEETS, digest, keep, read_manifest, replace, write_manifest
from backprop_course.cli.errors import CommandError, lessons_of_the_course, own_folder, plain_disk_errors
from backprop_course.cli.run import choose


def add_to(commands) -> None:
    """Add `reset` to the command line."""
    parser = commands.add_parser("reset", help="a fresh copy of a lesson; the one before is kept")
    parser.add_argument("lesson", metavar="NN", help="5, 05, 05_backward_pass or bridge_maths; exercises/05")
    parser.add_argument("dir", nargs="?", help="your folder (default: the one that you are in)")
    parser.set_defaults(command=reset)


def reset(words) -> int:
    """Keep the learner's copy of a lesson, lay a fresh one in its place, and return the exit status."""
    source, folder = lessons_of_the_course(), own_folder(words.dir, "reset NN")
    word = words.lesson.replace("\\", "/").removeprefix("./").removesuffix(".ipynb")
    if word.startswith(f"{SHEETS}/"):
        source, word = source.with_name(SHEETS), word.removeprefix(f"{SHEETS}/")
    for path in choose([word], sorted(source.glob("*.ipynb"))):
        with plain_disk_errors(folder):
            name = f"{SHEETS}/{path.name}" if source.name == SHEETS else path.name
            print(renew(path, name, folder))
    return 0


def renew(path: Path, name: str, folder: Path) -> str:
    """Lay the notebook at `path` in the learner's `folder` as `name`; return a sentence on what was done.

    The copy is kept under `old/` before anything is written in its place. Raises CommandError where there is
    no file to keep, such as a folder of that name, OSError where the disk refuses.
    """
    copy, fresh, kept = folder / name, path.read_bytes(), None
    if os.path.lexists(copy):
        if not copy.is_file():
            raise CommandError(f"{copy} is no file, so it cannot be kept. Rename it and try again")
        if copy.read_bytes() != fresh:
            kept = keep(copy, folder)
    if kept is not None or not copy.is_file():
        copy.parent.mkdir(exist_ok=True)
        replace(copy, fresh)
    write_manifest(folder, read_manifest(folder) | {name: digest(fresh)})
    if kept is None:
        return f"{name} is as the course gives it."
    return f"{name} is fresh again. The copy before is kept: {kept}"
