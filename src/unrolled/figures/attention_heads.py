"""The drawings of heads: how a layer is divided among them, and what they can represent.

Each head has its colour, in the order of `unrolled.figures.style.HEADS`. Queries are orange, keys
blue and values brick where the three projections of one head are drawn.
"""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Polygon, Rectangle
from matplotlib.ticker import MaxNLocator

from unrolled.figures.diagrams import TINT, Box, Diagram, Edge, Part, Words
from unrolled.figures.style import (
    DASHES,
    FIRST,
    GROUND,
    HEADS,
    INK,
    KEYS,
    MARKERS,
    MEDIUM,
    QUERIES,
    QUIET,
    SECOND,
    SINGLE,
    TARGET,
    TEXT_SIZE,
    THIN,
    VALUES,
    bare_axes,
    book_style,
    frame,
    label,
    panels,
)

__all__ = [
    "bands",
    "draw_pieces",
    "draw_reach",
    "figure_block_structure",
    "figure_two_reshapes",
    "one_head",
    "whole_layer",
]

ROLES = {"Q": QUERIES, "K": KEYS, "V": VALUES}


def one_head(n_tokens: int, d_model: int, n_heads: int, head: int = 2) -> Diagram:
    """Describe the usual scheme of attention, and one head of a layer with its shapes.

    Parameters
    ----------
    n_tokens, d_model, n_heads : int
    head : int, optional
        Which one, from 1.

    Returns
    -------
    Diagram
    """
    d_head = d_model // n_heads
    shape = f"{n_tokens} × {d_head}"
    usual = ("tokens", "linear", "", "attention", "result")
    shaped = (f"{n_tokens} × {d_model}", f"{d_model}\n× {d_head}", shape,
              f"attention\nof head {head}", shape)  # fmt: skip
    nodes: dict[str, Part] = {}
    edges = []
    for middle, words, colour in ((0.0, usual, QUIET), (5.4, shaped, HEADS[head - 1])):
        tokens, linear, between, attention, result = words
        nodes[tokens] = Box(tokens, (middle, 0.0), (4.6, 0.62))
        nodes[attention] = Box(attention, (middle, 4.35), (4.6, 1.2), colour, TINT)
        nodes[f"{middle} result"] = Box(result, (middle, 6.25), (2.3, 0.62), colour, TINT)
        edges.append(Edge(attention, f"{middle} result"))
        for (role, tone), x in zip(ROLES.items(), (-1.65, 0.0, 1.65), strict=True):
            x, name = middle + x, f"{middle} {role}"
            nodes[name] = Box(linear, (x, 1.75), (1.5, 0.82), tone, TINT)
            nodes[f"{name} name"] = Words(f"${role}$", (x - 0.3, 3.2))
            nodes[f"{name} shape"] = Words(between, (x + 0.06, 2.66))
            low = (x, 2.9) if between else None
            edges.append(Edge(tokens, name, via=((x, 0.8),)))
            edges.append(Edge(name, attention, via=((x, 3.3),), begin=low))
    return Diagram(nodes, edges, limits=(-2.5, -0.45, 7.9, 6.7))


def whole_layer(n_tokens: int, d_model: int, n_heads: int) -> Diagram:
    """Describe a layer with all its heads: three projections, the heads, the output projection.

    Parameters
    ----------
    n_tokens, d_model, n_heads : int

    Returns
    -------
    Diagram
    """
    d_head, wide = d_model // n_heads, 2.0 * n_heads
    whole, side = f"{n_tokens} × {d_model}", wide / 2 + 0.4
    share = (wide / 3 - 0.5, 1.7)
    nodes: dict[str, Part] = {
        "tokens": Box(f"tokens $X$, {whole}", (0, 0), (wide, 1.5)),
        "split": Words("split", (side, 5.5), align="left"),
        "attend": Words("attend", (side, 7.9), align="left"),
        "merge": Words("merge", (side, 10.8), align="left"),
        "WO": Box("$W^O$", (0, 13.75), share, QUIET, TINT),
        "output": Box(f"output, {whole}", (0, 16.75), (wide, 1.5)),
        "merged": Words("", (0, 10.8), (wide / 2, 0.7)),
    }
    edges = [Edge("merged", "WO"), Edge("WO", "output")]
    xs = _middles(n_heads)
    for role, x in zip("QKV", (-wide / 3, 0.0, wide / 3), strict=True):
        nodes[f"W{role}"] = Box(f"$W^{role}$", (x, 3.6), share, ROLES[role], TINT)
        edges.append(Edge("tokens", f"W{role}", via=((x, 1.5),)))
        edges.append(Edge(f"W{role}", "bar", via=((x, 5.0),), head=False))
    nodes |= {"bar": Words("", (0, 5.5), (wide / 2 - 1, 0.0)), "end": Words("", (xs[-1], 5.5))}
    edges.append(Edge("bar", "end", via=((0, 5.5),), begin=(float(xs[0]), 5.5), head=False))
    for at, x in enumerate(map(float, xs)):
        colour, head, band = HEADS[at % len(HEADS)], f"head {at + 1}", f"band {at + 1}"
        nodes[head] = Box(str(at + 1), (x, 7.9), (1.6, 2.0), colour, TINT)
        nodes[band] = Box("", (x, 10.8), (2.0, 1.4), colour, TINT, THIN, sharp=True)
        edges += [Edge("bar", head, begin=(x, 5.5), via=((x, 6.0),)), Edge(head, band)]
    nodes["heads"] = Words(f"heads of {n_tokens} × {d_head}, side by side", (0, 10.8))
    return Diagram(nodes, edges, limits=(-wide / 2 - 0.2, -0.9, wide / 2 + 3.6, 17.7))


def _middles(n_heads: int) -> np.ndarray:
    """Return where heads of width two stand, centred at zero."""
    return 2.0 * (np.arange(n_heads) - (n_heads - 1) / 2)


def bands(words: Sequence[str], d_model: int, n_heads: int) -> Diagram:
    """Describe projected tokens as a table with a band for each head, split and merged again.

    Parameters
    ----------
    words : sequence of str
        Names of the rows.
    d_model, n_heads : int

    Returns
    -------
    Diagram
    """
    row, small, left = 0.78, 3.6, -1.0 * n_heads
    tall = row * len(words)
    heads_at, merged_at = -2.0 - small / 2, -5.4 - 1.5 * small
    nodes: dict[str, Part] = {}
    edges = []
    for at, x in enumerate(map(float, _middles(n_heads)), 1):
        colour = HEADS[(at - 1) % len(HEADS)]
        nodes |= {
            f"band {at}": Box("", (x, tall / 2), (2.0, tall), colour, TINT, THIN, sharp=True),
            f"head {at}": Box(str(at), (x, heads_at), (1.5, small), colour, TINT, sharp=True),
            f"part {at}": Box("", (x, merged_at), (2.0, small), colour, TINT, THIN, sharp=True),
        }
        edges += [Edge(f"band {at}", f"head {at}"), Edge(f"head {at}", f"part {at}")]
    for at, word in enumerate(words):
        nodes[f"row {at}"] = Words(word, (left - 0.3, tall - (at + 0.5) * row), align="right")
    for name, n_columns, y in (("heads of", d_model // n_heads, heads_at),
                               ("merged", d_model, merged_at)):  # fmt: skip
        text = f"{name}\n{len(words)} × {n_columns}"
        nodes[name] = Words(text, (left - 0.3, y), align="right")
    return Diagram(nodes, edges, limits=(left - 5.4, -5.6 - 2 * small, -left + 0.2, tall + 0.2))


@book_style()
def draw_pieces(
    pieces: np.ndarray,
    rows: Sequence[str] = (),
    marks: Sequence[int] = (),
    *,
    d_model: int,
    x: str = "head",
    y: str = "",
    ax: Axes | None = None,
) -> Axes:
    """Draw parts of tokens as cells, each with its first number and in the colour of its head.

    Parameters
    ----------
    pieces : ndarray of int of shape (n_rows, n_columns, d_head)
        Consecutive integers from 1, in any order of pieces.
    rows : sequence of str, optional
        Their names; without, they are counted from 1 as columns are.
    marks : sequence of int, optional
        Numbers whose cells get a frame; one that is not the first of its piece is written itself.
    d_model : int
        Dimension of a token: it tells which band of columns a part came from.
    x, y : str, optional
        What columns and rows are.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = panels(SINGLE, MEDIUM)[1][0] if ax is None else ax
    n_rows, n_columns, d_head = pieces.shape
    bands = (pieces[..., 0] - 1) % d_model // d_head
    ax.pcolormesh(
        np.arange(n_columns + 1), np.arange(n_rows + 1), bands, cmap=ListedColormap(HEADS),
        norm=Normalize(-0.5, len(HEADS) - 0.5), alpha=TINT, edgecolor=GROUND, lw=1.5,
    )  # fmt: skip
    for row, column in np.ndindex(n_rows, n_columns):
        first, held = int(pieces[row, column, 0]), set(marks) & set(pieces[row, column].tolist())
        shown = str(min(held) if held and first not in held else first)
        ax.text(column + 0.5, row + 0.5, shown, ha="center", va="center", fontsize=TEXT_SIZE)
        if held:
            corner = (column + 0.01, row + 0.02)
            ax.add_patch(Rectangle(corner, 0.98, 0.96, fc="none", ec=INK, lw=1.6))
    ax.spines[:].set_visible(False)
    ax.set_xticks(np.arange(n_columns) + 0.5, [str(number + 1) for number in range(n_columns)])
    names = list(rows) or [str(number + 1) for number in range(n_rows)]
    ax.set_yticks(np.arange(n_rows) + 0.5, names)
    ax.tick_params(length=0, labelsize=TEXT_SIZE)
    ax.xaxis.tick_top()
    ax.xaxis.set_label_position("top")
    ax.set_xlim(-0.04, n_columns + 0.04)
    ax.set_ylim(n_rows + 0.04, -0.04)
    ax.set_xlabel(x)
    ax.set_ylabel(y)
    return ax


@book_style()
def figure_two_reshapes(
    right: np.ndarray, wrong: np.ndarray, marks: Sequence[int], *, d_model: int
) -> Figure:
    """Draw which piece each head gets for each of its rows, one way above and the other below.

    Parameters
    ----------
    right, wrong : ndarray of int of shape (n_heads, n_tokens, d_head)
    marks : sequence of int
    d_model : int

    Returns
    -------
    Figure
    """
    figure, (above,) = panels(SINGLE, 2 * MEDIUM)
    above.remove()
    axes = figure.subplots(2, 1)
    names = ("split: row of the head, one for each token", "bare reshape: row of the head")
    for ax, pieces, name in zip(axes, (right, wrong), names, strict=True):
        draw_pieces(pieces, (), marks, d_model=d_model, x=name, y="head", ax=ax)
    return figure


@book_style()
def figure_block_structure(n_heads: int, weights: tuple[int, int]) -> Figure:
    """Draw which entries of a projection may differ from zero: tokens split last, and first.

    Parameters
    ----------
    n_heads : int
    weights : (int, int)
        Numbers of weights in the two cases.

    Returns
    -------
    Figure
    """
    figure, axes = panels(SINGLE, 2.9, [1, 1])
    for ax, is_split, name, count in zip(
        axes, (False, True), ("project, then split", "split, then project"), weights, strict=True
    ):
        bare_axes(ax)
        for at in range(n_heads):
            low, tall = (at, 1) if is_split else (0, n_heads)
            colour = HEADS[at % len(HEADS)]
            ax.add_patch(Rectangle((at, low), 1, tall, fc=colour, alpha=2 * TINT, lw=0))
        ax.add_patch(Rectangle((0, 0), n_heads, n_heads, fc="none", ec=INK, lw=THIN))
        label(ax, f"{name}\n{count:,} weights", (n_heads / 2, n_heads + 0.3), level="top",
              rim=False)  # fmt: skip
        label(ax, "columns of the matrix", (n_heads / 2, -0.55), rim=False)
        ax.set_xlim(-1.1, n_heads + 0.1)
        ax.set_ylim(n_heads + 2.4, -1.1)
    side = label(axes[0], "features of a token", (-0.55, n_heads / 2), rim=False)
    side.set_rotation(90)
    return figure


@book_style()
def draw_reach(values: np.ndarray, wanted: np.ndarray, *, ax: Axes | None = None) -> Axes:
    """Draw the averages that one head can give, and those of two heads of half its dimension.

    Parameters
    ----------
    values : ndarray of shape (3, 2)
        Values of three tokens.
    wanted : ndarray of shape (2,)
        A pair that the single head cannot give.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = frame("first feature", "second feature", ax=ax, height=MEDIUM)
    low, high = values.min(axis=0), values.max(axis=0)
    ax.add_patch(Rectangle(tuple(low), *(high - low), fc=SECOND, alpha=0.18, lw=0))
    ax.add_patch(Rectangle(tuple(low), *(high - low), fc="none", ec=SECOND, lw=2, ls=DASHES[1]))
    ax.add_patch(Polygon(values, fc=FIRST, alpha=TINT, lw=0))
    ax.add_patch(Polygon(values, fc="none", ec=FIRST, lw=2))
    ax.plot(*values.T, MARKERS[0], color=INK, ms=7, zorder=3, clip_on=False)
    ax.plot(*wanted, MARKERS[3], color=TARGET, ms=9, zorder=3)
    middle = values.mean(axis=0)
    label(ax, "one head", (float(middle[0]), float(middle[1])), rim=False)
    label(ax, "two heads", (float(low[0]), float(high[1])), (0, 9), align="left")
    label(ax, "wanted", (float(wanted[0]), float(wanted[1])), (-4, -15), align="right",
          rim=False)  # fmt: skip
    margin = 0.08 * (high - low)
    ax.set_xlim(low[0] - margin[0], high[0] + margin[0])
    ax.set_ylim(low[1] - margin[1], high[1] + 2 * margin[1])
    ax.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    ax.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    return ax
