"""Does every weight need its own step? Seven optimizers on six problems, with the same budget for each.

What is tuned is the learning rate and nothing else. Every optimizer meets the same 13 rates on every problem,
0.001 to 10 in steps of a factor 10^(1/3), with three seeds. The rate with the lowest mean validation loss is
chosen; a loss that is no number counts as the worst. Then come ten other seeds with that rate. All else has
the package's defaults: beta 0.9, rho 0.99, betas 0.9 and 0.999, eps, and a weight decay of 0.01 in adamw.

- ravine along the axes: a quadratic loss of 20 weights, curvatures 0.01 to 10, every axis with its own. The
  lowest point is drawn, the start is 0. What is measured is the loss after 300 steps, as a power of ten;
  losses below 1e-30, which is rounding, count as that.
- ravine turned: the same, turned by a rotation that is drawn.
- digits: the network 64-32-10, 10 epochs in batches of 50. Tuned with 900 and 300 of the first 1,200 digits,
  then trained on all of them and tested on the last 597, by other writers: test accuracy in percent.
- digits in other units: the same, every pixel multiplied by a number of its own from 0.03 to 30, as if each
  had been measured in another unit.
- digits, deep: the same as digits, with six hidden layers of 32.
- rare words: is a text of class 0 or 1? Word j of 300 occurs in one text of j, the first in one of 2. The
  classes are drawn from a linear model. 2,000 texts, 5 epochs in batches of 32, 2,000 other texts for tuning
  or, with other seeds, for the test.

`near` counts the rates that are nearly as good in tuning as the chosen one: at most 3 points below the best
accuracy or, for a ravine, at most one power of ten above. `training_loss` is that of the final runs.
`baseline` needs no optimizer: the loss at the start, the nearest mean picture, the more frequent class.
"""

import numpy as np
from numpy.random import default_rng
from spread import summary

from backprop_course import data, models, notation, training

OPTIMIZERS = ("sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "adamw")
RATES = [float(f"{10 ** (k / 3):.3g}") for k in range(-9, 4)]
TUNING_SEEDS, SEEDS = (100, 101, 102), range(10)
LOST = 10.0  # the loss of a run that is no number, or of a ravine, as a power of ten


def ravine(is_turned):
    """A run on the quadratic: (loss as a power of ten, no accuracy, the same loss); and the baseline."""

    def drawn(seed):
        rng, curvatures = default_rng(seed), np.logspace(-2, 1, 20)
        axes = np.linalg.qr(rng.standard_normal((20, 20)))[0] if is_turned else np.eye(20)
        return axes @ np.diag(curvatures) @ axes.T, rng.standard_normal(20)

    def run(optimizer, seed, final):
        H, lowest = drawn(seed)
        params = {"w": np.zeros(20)}
        state = optimizer.init(params)
        for _ in range(300):
            grads = {"w": H @ (params["w"] - lowest)}
            params, state = optimizer.update(params, grads, state, out=params)
        away = params["w"] - lowest
        loss = 0.5 * away @ H @ away
        power = np.log10(max(loss, 1e-30)) if np.isfinite(loss) else LOST
        return power, None, loss

    return run, np.mean([np.log10(0.5 * w @ H @ w) for H, w in map(drawn, SEEDS)])


def digits(hidden, units=1.0):
    """A run: (validation or test loss, accuracy in percent, training loss); and the baseline."""
    bundled = data.digits()
    X, Y_true = bundled.X / 16 * units, notation.one_hot(bundled.labels, 10)
    known, test = data.split_by_writer()
    tuned = data.split_random(len(known), (0.75, 0.25), default_rng(0))
    net = models.mlp([64, *hidden, 10])

    def run(optimizer, seed, final):
        rows, others = (known, test) if final else tuned
        parts = (X[rows], Y_true[rows]), (X[others], Y_true[others])
        return trained(net, optimizer, *parts, batch_size=50, epochs=10, rng=default_rng(seed))

    means = Y_true[known].T @ X[known] / Y_true[known].sum(axis=0)[:, None]
    nearest = ((X[test][:, None] - means) ** 2).sum(axis=2).argmin(axis=1)
    return run, 100 * np.mean(nearest == bundled.labels[test])


def rare_words():
    """A run of softmax regression on texts as rows of 0 and 1: what `digits` gives; and the baseline."""
    net, occurs = models.mlp([300, 2]), np.minimum(0.5, 1 / np.arange(1, 301))
    weights = 3 * default_rng(11).standard_normal(300)

    def drawn(rng):
        X = (rng.random((4000, 300)) < occurs).astype(float)
        return X, rng.random(4000) < 1 / (1 + np.exp(-(X @ weights)))

    def run(optimizer, seed, final):
        rng = default_rng(seed)
        X, yes = drawn(rng)
        Y_true = notation.one_hot(yes.astype(int), 2)
        parts = (X[:2000], Y_true[:2000]), (X[2000:], Y_true[2000:])
        return trained(net, optimizer, *parts, batch_size=32, epochs=5, rng=rng)

    shares = [drawn(default_rng(seed))[1][2000:].mean() for seed in SEEDS]
    return run, 100 * np.mean(np.maximum(shares, np.subtract(1, shares)))


def trained(net, optimizer, part, other, batch_size, epochs, rng):
    """Train on one part, measure on the other: (its loss, its accuracy in percent, the training loss)."""
    params = net.init(rng)
    call = {"batch_size": batch_size, "epochs": epochs, "rng": rng, "out": params}
    *_, last = training.steps(net, params, *part, optimizer=optimizer, **call)
    if not np.isfinite(last.loss):
        return LOST, 0.0, LOST
    losses = [float(net.loss(net.forward(params, X)[0], Y)) for X, Y in (part, other)]
    training_loss, loss = (each if np.isfinite(each) else LOST for each in losses)
    return loss, 100 * training.accuracy(net, params, *other), training_loss


PROBLEMS = {
    "ravine along the axes": ravine(False),
    "ravine turned": ravine(True),
    "digits": digits([32]),
    "digits in other units": digits([32], 10 ** default_rng(11).uniform(-1.5, 1.5, 64)),
    "digits, deep": digits([32] * 6),
    "rare words": rare_words(),
}


def rows():
    """A row for each problem and optimizer."""
    for problem, (run, baseline) in PROBLEMS.items():
        for name in OPTIMIZERS:
            found = compared(run, getattr(training, name))
            yield {"problem": problem, "optimizer": name} | found | {"baseline": float(baseline)}


def compared(run, make):
    """Tune the learning rate, then measure with other seeds."""
    with np.errstate(all="ignore"):
        tuned = {rate: [run(make(rate), seed, False) for seed in TUNING_SEEDS] for rate in RATES}
        scores = {rate: np.mean([loss for loss, _, _ in runs]) for rate, runs in tuned.items()}
        rate = min(scores, key=scores.get)
        final = [run(make(rate), seed, True) for seed in SEEDS]
    losses, accuracies, training_losses = zip(*final)
    is_ravine = accuracies[0] is None
    if is_ravine:
        near = sum(score <= scores[rate] + 1 for score in scores.values())
    else:
        means = [np.mean([accuracy for _, accuracy, _ in runs]) for runs in tuned.values()]
        near = sum(mean >= max(means) - 3 for mean in means)
    return {
        "measure": "loss, power of ten" if is_ravine else "test accuracy, %",
        "rate": rate,
        "near": near,
        "training_loss": float(np.mean(training_losses)),
        **summary(losses if is_ravine else accuracies),
    }
