"""Recall a bit by plain gradient descent, with a recurrent matrix whose gradients explode.

Without clipping, such a training depends on the last digit of its first gradients, so that another
processor gives another result. As a program, ``python -m unrolled.experiments.stretched_recall
book/recurrent/clipping.csv`` trains with every seed, without and with clipping, and writes what the
page shows.
"""

import csv
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unrolled.experiments.recall import add_readout, recall_batch, recall_gradient, simple_cell
from unrolled.networks.clipping import clip_by_norm, global_norm
from unrolled.networks.optimizers import descent_step
from unrolled.shapes import check_integer, check_number

__all__ = ["train_stretched"]

N_HIDDEN, N_SEQUENCES, N_STEPS = 16, 16, 30
STRETCH, LEARNING_RATE = 1.5, 0.1
N_SEEDS, N_UPDATES, N_LAST = 20, 100, 20


def train_stretched(
    seed: int, *, max_norm: float | None = None, n_updates: int = N_UPDATES
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Train a simple RNN whose recurrent matrix stretches every state by one half.

    Parameters
    ----------
    seed : int
        Of the first weights and of all sequences, at least 0.
    max_norm : float, optional
        Largest norm of the whole gradient; no limit by default.
    n_updates : int, optional

    Returns
    -------
    losses : ndarray of shape (n_updates,)
        Loss of each batch before the update with it, in nats.
    norms : ndarray of shape (n_updates,)
        Norm of the whole gradient before clipping.

    Raises
    ------
    ValueError
        If a number is out of range.

    Notes
    -----
    Page ``clipping``.
    """
    rng = np.random.default_rng(check_integer("seed", seed, at_least=0))
    limit = np.inf if max_norm is None else check_number("max_norm", max_norm, above=0)
    n_updates = check_integer("n_updates", n_updates)
    cell = simple_cell(N_HIDDEN, rng=rng, orthogonal=True)
    network = add_readout(cell._replace(W=STRETCH * cell.W), rng=rng)
    seen = []
    for _ in range(n_updates):
        batch = recall_batch(N_SEQUENCES, N_STEPS, rng=rng)
        loss, gradient = recall_gradient(network, *batch)
        seen.append((loss, global_norm(gradient)))
        if seen[-1][1] > limit:
            gradient = clip_by_norm(gradient, limit)
        network = descent_step(network, gradient, learning_rate=LEARNING_RATE)
    losses, norms = np.array(seen).T
    return losses, norms


def _row(seed: int) -> list[str]:
    """Train with one seed, without and with clipping: last losses, and unclipped norms."""
    free, norms = train_stretched(seed)
    held, _ = train_stretched(seed, max_norm=1.0)
    ends = (f"{losses[-N_LAST:].mean():.4f}" for losses in (free, held))
    return [str(seed), *ends, *(f"{norm:.3g}" for norm in norms)]


def _write(path: Path) -> None:
    """Train with every seed, and write a row for each."""
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["seed", "loss, free", "loss, clipped", *range(1, N_UPDATES + 1)])
        for seed in range(1, N_SEEDS + 1):
            rows.writerow(_row(seed))


if __name__ == "__main__":
    _write(Path(sys.argv[1]))
