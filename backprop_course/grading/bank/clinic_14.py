"""The patients of lesson 14: networks with two modes, and trainings that choose their best epoch."""

from functools import partial

from backprop_course.grading.bank.clinic import patient
from backprop_course.grading.plan_batchnorm import BATCHNORM_BACK, BATCHNORM_USE
from backprop_course.grading.plan_dropout import DROPOUT
from backprop_course.grading.plan_selection import SELECTION

network = partial(patient, kind="Network", sibling="")
dropped = partial(network, plan=DROPOUT, keep=0.5, lesson="13")
used = partial(network, plan=BATCHNORM_USE, section="Where the network is used")
selected = partial(network, plan=SELECTION, section="Early stopping", lesson="13")

RUNS = (
    dropped(
        "A",
        "14.11",
        "M133",
        "In the run each gradient is right, and a digit gets two answers. Where does chance still enter?",
        section="Dropout",
        strength=0.001,
    ),
    used(
        "B",
        "14.12",
        "M135",
        "In the run all is right in training. Which numbers does only the prediction in use need?",
    ),
    selected(
        "C",
        "14.13",
        "M136",
        "In the run Adam is right, and an epoch has too many rows. Which ones are too many?",
        learning_rate=0.03,
    ),
    selected(
        "D",
        "14.14",
        "M42",
        "In the run the first step of Adam is 3.162 times too long. What do m and v know after one gradient? "
        "And is eps added to the corrected root?",
        section="Adam",
        lesson="11",
        learning_rate=0.01,
    ),
    network(
        "E",
        "14.15",
        "M30",
        "Which gradients are right in the run, and through which line do the wrong ones come?",
        section="Backward, one link at a time",
        plan=BATCHNORM_BACK,
    ),
    dropped(
        "F",
        "14.16",
        "M134",
        "In the run two gradients are a little off, and two are right. In which line are they told apart?",
        section="And the biases?",
        lesson="12",
        strength=0.01,
    ),
    selected(
        "G",
        "14.17",
        "M137",
        "In the run all steps are right. What is kept along the way, and what is handed over at the end?",
        learning_rate=0.03,
        rows=120,
    ),
    used(
        "H",
        "14.18",
        "M128",
        "What does one digit alone get, and what does the same digit get among others?",
    ),
    dropped(
        "I",
        "14.19",
        "M26",
        "In the run two gradients have half of their length, and keep is 0.5. Where should keep stand?",
        section="The same mask on the way back",
        strength=0.001,
    ),
)
