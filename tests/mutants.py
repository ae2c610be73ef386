"""Wrong formulas made by machine: small edits of the course's own code, put in place of it for a moment.

A mutant differs from the right code in one spot of one function, method or table. It takes the place of the
right code by an exchange of code objects, so that every import sees it, and is taken out again.
"""

import ast
import copy
import inspect
import itertools
import re
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

SWAPS = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.Pow: ast.Mult,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.LtE: ast.Lt,
    ast.Lt: ast.LtE,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.And: ast.Or,
}
METHODS = {"max": "min", "sum": "mean", "mean": "sum", "A1": "Z1", "Z1": "A1"}
NUMPY = {"maximum": "minimum", "exp": "expm1", "log": "log1p", "log1p": "log", "tanh": "sin"}
NEGATED = {ast.Gt: ast.Lt, ast.GtE: ast.LtE, ast.Lt: ast.Gt, ast.LtE: ast.Gt}


class Mutant(NamedTuple):
    """A statement in its wrong form, its name, and the line that differs, right and wrong."""

    statement: ast.stmt
    name: str
    right: str
    wrong: str


# ------------------------------------------------------------------ making them
def mutants(module, names):
    """All mutants of the functions, methods (as "Class.method") and tables of a module that are named."""
    for statement in statements(module, names):
        aside = {*refusals_in(statement), *numbers_in_loops_of(statement)}
        for k, node in enumerate(ast.walk(statement)):
            if node in aside:
                continue
            for variant in variants(node, arguments_around(statement, node)):
                changed = copy.deepcopy(statement)
                old = next(itertools.islice(ast.walk(changed), k, None))
                changed = ast.fix_missing_locations(Replace(old, variant).visit(changed))
                yield Mutant(changed, name_of(statement), *changed_line(statement, changed))


def statements(module, names):
    """The named statements of a module's source: of a class the named method, of a table each entry alone."""
    tree = ast.parse(Path(module.__file__).read_text(encoding="utf-8"))
    named = {name_of(statement): statement for statement in tree.body}
    for name in names:
        statement, _, method = name.partition(".")
        if method:
            methods = {name_of(inner): inner for inner in named[statement].body}
            yield with_fields(named[statement], body=[methods[method]])
        elif isinstance(named[statement], ast.Assign):
            table = named[statement].value
            for key, value in zip(table.keys, table.values):
                yield with_fields(named[statement], value=with_fields(table, keys=[key], values=[value]))
        else:
            yield named[statement]


def functions_of(module):
    """Names of the functions written in a module."""
    tree = ast.parse(Path(module.__file__).read_text(encoding="utf-8"))
    return [statement.name for statement in tree.body if isinstance(statement, ast.FunctionDef)]


def refusals_in(statement):
    """Nodes that belong to the refusal of bad input, not to a formula; other tests look after them."""
    for node in ast.walk(statement):
        last = node.body[-1] if isinstance(node, ast.If) else node
        refuses = isinstance(last, ast.Expr) and re.match(r"_?(refuse|require)", ast.unparse(last))
        if isinstance(last, ast.Raise) or refuses:
            yield from ast.walk(node)


def numbers_in_loops_of(statement):
    """Constants of a function with a `while` loop, which might never end with another one."""
    if any(isinstance(node, ast.While) for node in ast.walk(statement)):
        yield from (node for node in ast.walk(statement) if isinstance(node, ast.Constant))


def name_of(statement):
    if isinstance(statement, ast.Assign):
        return statement.targets[0].id
    return getattr(statement, "name", None)


def arguments_around(statement, node):
    """Names of the arguments of the innermost function that holds the node."""
    found = []
    for function in ast.walk(statement):
        is_function = isinstance(function, (ast.FunctionDef, ast.Lambda))
        if is_function and any(inner is node for inner in ast.walk(function)):
            found = [argument.arg for argument in function.args.args]
    return found


def variants(node, arguments):
    """Wrong forms of a node: operator, comparison, constant, name, transpose, factor, kept or lost."""
    if isinstance(node, ast.BinOp):
        if type(node.op) in SWAPS:
            yield with_fields(node, op=SWAPS[type(node.op)]())
        if isinstance(node.op, (ast.Mult, ast.Div, ast.Add, ast.Sub)):
            yield node.left
        if isinstance(node.op, (ast.Mult, ast.Add, ast.Sub)):
            yield node.right
        if isinstance(node.op, (ast.MatMult, ast.Sub, ast.Div)):
            yield with_fields(node, left=node.right, right=node.left)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield node.operand
    elif isinstance(node, ast.Compare) and len(node.ops) == 1:
        for table in (SWAPS, NEGATED):
            if type(node.ops[0]) in table:
                yield with_fields(node, ops=[table[type(node.ops[0])]()])
    elif isinstance(node, ast.BoolOp) and type(node.op) in SWAPS:
        yield with_fields(node, op=SWAPS[type(node.op)]())
    elif isinstance(node, ast.IfExp):
        yield with_fields(node, body=node.orelse, orelse=node.body)
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield with_fields(node, value=not node.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
        yield with_fields(node, value=node.value + 1)
    elif isinstance(node, ast.Attribute):
        if node.attr == "T":
            yield node.value
        names = NUMPY if ast.unparse(node.value) == "np" else METHODS
        if node.attr in names:
            yield with_fields(node, attr=names[node.attr])
    elif isinstance(node, ast.Name) and node.id in arguments and isinstance(node.ctx, ast.Load):
        for other in arguments:
            if other != node.id:
                yield with_fields(node, id=other)
    elif isinstance(node, ast.AugAssign):
        yield ast.Pass()
        yield ast.Assign([node.target], node.value)


def with_fields(node, **fields):
    changed = copy.copy(node)
    for name, value in fields.items():
        setattr(changed, name, value)
    return changed


class Replace(ast.NodeTransformer):
    """Put another node in the place of one, which is recognized by identity."""

    def __init__(self, old, new):
        self.old, self.new = old, copy.deepcopy(new)

    def visit(self, node):
        return ast.copy_location(self.new, node) if node is self.old else self.generic_visit(node)


def changed_line(right, wrong):
    """The line that differs, in its right and in its wrong form."""
    lines = zip(ast.unparse(right).splitlines(), ast.unparse(wrong).splitlines(), strict=True)
    (pair,) = [(a.strip(), b.strip()) for a, b in lines if a != b]
    return pair


# ------------------------------------------------------------------ putting them in place
@contextmanager
def planted(module, statement):
    """The statement in place of the module's own, for as long as the context lasts."""
    name, scratch = name_of(statement), dict(vars(module))
    exec(compile(ast.Module([statement], []), module.__file__, "exec"), scratch)
    if isinstance(statement, ast.Assign):
        exchanges = [(getattr(module, name).update, scratch[name], dict(getattr(module, name)))]
    else:
        pairs = functions_in(getattr(module, name), scratch[name])
        exchanges = [(partial(set_code, old), code_of(new), code_of(old)) for old, new in pairs]
    try:
        for put, wrong, _ in exchanges:
            put(wrong)
        yield
    finally:
        for put, _, right in exchanges:
            put(right)


def functions_in(old, new):
    """Pairs of plain functions: the two themselves, or the methods of two classes."""
    if inspect.isclass(old):
        for name, member in vars(new).items():
            if inspect.isfunction(member):
                yield vars(old)[name], member
    else:
        yield inspect.unwrap(old), inspect.unwrap(new)


def code_of(function):
    return function.__code__, function.__defaults__


def set_code(function, code):
    function.__code__, function.__defaults__ = code


def codes_of(module):
    """What stands in a module now: the code of its functions and methods, and the entries of its tables."""
    found = {}
    for name, thing in vars(module).items():
        for inner, member in {"": thing, **(vars(thing) if inspect.isclass(thing) else {})}.items():
            if inspect.isfunction(member):
                found[name, inner] = code_of(inspect.unwrap(member))
            elif name.isupper() and isinstance(member, dict):
                found[name, inner] = dict(member)
    return found


# ------------------------------------------------------------------ the suite's own checks
def checks_of(*modules, but=()):
    """(name, call) of every test without fixtures in test modules, once for each set of its parameters.

    Property-based tests are left out, as they search for long, and those whose names are given in `but`.
    """
    for module in modules:
        for name, test in vars(module).items():
            if not name.startswith("test_") or name in but or hasattr(test, "hypothesis"):
                continue
            marks = [mark.args for mark in getattr(test, "pytestmark", ()) if mark.name == "parametrize"]
            names = [argument.strip() for arguments, _ in marks for argument in arguments.split(",")]
            fixtures = inspect.signature(test).parameters.keys() - set(names)
            if fixtures <= {"recwarn"}:  # with no warnings in it
                for values in itertools.product(*(rows for _, rows in marks)):
                    flat = [v for (arguments, _), row in zip(marks, values) for v in as_row(arguments, row)]
                    given = dict(zip(names, flat)) | {fixture: [] for fixture in fixtures}
                    yield f"{name}{flat}", partial(test, **given)


def as_row(arguments, row):
    row = getattr(row, "values", row) if not isinstance(row, dict) else row
    return row if "," in arguments else (row if isinstance(row, tuple) and len(row) == 1 else (row,))


def first_complaint(checks):
    """The name of the first check that fails, moved to the front for the next mutant; None if all pass."""
    for k, (name, check) in enumerate(checks):
        try:
            with np.errstate(all="ignore"):
                check()
        except pytest.skip.Exception:
            continue
        except (Exception, pytest.fail.Exception):
            checks.insert(0, checks.pop(k))
            return name
    return None
