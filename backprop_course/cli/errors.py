"""A command that cannot go on says what to do about it, without a traceback: this is how it says so."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from backprop_course.course import DEFAULT_FOLDER, course_files, learner_folder


class CommandError(Exception):
    """What the reader of a terminal has to know: what is wrong, and what to do about it."""


def lessons_of_the_course() -> Path:
    """Return the folder of the course's own notebooks. Raises CommandError where there is none."""
    try:
        return course_files() / "notebooks"
    except FileNotFoundError as error:
        raise CommandError(str(error)) from None


def own_folder(word: str | None, command: str) -> Path:
    """Return the learner's folder at or above the one named by `word`.

    Where `word` is None: at or above the current folder, or the default one in it, where `start` made it.
    Raises CommandError where there is none; it tells how to name one to `command`.
    """
    try:
        place = Path(word).expanduser() if word else Path.cwd()
        folder = learner_folder(place) if place.is_dir() else None
        if folder is None and word is None and (place / DEFAULT_FOLDER).is_dir():
            folder = learner_folder(place / DEFAULT_FOLDER)
    except (OSError, RuntimeError) as error:  # it may not be read; there is no such home folder
        name = word or DEFAULT_FOLDER
        raise CommandError(f"{name} cannot be found ({error}). Name the whole path") from None
    if folder is None:
        reason = "is not a folder of yours for the course" if place.is_dir() else "is no folder"
        raise CommandError(
            f"{place} {reason}.\nGo to yours, or name it: backprop-course {command} DIR\n"
            "To make one: backprop-course start"
        )
    return folder


@contextmanager
def plain_disk_errors(place: Path) -> Iterator[None]:
    """Turn the OSError of a full or read-only disk into a CommandError that says what to do."""
    try:
        yield
    except OSError as error:
        raise CommandError(
            f"cannot write in {place} ({error.strerror or error}).\n"
            "Nothing of yours is lost. Make room, or make the folder writable, then run the command again"
        ) from None
