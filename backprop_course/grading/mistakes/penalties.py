"""A penalty can be wrong by a factor that nobody sees, or on the wrong parameters."""

from functools import partial

from backprop_course.grading.mistakes.mistake import Mistake

penalties = partial(Mistake, where="backprop_course.ops.penalties")
penalized = partial(Mistake, where="backprop_course.models.additions")

SUM = "grads[name] = grads[name] + ops.l1_backward(W, self.l1) + ops.l2_backward(W, self.l2)"
SHRUNK = 'np.sign(W) * np.maximum(np.abs(W) - _not_negative("threshold", threshold), 0)'

IN_THE_PENALTY = (
    penalties(
        id="M22",
        name="the slope of λΣW² is taken as λW",
        old='return 2 * _not_negative("strength", strength) * W',
        new='return _not_negative("strength", strength) * W',
        why="The slope of w² is 2w, so that of λw² is 2λw. Without the 2 it belongs to half of the penalty; "
        "libraries that write λ/2 in the penalty have no 2 in the slope.",
    ),
    penalties(
        id="M24",
        name="the slope of λΣ|W| is taken as λ|W|",
        old='return _not_negative("strength", strength) * np.sign(W)',
        new='return _not_negative("strength", strength) * np.abs(W)',
        why="That has the size of the penalty, not its slope. It pulls large weights harder than small "
        "ones, and drives negative weights away from 0.",
    ),
    penalized(
        id="M23",
        name="the penalty stands in the loss only",
        old=SUM,
        new="grads[name] = grads[name] + 0 * W",
        why="Training follows the gradient. A penalty that is added to the loss alone changes the number "
        "that is printed, and no weight.",
    ),
    penalized(
        id="M115",
        name="the slope of the penalty is divided by N",
        old=SUM,
        new="grads[name] = grads[name] + (ops.l1_backward(W, self.l1) + ops.l2_backward(W, self.l2)) / "
        "len(Y_true)",
        why="The mean over N examples belongs to the loss of the data. The penalty is added once, whatever "
        "the number of examples.",
    ),
    penalized(
        id="M116",
        name="the slope of the penalty is subtracted",
        old=SUM,
        new=SUM.replace("+ ops", "- ops"),
        why="The penalty is added to the loss, so its slope is added to the gradient. The minus comes with "
        "the update; here it comes twice, and every weight is driven away from 0.",
    ),
    penalized(
        id="M117",
        name="the biases are penalized, too",
        old='            if name.startswith("W"):\n                W',
        new='            if name.startswith(("W", "b")):\n                W',
        why="Asked for is a penalty on the weights. A bias multiplies no input; to pull it to 0 moves what "
        "the network answers on average.",
    ),
    penalties(
        id="M118",
        name="λ|w| moves the weight beyond 0",
        old=SHRUNK,
        new='W - _not_negative("threshold", threshold) * np.sign(W)',
        why="Where λ|w| would carry a weight across 0, the weight stops at 0: on the other side the penalty "
        "grows again. Here it lands there, and no weight ever becomes exactly 0.",
    ),
    Mistake(
        id="M119",
        name="the threshold is λ in place of learning rate · λ",
        where="backprop_course.grading.one_penalty",
        old="learning_rate * strength",
        new="strength",
        why="A step moves by the learning rate times a slope, and λ is the slope of λ|w|. With a learning "
        "rate of 0.1, ten times too much is cut off.",
    ),
    penalties(
        id="M170",
        name="λ|w| leaves the weights that it does not set to 0 as they are",
        old=SHRUNK,
        new='W * (np.abs(W) > _not_negative("threshold", threshold))',
        why="This sets small weights to 0 and leaves the others, which is another penalty. λ|w| pulls at "
        "every weight, so the large ones become smaller, too.",
    ),
)
