"""The style of every figure: colours, sizes, letters and axes.

Nothing here changes matplotlib's settings for anybody else: `book_style` holds only while a part of
a figure is made. A drawing is made once for light and dark pages: `INK`, `QUIET` and `GROUND` are
stand-ins, which the built page replaces by the colours of its own text, guide lines and ground.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from importlib import resources
from itertools import pairwise
from typing import Any, cast

import matplotlib as mpl
import numpy as np
from cycler import cycler
from matplotlib import font_manager
from matplotlib import pyplot as plt
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.collections import Collection
from matplotlib.colors import LinearSegmentedColormap, to_rgba
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke
from matplotlib.text import Annotation, Text
from matplotlib.ticker import MaxNLocator, NullLocator

# Stand-ins: a page gives them the colour that its own theme asks for.
INK = "#22272e"  # text, labels, axes
QUIET = "#7a7f87"  # grids, guide lines, what stands behind
GROUND = "#fefefd"  # the page itself: halos and gaps

# The eight colours of marks, by what they mean outside the recurrent part.
FIRST = "#df7803"
SECOND = "#6b95d3"
THIRD = "#be4426"
FOURTH = "#899867"
FIFTH = "#6a9c98"
SIXTH = "#976269"
GRADIENT = "#6e62e2"  # everything that flows backwards, and nothing else
EIGHTH = "#ac4899"

QUERIES, KEYS, VALUES = FIRST, SECOND, THIRD
WRONG = THIRD
TARGET = FOURTH
DATA = FIFTH

# The same eight inside a recurrent network.
BLOCK_INPUT, INPUT_GATE, FORGET_GATE, OUTPUT_GATE = FIRST, SECOND, THIRD, FOURTH
CELL = FIFTH
HIDDEN = SIXTH
PEEPHOLE = EIGHTH

COLOURS = (FIRST, SECOND, THIRD, FOURTH, FIFTH, SIXTH, GRADIENT, EIGHTH)
SERIES = (FIRST, SECOND, THIRD, FOURTH, FIFTH, SIXTH, EIGHTH, INK)
HEADS = SERIES  # the heads of an attention layer, in their order
DASHES = ("-", (0, (6, 2.2)), (0, (1.2, 1.8)), (0, (6, 2, 1.2, 2)))  # in grey, dashes tell
MARKERS = ("o", "s", "^", "D", "v", "P", "X")

# Colour maps: nothing is the ground of the page, light or dark, and more is more colour on it.
AMOUNTS = LinearSegmentedColormap.from_list("amounts", [to_rgba(FIFTH, 0), to_rgba(FIFTH)])
SIGNED = LinearSegmentedColormap.from_list(
    "signed",
    list(
        zip(
            (0.0, 0.5, 0.5, 1.0),
            (to_rgba(SECOND), to_rgba(SECOND, 0), to_rgba(FIRST, 0), to_rgba(FIRST)),
            strict=True,
        )
    ),
)

# Inches. SINGLE is 432 pixels wide on a page and keeps its text readable on a phone;
# WIDE is 696 pixels and scrolls inside its own frame there.
SINGLE = 4.5
WIDE = 7.25
LOW, MEDIUM, TALL = 2.3, 3.2, 4.0

TEXT_SIZE = 11.0  # points; shrunk to a phone's 328 pixels, SINGLE still has 11 pixels
FORMULA_SIZE = 12.0  # the letters of mathematics look smaller than those of words
LINE_WIDTH = 2.0
THIN = 1.0
FAMILY = "Source Sans Pro"


@cache
def text_fonts() -> list[str]:
    """Return the families for text, best first, and make the book's letters known to matplotlib.

    Returns
    -------
    list of str
        Source Sans Pro before DejaVu Sans where it is installed, DejaVu Sans alone elsewhere.
    """
    try:
        folder = resources.files("font_source_sans_pro") / "files"
    except ModuleNotFoundError:
        return ["DejaVu Sans"]
    for cut in ("Regular", "It", "Semibold"):
        font_manager.fontManager.addfont(str(folder / f"SourceSansPro-{cut}.ttf"))
    return [FAMILY, "DejaVu Sans"]


@contextmanager
def book_style() -> Iterator[None]:
    """Set matplotlib up while a part of a figure is made, and leave it as it was.

    Works as a block, ``with book_style():``, and as a decorator, ``@book_style()``.
    """
    if mpl.rcParams["text.color"] == INK:  # it holds already
        yield
        return
    settings: dict[Any, Any] = {
        "figure.facecolor": "none",
        "figure.edgecolor": "none",
        "axes.facecolor": "none",
        "savefig.facecolor": "none",
        "font.family": text_fonts(),
        "font.size": TEXT_SIZE,
        "axes.labelsize": TEXT_SIZE,
        "xtick.labelsize": TEXT_SIZE,
        "ytick.labelsize": TEXT_SIZE,
        "mathtext.fontset": "cm",
        "svg.fonttype": "path",
        "text.color": INK,
        "axes.labelcolor": INK,
        "axes.edgecolor": INK,
        "xtick.color": INK,
        "ytick.color": INK,
        "axes.linewidth": 0.9,
        "axes.labelpad": 5.0,
        "lines.linewidth": LINE_WIDTH,
        "lines.solid_capstyle": "round",
        "lines.dash_capstyle": "round",
        "patch.linewidth": THIN,
        "hatch.linewidth": THIN,
        "axes.prop_cycle": cycler(color=SERIES),
    }
    with mpl.rc_context(settings):
        yield


@book_style()
def panels(
    width: float = SINGLE,
    height: float = MEDIUM,
    widths: Sequence[float] = (1.0,),
    *,
    rows: int = 1,
    share: bool = False,
) -> tuple[Figure, list[Axes]]:
    """Make an empty figure with panels side by side.

    Parameters
    ----------
    width, height : float
        Inches; one of `SINGLE` and `WIDE`, one of `LOW`, `MEDIUM` and `TALL`.
    widths : sequence of float
        The panels' widths, relative to each other.
    rows : int
        Of panels.
    share : bool
        Give all panels the same limits, and numbers at the outer axes only.

    Returns
    -------
    figure : Figure
    axes : list of Axes
        One for each panel, row by row.
    """
    figure, axes = plt.subplots(
        rows,
        len(widths),
        figsize=(width, height),
        width_ratios=widths,
        squeeze=False,
        sharex=share,
        sharey=share,
        layout="constrained",
    )
    return figure, list(axes.flat)


Ticks = int | Sequence[float] | Mapping[float, str] | None
Format = str | Callable[[float, float], str] | None


@book_style()
def frame(
    x: str,
    y: str,
    *,
    ax: Axes | None = None,
    width: float = SINGLE,
    height: float = MEDIUM,
    xticks: Ticks = None,
    yticks: Ticks = None,
    xformat: Format = None,
    yformat: Format = None,
    **settings: Any,
) -> Axes:
    """Prepare an Axes on which values are read off: two spines, two named axes.

    Parameters
    ----------
    x, y : str
        What the axes mean, in words, with their units.
    ax : Axes, optional
        Where to draw; a new figure when None.
    width, height : float
        Of a new figure, in inches.
    xticks, yticks : int, sequence of float or mapping of float to str, optional
        At most how many ticks, or where, or where and what is written there; an upright axis of
        words without a name has no line.
    xformat, yformat : str or function, optional
        How a tick is written: a format of ``x``, as in ``"{x:g}"``, or `percent` or `power_of_ten`.
    **settings
        What `Axes.set` takes: `xlim`, `ylim`, `xscale`, `yscale`, `aspect`.

    Returns
    -------
    Axes
    """
    ax = panels(width, height)[1][0] if ax is None else ax
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["left", "bottom"]].set_color(INK)
    # This makes the first ticks now, and later ones copy the letters of the book from them.
    ax.tick_params(which="both", colors=INK, labelsize=TEXT_SIZE, length=3.5, width=0.9)
    ax.tick_params(which="minor", length=0)
    ax.set_xlabel(x)
    ax.set_ylabel(y)
    ax.set(**settings)
    for axis, ticks, form in ((ax.xaxis, xticks, xformat), (ax.yaxis, yticks, yformat)):
        _set_ticks(axis, ticks, form)
    if isinstance(yticks, Mapping) and not y:
        ax.yaxis.set_tick_params(length=0)
        ax.spines["left"].set_visible(False)
    return ax


def _set_ticks(axis: Axis, ticks: Ticks, form: Format) -> None:
    """Say where an axis has ticks and how they are written; six at round numbers when None."""
    if ticks is None and axis.get_scale() == "linear":
        ticks = 6
    if isinstance(ticks, int):
        axis.set_major_locator(MaxNLocator(ticks, steps=[1, 2, 5, 10]))
    elif ticks is not None:
        names = list(ticks.values()) if isinstance(ticks, Mapping) else None
        axis.set_ticks(list(ticks), names)
        axis.set_minor_locator(NullLocator())
        form = form or ("{x:g}" if names is None else None)
    if form is not None:
        axis.set_major_formatter(form)


def percent(share: float, _: float = 0) -> str:
    """Write a share between 0 and 1 in per cent.

    Parameters
    ----------
    share : float

    Returns
    -------
    str
    """
    return f"{100 * share:.3g} %"


def power_of_ten(logarithm: float, _: float = 0) -> str:
    """Write the power of ten that has this logarithm.

    Parameters
    ----------
    logarithm : float

    Returns
    -------
    str
    """
    return "1" if logarithm == 0 else f"$10^{{{logarithm:.0f}}}$"


@book_style()
def bare_axes(ax: Axes | None, *, width: float = SINGLE, height: float = MEDIUM) -> Axes:
    """Prepare an Axes for a drawing to scale: no axes, one unit as long across as up.

    Parameters
    ----------
    ax : Axes or None
        Where to draw; a new figure when None.
    width, height : float
        Of a new figure, in inches.

    Returns
    -------
    Axes
    """
    ax = panels(width, height)[1][0] if ax is None else ax
    ax.set_axis_off()
    ax.set_aspect("equal")
    return ax


def halo(artist: Artist, width: float = 3.0) -> None:
    """Put a rim in the colour of the page behind a label, so that lines do not cross it.

    Parameters
    ----------
    artist : Artist
        Most often a Text.
    width : float
        Points.
    """
    artist.set_path_effects([withStroke(linewidth=width, foreground=GROUND)])


@book_style()
def label(
    ax: Axes,
    text: str,
    at: tuple[float, float],
    shift: tuple[float, float] = (0.0, 0.0),
    *,
    align: str = "center",
    level: str = "center",
    rim: bool = True,
) -> Annotation:
    """Write a label beside a point.

    Parameters
    ----------
    ax : Axes
    text : str
    at : (float, float)
        The point, in data coordinates.
    shift : (float, float)
        From the point to the label, in points.
    align : {"left", "center", "right"}
    level : {"top", "center", "baseline", "bottom"}
    rim : bool
        Keep lines off the letters; False on a tinted surface and where no line is near.

    Returns
    -------
    Annotation
    """
    formula = text.startswith("$") and text.endswith("$")
    written = ax.annotate(
        text,
        at,
        xytext=shift,
        textcoords="offset points",
        ha=align,
        va=level,
        color=INK,
        fontsize=FORMULA_SIZE if formula else TEXT_SIZE,
        annotation_clip=False,
        linespacing=1.15,
    )
    if rim:
        halo(written)
    return written


def label_end(ax: Axes, text: str, x: np.ndarray, y: np.ndarray, lift: float = 0.0) -> Annotation:
    """Write a series' name at the right end of its line.

    Parameters
    ----------
    ax : Axes
    text : str
    x, y : ndarray of shape (n,)
        The line, in data coordinates.
    lift : float
        Points upwards, where another label is too near.

    Returns
    -------
    Annotation
    """
    return label(ax, text, (float(x[-1]), float(y[-1])), (7.0, lift), align="left", rim=False)


def label_ends(ax: Axes, texts: Sequence[str], x: np.ndarray, ys: np.ndarray) -> list[Annotation]:
    """Write the names of several series at their right ends, moved apart where they would touch.

    Parameters
    ----------
    ax : Axes
        With its limits and scales as they will stay.
    texts : sequence of str
    x : ndarray of shape (n,)
    ys : ndarray of shape (n_series, n)
        A line that leaves the Axes above or below is named at its border.

    Returns
    -------
    list of Annotation
    """
    figure = cast(Figure, ax.get_figure(root=True))
    figure.draw_without_rendering()
    low, high = sorted(ax.get_ylim())
    ys = np.clip(ys, low, high)
    ends = [ax.transData.transform((float(x[-1]), float(y[-1])))[1] for y in ys]
    heights = np.array(ends) * 72 / figure.dpi
    placed = _apart(heights, 1.3 * TEXT_SIZE)
    lifts = placed - heights
    return [label_end(ax, text, x, y, lift) for text, y, lift in zip(texts, ys, lifts, strict=True)]


def _apart(heights: np.ndarray, gap: float) -> np.ndarray:
    """Move heights apart to at least one gap, evenly up and down."""
    placed = heights.astype(float)
    order = np.argsort(heights, kind="stable")
    for _ in range(20 * len(heights)):
        for low, high in pairwise(order):
            short = gap - (placed[high] - placed[low])
            if short > 0:
                placed[low] -= short / 2
                placed[high] += short / 2
    return placed


def style_violations(figure: Figure) -> list[str]:
    """List what in a figure goes against the style of the book.

    Parameters
    ----------
    figure : Figure

    Returns
    -------
    list of str
        One sentence each: a strange width or colour, small or strange letters, a title. Empty when
        all is well. Parts that are invisible or fully transparent count for nothing.
    """
    shown = (ax for ax in figure.axes if ax.axison)
    for axis in (axis for ax in shown for axis in (ax.xaxis, ax.yaxis)):
        axis.get_ticklabels(which="both")  # makes them, as a drawing would
    width = figure.get_figwidth()
    found = [] if width in (SINGLE, WIDE) else [f"The figure is {width} inches wide."]
    for artist in _shown(figure):
        if isinstance(artist, Text):
            if not artist.get_text().strip():
                continue
            if float(artist.get_fontsize()) < 9:
                found.append(f"{artist.get_text()!r} is written in {artist.get_fontsize()} points.")
            if artist.get_color() not in (INK, QUIET):
                found.append(f"{artist.get_text()!r} is written in {artist.get_color()}.")
            if artist.get_fontfamily() != text_fonts():
                family = ", ".join(artist.get_fontfamily())
                found.append(f"{artist.get_text()!r} is written in the letters of {family}.")
        else:
            strange = _colours(artist) - {*COLOURS, INK, QUIET, GROUND}
            found += [f"{type(artist).__name__} is drawn in {colour}." for colour in strange]
    for ax in figure.axes:
        titles = [ax.get_title(loc=loc) for loc in ("left", "center", "right")]
        found += [f"{title!r} is a title: say it in the caption." for title in titles if title]
    if figure.get_suptitle():
        found.append(f"{figure.get_suptitle()!r} is a title: say it in the caption.")
    return found


def _colours(artist: Artist) -> set[str]:
    """Return all colours of one artist that can be seen, as hex without opacity."""
    parts: tuple[str, ...] = (
        "color",
        "facecolor",
        "edgecolor",
        "markerfacecolor",
        "markeredgecolor",
    )
    if isinstance(artist, Collection):
        artist.update_scalarmappable()  # colours its cells
        parts = ("facecolor", "edgecolor")
    if isinstance(artist, Line2D) and artist.get_marker() in ("", "None", None):
        parts = ("color",)
    used = [getattr(artist, f"get_{part}")() for part in parts if hasattr(artist, f"get_{part}")]
    if isinstance(artist, AxesImage) and artist.get_cmap() not in (AMOUNTS, SIGNED):
        used = [artist.get_cmap()(np.linspace(0, 1, 5))]
    rgba = [row for colour in used for row in mpl.colors.to_rgba_array(colour)]
    return {mpl.colors.to_hex(row[:3]) for row in rgba if row[3] > 0}


def _shown(artist: Artist) -> Iterator[Artist]:
    """Yield an artist and everything inside it that will be drawn."""
    hidden: set[Artist] = set()
    if isinstance(artist, Axes) and not artist.axison:
        hidden = {artist.xaxis, artist.yaxis, artist.patch, *artist.spines.values()}
    if artist.get_visible():
        yield artist
        for child in artist.get_children():
            if child not in hidden:
                yield from _shown(child)
