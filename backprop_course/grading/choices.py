"""A multiple-choice question must behave the same in a notebook, on a printed page and in a terminal.

Nothing here shows an explanation unless it is asked to: what a learner has not yet answered must not leak.
"""

import re
import sys
from html import escape
from typing import NamedTuple

from backprop_course.notation import refuse

LETTERS = "abcdef"
PLAIN_LIST = '<ul style="list-style:none; padding-left:0; margin:0.6em 0">'


class Question(NamedTuple):
    """Its name and text, the options and their explanations by letter; `answer` is the right letter."""

    name: str
    text: str
    options: dict[str, str]
    answer: str
    explanations: dict[str, str]


def read_question(name: str, table: dict, options) -> Question:
    """Make a question from a table of a TOML file with `question`, `answer` and `explanations`.

    The explanations carry the letters a, b, c … in the order of the options; `answer` is one of the letters.
    Raises TypeError unless the options are texts, ValueError where something is missing or does not fit.
    """
    if not isinstance(options, (list, tuple)) or not all(isinstance(text, str) for text in options):
        refuse(f"options of {name}", "a list of texts", repr(options), TypeError)
    letters = list(LETTERS[: len(options)])
    if len(options) < 2 or len(set(options)) < len(options) or len(options) > len(LETTERS):
        refuse(f"options of {name}", f"2 to {len(LETTERS)} different texts", repr(list(options)))
    explanations = table.get("explanations", {})
    if list(explanations) != letters:
        refuse(f"explanations of {name}", f"one for each option: {letters}", f"{list(explanations)}")
    if table.get("answer") not in letters:
        refuse(f"answer of {name}", f"one of {letters}", repr(table.get("answer")))
    for text in (table.get("question"), *options, *explanations.values()):
        if not isinstance(text, str) or not text.strip():
            refuse(f"texts of {name}", "a question, options and explanations, none empty", repr(text))
    text = table["question"].strip()
    return Question(name, text, dict(zip(letters, options)), table["answer"], explanations)


# ------------------------------------------------------------------ as text and as HTML
def rich(text: str) -> str:
    """Escape a text for HTML; what stands between backticks is shown as code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text.strip()))


def as_text(question: Question) -> str:
    """The question and its options, a line each."""
    return "\n".join([question.text, *(f"  {k}) {text}" for k, text in question.options.items())])


def as_html(question: Question) -> str:
    """The question and its options as a list."""
    lines = "".join(f"<li>{k}) {rich(text)}</li>" for k, text in question.options.items())
    return f"<p>{rich(question.text)}</p>{PLAIN_LIST}{lines}</ul>"


def explained(question: Question, choice: str | None) -> str:
    """Every option as HTML with its explanation; says in words which was right and which was chosen."""
    lines = ""
    for k, text in question.options.items():
        marks = ["✓ right"] * (k == question.answer) + ["your choice"] * (k == choice)
        mark = f" <em>({', '.join(marks)})</em>" if marks else ""
        body = f"<strong>{k}) {rich(text)}</strong>{mark}<br>{rich(question.explanations[k])}"
        lines += f'<li style="margin-bottom:0.6em">{body}</li>'
    return f"{PLAIN_LIST}{lines}</ul>"


def folded(title: str, html: str) -> str:
    """HTML that opens when its title is chosen, with the mouse or the keyboard."""
    return f"<details><summary>{escape(title)}</summary>{html}</details>"


# ------------------------------------------------------------------ in a notebook
def radio_buttons(question: Question, *more: str):
    """Radio buttons for the options, none chosen yet; `more` adds options without a letter."""
    from ipywidgets import Layout, RadioButtons

    labels = [(f"{k}) {text}", k) for k, text in question.options.items()] + [(text, None) for text in more]
    return RadioButtons(options=labels, index=None, layout=Layout(width="auto"))


def show(text: str, html: str, widget=None) -> None:
    """Print the text in a terminal; in a notebook show the widget, with the HTML wherever no kernel runs."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if not hasattr(shell, "kernel"):
        print(text)
        return
    from IPython.display import display

    view = widget._repr_mimebundle_() if widget is not None else {}
    display(view | {"text/plain": text, "text/html": html}, raw=True)
