"""Drawings of a cliff in a loss, of clipped gradients, and of the two gated blocks."""

from collections.abc import Sequence

import matplotlib.patheffects as effects
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Rectangle
from matplotlib.ticker import MaxNLocator

from unrolled.figures.diagrams import Diagram, Edge, Node, draw_diagram
from unrolled.figures.style import (
    AMOUNTS,
    BLOCK_INPUT,
    CELL,
    DASHES,
    FORGET_GATE,
    GRADIENT,
    GROUND,
    HIDDEN,
    INK,
    INPUT_GATE,
    LINE_WIDTH,
    MEDIUM,
    OUTPUT_GATE,
    QUIET,
    TARGET,
    THIN,
    WIDE,
    WRONG,
    book_style,
    frame,
    label,
    panels,
)

__all__ = [
    "draw_cliff",
    "draw_clipped",
    "draw_cut",
    "draw_lengths",
    "figure_blocks",
]


@book_style()
def draw_cliff(
    loss: np.ndarray,
    box: tuple[float, float, float, float],
    paths: Sequence[np.ndarray],
    *,
    ax: Axes | None = None,
) -> Axes:
    """Draw a loss over two parameters as colour, and two ways downhill on it.

    Parameters
    ----------
    loss : ndarray of shape (n_rows, n_columns)
        From low to high values of the second parameter.
    box : (float, float, float, float)
        Lowest and highest first parameter, lowest and highest second one.
    paths : two of ndarray of shape (2, n)
        Without and with clipping.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = frame("recurrent weight w", "bias b", ax=ax, height=MEDIUM + 0.4)
    shown = ax.imshow(
        loss, origin="lower", extent=box, aspect="auto", cmap=AMOUNTS, interpolation="nearest"
    )
    bar = ax.get_figure(root=True).colorbar(shown, ax=ax, label="loss", shrink=0.9)  # type: ignore[union-attr]
    bar.outline.set_visible(False)
    bar.ax.tick_params(length=0)
    rim = [effects.withStroke(linewidth=3.6, foreground=GROUND)]
    for path, colour, dash, marker in zip(
        paths, (WRONG, TARGET), (DASHES[1], DASHES[0]), ("s", "o"), strict=True
    ):
        ax.plot(*path, color=colour, ls=dash, lw=1.6, path_effects=rim, zorder=3)
        ax.plot(*path[:, -1:], marker, color=colour, ms=8, mec=GROUND, mew=1.2, zorder=5)
    start = paths[0][:, :1]
    ax.plot(*start, "D", color=INK, ms=7, mec=GROUND, mew=1.2, zorder=5)
    ax.set_xlim(box[0], box[1])
    ax.set_ylim(box[2], box[3])
    ax.xaxis.set_major_locator(MaxNLocator(5))
    ax.yaxis.set_major_locator(MaxNLocator(5))
    return ax


@book_style()
def draw_cut(b: np.ndarray, loss: np.ndarray, norm: np.ndarray, *, ax: Axes | None = None) -> Axes:
    """Draw a cut through the cliff: the loss, and the length of its gradient.

    Parameters
    ----------
    b : ndarray of shape (n,)
    loss, norm : ndarray of shape (n,)
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = frame("bias b", "loss", ax=ax)
    ax.plot(b, loss, color=INK, lw=LINE_WIDTH)
    ax.set_xlim(float(b[0]), float(b[-1]))
    ax.set_ylim(0, 1.25 * float(loss.max()))
    ax.xaxis.set_major_locator(MaxNLocator(5))
    ax.yaxis.set_major_locator(MaxNLocator(4))
    steepest = int(norm.argmax())
    at = float(b[steepest]), float(loss.max())
    label(ax, f"gradient of length {norm[steepest]:.0f}", at, (0, 12))
    ax.axvline(at[0], color=GRADIENT, ls=DASHES[2], lw=1.4, ymax=0.8)
    return ax


@book_style()
def draw_clipped(
    gradient: np.ndarray,
    by_norm: np.ndarray,
    by_value: np.ndarray,
    *,
    limit: float = 1.0,
    ax: Axes | None = None,
) -> Axes:
    """Draw a gradient of two numbers, clipped by its norm and by its values.

    Parameters
    ----------
    gradient, by_norm, by_value : ndarray of shape (2,)
    limit : float, optional
        The threshold of both.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = frame("first number", "second number", ax=ax, height=MEDIUM + 0.5)
    ax.add_patch(Circle((0, 0), limit, fill=False, ec=TARGET, lw=1.4))
    square = Rectangle((-limit, -limit), 2 * limit, 2 * limit, fill=False, ec=WRONG, lw=1.4)
    square.set_linestyle((0, (6, 2.2)))
    ax.add_patch(square)
    for vector, colour, width in (
        (gradient, GRADIENT, 1.8),
        (by_value, WRONG, 2.6),
        (by_norm, TARGET, 2.6),
    ):
        ax.annotate(
            "", tuple(vector), (0, 0),
            arrowprops={"arrowstyle": "-|>", "color": colour, "lw": width, "shrinkA": 0,
                        "shrinkB": 0},
        )  # fmt: skip
    x, y = (float(part) for part in gradient)
    label(ax, f"({x:g}, {y:g})", (x, y), (-8, 6), align="right")
    x, y = (float(part) for part in by_value)
    label(ax, f"by value ({x:g}, {y:g})", (x, y), (8, -4), align="left")
    x, y = (float(part) for part in by_norm)
    label(ax, f"by norm ({x:g}, {y:g})", (x, y), (-8, 26), align="right")
    ax.set_aspect("equal")
    ax.set_xlim(-1.9, float(gradient[0]) + 0.6)
    ax.set_ylim(-1.4, float(gradient[1]) + 0.4)
    ax.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    ax.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    return ax


@book_style()
def draw_lengths(norms: np.ndarray, threshold: float, *, ax: Axes | None = None) -> Axes:
    """Draw the length of the gradient, update by update, and a threshold.

    Parameters
    ----------
    norms : ndarray of shape (n_updates,)
    threshold : float
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = frame("updates", "length of the gradient", ax=ax)
    updates = np.arange(1, len(norms) + 1)
    ax.set_yscale("log")
    ax.plot(updates, norms, color=GRADIENT, lw=1.3)
    above = norms > threshold
    ax.plot(updates[above], norms[above], "o", color=GRADIENT, ms=4.5, clip_on=False)
    ax.axhline(threshold, color=QUIET, lw=THIN, ls=DASHES[1])
    label(ax, "threshold", (0, threshold), (6, -10), align="left")
    ax.set_xlim(0, len(norms))
    ax.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    return ax


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
        A gate has the colour of the gate of an LSTM that does the same: the update gate keeps, as
        a forget gate does, and the reset gate shows, as an output gate does.
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


@book_style()
def figure_blocks() -> Figure:
    """Draw the LSTM block and the GRU side by side.

    Returns
    -------
    Figure
    """
    figure, axes = panels(WIDE, MEDIUM, (1.0, 1.0))
    for ax, block in zip(axes, (lstm_block(), gru_block()), strict=True):
        draw_diagram(block, size=13.5, ax=ax)
    return figure
