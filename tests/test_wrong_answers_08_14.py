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
