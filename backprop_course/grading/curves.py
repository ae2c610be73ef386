"""Learning curves are read before their cause is known, so three runs on the digits stand here, unnamed."""

import numpy as np

from backprop_course.data import digits, split_by_writer, split_random
from backprop_course.models import two_layer
from backprop_course.notation import one_hot
from backprop_course.training import History, fit, sgd

EPOCHS = 10
RUNS = {"A": (30, 1, 0.1), "B": (900, 20, 1.3), "C": (900, 20, 0.01)}  # digits, batch size, learning rate


def three_runs() -> dict[str, History]:
    """Three training runs of ten epochs, by letter: one overfits, one steps too far, one ends too early."""
    X, Y_true = digits().X / 16, one_hot(digits().labels, 10)
    known, _ = split_by_writer()
    train, validation = split_random(len(known), (0.75, 0.25), np.random.default_rng(0))
    return {letter: _run(X, Y_true, train, validation, *setting) for letter, setting in RUNS.items()}


def _run(X, Y_true, train, validation, size, batch_size, rate):
    rng, rows = np.random.default_rng(0), train[:size]
    return fit(
        two_layer,
        two_layer.init(rng, 64, 32, 10),
        X[rows],
        Y_true[rows],
        optimizer=sgd(rate),
        epochs=EPOCHS,
        batch_size=batch_size,
        rng=rng,
        validation=(X[validation], Y_true[validation]),
        progress=False,
    )
