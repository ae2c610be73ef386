"""What a network with two inputs says about every point of the plane, and the points it was asked about."""

import numpy as np
from matplotlib.colors import LinearSegmentedColormap

from backprop_course.notation import refuse
from backprop_course.viz.style import GREEN, INK, PURPLE, array_of, new_figure, style

OUTPUT = LinearSegmentedColormap.from_list("output", ("#E3B5D6", "#FFFFFF", "#9FD4B8"))


@style()
def decision_regions(
    predict, X, labels, *, title: str, x_label: str = "x₁", y_label: str = "x₂", margin: float = 0.5
):
    """The plane colored by `predict`, the border where it is 0.5, and labeled points.

    `predict` takes points (M, 2) and returns M numbers from 0 to 1, or the classes 0 and 1. X (N, 2) are the
    points, labels (N,) their classes 0 or 1, `margin` how far the view goes beyond them.
    Raises TypeError or ValueError for other shapes or classes.
    """
    fig, _ = _plane(predict, X, labels, title, x_label, y_label, margin)
    return fig


@style()
def neuron_in_plane(
    predict, w, b: float, X, labels, *, title: str, x_label: str = "x₁", y_label: str = "x₂", margin=0.5
):
    """`decision_regions` of one neuron; an arrow from the line w·x + b = 0 points where w (2,) does."""
    w = array_of("w", w, 1)
    if w.shape != (2,) or not np.any(w):
        refuse("w", "two weights that are not both zero", f"{w.tolist()}")
    fig, ax = _plane(predict, X, labels, title, x_label, y_label, margin)
    points = array_of("X", X, 2)
    middle, size = points.mean(axis=0), np.ptp(points, axis=0).max() + 2 * margin
    foot = middle - (w @ middle + b) / (w @ w) * w  # the point of the line closest to the middle
    along = w / np.linalg.norm(w) * size / 5
    foot = foot + np.array([-along[1], along[0]])  # a little along the line, away from the points
    tip = foot + along
    look = {"arrowstyle": "-|>", "color": INK, "linewidth": 2, "shrinkA": 0, "shrinkB": 0}
    ax.annotate("", tip, foot, arrowprops=look)
    ax.annotate("w", tip, (6, 4), textcoords="offset points", fontweight="bold")
    return fig


def _plane(predict, X, labels, title, x_label, y_label, margin):
    """The colored plane with its points."""
    X = array_of("X", X, 2)
    labels = np.asarray(labels)
    if X.shape[1] != 2 or labels.shape != X.shape[:1] or not np.all(np.isin(labels, (0, 1))):
        refuse("X, labels", "points (N, 2) and N classes 0 or 1", f"shapes {X.shape} and {labels.shape}")
    low, high = X.min(axis=0) - margin, X.max(axis=0) + margin
    across, up = np.meshgrid(np.linspace(low[0], high[0], 301), np.linspace(low[1], high[1], 301))
    grid = np.column_stack([across.ravel(), up.ravel()])
    output = array_of("predict(points)", np.ravel(predict(grid)), 1)
    if output.size != len(grid):
        refuse("predict(points)", f"one number for each of {len(grid)} points", f"{output.size}")
    fig = new_figure(title, 4.6, 6.4)
    ax = fig.subplots()
    ax.set(xlabel=x_label, ylabel=y_label, aspect="equal", xlim=(low[0], high[0]), ylim=(low[1], high[1]))
    ax.grid(False)
    ax.locator_params(nbins=5)
    look = {"cmap": OUTPUT, "vmin": 0, "vmax": 1, "interpolation": "bilinear", "origin": "lower"}
    shown = ax.imshow(output.reshape(across.shape), extent=(low[0], high[0], low[1], high[1]), **look)
    if output.min() < 0.5 < output.max():
        ax.contour(across, up, output.reshape(across.shape), [0.5], colors=[INK], linewidths=1.5)
    fig.colorbar(shown, ax=ax, label="output", shrink=0.8).outline.set_visible(False)
    _points(ax, X, labels)
    return fig, ax


def _points(ax, X, labels):
    """The points, told apart by color, by form and, where there are few, by the class written on them."""
    few = len(X) <= 30
    for each, color, form in ((0, PURPLE, "o"), (1, GREEN, "s")):
        ax.plot(*X[labels == each].T, form, color=color, markersize=17 if few else 6, markeredgecolor="white")
    for point, label in zip(X, labels):
        if few:
            ax.annotate(str(int(label)), point, color="white", fontweight="bold", ha="center", va="center")
