"""What is done and what is open is seen at a glance where each thing has a mark of its own."""

from collections.abc import Mapping
from typing import NamedTuple

from backprop_course.notation import describe, refuse
from backprop_course.viz.style import INK, NEUTRAL, VALUE, WIDTH, canvas, style

LETTER, ROW, GAP = 0.078, 0.27, 0.25  # inches: a letter of a name, from row to row, between columns
PITCHES = (0.24, 0.22, 0.20, 0.18)  # from mark to mark: the first with which all fits
MARKS = {  # face, edge, width of the edge, share of the point inside
    "right": (VALUE, VALUE, 1.2, 0),
    "tried": ("white", VALUE, 1.8, 0.36),
    "open": ("white", NEUTRAL, 0.8, 0),
}
WORDS = {"right": "right, or passed", "tried": "answered, or tried", "open": "open"}


class Columns(NamedTuple):
    """In inches: where each column begins, by its name; from mark to mark; where the last one ends."""

    places: dict[str, float]
    pitch: float
    end: float


@style()
def checklist(tables: dict, *, title: str):
    """A mark for each thing: filled where it is "right", with a point where "tried", empty where "open".

    `tables` maps what the rows are ("lesson") to a dictionary from each row's name to its columns, a
    dictionary from the column's name to a list of states; the columns are the same in each row.
    Raises TypeError or ValueError where there is no row, where columns differ, or for another state.
    """
    plans = [(name, rows, _columns(name, rows)) for name, rows in _filled("tables", tables).items()]
    height = 0.4 + sum((len(rows) + 1.6) * ROW for _, rows, _ in plans)
    fig, ax = canvas(title, max(WIDTH - 0.2, *(c.end for _, _, c in plans)), height)
    y = height - ROW / 2
    for name, rows, columns in plans:
        y = _draw(ax, y, name, rows, columns)
    x = 0.1
    for state, word in WORDS.items():
        _mark(ax, x, 0.15, state, PITCHES[0])
        ax.text(x + 0.15, 0.15, word, color=NEUTRAL, va="center", fontsize=10)
        x += 0.5 + LETTER * len(word)
    return fig


def _filled(argument, mapping):
    if not isinstance(mapping, Mapping):
        refuse(argument, "a dictionary", describe(mapping), TypeError)
    if not mapping:
        refuse(argument, "at least one entry", "none")
    return mapping


def _columns(name, rows):
    """Check the table; return where its columns stand."""
    argument = f"tables[{name!r}]"
    columns = list(_filled(argument, next(iter(_filled(argument, rows).values()))))
    for row, cells in rows.items():
        if list(_filled(f"{argument}[{row!r}]", cells)) != columns:
            refuse(f"{argument}[{row!r}]", f"the columns {columns}", f"{list(cells)}")
        for state in (state for states in cells.values() for state in states):
            if state not in MARKS:
                refuse(f"{argument}[{row!r}]", f"states among {list(MARKS)}", repr(state))
    most = {column: max(len(cells[column]) for cells in rows.values()) for column in columns}
    begin = GAP + LETTER * max(map(len, (name, *rows)))
    plans = (_places(begin, most, pitch) for pitch in PITCHES)
    return next((plan for plan in plans if plan.end <= WIDTH - 0.2), _places(begin, most, PITCHES[-1]))


def _places(x, most, pitch):
    """Columns side by side from x on, each as wide as its most marks or its name."""
    places = {}
    for column, count in most.items():
        places[column] = x
        x += GAP + max(count * pitch, LETTER * len(column))
    return Columns(places, pitch, x - GAP)


def _draw(ax, y, name, rows, columns):
    """Draw a table from the height y down; return the height below it."""
    for text, x in ((name, 0), *columns.places.items()):
        ax.text(x, y, text, color=NEUTRAL, va="center", fontsize=10)
    for row, cells in rows.items():
        y -= ROW
        ax.text(0, y, row, color=INK, va="center", fontsize=10)
        for column, x in columns.places.items():
            for k, state in enumerate(cells[column]):
                _mark(ax, x + (k + 0.5) * columns.pitch, y, state, columns.pitch)
    return y - 1.6 * ROW


def _mark(ax, x, y, state, pitch):
    face, edge, width, point = MARKS[state]
    size = 46 * pitch  # points, of 72 in an inch
    shape = {
        "markersize": size,
        "markerfacecolor": face,
        "markeredgecolor": edge,
        "markeredgewidth": width * pitch / PITCHES[0],
    }
    ax.plot(x, y, "o", **shape)
    if point:
        ax.plot(x, y, "o", color=edge, markersize=point * size)
