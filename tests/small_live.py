"""A notebook with small live figures, for the tests and the benchmark of live figures in a browser."""

import nbformat

LINE = '''\
import numpy as np
from backprop_course.viz.live import live
from backprop_course.viz.scenes import Curve, Dots, Panel, Scene

def line(slope=0.5, kind="straight", seed=3):
    """A line or a parabola among points that the seed draws; some slopes are refused."""
    if slope > 1.8:
        raise ValueError("this slope is too steep")
    x = np.linspace(-1, 1, 41)
    y = slope * x if kind == "straight" else slope * x**2
    marks = {"points": Dots(x, np.random.default_rng(seed).normal(size=41)), "line": Curve(x, y)}
    panel = Panel(marks, (-1, 1), (-2, 2), "x", "y")
    return Scene("A slope", (panel,), f"A {kind} line with slope {slope:.1f} among points of seed {seed}")
'''
SHOWN = 'live(line, slope=(-2.0, 2.0, 0.1), kind=["straight", "bent"], seed=(0, 9))'


def notebook(*cells):
    """A notebook with these code cells, for the kernel that the course's servers know."""
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    code = [nbformat.v4.new_code_cell(source, id=f"cell-{k}") for k, source in enumerate(cells)]
    return nbformat.v4.new_notebook(metadata={"kernelspec": kernel}, cells=code)


def write(path, *cells):
    """Write such a notebook."""
    nbformat.write(notebook(*cells), path)
