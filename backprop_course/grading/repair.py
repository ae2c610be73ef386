"""A mistake is found when its line is repaired: so a repair is a line, and the repaired program is run.

Every trial of its plan has to come out right, such as the step and the gradients that `backward` returns.
"""

import ast
import difflib
import textwrap
from dataclasses import dataclass, field
from functools import partial

from backprop_course.grading.examining import examine
from backprop_course.grading.exercise import Exercise, is_blank
from backprop_course.grading.feedback import Feedback
from backprop_course.grading.mistakes import MISTAKES
from backprop_course.grading.plans import Plan, Setting, plan_of
from backprop_course.grading.reading import looked_at, plain
from backprop_course.grading.runs import Run
from backprop_course.grading.short_answers import ShortAnswer

UNREADABLE = (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError)
LONGEST = 80  # characters of a line in a message


class Inside(Exercise):
    """The exercise inside a repair: `answer_from` takes the id of a mistake, or None for the right one."""

    def right(self):
        """The answer of the program without a mistake."""
        return self.answer_from(None)

    def wrong(self, id: str):
        """The answer of the program with this mistake."""
        return self.answer_from(id)


@dataclass(frozen=True, kw_only=True)
class Repair(ShortAnswer):
    """A broken run: the answer is a dict from the number of a line to its repaired text."""

    mistake: str
    setting: Setting = field(default_factory=Setting)
    plan: Plan | None = None  # that of the two-layer network
    type: str = "debug"

    @property
    def mistakes(self) -> tuple[str, ...]:
        """The one mistake of the library that this run holds."""
        return (self.mistake,)

    def run(self) -> Run:
        """The broken run: its code, its losses, the fingerprint of its first update."""
        return Run(self._page.text(self.mistake), self.setting, self._plan)

    @property
    def _plan(self):
        return self.plan or plan_of(self.mistake)

    @property
    def _page(self):
        return self._plan.page

    def right(self) -> dict[int, str]:
        """The repair: every line that the mistake changed, as it was; "" where a line has to go."""
        wrong, right = (self._page.text(id).splitlines() for id in (self.mistake, None))
        found = {}
        for kind, i, j, k, end in difflib.SequenceMatcher(None, wrong, right, autojunk=False).get_opcodes():
            if kind != "equal":
                found |= dict.fromkeys(range(i + 1, j + 1), "")
                at = i + 1 if j > i else i  # lines that are missing go behind the one before them
                found[at] = "\n".join([*wrong[at - 1 : i], *right[k:end]])
        return found

    def wrong(self, id: str) -> dict[int, str]:
        """A repair that changes nothing."""
        lines = self._page.text(self.mistake).splitlines()
        return {n: lines[n - 1] for n in self.right()}

    def examine(self, answer, seed: int = 0) -> Feedback:
        """Run the repaired program; the name of the mistake is told once its line was changed."""
        lines, answer = self._page.text(self.mistake).splitlines(), looked_at(lambda: plain(answer))
        if is_blank(answer) or (isinstance(answer, dict) and not answer):
            return super().examine(None)
        if problem := _form(answer, lines):
            return self._not_yet(problem)
        if _same_code(_repaired(lines, answer), lines):
            same = f"These lines are as they were, and so are the numbers. {self.question}"
            return Feedback(self.id, False, same, self.mistake, section=self.section, lesson=self.lesson)
        found = self._run(_repaired(lines, answer), seed)
        return found if found.passed or answer.keys() & self.right().keys() else found._replace(more=())

    def _run(self, text, seed):
        try:
            compile(text, "<the run>", "exec")
        except UNREADABLE as error:
            return self._not_yet(f"With this repair Python cannot read the program: {_unreadable(error)}")
        for trial in self._plan.trials:
            found = self._tried(trial, text, seed)
            if not found.passed:
                told = f"{trial.same} {self.question}" if found.mistake else trial.other + found.message
                return found._replace(message=trial.explained(told))
        was = f"The mistake was: {MISTAKES[self.mistake].name}. {MISTAKES[self.mistake].why}"
        return found._replace(message=f"Right: the repaired run gives the right numbers. {was}")

    def _tried(self, trial, text, seed):
        inside = Inside(
            id=self.id, title=self.title, asked=self.asked, signature=trial.signature, shapes=trial.shapes,
            form="dict", section=self.section, question=self.question, cases=trial.cases,
            answer_from=lambda id: partial(trial.answer_from, self._page.text(id)), mistakes=self.mistakes,
            lesson=self.lesson,
        )  # fmt: skip
        return examine(inside, partial(trial.answer_from, text), seed)


def _form(answer, lines):
    """What is wrong with the form of a repair, or ""."""
    like = '`{3: "the repaired line"}`'
    if not isinstance(answer, dict) or not all(isinstance(text, str) for text in answer.values()):
        return f"Asked for is a dict from line numbers to texts, such as {like}."
    if any(isinstance(n, str) and n.strip().isdecimal() for n in answer):
        return f"The numbers of lines stand without quotation marks, such as in {like}."
    strange = [n for n in answer if type(n) is not int or not 1 <= n <= len(lines)]
    return f"There is no line {strange[0]!r}: the lines are 1 to {len(lines)}." if strange else ""


def _repaired(lines, answer):
    """The program with these lines in place of its own, indented like them."""
    kept = list(lines)
    for n, text in answer.items():
        indent = lines[n - 1][: len(lines[n - 1]) - len(lines[n - 1].lstrip())]
        kept[n - 1] = textwrap.indent(_aligned(text), indent)
    return "\n".join(kept)


def _aligned(text):
    """Lines that begin at the margin: blocks keep their form, lines copied with unlike margins are read."""
    even = textwrap.dedent(text.strip("\n"))
    first, _, rest = even.partition("\n")
    flush = "\n".join(line.strip() for line in even.split("\n"))
    for form in (even, f"{first.strip()}\n{textwrap.dedent(rest)}", flush):
        try:
            compile(form, "<a line>", "exec", ast.PyCF_ONLY_AST)
        except UNREADABLE:
            continue
        return form
    return flush if "\n" not in even else even


def _unreadable(error):
    """What Python says about a program that it cannot read, and the line that it points at."""
    line = textwrap.shorten((getattr(error, "text", "") or "").strip(), LONGEST, placeholder=" …")
    return f"{getattr(error, 'msg', error)}." + (f" It stopped at this line: `{line}`" if line else "")


def _same_code(text, lines):
    """Whether a program says what its lines said, but for spaces and comments."""
    try:
        return ast.dump(ast.parse(text)) == ast.dump(ast.parse("\n".join(lines)))
    except UNREADABLE:
        return False
