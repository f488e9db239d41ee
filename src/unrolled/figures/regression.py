"""The drawings about judging and choosing a model.

Training is teal, validation blue and a test mauve, as dots and as curves; a fit is orange, the
truth and the noise level are olive.
"""

from unrolled.figures.diagrams import TINT, Box, Diagram, Edge, Part, Words
from unrolled.figures.style import (
    DATA,
    FIRST,
    SECOND,
    SIXTH,
)

TRAINING, VALIDATION, TEST, FIT = DATA, SECOND, SIXTH, FIRST


def learning_loop() -> Diagram:
    """Describe how data become a model and how the model is judged.

    Returns
    -------
    Diagram
    """
    nodes: dict[str, Part] = {
        "training": Box("training", (2.15, 8.55), (4.3, 1.1), TRAINING, TINT),
        "validation": Box("validation", (5.95, 8.55), (2.9, 1.1), VALIDATION, TINT),
        "test": Box("test", (8.8, 8.55), (2.4, 1.1), TEST, TINT),
        "learner": Box("learner", (1.0, 5.15), (2.0, 1.1)),
        "model": Box("model", (3.25, 5.15), (1.3, 1.1)),
        "prediction": Box("prediction", (5.58, 5.15), (2.15, 1.1)),
        "evaluation": Box("evaluation", (5.95, 1.45), (2.9, 1.1)),
        "final score": Box("final score", (8.8, 1.45), (2.4, 1.1)),
        "examples": Words("inputs and\ntargets", (1.2, 6.85), align="left"),
        "inputs": Words("inputs", (5.1, 6.85), align="right"),
        "answers": Words("targets", (7.25, 3.3), align="left"),
        "choose": Words("choose again", (2.75, 1.85)),
        "once": Words("once", (9.1, 6.85), align="left"),
    }
    edges = [
        Edge("training", "learner", via=((1.0, 7.0),)),
        Edge("learner", "model"),
        Edge("model", "prediction"),
        Edge("validation", "prediction", via=((5.3, 7.0),)),
        Edge("prediction", "evaluation", via=((5.3, 3.0),)),
        Edge("validation", "evaluation", via=((7.05, 5.0),)),
        Edge("evaluation", "learner", via=((1.0, 1.45),)),
        Edge("test", "final score", kind="before"),
    ]
    return Diagram(nodes, edges, limits=(-0.1, 0.8, 10.1, 9.2))
