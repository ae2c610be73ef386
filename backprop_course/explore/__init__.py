"""The live figures of the lessons: numbers from the rooms below, pictures from `viz`.

Pure functions for `viz.live`, each in a module of its own. The stepper is imported from `explore.stepping`.
"""

from backprop_course.explore.descent import SURFACES, path_on_surface
from backprop_course.explore.masks import CHANGES, noisy_step
from backprop_course.explore.neuron import one_neuron
from backprop_course.explore.penalties import weights_under_penalty
from backprop_course.explore.race import optimizer_race
from backprop_course.explore.ravine import FORMS, path_in_ravine
from backprop_course.explore.signals import signals
from backprop_course.explore.tangents import PAIRS, chain_of_tangents

__all__ = [
    "CHANGES",
    "FORMS",
    "PAIRS",
    "SURFACES",
    "chain_of_tangents",
    "noisy_step",
    "one_neuron",
    "optimizer_race",
    "path_in_ravine",
    "path_on_surface",
    "signals",
    "weights_under_penalty",
]
