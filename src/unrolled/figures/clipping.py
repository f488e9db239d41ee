"""The two gated blocks: what uses what in one step."""

from unrolled.figures.diagrams import Diagram, Edge, Node
from unrolled.figures.style import (
    BLOCK_INPUT,
    CELL,
    FORGET_GATE,
    HIDDEN,
    INPUT_GATE,
    OUTPUT_GATE,
)

__all__ = ["gru_block", "lstm_block"]


def lstm_block() -> Diagram:
    """Describe the LSTM block, without peepholes: what uses what in one step.

    Returns
    -------
    Diagram
    """
    nodes = {
        "c_prev": Node("c^{(1)}", (0.0, 3.2), CELL),
        "y_prev": Node("y^{(1)}", (0.0, 1.5), HIDDEN),
        "x": Node("x^{(2)}", (0.0, -1.1), square=True),
        "f": Node("f", (1.9, 2.1), FORGET_GATE),
        "i": Node("i", (2.8, 1.1), INPUT_GATE),
        "z": Node("z", (3.3, 0.0), BLOCK_INPUT),
        "o": Node("o", (3.3, -1.1), OUTPUT_GATE),
        "c": Node("c^{(2)}", (4.6, 3.2), CELL),
        "y": Node("y^{(2)}", (5.6, 0.6), HIDDEN),
    }
    gates = [
        edge for gate in "fizo" for edge in (Edge("y_prev", gate, kind="before"), Edge("x", gate))
    ]
    rest = [Edge("c_prev", "c", kind="before"), Edge("f", "c"), Edge("i", "c"), Edge("z", "c"),
            Edge("c", "y"), Edge("o", "y")]  # fmt: skip
    return Diagram(nodes, [*gates, *rest])


def gru_block() -> Diagram:
    """Describe the GRU: what uses what in one step.

    Returns
    -------
    Diagram
        A gate has the colour of the LSTM gate with the same role: the update gate keeps, like a
        forget gate, and the reset gate shows, like an output gate.
    """
    nodes = {
        "h_prev": Node("h^{(1)}", (0.0, 3.2), HIDDEN),
        "x": Node("x^{(2)}", (0.0, -1.1), square=True),
        "z": Node("z", (3.0, 2.1), FORGET_GATE),
        "r": Node("r", (1.9, -0.1), OUTPUT_GATE),
        "seen": Node(r"\hat{h}", (3.3, -0.1), HIDDEN),
        "g": Node(r"\tilde{h}", (4.6, -1.1), BLOCK_INPUT),
        "h": Node("h^{(2)}", (5.2, 3.2), HIDDEN),
    }
    edges = [
        Edge("h_prev", "h", kind="before"),
        Edge("h_prev", "z", kind="before"),
        Edge("h_prev", "r", kind="before"),
        Edge("h_prev", "seen", kind="before"),
        Edge("x", "z"),
        Edge("x", "r"),
        Edge("x", "g"),
        Edge("r", "seen"),
        Edge("seen", "g"),
        Edge("z", "h"),
        Edge("g", "h"),
    ]
    return Diagram(nodes, edges)
