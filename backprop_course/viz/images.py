"""Numbers laid out in a grid: small pictures, tables of slopes, and which digit was taken for which."""

import numpy as np
from matplotlib.patches import Rectangle

from backprop_course.notation import refuse, require_finite
from backprop_course.viz.style import SIGNED, SIGNED_PALE, WIRE, array_of, new_figure, number, style

GAP = 0.12  # inches between the pictures of a grid


@style()
def image_grid(images, titles=None, *, title: str, columns: int = 10, signed: bool = False, unit="weight"):
    """Pictures in rows of `columns`, all on one scale.

    images (k, height, width). Dark is large; with `signed`, green is positive, purple negative, white zero,
    and a scale with `unit` stands beside. `titles` are k short texts.
    Raises TypeError or ValueError for other shapes, numbers that are not finite or another number of titles.
    """
    images = array_of("images", images, 3)
    require_finite("images", images)
    titles = [""] * len(images) if titles is None else list(titles)
    if len(titles) != len(images):
        refuse("titles", f"{len(images)} texts, one a picture", f"{len(titles)}")
    columns = min(columns, len(images))
    rows = -(-len(images) // columns)
    side = min(1.3, (6.9 if signed else 7.4) / columns)  # inches of a column; the picture fills most of it
    tall = side + 0.25 * any(titles)
    fig = new_figure(title, rows * tall + 0.6, max(columns * side + (1.1 if signed else 0.2), 6.0))
    ax = fig.subplots()
    top = np.abs(images).max() or 1.0
    look = {"vmax": top} | ({"cmap": SIGNED, "vmin": -top} if signed else {"cmap": "gray_r", "vmin": 0})
    for k, (image, text) in enumerate(zip(images, titles)):
        corner = k % columns * side, (rows - k // columns) * tall - side
        shown = _place(ax, image, text, corner, side - GAP, look)
    ax.set(xlim=(0, columns * side), ylim=(0, rows * tall), anchor="W")  # imshow has set other limits
    ax.set_axis_off()
    if signed:
        scale = fig.colorbar(shown, ax=ax, label=unit, shrink=0.9, fraction=0.03)
        scale.outline.set_visible(False)
    return fig


def _place(ax, image, text, corner, side, look):
    """An image in a frame, its lower left corner there and its longer side that long, with a text above."""
    x, y = corner
    high, wide = np.array(image.shape) / max(image.shape) * side
    ax.add_patch(Rectangle(corner, wide, high, fill=False, edgecolor=WIRE, linewidth=0.8))
    ax.text(x + wide / 2, y + high + 0.04, text, fontsize=10, ha="center", va="bottom")
    return ax.imshow(image, extent=(x, x + wide, y, y + high), **look)


@style()
def confusion(matrix, *, title: str, names=None):
    """How often each true class (row) was predicted as each class (column).

    matrix (m, m) of counts, as `training.confusion_matrix` gives it. The mistakes stand out, zeros stay
    blank.
    Raises ValueError if it is not square or holds negative counts.
    """
    counts = array_of("matrix", matrix, 2)
    if counts.shape[0] != counts.shape[1] or counts.min() < 0 or not np.array_equal(counts, np.round(counts)):
        refuse("matrix", "a square table of counts", f"shape {counts.shape}, smallest {counts.min():g}")
    m = len(counts)
    names = [str(k) for k in range(m)] if names is None else list(names)
    wrong = counts * (1 - np.eye(m))
    shade = np.where(np.eye(m) > 0, 0.35, -wrong / (wrong.max() or 1))
    texts = [[f"{count:.0f}" if count else "" for count in row] for row in counts]
    return _table(shade, texts, names, names, title, "true class", "predicted class")


@style()
def heatmap(matrix, *, title: str, row_names=None, column_names=None, column_label="", decimals=None):
    """A small table of numbers, each written in its cell: green positive, purple negative.

    matrix (r, c), at most 12 by 12; `decimals` places in each cell, by default three significant digits.
    Raises ValueError if it is larger, not finite, or the names do not fit.
    """
    matrix = array_of("matrix", matrix, 2)
    require_finite("matrix", matrix)
    if max(matrix.shape) > 12:
        refuse("matrix", "at most 12 rows and columns", f"shape {matrix.shape}")
    written = number if decimals is None else lambda entry: f"{entry:.{decimals}f}".replace("-", "−")
    texts = [[written(entry) for entry in row] for row in matrix]
    names = [
        range(1, size + 1) if given is None else given
        for given, size in zip((row_names, column_names), matrix.shape)
    ]
    return _table(matrix / (np.abs(matrix).max() or 1), texts, *names, title, column_label=column_label)


def _table(shade, texts, row_names, column_names, title, row_label="", column_label=""):
    """Cells with a text each, shaded by a number from -1 to 1."""
    rows, columns = shade.shape
    if len(row_names) != rows or len(column_names) != columns:
        refuse("names", f"{rows} rows and {columns} columns", f"{len(row_names)} and {len(column_names)}")
    wide = 0.85 if max(len(text) for row in texts for text in row) > 4 else 0.5
    fig = new_figure(title, 0.5 * rows + 1.2, max(wide * columns + 1.6, 5.5))
    ax = fig.subplots()
    ax.pcolormesh(shade, cmap=SIGNED_PALE, vmin=-1, vmax=1, edgecolors="#E3E3E3", linewidth=1)
    for (r, c), _ in np.ndenumerate(shade):
        ax.text(c + 0.5, r + 0.5, texts[r][c], ha="center", va="center")
    ax.set(xticks=np.arange(columns) + 0.5, xticklabels=column_names, xlabel=column_label, ylabel=row_label)
    ax.set(yticks=np.arange(rows) + 0.5, yticklabels=row_names, ylim=(rows, 0), aspect=0.5 / wide)
    ax.xaxis.tick_top()
    ax.xaxis.set_label_position("top")
    ax.tick_params(length=0, labelsize=11)
    ax.grid(False)
    ax.spines[:].set_visible(False)
    return fig
