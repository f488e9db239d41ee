"""The gradients of an LSTM beside its unrolled graph: the uses of one quantity, and errors."""

import re
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, NullLocator

from unrolled.figures.diagrams import Diagram, Edge, Node, Part, Words
from unrolled.figures.style import (
    DATA,
    GRADIENT,
    LINE_WIDTH,
    MEDIUM,
    QUIET,
    THIN,
    WRONG,
    book_style,
    frame,
    label,
)
from unrolled.figures.unrolled import LSTM, kind_of

__all__ = ["SLIPS", "chain", "draw_error_by_step", "draw_slips", "fan", "short"]

Uses = Mapping[str, tuple[int, str]]


def chain(keys: Sequence[str], local: Iterable[str]) -> Diagram:
    """Describe quantities of one step in a row, each used by the next.

    Parameters
    ----------
    keys : sequence of str
        Such as ``obar``.
    local : iterable of str
        The TeX of the local derivative on each edge.

    Returns
    -------
    Diagram
    """
    nodes = {}
    for place, key in enumerate(keys):
        text, _, colour = LSTM[key]
        text = "J" if key == "J" else f"{text}^{{(t)}}"
        nodes[key] = Node(text, (2.2 * place, 0.0), colour, key == "J", 0.42)
    edges = [
        Edge(*pair, tex, label_side=0.4) for *pair, tex in zip(keys, keys[1:], local, strict=False)
    ]
    return Diagram(nodes, edges, limits=(-0.55, -0.55, 2.2 * len(keys) - 1.65, 0.75))


def fan(source: str, uses: Uses) -> Diagram:
    """Describe all uses of one quantity, each with its time step beside it.

    Parameters
    ----------
    source : str
        Its key.
    uses : mapping of str to (int, str)
        From `unrolled.symbolic.lstm.uses_of`: by the key of what uses it, from the top, how many
        steps later that stands, and the TeX of the local derivative.

    Returns
    -------
    Diagram
    """
    rise = 1.3
    nodes: dict[str, Part] = {source: _node(source, (0.0, 0.0)), "step": _time(0, (0.0, -0.72))}
    edges = []
    for row, (key, (later, tex)) in enumerate(uses.items()):
        name, y = f"{key} {later}", rise * ((len(uses) - 1) / 2 - row)
        nodes |= {name: _node(key, (5.4, y)), f"step of {name}": _time(later, (5.95, y))}
        kind = kind_of(source == "c" and key.endswith("bar"), later > 0)
        at, side = (0.62, 0.78) if row == 0 else (0.82, 0.36)
        edges.append(Edge(source, name, tex, kind, label_at=at, label_side=side))
    top = rise * (len(uses) - 1) / 2 + 0.5
    return Diagram(nodes, edges, limits=(-0.6, -top, 6.9, top))


def _node(key: str, at: tuple[float, float]) -> Node:
    return Node(LSTM[key].text.removesuffix("^{#}"), at, LSTM[key].colour, key == "J", 0.4)


def _time(later: int, at: tuple[float, float]) -> Words:
    return Words("$t + 1$" if later else "$t$", at, align="left" if at[0] else "center")


def short(tex: str) -> str:
    """Write a local derivative for one unit, without the mark of the step that all share.

    Parameters
    ----------
    tex : str

    Returns
    -------
    str
    """
    marks = {"^{(t)}": "", r" \odot ": r"\,", r"\left": "", r"\right": "", " + ": "+", " - ": "-"}
    for long, brief in marks.items():
        tex = tex.replace(long, brief)
    return re.sub(r"\(([a-z])\)", r" \1", tex)


# Measured errors -----------------------------------------------------------------------------


@book_style()
def draw_error_by_step(moves: np.ndarray, errors: np.ndarray, *, ax: Axes | None = None) -> Axes:
    """Draw the error of central differences against how far a number is moved for them.

    Parameters
    ----------
    moves : ndarray of shape (n_moves,)
        To either side, descending or ascending.
    errors : ndarray of shape (n_directions, n_moves)
        Relative differences from the gradient.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = frame("ε, by which the numbers are moved", "relative difference", ax=ax)
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.plot(moves, errors.T, color=QUIET, lw=THIN, alpha=0.7)
    middle = np.median(errors, axis=0)
    ax.plot(moves, middle, color=GRADIENT, lw=LINE_WIDTH + 0.6)
    ax.xaxis.set_major_locator(FixedLocator([1e-10, 1e-8, 1e-6, 1e-4, 1e-2, 1]))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.yaxis.set_major_locator(FixedLocator([1e-12, 1e-9, 1e-6, 1e-3, 1]))
    ax.yaxis.set_minor_locator(NullLocator())
    big, small = int(np.argmax(moves)), int(np.argmin(moves))
    ax.set_ylim(1e-13, 10)
    label(ax, "rounding ∝ 1/ε", (float(moves[small]), float(middle[small])), (6, 22), align="left")
    label(ax, "truncation ∝ ε²", (float(moves[big]), float(middle[big])), (2, 18), align="right")
    return ax


SLIPS = (
    "as derived",
    r"$p_{in}$ in the place of $p_{for}$",
    r"$\partial\bar{\imath}$ in the place of $\partial\bar{z}$",
    r"$J^{(t)}$ in the place of $J$",
    r"$\delta R$ without $y^{(0)}$",
    r"$R$ in the place of $R^\top$",
)
"""The gradient that the page derives, and its five slips of the pen."""


@book_style()
def draw_slips(names: Sequence[str], errors: Sequence[float], *, ax: Axes | None = None) -> Axes:
    """Draw how far gradients are off, on a logarithmic axis, the right one first.

    Parameters
    ----------
    names : sequence of str
    errors : sequence of float
        Relative differences from central differences; above zero.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = frame("relative difference from central differences", "", ax=ax, height=MEDIUM)
    rows = np.arange(len(names))
    ax.set_xscale("log")
    for row, error in zip(rows, errors, strict=True):
        colour, marker = (DATA, "o") if row == 0 else (WRONG, "D")
        ax.plot([1e-12, error], [row, row], color=QUIET, lw=THIN)
        ax.plot(error, row, marker, color=colour, ms=7, mew=0, clip_on=False, zorder=4)
    for row, name in zip(rows, names, strict=True):
        label(ax, name, (1e-12, float(row)), (4, 11), align="left", rim=True)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    ax.set_ylim(len(names) - 0.6, -0.85)
    ax.set_xlim(1e-12, 2)
    ax.xaxis.set_major_locator(FixedLocator([1e-12, 1e-9, 1e-6, 1e-3, 1]))
    ax.xaxis.set_minor_locator(NullLocator())
    return ax
