"""Predictions do not leak, work without interaction, are kept, and every lesson's texts fit its cells."""

import ast
import html
import json
import re
import time
import tomllib
from pathlib import Path
from types import SimpleNamespace

import ipywidgets
import nbformat
import pytest

from backprop_course.grading import choices, inventory, predict, predictions, progress

LESSONS = Path(__file__).parent.parent / "lessons"
TOML = """
[p1]
question = "Is 1 < 2 when `x & y`?"
answer = "b"
[p1.explanations]
a = "Secret one: <b>no</b>."
b = "Secret two: yes."
c = "Secret three: perhaps."
"""
OPTIONS = ["no", "yes <i>indeed</i>", "perhaps"]


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A course with one lesson of one prediction, and a learner's folder."""
    ipywidgets.Widget.close_all()
    lessons = tmp_path / "course" / "lessons"
    lessons.mkdir(parents=True)
    (lessons / "05_slug.toml").write_text(TOML, encoding="utf-8")
    monkeypatch.setattr(predictions, "course_files", lambda: tmp_path / "course")
    (tmp_path / "learner" / ".backprop-course").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "learner")
    progress._file_name.cache_clear()
    return lessons


@pytest.fixture
def notebook(monkeypatch):
    """Stands for a notebook: collects what would be displayed."""
    shown = []
    monkeypatch.setattr("IPython.get_ipython", lambda: SimpleNamespace(kernel=object()))
    monkeypatch.setattr("IPython.display.display", lambda bundle, raw: shown.append(bundle))
    return shown


@pytest.fixture
def form(course, monkeypatch):
    """The controls that `predict` shows: options, confidence, button, answer."""
    seen = []
    monkeypatch.setattr(choices, "show", lambda text, html, widget=None: seen.append(widget))
    predict("05.p1", OPTIONS)
    _, options, sure, confidence, button, answer = seen[0].children
    assert sure.value == "How sure are you?"
    return SimpleNamespace(options=options, confidence=confidence, button=button, answer=answer, shown=seen)


def commit(form, choice="a", confidence="I am certain"):
    form.options.value, form.confidence.value = choice, confidence
    form.button.click()


# ------------------------------------------------------------------ before the choice
def test_nothing_leaks_before_the_choice(course, notebook):
    predict("05.p1", OPTIONS)
    state = json.dumps(ipywidgets.Widget.get_manager_state())
    (bundle,) = notebook
    assert "Commit to this choice" in state and "yes" in state, "the state that is searched is the real one"
    assert "Secret" not in state and "Secret" not in json.dumps(bundle)
    assert '"b"' not in bundle["text/plain"] and "right" not in bundle["text/html"]


def test_a_notebook_gets_the_widget_with_a_page_and_a_text_behind_it(course, notebook):
    predict("05.p1", OPTIONS)
    (bundle,) = notebook
    assert bundle["application/vnd.jupyter.widget-view+json"]["model_id"]
    for kind in ("text/html", "text/plain"):
        text = html.unescape(bundle[kind])
        assert "Is 1 < 2 when" in text and all(option in text for option in OPTIONS)
    assert "1 &lt; 2" in bundle["text/html"] and "<code>x &amp; y</code>" in bundle["text/html"]
    assert "<i>indeed" not in bundle["text/html"]


def test_a_terminal_gets_the_text(course, capsys):
    predict("05.p1", OPTIONS)
    printed = capsys.readouterr().out
    assert "Is 1 < 2 when `x & y`?\n  a) no\n  b) yes" in printed and "Secret" not in printed


def test_the_button_works_only_when_both_are_chosen(form):
    assert form.options.index is None and form.button.disabled
    form.options.value = "b"
    assert form.button.disabled
    form.confidence.value = "I am fairly sure"
    assert not form.button.disabled
    form.options.index = None
    assert form.button.disabled


def test_every_control_has_a_name(form):
    assert form.confidence.options == ("I am guessing", "I am fairly sure", "I am certain")
    assert form.button.description == "Commit to this choice"
    assert form.options._options_labels == ("a) no", "b) yes <i>indeed</i>", "c) perhaps")


# ------------------------------------------------------------------ after the choice
def test_the_choice_is_kept_and_every_option_explained(form):
    commit(form, "a", "I am certain")
    (event,) = progress.events("prediction")
    kept = {key: event[key] for key in ("id", "choice", "option", "confidence")}
    assert kept == {"id": "05.p1", "choice": "a", "option": "no", "confidence": "I am certain"}
    assert event["right"] is False
    shown = form.answer.value
    assert shown.count("Secret") == 3
    first, second, third = re.findall(r"<li[^>]*>(.*?)</li>", shown)
    assert "Secret one" in first and "Secret two" in second and "Secret three" in third
    assert "your choice" in first and "right" not in first
    assert "✓ right" in second and "your choice" not in second and "choice" not in third
    assert "<b>no" not in shown and "<i>indeed" not in shown


def test_a_choice_is_final(form):
    commit(form)
    assert form.options.disabled and form.confidence.disabled and form.button.disabled


def test_a_disk_that_refuses_is_mentioned_and_the_explanations_come(form, monkeypatch):
    monkeypatch.setattr(predictions, "record", lambda *args, **fields: "Could not be saved.")
    commit(form)
    assert "Could not be saved." in form.answer.value and "Secret two" in form.answer.value


def test_outside_a_learners_folder_it_explains_and_keeps_nothing(form, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    commit(form)
    assert "Secret two" in form.answer.value and progress.events() == []


def test_running_the_cell_again_shows_the_choice_and_folds_the_explanations(course, notebook):
    progress.record("prediction", id="05.p1", choice="a", option="no", confidence="I am guessing")
    predict("05.p1", OPTIONS)
    (bundle,) = notebook
    assert set(bundle) == {"text/plain", "text/html"}
    assert "You chose a) no (I am guessing)." in bundle["text/plain"] and "Secret" not in bundle["text/plain"]
    outside, inside = bundle["text/html"].split("<details>")
    assert "Secret" not in outside and "Secret two" in inside and "<details open" not in bundle["text/html"]


def test_an_earlier_choice_among_other_options_does_not_count(form):
    commit(form, "a")
    predict("05.p1", ["never", *OPTIONS[1:]])
    assert form.shown[-1] is not None, "the controls are shown again"
    predict("05.p1", OPTIONS)
    assert form.shown[-1] is None


@pytest.mark.parametrize("fields", [{}, {"choice": None}, {"choice": "z"}, {"choice": ["a"]}])
def test_an_earlier_line_without_a_choice_among_the_options_does_not_count(course, notebook, fields):
    progress.record("prediction", id="05.p1", **fields)
    predict("05.p1", OPTIONS)
    assert "You chose" not in notebook[0]["text/plain"]


# ------------------------------------------------------------------ texts that do not fit
@pytest.mark.parametrize("name", ["05.p9", "99.p1", "05", "p1", "", "0.p1", "05.p1.x"])
def test_an_unknown_prediction_is_named(course, name):
    with pytest.raises(ValueError, match=r"predict: expected the name of a prediction"):
        predict(name, OPTIONS)


@pytest.mark.parametrize(
    "options, words",
    [
        (OPTIONS[:2], r"explanations of 05.p1: expected one for each option: \['a', 'b'\]"),
        (["same", "same", "other"], "2 to 6 different texts"),
        (["one", " ", "other"], "none empty"),
        ([], "2 to 6 different texts"),
        ([str(k) for k in range(9)], "2 to 6 different texts"),
    ],
)
def test_options_that_do_not_fit_are_refused(course, options, words):
    with pytest.raises(ValueError, match=words):
        predict("05.p1", options)


@pytest.mark.parametrize("options", ["no", [1, 2, 3], None, 3, iter(OPTIONS)])
def test_options_that_are_no_texts_are_refused(course, options):
    with pytest.raises(TypeError, match="a list of texts"):
        predict("05.p1", options)


@pytest.mark.parametrize("name", [None, 5, ["05.p1"]])
def test_a_name_that_is_no_text_is_refused(course, name):
    with pytest.raises(TypeError, match="predict: expected the name of a prediction"):
        predict(name, OPTIONS)


@pytest.mark.parametrize(
    "old, new, words",
    [
        ('answer = "b"', 'answer = "d"', "answer of 05.p1: expected one of"),
        ('answer = "b"', "", "answer of 05.p1"),
        ('c = "Secret', 'd = "Secret', "explanations of 05.p1"),
        ('"Secret two: yes."', '"  "', "none empty"),
        ("question = ", "text = ", "none empty"),
    ],
)
def test_a_faulty_file_is_refused(course, old, new, words):
    (course / "05_slug.toml").write_text(TOML.replace(old, new), encoding="utf-8")
    with pytest.raises(ValueError, match=words):
        predict("05.p1", OPTIONS)


# ------------------------------------------------------------------ in a real kernel
def test_run_all_works_in_a_kernel_and_leaks_nothing(tmp_path, monkeypatch):
    from nbclient import NotebookClient

    (tmp_path / ".backprop-course").mkdir()
    cells = [
        "from backprop_course.grading import inventory, predict",
        'predict("05.p1", ["none of them", "dw1 and db1 only", "dw1, db1 and dw2", "all four"])',
        'inventory("A")',
        'inventory("B", items=range(1, 10))',
    ]
    page = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    monkeypatch.setenv("PYTHONPATH", str(LESSONS.parent))
    start = time.perf_counter()
    NotebookClient(page, timeout=60, resources={"metadata": {"path": str(tmp_path)}}).execute()
    assert time.perf_counter() - start < 30
    for cell in page.cells[1:]:
        (output,) = cell.outputs
        assert "application/vnd.jupyter.widget-view+json" in output.data and "text/html" in output.data
    everything = json.dumps(page, ensure_ascii=False)  # outputs, and the state of the widgets
    table = tomllib.loads((LESSONS / "05_backward_pass.toml").read_text(encoding="utf-8"))["p1"]
    assert table["question"] in everything
    for explanation in table["explanations"].values():
        assert explanation not in everything and html.escape(explanation) not in everything
    for item in inventory.__globals__["load"]("B"):
        assert all(choices.rich(text) not in everything for text in item.question.explanations.values())
    assert not (tmp_path / ".backprop-course" / "progress").exists()


# ------------------------------------------------------------------ every lesson
def calls_in(path):
    """(name, options) of every `predict(…)` in the code cells of a lesson."""
    found = []
    text = path.read_text(encoding="utf-8")
    for cell in re.findall(r"^```\{code-cell\}.*?\n(.*?)^```$", text, re.M | re.S):
        code = "\n".join(line for line in cell.split("\n") if not line.startswith(":"))
        for node in ast.walk(ast.parse(code)):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "predict":
                found.append(tuple(ast.literal_eval(argument) for argument in node.args))
    return found


LESSON_SOURCES = sorted(path for path in LESSONS.glob("*.md") if "." not in path.stem)


@pytest.mark.parametrize("path", LESSON_SOURCES, ids=lambda path: path.stem)
def test_the_predictions_of_a_lesson_fit_its_texts(path):
    number = path.stem if path.stem.startswith("bridge") else path.stem.partition("_")[0]
    texts = path.with_suffix(".toml")
    written = tomllib.loads(texts.read_text(encoding="utf-8")) if texts.exists() else {}
    written.pop("hints", None)
    sheet = path.with_suffix(".exercises.md")
    calls = calls_in(path) + (calls_in(sheet) if sheet.exists() else [])
    assert sorted(name for name, _ in calls) == sorted(f"{number}.{key}" for key in written)
    for name, options in calls:
        question = predictions.load(name, options)
        for text in question.explanations.values():
            assert len(text.split()) >= 5, f"{name}: {text!r} explains nothing"


def test_calls_are_found_in_a_lesson(tmp_path):
    lesson = tmp_path / "05_x.md"
    lesson.write_text(
        'Text `predict("05.p9", [])`.\n```{code-cell} ipython3\n:name: a\n:tags: [core]\n\n'
        'predict("05.p1", ["one",\n    "two"])\n```\n',
        encoding="utf-8",
    )
    assert calls_in(lesson) == [("05.p1", ["one", "two"])]
