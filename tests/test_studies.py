"""Every study has its table; every table says its seeds, their spread and the versions of its measurement."""

import csv
import importlib.util
import math
from pathlib import Path

import pytest

from backprop_course import course
from backprop_course.viz import table

FOLDER = Path(__file__).resolve().parents[1] / "benchmarks" / "studies"
STUDIES = sorted(FOLDER.glob("[0-9][0-9].py"))
every_study = pytest.mark.parametrize("path", STUDIES, ids=lambda path: path.stem)
COLUMNS = {"seeds", "mean", "sd", "low", "high", "python", "numpy"}


def loaded(path):
    spec = importlib.util.spec_from_file_location("study", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@every_study
def test_a_table_has_its_seeds_spread_and_versions(path):
    rows = course.study(path.stem)
    assert len(rows) >= 2 and set(rows[0]) >= COLUMNS
    for row in rows:
        assert row["seeds"] >= 3
        finite = [row[name] for name in ("low", "mean", "high")]
        if all(map(math.isfinite, finite)):
            assert row["low"] <= row["mean"] <= row["high"] and row["sd"] >= 0


def test_every_table_has_its_study():
    assert [path.stem for path in sorted(FOLDER.glob("*.csv"))] == [path.stem for path in STUDIES]


def test_summary_says_mean_and_spread():
    found = loaded(FOLDER / "spread.py").summary([1.0, 2.0, 6.0])
    assert found == {"seeds": 3, "mean": 3.0, "sd": pytest.approx(7**0.5), "low": 1.0, "high": 6.0}


def test_regenerate_writes_what_the_study_yields(tmp_path):
    main = loaded(FOLDER / "__main__.py")
    (tmp_path / "99.py").write_text(
        "def rows():\n    yield {'a': 'x', 'mean': 0.5}\n    yield {'a': 'y', 'mean': 1}"
    )
    main.regenerate(tmp_path / "99.py")
    rows = list(csv.DictReader((tmp_path / "99.csv").open(encoding="utf-8")))
    assert [(row["a"], row["mean"]) for row in rows] == [("x", "0.5"), ("y", "1")]
    assert all(row["numpy"] and row["python"] for row in rows)


def test_numbers_of_a_table_are_numbers(tmp_path, monkeypatch):
    (tmp_path / "studies").mkdir()
    (tmp_path / "studies" / "98.csv").write_text("name,seeds,mean\nplain,5,0.25\nfails,5,nan\n")
    monkeypatch.setattr(course, "course_files", lambda: tmp_path)
    plain, fails = course.study("98")
    assert plain == {"name": "plain", "seeds": 5, "mean": 0.25} and math.isnan(fails["mean"])
    with pytest.raises(ValueError, match="97"):
        course.study("97")


def test_a_table_in_a_terminal_is_aligned_and_refuses_what_it_lacks(capsys):
    rows = [{"optimizer": "sgd", "mean": 0.25}, {"optimizer": "momentum", "mean": 0.125}]
    table(rows, {"optimizer": "optimizer", "mean": ("mean loss", ".2f")}, caption="Both learn")
    assert capsys.readouterr().out == (
        "Both learn\noptimizer  mean loss\nsgd             0.25\nmomentum        0.12\n"
    )
    for wrong in ([], [{"optimizer": "sgd"}]):
        with pytest.raises(ValueError, match="rows"):
            table(wrong, {"mean": "mean"}, caption="None")
    with pytest.raises(ValueError, match="caption"):
        table(rows, {"mean": "mean"}, caption=" ")


def test_a_table_takes_any_rows_and_shows_what_is_missing_as_a_dash(capsys, tmp_path, monkeypatch):
    (tmp_path / "studies").mkdir()
    (tmp_path / "studies" / "98.csv").write_text("name,mean\nplain,0.25\nnone,\n")
    monkeypatch.setattr(course, "course_files", lambda: tmp_path)
    rows = course.study("98")
    assert rows[1] == {"name": "none", "mean": None}
    table((row for row in rows), {"name": "name", "mean": ("mean", ".1f")}, caption="One is missing")
    told = capsys.readouterr().out.splitlines()
    assert [line.split() for line in told[2:]] == [["plain", "0.2"], ["none", "–"]]


@pytest.mark.parametrize("rows, columns, error, words", [
    ([{"a": "x"}], {"a": ("a", ".2f")}, ValueError, r"columns\['a'\]: .* fits 'x', got '.2f'"),
    ([{"a": 1}], {"a": ("a", ".2f", 3)}, TypeError, r"columns\['a'\]: expected a heading"),
    ([{"a": 1}], {"a": 5}, TypeError, r"columns\['a'\]: expected a heading"),
    ([{"a": 1}], ["a"], TypeError, "columns: expected a dictionary"),
    (None, {"a": "a"}, TypeError, "rows: expected dictionaries"),
    (["a"], {"a": "a"}, TypeError, "rows: expected dictionaries"),
    (iter([]), {"a": "a"}, ValueError, "at least one of each"),
])  # fmt: skip
def test_a_table_names_the_column_that_does_not_fit(rows, columns, error, words):
    with pytest.raises(error, match=words):
        table(rows, columns, caption="A finding")
