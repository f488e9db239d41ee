"""Whether one translator is better than another on the same sentences: the difference in BLEU."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sacrebleu.metrics.bleu import BLEU

from unrolled.shapes import check_generator, check_integer

__all__ = ["Difference", "bleu_from", "compare", "matches"]

N_BOOTSTRAP = 1000
INSIDE = 95  # per cent of the resampled differences
ORDERS = 4  # the longest n-grams that BLEU counts


class Difference(NamedTuple):
    """By how much BLEU changes, and the interval that holds 95 % of the resampled changes."""

    change: float
    low: float
    high: float


def matches(
    translations: Sequence[str], references: Sequence[Sequence[str]]
) -> NDArray[np.float64]:
    """Count for each translation what BLEU adds up over a corpus.

    Parameters
    ----------
    translations : sequence of str
    references : sequence of sequence of str
        At least one for each translation.

    Returns
    -------
    ndarray of shape (n_sentences, 10)
        Matching n-grams of one to four words, all n-grams of the translation, its length and that
        of the closest reference.

    Raises
    ------
    ValueError
        If the numbers differ, or a sentence has no reference.
    """
    if not translations or len(translations) != len(references) or not all(references):
        raise ValueError(
            "references must be given for each translation, of which there is one at least; got "
            f"{len(references)} and {len(translations)}."
        )
    metric, rows = BLEU(effective_order=True), []
    for translation, own in zip(translations, references, strict=True):
        found = metric.sentence_score(translation, list(own))
        rows.append([*found.counts, *found.totals, found.sys_len, found.ref_len])
    return np.array(rows, dtype=float)


def bleu_from(sums: NDArray[Any]) -> NDArray[np.float64]:
    """Compute BLEU from what was counted, without smoothing.

    Parameters
    ----------
    sums : ndarray of shape (..., 10)
        Rows of `matches`, added up over a corpus.

    Returns
    -------
    ndarray of shape (...)
        From 0 to 100; 0 where n-grams of some length never match.
    """
    found, all_of = sums[..., :ORDERS], sums[..., ORDERS : 2 * ORDERS]
    length, wanted = sums[..., -2], sums[..., -1]
    with np.errstate(divide="ignore", invalid="ignore"):
        precision = np.where(found > 0, found / all_of, 0.0)
        brevity = np.where(length > 0, np.minimum(1 - wanted / length, 0.0), -np.inf)
        bleu: NDArray[np.float64] = 100 * np.exp(brevity + np.log(precision).mean(axis=-1))
    return bleu


def compare(
    counted: NDArray[Any],
    baseline: NDArray[Any],
    *,
    n_bootstrap: int = N_BOOTSTRAP,
    rng: np.random.Generator,
) -> Difference:
    """Compare two translators by a paired bootstrap: both get the same resampled sentences.

    Parameters
    ----------
    counted, baseline : ndarray of shape (n_sentences, 10)
        From `matches`, of the same sentences in the same order.
    n_bootstrap : int, optional
        How many times the sentences are resampled.
    rng : numpy.random.Generator

    Returns
    -------
    Difference
        Above zero if the first is better.

    Raises
    ------
    ValueError
        If the shapes differ, or `rng` is not a generator.

    Notes
    -----
    Koehn (2004). Page ``what-heads-look-at``.
    """
    check_generator("rng", rng)
    check_integer("n_bootstrap", n_bootstrap)
    if counted.shape != baseline.shape:
        raise ValueError(
            f"counted must be of the sentences of baseline, got {counted.shape} and "
            f"{baseline.shape}."
        )
    n = len(counted)
    drawn = rng.multinomial(n, np.full(n, 1 / n), size=n_bootstrap).astype(float)
    changes = bleu_from(drawn @ counted) - bleu_from(drawn @ baseline)
    low, high = np.percentile(changes, [(100 - INSIDE) / 2, (100 + INSIDE) / 2])
    change = bleu_from(counted.sum(axis=0)) - bleu_from(baseline.sum(axis=0))
    return Difference(float(change), float(low), float(high))
