"""Dependency trees as arcs over words, and what the readings of one phrase would look like.

An arrow leads from a unit to its governor. A tree is given as the governor of each unit, counted
from one, with 0 for the root.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import cast

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Ellipse, Patch, PathPatch, Polygon
from matplotlib.path import Path

from unrolled.figures.diagrams import LINE, Point, draw_arrow
from unrolled.figures.stepping import full_axes
from unrolled.figures.style import (
    GROUND,
    INK,
    LINE_WIDTH,
    QUIET,
    SINGLE,
    THIN,
    THIRD,
    WIDE,
    bare_axes,
    book_style,
)

__all__ = ["draw_creature", "draw_tree", "figure_creatures", "figure_reading", "figure_trees"]

Tree = Sequence[int]
ROUND = 0.5523  # of a quarter circle as a cubic curve
RISE = 0.31  # height of an arc, as a share of its length
APART = 0.1  # between two ends of arcs at one word, in inches
RED = THIRD
OUTLINE = 1.5


# --- arcs -----------------------------------------------------------------------------------------


@book_style()
def draw_tree(
    ax: Axes,
    words: Sequence[str],
    tree: Tree,
    *,
    colours: Mapping[int, str] | None = None,
    left: float = 0.0,
    width: float = SINGLE,
    base: float = 0.45,
) -> None:
    """Draw a tree as arcs over its words, in an Axes whose unit is an inch.

    Parameters
    ----------
    ax : Axes
    words : sequence of str
        A line break puts a gloss below a word.
    tree : sequence of int
    colours : mapping of int to str, optional
        Colours of the arcs of some units; the others are grey.
    left, width : float, optional
        The strip of the Axes that the words share.
    base : float, optional
        Height at which the arcs stand; the words hang below it.
    """
    gap = width / len(words)
    middles = [left + gap * (k + 0.5) for k in range(len(words))]
    places = _ends(tree, middles)
    for unit, governor in enumerate(tree, 1):
        if governor:
            colour = (colours or {}).get(unit, QUIET)
            arc = _half_ellipse(places[unit, governor], places[governor, unit], base)
            draw_arrow(ax, arc, colour=colour, width=LINE if colour == QUIET else LINE_WIDTH)
    for middle, word in zip(middles, words, strict=True):
        ax.text(middle, base - 0.06, word, ha="center", va="top", color=INK, linespacing=1.2)


def _ends(tree: Tree, middles: Sequence[float]) -> dict[tuple[int, int], float]:
    """Place the ends of all arcs at their words, so that arcs of a projective tree stay apart.

    Returns
    -------
    dict
        By a unit and the unit at the other end of the arc.
    """
    partners: dict[int, list[int]] = {unit: [] for unit in range(1, len(tree) + 1)}
    for unit, governor in enumerate(tree, 1):
        if governor:
            partners[unit].append(governor)
            partners[governor].append(unit)
    places = {}
    for unit, others in partners.items():
        # Those to the left come first, the nearest before the farthest; then the farthest right.
        others.sort(key=lambda other: (other > unit, -other))
        shifts = APART * (np.arange(len(others)) - (len(others) - 1) / 2)
        for other, shift in zip(others, shifts, strict=True):
            places[unit, other] = middles[unit - 1] + float(shift)
    return places


def _half_ellipse(start: float, end: float, base: float) -> Path:
    """Return a half ellipse above a line, from one point of it to another."""
    middle, reach = (start + end) / 2, (end - start) / 2
    height = base + RISE * abs(end - start)
    pull = base + ROUND * (height - base)
    points = [
        (start, base), (start, pull), (middle - ROUND * reach, height), (middle, height),
        (middle + ROUND * reach, height), (end, pull), (end, base),
    ]  # fmt: skip
    return Path(points, [Path.MOVETO, *6 * [Path.CURVE4]])


# --- creatures ------------------------------------------------------------------------------------


@book_style()
def draw_creature(ax: Axes, tree: Tree, *, at: Point = (0.0, 0.0), size: float = 1.0) -> None:
    """Draw what a reading of *atama-ga akai sakana-o taberu neko* says, red parts filled.

    Parameters
    ----------
    ax : Axes
        One unit across is as long as one up.
    tree : sequence of int
        Governors of head, red, fish, eats and cat. Who is red, how much of it, what eats, and
        whether the cat is a head follow from the first two.
    at : (float, float), optional
        Middle of the ground on which it stands.
    size : float, optional
        Its height.
    """
    head, red = tree[0], tree[1]
    whole = head != 2  # otherwise its head alone is red
    pen = _Pen(ax, at, size)
    if head == 5:
        _draw_trunk(pen)
        pen = _Pen(ax, pen.point(-0.03, 0.5), 0.52 * size)
    fish = {"body": red == 3 and whole, "head": red == 3}
    if head == 4:  # the head eats, and not the mouth
        _draw_fish(pen.turned((-0.22, 0.9), -90), **fish, zorder=2.5)
    _draw_cat(pen, body=red == 5 and whole, head=red == 5, swallows=head == 4)
    if head != 4:
        _draw_fish(pen.turned((-0.3, 0.42), 0), **fish, zorder=4.0)


class _Pen:
    """Puts shapes into an Axes, moved, scaled and turned."""

    def __init__(self, ax: Axes, at: Point, size: float, angle: float = 0.0) -> None:
        self.ax, self.at, self.size, self.angle = ax, at, size, angle

    def turned(self, by: Point, angle: float) -> "_Pen":
        """Return a pen for a part whose middle lies here, turned by an angle in degrees."""
        return _Pen(self.ax, self.point(*by), self.size, angle)

    def point(self, x: float, y: float) -> Point:
        """Return where a point of the drawing lies."""
        a = np.radians(self.angle)
        right, up = x * np.cos(a) - y * np.sin(a), x * np.sin(a) + y * np.cos(a)
        return float(self.at[0] + self.size * right), float(self.at[1] + self.size * up)

    def shape(self, points: Sequence[Point], red: bool, zorder: float) -> None:
        """Fill a shape, with an outline through some points."""
        self._put(Polygon([self.point(*p) for p in points], closed=True), red, zorder)

    def oval(
        self, x: float, y: float, width: float, height: float, red: bool, zorder: float
    ) -> None:
        """Fill an ellipse."""
        size = (self.size * width, self.size * height)
        self._put(Ellipse(self.point(x, y), *size, angle=self.angle), red, zorder)

    def line(self, points: Sequence[Point], zorder: float, *, colour: str = INK,
             width: float = OUTLINE) -> None:  # fmt: skip
        """Draw a line through two points, or a cubic curve by four."""
        codes = [Path.MOVETO, *(len(points) - 1) * [Path.CURVE4 if points[2:] else Path.LINETO]]
        path = Path([self.point(*p) for p in points], codes)
        look = {"fc": "none", "ec": colour, "lw": width, "capstyle": "round"}
        self.ax.add_artist(PathPatch(path, **look, zorder=zorder))

    def limb(self, points: Sequence[Point], red: bool, zorder: float, width: float) -> None:
        """Draw a line that is as wide as a limb, with an outline."""
        points_wide = 72 * self.size * width
        self.line(points, zorder, width=points_wide + 2 * OUTLINE)
        self.line(points, zorder, width=points_wide, colour=RED if red else GROUND)

    def dot(self, x: float, y: float, radius: float, zorder: float) -> None:
        """Draw an eye or a nose."""
        spot = Circle(self.point(x, y), radius * self.size, fc=INK, ec="none", zorder=zorder)
        self.ax.add_artist(spot)

    def _put(self, patch: Patch, red: bool, zorder: float) -> None:
        patch.set(fc=RED if red else GROUND, ec=INK, lw=OUTLINE, joinstyle="round", zorder=zorder)
        self.ax.add_artist(patch)


def _draw_cat(pen: _Pen, *, body: bool, head: bool, swallows: bool) -> None:
    """Draw a cat; one that swallows has an open forehead and no mouth."""
    pen.limb([(0.44, 0.36), (0.74, 0.36), (0.42, 0.7), (0.66, 0.82)], body, 2.6, 0.055)
    for x in (-0.06, 0.07, 0.3, 0.43):
        pen.limb([(x, 0.25), (x, 0.04)], body, 2.7, 0.06)
    pen.oval(0.18, 0.34, 0.7, 0.32, body, 2.8)
    pen.shape([(-0.41, 0.58), (-0.42, 0.82), (-0.25, 0.72)], head, 3.0)
    pen.shape([(-0.19, 0.72), (-0.02, 0.82), (-0.03, 0.58)], head, 3.0)
    pen.oval(-0.22, 0.54, 0.44, 0.4, head, 3.1)
    pen.dot(-0.3, 0.58, 0.024, 3.2)
    pen.dot(-0.14, 0.58, 0.024, 3.2)
    pen.shape([(-0.245, 0.525), (-0.195, 0.525), (-0.22, 0.5)], False, 3.2)
    for side in (-1, 1):
        for y in (0.46, 0.5):
            pen.line([(-0.22 + side * 0.09, 0.49), (-0.22 + side * 0.27, y)], 3.2, width=THIN)
    if swallows:
        teeth = [(-0.34, 0.705), (-0.3, 0.66), (-0.26, 0.705), (-0.22, 0.66), (-0.18, 0.705),
                 (-0.14, 0.66), (-0.1, 0.705)]  # fmt: skip
        for ends in pairwise(teeth):
            pen.line(ends, 3.3)


def _draw_fish(pen: _Pen, *, body: bool, head: bool, zorder: float) -> None:
    """Draw a fish that looks to the left, with its middle at the pen."""
    pen.shape([(0.14, 0.0), (0.33, 0.12), (0.27, 0.0), (0.33, -0.12)], body, zorder)
    pen.oval(0.0, 0.0, 0.46, 0.22, body, zorder + 0.1)
    angles = np.linspace(-1.32, 1.32, 25)
    cheek = [(-0.23 * np.cos(a), 0.11 * np.sin(a)) for a in angles]
    pen.shape([*cheek, (-0.03, 0.0)], head, zorder + 0.2)
    pen.dot(-0.14, 0.028, 0.02, zorder + 0.3)


def _draw_trunk(pen: _Pen) -> None:
    """Draw a person without a head."""
    for ends in ([(0, 0.56), (0, 0.27)], [(0, 0.27), (-0.14, 0.0)], [(0, 0.27), (0.14, 0.0)],
                 [(0, 0.47), (-0.2, 0.34)], [(0, 0.47), (0.2, 0.34)]):  # fmt: skip
        pen.line(ends, 2.4, width=LINE_WIDTH + 1)


@book_style()
def figure_creatures(trees: Sequence[Tree], names: Sequence[str]) -> Figure:
    """Draw side by side what some readings of the Japanese phrase say.

    Parameters
    ----------
    trees : sequence of tree
    names : sequence of str
        Written below.

    Returns
    -------
    Figure
    """
    gap = WIDE / len(trees)
    ax = full_axes(WIDE, 1.85)
    bare_axes(ax)
    for k, (tree, name) in enumerate(zip(trees, names, strict=True)):
        draw_creature(ax, tree, at=(gap * (k + 0.45), 0.62), size=1.05)
        ax.text(gap * (k + 0.5), 0.46, name, ha="center", va="top", color=INK, linespacing=1.15)
    ax.set(xlim=(0, WIDE), ylim=(0, 1.85))
    return cast(Figure, ax.get_figure(root=True))


@book_style()
def figure_reading(words: Sequence[str], tree: Tree, colours: Mapping[int, str]) -> Figure:
    """Draw a reading of the Japanese phrase: what it says, and below it its tree.

    Parameters
    ----------
    words : sequence of str
        A line break puts a gloss below a word.
    tree : sequence of int
    colours : mapping of int to str
        Colours of the arcs of some units; the others are grey.

    Returns
    -------
    Figure
    """
    height = 3.4
    ax = full_axes(SINGLE, height)
    bare_axes(ax)
    draw_creature(ax, tree, at=(SINGLE / 2, 2.08), size=1.02)
    draw_tree(ax, words, tree, colours=colours, base=0.72)
    ax.set(xlim=(0, SINGLE), ylim=(0, height))
    return cast(Figure, ax.get_figure(root=True))


@book_style()
def figure_trees(
    words: Sequence[str],
    trees: Sequence[Tree],
    names: Sequence[str],
    colours: Sequence[Mapping[int, str]],
) -> Figure:
    """Draw several trees of one phrase, two in a row.

    Parameters
    ----------
    words : sequence of str
        A line break puts a gloss below a word.
    trees : sequence of tree
    names : sequence of str
        Written above each tree.
    colours : sequence of mapping of int to str
        For each tree colours of the arcs of some units; the others are grey.

    Returns
    -------
    Figure
    """
    rows, gap, row = -(-len(trees) // 2), 0.35, 1.75
    wide = (WIDE - gap) / 2
    ax = full_axes(WIDE, rows * row)
    bare_axes(ax)
    for k, (tree, name, colour) in enumerate(zip(trees, names, colours, strict=True)):
        left, low = (k % 2) * (wide + gap), (rows - 1 - k // 2) * row
        draw_tree(ax, words, tree, colours=colour, left=left, width=wide, base=low + 0.5)
        ax.text(left + 0.1, low + row - 0.08, name, ha="left", va="top", color=INK)
    ax.set(xlim=(0, WIDE), ylim=(0, rows * row))
    return cast(Figure, ax.get_figure(root=True))
