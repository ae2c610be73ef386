"""Each kind of mark in a scene has one artist, and one way to be moved: both stand here, side by side.

`MAKE[kind](ax, mark, panel)` gives the artist, `MOVE[kind](artist, mark)` puts it where the mark is.
"""

import numpy as np
from matplotlib.artist import Artist
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize

from backprop_course.viz.plane import OUTPUT
from backprop_course.viz.scenes import Arrow, Curve, Dots, Field, Pixels, Words


def _curve(ax, mark, panel):
    return ax.plot([], [], color=mark.color, linestyle=(0, (5, 3)) if mark.dashed else "-")[0]


def _dots(ax, mark, panel):
    return ax.plot([], [], mark.form, color=mark.color, markersize=mark.size, markeredgecolor="white")[0]


class _Plane(Artist):
    """Colors that fill the axes. (Matplotlib's own image takes five times as long to be drawn.)"""

    zorder = 0
    shades = (OUTPUT(np.arange(256)) * 255).round().astype(np.uint8)

    def set_data(self, values):
        """Numbers (rows, columns) from 0 to 1, the first row at the bottom."""
        self.colors = self.shades[np.clip(np.asarray(values) * 255 + 0.5, 0, 255).astype(np.uint8)]

    def draw(self, renderer):
        """Stretch the colors over the axes, with smooth transitions."""
        from PIL import Image

        (left, low), (right, high) = np.round(self.axes.bbox.get_points()).astype(int)
        size = (right - left, high - low)
        image = Image.fromarray(self.colors).resize(size, Image.Resampling.BILINEAR)
        renderer.draw_image(renderer.new_gc(), left, low, np.array(image))


def _field(ax, mark, panel):
    plane = ax.add_artist(_Plane())
    plane.set_in_layout(False)
    plane.set_data(mark.values)
    if mark.label:
        bar = ax.figure.colorbar(ScalarMappable(Normalize(0, 1), OUTPUT), ax=ax, label=mark.label, shrink=0.8)
        bar.outline.set_visible(False)
    return plane


def _pixels(ax, mark, panel):
    look = {"cmap": "gray_r", "vmin": 0, "vmax": 1, "interpolation": "nearest", "aspect": ax.get_aspect()}
    return ax.imshow(np.zeros((2, 2)), extent=(*panel.x, *panel.y), **look)


def _arrow(ax, mark, panel):
    look = {"arrowstyle": "-|>", "color": mark.color, "linewidth": 2, "shrinkA": 0, "shrinkB": 0}
    return ax.annotate("", mark.end, mark.start, arrowprops=look)


def _words(ax, mark, panel):
    return ax.text(mark.x, mark.y, mark.text, fontsize=mark.size, ha="center", va="center")


def _move_line(artist, mark):
    artist.set_data(mark.x, mark.y)


def _move_pixels(artist, mark):
    artist.set_data(mark.values)


def _move_arrow(artist, mark):
    artist.set_position(mark.start)
    artist.xy = mark.end
    artist.set_visible(tuple(mark.start) != tuple(mark.end))


def _move_words(artist, mark):
    artist.set_position((mark.x, mark.y))
    artist.set_text(mark.text)
    artist.set_color(mark.color)


MAKE = {Curve: _curve, Dots: _dots, Field: _field, Pixels: _pixels, Arrow: _arrow, Words: _words}
MOVE = {
    Curve: _move_line,
    Dots: _move_line,
    Field: _move_pixels,
    Pixels: _move_pixels,
    Arrow: _move_arrow,
    Words: _move_words,
}
