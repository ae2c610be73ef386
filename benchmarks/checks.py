"""How long does a check take to answer a learner?

    python benchmarks/checks.py                3 inputs for every answer
    python benchmarks/checks.py --inputs 10

Every exercise gets right answers in all styles, a blank, and answers with each mistake of the library; one
answer that loops for ever is measured as well. The table has milliseconds by lesson and by kind of answer.

The exit status is 1 if the median over all checks is more than 0.1 seconds, or if the loop is answered after
more than 10.5 seconds.
"""

import argparse
import platform
import sys
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))  # right answers and blanks are kept there

MEDIAN, LOOP = 0.1, 10.5  # seconds


def answers(exercise):
    """Pairs of a kind, "right", "blank" or "wrong", and an answer of that kind."""
    import right_answers
    from kill_table import blanks

    right = right_answers.STYLES[exercise.id]
    yield from (("right", answer) for answer in right)
    yield "blank", blanks(right)[-1]  # of a function the one that has to be called
    yield from (("wrong", exercise.wrong(id)) for id in exercise.mistakes)


def measured(inputs):
    """(lesson, kind of answer, seconds) for every check; the first one of an answer counts like any other."""
    from backprop_course.grading import check, exercises

    for exercise in exercises():
        for kind, answer in answers(exercise):
            for seed in range(inputs):
                start = perf_counter()
                check(exercise.id, answer, seed)
                yield exercise.id.partition(".")[0], kind, perf_counter() - start


def seconds_of_a_loop():
    """How long the first exercise that asks for a function takes to stop an answer that never ends."""
    import right_answers

    from backprop_course.grading import check

    def looping(*args):
        while True:
            pass

    id = next(id for id, right in right_answers.STYLES.items() if right_answers.is_function(right))
    start = perf_counter()
    check(id, looping)
    return perf_counter() - start


def line(name, seconds):
    """A row of the table: number of checks, then median, 95th percentile and largest in milliseconds."""
    high = quantiles(seconds, n=20, method="inclusive")[-1]
    numbers = "".join(f"{1000 * s:14.1f}" for s in (median(seconds), high, max(seconds)))
    return f"{name:<10}{len(seconds):>8}{numbers}"


def verdict(seconds, loop):
    """What is too slow, as a list of sentences."""
    slow = [f"median {median(seconds):.3f} s, more than {MEDIAN} s"] * (median(seconds) > MEDIAN)
    return slow + [f"the loop took {loop:.1f} s, more than {LOOP} s"] * (loop > LOOP)


def main():
    """Print the table; the exit status is 1 if a check is too slow."""
    parser = argparse.ArgumentParser(description="How long the checks take.")
    parser.add_argument("--inputs", type=int, default=3, help="random inputs for every answer (3)")
    inputs = max(1, parser.parse_args().inputs)
    print(f"Python {platform.python_version()}, {platform.machine()}, {inputs} inputs for every answer\n")
    print(f"{'lesson':<10}{'checks':>8}{'median ms':>14}{'95 % ms':>14}{'largest ms':>14}")
    found = list(measured(inputs))
    for column in (0, 1):
        for name in dict.fromkeys(row[column] for row in found):
            print(line(name, [row[-1] for row in found if row[column] == name]))
    everything = [row[-1] for row in found]
    print(line("all", everything))
    loop = seconds_of_a_loop()
    print(f"\nan endless loop is answered after {loop:.2f} s")
    slow = verdict(everything, loop)
    print("\n".join(slow) or f"within {MEDIAN} s (median) and {LOOP} s (the loop)")
    sys.exit(1 if slow else 0)


if __name__ == "__main__":
    main()
