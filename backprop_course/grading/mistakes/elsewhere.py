"""Mistakes are also made outside the network: in the update, in a single equation, in the tape."""

from functools import partial

from backprop_course.grading.mistakes.mistake import Mistake

one_step = partial(Mistake, where="backprop_course.grading.one_step")
softmax = partial(Mistake, where="backprop_course.ops.softmax")
sweeps = partial(Mistake, where="backprop_course.autodiff.sweeps")

HIDDEN_GRADIENTS = """\
    dZ1 = (dZ2 @ W2) * (saved.Z1 > 0)
    dW1, db1 = dZ1.T @ X, dZ1.sum(axis=0)
"""
UPDATE_W2 = "    W2 = W2 - learning_rate * dW2\n"

IN_THE_STEP = (
    one_step(
        id="M19",
        name="W2 is updated before the error goes back through it",
        old=HIDDEN_GRADIENTS + UPDATE_W2,
        new=UPDATE_W2 + HIDDEN_GRADIENTS,
        why="The error goes back through weights that were not used on the way forward. They differ by "
        "learning_rate · dW2, so the error of dW1 and db1 is proportional to the learning rate.",
        wrong=("W1", "b1"),
    ),
    one_step(
        id="M20",
        name="the hidden bias is updated with dZ1, not with its sum",
        old="learning_rate * db1",
        new="learning_rate * dZ1",
        why="Broadcasting turns b1 from (h,) into (N, h): every example gets a bias of its own.",
        wrong=("b1",),
    ),
)

IN_OPS = (
    softmax(
        id="M33",
        name="the softmax does not subtract the largest score",
        old="E = np.exp(Z - Z.max(axis=-1, keepdims=True))",
        new="E = np.exp(Z)",
        why="e^1000 is too large for a float: infinity divided by infinity is NaN. Small scores hide it.",
    ),
    softmax(
        id="M34",
        name="the softmax divides by the sum of the wrong axis",
        old="return E / E.sum(axis=-1, keepdims=True)",
        new="return E / E.sum(axis=0, keepdims=True)",
        why="Each class is shared out among the examples: the columns sum to 1, and the rows no longer do.",
    ),
    Mistake(
        id="M36",
        name="the slope of the sigmoid is taken at A in place of Z",
        where="backprop_course.ops.activations",
        old="return dA * A * (1 - A)",
        new="return dA * sigmoid(A) * (1 - sigmoid(A))",
        why="A lies between 0 and 1, where the slope is between 0.197 and 0.25: the unit never seems "
        "saturated.",
    ),
    Mistake(
        id="M37",
        name="A (1 − A) is applied to Z",
        where="backprop_course.models.layers",
        old="ops.sigmoid_backward(dA, A)",
        new="ops.sigmoid_backward(dA, Z)",
        why="Z (1 − Z) is negative wherever Z lies outside 0 to 1, and grows like −Z²: wrong sign, wrong "
        "size.",
    ),
)

IN_THE_TAPE = (
    sweeps(
        id="M39",
        name="a gradient is overwritten where it should be added",
        old="g[parent] += unbroadcast(share, parent.shape)",
        new="g[parent] = unbroadcast(share, parent.shape)",
        why="A node that is used twice keeps only the last share: 3 in place of 6 for x · x at 3.",
    ),
    sweeps(
        id="M40",
        name="the nodes are visited without an order",
        old="    for node in reversed(topological_order(L)):\n",
        new="    waiting = [L]\n    for node in waiting:\n        waiting.extend(node.parents)\n",
        why="A node that is reached twice sends on its gradient twice, the first share included. Chains "
        "and trees hide it.",
    ),
)
