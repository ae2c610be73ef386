"""Wrong answers that are easily given, and that no planted mistake stands for, pass on no input."""

import numpy as np
import pytest

from backprop_course.grading import check
from backprop_course.grading.checks import BY_ID
from backprop_course.models import two_layer

every_seed = pytest.mark.parametrize("seed", range(10))


def rejected(id, answer, seed, mistake=None):
    feedback = check(id, answer, seed)
    assert not feedback.passed and feedback.mistake == mistake, feedback.message
    return feedback.message


# ------------------------------------------------------------------ 01
@every_seed
def test_a_relu_on_the_scores_is_wrong_on_every_case(seed):
    def scores(X, W1, b1, W2, b2):
        return np.maximum(np.maximum(X @ W1.T + b1, 0) @ W2.T + b2, 0)

    assert " right on “" not in rejected("01.5", scores, seed)


# ------------------------------------------------------------------ one maximum for a whole table
def softmax_with_one_shift(Z):
    E = np.exp(Z - Z.max())
    return E / E.sum(axis=1, keepdims=True)


def forward_with_one_shift(params, X):
    Z1 = X @ params["W1"].T + params["b1"]
    A1 = np.maximum(Z1, 0)
    return {"Z1": Z1, "A1": A1, "Y_pred": softmax_with_one_shift(A1 @ params["W2"].T + params["b2"])}


def loss_with_one_shift(Z2, Y_true):
    shifted = Z2 - Z2.max()
    log_Y = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -np.where(Y_true == 1, log_Y, 0).sum() / len(Z2)


def heads_with_one_shift(Z, Y_true):
    N, m = Z.shape
    sigmoid = (1 + np.tanh(Z / 2)) / 2
    return (softmax_with_one_shift(Z) - Y_true) / N, (sigmoid - Y_true) / (N * m), 2 * (Z - Y_true) / (N * m)


ONE_SHIFT = {
    "04.4": (softmax_with_one_shift, "M90"),
    "04.6": (forward_with_one_shift, "M90"),
    "04.10": (loss_with_one_shift, None),
    "07.6": (heads_with_one_shift, None),
}


@every_seed
@pytest.mark.parametrize("id", ONE_SHIFT)
def test_one_shift_for_all_rows_gives_nan_where_a_row_lies_far_below(id, seed):
    answer, mistake = ONE_SHIFT[id]
    assert "nan on the case" in (said := rejected(id, answer, seed, mistake)) or "inf on the case" in said


# ------------------------------------------------------------------ 06.4: near the kink
@every_seed
@pytest.mark.parametrize(
    "count, mistake",
    [
        (lambda Z, eps: (np.abs(Z) < 2 * eps).sum(), "M91"),
        (lambda Z, eps: (np.abs(Z) < 1.3 * eps).sum(), None),
        (lambda Z, eps: ((Z > 0) & (eps > Z)).sum(), None),
    ],
    ids=["two steps", "a little too far", "one side"],
)
def test_sums_at_another_distance_from_the_kink_are_noticed(count, mistake, seed):
    rejected("06.4", count, seed, mistake)


@every_seed
@pytest.mark.parametrize("guess", [len, lambda Z: Z.shape[1], lambda Z: Z.size], ids=["N", "h", "all"])
def test_no_size_is_the_number_of_sums_near_the_kink(guess, seed):
    assert " right on “" not in rejected("06.4", lambda Z, eps: guess(Z), seed)


# ------------------------------------------------------------------ 06: right steps from wrong gradients
UPDATE = "return {{name: params[name] - learning_rate * grads[name]{} for name in params}}, L"
MADE_UP_FOR = {
    "06.7": {32: UPDATE.format(" / len(X)")},
    "06.10": {32: UPDATE.format("").replace("-", "+")},
    "06.11": {32: UPDATE.format(' * (1 if "W" in name else len(X))')},
}


@pytest.mark.parametrize("id", MADE_UP_FOR)
def test_a_right_step_from_wrong_gradients_is_no_repair(id):
    feedback = check(id, MADE_UP_FOR[id])
    assert not feedback.passed and feedback.mistake == BY_ID[id].mistake and not feedback.more
    assert feedback.message.startswith("The step is right, but `backward` returns the same wrong gradients")


def test_other_wrong_gradients_behind_a_right_step_are_described():
    twice = {19: "dZ2 = 2 * (saved.Y_pred - Y_true) / N", 32: UPDATE.format(" / 2")}
    feedback = check("06.10", twice)
    assert not feedback.passed and feedback.mistake is None
    told = "The step is right, but `backward` is not. The shapes are right. "
    assert feedback.message.startswith(f"{told}`dW1`, `db1`, `dW2` and `db2` are 2 times too large.")
    bare = check("06.10", {26: "return dW1, db1, dW2, db2", 30: READ}).message
    assert "but `backward` is not. Asked for is a `backward` that returns the gradients in a dict" in bare


READ = """\
dW1, db1, dW2, db2 = backward(params, saved, Y_true)
grads = {"W1": -dW1, "b1": -db1, "W2": -dW2, "b2": -db2}"""


def test_right_gradients_in_a_wrong_step_are_no_repair():
    both = {19: "dZ2 = (saved.Y_pred - Y_true) / N"} | MADE_UP_FOR["06.10"]
    feedback = check("06.10", both)
    assert not feedback.passed and feedback.message.startswith("The run is as broken as before")


def test_one_shift_for_all_rows_repairs_no_softmax():
    feedback = check("06.18", {2: "E = np.exp(Z - Z.max())"})
    assert not feedback.passed and "is nan on the case “large scores in one row”" in feedback.message


# ------------------------------------------------------------------ orders, and what to read again
TOO_EARLY = {
    "02.3": [3, 6, 5, 2, 4, 1, 7],
    "05.1": [5, 3, 2, 4, 1, 7, 6],
    "07.1": [6, 10, 4, 7, 5, 2, 1, 9, 8, 3],
}


@pytest.mark.parametrize("id", TOO_EARLY)
def test_an_update_before_the_last_use_changes_something_too_early(id):
    said = check(id, TOO_EARLY[id]).message
    assert "too early: a later step still uses what it changes" in said
    assert "before something that it needs" not in said


def test_an_order_in_which_a_share_is_lost_is_called_so():
    feedback = check("03.2", [4, 6, 1, 2, 5, 3])  # t sends before f has sent to it
    assert feedback.mistake == "M94" and "The share that arrives after that is not sent on." in str(feedback)


SIBLINGS = {"03.8": "01", "04.8": "02", "05.11": "03", "06.19": "04", "07.8": "05", "07.9": "05"}


@pytest.mark.parametrize("id", SIBLINGS)
def test_who_misses_a_sibling_reads_the_earlier_lesson_again(id):
    wrong = BY_ID[id].wrong(BY_ID[id].mistakes[0])
    assert f"Read again: lesson {SIBLINGS[id]}, “" in str(check(id, wrong))


# ------------------------------------------------------------------ 03.4: what a place has received already
def sweep_that_writes(operations, operand):
    """A sweep that overwrites what one operand of some operations has received, and adds elsewhere."""

    def sweep(values, steps):
        grads = np.zeros(len(values))
        grads[-1] = 1
        for op, i, j, k in reversed(steps):
            shares = {"+": (1, 1), "-": (1, -1), "*": (values[j], values[i])}[op]
            for number, place in enumerate((i, j)):
                kept = 0 if op in operations and number == operand else grads[place]
                grads[place] = kept + shares[number] * grads[k]
        return grads

    return sweep


@every_seed
@pytest.mark.parametrize("operations", ["+", "-", "*", "+-"])
@pytest.mark.parametrize("operand", [0, 1])
def test_no_operand_of_any_operation_may_be_overwritten(operations, operand, seed):
    rejected("03.4", sweep_that_writes(operations, operand), seed)
    assert check("03.4", sweep_that_writes("", operand), seed).passed


# ------------------------------------------------------------------ 06.3: which gradients prove nothing
def error_where(proves_nothing):
    def error(yours, measured):
        if proves_nothing(yours, measured):
            return 1
        norm = np.linalg.norm
        return norm(yours - measured) / (norm(yours) + norm(measured))

    return error


@every_seed
def test_only_two_arrays_of_zeros_prove_nothing(seed):
    for wrong in (
        lambda a, b: np.linalg.norm(a - b) == 0,
        lambda a, b: a.sum() == 0 and b.sum() == 0,
        lambda a, b: a.sum() == b.sum(),
    ):
        rejected("06.3", error_where(wrong), seed)
    assert check("06.3", error_where(lambda a, b: not a.any() and not b.any()), seed).passed


# ------------------------------------------------------------------ shifts within a row
SHIFTS = {
    "the mean": lambda Z: Z - Z.mean(axis=1, keepdims=True),
    "the first score": lambda Z: Z - Z[:, :1],
    "the smallest": lambda Z: Z - Z.min(axis=1, keepdims=True),
    "1000 where it is large": lambda Z: np.where(Z > 500, Z - 1000, Z),
}


@every_seed
@pytest.mark.parametrize("shift", SHIFTS.values(), ids=SHIFTS)
def test_a_shift_that_is_not_the_largest_score_of_its_row_is_noticed(shift, seed):
    def softmax(Z):
        E = np.exp(shift(Z))
        return E / E.sum(axis=1, keepdims=True)

    def forward(params, X):
        Z1 = X @ params["W1"].T + params["b1"]
        A1 = np.maximum(Z1, 0)
        return {"Z1": Z1, "A1": A1, "Y_pred": softmax(A1 @ params["W2"].T + params["b2"])}

    def loss(Z2, Y_true):
        log_Y = shift(Z2) - np.log(np.exp(shift(Z2)).sum(axis=1, keepdims=True))
        return -np.where(Y_true == 1, log_Y, 0).sum() / len(Z2)

    def heads(Z, Y_true):
        N, m = Z.shape
        sigmoid = (1 + np.tanh(Z / 2)) / 2
        return (softmax(Z) - Y_true) / N, (sigmoid - Y_true) / (N * m), 2 * (Z - Y_true) / (N * m)

    for id, answer in (("04.4", softmax), ("04.6", forward), ("04.10", loss), ("07.6", heads)):
        rejected(id, answer, seed)


WITHIN_A_ROW = {
    "the mean": "E = np.exp(Z - Z.mean(axis=-1, keepdims=True))",
    "the first score": "E = np.exp(Z - Z[:, :1])",
    "1000 where it is large": "E = np.exp(np.where(Z > 500, Z - 1000, Z))",
}


@pytest.mark.parametrize("line", WITHIN_A_ROW.values(), ids=WITHIN_A_ROW)
def test_no_other_shift_repairs_the_softmax_of_a_run(line):
    feedback = check("06.18", {2: line})
    assert not feedback.passed and feedback.mistake is None


# ------------------------------------------------------------------ numbers by hand that tell
BY_HAND = {  # what comes out where the error at the scores is wrong, or a value stands in for a slope
    "05.11": [18],  # the value of L
    "04.8": [(-4, 1 / 16, 3, -0.75), (-4 / 3, 3 / 16, 3, -0.75)],  # y² for y (1 − y), 1 − y for y
    "05.7": [(1.5, 0.5, -0.5, -0.25), (-4.5, -1.5, 1.5, 0.75)],  # −y and 1 − y for y − 1
    "07.8": [((2.25, -1.5), [(2.5, 5.125), (0.5, 0.875)])],  # −y for y − 1 in the true class
    "06.1": [(13, 0.25), (26, 1)],  # the difference alone, and a division by ε
}


@pytest.mark.parametrize("id", BY_HAND)
def test_errors_by_hand_give_numbers_of_their_own(id):
    for answer in BY_HAND[id]:
        assert not check(id, answer).passed, answer


# ------------------------------------------------------------------ sizes of 1, large sums, rates
@every_seed
def test_a_squeezed_gradient_has_another_shape_where_a_size_is_one(seed):
    assert "shape" in rejected("05.3", lambda dZ2, A1: ((dZ2.T @ A1).squeeze(), dZ2.sum(axis=0)), seed)
    assert "shape" in rejected("05.4", lambda dZ2, W2: (dZ2 @ W2).squeeze(), seed)


@every_seed
def test_a_sigmoid_that_overflows_is_noticed(seed):
    def error(dA1, Z1):
        A1 = np.exp(Z1) / (1 + np.exp(Z1))
        return dA1 * A1 * (1 - A1)

    assert "is nan on the case" in rejected("05.8", error, seed)


@pytest.mark.parametrize("rate", [0.2, 0.5, 0.9])
def test_a_learning_rate_in_numbers_repairs_no_run(rate):
    repair = dict(BY_ID["06.8"].right())
    assert check("06.8", repair).passed
    wrong = {n: text.replace("learning_rate", str(rate)) for n, text in repair.items()}
    assert wrong != repair and not check("06.8", wrong).passed


# ------------------------------------------------------------------ the form of a repair
def test_numbers_of_lines_may_be_those_of_numpy_and_not_texts():
    line = BY_ID["06.6"].right()[23]
    for n in (np.int64(23), np.uint8(23), np.array(23)[()]):
        assert check("06.6", {n: line}).passed
    for n in ("23", " 23 "):
        assert "stand without quotation marks" in check("06.6", {n: line}).message
    for n in (np.float64(23), np.True_, "line 23", (23,), None):
        assert "There is no line" in check("06.6", {n: line}).message


def test_an_array_is_no_repair():
    for answer in (np.array([1, 2, 3]), np.zeros((2, 2)), np.array([]), [], "dZ1", 0):
        assert "Asked for is a dict" in check("06.6", answer).message
    assert not check("06.6", {}).written


def test_an_exit_is_told_by_the_line_that_calls_it():
    said = check("06.6", {23: "exit()"}).message
    assert "Your line 23 of `backward`: `exit()`" in said and "meant to end the whole program?" in said
    assert "of `stops`: `exit()`" in check("05.5", stops).message


def stops(dA1, Z1):
    exit()


# ------------------------------------------------------------------ 10.6: the memory it speaks of
@every_seed
def test_right_gradients_of_all_rows_at_once_do_not_fit(seed):
    def whole(params, X, Y_true, size):
        return two_layer.backward(params, two_layer.forward(params, X)[1], Y_true)

    forward = two_layer.forward
    message = rejected("10.6", whole, seed)
    assert "6 rows go forward at once, and there is room for 4" in message and "line" in message
    assert two_layer.forward is forward, "the memory is small while an answer runs, and only then"


# ------------------------------------------------------------------ 10.9: which rate may be chosen
@pytest.mark.parametrize("highest, mistake", [(0.4, "M169"), (1.6, "M171")])
def test_the_search_that_chose_the_rate_is_named(highest, mistake):
    rates = tuple(highest * share for share in (0.25, 1, 1, 0.5, 0.25))
    rejected("10.9", rates, 0, mistake)


# ------------------------------------------------------------------ 11 and 13.9: what is given is used
def adam_with(rate=None, decay=None):
    """AdamW with numbers of its own in place of those that are given."""

    def step(W, dW, m, v, t, learning_rate, weight_decay=0.0):
        learning_rate, weight_decay = rate or learning_rate, decay or weight_decay
        m, v = 0.9 * m + 0.1 * dW, 0.999 * v + 0.001 * dW**2
        moved = m / (1 - 0.9**t) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
        return W - learning_rate * moved - learning_rate * weight_decay * W, m, v

    return step


def rmsprop_with(**own):
    def step(W, dW, v, learning_rate, rho, eps):
        given = {"learning_rate": learning_rate, "rho": rho, "eps": eps} | own
        v = given["rho"] * v + (1 - given["rho"]) * dW**2
        return W - given["learning_rate"] * dW / (np.sqrt(v) + given["eps"]), v

    return step


def lean_with(rate=None, decay=None):
    def step(W, dW, v, t, learning_rate, weight_decay):
        adamw = adam_with(rate, decay)
        W_new, _, v_new = adamw(W, 0 * dW, 0 * dW, v, t, learning_rate, weight_decay)
        v_new = v_new + 0.001 * dW**2
        moved = dW / (np.sqrt(v_new / (1 - 0.999**t)) + 1e-8)
        return W_new - (rate or learning_rate) * moved, v_new

    return step


def network_with(rate):
    def update(params, grads, m, v, made, learning_rate):
        step = adam_with(rate)
        return {k: step(params[k], grads[k], m[k], v[k], made + 1, learning_rate)[0] for k in params}

    return update


def only_W(step):
    return lambda *args: step(*args)[0]


def half_decay(W, dW, m, v, t, learning_rate, weight_decay):
    return adam_with()(W, dW, m, v, t, learning_rate)[0] - weight_decay / 2 * W


def double_decay(W, dW, m, v, t, learning_rate, weight_decay):
    return adam_with(decay=2 * weight_decay)(W, dW, m, v, t, learning_rate)[0]


@every_seed
@pytest.mark.parametrize("id, right", [
    ("11.3", rmsprop_with()), ("11.4", adam_with()), ("11.5", network_with(None)),
    ("11.6", only_W(adam_with())), ("13.9", lean_with()),
])  # fmt: skip
def test_the_answers_below_are_right_with_the_numbers_that_are_given(id, right, seed):
    assert check(id, right, seed).passed


@every_seed
@pytest.mark.parametrize("id, wrong", [
    ("11.3", rmsprop_with(learning_rate=0.5)), ("11.3", rmsprop_with(rho=0.9)),
    ("11.3", rmsprop_with(eps=1e-6)), ("11.4", adam_with(0.5)), ("11.5", network_with(0.5)),
    ("11.6", only_W(adam_with(0.5))),
    ("11.6", only_W(adam_with(decay=0.3))), ("11.6", half_decay), ("11.6", double_decay),
    ("13.9", lean_with(0.5)), ("13.9", lean_with(decay=0.3)),
])  # fmt: skip
def test_numbers_in_place_of_those_that_are_given_are_noticed(id, wrong, seed):
    rejected(id, wrong, seed)


# ------------------------------------------------------------------ by hand: the share that is kept
def balls(w, slopes, rate, kept, nesterov=False):
    """Where a ball is after each step that keeps this share of its velocity."""
    V, places = 0.0, []
    for slope in slopes:
        V = kept * V + slope
        w -= rate * (slope + kept * V if nesterov else V)
        places.append(w)
    return places


def adam_by_hand(w, slopes, beta1, beta2, kept1, kept2):
    m = v = 0.0
    places = []
    for t, slope in enumerate(slopes, 1):
        m, v = kept1 * m + (1 - kept1) * slope, kept2 * v + (1 - kept2) * slope**2
        w -= 0.3 * m / (1 - beta1**t) / (v / (1 - beta2**t)) ** 0.5
        places.append(w)
    return places


def by_hand(kept=0.25, kept1=0.25, kept2=0.75, beta1=0.25, beta2=0.75):
    """The answers where this share is kept of a velocity, of m and of v."""
    both = [
        [balls(w, (s, t), 0.2, kept, nesterov)[-1] for w, s, t in ((10, 8, 8), (2, 16, -16))]
        for nesterov in (False, True)
    ]
    adam = [adam_by_hand(w, g, beta1, beta2, kept1, kept2) for w, g in ((1, (6, 1)), (2, (1, -1)))]
    return {
        "10.2": (balls(5, (8, 2, -3), 0.25, kept), 0.25 / (1 - kept)),
        "12.8": tuple(both),
        "13.8": tuple(adam),
    }


def test_what_is_kept_and_what_is_new_are_told_apart_by_hand():
    for id, answer in by_hand().items():
        assert check(id, answer).passed
    for id, answer in by_hand(kept=0.75, kept1=0.75, kept2=0.25).items():
        rejected(id, answer, 0)
    for exchanged in (
        {"kept1": 0.75},
        {"kept2": 0.25},
        {"kept1": 0.75, "beta1": 0.75, "kept2": 0.25, "beta2": 0.25},
    ):
        rejected("13.8", by_hand(**exchanged)["13.8"], 0)
