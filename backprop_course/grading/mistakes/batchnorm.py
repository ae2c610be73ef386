"""Batch normalization has a long way back, and each of its terms can be left out."""

from functools import partial

from backprop_course.grading.mistakes.mistake import Mistake

batchnorm = partial(Mistake, where="backprop_course.ops.batchnorm")

VARIANCE = "dcentred = dX_hat / std + 2 * centred * dvar / N"
MEAN = "dX = dcentred + dmean / N"

IN_BATCHNORM = (
    batchnorm(
        id="M29",
        name="mean and variance are treated as constants on the way back",
        old=VARIANCE,
        new="dcentred = dX_hat / std",
        also=((MEAN, "dX = dcentred"),),
        why="Each number moves the mean and the variance that it shares, and so every output beside it. "
        "Without these paths the slopes of numbers that share a mean no longer sum to 0.",
    ),
    batchnorm(
        id="M30",
        name="the variance is treated as a constant on the way back",
        old=VARIANCE,
        new="dcentred = dX_hat / std",
        why="The path through the variance is missing. It sums to 0 over the numbers that share a mean, so "
        "their slopes still do, and this test does not notice.",
    ),
    batchnorm(
        id="M31",
        name="divided by one less than the count of numbers",
        old="var = (centred**2).mean(axis=0)",
        new="var = (centred**2).sum(axis=0) / (len(X) - 1)",
        also=(("N = len(dout)\n", "N = len(dout) - 1\n"),),
        why="The variance is the mean of the squares over all numbers that share it, so it divides by their "
        "count, and so do the paths back. One less belongs to the running variance alone.",
    ),
    batchnorm(
        id="M32",
        name="γ is forgotten on the way back",
        old="dX_hat = dout * gamma",
        new="dX_hat = dout",
        why="The output is γ times X_hat, so whatever goes back to X is multiplied by γ. Where γ is 1, as at "
        "the start of a training, nothing is missing.",
    ),
    batchnorm(
        id="M125",
        name="the mean is treated as a constant on the way back",
        old=MEAN,
        new="dX = dcentred",
        why="The path through the mean is missing. It is the same amount for all numbers that share the "
        "mean, and it is what makes their slopes sum to 0.",
    ),
    batchnorm(
        id="M126",
        name="the paths through mean and variance are not divided by the count of numbers",
        old=VARIANCE,
        new="dcentred = dX_hat / std + 2 * centred * dvar",
        also=((MEAN, "dX = dcentred + dmean"),),
        why="Numbers that share a mean and a variance have equal shares in them, one over their count. Here "
        "each is taken as if it moved them alone.",
    ),
    batchnorm(
        id="M127",
        name="each example is normalized over its columns, not each column over the batch",
        old="mean = X.mean(axis=0)",
        new="mean = X.mean(axis=1, keepdims=True)",
        also=(("var = (centred**2).mean(axis=0)", "var = (centred**2).mean(axis=1, keepdims=True)"),),
        why="axis=0 goes over the examples of a batch, axis=1 over the columns of one example. Over the "
        "columns, examples do not meet at all; that is another method, layer normalization.",
    ),
    batchnorm(
        id="M128",
        name="where the network is used, the statistics of the batch are taken",
        old="return gamma * (X - mean) / np.sqrt(var + _positive(eps)) + beta",
        new="return gamma * (X - X.mean(axis=0)) / np.sqrt(X.var(axis=0) + _positive(eps)) + beta",
        why="So the output of an example depends on the others beside it, and a single example always gives "
        "β.",
    ),
    batchnorm(
        id="M129",
        name="the shares of the old and of the new statistics are exchanged",
        old="return (1 - share) * mean + share * saved.mean, (1 - share) * var + share * unbiased",
        new="return share * mean + (1 - share) * saved.mean, share * var + (1 - share) * unbiased",
        why="momentum is the share of the new batch. Exchanged, the last batch has nearly all the weight, "
        "and the running statistics waver like those of one batch.",
    ),
    batchnorm(
        id="M147",
        name="the running variance takes the variance that is divided by N",
        old="unbiased = saved.var * N / (N - 1)",
        new="unbiased = saved.var",
        why="The mean of a batch lies amid its own examples, so they are a little nearer to it than to the "
        "true mean. Dividing by N − 1 makes up for that on average.",
    ),
    batchnorm(
        id="M148",
        name="the distances are divided by the variance, not by its square root",
        old="X_hat = centred / std",
        new="X_hat = centred / (var + eps)",
        also=(
            (
                "(X - mean) / np.sqrt(var + _positive(eps)) + beta",
                "(X - mean) / (var + _positive(eps)) + beta",
            ),
        ),
        why="The variance is a mean of squares. Only its square root is measured on the scale of X, so only "
        "that makes the spread of each column 1.",
    ),
)
