"""Where training goes is a path over a surface: seen from above, with lines of equal loss."""

from collections.abc import Callable, Mapping

import numpy as np

from backprop_course.notation import describe, refuse
from backprop_course.viz.style import GRADIENT, INK, VALUE, array_of, new_figure, style

LEVELS = 9  # lines of equal loss, each the same factor above the one before
SPAN = 300  # between the highest level and the lowest


def equal_loss(loss: Callable, x, y, cells: int = 121) -> tuple[np.ndarray, ...]:
    """A grid over the view x = (left, right), y = (low, high): its columns, its rows, the loss, the levels.

    `loss` takes points (M, 2) and returns M numbers from 0 up, not all of them 0. The highest level is the
    largest loss of the view.
    """
    across, up = np.linspace(*x, cells), np.linspace(*y, cells)
    grid = np.stack(np.meshgrid(across, up), axis=-1)
    found = array_of("loss(points)", loss(grid.reshape(-1, 2)), 1)
    if found.size != cells**2 or not np.all(found >= 0) or not found.max() > 0:
        refuse("loss(points)", "a number from 0 up for each point, not 0 everywhere", describe(found))
    return across, up, found.reshape(cells, cells), np.geomspace(found.max() / SPAN, found.max(), LEVELS)


@style()
def paths_on_surface(
    loss: Callable, paths: Mapping, *, x, y, title: str, x_label: str = "w₁", y_label: str = "w₂"
):
    """Lines of equal loss, and on them the places that a training visited: one panel for each path.

    `paths` maps what a panel is called to places (T, 2), the first of them the start; what leaves the view
    is cut. `loss` takes points (M, 2) and returns M numbers from 0 up. Raises TypeError or ValueError for no
    path and for other shapes.
    """
    if not isinstance(paths, Mapping) or not paths:
        refuse("paths", "a dictionary from names to places (T, 2)", describe(paths), TypeError)
    across, up, height, levels = equal_loss(loss, x, y)
    fig = new_figure(title, 3.6)
    axes = fig.subplots(1, len(paths), sharey=True, squeeze=False)[0]
    for ax, (name, places) in zip(axes, paths.items()):
        places = array_of(f"paths[{name!r}]", places, 2)
        if places.shape[1] != 2:
            refuse(f"paths[{name!r}]", "places (T, 2)", f"shape {places.shape}")
        ax.contour(across, up, height, levels[:-1], colors=[VALUE], linewidths=0.8, alpha=0.6)
        ax.plot(*places.T, "o-", color=GRADIENT, linewidth=1.2, markersize=4)
        ax.plot(*places[0], "o", color=INK, markersize=8)
        ax.set(xlim=x, ylim=y, xlabel=x_label, title=name)
        ax.grid(False)
        ax.locator_params(nbins=5)
    axes[0].set_ylabel(y_label)
    return fig
