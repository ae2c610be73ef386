"""Have they learned? The concept inventory asks about the same ideas before the course and after it.

Its two forms are parallel: the same concept and difficulty with other numbers. Form A comes before learning
and reveals nothing; form B comes after and explains. Nobody has calibrated it: it has met no learners yet.
"""

import tomllib
from functools import partial
from numbers import Integral
from typing import NamedTuple

from backprop_course.course import course_files
from backprop_course.grading import choices
from backprop_course.grading.progress import events, record
from backprop_course.notation import describe, refuse

FORMS = ("A", "B")
OPEN = "I do not know yet"
UNCALIBRATED = (
    "These questions are not calibrated: until many learners have answered them, "
    "a score says little by itself. Compare your own two forms, item by item."
)
BEFORE = "Most of this you have not met yet. Choose “I do not know yet” rather than guess."


class Item(NamedTuple):
    """An item in one form: number, concept, question, and the mistakes behind some of the options."""

    number: int
    concept: str
    question: choices.Question
    mistakes: dict[str, str]


def inventory(form: str, items=None) -> None:
    """Ask the items of form "A" or "B", all of them or those whose numbers are given.

    The answers are kept with the progress when they are handed in. Form A then says no more; form B shows the
    result and the explanations. A form handed in earlier is shown as handed in.

    Raises TypeError where `items` are no list of numbers, ValueError for another form, or numbers that the
    inventory does not have or that come twice.
    """
    asked = load(form, items)
    latest = {e.get("item"): e for e in events("inventory") if e.get("form") == form}
    if all(item.number in latest for item in asked):
        given = {item.number: latest[item.number].get("choice") for item in asked}
        choices.show(_result_text(form, asked, given), _result_html(form, asked, given))
        return
    text = "\n\n".join([_introduction(form), *(f"{i.number}. {choices.as_text(i.question)}" for i in asked)])
    html = "".join(f"<h4>{i.number}</h4>{choices.as_html(i.question)}" for i in asked)
    choices.show(text, f"<p>{choices.rich(_introduction(form))}</p>{html}", _form(form, asked))


def inventory_results() -> list[dict]:
    """One row for each item handed in: time, form, item, concept, choice, right, and the mistake chosen."""
    columns = ("time", "form", "item", "concept", "choice", "right", "mistake")
    return [{name: event.get(name) for name in columns} for event in events("inventory")]


def load(form: str, items=None) -> list[Item]:
    """The items of one form from the inventory's TOML file, in the order asked for."""
    if form not in FORMS:
        refuse("form", '"A" or "B"', repr(form))
    file = course_files() / "lessons" / "inventory.toml"
    tables = tomllib.loads(file.read_text(encoding="utf-8"))
    known = [int(key.removeprefix("item")) for key in tables]
    asked = known if items is None else _checked_numbers(items, known)
    return [_item(number, tables[f"item{number}"], form) for number in asked]


def _checked_numbers(items, known):
    try:
        numbers = list(items)
    except TypeError:
        refuse("items", "a list of numbers", describe(items), TypeError)
    for number in numbers:
        if not isinstance(number, Integral) or isinstance(number, bool) or number not in known:
            refuse("items", f"numbers among {known}", repr(number))
    if not numbers or len(set(numbers)) < len(numbers):
        refuse("items", "different numbers, at least one", repr(numbers))
    return numbers


def _item(number, table, form):
    body = table[form]
    options = list(body["options"].values())
    question = choices.read_question(f"item {number} of form {form}", body, options)
    letters = list(body["options"])
    if letters != list(question.options):
        refuse(f"options of {question.name}", f"the letters {list(question.options)}", f"{letters}")
    return Item(number, table["concept"], question, body.get("mistakes", {}))


def _introduction(form):
    return f"{BEFORE} {UNCALIBRATED}" if form == "A" else UNCALIBRATED


# ------------------------------------------------------------------ asking
def _form(form, asked):
    """All items, one below the other, and one button to hand them in."""
    from ipywidgets import Button, HTMLMath, Layout, VBox

    answers = {item.number: choices.radio_buttons(item.question, OPEN) for item in asked}
    button = Button(description="Hand in", disabled=True, layout=Layout(width="max-content"))
    progress, result = HTMLMath(), HTMLMath()

    def count(_):
        done = sum(radio.index is not None for radio in answers.values())
        progress.value, button.disabled = f"{done} of {len(asked)} answered", done < len(asked)

    for radio in answers.values():
        radio.observe(count, "index")
    count(None)
    button.on_click(partial(_hand_in, form, asked, answers, result))
    texts = [HTMLMath(f"<strong>{i.number}.</strong> {choices.rich(i.question.text)}") for i in asked]
    pairs = [part for text, radio in zip(texts, answers.values()) for part in (text, radio)]
    return VBox([HTMLMath(choices.rich(_introduction(form))), *pairs, progress, button, result])


def _hand_in(form, asked, answers, result, button):
    """Keep every answer, close the controls, then show what this form shows."""
    for control in (*answers.values(), button):
        control.disabled = True
    given = {number: radio.value for number, radio in answers.items()}
    problems = [_keep(form, item, given[item.number]) for item in asked]
    note = f"<p>{choices.rich(max(problems))}</p>" if any(problems) else ""
    result.value = f'<div role="status">{note}{_result_html(form, asked, given)}</div>'


def _keep(form, item, choice):
    return record(
        "inventory",
        form=form,
        item=item.number,
        concept=item.concept,
        choice=choice,
        right=choice == item.question.answer,
        mistake=item.mistakes.get(choice),
    )


# ------------------------------------------------------------------ results
def _headline(form, asked, given):
    """What the learner is told first; in form A that is all."""
    if form == "A":
        return f"Form A is handed in ({len(asked)} items). Form B asks about the same ideas later."
    right = sum(given[item.number] == item.question.answer for item in asked)
    return f"Form B: {right} of {len(asked)} right."


def _verdicts(asked, given):
    """A line for each item: right or not, and how the same concept went in form A."""
    before = {e.get("item"): e.get("right") for e in events("inventory") if e.get("form") == "A"}
    for item in asked:
        choice, answer = given[item.number], item.question.answer
        now = "✓ right" if choice == answer else f"you chose {choice or 'none'}, right is {answer}"
        then = {True: ", right in form A", False: ", not right in form A"}.get(before.get(item.number), "")
        yield f"{item.number}. {item.concept}: {now}{then}"


def _result_text(form, asked, given):
    lines = [_headline(form, asked, given)]
    if form == "B":
        lines += [*_verdicts(asked, given), UNCALIBRATED]
    return "\n".join(lines)


def _result_html(form, asked, given):
    html = f"<p>{choices.rich(_headline(form, asked, given))}</p>"
    if form == "A":
        return html
    for item, verdict in zip(asked, _verdicts(asked, given)):
        body = choices.rich(item.question.text) + choices.explained(item.question, given[item.number])
        html += choices.folded(verdict, body)
    return f"{html}<p>{UNCALIBRATED}</p>"
