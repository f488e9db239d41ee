"""Decision trees as boxes, what they answer in a plane, and how a forest is put together.

The class that is looked for is orange and round, the other one blue and square.
"""

from collections.abc import Sequence
from typing import cast

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from unrolled.figures.diagrams import draw_arrow, draw_box
from unrolled.figures.plots import scatter
from unrolled.figures.stepping import full_axes
from unrolled.figures.style import (
    FIFTH,
    FIRST,
    INK,
    MARKERS,
    SECOND,
    SIGNED,
    SINGLE,
    WIDE,
    book_style,
    label,
)

__all__ = ["draw_forest", "draw_nodes", "draw_regions"]

ROW = 0.86  # inches, from a node to its children
BOX = (1.12, 0.5)


@book_style()
def draw_nodes(
    left: Sequence[int],
    texts: Sequence[str],
    questions: Sequence[str],
    answers: tuple[str, str] = ("no", "yes"),
    *,
    width: float = SINGLE,
) -> Axes:
    """Draw the nodes of a tree as boxes, each below the node that it comes from.

    Parameters
    ----------
    left : sequence of int of shape (n_nodes,)
        Left child of each node, the right one follows it; -1 at a leaf.
    texts : sequence of str of shape (n_nodes,)
        What stands in the boxes, in two lines at most.
    questions : sequence of str of shape (n_nodes,)
        What stands below a box that has children.
    answers : (str, str), optional
        What leads to the left child and to the right one.
    width : float, optional
        In inches.

    Returns
    -------
    Axes
    """
    places = _places(left)
    levels = max(level for _, level in places)
    ax = full_axes(width, ROW * levels + 0.72)
    ax.set_axis_off()
    ax.set(xlim=(0, width), ylim=(-ROW * levels - 0.36, 0.36))
    n_leaves = sum(child < 0 for child in left)
    at = [((x + 0.5) * width / n_leaves, -ROW * level) for x, level in places]
    for node, first in enumerate(left):
        if first < 0:
            continue
        for child, answer in zip((first, first + 1), answers, strict=True):
            start, end = (at[node][0], at[node][1] - BOX[1] / 2), at[child]
            draw_arrow(ax, [start, (end[0], end[1] + BOX[1] / 2)])
            side = 1 if child > first else -1
            middle = (start[0] + end[0]) / 2, (start[1] + end[1] + BOX[1] / 2) / 2
            label(ax, answer, middle, (5 * side, 8), align="left" if side > 0 else "right")
        if questions[node]:
            label(ax, questions[node], (at[node][0], at[node][1] - BOX[1] / 2 - 0.2))
    for place, text in zip(at, texts, strict=True):
        draw_box(ax, text, place, BOX, round_by=0.06)
    return ax


def _places(left: Sequence[int]) -> list[tuple[float, int]]:
    """Give each leaf the next place from the left, and each other node the middle of its own."""
    places = [(0.0, 0)] * len(left)
    n_leaves = 0

    def place(node: int, level: int) -> float:
        nonlocal n_leaves
        if left[node] < 0:
            x, n_leaves = float(n_leaves), n_leaves + 1
        else:
            x = sum(place(left[node] + side, level + 1) for side in (0, 1)) / 2
        places[node] = x, level
        return x

    place(0, 0)
    return places


@book_style()
def draw_regions(
    ax: Axes, share: np.ndarray, points: np.ndarray, sought: np.ndarray, *, ms: float = 3.2
) -> None:
    """Colour a panel by the probability of the class that is looked for, with rows on it.

    Parameters
    ----------
    ax : Axes
        With its limits, over which the grid of `share` lies evenly.
    share : ndarray of shape (n_rows, n_columns)
        From the lower left corner.
    points : ndarray of shape (n_points, 2)
    sought : ndarray of bool of shape (n_points,)
    ms : float, optional
        Size of the markers, in points.
    """
    ax.imshow(
        2 * share - 1, cmap=SIGNED, norm=Normalize(-1, 1), origin="lower", aspect="auto",
        extent=(*ax.get_xlim(), *ax.get_ylim()), alpha=0.5, interpolation="nearest",
    )  # fmt: skip
    looks = {"colours": [SECOND, FIRST], "markers": [MARKERS[1], MARKERS[0]]}
    scatter(ax, points, sought.astype(int), ms=ms, **looks)


@book_style()
def draw_forest(n_drawn: np.ndarray, answers: Sequence[float]) -> Figure:
    """Draw how a forest comes from a few rows: bags, trees, and the mean of their answers.

    Parameters
    ----------
    n_drawn : ndarray of int of shape (n_trees, n_rows)
        How often each tree's bag holds each row.
    answers : sequence of float of shape (n_trees,)
        Probability that each tree gives.

    Returns
    -------
    Figure
    """
    n_trees, n_rows = n_drawn.shape
    gap, high = 0.68, 0.44
    ax = full_axes(WIDE, gap * n_trees + 0.5)
    ax.set_axis_off()
    ax.set(xlim=(0, WIDE), ylim=(-gap * (n_trees - 0.5) - 0.05, gap / 2 + 0.45))
    middle = -gap * (n_trees - 1) / 2
    columns = {"rows": 0.45, "bag": 2.15, "tree": 3.8, "answer": 4.65, "mean": 5.6, "left out": 6.7}
    for name, x in columns.items():
        label(ax, name, (x, gap / 2 + 0.2), rim=False)
    draw_box(ax, f"1 to {n_rows}", (0.45, middle), (0.72, high), round_by=0.05)
    for tree, (bag, answer) in enumerate(zip(n_drawn, answers, strict=True)):
        y = -gap * tree
        drawn = "  ".join(str(row) for row in np.repeat(np.arange(1, n_rows + 1), bag))
        out = "  ".join(str(row) for row in np.flatnonzero(bag == 0) + 1)
        draw_arrow(ax, [(0.84, middle), (1.22, y)])
        draw_box(ax, drawn, (2.15, y), (1.8, high), FIFTH, round_by=0.05)
        draw_arrow(ax, [(3.08, y), (3.46, y)])
        draw_box(ax, f"{tree + 1}", (3.8, y), (0.6, high), INK, round_by=0.05)
        draw_arrow(ax, [(4.13, y), (4.41, y)])
        label(ax, f"{answer:.2f}", (4.65, y), rim=False)
        draw_arrow(ax, [(4.9, y), (5.2, middle)])
        label(ax, out, (6.7, y), rim=False)
    draw_box(ax, f"{np.mean(answers):.2f}", (5.6, middle), (0.7, high), FIRST, round_by=0.05)
    return cast(Figure, ax.get_figure(root=True))
