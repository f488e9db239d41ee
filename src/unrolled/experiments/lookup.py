"""Look something up: a small task that an attention layer has to *learn*.

A table holds keys and values. Each query is one of the keys with noise, and the target is the value
that belongs to this key. Two projections are learnt, one for queries and one for keys.

If weights are concentrated and steps large, training depends on the last digits, and another
processor gives another result. As a program, ``python -m unrolled.experiments.lookup
book/attention/lookup.csv`` trains at every learning rate, with and without scaling, and writes the
curves that the page shows.
"""

import csv
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from unrolled.networks.attention import (
    QueryKeyValue,
    scaled_dot_product_attention,
    scaled_dot_product_attention_backward,
)
from unrolled.networks.pytrees import map_leaves
from unrolled.networks.training import Optimizer, train_on_batches
from unrolled.shapes import check_generator, check_integer, check_numbers, check_shape

__all__ = ["LookupProjections", "lookup_batch", "lookup_gradient", "lookup_init", "train_lookup"]

N_KEYS, N_IN, N_VALUES, BLUR = 9, 8, 3, 0.3
SEED, D_K, N_TABLES, N_UPDATES, EVERY = 17, 64, 8, 250, 10  # of the curves of the page
LEARNING_RATES = 3.0 ** np.arange(-3, 4)


class LookupProjections(NamedTuple):
    """The learnt projections; a gradient has the same form. Leading axes hold several learners."""

    query: NDArray[Any]  # (..., n_in, d_k)
    key: NDArray[Any]  # (..., n_in, d_k)


def lookup_batch(n_tables: int, *, rng: np.random.Generator) -> QueryKeyValue:
    """Draw tables of nine keys, with one query for each key.

    Parameters
    ----------
    n_tables : int
    rng : numpy.random.Generator

    Returns
    -------
    QueryKeyValue
        Arrays of shapes (n_tables, 9, 8), (n_tables, 9, 8) and (n_tables, 9, 3). Query ``i`` is key
        ``i`` plus noise; its target is value ``i``.

    Raises
    ------
    ValueError
        When `n_tables` is below one, or `rng` is not a generator.
    """
    n_tables = check_integer("n_tables", n_tables)
    key = check_generator("rng", rng).normal(size=(n_tables, N_KEYS, N_IN))
    query = key + BLUR * rng.normal(size=key.shape)
    return QueryKeyValue(query, key, rng.normal(size=(n_tables, N_KEYS, N_VALUES)))


def lookup_init(d_k: int, *, rng: np.random.Generator) -> LookupProjections:
    """Draw independent projections whose outputs have variance one.

    Parameters
    ----------
    d_k : int
        Dimension of queries and keys.
    rng : numpy.random.Generator

    Returns
    -------
    LookupProjections
        Of two arrays of shape (8, d_k).

    Raises
    ------
    ValueError
        When `d_k` is below one, or `rng` is not a generator.
    """
    size = (N_IN, check_integer("d_k", d_k))
    rng = check_generator("rng", rng)
    return LookupProjections(
        *(rng.normal(size=size) / np.sqrt(N_IN) for _ in LookupProjections._fields)
    )


def lookup_gradient(
    projections: LookupProjections, batch: QueryKeyValue, *, scaled: bool = True
) -> tuple[NDArray[Any], LookupProjections]:
    """Loss of a batch for every learner, and its gradient.

    Parameters
    ----------
    projections : LookupProjections
        Arrays of shape (..., 8, d_k).
    batch : QueryKeyValue
        From `lookup_batch`.
    scaled : bool, optional
        False leaves out the division by the square root of ``d_k``.

    Returns
    -------
    losses : ndarray of shape (...)
        Mean squared error: 8/9 with equal weights for all nine values, 16/9 with a value picked at
        random.
    gradient : LookupProjections

    Raises
    ------
    ValueError
        If a shape, a type or a number is not as described.
    """
    *_, d_k = check_shape("projections.query", projections.query, "... n_in d_k", n_in=N_IN)
    leading = np.shape(projections.query)[:-2]
    n_tables = len(batch.key)
    factor = 1.0 if scaled else np.sqrt(d_k)
    rows = [x.reshape(-1, N_IN) for x in batch[:2]]
    query, key = (
        (x @ W * by).reshape(*leading, n_tables, N_KEYS, d_k)
        for x, W, by in zip(rows, projections, (factor, 1.0), strict=True)
    )
    value = np.broadcast_to(batch.value, (*leading, *batch.value.shape))
    context, weights = scaled_dot_product_attention(query, key, value)
    errors = context - value
    d_context = 2 * errors / batch.value.size
    d_query, d_key, _ = scaled_dot_product_attention_backward(query, key, value, weights, d_context)
    gradient = LookupProjections(
        *(
            x.T @ (d_mapped * by).reshape(*leading, -1, d_k)
            for x, d_mapped, by in zip(rows, (d_query, d_key), (factor, 1.0), strict=True)
        )
    )
    return np.mean(errors**2, axis=(-3, -2, -1)), gradient


def train_lookup(
    projections: LookupProjections,
    learning_rates: ArrayLike,
    batches: Sequence[QueryKeyValue],
    *,
    scaled: bool = True,
) -> tuple[NDArray[Any], LookupProjections]:
    """Train one learner for each learning rate, from the same projections on the same tables.

    Parameters
    ----------
    projections : LookupProjections
        Arrays of shape (8, d_k), from which all learners start.
    learning_rates : array_like of shape (n_rates,)
        Positive.
    batches : sequence of QueryKeyValue
        From `lookup_batch`, at least one; one update for each. If every batch is new, the loss
        before an update is computed on unseen data.
    scaled : bool, optional
        As in `lookup_gradient`.

    Returns
    -------
    losses : ndarray of shape (n_rates, n_batches)
        Loss before each update.
    projections : LookupProjections
        Arrays of shape (n_rates, 8, d_k): after training.

    Raises
    ------
    ValueError
        If a shape, a type or a number is not as described.

    Notes
    -----
    Stochastic gradient descent, with nothing else. Page ``scaling-scores``.
    """
    check_shape("learning_rates", learning_rates, "n_rates")
    steps = check_numbers("learning_rates", learning_rates, above=0)[:, None, None]
    check_shape("projections.query", projections.query, "n_in d_k", n_in=N_IN)
    if len(batches) == 0:
        raise ValueError("batches must hold at least one batch, got none.")
    projections = LookupProjections(*(np.repeat(W[None], len(steps), axis=0) for W in projections))

    def gradient_of(
        projections: LookupProjections, *batch: NDArray[Any]
    ) -> tuple[NDArray[Any], LookupProjections]:
        return lookup_gradient(projections, QueryKeyValue(*batch), scaled=scaled)

    def step(
        projections: LookupProjections, gradient: LookupProjections, state: None
    ) -> tuple[LookupProjections, None]:
        return map_leaves(lambda W, d_W: W - steps * d_W, projections, gradient), state

    projections, losses = train_on_batches(projections, gradient_of, batches, Optimizer(step, None))
    return losses.T, projections


# The curves of the page ----------------------------------------------------------------------


def _curves(n_updates: int = N_UPDATES) -> dict[bool, NDArray[Any]]:
    """Train at every learning rate, with and without scaling; average the losses of ten updates."""
    rng = np.random.default_rng(SEED)
    start = lookup_init(D_K, rng=rng)
    batches = [lookup_batch(N_TABLES, rng=rng) for _ in range(n_updates)]
    losses = {s: train_lookup(start, LEARNING_RATES, batches, scaled=s)[0] for s in (True, False)}
    return {
        s: each.reshape(len(LEARNING_RATES), -1, EVERY).mean(axis=2) for s, each in losses.items()
    }


def _write(path: Path) -> None:
    """Train everything, and write a row for each kind and learning rate."""
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["kind", "rate", *range(EVERY, N_UPDATES + 1, EVERY)])
        for scaled, curves in _curves().items():
            for rate, curve in zip(LEARNING_RATES, curves, strict=True):
                kind = "scaled" if scaled else "unscaled"
                rows.writerow([kind, f"{rate:.4g}", *(f"{loss:.4f}" for loss in curve)])


if __name__ == "__main__":
    _write(Path(sys.argv[1]))
