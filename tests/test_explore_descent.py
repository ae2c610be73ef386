"""The path on the loss surface: its numbers by another road, its words, its picture at every corner."""

import inspect
import math
import re
from itertools import pairwise, product

import numpy as np
import pytest

from backprop_course.explore import SURFACES, path_on_surface
from backprop_course.viz import stages

RAVINE, BOWL, ROW = SURFACES
RANGES = {"surface": list(SURFACES), "learning_rate": (0.01, 0.7), "steps": (1, 40)}
WRITTEN = {  # the loss of two numbers, one place at a time
    RAVINE: lambda a, b: (a * a + 10 * b * b) / 2,
    BOWL: lambda a, b: (2 * a * a + 5 * b * b) / 2,
    ROW: lambda a, b: (a * b - 1) ** 2 / 2,
}


def states(count=30):
    """All corners, all surfaces at their limit, then points drawn inside."""
    yield from product(*RANGES.values())
    yield from ((RAVINE, 0.2, 33), (BOWL, 0.4, 40), (ROW, 0.5, 20), (ROW, 0.6, 40), (ROW, 0.35, 40))
    rng = np.random.default_rng(8)
    for _ in range(count):
        yield list(SURFACES)[rng.integers(3)], round(rng.uniform(0.01, 0.7), 2), int(rng.integers(1, 41))


every_state = pytest.mark.parametrize("surface, rate, steps", list(states()))


def slopes(loss, place, step=1e-6):
    sides = [loss(*(np.array(place) + move)) for move in step * np.array([[1, 0], [-1, 0], [0, 1], [0, -1]])]
    return np.array([sides[0] - sides[1], sides[2] - sides[3]]) / (2 * step)


def curvature(loss, place, step=1e-3):
    """The largest eigenvalue of the measured second slopes, by the formula for two rows."""
    a, b = place
    across = (loss(a + step, b) - 2 * loss(a, b) + loss(a - step, b)) / step**2
    up = (loss(a, b + step) - 2 * loss(a, b) + loss(a, b - step)) / step**2
    corners = [s * t * loss(a + s * step, b + t * step) for s, t in product((1, -1), repeat=2)]
    both = sum(corners) / (4 * step**2)
    return (across + up) / 2 + math.hypot((across - up) / 2, both)


def marks(scene, panel):
    return scene.panels[panel].marks


def shown(text):
    return float(text.replace("−", "-"))


# ------------------------------------------------------------------ every state
@every_state
def test_every_state_can_be_drawn_and_read_out(surface, rate, steps):
    scene = path_on_surface(surface, rate, steps).checked()
    first = path_on_surface(surface)
    assert scene.frame() == first.frame(), "only the surface changes the frame"
    assert 10 <= len(scene.alt.split()) <= 70 and scene.title in scene.alt and surface in scene.alt
    assert len(scene.title) <= scene.width * 8.8, "the title has one line"
    for panel in scene.panels:
        for name, mark in panel.marks.items():
            if name not in ("equal loss", "lowest"):
                assert all(
                    np.all(np.isfinite(each)) for each in mark if isinstance(each, (np.ndarray, float))
                )


@every_state
def test_every_step_goes_against_the_measured_slopes(surface, rate, steps):
    path = marks(path_on_surface(surface, rate, steps), 0)["path"]
    places = np.array([path.x, path.y]).T
    assert np.array_equal(places[0], SURFACES[surface].start)
    far = np.abs(places).max(axis=1) >= 1000
    assert not far[:-1].any() and (far[-1] or len(places) == steps + 1)
    for here, there in pairwise(places):
        if np.abs(here).max() < 20:
            assert np.allclose(there, here - rate * slopes(WRITTEN[surface], here), rtol=1e-5, atol=1e-6)


@every_state
def test_losses_and_limits_are_those_of_the_places(surface, rate, steps):
    scene = path_on_surface(surface, rate, steps)
    path, loss, limit = (marks(scene, k)[name] for k, name in enumerate(("path", "loss", "limit")))
    for k, place in enumerate(zip(path.x, path.y)):
        assert loss.x[k] == limit.x[k] == k
        expected = min(max(WRITTEN[surface](*place), 1e-6), 1e4)
        assert math.isclose(loss.y[k], expected, rel_tol=1e-9)
        if max(map(abs, place)) < 20:
            bend = curvature(WRITTEN[surface], place)
            assert math.isclose(limit.y[k], min(max(2 / bend, 0.005), 10), rel_tol=1e-3)
    now, dashed = marks(scene, 2)["now"], marks(scene, 2)["rate"]
    assert (now.x[0], now.y[0]) == (limit.x[-1], limit.y[-1]) and set(dashed.y) == {rate}


@every_state
def test_title_and_words_say_what_happened(surface, rate, steps):
    scene = path_on_surface(surface, rate, steps)
    path = marks(scene, 0)["path"]
    places = list(zip(path.x, path.y))
    title = scene.title
    assert shown(re.match(r"η = (\d\.\d+)", title)[1]) == rate
    if len(places) <= steps or (max(map(abs, places[-1])) >= 1000 and len(places) <= steps):
        assert f"after {len(places) - 1} step{'s' * (len(places) > 2)} far outside" in title
    else:
        told = shown(re.search(r"loss (\S+) after (\d+) steps?$", title)[1])
        assert math.isclose(told, WRITTEN[surface](*places[-1]), rel_tol=0.06, abs_tol=1e-25)
        assert title.endswith(f"after {steps} steps" if steps > 1 else "after 1 step")
    first = 2 / curvature(WRITTEN[surface], places[0])
    assert math.isclose(shown(re.search(r"2/λmax (?:=|from) (\S+?):? ", title)[1]), first, rel_tol=0.01)
    if surface != ROW:
        limit = {RAVINE: 0.2, BOWL: 0.4}[surface]
        word = "at" if rate == limit else "below" if rate < limit else "above"
        assert f"is {word} 2/λmax" in title and "the same everywhere" in scene.alt
    else:
        assert "another at every place" in scene.alt
    turns = sum((b - a) * (c - b) < 0 for (_, a), (_, b), (_, c) in zip(places, places[1:], places[2:]))
    told, noun = re.search(r"turns back (\d+) (times?) in", scene.alt).groups()
    assert int(told) in (turns, turns + 1) and (noun == "time") == (told == "1")


@every_state
def test_a_curve_that_leaves_its_view_is_said_to(surface, rate, steps):
    scene = path_on_surface(surface, rate, steps)
    path = marks(scene, 0)["path"]
    losses = [WRITTEN[surface](*place) for place in zip(path.x, path.y)]
    above, below = max(losses) > 1e4, min(losses) < 1e-6
    words = {(0, 0): "", (1, 0): "above", (0, 1): "below", (1, 1): "beyond"}[above, below]
    assert scene.panels[1].title == (f"loss {words} the view" if words else "")
    limits = marks(scene, 2)["limit"].y
    assert ("the view" in scene.panels[2].title) == (min(limits) == 0.005 or max(limits) == 10)


# ------------------------------------------------------------------ what the lesson says of it
@pytest.mark.parametrize("surface, limit", [(RAVINE, 0.2), (BOWL, 0.4)])
def test_below_the_limit_it_arrives_at_it_swings_and_above_it_leaves(surface, limit):
    ends = {}
    for share in (0.9, 1.0, 1.1):
        path = marks(path_on_surface(surface, round(share * limit, 3), 40), 0)["path"]
        ends[share] = abs(path.y[-1]) / abs(path.y[0])
    assert ends[0.9] < 1e-3 and ends[1.0] == pytest.approx(1, rel=1e-9) and ends[1.1] > 100


def test_in_a_row_of_two_weights_a_rate_above_the_limit_finds_a_wider_place():
    scene = path_on_surface(ROW, 0.5, 20)
    limits, losses = marks(scene, 2)["limit"].y, marks(scene, 1)["loss"].y
    assert limits[0] < 0.31 and limits[-1] > 0.95 and losses[-1] == 1e-6 and losses.max() > 10 * losses[0]
    assert "far outside" in path_on_surface(ROW, 0.7, 40).title


# ------------------------------------------------------------------ the picture
def test_the_kept_figure_shows_every_state_as_a_new_one_does():
    stage = stages.Stage(path_on_surface())
    for state in ((RAVINE, 0.02, 40), (RAVINE, 0.21, 20), (ROW, 0.5, 7), (BOWL, 0.4, 1)):
        scene = path_on_surface(*state)
        assert stage.png(scene) == stages.Stage(scene).png(scene)


def test_the_first_state_is_that_of_the_defaults_and_of_the_figure_before_it():
    defaults = {name: p.default for name, p in inspect.signature(path_on_surface).parameters.items()}
    assert defaults == {"surface": RAVINE, "learning_rate": 0.18, "steps": 20}
    path = marks(path_on_surface(), 0)["path"]
    by_law = np.array([-9.0, 1.5]) * (1 - 0.18 * np.array([1, 10])) ** np.arange(21)[:, None]
    assert np.allclose(np.array([path.x, path.y]).T, by_law)


def test_the_green_line_is_where_the_loss_is_0():
    x, y = marks(path_on_surface(ROW), 0)["lowest"][:2]
    found = [WRITTEN[ROW](*place) for place in zip(x, y) if not math.isnan(place[0])]
    assert len(found) > 50 and max(found) < 1e-20


@pytest.mark.parametrize("state, named", [
    (("flat",), "surface"), ((RAVINE, 0.0), "learning_rate"), ((RAVINE, math.nan), "learning_rate"),
    ((RAVINE, 0.1, 0), "steps"), ((RAVINE, 0.1, 41), "steps"), ((RAVINE, 0.1, 2.5), "steps"),
])  # fmt: skip
def test_what_lies_beyond_the_picture_is_refused(state, named):
    with pytest.raises(ValueError, match=named):
        path_on_surface(*state)
