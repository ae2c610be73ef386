"""So that one command opens the course, runs it, builds it, and says what the machine lacks."""

import argparse
import os
import sys
from pathlib import Path

from backprop_course import __version__
from backprop_course.cli import build, doctor, progress, reset, run, start, update
from backprop_course.cli.errors import CommandError


def main(argv: list[str] | None = None) -> int:
    """Run one command with the words `argv` (the terminal's, where None) and return its exit status.

    The status is 0 for success, 1 for failure and 130 after Ctrl-C; argparse ends with 2 on unknown words.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a path that the terminal cannot show is no reason to stop
            stream.reconfigure(errors="backslashreplace")
    parser = argparse.ArgumentParser(prog="backprop-course", description=__doc__)
    parser.add_argument("--version", action="version", version=f"backprop-course {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in (start, update, reset, progress, run, doctor, build):
        command.add_to(commands)
    words = parser.parse_args(argv)
    try:
        _require_current_folder()
        status = words.command(words)
        sys.stdout.flush()
        return status
    except CommandError as error:
        print(f"backprop-course: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nbackprop-course: stopped", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # no flush at the end complains
        return 1


def _require_current_folder() -> None:
    try:
        Path.cwd()
    except OSError as error:
        raise CommandError(
            f"the folder that you are in cannot be read any more ({error.strerror}). "
            "Go to another one, for instance: cd ~"
        ) from None
