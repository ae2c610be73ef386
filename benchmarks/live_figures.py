"""How long does a live figure take from a moved slider to the painted picture?

    python benchmarks/live_figures.py                    every live figure of the lessons, and the stepper
    python benchmarks/live_figures.py --lesson 01 --moves 100

Each figure stands in JupyterLab in a headless browser beside `ipywidgets.interact` that draws the same
content, with a new figure of pyplot each time. The first slider of both is moved in turn, some moves each.
The arrow key walks from the low end and meets no value twice. Clicks of the mouse, each far from the one
before, ask for pictures that cannot have been made ahead. A time runs from the event of the key or
the mouse in the page to the frame after the picture has loaded. Then the slider is dragged: "settled" is the
time from its release until the last picture is painted. The stepper is pressed forward, and interact draws
the network as it is after as many steps. Needs `.[browser]`, a Chromium, and a machine that does nothing
else.

The exit status is 1 unless the median is at most 0.45 of interact's and the 95th percentile at most 0.4 (of
the stepper: both at most 0.2), and the 95th percentile of settled at most 150 ms.
"""

import argparse
import json
import os
import platform
import sys
from contextlib import contextmanager
from math import gcd
from pathlib import Path
from statistics import median, quantiles

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))  # the browser's helpers are kept there

MOST, MOST_PRESS = (0.45, 0.40), (0.20, 0.20)  # of interact's median and 95th percentile
SETTLED = 150  # milliseconds
BLOCK, WARM, DRAGS = 10, 4, 12
PAUSE = 150  # milliseconds between two moves: fast for a person who looks at each picture

# What everybody does: the same content in a new figure of pyplot, shown by the inline backend.
INTERACT = """\
import ipywidgets as _widgets
import matplotlib.pyplot as _plt
from backprop_course.viz import scenes as _s
from backprop_course.viz.plane import OUTPUT as _OUTPUT
%matplotlib inline

def _one(ax, mark, panel):
    if isinstance(mark, _s.Curve):
        ax.plot(mark.x, mark.y, color=mark.color, linestyle="--" if mark.dashed else "-")
    elif isinstance(mark, _s.Dots):
        ax.plot(mark.x, mark.y, mark.form, color=mark.color, markersize=mark.size)
    elif isinstance(mark, _s.Field):
        look = dict(extent=(*panel.x, *panel.y), origin="lower", cmap=_OUTPUT, vmin=0, vmax=1)
        look |= dict(aspect="equal" if panel.square else "auto", interpolation="bilinear")
        shown = ax.imshow(mark.values, **look)
        if getattr(mark, "label", ""):
            _plt.colorbar(shown, ax=ax, label=mark.label)
    elif isinstance(mark, _s.Pixels):
        look = dict(cmap="gray_r", vmin=0, vmax=1, aspect=ax.get_aspect())
        ax.imshow(mark.values, extent=(*panel.x, *panel.y), **look)
    elif isinstance(mark, _s.Arrow):
        ax.annotate("", mark.end, mark.start, arrowprops=dict(arrowstyle="-|>", color=mark.color))
    else:
        ax.text(mark.x, mark.y, mark.text, color=mark.color, ha="center", va="center")

def _shown(_function):
    def _new_figure(**values):
        scene = _function(**values)
        fig, axes = _plt.subplots(1, len(scene.panels), figsize=(scene.width, scene.height), squeeze=False)
        fig.suptitle(scene.title)
        for ax, panel in zip(axes[0], scene.panels):
            ax.set(xlim=panel.x, ylim=panel.y, xlabel=panel.x_label, ylabel=panel.y_label, title=panel.title)
            if panel.log:
                ax.set_yscale("log")
            if panel.bare:
                ax.axis("off")
            for mark in panel.marks.values():
                _one(ax, mark, panel)
        _plt.show()
    return _new_figure

def _interact(_function, **ranges):
    from backprop_course.viz.live import controls_of
    controls = {}
    for c in controls_of(_function, ranges):
        if c.kind == "choice":
            controls[c.name] = _widgets.Dropdown(options=c.options, value=c.value)
        else:
            whole = all(isinstance(each, int) for each in (c.value, c.low, c.high, c.step))
            slider = _widgets.IntSlider if whole else _widgets.FloatSlider
            kind = _widgets.IntText if c.kind == "number" else slider
            more = {} if c.kind == "number" else dict(min=c.low, max=c.high, step=c.step)
            controls[c.name] = kind(value=c.value, **more)
    _widgets.interact(_shown(_function), **controls)
"""

# The network of lesson 05 as it is after some steps, drawn anew by the package's own static figure.
NETWORK = """\
import matplotlib.pyplot as _plt, numpy as _np
from backprop_course.explore.stepping import both_ways as _both_ways
from backprop_course.viz import draw_network as _draw
from IPython.display import display as _display
%matplotlib inline
_order = ("Z1", "A1", "Z2", "Y_pred", "L", "dZ2", "dW2", "dA1", "dZ1", "dW1")
_values, _grads = _both_ways(given["params"], given["x"], given["y_true"])
_given = {"X": given["x"]} | given["params"]

def _after(step=0):
    known = _order[:step]
    values = {name: _np.array(a) for name, a in _given.items()}
    values |= {k: _values[k] for k in known if k in _values}
    grads = {k[1:]: _grads[k[1:]] for k in known if k[0] == "d"}
    _display(_draw((2, 3, 2), title=f"Step {step}", values=values, grads=grads))

import ipywidgets as _widgets
_widgets.interact(_after, step=(0, 10))
"""

# In the page: `watch(box)` waits for a key or the mouse, and then for the frame that shows what follows: a
# new picture, or the next step of the stepper.
WATCH = """
window.watch = (box) => new Promise((resolve) => {
  let start = 0;
  const events = ['keydown', 'pointerdown'];
  const seen = new Set([...box.querySelectorAll('img')].map((img) => img.src));
  const step = box.dataset.step;
  const began = (event) => { start = start || event.timeStamp; };
  for (const name of events) document.addEventListener(name, began, true);
  const look = () => {
    const fresh = [...box.querySelectorAll('img')].find((img) => img.src && !seen.has(img.src));
    if (!start || !(fresh || box.dataset.step !== step)) return;
    seeing.disconnect();
    for (const name of events) document.removeEventListener(name, began, true);
    const painted = () => requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - start)));
    if (!fresh || (fresh.complete && fresh.naturalWidth)) painted();
    else fresh.addEventListener('load', painted, { once: true });
  };
  const seeing = new MutationObserver(look);
  const attributeFilter = ['src', 'data-step'];
  seeing.observe(box, { childList: true, subtree: true, attributes: true, attributeFilter });
});
window.released = (el) => new Promise((resolve) => {
  document.addEventListener('pointerup', (event) => {
    const look = () => {
      if (el.dataset.settled !== 'true') return setTimeout(look, 1);
      requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - event.timeStamp)));
    };
    look();
  }, { once: true, capture: true });
});
"""


class Contestant:
    """What is moved and the place where its picture appears; `places` are parts of the slider's length."""

    def __init__(self, page, focus, track, box):
        self.page, self.focus, self.track, self.box = page, focus, track, box

    def ready(self):
        """In sight, at rest."""
        self.box.scroll_into_view_if_needed()
        self.page.wait_for_timeout(PAUSE)

    def timed(self, act):
        """Milliseconds from the event that `act` makes to the painted picture."""
        self.box.evaluate("box => { window.painted = window.watch(box) }")
        act()
        self.page.wait_for_function("window.painted.then(() => true)", timeout=10_000)
        found = self.page.evaluate("window.painted")
        self.page.wait_for_timeout(PAUSE)
        return found

    def key(self, name):
        """Press a key on what is moved."""
        self.focus.focus()
        return self.timed(lambda: self.page.keyboard.press(name))

    def click(self, place):
        """Click at a place of the slider, from 0 to 1."""
        self.track.scroll_into_view_if_needed()
        box = self.track.bounding_box()
        x, y = box["x"] + place * box["width"], box["y"] + box["height"] / 2
        return self.timed(lambda: self.page.mouse.click(x, y))


def in_turn(contestants, method, moves):
    """The times of each contestant for these moves, some each in turn; the first few warm up."""
    times = {name: [] for name in contestants}
    for first in range(0, len(moves), BLOCK):
        for name, contestant in contestants.items():
            contestant.ready()
            times[name] += [getattr(contestant, method)(move) for move in moves[first : first + BLOCK]]
    return {name: found[WARM:] for name, found in times.items()}


def drags(figure):
    """Milliseconds from the release of the mouse to the last picture, after a second of dragging."""
    slider, page, found = figure.place.locator("input[type=range]").first, figure.page, []
    box = slider.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    for _ in range(DRAGS):
        page.mouse.move(x, y)
        page.mouse.down()
        for k in range(60):
            page.mouse.move(x + 50 * (1 - abs(k % 40 - 20) / 10), y)
            page.wait_for_timeout(12)
        figure.place.evaluate("el => { window.rest = window.released(el) }")
        page.mouse.up()
        page.wait_for_function("window.rest.then(() => true)", timeout=10_000)
        found.append(page.evaluate("window.rest"))
    return found


def far_apart(steps, start):
    """Places on a slider, from 0 to 1, each far from the one before: a click beside the handle would grab it.

    They stand at values of a slider of so many steps, but for the one where it starts.
    """
    values = [k for k in range(1, steps, 2 if steps > 20 else 1) if k != start]
    amount = len(values)
    stride = next(k for k in range(max(1, round(0.38 * amount)), amount + 1) if gcd(k, amount) == 1)
    return [values[k * stride % amount] / steps for k in range(amount)]


@contextmanager
def page_with(served, cells):
    """The cells in a notebook, run: the notebook, with what `watch` needs in its page."""
    import lab
    import small_live

    small_live.write(served.folder / "measured.ipynb", *filter(None, cells))
    with lab.opened(served, "measured.ipynb", limit=500) as notebook:
        notebook.run()
        if notebook.errors():
            raise RuntimeError(f"{notebook.errors()}")
        notebook.page.evaluate(f"() => {{ {WATCH} }}")
        yield notebook


def measured(served, call, number):
    """The times of a live figure and of interact, both by key and by click, and of settling."""
    import ast

    from backprop_course.viz.live import controls_of

    tree = call.tree()
    tree.func = ast.Name("_interact", ast.Load())
    spec = next(each for each in controls_of(*call.evaluated()) if each.kind == "slider")
    steps, start = (round((high - spec.low) / spec.step) for high in (spec.high, spec.value))
    found = {}
    with page_with(served, [*call.before, call.start, call.call, INTERACT, ast.unparse(tree)]) as notebook:
        both, figure = _both(notebook)
        for contestant in both.values():
            contestant.focus.press("Home")
        found["key"] = in_turn(both, "key", ["ArrowRight"] * min(number + WARM, steps))
        notebook.run()  # new widgets, which have seen nothing
        both, figure = _both(notebook)
        found["click"] = in_turn(both, "click", far_apart(steps, start)[: number + WARM])
        both["live"].ready()
        return found | {"settled": drags(figure)}


def _both(notebook):
    """The live figure and interact on the page, and the figure as the tests know it."""
    page, figure = notebook.page, notebook.figures()[-1]
    other = page.locator(".jp-OutputArea:has(.widget-interact)").last
    slider = figure.place.locator("input[type=range]").first
    handle, track = other.locator(".noUi-handle").first, other.locator(".noUi-base").first
    return {
        "live": Contestant(page, slider, slider, figure.place),
        "interact": Contestant(page, handle, track, other),
    }, figure


def stepped(served, number):
    """The times of a press of the stepper and of interact with the same network."""
    from stepper_cases import CELL

    with page_with(served, [CELL, NETWORK]) as notebook:
        page = notebook.page
        box, other = page.locator(".bc-stepper"), page.locator(".jp-OutputArea:has(.widget-interact)").last
        following = page.get_by_role("button", name="Next", exact=True)
        both = {
            "live": Contestant(page, following, following, box),
            "interact": Contestant(page, other.locator(".noUi-handle").first, None, other),
        }
        times = {"live": [], "interact": []}
        for _ in range(-(-number // BLOCK)):
            page.get_by_role("button", name="Reset", exact=True).click()
            both["live"].ready()
            times["live"] += [both["live"].key("Enter") for _ in range(BLOCK)][1:]
            both["interact"].focus.press("Home")
            both["interact"].ready()
            times["interact"] += [both["interact"].key("ArrowRight") for _ in range(BLOCK)][1:]
        return times


def high(times):
    """The 95th percentile."""
    return quantiles(times, n=20, method="inclusive")[-1]


def line(name, times):
    """A row of the table: median and 95th percentile of both, their ratios, and settled."""
    live, interact, settled = times["live"], times["interact"], times.get("settled")
    both = "".join(f"{median(t):9.0f}{high(t):7.0f}" for t in (live, interact))
    ratios = f"{median(live) / median(interact):9.2f}{high(live) / high(interact):7.2f}"
    rest = f"{median(settled):9.0f}{high(settled):7.0f}" if settled else " " * 16
    return f"{name:<46}{both}{ratios}{rest}"


def verdict(name, times, most=MOST):
    """What is too slow, as a list of sentences."""
    live, interact, slow = times["live"], times["interact"], []
    for what, of, limit in zip(("median", "95th percentile"), (median, high), most):
        if of(live) > limit * of(interact):
            slow.append(
                f"{name}: the {what} is {of(live) / of(interact):.2f} of interact's, more than {limit}"
            )
    settled = high(times["settled"]) if "settled" in times else 0
    return slow + [f"{name}: settled after {settled:.0f} ms, more than {SETTLED}"] * (settled > SETTLED)


HEAD = f"{'':<46}" + "".join(f"{name:>9}{'95 %':>7}" for name in ("live", "interact", "ratio", "settled"))


def rows(served, lesson, number):
    """(name, times, bounds) of everything that is measured, in the order of the lessons; the stepper last."""
    from live_calls import CALLS

    for call in (call for call in CALLS if call.path.stem.startswith(lesson)):
        found = measured(served, call, number)
        yield f"{call.id}, key", found["key"] | {"settled": found["settled"]}, MOST
        yield f"{call.id}, click", found["click"], MOST
    if lesson in ("", "04", "05"):
        yield "stepper, press", stepped(served, number), MOST_PRESS


def main():
    """Print the table; the exit status is 1 if a figure is too slow."""
    import lab

    parser = argparse.ArgumentParser(description="From a moved slider to the painted picture.")
    parser.add_argument("--lesson", default="", help="how the notebook's name begins (all)")
    parser.add_argument("--moves", type=int, default=60, help="moves of each slider (60)")
    parser.add_argument("--json", help="a file for the single times")
    words = parser.parse_args()
    if lab.missing():
        sys.exit(lab.missing())
    load = f", load {os.getloadavg()[0]:.1f} at the start" if hasattr(os, "getloadavg") else ""
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores{load}, {words.moves} moves, ms\n")
    print(HEAD)
    slow, everything = [], {}
    with lab.server() as served:
        for name, times, most in rows(served, words.lesson, words.moves):
            everything[name] = times
            print(line(name, times), flush=True)
            slow += verdict(name, times, most)
    if words.json:
        Path(words.json).write_text(json.dumps(everything), encoding="utf-8")
    if not everything:
        sys.exit("no live figure was found")
    print("\n" + ("\n".join(slow) or f"within {MOST} (the stepper {MOST_PRESS}) and {SETTLED} ms"))
    sys.exit(1 if slow else 0)


if __name__ == "__main__":
    main()
