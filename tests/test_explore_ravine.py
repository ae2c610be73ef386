"""The live ravine: its path by recursions written here, its words, its picture at every corner."""

import inspect
import re
from itertools import pairwise, product

import numpy as np
import pytest

from backprop_course.explore import FORMS, path_in_ravine
from backprop_course.viz import stages

RANGES = {"form": list(FORMS), "learning_rate": (0.01, 0.3), "beta": (0.0, 0.98)}
STEPS = 100


def states():
    """All corners of the controls, then points drawn inside and rounded as the sliders round."""
    rng = np.random.default_rng(12)
    yield from product(*RANGES.values())
    for k in range(24):
        yield list(FORMS)[k % 3], round(rng.integers(1, 31) / 100, 2), round(rng.integers(0, 50) / 50, 2)


every_state = pytest.mark.parametrize("form, rate, beta", list(states()))


def walked(form, rate, beta):
    """Each direction by itself, in Python's floats, as the papers write the forms."""
    places = []
    for curvature, w in ((1, -9.0), (25, 1.5)):
        found, V = [w], 0.0
        for _ in range(STEPS):
            if form == "Nesterov":  # 1983: V moves the point behind, whose point ahead is w
                behind = w - V * beta
                V = beta * V - rate * curvature * w
                w = behind + V + beta * V
            else:
                V = beta * V + curvature * w * (1 - beta if form == "mean form" else 1)
                w -= rate * V
            found.append(w)
        places.append(found)
    return np.array(places).T


def steps_needed(places):
    losses = (places[:, 0] ** 2 + 25 * places[:, 1] ** 2) / 2
    return next((k for k in range(STEPS + 1) if max(losses[k:]) <= losses[0] / 1e6), None)


def marks_of(scene, panel):
    return scene.panels[panel].marks


@every_state
def test_the_path_is_that_of_the_papers(form, rate, beta):
    marks = marks_of(path_in_ravine(form, rate, beta), 0)
    expected = walked(form, rate, beta)[: len(marks["path"].x)]
    found = np.column_stack([marks["path"].x, marks["path"].y])
    assert np.allclose(found, expected, rtol=1e-6, atol=1e-12)
    inside = np.abs(found).max(axis=1) < 1000
    assert inside[:-1].all() and (len(found) == STEPS + 1 or not inside[-1])


@every_state
def test_the_title_says_where_it_ends(form, rate, beta):
    scene = path_in_ravine(form, rate, beta)
    expected = walked(form, rate, beta)
    followed = len(marks_of(scene, 0)["path"].x) - 1
    last = (expected[-1, 0] ** 2 + 25 * expected[-1, 1] ** 2) / 2
    if followed < STEPS:
        assert scene.title.endswith(f"far outside after {followed} steps")
    elif (needed := steps_needed(expected)) is not None:
        assert scene.title.endswith(f": {needed} steps to a millionth of the loss")
    else:
        told = re.search(r": loss (\S+) after 100 steps$", scene.title)[1].replace("−", "-")
        assert float(told) == pytest.approx(last, rel=0.06)
    assert scene.title.lower().startswith(form.lower())


@every_state
def test_the_losses_and_the_dot_where_it_arrives(form, rate, beta):
    marks = marks_of(path_in_ravine(form, rate, beta), 1)
    expected = walked(form, rate, beta)[: len(marks["loss"].x)]
    losses = (expected[:, 0] ** 2 + 25 * expected[:, 1] ** 2) / 2
    assert np.allclose(marks["loss"].y, np.clip(losses, 1e-8, 1e4), rtol=1e-5)
    arrived = [] if len(expected) <= STEPS else [k for k in [steps_needed(expected)] if k is not None]
    assert marks["arrival"].x.tolist() == arrived


@every_state
def test_every_state_can_be_drawn_and_read_out(form, rate, beta):
    scene = path_in_ravine(form, rate, beta).checked()
    assert scene.frame() == path_in_ravine().frame(), "only what moves may change"
    for panel in scene.panels:
        for name, mark in panel.marks.items():
            numbers = [each for each in mark if isinstance(each, (np.ndarray, float))]
            assert name == "equal loss" or all(np.all(np.isfinite(each)) for each in numbers), name
    assert 10 <= len(scene.alt.split()) <= 70 and scene.title in scene.alt
    assert len(scene.title) <= scene.width * 8.8, "the title has one line"
    assert not re.search(r"\b1 times", scene.alt)
    crossed = int(re.search(r"crosses the line of lowest points (\d+) times?,", scene.alt)[1])
    arrival = marks_of(scene, 1)["arrival"].x.tolist()
    y = marks_of(scene, 0)["path"].y.tolist()[: int(arrival[0]) + 1 if arrival else None]
    assert crossed == sum(a < 0 < b or b < 0 < a for a, b in pairwise(y))


def test_every_state_has_its_own_words_and_the_first_is_that_of_the_defaults():
    alts = {state: path_in_ravine(*state).alt for state in map(tuple, states())}
    assert len(set(alts.values())) == len(alts)
    assert list(inspect.signature(path_in_ravine).parameters) == list(RANGES)
    assert path_in_ravine().alt == path_in_ravine("heavy ball", 0.11, 0.44).alt


def test_gradient_descent_beside_it_has_its_best_rate():
    """No other rate arrives earlier: tried on a fine grid."""
    marks = marks_of(path_in_ravine(), 1)
    needed = [steps_needed(walked("heavy ball", rate, 0)) or 999 for rate in np.linspace(0.05, 0.08, 301)]
    beside = (np.array([-9.0, 1.5]) * np.array([24 / 26, -24 / 26]) ** np.arange(STEPS + 1)[:, None]) ** 2
    assert np.allclose(marks["descent"].y, np.clip(beside @ [1, 25] / 2, 1e-8, 1e4), rtol=1e-6)
    told = int(re.search(r"needs (\d+) steps", path_in_ravine().alt)[1])
    assert told == 87 and min(needed) in (84, 85, 86, 87)


def test_with_beta_0_the_three_forms_are_one():
    paths = [marks_of(path_in_ravine(form, 0.05, 0), 0)["path"] for form in FORMS]
    assert all(np.allclose([p.x, p.y], [paths[0].x, paths[0].y], rtol=1e-12, atol=0) for p in paths)


@pytest.mark.parametrize("form, needed, rate, beta", [
    ("heavy ball", 20, 0.11, 0.46), ("mean form", 20, 0.2, 0.48), ("Nesterov", 26, 0.05, 0.66),
])  # fmt: skip
def test_what_the_lesson_found_on_the_grid_of_the_sliders(form, needed, rate, beta):
    grid = product(np.arange(1, 31) / 100, np.arange(50) / 50)
    assert min(steps_needed(walked(form, *each)) or 999 for each in grid) == needed
    assert f": {needed} steps" in path_in_ravine(form, rate, beta).title


def test_the_kept_figure_shows_every_state_as_a_new_one_does():
    stage = stages.Stage(path_in_ravine())
    for state in list(states())[-3:]:
        scene = path_in_ravine(*state)
        assert stage.png(scene) == stages.Stage(scene).png(scene)


@pytest.mark.parametrize("given, named", [
    ({"form": "ball"}, "form"), ({"learning_rate": 0}, "learning_rate"),
    ({"learning_rate": 20}, "learning_rate"), ({"learning_rate": float("nan")}, "learning_rate"),
    ({"beta": 1}, "beta"), ({"beta": -0.1}, "beta"),
])  # fmt: skip
def test_what_no_slider_offers_is_refused(given, named):
    with pytest.raises(ValueError, match=f"{named}: expected"):
        path_in_ravine(**given)
