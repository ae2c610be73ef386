"""One mask, two modes, one best epoch, the edge of a picture: each of them can be forgotten."""

from functools import partial

from backprop_course.grading.mistakes.mistake import Mistake

dropout = partial(Mistake, where="backprop_course.ops.dropout")
stopping = partial(Mistake, where="backprop_course.training.stopping")

FORWARD = "return X * mask / keep, Dropped(mask, keep)"
BACKWARD = "return dout * saved.mask / saved.keep"

IN_DROPOUT = (
    dropout(
        id="M25",
        name="the mask is missing on the way back",
        old=BACKWARD,
        new="return dout / saved.keep",
        why="What was dropped had no effect, so its slope is 0. Without the mask it gets a slope as if it "
        "had stayed; what stayed is right.",
        wrong=("W1", "b1"),
    ),
    dropout(
        id="M26",
        name="the division by keep is missing on the way back",
        old=BACKWARD,
        new="return dout * saved.mask",
        why="What stayed was divided by keep on the way forward, so its slope is divided by keep, too. "
        "Without that, all slopes are keep times what they should be, in the right direction.",
        wrong=("W1", "b1"),
    ),
    dropout(
        id="M27",
        name="the way back draws a mask of its own",
        old="Dropped(mask, keep)\n",
        new="Dropped(rng.random(X.shape, dtype=np.float32) < keep, keep)\n",
        why="The second mask knows nothing of the first: some of what was dropped gets a slope, and some of "
        "what stayed gets none.",
        wrong=("W1", "b1"),
    ),
    Mistake(
        id="M28",
        name="dropout is left on where the network is used",
        where="backprop_course.grading.both_modes",
        old="Z_use = ops.linear(A1, W2, b2)",
        new="Z_use = ops.linear(dropped, W2, b2)",
        why="Where the network is used, nothing is dropped. With the mask left on, the scores are those of a "
        "network with holes, and they change with every draw.",
    ),
    dropout(
        id="M120",
        name="what stays is not divided by keep",
        old=FORWARD,
        new="return X * mask, Dropped(mask, keep)",
        also=((BACKWARD, "return dout * saved.mask"),),
        why="On average only the share keep of every output arrives, and where the network is used, all of "
        "it: the next layer meets sums that it was not trained for.",
    ),
    dropout(
        id="M121",
        name="the mask is turned round: it drops what should stay",
        old="< keep\n",
        new=">= keep\n",
        why="A random number between 0 and 1 is below keep with the probability keep. Turned round, the "
        "share 1 − keep stays. At keep = 1/2 the shares are equal, and only the units differ.",
    ),
    Mistake(
        id="M122",
        name="what leaves the picture on one side comes in on the other",
        where="backprop_course.data.augmentation",
        old="i, j = i.clip(0, rows - 1)[:, :, None], j.clip(0, columns - 1)[:, None, :]\n"
        "    return np.where(inside, P[_numbers(P), i, j], 0).reshape(pictures.shape)",
        new="i, j = (i % rows)[:, :, None], (j % columns)[:, None, :]\n"
        "    return P[_numbers(P), i, j].reshape(pictures.shape)",
        why="Pixels that are pushed out are put in at the opposite side, as np.roll does it. Where these are "
        "blank, nothing is seen of it.",
    ),
    stopping(
        id="M123",
        name="each epoch is compared with the one before, not with the best",
        old="self.best, self.lowest, self.waited = deepcopy(step), loss, 0\n"
        "        else:\n            self.waited += 1\n",
        new="self.best, self.waited = deepcopy(step), 0\n"
        "        else:\n            self.waited += 1\n        self.lowest = loss\n",
        why="A loss that has risen and falls a little counts as better, even far above its lowest value. So "
        "the waiting begins anew, and a worse epoch takes the place of the best.",
    ),
    stopping(
        id="M124",
        name="the last parameters come out, not the best",
        old="deepcopy(step), loss, 0",
        new="step, loss, 0",
        why="Either the last ones are returned, or the best are kept without a copy: then their name points "
        "to the array into which every later epoch writes.",
    ),
)
