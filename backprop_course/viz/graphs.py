"""A calculation drawn as the graph that it is: values above each wire, gradients below."""

from itertools import pairwise

import numpy as np
from matplotlib.patches import FancyBboxPatch, PathPatch
from matplotlib.path import Path

from backprop_course.viz.layout import place_nodes
from backprop_course.viz.style import GRADIENT, INK, NEUTRAL, PALE, VALUE, WIRE, canvas, number, style

ROW, BOX, FAN = 0.84, 0.42, 0.4  # inches: rows apart, height of a box, where the wires of a column fan out
ANY_ORDER = ("+", "*", "maximum")
SIGNS = {"-": "−", "*": "×", "/": "÷", "neg": "−", ".T": "T", "log_softmax": "log softmax"}


@style()
def draw_graph(node, grads=None, *, title: str):
    """The graph of everything that `node` was computed from, inputs left, result right.

    Nodes have `.value`, `.parents`, `.op` and `.name`, as those of `autodiff`. Each stands once, however
    often it is used. Its value stands in blue above the wire that leaves it and, if `grads[node]` exists, its
    gradient in orange below; an array is written as its shape. A constant carries its number itself.
    Raises TypeError for something else, ValueError for more than 40 nodes.
    """
    layout = place_nodes(node)
    texts = {id(each): _texts(each, grads) for each in layout.nodes}
    boxes = {key: 0.2 + max(0.085 * len(sign), 0.22) for key, (sign, *_) in texts.items()}
    wires = {key: 0.14 + 0.09 * max(map(len, numbers)) for key, (_, *numbers) in texts.items()}
    left = _left_edges(layout, boxes, wires)
    bottom = 0.45 + ROW * max(layout.height.values())
    place = {key: (left[layout.column[key]], bottom - ROW * layout.height[key]) for key in layout.column}
    fig, ax = canvas(title, left[-1], bottom + 0.45)
    ports = _ports(layout)
    for wire in layout.routes:
        _draw_wire(ax, wire, layout, place, ports, left)
    for each in layout.nodes:
        x, y = place[id(each)]
        end = left[layout.column[id(each)] + 1] - FAN
        ax.plot([x + boxes[id(each)], end], [y, y], color=WIRE, linewidth=1.5, zorder=1)
        _draw_node(ax, each, (x, y), boxes[id(each)], texts[id(each)])
    return fig


def _texts(node, grads):
    """What stands in the box, above its wire and below it."""
    if not node.parents and not node.name:
        return _written(node.value), "", ""
    try:
        gradient = "" if grads is None else _written(grads[node])
    except KeyError:
        gradient = ""
    exponent = (getattr(node, "settings", None) or {}).get("exponent")
    sign = SIGNS.get(node.op, node.op) + ("" if exponent is None else f" {number(exponent)}")
    return sign if node.parents else node.name, _written(node.value), gradient


def _written(value):
    """A number, or the shape of an array."""
    return number(value) if np.ndim(value) == 0 else str(np.shape(value))


def _left_edges(layout, boxes, wires):
    """Where each column begins, as wide as its widest box and wire; last, where the drawing ends."""
    edges = [0.15]
    for c in range(1 + max(layout.column.values())):
        widest = max(boxes[key] + wires[key] for key in boxes if layout.column[key] == c)
        edges.append(edges[-1] + widest + FAN)
    return edges


def _ports(layout):
    """Where each operand arrives, from the top: in the order written, or without crossings if any will do."""
    arriving = {}
    for parent, child, k, between in layout.routes:
        height = layout.height[[id(parent), *between][-1]] if child.op in ANY_ORDER else k
        arriving.setdefault(id(child), []).append((height, k))
    return {(key, k): place for key, each in arriving.items() for place, (_, k) in enumerate(sorted(each))}


def _draw_wire(ax, wire, layout, place, ports, left):
    """From the end of the parent's labeled wire through the places held free to the child's operand."""
    parent, child, k, between = wire
    points = []
    for key in [id(parent), *between]:
        points += [place[key], (left[layout.column[key] + 1] - FAN, place[key][1])]
    x, y = place[id(child)]
    points.append((x, y + BOX * (0.5 - (ports[id(child), k] + 1) / (len(child.parents) + 1))))
    vertices, codes = [points[1]], [Path.MOVETO]
    for (x0, y0), (x1, y1) in pairwise(points[1:]):
        middle = (x0 + x1) / 2
        vertices += [(middle, y0), (middle, y1), (x1, y1)]
        codes += [Path.CURVE4] * 3
    ax.add_patch(PathPatch(Path(vertices, codes), fill=False, edgecolor=WIRE, linewidth=1.5, zorder=1))


def _draw_node(ax, node, at, wide, texts):
    """The box with its sign, and the numbers on the wire that leaves it."""
    x, y = at
    sign, value, gradient = texts
    given = not node.parents and node.name
    look = {"facecolor": PALE if given else "white", "edgecolor": INK if value else NEUTRAL, "zorder": 2}
    form = f"round,pad=0,rounding_size={0.2 if node.parents else 0.06}"
    ax.add_patch(FancyBboxPatch((x, y - BOX / 2), wide, BOX, boxstyle=form, gid="node", **look))
    middle = x + wide / 2
    ax.text(
        middle, y - 0.01, sign, ha="center", va="center", fontweight="bold" if given else "normal", zorder=3
    )
    if node.parents and node.name:
        ax.text(middle, y + BOX / 2 + 0.03, node.name, ha="center", va="bottom", fontweight="bold")
    ax.text(x + wide + 0.06, y + 0.03, value, color=VALUE, va="bottom", fontsize=10)
    ax.text(x + wide + 0.06, y - 0.04, gradient, color=GRADIENT, va="top", fontsize=10)
