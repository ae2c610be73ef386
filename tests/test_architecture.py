"""The house stands as CONTRIBUTING draws it: imports go down only, and nothing outgrows its room."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "backprop_course"
FLOORS = {
    "notation": 0,
    "course": 0,
    "data": 1,
    "ops": 1,
    "verify": 2,
    "autodiff": 2,
    "models": 2,
    "training": 3,
    "viz": 4,
    "explore": 5,
    "grading": 5,
    "cli": 6,
    "__main__": 7,
}
# Beyond the floors: what a room never imports, though it lies below or outside.
NEVER = {
    "ops": {"matplotlib", "sympy"},
    "verify": {"ops"},
    "autodiff": {"ops"},
    "training": {"models"},
    "viz": {"ops", "models", "training"},
    "grading": {"viz"},
}
# Modules over 200 lines and functions over 25, without docstrings: each with its reason.
TEXTS = "texts of exercises, a line for each field"
LONG_MODULES = {f"grading/bank/lesson_{n:02}.py": TEXTS for n in range(31)}
LONG_FUNCTIONS: dict[str, str] = {}
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if "_course" not in path.parts)


def room_of(path):
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def imports_of(source, package):
    """Full names of what a module imports, wherever the import stands in it; relative ones made full."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parts = package.split(".")
            base = ".".join(parts[: len(parts) - node.level + 1]) + "." if node.level else ""
            module = (base + (node.module or "")).rstrip(".")
            yield from (f"{module}.{alias.name}" for alias in node.names)


def wrong_arrows(room, source, package):
    """Imports that leave the room for one on the same floor or above, or for a forbidden package."""
    wrong = []
    for name in imports_of(source, package):
        parts = name.split(".")
        target = (parts[1:] or [""])[0] if parts[0] == "backprop_course" else None
        if target in FLOORS and target != room and FLOORS[target] >= FLOORS[room]:
            wrong.append(f"{room} -> {target}")
        if (target or parts[0]) in NEVER.get(room, ()):
            wrong.append(f"{room} -> {target or parts[0]} (never)")
    return wrong


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_go_down_only(path):
    room = room_of(path)
    if room == "__init__":
        return  # the package itself names its rooms and loads none
    assert room in FLOORS, f"{room} is a room without a floor: add it to the table"
    package = ".".join(path.relative_to(PACKAGE.parent).parent.parts)
    assert wrong_arrows(room, path.read_text(encoding="utf-8"), package) == []


@pytest.mark.parametrize(
    "room, source, arrow",
    [
        ("ops", "from backprop_course.models import two_layer", "ops -> models"),
        ("ops", "import backprop_course.data.digits", "ops -> data"),
        ("models", "def f():\n    from backprop_course import verify", "models -> verify"),
        ("verify", "from ..ops import relu", "verify -> ops (never)"),
        ("training", "from .. import models", "training -> models (never)"),
        ("ops", "import sympy.abc", "ops -> sympy (never)"),
        ("ops", "from matplotlib import pyplot", "ops -> matplotlib (never)"),
        ("grading", "from backprop_course.viz import present", "grading -> viz (never)"),
    ],
)
def test_a_wrong_arrow_is_seen(room, source, arrow):
    assert arrow in wrong_arrows(room, source, f"backprop_course.{room}")


def test_arrows_within_a_room_and_downwards_are_allowed():
    source = "from . import graph\nfrom ..notation import refuse\nimport backprop_course.autodiff.rules\n"
    assert wrong_arrows("autodiff", source, "backprop_course.autodiff") == []


def code_lines(node, source_lines):
    """Lines of a module or function that are not part of a docstring."""
    first, last = getattr(node, "lineno", 1), getattr(node, "end_lineno", len(source_lines))
    texts = 0
    for inner in ast.walk(node):
        if isinstance(inner, (ast.Module, ast.ClassDef, ast.FunctionDef)) and ast.get_docstring(inner):
            texts += inner.body[0].end_lineno - inner.body[0].lineno + 1
    return last - first + 1 - texts


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_modules_and_functions_fit_their_room(path):
    name = str(path.relative_to(PACKAGE))
    source = path.read_text(encoding="utf-8")
    tree, lines = ast.parse(source), source.splitlines()
    assert ast.get_docstring(tree), f"{name} does not say why it exists"
    assert code_lines(tree, lines) <= 200 or name in LONG_MODULES
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            size = code_lines(node, lines)
            assert size <= 25 or f"{name}:{node.name}" in LONG_FUNCTIONS, f"{node.name}: {size} lines"


def test_the_rooms_that_are_named_exist():
    existing = {room_of(path) for path in MODULES} - {"__init__"}
    assert existing <= set(FLOORS)
