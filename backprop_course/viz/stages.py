"""Drawing a figure anew takes long enough to be felt, so one figure is kept and only its artists move."""

import io
from functools import cache

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from backprop_course.viz.marks import MAKE, MOVE
from backprop_course.viz.plane import OUTPUT
from backprop_course.viz.scenes import Field, Panel, Pixels, Scene
from backprop_course.viz.style import CYCLE, INK, NEUTRAL, new_figure, style, wrapped

DOTS_PER_INCH = 100


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
        for artist in (*self.drawing.titles, *self.drawing.moving):
            artist.set_animated(True)
        self.canvas.draw()
        self.empty = self.background = self.canvas.copy_from_bbox(fig.bbox)
        self.frame, self.titled = _frame(scene), None

    @property
    def width(self) -> int:
        """The width of the picture on the page, in pixels."""
        return round(self.drawing.fig.get_figwidth() * DOTS_PER_INCH)

    def png(self, scene: Scene) -> bytes:
        """The picture of a scene; refuses what cannot be drawn."""
        if _frame(scene.checked()) != self.frame:
            self._begin(scene)
        self.drawing.move(scene)
        self._put_titles([(title.get_text(), title.get_color()) for title in self.drawing.titles])
        self.canvas.restore_region(self.background)
        self._draw(self.drawing.moving)
        return _encoded(np.asarray(self.canvas.buffer_rgba()), _colors(scene))

    def _put_titles(self, texts):
        """Titles take as long to draw as all the rest, so they are drawn when they have changed."""
        if texts == self.titled:
            return
        self.canvas.restore_region(self.empty)
        self._draw(self.drawing.titles)
        self.background, self.titled = self.canvas.copy_from_bbox(self.drawing.fig.bbox), texts

    def _draw(self, artists):
        for artist in artists:
            artist.draw(self.canvas.get_renderer())


def _frame(scene):
    """Where this changes, everything is drawn anew: a title of more lines leaves less room for the rest."""
    return wrapped(scene.title, scene.width).count("\n"), scene.frame()


def _encoded(rgba, colors):
    from PIL import Image

    file = io.BytesIO()
    image = Image.fromarray(rgba).convert("RGB").quantize(palette=_palette(colors), dither=Image.Dither.NONE)
    image.save(file, "png", compress_level=1)
    return file.getvalue()


@cache
def _palette(colors):
    """A picture with 256 colors: the ones given, in steps down to white, and 128 for the plane.

    A palette found anew for each picture takes four times as long and shows bands in the plane.
    """
    from PIL import Image

    steps = np.linspace(1, 0, 128 // len(colors))[:, None]
    ramps = [1 - steps + steps * to_rgb(color) for color in colors]
    table = np.concatenate([*ramps, OUTPUT(np.linspace(0, 1, 128))[:, :3]])
    table[table.min(axis=1) > 0.96] = 1  # the nearest color of white is white
    image = Image.new("P", (1, 1))
    image.putpalette((table * 255).round().astype(np.uint8).tobytes())
    return image


def _colors(scene):
    marks = [mark for panel in scene.panels for mark in panel.marks.values()]
    wanted = {mark.color for mark in marks if hasattr(mark, "color")} | {p.title_color for p in scene.panels}
    return tuple(sorted({"#000000", INK, NEUTRAL, *CYCLE, *wanted}))


class _Drawing:
    """A figure with the artists of a scene, in the order in which they are drawn."""

    def __init__(self, scene):
        self.fig = new_figure(scene.title, scene.height, scene.width)
        shares = [panel.share for panel in scene.panels]
        self.axes = self.fig.subplots(1, len(shares), squeeze=False, width_ratios=shares)[0]
        prepared = [_prepared(ax, panel) for ax, panel in zip(self.axes, scene.panels)]
        self.titles = [self.fig._suptitle, *prepared]
        self.marks = [_marks(ax, panel) for ax, panel in zip(self.axes, scene.panels)]
        self.move(scene)

    @property
    def moving(self):
        """All marks, in the order in which they are drawn."""
        return [artist for marks in self.marks for artist in marks.values()]

    def move(self, scene):
        """Put every artist where the scene has it."""
        texts = [wrapped(scene.title, scene.width), *(panel.title for panel in scene.panels)]
        for title, text in zip(self.titles, texts):
            title.set_text(text)
        for title, marks, panel in zip(self.titles[1:], self.marks, scene.panels):
            title.set_color(panel.title_color)
            for name, mark in panel.marks.items():
                MOVE[type(mark)](marks[name], mark)


def _prepared(ax, panel: Panel):
    """Limits, labels and looks of the axes; returns the title, which has its place also where it is blank."""
    ax.set(xlim=panel.x, ylim=panel.y, xlabel=panel.x_label, ylabel=panel.y_label)
    if panel.log:
        ax.set_yscale("log")
    if panel.last_tick < panel.x[1]:
        ax.set_xticks([tick for tick in ax.get_xticks() if panel.x[0] <= tick <= panel.last_tick])
    if panel.square:
        ax.set_aspect("equal")
    if panel.bare:
        ax.axis("off")
    if any(isinstance(mark, Field | Pixels) for mark in panel.marks.values()):
        ax.grid(False)
    return ax.set_title(panel.title or " ", color=panel.title_color)


def _marks(ax, panel: Panel):
    return {name: MAKE[type(mark)](ax, mark, panel) for name, mark in panel.marks.items()}
