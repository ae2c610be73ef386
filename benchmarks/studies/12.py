"""Do penalties make a network better at reading digits of other people, and when?

A network with 32 hidden units reads digits of 597 rows that nothing else has seen: nearly all from other
people than the first 1,200. Of these, the first 905 (seven sheets of labels) are to learn from, and the last
295 to choose by. There are three tasks: all 905 digits; 30 a class; 30 a class where one label in five is
wrong, also among the digits to choose by. The labels of the test are always right.

Each penalty may choose among six strengths; the one with the highest mean accuracy in validation is taken,
before the test rows are looked at. Every training makes 600 updates with 30 digits each, by plain descent
(learning rate 0.3) or Adam (0.003), and ends there. Each of the five seeds draws the digits, the wrong
labels, the first weights and the order. `gain` is the mean difference to the training without a penalty that
has the same optimizer and seeds, in points of accuracy; `gain_sd` is its spread.
"""

from itertools import islice

import numpy as np
from spread import summary

from backprop_course import data, models, notation, ops, training

SEEDS, UPDATES, BATCH = 5, 600, 30
RATES = {"sgd": 0.3, "adam": 0.003}
TASKS = {"all 905": (None, 0), "30 a class": (30, 0), "30 a class, 1 in 5 wrong": (30, 0.2)}
L2, L1 = (1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2), (3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2)
METHODS = {  # optimizer, penalty: the strengths
    ("sgd", "none"): (0,),
    ("sgd", "L2"): L2,
    ("sgd", "L1, slope"): L1,
    ("sgd", "L1, proximal"): L1,
    ("adam", "none"): (0,),
    ("adam", "L2"): L2,
    ("adam", "decoupled decay"): (0.01, 0.03, 0.1, 0.3, 1, 3),
}
LEARNING, VALIDATION, TEST = np.arange(905), np.arange(905, 1200), np.arange(1200, 1797)
DIGITS = data.digits()


def drawn(size, share, seed):
    """Pairs (X, Y_true) to learn from, to choose by, and to test: `size` a class, a share of labels wrong."""
    rng, labels = np.random.default_rng([12, seed]), DIGITS.labels.copy()
    rows = LEARNING
    if size:
        rows = np.concatenate([rng.permutation(LEARNING[labels[LEARNING] == k])[:size] for k in range(10)])
    wrong = np.flatnonzero(rng.random(1200) < share)
    labels[wrong] = (labels[wrong] + rng.integers(1, 10, len(wrong))) % 10
    X, Y_true = DIGITS.X / 16, notation.one_hot(labels, 10)
    return [(X[part], Y_true[part]) for part in (rows, VALIDATION, TEST)]


def learn(X, Y_true, optimizer, penalty, strength, seed):
    """The parameters after all updates."""
    rng, rate = np.random.default_rng(seed), RATES[optimizer]
    params, model = models.two_layer.init(rng, 64, 32, 10), models.two_layer
    if penalty in ("L2", "L1, slope"):
        model = models.with_penalties(model, **{penalty[:2].lower(): strength})
    if penalty == "decoupled decay":
        opt = training.adamw(rate, weight_decay=strength)
    else:
        opt = getattr(training, optimizer)(rate)
    steps = training.steps(model, params, X, Y_true, optimizer=opt, batch_size=BATCH, rng=rng, out=params)
    for _ in islice(steps, UPDATES):
        if penalty == "L1, proximal":
            for name in ("W1", "W2"):
                params[name][...] = ops.soft_threshold(params[name], rate * strength)
    return params


def accuracies(nets, parts, which):
    """The share of right answers on that part, in percent, one of each seed."""
    scores = [training.accuracy(models.two_layer, net, *part[which]) for net, part in zip(nets, parts)]
    return 100 * np.array(scores)


def zeros(params):
    """How many of the weights are exactly 0, in percent."""
    weights = np.concatenate([params[name].ravel() for name in ("W1", "W2")])
    return 100 * np.mean(weights == 0)


def rows():
    """A row for each task and method, the training without a penalty before those with one."""
    for task, told in TASKS.items():
        parts, plain = [drawn(*told, seed) for seed in range(SEEDS)], {}
        for (optimizer, penalty), strengths in METHODS.items():
            nets = {s: [learn(*part[0], optimizer, penalty, s, k) for k, part in enumerate(parts)]
                    for s in strengths}  # fmt: skip
            means = {s: accuracies(nets[s], parts, 1).mean() for s in strengths}
            chosen = max(means, key=means.get)
            scores = accuracies(nets[chosen], parts, 2)
            gains = scores - plain.setdefault(optimizer, scores)
            yield {
                "task": task, "optimizer": optimizer, "penalty": penalty, "strength": chosen,
                **summary(scores), "gain": gains.mean(), "gain_sd": gains.std(ddof=1),
                "zeros": np.mean([zeros(net) for net in nets[chosen]]),
            }  # fmt: skip
