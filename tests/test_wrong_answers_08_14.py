"""Wrong answers to the exercises of lessons 08 to 14 that no planted mistake stands for pass on no input."""

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
