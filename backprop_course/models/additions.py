"""Penalties and augmentation belong to training, not to a network: any model takes them from outside.

Both return a model that trains like any other; `model` is the two-layer network, one of `mlp`, or your own.
"""

from collections.abc import Callable

import numpy as np

from backprop_course import ops
from backprop_course.notation import parameter, refuse


class Penalized:
    """A model whose gradients include those of λ Σ|W| and λ ΣW², for every weight matrix W1, W2, …

    Biases, gamma and beta are not penalized. `loss` stays that of the data alone, so that it can be compared
    between strengths; what is minimized is loss + `penalty`.
    """

    def __init__(self, model, l1, l2):
        self.model, self.l1, self.l2 = model, l1, l2

    def __getattr__(self, name):
        if name == "model":  # not yet set, as while it is copied
            raise AttributeError(name)
        return getattr(self.model, name)

    def penalty(self, params: dict) -> float:
        """λ Σ|W| + λ ΣW² over all weight matrices, each with its own strength λ."""
        weights = [parameter(params, name) for name in params if name.startswith("W")]
        return sum(ops.l1(W, self.l1) + ops.l2(W, self.l2) for W in weights)

    def backward(self, params: dict, saved, Y_true: np.ndarray) -> dict[str, np.ndarray]:
        """Gradients of loss + penalty, with the keys and shapes of `params`."""
        grads = self.model.backward(params, saved, Y_true)
        for name in grads:
            if name.startswith("W"):
                W = params[name]
                grads[name] = grads[name] + ops.l1_backward(W, self.l1) + ops.l2_backward(W, self.l2)
        return grads


class Augmented:
    """A model that changes its inputs while it learns, anew in every step, and leaves them in use."""

    def __init__(self, model, augment):
        self.model, self.augment = model, augment

    def __getattr__(self, name):
        if name == "model":
            raise AttributeError(name)
        return getattr(self.model, name)

    def init_state(self, params: dict) -> dict:
        """The state of the model itself; empty if it has none."""
        return self.model.init_state(params) if self._has_two_modes else {}

    def forward_train(self, params: dict, state: dict, X: np.ndarray, rng) -> tuple:
        """As the model does while it learns, with the changed inputs: Y_pred, saved, state."""
        X = self.augment(X, rng)
        if self._has_two_modes:
            return self.model.forward_train(params, state, X, rng)
        return *self.model.forward(params, X), state

    def forward(self, params: dict, X: np.ndarray, state: dict | None = None) -> tuple:
        """As the model does in use, with the inputs as they are: Y_pred, saved."""
        return self.model.forward(params, X, state) if self._has_two_modes else self.model.forward(params, X)

    @property
    def _has_two_modes(self):
        return hasattr(self.model, "forward_train")


def with_penalties(model, l1: float = 0.0, l2: float = 0.0) -> Penalized:
    """The model, trained with λ Σ|W| (λ is `l1`) and λ ΣW² (λ is `l2`) added to its loss.

    Raises ValueError unless both are finite numbers that are not negative.
    """
    for name, strength in (("l1", l1), ("l2", l2)):
        try:
            ops.l2_backward(0.0, strength)
        except ValueError:
            refuse(name, "a finite number that is not negative", repr(strength))
    return Penalized(model, l1, l2)


def with_augmentation(model, augment: Callable) -> Augmented:
    """The model, trained on `augment(X, rng)` in place of X, for instance on `data.random_shift`.

    Raises TypeError for an augment that cannot be called.
    """
    if not callable(augment):
        refuse("augment", "a function of (X, rng), such as data.random_shift", repr(augment), TypeError)
    return Augmented(model, augment)
