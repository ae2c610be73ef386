"""The live figure of lesson 12: its networks trained by another road, its counts, its words, its pictures."""

import inspect
import math
import re
from itertools import product

import numpy as np
import pytest

from backprop_course import data, models, notation, ops, training
from backprop_course.explore import penalties, weights_under_penalty
from backprop_course.explore.penalties import LABELS, PENALTIES, POWERS, learned
from backprop_course.viz import stages

RANGES = {"power": (-4.0, -1.5), "penalty": list(PENALTIES), "labels": list(LABELS)}
L2, SLOPE, PROXIMAL = PENALTIES
CORNERS = [dict(zip(RANGES, corner)) for corner in product(*RANGES.values())]
DRAWN = np.random.default_rng(12)
INSIDE = [
    {"power": float(DRAWN.choice(POWERS)), "penalty": str(DRAWN.choice(list(PENALTIES))), "labels": labels}
    for labels in list(LABELS) * 6
]
every_state = pytest.mark.parametrize("state", CORNERS + INSIDE, ids=lambda state: str(list(state.values())))


def net_of(state):
    return learned(state["penalty"], state["labels"])[POWERS.tolist().index(state["power"])]


def all_weights(net):
    return [w for W in (net.W1, net.W2) for row in W.tolist() for w in row]


def shown(text):
    """A number as the figures write it."""
    return float(text.replace("−", "-"))


# ------------------------------------------------------------------ every state
@every_state
def test_every_state_can_be_drawn_and_read_out(state):
    scene, first = weights_under_penalty(**state).checked(), weights_under_penalty()
    assert scene.frame() == first.frame(), "the picture must not change its size"
    for panel in scene.panels:
        for mark in panel.marks.values():
            numbers = [each for each in mark if isinstance(each, (np.ndarray, float))]
            assert all(np.all(np.isfinite(each)) for each in numbers), (panel.title, mark)
    assert 10 <= len(scene.alt.split()) <= 70 and scene.title in scene.alt
    assert len(scene.title) <= scene.width * 8.8, "the title has one line"


@every_state
def test_title_words_and_pixels_count_the_weights_one_at_a_time(state):
    scene, net = weights_under_penalty(**state), net_of(state)
    weights = all_weights(net)
    told = re.match(r"λ = (\S+): ([\d,]+) of 1,184 weights are exactly 0, (\d+)% right", scene.title)
    assert shown(told[1]) == pytest.approx(10 ** state["power"], rel=2e-2)
    assert int(told[2].replace(",", "")) == sum(w == 0 for w in weights) and len(weights) == 1184
    assert abs(int(told[3]) - 100 * net.accuracy) <= 0.5 + 1e-9
    sizes = re.search(r"Largest weight (\S+), mean size (\S+)\. (\d+) of 64", scene.alt)
    assert shown(sizes[1]) == pytest.approx(max(map(abs, weights)), rel=6e-3, abs=1e-12)
    assert shown(sizes[2]) == pytest.approx(sum(map(abs, weights)) / 1184, rel=6e-2, abs=1e-12)
    dark = [max(abs(net.W1[unit, pixel]) for unit in range(16)) for pixel in range(64)]
    unused = [size == 0 for size in dark]
    assert int(sizes[3]) == sum(unused) and f"{sum(unused)} of 64 pixels unused" == scene.panels[2].title
    pixels = scene.panels[2].marks["pixels"].values
    assert ((pixels == 0).ravel() == unused).all(), "white means that all are 0, and nothing else"
    assert all(abs(shade - min(size / 1.5, 1)) <= 0.1 for shade, size in zip(pixels.ravel(), dark))
    assert state["penalty"] in scene.alt and f"labels {state['labels']}." in scene.alt


@every_state
def test_the_histogram_counts_every_weight_once(state):
    weights, steps = all_weights(net_of(state)), weights_under_penalty(**state).panels[1].marks["counts"]
    bins = list(zip(steps.x[::2], steps.x[1::2], steps.y[::2]))
    assert len(bins) == 25 and steps.y[::2].tolist() == steps.y[1::2].tolist()
    for k, (low, high, count) in enumerate(bins):
        low, high = -math.inf if k == 0 else low, math.inf if k == 24 else high
        assert max(sum(low <= w < high for w in weights), 0.7) == count


@every_state
def test_the_dots_stand_on_the_curves_at_the_strength(state):
    marks, path = weights_under_penalty(**state).panels[0].marks, learned(state["penalty"], state["labels"])
    losses = {"training": [net.loss for net in path], "validation": [net.validation_loss for net in path]}
    for name, values in losses.items():
        assert (
            marks[name].y.tolist() == values
            and max(values) < 2.5
            and marks[name].x.tolist() == POWERS.tolist()
        )
        k = POWERS.tolist().index(state["power"])
        assert (marks[f"{name} now"].x, marks[f"{name} now"].y) == (state["power"], values[k])
    assert marks["now"].x.tolist() == [state["power"]] * 2


def test_another_state_has_other_words_and_the_defaults_are_the_first():
    alts = [weights_under_penalty(*state).alt for state in product(POWERS, PENALTIES, LABELS)]
    assert len(set(alts)) == len(alts) == 66
    defaults = {name: p.default for name, p in inspect.signature(weights_under_penalty).parameters.items()}
    assert list(defaults) == list(RANGES) and weights_under_penalty(**defaults).alt == alts[0]


def test_a_power_between_two_strengths_takes_the_nearest():
    assert (
        weights_under_penalty(-2.4).alt == weights_under_penalty(-2.5).alt != weights_under_penalty(-2.3).alt
    )


@pytest.mark.parametrize("state", CORNERS[-3:], ids=lambda state: str(list(state.values())))
def test_the_kept_figure_shows_every_state_as_a_new_one_does(state):
    stage, scene = stages.Stage(weights_under_penalty()), weights_under_penalty(**state)
    assert stage.png(scene) == stages.Stage(scene).png(scene)


# ------------------------------------------------------------------ the networks by another road
@pytest.mark.parametrize("penalty, power", [(L2, -2.0), (SLOPE, -2.25), (PROXIMAL, -2.5), (PROXIMAL, -1.5)])
@pytest.mark.parametrize("labels", LABELS)
def test_the_networks_are_those_that_the_training_loop_gives(penalty, power, labels):
    """Trained by `training.steps` on digits that are taken here, one class after the other."""
    rng, digits, strength = np.random.default_rng(0), data.digits(), 10.0**power
    of_class = [[row for row in range(905) if digits.labels[row] == k] for k in range(10)]
    rows = [row for each in of_class for row in rng.permutation(each)[:20]]
    wrong = rng.random(200) < {"all right": 0, "one in five wrong": 0.2}[labels]
    told = digits.labels[rows]
    told[wrong] = [(k + off) % 10 for k, off in zip(told[wrong], rng.integers(1, 10, wrong.sum()))]
    assert 0.1 < wrong.mean() < 0.3 or labels == "all right"
    model = models.two_layer
    if penalty != PROXIMAL:
        model = models.with_penalties(model, **{"l2" if penalty == L2 else "l1": strength})
    rng = np.random.default_rng(0)
    params = models.two_layer.init(rng, 64, 16, 10)
    call = {"optimizer": training.sgd(0.5), "batch_size": 25, "epochs": 50, "rng": rng, "out": params}
    for _ in training.steps(model, params, digits.X[rows] / 16, notation.one_hot(told, 10), **call):
        for name in ("W1", "W2") if penalty == PROXIMAL else ():
            params[name][...] = ops.soft_threshold(params[name], 0.5 * strength)
    net = learned(penalty, labels)[POWERS.tolist().index(power)]
    assert np.allclose(net.W1, params["W1"], atol=1e-6) and np.allclose(net.W2, params["W2"], atol=1e-6)
    Y_pred = models.two_layer.forward(params, digits.X[905:1200] / 16)[0]
    right = [Y_pred[k].argmax() == digits.labels[905 + k] for k in range(295)]
    losses = [-math.log(Y_pred[k, digits.labels[905 + k]]) for k in range(295)]
    assert net.accuracy == pytest.approx(sum(right) / 295, abs=0.004)
    assert net.validation_loss == pytest.approx(sum(losses) / 295, abs=1e-4)


def test_what_the_lesson_lets_the_learner_find():
    """With right labels the validation loss rises in the end; with wrong ones it falls before, always."""
    for penalty in PENALTIES:
        right, wrong = ([net.validation_loss for net in learned(penalty, labels)] for labels in LABELS)
        assert min(right[5:]) > min(right[:5]) and right[-1] > 3 * right[0]
        best = int(np.argmin(wrong))
        assert POWERS[best] == -2.25 and wrong[best] < 0.9 * wrong[0] and wrong[-1] > wrong[best] + 0.4
    unused = [int((net.W1 == 0).all(axis=0).sum()) for net in learned(PROXIMAL, "all right")]
    assert unused == sorted(unused) and unused[0] == 0 and unused[-1] == 64
    columns = (learned(PROXIMAL, "all right")[6].W1 == 0).all(axis=0).reshape(8, 8).sum(axis=0)
    assert columns[[0, 1, 6, 7]].sum() == columns.sum() > 10, "the pixels at the sides go first"


@pytest.mark.parametrize("given, named", [
    ({"power": -5.0}, "power"), ({"power": math.nan}, "power"), ({"penalty": "L2"}, "penalty"),
    ({"labels": "wrong"}, "labels"),
])  # fmt: skip
def test_what_lies_beyond_the_picture_is_refused(given, named):
    with pytest.raises(ValueError, match=named):
        weights_under_penalty(**given)


def test_the_constants_of_the_other_road_are_those_of_the_figure():
    assert (penalties.RATE, penalties.UNITS, penalties.EPOCHS, penalties.BATCH) == (0.5, 16, 50, 25)
