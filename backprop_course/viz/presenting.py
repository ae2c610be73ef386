"""So that no figure is only for eyes: it is shown with a text alternative or not at all."""

import io
import sys
from base64 import b64encode
from html import escape

from matplotlib.figure import Figure

from backprop_course.notation import describe, refuse
from backprop_course.viz.style import style

DOTS_PER_INCH = 144  # sharp on screens with two device pixels a pixel, too
PIXELS_PER_INCH = 100  # a figure 8 inches wide is 800 pixels wide on the page


class Picture:
    """A figure as an image that keeps its alternative: HTML in a notebook, the text in a terminal."""

    def __init__(self, png: bytes, width: int, alt: str, mark: str = ""):
        self.png, self.width, self.alt, self.mark = png, width, alt, mark

    def __repr__(self):
        return self.alt

    def _repr_html_(self):
        return (
            f'<img{self.mark} alt="{escape(self.alt)}" width="{self.width}" '
            'style="max-width:100%;height:auto;background:white;padding:8px;box-sizing:border-box" '
            f'src="data:image/png;base64,{b64encode(self.png).decode()}">'
        )


def picture(fig: Figure, alt: str) -> Picture:
    """The figure as an image with its text alternative, ready to be displayed; the figure is closed.

    `alt` says what the figure means to someone who cannot see it. Line breaks and indentation in it do not
    count.
    Raises TypeError if `fig` is no Matplotlib figure or `alt` no text, ValueError if `alt` is blank.
    """
    if not isinstance(fig, Figure):
        refuse("fig", "a Matplotlib figure", describe(fig), TypeError)
    if not isinstance(alt, str):
        refuse("alt", "a text that says what the figure means", describe(alt), TypeError)
    if not alt.strip():
        refuse("alt", "a text that says what the figure means", "no text")
    png = io.BytesIO()
    with style():
        fig.savefig(png, format="png", dpi=DOTS_PER_INCH, facecolor="white")
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close(fig)
    return Picture(png.getvalue(), round(fig.get_figwidth() * PIXELS_PER_INCH), " ".join(alt.split()))


def present(fig: Figure, alt: str) -> None:
    """Show the figure with its text alternative in the notebook and close it. Errors: those of `picture`."""
    from IPython.display import display

    display(picture(fig, alt))


def as_still(fig: Figure, alt: str) -> Picture:
    """The still picture of a live figure, which hides it where it can: the page marks it."""
    shown = picture(fig, alt)
    return Picture(shown.png, shown.width, shown.alt, mark=" data-still")


def in_a_notebook() -> bool:
    """Whether outputs are shown by a notebook, and not by a terminal."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    return hasattr(shell, "kernel")
