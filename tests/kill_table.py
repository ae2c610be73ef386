"""The kill table: what every check accepts, what it rejects, and which mistakes it calls by their name.

    python tests/kill_table.py                20 random inputs for every check
    python tests/kill_table.py --inputs 2

Every right answer of `right_answers` has to pass on every input, every blank to be told "not written yet",
and every planted mistake to be rejected on every input. A mistake is named correctly if the feedback gives
its id. Two mistakes may give the same numbers on every case of an input, which is measured here, without the
engine: then the id of the other one counts as correct if the text names both. Any other id is wrong.

The exit status is 1 unless all styles are accepted, all blanks told, all mistakes rejected, at least 95 % of
them named correctly and none named wrongly.
"""

import argparse
import sys
from typing import NamedTuple

import numpy as np
import right_answers

from backprop_course.grading import check, exercises
from backprop_course.grading.mistakes import MISTAKES

INPUTS, NAMED_AT_LEAST = 20, 0.95
SAME = 1e-6  # of the largest entry


class Row(NamedTuple):
    """Counts for one check; `named`, `unnamed` and `wrongly` count mistakes times inputs."""

    id: str
    styles: int = 0
    accepted: int = 0
    blanks: int = 0
    told: int = 0
    mistakes: int = 0
    rejected: int = 0
    named: int = 0
    unnamed: int = 0
    wrongly: int = 0
    notes: tuple[str, ...] = ()

    @property
    def share_named(self):
        planted = self.named + self.unnamed + self.wrongly
        return self.named / planted if planted else 1.0

    @property
    def is_good(self):
        """Whether nothing is wrong; how many mistakes are left without a name is counted over all checks."""
        full = self.accepted == self.styles > 0 and self.told == self.blanks > 0
        return full and self.rejected == self.mistakes and not self.wrongly


# ------------------------------------------------------------------ what is planted
def raising(*args):
    raise NotImplementedError("not written yet")


def returning_nothing(*args):
    pass


def returning_dots(*args):
    return ...


def blanks(answers):
    """What an answer is before anything is written."""
    functions = (raising, returning_nothing, returning_dots) if right_answers.is_function(answers) else ()
    return (None, ..., *functions)


def are_twins(exercise, one, other, seed):
    """Whether two mistakes give the same on every case of an input, called here without the engine."""
    first, second = exercise.wrong(one), exercise.wrong(other)
    if not callable(first):
        return same(first, second)
    kinds = [exercise.cases(np.random.default_rng(seed)) for _ in range(2)]  # either call has its own arrays
    with np.errstate(all="ignore"):
        return all(same(_given(first, kinds[0][k]), _given(second, kinds[1][k])) for k in kinds[0])


def _given(function, args):
    """What a call returns, or the name of what it raises."""
    try:
        return function(*args)
    except Exception as error:
        return type(error).__name__


def same(value, other):
    """Whether two answers hold the same numbers but for rounding, or are equal."""
    if isinstance(value, (dict, tuple, str)) and type(value) is not type(other):
        return False
    if isinstance(value, dict):
        return value.keys() == other.keys() and all(same(value[k], other[k]) for k in value)
    if isinstance(value, tuple):
        return len(value) == len(other) and all(map(same, value, other))
    a, b = np.asarray(value), np.asarray(other)
    if a.dtype.kind not in "fiu" or b.dtype.kind not in "fiu" or a.shape != b.shape:
        return bool(np.array_equal(a, b))
    size = np.nanmax(np.abs(b), initial=0)
    return bool(np.all((np.abs(a - b) <= SAME * size) | (np.isnan(a) & np.isnan(b))))


# ------------------------------------------------------------------ counting
def row(exercise, answers, inputs, check=check):
    """Ask one check about everything; `check` can be replaced, to show that the counts would tell."""
    right = [_says(check(exercise.id, answer, seed), answer) for answer in answers for seed in range(inputs)]
    empty = [check(exercise.id, blank, 0) for blank in blanks(answers)]
    planted = {
        id: [check(exercise.id, exercise.wrong(id), seed) for seed in range(inputs)]
        for id in exercise.mistakes
    }
    kinds = [
        (id, seed, kind_of_name(exercise, id, feedback, seed))
        for id, feedbacks in planted.items()
        for seed, feedback in enumerate(feedbacks)
    ]
    names = [kind for *_, kind in kinds]
    notes = [note for note in right if note] + [f"blank: {f.message}" for f in empty if not is_told(f)]
    notes += [f"{id} passes" for id, feedbacks in planted.items() if any(f.passed for f in feedbacks)]
    notes += [f"{id} on input {s}: {kind}, {planted[id][s]}" for id, s, kind in kinds if kind != "named"]
    return Row(
        exercise.id,
        styles=len(answers),
        accepted=sum(not any(right[k * inputs : (k + 1) * inputs]) for k in range(len(answers))),
        blanks=len(empty),
        told=sum(map(is_told, empty)),
        mistakes=len(planted),
        rejected=sum(not any(f.passed for f in feedbacks) for feedbacks in planted.values()),
        named=names.count("named"),
        unnamed=names.count("unnamed"),
        wrongly=names.count("wrongly"),
        notes=tuple(notes),
    )


def _says(feedback, answer):
    """A note about a right answer that was refused, or was called a mistake."""
    name = getattr(answer, "__name__", repr(answer))
    return "" if feedback.passed and feedback.mistake is None else f"{name} is refused: {feedback}"


def is_told(feedback):
    """Whether a blank was rejected as nothing but a blank."""
    said = feedback.message.lower().startswith("not written yet")
    return said and not feedback.passed and feedback.mistake is None


def kind_of_name(exercise, id, feedback, seed):
    """Whether the planted mistake is "named", "unnamed" or named "wrongly"."""
    if feedback.mistake is None:
        return "unnamed"
    if feedback.mistake == id:
        return "named"
    known = id in MISTAKES and feedback.mistake in exercise.mistakes
    both = known and MISTAKES[id].why in str(feedback)
    return "named" if both and are_twins(exercise, id, feedback.mistake, seed) else "wrongly"


def rows(inputs):
    """A row for every exercise that exists."""
    return [row(exercise, right_answers.STYLES.get(exercise.id, ()), inputs) for exercise in exercises()]


def total(rows):
    """The sums of all rows."""
    counts = [name for name in Row._fields if name not in ("id", "notes")]
    sums = {name: sum(getattr(row, name) for row in rows) for name in counts}
    return Row("all", **sums, notes=tuple(f"{row.id}: {note}" for row in rows for note in row.notes))


def verdict(rows):
    """What is missing, as a list of sentences; empty where everything holds."""
    missing = [f"{row.id} does not hold" for row in rows if not row.is_good] + ["no check"] * (not rows)
    named = total(rows).share_named
    if named < NAMED_AT_LEAST:
        missing.append(f"{named:.1%} of the mistakes are named, fewer than {NAMED_AT_LEAST:.0%}")
    return missing


# ------------------------------------------------------------------ printing
HEAD = ("check", "right styles accepted", "blank told", "mistakes rejected", "named", "named wrongly")


def table(rows, inputs):
    """The rows as text, with the percentages below."""
    lines = [f"{len(rows)} checks, {inputs} random inputs each", "", "  ".join(HEAD)]
    lines += ["  ".join(f"{cell:<{len(head)}}" for cell, head in zip(_cells(row), HEAD)) for row in rows]
    t = total(rows)
    lines += [
        "",
        f"right styles accepted: {_share(t.accepted, t.styles)}",
        f"blanks told: {_share(t.told, t.blanks)}",
        f"mistakes rejected: {_share(t.rejected, t.mistakes)}",
        f"named correctly: {_share(t.named, t.named + t.unnamed + t.wrongly)}",
        f"named wrongly: {t.wrongly}",
    ]
    return "\n".join(line.rstrip() for line in lines)


def _cells(row):
    planted = row.named + row.unnamed + row.wrongly
    pairs = (row.accepted, row.styles), (row.rejected, row.mistakes), (row.named, planted)
    styles, rejected, named = (f"{a}/{b}" for a, b in pairs)
    told = "yes" if row.told == row.blanks else f"{row.told}/{row.blanks}"
    return (row.id, styles, told, rejected, named, str(row.wrongly))


def _share(part, whole):
    return f"{part} of {whole}" + (f" ({part / whole:.1%})" if whole else "")


def main():
    """Print the table; the exit status is 1 if something does not hold."""
    parser = argparse.ArgumentParser(description="What the checks accept, reject and name.")
    parser.add_argument("--inputs", type=int, default=INPUTS, help=f"random inputs a check ({INPUTS})")
    inputs = parser.parse_args().inputs
    if inputs < 1:
        parser.error("--inputs: at least 1")
    found = rows(inputs)
    print(table(found, inputs))
    for line in (*total(found).notes, *verdict(found)):
        print(line)
    sys.exit(1 if verdict(found) else 0)


if __name__ == "__main__":
    main()
