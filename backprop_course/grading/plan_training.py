"""A training can be wrong where every gradient is right: inputs, start and single steps are compared."""

from functools import partial

import numpy as np

from backprop_course.data import digits
from backprop_course.grading import one_training
from backprop_course.grading.plans import (
    BATCH,
    EPOCHS,
    FIRST,
    SHUFFLED,
    TRAINED_ON,
    Plan,
    Setting,
    Trial,
    shuffled,
    told_share,
)
from backprop_course.grading.programs import page_of, require_dict, returned_by
from backprop_course.models import two_layer
from backprop_course.notation import one_hot
from backprop_course.training import optimizers

PAGE = page_of(
    {
        optimizers.__name__: ("momentum",),
        one_training.__name__: ("scaled", "start", "add_gradients", "train"),
    }
)
STEPS = (1, 2, 3)  # that are compared


# ------------------------------------------------------------------ small numbers, for the check
def three_epochs(
    text: str, params: dict, pixels, Y_true, batch_size: int, learning_rate: float, beta: float
) -> dict:
    """What a program does from given parameters; its inputs, its start, and whether it shuffles the rows.

    On these cases no number depends on the order of the rows, as long as each comes once an epoch.
    """
    names = PAGE.execute(text)
    optimizer = names["momentum"](learning_rate, beta)
    given = params, pixels, Y_true, optimizer
    new, losses = returned_by(
        names, "train", "params, losses", *given, 3, batch_size, np.random.default_rng(0)
    )
    require_dict(new, "train", "the new parameters", params)
    start = names["start"](np.random.default_rng(0), pixels.shape[1], *params["W2"].shape[::-1])
    require_dict(start, "start", "the first parameters", params)
    return {name: new[name] for name in params} | {
        "L": np.mean(losses or [np.nan]),
        "inputs": names["scaled"](pixels),
        "start_W1": start["W1"],
        "start_W2": start["W2"],
        "shuffled": shuffled(names, partial(names["train"], *given)),
    }


def small_trainings(rng: np.random.Generator) -> dict[str, tuple]:
    """(params, pixels, Y_true, batch_size, learning_rate, beta): all rows in one batch, or all rows equal."""
    cases = {
        "one mini-batch": _small(rng, 8, 5, 4, 3),
        "one example": _small(rng, 1, 3, 4, 2),
        "equal sizes": _small(rng, 4, 4, 4, 4),
    }
    params, pixels, Y_true, _, *rates = _small(rng, 5, 3, 4, 2)
    alike = (np.repeat(array[:1], 5, axis=0) for array in (pixels, Y_true))
    return cases | {"three mini-batches of equal rows": (params, *alike, 2, *rates)}


def _small(rng, N, n, h, m):
    shapes = {"W1": (h, n), "b1": (h,), "W2": (m, h), "b2": (m,)}
    params = {name: rng.standard_normal(shape) for name, shape in shapes.items()}
    Y_true = np.eye(m)[rng.permutation(N) % m]
    return params, rng.uniform(0, 16, (N, n)), Y_true, N, rng.uniform(0.1, 0.4), rng.uniform(0.5, 0.9)


# ------------------------------------------------------------------ the digits, for the table and the curves
def _first_steps(text, setting):
    """On 16 digits, all in one mini-batch: the inputs, the start, and what each step changes."""
    names, (pixels, Y_true) = PAGE.execute(text), _digits(slice(FIRST))
    params = [_started(names, setting)]
    for k in STEPS:
        new, losses = _train(names, setting, params[0], pixels, Y_true, k, FIRST)
        params.append(new)
    places = [np.concatenate([p[name].ravel() for name in ("W1", "b1", "W2", "b2")]) for p in params]
    found = {"inputs": names["scaled"](pixels), "W1, start": params[0]["W1"], "W2, start": params[0]["W2"]}
    found |= {f"step {k}": places[k] - places[k - 1] for k in STEPS}
    return found | {"L": losses[0]}


def _trained(text, setting, losses):
    names = PAGE.execute(text)
    pixels, Y_true = _digits(slice(TRAINED_ON))
    params, made = _train(names, setting, _started(names, setting), pixels, Y_true, EPOCHS, BATCH)
    losses.extend(made)
    pixels, Y_true = _digits(slice(TRAINED_ON, None))
    return told_share(two_layer.forward(params, names["scaled"](pixels))[0], Y_true.argmax(axis=1))


def _train(names, setting, params, pixels, Y_true, epochs, batch_size):
    optimizer = names["momentum"](setting.learning_rate, setting.beta)
    return names["train"](params, pixels, Y_true, optimizer, epochs, batch_size, np.random.default_rng(0))


def _started(names, setting):
    return names["start"](np.random.default_rng(0), 64, setting.h, 10)


def _digits(rows):
    pixels, labels = digits()
    return pixels[rows], one_hot(labels[rows], 10)


def _about(setting: Setting) -> str:
    return (
        f"three steps on {FIRST} digits, all in one mini-batch, with learning rate {setting.learning_rate} "
        f"and beta {setting.beta}; a step is the change of all parameters"
    )


TRIAL = Trial(
    "train(params, pixels, Y_true, optimizer, epochs, batch_size, rng)",
    "W1 (h, n), b1 (h,), W2 (m, h), b2 (m,), pixels (N, n), Y_true (N, m) -> W1 (h, n), b1 (h,), W2 (m, h), "
    "b2 (m,), L (), inputs (N, n), start_W1 (h, n), start_W2 (m, h), shuffled ()",
    three_epochs,
    small_trainings,
    words=(
        ("L", "the mean of all losses"),
        ("inputs", "what `scaled` returns"),
        ("start_W1", "the W1 of `start`"),
        ("start_W2", "the W2 of `start`"),
        ("shuffled", SHUFFLED),
    ),
)
TRAINING = Plan(
    PAGE, (TRIAL,), _first_steps, _trained, _about,
    head="what", caption="The first steps, beside those without the mistake",
)  # fmt: skip
