"""Depth × scale: signal and gradient by the tape, one number at a time; words; pictures at every corner."""

import math
import re
from itertools import pairwise, product

import numpy as np
import pytest

from backprop_course import autodiff
from backprop_course.autodiff import Tensor
from backprop_course.explore import signals
from backprop_course.viz import stages

RANGES = {"depth": (1, 20), "scale": (0.5, 2.5), "activation": ("ReLU", "tanh")}
NODES = {"ReLU": autodiff.relu, "tanh": autodiff.tanh}


def states(count=10):
    """All corners of the controls, then points inside, rounded as the sliders round."""
    rng = np.random.default_rng(12)
    yield from product(*RANGES.values())
    for _ in range(count):
        drawn = int(rng.integers(2, 20)), round(0.05 * rng.integers(11, 50), 2)
        yield *drawn, RANGES["activation"][rng.integers(2)]


STATES = [*states(), (20, math.sqrt(2), "ReLU"), (20, 1.0, "tanh"), (7, 1.0, "ReLU")]
every_state = pytest.mark.parametrize("depth, scale, activation", STATES)


def by_the_tape(depth, scale, activation):
    """Signal and gradient of every layer, 0 to depth: the same draws, and the tape's way back."""
    rng = np.random.default_rng(0)
    layers = [Tensor(0.1 * rng.standard_normal((20, 100)))]
    weights = rng.standard_normal((20, 100, 100)) / 10
    error = rng.standard_normal((20, 100))
    for W in weights[:depth]:
        layers.append(NODES[activation](layers[-1] @ (scale * W).T))
    found = autodiff.gradients((layers[-1] * error).sum())
    spreads = [np.mean((A.value - A.value.mean()) ** 2) for A in layers]
    squares = [np.mean(found[A] ** 2) for A in layers]
    return np.array(spreads) / spreads[0], np.array(squares) / squares[-1]


@every_state
def test_every_state_can_be_drawn_and_read_out(depth, scale, activation):
    scene = signals(depth, scale, activation).checked()
    assert scene.frame() == signals().frame(), "the picture must not change its frame"
    for panel in scene.panels:
        for name, mark in panel.marks.items():
            numbers = [each for each in mark if isinstance(each, (np.ndarray, float))]
            assert all(np.all(np.isfinite(each)) for each in numbers), (panel.title, mark)
            if hasattr(mark, "y"):
                assert np.all((np.asarray(mark.y) >= panel.y[0]) & (np.asarray(mark.y) <= panel.y[1])), name
                assert np.all((np.asarray(mark.x) >= panel.x[0]) & (np.asarray(mark.x) <= panel.x[1])), name
    assert 10 <= len(scene.alt.split()) <= 70 and scene.title in scene.alt
    assert len(scene.title) <= scene.width * 8.8, "the title has one line"


@every_state
def test_signal_and_gradient_are_those_of_the_tape(depth, scale, activation):
    signal, gradient = by_the_tape(depth, scale, activation)
    layers, ends = (panel.marks for panel in signals(depth, scale, activation).panels)
    assert layers["signal"].x.tolist() == layers["gradient"].x.tolist() == list(range(depth + 1))
    assert np.allclose(layers["signal"].y, signal, rtol=1e-9)
    assert np.allclose(layers["gradient"].y, gradient, rtol=1e-9)
    assert layers["signal"].y[0] == 1 and layers["gradient"].y[-1] == 1
    for name, end, value in (("signal", "last layer", signal[-1]), ("gradient", "inputs", gradient[0])):
        assert np.allclose([layers[end].y, ends[f"{name} here"].y], value, rtol=1e-9)
        assert ends[f"{name} here"].x.tolist() == [scale]
    assert layers["last layer"].x.tolist() == [depth] and layers["inputs"].x.tolist() == [0]


@pytest.mark.parametrize("depth, activation", [(1, "tanh"), (6, "tanh"), (20, "ReLU")])
def test_the_curves_over_all_scales_go_through_what_each_scale_gives(depth, activation):
    curves = signals(depth, 1.0, activation).panels[1].marks
    assert np.allclose(curves["signal"].x, 0.5 + 0.1 * np.arange(21))
    for k in (0, 5, 13, 20):
        signal, gradient = by_the_tape(depth, 0.5 + 0.1 * k, activation)
        assert np.allclose(
            [curves["signal"].y[k], curves["gradient"].y[k]], [signal[-1], gradient[0]], rtol=1e-9
        )
    for name, place in (("Xavier", 1), ("He", math.sqrt(2))):
        assert curves[name].x.tolist() == [place] * 2


def test_with_relu_a_scale_acts_in_every_layer_by_its_square():
    """ReLU(c z) = c ReLU(z): so all scales follow from one, for the signal and for the gradient."""
    for depth in (1, 4, 20):
        base, other = (signals(depth, scale).panels[0].marks for scale in (1.0, 2.0))
        for name in ("signal", "gradient"):
            powers = np.arange(depth + 1) if name == "signal" else np.arange(depth, -1, -1)
            assert np.allclose(other[name].y, base[name].y * 4.0**powers, rtol=1e-9)


@every_state
def test_title_and_words_say_what_arrives(depth, scale, activation):
    scene = signals(depth, scale, activation)
    form = r"(\d+) (\w+ layers?): signal (\w+) \(× (\S+)\), gradient (\w+) \(× (\S+)\)$"
    told = re.match(form, scene.title)
    assert told[1] == str(depth) and told[2] == f"{activation} layer" + "s" * (depth > 1)
    for (word, text), values in zip(
        (told.group(3, 4), told.group(5, 6)), by_the_tape(depth, scale, activation)
    ):
        value = max(values[-1], values[0], key=lambda end: abs(math.log(end)))  # the other end is 1
        assert float(text.replace("−", "-")) == pytest.approx(value, rel=0.06)
        assert word == ("faded" if value < 0.5 else "kept" if value <= 2 else "grown")
    assert scene.alt.startswith("Weights with standard deviation ") and "seed 0" in scene.alt
    assert "(seed 0)" in scene.panels[1].title


def test_what_the_lesson_says_was_seen():
    kept = {
        (name, activation, depth): [
            round(float(scale), 2)
            for scale in np.linspace(0.5, 2.5, 41)
            if f"{name} kept" in signals(depth, scale, activation).title
        ]
        for name, activation in (("signal", "ReLU"), ("gradient", "tanh"))
        for depth in (5, 20)
    }
    assert kept == {
        ("signal", "ReLU", 5): [1.35, 1.4, 1.45, 1.5],
        ("signal", "ReLU", 20): [1.4],
        ("gradient", "tanh", 5): [0.95, 1.0, 1.05],
        ("gradient", "tanh", 20): [1.0],
    }
    above = [signals(20, scale, "tanh").panels[1].marks for scale in (1.5, 2.0, 2.5)]
    assert max(float(marks["signal here"].y[0]) for marks in above) < 100
    assert all(b > 10 * a for a, b in pairwise([float(marks["gradient here"].y[0]) for marks in above]))


def test_another_state_has_other_words_and_nothing_is_kept():
    first = signals().alt
    alts = {state: signals(*state).alt for state in STATES}
    assert len(set(alts.values())) == len(set(STATES))
    assert signals().alt == signals(20, 1.4, "ReLU").alt == first


def test_the_kept_figure_shows_every_state_as_a_new_one_does():
    stage = stages.Stage(signals())
    for state in STATES[-4:]:
        scene = signals(*state)
        assert stage.png(scene) == stages.Stage(scene).png(scene)


@pytest.mark.parametrize("given, named", [
    ((0, 1.0, "ReLU"), "depth"), ((21, 1.0, "ReLU"), "depth"), ((2.5, 1.0, "ReLU"), "depth"),
    ((5, 0.4, "ReLU"), "scale"), ((5, math.nan, "tanh"), "scale"), ((5, 1.0, "sigmoid"), "activation"),
])  # fmt: skip
def test_what_lies_beyond_the_picture_is_refused(given, named):
    with pytest.raises(ValueError, match=named):
        signals(*given)
