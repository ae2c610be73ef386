"""The lessons' live figures, found by reading their notebooks, so that each is tested because it exists."""

import ast
import io
import json
from contextlib import redirect_stdout
from pathlib import Path
from typing import NamedTuple

NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"


class LiveCall(NamedTuple):
    """A call of `live`: its notebook, the code cells before it, the part of its cell before it, the call."""

    path: Path
    before: tuple[str, ...]
    start: str
    call: str

    @property
    def id(self):
        """The lesson's number and the function."""
        return f"{self.path.stem[:9]}-{ast.unparse(self.tree().args[0])}"

    def tree(self):
        """The call as a syntax tree."""
        return ast.parse(self.call, mode="eval").body

    def evaluated(self):
        """The function and the ranges that the call hands over; everything before it is executed."""
        namespace = {"__name__": "__main__"}
        with redirect_stdout(io.StringIO()):
            for source in (*self.before, self.start):
                exec(compile(source, str(self.path), "exec"), namespace)
        call = self.tree()
        call.func = ast.copy_location(ast.Name("_handed_over", ast.Load()), call.func)
        namespace["_handed_over"] = lambda function, **ranges: (function, ranges)
        whole = ast.fix_missing_locations(ast.Expression(call))
        return eval(compile(whole, str(self.path), "eval"), namespace)


def live_calls(path):
    """All calls of `live` in a notebook."""
    cells = json.loads(Path(path).read_text(encoding="utf-8"))["cells"]
    codes = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    return [
        LiveCall(Path(path), tuple(codes[:k]), *found)
        for k, code in enumerate(codes)
        for found in _in_a_cell(code)
    ]


def _in_a_cell(code):
    if "live" not in code:
        return
    body = ast.parse(code).body
    for statement in body:
        for node in ast.walk(statement):
            if (
                isinstance(node, ast.Call)
                and getattr(node.func, "id", getattr(node.func, "attr", "")) == "live"
            ):
                before = [ast.unparse(each) for each in body[: body.index(statement)]]
                yield "\n".join(before), ast.unparse(node)


LESSONS = sorted(NOTEBOOKS.glob("*.ipynb"))
CALLS = [call for path in LESSONS for call in live_calls(path)]
