"""The patients of lesson 14: networks with two modes, and trainings that choose their best epoch."""

from functools import partial

from backprop_course.grading.bank.clinic import patient
from backprop_course.grading.plan_batchnorm import BATCHNORM_BACK, BATCHNORM_USE
from backprop_course.grading.plan_dropout import DROPOUT
from backprop_course.grading.plan_selection import SELECTION

USE = "Where the network is used"
network = partial(patient, kind="Network")
dropped = partial(network, plan=DROPOUT, keep=0.5, strength=0.001, section="The loop", lesson="07")
normalized = partial(network, plan=BATCHNORM_USE, section=USE)
selected = partial(network, plan=SELECTION, learning_rate=0.03, section="Open the test part", lesson="07")

RUNS = (
    dropped(
        "A",
        "14.11",
        "M133",
        "Every gradient is right, and the same digits get two answers. Where does chance still enter?",
    ),
    normalized(
        "B",
        "14.12",
        "M135",
        "All is right in training. Which numbers does the prediction in use take that training never needs?",
    ),
    selected(
        "C",
        "14.13",
        "M136",
        "The steps of Adam are right. What is 4/3, and what does so low a validation loss promise?",
    ),
    network(
        "D",
        "14.14",
        "M30",
        "Which gradients are right, and through which line do the wrong ones come?",
        section="Backward, one link at a time",
        plan=BATCHNORM_BACK,
    ),
    dropped(
        "E",
        "14.15",
        "M134",
        "Two gradients are a little off, and two are right. In which line are they told apart?",
        strength=0.01,
    ),
    selected(
        "F",
        "14.16",
        "M137",
        "All steps and all rows are right. What is kept along the way, and what is handed over at the end?",
        rows=120,
    ),
    normalized(
        "G",
        "14.17",
        "M128",
        "What does one digit alone get, and what the same digit among others?",
    ),
)
