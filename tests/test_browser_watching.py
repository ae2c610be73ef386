"""Train and watch in JupyterLab: buttons, sliders, another cell meanwhile, and an end when nobody looks."""

import re

import lab
import pytest
import small_live

pytestmark = pytest.mark.skipif(bool(lab.missing()), reason=lab.missing() or "nothing is missing")
needs_axe = pytest.mark.skipif(lab.axe_core() is None, reason="AXE_CORE names no file of npm's axe-core")
SHOWN = """\
from backprop_course.explore.watching import Training
from backprop_course.viz.player import play
training = Training(seed=0)
play(training)
"""
NAMES = ("learning rate", "batch size")
BELOW = "print(training.updates)"
WIDGETS = "window.jupyterapp.shell.currentWidget.content.widgets"


@pytest.fixture(scope="module")
def served():
    with lab.server() as served:
        yield served


@pytest.fixture(scope="module")
def opened(served):
    small_live.write(served.folder / "watch.ipynb", SHOWN, BELOW)
    with lab.opened(served, "watch.ipynb", limit=300) as notebook:
        yield notebook.run()


@pytest.fixture
def notebook(opened):
    """The notebook, its training in the first state."""
    press(opened, "Reset")
    return opened


def figure(notebook):
    return notebook.figures()[0]


def button(notebook, name):
    return figure(notebook).place.get_by_role("button", name=name, exact=True)


def press(notebook, name):
    button(notebook, name).click()


def running(notebook, yes):
    value = "true" if yes else "false"
    notebook.page.wait_for_selector(f'.bc-live[data-alive][data-running="{value}"]')


def at_rest(notebook):
    """Text alternative and picture once nothing is on its way."""
    running(notebook, False)
    return figure(notebook).settled().state()


def updates(alt):
    return int(re.search(r"Update (\d+),", alt)[1])


def counted_below(notebook):
    """Run the cell below and return what it has printed: the number of updates."""
    page = notebook.page
    page.evaluate(
        f"() => {{ window.before = {WIDGETS}[1].model.executionCount;"
        "  window.jupyterapp.shell.currentWidget.content.activeCellIndex = 1;"
        "  void window.jupyterapp.commands.execute('notebook:run-cell') }"
    )
    ended = f"{WIDGETS}[1].model.executionCount > window.before && {lab.KERNEL}.status === 'idle'"
    notebook.wait_for(ended, 10)
    return int(notebook.text_below(1))


def wait_for_updates(notebook, more):
    """Until the page shows at least this many."""
    words = "document.querySelector('.bc-live .bc-words').textContent"
    notebook.wait_for(f"Number({words}.match(/([\\d,]+) updates/)[1].replace(',', '')) >= {more}", 20)


def test_browser_nothing_runs_by_itself(notebook):
    assert notebook.errors() == [] and notebook.said == []
    alt, picture = at_rest(notebook)
    assert alt.startswith("Before training, 42 of 300") and updates(alt) == 0
    notebook.page.wait_for_timeout(400)
    assert at_rest(notebook) == [alt, picture] and counted_below(notebook) == 0
    assert not notebook.page.locator("img[data-still]").is_visible()


def test_browser_start_run_the_cell_below_pause(notebook):
    first = at_rest(notebook)
    press(notebook, "Start")
    running(notebook, True)
    wait_for_updates(notebook, 10)
    counts = [counted_below(notebook)]
    wait_for_updates(notebook, counts[0] + 10)  # it goes on after a cell
    counts.append(counted_below(notebook))
    assert 10 <= counts[0] < counts[1]
    press(notebook, "Pause")
    alt, picture = at_rest(notebook)
    assert alt != first[0] and picture != first[1] and updates(alt) >= counts[1]
    assert button(notebook, "Start").count() == 1
    notebook.page.wait_for_timeout(400)
    assert counted_below(notebook) == updates(alt) == updates(at_rest(notebook)[0])


def test_browser_by_keyboard_a_single_step_and_reset(notebook):
    first = at_rest(notebook)
    for name, keys, count in (("Single step", ["Enter", "Space"], 2), ("Reset", ["Space"], 0)):
        button(notebook, name).focus()
        for key in keys:
            notebook.page.keyboard.press(key)
        notebook.page.wait_for_timeout(50)
        assert updates(at_rest(notebook)[0]) == count
        assert button(notebook, name).evaluate("el => el === document.activeElement")
    assert at_rest(notebook) == first


def test_browser_sliders_while_it_runs(notebook):
    press(notebook, "Start")
    running(notebook, True)
    rate, size = (figure(notebook).place.get_by_role("slider", name=name) for name in NAMES)
    rate.focus()
    notebook.page.keyboard.press("ArrowRight")
    box = size.bounding_box()
    notebook.page.mouse.click(box["x"] + 0.75 * box["width"], box["y"] + box["height"] / 2)
    notebook.page.wait_for_timeout(300)
    assert figure(notebook).place.get_attribute("data-running") == "true"
    press(notebook, "Pause")
    alt, _ = at_rest(notebook)
    assert "learning rate 1, batch size 100." in alt
    assert [rate.get_attribute("aria-valuetext"), size.get_attribute("aria-valuetext")] == ["1", "100"]
    press(notebook, "Reset")
    assert "learning rate 0.3, batch size 20." in at_rest(notebook)[0]
    assert [rate.get_attribute("aria-valuetext"), size.get_attribute("aria-valuetext")] == ["0.3", "20"]


def test_browser_start_and_pause_in_one_moment(notebook):
    button(notebook, "Start").evaluate("el => { el.click(); el.click(); el.click() }")
    running(notebook, True)
    press(notebook, "Pause")
    alt, _ = at_rest(notebook)
    notebook.page.wait_for_timeout(400)
    assert counted_below(notebook) == updates(alt)


def test_browser_the_end_is_told_in_words(notebook):
    size = figure(notebook).place.get_by_role("slider", name="batch size")
    size.focus()
    notebook.page.keyboard.press("End")
    press(notebook, "Start")
    told = figure(notebook).place.get_by_role("alert")
    told.wait_for(state="visible", timeout=30_000)
    assert told.inner_text() == "All 30 epochs are done. Press Reset to begin again."
    assert updates(at_rest(notebook)[0]) == 90 and counted_below(notebook) == 90
    assert figure(notebook).place.locator("progress").evaluate("el => el.value") == 1
    press(notebook, "Reset")
    at_rest(notebook)
    assert not told.is_visible()


def test_browser_the_state_is_said_at_rest(notebook):
    press(notebook, "Single step")
    alt, _ = at_rest(notebook)
    notebook.page.wait_for_timeout(700)
    assert figure(notebook).place.get_by_role("status").inner_text() == alt


@needs_axe
def test_browser_no_grave_violation_of_accessibility(notebook):
    assert notebook.accessibility(".bc-live") == []
    press(notebook, "Start")
    running(notebook, True)
    assert notebook.accessibility(".bc-live") == []


def test_browser_run_again_the_cell_ends_the_old_task(notebook):
    page = notebook.page
    page.evaluate(f"() => {{ {WIDGETS}[1].model.sharedModel.setSource('old = training') }}")
    notebook.command("notebook:run-all-cells")
    press(notebook, "Start")
    wait_for_updates(notebook, 5)
    page.evaluate(f"() => {{ {WIDGETS}[1].model.sharedModel.setSource({BELOW!r}) }}")
    page.evaluate("() => { window.jupyterapp.shell.currentWidget.content.activeCellIndex = 0 }")
    notebook.command("notebook:run-cell")
    page.wait_for_selector('.bc-live[data-alive][data-running="false"]')
    page.evaluate(f"() => {{ {WIDGETS}[1].model.sharedModel.setSource('print(old.updates)') }}")
    count = counted_below(notebook)
    page.wait_for_timeout(500)
    assert counted_below(notebook) == count >= 5
    page.evaluate(f"() => {{ {WIDGETS}[1].model.sharedModel.setSource({BELOW!r}) }}")
    assert counted_below(notebook) == 0 and page.locator(".bc-live:visible").count() == 1


def test_browser_saved_and_opened_without_a_kernel_the_first_state_stands(notebook):
    press(notebook, "Start")
    wait_for_updates(notebook, 5)
    notebook.command("docmanager:save")
    notebook.server.end_sessions("watch.ipynb")
    notebook.open(kernel=False)
    still = notebook.page.locator("img[data-still]")
    still.wait_for()
    assert still.is_visible() and still.get_attribute("alt").startswith("Before training, 42 of 300")
    assert notebook.page.locator(".bc-live img:visible, .bc-live button:visible").count() == 0


def test_browser_no_task_outlives_its_view(served):
    """The output is cleared, or the page is left without a word; a new page then asks the kernel."""
    small_live.write(served.folder / "left.ipynb", SHOWN, BELOW)
    with lab.opened(served, "left.ipynb") as notebook:
        for way in ("output", "page"):
            notebook.run()
            press(notebook, "Start")
            wait_for_updates(notebook, 5)
            if way == "output":
                notebook.page.evaluate(f"() => {{ {WIDGETS}[0].model.sharedModel.setOutputs([]) }}")
                notebook.page.wait_for_timeout(500)
            else:
                notebook.page.goto("about:blank")
                notebook.page.wait_for_timeout(5000)
                notebook.open()
            count = counted_below(notebook)
            notebook.page.wait_for_timeout(500)
            assert counted_below(notebook) == count >= 5, way
