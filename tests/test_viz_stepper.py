"""The stepper without a browser: its numbers and words run under Node, its Python side refuses and shows."""

import json
import math
import re
import shutil
import subprocess
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from stepper_cases import BACKWARD, EXAMPLE, draw, expected, updated

from backprop_course.explore import stepping
from backprop_course.viz import stepper

SOURCE = Path(stepper.__file__).with_name("stepper_numbers.js")
SIZES = [(n, h, m) for n in range(1, 5) for h in range(1, 6) for m in range(1, 5)]
RUNNER = """
import { readFileSync } from "node:fs";
import { pure } from "./numbers.mjs";
const asked = JSON.parse(readFileSync(0, "utf8"));
const { forward, backward, update, valueInWords, gradientInWords, ingredients, layout, neighbour } = pure;
const answers = {
  numbers: ({ params, x, y_true, learning_rate }) => {
    const values = forward(params, x, y_true);
    const grads = backward(params, x, y_true, values);
    return { values, grads, moved: update(params, grads, learning_rate), after: params };
  },
  words: ({ params, x, y_true, learning_rate }) => {
    const values = forward(params, x, y_true);
    const net = { params, x, y_true, values, grads: backward(params, x, y_true, values) };
    const told = ({ name, index }) => ({
      name, index, value: valueInWords(net, name, index), gradient: gradientInWords(net, name, index),
      uses: [false, true].map((back) => ingredients(net, name, index, back)),
    });
    return layout(x.length, values.Z1.length, y_true.length).items.map(told);
  },
  layout: ([n, h, m]) => {
    const plan = layout(n, h, m);
    const keys = ["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight"];
    const to = (item, key) => plan.items.indexOf(neighbour(plan.items, item, key));
    const next = plan.items.map((item) => keys.map((key) => to(item, key)));
    return { ...plan, next };
  },
  steps: () => pure.STEPS,
};
process.stdout.write(JSON.stringify(asked.map(([what, given]) => answers[what](given))));
"""


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    """Asks what the browser computes: node([("numbers", given), …]) -> answers."""
    program = shutil.which("node")
    if program is None:
        pytest.skip("Node.js is not here; the browser tests compare the same numbers")
    folder = tmp_path_factory.mktemp("node")
    shutil.copy(SOURCE, folder / "numbers.mjs")
    (folder / "run.mjs").write_text(RUNNER, encoding="utf-8")

    def ask(questions):
        run = [program, str(folder / "run.mjs")]
        done = subprocess.run(
            run, input=json.dumps(questions), capture_output=True, text=True, encoding="utf-8", timeout=60
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return ask


def close(ours, theirs):
    return np.allclose(np.array(ours), theirs, rtol=1e-12, atol=1e-12)


# ------------------------------------------------------------------ numbers
def given_networks():
    """Random networks of all sizes; large scores, an exact zero before the ReLU, a lost probability."""
    rng = np.random.default_rng(0)
    cases = [draw(rng, sizes) for sizes in SIZES] + [draw(rng) for _ in range(100)]
    cases += [draw(rng, spread=6.0) for _ in range(40)]
    at_the_kink = json.loads(json.dumps(EXAMPLE))
    at_the_kink["params"]["b1"] = [-1.0, -2.0, 1.0]  # Z1 is exactly 0, 0, 0
    lost = json.loads(json.dumps(EXAMPLE))
    lost["params"]["b2"] = [900.0, 0.0]
    return [EXAMPLE, at_the_kink, lost, *cases]


def test_values_gradients_and_update_are_those_of_the_model(node):
    cases = given_networks()
    for given, answer in zip(cases, node([("numbers", given) for given in cases]), strict=True):
        values, grads = expected(given)
        assert set(answer["values"]) == {"Z1", "A1", "Z2", "Y_pred", "L"} and set(answer["grads"]) == set(
            grads
        )
        for name, value in answer["values"].items():
            assert close(value, values[name]), name
        for name, grad in answer["grads"].items():
            assert close(grad, grads[name]), name
        for name, moved in updated(given)["params"].items():
            assert close(answer["moved"][name], moved), name
        assert answer["after"] == given["params"], "an update changes nothing in place"


def test_a_lost_probability_gives_a_large_finite_loss(node):
    lost = EXAMPLE | {"params": EXAMPLE["params"] | {"b2": [900.0, 0.0]}}
    (answer,) = node([("numbers", lost)])
    assert answer["values"]["Y_pred"][1] == 0 and answer["values"]["L"] == pytest.approx(708.4, abs=0.1)


def test_the_steps_and_their_order(node):
    (steps,) = node([("steps", None)])
    names = [tuple(step["names"]) for step in steps]
    assert names == [("Z1",), ("A1",), ("Z2",), ("Y_pred",), ("L",), *BACKWARD]
    assert [bool(step.get("back")) for step in steps] == [False] * 5 + [True] * 5


# ------------------------------------------------------------------ words
def evaluated(text):
    """Both sides of "0.75 · 1 + (−0.75) · (−1) = 1.5" as numbers, and whether it claims equality."""
    text = re.sub(r" \(Z1 is .*\)$", "", text)
    side, sign, result = re.fullmatch(r"(.*) ([=≈]) (.*)", text).groups()
    names = {"exp": math.exp, "ln": math.log, "max": max}
    code = side.replace("·", "*").replace("−", "-").replace("dZ2", result).replace("dZ1", result)
    code = re.sub(r"ln ([\d.e-]+)", r"ln(\1)", code.replace("−", "-"))
    return eval(code.replace("−", "-"), {"__builtins__": {}}, names), float(result.replace("−", "-")), sign


def entry(arrays, told):
    return float(arrays[told["name"]][tuple(told["index"])])


def test_what_the_words_calculate_is_the_number(node):
    rng = np.random.default_rng(1)
    cases = [EXAMPLE, *(draw(rng) for _ in range(20))]
    counted = {"=": 0, "≈": 0}
    for given, items in zip(cases, node([("words", given) for given in cases]), strict=True):
        values, grads = expected(given)
        for told in items:
            computed = told["name"] in ("Z1", "A1", "Z2", "Y_pred", "L")
            for side, arrays in (("value", values if computed else {}), ("gradient", grads)):
                if told["name"] not in arrays:
                    continue
                left, right, sign = evaluated(told[side])
                counted[sign] += 1
                true = entry(arrays, told)
                precise = 6e-4 if abs(true) >= 0.001 else 6e-3  # four digits, three where there is a power
                assert right == pytest.approx(true, rel=precise, abs=1e-12), told
                assert left == pytest.approx(
                    right, **({"rel": 1e-9, "abs": 1e-12} if sign == "=" else {"abs": 0.02})
                )
    assert min(counted.values()) > 50


def test_the_words_of_the_example(node):
    (items,) = node([("words", EXAMPLE)])
    told = {(item["name"], *item["index"]): item for item in items}
    assert told["A1", 0]["gradient"] == "0.75 · 1 + (−0.75) · (−1) = 1.5"
    assert told["Z1", 2]["gradient"] == "0.75 · 0 = 0 (Z1 is −1, not above 0: nothing passes)"
    assert told["W2", 1, 0]["gradient"] == "(−0.75) · 1 = −0.75"
    assert told["Z1", 1]["value"] == "0 · 1 + 1 · 2 + (−1) = 1"
    assert told["Y_pred", 0]["value"] == "exp(1.099) / (exp(1.099) + exp(0)) ≈ 0.75"
    assert told["L",]["value"] == "−ln 0.25 ≈ 1.386"
    assert told["X", 1] | {"uses": None} == {
        "name": "X", "index": [1], "value": "2, given", "gradient": None, "uses": None,
    }  # fmt: skip


def test_what_a_number_is_made_of(node):
    (items,) = node([("words", EXAMPLE)])
    uses = {(item["name"], *item["index"]): item["uses"] for item in items}
    assert uses["A1", 1][1] == ["Z2 0", "Z2 1", "W2 0 1", "W2 1 1"]
    assert uses["Z2", 1][0] == ["A1 0", "A1 1", "A1 2", "W2 1 0", "W2 1 1", "W2 1 2", "b2 1"]
    assert uses["W1", 2, 1][1] == ["Z1 2", "X 1"]
    known = {" ".join(map(str, key)) for key in uses}
    assert {part for both in uses.values() for side in both for part in side} <= known


# ------------------------------------------------------------------ places
def overlap(a, b):
    return (
        a["x"] < b["x"] + b["wide"] - 0.01 and b["x"] < a["x"] + a["wide"] - 0.01
        and a["y"] < b["y"] + b["high"] - 0.01 and b["y"] < a["y"] + a["high"] - 0.01
    )  # fmt: skip


def test_nothing_overlaps_and_the_arrow_keys_reach_everything(node):
    for sizes, plan in zip(SIZES, node([("layout", sizes) for sizes in SIZES]), strict=True):
        items = plan["items"]
        n, h, m = sizes
        assert len(items) == n + n * h + 3 * h + h * m + 3 * m + 1
        for k, a in enumerate(items):
            assert a["x"] >= 0 and a["x"] + a["wide"] <= plan["width"], (sizes, a)
            assert a["y"] >= 20 and a["y"] + a["high"] <= plan["height"], (sizes, a)
            assert not [b for b in items[:k] if overlap(a, b)], (sizes, a)
        reached, edge = {0}, [0]
        while edge:
            edge = [k for start in edge for k in plan["next"][start] if k >= 0 and k not in reached]
            reached |= set(edge)
        assert len(reached) == len(items), sizes


# ------------------------------------------------------------------ the Python side
@pytest.mark.parametrize(
    "change, named",
    [
        ({"params": {"W1": [[1.0]]}}, "params"),
        ({"params": [1.0]}, "params"),
        ({"params": EXAMPLE["params"] | {"W1": [[1.0, 2.0]]}}, "params['W1']"),
        ({"params": EXAMPLE["params"] | {"W2": [[1.0, 2.0], [3.0, 4.0]]}}, "params['W2']"),
        ({"params": EXAMPLE["params"] | {"b2": [1.0]}}, "params['b2']"),
        ({"params": EXAMPLE["params"] | {"b1": [0.0, np.nan, 0.0]}}, "b1"),
        ({"x": [1.0, 2.0, 3.0]}, "params['W1']"),
        ({"x": ["a", "b"]}, "x"),
        ({"x": [1.0] * 5}, "sizes"),
        ({"y_true": [1.0, 1.0]}, "y_true"),
        ({"y_true": [-1.0, 2.0]}, "y_true"),
        ({"y_true": [[0.0, 1.0]]}, "y_true"),
        ({"learning_rate": -1}, "learning_rate"),
        ({"learning_rate": "0.1"}, "learning_rate"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(change, named):
    given = EXAMPLE | change
    with pytest.raises((ValueError, TypeError), match=r"expected .* got ") as refused:
        stepping.step_through(
            given["params"], given["x"], given["y_true"], learning_rate=given["learning_rate"]
        )
    assert str(refused.value).startswith(named)


def test_numbers_of_the_still_picture_are_the_models():
    for given in [EXAMPLE, draw(np.random.default_rng(2), (3, 2, 4))]:
        ours, theirs = stepping.both_ways(given["params"], given["x"], given["y_true"]), expected(given)
        for mine, right in zip(ours, theirs):
            for name, array in mine.items():
                assert close(array, right[name]), name
    assert set(ours[1]) == set(theirs[1])


@pytest.fixture
def shown(monkeypatch):
    """What `step_through` displays in a notebook."""
    outputs = []
    monkeypatch.setattr(stepper, "in_a_notebook", lambda: True)
    monkeypatch.setattr("IPython.display.display", outputs.append)
    yield outputs
    for output in outputs:
        getattr(output, "close", lambda: None)()


@pytest.mark.parametrize("sizes", [(2, 3, 2), (4, 5, 4)])
def test_a_still_picture_stands_before_the_widget(shown, sizes):
    given = draw(np.random.default_rng(3), sizes)
    stepping.step_through(given["params"], given["x"], given["y_true"], learning_rate=0.25)
    still, widget = shown
    n, h, m = sizes
    assert (
        "data-still" in still._repr_html_() and f"{n} inputs, {h} hidden units and {m} classes" in still.alt
    )
    state = SimpleNamespace(**widget.get_state())
    assert (state.params, state.x, state.y_true) == (given["params"], given["x"], given["y_true"])
    assert state.learning_rate == 0.25 and state.backward is True


def test_forward_alone_the_picture_and_its_words_hold_no_gradient(shown, monkeypatch):
    drawn, draw_it = [], stepper.draw_network
    keep = lambda sizes, **given: drawn.append(given) or draw_it(sizes, **given)  # noqa: E731
    monkeypatch.setattr(stepper, "draw_network", keep)
    for backward in (False, True):
        stepping.step_through(EXAMPLE["params"], EXAMPLE["x"], EXAMPLE["y_true"], backward=backward)
    still, widget, still_of_both, _ = shown
    assert widget.get_state()["backward"] is False and widget.get_state()["params"] == EXAMPLE["params"]
    values = expected(EXAMPLE)[0]
    assert drawn[0]["values"].keys() == values.keys() and not drawn[0]["grads"] and drawn[1]["grads"]
    assert all(close(array, values[name]) for name, array in drawn[0]["values"].items())
    assert "Y_pred is 0.75, 0.25" in still.alt
    for told, speaks in ((still.alt, False), (still_of_both.alt, True)):
        assert bool(re.search(r"[Bb]ackward|dZ|dA", told)) is speaks
    assert ["gradients" in given["title"] for given in drawn] == [False, True]


def test_own_words_and_float32(shown):
    params = {name: np.float32(array) for name, array in EXAMPLE["params"].items()}
    stepping.step_through(
        params, np.float32([1, 2]), np.array([0, 1]), alt="Unit 1 should shrink.", title="Unit 1"
    )
    assert shown[0].alt == "Unit 1 should shrink."
    assert shown[1].get_state()["params"]["W1"] == EXAMPLE["params"]["W1"]


def test_a_terminal_gets_the_words(capsys):
    stepping.step_through(EXAMPLE["params"], EXAMPLE["x"], EXAMPLE["y_true"])
    assert "dA1 is 1.5, −1.5, 0.75" in capsys.readouterr().out
    stepping.step_through(EXAMPLE["params"], EXAMPLE["x"], EXAMPLE["y_true"], backward=False)
    assert capsys.readouterr().out.endswith("Y_pred is 0.75, 0.25.\n")
