"""Runs differ in what their page shows, what is compared, and how they are trained: a plan says all three.

Here are the plan's parts and the plans for one step of the two-layer network, as in the clinic of lesson 06.
"""

from collections.abc import Callable
from functools import partial
from math import ceil
from typing import NamedTuple

import numpy as np

from backprop_course.data import digits, mini_batches
from backprop_course.grading.mistakes import MISTAKES
from backprop_course.grading.programs import FLAT_PAGE, NETWORK_PAGE, SOFTMAX, Page, loaded, require_dict
from backprop_course.grading.trial_networks import small_networks, with_wide_scores
from backprop_course.models import two_layer
from backprop_course.notation import one_hot

TRAINED_ON, BATCH, EPOCHS = 1200, 50, 9
MANY = 6  # rows, which hardly come in the same order twice
MIXED = 6  # epochs, in which many rows meet in many pairs
SHUFFLED = "1 where every epoch brings all rows in a new order, else 0"  # what `shuffled` returns
FIRST = 16  # examples in the first update, which is compared with the right gradient


class Setting(NamedTuple):
    """How a run is made: hidden units, learning rate, and what the pixels (0 to 1) are multiplied by.

    For the plans that use them also the momentum `beta`, the share `keep` that dropout keeps, the `strength`
    of the penalty and the number of `rows` that a training begins with.
    """

    h: int = 32
    learning_rate: float = 0.5
    pixels: float = 1.0
    beta: float = 0.0
    keep: float = 1.0
    strength: float = 0.0
    rows: int = TRAINED_ON


class Trial(NamedTuple):
    """One comparison of a repaired program with the right one, on small numbers.

    `answer_from(text, *case)` gives numbers by name, as `shapes` lists them; `signature` is what is called.
    `same` and `other` begin the message where the numbers are those of the mistake, or other wrong ones.
    `words` are pairs: a name that no line of the program shows, and what it means.
    """

    signature: str
    shapes: str
    answer_from: Callable
    cases: Callable
    same: str = "The run is as broken as before: the same wrong numbers."
    other: str = ""
    words: tuple[tuple[str, str], ...] = ()

    def explained(self, message: str) -> str:
        """The message, and what the names in it mean that are not said to be right."""
        rest = message.partition(" right. ")[2] or message
        told = [f"`{name}` is {meaning}" for name, meaning in self.words if f"`{name}" in rest]
        return f"{message} Here {'; '.join(told)}." if told else message


class Plan(NamedTuple):
    """How the program of a run is shown, compared and trained.

    `compared(text, setting)` gives arrays by name, for the table, and the loss `L`; a text stands where there
    are no numbers. `trained(text, setting, losses)` adds the loss of every step and returns in words what the
    training is good for; it may stop where a loss is not finite. `about(setting)` says what was compared,
    `epoch(setting)` how many steps make an epoch.
    """

    page: Page
    trials: tuple[Trial, ...]
    compared: Callable
    trained: Callable
    about: Callable
    head: str = "gradient"
    caption: str = "Gradients, beside the right ones"
    epoch: Callable = lambda setting: ceil(setting.rows / BATCH)


# ------------------------------------------------------------------ one step of the two-layer network
def one_step(text: str, params: dict, X, Y_true, learning_rate: float) -> dict:
    """The gradients that one step of a program uses, dW1 to db2, and the loss `L` that it reports."""
    new, L = loaded(text)[1](params, X, Y_true, learning_rate)
    require_dict(new, "step", "the new parameters")
    return {f"d{k}": (params[k] - new[k]) / learning_rate for k in params if k in new} | {"L": L}


def returned(text: str, params: dict, X, Y_true, learning_rate: float) -> dict:
    """The gradients that the `backward` of a program returns, dW1 to db2."""
    names = NETWORK_PAGE.execute(text)
    grads = names["backward"](params, names["forward"](params, X)[1], Y_true)
    require_dict(grads, "backward", "the gradients")
    return {f"d{k}": grad for k, grad in grads.items()}


def data(setting: Setting) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Inputs, one-hot answers and labels of all digits."""
    X, labels = digits()
    return setting.pixels * X / 16, one_hot(labels, 10), labels


def first_batch(setting: Setting) -> tuple[dict, np.ndarray, np.ndarray]:
    """Parameters with biases, and 16 digits: sizes that differ, where the setting lets them."""
    X, Y_true, _ = data(setting)
    rng = np.random.default_rng(1)
    params = {k: a if a.ndim == 2 else 0.1 * rng.standard_normal(a.shape) for k, a in _start(setting).items()}
    return params, X[:FIRST], Y_true[:FIRST]


def _start(setting):
    return two_layer.init(np.random.default_rng(0), 64, setting.h, 10)


def _first_update(text, setting):
    return one_step(text, *first_batch(setting), setting.learning_rate)


def _steps(text, setting, losses):
    """A training from a fixed start, which ends where the loss is not finite."""
    forward, step = loaded(text)
    X, Y_true, labels = data(setting)
    params, rng = _start(setting), np.random.default_rng(0)
    for _ in range(EPOCHS):
        for rows in mini_batches(TRAINED_ON, BATCH, rng):
            params, loss = step(params, X[rows], Y_true[rows], setting.learning_rate)
            losses.append(float(loss))
            if not np.isfinite(loss):
                return ""
    return told_share(forward(params, X[TRAINED_ON:])[0], labels[TRAINED_ON:])


def told_share(Y_pred: np.ndarray, labels: np.ndarray) -> str:
    """How many test digits are right, in words."""
    return f"{100 * (Y_pred.argmax(axis=1) == labels).mean():.1f} % of the test digits are right"


def shuffled(names: dict, train: Callable) -> float:
    """1 where each epoch has every row once and the rows meet in ever new pairs, else 0; also 0 for few rows.

    `train(epochs=, batch_size=, rng=)` is a training of the program that defines these names. Pairs out of
    one fixed order are at most as many as the rows, even where that order is turned or its pairs are mixed.
    """
    seen, backward = [], names["backward"]

    def watched(params, saved, Y_true):
        seen.append(sorted(map(tuple, saved.X.tolist())))
        return backward(params, saved, Y_true)

    names["backward"] = watched
    train(epochs=MIXED, batch_size=2, rng=np.random.default_rng(1))
    names["backward"] = backward
    made = len(seen) // MIXED
    epochs = [sorted(row for batch in seen[k * made : (k + 1) * made] for row in batch) for k in range(MIXED)]
    rows, pairs = set(epochs[0]), {tuple(batch) for batch in seen if len(batch) == 2}
    once = all(epoch == sorted(rows) for epoch in epochs)
    return float(once and len(rows) >= MANY and len(pairs) > len(rows))


def _about(setting):
    return f"one update, with N = {FIRST}, n = 64, h = {setting.h}, m = 10"


GRADIENTS = "X (N, n), Y_true (N, m) -> dW1 (h, n), db1 (h,), dW2 (m, h), db2 (m,)"
of_step = partial(Trial, "step(params, X, Y_true, learning_rate)")
STEPS = of_step(f"{GRADIENTS}, L ()", one_step, small_networks)
RETURNED = of_step(
    GRADIENTS,
    returned,
    small_networks,
    same="The step is right, but `backward` returns the same wrong gradients as before.",
    other="The step is right, but `backward` is not. ",
)
WITH_BACKWARD = Plan(NETWORK_PAGE, (STEPS, RETURNED), _first_update, _steps, _about)
IN_THE_SOFTMAX = WITH_BACKWARD._replace(
    trials=(STEPS._replace(cases=with_wide_scores), RETURNED._replace(cases=with_wide_scores))
)
FLAT = WITH_BACKWARD._replace(page=FLAT_PAGE, trials=(STEPS,))


def plan_of(id: str) -> Plan:
    """The plan in which a mistake of the two-layer network, its softmax or its flat step is shown."""
    where = MISTAKES[id].where
    if where == SOFTMAX:
        return IN_THE_SOFTMAX
    return WITH_BACKWARD if where == two_layer.__name__ else FLAT
