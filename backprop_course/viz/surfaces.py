"""Where training goes is a path over a surface: seen from above, with lines of equal loss."""

from collections.abc import Callable, Mapping

import numpy as np
from matplotlib.figure import Figure

from backprop_course.notation import describe, refuse, require_finite
from backprop_course.viz.style import GRADIENT, INK, array_of, new_figure, style

LEVELS = 9  # lines of equal loss, each the same factor above the one before
SPAN = 300  # between the largest loss of the view and the lowest line
CELLS = 121
PALE = "#CFCFCF"  # of the lines, so that the path stands out


def level_lines(loss: Callable, x, y) -> tuple[np.ndarray, np.ndarray]:
    """Lines of equal loss over the view x = (left, right), y = (low, high): one line (M,), (M,), NaN between.

    `loss` takes points (M, 2) and returns M finite numbers from 0 up, not all of them 0. TypeError or
    ValueError otherwise, and for a view that is not two rising numbers.
    """
    for name, view in (("x", x), ("y", y)):
        ends = array_of(name, view, 1)
        if ends.size != 2 or not np.isfinite(ends).all() or not ends[0] < ends[1]:
            refuse(name, "two finite numbers, the lower one first", f"{view}")
    across, up = np.linspace(*x, CELLS), np.linspace(*y, CELLS)
    points = np.stack(np.meshgrid(across, up), axis=-1).reshape(-1, 2)
    found = array_of("loss(points)", loss(points), 1)
    if found.size != len(points) or not np.all(found >= 0) or not 0 < found.max() < np.inf:
        refuse("loss(points)", "a finite number from 0 up for each point, not 0 everywhere", describe(found))
    levels = np.geomspace(found.max() / SPAN, found.max(), LEVELS + 1)[:-1]
    drawn = Figure().subplots().contour(across, up, found.reshape(CELLS, CELLS), levels)
    gap = np.full((1, 2), np.nan)
    lines = [part for segments in drawn.allsegs for line in segments for part in (line, gap)]
    return tuple(np.concatenate(lines).T)


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
    lines = level_lines(loss, x, y)
    fig = new_figure(title, 3.6)
    axes = fig.subplots(1, len(paths), sharey=True, squeeze=False)[0]
    for ax, (name, places) in zip(axes, paths.items()):
        places = array_of(f"paths[{name!r}]", places, 2)
        if places.shape[1] != 2:
            refuse(f"paths[{name!r}]", "places (T, 2)", f"shape {places.shape}")
        require_finite(f"paths[{name!r}]", places)
        ax.plot(*lines, color=PALE, linewidth=1)
        ax.plot(*places.T, "o-", color=GRADIENT, linewidth=1.2, markersize=4)
        ax.plot(*places[0], "o", color=INK, markersize=8)
        ax.set(xlim=x, ylim=y, xlabel=x_label, title=name)
        ax.grid(False)
        ax.locator_params(nbins=5)
    axes[0].set_ylabel(y_label)
    return fig
