"""One place has to know where the lessons lie on this machine, and where the learner's own folder is."""

import csv
from pathlib import Path

MARK = ".backprop-course"
"""The folder that marks a learner's folder; it holds what the course keeps for this learner."""

DEFAULT_FOLDER = "my-backprop-course"
"""The learner's folder, where `backprop-course start` is given no other name."""

_PACKAGE = Path(__file__).resolve().parent


def course_files() -> Path:
    """Return the folder that holds `notebooks/`, `exercises/` and the lesson texts in `lessons/`.

    An installed wheel carries them in `backprop_course/_course/`; in a clone they lie beside the package.
    Raises FileNotFoundError, with what to do, where neither is there.
    """
    for folder in (_PACKAGE / "_course", _PACKAGE.parent):
        if (folder / "notebooks").is_dir():
            return folder
    raise FileNotFoundError(
        f"the lessons are missing: no notebooks/ in {_PACKAGE / '_course'} nor in {_PACKAGE.parent}. Install "
        "the course again, or in a clone run `backprop-course build`."
    )


def study(number: str) -> list[dict]:
    """Return the rows of a larger study, such as `study("11")`: dicts whose numbers are Python numbers.

    An empty cell is None. The table was measured by `benchmarks/studies/NN.py`; its text says how. Raises
    ValueError for a number that has no study.
    """
    folders = (course_files() / "studies", _PACKAGE.parent / "benchmarks" / "studies")
    found = [folder / f"{number}.csv" for folder in folders if (folder / f"{number}.csv").is_file()]
    if not found:
        raise ValueError(f'study: expected the number of a lesson with a study, such as "11", got {number!r}')
    with found[0].open(encoding="utf-8", newline="") as file:
        return [{name: _number_or_text(text) for name, text in row.items()} for row in csv.DictReader(file)]


def _number_or_text(text):
    if not text:
        return None
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def clone_root() -> Path | None:
    """Return the root of the clone that this package is imported from, or None where it was installed."""
    root = _PACKAGE.parent
    is_clone = (root / "pyproject.toml").is_file() and (root / "lessons").is_dir()
    return root if is_clone else None


def learner_folder(start: Path | str | None = None) -> Path | None:
    """Return the nearest folder at or above `start` that `backprop-course start` made, or None.

    `start` is the current folder where nothing is given.
    """
    here = Path.cwd() if start is None else Path(start).resolve()
    return next((folder for folder in (here, *here.parents) if (folder / MARK).is_dir()), None)
