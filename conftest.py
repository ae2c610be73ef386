"""Tests share their ground: this clone's package in each kernel, repeatable chance, no learner's work."""

import os
import sys
from pathlib import Path

import pytest
from hypothesis import settings
from nbval.plugin import IPyNbCell

ROOT = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT / "tests"))

from executed import require_fit_for_learners  # noqa: E402 (it lies among the tests)

collect_ignore = ["exercises"]

# Kernels that nbval and the tests start import the package of this clone, whatever else is installed.
os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
# Each of the workers computes with one thread, so that they do not fight for the cores.
os.environ.setdefault("OMP_NUM_THREADS", "1")

settings.register_profile("course", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("course")


def pytest_xdist_auto_num_workers() -> int:
    """Choose one worker more than the cores, since tests of browsers, kernels and time limits often wait."""
    return min(4, 1 + (os.cpu_count() or 1))


# Files that take more than half a minute: begun first, they do not leave one worker alone at the end.
LONG = ("test_grade", "test_browser_live", "test_browser_watching", "test_mutations", "test_kill_table")


def pytest_collection_modifyitems(items) -> None:
    """Put the long files first; all else stays in its order."""
    items.sort(key=lambda item: LONG.index(item.path.stem) if item.path.stem in LONG else len(LONG))


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Leave learners' folders alone: what is in them is not ours to test."""
    return True if (collection_path / ".backprop-course").is_dir() else None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    """A cell that nbval has executed without an error is also judged by what it shows."""
    result = yield
    if isinstance(item, IPyNbCell):
        require_fit_for_learners(item)
    return result
