"""What was missed once is worth a second meeting, so it comes back two lessons later, in another dress."""

from backprop_course.grading import choices
from backprop_course.grading.checks import BY_ID
from backprop_course.grading.progress import events

LATER = 2  # lessons


def coming_back(lesson: str) -> None:
    """Say which exercises of the sheet of this lesson repeat what was missed two lessons before.

    `coming_back("07")` looks at the checks of lesson 05. Nothing missed, or nothing recorded: it says so.
    """
    found = missed(f"{int(lesson) - LATER:02}")
    lines = [
        f"You met “{BY_ID[id].title}” ({id}) with some trouble. Its sibling is {BY_ID[id].sibling}, "
        f"“{BY_ID[BY_ID[id].sibling].title}”."
        for id in found
    ]
    lines = lines or [f"Of lesson {int(lesson) - LATER:02} nothing comes back: no missed check is recorded."]
    html = "".join(f"<li>{choices.rich(line)}</li>" for line in lines)
    choices.show("\n".join(lines), f"{choices.PLAIN_LIST}{html}</ul>")


def missed(lesson: str) -> list[str]:
    """The exercises of a lesson that have a sibling, and whose first check did not pass."""
    first = {}
    for event in events("check"):
        first.setdefault(event.get("id"), event.get("passed"))
    return [
        id for id, e in BY_ID.items() if id.startswith(f"{lesson}.") and e.sibling and first.get(id) is False
    ]
