"""Wrong answers to the exercises of lessons 08 to 14 that no planted mistake stands for pass on no input."""

import pytest

from backprop_course.grading import check

# ------------------------------------------------------------------ numbers by hand, rounded
def test_three_digits_are_enough():
    rounded = ((-0.125, 0.188), (0.0625, -0.125)), ((1, 0), (-1, 1))
    for id, answer in (("09.9", rounded), ("12.1", ((1, 0.333), (2, 0)))):
        assert check(id, answer).passed


def test_two_digits_are_too_few_and_told_so():
    feedback = check("12.1", ((1, 0.32), (2, 0)))
    assert not feedback.passed and "`with_L2` is nearly right: keep three digits" in feedback.message


def test_what_is_all_zero_by_hand_is_not_called_a_case():
    said = check("12.1", ((0, 0), (0, 0))).message
    assert "Every number is 0. " in said


# ------------------------------------------------------------------ numbers by hand that tell
BY_HAND = {
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
    ("14.13", {21: "order = training", 22: "for first in rng.permutation(range(0, len(order), batch_size)):"}),
    ("14.13", {21: "order = np.roll(training, rng.integers(len(training)))"}),
    ("14.13", {21: "order = training", 23: "rows = rng.permutation(training)[first : first + batch_size]"}),
]


@pytest.mark.parametrize(("id", "repair"), MIXED_WRONGLY)
def test_each_epoch_takes_every_row_once_in_new_company(id, repair):
    for seed in range(3):
        feedback = check(id, repair, seed)
        assert not feedback.passed and "cannot be called" not in feedback.message, feedback.message
