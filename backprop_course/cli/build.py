"""So that nobody edits a notebook by hand, `build` makes all of them from `lessons/`; `--check` compares."""

import tomllib
from pathlib import Path

from backprop_course.cli.errors import CommandError
from backprop_course.cli.sheets import SHEET_ENDING, sheet_from
from backprop_course.cli.sources import SOURCE_NAME, notebook_from
from backprop_course.course import clone_root

FOLDERS = ("notebooks", "exercises", "solutions")


def add_to(commands) -> None:
    """Add `build` to the command line."""
    parser = commands.add_parser("build", help="make the notebooks from lessons/ (in a clone)")
    parser.add_argument("--check", action="store_true", help="only say which notebooks are outdated")
    parser.set_defaults(command=build)


def build(words) -> int:
    """Write each notebook that differs from its source (`--check`: only name it) and return the exit status.

    A notebook without a source is named and left alone: deleting it is for the reader to decide.
    """
    root = clone_root()
    if root is None:
        raise CommandError(
            "build works in a clone of the course, and this package was installed without one.\n"
            "In the folder of a clone, run: python -m pip install -e . && backprop-course build"
        )
    built = notebooks_from(root / "lessons")
    there = {f"{folder}/{path.name}" for folder in FOLDERS for path in (root / folder).glob("*.ipynb")}
    orphans = sorted(there - set(built))
    outdated = [name for name in built if _content(root / name) != built[name]]
    for name in orphans:
        print(f"{name}: has no source in lessons/; delete it")
    for name in outdated:
        if words.check:
            print(f"{name}: differs from its source; run `backprop-course build`")
        else:
            (root / name).parent.mkdir(exist_ok=True)
            (root / name).write_bytes(built[name])
            print(f"{name}: written")
    if not outdated and not orphans:
        print(f"notebooks built from lessons/: {len(built)}, all up to date")
    return 1 if orphans or (outdated and words.check) else 0


def notebooks_from(lessons: Path) -> dict[str, bytes]:
    """Return the content of every notebook, by folder and file name, built from the folder `lessons`.

    Raises CommandError with one line for each source that breaks a rule; then nothing is returned.
    """
    built, mistakes = {}, []
    for source in sorted(lessons.glob("*.md")):
        try:
            built |= _built_from(source)
        except ValueError as error:
            mistakes.append(str(error))
    mistakes += [mistake for path in sorted(lessons.glob("*.toml")) for mistake in _mistakes_in(path)]
    if mistakes:
        raise CommandError("these sources cannot be built:\n" + "\n".join(mistakes))
    return built


def _built_from(source: Path) -> dict[str, bytes]:
    if not source.name.endswith(SHEET_ENDING):
        return {f"notebooks/{source.stem}.ipynb": notebook_from(source)}
    name = source.name.removesuffix(SHEET_ENDING)
    blanks, solved = sheet_from(source)
    return {f"exercises/{name}.ipynb": blanks, f"solutions/{name}.ipynb": solved}


def _content(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def _mistakes_in(path: Path) -> list[str]:
    """Return what is wrong with a lesson's TOML file as a file; what it says is read by `grading`."""
    try:
        tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        return [f"lessons/{path.name}: {error}"]
    if SOURCE_NAME.fullmatch(path.stem) and not path.with_suffix(".md").is_file():
        return [f"lessons/{path.name}: there is no {path.stem}.md that it belongs to"]
    return []
