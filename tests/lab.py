"""Live figures are tested where learners see them: in JupyterLab, in a browser that cannot block the tests.

One `Server` serves a module of tests; each notebook gets a browser process of its own, which a timer ends.
"""

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Timer

import psutil

ROOT = Path(__file__).resolve().parents[1]
LIMIT = 240  # seconds: after these a notebook's browser is ended, whatever it does
STEP = 30  # seconds for one thing on the page
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def browser_path():
    """The browser to use: what BROWSER_PATH names, or else a Chromium of this machine; None without one."""
    named = os.environ.get("BROWSER_PATH")
    if named:
        return named if Path(named).is_file() else None
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def missing():
    """What these tests lack on this machine, as a sentence; empty where nothing is missing."""
    if find_spec("playwright") is None:
        return 'The package playwright is not installed: python -m pip install ".[browser]"'
    if browser_path() is None:
        return "There is no Chromium here: install one, or name one in BROWSER_PATH"
    return ""


def axe_core():
    """The file of axe-core that AXE_CORE names; None without one."""
    path = Path(os.environ.get("AXE_CORE", ""))
    return path if path.is_file() else None


# ------------------------------------------------------------------ the server
class Server:
    """JupyterLab on a folder, at a free port of this machine, with nothing of the user's own settings."""

    def __init__(self, folder, home):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.token, self.folder = secrets.token_hex(16), Path(folder)
        self.log = Path(home, "log")
        flags = [
            "--no-browser",
            f"--port={self.port}",
            "--ServerApp.ip=127.0.0.1",
            "--ServerApp.port_retries=0",
            "--LabApp.expose_app_in_browser=True",
            f"--IdentityProvider.token={self.token}",
            f"--ServerApp.root_dir={folder}",
            "--ServerApp.kernel_spec_manager_class=backprop_course.cli.kernel.OwnKernel",
        ]
        flags += ["--allow-root"] if getattr(os, "geteuid", lambda: 1)() == 0 else []
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "jupyterlab", *flags], env=_own(home), stdout=log, stderr=log
            )

    def wait(self):
        """Until it answers; raises RuntimeError with its last words where it does not."""
        for _ in range(4 * STEP):
            if self.process.poll() is not None:
                break
            try:
                return self.ask("api/status")
            except OSError:
                time.sleep(0.25)
        raise RuntimeError(f"JupyterLab does not answer: {self.log.read_text()[-2000:]}")

    def ask(self, path, method="GET"):
        """What the server's REST interface says."""
        headers = {"Authorization": f"token {self.token}"}
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/{path}", headers=headers, method=method
        )
        with urllib.request.urlopen(request, timeout=STEP) as reply:
            return json.loads(reply.read() or "null")

    def end_sessions(self, name):
        """Shut down the kernel of a notebook."""
        for session in self.ask("api/sessions"):
            if session["path"] == name:
                with suppress(urllib.error.HTTPError):  # it may have ended by itself
                    self.ask(f"api/sessions/{session['id']}", "DELETE")

    def end(self):
        """End the server and its kernels."""
        end_processes([self.process.pid])


def _own(home):
    """The environment of a server that keeps everything it writes below `home`."""
    names = ("JUPYTER_CONFIG_DIR", "JUPYTERLAB_SETTINGS_DIR", "JUPYTERLAB_WORKSPACES_DIR")
    names += ("JUPYTER_RUNTIME_DIR", "JUPYTER_DATA_DIR", "IPYTHONDIR")
    own = {name: str(Path(home, name.lower())) for name in names}
    own["JUPYTER_CONFIG_PATH"] = str(ROOT / "backprop_course" / "cli" / "jupyter")
    return os.environ | own


def end_processes(pids):
    """End these processes and all that they have started."""
    family = []
    for pid in pids:
        with suppress(psutil.NoSuchProcess):
            family += [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    family = list(filter(_lives, family))
    for signal in ("terminate", "kill"):
        for process in family:
            with suppress(psutil.NoSuchProcess):
                getattr(process, signal)()
        _, family = psutil.wait_procs(family, timeout=5)


def _lives(process):
    """Whether there is something to end; what has ended may stay in the table for a second."""
    with suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


@contextmanager
def server():
    """A server on a temporary folder, with playwright for its browsers, until the block is left."""
    from playwright.sync_api import sync_playwright

    with TemporaryDirectory(ignore_cleanup_errors=True) as home, sync_playwright() as play:
        folder = Path(home, "notebooks")
        folder.mkdir()
        served = Server(folder, home)
        try:
            served.wait()
            served.play = play
            yield served
        finally:
            served.end()


# ------------------------------------------------------------------ a notebook in a browser
@contextmanager
def opened(served, name, limit=LIMIT):
    """The notebook of that name in a browser of its own; afterwards its browser and its kernel are gone."""
    before = set(_children())
    browser = served.play.chromium.launch(executable_path=browser_path(), args=QUIET, timeout=1000 * STEP)
    started = [pid for pid in _children() if pid not in before]
    timer = Timer(limit, end_processes, [started])  # a page may hang where no timeout of the package helps
    timer.daemon = True
    timer.start()
    try:
        page = browser.new_page(viewport={"width": 1200, "height": 1100})
        page.set_default_timeout(1000 * STEP)
        yield Notebook(page, served, name)
        browser.close()  # quicker than ending it, where it still listens
    finally:
        timer.cancel()
        end_processes(started)
        served.end_sessions(name)


def _children():
    return [process.pid for process in psutil.Process().children(recursive=True)]


class Notebook:
    """A notebook on a page of JupyterLab."""

    def __init__(self, page, served, name):
        self.page, self.server, self.name = page, served, name
        self.said = []  # errors on the console
        page.on("console", lambda m: self.said.append(m.text) if m.type == "error" else None)
        self.open()

    def open(self, kernel=True):
        """Open it (again), in a workspace that nobody has used; `kernel=False` for a page without one."""
        self._without_kernel(not kernel)
        workspace = f"lab/workspaces/{secrets.token_hex(4)}/tree/{self.name}?token={self.server.token}"
        self.page.goto(f"http://127.0.0.1:{self.server.port}/{workspace}")
        self.page.wait_for_selector(".jp-Notebook .jp-Cell")
        if kernel:
            self.wait_for(f"{KERNEL}?.status === 'idle'")
        return self

    def turn_to(self, name):
        """Close what is open and end its kernel; open another notebook on the page that is there."""
        self.command("docmanager:save")
        self.command("application:close-all")
        self.server.end_sessions(self.name)
        self.name = name
        self.said.clear()
        self.page.evaluate(
            "path => void window.jupyterapp.commands.execute('docmanager:open', { path })", name
        )
        self.page.wait_for_selector(".jp-Notebook .jp-Cell")
        self.wait_for(f"{KERNEL}?.status === 'idle'")

    def _without_kernel(self, none):
        """Let the page start no kernel: its requests for sessions are refused."""
        self.page.unroute_all()
        if none:
            self.page.route(
                "**/api/sessions**",
                lambda r: r.fulfill(status=503, body="{}") if r.request.method == "POST" else r.continue_(),
            )

    def wait_for(self, condition, seconds=STEP):
        """Until this JavaScript expression is true."""
        self.page.wait_for_function(f"() => Boolean({condition})", timeout=1000 * seconds)

    def run(self, seconds=90):
        """Run all cells and wait until the last one has ended."""
        self.command("notebook:run-all-cells", seconds)
        self.wait_for(f"{KERNEL}.status === 'idle'", seconds)
        return self

    def command(self, name, seconds=STEP):
        """Run a command of JupyterLab and wait for its end."""
        self.page.evaluate(
            "name => { window.ended = false;"
            "  window.jupyterapp.commands.execute(name).finally(() => { window.ended = true }) }",
            name,
        )
        self.wait_for("window.ended", seconds)

    def errors(self):
        """The errors that cells show."""
        return self.page.evaluate(
            "() => window.jupyterapp.shell.currentWidget.content.widgets.flatMap(cell =>"
            "  (cell.model.sharedModel.outputs || []).filter(o => o.output_type === 'error')"
            "    .map(o => `${o.ename}: ${o.evalue}`))"
        )

    def text_below(self, cell):
        """What a code cell, counted from 0 over all cells, has printed."""
        return self.page.evaluate(
            "k => window.jupyterapp.shell.currentWidget.content.widgets[k].model.sharedModel.outputs"
            "  .filter(o => o.output_type === 'stream').map(o => [o.text].flat().join('')).join('')",
            cell,
        )

    def figures(self):
        """The live figures that a kernel answers."""
        self.page.wait_for_selector(".bc-live[data-alive]", state="attached")
        found = self.page.locator(".bc-live[data-alive]")
        return [Figure(self, found.nth(k)) for k in range(found.count())]

    def accessibility(self, selector):
        """Serious and critical violations that axe-core finds in what the selector names."""
        if not self.page.evaluate("() => 'axe' in window"):
            self.page.evaluate(axe_core().read_text(encoding="utf-8"))
        found = self.page.evaluate("async where => (await axe.run(where)).violations", selector)
        grave = [v for v in found if v["impact"] in ("serious", "critical")]
        return [f"{v['id']}: {v['help']}: {v['nodes'][0]['html'][:200]}" for v in grave]

    def screenshot(self):
        """Keep a picture of the page in a temporary folder; return its path."""
        folder = Path(os.environ.get("TMPDIR", "/tmp"), "backprop-course-screenshots")
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{Path(self.name).stem}-{time.strftime('%H%M%S')}-{secrets.token_hex(2)}.png"
        self.page.screenshot(path=path, timeout=10_000)
        return path


KERNEL = "window.jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel"


class Figure:
    """A live figure on the page: its controls, its picture, what it says."""

    def __init__(self, notebook, place):
        self.notebook, self.page, self.place = notebook, notebook.page, place
        self.place.scroll_into_view_if_needed()

    @property
    def controls(self):
        """All inputs and menus."""
        found = self.place.locator("input, select")
        return [found.nth(k) for k in range(found.count())]

    def state(self):
        """Text alternative and bytes of the picture that is shown."""
        return self.place.evaluate(
            "async el => { const img = el.querySelector('img'); await img.decode();"
            "  const data = await (await fetch(img.src)).arrayBuffer();"
            "  return [img.alt, String.fromCharCode(...new Uint8Array(data))] }"
        )

    def settled(self, seconds=10):
        """Wait until nothing is on its way; return the figure."""
        self.page.wait_for_timeout(20)
        handle = self.place.element_handle()
        self.page.wait_for_function("el => el.dataset.settled === 'true'", arg=handle, timeout=1000 * seconds)
        return self

    def press(self, control, key):
        """Move a control by a key."""
        control.focus()
        self.page.keyboard.press(key)
        return self.settled()

    def key(self, control):
        """A key that changes this control from where it is."""
        up, down = ("ArrowDown", "ArrowUp") if _kind(control) == "select" else ("ArrowRight", "ArrowLeft")
        if _kind(control) == "number":
            up, down = "ArrowUp", "ArrowDown"
        last = "el => el.tagName === 'SELECT' ? el.selectedIndex === el.length - 1 : +el.value >= +el.max"
        return down if control.evaluate(last) else up

    def click(self, control):
        """Move a control by the mouse: to another place of a slider, on an arrow of a number, in a menu."""
        box, kind = control.bounding_box(), _kind(control)
        if kind == "range":
            share = control.evaluate("el => (el.value - el.min) / (el.max - el.min)")
            at = 0.25 if share > 0.5 else 0.75
            self.page.mouse.click(box["x"] + at * box["width"], box["y"] + box["height"] / 2)
        elif kind == "number":
            up = control.evaluate("el => +el.value < +el.max")
            control.hover()
            self.page.mouse.click(
                box["x"] + box["width"] - 9, box["y"] + box["height"] * (0.3 if up else 0.7)
            )
        else:  # the browser draws the open menu outside of the page: its entries take keys only
            key = self.key(control)
            control.click()
            self.page.keyboard.press(key)
            self.page.keyboard.press("Enter")
        return self.settled()

    def drag(self, slider, moves=30):
        """Drag a slider's handle from one end to near the other without waiting for pictures."""
        box = slider.bounding_box()
        middle = box["y"] + box["height"] / 2
        share = slider.evaluate("el => (el.value - el.min) / (el.max - el.min)")
        self.page.mouse.move(box["x"] + 8 + share * (box["width"] - 16), middle)
        self.page.mouse.down()
        first, last = (0.05, 0.8) if share < 0.5 else (0.95, 0.2)
        for k in range(moves):
            at = first + (last - first) * k / (moves - 1)
            self.page.mouse.move(box["x"] + at * box["width"], middle)
        self.page.mouse.up()
        return self


def _kind(control):
    return control.evaluate("el => el.tagName === 'SELECT' ? 'select' : el.type")
