"""Live figures in JupyterLab, in a real browser: moved by keys and by mouse, read out, never behind."""

import re
import time

import lab
import nbformat
import pytest
import small_live
from live_calls import CALLS, LESSONS

pytestmark = pytest.mark.skipif(bool(lab.missing()), reason=lab.missing() or "nothing is missing")
needs_axe = pytest.mark.skipif(lab.axe_core() is None, reason="AXE_CORE names no file of npm's axe-core")
WITH_FIGURES = [path for path in LESSONS if any(call.path == path for call in CALLS)]
SLOPE, KIND, SEED = range(3)


@pytest.fixture(scope="module")
def served():
    with lab.server() as served:
        yield served


@pytest.fixture(scope="module")
def small(served):
    small_live.write(served.folder / "small.ipynb", small_live.LINE, small_live.SHOWN, "print(6 * 7)")
    with lab.opened(served, "small.ipynb", limit=240) as notebook:
        yield notebook.run()


@pytest.fixture
def notebook(small):
    """The small notebook, its figure in the first state."""
    figure = small.figures()[0]
    slope, kind, seed = figure.controls
    kind.select_option("straight")
    seed.fill("3")
    slope.fill("0.5")
    figure.settled()
    return small


def figure_of(notebook):
    return notebook.figures()[0]


def alt(figure):
    return figure.state()[0]


# ------------------------------------------------------------------ the small notebook
def test_browser_all_cells_run(notebook):
    assert notebook.errors() == [] and notebook.said == []
    assert alt(figure_of(notebook)) == "A straight line with slope 0.5 among points of seed 3"


@pytest.mark.parametrize("which, key, after", [
    (SLOPE, "ArrowRight", "A straight line with slope 0.6 among points of seed 3"),
    (SLOPE, "ArrowDown", "A straight line with slope 0.4 among points of seed 3"),
    (SLOPE, "Home", "A straight line with slope -2.0 among points of seed 3"),
    (KIND, "ArrowDown", "A bent line with slope 0.5 among points of seed 3"),
    (SEED, "ArrowUp", "A straight line with slope 0.5 among points of seed 4"),
])  # fmt: skip
def test_browser_keys_move_each_control_and_nothing_else(notebook, which, key, after):
    figure = figure_of(notebook)
    before = figure.state()
    selected = notebook.page.evaluate(ACTIVE_CELL)
    figure.press(figure.controls[which], key)
    assert alt(figure) == after and figure.state()[1] != before[1]
    assert figure.controls[which].evaluate("el => el === document.activeElement"), "the focus has left"
    assert notebook.page.evaluate(ACTIVE_CELL) == selected, "JupyterLab has taken the key"


ACTIVE_CELL = "() => window.jupyterapp.shell.currentWidget.content.activeCellIndex"


@pytest.mark.parametrize("which", [SLOPE, KIND, SEED])
def test_browser_the_mouse_moves_each_control(notebook, which):
    figure = figure_of(notebook)
    before = figure.state()
    figure.click(figure.controls[which])
    assert figure.state()[0] != before[0] and figure.state()[1] != before[1]


def test_browser_the_last_value_wins_after_a_fast_drag(notebook):
    figure = figure_of(notebook)
    figure.drag(figure.controls[SLOPE], moves=30).settled()
    value = float(figure.controls[SLOPE].input_value())
    assert -1.6 < value < -0.8, "the drag has not reached its end"
    assert alt(figure) == f"A straight line with slope {value:.1f} among points of seed 3"


def test_browser_thirty_values_in_one_moment_ask_for_few_pictures(notebook):
    """The kernel is asked for the first value and for the last one: there is no queue."""
    figure = figure_of(notebook)
    figure.controls[SEED].fill("5")  # with it no picture is kept but the one that is shown
    figure.settled()
    pictures = figure.place.evaluate(
        """async el => {
          const slider = el.querySelector('input'), img = el.querySelector('img');
          let seen = 0;
          img.addEventListener('load', () => seen++);
          for (let k = 0; k < 30; k++) {
            slider.value = 0.4 - 0.048 * k;
            slider.dispatchEvent(new Event('input', { bubbles: true }));
          }
          while (el.dataset.settled !== 'true') await new Promise(done => setTimeout(done, 10));
          return seen }"""
    )
    assert 1 <= pictures <= 2
    assert alt(figure) == "A straight line with slope -1.0 among points of seed 5"


MOVE_AND_LOOK = """(el, value) => {
  const slider = el.querySelector("input");
  slider.value = value;
  slider.dispatchEvent(new Event("input", { bubbles: true }));
  return el.querySelector("img").alt;
}"""


def test_browser_one_more_step_needs_no_kernel(notebook):
    """At rest the pictures of the next steps were asked for, and none of them was shown by itself."""
    figure = figure_of(notebook)
    figure.press(figure.controls[SLOPE], "ArrowRight")
    notebook.page.wait_for_timeout(800)
    assert alt(figure) == "A straight line with slope 0.6 among points of seed 3"
    for slope in (0.7, 0.8, 0.7, 0.6, 0.5):  # in the same moment in which it moves
        assert (
            figure.place.evaluate(MOVE_AND_LOOK, slope)
            == f"A straight line with slope {slope} among points of seed 3"
        )
    before = alt(figure)
    figure.controls[SEED].fill("8")
    assert alt(figure.settled()) == "A straight line with slope 0.5 among points of seed 8" != before
    assert figure.place.evaluate(MOVE_AND_LOOK, -1.7).endswith("slope 0.5 among points of seed 8"), "not kept"
    assert alt(figure.settled()) == "A straight line with slope -1.7 among points of seed 8"


def test_browser_an_error_is_told_and_the_next_value_recovers(notebook):
    figure = figure_of(notebook)
    figure.press(figure.controls[SLOPE], "End")
    told = figure.place.get_by_role("alert")
    assert told.is_visible() and not figure.place.locator("img").is_visible()
    assert "slope = 2" in told.inner_text() and "this slope is too steep" in told.inner_text()
    assert "Choose other values" in told.inner_text() and "Traceback" not in told.inner_text()
    figure.press(figure.controls[SLOPE], "Home")
    assert figure.place.locator("img").is_visible() and not told.is_visible()
    assert alt(figure) == "A straight line with slope -2.0 among points of seed 3"


def test_browser_the_state_is_said_once_the_controls_rest(notebook):
    figure = figure_of(notebook)
    figure.press(figure.controls[SLOPE], "ArrowRight")
    notebook.page.wait_for_timeout(700)
    assert figure.place.get_by_role("status").inner_text() == alt(figure)


def test_browser_controls_have_names(notebook):
    figure = figure_of(notebook)
    assert notebook.page.get_by_role("group", name="A slope").count() == 1
    for role, name in (("slider", "slope"), ("combobox", "kind"), ("spinbutton", "seed")):
        assert figure.place.get_by_role(role, name=name, exact=True).count() == 1
    assert figure.controls[SLOPE].get_attribute("aria-valuetext") == "0.5"


@needs_axe
def test_browser_no_grave_violation_of_accessibility(notebook):
    assert notebook.accessibility(".bc-live") == []
    figure = figure_of(notebook)
    figure.press(figure.controls[SLOPE], "End")
    assert notebook.accessibility(".bc-live") == []


@needs_axe
def test_browser_axe_finds_a_control_without_a_name(notebook):
    """What the tests of accessibility look through is able to see a violation."""
    label = figure_of(notebook).place.locator("label").first
    label.evaluate("el => { el.dataset.of = el.htmlFor; el.htmlFor = '' }")
    found = notebook.accessibility(".bc-live")
    label.evaluate("el => { el.htmlFor = el.dataset.of }")
    assert found and found[0].startswith("label")


def test_browser_the_cell_below_runs_while_a_slider_is_dragged(notebook):
    page, figure = notebook.page, figure_of(notebook)
    page.evaluate(f"() => {{ window.counted = {BELOW}.model.executionCount }}")
    slider = figure.controls[SLOPE].bounding_box()
    x, y = slider["x"] + slider["width"] / 2, slider["y"] + slider["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    for k in range(60):
        page.mouse.move(x + 60 * (-1) ** (k // 20) * (k % 20) / 20, y)
        if k == 20:  # as a click into the cell and its key would, but the mouse is holding the slider
            page.evaluate(
                "() => { window.jupyterapp.shell.currentWidget.content.activeCellIndex = 2;"
                "  void window.jupyterapp.commands.execute('notebook:run-cell') }"
            )
    page.mouse.up()
    notebook.wait_for(f"{BELOW}.model.executionCount > window.counted", 5)
    assert notebook.text_below(2) == "42\n" and notebook.errors() == []
    value = float(figure.settled().controls[SLOPE].input_value())
    assert alt(figure) == f"A straight line with slope {value:.1f} among points of seed 3"


BELOW = "window.jupyterapp.shell.currentWidget.content.widgets[2]"


def test_browser_a_cell_that_is_run_again_hides_its_new_still_picture(notebook):
    page = notebook.page
    page.evaluate("() => { window.jupyterapp.shell.currentWidget.content.activeCellIndex = 1 }")
    notebook.command("notebook:run-cell")
    page.wait_for_selector(".bc-live[data-alive] img")
    assert page.locator("img[data-still]").count() == 1
    assert page.locator(".bc-live:visible").count() == 1
    assert not page.locator("img[data-still]").is_visible()


def test_browser_saved_and_opened_without_a_kernel_the_still_picture_stands(notebook):
    page = notebook.page
    still = page.locator("img[data-still]")
    assert still.count() == 1 and not still.is_visible() and page.locator(".bc-live img").is_visible()
    notebook.command("docmanager:save")
    kept = nbformat.read(notebook.server.folder / "small.ipynb", 4)
    assert "data-still" in kept.cells[1].outputs[0]["data"]["text/html"]
    notebook.server.end_sessions("small.ipynb")
    notebook.open(kernel=False)
    page.wait_for_selector("img[data-still]")
    assert still.is_visible() and still.get_attribute("alt").startswith("A straight line with slope 0.5")
    assert page.locator(".bc-live img:visible").count() == 0


@pytest.fixture
def rerun(served):
    small_live.write(served.folder / "again.ipynb", small_live.LINE, small_live.SHOWN)
    with lab.opened(served, "again.ipynb") as notebook:
        yield notebook.run()


def test_browser_a_page_that_is_loaded_again_and_a_kernel_that_is_restarted(rerun):
    page, still = rerun.page, rerun.page.locator("img[data-still]")
    rerun.figures()
    rerun.command("docmanager:save")
    rerun.open()
    figure = figure_of(rerun)
    assert not still.is_visible()
    assert alt(figure.press(figure.controls[SLOPE], "Home")).startswith("A straight line with slope -2.0")
    page.evaluate(f"() => {{ void {lab.KERNEL}.restart() }}")
    still.wait_for(state="visible", timeout=15_000)
    assert page.locator(".bc-live img:visible").count() == 0, "controls that nobody answers"
    rerun.wait_for(f"{lab.KERNEL}?.status === 'idle'")
    rerun.run()
    figure = figure_of(rerun)
    assert not still.is_visible() and alt(figure) == "A straight line with slope 0.5 among points of seed 3"


# ------------------------------------------------------------------ the lessons
@pytest.fixture(scope="module")
def lessons(served):
    """One page for all lessons, the first of which is open."""
    for path in WITH_FIGURES:
        (served.folder / path.name).write_bytes(path.read_bytes())
    with lab.opened(served, WITH_FIGURES[0].name, limit=60 * len(WITH_FIGURES)) as notebook:
        yield notebook


FIRST, *BETWEEN, LAST = WITH_FIGURES  # those between are opened with the thorough tests, as each takes long


@pytest.mark.parametrize(
    "path",
    [FIRST, *(pytest.param(path, marks=pytest.mark.thorough) for path in BETWEEN), LAST],
    ids=lambda path: path.stem,
)
def test_browser_live_figures_of_a_lesson(lessons, path, request):
    notebook = request.node.funcargs["notebook"] = lessons  # for the picture of a failure
    if notebook.name != path.name:
        notebook.turn_to(path.name)
    notebook.run()
    assert notebook.errors() == [] and notebook.said == []
    calls = [call for call in CALLS if call.path == path]
    notebook.wait_for(f"document.querySelectorAll('.bc-live[data-alive]').length === {len(calls)}")
    for figure in notebook.figures():
        every_control_moves(figure)
        a_drag_ends_where_it_ends(figure)
    if lab.axe_core():
        assert notebook.accessibility(".bc-live") == []


def every_control_moves(figure):
    for k, control in enumerate(figure.controls):
        for way in ("key", "mouse"):
            before = figure.state()
            figure.press(control, figure.key(control)) if way == "key" else figure.click(control)
            assert not figure.place.get_by_role("alert").is_visible()
            after = figure.state()
            assert after[0] != before[0], f"control {k} by {way}: the words stay {before[0]!r}"
            assert after[1] != before[1], f"control {k} by {way}: the picture stays"


def a_drag_ends_where_it_ends(figure):
    """Asked once more at rest, the kernel gives the picture that is shown already."""
    for slider in figure.place.locator("input[type=range]").all():
        first = figure.settled().state()
        shown = figure.drag(slider).settled().state()
        slider.evaluate("el => el.dispatchEvent(new Event('input', { bubbles: true }))")
        assert figure.settled().state() == shown != first


@pytest.mark.thorough
def test_browser_that_hangs_is_ended(served):
    small_live.write(served.folder / "hangs.ipynb", "print(1)")
    start = time.monotonic()
    with pytest.raises(Exception, match="closed"), lab.opened(served, "hangs.ipynb", limit=15) as notebook:
        notebook.page.evaluate("() => { while (true) {} }")
    assert time.monotonic() - start < 45
    assert [s for s in served.ask("api/sessions") if s["path"] == "hangs.ipynb"] == []


def test_missing_parts_are_told_in_one_sentence(monkeypatch):
    monkeypatch.setenv("BROWSER_PATH", "/nowhere/browser")
    assert lab.browser_path() is None and "BROWSER_PATH" in lab.missing()
    monkeypatch.setattr(lab, "find_spec", lambda name: None)
    assert re.fullmatch(r"The package playwright is not installed: .*", lab.missing())
