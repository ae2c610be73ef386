"""Lines of equal loss lie where the loss is equal; paths are drawn where they were."""

import numpy as np
import pytest
from matplotlib.colors import to_hex

from backprop_course import viz
from backprop_course.viz.style import GRADIENT
from backprop_course.viz.surfaces import LEVELS, SPAN, level_lines


def bowl(w):
    return w[:, 0] ** 2 + 10 * w[:, 1] ** 2


def product(w):
    return (w[:, 0] * w[:, 1] - 1) ** 2


@pytest.mark.parametrize("loss, x, y", [(bowl, (-4, 3), (-1, 2)), (product, (-2, 3), (-2, 2))])
def test_each_line_keeps_to_one_loss_and_the_losses_grow_by_one_factor(loss, x, y):
    lines = np.array(level_lines(loss, x, y)).T
    assert np.all(np.isnan(lines[-1])), "the last line has an end, too"
    ends = np.flatnonzero(np.isnan(lines[:, 0]))
    pieces = [piece[~np.isnan(piece[:, 0])] for piece in np.split(lines, ends)]
    levels = [float(np.median(loss(piece))) for piece in pieces if len(piece)]
    for piece, level in zip((piece for piece in pieces if len(piece)), levels):
        assert np.allclose(loss(piece), level, rtol=0.05, atol=2e-3 * max(levels))
        assert np.all((piece >= [x[0], y[0]]) & (piece <= [x[1], y[1]]))
    grid = np.stack(np.meshgrid(np.linspace(*x, 121), np.linspace(*y, 121)), axis=-1).reshape(-1, 2)
    found = np.unique(np.round(np.log(np.array(levels) / loss(grid).max()) / np.log(SPAN) * LEVELS))
    assert len(found) == LEVELS and np.array_equal(found, np.arange(-LEVELS, 0))


def test_each_panel_shows_its_path_from_its_start_and_is_named():
    paths = {"short": [[-2.0, 1.0], [-1.0, 0.2]], "long": np.array([[-2.0, 1.0], [0.0, -9.0], [2.0, 9.0]])}
    fig = viz.paths_on_surface(bowl, paths, x=(-3, 3), y=(-2, 2), title="Long steps leave")
    assert [ax.get_title("left") for ax in fig.axes] == list(paths)
    for ax, places in zip(fig.axes, paths.values()):
        drawn = [line for line in ax.lines if to_hex(line.get_color()).upper() == GRADIENT]
        assert len(drawn) == 1 and np.array_equal(drawn[0].get_xydata(), places)
        assert np.array_equal(ax.lines[-1].get_xydata(), [places[0]])
        assert ax.get_xlim() == (-3, 3) and ax.get_ylim() == (-2, 2), "the view stays, whatever leaves it"


@pytest.mark.parametrize("change, error, named", [
    ({"paths": {}}, TypeError, "paths"), ({"paths": [[0, 1]]}, TypeError, "paths"),
    ({"paths": {"a": [[1, 2, 3]]}}, ValueError, "paths"), ({"paths": {"a": [1, 2]}}, ValueError, "paths"),
    ({"loss": lambda w: w[:, 0]}, ValueError, "loss"), ({"loss": lambda w: 0 * w[:, 0]}, ValueError, "loss"),
    ({"loss": lambda w: np.ones(3)}, ValueError, "loss"), ({"title": " "}, ValueError, "title"),
    ({"x": (1, 2, 3)}, ValueError, r"x: expected two finite numbers.*, got \(1, 2, 3\)"),
    ({"y": (1, 1)}, ValueError, r"y: .* got \(1, 1\)"), ({"y": None}, ValueError, "y: expected"),
    ({"x": "ab"}, TypeError, "x: expected numbers"), ({"x": (0, np.inf)}, ValueError, "x: .* inf"),
    ({"paths": {"a": [[0, np.nan]]}}, ValueError, r"paths\['a'\]: expected finite numbers, got nan"),
    ({"loss": lambda w: w[:, 0] * 0 + np.inf}, ValueError, "loss.*: expected a finite number"),
])  # fmt: skip
def test_what_cannot_be_drawn_is_refused(change, error, named):
    call = {"loss": bowl, "paths": {"a": [[0, 1]]}, "x": (-1, 1), "y": (-1, 1), "title": "A finding"} | change
    with pytest.raises(error, match=named):
        viz.paths_on_surface(call.pop("loss"), call.pop("paths"), **call)
