"""The equations of the course: each function `f` with its gradient `f_backward` directly below it.

A backward takes the upstream gradient first, then the forward values it needs, under the same names, and
returns gradients in the order of the differentiable arguments of `f`. Nothing is stored between calls.
"""

from backprop_course.ops.activations import (
    leaky_relu,
    leaky_relu_backward,
    relu,
    relu_backward,
    sigmoid,
    sigmoid_backward,
    tanh,
    tanh_backward,
)
from backprop_course.ops.batchnorm import (
    batchnorm,
    batchnorm_backward,
    batchnorm_evaluate,
    batchnorm_evaluate_backward,
    running_statistics,
)
from backprop_course.ops.dropout import dropout, dropout_backward
from backprop_course.ops.linear import linear, linear_backward
from backprop_course.ops.losses import (
    binary_cross_entropy,
    binary_cross_entropy_backward,
    binary_cross_entropy_with_logits,
    binary_cross_entropy_with_logits_backward,
    cross_entropy,
    cross_entropy_backward,
    mse,
    mse_backward,
    softmax_cross_entropy,
    softmax_cross_entropy_backward,
)
from backprop_course.ops.penalties import (
    l1,
    l1_backward,
    l2,
    l2_backward,
    soft_threshold,
    soft_threshold_backward,
)
from backprop_course.ops.softmax import log_softmax, log_softmax_backward, softmax, softmax_backward

__all__ = [
    "batchnorm",
    "batchnorm_backward",
    "batchnorm_evaluate",
    "batchnorm_evaluate_backward",
    "binary_cross_entropy",
    "binary_cross_entropy_backward",
    "binary_cross_entropy_with_logits",
    "binary_cross_entropy_with_logits_backward",
    "cross_entropy",
    "cross_entropy_backward",
    "dropout",
    "dropout_backward",
    "l1",
    "l1_backward",
    "l2",
    "l2_backward",
    "leaky_relu",
    "leaky_relu_backward",
    "linear",
    "linear_backward",
    "log_softmax",
    "log_softmax_backward",
    "mse",
    "mse_backward",
    "relu",
    "relu_backward",
    "running_statistics",
    "sigmoid",
    "sigmoid_backward",
    "soft_threshold",
    "soft_threshold_backward",
    "softmax",
    "softmax_backward",
    "softmax_cross_entropy",
    "softmax_cross_entropy_backward",
    "tanh",
    "tanh_backward",
]
