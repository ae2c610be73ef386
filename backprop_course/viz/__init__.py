"""So that numbers can be seen: charts, drawn graphs and networks in one style, each with a text alternative.

The figures receive arrays and callables and decide no number. Each function returns a Matplotlib figure that
pyplot does not know; `present(fig, alt="…")` shows it.
"""

from backprop_course.viz.charts import bars, curves, dots, learning_curves
from backprop_course.viz.checklists import checklist
from backprop_course.viz.graphs import draw_graph
from backprop_course.viz.images import confusion, heatmap, image_grid
from backprop_course.viz.listing import table
from backprop_course.viz.live import live
from backprop_course.viz.networks import draw_network
from backprop_course.viz.plane import decision_regions, neuron_in_plane
from backprop_course.viz.presenting import present
from backprop_course.viz.shapes import shapes_diagram
from backprop_course.viz.slopes import descent, function_and_slope, three_tangents
from backprop_course.viz.style import CYCLE, GRADIENT, GREEN, INK, NEUTRAL, PURPLE, VALUE
from backprop_course.viz.surfaces import paths_on_surface

__all__ = [
    "CYCLE",
    "GRADIENT",
    "GREEN",
    "INK",
    "NEUTRAL",
    "PURPLE",
    "VALUE",
    "bars",
    "checklist",
    "confusion",
    "curves",
    "decision_regions",
    "descent",
    "dots",
    "draw_graph",
    "draw_network",
    "function_and_slope",
    "heatmap",
    "image_grid",
    "learning_curves",
    "live",
    "neuron_in_plane",
    "paths_on_surface",
    "present",
    "shapes_diagram",
    "table",
    "three_tangents",
]
