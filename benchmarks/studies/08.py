"""What does the learning rate do to the network of lesson 07, and does a schedule help?

Network 64-32-10 (`two_layer`), plain SGD, mini-batches of 20, 30 epochs (1,350 updates), seeds 0 to 4. A seed
draws the first weights and, from a generator of its own, the order of the digits. Training and validation are
lesson 07's 900 and 300 digits of the first 1,200. Four schedules meet the same twelve rates; for a schedule
the rate is its highest one. A row tells of one schedule and one rate: validation accuracy in % (`summary`),
and means over the seeds of the training loss and of the dead hidden units (0 for every training digit).

`chosen` marks, for each schedule, the rate with the highest mean validation accuracy. For these rows alone
the test part was opened, the 597 digits of other writers: its mean accuracy, lowest and highest, in %.
"""

import numpy as np
from spread import summary

from backprop_course import data, notation, training
from backprop_course.models import two_layer

RATES = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 0.5, 0.7, 1.0, 1.2, 1.5, 3.0)
SEEDS, EPOCHS, BATCH = range(5), 30, 20
STEPS = EPOCHS * 45
WARM = 3 * 45
SCHEDULES = {
    "constant": training.constant,
    "a tenth after 20 epochs": lambda rate: training.step_decay(rate, 20 * 45),
    "cosine": lambda rate: training.cosine(rate, STEPS),
    "warm-up, then cosine": lambda rate: training.joined(
        training.warm_up(rate, WARM), WARM, training.cosine(rate, STEPS - WARM)
    ),
}


def rows():
    """One row for each schedule and rate."""
    for name, schedule in SCHEDULES.items():
        runs = {rate: [_run(schedule(rate), seed) for seed in SEEDS] for rate in RATES}
        means = {rate: np.mean([run["validation"] for run in runs[rate]]) for rate in RATES}
        best = max(means, key=means.get)
        for rate in RATES:
            found = {key: [run[key] for run in runs[rate]] for key in runs[rate][0]}
            test = found["test"] if rate == best else None
            yield (
                {"schedule": name, "rate": rate}
                | summary(found["validation"])
                | {
                    "training_loss": float(np.mean(found["loss"])),
                    "dead_units": float(np.mean(found["dead"])),
                    "chosen": int(rate == best),
                    "test": float(np.mean(test)) if test else "",
                    "test_low": min(test) if test else "",
                    "test_high": max(test) if test else "",
                }
            )


def _run(schedule, seed):
    """Train one network; accuracies in %, the loss on all training digits, and the dead units at the end."""
    digits = data.digits()
    X, Y_true = digits.X / 16, notation.one_hot(digits.labels, 10)
    known, test = data.split_by_writer()
    train, validation = data.split_random(len(known), (0.75, 0.25), np.random.default_rng(0))
    history = training.fit(
        two_layer,
        two_layer.init(np.random.default_rng(seed), 64, 32, 10),
        X[train],
        Y_true[train],
        optimizer=training.sgd(schedule),
        epochs=EPOCHS,
        batch_size=BATCH,
        rng=np.random.default_rng(seed),
        progress=False,
    )
    A1 = two_layer.forward(history.params, X[train])[1].A1
    scores = {
        name: 100 * training.accuracy(two_layer, history.params, X[part], Y_true[part])
        for name, part in (("validation", validation), ("test", test))
    }
    return scores | {"loss": history.epoch_loss[-1], "dead": 32 * training.dead_units([A1])[0]}
