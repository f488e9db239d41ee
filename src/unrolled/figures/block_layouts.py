"""Where the parts and the uses of an LSTM block stand, in either kind of drawing.

One unit is about half an inch. A layout holds no mathematics: a part that is not drawn takes no
room, and a part that has no place here cannot be drawn.
"""

from collections.abc import Mapping
from typing import NamedTuple

__all__ = ["HALF", "RING", "Layout", "Point", "colah_layout", "greff_layout"]

Point = tuple[float, float]
HALF = (0.5, 0.38)  # of a box, in the units of a layout
RING = 0.29  # radius of a product or a sum


class Layout(NamedTuple):
    """Where everything stands in one kind of drawing."""

    places: Mapping[str, tuple[Point, ...]]  # what is given may stand at several
    routes: Mapping[tuple[str, str], tuple[Point, ...]]
    letters: Mapping[str, tuple[Point, str]]  # where a quantity's letters stand, and their side
    numbers: Mapping[str, Point]  # where a part's order stands
    exits: Mapping[str, tuple[Point, ...]]
    frame: tuple[float, float, float, float]  # left, bottom, right, top; of no width for none
    limits: tuple[float, float, float, float]
    cell: float  # radius of the cell


X, Y0, C0 = "x(t)", "y(t - 1)", "c(t - 1)"
F, I, Z, O, C, Y = (f"{letter}(t)" for letter in "fizocy")  # noqa: E741
KEPT, ADDED, SQUASHED = f"{C0} * {F}", f"{Z} * {I}", f"tanh {C}"


def _bus(height: float, side: float, start: Point, *corners: Point) -> dict[str, tuple[Point, ...]]:
    """Lead one line past the four boxes of a circuit, with a branch into each."""
    return {
        gate: (start, *corners, (x + side, height), (x + side, 3.0 - HALF[1]))
        for gate, x in ((F, 2.0), (I, 3.5), (Z, 4.9), (O, 6.6))
    }


def colah_layout(*, one_line: bool = False) -> Layout:
    """Return the drawing with the cell's line across the top and the boxes below it."""
    x_side, y_side, x_height = (0.0, 0.0, 1.6) if one_line else (0.22, -0.22, 1.05)
    by_x = _bus(x_height, x_side, (1.35, -0.1), (1.35, x_height))
    by_y = _bus(1.6, y_side, (-0.2, 1.6))
    return Layout(
        places={
            X: ((1.35, -0.1),), Y0: ((-0.2, 1.6),), C0: ((-0.2, 7.2),),
            F: ((2.0, 3.0),), I: ((3.5, 3.0),), Z: ((4.9, 3.0),), O: ((6.6, 3.0),),
            ADDED: ((4.2, 5.3),), KEPT: ((2.0, 7.2),), C: ((4.2, 7.2),),
            SQUASHED: ((7.5, 6.0),), Y: ((7.5, 4.7),),
        },
        routes={
            **{(X, gate): route for gate, route in by_x.items()},
            **{(Y0, gate): route for gate, route in by_y.items()},
            (C0, KEPT): ((-0.2, 7.2), (2.0, 7.2)),
            (C0, F): ((1.2, 7.2), (1.2, 3.0), (1.5, 3.0)),
            (C0, I): ((1.2, 7.2), (1.2, 4.5), (3.25, 4.5), (3.25, 3.38)),
            (F, KEPT): ((2.0, 3.38), (2.0, 7.2)),
            (I, ADDED): ((3.5, 3.38), (3.5, 5.3), (4.2, 5.3)),
            (Z, ADDED): ((4.9, 3.38), (4.9, 5.3), (4.2, 5.3)),
            (ADDED, C): ((4.2, 5.3), (4.2, 7.2)),
            (KEPT, C): ((2.0, 7.2), (4.2, 7.2)),
            (C, O): ((5.75, 7.2), (5.75, 3.0), (6.1, 3.0)),
            (C, SQUASHED): ((4.2, 7.2), (7.5, 7.2), (7.5, 6.38)),
            (SQUASHED, Y): ((7.5, 5.62), (7.5, 4.7)),
            (O, Y): ((6.6, 3.38), (6.6, 4.7), (7.5, 4.7)),
        },
        letters={
            X: ((1.55, 0.1), "left"), Y0: ((0.28, 2.0), "center"), C0: ((0.28, 7.62), "center"),
            F: ((2.15, 6.0), "left"), I: ((3.36, 5.15), "right"), Z: ((4.78, 4.2), "right"),
            O: ((6.74, 3.9), "left"), C: ((8.7, 7.62), "center"), Y: ((8.7, 5.1), "center"),
        },
        numbers={
            F: (2.72, 3.0), I: (4.2, 3.0), Z: (5.48, 3.55), O: (7.3, 3.0), ADDED: (4.2, 4.78),
            KEPT: (2.0, 7.72), C: (4.2, 7.72), SQUASHED: (8.2, 6.0), Y: (7.5, 4.15),
        },
        exits={C: ((4.49, 7.2), (9.0, 7.2)), Y: ((7.79, 4.7), (9.0, 4.7))},
        frame=(0.86, 0.5, 8.3, 8.1),
        limits=(-0.26, -0.2, 9.06, 8.2),
        cell=RING,
    )  # fmt: skip


def _entries(
    middle: float, edge: float, outside: float
) -> tuple[tuple[Point, Point], tuple[Point, Point]]:
    """Lead the two inputs from outside to the edge of one box of an Odyssey."""
    return tuple(
        ((middle + 1.15 * side, outside), (middle + 0.55 * side, edge)) for side in (-0.5, 0.5)
    )  # type: ignore[return-value]


def greff_layout() -> Layout:
    """Return the drawing with the cell at its middle and the gates around it."""
    entries = {
        I: _entries(1.45, 2.8 - HALF[1], 1.75),
        F: _entries(7.2, 2.8 - HALF[1], 1.75),
        Z: _entries(4.2, 1.2 - HALF[1], 0.15),
        O: _entries(1.45, 7.6 + HALF[1], 8.65),
    }
    return Layout(
        places={
            X: tuple(pair[0][0] for pair in entries.values()),
            Y0: tuple(pair[1][0] for pair in entries.values()),
            C0: ((4.2, 4.5),), C: ((4.2, 4.5),),
            F: ((7.2, 2.8),), I: ((1.45, 2.8),), Z: ((4.2, 1.2),), O: ((1.45, 7.6),),
            ADDED: ((4.2, 2.8),), KEPT: ((7.2, 4.5),), SQUASHED: ((4.2, 6.2),), Y: ((4.2, 7.6),),
        },
        routes={
            **{(X, gate): pair[0] for gate, pair in entries.items()},
            **{(Y0, gate): pair[1] for gate, pair in entries.items()},
            (C0, KEPT): ((4.2, 4.5), (5.3, 5.6), (7.2, 5.6), (7.2, 4.5)),
            (C0, F): ((4.2, 4.5), (5.7, 2.8), (6.7, 2.8)),
            (C0, I): ((4.2, 4.5), (1.45, 4.5), (1.45, 3.18)),
            (F, KEPT): ((7.2, 3.18), (7.2, 4.5)),
            (I, ADDED): ((1.95, 2.8), (4.2, 2.8)),
            (Z, ADDED): ((4.2, 1.58), (4.2, 2.8)),
            (ADDED, C): ((4.2, 2.8), (4.2, 4.5)),
            (KEPT, C): ((7.2, 4.5), (4.2, 4.5)),
            (C, O): ((4.2, 4.5), (2.8, 6.2), (1.45, 6.2), (1.45, 7.22)),
            (C, SQUASHED): ((4.2, 4.5), (4.2, 5.82)),
            (SQUASHED, Y): ((4.2, 6.58), (4.2, 7.6)),
            (O, Y): ((1.95, 7.6), (4.2, 7.6)),
        },
        letters={
            X: ((0.0, -0.28), "below"), Y0: ((0.0, -0.28), "below"),
            C0: ((6.1, 5.95), "center"), C: ((4.2, 4.5), "inside"),
            F: ((7.35, 3.68), "left"), I: ((2.8, 3.12), "center"), Z: ((4.34, 2.1), "left"),
            O: ((2.8, 7.92), "center"), Y: ((4.38, 8.6), "left"),
        },
        numbers={
            F: (7.98, 2.8), I: (0.67, 2.8), Z: (3.42, 1.2), O: (0.67, 7.6), ADDED: (4.78, 2.8),
            KEPT: (7.78, 4.5), C: (3.46, 3.9), SQUASHED: (4.98, 6.2), Y: (4.78, 7.6),
        },
        exits={Y: ((4.2, 7.89), (4.2, 8.95))},
        frame=(0.0, 0.0, 0.0, 0.0),
        limits=(0.2, -0.5, 8.4, 9.25),
        cell=0.6,
    )  # fmt: skip
