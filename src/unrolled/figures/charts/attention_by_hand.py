"""A chart of the weights of one word, with the word that asks at the reader's choice."""

from collections.abc import Sequence

import altair as alt
import numpy as np

from unrolled.figures.charts.style import axis, house_chart, menu, records, sentence
from unrolled.figures.style import TARGET

__all__ = ["chart_weights"]


def chart_weights(
    words: Sequence[str], scores: np.ndarray, weights: np.ndarray, *, start: int
) -> alt.LayerChart:
    """Show the weights of the word that the reader lets ask, as bars with their scores above them.

    Parameters
    ----------
    words : sequence of str
        No two are equal.
    scores, weights : ndarray of shape (n_tokens, n_tokens)
        A row for each word that asks.
    start : int
        Index of the word that asks first.

    Returns
    -------
    altair.LayerChart
    """
    n_tokens = len(words)
    asking, place = np.divmod(np.arange(n_tokens**2), n_tokens)
    data = records(
        3,
        asking=asking,
        place=place,
        word=np.array(words)[place],
        weight=weights.ravel(),
        score=scores.ravel(),
    )
    rows = alt.Chart(data).transform_filter("datum.asking == asks")
    across = alt.X("word:N", sort=list(words), axis=axis("key", labelAngle=-45))
    up = alt.Y("weight:Q", axis=axis("weight"), scale=alt.Scale(domain=[0, 0.75], nice=False))
    bars = rows.mark_bar(color=TARGET).encode(x=across, y=up)
    above = rows.mark_text(dy=-9).encode(x=across, y=up, text=alt.Text("score:Q", format="d"))
    return house_chart(
        bars,
        above,
        controls=[
            menu("asks", "the word that asks", range(n_tokens), words=words, start=start),
            alt.param(name="words", value=list(words)),
            alt.param(name="best", value=[_best(words, row) for row in weights]),
            alt.param(name="largest", value=np.round(weights.max(axis=1), 3).tolist()),
            sentence(
                "words[asks] + ' looks most at ' + best[asks] + ', with a weight of ' + "
                "format(largest[asks], '.3f') + '. The number above each bar is its score.'"
            ),
        ],
    )


def _best(words: Sequence[str], weights: np.ndarray) -> str:
    """Name the words with the largest weight, of which there may be several."""
    best = [word for word, one in zip(words, weights, strict=True) if one > weights.max() - 1e-9]
    if len(best) == len(words):
        return "all words alike"
    return " and ".join([", ".join(best[:-1]), best[-1]] if best[1:] else best)
