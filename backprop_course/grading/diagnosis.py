"""Wrong numbers say a lot about where they come from, so they are compared before anything is said.

Nothing here guesses: a mistake is named only where every case gives exactly its numbers.
"""

import numpy as np

from backprop_course.grading.exercise import Exercise, leaves, widened
from backprop_course.grading.mistakes import MISTAKES
from backprop_course.grading.running import Outcome, call

AGREES, AGREES_IN_SINGLE = 1e-8, 1e-4  # of the largest entry
AGREES_BY_HAND = 5e-3  # numbers that a person has rounded to three digits
NEARLY = 0.05  # numbers that were rounded too much
ROUNDED = "nearly right: keep three digits"


class Comparison:
    """A learner's outcomes beside the right ones, by case; `again` is the first case, called once more.

    An answer that is slow is not called for the diagnosis.
    """

    def __init__(self, exercise: Exercise, cases: dict, outcomes: dict, again: Outcome | None, is_slow=False):
        self.exercise, self.cases, self.outcomes, self.again = exercise, cases, outcomes, again
        self.is_slow = is_slow
        right = exercise.called(exercise.right())
        self.right = {k: call(exercise, right, widened(args)).outputs for k, args in cases.items()}
        self.sizes = {k: exercise.sizes(args) for k, args in cases.items()}

    def agrees(self, label: str, name: str, other: np.ndarray, came: Outcome | None = None) -> bool:
        """Whether an output equals `other` but for rounding, measured by the right one's largest entry."""
        got = (came or self.outcomes[label]).outputs[name]
        if got.shape != other.shape:
            return False
        sizes = (np.abs(array).max() for array in (self.right[label][name], other))
        tolerance = self._rounding(label, got) * max(size for size in sizes if np.isfinite(size))
        with np.errstate(all="ignore"):
            near = np.abs(got.astype(np.float64) - other) <= tolerance
        return bool(np.all(near | (np.isnan(got) & np.isnan(other))))

    def _rounding(self, label, got):
        """What rounding may do to an output, as a share of its largest entry."""
        if not self.exercise.is_function:
            return AGREES_BY_HAND
        given = leaves(self.cases[label], self.exercise.arguments)
        single = any(a.dtype == np.float32 for a in (got, *(array for _, array in given)))
        return AGREES_IN_SINGLE if single else AGREES

    def is_right(self, label: str, name: str) -> bool:
        """Whether this output is right on this case."""
        return self.agrees(label, name, self.right[label][name])

    def transposed(self, label: str, name: str) -> bool:
        """Whether an output is the right one with rows and columns exchanged."""
        right = self.right[label][name]
        return right.ndim == 2 and self.agrees(label, name, right.T)

    def wrong_names(self) -> list[str]:
        """The outputs that are wrong on some case."""
        return [k for k in self.exercise.outputs if not all(self.is_right(c, k) for c in self.outcomes)]

    # -------------------------------------------------------------- named mistakes
    def named(self) -> list[str]:
        """The mistakes of the library that give, on every case, exactly what came; most often none or one."""
        if self.outcomes.keys() != self.cases.keys() or not any(o.outputs for o in self.outcomes.values()):
            return []
        return [id for id in self.exercise.mistakes if self._is(id)]

    def _is(self, id):
        exercise = self.exercise
        try:
            function = exercise.called(exercise.wrong(id))
        except Exception:  # a defect of ours, which a test finds: what the numbers say is told all the same
            return False
        return all(
            self._same(label, call(exercise, function, widened(args))) for label, args in self.cases.items()
        )

    def _same(self, label, planted):
        came = self.outcomes[label]
        if came.outputs is None or planted.outputs is None:
            return came.outputs is planted.outputs
        names = self.exercise.outputs
        return came.changed == planted.changed and all(
            self.agrees(label, k, planted.outputs[k]) for k in names
        )

    # -------------------------------------------------------------- what the numbers say
    def exchanged(self, wrong: list[str]) -> list[str]:
        """The two wrong outputs of which each is right in the place of the other, if there are such."""
        if len(wrong) != 2:
            return []
        one, other = wrong
        rights = ((self.right[k][one], self.right[k][other]) for k in self.outcomes)
        fit = (
            a.shape == b.shape and self.agrees(k, one, b) and self.agrees(k, other, a)
            for k, (a, b) in zip(self.outcomes, rights)
        )
        return wrong if all(fit) else []

    def fact(self, name: str) -> str:
        """What is certain about a wrong output, such as "N times too large"; "" if it is nothing simple."""
        pairs = {
            k: (o.outputs[name].astype(np.float64), self.right[k][name]) for k, o in self.outcomes.items()
        }
        if all(not got.any() for got, _ in pairs.values()):
            return "0 everywhere" if self.exercise.outputs[name] else "0"
        wrong = [k for k in pairs if not self.is_right(k, name)]
        if all(self.transposed(k, name) for k in wrong):
            return "given with rows and columns exchanged, wherever they are as many"
        worst = max(_relative(*pair) for pair in pairs.values())
        if self.exercise.is_function and worst < NEARLY:
            return f"nearly right: wrong by {worst:.1g} of the largest entry"
        if worst < NEARLY:
            return "" if self.named() else ROUNDED
        ratios = {k: _ratio(*pair) for k, pair in pairs.items()}
        if None in ratios.values():
            return ""
        constants = _constants(self.exercise) if self.exercise.is_function else ()
        for text, value in constants:
            if all(abs(r - value(self.sizes[k])) <= 1e-3 * abs(r) for k, r in ratios.items()):
                return text
        if all(got.size == 1 for got, _ in pairs.values()):
            return "" if self.exercise.is_function else _one_number(ratios.values())
        return _by_one_factor(ratios.values())

    def difference(self, name: str) -> str:
        """The largest difference on the smallest case where a function is wrong; for numbers, nothing."""
        if not self.exercise.is_function:
            return ""
        wrong = [k for k in self.outcomes if not self.is_right(k, name)]
        label = min(wrong, key=lambda k: self.right[k][name].size)
        got, right = self.outcomes[label].outputs[name], self.right[label][name]
        place = np.unravel_index(np.argmax(np.abs(got - right)), right.shape)
        index = f"[{', '.join(str(int(i)) for i in place)}]" if place else ""
        digits = 4 if f"{got[place]:.4g}" != f"{right[place]:.4g}" else 12
        return (
            f"The largest difference {self.where(label)}: `{name}{index}` is {got[place]:.{digits}g}, "
            f"and {right[place]:.{digits}g} was expected."
        )

    def where(self, label: str) -> str:
        """The case in words, with its sizes."""
        if not self.exercise.is_function:
            return "here"
        sizes = ", ".join(f"{letter} = {size}" for letter, size in self.sizes[label].items())
        return f"on the case “{label}”" + (f" ({sizes})" if sizes else "")


def _one_number(ratios):
    """What is certain where there is one number only: a sign, or a size."""
    if all(r < 0 for r in ratios):
        return f"{'right in size and ' * all(abs(r + 1) < NEARLY for r in ratios)}of the wrong sign"
    if all(r > 1 for r in ratios):
        return "too large in size"
    return "too small in size" if all(0 < r < 1 for r in ratios) else ""


def _by_one_factor(ratios):
    """What is certain where one number turns all that is right into what came: a sign, or a size."""
    if all(r < 0 for r in ratios):
        is_negative = all(abs(r + 1) <= AGREES_BY_HAND for r in ratios)
        words = "exactly the negative of what is right"
        return words if is_negative else "of the wrong sign, and wrong in size"
    return "right in direction and wrong in size" if all(r > 0 for r in ratios) else ""


def _relative(got, right):
    """The largest difference, as a share of the largest entry that is right."""
    largest = np.abs(right).max()
    return np.abs(got - right).max() / largest if largest else np.inf


def _ratio(got, right):
    """The one number that turns `right` into `got`, if there is one that is not 0."""
    if not right.any():
        return None
    ratio = float(np.sum(got * right) / np.sum(right * right))
    off = np.abs(got - ratio * right).max()
    return ratio if ratio and off <= 1e-4 * abs(ratio) * np.abs(right).max() else None


def _constants(exercise):
    """Pairs of a text and the constant that it names, as a function of the sizes."""
    letters = sorted(exercise.letters)
    yield "exactly the negative of what is right", lambda s: -1
    for sign, words in ((1, ""), (-1, " and with the opposite sign")):
        for letter in letters:
            yield f"{letter} times too large{words}", lambda s, a=letter, g=sign: g * s[a]
            yield f"{letter} times too small{words}", lambda s, a=letter, g=sign: g / s[a]
        for k in (2, 3, 4):
            yield f"{k} times too large{words}", lambda s, a=k, g=sign: g * a
            yield f"{k} times too small{words}", lambda s, a=k, g=sign: g / a


def explained(ids: list[str]) -> tuple[str, ...]:
    """The name of each mistake and why it gives these numbers; says so where they are more than one."""
    told = [f"{_sentence(MISTAKES[id].name)} {MISTAKES[id].why}" for id in ids]
    return ("More than one mistake gives exactly these numbers:", *told) if len(told) > 1 else tuple(told)


def _sentence(name):
    """A name as a sentence; a symbol such as dW2 keeps its small letter."""
    first = name.partition(" ")[0]
    return f"{name[0].upper() + name[1:] if first.isalpha() and first.islower() else name}."
