"""Make the tables that the lessons show: one study for a lesson, each in a file of its own.

    python benchmarks/studies           all of them
    python benchmarks/studies 11 12     some

A study is a module NN.py: its text says what is asked and how it is measured, its function `rows()` yields
dicts, one a row of NN.csv. What `summary` of `spread.py` gives of the seeds is a part of each.
"""

import csv
import importlib.util
import platform
import sys
from pathlib import Path
from time import perf_counter

import numpy as np
from tqdm import tqdm

HERE = Path(__file__).parent
STUDIES = sorted(path for path in HERE.glob("[0-9][0-9].py"))


def loaded(path):
    """The module of a study, whose name is a number."""
    spec = importlib.util.spec_from_file_location(f"study_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def regenerate(path):
    """Write NN.csv anew, with the versions that it was measured with."""
    start, versions = perf_counter(), {"python": platform.python_version(), "numpy": np.__version__}
    rows = [row | versions for row in tqdm(loaded(path).rows(), desc=f"study {path.stem}", unit=" rows")]
    with path.with_suffix(".csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    print(f"{path.stem}.csv: {len(rows)} rows in {perf_counter() - start:.0f} s")


def main():
    """Regenerate the studies that are named, or all of them."""
    wanted = sys.argv[1:] or [path.stem for path in STUDIES]
    unknown = sorted(set(wanted) - {path.stem for path in STUDIES})
    if unknown:
        sys.exit(f"There is no study {', '.join(unknown)}; there are {', '.join(p.stem for p in STUDIES)}")
    for path in STUDIES:
        if path.stem in wanted:
            regenerate(path)


if __name__ == "__main__":
    main()
