"""What a learner has done is counted in one place, so that the table, the figure and its words agree.

Each thing that can be done is in one of three states: "right" (a right choice, an exercise that passed),
"tried" (another choice, an exercise without a check that passed) or "open".
"""

import tomllib
from statistics import median
from typing import NamedTuple

from backprop_course.course import course_files

RIGHT, TRIED, OPEN = "right", "tried", "open"


class Share(dict):
    """The state of each of some things, by its name."""

    @property
    def right(self) -> int:
        """How many are right, or have passed."""
        return sum(state == RIGHT for state in self.values())

    @property
    def begun(self) -> int:
        """How many are right or tried."""
        return sum(state != OPEN for state in self.values())


class Lesson(NamedTuple):
    """A lesson: its number (or name), its title, the states of its predictions and exercises by id.

    `tries` is the median number of checks up to the first that passed, over the exercises that passed, or
    None; `hints` counts the different hints that were asked for.
    """

    id: str
    title: str
    predictions: Share
    exercises: Share
    tries: float | None = None
    hints: int = 0

    @property
    def is_begun(self) -> bool:
        """Whether anything is recorded for it."""
        return bool(self.predictions.begun or self.exercises.begun or self.hints)


class Concept(NamedTuple):
    """A concept: the states of its inventory items, by number in each form, and of its exercises by id."""

    name: str
    before: Share
    after: Share
    exercises: Share

    @property
    def is_begun(self) -> bool:
        """Whether anything is recorded for it."""
        return bool(self.before.begun or self.after.begun or self.exercises.begun)

    @property
    def is_told(self) -> bool:
        """Whether form A may be told: it reveals nothing before form B is answered."""
        return bool(self.after.begun)


def by_lesson(found: list[dict]) -> list[Lesson]:
    """Every lesson of the course, in order, then those that only the events know.

    The first choice of a prediction counts. An exercise has passed once any check of it has; checks of
    exercises that the course does not have are left out.
    """
    titles = dict(_lessons())
    predictions = {name: OPEN for id, title in titles.items() for name in _predictions(id, title)}
    predictions |= _states(reversed([e for e in found if e["kind"] == "prediction"]))
    exercises, tries = _exercises(found), _tries(found)
    hints = {(e.get("id", "?"), e.get("level")) for e in found if e["kind"] == "hint"}
    asked = [lesson_of(id) for id, _ in hints]
    known = [*titles, *(lesson_of(id) for id in (*sorted(predictions), *exercises)), *sorted(asked)]
    return [
        Lesson(
            id,
            title=titles.get(id, id).replace("_", " "),
            predictions=_within(predictions, id),
            exercises=_within(exercises, id),
            tries=median(_within(tries, id).values() or [0]) or None,
            hints=asked.count(id),
        )
        for id in dict.fromkeys(known)
    ]


def by_concept(found: list[dict]) -> list[Concept]:
    """Every concept of the inventory, in its order, then those that only exercises or events know.

    What was handed in last counts in each form.
    """
    forms = {form: _items(found, form) for form in "AB"}
    exercises = _exercises(found)
    names = concepts()
    known = [*_inventory().values(), *names.values(), *(name for name, _ in (*forms["A"], *forms["B"]))]
    return [
        Concept(
            name,
            *(Share({n: state for (of, n), state in forms[form].items() if of == name}) for form in "AB"),
            Share({id: state for id, state in exercises.items() if names.get(id) == name}),
        )
        for name in dict.fromkeys(known)
    ]


def lesson_of(id: str) -> str:
    """The lesson that something belongs to: "05" for "05.p1" and for "05.2"."""
    return id.partition(".")[0]


def concepts() -> dict[str, str]:
    """The concept of each exercise that has one, by the exercise's id."""
    return {e.id: e.concept for e in _all_exercises() if e.concept}


def _all_exercises():
    from backprop_course.grading.checks import exercises  # which records, and so needs this room's progress

    return exercises()


def _states(events):
    """The state of each id; of several events of one id the last counts."""
    return {e.get("id", "?"): RIGHT if e.get("right") is True else TRIED for e in events}


def _within(things, lesson):
    return Share({id: value for id, value in things.items() if lesson_of(id) == lesson})


def _checks(found):
    """For each exercise of the course whether each of its checks passed, oldest first."""
    checks = {exercise.id: [] for exercise in _all_exercises()}
    for event in found:
        if event["kind"] == "check" and event.get("id") in checks:
            checks[event["id"]].append(event.get("passed") is True)
    return checks


def _exercises(found):
    return {id: RIGHT if any(p) else TRIED if p else OPEN for id, p in _checks(found).items()}


def _tries(found):
    return {id: passed.index(True) + 1 for id, passed in _checks(found).items() if any(passed)}


def _items(found, form):
    """The states of the items of a form by (concept, number), those of the course first."""
    taken = {}
    for event in found:
        if event["kind"] == "inventory" and event.get("form") == form:
            taken[event.get("item")] = event
    states = {(name, number): OPEN for number, name in _inventory().items()}
    for number, event in taken.items():
        states[event.get("concept", "?"), number] = RIGHT if event.get("right") is True else TRIED
    return states


def _inventory():
    """The concept of each item of the inventory, by its number."""
    tables = _read("inventory")
    return {int(key.removeprefix("item")): table["concept"] for key, table in tables.items()}


def _lessons():
    """The number (or name) of each lesson, and its file name without ending."""
    for file in sorted((course_files() / "lessons").glob("*.toml")):
        if file.stem != "inventory":
            head = file.stem.partition("_")[0]
            yield (head if head.isdecimal() else file.stem), file.stem


def _predictions(lesson, stem):
    return [f"{lesson}.{key}" for key, table in _read(stem).items() if "explanations" in table]


def _read(stem):
    return tomllib.loads((course_files() / "lessons" / f"{stem}.toml").read_text(encoding="utf-8"))
