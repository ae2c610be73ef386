"""The two-layer network is where most mistakes are made, so here are those that its equations allow."""

from functools import partial

from backprop_course.grading.mistakes.mistake import Mistake

two_layer = partial(Mistake, where="backprop_course.models.two_layer")
ALL, HIDDEN = ("W1", "b1", "W2", "b2"), ("W1", "b1")

DELTA = "(saved.Y_pred - Y_true) / N"  # line (5)
DW2 = "dZ2.T @ saved.A1"  # line (6)
DA1 = 'dZ2 @ params["W2"]'  # line (7)
MASK = "dA1 * (saved.Z1 > 0)"
DB1, DB2 = "dZ1.sum(axis=0)", "dZ2.sum(axis=0)"

IN_THE_NETWORK = (
    two_layer(
        id="M1",
        name="the division by N is forgotten",
        old=DELTA,
        new="saved.Y_pred - Y_true",
        why="Every gradient starts from dZ2. Without 1/N all of them are N times too large.",
        wrong=ALL,
    ),
    two_layer(
        id="M2",
        name="the division by N is made twice",
        old=DELTA,
        new="(saved.Y_pred - Y_true) / N / N",
        why="The mean over the batch divides once. Dividing again makes every gradient N times too small.",
        wrong=ALL,
    ),
    two_layer(
        id="M3",
        name="the mean is taken over all entries of Y_pred",
        old=DELTA,
        new="(saved.Y_pred - Y_true) / saved.Y_pred.size",
        why="The loss is a mean over N examples, not over N·m entries: every gradient is m times too small.",
        wrong=ALL,
    ),
    two_layer(
        id="M4",
        name="the sign of the output error is turned round",
        old=DELTA,
        new="(Y_true - saved.Y_pred) / N",
        why="Every gradient starts from dZ2, so every gradient points the opposite way: the cosine is −1.",
        wrong=ALL,
    ),
    two_layer(
        id="M5",
        name="the softmax Jacobian is applied to Y_pred − Y_true",
        old=DELTA,
        new=f"{DELTA}\n    dZ2 = saved.Y_pred * (dZ2 - (dZ2 * saved.Y_pred).sum(axis=1, keepdims=True))",
        why="Y_pred − Y_true is already the gradient at the scores. The Jacobian, with entries of at most "
        "1/4, shrinks it and turns it a little.",
        wrong=ALL,
    ),
    two_layer(
        id="M6",
        name="Y_pred − Y_true is multiplied by Y_pred (1 − Y_pred)",
        old=DELTA,
        new="(saved.Y_pred - Y_true) * saved.Y_pred * (1 - saved.Y_pred) / N",
        why="The slope of the softmax is already inside Y_pred − Y_true. Each extra factor is at most 1/4.",
        wrong=ALL,
    ),
    two_layer(
        id="M7",
        name="only the diagonal of the softmax Jacobian is used",
        old=DELTA,
        new="-Y_true * (1 - saved.Y_pred) / N",
        why="A higher score of one class lowers the probabilities of the others. Without these terms only "
        "the true class gets an error, and the rows of dZ2 no longer sum to 0.",
        wrong=ALL,
    ),
    two_layer(
        id="M8",
        name="the most likely class stands in for the probabilities",
        old=DELTA,
        new="(np.eye(Y_true.shape[1])[saved.Y_pred.argmax(axis=1)] - Y_true) / N",
        why="A right answer gives no error and a wrong one the full error, however sure the network is.",
        wrong=ALL,
    ),
    two_layer(
        id="M9",
        name="dW2 uses Z1 in place of A1",
        old=DW2,
        new="dZ2.T @ saved.Z1",
        why="W2 multiplies A1. With Z1 the units that are off also count, with their negative sums. Only "
        "dW2 uses it.",
        wrong=("W2",),
    ),
    two_layer(
        id="M10",
        name="the ReLU mask is missing",
        old=MASK,
        new="dA1",
        why="Units that are off pass the error on, although a small change of them changes nothing. Only "
        "what lies before the ReLU is wrong.",
        wrong=HIDDEN,
    ),
    two_layer(
        id="M11",
        name="the ReLU mask looks at the output, A1 >= 0",
        old=MASK,
        new="dA1 * (saved.A1 >= 0)",
        why="The output of a ReLU is never negative, so this mask is always true: the same numbers as no "
        "mask.",
        wrong=HIDDEN,
    ),
    two_layer(
        id="M12",
        name="the ReLU mask looks at the sign of the gradient",
        old=MASK,
        new="dA1 * (dA1 > 0)",
        why="What decides is whether the unit was on. This keeps the positive errors and loses the "
        "negative ones.",
        wrong=HIDDEN,
    ),
    two_layer(
        id="M13",
        name="the value of the ReLU stands in for its slope",
        old=MASK,
        new="dA1 * np.maximum(saved.Z1, 0)",
        why="The slope of a unit that is on is 1. Multiplying by its value weighs each unit by how "
        "strongly it is on.",
        wrong=HIDDEN,
    ),
    two_layer(
        id="M14",
        name="W2 is transposed on the way back",
        old=DA1,
        new='dZ2 @ params["W2"].T',
        why="The way back sums over the classes, the rows of W2. The transpose sums over the hidden "
        "units, which is possible only where there are as many hidden units as classes.",
        wrong=HIDDEN,
        square=True,
    ),
    two_layer(
        id="M15",
        name="dW2 is transposed",
        old=DW2,
        new="saved.A1.T @ dZ2",
        why="The right numbers stand in the wrong places. Their norm is exactly right, so only a "
        "comparison entry by entry sees it.",
        wrong=("W2",),
        square=True,
    ),
    two_layer(
        id="M16",
        name="the biases are summed over the wrong axis",
        old=DB1,
        new="dZ1.sum(axis=1)",
        also=((DB2, "dZ2.sum(axis=1)"),),
        why="This sums over the units of one example. For db2 it gives 0, as each row of Y_pred − Y_true "
        "sums to 0.",
        wrong=("b1", "b2"),
        square=True,
    ),
    two_layer(
        id="M17",
        name="the bias gradients are averaged, not summed",
        old=DB1,
        new="dZ1.mean(axis=0)",
        also=((DB2, "dZ2.mean(axis=0)"),),
        why="dZ2 already holds 1/N. The mean divides by N once more, in the biases only.",
        wrong=("b1", "b2"),
    ),
    two_layer(
        id="M18",
        name="the hidden biases get no gradient",
        old=DB1,
        new='np.zeros_like(params["b1"])',
        why="db1 is 0, so b1 is never updated. The weights learn around it, and training looks healthy.",
        wrong=("b1",),
    ),
    two_layer(
        id="M54",
        name="the ReLU mask is computed without the bias",
        old=MASK,
        new='dA1 * (saved.X @ params["W1"].T > 0)',
        why="Without b1 some units that are off count as on. Biases of zero, as at the start, hide it.",
        wrong=HIDDEN,
    ),
    two_layer(
        id="M35",
        name="the error overwrites the saved prediction",
        old=DELTA,
        new="np.subtract(saved.Y_pred, Y_true, out=saved.Y_pred) / N",
        why="The gradients are right, but Y_pred now holds Y_pred − Y_true. The logarithm of its negative "
        "entries is NaN, or the smallest number where there is a floor.",
    ),
    two_layer(
        id="M38",
        name="the loss is the squared error, dZ2 that of cross-entropy",
        old="cross_entropy(Y_pred, Y_true)\n",
        new="((Y_pred - Y_true) ** 2).mean()\n",
        why="Y_pred − Y_true belongs to cross-entropy. The squared error goes through the softmax "
        "Jacobian and has its own constant, 2/(N·m).",
        wrong=ALL,
    ),
)
