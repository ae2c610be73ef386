"""A mistake is found when its line is repaired: so a repair is a line, and the repaired program is run.

Its step has to be right, and so have the gradients that its `backward` returns.
"""

import ast
import difflib
import operator
import textwrap
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from backprop_course.grading.examining import examine
from backprop_course.grading.exercise import Exercise, FormError, is_blank
from backprop_course.grading.feedback import Feedback
from backprop_course.grading.mistakes import MISTAKES
from backprop_course.grading.programs import SOFTMAX, gradients_of, loaded, program, program_and_right
from backprop_course.grading.runs import Run, Setting
from backprop_course.grading.short_answers import ShortAnswer
from backprop_course.grading.trial_networks import small_networks, with_wide_scores

SIGNATURE = "step(params, X, Y_true, learning_rate)"
UNREADABLE = (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError)
GRADIENTS = "X (N, n), Y_true (N, m) -> dW1 (h, n), db1 (h,), dW2 (m, h), db2 (m,)"
BACKWARD = "def backward("


class Inside(Exercise):
    """The exercise inside a repair: `answer_from` takes the text of a program, as the first argument."""

    def right(self):
        """The answer of the program without a mistake."""
        return partial(self.answer_from, program())

    def wrong(self, id: str):
        """The answer of the program with this mistake."""
        return partial(self.answer_from, program(id))


def one_step(text: str, params: dict, X, Y_true, learning_rate: float) -> dict:
    """The gradients that one step of a program uses, dW1 to db2, and the loss `L` that it reports."""
    new, L = loaded(text)[1](params, X, Y_true, learning_rate)
    if not isinstance(new, dict):
        came = type(new).__name__
        raise FormError(
            f"Asked for is a `step` that returns the new parameters in a dict; it returns a {came}."
        )
    return {f"d{k}": (params[k] - new[k]) / learning_rate for k in params if k in new} | {"L": L}


def returned(text: str, params: dict, X, Y_true, learning_rate: float) -> dict:
    """The gradients that the `backward` of a program returns, dW1 to db2."""
    grads = gradients_of(text)(params, X, Y_true)
    if not isinstance(grads, dict):
        came = type(grads).__name__
        raise FormError(
            f"Asked for is a `backward` that returns the gradients in a dict; it returns a {came}."
        )
    return {f"d{k}": grad for k, grad in grads.items()}


@dataclass(frozen=True, kw_only=True)
class Repair(ShortAnswer):
    """A broken run: the answer is a dict from the number of a line to its repaired text."""

    mistake: str
    setting: Setting = field(default_factory=Setting)
    type: str = "debug"

    @property
    def mistakes(self) -> tuple[str, ...]:
        """The one mistake of the library that this run holds."""
        return (self.mistake,)

    def run(self) -> Run:
        """The broken run: its code, its losses, the fingerprint of its first update."""
        return Run(program(self.mistake), self.setting)

    def right(self) -> dict[int, str]:
        """The repair: every line that the mistake changed, as it was; "" where a line has to go."""
        wrong, right = (text.splitlines() for text in program_and_right(self.mistake))
        found = {}
        for kind, i, j, k, end in difflib.SequenceMatcher(None, wrong, right, autojunk=False).get_opcodes():
            if kind != "equal":
                found |= dict.fromkeys(range(i + 1, j + 1), "")
                at = i + 1 if j > i else i  # lines that are missing go behind the one before them
                found[at] = "\n".join([*wrong[at - 1 : i], *right[k:end]])
        return found

    def wrong(self, id: str) -> dict[int, str]:
        """A repair that changes nothing."""
        lines = program(self.mistake).splitlines()
        return {n: lines[n - 1] for n in self.right()}

    def examine(self, answer, seed: int = 0) -> Feedback:
        """Run the repaired program; the name of the mistake is told once something else stands in a line."""
        lines = program(self.mistake).splitlines()
        if is_blank(answer) or (isinstance(answer, dict) and not answer):
            return super().examine(None)
        if problem := _form(answer, lines):
            return self._not_yet(problem)
        answer = {operator.index(n): text for n, text in answer.items()}
        if _same_code(_repaired(lines, answer), lines):
            same = f"These lines are as they were, and so are the numbers. {self.question}"
            return Feedback(self.id, False, same, self.mistake, section=self.section)
        return self._run(_repaired(lines, answer), seed)

    def _run(self, text, seed):
        try:
            compile(text, "<the run>", "exec")
        except UNREADABLE as error:
            return self._not_yet(f"With this repair Python cannot read the program: {_unreadable(error)}")
        found = self._examined(one_step, f"{GRADIENTS}, L ()", text, seed)
        if not found.passed:
            still = f"The run is as broken as before: the same wrong numbers. {self.question}"
            return found._replace(message=still) if found.mistake else found
        if BACKWARD in text:  # a step can make up for wrong gradients
            inside = self._examined(returned, GRADIENTS, text, seed)
            if not inside.passed:
                still = f"but `backward` returns the same wrong gradients as before. {self.question}"
                told = still if inside.mistake else f"but `backward` is not. {inside.message}"
                return inside._replace(message=f"The step is right, {told}")
        was = f"The mistake was: {MISTAKES[self.mistake].name}. {MISTAKES[self.mistake].why}"
        return found._replace(message=f"Right: the repaired step gives the right numbers. {was}")

    def _examined(self, answer_from, shapes, text, seed):
        inside = Inside(
            id=self.id, title=self.title, asked=self.asked, signature=SIGNATURE, shapes=shapes, form="dict",
            section=self.section, question=self.question, answer_from=answer_from,
            cases=with_wide_scores if MISTAKES[self.mistake].where == SOFTMAX else small_networks,
            mistakes=self.mistakes,
        )  # fmt: skip
        return examine(inside, partial(answer_from, text), seed)


def _form(answer, lines):
    """What is wrong with the form of a repair, or ""."""
    like = '`{3: "the repaired line"}`'
    if not isinstance(answer, dict) or not all(isinstance(text, str) for text in answer.values()):
        return f"Asked for is a dict from line numbers to texts, such as {like}."
    if any(isinstance(n, str) and n.strip().isdecimal() for n in answer):
        return f"The numbers of lines stand without quotation marks, such as in {like}."
    strange = [n for n in answer if not _is_integer(n) or not 1 <= n <= len(lines)]
    return f"There is no line {strange[0]!r}: the lines are 1 to {len(lines)}." if strange else ""


def _is_integer(n):
    """An integer of Python or NumPy; True is none."""
    return hasattr(n, "__index__") and not isinstance(n, (bool, np.bool_)) and np.ndim(n) == 0


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
    line = (getattr(error, "text", "") or "").strip()
    return f"{getattr(error, 'msg', error)}." + (f" It stopped at this line: `{line}`" if line else "")


def _same_code(text, lines):
    """Whether a program says what its lines said, but for spaces and comments."""
    try:
        return ast.dump(ast.parse(text)) == ast.dump(ast.parse("\n".join(lines)))
    except UNREADABLE:
        return False
