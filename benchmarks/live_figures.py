"""How long does a live figure take from a moved slider to the painted picture?

    python benchmarks/live_figures.py                    every live figure of the lessons
    python benchmarks/live_figures.py --lesson 01 --moves 100

Each figure stands in JupyterLab in a headless browser beside `ipywidgets.interact` that draws the same
content, with a new figure of pyplot each time. Arrow keys move the first slider of both, ten moves in
turn. A time runs from the key's event in the page to the frame after the picture has loaded. Then the
slider is dragged with the mouse: "settled" is the time from its release until the last picture is
painted. Needs `.[browser]`, a Chromium, and a machine that does nothing else.

The exit status is 1 unless the median is at most 0.45 of interact's, the 95th percentile at most 0.4, and the
95th percentile of settled at most 150 ms.
"""

import argparse
import json
import os
import platform
import sys
from pathlib import Path
from statistics import median, quantiles

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))  # the browser's helpers are kept there

MEDIAN, HIGH, SETTLED = 0.45, 0.40, 150  # of interact's; of interact's; milliseconds
BLOCK, DRAGS = 10, 12

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
            kind = _widgets.IntText if c.kind == "number" else _widgets.FloatSlider
            more = {} if c.kind == "number" else dict(min=c.low, max=c.high, step=c.step)
            controls[c.name] = kind(value=c.value, **more)
    _widgets.interact(_shown(_function), **controls)
"""

# In the page: `watch(box)` waits for a key and then for the frame that shows the picture that follows it.
WATCH = """
window.watch = (box) => new Promise((resolve) => {
  let start = 0;
  const seen = new Set([...box.querySelectorAll('img')].map((img) => img.src));
  const began = (event) => { start = start || event.timeStamp; };
  document.addEventListener('keydown', began, true);
  const look = () => {
    const fresh = [...box.querySelectorAll('img')].find((img) => img.src && !seen.has(img.src));
    if (!start || !fresh) return;
    seeing.disconnect();
    document.removeEventListener('keydown', began, true);
    const painted = () => requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - start)));
    if (fresh.complete && fresh.naturalWidth) painted();
    else fresh.addEventListener('load', painted, { once: true });
  };
  const seeing = new MutationObserver(look);
  seeing.observe(box, { childList: true, subtree: true, attributes: true, attributeFilter: ['src'] });
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


def moves(page, focus, box, number):
    """Milliseconds from each of that many arrow keys to the painted picture in the box."""
    found = []
    for k in range(number):
        focus.focus()
        box.evaluate("box => { window.painted = window.watch(box) }")
        page.keyboard.press("ArrowLeft" if k % 2 else "ArrowRight")
        page.wait_for_function("window.painted.then(() => true)", timeout=10_000)
        found.append(page.evaluate("window.painted"))
        page.wait_for_timeout(50)
    return found


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


def measured(served, call, number):
    """The times of a live figure, of interact with the same content, and of settling, in milliseconds."""
    import ast

    import lab
    import small_live

    tree = call.tree()
    tree.func = ast.Name("_interact", ast.Load())
    cells = [*call.before, call.start, call.call, INTERACT, ast.unparse(tree)]
    small_live.write(served.folder / "measured.ipynb", *filter(None, cells))
    with lab.opened(served, "measured.ipynb", limit=400) as notebook:
        notebook.run()
        if notebook.errors():
            raise RuntimeError(f"{call.id}: {notebook.errors()}")
        page, figure = notebook.page, notebook.figures()[-1]
        page.evaluate(f"() => {{ {WATCH} }}")
        other = page.locator(".jp-OutputArea:has(.widget-interact)").last
        contestants = {
            "live": (figure.place.locator("input[type=range]").first, figure.place),
            "interact": (other.locator(".noUi-handle").first, other),
        }
        times = {name: [] for name in contestants}
        for block in range(-1, -(-number // BLOCK)):  # the first block warms up
            for name, (focus, box) in contestants.items():
                box.scroll_into_view_if_needed()
                some = moves(page, focus, box, BLOCK)
                times[name] += some if block >= 0 else []
        figure.place.scroll_into_view_if_needed()
        return times | {"settled": drags(figure)}


def high(times):
    """The 95th percentile."""
    return quantiles(times, n=20, method="inclusive")[-1]


def line(name, times):
    """A row of the table: median and 95th percentile of both, their ratios, and settled."""
    live, interact, settled = times["live"], times["interact"], times["settled"]
    both = "".join(f"{median(t):9.0f}{high(t):7.0f}" for t in (live, interact))
    ratios = f"{median(live) / median(interact):9.2f}{high(live) / high(interact):7.2f}"
    return f"{name:<28}{both}{ratios}{median(settled):9.0f}{high(settled):7.0f}"


def verdict(name, times):
    """What is too slow, as a list of sentences."""
    live, interact, settled = times["live"], times["interact"], high(times["settled"])
    slow = []
    for what, of, most in (("median", median, MEDIAN), ("95th percentile", high, HIGH)):
        if of(live) > most * of(interact):
            slow.append(
                f"{name}: the {what} is {of(live) / of(interact):.2f} of interact's, more than {most}"
            )
    return slow + [f"{name}: settled after {settled:.0f} ms, more than {SETTLED}"] * (settled > SETTLED)


HEAD = f"{'':<28}" + "".join(f"{name:>9}{'95 %':>7}" for name in ("live", "interact", "ratio", "settled"))


def main():
    """Print the table; the exit status is 1 if a figure is too slow."""
    import lab
    from live_calls import CALLS

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
        for call in (call for call in CALLS if call.path.stem.startswith(words.lesson)):
            everything[call.id] = times = measured(served, call, words.moves)
            print(line(call.id, times), flush=True)
            slow += verdict(call.id, times)
    if words.json:
        Path(words.json).write_text(json.dumps(everything), encoding="utf-8")
    if not everything:
        sys.exit("no live figure was found")
    print("\n" + ("\n".join(slow) or f"within {MEDIAN}, {HIGH} and {SETTLED} ms"))
    sys.exit(1 if slow else 0)


if __name__ == "__main__":
    main()
