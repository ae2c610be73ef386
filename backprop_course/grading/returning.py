"""What was missed once is worth a second meeting, so it comes back two lessons later, in another dress."""

import re

from backprop_course.grading import choices
from backprop_course.grading.checks import BY_ID
from backprop_course.grading.progress import events
from backprop_course.notation import refuse

LATER = 2  # lessons


def coming_back(lesson: str) -> None:
    """Say which exercises of the sheet of this lesson repeat what was missed two lessons before.

    `coming_back("07")` looks at the checks of lesson 05. Nothing missed, or nothing recorded: it says so.
    """
    if not re.fullmatch(r"\d\d", str(lesson)) or int(lesson) <= LATER:
        refuse("coming_back", 'the number of a lesson from "03" on', repr(lesson))
    found = missed(f"{int(lesson) - LATER:02}")
    siblings = {}
    for id in found:
        siblings.setdefault(BY_ID[id].sibling, []).append(f"“{BY_ID[id].title}” ({id})")
    lines = [
        f"You met {' and '.join(titles)} with some trouble: now do {sibling}, “{BY_ID[sibling].title}”."
        for sibling, titles in siblings.items()
    ]
    lines = lines or [f"Of lesson {int(lesson) - LATER:02} nothing comes back: no missed check is recorded."]
    html = "".join(f"<li>{choices.rich(line)}</li>" for line in lines)
    choices.show("\n".join(lines), f"{choices.PLAIN_LIST}{html}</ul>")


def missed(lesson: str) -> list[str]:
    """The exercises of a lesson whose first check did not pass, and whose sibling has not passed yet."""
    first, passed = {}, set()
    for event in events("check"):
        first.setdefault(event.get("id"), event.get("passed"))
        passed |= {event.get("id")} if event.get("passed") else set()
    return [
        id
        for id, exercise in BY_ID.items()
        if id.startswith(f"{lesson}.") and first.get(id) is False
        if exercise.sibling and exercise.sibling not in passed
    ]
