"""A reveal teaches those who have predicted it, so a prediction comes first and its answer must not leak.

The options stand in the lesson's cell; the question, the right letter and an explanation of every option
stand in the lesson's TOML file, and come out only when the learner has committed to a choice.
"""

import re
import tomllib
from functools import partial

from backprop_course.course import course_files
from backprop_course.grading import choices
from backprop_course.grading.progress import events, record
from backprop_course.notation import refuse

CONFIDENCE = ("I am guessing", "I am fairly sure", "I am certain")


def predict(name: str, options: list[str]) -> None:
    """Ask for a prediction, for instance `predict("05.p1", ["it grows", "it shrinks", "it stays"])`.

    The learner chooses an option and a confidence; both are kept with the progress (in a learner's folder),
    and the explanation of every option is shown only then. Where the same prediction was made earlier, that
    choice is shown with the explanations folded. Without interaction the question stands there.

    Raises TypeError unless the name is a text and the options are a list of texts, ValueError for a name that
    no lesson has, or options that do not fit its explanations.
    """
    question = load(name, options)
    made = [e for e in events("prediction") if e.get("id") == name]
    made = [e for e in made if (e.get("choice"), e.get("option")) in question.options.items()]
    if made:
        _show_earlier(question, made[0])
    else:
        where = "Open this in Jupyter to choose; the explanations come after your choice."
        choices.show(f"{choices.as_text(question)}\n{where}", choices.as_html(question), _form(question))


def load(name: str, options: list[str]) -> choices.Question:
    """The prediction `name`, such as "05.p1" or "bridge_maths.p1", from the TOML file of its lesson."""
    if not isinstance(name, str):
        refuse("predict", 'the name of a prediction, such as "05.p1"', repr(name), TypeError)
    lesson, _, key = name.partition(".")
    folder = course_files() / "lessons"
    found = [p for p in folder.glob("*.toml") if re.fullmatch(rf"{re.escape(lesson)}(_.*)?", p.stem)]
    table = tomllib.loads(found[0].read_text(encoding="utf-8")) if len(found) == 1 else {}
    if key not in table:
        refuse("predict", 'the name of a prediction, such as "05.p1"', repr(name))
    return choices.read_question(name, table[key], options)


def _show_earlier(question, event):
    choice, sure = event["choice"], event.get("confidence")
    said = f"You chose {choice}) {question.options[choice]} ({sure})."
    explanations = choices.folded("Show what each option would mean", choices.explained(question, choice))
    html = f"{choices.as_html(question)}<p>{choices.rich(said)}</p>{explanations}"
    choices.show(f"{choices.as_text(question)}\n{said}", html)


def _form(question):
    """The controls: options, confidence and a button, which works once both are chosen."""
    from ipywidgets import Button, HTMLMath, Layout, RadioButtons, VBox

    options = choices.radio_buttons(question)
    # a menu would lose its arrow keys to JupyterLab, which moves to the next cell
    confidence = RadioButtons(options=CONFIDENCE, index=None, layout=Layout(width="auto"))
    button = Button(description="Commit to this choice", disabled=True, layout=Layout(width="max-content"))
    answer = HTMLMath()

    def ready(_):
        button.disabled = options.index is None or confidence.index is None

    options.observe(ready, "index")
    confidence.observe(ready, "index")
    button.on_click(partial(_commit, question, options, confidence, answer))
    asked, sure = HTMLMath(choices.rich(question.text)), HTMLMath("How sure are you?")
    return VBox([asked, options, sure, confidence, button, answer])


def _commit(question, options, confidence, answer, button):
    """Keep the choice, close the controls, then show the explanations."""
    for control in (options, confidence, button):
        control.disabled = True
    choice = options.value
    problem = record(
        "prediction",
        id=question.name,
        choice=choice,
        option=question.options[choice],
        confidence=confidence.value,
        right=choice == question.answer,
    )
    note = f"<p>{choices.rich(problem)}</p>" if problem else ""
    answer.value = f'<div role="status">{note}{choices.explained(question, choice)}</div>'
