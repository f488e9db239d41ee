"""The style of charts that answer to a slider: the colours and letters of the figures.

A chart lets the reader choose one or two settings. It holds its numbers and its sentences, computed
beforehand; the browser selects and draws them.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import altair as alt
import numpy as np

from unrolled.figures.style import INK, QUIET

__all__ = ["axis", "book_chart", "equal_scale", "menu", "named", "records", "sentences", "slider"]

FONT = "'Source Sans 3', system-ui, sans-serif"  # without quotes a browser drops the whole line
TEXT_PIXELS = 14
HEIGHT = 280


def slider(name: str, label: str, values: np.ndarray, *, start: float) -> alt.Parameter:
    """Make a slider; its value stands beside it.

    Parameters
    ----------
    name : str
        The name by which expressions know its value.
    label : str
        What it changes, in words.
    values : ndarray of shape (n_values,)
        The values it runs through, equally spaced.
    start : float
        The one it begins with: the picture on the page shows this one.

    Returns
    -------
    altair.Parameter
    """
    low, high, step = (_short(value) for value in (values[0], values[-1], values[1] - values[0]))
    control = alt.binding_range(min=low, max=high, step=step, name=label)
    return alt.param(name=name, value=_short(start), bind=control)


def menu(name: str, label: str, words: Sequence[str], *, start: int) -> alt.Parameter:
    """Make a menu; its value is the place of a word, counted from 0.

    Parameters
    ----------
    name : str
        The name by which expressions know its value.
    label : str
        What it changes, in words.
    words : sequence of str
    start : int
        Place of the one it begins with.

    Returns
    -------
    altair.Parameter
    """
    places = list(range(len(words)))
    control = alt.binding_select(options=places, labels=list(words), name=label)
    return alt.param(name=name, value=start, bind=control)


Sentences = Mapping[Any, Any]  # for each value a sentence, or sentences for each of the next


def sentences(told: Sentences, *names: str) -> list[alt.Parameter]:
    """Say in words what the chart shows: a sentence for each value of its controls.

    It stands under the chart, and a screen reader says it after each change.

    Parameters
    ----------
    told : mapping
        From the values of the first control to a sentence, or to such a mapping for the next one.
    *names : str
        Of the controls.

    Returns
    -------
    list of altair.Parameter
        For the controls of `book_chart`.
    """
    expression = "told" + "".join(f"[{name}]" for name in names)
    return [
        alt.param(name="told", value=_named(told)),
        alt.param(name="says", expr=expression),
    ]


def _named(told: Sentences | str) -> Any:
    """Return sentences by what a browser calls their values."""
    if isinstance(told, str):
        return told
    return {str(_short(value)): _named(one) for value, one in told.items()}


def _short(value: float) -> float:
    """Return a number without what arithmetic has left in its last digits."""
    short = round(float(value), 9) + 0.0
    return int(short) if short.is_integer() else short


def records(digits: int = 4, /, **columns: Any) -> alt.InlineData:
    """Turn columns of equal length into the rows that a chart holds.

    Parameters
    ----------
    digits : int, optional
        Decimals that are kept; a chart needs few, and each one travels to every reader.
    **columns : array_like of shape (n_rows,), or of shape (n_rows, n_entries)
        A column of numbers or words; or of lists of numbers, for ``transform_flatten``.

    Returns
    -------
    altair.InlineData
    """
    plain = {name: _plain(column, digits) for name, column in columns.items()}
    rows = [dict(zip(plain, row, strict=True)) for row in zip(*plain.values(), strict=True)]
    return alt.InlineData(values=rows)


def _plain(column: Any, digits: int) -> list[Any]:
    array = np.asarray(column)
    if array.dtype.kind == "f":
        array = np.round(array, digits) + 0.0  # no minus zero
    listed: list[Any] = array.tolist()
    return listed


def axis(title: str, **options: Any) -> alt.Axis:
    """Name an axis in words, with its unit; without a grid unless one is asked for.

    Parameters
    ----------
    title : str
    **options
        Of `altair.Axis`: ``values``, ``format``, ``grid``.

    Returns
    -------
    altair.Axis
    """
    return alt.Axis(title=title, **{"grid": False, "tickCount": 5, **options})


def named(
    text: str, x: float, y: float, *, up: float = 9.0, align: Literal["left", "center", "right"]
) -> alt.Chart:
    """Write what a line is beside one of its points.

    Parameters
    ----------
    text : str
    x, y : float
        The point, in data coordinates; the chart's columns are called ``x`` and ``y``.
    up : float, optional
        From there to the middle of the words, in pixels.
    align : {"left", "center", "right"}
        Which side of the words is at the point.

    Returns
    -------
    altair.Chart
    """
    written: alt.Chart = (
        alt.Chart(records(3, x=[float(x)], y=[float(y)], text=[text]))
        .mark_text(align=align, dx=4 if align == "left" else 0, dy=-up)
        .encode(x="x:Q", y="y:Q", text="text:N")
    )
    return written


def equal_scale(
    middle: float, side: Literal["width", "height"], across: float, up: float
) -> alt.Scale:
    """Make a scale on which a unit is as long across as up, whatever the width of the page.

    Parameters
    ----------
    middle : float
        What stands in the middle of this side.
    side : {"width", "height"}
        Of the chart, along which the scale runs.
    across, up : float
        How far both scales must reach at least, to each side of the middle.

    Returns
    -------
    altair.Scale
    """
    reach = f"{side} / min(max(width, 1) / {across}, max(height, 1) / {up})"
    return alt.Scale(
        domainMin=alt.ExprRef(f"{middle} - {reach}"),
        domainMax=alt.ExprRef(f"{middle} + {reach}"),
        nice=False,
        zero=False,
    )


def book_chart(
    *layers: alt.Chart, controls: Sequence[alt.Parameter], height: int = HEIGHT
) -> alt.LayerChart:
    """Put layers over one another, with their controls, in the style of the book.

    Parameters
    ----------
    *layers : altair.Chart
        From the back to the front.
    controls : sequence of altair.Parameter
        Sliders, menus, arrays of numbers that expressions look into, and the `sentences`.
    height : int, optional
        Pixels; the width is that of the page.

    Returns
    -------
    altair.LayerChart
    """
    words: Mapping[str, Any] = {
        "labelFont": FONT,
        "titleFont": FONT,
        "labelFontSize": TEXT_PIXELS,
        "titleFontSize": TEXT_PIXELS,
        "labelColor": INK,
        "titleColor": INK,
        "titleFontWeight": "normal",
    }
    chart: alt.LayerChart = (
        alt.layer(*layers)
        .add_params(*controls)
        .properties(width="container", height=height)
        .configure_view(stroke=None)
        .configure_axis(
            domainColor=INK,
            tickColor=INK,
            gridColor=QUIET,
            gridOpacity=0.35,
            labelFlush=False,
            titlePadding=8,
            **words,
        )
        .configure_legend(**words)
        .configure_text(font=FONT, fontSize=TEXT_PIXELS, color=INK)
    )
    return chart
