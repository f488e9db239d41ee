"""The drawing on the home page: one step of a plain LSTM, twice as wide as it is high."""

from collections.abc import Sequence

from unrolled.figures.diagrams import Diagram
from unrolled.figures.lstm_block import Layout, block
from unrolled.figures.style import INK

__all__ = ["low_circuit", "low_layout", "with_derivatives"]

BOXES = {"f(t)": 1.9, "i(t)": 3.5, "z(t)": 5.0, "o(t)": 6.7}  # how far right each one stands
BUS, BOX, PRODUCT, CELL = 0.0, 1.15, 2.55, 3.75  # heights: of what enters, of boxes, of the cell
BESIDE = -0.62  # right of an edge that points upwards
SQUASHED, SHOWN = 3.0, 1.9


def low_layout() -> Layout:
    """Return places for a block without peepholes, low enough for the first screen.

    Returns
    -------
    Layout
    """
    into, kept, added = (4.25, PRODUCT), "c(t - 1) * f(t)", "z(t) * i(t)"
    return Layout(
        places={
            "x(t)": (1.0, -0.95), "y(t - 1)": (-0.2, BUS), "c(t - 1)": (-0.2, CELL),
            **{name: (x, BOX) for name, x in BOXES.items()}, added: into,
            kept: (BOXES["f(t)"], CELL), "c(t)": (into[0], CELL), "tanh c(t)": (7.75, SQUASHED),
            "y(t)": (7.75, SHOWN),
        },
        corners={
            **{("x(t)", name): ((1.0, BUS), (x, BUS)) for name, x in BOXES.items()},
            **{("y(t - 1)", name): ((x, BUS),) for name, x in BOXES.items()},
            ("c(t - 1)", kept): (), ("f(t)", kept): (), (kept, "c(t)"): (), (added, "c(t)"): (),
            ("i(t)", added): ((BOXES["i(t)"], PRODUCT),),
            ("z(t)", added): ((BOXES["z(t)"], PRODUCT),), ("c(t)", "tanh c(t)"): ((7.75, CELL),),
            ("tanh c(t)", "y(t)"): (), ("o(t)", "y(t)"): ((BOXES["o(t)"], SHOWN),),
        },
        begins={},
        letters={
            "x(t)": [((1.18, -0.78), "left")], "y(t - 1)": [((0.3, BUS + 0.36), "center")],
            "c(t - 1)": [((0.3, CELL + 0.36), "center")], "c(t)": [((8.95, CELL + 0.36), "center")],
            "y(t)": [((8.95, SHOWN + 0.38), "center")],
        },
        numbers={},
        exits={"c(t)": (9.3, CELL), "y(t)": (9.3, SHOWN)},
        frame=((0.78, -0.5), (8.5, CELL + 0.68)),
        limits=(-0.26, -1.05, 9.36, CELL + 0.78),
        cell=0.29,
    )  # fmt: skip


def low_circuit(
    parts: Sequence[tuple[str, str, str, int]], uses: Sequence[tuple[str, str, str]]
) -> Diagram:
    """Describe a block without peepholes at low places, its boxes named by their quantities.

    Parameters
    ----------
    parts, uses : sequence
        As for `unrolled.figures.lstm_block.block`.

    Returns
    -------
    Diagram
        Input and previous output reach the boxes by one black line, solid from where they join.
    """
    diagram = block(parts, uses, low_layout(), names=True)
    edges = [e._replace(colour=INK) if e.start == "y(t - 1)" else e for e in diagram.edges]
    return diagram._replace(edges=sorted(edges, key=lambda edge: edge.start == "x(t)"))


def with_derivatives(diagram: Diagram, derivatives: dict[tuple[str, str], str]) -> Diagram:
    """Write a local derivative to the right of some upward edges.

    Parameters
    ----------
    diagram : Diagram
    derivatives : dict
        By the start and the end of an edge, its local derivative as TeX.

    Returns
    -------
    Diagram
    """
    edges = []
    for edge in diagram.edges:
        local = derivatives.get((edge.start, edge.end), "")
        edges.append(edge._replace(local=local, label_side=BESIDE))
    return diagram._replace(edges=edges)
