"""The drawings of the way into attention: the road, two ways through a sentence, what they cost."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator

from unrolled.figures.diagrams import RADIUS, Diagram, Edge, Node, draw_diagram
from unrolled.figures.style import (
    DASHES,
    DATA,
    FIRST,
    HIDDEN,
    KEYS,
    LOW,
    MARKERS,
    MEDIUM,
    QUERIES,
    QUIET,
    SECOND,
    SERIES,
    SINGLE,
    THIN,
    THIRD,
    book_style,
    frame,
    label,
    label_ends,
    panels,
)

__all__ = [
    "Station",
    "draw_counts",
    "draw_road",
    "draw_shares",
    "draw_times",
    "figure_two_ways",
]

ATTENTION, RECURRENT, MIXING = FIRST, SECOND, THIRD
GAP, RISE = 1.55, 2.6  # between tokens, and from a layer to the next


class Station(NamedTuple):
    """A page on the road, or something that is known before."""

    sign: str  # what stands in its ring, as TeX
    title: str
    at: tuple[float, float]
    needs: Sequence[str] = ()  # names of the stations right before it
    known: bool = False  # from an earlier part


@book_style()
def draw_road(stations: Mapping[str, Station], *, ax: Axes | None = None) -> Axes:
    """Draw which page stands on which: an arrow leads from what is needed to what needs it.

    Parameters
    ----------
    stations : mapping of str to Station
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    nodes = {
        name: Node(place.sign, place.at, QUIET if place.known else QUERIES, square=place.known)
        for name, place in stations.items()
    }
    edges = [Edge(need, name) for name, place in stations.items() for need in place.needs]
    ax = draw_diagram(Diagram(nodes, edges), width=SINGLE, height=MEDIUM, ax=ax)
    for place in stations.values():
        side = -1 if place.at[0] < 0 else 1
        at = (place.at[0] + side * 1.35 * RADIUS, place.at[1])
        label(ax, place.title, at, align="left" if side > 0 else "right")
    ax.set_xlim(-3.6, 3.6)
    return ax


@book_style()
def figure_two_ways(n_tokens: int) -> Figure:
    """Draw how a recurrent layer and an attention layer pass a sequence on.

    Parameters
    ----------
    n_tokens : int

    Returns
    -------
    Figure
        Left the recurrent layer, right the attention layer.
    """
    figure, axes = panels(SINGLE, LOW, (1.0, 1.0))
    steps = range(1, n_tokens + 1)
    below = {f"x{t}": Node(f"x_{t}", (GAP * t, 0.0), DATA, square=True) for t in steps}
    states = {f"h{t}": Node(f"h_{t}", (GAP * t, RISE), HIDDEN) for t in steps}
    chain = [Edge(f"x{t}", f"h{t}") for t in steps]
    chain += [Edge(f"h{t}", f"h{t + 1}", kind="before") for t in steps[:-1]]
    contexts = {f"z{t}": Node(f"z_{t}", (GAP * t, RISE), KEYS) for t in steps}
    fan = [Edge(f"x{j}", f"z{i}") for i in steps for j in steps]
    for ax, above, edges in zip(axes, (states, contexts), (chain, fan), strict=True):
        draw_diagram(Diagram({**below, **above}, edges), ax=ax)
    return figure


@book_style()
def draw_counts(
    n_tokens: np.ndarray, counts: Mapping[str, np.ndarray], width: int, *, ax: Axes | None = None
) -> Axes:
    """Draw numbers of multiplications over the length of a sequence.

    Parameters
    ----------
    n_tokens : ndarray of shape (n_lengths,)
    counts : mapping of str to ndarray of shape (n_lengths,)
        Of the attention layer, of the recurrent layer, and of the mixing alone, by name.
    width : int
        Of a token: a guide line stands where the length is the same.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = frame("tokens", "multiplications", ax=ax)
    ax.set_xscale("log")
    ax.set_yscale("log")
    colours = ATTENTION, RECURRENT, MIXING
    for line, colour, dash in zip(counts.values(), colours, DASHES, strict=False):
        ax.plot(n_tokens, line, color=colour, ls=dash)
    ax.axvline(width, color=QUIET, lw=THIN, zorder=0)
    ax.set_xlim(n_tokens[0], n_tokens[-1])
    label(ax, f"$n = d = {width}$", (width, ax.get_ylim()[0]), (-5, 8), align="right")
    label_ends(ax, list(counts), n_tokens, np.array(list(counts.values())))
    return ax


@book_style()
def draw_times(
    n_tokens: np.ndarray, attention: np.ndarray, recurrent: np.ndarray, *, ax: Axes | None = None
) -> Axes:
    """Draw measured times of an attention layer and of a recurrent one.

    Parameters
    ----------
    n_tokens : ndarray of shape (n_lengths,)
    attention, recurrent : ndarray of shape (n_lengths,)
        Milliseconds.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = frame("tokens", "milliseconds", ax=ax)
    ax.set_xscale("log")
    ax.set_yscale("log")
    for times, colour, marker in zip(
        (attention, recurrent), (ATTENTION, RECURRENT), MARKERS, strict=False
    ):
        ax.plot(n_tokens, times, color=colour, marker=marker, ms=6, clip_on=False)
    ax.xaxis.set_major_locator(FixedLocator(n_tokens.tolist()))
    ax.xaxis.set_major_formatter(FixedFormatter([str(n) for n in n_tokens]))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.set_xlim(n_tokens[0], n_tokens[-1])
    label_ends(ax, ("attention", "recurrent"), n_tokens, np.array([attention, recurrent]))
    return ax


@book_style()
def draw_shares(
    shares: Mapping[str, np.ndarray], groups: Sequence[str], *, ax: Axes | None = None
) -> Axes:
    """Draw shares of a whole as lying bars, group by group.

    Parameters
    ----------
    shares : mapping of str to ndarray of shape (n_groups,)
        For each kind of bar its length in each group.
    groups : sequence of str
        Names, from the top.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = frame("share of the time of Keras' layer", "", ax=ax, height=MEDIUM)
    kinds, n_groups = len(shares), len(groups)
    tops = np.arange(n_groups) * (kinds + 1.4)
    places = np.concatenate([tops + row for row in range(kinds)])
    lengths = np.concatenate(list(shares.values()))
    ax.barh(places, lengths, color=np.repeat(SERIES[:kinds], n_groups).tolist(), height=0.8)
    for place, length in zip(places, lengths, strict=True):
        label(ax, f"{length:.2f}", (length, place), (5, 0), align="left")
    for top, group in zip(tops, groups, strict=True):
        label(ax, group, (0.0, top - 1), align="left", rim=False)
    ax.axvline(1, color=QUIET, lw=THIN, zorder=0)
    ax.set_xlim(0, max(1.0, lengths.max()))
    ax.set_ylim(tops[-1] + kinds - 0.4, -1.5)
    ax.set_yticks(places, np.repeat(list(shares), n_groups).tolist())
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    return ax
