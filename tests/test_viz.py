"""The figures: readable by eyes and screen readers, true to the numbers given, without side effects."""

import subprocess
import sys
from functools import cache
from html.parser import HTMLParser
from io import BytesIO
from itertools import combinations, pairwise
from types import SimpleNamespace
from unittest.mock import patch

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
from IPython.core.formatters import DisplayFormatter
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.image import imread
from matplotlib.patches import PathPatch
from matplotlib.text import Text

from backprop_course import viz
from backprop_course.autodiff import Tensor, Value, gradients, relu, sigmoid
from backprop_course.viz import style as look
from backprop_course.viz.layout import place_nodes
from backprop_course.viz.presenting import picture

# ------------------------------------------------------------------ one of each figure
XOR = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
EPOCHS = np.arange(1, 11)
NUMBERS = {
    "X": [1.0, -2.0],
    "W1": [[0.35, 0.82], [0.33, -1.3], [0.91, 0.45]],
    "b1": [-0.5, 0.6, 0.4],
    "Z1": [-1.79, 3.53, 0.41],
    "A1": [0.0, 3.53, 0.412],
    "W2": [[0.29, 0.03, 0.55], [-0.74, -0.16, -0.48]],
    "b2": [0.61, 0.07],
    "Z2": [0.931, -0.762],
    "Y_pred": [0.845, 0.155],
    "L": 0.169,
}
GRADS = {
    "W1": [[0.0, -0.0295], [0.059, -0.16], [0.32, -0.1234567]],
    "b1": [0.001, -0.0296, -0.161],
    "Z1": [0.002, -0.0297, -0.162],
    "A1": [-0.163, -0.0298, -0.164],
    "W2": [[0.003, -0.548, -0.0637], [0.004, 0.549, 0.0638]],
    "b2": [-0.155, 0.156],
    "Z2": [-0.157, 0.158],
    "L": 1.0,
}
ONE = {"X": [1.0], "W1": [[2.0]], "b1": [0.5], "Z1": [2.5], "Y_pred": [0.924]}


def neuron():
    W, X, b, Y_true = (Value(v, name=n) for v, n in ((0.5, "W"), (2.0, "X"), (-0.3, "b"), (1.0, "Y_true")))
    Y_pred = sigmoid(W * X + b)
    Y_pred.name = "Y_pred"
    return (Y_pred - Y_true) ** 2


def branching():
    a, b, c, d = (Value(v, name=n) for v, n in zip((2.0, -3.0, 10.0, -2.0), "abcd"))
    e = a * b
    return (sigmoid((e + c) * d) + a) / (1 + e**2) - b


def arrays():
    X, W1, b1 = (
        Tensor(np.ones((4, 2)), name="X"),
        Tensor(np.ones((3, 2)), name="W1"),
        Tensor(np.ones(3), name="b1"),
    )
    return (relu(X @ W1.T + b1) ** 2).mean()


def graph(L):
    return viz.draw_graph(L, gradients(L), title="A finding")


def score(points):
    return 1 / (1 + np.exp(-(points @ [1.0, 2.0] - 1.5)))


GALLERY = {
    "curves": lambda: viz.curves(
        EPOCHS,
        {"a": EPOCHS**2, "b": EPOCHS**2 + 0.1, "c": -EPOCHS},
        title="A finding",
        x_label="x",
        y_label="y",
        points={"here": (3, 9)},
    ),
    "learning_curves": lambda: viz.learning_curves(
        {"epoch_loss": 1 / EPOCHS, "validation_loss": 1.1 / EPOCHS, "accuracy": 1 - 0.5 / EPOCHS},
        title="A finding",
    ),
    "bars": lambda: viz.bars(
        {"right": 97.5, "wrong": 96.2}, spreads={"right": (96.8, 98.1)}, title="A finding", value_label="%"
    ),
    "checklist": lambda: viz.checklist(
        {
            "lesson": {"05 backward pass": {"predictions": ["right", "tried"], "exercises": ["open"] * 16}},
            "concept": {"why softmax with cross-entropy gives Y_pred − Y_true": {"A": ["right"], "B": []}},
        },
        title="A finding",
    ),
    "dots": lambda: viz.dots(
        {"a": 1e-16, "b": 0.5}, log=True, title="A finding", value_label="relative error"
    ),
    "function_and_slope": lambda: viz.function_and_slope(
        lambda x: x * x, 1, 2.0, interval=(-1, 3), secant=(0.2, 1.8), title="A finding"
    ),
    "three_tangents": lambda: viz.three_tangents(
        np.tanh, lambda x: x * x, 0.8, (1.6, 0.68, 1.09), interval=(-1.5, 1.5), title="A finding"
    ),
    "descent": lambda: viz.descent(
        lambda w: w * w,
        2 * 0.8 ** np.arange(11),
        interval=(-3, 3),
        title="A finding",
        x_label="W",
        y_label="L",
    ),
    "paths_on_surface": lambda: viz.paths_on_surface(
        lambda w: w[:, 0] ** 2 + 10 * w[:, 1] ** 2,
        {"short steps": [[-2, 1], [-1, 0.2]], "long steps": [[-2, 1], [0, -9], [2, 9]]},
        x=(-3, 3),
        y=(-2, 2),
        title="A finding",
    ),
    "decision_regions": lambda: viz.decision_regions(score, XOR, [0, 1, 1, 0], title="A finding"),
    "neuron_in_plane": lambda: viz.neuron_in_plane(score, [1, 2], -1.5, XOR, [0, 1, 0, 1], title="A finding"),
    "image_grid": lambda: viz.image_grid(
        np.arange(12 * 64.0).reshape(12, 8, 8), [str(k) for k in range(12)], title="A finding"
    ),
    "weights": lambda: viz.image_grid(np.arange(-20, 12.0).reshape(2, 4, 4), signed=True, title="A finding"),
    "confusion": lambda: viz.confusion(30 * np.eye(10) + np.eye(10, k=3), title="A finding"),
    "heatmap": lambda: viz.heatmap([[0.25, -0.1], [-0.15, 1 / 3]], title="A finding"),
    "graph of a neuron": lambda: graph(neuron()),
    "graph with reuse": lambda: graph(branching()),
    "graph of arrays": lambda: graph(arrays()),
    "network": lambda: viz.draw_network((2, 3, 2), title="A finding"),
    "network 64-32-10": lambda: viz.draw_network((64, 32, 10), title="A finding"),
    "network forward": lambda: viz.draw_network(
        (2, 3, 2), values=NUMBERS, highlight=["Z1"], title="A finding"
    ),
    "network backward": lambda: viz.draw_network(
        (2, 3, 2), values=NUMBERS, grads=GRADS, paths=[(None, 1, 0), (None, 1, 1)], title="A finding"
    ),
    "network 1-1": lambda: viz.draw_network((1, 1), values=ONE, grads={"Z1": [0.1]}, title="A finding"),
    "shapes": lambda: viz.shapes_diagram(
        ["X (N, n) @ W1.T (n, h) + b1 (h,) -> Z1 (N, h)", "Z1 (N, h) ReLU -> A1 (N, h)", "L ()"],
        {"N": 5, "n": 2, "h": 3},
        title="A finding",
    ),
}
every_figure = pytest.mark.parametrize("name", GALLERY)


def drawn_texts(fig):
    """All texts that are really drawn, tick labels within the limits only, once the layout is final."""
    found, draw = {}, Text.draw

    def remember(text, renderer):
        if text.get_visible() and text.get_text().strip():
            found[text] = None
        draw(text, renderer)

    with patch.object(Text, "draw", remember):
        FigureCanvasAgg(fig).draw()
    return list(found)


@cache
def drawn(name):
    """A figure of the gallery and its texts, for tests that only look."""
    fig = GALLERY[name]()
    return fig, drawn_texts(fig)


def said(fig, color=None):
    """The texts of a figure, of one color if it is given."""
    return [t.get_text() for t in drawn_texts(fig) if color is None or to_hex(t.get_color()).upper() == color]


# ------------------------------------------------------------------ the text alternative
class Images(HTMLParser):
    """Collects the attributes of every <img>."""

    def __init__(self, html):
        super().__init__()
        self.found = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.found += [dict(attrs)] if tag == "img" else []


@pytest.mark.parametrize(
    "alt, error", [("", ValueError), (" \n\t ", ValueError), (None, TypeError), (3, TypeError)]
)
def test_a_figure_without_text_alternative_is_refused(alt, error, capsys):
    with pytest.raises(error, match=r"^alt: expected a text that says what the figure means"):
        viz.present(GALLERY["bars"](), alt=alt)
    assert capsys.readouterr().out == ""


def test_only_figures_are_presented():
    with pytest.raises(TypeError, match=r"^fig: expected a Matplotlib figure, got list"):
        viz.present([], alt="text")


@pytest.mark.parametrize(
    "alt",
    ['He said "no" & it\'s <b>bold</b> > 3', "' onerror='alert(1)", '"><script>x</script>', "W1 → Z1: −0.5"],
)
def test_the_text_alternative_survives_any_character(alt):
    html = picture(GALLERY["bars"](), alt)._repr_html_()
    (image,) = Images(html).found
    assert image["alt"] == alt
    assert set(image) == {"alt", "src", "style", "width"}
    assert "<b>" not in html and "<script>" not in html


def test_indentation_in_the_source_does_not_reach_the_reader():
    shown = picture(GALLERY["bars"](), "One line\n            and another.")
    assert repr(shown) == "One line and another."


def test_the_image_is_sharp_and_fits_the_page():
    shown = picture(GALLERY["curves"](), "text")
    (image,) = Images(shown._repr_html_()).found
    assert image["width"] == "800"
    assert "max-width:100%" in image["style"] and "background:white" in image["style"]
    assert image["src"].startswith("data:image/png;base64,iVBORw0KGgo")
    pixels = imread(BytesIO(shown.png))
    assert pixels.shape[1] == 8 * 144
    assert np.all(pixels[:3, :, :3] == 1.0)  # an opaque white edge, whatever the theme of the page


def test_a_notebook_gets_html_and_a_terminal_the_text(capsys):
    formats, _ = DisplayFormatter().format(picture(GALLERY["bars"](), "Two bars."))
    assert formats["text/plain"] == "Two bars."
    assert 'alt="Two bars."' in formats["text/html"]
    assert viz.present(GALLERY["bars"](), alt="Two bars.") is None
    assert capsys.readouterr().out == "Two bars.\n"


# ------------------------------------------------------------------ nothing around is changed
@every_figure
def test_no_figure_changes_settings_or_enters_pyplot(name):
    settings, open_figures = dict(matplotlib.rcParams), plt.get_fignums()
    fig = GALLERY[name]()
    picture(fig, "text")
    assert isinstance(fig, Figure)
    assert dict(matplotlib.rcParams) == settings
    assert plt.get_fignums() == open_figures


def test_a_refused_figure_gives_the_settings_back():
    settings = dict(matplotlib.rcParams)
    with pytest.raises(ValueError):
        viz.curves([1, 2], {"a": [1]}, title="A finding", x_label="x", y_label="y")
    assert dict(matplotlib.rcParams) == settings


def test_present_closes_a_figure_of_pyplot():
    fig = plt.figure()
    other = plt.figure()
    try:
        picture(fig, "text")
        assert plt.get_fignums() == [other.number]
    finally:
        plt.close(other)


def test_the_readers_settings_do_not_reach_the_figures():
    plain = picture(GALLERY["curves"](), "text").png
    own = {"font.size": 30, "savefig.dpi": 50, "axes.linewidth": 8, "xtick.direction": "in"}
    with plt.style.context("dark_background"), matplotlib.rc_context(own):
        assert picture(GALLERY["curves"](), "text").png == plain


def test_loading_viz_changes_no_setting_and_does_not_need_pyplot():
    program = (  # copies, because reading the backend itself would load pyplot
        "import sys, matplotlib; settings = matplotlib.rcParams.copy(); import backprop_course.viz; "
        "changed = dict(settings) != dict(matplotlib.rcParams.copy()); "
        "sys.exit(changed or 'matplotlib.pyplot' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


# ------------------------------------------------------------------ readable
def luminance(color):
    """Relative luminance by the definition of WCAG 2.2."""
    channels = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(color)]
    return 0.2126 * channels[0] + 0.7152 * channels[1] + 0.0722 * channels[2]


def contrast(color, background):
    dark, light = sorted((luminance(color), luminance(background)))
    return (light + 0.05) / (dark + 0.05)


def test_the_contrast_formula_gives_the_known_values():
    assert contrast("white", "black") == pytest.approx(21)
    assert contrast("#767676", "white") == pytest.approx(4.54, abs=0.005)  # the lightest gray that passes
    assert contrast("#FF7F0E", "white") < 4.5  # a light orange does not


@pytest.mark.parametrize("background", ["white", look.PALE, look.PALE_ORANGE])
@pytest.mark.parametrize("name", ["VALUE", "GRADIENT", "NEUTRAL", "INK", "GREEN", "PURPLE"])
def test_text_colors_have_contrast(name, background):
    if background == "white" or name in ("VALUE", "GRADIENT", "INK"):  # the others stand on white only
        assert contrast(getattr(viz, name), background) >= 4.5


@every_figure
def test_every_text_uses_a_color_with_contrast_and_a_readable_size(name):
    for text in drawn(name)[1]:
        color = to_hex(text.get_color()).upper()
        # white is for the classes written on points: both point colors are dark enough for it
        assert contrast(color, "white") >= 4.5 or (color == "#FFFFFF" and text.get_text() in "01")
        assert text.get_fontsize() >= 9


@pytest.mark.parametrize("share", np.linspace(-1, 1, 9))
def test_numbers_can_be_read_on_every_cell_of_a_table(share):
    assert contrast(viz.INK, look.SIGNED_PALE((share + 1) / 2)) >= 4.5


# Machado, Oliveira and Fernandes (2009), full deficiency, on linear RGB
DEFICIENCIES = {
    "none": np.eye(3),
    "protan": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deutan": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritan": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
TO_XYZ = [
    [0.4124564, 0.3575761, 0.1804375],
    [0.2126729, 0.7151522, 0.0721750],
    [0.0193339, 0.1191920, 0.9503041],
]


def seen(color, deficiency):
    """CIE L*a*b* of a color as it is seen."""
    rgb = np.array(to_rgb(color))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    xyz = TO_XYZ @ np.clip(DEFICIENCIES[deficiency] @ linear, 0, 1) / [0.95047, 1, 1.08883]
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("deficiency", DEFICIENCIES)
def test_the_cycle_stays_apart_for_every_kind_of_color_vision(deficiency):
    distances = [
        np.linalg.norm(seen(a, deficiency) - seen(b, deficiency)) for a, b in combinations(viz.CYCLE, 2)
    ]
    assert min(distances) > 15


def test_two_colors_that_look_alike_to_some_are_told():
    red_and_green = [seen(color, "deutan") for color in ("#D62728", "#7F7F00")]
    assert (
        np.linalg.norm(red_and_green[0] - red_and_green[1])
        < 20
        < np.linalg.norm(seen("#D62728", "none") - seen("#7F7F00", "none"))
    )


def corners(text):
    """The four corners of a text in pixels, turned with it."""
    angle = np.radians(text.get_rotation())
    if text.get_rotation() % 90 == 0:
        (x0, y0), (x1, y1) = text.get_window_extent().get_points()
        return np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]])
    turned = text.get_rotation()
    text.set_rotation(0)
    (x0, y0), (x1, y1) = text.get_window_extent().get_points()
    text.set_rotation(turned)
    center = np.array([x0 + x1, y0 + y1]) / 2
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return (np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]]) - center) @ turn.T + center


def overlap(a, b):
    """Whether two rectangles, turned or not, share more than a hair: no side separates them."""
    for sides in (a, b):
        for edge in (sides[1] - sides[0], sides[2] - sides[1]):
            edge = edge / np.linalg.norm(edge)
            if min((a @ edge).max(), (b @ edge).max()) - max((a @ edge).min(), (b @ edge).min()) < 1:
                return False
    return True


def collisions(texts):
    boxes = [(t.get_text(), corners(t)) for t in texts]
    return [(s, t) for (s, a), (t, b) in combinations(boxes, 2) if overlap(a, b)]


def test_colliding_texts_are_noticed():
    fig = Figure()
    fig.text(0.5, 0.5, "first")
    fig.text(0.52, 0.5, "second", rotation=30, rotation_mode="anchor")
    fig.text(0.1, 0.1, "far away")
    assert collisions(drawn_texts(fig)) == [("first", "second")]


@every_figure
def test_no_two_texts_collide_and_none_leaves_the_figure(name):
    fig, texts = drawn(name)
    assert collisions(texts) == []
    width, height = fig.get_size_inches() * fig.dpi
    for text in texts:
        points = corners(text)
        assert np.all(points >= -1) and np.all(points <= [width + 1, height + 1]), text.get_text()


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("sizes", [(2, 3, 2), (3, 3, 3), (1, 1, 1), (2, 1), (2, 2, 1), (2, 4, 1)], ids=str)
def test_the_numbers_on_a_network_never_collide(sizes, seed):
    rng = np.random.default_rng(seed)
    shapes = {}
    for k, (n, h) in enumerate(pairwise(sizes), start=1):
        shapes |= {f"W{k}": (h, n), f"b{k}": (h,), f"Z{k}": (h,)}
    numbers, grads = (
        {name: -rng.random(s) / 10 for name, s in shapes.items()} for _ in range(2)
    )  # long ones
    fig = viz.draw_network(sizes, values=numbers, grads=grads, title="A finding")
    assert collisions(drawn_texts(fig)) == []


@every_figure
def test_the_title_is_the_callers(name):
    assert [text.get_text() for text in drawn(name)[1]].count("A finding") == 1


@pytest.mark.parametrize("title, error", [("", ValueError), ("  ", ValueError), (None, TypeError)])
def test_a_figure_without_title_is_refused(title, error):
    with pytest.raises(error, match=r"^title: "):
        viz.draw_network((2, 1), title=title)


# ------------------------------------------------------------------ helpers
@pytest.mark.parametrize(
    "value, text",
    [
        (0, "0"),
        (-0.0, "0"),
        (2, "2"),
        (-1.25, "−1.25"),
        (0.12345, "0.123"),
        (0.001, "0.001"),
        (1234.5, "1.23e3"),
        (-0.00027182, "−2.7e−4"),
        (-1e-16, "−1e−16"),
        (99.96, "100"),
        (float("inf"), "inf"),
        (float("nan"), "nan"),
    ],
)
def test_numbers_are_written_short(value, text):
    assert look.number(value) == text


def test_spread_moves_as_little_as_possible():
    np.testing.assert_allclose(look.spread([0.0, 0.0], 1.0), [-0.5, 0.5])
    np.testing.assert_allclose(look.spread([0.0, 0.2, 9.0], 1.0), [-0.4, 0.6, 9.0])
    np.testing.assert_allclose(look.spread([3.0, 1.0], [2.0]), [1.0, 3.0])
    np.testing.assert_allclose(look.spread([5.0], 1.0), [5.0])
    rng = np.random.default_rng(1)
    wanted, gaps = rng.normal(size=6), rng.random(5)
    found = look.spread(wanted, gaps)
    assert np.all(np.diff(found) >= gaps - 1e-12)
    cost = np.sum((found - wanted) ** 2)
    for _ in range(2000):  # no other allowed placement is closer
        other = (
            found[0]
            + rng.normal(scale=0.3)
            + np.concatenate([[0], np.cumsum(gaps + 0.3 * rng.random(5) ** 3)])
        )
        assert np.sum((other - wanted) ** 2) >= cost


# ------------------------------------------------------------------ charts
def test_curves_draw_the_numbers_given():
    y = np.array([1.0, np.nan, 4.0])
    fig = viz.curves(
        [1, 2, 3], {"a": y, "b": [3, 2, np.inf]}, title="A finding", x_label="step", y_label="loss", log="y"
    )
    (ax,) = fig.axes
    np.testing.assert_array_equal(ax.lines[0].get_xydata(), np.column_stack([[1, 2, 3], y]))
    assert (ax.get_xscale(), ax.get_yscale(), ax.get_xlabel(), ax.get_ylabel()) == (
        "linear",
        "log",
        "step",
        "loss",
    )
    assert "a" in said(fig, viz.VALUE) and "b" in said(fig, viz.GRADIENT)  # the color of the line


def test_bars_begin_at_zero_and_write_their_numbers():
    fig = GALLERY["bars"]()
    assert [(bar.get_x(), bar.get_width()) for bar in fig.axes[0].patches] == [(0, 97.5), (0, 96.2)]
    assert {"97.5  (96.8 to 98.1)", "96.2", "right", "wrong"} <= set(said(fig))
    assert fig.axes[0].get_xlim()[0] <= 0


def test_curves_over_whole_numbers_have_whole_ticks():
    for x in (range(21), range(3), [0, 1]):
        fig = viz.curves(x, {"line": np.arange(len(x))}, title="T", x_label="layer", y_label="y")
        ticks = fig.axes[0].get_xticks()
        assert len(ticks) > 1 and np.array_equal(ticks, np.round(ticks))
    halves = viz.curves([0, 0.5, 1], {"line": [1, 2, 3]}, title="T", x_label="x", y_label="y")
    assert 0.4 in np.round(halves.axes[0].get_xticks(), 9)


def test_curves_run_the_way_that_x_runs():
    for x, rises in (([1, 10, 100], True), ([100, 10, 1], False)):
        fig = viz.curves(x, {"a": [3, 5, 4]}, title="A finding", x_label="x", y_label="y", log="x")
        ax = fig.axes[0]
        left, right = ax.get_xlim()
        assert (left < right) == rises
        assert ax.texts[0].xy == (x[-1], 4)  # the name belongs to the last point, which stands at the right
        assert ax.transAxes.inverted().transform(ax.transData.transform((x[-1], 4)))[0] == pytest.approx(1)


def test_learning_curves_read_a_history_or_a_dictionary():
    measured = {"epoch_loss": np.array([2.0, 1.0]), "accuracy": np.array([0.5, 0.75]), "validation_loss": []}
    for history in (measured, SimpleNamespace(**measured)):
        loss, accuracy = viz.learning_curves(history, title="A finding").axes
        np.testing.assert_array_equal(loss.lines[0].get_xydata(), [[1, 2], [2, 1]])
        np.testing.assert_array_equal(accuracy.lines[0].get_ydata(), [50, 75])
        assert len(loss.lines) == len(accuracy.lines) == 1


def slope_of(line):
    (x0, y0), (x1, y1) = line.get_xydata()
    return (y1 - y0) / (x1 - x0)


def test_tangents_have_the_slopes_given():
    fig = viz.function_and_slope(lambda x: x**3, 2.0, 12.0, interval=(0, 3), title="A finding")
    tangent = fig.axes[0].lines[1]
    assert slope_of(tangent) == pytest.approx(12)
    assert np.interp(2.0, *tangent.get_xydata().T) == pytest.approx(8)
    assert "tangent: slope 12" in said(fig, viz.GRADIENT)
    axes = GALLERY["three_tangents"]().axes
    assert [slope_of(ax.lines[1]) for ax in axes] == pytest.approx([1.6, 0.68, 1.09])
    assert [ax.lines[2].get_xdata()[0] for ax in axes] == pytest.approx([0.8, 0.64, 0.8])  # f is met at g(x)


def test_descent_marks_every_visited_place():
    path = GALLERY["descent"]().axes[0].lines[1].get_xydata()
    visited = [2 * 0.8**k for k in range(11)]
    np.testing.assert_allclose(path, [(w, w * w) for w in visited])


def test_the_border_of_a_neuron_is_where_its_sum_is_zero():
    fig = GALLERY["neuron_in_plane"]()
    border = np.concatenate([p.vertices for c in fig.axes[0].collections for p in c.get_paths()])
    assert len(border) > 10
    np.testing.assert_allclose(border @ [1, 2], 1.5, atol=1e-3)
    arrow = next(t for t in fig.axes[0].texts if t.get_text() == "")
    np.testing.assert_allclose(np.subtract(arrow.get_position(), 0) @ [1, 2] - 1.5, 0, atol=1e-12)
    length_in_the_view = 0.2 * 2  # the points span 1 and the view 0.5 more on each side
    along = np.subtract(arrow.xy, arrow.get_position())
    np.testing.assert_allclose(along, length_in_the_view * np.array([1, 2]) / np.sqrt(5))


# ------------------------------------------------------------------ tables and pictures
def test_confusion_writes_counts_and_leaves_zeros_blank():
    fig = viz.confusion([[5, 2], [0, 7]], names=["cat", "dog"], title="A finding")
    assert sorted(t.get_text() for t in fig.axes[0].texts) == ["", "2", "5", "7"]
    where = {t.get_text(): t.get_position() for t in fig.axes[0].texts}
    assert where["2"] == (1.5, 0.5)  # true class 0, taken for class 1
    assert fig.axes[0].get_ylim() == (2, 0)


def test_heatmap_writes_each_entry_in_its_place():
    fig = viz.heatmap(
        [[0.25, -0.1], [3, 1 / 3]], row_names=["p", "q"], column_names=["y", "z"], title="A finding"
    )
    where = {t.get_position(): t.get_text() for t in fig.axes[0].texts}
    assert where == {(0.5, 0.5): "0.25", (1.5, 0.5): "−0.1", (0.5, 1.5): "3", (1.5, 1.5): "0.333"}


def test_heatmap_writes_as_many_decimals_as_asked_and_names_its_columns():
    fig = viz.heatmap([[98, -0.25], [97.46, 10]], decimals=1, column_label="learning rate", title="A finding")
    assert [t.get_text() for t in fig.axes[0].texts] == ["98.0", "−0.2", "97.5", "10.0"]
    assert fig.axes[0].get_xlabel() == "learning rate"


def test_pictures_share_one_scale_which_is_symmetric_with_signs():
    plain = GALLERY["image_grid"]().axes[0].images
    assert {image.get_clim() for image in plain} == {(0, 767)} and len(plain) == 12
    signed = GALLERY["weights"]().axes[0].images
    assert {image.get_clim() for image in signed} == {(-20, 20)}
    np.testing.assert_array_equal(signed[1].get_array(), np.arange(-4, 12.0).reshape(4, 4))


# ------------------------------------------------------------------ graphs
def stand_in(value, parents=(), op="input", name=""):
    return SimpleNamespace(value=value, parents=tuple(parents), op=op, name=name)


def reused():
    x = stand_in(3.0, name="x")
    square = stand_in(9.0, (x, x), "*")
    return x, square, stand_in(12.0, (square, x), "+", "L")


GRAPHS = {"reused": lambda: reused()[2], "neuron": neuron, "branching": branching, "arrays": arrays}


@pytest.mark.parametrize("make", GRAPHS.values(), ids=GRAPHS.keys())
def test_parents_stand_left_and_nothing_stands_on_anything(make):
    layout = place_nodes(make())
    for node in layout.nodes:
        for parent in node.parents:
            assert layout.column[id(parent)] < layout.column[id(node)]
    places = [(layout.column[id(node)], layout.height[id(node)]) for node in layout.nodes]
    for (c1, h1), (c2, h2) in combinations(places, 2):
        assert c1 != c2 or abs(h1 - h2) >= 1 - 1e-9
    passing = [(layout.column[key], layout.height[key]) for key in layout.height if isinstance(key, tuple)]
    for (c1, h1), (c2, h2) in [(a, b) for a in passing for b in places]:
        assert c1 != c2 or abs(h1 - h2) >= 0.7 - 1e-9  # a passing wire keeps its distance from every box
    assert all(
        layout.column[child] - layout.column[parent] == len(between) + 1
        for parent, child, between in ((id(p), id(c), b) for p, c, _, b in layout.routes)
    )


@pytest.mark.parametrize("make", GRAPHS.values(), ids=GRAPHS.keys())
def test_boxes_of_a_graph_do_not_overlap(make):
    fig = viz.draw_graph(make(), title="A finding")
    FigureCanvasAgg(fig).draw()
    boxes = [p.get_window_extent() for p in fig.axes[0].patches if p.get_gid() == "node"]
    assert len(boxes) == len(place_nodes(make()).nodes)
    assert not any(a.overlaps(b) for a, b in combinations(boxes, 2))


def crossings(layout):
    """How many pairs of wires cross between two neighboring columns, from the places alone."""
    steps = set()
    for parent, child, _, between in layout.routes:
        steps |= set(pairwise([id(parent), *between, id(child)]))
    ends = [(layout.column[a], layout.height[a], layout.height[b]) for a, b in steps]
    return sum(c == d and (a - x) * (b - y) < 0 for (c, a, b), (d, x, y) in combinations(ends, 2))


def test_wires_cross_only_where_they_must():
    assert crossings(place_nodes(branching())) == 0
    a, b = stand_in(1.0, name="a"), stand_in(2.0, name="b")
    both_ways = [stand_in(1.0, (a, b), "+"), stand_in(2.0, (a, b), "*")]
    assert crossings(place_nodes(stand_in(3.0, both_ways, "+"))) == 1  # two inputs to two nodes: never less


def test_a_reused_node_stands_once_with_all_its_wires():
    x, square, L = reused()
    layout = place_nodes(L)
    assert len(layout.nodes) == 3
    assert [(id(p), id(c), k) for p, c, k, _ in layout.routes if p is x] == [
        (id(x), id(square), 0),
        (id(x), id(square), 1),
        (id(x), id(L), 1),
    ]


def test_wires_arrive_in_the_order_of_the_operands_or_without_crossing():
    low, high = stand_in(1.0, name="low"), stand_in(2.0, name="high")
    first = stand_in(3.0, (high, low), "-")  # asks for `high` first, so it stands higher
    for op, swapped in (("-", True), ("@", True), ("+", False), ("*", False)):
        L = stand_in(4.0, (first, stand_in(5.0, (low, high), op), low, low), "h")
        layout = place_nodes(L)
        fig = viz.draw_graph(L, title="A finding")
        ends = [p.get_path().vertices[-1][1] for p in fig.axes[0].patches if isinstance(p, PathPatch)]
        arrival = {(id(c), k): y for (_, c, k, _), y in zip(layout.routes, ends, strict=True)}
        second = id(L.parents[1])
        assert layout.height[id(high)] < layout.height[id(low)]
        assert (arrival[second, 0] > arrival[second, 1]) == swapped  # operand 0 is `low`
        assert len({arrival[id(L), k] for k in range(4)}) == 4


def test_a_graph_shows_values_above_and_gradients_below():
    x, square, L = reused()
    grads = {id(x): 7.0, id(square): 1.0, id(L): -0.5}
    fig = viz.draw_graph(L, ById(grads), title="A finding")
    assert sorted(said(fig, viz.VALUE)) == ["12", "3", "9"]
    assert sorted(said(fig, viz.GRADIENT)) == ["1", "7", "−0.5"]
    texts = drawn_texts(fig)
    for value, gradient in (("3", "7"), ("9", "1"), ("12", "−0.5")):
        above, below = (
            next(t.get_window_extent() for t in texts if t.get_text() == s) for s in (value, gradient)
        )
        assert above.y0 > below.y1 - 2 and abs(above.x0 - below.x0) < 5


class ById:
    """Gradients of nodes that cannot be hashed."""

    def __init__(self, numbers):
        self.numbers = numbers

    def __getitem__(self, node):
        return self.numbers[id(node)]


def test_a_graph_of_the_tape_shows_its_numbers_and_constants():
    x = Value(3.0, name="x")
    L = 2 * x**2
    fig = viz.draw_graph(L, gradients(L), title="A finding")
    assert sorted(said(fig, viz.VALUE)) == ["18", "3", "9"]
    assert sorted(said(fig, viz.GRADIENT)) == ["1", "12", "2"]
    assert {"x", "×", "** 2", "2"} <= set(said(fig, viz.INK))


def test_arrays_in_a_graph_are_written_as_shapes():
    fig = graph(arrays())
    assert said(fig, viz.VALUE).count("(4, 3)") == 4 and "(3,)" in said(fig, viz.VALUE)
    assert sorted(said(fig, viz.GRADIENT)) == sorted([*said(fig, viz.VALUE)[:-1], "1"])


def test_missing_gradients_are_left_out():
    x = Value(3.0, name="x")
    L = x * x
    assert said(viz.draw_graph(L, {L: 1.0}, title="A finding"), viz.GRADIENT) == ["1"]
    assert said(viz.draw_graph(L, title="A finding"), viz.GRADIENT) == []


# ------------------------------------------------------------------ networks
def written(arrays):
    """Every number of some arrays with three significant digits, by Python's own rounding."""
    flat = np.concatenate([np.ravel(a) for a in arrays.values()])
    return sorted(
        f"{round(v, 2 - int(np.floor(np.log10(abs(v))))) if v else 0:g}".replace("-", "−") for v in flat
    )


def test_a_network_shows_exactly_the_numbers_given():
    fig = GALLERY["network backward"]()
    assert sorted(said(fig, viz.VALUE)) == written(NUMBERS)
    assert sorted(t for t in said(fig, viz.GRADIENT)) == written(GRADS)
    without = viz.draw_network((2, 3, 2), values={"X": NUMBERS["X"]}, title="A finding")
    assert sorted(said(without, viz.VALUE)) == ["1", "−2"]


def test_each_weight_lies_on_its_own_wire():
    fig = viz.draw_network((2, 3, 2), values={"W1": NUMBERS["W1"], "W2": NUMBERS["W2"]}, title="A finding")
    ax = fig.axes[0]
    wires = [line.get_xydata() for line in ax.lines]
    assert len(wires) == 12
    columns = sorted({wire[0][0] for wire in wires})
    for name, start in zip(("W1", "W2"), columns):
        heights = [
            sorted({wire[end][1] for wire in wires if wire[0][0] == start}, reverse=True) for end in (0, 1)
        ]
        for (j, i), weight in np.ndenumerate(NUMBERS[name]):
            text = next(t for t in ax.texts if t.get_text() == f"{weight:g}".replace("-", "−"))
            ends = [
                w for w in wires if w[0][0] == start and (w[0][1], w[1][1]) == (heights[0][i], heights[1][j])
            ]
            (a, b), p = ends[0], np.array(text.get_position())
            along = (b - a) / np.linalg.norm(b - a)
            off = (p - a)[1] * along[0] - (p - a)[0] * along[1]
            assert 0.05 < off < 0.15  # a value stands above its wire, and close to it
            assert np.degrees(np.arctan2(along[1], along[0])) % 360 == pytest.approx(text.get_rotation())


def test_one_row_of_a_batch_is_drawn_like_one_example():
    rows = {name: np.array(NUMBERS[name])[None] for name in ("X", "Z1", "A1", "Z2", "Y_pred")}
    flat = {name: NUMBERS[name] for name in rows}
    texts = [said(viz.draw_network((2, 3, 2), values=v, title="A finding")) for v in (rows, flat)]
    assert texts[0] == texts[1]


def strong(fig):
    return sum(line.get_linewidth() > 2 for line in fig.axes[0].lines)


def test_paths_and_highlights_are_pointed_at():
    plain = viz.draw_network((2, 3, 2), values=NUMBERS, title="A finding")
    paths = viz.draw_network((2, 3, 2), values=NUMBERS, paths=[(None, 1, 0), (None, 1, 1)], title="A finding")
    whole = viz.draw_network(
        (2, 3, 2), values=NUMBERS, paths=[(0, 1, 1)], highlight=["A1", "W2"], title="A finding"
    )
    assert (strong(plain), strong(paths), strong(whole)) == (0, 2, 7)
    marked = [p for p in whole.axes[0].patches if p.get_gid() == "cell" and p.get_linewidth() > 1]
    assert len(marked) == 6  # X of unit 1, Z1 of unit 2, the three A1, Z2 of output 2
    assert "A1" in said(whole, viz.VALUE) and "Z1" not in said(whole, viz.VALUE)


def test_a_large_network_is_abbreviated_but_tells_its_size():
    fig = GALLERY["network 64-32-10"]()
    units = [p for p in fig.axes[0].patches if p.get_gid() == "unit"]
    assert len(units) == 12
    assert {"64 inputs", "32 hidden units", "10 outputs", "W1 (32, 64)", "W2 (10, 32)"} <= set(said(fig))


def test_shapes_are_drawn_entry_by_entry():
    fig = viz.shapes_diagram(
        "A (N, n) @ B (n, h) * mask -> C (N, h)", {"N": 4, "n": 2, "h": 3}, title="A finding"
    )
    assert len(fig.axes[0].patches) == 4 * 2 + 2 * 3 + 4 * 3 + 3  # entries and one frame each
    assert {
        "A",
        "B",
        "C",
        "@",
        "* mask →",
        "(N, n)",
        "(4, 2)",
        "(n, h)",
        "(2, 3)",
        "(N, h)",
        "(4, 3)",
    } <= set(said(fig))


# ------------------------------------------------------------------ refusals
def chain(length):
    node = stand_in(1.0, name="x")
    for _ in range(length - 1):
        node = stand_in(1.0, (node,), "exp")
    return node


T = {"title": "A finding"}
LABELS = T | {"x_label": "x", "y_label": "y"}
BAD = {
    "curves: no line": (lambda: viz.curves([1], {}, **LABELS), ValueError, "lines"),
    "curves: a list": (lambda: viz.curves([1], [[1]], **LABELS), TypeError, "lines"),
    "curves: length": (lambda: viz.curves([1, 2], {"a": [1]}, **LABELS), ValueError, "lines\\['a'\\]"),
    "curves: text": (lambda: viz.curves([1], {"a": ["b"]}, **LABELS), TypeError, "lines\\['a'\\]"),
    "curves: log": (lambda: viz.curves([1], {"a": [1]}, log="z", **LABELS), ValueError, "log"),
    "bars: NaN": (lambda: viz.bars({"a": np.nan}, value_label="", **T), ValueError, "values"),
    "bars: spread": (
        lambda: viz.bars({"a": 1}, spreads={"a": (2, 3)}, value_label="", **T),
        ValueError,
        "spreads",
    ),
    "dots: log of 0": (lambda: viz.dots({"a": 0}, log=True, value_label="", **T), ValueError, "values"),
    "history: empty": (lambda: viz.learning_curves({"loss": [1]}, **T), ValueError, "history"),
    "history: lengths": (
        lambda: viz.learning_curves({"epoch_loss": [1, 2], "validation_loss": [1]}, **T),
        ValueError,
        "history",
    ),
    "interval": (lambda: viz.function_and_slope(abs, 0, 0, interval=(1, 1), **T), ValueError, "interval"),
    "secant": (
        lambda: viz.function_and_slope(abs, 0, 0, interval=(0, 1), secant=(1,), **T),
        ValueError,
        "secant",
    ),
    "three slopes": (
        lambda: viz.three_tangents(abs, abs, 1, (1, 1), interval=(0, 2), **T),
        ValueError,
        "slopes",
    ),
    "plane: classes": (lambda: viz.decision_regions(score, XOR, [0, 1, 2, 0], **T), ValueError, "X, labels"),
    "plane: points": (
        lambda: viz.decision_regions(score, np.ones((4, 3)), [0] * 4, **T),
        ValueError,
        "X, labels",
    ),
    "plane: predict": (lambda: viz.decision_regions(lambda p: p, XOR, [0] * 4, **T), ValueError, "predict"),
    "plane: w": (lambda: viz.neuron_in_plane(score, [0, 0], 1, XOR, [0] * 4, **T), ValueError, "w"),
    "images: 2-d": (lambda: viz.image_grid(np.ones((3, 64)), **T), ValueError, "images"),
    "images: NaN": (lambda: viz.image_grid(np.full((1, 2, 2), np.nan), **T), ValueError, "images"),
    "images: titles": (lambda: viz.image_grid(np.ones((3, 2, 2)), ["a"], **T), ValueError, "titles"),
    "confusion: square": (lambda: viz.confusion(np.ones((2, 3)), **T), ValueError, "matrix"),
    "confusion: counts": (lambda: viz.confusion([[0.5]], **T), ValueError, "matrix"),
    "heatmap: size": (lambda: viz.heatmap(np.ones((13, 2)), **T), ValueError, "matrix"),
    "heatmap: names": (lambda: viz.heatmap(np.ones((2, 2)), row_names=["a"], **T), ValueError, "names"),
    "graph: a number": (lambda: viz.draw_graph(3.0, **T), TypeError, "node"),
    "graph: too large": (lambda: viz.draw_graph(chain(41), **T), ValueError, "node"),
    "network: sizes": (lambda: viz.draw_network((2,), **T), ValueError, "sizes"),
    "network: zero": (lambda: viz.draw_network((2, 0), **T), ValueError, "sizes"),
    "network: crowded": (lambda: viz.draw_network((3, 4), values={"X": [1, 2, 3]}, **T), ValueError, "sizes"),
    "network: name": (lambda: viz.draw_network((2, 1), values={"dW1": [[1, 2]]}, **T), ValueError, "values"),
    "network: shape": (
        lambda: viz.draw_network((2, 1), grads={"W1": [[1], [2]]}, **T),
        ValueError,
        "grads\\['W1'\\]",
    ),
    "network: text": (
        lambda: viz.draw_network((1, 1), values={"X": ["a"]}, **T),
        TypeError,
        "values\\['X'\\]",
    ),
    "network: highlight": (lambda: viz.draw_network((1, 1), highlight=["W2"], **T), ValueError, "highlight"),
    "network: a string": (lambda: viz.draw_network((1, 1), highlight="X", **T), ValueError, "highlight"),
    "network: path": (lambda: viz.draw_network((1, 1), paths=[(0, 1)], **T), ValueError, "paths"),
    "network: short path": (lambda: viz.draw_network((1, 1), paths=[(0,)], **T), ValueError, "paths"),
    "shapes: no array": (lambda: viz.shapes_diagram("X @ W", {}, **T), ValueError, "lines"),
    "shapes: no size": (lambda: viz.shapes_diagram("X (N, n)", {"N": 2}, **T), ValueError, "sizes"),
    "shapes: large": (lambda: viz.shapes_diagram("X (N, n)", {"N": 2, "n": 64}, **T), ValueError, "sizes"),
}


@pytest.mark.parametrize("call, error, argument", BAD.values(), ids=BAD.keys())
def test_bad_input_is_refused_by_name(call, error, argument):
    with pytest.raises(error, match=f"^{argument}.*: expected .*, got .*") as caught:
        call()
    assert type(caught.value) is error


def test_a_graph_at_the_limit_is_drawn():
    assert len(place_nodes(chain(40)).nodes) == 40


def test_a_line_that_ends_early_has_a_dot_there_and_a_dotted_leader():
    early, full = [3.0, 2.0, np.nan, np.nan], [3.0, 2.5, 2.0, 1.0]
    ax = viz.curves(
        np.arange(4), {"early": early, "full": full}, title="A finding", x_label="x", y_label="y"
    ).axes[0]
    dots = [line.get_xydata().tolist() for line in ax.lines if line.get_marker() == "o"]
    assert dots == [[[1.0, 2.0]]]
    styles = {text.get_text(): text.arrow_patch.get_linestyle() for text in ax.texts}
    assert styles["full"] in ("-", "solid") and styles["early"] not in ("-", "solid")
