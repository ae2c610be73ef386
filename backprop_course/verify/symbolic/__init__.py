"""Every formula of the course is proved before it is taught: SymPy differentiates, and the two sides agree.

`prove_all()` returns all identities in the order of the lessons. Each is also a function of its own:
`softmax_jacobian()`, `one_example.dW2()` (columns, as in the sources), `batch.dW2()` (rows).
More stand in modules of their own: `descent` (on a quadratic), `optimizers` (first steps of Adam),
`penalties`, `dropout`, `batchnorm`.
`Identity(name, left, right, variables).proved` decides a claim of your own, and
`gradients(params, X, Y_true)` is SymPy's own derivative of the two-layer network in numbers.
"""

from backprop_course.verify.symbolic import (
    batch,
    batchnorm,
    descent,
    dropout,
    one_example,
    optimizers,
    penalties,
)
from backprop_course.verify.symbolic.functions import (
    chain_rule,
    linear_layers_collapse,
    relu_slope,
    sigmoid_neuron,
    sigmoid_slope,
    sum_over_paths,
    tanh_slope,
)
from backprop_course.verify.symbolic.gradients import PARAMETERS, gradients
from backprop_course.verify.symbolic.identity import Identity, is_zero, matrix
from backprop_course.verify.symbolic.outputs import (
    binary_cross_entropy_slope,
    cross_entropy_slope,
    softmax_collapse,
    softmax_jacobian,
    softmax_sums_to_one,
    squared_error_slope,
)

__all__ = [
    "Identity",
    "batch",
    "batchnorm",
    "binary_cross_entropy_slope",
    "chain_rule",
    "cross_entropy_slope",
    "descent",
    "dropout",
    "gradients",
    "is_zero",
    "linear_layers_collapse",
    "matrix",
    "one_example",
    "optimizers",
    "penalties",
    "prove_all",
    "relu_slope",
    "sigmoid_neuron",
    "sigmoid_slope",
    "softmax_collapse",
    "softmax_jacobian",
    "softmax_sums_to_one",
    "squared_error_slope",
    "sum_over_paths",
    "tanh_slope",
]


def prove_all() -> list[Identity]:
    """All identities, in the order of the lessons, each with its proof done; `.proved` holds the result."""
    activations = [linear_layers_collapse(), sigmoid_slope(), tanh_slope(), relu_slope()]
    chains = [chain_rule(), sum_over_paths(), sigmoid_neuron()]
    softmax = [softmax_sums_to_one(), softmax_jacobian(), cross_entropy_slope(), softmax_collapse()]
    identities = [*activations, *chains, one_example.scalar_network(), *softmax]
    for rows in (one_example, batch):
        steps = (rows.dZ2, rows.dW2, rows.db2, rows.dA1, rows.dZ1, rows.dW1, rows.db1)
        identities += [step() for step in steps]
        identities += [rows.whole_network(parameter) for parameter in PARAMETERS]
    identities += [binary_cross_entropy_slope(), squared_error_slope()]
    for identity in identities:
        identity.proved  # noqa: B018  (proves now, and remembers)
    return identities
