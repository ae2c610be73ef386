"""Matrix products drawn as boxes, so that shapes can be seen to fit before any number is computed."""

import re

from matplotlib.patches import Rectangle

from backprop_course.notation import refuse
from backprop_course.viz.style import INK, NEUTRAL, PALE, VALUE, canvas, style

UNIT, PAD = 0.24, 0.3  # inches: side of an entry, margin at the sides


@style()
def shapes_diagram(lines, sizes: dict, *, title: str):
    """Lines such as "X (N, n) @ W1.T (n, h) + b1 (h,) -> Z1 (N, h)" as boxes with an entry for each number.

    `sizes` gives each letter its number, at most 12, such as {"N": 4, "n": 2, "h": 3}; the boxes carry
    letters and numbers. What stands between two arrays is written between them.
    Raises ValueError for a line without arrays, a letter without size, or a size that cannot be drawn.
    """
    parsed = [_parse(line, sizes) for line in ([lines] if isinstance(lines, str) else lines)]
    heights = [UNIT * max(rows for _, _, (rows, _) in line) + 0.85 for line in parsed]
    widths = [
        sum(_room(sign) + max(UNIT * columns, 0.62) for sign, _, (_, columns) in line) for line in parsed
    ]
    fig, ax = canvas(title, max(widths) + 2 * PAD, sum(heights))
    top = sum(heights)
    for line, height in zip(parsed, heights):
        x = PAD
        for sign, label, shape in line:
            ax.text(x + _room(sign) / 2, top - height / 2, sign, ha="center", va="center", fontsize=12)
            x = _draw_box(ax, x + _room(sign), top - height / 2, label, shape)
        top -= height
    return fig


def _parse(line, sizes):
    """The sign before each array, its name with its letters, and its rows and columns as they are drawn."""
    found = re.findall(r"(.*?)([A-Za-z][\w.]*) \(([^)]*)\)", line)
    if not found:
        refuse("lines", 'arrays with their shapes, such as "X (N, n) @ W1.T (n, h)"', repr(line))
    parsed = []
    for sign, name, letters in found:
        letters = [letter.strip() for letter in letters.split(",") if letter.strip()]
        for letter in letters:
            size = sizes.get(letter, int(letter) if letter.isdigit() else 0)
            if not 1 <= size <= 12 or len(letters) > 2:
                refuse("sizes", f"a size from 1 to 12 for {letter!r}, at most two in a shape", f"{sizes}")
        numbers = [sizes.get(letter) or int(letter) for letter in letters]
        written = ", ".join(letters) + ("," if len(letters) == 1 else "")
        actual = ", ".join(map(str, numbers)) + ("," if len(letters) == 1 else "")
        parsed.append(
            (sign.strip().replace("->", "→"), (name, written, actual), tuple([1, 1, *numbers][-2:]))
        )
    return parsed


def _room(sign):
    """Inches for what stands between two arrays."""
    return 0.4 + 0.1 * len(sign) if sign else 0.0


def _draw_box(ax, x, y, label, shape):
    """A grid of entries around height y with its name above and its shape below; returns where it ends."""
    rows, columns = shape
    name, letters, actual = label
    wide = max(UNIT * columns, 0.62)
    left, bottom = x + (wide - UNIT * columns) / 2, y - UNIT * rows / 2
    for r in range(rows):
        for c in range(columns):
            corner = (left + UNIT * c, bottom + UNIT * r)
            ax.add_patch(Rectangle(corner, UNIT, UNIT, facecolor=PALE, edgecolor=VALUE, linewidth=0.6))
    ax.add_patch(
        Rectangle((left, bottom), UNIT * columns, UNIT * rows, fill=False, edgecolor=INK, linewidth=1.3)
    )
    ax.text(
        x + wide / 2,
        bottom + UNIT * rows + 0.06,
        name,
        ha="center",
        va="bottom",
        fontweight="bold",
        color=VALUE,
    )
    ax.text(x + wide / 2, bottom - 0.05, f"({letters})", ha="center", va="top")
    if actual != letters:
        ax.text(x + wide / 2, bottom - 0.22, f"({actual})", ha="center", va="top", color=NEUTRAL, fontsize=9)
    return x + wide
