"""The benchmarks compare like with like, leave nothing out, and say what is too slow."""

import importlib.util
from pathlib import Path

import pytest

from backprop_course.grading import exercises, running


def benchmark(name):
    path = Path(__file__).parents[1] / "benchmarks" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"benchmark_{name}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


training_step, checks = benchmark("training_step"), benchmark("checks")
SIZE = (7, 6, 4, 5)  # inputs, hidden units, classes, batch: all different


def losses(name):
    step = training_step.CONTESTANTS[name][0](*training_step.task(*SIZE))
    return [float(step()) for _ in range(training_step.CHECKED_STEPS)]


@pytest.mark.parametrize("name, module", [
    ("PyTorch eager", "torch"), ("scikit-learn", "sklearn"), ("HIPS autograd", "autograd"),
])  # fmt: skip
def test_the_others_take_the_same_steps(name, module):
    pytest.importorskip(module, reason=f"{name} is not installed")
    own = losses("this course")
    assert losses(name) == pytest.approx(own, rel=1e-4)
    assert own[-1] < own[0] * 0.999  # a step that does nothing would agree with itself


def test_five_products_have_the_shapes_of_the_step():
    """2 N (n h + h m) operations forward, as many for the weights, 2 N h m back to the hidden units."""
    import numpy as np

    class Counting(np.ndarray):
        operations = 0

        def __matmul__(self, other):
            Counting.operations += 2 * self.shape[0] * self.shape[1] * other.shape[1]
            return np.asarray(self) @ np.asarray(other)

    n, h, m, N = SIZE
    X, _, params = training_step.task(*SIZE)
    products = training_step.five_matrix_products(X, params)
    for cell in products.__closure__:
        cell.cell_contents = cell.cell_contents.view(Counting)
    products()
    assert Counting.operations == 2 * N * (2 * (n * h + h * m) + h * m)


def test_every_check_is_timed_on_right_blank_and_wrong_answers():
    for exercise in exercises():
        kinds = [kind for kind, _ in checks.answers(exercise)]
        assert kinds.count("right") >= 1 and kinds.count("blank") == 1
        assert kinds.count("wrong") == len(exercise.mistakes)


def test_a_line_of_the_table_has_median_percentile_and_largest():
    words = checks.line("05", [k / 1000 for k in range(101)]).split()
    assert words == ["05", "101", "50.0", "95.0", "100.0"]


def test_slow_checks_and_a_slow_loop_are_told():
    assert checks.verdict([0.01, 0.1, 0.9], 10.2) == []
    assert len(checks.verdict([0.01, 0.11, 0.9], 10.2)) == 1
    assert len(checks.verdict([0.2, 0.2], 11.0)) == 2


@pytest.mark.parametrize("slow", [False, True])
def test_the_benchmark_of_the_checks_prints_lessons_and_kinds(slow, monkeypatch, capsys):
    monkeypatch.setattr("backprop_course.grading.exercises", lambda: exercises()[:2])
    monkeypatch.setattr("sys.argv", ["checks.py", "--inputs", "1"])
    monkeypatch.setattr(running, "LIMIT", 0.2)
    monkeypatch.setattr(checks, "MEDIAN", 0.0 if slow else 10.0)
    with pytest.raises(SystemExit) as end:
        checks.main()
    rows = [line.split()[0] for line in capsys.readouterr().out.splitlines() if line.strip()]
    assert end.value.code == (1 if slow else 0)
    assert {exercises()[0].id.partition(".")[0], "right", "blank", "wrong", "all"} <= set(rows)
