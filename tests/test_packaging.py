"""The course works the same from a wheel and from a clone, with this interpreter's kernel."""

import json
import os
import pty
import re
import signal
import socket
import subprocess
import sys
import tarfile
import time
import tomllib
import urllib.error
import urllib.request
import zipfile
from pathlib import Path
from shlex import quote

import psutil
import pytest

import backprop_course
from backprop_course import __version__
from backprop_course.cli import checkups

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
LESSONS = sorted(path.name for path in (ROOT / "notebooks").glob("*.ipynb"))
SHEETS = sorted(path.name for path in (ROOT / "exercises").glob("*.ipynb"))
TEXTS = sorted(path.name for path in (ROOT / "lessons").glob("*.toml"))
STUDIES = sorted(path.name for path in (ROOT / "benchmarks" / "studies").glob("*.csv"))
OFFLINE = ["--no-deps", "--no-index", "--no-build-isolation", "--disable-pip-version-check", "-q"]


def pip(*words, python=sys.executable):
    subprocess.run([sys.executable, "-m", "pip", "--python", str(python), *words], check=True)


def environment(folder):
    """A new environment that has this one's packages, but of the course only what a test installs into it."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    ask = "import sysconfig; print(sysconfig.get_path('purelib')); print(sysconfig.get_path('platlib'))"
    ours = subprocess.run([sys.executable, "-c", ask], check=True, capture_output=True, text=True).stdout
    theirs = subprocess.run([python, "-c", ask], check=True, capture_output=True, text=True).stdout
    Path(theirs.splitlines()[0], "packages.pth").write_text(ours)
    return python


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    pip("wheel", str(ROOT), "-w", str(folder), *OFFLINE)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def other_python(wheel, tmp_path_factory):
    python = environment(tmp_path_factory.mktemp("environment"))
    pip("install", str(wheel), "--ignore-installed", *OFFLINE, python=python)
    site = said_by(python, "import sysconfig; print(sysconfig.get_path('purelib'))", {})
    Path(site, "notebooks").mkdir()  # as a careless package leaves it behind
    return python


OPEN_TO_ALL = """\
c.IdentityProvider.token = ""
c.ServerApp.ip = "0.0.0.0"
c.ServerApp.root_dir = "/"
c.ServerApp.default_url = "/tree"
"""


@pytest.fixture
def away(tmp_path):
    """A folder far from the clone; Jupyter's settings there are careless, and its kernels are stale."""
    for place in ("data", "path"):
        spec = tmp_path / place / "kernels" / "python3"
        spec.mkdir(parents=True)
        (spec / "kernel.json").write_text('{"argv": ["/nowhere/python"], "display_name": "stale"}')
    (tmp_path / "here").mkdir()
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "jupyter_server_config.py").write_text(OPEN_TO_ALL)
    variables = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    variables |= {
        "JUPYTER_DATA_DIR": str(tmp_path / "data"),
        "JUPYTER_PATH": str(tmp_path / "path"),
        "JUPYTER_CONFIG_DIR": str(tmp_path / "config"),
        "JUPYTER_RUNTIME_DIR": str(tmp_path / "runtime"),
        "IPYTHONDIR": str(tmp_path / "ipython"),
    }
    return {"cwd": tmp_path / "here", "env": variables}


def in_clone(away):
    return away | {"env": away["env"] | {"PYTHONPATH": str(ROOT)}}


def said_by(python, program, place):
    words = [str(python), "-c", program]
    return subprocess.run(words, check=True, capture_output=True, text=True, **place).stdout.strip()


# --- what is packed ---------------------------------------------------------------------------------


def test_the_wheel_carries_the_lessons_and_the_prediction_texts(wheel):
    packed = zipfile.ZipFile(wheel)
    names = packed.namelist()
    expected = [f"backprop_course/_course/exercises/{name}" for name in SHEETS]
    expected += [f"backprop_course/_course/lessons/{name}" for name in TEXTS]
    expected += [f"backprop_course/_course/notebooks/{name}" for name in LESSONS]
    expected += [f"backprop_course/_course/studies/{name}" for name in STUDIES]
    assert sorted(name for name in names if "/_course/" in name) == expected
    tops = {name.partition("/")[0] for name in names}
    assert tops == {"backprop_course", f"backprop_course-{__version__}.dist-info"}
    modules = {path.relative_to(ROOT).as_posix() for path in ROOT.glob("backprop_course/**/*.py")}
    assert {name for name in names if name.endswith(".py")} == modules
    for name in LESSONS:
        copy = packed.read(f"backprop_course/_course/notebooks/{name}")
        assert copy == (ROOT / "notebooks" / name).read_bytes()


def test_a_wheel_of_the_sdist_is_the_same_wheel(wheel, tmp_path):
    command = [sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", tmp_path]
    subprocess.run(command, cwd=ROOT, check=True)
    sdist = next(tmp_path.glob("*.tar.gz"))
    with tarfile.open(sdist) as archive:
        inside = {name.partition("/")[2] for name in archive.getnames()}
    assert {"pyproject.toml", "README.md", "conftest.py", "tests/test_packaging.py"} <= inside
    pip("wheel", str(sdist), "-w", str(tmp_path), *OFFLINE)
    again = zipfile.ZipFile(next(tmp_path.glob("*.whl")))
    first = zipfile.ZipFile(wheel)
    assert sorted(again.namelist()) == sorted(first.namelist())
    assert all(again.read(name) == first.read(name) for name in first.namelist())


def test_an_editable_install_reads_the_lessons_of_the_clone(tmp_path, away):
    python = environment(tmp_path / "environment")
    pip("install", "-e", str(ROOT), "--ignore-installed", *OFFLINE, python=python)
    assert not list((tmp_path / "environment").rglob("_course"))
    program = "from backprop_course.course import *; print(course_files(), clone_root(), sep='\\n')"
    assert said_by(python, program, away).splitlines() == [str(ROOT)] * 2


def test_the_version_has_one_value():
    assert PROJECT["version"] == __version__


def test_the_doctor_knows_the_project():
    assert PROJECT["requires-python"] == ">=" + ".".join(map(str, checkups.PYTHON))
    for line in PROJECT["dependencies"]:
        assert re.fullmatch(r"[\w.-]+>=[\d.]+", line), f"the doctor cannot read {line}"


# --- what is installed ------------------------------------------------------------------------------


def test_an_installed_course_finds_its_own_lessons(other_python, away):
    program = (
        "import backprop_course; from backprop_course.course import *; "
        "print(backprop_course.__file__, course_files(), clone_root(), sep='\\n')"
    )
    package, course, clone = said_by(other_python, program, away).splitlines()
    assert Path(package).is_relative_to(other_python.parents[1])
    assert Path(course) == Path(package).parent / "_course"
    assert clone == "None"


def test_an_installed_course_says_that_it_cannot_build(other_python, away):
    command = [other_python.with_name("backprop-course"), "build"]
    result = subprocess.run(command, capture_output=True, text=True, **away)
    assert result.returncode == 1
    assert result.stderr.startswith("backprop-course: build works in a clone of the course")


HEAVY = ["IPython", "ipywidgets", "matplotlib", "sklearn", "sympy"]


@pytest.mark.parametrize("module", ["backprop_course", "backprop_course.cli"])
def test_importing_loads_nothing_heavy(module, away):
    program = f"import sys, {module}; print([name for name in {HEAVY} if name in sys.modules])"
    assert said_by(sys.executable, program, in_clone(away)) == "[]"


def test_every_room_of_the_package_loads_when_asked_for_and_nothing_heavy_with_the_numbers(away):
    program = (
        "import sys, backprop_course as b; b.ops, b.models, b.autodiff, b.data, b.training, b.verify; "
        f"print([name for name in {HEAVY} if name in sys.modules])"
    )
    assert said_by(sys.executable, program, in_clone(away)) == "[]"
    with pytest.raises(AttributeError, match="no attribute 'kitchen'"):
        getattr(backprop_course, "kitchen")  # noqa: B009


# --- what is served ---------------------------------------------------------------------------------


ADDRESS = r"(http://127\.0\.0\.1:\d+/)lab/tree/00_start_here\.ipynb\?token=(\w+)"
BROWSER = "import sys; open('opened.txt', 'w').write(sys.argv[1])"


def terminal():
    """The input of a command in a terminal, where Ctrl-C asks before it stops a server."""
    return pty.openpty()[1]


class Served:
    """The server that a command in a subprocess runs, as a browser would talk to it."""

    def __init__(self, command, place):
        self.log = place["cwd"] / "log.txt"
        self.runtime = Path(place["env"]["JUPYTER_RUNTIME_DIR"])
        options = {"stdin": terminal(), "stderr": subprocess.STDOUT} | place
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(command, stdout=output, **options)
        self.address, self.token = self._printed()

    def _printed(self):
        until = time.monotonic() + 60
        while time.monotonic() < until and self.process.poll() is None:
            found = re.search(ADDRESS, self.log.read_text())
            if found:
                return found.groups()
            time.sleep(0.05)
        raise AssertionError(self.log.read_text())

    def ask(self, path, data=None, token=None):
        headers = {"Authorization": f"token {self.token if token is None else token}"}
        request = urllib.request.Request(self.address + path, data, headers)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        return opener.open(request, timeout=30).read().decode()

    def in_a_new_kernel(self, code):
        from jupyter_client import BlockingKernelClient

        kernel = json.loads(self.ask("api/kernels", b'{"name": "python3"}'))["id"]
        client = BlockingKernelClient(connection_file=str(self.runtime / f"kernel-{kernel}.json"))
        client.load_connection_file()
        client.start_channels()
        try:
            client.wait_for_ready(timeout=30)
            said = []
            client.execute_interactive(
                code, timeout=30, output_hook=lambda message: said.append(message["content"].get("text", ""))
            )
        finally:
            client.stop_channels()
        return "".join(said)


@pytest.fixture
def serve(away):
    servers = []

    def start(python, place, *options):
        place["env"] |= {"BROWSER": f"{sys.executable} -c {quote(BROWSER)} %s"}
        command = [str(python), "-m", "backprop_course", "start", "mine", *options]
        servers.append(Served(command, place))
        return servers[-1]

    yield start
    for server in servers:
        server.process.kill()
        server.process.wait()


def examine(server, python, package, away):
    """Check what holds however the course was installed; return the process of the kernel that now runs."""
    listed = {entry["name"] for entry in json.loads(server.ask("api/contents"))["content"]}
    assert listed == set(LESSONS) | ({"exercises"} if SHEETS else set())
    for path in ("api/contents", "api/kernels"):
        with pytest.raises(urllib.error.HTTPError, match="403"):
            server.ask(path, token="wrong")
    page = server.ask("lab/tree/00_start_here.ipynb")
    disabled = re.search(r'"disabledExtensions": (\[.*?\])', page)[1]
    assert "@jupyterlab/apputils-extension:announcements" in json.loads(disabled)
    specs = json.loads(server.ask("api/kernelspecs"))["kernelspecs"]
    assert {name: spec["spec"]["argv"][0] for name, spec in specs.items()} == {"python3": str(python)}
    program = "import os, sys, backprop_course as b\n"
    program += "print(sys.executable, b.__file__, os.getpid(), sep='\\n')"
    executable, file, process = server.in_a_new_kernel(program).splitlines()
    assert executable == str(python)
    assert Path(file) == package / "__init__.py"
    settings = Path(away["env"]["JUPYTER_CONFIG_DIR"])
    added = {path.name for path in settings.rglob("*")} - {"migrated"}  # a mark of Jupyter's
    assert added == {"jupyter_server_config.py"}
    return int(process)


def stops(server, process, by):
    server.process.send_signal(by)
    assert server.process.wait(timeout=20) == 0
    assert not psutil.pid_exists(process)


def test_start_from_a_wheel_prints_the_address_and_serves(other_python, serve, away):
    server = serve(other_python, away, "--no-browser")
    file = said_by(other_python, "import backprop_course as b; print(b.__file__)", away)
    stops(server, examine(server, other_python, Path(file).parent, away), signal.SIGTERM)
    assert not (away["cwd"] / "opened.txt").exists()


def test_start_from_the_clone_opens_a_browser_and_takes_the_next_port(serve, away):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        server = serve(sys.executable, in_clone(away), "--port", str(port))
    assert f"Port {port} is taken, so this is port" in server.log.read_text()
    process = examine(server, sys.executable, ROOT / "backprop_course", away)
    opened = Path((away["cwd"] / "opened.txt").read_text().removeprefix("file://")).read_text()
    assert f"{server.address}lab/tree/00_start_here.ipynb?token={server.token}" in opened
    stops(server, process, signal.SIGINT)


def test_start_without_a_free_port_says_what_to_do(away):
    place = in_clone(away)
    place["env"] |= {"JUPYTER_PORT_RETRIES": "0"}
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        command = [sys.executable, "-m", "backprop_course", "start", "mine", "--no-browser", "--port", port]
        result = subprocess.run(command, capture_output=True, text=True, timeout=60, **place)
    assert result.returncode == 1
    assert f"port {port} is not available" in result.stderr
    assert result.stderr.splitlines()[-1].endswith("Try another --port, or run: backprop-course doctor")
