"""Drawing a figure anew takes long enough to be felt, so one figure is kept and only its artists move."""

import io

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from backprop_course.viz.plane import OUTPUT
from backprop_course.viz.scenes import Arrow, Curve, Dots, Field, Panel, Pixels, Scene, Words
from backprop_course.viz.style import new_figure, style, wrapped

DOTS_PER_INCH = 100
COLORS = 128  # of the palette: half the time to encode, and no difference to the eye


@style()
def still(scene: Scene) -> Figure:
    """The scene as a figure of its own, for `present`."""
    return _Drawing(scene.checked()).fig


class Stage:
    """A kept figure: `png(scene)` moves its artists and gives the picture as a PNG file.

    Where a scene has another frame (limits, labels, other marks) everything is drawn anew.
    """

    def __init__(self, scene: Scene):
        self._begin(scene.checked())

    @style()
    def _begin(self, scene):
        self.drawing = _Drawing(scene)
        fig = self.drawing.fig
        fig.set_dpi(DOTS_PER_INCH)
        self.canvas = FigureCanvasAgg(fig)
        self.canvas.draw()  # the layout is found once, with everything in its place
        fig.set_layout_engine("none")
        for artist in self.drawing.artists:
            artist.set_animated(True)
        self.canvas.draw()
        self.background = self.canvas.copy_from_bbox(fig.bbox)
        self.frame = _frame(scene)

    @property
    def width(self) -> int:
        """The width of the picture on the page, in pixels."""
        return round(self.drawing.fig.get_figwidth() * DOTS_PER_INCH)

    def png(self, scene: Scene) -> bytes:
        """The picture of a scene; refuses what cannot be drawn."""
        if _frame(scene.checked()) != self.frame:
            self._begin(scene)
        self.drawing.move(scene)
        self.canvas.restore_region(self.background)
        for artist in self.drawing.artists:
            artist.axes.draw_artist(artist) if artist.axes else artist.draw(self.canvas.get_renderer())
        return _encoded(np.asarray(self.canvas.buffer_rgba()))


def _frame(scene):
    """Where this changes, everything is drawn anew: a title of more lines leaves less room for the rest."""
    return wrapped(scene.title, scene.width).count("\n"), scene.frame()


def _encoded(rgba):
    from PIL import Image

    file = io.BytesIO()
    image = Image.fromarray(rgba).convert("RGB")
    image = image.quantize(COLORS, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    image.save(file, "png", compress_level=1)
    return file.getvalue()


class _Drawing:
    """A figure with the artists of a scene, in the order in which they are drawn."""

    def __init__(self, scene):
        self.fig = new_figure(scene.title, scene.height, scene.width)
        shares = [panel.share for panel in scene.panels]
        self.axes = self.fig.subplots(1, len(shares), squeeze=False, width_ratios=shares)[0]
        self.title = self.fig._suptitle
        self.titles = [_prepared(ax, panel) for ax, panel in zip(self.axes, scene.panels)]
        self.marks = [_marks(ax, panel) for ax, panel in zip(self.axes, scene.panels)]
        self.move(scene)

    @property
    def artists(self):
        """Everything that moves, in the order in which it is drawn."""
        return [self.title, *self.titles, *(artist for marks in self.marks for artist in marks.values())]

    def move(self, scene):
        """Put every artist where the scene has it."""
        self.title.set_text(wrapped(scene.title, scene.width))
        for title, marks, panel in zip(self.titles, self.marks, scene.panels):
            title.set_text(panel.title)
            for name, mark in panel.marks.items():
                _MOVE[type(mark)](marks[name], mark)


def _prepared(ax, panel: Panel):
    """Limits, labels and looks of the axes; returns the title, which has its place also where it is blank."""
    ax.set(xlim=panel.x, ylim=panel.y, xlabel=panel.x_label, ylabel=panel.y_label)
    if panel.log:
        ax.set_yscale("log")
    if panel.square:
        ax.set_aspect("equal")
    if panel.bare:
        ax.axis("off")
    if any(isinstance(mark, Field | Pixels) for mark in panel.marks.values()):
        ax.grid(False)
    return ax.set_title(panel.title or " ", color=panel.title_color)


def _marks(ax, panel: Panel):
    return {name: _MAKE[type(mark)](ax, mark, panel) for name, mark in panel.marks.items()}


def _curve(ax, mark, panel):
    return ax.plot([], [], color=mark.color, linestyle=(0, (5, 3)) if mark.dashed else "-")[0]


def _dots(ax, mark, panel):
    return ax.plot([], [], mark.form, color=mark.color, markersize=mark.size, markeredgecolor="white")[0]


def _field(ax, mark, panel):
    look = {"cmap": OUTPUT, "vmin": 0, "vmax": 1, "interpolation": "bilinear", "origin": "lower"}
    shown = ax.imshow(np.zeros((2, 2)), extent=(*panel.x, *panel.y), **look)
    ax.set_aspect("equal" if panel.square else "auto")
    if mark.label:
        ax.figure.colorbar(shown, ax=ax, label=mark.label, shrink=0.8).outline.set_visible(False)
    return shown


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


_MAKE = {Curve: _curve, Dots: _dots, Field: _field, Pixels: _pixels, Arrow: _arrow, Words: _words}
_MOVE = {
    Curve: _move_line,
    Dots: _move_line,
    Field: _move_pixels,
    Pixels: _move_pixels,
    Arrow: _move_arrow,
    Words: _move_words,
}
