"""A training can be lost before its first step: by its weights, or by what is fed in."""

from functools import partial

from backprop_course.grading.mistakes.mistake import Mistake

initializers = partial(Mistake, where="backprop_course.models.initializers")
leaky = partial(Mistake, where="backprop_course.grading.one_start")
diagnostics = partial(Mistake, where="backprop_course.training.diagnostics")

HE, XAVIER = "np.sqrt(2 / fan_in)", "np.sqrt(2 / (fan_in + fan_out))"
LIMIT = "limit = np.sqrt(6 / (fan_in + fan_out))"
DEAD = "np.mean(np.all(A <= 0, axis=0))"

AT_THE_START = (
    Mistake(
        id="M48",
        name="the inputs are not scaled",
        where="backprop_course.grading.step_size",
        old="X = pixels / top",
        new="X = pixels",
        why="The second slopes hold every pixel twice, as a product. Pixels that are `top` times as large "
        "make every curvature top² times as large, so the limit is top² times too small.",
    ),
    initializers(
        id="M49",
        name="all weights start at 0",
        old=f"* {HE}",
        new="* 0",
        also=((f"* {XAVIER}", "* 0"),),
        why="All units of a layer compute the same and get the same gradient, so they stay equal for ever. "
        "With zeros behind a ReLU there is no gradient at all, but for the biases of the last layer.",
    ),
    initializers(
        id="M50",
        name="the weights start ten times too large",
        old=f"* {HE}",
        new=f"* 10 * {HE}",
        also=((f"* {XAVIER}", f"* 10 * {XAVIER}"),),
        why="Every layer makes its sums ten times too large. Behind two layers the scores are 100 times too "
        "large: the network is sure of its answers before it has learned any.",
    ),
    initializers(
        id="M100",
        name="He's variance uses the number of units in place of the number of inputs",
        old=HE,
        new="np.sqrt(2 / fan_out)",
        why="A weighted sum has as many terms as the layer has inputs, and its variance grows with their "
        "number. Where both numbers are equal, nothing shows.",
    ),
    initializers(
        id="M101",
        name="the variance is taken for the standard deviation",
        old=HE,
        new="2 / fan_in",
        also=((XAVIER, "2 / (fan_in + fan_out)"),),
        why="A number times a standard normal number has the square of this number as its variance. So the "
        "factor is the root of the variance; without the root the weights are far too small.",
    ),
    initializers(
        id="M102",
        name="He's variance lacks the factor 2",
        old=HE,
        new="np.sqrt(1 / fan_in)",
        why="Of the mean square of a sum, the ReLU keeps half, and a leaky one a little more. The 2 makes up "
        "for that half. Without it, every layer halves the mean square.",
    ),
    initializers(
        id="M103",
        name="the standard deviation is taken for the limit of uniform numbers",
        old=LIMIT,
        new=f"limit = {XAVIER}",
        why="Uniform numbers between −a and a have the variance a²/3. With the standard deviation as their "
        "limit, the variance is a third of what it should be.",
    ),
    leaky(
        id="M180",
        name="the negative side of the leaky ReLU is forgotten",
        old="((1 + slope**2) * draws.shape[1])",
        new="draws.shape[1]",
        why="This is He's variance, for a ReLU. A leaky ReLU keeps slope² of the mean square of the negative "
        "side, too, so the weights are too large.",
    ),
    leaky(
        id="M181",
        name="the variance is taken for the standard deviation of a leaky start",
        old="draws * np.sqrt(variance)",
        new="draws * variance",
        why="A number times a standard normal number has the square of this number as its variance. So the "
        "factor is the root of the variance; without the root the weights are far too small.",
    ),
    diagnostics(
        id="M104",
        name="examples that switch on no unit are counted, not units that no example switches on",
        old=DEAD,
        new="np.mean(np.all(A <= 0, axis=1))",
        why="A unit is a column of A. This looks along the rows, so it asks of each example whether all "
        "units are off.",
    ),
    diagnostics(
        id="M145",
        name="a unit counts as dead if it is off for one example",
        old=DEAD,
        new="np.mean(np.any(A <= 0, axis=0))",
        why="A ReLU that works is off for some examples. Dead is only a unit that is off for all of them.",
    ),
    diagnostics(
        id="M146",
        name="the entries that are 0 are counted, not the units that are 0 everywhere",
        old=DEAD,
        new="np.mean(A <= 0)",
        why="Each entry says that one unit is off for one example. About half of them are 0 in a healthy "
        "layer, too.",
    ),
)
