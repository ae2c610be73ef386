"""Wrong answers to the exercises of lessons 08 to 14 that no planted mistake stands for pass on no input."""

import numpy as np
import pytest

from backprop_course.grading import check
from backprop_course.grading.checks import BY_ID


# ------------------------------------------------------------------ numbers by hand, rounded
def test_three_digits_are_enough():
    rounded = ((-0.125, 0.188), (0.0625, -0.125)), ((1, 0), (-1, 1))
    for id, answer in (("09.9", rounded), ("12.1", ((1, 0.333), (2, 0)))):
        assert check(id, answer).passed


def test_two_digits_are_too_few_and_told_so():
    feedback = check("12.1", ((1, 0.32), (2, 0)))
    assert not feedback.passed and "`with_L2` is nearly right: keep three digits" in feedback.message


def test_a_mistake_that_is_named_is_not_called_nearly_right():
    for answer, mistake in (((1, 1.8, 0.2), "M170"), ((0.5, 1.9, 0.15), "M22"), ((1, 1.8, 0), "M119")):
        feedback = check("12.4", answer)
        assert feedback.mistake == mistake and "nearly" not in feedback.message
    feedback = check("13.8", BY_ID["13.8"].wrong("M111"))
    assert feedback.mistake == "M111" and "nearly" not in feedback.message


def test_what_is_all_zero_by_hand_is_not_called_a_case():
    said = check("12.1", ((0, 0), (0, 0))).message
    assert "Every number is 0. " in said


# ------------------------------------------------------------------ numbers by hand that tell
BY_HAND = {
    "12.1": [((1, 1 / 3), (1, 0))],  # the slope of w² without its 2: no learning rate is at work here
    "12.9": [(np.sqrt(6), 72, 0.2)],  # the distance for its square
    "14.1": [(5, 9, (6, -2, 0, 0)), (5, 9, (8 / 3, 0, 2 / 3, 2 / 3))],  # neither gamma nor std, no gamma
    "14.3": [((1, 3, -2, -2), -6, 6)],  # neither gamma nor std
}


def test_errors_by_hand_give_numbers_of_their_own():
    for id, answer in ((id, answer) for id, answers in BY_HAND.items() for answer in answers):
        feedback = check(id, answer)
        assert not feedback.passed and feedback.mistake is None, (id, feedback)


# ------------------------------------------------------------------ the order of the rows in a broken run
MIXED_WRONGLY = [
    ("10.16", {28: "rows = order[:batch_size]"}),
    ("10.16", {28: "rows = rng.permutation(len(X))[first : first + batch_size]"}),
    ("10.16", {27: "for first in rng.permutation(range(0, len(X), batch_size)):"}),
    ("10.16", {26: "X, Y = np.roll(inputs, order[0], axis=0), np.roll(Y_true, order[0], axis=0)"}),
    (
        "14.13",
        {21: "order = training", 22: "for first in rng.permutation(range(0, len(order), batch_size)):"},
    ),
    ("14.13", {21: "order = np.roll(training, rng.integers(len(training)))"}),
    ("14.13", {21: "order = training", 23: "rows = rng.permutation(training)[first : first + batch_size]"}),
]


@pytest.mark.parametrize(("id", "repair"), MIXED_WRONGLY)
def test_each_epoch_takes_every_row_once_in_new_company(id, repair):
    for seed in range(3):
        feedback = check(id, repair, seed)
        assert not feedback.passed and "cannot be called" not in feedback.message, feedback.message


# ------------------------------------------------------------------ functions
every_seed = pytest.mark.parametrize("seed", range(5))


def rejected(id, answer, seed, mistake=None):
    feedback = check(id, answer, seed)
    assert not feedback.passed and feedback.mistake == mistake, feedback.message
    return feedback.message


def adamw_dividing_by(root):
    def step(W, dW, m, v, t, learning_rate, weight_decay):
        m, v = 0.9 * m + 0.1 * dW, 0.999 * v + 0.001 * dW**2
        adam = m / (1 - 0.9**t) / root(v / (1 - 0.999**t))
        return W - learning_rate * (adam + weight_decay * W), m, v

    return step


@every_seed
def test_eps_stands_beside_the_root_and_is_seen(seed):
    assert check("12.5", adamw_dividing_by(lambda v: np.sqrt(v) + 1e-8), seed).passed
    for root in (lambda v: np.sqrt(v + 1e-8), lambda v: np.sqrt(v) + 1e-10, lambda v: np.sqrt(v) + 1e-6):
        assert not check("12.5", adamw_dividing_by(root), seed).passed
    assert check("12.5", adamw_dividing_by(np.sqrt), seed).mistake == "M44"


@every_seed
def test_the_largest_curvature_stands_anywhere(seed):
    for place in (0, -1):
        rejected("08.3", lambda H, k=place: 2 / np.linalg.eigvals(H)[k], seed)
        rejected("08.3", lambda H, k=place: 2 / np.diag(H)[k], seed)


@every_seed
def test_eps_is_the_one_that_is_given(seed):
    def slopes_with(another):
        def second_slopes(gradient, w, eps):
            steps = another * np.eye(len(w))
            return np.array([(gradient(w + s) - gradient(w - s)) / (2 * another) for s in steps]).T

        return second_slopes

    for another in (1e-5, 1e-3, 1e-2, 0.1):
        rejected("08.8", slopes_with(another), seed)


@every_seed
def test_the_lowest_rate_is_the_one_that_is_given(seed):
    def rate_at(step, highest, lowest, warm, steps):
        return right(step, highest, highest / 8, warm, steps)

    right = BY_ID["08.10"].right()
    assert check("08.10", right, seed).passed
    rejected("08.10", rate_at, seed)


# ------------------------------------------------------------------ units, masks and epochs
@every_seed
def test_a_unit_that_is_hardly_alive_is_not_dead(seed):
    right = BY_ID["09.4"].right()
    assert check("09.4", right, seed).passed
    rejected("09.4", lambda Z1: np.isclose(np.maximum(Z1, 0), 0).all(axis=0).sum(), seed)
    rejected("09.4", lambda Z1: np.isclose(np.maximum(Z1, 0), 0).all(axis=0).mean(), seed)


def dropout(draw, mask_of_the_way_back):
    def both_ways(A, dout, keep, seed):
        mask = draw(np.random.default_rng(seed), A) < keep
        out = A * mask / keep
        return out, dout * mask_of_the_way_back(out, mask) / keep

    return both_ways


@every_seed
def test_a_mask_is_not_read_off_the_outputs(seed):
    def draw(rng, A):
        return rng.random(A.shape, dtype=np.float32)

    assert check("13.3", dropout(draw, lambda out, mask: mask), seed).passed
    rejected("13.3", dropout(draw, lambda out, mask: out != 0), seed)
    other = dropout(lambda rng, A: rng.random(A.shape), lambda out, mask: mask)
    assert "Do the numbers come from draw()?" in rejected("13.3", other, seed)


def stopping(lowest, chosen):
    def stop_early(w, changes, losses, patience):
        w, best, low, waited = w.copy(), w.copy(), lowest, 0
        for k in range(len(losses)):
            w += changes[k]
            if losses[k] < low:
                best, low, waited = w.copy(), losses[k], 0
            else:
                waited += 1
            if waited == patience:
                break
        return chosen(best, w), k + 1

    return stop_early


@every_seed
def test_the_first_epoch_is_the_best_so_far_and_the_last_is_not(seed):
    assert check("13.5", stopping(np.inf, lambda best, last: best), seed).passed
    for lowest in (1, 100, 1e9):
        rejected("13.5", stopping(lowest, lambda best, last: best), seed)
    assert check("13.5", stopping(np.inf, lambda best, last: last), seed).mistake == "M124"


# ------------------------------------------------------------------ what is said of an argument
def normalized_over(axis, slope=lambda dout: dout):
    def row_backward(dout, X, eps):
        dout, c = slope(dout), X - X.mean(axis=axis, keepdims=True)
        s = np.sqrt((c**2).mean(axis=axis, keepdims=True) + eps)
        along = (dout * c / s).mean(axis=axis, keepdims=True)
        return (dout - dout.mean(axis=axis, keepdims=True) - c / s * along) / s

    return row_backward


@every_seed
def test_an_argument_is_unused_where_it_is_so_on_every_case(seed):
    assert check("14.10", normalized_over(1), seed).passed
    assert "whatever" not in rejected("14.10", normalized_over(0), seed)
    said = rejected("14.10", normalized_over(1, np.ones_like), seed)
    assert "whatever `dout` is" in said


# ------------------------------------------------------------------ what a repaired program returns
RETURNED = [
    ("14.17", {33: "return best, losses"}, "`train` that returns 3 things", "returns 2 of them"),
    ("14.17", {33: "return losses, best, watched"}, "`train` that returns the best parameters", "a list"),
    ("10.11", {24: "return"}, "`train` that returns 2 things", "returns a NoneType"),
    ("10.11", {22: ""}, "no `train` any more", "return"),
    ("10.11", {14: 'return {"W1": W1}'}, "`start` that returns the first parameters", "has no 'b1'"),
    ("14.12", {15: "return Y_pred"}, "`forward_train` that returns 3 things", "a ndarray"),
    ("14.12", {30: "return params, losses, losses"}, "`train` that returns the new state", "a list"),
    ("14.12", {30: "return params, params, losses"}, "`train` that returns the new state", "no 'mean'"),
    ("14.12", {30: "return"}, "`train` that returns 3 things", "a NoneType"),
]


@pytest.mark.parametrize(("id", "repair", "asked", "came"), RETURNED)
def test_a_program_that_returns_something_else_is_told_so(id, repair, asked, came):
    said = rejected(id, repair, 0)
    assert asked in said and came in said and "cannot be called" not in said


def test_a_long_line_that_cannot_be_read_is_shortened():
    assert len(rejected("14.17", {33: "return " + "(" + "best, " * 5000}, 0)) < 400


def test_running_statistics_move_at_every_mini_batch():
    late = """params = {name: params[name] - learning_rate * grads[name] for name in params}
if len(losses) % -(-len(X) // batch_size) == 0:
    state = new"""
    once = {26: "Y_pred, saved, new = forward_train(params, state, X[rows])", 29: late}
    assert "`mean_of_two` differs" in rejected("14.12", once, 0)


def test_the_place_of_eps_is_asked_for_in_adam():
    early = {9: "W -= rate * sqrt(1 - beta2**t) / (1 - beta1**t) * (m / root)"}
    assert "added to the corrected root" in rejected("14.14", early, 0)
