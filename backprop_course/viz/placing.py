"""Where the units of a network stand, and where the number of each weight finds room along its wire."""

from itertools import pairwise
from typing import NamedTuple

import numpy as np

GAP, ROW, CELL = 1.75, 1.5, (0.72, 0.5)  # inches: between layers, between units, width and height of a cell
SMALL_GAP, SMALL_ROW = 2.2, 0.62  # the same for a drawing without numbers
MOST_SHOWN = 6
SHARES = np.linspace(0.2, 0.8, 35)  # of a wire: where its label may stand
LABEL = 0.55  # inches: length of a label
WIRE_BEHIND = 0.08  # inches that a wire may come closer than a label, as labels hide what is behind them


class Plan(NamedTuple):
    """Places in inches, y upward.

    `units` maps (layer, unit) to the left end and the middle height of the unit; `names` lists for each layer
    what its cells hold; `wires` maps (layer, unit, unit of the next layer) to two ends; `heads` holds x, name
    and size of what stands over the columns; `dots` the places of what is left out.
    """

    width: float
    height: float
    layers: int
    cell: tuple
    units: dict
    names: list
    wires: dict
    heads: list
    dots: list


def plan(sizes, numbered: bool, with_loss: bool) -> Plan:
    """Place the layers from left to right, each centered; a loss may follow as a layer of its own."""
    names, shown = _layers(sizes, numbered, with_loss)
    cell, row, rest = (CELL, ROW, 1.7) if numbered else ((0.4, 0.4), SMALL_ROW, 1.25)
    height = rest + row * (max(len(units) for units in shown) - 1)
    middle = height / 2 - (0.1 if numbered else 0.25)
    left = _left_ends(names, shown, cell[0], len(sizes) - 1, numbered)
    ends = [x + cell[0] * len(name) for x, name in zip(left, names)]
    units = {
        (k, unit): (left[k], middle + row * ((len(column) - 1) / 2 - place))
        for k, column in enumerate(shown)
        for place, unit in enumerate(column)
    }
    dots = [units.pop((k, None)) for k, column in enumerate(shown) if None in column]
    wires = {
        (k, i, j): ((ends[k], y), units[k + 1, j])
        for (k, i), (_, y) in units.items()
        for (layer, j) in units
        if layer == k + 1
    }
    heads = _heads(sizes, names, left, ends, cell[0])
    return Plan(ends[-1] + 0.3, height, len(sizes) - 1, cell, units, names, wires, heads, dots)


def _layers(sizes, numbered, with_loss):
    """For each layer: what its cells hold, and which units are drawn, with None where some are left out."""
    last = len(sizes) - 1
    if not numbered:
        shown = [list(range(s)) if s <= MOST_SHOWN else [0, 1, 2, None, s - 1] for s in sizes]
        return [("X",), *[(f"Z{k}",) for k in range(1, last + 1)]], shown
    names = [("X",)] + [(f"Z{k}", f"A{k}" if k < last else "Y_pred") for k in range(1, last + 1)]
    shown = [list(range(size)) for size in sizes]
    return ([*names, ("L",)], [*shown, [0]]) if with_loss else (names, shown)


def _left_ends(names, shown, wide, last, numbered):
    """Where each layer begins."""
    left = [0.3]
    for k, (before, after) in enumerate(pairwise(shown)):
        crowd = max(1.0, len(before) * len(after) / 6) ** 0.5  # many labels need longer wires
        gap = 0.5 if k == last else GAP * crowd if numbered else SMALL_GAP
        left.append(left[-1] + wide * len(names[k]) + gap)
    return left


def _heads(sizes, names, left, ends, wide):
    """Names over cells and over wires; for a drawing without numbers, how many there are and the shapes."""
    words = ["input", *["hidden unit"] * (len(sizes) - 2), "output"]
    heads = []
    for k, name in enumerate(names):
        for c, each in enumerate(name):
            size = f"{sizes[k]} {words[k]}{'s' if sizes[k] > 1 else ''}" if k < len(sizes) else ""
            heads.append((left[k] + (c + 0.5) * wide, each, size))
        if 0 < k < len(sizes):
            shape = f"W{k} ({sizes[k]}, {sizes[k - 1]})"
            heads.append(((ends[k - 1] + left[k]) / 2, f"W{k}", shape))
    return heads


def label_places(where: Plan) -> dict:
    """For each wire between layers: the point on it far from other labels and wires, and its angle."""
    places = {}
    for k in range(where.layers):
        keys = [key for key in where.wires if key[0] == k]
        wires = np.array([where.wires[key] for key in keys])
        along = wires[:, 1] - wires[:, 0]
        spots = wires[:, :1] + SHARES[:, None] * along[:, None]  # (wires, shares, 2)
        angles = np.arctan2(along[:, 1], along[:, 0])
        reach = LABEL / 2 * np.stack([np.cos(angles), np.sin(angles)], axis=-1)
        labels = spots[:, :, None] + np.linspace(-1, 1, 5)[:, None] * reach[:, None, None]
        chosen = _chosen(labels, np.array([_clearance(each, wires, i) for i, each in enumerate(labels)]))
        places |= {key: (tuple(spots[i, chosen[i]]), float(angles[i])) for i, key in enumerate(keys)}
    return places


def _clearance(labels, wires, own):
    """How far each possible label of a wire, (shares, 5, 2), stays from the other wires."""
    start, along = wires[:, 0], wires[:, 1] - wires[:, 0]
    away = labels[:, :, None] - start  # (shares, 5, wires, 2)
    t = np.clip((away * along).sum(-1) / (along * along).sum(-1), 0, 1)
    distance = np.linalg.norm(away - t[..., None] * along, axis=-1)
    distance[:, :, own] = 9.0
    return distance.min(axis=(1, 2))


def _chosen(labels, clearance):
    """For each wire the share at which its label has room: one moves at a time, from several starts."""
    best, most = None, -1.0
    everyone = np.arange(len(labels))
    for start in (17, 4, 30, 10, 24):
        chosen, room = np.full(len(labels), start), np.zeros(len(labels))
        for i in np.tile(everyone, 6):
            others = labels[everyone != i, chosen[everyone != i]].reshape(-1, 2)
            apart = np.linalg.norm(labels[i][:, :, None] - others, axis=-1).min(axis=(1, 2), initial=9.0)
            score = np.minimum(apart / 2, clearance[i] + WIRE_BEHIND) - 0.03 * np.abs(SHARES - 0.5)
            chosen[i], room[i] = np.argmax(score), score.max()
        if room.min() > most:
            best, most = chosen, room.min()
    return best
