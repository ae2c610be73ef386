"""Do dropout, early stopping and changed pictures help to read the digits of new writers?

A network 64-64-10 (ReLU, plain gradient descent, learning rate 0.3, mini-batches of 20, float32) learns from
the first 900 digits, or from 10 or 30 a class of them. The next 300 digits are the validation part, the last
597 the test part, either nearly all by other writers. A seed draws the first weights, the order, every mask
and change, and which digits are the few. `epochs` is fixed for each data set, long enough that training
without any means learns nearly all right labels; early stopping has a patience of 10 epochs, and `made` says
how many epochs were made. For each method and data set, `chosen` marks the strength with the highest mean
accuracy in validation (the first one of several that are equal); the test part chooses nothing. The
validation part is a luxury where 100 digits are to learn from.

`mean` and its spread: test accuracy in percent. `gain`, `gain_sd`: its difference to the row "none" of the
same data and width, seed by seed. `shown`: the gain as text, with a star if its mean is more than twice its
error, the spread divided by the root of the number of seeds; for "none", the accuracy. `loss`: mean test loss
in nats. `best_epoch`: where the validation loss is lowest. Mean test accuracy on pictures that are changed
once, by one generator: `shifted`, `rotated` (20 degrees at most), `mirrored` (all of them), `noisy` (standard
deviation 0.2). `half`: mean test accuracy with a random half of the hidden units removed (10 draws); `one`:
how much the test loss rises, on average, when one unit is removed; `correlation`: mean size of the
correlation between two hidden units; `_sd`: over the seeds. In the data set "a fifth wrong", 180 of the 900
labels are replaced by another class; `repeated` is the share of the wrong labels, in percent, that the
trained network gives back.
"""

from functools import cache, partial

import numpy as np
from numpy.random import default_rng
from spread import summary

from backprop_course import data, models, notation, ops, training

SEEDS = range(8)
TRAIN, VALIDATION, TEST = np.arange(900), np.arange(900, 1200), np.arange(1200, 1797)
EPOCHS = {"900 digits": 30, "a fifth wrong": 30, "30 a class": 60, "10 a class": 120}
METHODS = [  # method, strength, keep, change of the pictures, early stopping
    ("none", "none", 1.0, None, False),
    ("early stopping", "", 1.0, None, True),
    *[("dropout", f"keep {keep}", keep, None, False) for keep in (0.9, 0.8, 0.5)],
    ("shifts", "1 pixel", 1.0, data.random_shift, False),
    *[
        ("rotations", f"{most} degrees", 1.0, partial(data.random_rotation, most=most), False)
        for most in (5, 10, 20)
    ],
    ("flips", "half of them", 1.0, data.random_flip, False),
    *[("noise", f"std {std}", 1.0, partial(data.random_noise, std=std), False) for std in (0.1, 0.2, 0.4)],
]


@cache
def digits():
    """Pixels from 0 to 1, labels, and one-hot answers."""
    found = data.digits()
    return (found.X / 16).astype(np.float32), found.labels, notation.one_hot(found.labels, 10, np.float32)


def learning_part(name, seed):
    """The rows to learn from and their answers."""
    _, labels, Y_true = digits()
    rng = default_rng(seed)
    if name.endswith("a class"):
        classes = [TRAIN[labels[TRAIN] == k] for k in range(10)]
        rows = np.concatenate([rng.choice(each, int(name[:2]), replace=False) for each in classes])
        return rows, Y_true[rows]
    answers = labels[TRAIN]
    if name == "a fifth wrong":
        wrong = rng.choice(TRAIN, len(TRAIN) // 5, replace=False)
        answers[wrong] = (answers[wrong] + rng.integers(1, 10, len(wrong))) % 10
    return TRAIN, notation.one_hot(answers, 10, np.float32)


@cache
def changed():
    """The test pictures, each changed once, by the name of the column."""
    X = digits()[0][TEST]
    return {
        "shifted": data.random_shift(X, default_rng(1)),
        "rotated": data.random_rotation(X, default_rng(1), 20),
        "mirrored": data.flip(X),
        "noisy": data.random_noise(X, default_rng(1), 0.2),
    }


def fitted(name, seed, hidden, keep, change, stops):
    """One training: parameters, their validation accuracy, epoch of the lowest loss, number of epochs."""
    X, _, Y_true = digits()
    rows, answers = learning_part(name, seed)
    model = models.mlp([64, hidden, 10], keep=keep)
    model = models.with_augmentation(model, change) if change else model
    history = training.fit(
        model, model.init(default_rng(seed), np.float32), X[rows], answers, optimizer=training.sgd(0.3),
        epochs=EPOCHS[name], batch_size=20, rng=default_rng(seed), progress=False,
        validation=(X[VALIDATION], Y_true[VALIDATION]), patience=10 if stops else None,
    )  # fmt: skip
    best = int(history.validation_loss.argmin())
    kept = best if stops else -1
    return history.params, history.validation_accuracy[kept], best + 1, len(history.validation_loss)


def hidden_units(params, X):
    """What the hidden units say where nothing is dropped, (N, h)."""
    return ops.relu(ops.linear(X, params["W1"], params["b1"]))


def judged(params, A, Y_true):
    """Loss, and accuracy in percent, of these hidden outputs."""
    Z = ops.linear(A, params["W2"], params["b2"])
    return ops.softmax_cross_entropy(Z, Y_true), 100 * training.metrics.fraction_correct(Z, Y_true)


def leaning(params, A, Y_true, loss, seed):
    """How much the units lean on each other: `half`, `one` and `correlation`."""
    h, rng = A.shape[1], default_rng(seed)
    halves = [judged(params, A * (rng.permutation(h) < h // 2), Y_true)[1] for _ in range(10)]
    ones = [judged(params, A * (np.arange(h) != unit), Y_true)[0] - loss for unit in range(h)]
    alive = A[:, A.std(axis=0) > 0]
    between = np.corrcoef(alive.T)[np.triu_indices(alive.shape[1], 1)]
    return {"half": np.mean(halves), "one": np.mean(ones), "correlation": np.abs(between).mean()}


def repeated(params, rows, answers):
    """How many of the wrong labels the network gives back, in percent; 0 where none is wrong."""
    X, labels, _ = digits()
    wrong = answers.argmax(axis=1) != labels[rows]
    if not wrong.any():
        return 0.0
    return judged(params, hidden_units(params, X[rows][wrong]), answers[wrong])[1]


def measured(name, hidden, keep, change, stops):
    """What each seed gives, a dict of lists."""
    X, _, Y_true = digits()
    found = []
    for seed in SEEDS:
        params, validation, best, made = fitted(name, seed, hidden, keep, change, stops)
        A = hidden_units(params, X[TEST])
        loss, right = judged(params, A, Y_true[TEST])
        others = {k: judged(params, hidden_units(params, P), Y_true[TEST])[1] for k, P in changed().items()}
        one = {"right": right, "validation": 100 * validation, "loss": loss, "best_epoch": best, "made": made}
        one["repeated"] = repeated(params, *learning_part(name, seed))
        found.append(one | others | leaning(params, A, Y_true[TEST], loss, seed))
    return {key: np.array([one[key] for one in found], float) for key in found[0]}


def cases():
    """What is measured: data set, hidden units, methods. Dropout also where there are fewer or more units."""
    some = [each for each in METHODS if each[0] in ("none", "early stopping", "dropout")]
    for hidden in (16, 32, 64, 128):
        more = [each for each in some if each[0] != "early stopping"]
        yield "900 digits", hidden, METHODS if hidden == 64 else more
    for name in ("30 a class", "10 a class"):
        yield name, 64, METHODS
    yield "a fifth wrong", 64, some


def rows():
    """A row for each data set, width, method and strength."""
    for name, hidden, methods in cases():
        found = [(method, strength, measured(name, hidden, *rest)) for method, strength, *rest in methods]
        none, best = found[0][2]["right"], {}
        for method, strength, values in found:
            best.setdefault(method, []).append((-values["validation"].mean(), strength))
        for method, strength, values in found:
            gains, right = values["right"] - none, values.pop("right")
            chosen = min(best[method], key=lambda each: each[0])[1] == strength
            yield {
                "data": name, "hidden": hidden, "network": f"{name}, {hidden} units",
                "method": method, "strength": strength,
                "chosen": "yes" if chosen else "no", **summary(right), "gain": gains.mean(),
                "gain_sd": gains.std(ddof=1), "shown": shown(method, right, gains), "epochs": EPOCHS[name],
                **{key: each.mean() for key, each in values.items()},
                **{f"{key}_sd": values[key].std(ddof=1) for key in ("half", "one", "correlation")},
            }  # fmt: skip


def shown(method, right, gains):
    """The accuracy of "none", the gain of another method, as text."""
    if method == "none":
        return f"{right.mean():.1f} %"
    mean, spread = gains.mean(), gains.std(ddof=1)
    star = " *" if abs(mean) > 2 * spread / np.sqrt(len(gains)) else ""
    return f"{mean:+.1f} ± {spread:.1f}{star}"
