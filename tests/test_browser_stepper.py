"""The stepper as a learner meets it: pressed, hovered and typed into in a browser, alone on a page."""

import base64
import json
import re
import shutil
import statistics
import subprocess
import tarfile
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from threading import Timer
from urllib.parse import urlsplit

import lab
import nbformat
import numpy as np
import pytest
from jupyter_core.paths import jupyter_path
from matplotlib.colors import to_rgb
from nbclient import NotebookClient
from nbconvert import HTMLExporter
from stepper_cases import CELL, EXAMPLE, Widget, assert_shown, draw, updated

from backprop_course.cli.kernel import NAME, OwnKernelManager
from backprop_course.viz import GRADIENT, VALUE, stepper

pytestmark = pytest.mark.skipif(bool(lab.missing()), reason=lab.missing() or "there is a browser")
SOURCE = Path(stepper.__file__)
COLORS = {"bcs-value": VALUE, "bcs-gradient": GRADIENT}
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>The stepper</title>
<style>{css}</style></head><body><main><h1>The stepper</h1>
<div class="output"><img data-still alt="still"></div><div class="output"><div id="here"></div></div>
</main><script type="module">
import widget from "data:text/javascript;base64,{js}";
window.show = (given) => {{
  window.leave?.();
  const el = document.createElement("div");
  document.getElementById("here").replaceChildren(el);
  window.leave = widget.render({{ model: {{ get: (name) => given[name] }}, el }});
}};
</script></body></html>"""


@contextmanager
def browser(limit=120):
    """A browser process that a timer ends whatever the page does."""
    from playwright.sync_api import sync_playwright

    before = set(lab._children())
    with sync_playwright() as play:
        opened = play.chromium.launch(executable_path=lab.browser_path(), args=lab.QUIET)
        timer = Timer(limit, lab.end_processes, [[pid for pid in lab._children() if pid not in before]])
        timer.daemon = True
        timer.start()
        try:
            yield opened
            opened.close()
        finally:
            timer.cancel()


@pytest.fixture(scope="module")
def chromium():
    with browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def page(chromium):
    page = chromium.new_page(viewport={"width": 1100, "height": 700})
    page.set_default_timeout(10_000)
    css = SOURCE.with_suffix(".css").read_text(encoding="utf-8")
    js = base64.b64encode(stepper.script().encode()).decode()
    page.set_content(PAGE.format(css=css, js=js))
    page.wait_for_function("() => window.show")
    return page


@pytest.fixture
def widget(page):
    problems = []

    def keep(error):
        problems.append(str(error))

    page.on("pageerror", keep)
    page.mouse.move(0, 0)
    yield Widget(page).show()
    page.remove_listener("pageerror", keep)
    assert problems == []


# ------------------------------------------------------------------ numbers
@pytest.mark.parametrize("seed", range(10))
def test_in_the_browser_each_step_shows_the_numbers_of_the_model(widget, seed):
    given = draw(np.random.default_rng(seed), (4, 5, 4) if seed == 0 else None)
    widget.show(given)
    for step in range(11):
        assert_shown(widget, given, step)
        if step < 10:
            widget.press("Next")
    once, twice = updated(given), updated(updated(given))
    widget.press("Update")
    assert_shown(widget, once, 0)
    widget.press("To the end")
    assert_shown(widget, once, 10)
    widget.press("Update").press("Next", 5)
    assert_shown(widget, twice, 5)
    for step in (4, 3):
        widget.press("Back")
        assert_shown(widget, twice, step)
    widget.press("Back", 4)
    assert_shown(widget, once, 10)
    widget.press("Reset")
    assert_shown(widget, given, 0)


def test_in_the_browser_a_changed_weight_and_rate_count_at_once(widget):
    widget.press("To the end")
    widget.page.get_by_label("change").select_option("W2 1 0")
    widget.page.get_by_label("to", exact=True).fill("-2.5")
    changed = json.loads(json.dumps(EXAMPLE))
    changed["params"]["W2"][1][0] = -2.5
    assert_shown(widget, changed, 10)
    assert "W2 from hidden unit 1 to class 2 is now −2.5. The loss is" in widget.said
    widget.page.get_by_label("learning rate").fill("0.7")
    widget.press("Update").press("To the end")
    assert_shown(widget, updated(changed | {"learning_rate": 0.7}), 10)
    widget.press("Reset")
    assert_shown(widget, EXAMPLE, 0)
    assert widget.page.get_by_label("learning rate").input_value() == "0.1"


@pytest.mark.parametrize("wrong", ["", "1e9", "-"])
def test_in_the_browser_what_is_no_number_is_told_and_the_next_good_value_counts(widget, wrong):
    field = widget.press("To the end").page.get_by_label("to", exact=True)
    field.focus()
    widget.page.keyboard.press("Control+a")
    widget.page.keyboard.press("Delete")
    widget.page.keyboard.type(wrong)
    assert "Enter a number" in widget.text("[role=alert]") and field.get_attribute("aria-invalid") == "true"
    assert widget.numbers()[0]["W1", (0, 0)] == 1
    field.fill("3")
    assert widget.text("[role=alert]") == "" and field.get_attribute("aria-invalid") == "false"
    assert widget.numbers()[0]["W1", (0, 0)] == 3


def test_in_the_browser_an_update_needs_all_gradients_first(widget):
    widget.press("Next", 7).press("Update")
    assert "needs all gradients first" in widget.said
    assert_shown(widget, EXAMPLE, 7)


# ------------------------------------------------------------------ forward alone
def heard_by_all(widget):
    """All that is written, spoken or named on the widget; buttons that are off say why."""
    parts = """el => [el, ...el.querySelectorAll("*")].flatMap((part) => [
        part.title, part.getAttribute("aria-label"), part.children.length ? "" : part.textContent])"""
    return " ".join(filter(None, widget.page.locator(".bc-stepper").evaluate(parts)))


SPEAKS_OF_GRADIENTS = re.compile(r"gradient|backward|update|learning|\bd[AWZb]\d|of 10", re.IGNORECASE)


@pytest.mark.parametrize("seed", range(4))
def test_in_the_browser_forward_alone_shows_the_numbers_of_the_model_up_to_the_loss(widget, seed):
    given = draw(np.random.default_rng(seed), (4, 5, 4) if seed == 0 else None)
    widget.show(given, backward=False)
    for step in range(6):
        assert_shown(widget, given, step)
        widget.press("Next")
    assert_shown(widget, given, 5)
    widget.press("Back", 2)
    assert_shown(widget, given, 3)
    widget.press("Reset").press("To the end")
    assert_shown(widget, given, 5)


def test_in_the_browser_forward_alone_a_changed_weight_counts_and_is_stepped_through_again(widget):
    widget.show(backward=False).press("To the end")
    widget.page.get_by_label("change").select_option("W2 1 0")
    widget.page.get_by_label("to", exact=True).fill("-2.5")
    changed = json.loads(json.dumps(EXAMPLE))
    changed["params"]["W2"][1][0] = -2.5
    assert_shown(widget, changed, 5)
    assert widget.said.startswith("W2 from hidden unit 1 to class 2 is now −2.5. The loss is ")
    widget.press("Back", 5)
    for step in range(6):
        assert_shown(widget, changed, step)
        widget.press("Next")
    widget.press("Reset")
    assert_shown(widget, EXAMPLE, 0)


def test_in_the_browser_forward_alone_nothing_speaks_of_gradients(widget):
    told, said = [heard_by_all(widget.show(backward=False))], []
    for _ in range(5):
        said.append(widget.press("Next").said)
        for name in ("A1", "W1", "Z2"):  # what is picked is told in words
            widget.item(name, *([0, 1] if name == "W1" else [0])).click()
            told.append(heard_by_all(widget))
    assert [text.split(".")[0] for text in said] == [f"Step {k} of 5, forward" for k in range(1, 6)]
    assert said[4] == "Step 5 of 5, forward. L = −Σ Y_true · ln Y_pred. L is 1.386."
    assert widget.text(".bcs-where") == "Step 5 of 5 · forward"
    assert widget.page.locator(".bcs-strip li").all_text_contents() == ["Z1", "A1", "Z2", "Y_pred", "L"]
    told.append(widget.press("Next").said)
    assert told[-1] == "This is the end: the loss is known. Change a weight, or go back."
    assert [SPEAKS_OF_GRADIENTS.findall(text) for text in told] == [[]] * len(told)
    widget.show().press("To the end")
    wanted = {"gradient", "backward", "update", "learning", "of 10", "da1"}
    assert {word.lower() for word in SPEAKS_OF_GRADIENTS.findall(heard_by_all(widget))} >= wanted


def test_in_the_browser_forward_alone_everything_is_reached_by_keys(widget):
    widget.show(backward=False)
    heard = []
    for _ in range(7):
        widget.page.keyboard.press("Tab")
        heard.append(active(widget))
        if heard[-1] == "Next":
            for _ in range(5):
                widget.page.keyboard.press("Enter")
    assert heard[:5] == ["Back", "Next", "To the end", "Reset", "L, the loss, value 1.386"]
    assert [label.rsplit("-")[-1] for label in heard[5:]] == ["which", "amount"]
    widget.page.keyboard.press("Tab")
    outside = "el === document.body || !el.closest('.bc-stepper')"
    assert active(widget, outside), "nothing comes after the value"


# ------------------------------------------------------------------ words
def test_in_the_browser_each_step_is_announced_with_its_equation(widget):
    said = []
    for step in range(1, 11):
        widget.press("Next")
        equation = widget.text(".bcs-equation").replace("\n", ", ")
        assert widget.said.startswith(f"Step {step} of 10, ") and equation in widget.said
        assert widget.page.locator(".bcs-strip [aria-current=step]").count() == 1
        said.append(widget.said)
    assert "dA1 = dZ2 · W2" in said[7] and "dA1 is 1.5, −1.5, 0.75." in said[7]
    assert "dW2 is 0.75, 0.75, 0; −0.75, −0.75, 0. db2 is 0.75, −0.75." in said[6]
    assert all("forward" in text for text in said[:5]) and all("backward" in text for text in said[5:])


def test_in_the_browser_pointing_at_a_number_tells_how_it_came_about(widget):
    widget.press("Next", 8)
    assert widget.text(".bcs-chosen .bcs-gradient") == "dA1 = 0.75 · 1 + (−0.75) · (−1) = 1.5"
    widget.item("A1", 2).hover()
    assert widget.text(".bcs-chosen .bcs-gradient") == "dA1 = 0.75 · 2 + (−0.75) · 1 = 0.75"
    assert widget.text(".bcs-chosen .bcs-name") == "A1 of hidden unit 3"
    widget.item("W1", 0, 1).hover()
    assert widget.text(".bcs-chosen .bcs-gradient") == "dW1: not computed yet"
    widget.page.mouse.move(0, 0)
    assert widget.text(".bcs-chosen .bcs-name") == "A1 of hidden unit 1"
    widget.press("Next", 2).press("Update")
    assert widget.text(".bcs-chosen .bcs-value") == "W1 = 1 − 0.1 · 1.5 = 0.85"


def test_in_the_browser_the_unit_that_was_clicked_is_followed(widget):
    for _ in range(7):
        widget.page.get_by_role("button", name="Next").click()
    widget.item("Z1", 1).click()
    widget.page.get_by_role("button", name="Next").click()
    assert widget.text(".bcs-chosen .bcs-name") == "A1 of hidden unit 2"


# ------------------------------------------------------------------ keyboard, screen readers, sight
def active(widget, what="el.getAttribute('aria-label') || el.id || el.textContent"):
    return widget.page.evaluate(f"() => {{ const el = document.activeElement; return {what} }}")


def test_in_the_browser_everything_is_reached_by_keys(widget):
    heard = []
    for _ in range(9):
        widget.page.keyboard.press("Tab")
        heard.append(active(widget))
        if heard[-1] == "Back":  # from here on keys are the widget's
            widget.page.evaluate("() => document.addEventListener('keydown', () => { window.leaked = 1 })")
        if heard[-1] == "Next":
            for _ in range(8):
                widget.page.keyboard.press("Enter")
            assert widget.text(".bcs-equation") == "dA1 = dZ2 · W2"
    assert heard[:5] == ["Back", "Next", "To the end", "Reset", "Update"]
    assert heard[5] == "A1 of hidden unit 1, value 1, gradient 1.5", "one stop for the whole drawing"
    assert [label.rsplit("-")[-1] for label in heard[6:]] == ["which", "amount", "rate"]
    assert widget.page.evaluate("() => window.leaked") is None, "JupyterLab would take the keys, too"


def test_in_the_browser_arrow_keys_move_among_the_numbers(widget):
    widget.press("Next", 8)
    widget.item("A1", 0).focus()
    seen = []
    for key in ("ArrowDown", "ArrowRight", "ArrowLeft", "ArrowLeft", "Home", "End"):
        widget.page.keyboard.press(key)
        seen.append(active(widget, "`${el.dataset.name} ${el.dataset.index}`"))
        assert widget.page.locator("g[tabindex='0']").count() == 1
        assert widget.page.locator("g[aria-pressed=true]").count() == 1
    assert [name.split()[0] for name in seen] == ["A1", "W2", "A1", "Z1", "X", "L"]
    described = widget.page.locator("g[tabindex='0']").get_attribute("aria-describedby")
    assert widget.page.locator(f"[id='{described}'] .bcs-name").inner_text() == "L, the loss"


def test_in_the_browser_focus_and_what_is_active_are_seen_without_color(widget):
    widget.press("Next", 8)
    head = widget.page.locator("text.bcs-head.bcs-active")
    assert head.all_text_contents() == ["▾ dA1"]
    style = "(el, name) => getComputedStyle(el)[name]"
    width = [
        float(widget.item(*which).locator("rect").evaluate(style, "strokeWidth").removesuffix("px"))
        for which in (("A1", 1), ("Z1", 1))
    ]
    assert width[0] >= 2 * width[1]
    strong = widget.page.locator("line.bcs-strong")
    assert strong.count() == 2 and all("url" in line.get_attribute("marker-start") for line in strong.all())
    widget.page.keyboard.press("Tab")
    widget.item("A1", 0).focus()
    widget.page.keyboard.press("ArrowDown")
    outline = widget.item("A1", 1).locator("rect").evaluate(style, "outlineStyle")
    assert outline == "solid"


def test_in_the_browser_the_card_stays_light_on_a_dark_page_and_rests_where_motion_is_reduced(widget):
    widget.page.evaluate("() => { document.body.style = 'background: #111; color: #eee' }")
    widget.page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    widget.press("Next", 8)
    style = "(el, name) => getComputedStyle(el)[name]"
    card = widget.page.locator(".bc-stepper")
    assert card.evaluate(style, "backgroundColor") == "rgb(255, 255, 255)"
    for part in (".bcs-equation", ".bcs-words", "button >> nth=0", "label >> nth=0", "input >> nth=0"):
        assert card.locator(part).evaluate(style, "color") == "rgb(34, 34, 34)", part
    moving = "() => document.getAnimations().length"
    assert widget.page.evaluate(moving) == 0
    widget.page.emulate_media(reduced_motion="no-preference", color_scheme="light")
    widget.press("Back").press("Next")
    assert widget.page.evaluate(moving) > 0
    widget.page.wait_for_function("() => document.getAnimations().length === 0")  # it ends by itself
    widget.page.evaluate("() => { document.body.style = '' }")


@pytest.mark.skipif(lab.axe_core() is None, reason="AXE_CORE names no file of axe-core (npm pack axe-core)")
def test_in_the_browser_axe_finds_nothing_serious(widget):
    widget.page.add_script_tag(path=lab.axe_core())
    both = (("Next", 0), ("Next", 8), ("To the end", 1), ("Update", 1))
    for backward, presses in ((True, both), (False, (("Next", 0), ("Next", 3), ("To the end", 1)))):
        widget.show(backward=backward)
        for name, times in presses:
            widget.press(name, times)
            widget.page.wait_for_timeout(250)  # colors fade in
            found = widget.page.evaluate("async () => (await axe.run('.bc-stepper')).violations")
            assert [v["id"] for v in found if v["impact"] in ("serious", "critical")] == []


def test_in_the_browser_values_are_blue_and_above_gradients_orange_and_below(widget):
    widget.press("To the end")
    numbers = widget.page.evaluate(
        """() => [...document.querySelectorAll("text.bcs-value, text.bcs-gradient")].map((text) => ({
          fill: getComputedStyle(text).fill, y: text.getBoundingClientRect().y, text: text.textContent,
          kind: text.classList[0],
          place: text.parentElement.querySelector("line").getBoundingClientRect().y }))"""
    )
    rgb = {name: f"rgb{tuple(round(255 * part) for part in to_rgb(color))}" for name, color in COLORS.items()}
    assert len(numbers) == 2 * widget.page.locator("[data-name]").count()
    for number in numbers:
        assert number["fill"] == rgb[number["kind"]]
        if number["text"]:
            assert (number["y"] + 8 < number["place"]) == (number["kind"] == "bcs-value"), number


# ------------------------------------------------------------------ speed, and the still picture
LATENCY = """async () => {
  const [back, next] = document.querySelectorAll("button");
  const painted = () => new Promise((done) => requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = done;
    channel.port2.postMessage(0);
  }));
  const times = [];
  for (let k = 0; k < 60; k++) {
    await new Promise((done) => setTimeout(done, 20 + 17 * Math.random()));
    const start = performance.now();
    (k % 20 < 10 ? next : back).click();
    await painted();
    times.push(performance.now() - start);
  }
  return times;
}"""


def test_in_the_browser_a_press_is_painted_within_two_frames(widget):
    """Alone on a machine it takes one: `benchmarks/live_figures.py` measures it."""
    widget.show(draw(np.random.default_rng(0), (4, 5, 4)))
    medians = []
    for _ in range(5):  # something else may keep the processor busy
        medians.append(statistics.median(widget.page.evaluate(LATENCY)))
        if medians[-1] < 2 * 1000 / 60:
            return
    pytest.fail(f"medians {medians} ms")


def test_in_the_browser_the_still_picture_gives_way_and_comes_back(widget):
    still = widget.page.locator("img[data-still]")
    still.wait_for(state="hidden")
    widget.page.evaluate("() => window.leave()")
    still.wait_for(state="attached")
    assert still.locator("..").evaluate("el => el.style.display") == ""


# ------------------------------------------------------------------ a page without a kernel
NPM = ("requirejs@2.3.8", "@jupyter-widgets/html-manager@1.0.15")


@pytest.fixture(scope="module")
def packages(tmp_path_factory):
    """Folder of the packages from npm that nbconvert's pages load from elsewhere."""
    npm, folder = shutil.which("npm"), tmp_path_factory.mktemp("npm")
    packed = npm and subprocess.run(
        [npm, "pack", "--silent", *NPM], cwd=folder, capture_output=True, timeout=60
    )
    if not packed or packed.returncode:
        pytest.skip("npm is not here, or its registry cannot be reached")
    for archive in folder.glob("*.tgz"):
        with tarfile.open(archive) as opened:
            opened.extractall(folder / archive.stem.split("-")[0], filter="data")
    return folder


@cache
def built():
    """The page that nbconvert makes of an executed notebook with the stepper."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CELL)])
    notebook.metadata.kernelspec = {"name": NAME, "display_name": "Python 3", "language": "python"}
    NotebookClient(notebook, kernel_manager_class=OwnKernelManager, kernel_name=NAME, timeout=60).execute()
    return HTMLExporter().from_notebook_node(notebook)[0]


def test_in_the_browser_it_steps_on_a_static_page_where_no_kernel_runs(chromium, packages):
    (anywidget,) = filter(Path.is_file, (Path(p, "nbextensions/anywidget/index.js") for p in jupyter_path()))
    manager = packages / "jupyter/package/dist"

    def serve(route):
        name = urlsplit(route.request.url).path.rpartition("/")[2]
        known = {"require.min.js": packages / "requirejs/package/require.js", "anywidget.js": anywidget}
        file = known.get(name, manager / name)
        if name == "page.html":
            route.fulfill(body=page_source, content_type="text/html; charset=utf-8")
        elif name and file.is_file():
            route.fulfill(path=file)
        else:
            route.abort()

    page_source, page = built(), chromium.new_page(viewport={"width": 1100, "height": 900})
    page.route("**/*", serve)
    page.goto("http://course.test/page.html")
    page.wait_for_selector(".bc-stepper[data-alive]", timeout=20_000)
    widget = Widget(page)
    for step in range(11):
        assert_shown(widget, EXAMPLE, step)
        widget.press("Next")
    widget.press("Update")
    assert_shown(widget, updated(EXAMPLE), 0)
    assert page.locator("img[data-still]").is_hidden()
    page.close()


def test_in_the_browser_the_still_picture_stands_where_nothing_runs(chromium):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.set_content(built())
    still = page.locator("img[data-still]")
    assert still.is_visible() and "dA1 is 1.5, −1.5, 0.75" in still.get_attribute("alt")
    context.close()
