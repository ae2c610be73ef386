"""What is seen of a training while it runs: digits with the network's answers, and two curves that go on."""

import numpy as np

from backprop_course.viz import GRADIENT, INK, NEUTRAL, PURPLE, VALUE
from backprop_course.viz.scenes import Curve, Dots, Panel, Pixels, Scene, Words
from backprop_course.viz.style import number

COLUMNS, ROWS = 4, 3  # of the digits that are shown
CELL = (12, 12)  # pixels of a digit with its margin and its answer
EPOCHS = (0, 30)
NAMES = ("dW1", "dW2")
LOSSES, LENGTHS = (0.001, 30), (0.001, 100)  # fixed, so that the axes stand still


def scene(training, digits, loss, validation_loss, Y_pred) -> Scene:
    """The scene of `watching.Training`: its digits, its losses now, its answers (300, 10) in validation."""
    right = int((Y_pred.argmax(axis=1) == digits.labels).sum())
    begin = f"Epoch {training.epoch:.1f}:" if training.updates else "Before training,"
    title = f"{begin} {right} of {len(Y_pred)} validation digits are read correctly"
    labels, shown = digits.labels[digits.shown], Y_pred[digits.shown]
    lengths = dict(zip(NAMES, training.lengths()))
    losses = _curves(training, {"training": loss, "validation": validation_loss}, (VALUE, PURPLE), LOSSES)
    gradients = _curves(training, lengths, (GRADIENT, INK), LENGTHS)
    panels = (
        _digits(digits.X_validation[digits.shown], labels, shown),
        Panel(losses, EPOCHS, LOSSES, "epochs", "nats", "Loss (▲ changed by you)", INK, log=True),
        Panel(gradients, EPOCHS, LENGTHS, "epochs", "length", "Gradients", INK, log=True),
    )
    words = f"{title}. {_state(training, loss, validation_loss)} {_answers(labels, shown)}"
    return Scene(title, panels, words, height=3.5, width=9.0)


def _digits(X, labels, Y_pred):
    """Small pictures in rows, under each the answer with its probability."""
    pictures = np.zeros((ROWS, CELL[0], COLUMNS, CELL[1]))
    pictures[:, :8, :, 2:10] = X.reshape(ROWS, COLUMNS, 8, 8).swapaxes(1, 2)
    marks = {"digits": Pixels(pictures.reshape(ROWS * CELL[0], COLUMNS * CELL[1]))}
    for k, (label, answers) in enumerate(zip(labels, Y_pred)):
        answer, place = answers.argmax(), (k % COLUMNS + 0.5, ROWS - k // COLUMNS - 0.82)
        sign, color = ("✓", INK) if answer == label else ("✗", PURPLE)
        marks[f"answer {k}"] = Words(*place, f"{answer} {sign} {_percent(answers[answer])}", color, 10)
    title = "The network's answers (✗ is wrong)"
    return Panel(marks, (0, COLUMNS), (0, ROWS), "", "", title, INK, True, share=1.5, bare=True)


def _percent(share):
    return f"{100 * share:.0f} %" if np.isfinite(share) else "no number"


def _curves(training, now, colors, view):
    """Curves over the epochs, with their names, ends where the training is, and marks of what was changed."""
    x = np.array([*training.records["epoch"], training.epoch])
    marks = {}
    for k, ((name, last), color) in enumerate(zip(now.items(), colors)):
        y = np.array([*training.records[name], last])
        marks[name] = Curve(x, y, color, dashed=k == 1)
        marks[f"{name} now"] = Dots(x[-1:], y[-1:], color, "os"[k], 7)
        height = view[0] * (view[1] / view[0]) ** (0.95 - 0.085 * k)
        marks[f"{name} name"] = Words(22, height, f"{name} {'- -' if k else '—'}", color, 10)
    changes = np.array(training.changes)
    marks["changes"] = Dots(changes, np.full(len(changes), 1.3 * view[0]), NEUTRAL, "^", 8)
    return marks


def _state(training, loss, validation_loss):
    """Where the training is, in words."""
    told = (
        f"Update {training.updates}, seed {training.seed}, learning rate {training.learning_rate:g}, "
        f"batch size {training.batch_size}. Loss: {number(loss)} in training, {number(validation_loss)} in "
        "validation."
    )
    lengths = [_last([*training.records[name], now]) for name, now in zip(NAMES, training.lengths())]
    if not all(lengths):
        return told
    return f"{told} Length of the gradients: " + ", ".join(map(" ".join, zip(NAMES, lengths))) + "."


def _last(values):
    """The last value that is a number, as text; nothing where there is none."""
    return next((number(value) for value in reversed(values) if np.isfinite(value)), "")


def _answers(labels, Y_pred):
    """What the network says of the digits that are shown, in words: at most four of its mistakes."""
    wrong = [
        f"{label} read as {answers.argmax()} ({_percent(answers.max())})"
        for label, answers in zip(labels, Y_pred)
        if answers.argmax() != label
    ]
    shown = f"Of the {len(labels)} digits shown, {len(wrong)} wrong"
    more = [f"and {len(wrong) - 4} more"] if len(wrong) > 4 else []
    return f"{shown}: {', '.join(wrong[:4] + more)}." if wrong else f"{shown}."
