"""A mistake is found when its line is repaired: so a repair is a line, and the repaired program is run."""

import ast
import difflib
import textwrap
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from backprop_course.grading.examining import examine
from backprop_course.grading.exercise import Exercise, FormError, is_blank
from backprop_course.grading.feedback import Feedback
from backprop_course.grading.mistakes import MISTAKES
from backprop_course.grading.programs import loaded, program, program_and_right
from backprop_course.grading.runs import Run, Setting
from backprop_course.grading.short_answers import ShortAnswer

SIGNATURE = "step(params, X, Y_true, learning_rate)"
UNREADABLE = (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError)
SHAPES = "X (N, n), Y_true (N, m) -> dW1 (h, n), db1 (h,), dW2 (m, h), db2 (m,), L ()"


class Step(Exercise):
    """The exercise inside a repair: a step that uses the right gradients and reports the right loss."""

    def right(self):
        """The step of the program without a mistake."""
        return partial(one_step, program())

    def wrong(self, id: str):
        """The step of the program with this mistake."""
        return partial(one_step, program(id))


def one_step(text: str, params: dict, X, Y_true, learning_rate: float) -> dict:
    """The gradients that one step of a program uses, dW1 to db2, and the loss `L` that it reports."""
    new, L = loaded(text)[1](params, X, Y_true, learning_rate)
    if not isinstance(new, dict):
        came = type(new).__name__
        raise FormError(
            f"Asked for is a `step` that returns the new parameters in a dict; it returns a {came}."
        )
    return {f"d{k}": (params[k] - new[k]) / learning_rate for k in params if k in new} | {"L": L}


def small_networks(rng: np.random.Generator) -> dict[str, tuple]:
    """(params, X, Y_true, learning_rate) by case; where the scores are near 1000, no probability is 0."""
    sizes = {"different sizes": (6, 5, 4, 3), "one example": (1, 3, 4, 2), "equal sizes": (4, 4, 4, 4)}
    cases = {label: _case(rng, *size) for label, size in sizes.items()}
    params, *others = _case(rng, 5, 3, 4, 2)
    cases["large scores"] = params | {"b2": params["b2"] + 1000}, *others
    return cases


def _case(rng, N, n, h, m):
    shapes = {"W1": (h, n), "b1": (h,), "W2": (m, h), "b2": (m,)}
    params = {name: rng.standard_normal(shape) for name, shape in shapes.items()}
    return params, rng.standard_normal((N, n)), np.eye(m)[rng.integers(0, m, N)], 0.5


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
        if is_blank(answer) or answer == {}:
            return super().examine(None)
        if problem := _form(answer, lines):
            return self._not_yet(problem)
        if _same_code(_repaired(lines, answer), lines):
            same = f"These lines are as they were, and so are the numbers. {self.question}"
            return Feedback(self.id, False, same, self.mistake, section=self.section)
        return self._run(_repaired(lines, answer), seed)

    def _run(self, text, seed):
        try:
            compile(text, "<the run>", "exec")
        except UNREADABLE as error:
            return self._not_yet(f"With this repair Python cannot read the program: {_unreadable(error)}")
        found = examine(self._step(), partial(one_step, text), seed)
        if found.passed:
            was = f"The mistake was: {MISTAKES[self.mistake].name}. {MISTAKES[self.mistake].why}"
            return found._replace(message=f"Right: the repaired step gives the right numbers. {was}")
        if found.mistake:
            still = f"The run is as broken as before: the same wrong numbers. {self.question}"
            return found._replace(message=still)
        return found

    def _step(self):
        return Step(
            id=self.id, title=self.title, asked=self.asked, signature=SIGNATURE, shapes=SHAPES, form="dict",
            section=self.section, question=self.question, answer_from=None, cases=small_networks,
            mistakes=self.mistakes,
        )  # fmt: skip


def _form(answer, lines):
    """What is wrong with the form of a repair, or ""."""
    like = '`{3: "the repaired line"}`'
    if not isinstance(answer, dict) or not all(isinstance(text, str) for text in answer.values()):
        return f"Asked for is a dict from line numbers to texts, such as {like}."
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
    line = (getattr(error, "text", "") or "").strip()
    return f"{getattr(error, 'msg', error)}." + (f" It stopped at this line: `{line}`" if line else "")


def _same_code(text, lines):
    """Whether a program says what its lines said, but for spaces and comments."""
    try:
        return ast.dump(ast.parse(text)) == ast.dump(ast.parse("\n".join(lines)))
    except UNREADABLE:
        return False
