"""Lesson 13 adds noise and patience to the loop: exercises ask for mask, both modes and the best epoch."""

from types import SimpleNamespace

import numpy as np

from backprop_course import ops
from backprop_course.grading.bank.lesson_11 import for_adamw
from backprop_course.grading.bank.networks import networks
from backprop_course.grading.exercise import Exercise
from backprop_course.grading.short_answers import Order
from backprop_course.training import optimizers

KEEP = {
    "different sizes": 0.7, "one example": 0.5, "one hidden unit": 0.6, "equal sizes": 0.8,
    "extreme values": 0.3, "float32": 0.9,
}  # fmt: skip
SEED = 5  # of a generator whose first three numbers make the mask of 13.2


# ------------------------------------------------------------------ arguments
def for_both_ways(rng):
    """(A, dout, keep, seed): outputs of hidden units, what comes back to them, and the seed of the mask."""
    cases = {}
    for label, (_, saved, _) in networks(rng).items():
        A = np.abs(saved.Z1) + 0.1  # no unit is off, so every zero comes from the mask
        dout = rng.standard_normal(A.shape).astype(A.dtype)
        cases[label] = (A, dout, KEEP[label], int(rng.integers(1, 1000)))
    A, dout = np.abs(rng.standard_normal((3, 4))) + 0.1, rng.standard_normal((3, 4))
    cases["nothing is dropped"] = (A, dout, 1.0, int(rng.integers(1, 1000)))
    A, dout = rng.standard_normal((2, 5, 4))
    A[:, ::2] = 0
    return cases | {"some outputs are 0": (np.abs(A), dout, 0.8, int(rng.integers(1, 1000)))}


def for_both_modes(rng):
    """(params, X, mask, keep), the mask as True and False."""
    cases = {}
    for label, (params, saved, _) in networks(rng).items():
        mask = rng.random(saved.A1.shape) < KEEP[label]
        mask.flat[:2] = [False, True][: mask.size]  # something is dropped, and something stays
        cases[label] = (params, saved.X, mask, KEEP[label])
    return cases


LOSSES = {  # the validation losses, and the patience
    "falls, rises, and falls a little": ((1.0, 0.5, 0.9, 0.8, 0.7, 0.6), 2),
    "falls all the time": ((0.9, 0.7, 0.6, 0.5), 2),
    "the first epoch is the best": ((0.4, 0.6, 0.5, 0.7, 0.3), 3),
    "patience 1": ((0.8, 0.6, 0.7, 0.2), 1),
    "a better one within the patience": ((0.8, 0.6, 0.7, 0.65, 0.5, 0.55, 0.52), 3),
    "an equal loss": ((0.8, 0.5, 0.5, 0.5, 0.4), 2),
    "one epoch": ((0.7,), 4),
    "float32": ((0.9, 0.5, 0.6, 0.4, 0.45, 0.43, 0.3), 2),
}


def for_stopping(rng):
    """(w, changes, losses, patience): every epoch adds its row of changes to w (n,)."""
    cases = {}
    for k, (label, (losses, patience)) in enumerate(LOSSES.items()):
        n = 1 if k == 3 else 2 + k
        scale = 1e12 if label == "patience 1" else 1.0
        losses = scale * rng.uniform(0.5, 2) * np.array(losses)
        drawn = rng.standard_normal(n), rng.standard_normal((len(losses), n)), losses
        cases[label] = (*(array.astype("f4" if label == "float32" else "f8") for array in drawn), patience)
    return cases


def signals(rng):
    """(signals, later): each signal with its own shift, to either side, also by nothing and out of sight."""
    cases = {
        "different sizes": (4, 7, [2, -1, 0, 3]),
        "one signal": (1, 5, [1]),
        "one sample": (3, 1, [0, 1, -1]),
        "as many signals as samples": (4, 4, [1, -2, 0, 3]),
        "farther than its length": (3, 4, [4, -6, 2]),
        "float32": (2, 6, [-3, 2]),
    }
    return {
        label: (
            rng.standard_normal((N, n)).astype("f4" if label == "float32" else "f8"),
            rng.permutation(later),
        )
        for label, (N, n, later) in cases.items()
    }


def without_a_mean(rng):
    """(W, dW, v, t, learning_rate, weight_decay): as for AdamW, but without the mean of the slopes."""
    return {label: (W, dW, *rest) for label, (W, dW, _, *rest) in for_adamw(rng).items()}


# ------------------------------------------------------------------ answers from a module
def unit_by_hand(module):
    """(Z, Z_use, dA) of the unit of 13.2."""
    A, W, b, keep = np.array([[4.0, 3.0, 8.0]]), np.array([[2.0, 1.0, 1.0]]), np.zeros(1), 0.8
    if hasattr(module, "both_modes"):
        params = {"W1": np.eye(3), "b1": np.zeros(3), "W2": W, "b2": b}
        scores = module.both_modes(params, A, np.array([[True, False, True]]), keep)
        Z, Z_use = (float(each[0, 0]) for each in scores)
        return Z, Z_use, np.array([5.0, 0.0, 2.5])
    out, saved = module.dropout(A, keep, np.random.default_rng(SEED))
    Z, Z_use = (float(ops.linear(each, W, b)[0, 0]) for each in (out, A))
    return Z, Z_use, module.dropout_backward(2 * W, saved)[0]


def both_ways(module):
    """The outputs after dropout, and what goes on to the way back, from (A, dout, keep, seed)."""

    def answer(A, dout, keep, seed):
        out, saved = module.dropout(A, keep, np.random.default_rng(seed))
        return out, module.dropout_backward(dout, saved)

    return answer


def two_modes(module):
    """Both kinds of scores from (params, X, mask, keep); dropout forward is the product of its way back."""
    if hasattr(module, "both_modes"):
        return module.both_modes

    def answer(params, X, mask, keep):
        A1 = ops.relu(ops.linear(X, params["W1"], params["b1"]))
        dropped = module.dropout_backward(A1, module.Dropped(mask, keep))
        return tuple(ops.linear(A, params["W2"], params["b2"]) for A in (dropped, A1))

    return answer


def stopped(module):
    """The best parameters and the number of epochs, from (w, changes, losses, patience)."""

    def answer(w, changes, losses, patience):
        watch, step = module.EarlyStopping(patience, 0.0), SimpleNamespace(w=w.copy())
        made = 0
        for change, loss in zip(changes, losses):
            step.w += change
            made += 1
            if watch.is_over(step, loss):
                break
        return watch.best.w, made

    return answer


def shifted(module):
    """The signals, each later by its own number of samples: pictures of one row, moved to the right."""
    return lambda signals, later: module.shift(signals[:, None], 0, later)[:, 0]


def two_updates(module):
    """The weight and the bias of 13.8 after each update; a planted `updating` gets Adam's equations."""
    betas = (0.25, 0.75, 1e-12)
    if hasattr(module, "adam"):
        optimizer = module.adam(0.3, *betas)
    else:
        optimizer = module.from_rule(optimizers.adam_rule(*betas), 0.3, remembers=("m", "v"))
    params, path = {"W": np.array([1.0]), "b": np.array([2.0])}, []
    state = optimizer.init(params)
    for slopes in ((6.0, 1.0), (1.0, -1.0)):
        grads = {name: np.array([slope]) for name, slope in zip(params, slopes)}
        params, state = optimizer.update(params, grads, state)
        path.append(params)
    return tuple(np.array([each[name][0] for each in path]) for name in params)


def lean_step(module):
    """(W, v) after update number t of AdamW with beta1 = 0: its mean of the slopes is the slope."""

    def step(W, dW, v, t, learning_rate, weight_decay):
        optimizer = module.adamw(learning_rate, 0.0, 0.999, 1e-8, weight_decay)
        state = {"step": t - 1, "m": {"W": np.zeros_like(W)}, "v": {"W": v}}
        params, state = optimizer.update({"W": W}, {"W": dW}, state)
        return params["W"], state["v"]["W"]

    return step


# ------------------------------------------------------------------ the exercises
DROPOUT = "backprop_course.ops.dropout"

EXERCISES = (
    Order(
        id="13.1",
        title="A training step with noise",
        asked="Give the step numbers in an order in which everything is there when it is needed.",
        signature="order = [1, 2, …]",
        section="The same mask on the way back",
        question="What does this step use, and which step makes it or changes it?",
        needs={
            1: (6, 8),
            2: (9,),
            3: (5,),
            4: (8,),
            5: (),
            6: (4,),
            7: (10,),
            8: (3,),
            9: (4,),
            10: (1,),
            11: (2, 7),
        },
        changes={2: (6,)},
        slips={"M19": (2, 6)},
        concept="gradient against update",
    ),
    Exercise(
        id="13.2",
        title="One unit by hand",
        asked="Give Z while the network learns, Z where it is used, and the three numbers of dA, as a tuple.",
        signature="numbers = (Z, Z_use, dA)",
        shapes="-> Z (), Z_use (), dA (3,)",
        form="tuple",
        section="The same mask on the way back",
        question="What becomes of an output that stays, on the way forward and on the way back?",
        answer_from=unit_by_hand,
        mistakes=("M25", "M26", "M28", "M120", "M121"),
        type="predict",
        where=DROPOUT,
    ),
    Exercise(
        id="13.3",
        title="Dropout, both ways",
        asked="Return what leaves the layer and what goes on to its inputs, as a pair.",
        signature="dropout_both_ways(A, dout, keep, seed)",
        shapes="A (N, h), dout (N, h) -> out (N, h), dA (N, h)",
        form="tuple",
        section="The same mask on the way back",
        question="Do the numbers come from draw()? Which entries have had an effect, and by which factor?",
        answer_from=both_ways,
        cases=for_both_ways,
        mistakes=("M25", "M26", "M27", "M120", "M121"),
        where=DROPOUT,
    ),
    Exercise(
        id="13.4",
        title="While it learns, and where it is used",
        asked="Return the scores while the network learns, and those where it is used, as a pair.",
        signature="both_modes(params, X, mask, keep)",
        shapes="X (N, n), W1 (h, n), W2 (m, h), mask (N, h) -> Z_learning (N, m), Z_use (N, m)",
        form="tuple",
        section="Why divide by keep?",
        question="Which hidden outputs enter these scores, and how large are they?",
        answer_from=two_modes,
        cases=for_both_modes,
        mistakes=("M28", "M120"),
        type="faded",
        where="backprop_course.grading.both_modes",
    ),
    Exercise(
        id="13.5",
        title="Early stopping",
        asked="Return the best parameters and the number of epochs that were made, as a pair.",
        signature="stop_early(w, changes, losses, patience)",
        shapes="w (n,), changes (E, n), losses (E,) -> best (n,), epochs ()",
        form="tuple",
        section="Early stopping",
        question="With which loss is a new one compared, and does a later epoch still change what was kept?",
        answer_from=stopped,
        cases=for_stopping,
        mistakes=("M123", "M124"),
        where="backprop_course.training.stopping",
    ),
    Exercise(
        id="13.6",
        title="Signals that come later",
        asked="Return the signals, each later by its own number of samples; what is not known is 0.",
        signature="delay(signals, later)",
        shapes="signals (N, n), later (N,) -> delayed (N, n)",
        form="array",
        section="Changed pictures",
        question="From which sample does each sample of the result come, and is there one?",
        answer_from=shifted,
        cases=signals,
        mistakes=("M122",),
        type="transfer",
        where="backprop_course.data.augmentation",
    ),
    Exercise(
        id="13.8",
        title="Two updates of Adam by hand",
        asked="Give the weight after each of the two updates, then the bias after each.",
        signature="path = (weight, bias)",
        shapes="-> weight (2,), bias (2,)",
        form="tuple",
        section="Adam",
        lesson="11",
        question="What do m and v hold after this slope, and by what are both divided in this update?",
        answer_from=two_updates,
        mistakes=("M42", "M110", "M111"),
        type="predict",
        concept="gradient against update",
        where=optimizers.__name__,
    ),
    Exercise(
        id="13.9",
        title="Half the memory",
        asked="Return the new W and the new v after update number t of AdamW with β₁ = 0, as a pair.",
        signature="lean_step(W, dW, v, t, learning_rate, weight_decay)",
        shapes="W (h, n), dW (h, n), v (h, n) -> W (h, n), v (h, n)",
        form="tuple",
        section="AdamW",
        lesson="11",
        question="How is v corrected, what guards the division, and times which two numbers is W subtracted?",
        answer_from=lean_step,
        cases=without_a_mean,
        mistakes=("M42", "M43", "M44", "M110", "M113", "M114"),
        type="transfer",
        where=optimizers.__name__,
    ),
)
