"""With dropout or batch normalization a network computes in two ways: while it learns, and where it is used.

`forward_train` is the first, `forward` the second: which one is called decides, so there is no switch inside.
"""

from numbers import Real
from typing import Any, NamedTuple

import numpy as np

from backprop_course import ops
from backprop_course.models.layers import MLP
from backprop_course.notation import describe, parameter, refuse


class Layer(NamedTuple):
    """What one layer keeps: its input, what its activation saw and gave, and the way back through the rest.

    `normalized` is what batch normalization keeps, `dropped` what dropout keeps; None where there is none.
    """

    inputs: np.ndarray
    sums: np.ndarray
    outputs: np.ndarray | None = None
    normalized: Any = None
    dropped: Any = None


class SavedLayers(NamedTuple):
    """What a forward pass keeps: every layer, and the prediction."""

    layers: list
    Y_pred: np.ndarray

    @property
    def inputs(self) -> list[np.ndarray]:
        """The input of each layer, X first."""
        return [layer.inputs for layer in self.layers]

    @property
    def sums(self) -> list[np.ndarray]:
        """What the activation of each layer saw: weighted sums, normalized where the network does so."""
        return [layer.sums for layer in self.layers]


class Fixed(NamedTuple):
    """What normalization with running statistics keeps, in the order that its backward takes them."""

    X: np.ndarray
    gamma: np.ndarray
    mean: np.ndarray
    var: np.ndarray


class TwoModeMLP(MLP):
    """A network of dense layers with dropout, batch normalization, or both in every hidden layer.

    A hidden layer is: weighted sum, batch normalization, activation, dropout. With batch normalization it has
    gamma (h,) and beta (h,), and no bias: subtracting the mean would remove it, and beta takes its place.
    """

    def __init__(self, sizes, activation, head, weights, keep, batchnorm):
        super().__init__(sizes, activation, head, weights)
        self.keep, self.batchnorm = keep, batchnorm

    def init(self, rng: np.random.Generator, dtype=np.float64) -> dict[str, np.ndarray]:
        """Weights from the initializer, biases and beta 0, gamma 1, in this dtype."""
        params = {}
        for name, array in super().init(rng, dtype).items():
            layer = int(name[1:])
            if name[0] == "b" and self._normalizes(layer):
                params |= {f"gamma{layer}": np.ones_like(array), f"beta{layer}": array}
            else:
                params[name] = array
        return params

    def init_state(self, params: dict) -> dict[str, np.ndarray]:
        """Running means 0 and variances 1 of the hidden layers; empty without batch normalization."""
        state = {}
        for layer in filter(self._normalizes, range(1, self.depth)):
            beta = parameter(params, f"beta{layer}")
            state |= {f"mean{layer}": np.zeros_like(beta), f"var{layer}": np.ones_like(beta)}
        return state

    def forward_train(self, params: dict, state: dict, X: np.ndarray, rng) -> tuple:
        """Predict while learning: X (N, n) -> Y_pred (N, m), what `backward` needs, and the new state.

        Normalizes with the batch, so batches of one are refused, and drops with draws from rng. The given
        state stays as it is.
        """
        layers, new, A = [], {}, X
        for layer in range(1, self.depth):
            Z, normalized = self._sums(params, layer, A), None
            if self.batchnorm:
                gamma, beta = self._gamma_beta(params, layer)
                Z, normalized = ops.batchnorm(Z, gamma, beta)
                mean, var = ops.running_statistics(*_statistics(state, layer), normalized)
                new |= {f"mean{layer}": mean, f"var{layer}": var}
            outputs, dropped = self.activation.forward(Z), None
            inputs, A = A, outputs
            if self.keep < 1:
                A, dropped = ops.dropout(outputs, self.keep, rng)
            layers.append(Layer(inputs, Z, outputs, normalized, dropped))
        return *self._predict(params, layers, A), new

    def forward(self, params: dict, X: np.ndarray, state: dict | None = None) -> tuple:
        """Predict where the network is used: X (N, n) -> Y_pred (N, m), with what `backward` needs.

        Nothing is drawn or dropped, and every example is predicted by itself. With batch normalization
        `state` holds the running statistics; without, it holds nothing and may be left out.
        """
        layers, A = [], X
        for layer in range(1, self.depth):
            Z, normalized = self._sums(params, layer, A), None
            if self.batchnorm:
                gamma, beta = self._gamma_beta(params, layer)
                mean, var = _statistics(state, layer)
                normalized = Fixed(Z, gamma, mean, var)
                Z = ops.batchnorm_evaluate(Z, gamma, beta, mean, var)
            inputs, A = A, self.activation.forward(Z)
            layers.append(Layer(inputs, Z, A, normalized))
        return self._predict(params, layers, A)

    def backward(self, params: dict, saved: SavedLayers, Y_true: np.ndarray) -> dict[str, np.ndarray]:
        """Gradients of the mean loss, with the keys and shapes of `params`, for either way of predicting."""
        grads, dZ = {}, self._delta(saved.Y_pred, Y_true)
        for layer in range(self.depth, 0, -1):
            A = saved.layers[layer - 1].inputs
            dA, grads[f"W{layer}"], grads[f"b{layer}"] = self._linear_backward(params, layer, dZ, A)
            if layer > 1:
                dZ = self._hidden_backward(dA, saved.layers[layer - 2], layer - 1, grads)
        return {name: grads[name] for name in params}

    def _hidden_backward(self, dA, kept, layer, grads):
        """From a hidden layer's output to its weighted sums; gamma and beta get gradients on the way."""
        if kept.dropped is not None:
            dA = ops.dropout_backward(dA, kept.dropped)
        dZ = self.activation.backward(dA, kept.sums, kept.outputs)
        if kept.normalized is not None:
            dZ, grads[f"gamma{layer}"], grads[f"beta{layer}"] = _normalized_backward(dZ, kept.normalized)
        return dZ

    def _normalizes(self, layer):
        """Whether this layer is normalized: hidden ones are, the last one is not."""
        return self.batchnorm and layer < self.depth

    def _sums(self, params, layer, A):
        """The weighted sums of a layer; where it is normalized there is no bias."""
        if self._normalizes(layer):
            b = np.zeros_like(parameter(params, f"beta{layer}"))
        else:
            b = parameter(params, f"b{layer}")
        return ops.linear(A, parameter(params, f"W{layer}"), b)

    def _gamma_beta(self, params, layer):
        return parameter(params, f"gamma{layer}"), parameter(params, f"beta{layer}")

    def _predict(self, params, layers, A):
        """The last layer and the head."""
        Z = self._sums(params, self.depth, A)
        Y_pred = self.head.predict(Z)
        return Y_pred, SavedLayers([*layers, Layer(A, Z)], Y_pred)


def _normalized_backward(dZ, kept):
    if isinstance(kept, Fixed):
        return ops.batchnorm_evaluate_backward(dZ, *kept)
    return ops.batchnorm_backward(dZ, kept)


def _statistics(state, layer):
    names = f"mean{layer}", f"var{layer}"
    if not isinstance(state, dict) or not state.keys() >= set(names):
        got = ", ".join(map(str, state)) or "an empty one" if isinstance(state, dict) else describe(state)
        refuse("state", f"a dict with {' and '.join(names)}, as init_state returns it", got)
    return state[names[0]], state[names[1]]


def mlp(sizes, activation="relu", head="softmax", *, weights=None, keep=1.0, batchnorm=False) -> MLP:
    """A network of dense layers, for instance `mlp([64, 32, 10])` or `mlp([64, 32, 10], keep=0.8)`.

    `weights` is an initializer for all layers; None chooses the one made for the activation. With `keep`
    below 1, dropout keeps that share of every hidden layer while the network learns; with `batchnorm` the
    hidden layers are normalized. Then the network has two modes, see `TwoModeMLP`.

    Raises ValueError for sizes that are not at least two positive integers, an unknown activation or head, or
    keep not above 0 and at most 1; TypeError for weights that cannot be called.
    """
    if not isinstance(keep, Real) or not 0 < keep <= 1:
        refuse("keep", "the share that stays, above 0 and at most 1", repr(keep))
    if not isinstance(batchnorm, bool):
        refuse("batchnorm", "True or False", repr(batchnorm), TypeError)
    if keep < 1 or batchnorm:
        return TwoModeMLP(sizes, activation, head, weights, keep, batchnorm)
    return MLP(sizes, activation, head, weights)
