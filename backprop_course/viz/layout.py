"""Where the nodes of a calculation stand: parents left of what they feed, and no wire through another node.

A small layered drawing after Sugiyama: columns by depth, places held free for wires that pass a column,
order within a column by the average place of the neighbors, and heights as close to the neighbors' as fits.
"""

from itertools import pairwise
from typing import NamedTuple

import numpy as np

from backprop_course.notation import describe, refuse
from backprop_course.viz.style import spread

MOST_NODES = 40


class Layout(NamedTuple):
    """Columns counted from the left, heights in rows from the top; both by key.

    A node's key is its id(); a place held free for its passing wire is (id, column). `routes` holds for each
    wire the parent, the child, which of the child's operands it is, and the keys of the places between.
    """

    nodes: list
    column: dict
    height: dict
    routes: list


def place_nodes(output) -> Layout:
    """Lay out everything that `output` was computed from, over `.parents`; each node stands once.

    Raises TypeError for something without parents, ValueError for more than 40 nodes.
    """
    if not hasattr(output, "parents"):
        refuse("node", "a node with .value, .parents, .op and .name", describe(output), TypeError)
    nodes = _parents_first(output)
    if len(nodes) > MOST_NODES:
        refuse(
            "node", f"a graph of at most {MOST_NODES} nodes, as more cannot be read", f"{len(nodes)} nodes"
        )
    column = _columns(nodes)
    routes = [
        (parent, child, k, [(id(parent), c) for c in range(column[id(parent)] + 1, column[id(child)])])
        for child in nodes
        for k, parent in enumerate(child.parents)
    ]
    column |= {key: key[1] for *_, between in routes for key in between}
    steps = {
        step for parent, child, _, between in routes for step in pairwise([id(parent), *between, id(child)])
    }
    columns = _without_crossings(_by_column(column), steps)
    return Layout(nodes, column, _heights(columns, steps), routes)


def _parents_first(output):
    """All nodes, each once and after its parents."""
    order, seen, waiting = [], set(), [(output, False)]
    while waiting:
        node, ready = waiting.pop()
        if ready:
            order.append(node)
        elif id(node) not in seen:
            seen.add(id(node))
            waiting.append((node, True))
            waiting.extend((parent, False) for parent in reversed(node.parents))
    return order


def _columns(nodes):
    """Each node one column right of its last parent; inputs moved right until they touch what they feed."""
    column, fed = {}, {}
    for node in nodes:
        column[id(node)] = 1 + max((column[id(parent)] for parent in node.parents), default=-1)
        for parent in node.parents:
            fed.setdefault(id(parent), []).append(node)
    for node in nodes:
        if not node.parents and id(node) in fed:
            column[id(node)] = min(column[id(child)] for child in fed[id(node)]) - 1
    return column


def _by_column(column):
    """Lists of keys, one a column, in the order in which the keys were met."""
    columns = [[] for _ in range(1 + max(column.values()))]
    for key, c in column.items():
        columns[c].append(key)
    return columns


def _neighbors(steps):
    """For each key the keys it is joined to on the left, and those on the right."""
    left, right = {}, {}
    for a, b in sorted(steps, key=str):
        right.setdefault(a, []).append(b)
        left.setdefault(b, []).append(a)
    return left, right


def _without_crossings(columns, steps):
    """Reorder each column by the average rank of its neighbors, to and fro; fewest crossings win."""
    sides = _neighbors(steps)
    best, fewest = [list(keys) for keys in columns], _crossings(columns, steps)
    rank = {key: k for keys in columns for k, key in enumerate(keys)}
    for turn in range(12):
        joined = sides[turn % 2]
        for keys in columns if turn % 2 == 0 else columns[::-1]:
            keys.sort(key=lambda key: np.mean([rank[n] for n in joined.get(key, [key])]))
            rank |= {key: k for k, key in enumerate(keys)}
        count = _crossings(columns, steps)
        if count < fewest:
            best, fewest = [list(keys) for keys in columns], count
    return best


def _crossings(columns, steps):
    """How many pairs of steps between the same columns cross."""
    rank = {key: (c, k) for c, keys in enumerate(columns) for k, key in enumerate(keys)}
    ends = [(*rank[a], rank[b][1]) for a, b in steps]
    return sum(
        (start - other_start) * (end - other_end) < 0
        for k, (c, start, end) in enumerate(ends)
        for other_c, other_start, other_end in ends[:k]
        if c == other_c
    )


def _heights(columns, steps):
    """Nodes a row apart, passing wires closer, each as near as fits to the average of its neighbors."""
    left, right = _neighbors(steps)
    height = {key: k - (len(keys) - 1) / 2 for keys in columns for k, key in enumerate(keys)}
    for turn in range(24):
        for keys in columns if turn % 2 else columns[::-1]:
            near = [left.get(key, []) + right.get(key, []) or [key] for key in keys]
            wanted = [np.mean([height[n] for n in each]) for each in near]
            room = [1.0 if isinstance(key, int) else 0.4 for key in keys]
            height |= zip(keys, spread(wanted, [(a + b) / 2 for a, b in pairwise(room)]))
    lowest = min(height.values())
    return {key: float(h - lowest) for key, h in height.items()}
