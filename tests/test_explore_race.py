"""The race in the ravine: its paths by another road, its rates searched anew, its words, its pictures."""

import inspect
import math
import re
from itertools import pairwise, product

import numpy as np
import pytest

from backprop_course.explore import optimizer_race
from backprop_course.explore.race import RATES
from backprop_course.viz import stages

RANGES = {"turn": (0, 45), "rate_factor": (0.1, 3.0), "steps": (0, 100)}
NAMES = ("sgd", "momentum", "adagrad", "rmsprop", "adam")
TRIED = [float(f"{10 ** (k / 3):.3g}") for k in range(-9, 1)]


def states(count=20):
    """All corners of the controls, then places inside, on the grids of the sliders."""
    rng = np.random.default_rng(11)
    yield from product(*RANGES.values())
    for _ in range(count):
        yield 5 * int(rng.integers(10)), round(rng.uniform(0.1, 3), 1), int(rng.integers(101))


STATES = list(states())
every_state = pytest.mark.parametrize("turn, factor, steps", STATES)


# ------------------------------------------------------------------ another road: two plain numbers
def step_of(name, rate, g, kept, t):
    """How far one coordinate goes; `kept` is what is remembered of it."""
    if name == "sgd":
        return rate * g
    if name == "momentum":
        kept["sum"] = 0.9 * kept.get("sum", 0.0) + g
        return rate * kept["sum"]
    if name == "adagrad":
        kept["squares"] = kept.get("squares", 0.0) + g * g
        return rate * g / (math.sqrt(kept["squares"]) + 1e-10)
    if name == "rmsprop":
        kept["squares"] = 0.99 * kept.get("squares", 0.0) + 0.01 * g * g
        return rate * g / (math.sqrt(kept["squares"]) + 1e-8)
    kept["sum"] = 0.9 * kept.get("sum", 0.0) + 0.1 * g
    kept["squares"] = 0.999 * kept.get("squares", 0.0) + 0.001 * g * g
    mean, square = kept["sum"] / (1 - 0.9**t), kept["squares"] / (1 - 0.999**t)
    return rate * mean / (math.sqrt(square) + 1e-8)


def raced(name, turn, rate, steps=100):
    """The places (w1, w2) and the losses: slopes along and across, turned by sine and cosine."""
    c, s = math.cos(math.radians(turn)), math.sin(math.radians(turn))
    w = [-1.7 * c - 0.6 * s, -1.7 * s + 0.6 * c]
    kept, places, losses = ({}, {}), [], []
    for t in range(1, steps + 2):
        along, across = c * w[0] + s * w[1], -s * w[0] + c * w[1]
        places.append(tuple(w))
        losses.append((along * along + 100 * across * across) / 2)
        slopes = c * along - s * 100 * across, s * along + c * 100 * across
        w = [w[k] - step_of(name, rate, slopes[k], kept[k], t) for k in (0, 1)]
    return np.array(places), np.array(losses)


def drawn(scene, panel, name):
    mark = scene.panels[panel].marks[name]
    return np.array(mark.x), np.array(mark.y)


@every_state
def test_paths_and_losses_are_those_of_the_formulas(turn, factor, steps):
    scene = optimizer_race(turn, factor, steps)
    for name, rate in zip(NAMES, RATES[turn]):
        places, losses = raced(name, turn, factor * rate, steps)
        x, y = drawn(scene, 0, name)
        assert len(x) == steps + 1
        at_most = places.clip(-9, 9)
        near = np.abs(places).max(axis=1) < 1e3  # beyond, rounding grows with the path
        assert np.allclose(np.array([x, y]).T[near], at_most[near], rtol=1e-6, atol=1e-6), name
        at, loss = drawn(scene, 1, name)
        assert at.tolist() == list(range(steps + 1))
        seen = near & (losses > 1e-9)  # below, rounding counts
        assert np.allclose(loss[seen], losses[seen].clip(1e-12, 1e4), rtol=1e-3), name
        assert np.all(loss[losses < 1e-14] == 1e-12) and np.all(loss[losses > 1e5] == 1e4)


@pytest.mark.parametrize("turn", RATES)
def test_the_rates_are_the_best_of_ten(turn):
    """By the mean power of ten of the last 20 losses."""
    for name, rate in zip(NAMES, RATES[turn]):
        scores = {}
        for tried in TRIED:
            losses = raced_safely(name, turn, tried)
            scores[tried] = np.log10(losses[-20:].clip(1e-12, 1e4)).mean()
        best = min(scores.values())
        assert rate == next(tried for tried in TRIED if scores[tried] <= best + 1e-6), name


def raced_safely(name, turn, rate):
    try:
        with np.errstate(all="ignore"):
            return np.nan_to_num(raced(name, turn, rate)[1][1:], nan=1e9)
    except OverflowError:
        return np.full(100, 1e9)


def ends(turn, factor=1.0, steps=100):
    scene = optimizer_race(turn, factor, steps)
    return {name: drawn(scene, 1, name)[1][-1] for name in NAMES}


def test_what_the_lesson_says_of_the_race():
    straight, far = ends(0), ends(45)
    assert straight["adagrad"] == straight["rmsprop"] == 1e-12
    for name in ("adagrad", "rmsprop"):
        losses = [ends(turn)[name] for turn in RATES]
        assert all(a <= b for a, b in pairwise(losses)), "the farther turned, the worse"
        assert far[name] > far["sgd"] / 5
    for turn in RATES:
        at = ends(turn)
        assert at["sgd"] == pytest.approx(straight["sgd"], rel=1e-9)
        assert at["momentum"] == pytest.approx(straight["momentum"], rel=1e-6)
        assert at["adam"] < at["sgd"] / 100
        for factor, holds in ((2.0, False), (3.0, True)):
            assert (ends(turn, factor)["sgd"] == 1e4) == holds
        assert max(ends(turn, 3.0)[name] for name in NAMES[2:]) < 100
    flat = drawn(optimizer_race(0, 2.0), 1, "sgd")[1]
    assert flat[0] > flat[-1] > 15, "at its limit, plain descent jumps across for ever"


def test_lines_of_equal_loss_are_that():
    for turn in (0, 20, 45):
        c, s = math.cos(math.radians(turn)), math.sin(math.radians(turn))
        marks = optimizer_race(turn).panels[0].marks
        levels = [name for name in marks if name.startswith("level")]
        assert len(levels) == 4
        for name in levels:
            x, y = marks[name].x, marks[name].y
            losses = ((c * x + s * y) ** 2 + 100 * (c * y - s * x) ** 2) / 2
            assert np.allclose(losses, float(name.split()[1]), rtol=1e-9)


# ------------------------------------------------------------------ words and pictures
def shown(text):
    return float(text.replace("−", "-").replace(",", ""))


@every_state
def test_title_and_words_say_the_losses_and_the_rates(turn, factor, steps):
    scene = optimizer_race(turn, factor, steps).checked()
    assert scene.title in scene.alt and 10 <= len(scene.alt.split()) <= 70
    assert f"turned by {turn} degrees" in scene.alt and len(scene.title) <= scene.width * 8.8
    told = re.search(r"Losses and learning rates: (.*)\.$", scene.alt)[1].split(", ")
    assert len(told) == 5 or "above 10,000" in scene.alt
    for name, rate in zip(NAMES, RATES[turn]):
        loss = drawn(scene, 1, name)[1][-1]
        pattern = rf"\b{name} (above 10,000|below 1e−12|\S+) with (\S+?)[,.]?(?: |$)"
        found = re.search(pattern, scene.alt.split(":")[-1])
        assert math.isclose(shown(found[2]), factor * rate, rel_tol=5.1e-3)
        if found[1].startswith(("above", "below")):
            assert loss == (1e4 if "above" in found[1] else 1e-12)
        else:
            assert math.isclose(shown(found[1]), loss, rel_tol=5.1e-2)
        label = scene.panels[1].marks[f"name of {name}"].text
        assert math.isclose(shown(label.split(" = ")[1]), factor * rate, rel_tol=5.1e-3)
    if steps:
        last = ends(turn, factor, steps)
        assert f"After {steps} steps" in scene.title
        highest = re.search(r"; (\w+) highest", scene.title)[1]
        assert last[highest] == max(last.values())
        lowest = re.search(r"steps: (\w+)", scene.title)[1]
        assert last[lowest] == min(last.values())


@every_state
def test_every_state_can_be_drawn(turn, factor, steps):
    scene = optimizer_race(turn, factor, steps).checked()
    assert scene.frame()[:2] == optimizer_race().frame()[:2], "the picture must not change its size"
    for panel, first in zip(scene.panels, optimizer_race().panels):
        assert list(panel.marks) == list(first.marks) and (panel.x, panel.y) == (first.x, first.y)
        for mark in panel.marks.values():
            numbers = [each for each in mark if isinstance(each, (np.ndarray, float))]
            assert all(np.all(np.isfinite(each)) for each in numbers)
    heights = sorted(math.log10(m.y) for n, m in scene.panels[1].marks.items() if n.startswith("name"))
    assert all(b - a > 1.05 for a, b in pairwise(heights)), "names do not stand on each other"
    assert all(-13.3 < height < 5 for height in heights), "names stay in the picture"


def test_the_kept_figure_shows_a_state_as_a_new_one_does():
    stage = stages.Stage(optimizer_race())
    for state in STATES[-3:]:
        scene = optimizer_race(*state)
        assert stage.png(scene) == stages.Stage(scene).png(scene)


def test_the_first_state_is_that_of_the_defaults_and_nothing_is_kept():
    defaults = {name: p.default for name, p in inspect.signature(optimizer_race).parameters.items()}
    assert list(defaults) == list(RANGES)
    first = optimizer_race().alt
    optimizer_race(45, 3.0, 7)
    assert optimizer_race(**defaults).alt == first == optimizer_race().alt
    alts = {state: optimizer_race(*state).alt for state in STATES}
    assert len(set(alts.values())) == len(alts)


def test_numbers_from_sliders_are_the_same_numbers():
    assert optimizer_race(45.0, 2.0, 69.0).alt == optimizer_race(45, 2, 69).alt


@pytest.mark.parametrize("given, named", [
    ({"turn": 7}, "turn"), ({"turn": -5}, "turn"), ({"rate_factor": 0.0}, "rate_factor"),
    ({"rate_factor": math.nan}, "rate_factor"), ({"steps": 101}, "steps"), ({"steps": -1}, "steps"),
    ({"steps": 2.5}, "steps"),
])  # fmt: skip
def test_what_lies_beyond_the_controls_is_refused(given, named):
    with pytest.raises(ValueError, match=named):
        optimizer_race(**given)
