"""Python's own message says where it stopped; what a learner needs is also what to ask there."""

import re
import traceback
from contextlib import suppress
from pathlib import Path

from backprop_course.grading.running import in_a_library, within

MISMATCH = re.compile(r"core dimension \d.*\(size (\d+) is different from (\d+)\)")
QUESTIONS = (  # what the text of an error holds, and the question that helps
    ("'function'", "Is one of these a function that has to be called first?"),
    ("'method'", "Is one of these a function that has to be called first?"),
    ("not callable", "Is there an operator missing between a name and a bracket?"),
    ("unpack", "How many names stand there, and how many values come?"),
    ("truth value", "This is asked of a whole array. What decides it entry by entry?"),
    ("bitwise_xor", "A power is written `**` in Python. Is one meant here?"),
    ("unsupported operand type(s) for ^", "A power is written `**` in Python. Is one meant here?"),
    ("'list'", "Is this a list where an array is needed?"),
    ("'tuple'", "Is this a tuple where an array is needed?"),
)
BY_TYPE = {
    ZeroDivisionError: "Which number is 0 there?",
    RecursionError: "Does the function call itself without an end?",
    IndexError: "Over which sizes does the loop run, and which sizes has the array?",
    NameError: "Where does this name get its value, and is it written the same there?",
    AttributeError: "Where does this name get its value, and is it written the same there?",
    SystemExit: "Is this line meant to end the whole program?",
    MemoryError: "How much is held at once when this line runs, and how much of it is needed at once?",
    KeyError: "Which names does the dict have, and are they written the same here?",
}


def said(error: BaseException) -> str:
    """The type of an exception and its text, 200 characters at most; sizes that do not meet, plainly."""
    found = []
    with suppress(BaseException):
        within(lambda: found.append(str(error)), 0.5)  # the text may be the learner's code, too
    text = found[0] if found else ""
    if sizes := MISMATCH.search(text):
        text = f"the inner sizes of a matrix product do not meet, {sizes[2]} and {sizes[1]}"
    return f"{type(error).__name__}: {text[:200]}".removesuffix(": ")


def question_about(error: BaseException) -> str:
    """The question that leads from an exception to its cause."""
    text = said(error)
    found = (question for part, question in QUESTIONS if part in text)
    by_type = (question for kind, question in BY_TYPE.items() if isinstance(error, kind))
    return next(found, "") or next(by_type, "Which shapes and which values meet in this line?")


def line_of(error: BaseException) -> str:
    """The learner's own line where an exception arose, such as "line 3 of `backward`: `dZ2 @ W2`", or ""."""
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if not frame.filename.startswith("<frozen ") and not in_a_library(Path(frame.filename))
    ]
    if not frames:
        return ""
    last = frames[-1]
    of = f" of `{last.name}`" if last.name.isidentifier() else ""
    return f"line {last.lineno}{of}" + (f": `{last.line}`" if last.line else "")
