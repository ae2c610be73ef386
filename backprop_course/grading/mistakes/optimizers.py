"""Where every gradient is right, the optimizer can still use it wrongly, or the noise can be told wrongly."""

from functools import partial

from backprop_course.grading.mistakes.mistake import Mistake

optimizers = partial(Mistake, where="backprop_course.training.optimizers")
diagnostics = partial(Mistake, where="backprop_course.training.diagnostics")
in_parts = partial(Mistake, where="backprop_course.grading.in_parts")

HEAVY_BALL = "velocity *= beta\n        velocity += dW\n        W -= rate * velocity\n"
NESTEROV = "W -= rate * (dW + beta * velocity)"
SPREAD = "np.sum(np.var(found, axis=0, ddof=1))"

IN_THE_OPTIMIZER = (
    optimizers(
        id="M46",
        name="the velocity is added to the weights",
        old="W -= rate * velocity\n",
        new="W += rate * velocity\n",
        why="The velocity collects gradients, and they point to where the loss grows. So every step goes "
        "uphill, farther each time.",
    ),
    optimizers(
        id="M105",
        name="the velocity is not kept from step to step",
        old=HEAVY_BALL,
        new=HEAVY_BALL.replace("velocity *= beta\n        velocity += dW", "velocity[...] = dW"),
        why="Each step begins with an empty memory, so the velocity is this gradient alone: plain gradient "
        "descent. The first step from rest is right, all later ones are too short.",
    ),
    optimizers(
        id="M106",
        name="the gradient is multiplied by 1 − beta, as in the mean form",
        old=HEAVY_BALL,
        new=HEAVY_BALL.replace("+= dW", "+= (1 - beta) * dW"),
        why="This is a running mean of the gradients. With the same learning rate its steps are 1 − beta "
        "times those of the heavy ball, for beta = 0.9 a tenth.",
    ),
    optimizers(
        id="M107",
        name="the learning rate is used twice",
        old=HEAVY_BALL,
        new=HEAVY_BALL.replace("+= dW", "+= rate * dW"),
        why="It stands in the velocity and in the update, so a gradient enters with its square. Either place "
        "is right, both together are not.",
    ),
    optimizers(
        id="M108",
        name="the old velocity is not multiplied by beta",
        old=HEAVY_BALL,
        new=HEAVY_BALL.replace("*= beta", "*= 1"),
        why="Then beta is 1 and nothing is ever forgotten: the velocity is the sum of all gradients so far.",
    ),
    optimizers(
        id="M109",
        name="the step of Nesterov is that of the heavy ball",
        old=NESTEROV,
        new="W -= rate * velocity",
        why="The new velocity alone moves the weights here. Nesterov looks one step ahead: the new velocity "
        "times beta, and the gradient once more.",
    ),
    optimizers(
        id="M166",
        name="the velocity in the step of Nesterov lacks its beta",
        old=NESTEROV,
        new="W -= rate * (dW + velocity)",
        why="The velocity is taken one step ahead, where it will have shrunk: it counts times beta. Here it "
        "counts in full.",
    ),
    diagnostics(
        id="M160",
        name="the squares are those of the gradients, not of their distances from the mean",
        old=SPREAD,
        new="np.sum(np.square(found)) / (draws - 1)",
        why="The gradients have a common part, their mean. It is no noise, but its square is counted here, "
        "once for each of them.",
    ),
    diagnostics(
        id="M161",
        name="the sum of the squares is divided by the number of gradients",
        old=SPREAD,
        new="np.sum(np.var(found, axis=0, ddof=0))",
        why="The mean was computed from the same gradients, so it lies nearer to them than the true one. "
        "Dividing by one less makes up for it.",
    ),
    diagnostics(
        id="M162",
        name="the noise is a mean over the entries of the gradient, not a sum",
        old=SPREAD,
        new="np.mean(np.var(found, axis=0, ddof=1))",
        why="A squared distance is the sum of the squares of all its entries. The mean of them is smaller, "
        "by the number of entries.",
    ),
    in_parts(
        id="M163",
        name="the shorter last part counts as much as a full one",
        old="share = len(X[rows]) / len(X)",
        new="share = size / len(X)",
        why="The share of a part is its number of rows, divided by all rows. Where the size divides N, no "
        "part is shorter and nothing shows.",
    ),
    in_parts(
        id="M164",
        name="the shorter last part is left out",
        old="range(0, len(X), size)",
        new="range(0, len(X) - size + 1, size)",
        why="Only full parts are taken, so the rows that remain do not count. Where the size divides N, none "
        "remain.",
    ),
    in_parts(
        id="M165",
        name="the gradients of the parts are added up without their shares",
        old="share = len(X[rows]) / len(X)",
        new="share = 1",
        why="Each part gives the gradient of its own mean loss. Added up, k parts give a gradient that is "
        "about k times too large.",
    ),
    in_parts(
        id="M167",
        name="every part counts alike, however many rows it has",
        old="share = len(X[rows]) / len(X)",
        new="share = 1 / -(-len(X) // size)",
        why="This is the plain mean over the parts. A shorter last part has fewer rows, and each of them "
        "counts too much. Where the size divides N, nothing shows.",
    ),
)
