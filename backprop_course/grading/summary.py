"""Who comes back wants to see at a glance what is done and what is open: in tables, in marks and in words."""

from html import escape
from typing import NamedTuple

from backprop_course.grading.counting import RIGHT, TRIED, Concept, Lesson, Share, by_concept, by_lesson

LESSON_HEAD = ("lesson", "predictions", "right", "exercises", "tries", "hints")
CONCEPT_HEAD = ("concept", "inventory A", "inventory B", "exercises")


class Summary(NamedTuple):
    """All lessons and all concepts with what is done; prints as tables of those that are begun.

    How form A of the inventory went is told only when form B of the same concept is answered.
    """

    lessons: list[Lesson]
    concepts: list[Concept]

    EMPTY = "Nothing is recorded yet. What you choose in your course folder will appear here."

    @property
    def tables(self) -> list[list[tuple[str, ...]]]:
        """The table by lesson and the table by concept, each a list of rows, the head first."""
        lessons = [_lesson_row(lesson) for lesson in self.lessons if lesson.is_begun]
        concepts = [_concept_row(concept) for concept in self.concepts if concept.is_begun]
        both = ((LESSON_HEAD, lessons), (CONCEPT_HEAD, concepts))
        return [[head, *rows] for head, rows in both if rows]

    def __str__(self):
        return "\n\n".join(map(_aligned, self.tables)) or self.EMPTY

    def _repr_html_(self):
        return "".join(map(_html, self.tables)) or f"<p>{self.EMPTY}</p>"

    @property
    def finding(self) -> str:
        """What the figure shows, in one sentence."""
        made, exercises = self._sum("predictions"), self._sum("exercises")
        if not self.tables:
            counts = f"{len(made)} predictions, {len(exercises)} exercises, {len(self.concepts)} ideas"
            return f"Nothing recorded yet: {counts} are open"
        return (
            f"You have made {made.begun} of {len(made)} predictions "
            f"and passed {exercises.right} of {len(exercises)} exercises"
        )

    @property
    def words(self) -> str:
        """What the figure means to someone who cannot see it."""
        open_lessons = [lesson.title for lesson in self.lessons if not lesson.is_begun]
        parts = [f"{self.finding}."]
        parts += [_lesson_words(lesson) for lesson in self.lessons if lesson.is_begun]
        parts += [f"Open: {', '.join(open_lessons)}."] * bool(open_lessons)
        for name, form in (("before", "A"), ("after", "B")):
            share = self._sum(name, self.concepts)
            parts += [f"Form {form} of the inventory: {share.begun} of {len(share)} questions answered."]
        parts += [_concept_words(c) for c in self.concepts if c.is_told or c.exercises.begun]
        return " ".join(parts)

    @property
    def marks(self) -> dict[str, dict[str, dict[str, list[str]]]]:
        """The states for a figure: by "lesson" and by "concept", then by name, then by column."""
        return {
            "lesson": {
                lesson.title: {
                    "predictions": list(lesson.predictions.values()),
                    "exercises": list(lesson.exercises.values()),
                }
                for lesson in self.lessons
            },
            "concept": {
                concept.name: {
                    "form A": [*(concept.before if concept.is_told else _kept(concept.before)).values()],
                    "form B": list(concept.after.values()),
                    "exercises": list(concept.exercises.values()),
                }
                for concept in self.concepts
            },
        }

    def _sum(self, name, rows=None):
        shares = [getattr(row, name) for row in (self.lessons if rows is None else rows)]
        return Share({(k, key): state for k, share in enumerate(shares) for key, state in share.items()})


def summarize(found: list[dict]) -> Summary:
    """What these events say, by lesson and by concept."""
    return Summary(by_lesson(found), by_concept(found))


def _kept(share):
    """The states without saying what is right."""
    return Share({name: TRIED if state == RIGHT else state for name, state in share.items()})


def _lesson_row(lesson):
    made, exercises = lesson.predictions, lesson.exercises
    return (
        lesson.id,
        _of(made.begun, made),
        str(made.right) if made else "-",
        _of(exercises.right, exercises),
        "-" if lesson.tries is None else format(lesson.tries, "g"),
        str(lesson.hints or "-"),
    )


def _concept_row(concept):
    before, after, exercises = concept.before, concept.after, concept.exercises
    told = _of(before.right, before.begun) if concept.is_told or not before.begun else "answered"
    passed = _of(exercises.right, exercises.begun)
    return (concept.name, told, _of(after.right, after.begun), passed)


def _of(part, whole):
    count = whole if isinstance(whole, int) else len(whole)
    return f"{part} of {count}" if count else "-"


def _aligned(rows: list[tuple]) -> str:
    """The rows as text: the first column to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows)]
    lines = [
        [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:]))]
        for row in rows
    ]
    return "\n".join("  ".join(line) for line in lines)


def _html(rows: list[tuple]) -> str:
    """The rows as a table whose head and first column are headers."""
    head, *body = [[escape(cell) for cell in row] for row in rows]
    top = "".join(f'<th scope="col">{cell}</th>' for cell in head)
    side = '<th scope="row" style="text-align:left">'
    lines = "".join(
        f"<tr>{side}{first}</th>{''.join(f'<td>{cell}</td>' for cell in rest)}</tr>" for first, *rest in body
    )
    return f"<table><thead><tr>{top}</tr></thead><tbody>{lines}</tbody></table>"


def _lesson_words(lesson):
    made, exercises = lesson.predictions, lesson.exercises
    parts = []
    if made:
        parts.append(f"{made.begun} of {len(made)} predictions made, {made.right} right")
    if exercises:
        parts.append(f"{exercises.right} of {len(exercises)} exercises passed")
    if exercises.begun > exercises.right:
        parts.append(f"{exercises.begun - exercises.right} tried")
    if lesson.hints:
        parts.append(f"{lesson.hints} hint{'s' * (lesson.hints > 1)}")
    return f"{lesson.title}: {', '.join(parts)}."


def _concept_words(concept):
    _, before, after, passed = _concept_row(concept)
    parts = {"form A": before, "form B": after}
    plain = {"-": "open", "answered": "answered", "1 of 1": "right", "0 of 1": "not right"}
    said = [f"{form} {plain.get(text, f'{text} right')}" for form, text in parts.items()]
    said += [f"{passed} tried exercises passed"] * (passed != "-")
    return f"{concept.name}: {', '.join(said)}."
