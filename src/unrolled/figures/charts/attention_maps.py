"""A chart of all maps of attention, of which the reader chooses sentence, layer and head.

It holds a character for each weight, so that some hundred maps of several sentences fit into it.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import altair as alt
import numpy as np

from unrolled.figures.charts.style import book_chart, menu, slider
from unrolled.figures.style import FIFTH, FIRST, INK, QUIET

__all__ = ["LEVELS", "NamedMaps", "chart_heads"]

HEIGHT = 370
NAMES = 104, 92  # pixels beside the rows and above the columns
LARGEST = 38, 25  # pixels of a cell, across and up
DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%()*+,-./:;=?@[]^_`{|}~"
LEVELS = len(DIGITS) - 1  # steps from no weight to all of it


class NamedMaps(NamedTuple):
    """The maps of one attention for one sentence, and the words at their edges."""

    queries: Sequence[str]
    keys: Sequence[str]
    weights: np.ndarray  # (n_layers, n_heads, n_queries, n_keys)
    entropy: np.ndarray  # (n_layers, n_heads), normalised
    says: str  # what comes before the query in a sentence, such as "From"


def chart_heads(
    sentences: Mapping[str, Mapping[str, NamedMaps]], *, start: tuple[int, int, int, int, int]
) -> alt.LayerChart:
    """Show one of many maps, and say in words where one of its rows looks.

    Parameters
    ----------
    sentences : mapping of str to mapping of str to NamedMaps
        By sentence and by attention; all with the same attentions, layers and heads.
    start : tuple of five int
        Sentence and attention, counted from 0; layer, head and row, from 1.

    Returns
    -------
    altair.LayerChart
    """
    maps = [[*of.values()] for of in sentences.values()]
    attentions = [*next(iter(sentences.values()))]
    n_layers, n_heads = maps[0][0].weights.shape[:2]
    longest = max(len(one.queries) for of in maps for one in of)
    here = "held[sentence][attention]"
    held: list[Any] = [[_packed(one) for one in of] for of in maps]
    given = [
        alt.param(name="held", value=held),
        alt.param(name="digits", value=DIGITS),
        alt.param(name="nq", expr=f"length({here}.q)"),
        alt.param(name="nk", expr=f"length({here}.k)"),
        alt.param(name="at", expr="min(row, nq) - 1"),
        alt.param(name="first", expr=f"((layer - 1) * {n_heads} + head - 1) * nq"),
        alt.param(
            name="best", expr=f"indexof(digits, slice({here}.b, first + at, first + at + 1))"
        ),
        alt.param(name="most", expr=_weight(here, "at", "best")),
        alt.param(
            name="says",
            expr=(
                f"{here}.s + ' “' + {here}.q[at] + '”, head ' + head + ' of layer ' + layer"
                f" + ' looks most at “' + {here}.k[best] + '”: ' + round(100 * most) + ' %.'"
                f" + ' Its rows have a normalised entropy of ' + format({here}.e["
                f"(layer - 1) * {n_heads} + head - 1] / 100, '.2f') + ' on average.'"
            ),
        ),
    ]
    controls = [
        menu("sentence", "sentence", [*sentences], start=start[0]),
        menu("attention", "attention", attentions, start=start[1]),
        slider("layer", "layer", np.arange(1, n_layers + 1), start=start[2]),
        slider("head", "head", np.arange(1, n_heads + 1), start=start[3]),
        slider("row", "row", np.arange(1, longest + 1), start=start[4]),
    ]
    across = f"min({LARGEST[0]}, max(1, width - {NAMES[0]} - 16) / nk)"
    up = f"min({LARGEST[1]}, {HEIGHT - NAMES[1]} / nq)"
    x = _scale(f"-{NAMES[0]} / ({across})", f"(width - {NAMES[0]}) / ({across})", reverse=False)
    y = _scale(f"-{NAMES[1]} / ({up})", f"{HEIGHT - NAMES[1]} / ({up})", reverse=True)
    most_cells = max(one.weights[0, 0].size for of in maps for one in of)
    cells = (
        alt.Chart(alt.sequence(0, most_cells, as_="n"))
        .transform_filter("datum.n < nq * nk")
        .transform_calculate(i="floor(datum.n / nk)", j="datum.n % nk")
        .transform_calculate(
            weight=_weight(here, "datum.i", "datum.j"), right="datum.j + 1", low="datum.i + 1"
        )
        .transform_calculate(
            hover=f"{here}.q[datum.i] + ' → ' + {here}.k[datum.j] + ': '"
            " + round(100 * datum.weight) + ' %'"
        )
        .mark_rect(fill=FIFTH, stroke=QUIET, strokeWidth=0.5, strokeOpacity=0.45)
        .encode(
            x=alt.X("j:Q", axis=None, scale=x), x2="right:Q",
            y=alt.Y("i:Q", axis=None, scale=y), y2="low:Q",
            fillOpacity=alt.FillOpacity(
                "weight:Q", scale=alt.Scale(domain=[0, 1], range=[0, 1]), legend=None
            ),
            tooltip="hover:N",
        )
    )  # fmt: skip
    frame = (
        alt.Chart(alt.sequence(0, 1, as_="n"))
        .transform_calculate(i="at", low="at + 1", j="0", right="nk")
        .mark_rect(fill=None, stroke=FIRST, strokeWidth=2)
        .encode(x=alt.X("j:Q", axis=None, scale=x), x2="right:Q",
                y=alt.Y("i:Q", axis=None, scale=y), y2="low:Q")
    )  # fmt: skip
    beside = (
        alt.Chart(alt.sequence(0, longest, as_="n"))
        .transform_filter("datum.n < nq")
        .transform_calculate(word=f"{here}.q[datum.n]", i="datum.n + 0.5", j="0")
        .mark_text(align="right", dx=-6, color=INK, limit=NAMES[0] - 8)
        .encode(x=alt.X("j:Q", axis=None, scale=x), y=alt.Y("i:Q", axis=None, scale=y),
                text="word:N")
    )  # fmt: skip
    above = (
        alt.Chart(alt.sequence(0, max(len(one.keys) for of in maps for one in of), as_="n"))
        .transform_filter("datum.n < nk")
        .transform_calculate(word=f"{here}.k[datum.n]", i="0", j="datum.n + 0.5")
        .mark_text(align="left", angle=285, dx=6, dy=1, color=INK, limit=NAMES[1])
        .encode(x=alt.X("j:Q", axis=None, scale=x), y=alt.Y("i:Q", axis=None, scale=y),
                text="word:N")
    )  # fmt: skip
    return book_chart(cells, frame, beside, above, controls=[*controls, *given], height=HEIGHT)


def _scale(low: str, high: str, *, reverse: bool) -> alt.Scale:
    return alt.Scale(domainMin=alt.ExprRef(low), domainMax=alt.ExprRef(high), nice=False,
                     zero=False, reverse=reverse)  # fmt: skip


def _weight(here: str, row: str, column: str) -> str:
    """Return the expression of a weight of the map that is shown."""
    place = f"(first + {row}) * nk + {column}"
    return f"indexof(digits, slice({here}.w, {place}, {place} + 1)) / {LEVELS}"


def _packed(one: NamedMaps) -> dict[str, Any]:
    """Write maps as text: a character for each weight, and for the largest one of each row."""
    weights = np.asarray(one.weights, float)
    steps = np.round(weights * LEVELS).astype(int)
    return {
        "q": [*one.queries],
        "k": [*one.keys],
        "s": one.says,
        "w": "".join(DIGITS[step] for step in steps.ravel()),
        "b": "".join(DIGITS[place] for place in weights.argmax(axis=-1).ravel()),
        "e": np.round(100 * np.asarray(one.entropy)).astype(int).ravel().tolist(),
    }
