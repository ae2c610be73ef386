"""The benchmarks compare like with like, leave nothing out, and say what is too slow."""

import importlib.util
from itertools import pairwise
from pathlib import Path

import pytest

from backprop_course.grading import exercises, running


def benchmark(name):
    path = Path(__file__).parents[1] / "benchmarks" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"benchmark_{name}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


training_step, checks, optimizers = (benchmark(name) for name in ("training_step", "checks", "optimizers"))
live_figures = benchmark("live_figures")
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


@pytest.mark.parametrize("name", [name for name in optimizers.CONTESTANTS if name != optimizers.OURS])
def test_fit_with_adam_and_pytorch_train_alike(name):
    pytest.importorskip("torch", reason="PyTorch is not installed")
    data = optimizers.task(rows=256)
    own, theirs = (optimizers.CONTESTANTS[key][0](*data, epochs=3) for key in (optimizers.OURS, name))
    start = optimizers.CONTESTANTS[optimizers.OURS][0](*data, epochs=1)()
    assert theirs() == pytest.approx(own(), rel=1e-5) and own() < 0.95 * start
    assert theirs() == pytest.approx(own(), rel=1e-5)  # a second run begins anew


def test_fit_and_pytorch_drop_out_alike():
    pytest.importorskip("torch", reason="PyTorch is not installed")
    data = optimizers.task(rows=512)
    names = (optimizers.OURS, "PyTorch, default")
    dropped, plain = ([optimizers.CONTESTANTS[n][0](*data, 4, keep)() for n in names] for keep in (0.5, 1.0))
    assert all(d > 1.02 * p for d, p in zip(dropped, plain)), "dropout learns these rows more slowly"
    assert dropped[0] == pytest.approx(dropped[1], rel=0.05)  # the masks are not the same


def test_the_fastest_form_of_pytorch_is_compared():
    def answers(*pairs):
        return [{"seconds": seconds, "busy": busy} for seconds, busy in pairs]

    found = {"this course": answers((3, 2), (6, 2), (3, 2)), "slow": answers((9, 9), (9, 9), (1, 9))}
    found["fast"] = answers((2, 4), (2, 4), (3, 4))
    time, processor = optimizers.verdicts(found, threads=1)
    assert "time: fit takes 1.50 times that of fast (1.00 to 3.00 in 3 rounds)" in time
    assert "time of the processor: fit takes 0.50 times that of fast (0.50 to 0.50" in processor
    assert len(optimizers.verdicts(found, threads=2)) == 1
    assert optimizers.verdicts({"this course": found["fast"]}, threads=1) == []


def test_every_optimizer_is_timed(monkeypatch, capsys):
    monkeypatch.setattr(optimizers, "UPDATES", 1)
    optimizers.update_times()
    rows = [line.split() for line in capsys.readouterr().out.splitlines()[2:]]
    names = ["sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "adamw"]
    assert [name for name, _ in rows] == names
    assert all(float(time) > 0 for _, time in rows)


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


def times(live, interact, settled):
    """Twenty-one equal times, the last two of which are the slow ones."""
    return {
        name: [usual] * 19 + [slow] * 2
        for name, (usual, slow) in {"live": live, "interact": interact, "settled": settled}.items()
    }


@pytest.mark.parametrize("live, settled, told", [
    ((45, 80), (90, 150), []),
    ((46, 80), (90, 150), ["median is 0.46"]),
    ((45, 82), (90, 150), ["95th percentile is 0.41"]),
    ((45, 80), (90, 151), ["settled after 151 ms"]),
    ((200, 300), (200, 300), ["median", "95th percentile", "settled"]),
])  # fmt: skip
def test_a_slow_live_figure_is_told(live, settled, told):
    found = live_figures.verdict("01", times(live, (100, 200), settled))
    assert len(found) == len(told) and all(word in sentence for word, sentence in zip(told, found))


def test_the_stepper_has_a_bound_of_its_own():
    quick = {name: found for name, found in times((20, 40), (100, 200), (0, 0)).items() if name != "settled"}
    assert live_figures.verdict("stepper", quick, live_figures.MOST_PRESS) == []
    slower = quick | {"live": [21] * 19 + [41] * 2}
    assert len(live_figures.verdict("stepper", slower, live_figures.MOST_PRESS)) == 2
    assert len(live_figures.line("stepper", quick)) == len(live_figures.HEAD)


def test_the_table_of_live_figures_names_every_column():
    row = live_figures.line("01", times((45, 80), (100, 200), (90, 140)))
    assert row.split() == ["01", "45", "80", "100", "200", "0.45", "0.40", "90", "140"]
    assert len(row) == len(live_figures.HEAD)


def test_interact_draws_what_the_live_figure_draws(monkeypatch):
    """The same limits, labels, points, lines and texts, by another program."""
    import matplotlib.pyplot as plt
    import numpy as np

    from backprop_course.viz import scenes
    from backprop_course.viz.stages import still

    curve, dots = scenes.Curve(np.arange(3.0), np.arange(3.0) ** 2), scenes.Dots(np.ones(1), np.zeros(1))
    words, field = scenes.Words(1, 1, "here"), scenes.Field(np.eye(3))
    marks = {"curve": curve, "dots": dots, "words": words, "field": field}
    panel = scenes.Panel(marks, (0, 2), (0, 4), "x", "y", title="inside")
    scene = scenes.Scene("A title", (panel,), "in words")
    namespace = {}
    exec(live_figures.INTERACT.replace("%matplotlib inline", ""), namespace)
    monkeypatch.setattr(plt, "show", lambda: None)
    namespace["_shown"](lambda w: scene)(w=1.0)
    drawn, (ours,) = plt.gcf(), still(scene).axes
    (theirs,) = drawn.axes
    plt.close(drawn)
    assert drawn._suptitle.get_text() == "A title" and theirs.get_title() == "inside"
    assert (theirs.get_xlim(), theirs.get_ylim()) == (ours.get_xlim(), ours.get_ylim())
    assert [text.get_text() for text in theirs.texts] == ["here"] and len(theirs.images) == 1
    for line, other in zip(theirs.lines, ours.lines, strict=True):
        assert np.array_equal(line.get_xydata(), other.get_xydata())


@pytest.mark.parametrize("steps, start", [(120, 100), (29, 10), (19, 19), (10, 0), (9, 0)])
def test_each_click_asks_for_a_value_that_is_not_shown(steps, start):
    values = [place * steps for place in live_figures.far_apart(steps, start)]
    assert all(value == pytest.approx(round(value)) and 0 < value < steps for value in values)
    assert len({round(value) for value in values}) == len(values) >= 8 and start not in map(round, values)
    assert min(abs(a - b) for a, b in pairwise(values)) >= max(2, 0.2 * steps)
