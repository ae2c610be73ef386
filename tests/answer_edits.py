"""Random edits of right answers: what the checks say about answers that nobody planted.

    python tests/answer_edits.py                        1,000 edits
    python tests/answer_edits.py --edits 100 --differs  prints also those that are told "differs" and no more

A right answer of `right_answers` (a function, or the line of a repair) is edited in one place of its syntax
tree. Whether the edited answer is still right is judged here, not by the engine: on inputs that the check
has not seen, in double precision, its numbers have to equal those of the plain right answer to 1e-6 of the
largest entry.

What counts as a specific statement: a mistake of the library by its name; a structural fact (a constant
factor or the opposite sign, zeros, rows and columns exchanged, which outputs are right, where NaN arises,
inputs that change, a result that depends on the call); a wrong shape or form with the axis or part that is
wrong; an exception with the learner's line. "It differs" with one pair of numbers does not count.
"""

import argparse
import ast
import copy
import inspect
import itertools
import linecache
import random
import re
import sys
import textwrap
from collections import Counter
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np
import right_answers
from mutants import Replace, with_fields
from repair_lines import Line, edited_repair, lines_of, repairs, tree_of_line

from backprop_course.grading import check, exercises

EDITS, SPECIFIC_AT_LEAST = 1000, 0.6
EQUAL, EQUAL_IN_SINGLE = 1e-6, 1e-4  # of the largest entry; an answer in single precision is not closer
UNSEEN = (1001, 1002, 1003)  # seeds of the inputs for judging; the check uses 0
OPERATORS = {
    ast.Add: (ast.Sub,), ast.Sub: (ast.Add,), ast.Mult: (ast.Div, ast.MatMult, ast.Add), ast.Div: (ast.Mult,),
    ast.MatMult: (ast.Mult,), ast.Pow: (ast.Mult,),
}  # fmt: skip
ORDERS = (ast.Gt, ast.GtE, ast.Lt, ast.LtE)
REDUCING = {"sum", "mean", "max", "min", "argmax", "argmin", "std", "var", "prod"}


class Edit(NamedTuple):
    """One edited answer; `right` and `wrong` are the lines that differ."""

    id: str
    style: str
    kind: str
    right: str
    wrong: str
    source: str
    answer: Callable | dict


# ------------------------------------------------------------------ the kinds of edit
def sign(place):
    """-x in the place of x, x in the place of -x."""
    if isinstance(place.node, ast.UnaryOp) and isinstance(place.node.op, ast.USub):
        yield place.node.operand
    elif place.holds_numbers:
        yield ast.UnaryOp(ast.USub(), place.node)


def transposition(place):
    """x in the place of x.T, x.T in the place of an operand of @, of a product or of what is returned."""
    node = place.node
    if isinstance(node, ast.Attribute) and node.attr == "T":
        yield node.value
    elif place.holds_arrays and not isinstance(node, ast.Constant):
        yield ast.Attribute(node, "T", ast.Load())
    elif _is_text(node, "->"):
        before, _, after = node.value.partition("->")
        parts = before.split(",")
        yield from (ast.Constant(f"{before}->{after[::-1]}") for _ in range(len(after) == 2))
        for k, part in enumerate(parts):
            turned = ",".join((*parts[:k], part[::-1], *parts[k + 1 :]))
            yield from (ast.Constant(f"{turned}->{after}") for _ in range(len(part) == 2))


def axis(place):
    """The other axis, no axis, or an axis that is kept."""
    node = place.node
    if not isinstance(node, ast.Call):
        return
    given = {word.arg: word for word in node.keywords}
    others = [word for word in node.keywords if word.arg != "axis"]
    if "axis" in given and _is_integer(given["axis"].value):
        other = ast.keyword("axis", ast.Constant(1 - given["axis"].value.value))
        yield with_fields(node, keywords=[*others, other])
        yield with_fields(node, keywords=others)
        if "keepdims" not in given:
            yield with_fields(node, keywords=[*node.keywords, ast.keyword("keepdims", ast.Constant(True))])
    elif getattr(node.func, "attr", "") in REDUCING and node.args and _is_integer(node.args[-1]):
        yield with_fields(node, args=[*node.args[:-1], ast.Constant(1 - node.args[-1].value)])
        yield with_fields(node, args=node.args[:-1])
    if "keepdims" in given:
        yield with_fields(node, keywords=[word for word in node.keywords if word.arg != "keepdims"])


def factor(place):
    """A constant or a size as a further factor or divisor."""
    if place.holds_numbers:
        size = (
            ast.parse(f"len({place.arguments[0]})", mode="eval").body if place.arguments else ast.Constant(3)
        )
        for value in (ast.Constant(2), size):
            yield ast.BinOp(place.node, ast.Mult(), value)
            yield ast.BinOp(place.node, ast.Div(), value)
        yield ast.BinOp(place.node, ast.Mult(), ast.Constant(0.3))


def index(place):
    """An index shifted or exchanged, another key, a loop that is short by one round."""
    node = place.node
    if place.is_index and _is_integer(node):
        yield ast.Constant(node.value + 1)
        yield ast.Constant(node.value - 1)
    elif place.is_index and isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield from (ast.Constant(key) for key in place.keys if key != node.value)
    elif place.is_index and isinstance(node, ast.Tuple) and len(node.elts) == 2:
        yield with_fields(node, elts=node.elts[::-1])
    elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "range" and len(node.args) == 1:
        yield with_fields(node, args=[ast.Constant(1), *node.args])
        yield with_fields(node, args=[ast.BinOp(node.args[0], ast.Sub(), ast.Constant(1))])


def dropped_term(place):
    """One side of + - * @, a quotient without its divisor, a sum that forgets what was before."""
    node = place.node
    if isinstance(node, ast.BinOp):
        yield node.left
        if not isinstance(node.op, (ast.Div, ast.Pow)):
            yield node.right
    elif isinstance(node, ast.AugAssign):
        yield ast.Assign([node.target], node.value)


def swapped_variable(place):
    """Another name in scope; another field of the same argument."""
    node = place.node
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in place.names:
        yield from (ast.Name(name, ast.Load()) for name in place.names if name != node.id)
    elif isinstance(node, ast.Attribute) and ast.unparse(node) in place.fields:
        yield from (ast.parse(text, mode="eval").body for text in place.fields if text != ast.unparse(node))


def comparison(place):
    """> in the place of >=, of < and of <=; != in the place of ==."""
    node = place.node
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        others = {ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,)}.get(type(node.ops[0]), ORDERS)
        yield from (with_fields(node, ops=[op()]) for op in others if op is not type(node.ops[0]))


def operator(place):
    """+ and -, * and /, @ and * exchanged."""
    node = place.node
    if isinstance(node, (ast.BinOp, ast.AugAssign)):
        yield from (with_fields(node, op=op()) for op in OPERATORS.get(type(node.op), ()))


KINDS = (
    sign, transposition, axis, factor, index, dropped_term, swapped_variable, comparison, operator,
)  # fmt: skip


def _is_integer(node):
    return isinstance(node, ast.Constant) and type(node.value) is int


def _is_text(node, part):
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and part in node.value


# ------------------------------------------------------------------ places in an answer
class Place(NamedTuple):
    """A node of a function and what is known about where it stands."""

    node: ast.AST
    holds_numbers: bool
    holds_arrays: bool
    is_index: bool
    arguments: list[str]
    names: list[str]
    fields: list[str]
    keys: list[str]


def places(function):
    """Every node of a function's syntax tree, in the order of `ast.walk`."""
    nodes = list(ast.walk(function))
    arguments = [argument.arg for argument in function.args.args]
    stored = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    names = [*arguments, *sorted(stored - set(arguments))]
    fields = {ast.unparse(n) for n in nodes if isinstance(n, ast.Attribute) and _is_field(n, arguments)}
    indices = {id(inner) for n in nodes if isinstance(n, ast.Subscript) for inner in ast.walk(n.slice)}
    keys = {n.value for n in nodes if id(n) in indices and _is_text(n, "")}
    numbers, arrays = _numbers(nodes, indices), _arrays(nodes, indices)
    left = {id(n) for n in nodes if isinstance(getattr(n, "ctx", None), (ast.Store, ast.Del))}
    for node in nodes:
        at = id(node)
        known = at in numbers - left, at in arrays - left, at in indices
        yield Place(node, *known, arguments, names, sorted(fields), sorted(keys))


def _is_field(node, arguments):
    """Whether this is an argument's own field, such as saved.A1, and no attribute of arrays."""
    of = getattr(node.value, "id", None)
    return of in arguments and not hasattr(np.ndarray, node.attr)


def _values(node):
    """The expressions that a statement returns or assigns, one for each part of a tuple, list or dict."""
    if isinstance(node, (ast.Return, ast.Assign, ast.AugAssign)) and node.value is not None:
        value = node.value
        if isinstance(value, ast.Call) and getattr(value.func, "id", "") == "dict":
            return [word.value for word in value.keywords]
        return value.values if isinstance(value, ast.Dict) else getattr(value, "elts", [value])
    return []


def _numbers(nodes, indices):
    """Identities of what holds numbers: sides and results of arithmetic, what is returned or assigned."""
    found = [value for node in nodes for value in _values(node)]
    found += [part for n in nodes if isinstance(n, ast.BinOp) for part in (n, n.left, n.right)]
    none = (ast.Tuple, ast.List, ast.Dict, ast.ListComp, ast.GeneratorExp, ast.Lambda, ast.Starred)
    return {id(n) for n in found if id(n) not in indices and not isinstance(n, none)}


def _arrays(nodes, indices):
    """Identities of what may hold a matrix: operands and results of products, what is returned."""
    products = [n for n in nodes if isinstance(n, ast.BinOp) and isinstance(n.op, ast.MatMult)]
    found = [part for n in products for part in (n, n.left, n.right)]
    found += [value for n in nodes if isinstance(n, (ast.Return, ast.Assign)) for value in _values(n)]
    calls = [n for n in nodes if isinstance(n, ast.Call)]
    found += [a for n in calls if getattr(n.func, "attr", "") in ("dot", "matmul") for a in n.args]
    return {id(n) for n in found} & _numbers(nodes, indices)


# ------------------------------------------------------------------ making the edits
@cache
def tree_of(answer):
    """The syntax tree of a function that can be compiled again, or of a line of a repair; else None."""
    if isinstance(answer, Line):
        return tree_of_line(answer)
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(answer)))
    except (OSError, TypeError, SyntaxError):
        return None
    whole = isinstance(tree.body[0], ast.FunctionDef) and not tree.body[0].decorator_list
    return tree.body[0] if whole and not answer.__closure__ else None


def edits_of(answer):
    """All edits of one answer by kind, as pairs (number of the node, what stands in its place)."""
    found = {}
    for k, place in enumerate(places(tree_of(answer))):
        for kind in KINDS:
            found.setdefault(kind.__name__, []).extend((k, new) for new in kind(place))
    return found


def edited(answer, k, new):
    """The source of an answer with something else in the place of its node number k."""
    changed = copy.deepcopy(tree_of(answer))
    old = next(itertools.islice(ast.walk(changed), k, None))
    return ast.unparse(Replace(old, new).visit(changed))


def draw(count, seed=0):
    """Edits spread over the exercises in turn and over the kinds of edit, as far as there are any."""
    rng, taken = random.Random(seed), Counter()
    left = {id: _by_kind(answers, rng) for id, answers in right_answers.STYLES.items()}
    known = {id: {ast.unparse(tree_of(a)) for a in left[id].pop("", ())} for id in left}
    drawn = []
    while len(drawn) < count and any(left.values()):
        for id in [id for id in left if left[id]]:
            source = None
            while source is None and left[id]:
                kind = min(left[id], key=lambda kind: (taken[kind], rng.random()))
                answer, source = _next(left[id][kind], known[id])
                if source is None:
                    del left[id][kind]
            if source is not None and len(drawn) < count:
                taken[kind] += 1
                drawn.append(_compiled(len(drawn), id, kind, answer, source))
    return drawn


def _by_kind(answers, rng):
    """The edits of all answers by kind in a random order, as (answer, node, new); the answers under ""."""
    sources = [answer for answer in answers if callable(answer) and tree_of(answer) is not None]
    sources += [line for answer in answers for line in lines_of(answer)]
    found = {"": sources} if sources else {}
    for answer in sources:
        for kind, edits in edits_of(answer).items():
            found.setdefault(kind, []).extend((answer, *edit) for edit in edits)
    for kind, edits in found.items():
        if kind:
            rng.shuffle(edits)
    return found


def _next(edits, known):
    """The next answer and edited source that are not known yet, or (None, None)."""
    while edits:
        answer, k, new = edits.pop()
        source = edited(answer, k, new)
        if source not in known:
            known.add(source)
            return answer, source
    return None, None


def _compiled(number, id, kind, answer, source):
    before, after = ast.unparse(tree_of(answer)).splitlines(), source.splitlines()
    right, wrong = next((a.strip(), b.strip()) for a, b in zip(before, after) if a != b)
    if isinstance(answer, Line):
        made = edited_repair(answer, source)
        return Edit(id, f"line {answer.number}", kind, right, wrong, source, made)
    file, space = f"<edit {number}>", dict(answer.__globals__)
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    exec(compile(source, file, "exec"), space)
    return Edit(id, answer.__name__, kind, right, wrong, source, space[answer.__name__])


# ------------------------------------------------------------------ are they still right?
def is_equivalent(exercise, answer, plain):
    """Whether an answer gives the plain one's numbers on inputs that no check has seen."""
    try:
        with np.errstate(all="ignore"):
            if isinstance(answer, dict):
                return repairs(exercise, answer, UNSEEN, _equal)
            cases = [args for s in UNSEEN for args in exercise.cases(np.random.default_rng(s)).values()]
            return all(_equal(answer(*in_double(args)), plain(*in_double(args))) for args in cases)
    except Exception:
        return False


def in_double(value):
    """A copy of some arguments with every floating-point array in double precision."""
    if isinstance(value, np.ndarray):
        return value.astype(np.float64) if value.dtype.kind == "f" else value.copy()
    if isinstance(value, dict):
        return {key: in_double(part) for key, part in value.items()}
    if isinstance(value, (tuple, list)):
        parts = map(in_double, value)
        return type(value)(*parts) if hasattr(value, "_fields") else type(value)(parts)
    return copy.deepcopy(value)


def _equal(value, right):
    if isinstance(right, dict):
        return value.keys() == right.keys() and all(_equal(value[k], right[k]) for k in right)
    if isinstance(right, tuple):
        return len(value) == len(right) and all(map(_equal, value, right))
    value, right = np.asarray(value), np.asarray(right)
    if value.shape != right.shape or value.dtype.kind not in "fiub":
        return False
    tolerance = EQUAL_IN_SINGLE if value.dtype == np.float32 else EQUAL
    return bool(np.all(np.abs(value - right) <= tolerance * np.abs(right).max(initial=0)))


# ------------------------------------------------------------------ what is said about them
STATEMENTS = {  # the first that occurs in a message counts
    "blank": r"^Not written yet",
    "stopped": r"^It was stopped after",
    "exception": r"It stops on the case|^It cannot be called as",
    "form": r"^Asked for (is|are) |` should be |^The dict has |^The rows of ",
    "shape": r"has shape \(",
    "NaN": r"` is (nan|-?inf) ",
    "inputs": r"The call changes `",
    "calls": r"^Two calls with the same arguments",
    "fact": r"times too (large|small)|exactly the negative|[Ee]very number is 0|0 everywhere|"
    r"` (is|are) 0\.( |$)|right in direction|rows and columns exchanged|of the wrong sign|right on “|"
    r"too (large|small) in size|"
    r"0 exactly where|of rows that do not sum|the same whatever|nearly right|are exchanged",
    "which is right": r"^`(?!L` is right)[^.]*` (is|are) right",  # a loss is right beside any wrong gradient
}
WITHOUT_RUNNING = ("exception", "form", "shape", "blank", "stopped")  # nothing is said about numbers
NO_FACT = (*WITHOUT_RUNNING, "which is right")
VAGUE = ("only differs", "something else")  # the latter: a sentence that is missing in STATEMENTS


def statement(feedback, exercise):
    """What is said: "named", a key of STATEMENTS or of VAGUE; the question at the end is no fact."""
    if feedback.mistake is not None:
        return "named"
    said = feedback.message.replace(getattr(exercise, "question", ""), "")
    found = (kind for kind, text in STATEMENTS.items() if re.search(text, said))
    return next(found, "only differs" if re.search(r"` differs?\.", said) else "something else")


class Result(NamedTuple):
    """An edit, what the check said, and whether it is still right; `crash` if the check itself raised."""

    edit: Edit
    said: str
    passed: bool
    equivalent: bool
    message: str
    crash: bool = False


def results(count, seed=0, check=check):
    """Check the edits; `check` can be replaced, to show that the counts would tell."""
    by_id = {exercise.id: exercise for exercise in exercises()}
    return [judged(by_id[edit.id], edit, check) for edit in draw(count, seed)]


def judged(exercise, edit, check=check):
    """What the check says about an edit, beside what is true."""
    try:
        feedback = check(edit.id, edit.answer)
    except Exception as error:
        return Result(edit, "crash", False, False, repr(error), crash=True)
    said = "passed" if feedback.passed else statement(feedback, exercise)
    plain = right_answers.STYLES[edit.id][0]
    equal = said != "stopped" and is_equivalent(exercise, edit.answer, plain)
    return Result(edit, said, feedback.passed, equal, feedback.message)


# ------------------------------------------------------------------ counting
def wrong_accepted(found):
    """Edits that pass although their numbers are wrong."""
    return [r for r in found if r.passed and not r.equivalent]


def right_refused(found):
    """Edits that do not pass although their numbers are right and they leave their arguments alone."""
    return [r for r in found if r.equivalent and not r.passed and r.said not in ("inputs", "calls")]


def share(found, without=()):
    """The share of specific statements among the rejected edits, leaving out some kinds of statement."""
    said = [r.said for r in found if not r.passed and not r.crash and r.said not in without]
    return sum(kind not in VAGUE for kind in said) / len(said) if said else 0.0


COLUMNS = ("edits", "passed", "named", *reversed(STATEMENTS), *VAGUE)


def table(found):
    """The counts by kind of edit, then the shares."""
    kinds = sorted({r.edit.kind for r in found})
    lines = ["  ".join((f"{'kind of edit':<16}", *COLUMNS, "specific"))]
    for kind in (*kinds, "all"):
        of = [r for r in found if kind in (r.edit.kind, "all")]
        counts = Counter(edits=len(of))
        counts.update(r.said for r in of)
        cells = [f"{counts[name]:>{len(name)}}" for name in COLUMNS]
        lines.append("  ".join((f"{kind:<16}", *cells, f"{share(of):>8.0%}")))
    answers, ids = {(r.edit.id, r.edit.style) for r in found}, {r.edit.id for r in found}
    counts = [sum(r.equivalent for r in found), sum(r.crash for r in found)]
    counts += [len(wrong_accepted(found)), len(right_refused(found))]
    lines += [
        "",
        f"{len(found)} edits of {len(answers)} right answers to {len(ids)} exercises",
        "still right: {}; crashes: {}; wrong and accepted: {}; right and refused: {}".format(*counts),
        f"specific statement: {share(found):.1%} of the rejected edits",
        f"leaving out exceptions, shapes and forms: {share(found, WITHOUT_RUNNING):.1%} of the others",
        f"leaving out also those told which outputs are right: {share(found, NO_FACT):.1%} of the others",
    ]
    return "\n".join(lines)


def main():
    """Print the table; the exit status is 1 if something does not hold."""
    parser = argparse.ArgumentParser(description="What the checks say about random edits of right answers.")
    parser.add_argument("--edits", type=int, default=EDITS)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--differs", action="store_true", help='print those told "differs" and no more')
    chosen = parser.parse_args()
    found = results(chosen.edits, chosen.seed)
    print(table(found))
    bad = wrong_accepted(found) + right_refused(found) + [r for r in found if r.crash]
    for r in bad + [r for r in found if chosen.differs and r.said in VAGUE]:
        edit = f"{r.edit.id} {r.edit.style}, {r.edit.kind}: {r.edit.right}  ->  {r.edit.wrong}"
        print(f"{edit}\n    {r.message}")
    sys.exit(1 if bad or share(found) < SPECIFIC_AT_LEAST else 0)


if __name__ == "__main__":
    main()
