"""The training loop is written once: forward, loss, backward, update, for one mini-batch after the other.

`steps` makes one update at a time and hands it over, so that all can be looked at while the network learns.
"""

from collections.abc import Iterator
from itertools import count
from math import isfinite
from typing import Any, NamedTuple

import numpy as np

from backprop_course.data.splits import mini_batches, require_count, require_generator
from backprop_course.training.checks import check_parts, checked_pair
from backprop_course.training.modes import first_state, learning_forward
from backprop_course.training.updating import Optimizer, require_like


class Step(NamedTuple):
    """One update: its number and its epoch, both from 1, and what it computed.

    `loss` and `grads` belong to its mini-batch before the update, `params` and the optimizer's `state` come
    after it; so does `model_state`, what the model keeps beside its parameters (None if it keeps nothing).
    """

    number: int
    epoch: int
    loss: float
    params: dict
    grads: dict
    state: Any
    model_state: dict | None = None


def steps(
    model, params, X, Y_true, *, optimizer: Optimizer, batch_size, rng, epochs=None, model_state=None,
    out=None,
) -> Iterator[Step]:  # fmt: skip
    """Train step by step: every `next` makes one update, without end if epochs is None.

    X (N, n) and Y_true (N, m) are shuffled anew in every epoch and taken batch_size rows at a time. A loss
    that is not finite ends the training: that step comes last, and makes no update. The given params stay as
    they are, unless they are `out`, the arrays into which every step writes the new parameters; then the
    optimizer's state is written over by the next step, too.

    A model with `forward_train` (see `training.modes`) learns by it, draws from the same rng, and begins with
    `model_state`, or with its own `init_state(params)` if that is None.

    All rows go once through the model at the call, which raises ValueError or TypeError for whatever does not
    fit, before anything is drawn or changed.
    """
    check_parts(model, params, optimizer)
    batch_size = require_count("batch_size", batch_size)
    require_generator(rng)
    if epochs is not None:
        epochs = require_count("epochs", epochs)
    if out is not None:
        require_like("out", out, params, written=True)
    model_state = first_state(model, params, model_state)
    X, Y_true = checked_pair(model, params, X, Y_true, model_state, batch_size)
    rounds = count(1) if epochs is None else range(1, epochs + 1)
    batches = ((epoch, rows) for epoch in rounds for rows in mini_batches(len(X), batch_size, rng))
    return _updates(model, params, model_state, X, Y_true, optimizer, batches, rng, out)


def _updates(model, params, model_state, X, Y_true, optimizer, batches, rng, out):
    state = optimizer.init(params)
    for number, (epoch, rows) in enumerate(batches, start=1):
        with np.errstate(all="ignore"):  # a loss that is not finite says it once and better
            Y_pred, saved, new_model_state = learning_forward(model, params, model_state, X[rows], rng)
            loss = float(model.loss(Y_pred, Y_true[rows]))
            grads = model.backward(params, saved, Y_true[rows])
            if isfinite(loss):
                params, state = optimizer.update(params, grads, state, out=out)
                model_state = new_model_state
        yield Step(number, epoch, loss, params, grads, state, model_state)
        if not isfinite(loss):
            return
