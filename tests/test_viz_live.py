"""Live figures without a browser: controls, the kept picture, what goes to the page, the lessons' figures."""

import itertools
import math
import subprocess
import sys
from io import BytesIO

import numpy as np
import pytest
from live_calls import CALLS, live_calls
from PIL import Image

from backprop_course.viz.live import answer, controls_of, live
from backprop_course.viz.scenes import Arrow, Curve, Dots, Field, Panel, Scene, Words
from backprop_course.viz.stages import Stage, still

live_module = sys.modules["backprop_course.viz.live"]  # the room's name `live` is the function


def scene(w=1.0, kind="up", seed=3, title="A finding", low=-2.0, color="#0B61B5"):
    """One of each mark; everything that may move depends on w."""
    x = np.linspace(-2, 2, 30)
    marks = {
        "field": Field(1 / (1 + np.exp(-w * np.add.outer(x, x)))),
        "curve": Curve(x, w * x if kind == "up" else -w * x, color),
        "dots": Dots(x[::5], np.random.default_rng(seed).normal(size=6)),
        "arrow": Arrow((0, 0), (1, w / 3)),
        "words": Words(-1, w / 2, f"w = {w:.1f}"),
    }
    one = Panel(marks, (low, 2), (-2, 2), "x", "y", title=f"w is {w:.1f}")
    two = Panel({"curve": Curve(x, x * w, dashed=True)}, (-2, 2), (-9, 9), "x (m)", "y (m)")
    return Scene(title, (one, two), f"w is {w:.2f}, {kind}, seed {seed}")


def pixels(png):
    """The picture as numbers (height, width, 3)."""
    return np.asarray(Image.open(BytesIO(png)).convert("RGB")).astype(int)


# ------------------------------------------------------------------ controls
@pytest.mark.parametrize("low, high, step", [
    (-3, 3, 0.05), (0, 1, 0.01), (0.0, 10.0, 0.1), (-6.0, 6.0, 0.1), (0, 100, 1.0), (0, 0.5, 0.005),
    (0, 30, 0.2), (0, 99, 0.5), (0, 1e-3, 1e-5),
])  # fmt: skip
def test_a_slider_without_a_step_gets_a_round_one_of_about_a_hundred(low, high, step):
    (control,) = controls_of(lambda w=low: None, {"w": (low, high)})
    assert control.kind == "slider" and control.step == pytest.approx(step)
    assert 100 <= (high - low) / control.step <= 200.001


def test_a_control_of_each_kind():
    slider, menu, seed = controls_of(scene, {"w": (-3, 3, 0.5), "kind": ["up", "down"], "seed": (0, 99)})
    assert (slider.kind, slider.value, slider.low, slider.high, slider.step) == ("slider", 1.0, -3, 3, 0.5)
    assert (menu.kind, menu.value, menu.options) == ("choice", "up", ("up", "down"))
    assert (seed.kind, seed.value, seed.step) == ("number", 3, 1)
    assert slider.values() == (-3, 3) and menu.values() == ("up", "down") and seed.values() == (0, 99)


@pytest.mark.parametrize("step, digits", [(1, 0), (0.5, 1), (0.1, 1), (0.05, 2), (0.02, 2), (0.001, 3)])
def test_the_value_is_shown_with_as_many_digits_as_the_step_has(step, digits):
    (control,) = controls_of(lambda w=0: None, {"w": (-100, 100, step)})
    assert control.digits == digits


@pytest.mark.parametrize("ranges, words", [
    ({}, "one to 3 arguments"),
    ({"w": (-3, 3), "kind": ["up"], "seed": (0, 9), "low": (-3, -1)}, "one to 3 arguments"),
    ({"v": (0, 1)}, "'v'"),
    ({"w": (3, -3)}, "low < high"),
    ({"w": (2, 3)}, "default 1.0"),
    ({"w": (-3, 3, 0)}, "a step above 0"),
    ({"w": (-3, 3, -1)}, "a step above 0"),
    ({"w": (-3,)}, "(low, high)"),
    ({"w": 3}, "(low, high)"),
    ({"w": "abc"}, "(low, high)"),
    ({"kind": ["down", "left"]}, "a default among"),
    ({"kind": []}, "(low, high)"),
    ({"w": (0.95, 3, 0.1)}, "a default on the grid"),
    ({"w": (-2, 3.05, 0.1)}, "a high on the grid"),
    ({"w": (float("nan"), 3)}, "finite numbers"),
    ({"w": (-float("inf"), 3)}, "finite numbers"),
    ({"w": ("a", "b")}, "finite numbers"),
])  # fmt: skip
def test_what_is_no_range_is_refused(ranges, words):
    with pytest.raises((TypeError, ValueError)) as refused:
        controls_of(scene, ranges)
    assert words in str(refused.value)


def test_an_argument_without_a_default_is_refused():
    with pytest.raises(ValueError, match="that have a default"):
        controls_of(lambda w: None, {"w": (0, 1)})


# ------------------------------------------------------------------ the kept picture
def test_moved_artists_and_a_fresh_picture_have_the_same_pixels():
    stage = Stage(scene())
    for w, kind, seed in [(2.5, "up", 3), (-1.3, "down", 8), (0.0, "up", 1), (1.0, "up", 3)]:
        moved = pixels(stage.png(scene(w, kind, seed)))
        fresh = pixels(Stage(scene(w, kind, seed)).png(scene(w, kind, seed)))
        assert moved.shape == (360, 800, 3)
        assert np.array_equal(moved, fresh)


def test_white_stays_white_and_colors_keep_their_look():
    """The picture has few colors, so they are compared with Matplotlib's own file of the same scene."""
    one = scene(1.5, color="#123456")
    shown = pixels(Stage(one).png(one))
    file = BytesIO()
    still(one).savefig(file, dpi=100)
    true = pixels(file.getvalue())
    assert (shown[0, 0] == 255).all() and (shown[-1, -1] == 255).all()
    off = np.abs(shown - true).max(axis=-1)
    assert shown.shape == true.shape and np.quantile(off, 0.9) <= 8 and np.quantile(off, 0.99) <= 40
    curve = np.abs(true - [0x12, 0x34, 0x56]).max(axis=-1) == 0
    assert curve.sum() > 50 and off[curve].max() <= 8, "a color of the scene's own"


def test_the_color_of_a_title_may_change():
    colored = scene()._replace(panels=[panel._replace(title_color="#008246") for panel in scene().panels])
    stage = Stage(scene())
    stage.png(scene())
    assert np.array_equal(pixels(stage.png(colored)), pixels(Stage(colored).png(colored)))
    assert not np.array_equal(pixels(stage.png(colored)), pixels(stage.png(scene())))


def test_another_value_gives_another_picture():
    stage = Stage(scene())
    assert not np.array_equal(pixels(stage.png(scene(1.0))), pixels(stage.png(scene(1.5))))


@pytest.mark.parametrize("other", [{"low": -1.0}, {"color": "#B34700"}])
def test_another_frame_is_drawn_anew(other):
    stage = Stage(scene())
    before = pixels(stage.png(scene(0.5)))
    kept = stage.drawing.fig
    changed = pixels(stage.png(scene(0.5, **other)))
    assert stage.drawing.fig is not kept and not np.array_equal(changed, before)
    assert np.array_equal(changed, pixels(Stage(scene(0.5, **other)).png(scene(0.5, **other))))
    assert np.array_equal(pixels(stage.png(scene(0.5))), before), "and back"


def test_the_same_frame_keeps_the_figure():
    stage = Stage(scene())
    kept = stage.drawing.fig
    stage.png(scene(-2.0, "down", 5))
    assert stage.drawing.fig is kept


def test_a_longer_title_is_seen_whole():
    """A title that gets a second line must not run over the axes or out of the picture."""
    words = "A finding in so many words that it takes two lines at the top of the picture, and some"
    stage = Stage(scene())
    picture = pixels(stage.png(scene(title=words)))
    assert np.array_equal(picture, pixels(Stage(scene(title=words)).png(scene(title=words))))
    assert (picture[:, -3:] > 250).all(), "the title leaves the picture"


def texts_of(fig):
    titles = [fig._suptitle.get_text().replace("\n", " ")]
    for ax in fig.axes:
        titles += [ax.get_title(loc="left"), ax.get_xlabel(), ax.get_ylabel()]
        titles += [text.get_text() for text in ax.texts]
    return titles


def test_the_still_picture_shows_what_the_live_one_begins_with():
    figure = still(scene())
    kept = Stage(scene()).drawing.fig
    assert texts_of(figure) == texts_of(kept)
    assert {"A finding", "w is 1.0", "x (m)", "w = 1.0"} <= set(texts_of(figure))
    for ax, same in zip(figure.axes, kept.axes):
        assert ax.get_xlim() == same.get_xlim() and ax.get_ylim() == same.get_ylim()
        for line, other in zip(ax.lines, same.lines):
            assert np.array_equal(line.get_xydata(), other.get_xydata())
    x = np.linspace(-2, 2, 30)
    assert np.array_equal(figure.axes[0].lines[0].get_ydata(), x)
    assert figure.axes[1].lines[0].get_linestyle() == "--"


def test_no_figure_of_pyplot_is_opened():
    import matplotlib.pyplot as plt

    before = plt.get_fignums()
    Stage(scene()).png(scene(2.0))
    still(scene())
    assert plt.get_fignums() == before


GROWTH = """
import gc, psutil, sys
sys.path.insert(0, "tests")
from test_viz_live import scene
from backprop_course.viz.live import answer
from backprop_course.viz.stages import Stage
stage, mine = Stage(scene()), psutil.Process()
for k in range(550):
    told, picture = answer(scene, stage, {"w": (k % 120 - 60) / 20, "seed": k})
    assert told["alt"] and picture
    if k == 49:
        gc.collect()
        first = mine.memory_info().rss
gc.collect()
print(mine.memory_info().rss - first)
"""


def test_five_hundred_moves_leave_the_memory_where_it_was():
    ran = subprocess.run([sys.executable, "-c", GROWTH], capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stderr
    assert int(ran.stdout) < 5e6


# ------------------------------------------------------------------ what goes back to the page
def test_an_answer_has_the_words_and_a_valid_picture():
    told, (png,) = answer(scene, Stage(scene()), {"w": 2.0, "kind": "down"})
    assert told == {"alt": "w is 2.00, down, seed 3"}
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    Image.open(BytesIO(png)).verify()


def failing(w=1.0):
    if w > 2:
        raise ValueError("w above 2 is not defined")
    if w < -2:
        return "no scene"
    if w == 0:
        return scene()._replace(alt="  ")
    return scene(w)


@pytest.mark.parametrize("w, words", [
    (2.5, ["w = 2.5", "ValueError", "w above 2 is not defined"]),
    (-2.5, ["w = -2.5", "a Scene"]),
    (0, ["w = 0", "alt"]),
])  # fmt: skip
def test_a_problem_is_told_and_the_next_value_recovers(w, words):
    stage = Stage(failing())
    told, pictures = answer(failing, stage, {"w": w})
    assert pictures == [] and set(told) == {"problem"}
    assert all(word in told["problem"] for word in words) and told["problem"].endswith("Choose other values.")
    recovered, (png,) = answer(failing, stage, {"w": 1.5})
    assert recovered == {"alt": "w is 1.50, up, seed 3"}
    assert np.array_equal(pixels(png), pixels(Stage(scene(1.5)).png(scene(1.5))))


def test_a_problem_while_drawing_is_told_and_the_next_value_recovers():
    """Marks of a curve that do not fit each other are seen only when they are drawn."""

    def uneven(w=1.0):
        good = scene(w)
        if w < 2:
            return good
        panel = good.panels[1]._replace(marks={"curve": Curve(np.zeros(3), np.zeros(4), dashed=True)})
        return good._replace(panels=(good.panels[0], panel))

    stage = Stage(uneven())
    assert "problem" in answer(uneven, stage, {"w": 2.5})[0]
    _, (png,) = answer(uneven, stage, {"w": 0.5})
    assert np.array_equal(pixels(png), pixels(Stage(scene(0.5)).png(scene(0.5))))


def test_in_a_terminal_the_words_are_printed(capsys):
    live(scene, w=(-3, 3))
    assert capsys.readouterr().out == "w is 1.00, up, seed 3\n"


def test_in_a_notebook_the_still_picture_comes_before_the_widget(monkeypatch):
    shown = []
    monkeypatch.setattr(live_module, "in_a_notebook", lambda: True)
    monkeypatch.setattr("IPython.display.display", shown.append)
    live(scene, w=(-3, 3), kind=["up", "down"])
    html = shown[0]._repr_html_()
    assert html.startswith("<img data-still") and 'alt="w is 1.00, up, seed 3"' in html
    sent, widget = [], shown[1]
    firsts = [(control["label"], control["value"]) for control in widget.controls]
    assert firsts == [("w", 1.0), ("kind", "up")]
    widget.send = lambda content, buffers: sent.append((content, buffers))
    widget._asked(widget, {"view": 0.25, "key": "a", "values": {"w": 2.0, "kind": "down"}}, [])
    ((content, (png,)),) = sent
    assert content == {"alt": "w is 2.00, down, seed 3", "view": 0.25, "key": "a"}
    Image.open(BytesIO(png)).verify()


# ------------------------------------------------------------------ the lessons
DRAWN = 12  # pictures a figure, which take longer than the function itself


def states(controls, rng):
    """All corners of the controls, then twenty random points of their grids."""
    yield from itertools.product(*(control.values() for control in controls))
    for _ in range(20):
        yield [_drawn(control, rng) for control in controls]


def _drawn(control, rng):
    if control.options:
        return str(rng.choice(control.options))
    steps = round((control.high - control.low) / control.step)
    value = control.low + control.step * rng.integers(steps + 1)
    return int(value) if control.kind == "number" else float(min(value, control.high))


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.id)
def test_every_live_function_at_corners_and_within(call):
    function, ranges = call.evaluated()
    controls = controls_of(function, ranges)
    stage = Stage(function())
    alts, pictures, rng = {}, {}, np.random.default_rng(7)
    for values in states(controls, rng):
        alts[tuple(values)] = function(**dict(zip(ranges, values))).alt
    drawn = rng.choice(len(alts), min(DRAWN, len(alts)), replace=False)
    for values in sorted((list(alts)[k] for k in drawn), key=str):  # another option may need another frame
        told, png = answer(function, stage, dict(zip(ranges, values)))
        assert "problem" not in told and told["alt"] == alts[values], told
        pictures[values] = png[0]
    for control, name in zip(controls, ranges):
        ends = [function(**{name: value}) for value in control.values()]
        assert len({end.alt for end in ends}) == len(ends), f"the words say nothing of {name}"
        assert len({stage.png(end) for end in ends}) == len(ends), f"the picture says nothing of {name}"
    assert len(set(alts.values())) > len(alts) / 2 and len(set(pictures.values())) > len(pictures) / 2


def test_calls_are_found_wherever_they_stand(tmp_path):
    import small_live

    path = tmp_path / "01_x.ipynb"
    cell = "width = 2.0\nlive(line, slope=(-width, width), seed=(0, 9))\nprint(1)"
    small_live.write(path, small_live.LINE, cell)
    (call,) = live_calls(path)
    function, ranges = call.evaluated()
    assert ranges == {"slope": (-2.0, 2.0), "seed": (0, 9)} and function(0.5).title == "A slope"
    assert call.id == "01_x-line"


def test_only_what_a_call_needs_is_executed(tmp_path):
    import small_live

    path = tmp_path / "01_x.ipynb"
    above = "import math as m\nraise ValueError('a long training')"
    cells = [small_live.LINE, above, "half = m.pi / 2\ndef width():\n    return half", "1 / 0\nprint(2)"]
    small_live.write(path, *cells, "live(line, slope=(-width(), 2.0))")
    (call,) = live_calls(path)
    assert call.evaluated()[1] == {"slope": (-math.pi / 2, 2.0)}
