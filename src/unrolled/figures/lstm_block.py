"""One LSTM block in two drawings, both described from one list of parts and uses.

A layout says where a part is placed and how a use is routed; it adds no part and no use, and must
have a place for everything that it is given. A line has the colour of the quantity that it carries:
what comes from the previous step is dashed, a peephole magenta. One unit is about half an inch.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from unrolled.figures.diagrams import Align, Box, Diagram, Edge, Group, Node, Part, Point, Words
from unrolled.figures.style import BLOCK_INPUT, CELL, HIDDEN, INPUT_GATE, QUIET
from unrolled.figures.unrolled import LSTM, kind_of

__all__ = ["Layout", "black_boxes", "block", "colah_layout", "greff_layout", "hadamard", "streams"]

SIGNS = {"sigma": r"$\sigma$", "tanh": "tanh", "times": r"\bullet", "plus": "+"}
SIZE, RING = (1.0, 0.76), 0.29  # of a box, in the units of a layout; of a product or a sum
X, Y0, C0 = "x(t)", "y(t - 1)", "c(t - 1)"
F, I, Z, O, C, Y = (f"{letter}(t)" for letter in "fizocy")  # noqa: E741
KEPT, ADDED, SQUASHED = f"{C0} * {F}", f"{Z} * {I}", f"tanh {C}"


class Layout(NamedTuple):
    """Where everything stands in one kind of drawing."""

    places: Mapping[str, Point]
    corners: Mapping[tuple[str, str], Sequence[Point]]  # of each use; none where it is straight
    begins: Mapping[tuple[str, str], Point]  # of a use that parts from another line
    letters: Mapping[str, Sequence[tuple[Point, Align]]]  # where a quantity's letters stand
    numbers: Mapping[str, Point]  # where a part's order stands
    exits: Mapping[str, Point]
    frame: tuple[Point, ...]  # two corners
    limits: tuple[float, float, float, float]
    cell: float  # radius of the cell


def block(
    parts: Sequence[tuple[str, str, str, int]],
    uses: Sequence[tuple[str, str, str]],
    layout: Layout,
    *,
    names: bool = False,
    numbers: bool = False,
) -> Diagram:
    """Describe a block by its parts and uses, at the places of a layout.

    Parameters
    ----------
    parts : sequence of (str, str, str, int)
        Name, what it does, the quantity it belongs to, and its place in the order of computation.
    uses : sequence of (str, str, str)
        Start, end, and the weights in between.
    layout : Layout
    names : bool, optional
        Let boxes show their quantity instead of their activation.
    numbers : bool, optional
        Write the order of computation beside each part.

    Returns
    -------
    Diagram

    Raises
    ------
    ValueError
        When there is no place for a part or a use.
    """
    belongs = {name: quantity for name, _, quantity, _ in parts}
    strange = sorted(belongs.keys() - layout.places.keys())
    strange += sorted(
        f"{start} > {end}"
        for start, end, _ in uses
        if (start, end) not in layout.corners or not {start, end} <= belongs.keys()
    )
    if strange:
        raise ValueError(
            f"parts and uses must be those of an LSTM block, got {', '.join(strange)}. "
            f"Take them from `unrolled.symbolic.wiring`."
        )
    nodes: dict[str, Part] = {}
    for name, does, quantity, order in parts:
        nodes[name] = _part(name, does, quantity, layout, names=names)
        if does == "given" or not names or name in (C, Y):
            for place, (at, align) in enumerate(layout.letters.get(name, ())):
                nodes[f"letters of {name} {place}"] = Words(_tex(name), at, align=align)
        if numbers and name in layout.numbers:
            nodes[f"order of {name}"] = Node(str(order), layout.numbers[name], QUIET, radius=0.25)
    edges = []
    for start, end, by in uses:
        kind = kind_of(by.startswith("p"), start in (Y0, C0))
        colour = "" if by.startswith("p") else LSTM[belongs[start]].colour
        via, begin = layout.corners[start, end], layout.begins.get((start, end))
        edges.append(Edge(start, end, kind=kind, via=via, begin=begin, colour=colour))
    for name, at in layout.exits.items():
        nodes[f"exit of {name}"] = Words("", at)
        edges.append(Edge(name, f"exit of {name}", colour=LSTM[belongs[name]].colour))
    corners = {f"corner {n}": Words("", at) for n, at in enumerate(layout.frame)}
    groups = [Group([*corners], margin=0.0)] if corners else []
    return Diagram(nodes | corners, edges, groups, layout.limits)


def _part(name: str, does: str, quantity: str, layout: Layout, *, names: bool) -> Part:
    """Describe a given quantity by its place alone, and an operation as a box or a ring."""
    at, colour = layout.places[name], LSTM[quantity].colour
    if does in ("sigma", "tanh"):
        sign = f"${quantity}$" if names and quantity in "fizo" else SIGNS[does]
        return Box(sign, at, SIZE, colour, 0.2)
    if name == C and layout.cell > RING:
        return Node("c^{(t)}", at, colour, radius=layout.cell, tint=0.2)
    return Words("", at) if does == "given" else Node(SIGNS[does], at, radius=RING)


def _tex(name: str) -> str:
    letter, _, time = name.partition("(")
    return rf"${letter}^{{({time.replace(' ', '')}}}$"


def streams(diagram: Diagram) -> Diagram:
    """Lay the two streams of a plain circuit under its lines, as broad bands with their names.

    Parameters
    ----------
    diagram : Diagram
        From `block`, in the layout `colah_layout` with one line.

    Returns
    -------
    Diagram
    """
    nodes: dict[str, Part] = {"on-ramp": Words("on-ramp", (4.35, 6.35), align="left")}
    groups = [*diagram.groups]
    bands = (("the cell's line", 7.2, 9.0, 0.56, CELL), ("the gates' line", 1.6, 7.3, -0.5, HIDDEN))
    for name, y, end, above, colour in bands:
        ends = {f"{name} {x}": Words("", (x, y)) for x in (0.05, end - 0.25)}
        nodes |= {**ends, name: Words(name, (6.9, y + above))}
        groups.append(Group([*ends], margin=0.22, colour=colour, tint=0.2))
    return diagram._replace(nodes={**diagram.nodes, **nodes}, groups=groups)


def black_boxes(n_steps: int) -> Diagram:
    """Describe the block as a black box, once for each step.

    Parameters
    ----------
    n_steps : int

    Returns
    -------
    Diagram
    """
    pitch = 3.0
    nodes: dict[str, Part] = {}
    edges = []
    for t in range(n_steps + 1):
        for letter, y in (("c", 0.45), ("y", -0.45)):
            nodes[f"{letter}({t})"] = Words("", (pitch * (t + 0.5), y))
            nodes[f"name of {letter}({t})"] = Words(
                f"${letter}^{{({t})}}$", (pitch * (t + 0.5), y + 0.36)
            )
    for t in range(1, n_steps + 1):
        nodes[f"box {t}"] = Box("LSTM", (pitch * t, 0.0), (1.2, 1.8))
        nodes[f"x({t})"] = Words(f"$x^{{({t})}}$", (pitch * t, -2.0), (0.3, 0.3))
        nodes[f"out {t}"] = Words(f"$y^{{({t})}}$", (pitch * t, 2.0), (0.3, 0.3))
        edges += [Edge(f"x({t})", f"box {t}"), Edge(f"box {t}", f"out {t}", colour=HIDDEN)]
        for letter, colour in (("c", CELL), ("y", HIDDEN)):
            y = nodes[f"{letter}({t})"].at[1]
            for ends, side in ((t - 1, -0.9), (t, 0.9)):
                pair = (f"{letter}({ends})", f"box {t}")
                edges.append(
                    Edge(*(pair if side < 0 else pair[::-1]), kind="before", colour=colour,
                         via=((pitch * t + side, y),), head=side < 0 or t == n_steps)
                )  # fmt: skip
    return Diagram(nodes, edges, limits=(1.0, -2.4, pitch * (n_steps + 0.5) + 0.5, 2.4))


def hadamard(left: np.ndarray, right: np.ndarray) -> Diagram:
    """Describe a gate, the vector that it multiplies, and their elementwise product.

    Parameters
    ----------
    left, right : ndarray of shape (n_rows, n_columns)

    Returns
    -------
    Diagram
        The larger a number, the stronger the tint of its cell, whatever its sign.
    """
    n_rows, n_columns = left.shape
    nodes: dict[str, Part] = {}
    tables = ((left, INPUT_GATE), (right, BLOCK_INPUT), (left * right, CELL))
    for n, (table, colour) in enumerate(tables):
        begin = n * (n_columns + 0.8)
        strength = 0.6 * np.abs(table) / max(float(np.abs(table).max()), 1e-9)
        for (row, column), amount in np.ndenumerate(table):
            written = f"{amount:.3g}".replace("-", "−")
            at, tint = (begin + column, -float(row)), float(strength[row, column])
            nodes[f"{n} {row} {column}"] = Box(written, at, (1, 1), colour, tint, 1.0, sharp=True)
        if n:
            sign = r"$\odot$" if n == 1 else "$=$"
            nodes[sign] = Words(sign, (begin - 0.9, -(n_rows - 1) / 2))
    return Diagram(nodes, [], margin=0.06)


# Places --------------------------------------------------------------------------------------


def _bus(height: float, side: float, *first: Point) -> dict[str, tuple[Point, ...]]:
    """Lead one line past the four boxes of a circuit, with a branch into each."""
    boxes = {F: 2.0, I: 3.5, Z: 4.9, O: 6.6}
    return {gate: (*first, (x + side, height)) for gate, x in boxes.items()}


def colah_layout(*, one_line: bool = False) -> Layout:
    """Return the drawing with the cell's line across the top and the boxes below it.

    Parameters
    ----------
    one_line : bool, optional
        Lead both inputs into the boxes by one line.

    Returns
    -------
    Layout
    """
    x_side, y_side, x_height = (0.0, 0.0, 1.6) if one_line else (0.22, -0.22, 1.05)
    by_x = _bus(x_height, x_side, (1.35, x_height))
    by_y = _bus(1.6, y_side)
    return Layout(
        places={
            X: (1.35, -0.1), Y0: (-0.2, 1.6), C0: (-0.2, 7.2), F: (2.0, 3.0), I: (3.5, 3.0),
            Z: (4.9, 3.0), O: (6.6, 3.0), ADDED: (4.2, 5.3), KEPT: (2.0, 7.2), C: (4.2, 7.2),
            SQUASHED: (7.5, 6.0), Y: (7.5, 4.7),
        },
        corners={
            **{(X, gate): corners for gate, corners in by_x.items()},
            **{(Y0, gate): corners for gate, corners in by_y.items()},
            (C0, KEPT): (), (C0, F): ((1.2, 3.0),), (C0, I): ((1.2, 4.5), (3.25, 4.5)),
            (F, KEPT): (), (I, ADDED): ((3.5, 5.3),), (Z, ADDED): ((4.9, 5.3),), (ADDED, C): (),
            (KEPT, C): (), (C, O): ((5.75, 3.0),), (C, SQUASHED): ((7.5, 7.2),),
            (SQUASHED, Y): (), (O, Y): ((6.6, 4.7),),
        },
        begins={(C0, F): (1.2, 7.2), (C0, I): (1.2, 7.2), (C, O): (5.75, 7.2)},
        letters={
            X: [((1.55, 0.1), "left")], Y0: [((0.28, 2.0), "center")],
            C0: [((0.28, 7.62), "center")], F: [((2.15, 6.0), "left")],
            I: [((3.36, 5.15), "right")], Z: [((4.78, 4.2), "right")], O: [((6.74, 3.9), "left")],
            C: [((8.7, 7.62), "center")], Y: [((8.7, 5.1), "center")],
        },
        numbers={
            F: (2.78, 3.0), I: (4.24, 3.0), Z: (5.48, 3.58), O: (7.38, 3.0), ADDED: (4.2, 4.72),
            KEPT: (2.0, 7.76), C: (4.2, 7.76), SQUASHED: (8.28, 6.0), Y: (7.5, 4.12),
        },
        exits={C: (9.0, 7.2), Y: (9.0, 4.7)},
        frame=((0.86, 0.5), (8.3, 8.1)),
        limits=(-0.26, -0.2, 9.06, 8.2),
        cell=RING,
    )  # fmt: skip


def greff_layout() -> Layout:
    """Return the drawing with the cell at its middle and the gates around it.

    Returns
    -------
    Layout
    """
    boxes = {I: (1.45, 2.8), F: (7.2, 2.8), Z: (4.2, 1.2), O: (1.45, 7.6)}
    begins, corners = {}, {}
    for gate, (x, y) in boxes.items():
        out = 1 if gate == O else -1
        for source, side in ((X, -1), (Y0, 1)):
            begins[source, gate] = (x + 0.58 * side, y + 1.43 * out)
            corners[source, gate] = ((x + 0.28 * side, y + 0.75 * out),)
    letters: dict[str, list[tuple[Point, Align]]] = {
        source: [
            ((x + (-0.1 if source == X else 0.12), y + (0.28 if y > 8 else -0.28)), "center")
            for (start, _), (x, y) in begins.items()
            if start == source
        ]
        for source in (X, Y0)
    }
    return Layout(
        places={
            X: (4.2, 0.0), Y0: (4.2, 0.0), C0: (4.2, 4.5), C: (4.2, 4.5), **boxes,
            ADDED: (4.2, 2.8), KEPT: (7.2, 4.5), SQUASHED: (4.2, 6.2), Y: (4.2, 7.6),
        },
        corners={
            **corners,
            (C0, KEPT): ((5.3, 5.6), (7.2, 5.6)), (C0, F): ((5.7, 2.8),), (C0, I): ((1.45, 4.5),),
            (F, KEPT): (), (I, ADDED): (), (Z, ADDED): (), (ADDED, C): (), (KEPT, C): (),
            (C, O): ((2.8, 6.2), (1.45, 6.2)), (C, SQUASHED): (), (SQUASHED, Y): (), (O, Y): (),
        },
        begins=begins,
        letters={
            **letters,
            C0: [((6.1, 5.95), "center")], F: [((7.35, 3.68), "left")],
            I: [((2.8, 3.12), "center")], Z: [((4.34, 2.1), "left")],
            O: [((2.8, 7.92), "center")], Y: [((4.38, 8.6), "left")],
        },
        numbers={
            F: (8.0, 2.8), I: (0.65, 2.8), Z: (3.4, 1.2), O: (0.65, 7.6), ADDED: (4.8, 2.8),
            KEPT: (7.8, 4.5), C: (3.44, 3.9), SQUASHED: (5.0, 6.2), Y: (4.8, 7.6),
        },
        exits={Y: (4.2, 8.95)},
        frame=(),
        limits=(0.2, -0.75, 8.4, 9.6),
        cell=0.6,
    )  # fmt: skip
