"""An order or one letter is quickly written and says much, so each wrong one has an answer of its own."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from backprop_course.grading.diagnosis import explained
from backprop_course.grading.exercise import is_blank
from backprop_course.grading.feedback import Feedback
from backprop_course.grading.reading import looked_at, plain


@dataclass(frozen=True, kw_only=True)
class ShortAnswer:
    """What a short exercise says of itself, in the words that `Exercise` uses."""

    id: str
    title: str
    asked: str
    signature: str
    section: str
    question: str
    concept: str = ""
    sibling: str = ""
    lesson: str = ""

    def examine(self, answer, seed: int = 0) -> Feedback:
        """Check the answer. Nothing is drawn here: the seed is that of the other kinds of exercises.

        Raises Unreadable where looking at the answer fails.
        """
        answer = looked_at(lambda: plain(answer))
        if is_blank(answer):
            return Feedback(
                self.id, False, f"Not written yet: `{self.signature}`. {self.asked}", written=False
            )
        return self._examine(answer)

    def _not_yet(self, message, *mistakes):
        mistake = mistakes[0] if mistakes else None
        told = explained(list(mistakes))
        return Feedback(self.id, False, message, mistake, told, self.section, lesson=self.lesson)


@dataclass(frozen=True, kw_only=True)
class Order(ShortAnswer):
    """Steps to be put in order; every order in which each step comes after what it needs is right.

    `needs[k]` holds the steps whose results step k uses, numbered from 1, and `changes[k]` the steps that
    use what step k changes, and so have to come before it. `slips` says which mistake of the library is made
    where a step stands before the other one of a pair: {"M19": (8, 6)} where 8 stands before 6.
    """

    needs: dict[int, tuple[int, ...]]
    changes: dict[int, tuple[int, ...]] = field(default_factory=dict)
    slips: dict[str, tuple[int, int]] = field(default_factory=dict)
    type: str = "order"

    @property
    def mistakes(self) -> tuple[str, ...]:
        """The mistakes of the library that an order can hold."""
        return tuple(self.slips)

    def right(self) -> list[int]:
        """One right order."""
        return next(self.orders())

    def wrong(self, id: str) -> list[int]:
        """The first order in which nothing but this mistake is made."""
        early, late = self.slips[id]
        return next(order for order in self.orders((early, late)) if order.index(early) < order.index(late))

    def orders(self, *ignored: tuple[int, int]) -> Iterator[list[int]]:
        """Every order that keeps all needs but the ignored ones, each a pair (step, what it needs)."""
        yield from self._after([], ignored)

    def _after(self, begun, ignored):
        if len(begun) == len(self.needs):
            yield begun
        for step in self.needs.keys() - set(begun):
            if all(n in begun or (step, n) in ignored for n in self._before(step)):
                yield from self._after([*begun, step], ignored)

    def _before(self, step):
        return (*self.needs[step], *self.changes.get(step, ()))

    def _examine(self, answer):
        if not isinstance(answer, list) or not all(isinstance(step, int) for step in answer):
            return self._not_yet(f"Asked for is a list of step numbers, such as `{self.signature}`.")
        order = answer
        if problem := self._counted(order):
            return self._not_yet(problem)
        broken = [(k, n) for k in order for n in self._before(k) if order.index(n) > order.index(k)]
        if not broken:
            return Feedback(self.id, True, "Right: every step comes after what it needs.")
        named = [id for id, pair in self.slips.items() if broken == [pair]]
        step, missed = broken[0]
        place = order.index(step)
        fine = f"The first {place} steps can stand so. " if place > 1 else ""
        why = "before something that it needs"
        if missed not in self.needs[step]:
            why = "too early: a later step still uses what it changes"
        return self._not_yet(f"{fine}Step {step}, at place {place + 1}, comes {why}. {self.question}", *named)

    def _counted(self, order):
        """What is wrong with the numbers themselves, or ""."""
        strange = [step for step in order if step not in self.needs]
        missing = [step for step in self.needs if step not in order]
        if strange:
            return f"There is no step {strange[0]}: the steps are 1 to {len(self.needs)}."
        if missing:
            return f"Step {missing[0]} is missing."
        twice = [step for step in self.needs if order.count(step) > 1]
        return f"Step {twice[0]} stands there more than once." if twice else ""


@dataclass(frozen=True, kw_only=True)
class Choice(ShortAnswer):
    """One letter of several; `told` says to each wrong letter what to think about.

    `slips` says which mistake of the library a wrong letter would be: {"M19": "b"}.
    """

    answer: str
    told: dict[str, str]
    slips: dict[str, str] = field(default_factory=dict)
    type: str = "predict"

    @property
    def mistakes(self) -> tuple[str, ...]:
        """The mistakes of the library that a letter can stand for."""
        return tuple(self.slips)

    def right(self) -> str:
        """The right letter."""
        return self.answer

    def wrong(self, id: str) -> str:
        """The letter that stands for this mistake."""
        return self.slips[id]

    def _examine(self, answer):
        letter = answer.strip().lower() if isinstance(answer, str) else ""
        if letter == self.answer:
            return Feedback(self.id, True, "Right.")
        if letter not in self.told:
            letters = ", ".join(f'"{k}"' for k in sorted({self.answer, *self.told}))
            return self._not_yet(f"Asked for is one letter, one of {letters}.")
        named = [id for id, slip in self.slips.items() if slip == letter]
        return self._not_yet(f"{self.told[letter]} {self.question}".strip(), *named)
