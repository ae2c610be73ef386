"""Random edits of right answers: no check fails on them, none that is wrong passes, most are explained."""

import ast
import json
import os
import subprocess
import sys
import textwrap
from collections import Counter
from pathlib import Path

import answer_edits
import numpy as np
import pytest
import right_answers

from backprop_course.grading import Feedback, check, exercises, running
from backprop_course.grading.repair import Repair

EXERCISES = {exercise.id: exercise for exercise in exercises()}
WHOLE = "05.6"


@pytest.fixture(scope="module", params=[100, pytest.param(1000, marks=pytest.mark.thorough)])
def found(request):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(running, "LIMIT", 1.0)  # an edit that loops for ever shall not cost 10 seconds
        results = answer_edits.results(request.param)
    assert len(results) == request.param
    return results


def told(results):
    return "\n".join(f"{r.edit.source}\n{r.message}" for r in results) + "\n"


def test_no_edit_crashes_the_check_and_none_that_is_wrong_passes(found):
    assert told([r for r in found if r.crash]) == "\n"
    assert told(answer_edits.wrong_accepted(found)) == "\n"
    assert told(answer_edits.right_refused(found)) == "\n"


def test_most_edits_get_a_specific_statement(found):
    print(answer_edits.table(found))
    assert answer_edits.share(found) >= answer_edits.SPECIFIC_AT_LEAST, answer_edits.table(found)
    assert sum(r.passed for r in found) < len(found) / 4  # most edits make an answer wrong


def test_the_edits_are_spread_and_none_comes_twice(found):
    assert {r.edit.kind for r in found} == {kind.__name__ for kind in answer_edits.KINDS}
    assert len({(r.edit.id, r.edit.source) for r in found}) == len(found)
    by_exercise = Counter(r.edit.id for r in found)
    functions = {id for id, a in right_answers.STYLES.items() if right_answers.is_function(a)}
    assert by_exercise.keys() >= functions
    if len(found) < 5 * len(by_exercise):
        assert max(by_exercise.values()) - min(by_exercise.values()) <= 1


def test_the_same_seed_draws_the_same_edits_and_another_seed_others():
    first, again, other = ([e.source for e in answer_edits.draw(50, seed)] for seed in (0, 0, 1))
    assert first == again != other


@pytest.mark.parametrize("hashing", ["1", "2"])
def test_another_process_draws_the_same_edits(hashing):
    code = "import answer_edits, json; print(json.dumps([e.source for e in answer_edits.draw(50)]))"
    found = subprocess.run(
        [sys.executable, "-c", code], cwd=Path(__file__).parent, env=os.environ | {"PYTHONHASHSEED": hashing},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert json.loads(found.stdout) == [edit.source for edit in answer_edits.draw(50)]


# ------------------------------------------------------------------ the kinds of edit
SAMPLE = textwrap.dedent("""
    def answer(d, saved, W):
        mask = saved.Z1 > 0
        total = -d[0, 1] * W
        for k in range(len(d)):
            total += np.einsum("rk,rj->kj", d, W)
        return {"W": d.T @ saved.A1, "b": d.sum(axis=0)}
""")
EXPECTED = {
    "sign": ["total = d[0, 1] * W", '{"W": -(d.T @ saved.A1)', '"b": -d.sum(axis=0)'],
    "transposition": [
        '{"W": d @ saved.A1', "saved.A1.T", '{"W": (d.T @ saved.A1).T', "'rk,rj->jk'", "'kr,rj->kj'",
    ],
    "axis": ["d.sum(axis=1)", "d.sum()", "d.sum(axis=0, keepdims=True)"],
    "factor": ["W * 2", "d.T @ saved.A1 / len(d)", "-d[0, 1] * W * 0.3"],
    "index": ["d[1, 1]", "d[0, 0]", "d[1, 0]", "range(1, len(d))", "range(len(d) - 1)"],
    "dropped_term": ["total = -d[0, 1]", "total = W", "total = np.einsum", '{"W": d.T,', '{"W": saved.A1,'],
    "swapped_variable": ["W.T @ saved.A1", "d.T @ saved.Z1", "d.T @ mask", "total.sum(axis=0)"],
    "comparison": ["saved.Z1 >= 0", "saved.Z1 < 0", "saved.Z1 <= 0"],
    "operator": ["total = -d[0, 1] / W", "total -= np.einsum", "d.T * saved.A1", "-d[0, 1] @ W"],
}  # fmt: skip


@pytest.fixture(scope="module")
def made():
    """The edits of the sample by kind, as sources."""
    tree = ast.parse(SAMPLE).body[0]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(answer_edits, "tree_of", lambda answer: tree)
        found = answer_edits.edits_of(None)
        return {kind: [answer_edits.edited(None, *e) for e in edits] for kind, edits in found.items()}


@pytest.mark.parametrize("kind", EXPECTED)
def test_each_kind_makes_its_edits_in_one_line(kind, made):
    before = ast.unparse(ast.parse(SAMPLE)).splitlines()
    for source in made[kind]:
        assert sum(a != b for a, b in zip(before, source.splitlines(), strict=True)) == 1
    for text in EXPECTED[kind]:
        assert [s for s in made[kind] if text.replace('"', "'") in s], text


def test_all_kinds_are_tried_and_no_edit_is_without_effect(made):
    assert made.keys() == EXPECTED.keys() == {kind.__name__ for kind in answer_edits.KINDS}
    same = ast.unparse(ast.parse(SAMPLE))
    assert not [s for edits in made.values() for s in edits if s == same]


# ------------------------------------------------------------------ are they still right?
def nearly(d, W):
    return (d @ W) * (1 + 1e-5)


@pytest.mark.parametrize(
    "answer, expected",
    [
        (lambda d, W: np.einsum("rk,kj->rj", d, W), True),
        (lambda d, W: np.float32(d) @ np.float32(W), True),
        (lambda d, W: (d @ W).tolist(), True),
        (nearly, False),
        (lambda d, W: -(d @ W), False),
        (lambda d, W: (d @ W)[0], False),
        (lambda d, W: d @ W if len(d) == 1 else 2 * d @ W, False),
        (lambda d, W: None, False),
        (lambda d, W: d @ W.no_such, False),
    ],
)
def test_the_judgement_is_right(answer, expected):
    plain = right_answers.STYLES["05.4"][0]
    assert answer_edits.is_equivalent(EXERCISES["05.4"], answer, plain) is expected


@pytest.mark.parametrize("key", ["W1", "b1", "W2", "b2"])
def test_the_judgement_looks_at_every_part(key):
    plain = right_answers.STYLES[WHOLE][0]

    def wrong(*args):
        grads = plain(*args)
        return grads | {key: grads[key] * 1.001}

    assert answer_edits.is_equivalent(EXERCISES[WHOLE], plain, plain)
    assert not answer_edits.is_equivalent(EXERCISES[WHOLE], wrong, plain)
    assert not answer_edits.is_equivalent(EXERCISES[WHOLE], lambda *args: {key: plain(*args)[key]}, plain)


# ------------------------------------------------------------------ repairs
ALIKE = {"title": "", "asked": "", "section": "", "question": "", "signature": "{3: ...}"}
RUNS = {f"99.{m}": Repair(**ALIKE, id=f"99.{m}", mistake=m) for m in ("M1", "M10", "M15", "M19")}


@pytest.fixture(scope="module")
def repaired():
    """Edits of the right lines of four runs, checked."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(right_answers, "STYLES", {id: (run.right(),) for id, run in RUNS.items()})
        patch.setattr(answer_edits, "exercises", lambda: tuple(RUNS.values()))
        return answer_edits.results(60, check=lambda id, answer: RUNS[id].examine(answer))


def test_lines_of_repairs_are_edited_checked_and_judged(repaired):
    assert {r.edit.id for r in repaired} == RUNS.keys() and len(repaired) > 40
    assert told([r for r in repaired if r.crash]) == "\n"
    assert told(answer_edits.wrong_accepted(repaired)) == "\n"
    assert told(answer_edits.right_refused(repaired)) == "\n"
    assert any(r.said == "named" for r in repaired)


@pytest.mark.parametrize("id", RUNS)
def test_a_repair_is_judged_by_the_steps_of_the_network(id):
    run = RUNS[id]
    assert answer_edits.is_equivalent(run, run.right(), None)
    assert not answer_edits.is_equivalent(run, run.wrong(run.mistake), None)
    assert not answer_edits.is_equivalent(run, {1: "no Python"}, None)


# ------------------------------------------------------------------ the counts would tell
def crashing(id, answer):
    raise RuntimeError("the check itself")


def accepting(id, answer):
    return Feedback(id, True, "Right.")


def refusing(id, answer):
    return Feedback(id, False, "The shapes are right. `dZ2` differs. The largest difference is 3.")


def test_a_check_that_crashes_is_counted():
    results = answer_edits.results(20, check=crashing)
    assert all(r.crash and "the check itself" in r.message for r in results)
    assert "crashes: 20" in answer_edits.table(results)


def test_a_check_that_accepts_everything_is_caught():
    results = answer_edits.results(60, check=accepting)
    assert len(answer_edits.wrong_accepted(results)) > 30


def test_a_check_that_only_refuses_is_caught():
    results = answer_edits.results(200, check=refusing)
    assert answer_edits.share(results) == 0 and answer_edits.right_refused(results)
    assert "specific statement: 0.0% of the rejected edits" in answer_edits.table(results)


SAID = {
    "named": ("05.5", lambda dA1, Z1: dA1),
    "fact": ("05.4", lambda d, W: -(d @ W)),
    "which is right": ("05.3", lambda d, A: (d.T @ A, d.sum(axis=0) + A.sum())),
    "only differs": ("05.4", lambda d, W: np.tanh(d @ W) + W.sum()),
    "NaN": ("05.4", lambda d, W: d @ W * np.nan),
    "shape": ("05.4", lambda d, W: (d @ W)[0]),
    "form": ("05.3", lambda d, A: d.T @ A),
    "form of a part": ("05.4", lambda d, W: "dA1"),
    "exception": ("05.4", lambda d, W: W @ d[0, 0, 0]),
    "blank": ("05.4", lambda d, W: None),
}


def test_a_loss_that_is_right_is_no_specific_statement():
    text = "{} right. `W1` and `b1` differ. The largest difference is 3."
    for names, kind in (("`L` is", "only differs"), ("`W2` and `L` are", "which is right")):
        feedback = Feedback("99.1", False, text.format(names))
        assert answer_edits.statement(feedback, EXERCISES["05.4"]) == kind


def test_a_sentence_that_is_not_known_is_no_specific_statement():
    new = Feedback("99.1", False, "Something that no check says yet.")
    said = answer_edits.statement(new, EXERCISES["05.4"])
    edit = answer_edits.draw(1)[0]
    assert said == "something else"
    assert answer_edits.share([answer_edits.Result(edit, said, False, False, "")]) == 0


@pytest.mark.parametrize("kind", SAID)
def test_each_kind_of_statement_is_recognised(kind):
    id, answer = SAID[kind]
    assert answer_edits.statement(check(id, answer), EXERCISES[id]) == kind.removesuffix(" of a part")


def test_more_kinds_of_statement_are_recognised(monkeypatch):
    monkeypatch.setattr(running, "LIMIT", 0.05)
    forever = [True]

    def looping(dZ2, W2):
        while forever[0]:
            pass

    def overwriting(dA1, Z1):
        dA1 *= Z1 > 0
        return dA1

    assert answer_edits.statement(check("05.4", looping), EXERCISES["05.4"]) == "stopped"
    assert answer_edits.statement(check("05.5", overwriting), EXERCISES["05.5"]) == "inputs"
    rng = np.random.default_rng(0)
    drawing = check("05.4", lambda d, W: d @ W + rng.normal())
    assert answer_edits.statement(drawing, EXERCISES["05.4"]) == "calls"
    forever[0] = False


def test_the_share_leaves_out_what_it_is_told_to():
    edit = answer_edits.draw(1)[0]
    said = ["named", "fact", "only differs", "only differs", "exception", "exception", "shape", "passed"]
    results = [answer_edits.Result(edit, kind, kind == "passed", kind == "passed", "") for kind in said]
    assert answer_edits.share(results) == pytest.approx(5 / 7)
    assert answer_edits.share(results, answer_edits.WITHOUT_RUNNING) == pytest.approx(2 / 4)
    results += [answer_edits.Result(edit, "which is right", False, False, "")]
    assert answer_edits.share(results, answer_edits.WITHOUT_RUNNING) == pytest.approx(3 / 5)
    assert answer_edits.share(results, answer_edits.NO_FACT) == pytest.approx(2 / 4)


@pytest.mark.parametrize("least, code", [(0.0, 0), (1.0, 1)])
def test_the_printed_table_counts_by_kind(least, code, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["answer_edits.py", "--edits", "40"])
    monkeypatch.setattr(answer_edits, "SPECIFIC_AT_LEAST", least)
    with pytest.raises(SystemExit) as end:
        answer_edits.main()
    lines = capsys.readouterr().out.splitlines()
    assert end.value.code == code and lines[0].startswith("kind of edit")
    total = next(line for line in lines if line.startswith("all"))
    counts = [int(word) for word in total.split()[1:-1]]
    assert counts[0] == sum(counts[1:]) == 40
