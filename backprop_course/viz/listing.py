"""What was measured is compared in rows and columns: a table whose caption says the finding."""

from collections.abc import Iterable, Mapping

from backprop_course.notation import describe, refuse
from backprop_course.verify.tables import html_table, text_table
from backprop_course.viz.presenting import in_a_notebook


def table(rows: Iterable[dict], columns: dict, *, caption: str) -> None:
    """Show rows, such as those of `course.study`, as a table; in a terminal as aligned text.

    `columns` maps a key of the rows to its heading, or to a pair of heading and number format, such as
    `{"optimizer": "optimizer", "mean": ("mean loss", ".3f")}`. The first column names the row.
    None is shown as a dash. Raises ValueError or TypeError for no rows, no columns, an unknown key, a format
    that does not fit a value, or an empty caption.
    """
    rows = list(rows) if isinstance(rows, Iterable) else [rows]
    if not all(isinstance(row, Mapping) for row in rows):
        refuse("rows", "dictionaries, one for each row", describe(rows), TypeError)
    if not isinstance(columns, Mapping):
        refuse("columns", "a dictionary from keys of the rows to headings", describe(columns), TypeError)
    if not rows or not columns:
        refuse("rows, columns", "at least one of each", f"{len(rows)} rows and {len(columns)} columns")
    if not isinstance(caption, str) or not caption.strip():
        refuse("caption", "a sentence that says what was found", describe(caption))
    unknown = [key for key in columns if any(key not in row for row in rows)]
    if unknown:
        refuse("columns", f"keys of the rows, such as {', '.join(map(str, rows[0]))}", repr(unknown[0]))
    forms = {key: _heading_and_form(key, told) for key, told in columns.items()}
    head = [heading for heading, _ in forms.values()]
    body = [[_cell(key, row[key], form) for key, (_, form) in forms.items()] for row in rows]
    text = f"{caption}\n{text_table(head, body)}"
    if not in_a_notebook():
        print(text)
        return
    from IPython.display import display

    display({"text/plain": text, "text/html": html_table(caption, head, body)}, raw=True)


def _heading_and_form(key, told):
    """A heading with the format of its numbers."""
    pair = (told, "") if isinstance(told, str) else told
    if not isinstance(pair, tuple) or len(pair) != 2 or not all(isinstance(part, str) for part in pair):
        refuse(
            f"columns[{key!r}]",
            'a heading, or a pair such as ("mean loss", ".3f")',
            describe(told),
            TypeError,
        )
    return pair


def _cell(key, value, form):
    """A value as it is shown; a dash where there is none."""
    if value is None:
        return "–"
    try:
        return format(value, form)
    except (TypeError, ValueError):
        refuse(f"columns[{key!r}]", f"a format that fits {value!r}", repr(form))
