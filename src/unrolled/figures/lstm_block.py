"""One LSTM block in two drawings, both from one list of parts and uses.

A layout says where a part stands and which way a use takes; it adds no part and no use, and must
have a place for all that it is given. A line has the colour of the quantity that it carries: what
comes from the step before is dashed, a peephole magenta.
"""

from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch, Rectangle
from matplotlib.path import Path
from matplotlib.patheffects import Normal, withStroke
from matplotlib.text import Text

from unrolled.figures.block_layouts import (
    C0,
    HALF,
    RING,
    Y0,
    C,
    Layout,
    Point,
    X,
    Y,
    colah_layout,
    greff_layout,
)
from unrolled.figures.style import (
    BLOCK_INPUT,
    CELL,
    FORGET_GATE,
    FORMULA_SIZE,
    GROUND,
    HIDDEN,
    INK,
    INPUT_GATE,
    OUTPUT_GATE,
    PEEPHOLE,
    QUIET,
    SINGLE,
    TEXT_SIZE,
    THIN,
    bare_axes,
    book_style,
    panels,
)

__all__ = [
    "draw_chain",
    "draw_circuit",
    "draw_hadamard",
    "draw_odyssey",
    "figure_four_lines",
    "figure_two_drawings",
]

Part = tuple[str, str, str, int]  # name, what it does, the quantity it belongs to, its order
Use = tuple[str, str, str]  # start, end, weights on the way

COLOURS = {
    "x": INK,
    "z": BLOCK_INPUT,
    "i": INPUT_GATE,
    "f": FORGET_GATE,
    "o": OUTPUT_GATE,
    "c": CELL,
    "y": HIDDEN,
}
SIGNS = {"sigma": r"$\sigma$", "tanh": "tanh"}
BEFORE = (0, (4, 2.2))
HEAD = "-|>,head_length=4.2,head_width=2.3"
FADED = 0.2


class _Look(NamedTuple):
    """What of a layout is drawn, and how."""

    letters: bool = True
    names: bool = False  # boxes show their quantity instead of their activation
    numbers: bool = False
    lit: Collection[str] | None = None  # parts at full strength; all of them for None


# Drawings ------------------------------------------------------------------------------------


@book_style()
def draw_circuit(
    parts: Sequence[Part],
    uses: Sequence[Use],
    *,
    detailed: bool = True,
    numbers: bool = False,
    ax: Axes | None = None,
) -> Axes:
    """Draw a block as a circuit: the cell's line across the top, the four boxes below it.

    Parameters
    ----------
    parts : sequence of (str, str, str, int)
        Name, what it does, the quantity it belongs to, and its place in the order of computation.
    uses : sequence of (str, str, str)
        Start, end, and the weights on the way.
    detailed : bool, optional
        False for the plain drawing: boxes with their letters, one line for both inputs, the two
        streams as broad bands.
    numbers : bool, optional
        Write the order of computation beside each part.
    ax : Axes, optional

    Returns
    -------
    Axes
        Every part and every use is an artist with its name, ``c(t)`` or ``z(t) > z(t) * i(t)``, as
        its gid.

    Raises
    ------
    ValueError
        When there is no place for a part or a use.
    """
    ax = bare_axes(ax, width=SINGLE, height=4.1)
    if not detailed:
        _streams(ax)
    layout = colah_layout(one_line=not detailed)
    _draw(ax, parts, uses, layout, _Look(names=not detailed, numbers=numbers))
    return ax


@book_style()
def draw_odyssey(
    parts: Sequence[Part], uses: Sequence[Use], *, numbers: bool = True, ax: Axes | None = None
) -> Axes:
    """Draw a block with its cell at the middle, as the paper "A Search Space Odyssey" does.

    Parameters
    ----------
    parts, uses
        As for `draw_circuit`.
    numbers : bool, optional
        Write the order of computation beside each part.
    ax : Axes, optional

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        When there is no place for a part or a use.
    """
    ax = bare_axes(ax, width=SINGLE, height=5.2)
    _draw(ax, parts, uses, greff_layout(), _Look(numbers=numbers))
    return ax


@book_style()
def figure_two_drawings(parts: Sequence[Part], uses: Sequence[Use]) -> Figure:
    """Draw both kinds, the circuit above.

    Parameters
    ----------
    parts, uses
        As for `draw_circuit`.

    Returns
    -------
    Figure
    """
    figure, _ = panels(SINGLE, 7.7)
    figure.clear()
    layouts = colah_layout(), greff_layout()
    heights = [layout.limits[3] - layout.limits[1] for layout in layouts]
    axes = figure.subplots(2, 1, height_ratios=heights)
    for ax, layout in zip(axes, layouts, strict=True):
        _draw(bare_axes(ax), parts, uses, layout, _Look())
    return figure


@book_style()
def figure_four_lines(
    parts: Sequence[Part], uses: Sequence[Use], captions: Mapping[str, Collection[str]]
) -> Figure:
    """Draw the circuit once for each line of a computation, and everything else faded.

    Parameters
    ----------
    parts, uses
        As for `draw_circuit`.
    captions : mapping of str to collection of str
        Four captions, and the names of the parts that each is about.

    Returns
    -------
    Figure
    """
    figure, _ = panels(SINGLE, 4.9)
    figure.clear()
    grid = figure.subplots(2, 2).ravel()
    for ax, (words, lit) in zip(map(bare_axes, grid), captions.items(), strict=True):
        _draw(ax, parts, uses, colah_layout(), _Look(letters=False, lit=lit))
        ax.text(4.5, -0.5, words, color=INK, fontsize=TEXT_SIZE, ha="center", va="top")
        ax.set_ylim(-1.6, 8.2)
    return figure


@book_style()
def draw_chain(n_steps: int, *, ax: Axes | None = None) -> Axes:
    """Draw the block as a black box, once for each step.

    Parameters
    ----------
    n_steps : int
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = bare_axes(ax, height=2.0)
    width = 9.0 / n_steps
    for step in range(n_steps + 1):
        left = step * width
        for letter, height in (("c", 2.35), ("y", 1.45)):
            begin, end = left - 0.32 * width, left + 0.32 * width
            _line(ax, ((begin, height), (end, height)), COLOURS[letter], dashed=True)
            shown = rf"${letter}^{{({step})}}$"
            _write(ax, shown, (left, height + 0.34))
        if step < n_steps:
            middle = left + width / 2
            box = FancyBboxPatch(
                (middle - 0.18 * width, 1.0), 0.36 * width, 1.8,
                boxstyle="round,pad=0,rounding_size=0.15", fc=GROUND, ec=INK, lw=1.6, zorder=4,
            )  # fmt: skip
            ax.add_patch(box)
            _write(ax, "LSTM", (middle, 1.9), zorder=5)
            _line(ax, ((middle, 0.2), (middle, 1.0)), INK)
            _write(ax, rf"$x^{{({step + 1})}}$", (middle, -0.15))
            _line(ax, ((middle, 2.8), (middle, 3.55)), HIDDEN)
            _write(ax, rf"$y^{{({step + 1})}}$", (middle, 3.85))
    ax.set_xlim(-0.36 * width, 9 + 0.36 * width)
    ax.set_ylim(-0.5, 4.2)
    return ax


@book_style()
def draw_hadamard(left: np.ndarray, right: np.ndarray, *, ax: Axes | None = None) -> Axes:
    """Draw a gate, what wants to pass, and their product, entry by entry.

    Parameters
    ----------
    left, right : ndarray of shape (n_rows, n_columns)
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = bare_axes(ax, height=1.45)
    n_rows, n_columns = left.shape
    tables = ((left, INPUT_GATE), (right, BLOCK_INPUT), (left * right, CELL))
    for n, (table, colour) in enumerate(tables):
        begin = n * (n_columns + 0.8)
        strength = np.abs(table) / max(float(np.abs(table).max()), 1e-9)
        for row, column in np.ndindex(table.shape):
            x, y = begin + column, n_rows - row - 1.0
            tint = 0.6 * float(strength[row, column])
            ax.add_patch(Rectangle((x, y), 1, 1, fc=colour, ec="none", alpha=tint))
            ax.add_patch(Rectangle((x, y), 1, 1, fc="none", ec=colour, lw=THIN))
            written = f"{table[row, column]:.3g}".replace("-", "−")
            _write(ax, written, (x + 0.5, y + 0.5))
        if n:
            _write(ax, r"$\odot$" if n == 1 else "$=$", (begin - 0.4, n_rows / 2))
    ax.set_xlim(-0.05, 3 * n_columns + 1.65)
    ax.set_ylim(-0.05, n_rows + 0.05)
    return ax


# What both drawings share --------------------------------------------------------------------


def _draw(
    ax: Axes, parts: Sequence[Part], uses: Sequence[Use], layout: Layout, look: _Look
) -> None:
    """Put parts and uses at the places of a layout."""
    _check(parts, uses, layout)
    belongs = {name: quantity for name, _, quantity, _ in parts}
    lit = set(belongs) if look.lit is None else set(look.lit)
    left, bottom, right, top = layout.frame
    if right > left:
        shape = FancyBboxPatch(
            (left, bottom), right - left, top - bottom, boxstyle="round,pad=0,rounding_size=0.3",
            fc="none", ec=QUIET, lw=THIN, zorder=0,
        )  # fmt: skip
        ax.add_patch(shape)
    for start, end, by in sorted(uses, key=lambda use: _depth(use, layout, lit)):
        peephole = by.startswith("p")
        line = _line(
            ax, _clipped(layout, start, end), PEEPHOLE if peephole else COLOURS[belongs[start]],
            dashed=start in (Y0, C0), strong=end in lit,
        )  # fmt: skip
        line.set_gid(f"{start} > {end}")
    for point, colour in _junctions(uses, layout, belongs):
        ax.add_patch(Circle(point, 0.075, fc=colour, ec="none", zorder=3.4,
                            alpha=1 if look.lit is None else FADED))  # fmt: skip
    for name, exit_route in layout.exits.items():
        _line(ax, exit_route, COLOURS[belongs[name]], strong=look.lit is None)
    for part in parts:
        _draw_part(ax, part, layout, look, strong=part[0] in lit)
    ax.set_xlim(layout.limits[0], layout.limits[2])
    ax.set_ylim(layout.limits[1], layout.limits[3])


def _check(parts: Sequence[Part], uses: Sequence[Use], layout: Layout) -> None:
    """Refuse what a layout has no place for, and uses of what is no part."""
    names = {part[0] for part in parts}
    strange = sorted(names - set(layout.places))
    strange += sorted(
        f"{start} > {end}"
        for start, end, _ in uses
        if (start, end) not in layout.routes or not {start, end} <= names
    )
    if strange:
        raise ValueError(
            f"parts and uses must be those of an LSTM block, got {', '.join(strange)}. "
            f"Take them from `unrolled.symbolic.wiring`."
        )


def _depth(use: Use, layout: Layout, lit: Collection[str]) -> tuple[bool, bool, bool]:
    """Draw faded lines first, then dashed ones, and peepholes last."""
    return use[1] in lit, use[2].startswith("p"), use[0] not in (Y0, C0)


def _clipped(layout: Layout, start: str, end: str) -> tuple[Point, ...]:
    """End a route at the rim of a ring, where it leads to or from the middle of one."""
    route = [np.array(point) for point in layout.routes[start, end]]
    for name, this, other in ((start, 0, 1), (end, -1, -2)):
        radius = layout.cell if name in (C, C0) else RING
        if name != C0 or layout.places[C0] == layout.places[C]:
            for place in layout.places[name]:
                if np.array_equal(route[this], place) and name not in (X, Y0):
                    way = route[other] - route[this]
                    route[this] = route[this] + radius * way / np.linalg.norm(way)
    return tuple((float(x), float(y)) for x, y in route)


def _junctions(
    uses: Sequence[Use], layout: Layout, belongs: Mapping[str, str]
) -> list[tuple[Point, str]]:
    """List the points at which a line parts from another that carries the same."""
    lines = [(start, layout.routes[start, end]) for start, end, _ in uses]
    lines += [(name, route) for name, route in layout.exits.items()]
    found: dict[Point, str] = {}
    for start, route in lines:
        for other_start, other in lines:
            if start == other_start and other is not route:
                for point in route[:-1]:
                    if any(_inside(point, *ends) for ends in pairwise(other)):
                        found.setdefault(point, COLOURS[belongs[start]])
    return list(found.items())


def _inside(point: Point, begin: Point, end: Point) -> bool:
    """Whether a point lies on a segment, but at neither of its ends."""
    way, here = np.subtract(end, begin), np.subtract(point, begin)
    share = float(here @ way / (way @ way))
    return 0.001 < share < 0.999 and bool(np.allclose(share * way, here))


def _line(
    ax: Axes, route: Sequence[Point], colour: str, *, dashed: bool = False, strong: bool = True
) -> FancyArrowPatch:
    """Draw an arrow along a route with rounded corners; what lies below it shows a gap."""
    look: dict[str, Any] = {
        "color": colour, "lw": 1.7, "alpha": 1.0 if strong else FADED, "capstyle": "butt",
        "zorder": 2.5 if strong else 2,
    }  # fmt: skip
    rounded = _rounded(route)
    arrow = FancyArrowPatch(
        path=rounded, arrowstyle="-" if dashed else HEAD, ls=BEFORE if dashed else "-", **look
    )
    if strong:
        arrow.set_path_effects([withStroke(linewidth=4.2, foreground=GROUND), Normal()])
    ax.add_patch(arrow)
    if dashed:  # a head of its own: that of a dashed arrow would be dashed as well
        before, tip = np.array(route[-2]), np.array(route[-1])
        end = tip + 0.2 * (before - tip) / np.linalg.norm(before - tip)
        ax.add_patch(FancyArrowPatch(path=Path([end, tip]), arrowstyle=HEAD, **look))
    return arrow


def _rounded(route: Sequence[Point], radius: float = 0.18) -> Path:
    """Return a path through points, with a small arc at each corner."""
    points = np.array(route, float)
    vertices, codes = [points[0]], [Path.MOVETO]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        ways = [before - corner, after - corner]
        lengths = [float(np.linalg.norm(way)) for way in ways]
        first, last = (
            corner + min(radius, length / 2) * way / length
            for way, length in zip(ways, lengths, strict=True)
        )
        vertices += [first, corner, last]
        codes += [Path.LINETO, Path.CURVE3, Path.CURVE3]
    return Path([*vertices, points[-1]], [*codes, Path.LINETO])


def _draw_part(ax: Axes, part: Part, layout: Layout, look: _Look, *, strong: bool) -> None:
    """Draw what is given as its letters, and an operation as a box or a ring."""
    name, does, quantity, order = part
    alpha = 1.0 if strong else FADED
    for place in layout.places[name]:
        if does in SIGNS:
            _box(ax, place, does, quantity, look, alpha).set_gid(name)
        elif does != "given":
            _ring(ax, name, place, does, layout, alpha).set_gid(name)
    if look.letters and name in layout.letters and (name != C or layout.cell == RING):
        _letters(ax, name, does, layout, look)
    if look.numbers and order and name in layout.numbers:
        at = layout.numbers[name]
        ax.add_patch(Circle(at, 0.24, fc=GROUND, ec=QUIET, lw=THIN, zorder=5))
        _write(ax, str(order), at, zorder=6)


def _letters(ax: Axes, name: str, does: str, layout: Layout, look: _Look) -> None:
    """Write a quantity's letters beside its line, or below each place where it is given."""
    if look.names and does != "given" and name not in (C, Y):
        return
    at, side = layout.letters[name]
    if side != "below":
        written = _write(ax, _tex(name), at, align=side)
        written.set_gid(name if does == "given" else None)
        return
    middle = np.mean([y for _, y in layout.places[name]])
    for x, y in layout.places[name]:
        lift = at[1] if y < middle + 2 else -at[1]
        push = -0.1 if name == X else 0.12
        _write(ax, _tex(name), (x + push, y + lift)).set_gid(name)


def _box(
    ax: Axes, place: Point, does: str, quantity: str, look: _Look, alpha: float
) -> FancyBboxPatch:
    """Draw an activation: a tinted box in the colour of its quantity."""
    (x, y), (across, up) = place, HALF
    style = "round,pad=0,rounding_size=0.1"
    colour = COLOURS[quantity]
    corner = (x - across, y - up)
    box = FancyBboxPatch(
        corner, 2 * across, 2 * up, boxstyle=style, fc=GROUND, ec=colour, lw=2, alpha=alpha,
        zorder=4,
    )  # fmt: skip
    ax.add_patch(box)
    tint = FancyBboxPatch(
        corner, 2 * across, 2 * up, boxstyle=style, fc=colour, ec="none", alpha=0.2 * alpha,
        zorder=4,
    )  # fmt: skip
    ax.add_patch(tint)
    sign = f"${quantity}$" if look.names and quantity in "fizo" else SIGNS[does]
    if look.letters:
        _write(ax, sign, place, zorder=6)
    return box


def _ring(ax: Axes, name: str, place: Point, does: str, layout: Layout, alpha: float) -> Circle:
    """Draw a product as a ring with a dot, a sum as a ring with a cross; a large cell as itself."""
    (x, y), large = place, name == C and layout.cell > RING
    radius = layout.cell if name == C else RING
    colour = CELL if large else INK
    width = 2.0 if large else 1.4
    ring = Circle(place, radius, fc=GROUND, ec=colour, lw=width, alpha=alpha, zorder=4)
    ax.add_patch(ring)
    if large:
        ax.add_patch(Circle(place, radius, fc=colour, ec="none", alpha=0.2 * alpha, zorder=4))
        _write(ax, _tex(name), place, zorder=6)
    elif does == "times":
        ax.add_patch(Circle(place, 0.08, fc=INK, ec="none", alpha=alpha, zorder=5))
    else:
        for way in ((0.6 * radius, 0.0), (0.0, 0.6 * radius)):
            xs, ys = (x - way[0], x + way[0]), (y - way[1], y + way[1])
            ax.plot(xs, ys, color=INK, lw=1.4, alpha=alpha, zorder=5)
    return ring


def _streams(ax: Axes) -> None:
    """Lay the two streams of a circuit under its lines, as broad bands with their names."""
    cell, gates = ("the cell's line", 7.2, 0.56, 9.0), ("the gates' line", 1.6, -0.5, 7.3)
    for (words, height, above, end), colour in ((cell, CELL), (gates, HIDDEN)):
        ax.plot((-0.2, end), (height, height), color=colour, lw=13, alpha=0.2, zorder=0.5,
                solid_capstyle="butt")  # fmt: skip
        _write(ax, words, (6.9, height + above))
    _write(ax, "on-ramp", (4.35, 6.35), align="left")


def _tex(name: str) -> str:
    letter, _, time = name.partition("(")
    return rf"${letter}^{{({time.replace(' ', '')}}}$"


def _write(ax: Axes, text: str, at: Point, *, align: str = "center", zorder: float = 6.0) -> Text:
    """Write words or a formula at a place."""
    size = FORMULA_SIZE if text.startswith("$") else TEXT_SIZE
    return ax.text(
        *at, text, color=INK, fontsize=size, ha=align, va="center", zorder=zorder
    )  # fmt: skip
