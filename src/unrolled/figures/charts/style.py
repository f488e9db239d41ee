"""The hand of the house for charts that answer to a slider: the colours and letters of the figures.

A chart shows what a static picture of the same page shows, with one or two things left to the
reader's hand. It holds its numbers, computed before; the browser chooses among them and draws.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import numpy as np

from unrolled.figures.style import INK, QUIET

__all__ = ["axis", "house_chart", "menu", "records", "sentence", "slider"]

FONT = "'Source Sans 3', system-ui, sans-serif"  # without quotes a browser drops the whole line
TEXT_PIXELS = 14
HEIGHT = 280


def slider(
    name: str, label: str, low: float, high: float, *, step: float = 1, start: float
) -> alt.Parameter:
    """Make a slider; its value stands beside it.

    Parameters
    ----------
    name : str
        The name by which expressions know its value.
    label : str
        What it changes, in words.
    low, high, step : float
        The values it runs through.
    start : float
        The value it begins with: that of the static picture.

    Returns
    -------
    altair.Parameter
    """
    control = alt.binding_range(min=low, max=high, step=step, name=label)
    return alt.param(name=name, value=start, bind=control)


def menu(
    name: str, label: str, options: Sequence[Any], *, words: Sequence[str], start: Any
) -> alt.Parameter:
    """Make a menu.

    Parameters
    ----------
    name : str
        The name by which expressions know its value.
    label : str
        What it changes, in words.
    options : sequence of str or float
        The values to choose from.
    words : sequence of str
        How the menu calls them.
    start : str or float
        The one it begins with: that of the static picture.

    Returns
    -------
    altair.Parameter
    """
    control = alt.binding_select(options=list(options), labels=list(words), name=label)
    return alt.param(name=name, value=start, bind=control)


def sentence(expression: str) -> alt.Parameter:
    """Say in words what the chart shows: an expression that gives a sentence.

    It stands under the chart, and a screen reader says it after each change.

    Parameters
    ----------
    expression : str
        A Vega expression, such as ``"'At k = ' + k + ' it is ' + format(errors[k], '.3f')"``.

    Returns
    -------
    altair.Parameter
    """
    return alt.param(name="says", expr=expression)


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


def house_chart(
    *layers: alt.Chart, controls: Sequence[alt.Parameter], height: int = HEIGHT
) -> alt.LayerChart:
    """Put layers over one another, with their controls, in the hand of the house.

    Parameters
    ----------
    *layers : altair.Chart
        From the back to the front.
    controls : sequence of altair.Parameter
        Sliders, menus, arrays of numbers that expressions look into, and the `sentence`.
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
