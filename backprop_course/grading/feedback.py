"""The answer to an answer is read in a notebook, in a terminal and by a screen reader, so words carry it."""

from typing import NamedTuple

from backprop_course.grading import choices


class NotYet(AssertionError):  # noqa: N818 (the learner reads this name)
    """An exercise has not passed; the message stands above."""

    def _render_traceback_(self):
        """What a notebook shows in place of a traceback of ours."""
        return [f"NotYet: {self}"]


class Feedback(NamedTuple):
    """What a check found: `passed`, the id of the recognized `mistake` or None, and the `message`.

    `more` is what is folded below the message: the name of the mistake and what to read again.
    """

    id: str
    passed: bool
    message: str
    mistake: str | None = None
    more: tuple[str, ...] = ()

    def __str__(self):
        head = f"{self.id}: {'passed' if self.passed else 'not yet'}."
        return "\n".join([f"{head} {self.message}", *(f"  {line}" for line in self.more)])

    def __repr__(self):
        return str(self)

    def _repr_html_(self):
        head = "✓ passed" if self.passed else "Not yet"
        body = choices.rich(self.message).replace("\n", "<br>")
        more = "".join(f"<p>{choices.rich(line)}</p>" for line in self.more)
        title = "The mistake that gives these numbers" if self.mistake else "What to read again"
        folded = choices.folded(title, more) if more else ""
        return f'<div role="status"><p><strong>{self.id}: {head}.</strong> {body}</p>{folded}</div>'

    def require(self) -> None:
        """Show the feedback; raise NotYet unless the exercise has passed."""
        choices.show(str(self), self._repr_html_())
        if not self.passed:
            raise NotYet(f"{self.id} has not passed yet. The message above says what to look at.") from None
