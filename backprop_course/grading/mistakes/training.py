"""A training loop can be wrong where every gradient is right: in rows, update, loss or accuracy."""

from functools import partial

from backprop_course.grading.mistakes.mistake import Mistake

losses = partial(Mistake, where="backprop_course.ops.losses")
one_epoch = partial(Mistake, where="backprop_course.grading.one_epoch")
step_size = partial(Mistake, where="backprop_course.grading.step_size")
schedules = partial(Mistake, where="backprop_course.training.schedules")

IN_TRAINING = (
    losses(
        id="M21",
        name="labels of shape (N,) meet predictions of shape (N, 1)",
        old="return ((Y_pred - Y_true) ** 2).mean()",
        new="return ((Y_pred - Y_true[:, 0]) ** 2).mean()",
        why="Broadcasting makes the difference (N, N): every prediction is compared with every label, not "
        "with its own. The mean over N·N squares looks plausible.",
    ),
    one_epoch(
        id="M85",
        name="the last, shorter mini-batch is left out",
        old="range(0, len(order), batch_size)",
        new="range(0, len(order) - batch_size + 1, batch_size)",
        why="Only full mini-batches are taken, so the rows that remain are not used in this epoch. Where the "
        "batch size divides N, nothing is lost.",
    ),
    Mistake(
        id="M86",
        name="the update adds the gradient",
        where="backprop_course.training.optimizers",
        old="W -= rate * dW\n",
        new="W += rate * dW\n",
        why="The gradient points to where the loss grows. Every parameter makes a step of the right size in "
        "the opposite direction.",
    ),
    Mistake(
        id="M87",
        name="the largest output is searched over the examples, not over the classes",
        where="backprop_course.training.metrics",
        old="np.mean(Y_pred.argmax(axis=1) == Y_true.argmax(axis=1))",
        new="np.mean(Y_pred.argmax(axis=0) == Y_true.argmax(axis=0))",
        why="This asks of each class in which row it is largest. It compares m row numbers, where the "
        "answers to N examples were asked for.",
    ),
    Mistake(
        id="M96",
        name="the accuracy is given in percent",
        where="backprop_course.training.metrics",
        old="return float(np.mean(Y_pred.argmax(axis=1) == Y_true.argmax(axis=1)))",
        new="return 100 * float(np.mean(Y_pred.argmax(axis=1) == Y_true.argmax(axis=1)))",
        why="Asked for is a share, from 0 to 1. In percent the same share is a number that is 100 times as "
        "large.",
    ),
    one_epoch(
        id="M88",
        name="the losses of the mini-batches are averaged as if all had the same size",
        old="np.average(losses, weights=sizes)",
        new="np.mean(losses)",
        why="Each example of the last, shorter mini-batch counts more than the others. Where the batch size "
        "divides N, the two means are equal.",
    ),
    losses(
        id="M89",
        name="the factor 2 of the squared error is forgotten",
        old="return 2 * (Y_pred - Y_true) / Y_pred.size",
        new="return (Y_pred - Y_true) / Y_pred.size",
        why="The slope of a square d² is 2d. Without the 2, everything that starts from it is half as large.",
    ),
    losses(
        id="M93",
        name="the division by N·m is written as / N * m",
        old="return 2 * (Y_pred - Y_true) / Y_pred.size",
        new="return 2 * (Y_pred - Y_true) / len(Y_pred) * Y_pred.shape[1]",
        also=(
            ("return (sigmoid(Z) - Y_true) / Z.size", "return (sigmoid(Z) - Y_true) / len(Z) * Z.shape[1]"),
        ),
        why="Python goes from left to right: it divides by N, then it multiplies by m. So the slopes are m² "
        "times too large.",
    ),
    step_size(
        id="M97",
        name="the limit is taken for 1/λ",
        old="return 2 / np",
        new="return 1 / np",
        why="At 1/λ the factor 1 − ηλ is 0: that rate arrives in one step. Descent diverges only where the "
        "factor is below −1, from 2/λ on.",
    ),
    step_size(
        id="M98",
        name="the limit is that of the smallest curvature",
        old="np.linalg.eigvalsh(H).max()",
        new="np.linalg.eigvalsh(H).min()",
        why="The flat direction would allow this rate. The steep ones diverge long before, and one that "
        "diverges is enough.",
    ),
    step_size(
        id="M99",
        name="the entries beside the diagonal of H are left out",
        old="(H @ w)",
        new="(np.diag(H) * w)",
        also=(("np.linalg.eigvalsh(H).max()", "np.diag(H).max()"),),
        why="The slope of a weight changes with the other weights, too: that is what these entries say. "
        "Without them every valley is taken for one that runs along an axis.",
    ),
    step_size(
        id="M143",
        name="the curvature forgets that the loss is a mean over m outputs",
        old="2 / (len(X) * m)",
        new="2 / len(X)",
        why="The squared error is a mean over all N·m entries. Without the m every curvature is m times too "
        "large, and the limit m times too small.",
    ),
    schedules(
        id="M140",
        name="the warm-up begins at 0",
        old="min(step + 1, steps) / steps",
        new="min(step, steps) / steps",
        why="At step 0 the learning rate is 0, so the first update changes nothing, and every later rate of "
        "the warm-up is that of the step before.",
    ),
    schedules(
        id="M141",
        name="the second schedule does not count from its own beginning",
        old="then(step - steps)",
        new="then(step)",
        why="After the warm-up it is asked for the number of all steps so far. So it has fallen too far "
        "already when it takes over, or falls too early later on.",
    ),
    schedules(
        id="M142",
        name="a whole wave of the cosine in place of half of it",
        old="cos(pi * min",
        new="cos(2 * pi * min",
        why="After half of the steps the rate is 0. Then it rises again, and ends where it began.",
    ),
    schedules(
        id="M144",
        name="the steps are divided without rounding down",
        old="(step // every)",
        new="(step / every)",
        why="The exponent then grows a little with every step, so the rate slides down in place of staying "
        "and falling at once.",
    ),
    step_size(
        id="M169",
        name="the test column chose the learning rate",
        old="np.mean(validation, axis=1)",
        new="np.mean(test, axis=1)",
        why="What chooses cannot judge afterwards: the test accuracy of this rate would be the luckiest one "
        "of three, not an honest one.",
    ),
    step_size(
        id="M171",
        name="the best single run chose the learning rate",
        old="np.mean(validation, axis=1)",
        new="np.max(validation, axis=1)",
        why="One seed can be lucky, and the other seed of the same rate may tell. A search takes the means.",
    ),
)
