"""The drawings of layers: wires, an error that comes back, digits, a kernel that looks at an image.

Inputs are teal and hidden neurons mauve; biases are orange; everything that flows backwards is
violet. Where two networks are compared the dense one is orange and the convolution blue.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import (
    FixedLocator,
    FormatStrFormatter,
    LogLocator,
    MaxNLocator,
    NullLocator,
    PercentFormatter,
)

from unrolled.figures.diagrams import Diagram, Edge, Node, draw_diagram
from unrolled.figures.style import (
    AMOUNTS,
    DASHES,
    DATA,
    FIRST,
    GRADIENT,
    GROUND,
    HIDDEN,
    INK,
    LOW,
    MARKERS,
    MEDIUM,
    QUIET,
    SECOND,
    SINGLE,
    TARGET,
    THIN,
    bare_axes,
    book_style,
    frame,
    label,
    label_ends,
    panels,
)

__all__ = [
    "draw_convolution",
    "draw_gradient_check",
    "draw_learning",
    "draw_neuron_error",
    "draw_shifts",
    "draw_wires",
    "figure_images",
]

BIAS, DENSE, CONVOLUTION = FIRST, FIRST, SECOND
LOSSES = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0)  # ticks


@book_style()
def draw_wires(widths: Sequence[int], *, ax: Axes | None = None) -> Axes:
    """Draw a densely connected network with every wire and every bias, and count both.

    Parameters
    ----------
    widths : sequence of int
        Neurons in each layer, the input first.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = frame("", "", ax=ax, height=MEDIUM)
    ax.set_axis_off()
    places = [_column(4.0 * at, width) for at, width in enumerate(widths)]
    wires = [(one, other) for left, right in pairwise(places) for one in left for other in right]
    ax.add_collection(LineCollection(wires, colors=INK, linewidths=0.8, alpha=0.55, zorder=1))
    colours = [DATA, *[HIDDEN] * (len(widths) - 2), TARGET]
    for at, (layer, colour) in enumerate(zip(places, colours, strict=True)):
        ax.plot(*layer.T, "o", ms=15, mfc=GROUND, mec=colour, mew=2.2, zorder=3)
        if at:
            ax.plot(*layer.T, "s", ms=5.5, color=BIAS, mew=0, zorder=4)
            label(ax, f"{widths[at]} biases", (4.0 * at, -3.0), rim=False)
            count = widths[at - 1] * widths[at]
            label(ax, f"{count} wires", (4.0 * at - 2.0, -3.75), rim=False)
    ax.set_xlim(-0.7, 4.0 * (len(widths) - 1) + 0.9)
    ax.set_ylim(-4.1, max(widths) / 2)
    return ax


def _column(x: float, width: int) -> np.ndarray:
    """Return the places of a layer's neurons, (width, 2), centred at height zero."""
    heights = (width - 1) / 2 - np.arange(width)
    return np.column_stack([np.full(width, x), heights])


@book_style()
def draw_neuron_error(n_hidden: int, n_out: int, unit: int, *, ax: Axes | None = None) -> Axes:
    """Draw what comes back to one hidden neuron from all neurons of the next layer.

    Parameters
    ----------
    n_hidden, n_out : int
        Widths of the two layers.
    unit : int
        The neuron that is looked at, from 1.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    hidden, out = _column(0.0, n_hidden), _column(4.2, n_out) * [1, 1.45]
    nodes = {f"h{i + 1}": Node(f"h_{i + 1}", tuple(at), HIDDEN) for i, at in enumerate(hidden)}
    nodes |= {f"o{j + 1}": Node(f"o_{j + 1}", tuple(at)) for j, at in enumerate(out)}
    nodes["J"] = Node("J", (6.6, 0.0), square=True)
    edges = [
        Edge(f"h{i + 1}", f"o{j + 1}", f"V_{{{j + 1}{i + 1}}}", label_at=0.68, label_side=0.0)
        for j in range(n_out)
        for i in range(n_hidden)
    ]
    edges += [
        Edge(f"o{j + 1}", "J", rf"\delta o_{j + 1}", label_side=0.34 if j <= n_out // 2 else -0.34)
        for j in range(n_out)
    ]
    paths = [(f"h{unit}", f"o{j + 1}", "J") for j in range(n_out)]
    return draw_diagram(Diagram(nodes, edges), paths=paths, height=MEDIUM, ax=ax)


@book_style()
def draw_gradient_check(steps: np.ndarray, errors: np.ndarray, *, ax: Axes | None = None) -> Axes:
    """Draw how far central differences are from a derivative, against their step.

    Parameters
    ----------
    steps, errors : ndarray of shape (n_steps,)
        All positive.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = frame("step of the differences", "relative difference", ax=ax)
    ax.loglog(steps, errors, MARKERS[0] + "-", color=GRADIENT, ms=5, mew=0)
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_locator(LogLocator(numticks=6))
    for at, text, shift, align in (
        (len(steps) // 4, "rounding", 10, "left"),
        (-(len(steps) // 5), "no parabola", -8, "right"),
    ):
        point = float(steps[at]), float(errors[at])
        label(ax, text, point, (shift, 8), align=align, rim=False)
    return ax


@book_style()
def draw_learning(losses: np.ndarray, names: Sequence[str], *, ax: Axes | None = None) -> Axes:
    """Draw losses after every epoch, on a logarithmic axis.

    Parameters
    ----------
    losses : ndarray of shape (n_series, n_epochs + 1)
        From before the first epoch on.
    names : sequence of str
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = frame("times through the training set", "cross-entropy, nats", ax=ax)
    epochs = np.arange(losses.shape[1])
    ax.set_yscale("log")
    ax.set_xlim(0, float(epochs[-1]))
    ax.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    for line, colour, dash in zip(losses, (DATA, FIRST), DASHES[:2], strict=True):
        ax.plot(epochs, line, color=colour, ls=dash)
    ticks = [tick for tick in LOSSES if losses.min() <= tick <= losses.max()]
    ax.yaxis.set_major_locator(FixedLocator(ticks))
    ax.yaxis.set_major_formatter(FormatStrFormatter("%g"))
    ax.yaxis.set_minor_locator(NullLocator())
    label_ends(ax, names, epochs, losses)
    return ax


@book_style()
def figure_images(images: np.ndarray, texts: Sequence[str]) -> Figure:
    """Draw small images side by side, with a word below each.

    Parameters
    ----------
    images : ndarray of shape (n_images, height, width)
        Amounts of ink from 0 to 1.
    texts : sequence of str

    Returns
    -------
    Figure
    """
    figure, axes = panels(SINGLE, 1.75, [1] * len(images))
    for ax, image, text in zip(axes, images, texts, strict=True):
        ax.imshow(image, cmap=AMOUNTS, vmin=0, vmax=1)
        ax.set_xticks([])
        ax.set_yticks([])
        ax.spines[:].set_visible(False)
        ax.set_xlabel(text)
    return figure


@book_style()
def draw_convolution(
    image: np.ndarray,
    kernel: np.ndarray,
    output: np.ndarray,
    at: tuple[int, int],
    *,
    ax: Axes | None = None,
) -> Axes:
    """Draw an image, a kernel and what the kernel finds, as grids of numbers.

    Parameters
    ----------
    image : ndarray of shape (height, width)
    kernel : ndarray of shape (kernel_height, kernel_width)
    output : ndarray of shape (out_height, out_width)
    at : (int, int)
        The place that is marked: row and column of the output.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = bare_axes(ax, height=LOW)
    height, width = image.shape
    middle = width + 0.8
    last = middle + kernel.shape[1] + 0.8
    row, column = at
    _grid(ax, image, 0.0, DATA, (row, column, *kernel.shape), "x")
    _grid(ax, kernel, middle, BIAS, (0, 0, 0, 0), "K")
    _grid(ax, output, last, HIDDEN, (row, column, 1, 1), "a")
    ax.set_xlim(-0.2, last + output.shape[1] + 0.2)
    ax.set_ylim(height + 0.2, -0.9)
    return ax


def _grid(
    ax: Axes,
    numbers: np.ndarray,
    left: float,
    colour: str,
    marked: tuple[int, int, int, int],
    name: str,
) -> None:
    """Write a matrix into squares, with a letter above and one window marked."""
    for (i, j), number in np.ndenumerate(numbers):
        square = Rectangle((left + j, i), 1, 1, fc="none", ec=QUIET, lw=THIN, zorder=1)
        ax.add_patch(square)
        label(ax, f"{number:g}".replace("-", "−"), (left + j + 0.5, i + 0.5), rim=False)
    label(ax, f"${name}$", (left + numbers.shape[1] / 2, -0.45), rim=False)
    i, j, height, width = marked
    if height:
        ax.add_patch(Rectangle((left + j, i), width, height, fc=colour, alpha=0.28, lw=0))
        ax.add_patch(
            Rectangle((left + j, i), width, height, fc="none", ec=colour, lw=2.2, zorder=3)
        )
    else:
        across, down = numbers.shape[1], numbers.shape[0]
        ax.add_patch(Rectangle((left, 0), across, down, fc="none", ec=colour, lw=2.2, zorder=3))


@book_style()
def draw_shifts(names: Sequence[str], shares: np.ndarray, *, ax: Axes | None = None) -> Axes:
    """Draw how many digits two networks read after each was moved by a pixel.

    Parameters
    ----------
    names : sequence of str
        Where the digits were moved.
    shares : ndarray of shape (2, n_moves)
        Of the dense network and of the convolution, from 0 to 1.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = frame("test digits that are read correctly", "", ax=ax, height=LOW)
    rows, (dense, convolution) = np.arange(len(names)), shares
    ax.hlines(rows, dense, convolution, color=QUIET, lw=THIN)
    ax.plot(dense, rows, MARKERS[0], color=DENSE, ms=8, mew=0)
    ax.plot(convolution, rows, MARKERS[1], color=CONVOLUTION, ms=8, mew=0)
    label(ax, "dense", (float(dense[1]), 1.0), (0, 11), rim=False)
    label(ax, "convolution", (float(convolution[1]), 1.0), (5, 11), align="right", rim=False)
    ax.set_yticks(rows, names)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    ax.set_xlim(0, 1)
    ax.set_ylim(len(names) - 0.5, -0.5)
    ax.xaxis.set_major_locator(FixedLocator([0, 0.25, 0.5, 0.75, 1]))
    ax.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    return ax
