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
        """The function and the ranges that the call hands over; what they need from above is executed."""
        call = self.tree()
        above = [each for source in (*self.before, self.start) for each in ast.parse(source).body]
        namespace = {"__name__": "__main__", "_handed_over": lambda function, **ranges: (function, ranges)}
        with redirect_stdout(io.StringIO()):
            exec(compile(ast.Module(needed(above, used_by(call)), []), str(self.path), "exec"), namespace)
        call.func = ast.copy_location(ast.Name("_handed_over", ast.Load()), call.func)
        whole = ast.fix_missing_locations(ast.Expression(call))
        return eval(compile(whole, str(self.path), "eval"), namespace)


def needed(statements, names):
    """The statements that make these names, and those that make what they use; the others are left out."""
    kept, names = [], set(names)
    for statement in reversed(statements):
        if names & made_by(statement):
            kept.append(statement)
            names |= used_by(statement)
    return kept[::-1]


def made_by(statement):
    """The names that a statement binds."""
    made = set()
    for node in ast.walk(statement):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            made.add(node.id)
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            made.add(node.name)
        elif isinstance(node, ast.alias):
            made.add((node.asname or node.name).partition(".")[0])
    return made


def used_by(tree):
    """The names that are looked up in it."""
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    return {name.id for name in names if isinstance(name.ctx, ast.Load)}


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
