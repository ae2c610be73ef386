"""Ten things must be right before the course works: here each is tried, with advice where it fails."""

import importlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from importlib import metadata
from pathlib import Path

from backprop_course.cli.run import execute
from backprop_course.course import course_files, learner_folder

GIB = 2**30
PYTHON = (3, 11)
MEMORY = 1.0  # GiB; the server and one kernel take about a quarter of it
DISK = 0.2  # GiB; for the learner's folder and for what Jupyter keeps
PATIENCE = 60  # seconds for the server to start
INSTALL = f"{sys.executable} -m pip install --upgrade"


class NotReadyError(Exception):
    """What is wrong, and what to do about it: the two arguments."""


def python() -> str:
    """Return the version of Python; not ready where it is older than the course needs."""
    needed = ".".join(map(str, PYTHON))
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info[:2] < PYTHON:
        advice = f"Install Python {needed} or newer, and the course with it"
        raise NotReadyError(f"this is Python {version}", advice)
    return f"{version} ({needed} or newer is needed)"


def interpreter() -> str:
    """Return the interpreter; not ready where the terminal's `backprop-course` belongs to another one."""
    script = shutil.which("backprop-course")
    if script is not None:
        with Path(script).open("rb") as file:
            first = file.readline().decode(errors="replace").strip()
        other = re.fullmatch(r"#!(.*python[\d.]*)", first)
        if other and Path(other[1]).parent != Path(sys.executable).parent:
            raise NotReadyError(
                f"this is {sys.executable}, but the terminal's {script} uses {other[1]}",
                f"Activate one environment, or write: {sys.executable} -m backprop_course start",
            )
    return sys.executable


def course() -> str:
    """Return the course's version and where its lessons are; not ready where there are none."""
    try:
        notebooks = course_files() / "notebooks"
    except FileNotFoundError as error:
        raise NotReadyError("there are no lessons", str(error)) from None
    return f"{_installed().version}, {len(list(notebooks.glob('*.ipynb')))} lessons in {notebooks}"


def packages() -> str:
    """Return the needed packages with their versions; not ready where one is missing or too old."""
    found, wrong = [], []
    for name, needed in _requirements():
        try:
            version = metadata.version(name)
        except metadata.PackageNotFoundError:
            version = "missing"
        right = version != "missing" and _numbers(version) >= _numbers(needed)
        (found if right else wrong).append(f"{name} {version}")
    if wrong:
        names = " ".join(f'"{name}>={needed}"' for name, needed in _requirements())
        raise NotReadyError(f"missing or too old: {', '.join(wrong)}", f"Run: {INSTALL} {names}")
    return ", ".join(found)


def loading() -> str:
    """Load each needed package; not ready where one is there but broken."""
    began = time.perf_counter()
    for name, _ in _requirements():
        try:
            importlib.import_module(name.replace("-", "_"))
        except Exception as error:
            advice = f"Run: {INSTALL} --force-reinstall --no-deps {name}"
            raise NotReadyError(f"{name} cannot be loaded: {error!r}", advice) from None
    return f"all of them load, in {time.perf_counter() - began:.1f} s"


def memory() -> str:
    """Return the free memory; not ready where a server and a kernel would have too little."""
    import psutil

    free = psutil.virtual_memory().available / GIB
    if free < MEMORY:
        advice = "Close other programs, and notebooks that you do not use"
        raise NotReadyError(f"{free:.1f} GiB free, {MEMORY} needed", advice)
    return f"{free:.1f} GiB free ({MEMORY} is needed)"


def disk() -> str:
    """Return the free room on the disk of the learner's folder; not ready where it is too little."""
    place = learner_folder() or Path.cwd()
    free = shutil.disk_usage(place).free / GIB
    if free < DISK:
        advice = "Make room, or name a folder on another disk: backprop-course start DIR"
        raise NotReadyError(f"{free:.2f} GiB free at {place}, {DISK} needed", advice)
    return f"{free:.1f} GiB free at {place} ({DISK} is needed)"


def folder() -> str:
    """Return where the learner's folder is or would be; not ready where nothing can be written there.

    A file there that hides a module which the course loads, such as `random.py`, is named.
    """
    place = learner_folder() or Path.cwd()
    try:
        with tempfile.TemporaryFile(dir=place):
            pass
    except OSError as error:
        advice = "Go to a folder of your own, or name one: backprop-course start DIR"
        raise NotReadyError(f"cannot write in {place}: {error.strerror}", advice) from None
    hiding = [file.name for file in sorted(place.glob("*.py")) if file.stem in sys.modules]
    hint = f". Rename {', '.join(hiding)} there: a module that the course needs has the same name"
    return f"{place} can be written" + (hint if hiding else "")


def server() -> str:
    """Start the server as `start` does, ask it how it is, and stop it; not ready where it does not answer."""
    from backprop_course.cli.kernel import environment

    began, variables = time.perf_counter(), os.environ | environment()
    with tempfile.TemporaryDirectory() as place:  # the current folder may hold a random.py of the learner's
        log = Path(place, "log.txt")
        command = [sys.executable, "-m", "backprop_course", "start", f"{place}/learner", "--no-browser"]
        with log.open("wb") as output:
            process = subprocess.Popen(
                command, cwd=place, env=variables, stdout=output, stderr=subprocess.STDOUT
            )
            try:
                _ask(_address(process, log))
            finally:
                process.terminate()
                process.wait()
    return f"JupyterLab answers after {time.perf_counter() - began:.1f} s"


def _address(process: subprocess.Popen, log: Path) -> str:
    """Wait for the address that `start` prints; return the address where the server tells how it is."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and process.poll() is None:
        address = re.search(r"(http\S+)lab/tree/\S*(\?token=\w+)", log.read_text(errors="replace"))
        if address:
            return f"{address[1]}api/status{address[2]}"
        time.sleep(0.1)
    said = " ".join(log.read_text(errors="replace").split()[-40:])
    raise NotReadyError(f"JupyterLab does not start: {said}", f"Run: {INSTALL} jupyterlab jupyter_server")


def _ask(address: str) -> None:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        direct.open(address, timeout=PATIENCE).close()
    except OSError as error:
        advice = "Let programs on this machine talk to each other on 127.0.0.1 (firewall, security software)"
        raise NotReadyError(f"JupyterLab starts but does not answer: {error}", advice) from None


def kernel() -> str:
    """Start the kernel and ask for its interpreter; not ready where it fails or is not this one."""
    from nbformat.v4 import new_code_cell, new_notebook

    asked = new_code_cell("import sys, backprop_course\nprint(sys.executable, end='')")
    with tempfile.TemporaryDirectory() as place:
        result = execute("doctor", new_notebook(cells=[asked]), place, lambda: None)
    if result.error is not None:
        said = " ".join(result.error.split())
        raise NotReadyError(f"the kernel does not work: {said}", f"Run: {INSTALL} ipykernel")
    other = asked.outputs[0]["text"]
    if Path(other) != Path(sys.executable):
        raise NotReadyError(f"the kernel is {other}", f"Write: {sys.executable} -m backprop_course start")
    return f"starts in {result.seconds:.1f} s and is this interpreter"


CHECKUPS = (python, interpreter, course, packages, loading, memory, disk, folder, server, kernel)


def _installed() -> metadata.Distribution:
    try:
        return metadata.distribution("backprop-course")
    except metadata.PackageNotFoundError:
        advice = f"In the folder of the clone, run: {sys.executable} -m pip install -e ."
        raise NotReadyError("the course is not installed", advice) from None


def _requirements() -> list[tuple[str, str]]:
    """Return name and least version of each package that the course needs, extras left out."""
    lines = [line for line in _installed().requires or [] if "extra ==" not in line]
    return [re.match(r"([\w.-]+)>=([\d.]+)", line).groups() for line in lines]


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.match(r"\d+(?:\.\d+)*", version)[0].split("."))
