"""The order in which the products of an LSTM can be computed."""

from unrolled.figures.diagrams import TINT, Box, Diagram, Edge, Part, Words
from unrolled.figures.style import (
    DATA,
    HIDDEN,
)

__all__ = ["waiting"]


def waiting(n_steps: int) -> Diagram:
    """Describe which products can be computed at once, and which wait for the previous step.

    Parameters
    ----------
    n_steps : int

    Returns
    -------
    Diagram
    """
    middle = n_steps - 1.0
    nodes: dict[str, Part] = {"W": Box("", (middle, 1.7), (2.0 * n_steps, 1.0), DATA, TINT)}
    edges = []
    for step in range(1, n_steps + 1):
        x = 2.0 * (step - 1)
        nodes[f"W{step}"] = Words(rf"$W x^{{({step})}}$", (x, 1.7))
        nodes[f"R{step}"] = Box(rf"$R\, y^{{({step - 1})}}$", (x, 0.0), (1.4, 1.0), HIDDEN, TINT)
        edges.append(Edge("W", f"R{step}", via=((x, 0.85),)))
        edges += [Edge(f"R{step - 1}", f"R{step}", kind="before")] if step > 1 else []
    return Diagram(nodes, edges, margin=0.1)
