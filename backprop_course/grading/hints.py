"""A hint helps most when it is asked for and small, so there are three levels: each call gives one more."""

import re
import tomllib
from collections import Counter

from backprop_course.course import course_files
from backprop_course.grading import choices
from backprop_course.grading.checks import BY_ID, require_id
from backprop_course.grading.progress import events, record
from backprop_course.notation import refuse

LEVELS = ("a nudge", "the formula", "the line")
_asked = Counter()  # in this process, for where no learner's folder keeps it


def hint(id: str) -> None:
    """Show one more hint for an exercise, such as `hint("05.2")`, below those that were asked for before.

    The first is a nudge, the second a formula, the third is about the line to write; none is the whole
    answer. What was asked for is kept with the progress. Raises ValueError for an id that no exercise has.
    """
    require_id("hint", id)
    texts = load(id)
    before = max(_asked[id], *(e.get("level", 0) for e in events("hint") if e.get("id") == id), 0)
    _asked[id] = level = min(before + 1, len(texts))
    problem = record("hint", id=id, level=level) if level > before else ""
    lines = [f"Hint {k} of {len(texts)}, {LEVELS[k - 1]}: {text}" for k, text in enumerate(texts[:level], 1)]
    lines += [_last(id)] * (before == len(texts)) + [problem] * bool(problem)
    html = "".join(f"<p>{choices.rich(line)}</p>" for line in lines)
    choices.show("\n".join(lines), f'<div role="status">{html}</div>')


def _last(id):
    lesson = BY_ID[id].lesson or id.partition(".")[0]
    return f"That was the last hint. What can help now: lesson {lesson}, “{BY_ID[id].section}”."


def load(id: str) -> list[str]:
    """The three hints of an exercise, from the TOML file of its lesson.

    Raises ValueError where the file does not hold three texts for it.
    """
    folder = course_files() / "lessons"
    found = [p for p in folder.glob("*.toml") if re.match(rf"{id.partition('.')[0]}_", p.name)]
    table = tomllib.loads(found[0].read_text(encoding="utf-8")) if found else {}
    texts = table.get("hints", {}).get(id)
    if not isinstance(texts, list) or len(texts) != len(LEVELS) or not all(isinstance(t, str) for t in texts):
        refuse("hint", f"three hints for {id} in its lesson's TOML file", repr(texts))
    return texts
