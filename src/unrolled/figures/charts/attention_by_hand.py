"""A chart of the attention weights of one query, which the reader chooses."""

from collections.abc import Sequence

import altair as alt
import numpy as np

from unrolled.figures.charts.style import axis, book_chart, menu, records, sentences
from unrolled.figures.style import KEYS, QUIET, TARGET

__all__ = ["chart_weights"]

SCORES = 0.7  # where the row of scores stands, in the unit of weights


def chart_weights(
    words: Sequence[str], scores: np.ndarray, weights: np.ndarray, *, start: int
) -> alt.LayerChart:
    """Show the scores of a query that the reader chooses with all keys, and its weights.

    Parameters
    ----------
    words : sequence of str
        No two are equal.
    scores, weights : ndarray of shape (n_tokens, n_tokens)
        A row for each query; weights below 0.6.
    start : int
        Index of the query that is shown first.

    Returns
    -------
    altair.LayerChart
    """
    n_tokens = len(words)
    asking, place = np.divmod(np.arange(n_tokens**2), n_tokens)
    data = records(
        3, asking=asking, word=np.array(words)[place], weight=weights.ravel(),
        score=scores.ravel(), best=(weights >= weights.max(axis=1, keepdims=True) - 1e-9).ravel(),
    )  # fmt: skip
    rows = alt.Chart(data).transform_filter("datum.asking == asks")
    across = alt.X("word:N", sort=list(words), axis=axis("key", labelAngle=-45))
    up = alt.Y(
        "weight:Q", axis=axis("attention weight", values=[0, 0.2, 0.4, 0.6]),
        scale=alt.Scale(domain=[0, SCORES + 0.06], nice=False),
    )  # fmt: skip
    bars = rows.mark_bar(color=TARGET).encode(
        x=across, y=up, opacity=alt.condition("datum.best", alt.value(1), alt.value(0.45))
    )
    above = rows.mark_text(dy=-9).encode(x=across, y=up, text=alt.Text("weight:Q", format=".2f"))
    asked = rows.mark_text(color=KEYS, fontWeight="bold").encode(
        x=across, y=alt.datum(SCORES), text=alt.Text("score:Q", format="d")
    )
    alike = (
        alt.Chart(records(y=[1 / n_tokens]))
        .mark_rule(color=QUIET, strokeDash=[2, 3])
        .encode(y=alt.Y("y:Q"))
    )
    told = {
        n: f"{word} attends most to {_best(words, row)}, with a weight of {row.max():.3f}. "
        "The upper row shows the scores."
        for n, (word, row) in enumerate(zip(words, weights, strict=True))
    }
    return book_chart(
        bars,
        alike,
        above,
        asked,
        controls=[menu("asks", "query", words, start=start), *sentences(told, "asks")],
    )


def _best(words: Sequence[str], weights: np.ndarray) -> str:
    """Name the words with the largest weight, of which there may be several."""
    best = [word for word, one in zip(words, weights, strict=True) if one > weights.max() - 1e-9]
    if len(best) == len(words):
        return "all words equally"
    return " and ".join([", ".join(best[:-1]), best[-1]] if best[1:] else best)
