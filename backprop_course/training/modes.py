"""Dropout and batch normalization compute differently while a network learns; only this module knows of it.

Most models compute in one way: `forward(params, X) -> (Y_pred, saved)`. A model with `forward_train` has two:

- `init_state(params) -> state`: what it keeps beside the parameters and does not train, such as running
  means: a dict of arrays, empty if there is nothing.
- `forward_train(params, state, X, rng) -> (Y_pred, saved, state)`: forward while it learns. It returns a new
  state of the same keys, shapes and dtypes, and changes no given array; `rng` is for its draws.
- `forward(params, X, state) -> (Y_pred, saved)`: forward where it is used, without chance.
- `backward(params, saved, Y_true) -> grads`: takes what `forward_train` saved.
"""

import numpy as np

from backprop_course.notation import refuse
from backprop_course.training.updating import require_like


def has_two_modes(model) -> bool:
    """Whether the model computes in another way while it learns."""
    return callable(getattr(model, "forward_train", None))


def first_state(model, params: dict, given=None) -> dict | None:
    """The state with which training begins: the given one, else the model's own; None if it keeps none.

    Raises ValueError or TypeError where the given one does not fit the model.
    """
    if not has_two_modes(model):
        if given is not None:
            refuse("model_state", "None, as this model has no forward_train", type(given).__name__)
        return None
    own = model.init_state(params)
    if given is None:
        return own
    require_like("model_state", given, own)
    return given


def learning_forward(model, params: dict, state, X: np.ndarray, rng) -> tuple:
    """Forward as it is while the network learns: X (N, n) -> Y_pred (N, m), saved, state."""
    if has_two_modes(model):
        return model.forward_train(params, state, X, rng)
    return *model.forward(params, X), state


def prediction(model, params: dict, state, X: np.ndarray) -> np.ndarray:
    """What the model predicts where it is used: X (N, n) -> Y_pred (N, m)."""
    return (model.forward(params, X, state) if has_two_modes(model) else model.forward(params, X))[0]
