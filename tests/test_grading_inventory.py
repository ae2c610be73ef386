"""The inventory: answers confirmed by another road, form A reveals nothing, form B shows each result."""

import html
import json
import math
import re
import tomllib
from pathlib import Path
from types import SimpleNamespace

import ipywidgets
import numpy as np
import pytest

from backprop_course import autodiff
from backprop_course.grading import choices, inventory, inventory_results, progress
from backprop_course.grading.inventory import OPEN, UNCALIBRATED, load
from backprop_course.grading.mistakes import MISTAKES

FILE = Path(__file__).parent.parent / "lessons" / "inventory.toml"
STEP = 1e-6


def slope(f, x, step=STEP):
    return (f(x + step) - f(x - step)) / (2 * step)


def slopes(f, x):
    unit = np.eye(len(x))
    return [slope(lambda t, e=e: f(np.asarray(x) + t * e), 0.0) for e in unit]


# ------------------------------------------------------------------ the answers, by another road
def after_backward_pass(value, f):
    """What a real backward pass leaves in the parameter."""
    w = autodiff.Value(value)
    assert autodiff.gradients(f(w))[w] == pytest.approx(slope(f, 0.0))
    return w.value


def after_wrong_updates(w, dw, learning_rate):
    """An update that nobody asked for, one in the wrong direction, one without a learning rate."""
    return [w - learning_rate * dw, w + learning_rate * dw, w - dw]


def cross_entropy(true):
    return lambda z: math.log(sum(math.exp(v) for v in z)) - z[true]


def through_scores(W2, dZ2):
    """The loss whose slopes with respect to the scores are dZ2, as a function of the hidden values."""
    return lambda a: sum(d * (w[0] * a[0] + w[1] * a[1]) for d, w in zip(dZ2, W2))


def through_relu(Z1, dA1):
    return slopes(lambda z: sum(d * max(v, 0.0) for d, v in zip(dA1, z)), Z1)


def mean_loss(own):
    return lambda b: sum(s * b for s in own) / len(own)


# item, form: (the numbers in the question that the answer rests on, the right answer by measurement)
MEASURED = {
    (1, "A"): after_backward_pass(2.0, lambda w: 3.0 * w),
    (1, "B"): after_backward_pass(-1.0, lambda b: -4.0 * b),
    (3, "A"): slope(lambda x: 2 * x + 3 * x**2, 1.0),
    (3, "B"): slope(lambda s: 2 * (4 * s) + s**2, 2.0),
    (5, "A"): slope(lambda x: (x + x) * x, 3.0),
    (5, "B"): slope(lambda x: x * x + x, 4.0),
    (6, "A"): slopes(cross_entropy(1), np.log([0.7, 0.2, 0.1])),
    (6, "B"): slopes(cross_entropy(2), np.log([0.2, 0.3, 0.5])),
    (7, "A"): slopes(through_scores([(2, 5), (3, -1)], (0.4, -0.4)), [1.0, 1.0])[0],
    (7, "B"): slopes(through_scores([(4, 2), (1, 6)], (-0.3, 0.3)), [1.0, 1.0])[0],
    (8, "A"): through_relu([-1.5, 2.0, 0.3], [0.6, -0.4, 0.2]),
    (8, "B"): through_relu([0.5, -2.0, 3.0], [-0.2, 0.7, 0.1]),
    (9, "A"): slope(mean_loss([2, 0, -1, 3]), 0.7),
    (9, "B"): slope(mean_loss([1, -2, 4, 0, 7]), 0.7),
}


def numbers_in(text):
    """The numbers of an option, the course's minus sign included."""
    return [float(number.replace("−", "-")) for number in re.findall(r"−?\d+(?:\.\d+)?", text)]


@pytest.mark.parametrize("item, form", MEASURED)
def test_the_right_option_holds_the_measured_numbers_and_no_other_does(item, form):
    question = load(form, [item])[0].question
    expected = np.atleast_1d(MEASURED[item, form])
    for letter, option in question.options.items():
        found = numbers_in(option)
        agrees = len(found) == len(expected) and np.allclose(found, expected, rtol=0, atol=1e-6)
        assert agrees == (letter == question.answer), (letter, option, expected)


@pytest.mark.parametrize(
    "form, f, names, size",
    [
        ("A", lambda u, v: 0.5 * u - 4 * v, "uv", 0.01),
        ("B", lambda p, q: -6 * p + 1 * q, "pq", 0.02),
    ],
)
def test_the_right_change_lowers_the_loss_most(form, f, names, size):
    question = load(form, [2])[0].question
    change = {}
    for letter, option in question.options.items():
        name, direction, by, amount = option.split()
        assert by == "by" and float(amount) == size
        move = size * {"higher": 1, "lower": -1}[direction] * (np.array(list(names)) == name)
        change[letter] = f(*move) - f(0, 0)
    assert min(change, key=change.get) == question.answer and len(set(change.values())) == 4


@pytest.mark.parametrize("form, count", [("A", "1,000"), ("B", "40")])
def test_the_right_number_of_sweeps_is_that_of_inputs_and_outputs(form, count):
    """A Jacobian of one output and n inputs: a forward sweep gives a column of it, a reverse sweep a row."""
    question = load(form, [4])[0].question
    rows, columns = np.empty((1, int(count.replace(",", "")))).shape
    right = f"forward {columns:,}, reverse {rows:,}"
    assert [k for k, option in question.options.items() if option == right] == [question.answer]
    assert count in question.text and len(set(question.options.values())) == 4


WRONG = {  # options that come from a mistake, recomputed by making it
    (1, "A"): after_wrong_updates(2.0, 3.0, 0.1),
    (1, "B"): after_wrong_updates(-1.0, -4.0, 0.05),
    (3, "A"): [2 * 6, 2, 6],
    (3, "B"): [8 * 4, 8, 4],
    (5, "A"): [6 * 3 * 3, (6 + 3 + 3) / 3, 3],
    (5, "B"): [1 * 4 * 4, (1 + 4 + 4) / 3, 4],
    (7, "A"): [0.4 * 2, 0.4 * 2 - 0.4 * 5, 0.4 - 0.4],
    (7, "B"): [-0.3 * 4, -0.3 * 4 + 0.3 * 2, -0.3 + 0.3],
}


@pytest.mark.parametrize("item, form", WRONG)
def test_the_wrong_options_are_the_numbers_of_mistakes(item, form):
    question = load(form, [item])[0].question
    found = sorted(numbers_in(o)[0] for k, o in question.options.items() if k != question.answer)
    assert np.allclose(found, sorted(WRONG[item, form]), rtol=0, atol=1e-6)


@pytest.mark.parametrize("form, P, true", [("A", [0.7, 0.2, 0.1], 1), ("B", [0.2, 0.3, 0.5], 2)])
def test_the_wrong_options_of_item_6_are_the_numbers_of_mistakes(form, P, true):
    item, P, Y = load(form, [6])[0], np.array(P), np.eye(3)[true]
    wrong = {"M4": Y - P, "M6": (P - Y) * P * (1 - P), None: -Y / P}
    for letter, option in item.question.options.items():
        if letter != item.question.answer:
            assert np.allclose(numbers_in(option), wrong[item.mistakes.get(letter)], rtol=0, atol=1e-9)


@pytest.mark.parametrize(
    "form, Z1, dA1", [("A", [-1.5, 2.0, 0.3], [0.6, -0.4, 0.2]), ("B", [0.5, -2.0, 3.0], [-0.2, 0.7, 0.1])]
)
def test_the_wrong_options_of_item_8_are_the_numbers_of_mistakes(form, Z1, dA1):
    item, Z1, dA1 = load(form, [8])[0], np.array(Z1), np.array(dA1)
    wrong = {"M10": dA1, "M12": dA1 * (dA1 > 0), "M13": dA1 * np.maximum(Z1, 0)}
    assert set(item.mistakes.values()) == set(wrong)
    for letter, mistake in item.mistakes.items():
        assert np.allclose(numbers_in(item.question.options[letter]), wrong[mistake], rtol=0, atol=1e-9)


@pytest.mark.parametrize("form, own", [("A", [2, 0, -1, 3]), ("B", [1, -2, 4, 0, 7])])
def test_the_wrong_options_of_item_9_are_the_numbers_of_mistakes(form, own):
    item, N = load(form, [9])[0], len(own)
    wrong = {"M1": [sum(own)], "M2": [sum(own) / N / N], "M20": [s / N for s in own]}
    assert set(item.mistakes.values()) == set(wrong)
    for letter, mistake in item.mistakes.items():
        assert np.allclose(numbers_in(item.question.options[letter]), wrong[mistake], rtol=0, atol=1e-9)


# ------------------------------------------------------------------ the two forms
def test_both_forms_have_the_nine_items_with_four_options_each():
    for form in "AB":
        items = load(form)
        assert [item.number for item in items] == list(range(1, 10))
        assert all(len(item.question.options) == 4 for item in items)
        answers = [item.question.answer for item in items]
        assert set(answers) == set("abcd") and max(map(answers.count, "abcd")) <= 4


def test_the_forms_are_parallel_in_concept_and_mistakes_and_differ_in_text():
    for a, b in zip(load("A"), load("B")):
        assert a.concept == b.concept
        assert sorted(a.mistakes.values()) == sorted(b.mistakes.values())
        assert a.question.text != b.question.text
        assert 0.6 < len(a.question.text) / len(b.question.text) < 1 / 0.6


def test_mistakes_behind_options_are_in_the_library_and_never_behind_the_right_one():
    for form in "AB":
        for item in load(form):
            assert set(item.mistakes.values()) <= set(MISTAKES) and item.question.answer not in item.mistakes


def test_the_file_holds_nothing_else():
    for table in tomllib.loads(FILE.read_text(encoding="utf-8")).values():
        assert set(table) == {"concept", "A", "B"}
        for form in "AB":
            required = {"question", "answer", "options", "explanations"}
            assert required <= set(table[form]) <= required | {"mistakes"}


@pytest.mark.parametrize("form", ["C", "a", None, 1])
def test_another_form_is_refused(form):
    with pytest.raises(ValueError, match='form: expected "A" or "B"'):
        inventory(form)


def test_an_unknown_item_is_refused():
    with pytest.raises(ValueError, match=r"items: expected numbers among .* got 99"):
        inventory("A", items=[1, 99])


@pytest.mark.parametrize("items, error, words", [
    (3, TypeError, "a list of numbers, got int"),
    ([True], ValueError, "numbers among .* got True"),
    ([1.0], ValueError, "numbers among .* got 1.0"),
    (["1"], ValueError, "numbers among .* got '1'"),
    ([[1]], ValueError, "numbers among"),
    ([2, 2], ValueError, "different numbers"),
    ([], ValueError, "different numbers, at least one"),
])  # fmt: skip
def test_items_that_are_no_numbers_of_the_inventory_are_refused(items, error, words):
    with pytest.raises(error, match=f"items: expected {words}"):
        inventory("A", items)


def test_items_may_come_from_anywhere():
    for items in ((n for n in (5, 2)), np.array([5, 2]), (5, 2)):
        assert [item.number for item in load("A", items)] == [5, 2]


# ------------------------------------------------------------------ in use
@pytest.fixture
def learner(tmp_path, monkeypatch):
    """A learner's folder, and what would be shown: (text, html, widget) of each call."""
    (tmp_path / ".backprop-course").mkdir()
    monkeypatch.chdir(tmp_path)
    progress._file_name.cache_clear()
    ipywidgets.Widget.close_all()
    shown = []
    monkeypatch.setattr(choices, "show", lambda text, html, widget=None: shown.append((text, html, widget)))
    return shown


def controls(widget):
    radios = [child for child in widget.children if isinstance(child, ipywidgets.RadioButtons)]
    count, button, result = widget.children[-3:]
    return SimpleNamespace(radios=radios, count=count, button=button, result=result)


def hand_in(widget, given):
    form = controls(widget)
    for radio, choice in zip(form.radios, given):
        radio.index = 4 if choice is None else "abcd".index(choice)
    form.button.click()
    return form.result.value


def all_right(form):
    return [item.question.answer for item in load(form)]


def all_explanations(form):
    return [choices.rich(text) for item in load(form) for text in item.question.explanations.values()]


@pytest.mark.parametrize("form", ["A", "B"])
def test_nothing_leaks_before_it_is_handed_in(learner, form):
    inventory(form)
    text, page, _ = learner[0]
    state = json.dumps(ipywidgets.Widget.get_manager_state(), ensure_ascii=False)
    assert OPEN in state and "Hand in" in state
    for explanation in all_explanations(form):
        assert explanation not in state and explanation not in page and html.unescape(explanation) not in text


@pytest.mark.parametrize("form", ["A", "B"])
def test_it_says_that_it_is_not_calibrated(learner, form):
    inventory(form)
    text, page, widget = learner[0]
    assert UNCALIBRATED in text and choices.rich(UNCALIBRATED) in page
    assert choices.rich(UNCALIBRATED) in widget.children[0].value


def test_a_terminal_gets_all_items_as_text(learner):
    inventory("A", items=[3, 1])
    text = learner[0][0]
    assert text.index("3. Two quantities") < text.index("1. A weight has")
    assert "  d) 6" in text and "2. A loss" not in text


def test_it_can_be_handed_in_when_every_item_has_an_answer(learner):
    inventory("A", items=[1, 2])
    form = controls(learner[0][2])
    assert form.button.disabled and form.count.value == "0 of 2 answered"
    form.radios[0].index = 0
    assert form.button.disabled and form.count.value == "1 of 2 answered"
    form.radios[1].index = 4  # "I do not know yet" is an answer
    assert not form.button.disabled and form.radios[1].value is None


def test_form_a_reveals_nothing_and_keeps_every_answer(learner):
    inventory("A")
    result = hand_in(learner[0][2], [None, "b", *all_right("A")[2:]])
    assert "Form A is handed in (9 items)" in result and "right" not in result
    assert all(explanation not in result for explanation in all_explanations("A"))
    rows = inventory_results()
    assert [row["item"] for row in rows] == list(range(1, 10))
    assert list(rows[0]) == ["time", "form", "item", "concept", "choice", "right", "mistake"]
    assert (rows[0]["choice"], rows[0]["right"], rows[0]["mistake"]) == (None, False, None)
    assert (rows[1]["choice"], rows[1]["right"], rows[1]["mistake"]) == ("b", False, "M4")
    assert all(row["right"] and row["form"] == "A" and row["mistake"] is None for row in rows[2:])


def test_form_b_shows_each_result_and_every_explanation(learner):
    inventory("A")
    hand_in(learner[0][2], ["a", *all_right("A")[1:]])
    inventory("B")
    result = hand_in(learner[1][2], [*all_right("B")[:7], None, "c"])
    assert "Form B: 7 of 9 right." in result and result.count("<details>") == 9
    summaries = re.findall(r"<summary>(.*?)</summary>", result)
    assert summaries[0] == "1. gradient against update: ✓ right, not right in form A"
    assert summaries[7].endswith(f"you chose none, right is {all_right('B')[7]}, right in form A")
    assert summaries[8].endswith(f"you chose c, right is {all_right('B')[8]}, right in form A")
    assert all(explanation in result for explanation in all_explanations("B"))


def test_a_form_that_was_handed_in_is_shown_as_handed_in(learner):
    for form in "AB":
        inventory(form)
        hand_in(learner[-1][2], all_right(form))
        inventory(form)
        text, page, widget = learner[-1]
        assert widget is None
        assert ("9 of 9 right" in text) == ("✓" in page) == (form == "B")
    inventory("B", items=[2])
    assert "1 of 1 right" in learner[-1][0]


def test_a_form_that_was_handed_in_only_in_part_is_asked(learner):
    inventory("B", items=[1])
    hand_in(learner[-1][2], all_right("B")[:1])
    inventory("B", items=[1, 2])
    text, _, widget = learner[-1]
    assert controls(widget).count.value == "0 of 2 answered" and "right." not in text


def test_outside_a_learners_folder_the_result_is_shown_and_nothing_kept(learner, tmp_path, monkeypatch):
    (tmp_path / ".backprop-course").rmdir()
    inventory("B", items=[1])
    assert "1 of 1 right" in hand_in(learner[0][2], all_right("B")[:1])
    assert inventory_results() == [] and list(tmp_path.iterdir()) == []


def test_a_disk_that_refuses_is_mentioned_once(learner, tmp_path):
    (tmp_path / ".backprop-course" / "progress").write_text("in the way", encoding="utf-8")
    inventory("B", items=[1, 2])
    result = hand_in(learner[0][2], all_right("B")[:2])
    assert result.count("could not be saved") == 1 and "2 of 2 right" in result
