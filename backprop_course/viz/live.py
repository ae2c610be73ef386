"""A figure that answers while a learner drags shows what no still picture can: how one thing follows another.

`live(function, w=(-3, 3))` draws what the function returns for its arguments: a `Scene`. Its parameters'
defaults are the first state, which is also the still picture where no kernel runs.
"""

import inspect
import math
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import NamedTuple

from backprop_course.notation import describe, refuse
from backprop_course.viz.presenting import as_still, in_a_notebook
from backprop_course.viz.scenes import Scene
from backprop_course.viz.stages import Stage, still

MOST_CONTROLS = 3
HERE = Path(__file__).parent


class Control(NamedTuple):
    """What moves one argument: a "slider", a "number" (a seed) or a "choice", with its first value."""

    name: str
    kind: str
    value: float | int | str
    low: float = 0
    high: float = 0
    step: float = 0
    options: tuple[str, ...] = ()

    @property
    def digits(self) -> int:
        """Digits after the point that tell one step from the next."""
        return next((d for d in range(6) if abs(round(self.step, d) - self.step) < 1e-9), 6)

    def values(self) -> tuple:
        """The ends of a range, or all options: the corners at which the tests call the function."""
        return self.options or (self.low, self.high)


def live(function: Callable[..., Scene], **ranges) -> None:
    """Show the scene of a function with a control for each named argument, three at most.

    A range is (low, high) or (low, high, step) for a slider, a list of texts for a menu; the argument called
    `seed` gets a number field. The first value is the parameter's default. In a terminal, and on a page
    without a kernel, the first scene stands still.
    Raises TypeError or ValueError for a function or a range that does not fit.
    """
    controls = controls_of(function, ranges)
    scene = function()
    if not in_a_notebook():
        print(scene.checked().alt)
        return
    from IPython.display import display

    display(as_still(still(scene), scene.alt))
    display(_widget()(function, controls, scene))


def controls_of(function: Callable, ranges: dict) -> list[Control]:
    """The controls that `live` would show; refuses what it would refuse."""
    parameters = inspect.signature(function).parameters
    if not 1 <= len(ranges) <= MOST_CONTROLS:
        refuse("ranges", f"one to {MOST_CONTROLS} arguments to control", f"{len(ranges)}")
    for name in ranges:
        if name not in parameters or parameters[name].default is inspect.Parameter.empty:
            refuse("ranges", f"arguments of {function.__name__} that have a default", repr(name))
    return [_control(name, parameters[name].default, given) for name, given in ranges.items()]


def _control(name, first, given):
    if isinstance(given, list) and given and all(isinstance(text, str) for text in given):
        if first not in given:
            refuse(name, f"a default among {given}", repr(first))
        return Control(name, "choice", first, options=tuple(given))
    if not isinstance(given, tuple) or len(given) not in (2, 3):
        refuse(name, "(low, high), (low, high, step) or a list of texts", describe(given), TypeError)
    if not all(isinstance(each, int | float) and math.isfinite(each) for each in (*given, first)):
        refuse(name, "(low, high) and a default, all finite numbers", f"{given}, default {first}", TypeError)
    low, high, *steps = given
    if not (low < high and low <= first <= high and all(step > 0 for step in steps)):
        refuse(name, "low < high, the default between them, a step above 0", f"{given}, default {first}")
    step = steps[0] if steps else 1 if name == "seed" else _nice((high - low) / 100)
    for what, value in (("default", first), ("high", high)):
        if abs((value - low) / step - round((value - low) / step)) > 1e-6:
            refuse(name, f"a {what} on the grid low, low + {step:g}, …", f"{given}, {what} {value}")
    return Control(name, "number" if name == "seed" else "slider", first, low, high, step)


def _nice(step):
    """The largest of 1, 2 or 5 times a power of ten up to `step`: round numbers lie on such a grid."""
    power = 10.0 ** math.floor(math.log10(step))
    return max(k * power for k in (1, 2, 5) if k * power <= step * (1 + 1e-9))


def answer(function: Callable, stage: Stage, values: dict) -> tuple[dict, list[bytes]]:
    """What goes back to the browser: the picture and its words, or a problem, said so that one can act."""
    try:
        scene = function(**values)
        if not isinstance(scene, Scene):
            refuse(function.__name__, "a Scene", describe(scene), TypeError)
        return {"alt": scene.checked().alt}, [stage.png(scene)]
    except Exception as error:
        told = ", ".join(f"{name} = {value}" for name, value in values.items())
        problem = f"No picture for {told}: {type(error).__name__}: {error}. Choose other values."
        return {"problem": problem}, []


def script(name: str) -> str:
    """The script of a live figure behind the parts that all of them share: a browser is given one text."""
    return "\n".join((HERE / part).read_text(encoding="utf-8") for part in ("parts.js", name))


@cache
def _widget():
    """The widget's class, made when it is first shown: anywidget takes a while to load."""
    import anywidget
    import traitlets

    class LiveFigure(anywidget.AnyWidget):
        _esm, _css = script("live.js"), HERE / "live.css"
        name = traitlets.Unicode().tag(sync=True)
        controls = traitlets.List().tag(sync=True)
        width = traitlets.Int().tag(sync=True)

        def __init__(self, function, controls, scene):
            self._function, self._stage = function, Stage(scene)
            specs = [c._asdict() | {"digits": c.digits, "label": c.name.replace("_", " ")} for c in controls]
            super().__init__(name=scene.title, width=self._stage.width, controls=specs)
            self.on_msg(self._asked)

        def __repr__(self):  # what pages without a kernel print below the still picture
            return "To move its controls, run this cell in JupyterLab."

        def _asked(self, _, content, buffers):
            told, picture = answer(self._function, self._stage, content["values"])
            self.send(told | {"view": content["view"], "key": content["key"]}, picture)

    return LiveFigure
