"""A learner wants to begin, not to set up: `start` makes their folder and opens JupyterLab in it."""

import argparse
import os
import secrets
import sys
from pathlib import Path

from backprop_course.cli.delivery import deliver
from backprop_course.cli.errors import CommandError, lessons_of_the_course
from backprop_course.course import DEFAULT_FOLDER, MARK, clone_root, learner_folder

FIRST = "00_start_here.ipynb"


def add_to(commands) -> None:
    """Add `start` to the command line."""
    parser = commands.add_parser("start", help="make your folder with the lessons and open JupyterLab in it")
    parser.add_argument(
        "dir",
        nargs="?",
        help=f"your folder (default: the one that you are in, or else {DEFAULT_FOLDER})",
    )
    parser.add_argument("--no-browser", action="store_true", help="print the address, open no browser")
    parser.add_argument("--port", type=_port, help="the first port to try (default: 8888)")
    parser.set_defaults(command=start)


def _port(word: str) -> int:
    if not word.isdecimal() or not 0 < int(word) < 2**16:
        raise argparse.ArgumentTypeError(f"a port is a number from 1 to 65535, not {word}")
    return int(word)


def start(words) -> int:
    """Deliver the lessons, then serve JupyterLab until it is stopped; return the exit status."""
    try:
        folder = Path(words.dir).expanduser() if words.dir else learner_folder() or Path(DEFAULT_FOLDER)
    except RuntimeError:
        raise CommandError(f"there is no home folder for {words.dir}. Name the whole path") from None
    folder = folder.resolve()
    prepare(folder)
    return serve(folder, browser=not words.no_browser and has_display(), port=words.port)


def prepare(folder: Path) -> None:
    """Make `folder` a learner's folder with the course's present lessons, and print what was done.

    Raises CommandError, with what to do, where `folder` cannot be one.
    """
    source = lessons_of_the_course()
    try:
        _refuse_what_is_no_place(folder)
        report = deliver(source, folder)
    except OSError as error:
        raise CommandError(
            f"cannot write in {folder} ({error.strerror or error}).\n"
            "Name a folder where you may write, on a disk with room: backprop-course start DIR"
        ) from None
    print(f"Your folder: {folder}")
    for sentence in report:
        print(f"  {sentence}")


def _refuse_what_is_no_place(folder: Path) -> None:
    root = clone_root()
    if folder.exists() and not folder.is_dir():
        raise CommandError(f"{folder} is a file. Name a folder: backprop-course start DIR")
    in_clone = root is not None and folder.is_relative_to(root)
    if in_clone and folder.exists() and not (folder / MARK).is_dir():
        raise CommandError(f"{folder} belongs to the course. Name a new folder: backprop-course start DIR")


def has_display() -> bool:
    """Say whether a browser could show itself: a text browser would take the terminal over."""
    if sys.platform in ("win32", "darwin"):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"))


def serve(folder: Path, *, browser: bool, port: int | None) -> int:
    """Run JupyterLab in this process until it is stopped; print the address at which it is reached."""
    token = secrets.token_hex(24)
    config = Path(__file__).parent / "jupyter"
    inherited = os.environ.get("JUPYTER_CONFIG_PATH")
    os.environ["JUPYTER_CONFIG_PATH"] = os.pathsep.join([str(config), *([inherited] if inherited else [])])
    try:
        from jupyterlab.labapp import LabApp
    except ImportError as error:
        raise CommandError(f"JupyterLab is missing: {error}. Run: backprop-course doctor") from None
    try:
        server = LabApp.initialize_server(_flags(folder, token, browser, port))
        server.io_loop.add_callback(_say_where, server, token, port)  # after the server has bound its port
        server.start()
    except SystemExit:
        advice = "its reason stands above. Try another --port, or run: backprop-course doctor"
        raise CommandError(f"JupyterLab does not start; {advice}") from None
    except OSError as error:
        advice = "It needs a home folder where it may write: set HOME (on Windows: APPDATA) to one"
        raise CommandError(f"JupyterLab does not start ({error}). {advice}") from None
    return 0


def _say_where(server, token: str, port: int | None) -> None:
    if port not in (None, server.port):
        print(f"Port {port} is taken, so this is port {server.port}.")
    print(f"The course is at:\n\n    {server.connection_url}lab/tree/{FIRST}?token={token}\n")
    print("Keep this window open. Ctrl-C stops the course; save your notebooks first.", flush=True)


def _flags(folder: Path, token: str, browser: bool, port: int | None) -> list[str]:
    """Return JupyterLab's options; what stands here wins over the learner's own Jupyter settings."""
    flags = [
        f"--ServerApp.root_dir={folder}",
        "--ServerApp.ip=127.0.0.1",
        f"--IdentityProvider.token={token}",
        "--ServerApp.kernel_spec_manager_class=backprop_course.cli.kernel.OwnKernel",
        f"--LabApp.default_url=/lab/tree/{FIRST}",
        f"--LabApp.workspaces_dir={folder / MARK / 'jupyterlab'}",
        "--ServerApp.answer_yes=True",
        "--ServerApp.log_level=ERROR",
        "--LabApp.log_level=ERROR",
    ]
    flags += [] if port is None else [f"--ServerApp.port={port}"]
    flags += [] if browser else ["--no-browser"]
    is_root = getattr(os, "geteuid", lambda: 1)() == 0
    return flags + (["--allow-root"] if is_root else [])
