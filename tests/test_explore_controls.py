"""A live figure refuses, by name, what is no number or not in its menu, and stays readable at the ends."""

import math

import numpy as np
import pytest

from backprop_course import explore
from backprop_course.explore.ravine import steps_needed

CONTROLS = {
    "optimizer_race": {"turn": 5, "rate_factor": 2.0, "steps": 3},
    "path_on_surface": {"surface": "", "learning_rate": 0.1, "steps": 2},
    "noisy_step": {"keep": 0.5, "change": "", "seed": 1},
    "path_in_ravine": {"form": "", "learning_rate": 0.1, "beta": 0.5},
    "weights_under_penalty": {"power": -3.0, "penalty": "", "labels": ""},
    "signals": {"depth": 3, "scale": 1.0, "activation": ""},
    "chain_of_tangents": {"x": 1.0, "functions": ""},
}
EACH = [(figure, name) for figure, controls in CONTROLS.items() for name in controls]


@pytest.mark.parametrize("value", [None, "0.1", [1], {}, True, math.nan])
@pytest.mark.parametrize("figure, name", EACH)
def test_what_is_no_number_and_in_no_menu_is_refused_by_name(figure, name, value):
    with pytest.raises(ValueError, match=f"{name}: expected"):
        getattr(explore, figure)(**{name: value})


@pytest.mark.parametrize("seed", [-1, 0.5, math.inf])
def test_a_seed_is_a_whole_number(seed):
    with pytest.raises(ValueError, match="seed: expected a whole number"):
        explore.noisy_step(seed=seed)


@pytest.mark.parametrize("figure", CONTROLS)
def test_numbers_may_be_those_of_numpy_and_whole_ones_may_come_as_2_0(figure):
    given = {name: value for name, value in CONTROLS[figure].items() if value != ""}
    expected = getattr(explore, figure)(**given).alt
    for kind in (float, np.float64):
        assert (
            getattr(explore, figure)(**{name: kind(value) for name, value in given.items()}).alt == expected
        )


def test_a_race_that_leaves_for_infinity_is_told_without_nan():
    scene = explore.optimizer_race(rate_factor=1e4)
    assert "nan" not in scene.title + scene.alt and "sgd above 10,000" in scene.alt


def test_one_step_is_one_step():
    assert explore.path_on_surface(steps=1).title.endswith("after 1 step")


def test_losses_that_are_0_from_the_start_need_no_step():
    assert steps_needed(np.zeros(4)) == 0
