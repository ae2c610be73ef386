"""Which batch size learns the digits best, and does momentum help, if each has its own learning rate?

Network 64-32-10, digits in the split by writer. For every row the learning rate is chosen among the same ten
by the mean loss of three runs on 900 of the 1,200 known digits, measured on the other 300 of them. Then ten
runs from other seeds (start and order of the digits) learn from all 1,200, and the 597 test digits are read
once. beta is 0.9. `mean` and the other columns of the spread are test accuracy in percent; `loss` is the mean
loss on the 1,200 at the end.
"""

from itertools import islice
from math import ceil

import numpy as np
from numpy.random import default_rng
from spread import summary

from backprop_course import data, notation, training
from backprop_course.models import two_layer

RATES = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
SEEDS, TUNING_SEEDS = range(10), range(100, 103)
EPOCHS, UPDATES = 20, 400
SIZES = (4, 16, 64, 256, 1200)
WITH_MOMENTUM = {"heavy ball": training.momentum, "Nesterov": training.nesterov}

digits = data.digits()
X, Y_true = digits.X / 16, notation.one_hot(digits.labels, 10)
known, test = data.split_by_writer()
tuning, validation = data.split_random(len(known), (0.75, 0.25), default_rng(0))


def rows():
    """Gradient descent at equal epochs and at equal updates, then momentum at equal epochs."""
    for batch_size in SIZES:
        yield row("epochs", "gradient descent", training.sgd, batch_size)
    for batch_size in SIZES:
        yield row("updates", "gradient descent", training.sgd, batch_size)
    for batch_size in SIZES[1:]:
        for name, optimizer in WITH_MOMENTUM.items():
            yield row("epochs", name, optimizer, batch_size)


def row(equal, name, optimizer, batch_size):
    """One row: choose the rate, train with it, read the test digits."""
    found = [
        (np.mean([evaluated(optimizer(rate), equal, tuning, batch_size, k)[0] for k in TUNING_SEEDS]), rate)
        for rate in RATES
    ]
    rate = min(found)[1]
    losses, scores = zip(*(evaluated(optimizer(rate), equal, known, batch_size, k) for k in SEEDS))
    told = {"equal": equal, "optimizer": name, "batch_size": batch_size, "rate": rate}
    told |= {"updates": updates(equal, known, batch_size), "loss": float(np.mean(losses))}
    return told | summary([100 * score for score in scores])


def updates(equal, part, batch_size):
    """How many updates a run makes."""
    return EPOCHS * ceil(len(part) / batch_size) if equal == "epochs" else UPDATES


def evaluated(optimizer, equal, part, batch_size, seed):
    """Train on a part; loss on what tells (validation while tuning, else the part), and test accuracy."""
    params = two_layer.init(default_rng(seed), 64, 32, 10)
    given = {"optimizer": optimizer, "batch_size": batch_size, "rng": default_rng(seed), "out": params}
    run = training.steps(two_layer, params, X[part], Y_true[part], **given)
    for _ in islice(run, updates(equal, part, batch_size)):
        pass
    with np.errstate(all="ignore"):
        shown = validation if part is tuning else part
        loss = two_layer.loss(two_layer.forward(params, X[shown])[0], Y_true[shown])
    if not np.isfinite(loss):
        return np.inf, 0.0
    score = np.nan if part is tuning else training.accuracy(two_layer, params, X[test], Y_true[test])
    return float(loss), score
