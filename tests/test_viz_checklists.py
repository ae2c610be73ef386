"""The marks of a checklist: one for each thing, its state told by its form, all of them on the paper."""

from collections import Counter
from itertools import combinations

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb

from backprop_course import viz

STATES = ["right", "tried", "open"]
LEGEND = Counter(STATES)


def table(*states, row="a row"):
    return {"lesson": {row: {"exercises": list(states)}}}


def marks_of(fig):
    """The state of each mark, told by what is drawn (disc, point, ring), with center and radius in pixels."""
    FigureCanvasAgg(fig).draw()
    found = {}
    for line in fig.axes[0].lines:
        (x, y) = line.axes.transData.transform(line.get_xydata()[0])
        found.setdefault((round(x, 2), round(y, 2)), []).append(line)
    for center, lines in found.items():
        filled = to_rgb(lines[0].get_markerfacecolor()) != (1, 1, 1)
        state = "right" if filled else "tried" if len(lines) == 2 else "open"
        yield state, np.array(center), lines[0].get_markersize() / 2 * fig.dpi / 72


def all_inside(fig):
    width, height = fig.get_size_inches() * fig.dpi
    return all(
        np.all(center >= radius) and np.all(center <= [width - radius, height - radius])
        for _, center, radius in marks_of(fig)
    )


def apart(fig):
    """The least distance of two marks, as a share of what would make them touch."""
    return min(np.hypot(*(b - a)) / (r + s) for (_, a, r), (_, b, s) in combinations(marks_of(fig), 2))


def test_each_thing_has_a_mark_of_its_state_and_the_legend_one_of_each():
    fig = viz.checklist(table("right", "tried", "tried", "open", "open", "open"), title="A finding")
    assert Counter(state for state, *_ in marks_of(fig)) == Counter(right=1, tried=2, open=3) + LEGEND
    words = [text.get_text() for text in fig.axes[0].texts]
    assert words == ["lesson", "exercises", "a row", "right, or passed", "answered, or tried", "open"]


def test_the_marks_stand_in_the_order_given():
    fig = viz.checklist(table("open", "right", "tried"), title="A finding")
    row = [(center[0], state) for state, center, _ in list(marks_of(fig))[:3]]
    assert [state for _, state in sorted(row)] == ["open", "right", "tried"]


@pytest.mark.parametrize("count", [1, 12, 28, 60])
@pytest.mark.parametrize("row", ["a row", "why softmax with cross-entropy gives Y_pred − Y_true"])
def test_any_number_of_marks_stands_on_the_paper_and_none_touches_another(count, row):
    fig = viz.checklist(table(*["tried"] * count, row=row), title="A finding")
    assert len(list(marks_of(fig))) == count + 3 and all_inside(fig) and apart(fig) > 1.2


def test_a_mark_beside_the_paper_and_marks_that_touch_are_seen():
    fig = viz.checklist(table("tried", "open"), title="A finding")
    fig.axes[0].set(xlim=(4, 12))
    assert not all_inside(fig)
    for line in fig.axes[0].lines:
        line.set_markersize(40)
    assert apart(fig) < 1


def test_a_row_without_things_is_empty():
    tables = {"lesson": {"00": {"p": ["open"], "e": []}, "bridge": {"p": [], "e": []}}}
    fig = viz.checklist(tables, title="A finding")
    assert Counter(state for state, *_ in marks_of(fig)) == Counter(open=1) + LEGEND


@pytest.mark.parametrize(
    "tables, error, text",
    [
        ([], TypeError, r"tables: expected a dictionary, got list"),
        ({}, ValueError, r"tables: expected at least one entry, got none"),
        ({"lesson": {}}, ValueError, r"tables\['lesson'\]: expected at least one entry"),
        ({"lesson": {"05": ["open"]}}, TypeError, r"tables\['lesson'\]: expected a dictionary, got list"),
        (table("done"), ValueError, r"\['a row'\]: expected states among .*, got 'done'"),
        (
            {"lesson": {"05": {"p": ["open"]}, "06": {"e": ["open"]}}},
            ValueError,
            r"tables\['lesson'\]\['06'\]: expected the columns \['p'\], got \['e'\]",
        ),
    ],
)
def test_what_is_no_checklist_is_refused(tables, error, text):
    with pytest.raises(error, match=text):
        viz.checklist(tables, title="A finding")
