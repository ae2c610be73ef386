"""A wrong forward pass still gives probabilities and a loss, so its mistakes need names, too."""

from functools import partial

from backprop_course.grading.mistakes.mistake import Mistake

softmax = partial(Mistake, where="backprop_course.ops.softmax")
losses = partial(Mistake, where="backprop_course.ops.losses")

E = "E = np.exp(Z - Z.max(axis=-1, keepdims=True))"
CROSS_ENTROPY = "-(Y_true * np.log(_floored(Y_pred))).sum() / len(Y_pred)"

IN_THE_FORWARD_PASS = (
    losses(
        id="M75",
        name="the logarithm of the loss has the base 10",
        old=CROSS_ENTROPY,
        new="-(Y_true * np.log10(_floored(Y_pred))).sum() / len(Y_pred)",
        why="The loss uses the natural logarithm. That of base 10 is ln 10 times smaller, about 2.303 times.",
    ),
    softmax(
        id="M76",
        name="the softmax subtracts the largest score of each column",
        old=E,
        new="E = np.exp(Z - Z.max(axis=0, keepdims=True))",
        why="A shift cancels only where all scores of an example get the same one. Here each class gets "
        "another shift, so the differences between classes change.",
    ),
    Mistake(
        id="M77",
        name="the scores go through a ReLU, too",
        where="backprop_course.models.two_layer",
        old="Z2 = A1 @ W2.T + b2",
        new="Z2 = np.maximum(A1 @ W2.T + b2, 0)",
        why="All negative scores become 0, so their classes get equal shares, and too large ones. A score "
        "may be negative: the softmax turns every number into a positive one.",
    ),
    softmax(
        id="M78",
        name="the softmax is taken over the whole batch",
        old=E,
        new="E = np.exp(Z - Z.max())",
        also=(("return E / E.sum(axis=-1, keepdims=True)", "return E / E.sum()"),),
        why="All examples share one sum, so the whole table sums to 1, and no longer each row. One example "
        "alone hides it.",
    ),
    softmax(
        id="M90",
        name="the softmax subtracts the largest score of the whole table",
        old=E,
        new="E = np.exp(Z - Z.max())",
        why="In a row far below the largest score of the table every exponential rounds to 0, and 0/0 is "
        "NaN. Where all rows lie near each other, the shift does no harm.",
    ),
    softmax(
        id="M95",
        name="the softmax is taken over the columns",
        old=E,
        new="E = np.exp(Z - Z.max(axis=0, keepdims=True))",
        also=(("return E / E.sum(axis=-1, keepdims=True)", "return E / E.sum(axis=0, keepdims=True)"),),
        why="Shift and sum both run over the examples. So each column sums to 1, as if a class were shared "
        "out among the examples, and the rows no longer do.",
    ),
    losses(
        id="M79",
        name="the cross-entropy is averaged over all entries",
        old=CROSS_ENTROPY,
        new="-(Y_true * np.log(_floored(Y_pred))).mean()",
        also=(("-(Y_true * log_softmax(Z)).sum() / len(Z)", "-(Y_true * log_softmax(Z)).mean()"),),
        why="The loss is a mean over N examples, not over N·m entries: this one is m times too small.",
    ),
)
