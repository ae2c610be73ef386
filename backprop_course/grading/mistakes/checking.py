"""The instrument can be wrong, too: mistakes of the gradient check itself, which make it blind or unjust."""

from functools import partial

from backprop_course.grading.mistakes.mistake import Mistake

measuring = partial(Mistake, where="backprop_course.grading.measuring")

QUOTIENT = "(f(p + step) - f(p - step)) / (2 * eps)"
LOOP, FRESH = "    for index in np.ndindex(p.shape):\n", "step = np.zeros(p.shape)\n"
ERROR = "return float(np.linalg.norm(yours - measured) / lengths)"
NEAR = "np.abs(Z) < eps"

IN_THE_CHECK = (
    measuring(
        id="M51",
        name="the slope is measured from one side only",
        old=QUOTIENT,
        new="(f(p + step) - f(p)) / eps",
        why="The bend of f adds an error proportional to the step, half of its second slope times eps. From "
        "both sides the two errors cancel.",
    ),
    measuring(
        id="M80",
        name="the difference is divided by eps in place of 2 · eps",
        old=QUOTIENT,
        new="(f(p + step) - f(p - step)) / eps",
        why="From p − eps to p + eps the distance is 2 · eps. So every slope comes out twice as large.",
    ),
    measuring(
        id="M81",
        name="an entry that was moved is not moved back",
        old=f"{LOOP}        {FRESH}",
        new=f"    {FRESH}{LOOP}",
        why="At the second entry the first is still moved, so its slope counts again. Each result is the sum "
        "of all slopes so far; the first one is right.",
    ),
    measuring(
        id="M52",
        name="only a sum of exactly 0 counts as a kink",
        old=NEAR,
        new="Z == 0",
        why="A step crosses the kink from any sum that lies closer to 0 than the step is long. Exactly 0 is "
        "rare.",
    ),
    measuring(
        id="M82",
        name="the distance from the kink is compared with its sign",
        old=NEAR,
        new="Z < eps",
        why="Every negative number is smaller than eps, so all units that are off count, however far from 0 "
        "they are.",
    ),
    measuring(
        id="M91",
        name="the distance between both places is taken for the length of one step",
        old=NEAR,
        new="np.abs(Z) < 2 * eps",
        why="From p − eps to p + eps the distance is 2 · eps, but each step is only eps long. Sums between "
        "eps and 2 · eps keep their sign.",
    ),
    measuring(
        id="M53",
        name="zero against zero counts as agreement",
        old="return 1.0",
        new="return 0.0",
        why="Any formula that has computed nothing yet gives 0, too. Where the true gradient is 0, this "
        "check passes for all of them.",
    ),
    measuring(
        id="M83",
        name="the lengths are compared in place of the entries",
        old=ERROR,
        new="return float(abs(np.linalg.norm(yours) - np.linalg.norm(measured)) / lengths)",
        why="A gradient that points elsewhere can have the right length: a transposed one has it always.",
    ),
    measuring(
        id="M84",
        name="the difference is not divided by the lengths",
        old=ERROR,
        new="return float(np.linalg.norm(yours - measured))",
        why="The same number means much for a small gradient and little for a large one. Only a quotient can "
        "be compared with one tolerance.",
    ),
)
