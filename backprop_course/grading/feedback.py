"""The answer to an answer is read in a notebook, in a terminal and by a screen reader, so words carry it."""

from html import escape
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from backprop_course.grading import choices


class NotYet(AssertionError):  # noqa: N818 (the learner reads this name)
    """An exercise has not passed; the message stands above."""

    def _render_traceback_(self):
        """What a notebook shows in place of a traceback of ours."""
        return [f"NotYet: {self}"]


class Feedback(NamedTuple):
    """What a check found: `passed`, the id of the recognized `mistake` or None, and the `message`.

    `more` is folded below the message: the name of the mistake and why it gives these numbers. `section` is
    the heading that is worth reading again, of `lesson` if that is not the exercise's own; `written` is False
    where nothing was to be checked.
    """

    id: str
    passed: bool
    message: str
    mistake: str | None = None
    more: tuple[str, ...] = ()
    section: str = ""
    written: bool = True
    lesson: str = ""

    def __str__(self):
        head = f"{self.id}: {'passed' if self.passed else 'not yet'}."
        lines = [*self.more, *([f"Read again: {self._where}. A hint: {self._hint}"] if self.section else [])]
        return "\n".join([f"{head} {self.message}", *(f"  {line}" for line in lines)])

    def __repr__(self):
        return str(self)

    def _repr_html_(self):
        head = "✓ passed" if self.passed else "Not yet"
        body = choices.rich(self.message).replace("\n", "<br>")
        more = "".join(f"<p>{choices.rich(line)}</p>" for line in self.more)
        folded = choices.folded("The mistake behind this answer", more) if more else ""
        read = f"<p>Read again: {self._link()}. A hint: <code>{escape(self._hint)}</code></p>"
        after = folded + (read if self.section else "")
        return f'<div role="status"><p><strong>{self.id}: {head}.</strong> {body}</p>{after}</div>'

    @property
    def _where(self):
        return f"lesson {self._number}, “{self.section}”"

    @property
    def _number(self):
        return self.lesson or self.id.partition(".")[0]

    @property
    def _hint(self):
        return f'hint("{self.id}")'

    def _link(self):
        """The section as a link from where the notebook runs, or its name where the lesson is not near."""
        for folder in ("..", "../notebooks"):
            for lesson in Path(folder).glob(f"{self._number}_*.ipynb"):
                heading = quote(self.section.replace(" ", "-"))
                return f'<a href="{folder}/{lesson.name}#{heading}">{escape(self._where)}</a>'
        return escape(self._where)

    def require(self) -> None:
        """Show the feedback; raise NotYet unless the exercise has passed."""
        choices.show(str(self), self._repr_html_())
        if not self.passed:
            raise NotYet(f"{self.id} has not passed yet. The message above says what to look at.") from None
