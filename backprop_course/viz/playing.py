"""What goes on by itself has to stop when it is told to: here stands the task that does both.

A task of the kernel's event loop advances a show between two pictures; other cells can be run meanwhile.
"""

import asyncio
import weakref
from collections.abc import Callable
from time import perf_counter

from backprop_course.viz.stages import Stage

TICK = 0.1  # seconds from one picture to the next
BREATH = 0.02  # the least of these that is left to the rest of the kernel
PATIENCE = 20  # ticks without a page that has painted the last picture: nobody is watching any more

shown = weakref.WeakSet()  # all that were made: at most one of these goes on


class Playing:
    """A show with the task that advances it. `do` is told what the learner wants; `send` takes what to show.

    `send(told, [png])` gets a dict with `running`, `values` (name: [place in `controls`, text]), `progress`,
    `words` and `problem`, a sentence or nothing; with a picture also `alt` and `title`; `view` names whom it
    answers.
    The show is touched in the event loop only in which this was made.
    """

    def __init__(self, show, send: Callable[[dict, list[bytes]], None], tick: float = TICK):
        self.show, self._send, self._tick = show, send, tick
        self._loop = asyncio.get_running_loop()
        self._stage = self._task = None
        self._views, self._wanted, self._problem = set(), False, ""
        self._painted = False  # by a page, since the last picture
        shown.add(self)

    @property
    def running(self) -> bool:
        """Whether the show goes on by itself."""
        return self._wanted and self._task is not None and not self._task.done()

    def do(self, message: dict) -> None:
        """What a page wants: {"do": "look", "start", "pause", "step", "reset", "set", "painted" or "gone"}.

        A page calls itself "view"; "set" comes with a "name" and the "index" of a value. May be called in any
        thread: a kernel may take such messages in another thread than its cells.
        """
        if message.get("do") in ("pause", "step", "reset"):
            self._wanted = False  # at once; the rest when the loop is free
        self._loop.call_soon_threadsafe(self._do, message)

    def stop(self) -> None:
        """End the task, if there is one, and say so."""
        if self.running:
            self._pause()
            self._tell()

    def _do(self, message):
        kind, view = message.get("do"), message.get("view")
        if kind == "painted":
            self._painted = True
        elif kind == "gone":
            self._views.discard(view)
            if not self._views:
                self._pause()
                self._stage = None
        elif kind in ("look", "start", "pause", "step", "reset", "set"):
            self._views.add(view)
            try:
                getattr(self, f"_{kind}")(message)
            except Exception as error:
                self._fail(error)
            self._tell(view)

    def _look(self, message):
        """A new page: it is told how things are."""

    def _start(self, message):
        if self.running or self._problem or self.show.ended:
            return
        for other in list(shown):
            if other is not self:
                other.stop()
        self._pause()
        self._wanted = True
        self._task = self._loop.create_task(self._run())

    def _pause(self, message=None):
        self._wanted = False
        if self._task is not None:
            self._task.cancel()
            self._task = None

    def _step(self, message):
        self._pause()
        if not self._problem:
            self.show.advance(1)

    def _reset(self, message):
        self._pause()
        self._problem = ""
        self.show.reset()

    def _set(self, message):
        name = message["name"]
        setattr(self.show, name, self.show.controls[name][message["index"]])

    def _fail(self, error):
        self._wanted = False  # the task, which may be what fails, ends by itself
        self._problem = f"Stopped by {type(error).__name__}: {error}. Press Reset to begin again."

    async def _run(self):
        while self._wanted:
            began = perf_counter()
            try:
                await self._advance()
            except Exception as error:
                self._fail(error)
            self._wanted = self._wanted and not self.show.ended
            self._painted = False
            self._tell(picture=True)
            await asyncio.sleep(max(BREATH, began + self._tick - perf_counter()))
            await self._be_seen()

    async def _advance(self):
        """The updates up to the next picture; where they take long, others come in between."""
        began = perf_counter()
        for _ in range(self.show.updates_a_picture):
            if self.show.ended or not self._wanted:
                return
            self.show.advance(1)
            if perf_counter() - began > BREATH:
                await asyncio.sleep(0)
                began = perf_counter()
        await asyncio.sleep(0)

    async def _be_seen(self):
        """Until a page has painted the last picture; where none does, nobody is watching any more."""
        for _ in range(PATIENCE * 5):  # moments of a free loop are counted: a cell that computes takes none
            if self._painted or not self._wanted:
                return
            await asyncio.sleep(self._tick / 5)
        self._wanted = False
        self._tell()

    def _tell(self, view=None, picture=False):
        """Send how things are; the picture comes with it at rest, and while running when it is its time."""
        seen, pictures = {}, []
        if picture or not self.running:
            try:
                scene = self.show.scene()
                self._stage = self._stage or Stage(scene)
                seen, pictures = {"alt": scene.alt, "title": scene.title}, [self._stage.png(scene)]
            except Exception as error:
                self._fail(error)
        try:
            self._send(self._told() | seen | {"view": view}, pictures)
        except Exception:  # nobody can be told anything
            self._wanted = False

    def _told(self):
        share, words = self.show.progress
        values = {name: place(self.show, name) for name in self.show.controls}
        told = {"running": self.running, "values": values, "progress": share, "words": words}
        return told | {"problem": self._problem or self.show.ended}


def place(show, name):
    """Where a slider stands, and what is written beside it: other code may have set a value in between."""
    values, value = show.controls[name], getattr(show, name)
    return [min(sum(each < value for each in values), len(values) - 1), f"{value:g}"]
