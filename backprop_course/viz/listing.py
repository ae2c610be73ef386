"""What was measured is compared in rows and columns: a table whose caption says the finding."""

from collections.abc import Sequence

from backprop_course.notation import describe, refuse
from backprop_course.verify.tables import html_table, text_table
from backprop_course.viz.presenting import in_a_notebook


def table(rows: Sequence[dict], columns: dict, *, caption: str) -> None:
    """Show rows, such as those of `course.study`, as a table; in a terminal as aligned text.

    `columns` maps a key of the rows to its heading, or to a pair of heading and number format, such as
    `{"optimizer": "optimizer", "mean": ("mean loss", ".3f")}`. The first column names the row.
    Raises ValueError or TypeError for no rows, no columns, an unknown key or an empty caption.
    """
    if not rows or not columns:
        refuse("rows, columns", "at least one of each", f"{len(rows)} rows and {len(columns)} columns")
    if not isinstance(caption, str) or not caption.strip():
        refuse("caption", "a sentence that says what was found", describe(caption))
    unknown = [key for key in columns if any(key not in row for row in rows)]
    if unknown:
        refuse("columns", f"keys of the rows, such as {', '.join(map(str, rows[0]))}", repr(unknown[0]))
    forms = {key: (told, "") if isinstance(told, str) else told for key, told in columns.items()}
    head = [heading for heading, _ in forms.values()]
    body = [[format(row[key], form) for key, (_, form) in forms.items()] for row in rows]
    text = f"{caption}\n{text_table(head, body)}"
    if not in_a_notebook():
        print(text)
        return
    from IPython.display import display

    display({"text/plain": text, "text/html": html_table(caption, head, body)}, raw=True)
