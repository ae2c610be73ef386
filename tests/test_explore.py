"""The lessons' live figures: their numbers by another road, their words, their pictures at every corner."""

import inspect
import io
import math
import re
from itertools import product

import numpy as np
import pytest

from backprop_course.explore import PAIRS, chain_of_tangents, one_neuron
from backprop_course.viz import stages

LESSON, SIGMOID, SINE = PAIRS
RANGES = {
    one_neuron: {"w1": (-6, 6), "w2": (-6, 6), "b": (-8, 8)},
    chain_of_tangents: {"x": (-2.2, 2.2), "functions": list(PAIRS)},
}


def states(function, count=24):
    """All corners of the controls, then points drawn inside and rounded as a slider rounds."""
    rng = np.random.default_rng(12)
    ranges = RANGES[function]
    for corner in product(*ranges.values()):
        yield dict(zip(ranges, corner))
    for _ in range(count):
        yield {
            name: r[rng.integers(len(r))] if isinstance(r, list) else round(rng.uniform(*r), 1)
            for name, r in ranges.items()
        }


CASES = [(function, state) for function in RANGES for state in states(function)]
every_state = pytest.mark.parametrize("function, state", CASES, ids=lambda x: getattr(x, "__name__", str(x)))


def marks_of(scene, panel=0):
    return scene.panels[panel].marks


def shown(text):
    """A number as the figures write it."""
    return float(text.replace("−", "-"))


# ------------------------------------------------------------------ every figure
@every_state
def test_every_state_can_be_drawn_and_read_out(function, state):
    scene = function(**state).checked()
    assert scene.frame()[:2] == function().frame()[:2], "the picture must not change its size"
    assert [list(p.marks) for p in scene.panels] == [list(p.marks) for p in function().panels]
    for panel in scene.panels:
        for mark in panel.marks.values():
            numbers = [each for each in mark if isinstance(each, (np.ndarray, float))]
            assert all(np.all(np.isfinite(each)) for each in numbers), (panel.title, mark)
    assert 10 <= len(scene.alt.split()) <= 70 and scene.title in scene.alt
    assert len(scene.title) <= scene.width * 8.8, "the title has one line"


@pytest.mark.parametrize("function", RANGES)
def test_the_kept_figure_shows_every_state_as_a_new_one_does(function):
    stage = stages.Stage(function())
    for state in [*states(function, 4)][-3:]:
        scene = function(**state)
        assert stage.png(scene) == stages.Stage(scene).png(scene)


@pytest.mark.parametrize("function", RANGES)
def test_the_first_state_is_that_of_the_defaults_and_nothing_is_kept(function):
    defaults = {name: p.default for name, p in inspect.signature(function).parameters.items()}
    assert list(defaults) == list(RANGES[function])
    first = function().alt
    function(**next(states(function)))
    assert function(**defaults).alt == first == function().alt


@pytest.mark.parametrize("function", RANGES)
def test_another_state_has_other_words(function):
    alts = {str(state): function(**state).alt for state in states(function)}
    assert len(set(alts.values())) == len(alts)


# ------------------------------------------------------------------ one neuron
def output_at(x1, x2, w1, w2, b):
    """The neuron, one point at a time."""
    return 1 / (1 + math.exp(-(w1 * x1 + w2 * x2 + b)))


NEURONS = [tuple(state.values()) for state in states(one_neuron)]
every_neuron = pytest.mark.parametrize("w1, w2, b", NEURONS)


@every_neuron
def test_the_colors_are_the_output_at_the_middle_of_each_cell(w1, w2, b):
    values = marks_of(one_neuron(w1, w2, b))["output"].values
    rows, columns = values.shape
    for row, column in [(0, 0), (rows - 1, 0), (3, columns - 1), (rows // 2, columns // 3)]:
        x1, x2 = -1 + 3 * (column + 0.5) / columns, -1 + 3 * (row + 0.5) / rows
        assert math.isclose(values[row, column], output_at(x1, x2, w1, w2, b), rel_tol=1e-9, abs_tol=1e-12)


@every_neuron
def test_the_border_is_where_the_output_is_one_half_and_the_arrow_stands_at_right_angles(w1, w2, b):
    marks = marks_of(one_neuron(w1, w2, b))
    x, y = marks["border"].x, marks["border"].y
    for share in (0, 0.25, 0.5, 1):
        at = x[0] + share * (x[1] - x[0]), y[0] + share * (y[1] - y[0])
        assert math.isclose(output_at(*at, w1, w2, b), 0.5, abs_tol=1e-9)
    arrow = np.subtract(marks["w"].end, marks["w"].start)
    assert abs(arrow @ [x[1] - x[0], y[1] - y[0]]) < 1e-9
    assert output_at(*marks["w"].end, w1, w2, b) > output_at(*marks["w"].start, w1, w2, b)
    assert np.allclose(arrow * 20, (w1, w2), rtol=1e-9), "the arrow is a twentieth of w"
    assert all(-1 <= each <= 2 for each in (*marks["w"].start, *marks["w"].end)), "the arrow stays in view"


@every_neuron
def test_the_border_is_drawn_through_the_whole_picture(w1, w2, b):
    """Where the output is above 0.5 at one corner of the view and below at another, it passes between."""
    scene = one_neuron(w1, w2, b)
    above = {output_at(x1, x2, w1, w2, b) > 0.5 for x1, x2 in product((-1, 2), repeat=2)}
    seen = above == {True, False}
    assert ("The border crosses" in scene.alt) == seen != ("The border lies outside" in scene.alt)
    ends = np.array(marks_of(scene)["border"][:2]).T
    if seen:
        assert np.all(np.any((ends <= -1) | (ends >= 2), axis=1)), "an end of the border within the picture"


@pytest.mark.parametrize("w1, w2, b", [(4, 4, -4), (4, -4, 1), (0, 5, -2), (3, 0, 0), (-6, 6, 8), (1, 6, -8)])
def test_the_arrow_stands_on_the_border_while_the_border_is_near(w1, w2, b):
    start = marks_of(one_neuron(w1, w2, b))["w"].start
    near = abs(w1 / 2 + w2 / 2 + b) / math.hypot(w1, w2) <= 1.15
    assert math.isclose(output_at(*start, w1, w2, b), 0.5, abs_tol=1e-9) == near


@pytest.mark.parametrize("w1, w2, b, told", [
    (4, 4, -6, "computes AND"), (4, 4, -2, "computes OR"), (-4, -4, 6, "computes NOT AND"),
    (-4, -4, 2, "computes NOT OR"), (4, -4, -2, "computes x₁ AND NOT x₂"),
    (-4, 4, -2, "computes x₂ AND NOT x₁"), (-4, 4, 2, "computes x₂ OR NOT x₁"),
    (4, -4, 2, "computes x₁ OR NOT x₂"), (4, 0, -2, "computes x₁ alone"), (0, 4, -2, "computes x₂ alone"),
    (-4, 0, 2, "computes NOT x₁"), (0, -4, 2, "computes NOT x₂"), (1, 1, 8, "says yes at every point"),
    (1, 1, -8, "says no at every point"), (0, 0, -1, "says no at every point"),
])  # fmt: skip
def test_the_title_names_the_function(w1, w2, b, told):
    """All fourteen functions that one neuron can compute; of the sixteen, XOR and its opposite are left."""
    scene = one_neuron(w1, w2, b)
    assert told in scene.title and scene.title in scene.alt


def truth_of(text):
    """The answers of a function, from its name, by Python's own logic."""
    body = text.replace("x₁ alone", "x₁").replace("x₂ alone", "x₂")
    for name in ("AND", "OR"):
        if re.fullmatch(rf"(NOT )?{name}", body):
            body = re.sub(name, f"(x₁ {name} x₂)", body)
    code = {"x₁": "p", "x₂": "q", "AND": "and", "OR": "or", "NOT": "not"}
    for word, python in code.items():
        body = body.replace(word, python)
    return [bool(eval(body, {"p": p, "q": q})) for p, q in product((False, True), repeat=2)]


@every_neuron
def test_answers_names_and_counts_agree_with_the_points_one_at_a_time(w1, w2, b):
    scene = one_neuron(w1, w2, b)
    marks = marks_of(scene)
    sums = [w1 * x1 + w2 * x2 + b for x1, x2 in product((0, 1), repeat=2)]
    answers = ["?" if abs(z) < 1e-6 else "1" if z > 0 else "0" for z in sums]
    corners = list(product((0.0, 1.0), repeat=2))
    assert [marks[f"answer {k}"][:3] for k in range(4)] == [(*c, a) for c, a in zip(corners, answers)]
    for name, answer in (("yes", "1"), ("no", "0"), ("undecided", "?")):
        assert [*zip(*marks[name][:2])] == [c for c, a in zip(corners, answers) if a == answer]
    told = re.search(r"Answers: (.*?)\. ", scene.alt)[1]
    assert told == "{} at (0, 0), {} at (0, 1), {} at (1, 0), {} at (1, 1)".format(*answers)
    if named := re.search(r"computes (.*)", scene.title):
        assert truth_of(named[1]) == [a == "1" for a in answers]
    truths = {"AND": "0001", "OR": "0111", "XOR": "0110"}
    right = [sum(map(str.__eq__, answers, truth)) for truth in truths.values()]
    for text in (scene.panels[0].title, scene.alt):
        counts = re.search(r"points right: (\d) of 4 for AND, (\d) for OR, (\d) for XOR", text, re.IGNORECASE)
        assert [int(n) for n in counts.groups()] == right and right[2] <= 3


@pytest.mark.parametrize("w1, w2, b, told", [
    (0, 0, 0, "decides nothing"), (4, 4, -4, "2 points on the border"), (1, 2, -3, "1 point on the border"),
    (0.1, 0.2, -0.3, "1 point on the border"),  # the sum is 5.6e-17 in floating-point numbers, not 0
])  # fmt: skip
def test_a_point_on_the_border_has_no_answer(w1, w2, b, told):
    scene = one_neuron(w1, w2, b)
    marks = marks_of(scene)
    written = [marks[f"answer {k}"].text for k in range(4)]
    assert told in scene.title and written.count("?") == len(marks["undecided"].x) > 0


@pytest.mark.parametrize("b", [-8.0, 0.0, 2.0])
def test_without_weights_there_is_neither_border_nor_arrow(b):
    scene = one_neuron(0.0, 0.0, b)
    marks = marks_of(scene)
    assert len(marks["border"].x) == 0 and marks["w"].start == marks["w"].end and marks["name"].text == ""
    assert np.allclose(marks["output"].values, output_at(0, 0, 0, 0, b), rtol=1e-12)
    assert "no border" in scene.alt
    drawn = stages.Stage(one_neuron())
    assert drawn.png(scene) == stages.Stage(scene).png(scene)
    for state, visible in ((scene, False), (one_neuron(1.0, 0.0, b), True)):
        texts = stages.still(state).axes[0].texts
        assert [text.get_visible() for text in texts if getattr(text, "arrow_patch", None)] == [visible]


@pytest.mark.parametrize("degrees", range(0, 360, 15))
def test_the_direction_of_the_arrow_in_words(degrees):
    w1, w2 = 3 * math.cos(math.radians(degrees)), 3 * math.sin(math.radians(degrees))
    upper, right = ("top", "bottom"), ("right", "left")
    expected = {
        True: f"{'upper' if w2 > 0 else 'lower'} {right[w1 < 0]}",
        False: right[w1 < 0] if abs(w1) > abs(w2) else upper[w2 < 0],
    }[min(abs(w1), abs(w2)) / max(abs(w1), abs(w2)) > math.tan(math.pi / 8)]
    assert f"points to the {expected}, to the side of yes" in one_neuron(w1, w2, 0).alt


# ------------------------------------------------------------------ a chain of tangents
WRITTEN = {  # the same pairs, one number at a time
    LESSON: (lambda x: x**2 - 1, lambda z: z**2),
    SIGMOID: (lambda x: 2 * x - 1, lambda z: 1 / (1 + math.exp(-z))),
    SINE: (lambda x: x**2, math.sin),
}
PLACES = [(0.0, LESSON), (0.0, SINE), *(tuple(state.values()) for state in states(chain_of_tangents))]
every_place = pytest.mark.parametrize("x, functions", PLACES)


def measured(function, at, step=1e-5):
    return (function(at + step) - function(at - step)) / (2 * step)


@every_place
def test_tangents_touch_and_have_the_slopes_that_are_measured(x, functions):
    g, f = WRITTEN[functions]
    scene = chain_of_tangents(x, functions)
    links = [(g, x), (f, g(x)), (lambda x: f(g(x)), x)]
    for k, (function, at) in enumerate(links):
        panel, marks = scene.panels[k], marks_of(scene, k)
        assert np.allclose([marks["point"].x, marks["point"].y], [[at], [function(at)]], atol=1e-12)
        (left, right), (low, high) = marks["tangent"].x, marks["tangent"].y
        slope = (high - low) / (right - left)
        assert math.isclose(slope, measured(function, at), rel_tol=1e-7, abs_tol=1e-7)
        assert math.isclose(low + slope * (at - left), function(at), rel_tol=1e-9, abs_tol=1e-9), "it touches"
        along = marks["curve"]
        assert np.allclose(along.y, [function(each) for each in along.x], rtol=1e-12, atol=1e-12)
        assert panel.x[0] < at < panel.x[1] and panel.y[0] < function(at) < panel.y[1], "the dot is in view"
        told = re.search(r"slope (\S+)", panel.title)[1]
        assert math.isclose(shown(told), slope, rel_tol=5.1e-3, abs_tol=1e-9)
    heights = [marks_of(scene, k)["point"] for k in range(3)]
    assert heights[0].y == heights[1].x and heights[1].y == heights[2].y, "one dot leads to the next"


@every_place
def test_title_and_words_say_the_slopes_and_their_product(x, functions):
    g, f = WRITTEN[functions]
    scene = chain_of_tangents(x, functions)
    inner, outer = measured(g, x), measured(f, g(x))
    told = re.match(r"Slope (\S+) times slope (\S+): (?:together slope (\S+)|f∘g is flat here)", scene.title)
    expected = [inner, outer, inner * outer]
    for text, number in zip(told.groups(default="0"), expected):
        assert math.isclose(shown(text), number, rel_tol=5.1e-3, abs_tol=1e-7)
    place = re.search(r"At x = (\S+): z = (\S+) and y = (\S+)\. ", scene.alt)
    for text, number in zip(place.groups(), (x, g(x), f(g(x)))):
        assert math.isclose(shown(text), number, rel_tol=5.1e-3, abs_tol=1e-12)
    turns = ["rising" if s > 1e-7 else "falling" if s < -1e-7 else "level" for s in expected]
    assert functions in scene.alt and ", ".join(turns) + "." in scene.alt


@pytest.mark.parametrize("x, functions, title", [
    (2.0, LESSON, "Slope 4 times slope 6: together slope 24"),
    (1.0, LESSON, "Slope 2 times slope 0: f∘g is flat here"),
    (-1.0, LESSON, "Slope −2 times slope 0: f∘g is flat here"),
    (0.0, LESSON, "Slope 0 times slope −2: f∘g is flat here"),
    (-0.0, SINE, "Slope 0 times slope 1: f∘g is flat here"),
    (0.5, SIGMOID, "Slope 2 times slope 0.25: together slope 0.5"),
])  # fmt: skip
def test_where_the_composition_is_flat_the_title_says_so(x, functions, title):
    scene = chain_of_tangents(x, functions)
    assert scene.title == title
    if "flat" in title:
        tangent = marks_of(scene, 2)["tangent"]
        assert tangent.y[0] == tangent.y[1] and "level." in scene.alt


def test_the_view_stays_while_x_moves_and_changes_with_the_functions():
    for functions in PAIRS:
        frames = {str(chain_of_tangents(x, functions).frame()) for x in (-2.2, 0.0, 0.7, 2.2)}
        assert len(frames) == 1
    assert len({str(chain_of_tangents(1.0, functions).frame()) for functions in PAIRS}) == 3


@pytest.mark.parametrize("x, functions, named", [
    (2.5, LESSON, "x"), (math.nan, LESSON, "x"), (-9, SINE, "x"), (1.0, "z = x", "functions"),
])  # fmt: skip
def test_what_lies_beyond_the_picture_is_refused(x, functions, named):
    with pytest.raises(ValueError, match=named):
        chain_of_tangents(x, functions)


def test_the_picture_is_a_png_that_is_as_large_as_the_scene_says():
    from PIL import Image

    for function in RANGES:
        scene = function()
        image = Image.open(io.BytesIO(stages.Stage(scene).png(scene)))
        assert image.size == (round(scene.width * 100), round(scene.height * 100))
