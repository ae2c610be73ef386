"""The patients of lesson 10: in them every gradient is right, and the training around it is not."""

from functools import partial

from backprop_course.grading.bank.clinic import patient
from backprop_course.grading.plan_training import TRAINING

training = partial(patient, kind="Training", plan=TRAINING, sibling="12.8")
LOOP = {"section": "The loop", "lesson": "07"}
MEMORY = {"section": "A memory for the steps"}
USUAL = {"learning_rate": 0.05, "beta": 0.9}

RUNS = (
    training(
        "A",
        "10.11",
        "M41",
        "In the run the first step is right, and the third about three times too long. What does it use "
        "besides its own gradient?",
        "gradient against update",
        **LOOP,
        learning_rate=0.05,
    ),
    training(
        "B",
        "10.12",
        "M47",
        "In the run inputs and start are right, and already the first loss is not. What else enters it?",
        **LOOP,
        **USUAL,
    ),
    training(
        "C",
        "10.13",
        "M130",
        "In the run the first step is right, and the next ones are too short. What should a step know of "
        "those before it?",
        **MEMORY,
        **USUAL,
    ),
    training(
        "D",
        "10.14",
        "M131",
        "Which row of the table is wrong first, and which two numbers have this ratio?",
        section="Why divide by 16?",
        lesson="07",
        **USUAL,
    ),
    training(
        "E",
        "10.15",
        "M132",
        "The ratio is 0.177 in W1, where n = 64. What is its square, and what does that say?",
        section="The scale of a draw",
        lesson="09",
        **USUAL,
    ),
    training(
        "F",
        "10.16",
        "M138",
        "In the run all is right with one mini-batch an epoch. What is different when there are many?",
        section="A gradient from a few rows",
        learning_rate=0.1,
        beta=0.9,
    ),
    training(
        "G",
        "10.17",
        "M106",
        "In the run every step is a tenth of what it should be. Is 0.1 the learning rate here, or 1 − beta?",
        section="Three forms that are easily confused",
        **USUAL,
    ),
    training(
        "H",
        "10.18",
        "M108",
        "In the run the second step is 2/1.9 of what it should be. Where does 1.9 come from, and where 2?",
        **MEMORY,
        **USUAL,
    ),
)
