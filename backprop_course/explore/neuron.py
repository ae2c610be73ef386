"""What weights and bias do shows when one drags them: the border turns and moves, and answers change.

The numbers come from `ops`.
"""

import numpy as np

from backprop_course import ops
from backprop_course.viz.scenes import Arrow, Curve, Dots, Field, Panel, Scene, Words
from backprop_course.viz.style import GREEN, INK, NEUTRAL, PURPLE, number

CORNERS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], float)
NAMES = {  # the answers at the corners, and what they compute
    (0, 0, 0, 1): "AND",
    (0, 1, 1, 1): "OR",
    (1, 1, 1, 0): "NOT AND",
    (1, 0, 0, 0): "NOT OR",
    (0, 1, 1, 0): "XOR",
    (1, 0, 0, 1): "NOT XOR",
    (0, 0, 1, 1): "x₁ alone",
    (0, 1, 0, 1): "x₂ alone",
    (1, 1, 0, 0): "NOT x₁",
    (1, 0, 1, 0): "NOT x₂",
    (0, 0, 1, 0): "x₁ AND NOT x₂",
    (0, 1, 0, 0): "x₂ AND NOT x₁",
    (1, 0, 1, 1): "x₁ OR NOT x₂",
    (1, 1, 0, 1): "x₂ OR NOT x₁",
    (0, 0, 0, 0): "no at every point",
    (1, 1, 1, 1): "yes at every point",
}
VIEW = (-1.0, 2.0)  # of both inputs: room around the corners for the border to move in
CELLS = 75
ARROW = 20  # the arrow is the weights divided by this
AWAY = 1.15  # from the middle to the foot of the arrow: outside the corners, inside the view
TOLERANCE = 1e-9  # a sum so close to 0 is rounding: the point lies on the border
COUNTS = "{} of 4 for AND, {} for OR, {} for XOR"
LOOKS = ((0, "no", PURPLE, "o"), (1, "yes", GREEN, "s"), (None, "undecided", NEUTRAL, "D"))
DIRECTIONS = ("right", "upper right", "top", "upper left", "left", "lower left", "bottom", "lower right")


def one_neuron(w1: float = 4.0, w2: float = 4.0, b: float = -6.0) -> Scene:
    """The plane as a sigmoid neuron with the weights w1, w2 and the bias b sees it.

    Color is the output; the border, where the output is 0.5, and the arrow w; at the four corner points of a
    square the answers 1 (output above 0.5), 0 (below) or ? (on the border). Title and text alternative name
    the logical function that the answers make, and count the points that are right for AND, OR and XOR.
    """
    w = np.array([w1, w2], float)
    answers = _answers(w, b)
    counts = COUNTS.format(*(_right(answers, name) for name in ("AND", "OR", "XOR")))
    marks = {
        "output": Field(_field(w, b), "output"),
        "border": Curve(*_border(w, b), INK),
        **_points(answers),
        **_arrow(w, b),
    }
    panel = Panel(marks, VIEW, VIEW, "x₁", "x₂", f"points right: {counts}", INK, square=True)
    return Scene(_title(answers), (panel,), _alt(w, b, answers, counts), 4.6, 6.4)


def _sums(points, w, b):
    """The weighted sum plus bias at each point (M, 2), (M,)."""
    return ops.linear(points, w[None], np.array([b], float))[:, 0]


def _field(w, b):
    """The output in the middle of each cell of the view, (CELLS, CELLS)."""
    middles = VIEW[0] + (np.arange(CELLS) + 0.5) * (VIEW[1] - VIEW[0]) / CELLS
    across, up = np.meshgrid(middles, middles)
    sums = _sums(np.column_stack([across.ravel(), up.ravel()]), w, b)
    return ops.sigmoid(sums).reshape(CELLS, CELLS)


def _answers(w, b):
    """1, 0 or None (undecided) at each corner."""
    return tuple(None if abs(z) < TOLERANCE else int(z > 0) for z in _sums(CORNERS, w, b))


def _right(answers, function):
    """At how many corners the answers are those of a function."""
    truth = next(truth for truth, name in NAMES.items() if name == function)
    return sum(answer == each for answer, each in zip(answers, truth))


def _foot(w, b):
    """Unit vector along w, and how far along it the border lies from the middle; None without weights."""
    length = np.hypot(*w)
    if length == 0:
        return None
    return w / length, -_sums(np.full((1, 2), np.mean(VIEW)), w, b)[0] / length


def _border(w, b):
    """The ends of the border, x (2,) and y (2,), beyond the view; nothing without weights."""
    found = _foot(w, b)
    if found is None:
        return np.empty(0), np.empty(0)
    along, distance = found
    size = VIEW[1] - VIEW[0]
    ends = np.mean(VIEW) + distance * along + np.outer((-size, size), (-along[1], along[0]))
    return ends[:, 0], ends[:, 1]


def _arrow(w, b):
    """The arrow with its name; it stands on the border, or as close to it as the view allows."""
    found = _foot(w, b)
    middle = np.full(2, np.mean(VIEW))
    if found is None:
        return {"w": Arrow(tuple(middle), tuple(middle)), "name": Words(*middle, "")}
    along, distance = found
    sideways = np.array([-along[1], along[0]])
    distance = np.clip(distance, -AWAY, AWAY)
    start = middle + distance * along + np.sqrt(AWAY**2 - distance**2) * sideways
    end = start + w / ARROW
    return {"w": Arrow(tuple(start), tuple(end)), "name": Words(*((start + end) / 2 + 0.14 * sideways), "w")}


def _points(answers):
    """The corners with the answers written on them; a form and a color for each answer."""
    marks = {}
    for answer, name, color, form in LOOKS:
        chosen = CORNERS[[each == answer for each in answers]]
        marks[name] = Dots(chosen[:, 0], chosen[:, 1], color, form, 17)
    written = zip(CORNERS, map(_written, answers))
    return marks | {f"answer {k}": Words(*corner, text, "white") for k, (corner, text) in enumerate(written)}


def _written(answer):
    return "?" if answer is None else str(answer)


def _title(answers):
    undecided = answers.count(None)
    if undecided == 4:
        return "The neuron decides nothing: its output is 0.5"
    if undecided:
        return f"{undecided} point{'s' if undecided > 1 else ''} on the border: neither yes nor no there"
    name = NAMES[answers]
    return f"The neuron says {name}" if "every" in name else f"The neuron computes {name}"


def _alt(w, b, answers, counts):
    """The whole state in words."""
    told = ", ".join(f"{_written(answer)} at ({x:.0f}, {y:.0f})" for answer, (x, y) in zip(answers, CORNERS))
    return (
        f"{_title(answers)}. Weights {number(w[0])} and {number(w[1])}, bias {number(b)}. "
        f"Answers: {told}. Points right: {counts}. {_where(w, b)}"
    )


def _where(w, b):
    """Border and arrow in words."""
    found = _foot(w, b)
    if found is None:
        output = ops.sigmoid(np.array(b, float))
        return f"Both weights are 0: there is no border, and the output is {number(output)} everywhere."
    along, distance = found
    half = (VIEW[1] - VIEW[0]) / 2
    seen = "crosses" if abs(distance) < half * np.abs(along).sum() else "lies outside"
    way = DIRECTIONS[round(np.arctan2(along[1], along[0]) / (np.pi / 4)) % 8]
    return f"The border {seen} the picture; the arrow w points to the {way}, to the side of yes."
