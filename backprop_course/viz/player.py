"""A training is understood by watching it: a picture that goes on by itself until the learner pauses it."""

from functools import cache
from pathlib import Path

from backprop_course.notation import refuse
from backprop_course.viz.live import MOST_CONTROLS, script
from backprop_course.viz.playing import Playing, place, shown
from backprop_course.viz.presenting import as_still, in_a_notebook
from backprop_course.viz.stages import DOTS_PER_INCH, still

NEEDED = ("advance", "reset", "scene", "ended", "updates_a_picture", "progress", "controls")
HERE = Path(__file__).parent


def play(show) -> None:
    """Display a show that the learner starts, pauses, advances by a single step, and sets back.

    `show.scene()` is its present state; `advance(k)` goes k updates on, `reset()` back to the beginning;
    `ended` says in a sentence why it cannot go on, or is empty; `updates_a_picture` is a number, `progress`
    a share from 0 to 1 with its words; `controls` maps at most three of its attributes to rising tuples of
    numbers, from which the learner chooses at any time. Whatever was displayed before is paused.
    Raises TypeError or ValueError for a show that lacks one of these.
    """
    scene = checked(show).scene()
    if not in_a_notebook():
        print(scene.checked().alt)
        return
    from IPython.display import display

    for playing in list(shown):
        playing.stop()
    display(as_still(still(scene), scene.alt))
    display(_widget()(show, scene))


def checked(show):
    """The show itself; raises what `play` raises."""
    missing = [name for name in NEEDED if not hasattr(show, name)]
    if missing:
        refuse("show", f"something with {', '.join(NEEDED)}", f"no {', '.join(missing)}", TypeError)
    if len(show.controls) > MOST_CONTROLS:
        refuse("show.controls", f"at most {MOST_CONTROLS}", f"{len(show.controls)}")
    return show


@cache
def _widget():
    """The widget's class, made when it is first shown: anywidget takes a while to load."""
    import anywidget
    import traitlets

    class Player(anywidget.AnyWidget):
        _esm = script("player.js")
        _css = "\n".join((HERE / name).read_text(encoding="utf-8") for name in ("live.css", "player.css"))
        name = traitlets.Unicode().tag(sync=True)
        controls = traitlets.List().tag(sync=True)
        width = traitlets.Int().tag(sync=True)

        def __init__(self, show, scene):
            width = round(scene.width * DOTS_PER_INCH)
            super().__init__(name=scene.title, width=width, controls=specs(show))
            self._playing = Playing(show, self.send)
            self.on_msg(lambda _, content, buffers: self._playing.do(content))

        def __repr__(self):  # what pages without a kernel print below the still picture
            return "To start it, run this cell in JupyterLab."

    return Player


def specs(show) -> list[dict]:
    """What the page needs to draw the controls: sliders over the listed values."""
    return [
        {
            "name": name,
            "label": name.replace("_", " "),
            "kind": "steps",
            "low": 0,
            "high": len(values) - 1,
            "step": 1,
            "value": place(show, name)[0],
            "texts": [f"{value:g}" for value in values],
        }
        for name, values in show.controls.items()
    ]
