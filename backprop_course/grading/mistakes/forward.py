"""A wrong forward pass still gives probabilities and a loss, so its mistakes need names, too."""

from functools import partial

from backprop_course.grading.mistakes.mistake import Mistake

two_layer = partial(Mistake, where="backprop_course.models.two_layer")

IN_THE_FORWARD_PASS = (
    two_layer(
        id="M75",
        name="the weights are not transposed for a batch in rows",
        old="Z1 = X @ W1.T  #",
        new="Z1 = X @ W1  #",
        also=(("Z2 = A1 @ W2.T + b2", "Z2 = A1 @ W2 + b2"),),
        why="Each unit then takes its weights from a column, and a column belongs to an input. The product "
        "exists only where a layer has as many units as inputs.",
        square=True,
    ),
    two_layer(
        id="M76",
        name="the hidden units have no ReLU",
        old="A1 = np.maximum(Z1, 0)  # (2) ReLU",
        new="A1 = Z1  # (2) ReLU",
        why="Negative sums go on to the scores. Two layers without a ReLU between them are one linear layer.",
    ),
    two_layer(
        id="M77",
        name="the scores go through a ReLU, too",
        old="Z2 = A1 @ W2.T + b2",
        new="Z2 = np.maximum(A1 @ W2.T + b2, 0)",
        why="All negative scores become 0, so their classes get equal shares, and too large ones. A score "
        "may be negative: the softmax turns every number into a positive one.",
    ),
    Mistake(
        id="M78",
        name="the softmax divides by the sum of the whole batch",
        where="backprop_course.ops.softmax",
        old="return E / E.sum(axis=-1, keepdims=True)",
        new="return E / E.sum()",
        why="All examples share one sum, so the whole table sums to 1 and no longer each row. One example "
        "alone hides it.",
    ),
    Mistake(
        id="M79",
        name="the cross-entropy is averaged over all entries",
        where="backprop_course.ops.losses",
        old="-(Y_true * np.log(_floored(Y_pred))).sum() / len(Y_pred)",
        new="-(Y_true * np.log(_floored(Y_pred))).mean()",
        also=(("-(Y_true * log_softmax(Z)).sum() / len(Z)", "-(Y_true * log_softmax(Z)).mean()"),),
        why="The loss is a mean over N examples, not over N·m entries: this one is m times too small.",
    ),
)
