"""Does batch normalization allow a larger learning rate, and does the network get better by it?

Two networks, that of lesson 07 with two layers (64-32-10) and one with six (five hidden ones of 32 units),
each with and without batch normalization, from the same first weights (He), by plain gradient descent with
mini-batches of 20, for every learning rate of the grid. Of the first 1,200 digits, 900 are for training and
300 for validation, drawn by the seed; "10 a class" keeps the first ten training digits of each class. All
digits are seen 30 times, the 100 digits 60 times. The test digits are the last 597, by other writers.

Each row is one network at one learning rate: its accuracy in the test part over the seeds, and the mean
accuracy in the validation part, both in percent. `chosen` marks the rate with the highest validation mean;
`works_up_to` is the largest rate whose validation mean is at most 5 points below that. A run whose loss is no
longer a number counts as 10 %, chance.
"""

import warnings

import numpy as np
from numpy.random import default_rng
from spread import summary

from backprop_course import data, models, notation, training

RATES = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
NETWORKS = {"two layers": (64, 32, 10), "six layers": (64, 32, 32, 32, 32, 32, 10)}
EPOCHS = {"all digits": 30, "10 a class": 60}
SEEDS = 5
BATCH_SIZE = 20

DIGITS = data.digits()
X, Y_TRUE = DIGITS.X / 16, notation.one_hot(DIGITS.labels, 10)
KNOWN, TEST = data.split_by_writer()


def parts(digits, seed):
    """Row numbers of the training and of the validation part."""
    train, validation = data.split_random(len(KNOWN), (0.75, 0.25), default_rng(seed))
    if digits == "10 a class":
        train = np.concatenate([train[DIGITS.labels[train] == k][:10] for k in range(10)])
    return train, validation


def scores(digits, network, batchnorm, rate, seed):
    """Accuracy in the validation part and in the test part, in percent, after one training."""
    train, validation = parts(digits, seed)
    model = models.mlp(NETWORKS[network], batchnorm=batchnorm)
    settings = {"optimizer": training.sgd(rate), "batch_size": BATCH_SIZE, "epochs": EPOCHS[digits]}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a run that diverges is a result here
        history = training.fit(
            model, model.init(default_rng(seed)), X[train], Y_TRUE[train], rng=default_rng(seed),
            progress=False, **settings,
        )  # fmt: skip
    if history.diverged:
        return 10.0, 10.0
    call = (model, history.params)
    return [
        100 * training.accuracy(*call, X[rows], Y_TRUE[rows], model_state=history.model_state)
        for rows in (validation, TEST)
    ]


def rows():
    """One row for each learning rate, of every network, with and without normalization."""
    for digits in EPOCHS:
        for network in NETWORKS:
            for batchnorm in (False, True):
                yield from _over_rates(digits, network, batchnorm)


def _over_rates(digits, network, batchnorm):
    found = {}
    for rate in RATES:
        found[rate] = np.array([scores(digits, network, batchnorm, rate, seed) for seed in range(SEEDS)])
    means = {rate: each[:, 0].mean() for rate, each in found.items()}
    best = max(RATES, key=means.get)
    for rate, (validation, test) in ((rate, each.T) for rate, each in found.items()):
        yield {
            "digits": digits,
            "network": network,
            "normalization": "batch" if batchnorm else "none",
            "learning_rate": rate,
            "chosen": "yes" if rate == best else "no",
            "works_up_to": max(rate for rate in RATES if means[rate] >= means[best] - 5),
            "validation": float(validation.mean()),
            **summary(test),
        }
