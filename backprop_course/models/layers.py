"""Networks of any depth: the two-layer equations in a loop, composed from the functions of `ops`."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from backprop_course import ops
from backprop_course.models.initializers import he, xavier
from backprop_course.notation import answers, parameter, refuse, require_distributions


class Activation(NamedTuple):
    """A nonlinearity, the way back through it (given dA, Z, A) and the initializer made for it."""

    forward: Callable
    backward: Callable
    init: Callable


ACTIVATIONS = {
    "relu": Activation(ops.relu, lambda dA, Z, A: ops.relu_backward(dA, Z), he),
    "leaky_relu": Activation(ops.leaky_relu, lambda dA, Z, A: ops.leaky_relu_backward(dA, Z), he),
    "tanh": Activation(ops.tanh, lambda dA, Z, A: ops.tanh_backward(dA, A), xavier),
    "sigmoid": Activation(ops.sigmoid, lambda dA, Z, A: ops.sigmoid_backward(dA, A), xavier),
}


class Head(NamedTuple):
    """The end of a network: scores to predictions, the loss of these, and the constant of its delta.

    Every head has dZ = constant(m) · (Y_pred - Y_true) / N at its scores Z (N, m).
    """

    predict: Callable
    loss: Callable
    constant: Callable


HEADS = {
    "softmax": Head(ops.softmax, ops.cross_entropy, lambda m: 1),
    "sigmoid": Head(ops.sigmoid, ops.binary_cross_entropy, lambda m: 1 / m),
    "linear": Head(lambda Z: Z, ops.mse, lambda m: 2 / m),
}


class Saved(NamedTuple):
    """What the forward pass keeps: the input of each layer (X first), its weighted sums Z, the prediction."""

    inputs: list
    sums: list
    Y_pred: np.ndarray


class MLP:
    """A network of dense layers: `sizes` (n, h1, …, m), one activation between them, one head at the end.

    Parameters are W1 (h1, n), b1 (h1,), W2, b2, … as in the two-layer network. `weights` is an initializer
    for all layers; None chooses the one made for the activation, and Xavier in the last layer.
    """

    def __init__(self, sizes, activation="relu", head="softmax", weights=None):
        sizes = tuple(sizes)
        if len(sizes) < 2 or any(not isinstance(s, (int, np.integer)) or s < 1 for s in sizes):
            refuse("sizes", "at least two positive integers, inputs first", f"{sizes}")
        if activation not in ACTIVATIONS:
            refuse("activation", f"one of {', '.join(ACTIVATIONS)}", repr(activation))
        if head not in HEADS:
            refuse("head", f"one of {', '.join(HEADS)}", repr(head))
        if weights is not None and not callable(weights):
            refuse("weights", "an initializer, such as models.he", repr(weights), TypeError)
        self.sizes, self.depth = sizes, len(sizes) - 1
        self.activation, self.head = ACTIVATIONS[activation], HEADS[head]
        self._distributions, self._weights = head == "softmax", weights

    def init(self, rng: np.random.Generator, dtype=np.float64) -> dict[str, np.ndarray]:
        """Weights from the initializer and zero biases, in this dtype."""
        params = {}
        for layer in range(1, self.depth + 1):
            draw = self._weights or (self.activation.init if layer < self.depth else xavier)
            fan_in, fan_out = self.sizes[layer - 1 : layer + 1]
            params[f"W{layer}"] = draw(rng, fan_out, fan_in, dtype)
            params[f"b{layer}"] = np.zeros(fan_out, dtype)
        return params

    def forward(self, params: dict, X: np.ndarray) -> tuple[np.ndarray, Saved]:
        """Predict: X (N, n) -> Y_pred (N, m), with what `backward` needs. Refusals as in `ops.linear`."""
        inputs, sums = [X], []
        for layer in range(1, self.depth + 1):
            W, b = parameter(params, f"W{layer}"), parameter(params, f"b{layer}")
            sums.append(ops.linear(inputs[-1], W, b))
            if layer < self.depth:
                inputs.append(self.activation.forward(sums[-1]))
        Y_pred = self.head.predict(sums[-1])
        return Y_pred, Saved(inputs, sums, Y_pred)

    def loss(self, Y_pred: np.ndarray, Y_true: np.ndarray) -> float:
        """The mean loss of the head: Y_pred (N, m), Y_true (N, m) -> L."""
        return self.head.loss(Y_pred, Y_true)

    def backward(self, params: dict, saved: Saved, Y_true: np.ndarray) -> dict[str, np.ndarray]:
        """Gradients of the mean loss, with the keys and shapes of `params`."""
        dZ = self._delta(saved.Y_pred, Y_true)
        grads = {}
        for layer in range(self.depth, 0, -1):
            A = saved.inputs[layer - 1]
            dA, grads[f"W{layer}"], grads[f"b{layer}"] = self._linear_backward(params, layer, dZ, A)
            if layer > 1:
                dZ = self.activation.backward(dA, saved.sums[layer - 2], A)
        return {name: grads[name] for name in params}

    def _linear_backward(self, params, layer, dZ, A):
        """`ops.linear_backward` of a layer; at the first one nobody asks for the gradient of the inputs."""
        W = parameter(params, f"W{layer}")
        return ops.linear_backward(dZ, A, W) if layer > 1 else (None, dZ.T @ A, dZ.sum(axis=0))

    def _delta(self, Y_pred, Y_true):
        """The gradient at the scores: constant · (Y_pred - Y_true) / N."""
        Y_true = answers(Y_true, Y_pred)
        if self._distributions:
            require_distributions("Y_true", Y_true)
        N, m = Y_pred.shape
        return (self.head.constant(m) / N) * (Y_pred - Y_true)
