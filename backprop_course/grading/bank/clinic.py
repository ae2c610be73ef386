"""The patients of lesson 06: each run holds one mistake, and no two of them show the same."""

from backprop_course.grading.plans import Setting
from backprop_course.grading.repair import Repair

SHAPES = "shapes, sum against mean over the batch"
MASK = "the ReLU mask looks at Z1"
SOFTMAX = "why softmax with cross-entropy gives Y_pred − Y_true"
BACK = "what W2 does in dA1"

WHICH = "Which gradients are wrong in the run, and which line leads to these and to no other?"
CONSTANT = "In the run all four keep their direction. Where do they begin, and which size equals the ratio?"


def patient(
    letter: str, id: str, mistake: str, question: str, concept: str = "", section="Reading the fingerprint",
    kind: str = "Run", plan=None, lesson: str = "", sibling: str = "08.9", **setting,
) -> Repair:  # fmt: skip
    """The run with this letter; its plan is that of one step of the network, unless another one is given."""
    return Repair(
        id=id,
        title=f"{kind} {letter}",
        asked="Give the lines that are wrong, with their repaired text.",
        signature=f'repair_{letter.lower()} = {{3: "the repaired line"}}',
        section=section,
        lesson=lesson,
        question=question,
        mistake=mistake,
        plan=plan,
        setting=Setting(**setting),
        concept=concept,
        sibling=sibling,
    )


RUNS = (
    patient("A", "06.6", "M10", WHICH, MASK),
    patient("B", "06.7", "M1", CONSTANT, SHAPES, learning_rate=0.02),
    patient(
        "C",
        "06.8",
        "M19",
        "In the run two gradients are a little off. What do they use that the forward pass did not?",
        "gradient against update",
    ),
    patient(
        "D",
        "06.9",
        "M38",
        "In the run every gradient is right, and the loss is not. Where is it made?",
        SOFTMAX,
    ),
    patient(
        "E",
        "06.10",
        "M4",
        "In the run all four point the opposite way. Where does the way back begin?",
        "sign and size of a slope",
    ),
    patient("F", "06.11", "M17", WHICH, SHAPES),
    patient(
        "G",
        "06.12",
        "M15",
        "In the run one length is right and its direction is not. How can the same numbers point elsewhere?",
        SHAPES,
        h=10,
    ),
    patient(
        "H", "06.13", "M34", "In the run the loss is wrong, too. What is computed before the loss?", SOFTMAX
    ),
    patient("I", "06.14", "M20", "Which line of the run gives a parameter another shape?", SHAPES),
    patient(
        "J",
        "06.15",
        "M5",
        "In the run all four are too short and a little turned. Where do they begin, and what is done there?",
        SOFTMAX,
    ),
    patient("K", "06.16", "M54", WHICH, MASK),
    patient("L", "06.17", "M14", f"{WHICH} Over which index is the sum there?", BACK, h=10),
    patient(
        "M",
        "06.18",
        "M33",
        "The run is right as long as the numbers are small. Which line cannot take large ones?",
        learning_rate=0.0003,
        pixels=500.0,
    ),
)
