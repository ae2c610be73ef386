"""Where each function is right, a run can still be wrong: in rows, memory, inputs, modes and choices."""

from functools import partial

from backprop_course.grading.mistakes.mistake import Mistake

training = partial(Mistake, where="backprop_course.grading.one_training")
dropout = partial(Mistake, where="backprop_course.grading.one_dropout_network")
batchnorm = partial(Mistake, where="backprop_course.grading.one_batchnorm_network")
selection = partial(Mistake, where="backprop_course.grading.one_selection")

ZEROS = "grads = {name: np.zeros_like(W) for name, W in params.items()}\n"
LOOP = "    for _ in range(epochs):\n"

IN_A_RUN = (
    training(
        id="M41",
        name="the gradients are never set back to 0",
        old=f"            {ZEROS}",
        new="",
        also=((LOOP, f"    {ZEROS}{LOOP}"),),
        why="Each step also uses all gradients before it, of places that were left long ago. It is momentum "
        "that forgets nothing: the third step is about three times too long.",
    ),
    training(
        id="M47",
        name="inputs and answers are shuffled separately",
        old="        order = rng.permutation(len(inputs))\n        X, Y = inputs[order], Y_true[order]\n",
        new="        X = inputs[rng.permutation(len(inputs))]\n"
        "        Y = Y_true[rng.permutation(len(inputs))]\n",
        why="After two shuffles an image has the label of another one. Every gradient is right, for a task "
        "in which nothing can be learned: so the loss stays at that of guessing, ln 10 for ten classes.",
    ),
    training(
        id="M130",
        name="the optimizer's new state is thrown away",
        old="            params, state = optimizer.update(",
        new="            params, _ = optimizer.update(",
        why="Each step begins with a velocity of 0 again, so it is a step of plain descent. Where the "
        "gradient stays the same, the second step is 1 / (1 + beta) of what it should be.",
    ),
    training(
        id="M131",
        name="the pixels are divided by 255, and they go from 0 to 16",
        old="return pixels / 16",
        new="return pixels / 255",
        why="A recipe for images of 8 bits, used on others. The inputs are 255/16 times too small, nearly "
        "16 times. So the network sees little but its biases, and W1 gets short gradients.",
    ),
    training(
        id="M132",
        name="the weights get the variance where the standard deviation belongs",
        old="np.sqrt(2 / n)",
        new="(2 / n)",
        also=(("np.sqrt(2 / (h + m))", "(2 / (h + m))"),),
        why="A normal number times s has the variance s². Without the root the weights are too small, the "
        "more so the more inputs a layer has, and the signal shrinks from layer to layer.",
    ),
    training(
        id="M138",
        name="the rows are never shuffled",
        old="X, Y = inputs[order], Y_true[order]",
        new="X, Y = inputs, Y_true",
        why="An order is drawn and not used. The rows come as they stand in the file, where digits of one "
        "person follow each other, so each mini-batch pulls towards one handwriting.",
    ),
    dropout(
        id="M133",
        name="dropout goes on where the network is used",
        old="return forward(params, X, keep, rng, training=False)[0]",
        new="return forward(params, X, keep, rng, training=True)[0]",
        why="A part of the trained network is missing at every prediction, each time another part. The same "
        "digit gets another answer when it is asked for again, and on average a worse one.",
    ),
    dropout(
        id="M134",
        name="the penalty pulls at the biases, too",
        old='for name in ("W1", "W2"):',
        new="for name in params:",
        why="A penalty belongs to weights: it makes the network smoother. A bias only moves a unit, and "
        "2λb pulls it to 0 for nothing. Where the penalty is small, only a comparison shows it.",
    ),
    batchnorm(
        id="M135",
        name="the running statistics are thrown away",
        old="Y_pred, saved, state = forward_train(",
        new="Y_pred, saved, _ = forward_train(",
        why="In training each batch has statistics of its own, so nothing is missed there. Where the network "
        "is used, mean 0 and variance 1 still stand in for those of the sums.",
    ),
    selection(
        id="M136",
        name="the validation rows are trained on, too",
        old="order = rng.permutation(training)",
        new="order = rng.permutation(len(X))",
        why="Their loss falls with that of the training rows. So it no longer says anything about new "
        "digits, and it gives no reason to stop. An epoch has 4/3 of its rows.",
    ),
    selection(
        id="M137",
        name="the last network is returned, not the best one",
        old="return best, losses, watched",
        new="return params, losses, watched",
        why="Patience only ends the training. By then the network has become worse for some epochs, and the "
        "best one, which was kept, is not used.",
    ),
)
