"""Small notebooks that the tests of the command deliver, run and examine."""

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook


def notebook(*sources):
    """A prose cell, then a core code cell for each source, named cell-0, cell-1, ..."""
    cells = [new_markdown_cell("A lesson", id="top-1")]
    for i, text in enumerate(sources):
        cells.append(new_code_cell(text, id=f"cell-{i}", metadata={"tags": ["core"]}))
    return new_notebook(cells=cells, metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}})


def write(folder, name, *sources):
    folder.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook(*sources), folder / name)


def snapshot(folder):
    """Every file below `folder`, with its content."""
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
