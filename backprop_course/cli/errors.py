"""A command that cannot go on says what to do about it, without a traceback: this is how it says so."""

from pathlib import Path

from backprop_course.course import course_files


class CommandError(Exception):
    """What the reader of a terminal has to know: what is wrong, and what to do about it."""


def lessons_of_the_course() -> Path:
    """Return the folder of the course's own notebooks. Raises CommandError where there is none."""
    try:
        return course_files() / "notebooks"
    except FileNotFoundError as error:
        raise CommandError(str(error)) from None
