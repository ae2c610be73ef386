"""Does it matter for training where the weights start?

Six starts, and three networks that read the digits of lesson 07: one, five and ten hidden layers of 32 ReLUs.
Plain gradient descent makes 20 epochs with mini-batches of 20; biases start at 0.

Each start has a learning rate of its own. For each of seven rates, three networks learn from 900 digits, and
the rate with the best mean accuracy on the other 300 of the 1,200 known digits is taken (the smallest of
equal ones). With this rate five networks from other seeds learn from all 1,200 known digits. A row tells how
many of the 597 test digits they read (`summary`, in percent), how many of the known ones (`training`, a mean
in percent), and how many of the five `diverged`: their loss was no longer a number, and chance, 10 %, counts.
"""

import warnings

import numpy as np
from numpy.random import default_rng
from spread import summary

from backprop_course import data, models, notation, training

RATES = (0.0001, 0.001, 0.01, 0.03, 0.1, 0.3, 1.0)
DEPTHS = (1, 5, 10)  # hidden layers
EPOCHS, TUNED, MEASURED = 20, range(3), range(10, 15)
CHANCE = 0.1


def constant(rng, fan_out, fan_in, dtype=np.float64):
    """Every weight 0.1; nothing is drawn."""
    return np.full((fan_out, fan_in), 0.1, dtype)


STARTS = {
    "zeros": models.zeros,
    "all 0.1": constant,
    "normal, std 0.01": models.normal(0.01),
    "normal, std 1": models.normal(1.0),
    "Xavier": models.xavier,
    "He": models.he,
}


def sets():
    """X and Y_true of the training, validation, known and test digits."""
    digits = data.digits()
    X, Y_true = digits.X / 16, notation.one_hot(digits.labels, 10)
    known, test = data.split_by_writer()
    train, validation = data.split_random(len(known), (0.75, 0.25), default_rng(0))
    return {
        name: (X[rows], Y_true[rows])
        for name, rows in (("train", train), ("validation", validation), ("known", known), ("test", test))
    }


def learned(depth, weights, rate, seed, rows, others):
    """Accuracy on other rows and on the own ones, and whether it diverged: then both are CHANCE."""
    model = models.mlp((64, *[32] * depth, 10), weights=weights)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        history = training.fit(
            model, model.init(default_rng(seed)), *rows, optimizer=training.sgd(rate), epochs=EPOCHS,
            batch_size=20, rng=default_rng(seed), validation=others, progress=False,
        )  # fmt: skip
    if history.diverged:
        return CHANCE, CHANCE, True
    return history.validation_accuracy[-1], history.accuracy[-1], False


def rows():
    """A row for each network and each start."""
    parts = sets()
    for depth in DEPTHS:
        for name, weights in STARTS.items():
            tried = {
                rate: np.mean(
                    [learned(depth, weights, rate, k, parts["train"], parts["validation"])[0] for k in TUNED]
                )
                for rate in RATES
            }
            rate = max(RATES, key=tried.get)
            runs = [learned(depth, weights, rate, k, parts["known"], parts["test"]) for k in MEASURED]
            test, own, diverged = zip(*runs)
            told = {"training": 100 * float(np.mean(own)), "diverged": sum(diverged)}
            start = {"hidden_layers": depth, "weights": name, "rate": rate}
            yield start | summary(100 * np.array(test)) | told
