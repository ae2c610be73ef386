"""The benchmark compares like with like: every library it times takes the same steps as the course."""

import importlib.util
from pathlib import Path

import pytest

spec = importlib.util.spec_from_file_location(
    "training_step", Path(__file__).parents[1] / "benchmarks" / "training_step.py"
)
training_step = importlib.util.module_from_spec(spec)
spec.loader.exec_module(training_step)
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
