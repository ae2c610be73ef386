"""The stepper in JupyterLab, whose keys and style sheets reach into every output."""

import lab
import pytest
import small_live
from stepper_cases import CELL, EXAMPLE, Widget, assert_shown

pytestmark = pytest.mark.skipif(bool(lab.missing()), reason=lab.missing() or "there is a browser")
FOREIGN = """() => [...document.querySelectorAll(".bc-stepper *")].filter((part) => {
  const { backgroundColor, color } = getComputedStyle(part);
  const dark = (text) => text.match(/[.\\d]+/g).slice(0, 3).every((c) => Number(c) < 60);
  const light = (text) => text.match(/[.\\d]+/g).slice(0, 3).every((c) => Number(c) > 200);
  const filled = backgroundColor !== "rgba(0, 0, 0, 0)";
  return (filled && dark(backgroundColor)) || (light(color) && !part.matches(".bcs-main, [aria-current]"));
}).map((part) => part.className)"""


def test_in_the_browser_jupyterlab_leaves_its_keys_and_colors_alone():
    with lab.server() as served:
        small_live.write(served.folder / "stepper.ipynb", CELL, "1 + 1")
        with lab.opened(served, "stepper.ipynb") as notebook:
            page, widget = notebook.run().page, Widget(notebook.page)
            page.wait_for_selector(".bc-stepper[data-alive]")
            assert notebook.errors() == [] and notebook.said == []
            widget.press("Next", 8)
            assert_shown(widget, EXAMPLE, 8)
            page.keyboard.press("Tab")  # to the end, reset, update, the drawing
            for key in ("Tab", "Tab", "Tab", "ArrowDown"):
                page.keyboard.press(key)
            assert widget.text(".bcs-chosen .bcs-name") == "A1 of hidden unit 2"
            assert page.locator("img[data-still]").is_hidden()
            for theme in ("JupyterLab Dark", "JupyterLab Light"):
                page.evaluate(
                    "theme => window.jupyterapp.commands.execute('apputils:change-theme', { theme })", theme
                )
                page.wait_for_selector(f"body[data-jp-theme-name='{theme}']", state="attached")
                assert page.evaluate(FOREIGN) == []
