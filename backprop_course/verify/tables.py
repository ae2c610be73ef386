"""Reports are read in a terminal and in a notebook: the same cells as aligned text and as an HTML table."""

from collections.abc import Sequence
from html import escape

import numpy as np


def text_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns aligned with spaces: the first to the left, the others to the right."""
    widths = [max(len(row[k]) for row in (head, *rows)) for k in range(len(head))]
    lines = []
    for row in (head, *rows):
        cells = [row[0].ljust(widths[0])] + [cell.rjust(width) for cell, width in zip(row[1:], widths[1:])]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def html_table(caption: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table with a caption, and with headers that a screen reader can attach to the cells."""
    columns = "".join(f'<th scope="col">{escape(word)}</th>' for word in head)
    body = "".join(
        f'<tr><th scope="row">{escape(row[0])}</th>'
        + "".join(f"<td>{escape(cell)}</td>" for cell in row[1:])
        + "</tr>"
        for row in rows
    )
    start = f'<table><caption style="text-align:left">{escape(caption)}</caption>'
    return f"{start}<thead><tr>{columns}</tr></thead><tbody>{body}</tbody></table>"


def ratio(top: float, bottom: float) -> float:
    """top / bottom, with 0/0 as NaN and anything else over 0 as infinity."""
    if bottom == 0:
        return np.nan if top == 0 else np.inf
    return float(top / bottom)


def largest(*arrays: np.ndarray) -> float:
    """The largest absolute value, or 1 where all are 0. Squares of numbers divided by it do not overflow."""
    return max(float(np.abs(array).max()) for array in arrays) or 1.0


def relative_error(a: np.ndarray, b: np.ndarray) -> float:
    """norm(a - b) / (norm(a) + norm(b)): 0 for equal arrays, 1 at most, NaN (0/0) for two arrays of zeros."""
    size = largest(a, b)
    a, b = a / size, b / size
    return ratio(np.linalg.norm(a - b), np.linalg.norm(a) + np.linalg.norm(b))


def length_ratio(a: np.ndarray, b: np.ndarray) -> float:
    """norm(a) / norm(b)."""
    lengths = np.linalg.norm(a / largest(a)), np.linalg.norm(b / largest(b))
    return ratio(largest(a) * lengths[0], largest(b) * lengths[1])


def cosine(a: np.ndarray, b: np.ndarray) -> float:
    """The cosine of the angle between a and b, NaN (0/0) where one of them is 0."""
    a, b = a / largest(a), b / largest(b)
    return ratio(np.sum(a * b), np.linalg.norm(a) * np.linalg.norm(b))


def number(value: float, form: str) -> str:
    """A number as a cell; NaN is shown as what it comes from, 0/0."""
    return "0/0" if np.isnan(value) else format(value, form)


def place(index: tuple) -> str:
    """An index as a cell, such as [3, 0]; a single number has none."""
    return str([int(k) for k in index]) if index else "-"
