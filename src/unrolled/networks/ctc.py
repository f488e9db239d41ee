"""Connectionist temporal classification: labels of a sequence whose positions are not known.

A network predicts one class, or a blank, for each frame. Many paths collapse to the same labels;
the loss sums the probabilities of all of them in one pass from left to right.
"""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from unrolled.networks.activations import trusted_softmax
from unrolled.shapes import check_floats, check_integer, check_integers, check_shape

__all__ = ["CTCCache", "ctc_collapse", "ctc_loss_backward", "ctc_loss_forward"]

Label = TypeVar("Label")

_MAX_LOSS = 1e9


class CTCCache(NamedTuple):
    """What the loss must store for the backward pass; its logarithms are float64."""

    probabilities: NDArray[Any]  # (batch, frames, n_classes)
    extended: NDArray[np.int64]  # (batch, n_places); the labels with blanks between and around
    lengths: NDArray[np.int64]  # (batch,); real frames
    log_alpha: NDArray[Any]  # (batch, frames, n_places); sum over all beginnings that end here
    log_beta: NDArray[Any]  # (batch, frames, n_places); sum over all continuations from here
    log_likelihood: NDArray[Any]  # (batch,)


def ctc_collapse(path: Iterable[Label], *, blank: Label) -> list[Label]:
    """Collapse a path to labels: merge repeats, then drop the blanks.

    Parameters
    ----------
    path : iterable
        One label, or the blank, for each frame; for instance a string.
    blank : label

    Returns
    -------
    list
        The labels.

    Notes
    -----
    Graves et al. (2006), section 3.1. Page ``sequence-tasks``.

    Examples
    --------
    >>> "".join(ctc_collapse("hh-e-l-ll-oo", blank="-"))
    'hello'
    """
    return [label for label, _ in groupby(path) if label != blank]


@np.errstate(all="ignore")
def ctc_loss_forward(
    logits: ArrayLike,
    labels: Sequence[ArrayLike],
    *,
    lengths: ArrayLike | None = None,
    blank: int = 0,
) -> tuple[float, CTCCache]:
    """Compute minus the logarithm of the probability of labels, summed over all alignments.

    Parameters
    ----------
    logits : array_like of float64 or float32, of shape (batch, frames, n_classes)
        The blank is one of the classes.
    labels : sequence of array_like of int, each of shape (n_labels,)
        The labels of each sequence of the batch, without blanks; their numbers may differ.
    lengths : array_like of int, of shape (batch,), optional
        How many frames of each sequence are real; all by default.
    blank : int, optional
        The class that stands for no label.

    Returns
    -------
    loss : float
        In nats, the mean over the batch; never below zero.
    cache : CTCCache
        What `ctc_loss_backward` needs.

    Raises
    ------
    ValueError
        If a shape, a type or a number is not as described, a blank is among the labels, the labels
        need more frames than there are, or a sequence has a loss above 1e9, at which rounding hides
        the difference between alignments.

    Notes
    -----
    Graves et al. (2006), section 4.1, in logarithms. Page ``sequence-tasks``, equations
    ``ctc-sum``, ``ctc-alpha`` and ``ctc-likelihood``.
    """
    (scores,) = check_floats({"logits": logits})
    batch, frames, n_classes = check_shape("logits", scores, "batch frames n_classes")
    if not scores.size:
        raise ValueError(f"logits must not be empty, got shape {scores.shape}.")
    blank = check_integer("blank", blank, at_least=0, at_most=n_classes - 1)
    rows = _check_labels(labels, batch, n_classes, blank)
    real = _check_lengths(lengths, rows, batch, frames)
    extended, last = _extend(rows, blank)
    exact = scores.astype(np.float64)  # thousands of logarithms are added up
    shifted = exact - exact.max(axis=-1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    emitted = np.take_along_axis(log_p, extended[:, None, :], axis=-1)
    skips = _may_skip(extended, blank)
    log_alpha = _log_alpha(emitted, skips)
    log_beta = _log_beta(emitted, skips, last, real)
    first = log_alpha[:, 0] + log_beta[:, 0]
    log_likelihood = np.minimum(np.logaddexp.reduce(first, axis=-1), 0)
    if not (log_likelihood >= -_MAX_LOSS).all():
        worst = -log_likelihood.min()
        raise ValueError(
            f"logits must give losses of at most {_MAX_LOSS:g}, got {worst:g}. Scale them down."
        )
    shares = np.exp(log_p).astype(scores.dtype)
    cache = CTCCache(shares, extended, real, log_alpha, log_beta, log_likelihood)
    return float(-log_likelihood.mean()), cache


@np.errstate(all="ignore")
def ctc_loss_backward(cache: CTCCache) -> NDArray[Any]:
    """Propagate the loss back to the logits: probability minus how often each class is used.

    Parameters
    ----------
    cache : CTCCache
        From `ctc_loss_forward`.

    Returns
    -------
    ndarray of shape (batch, frames, n_classes)
        Derivative of the loss with respect to the logits; zero in padded frames.

    Raises
    ------
    ValueError
        If the cache has the wrong type.

    Notes
    -----
    Graves et al. (2006), section 4.2, with a β that does not include its own frame. Page
    ``sequence-tasks``, equation ``ctc-gradient``.
    """
    given: Any = cache
    if not isinstance(given, CTCCache):
        arrived = type(given).__name__
        raise ValueError(f"cache must be the CTCCache of a forward pass, got {arrived}.")
    # Shares of the likelihood, which is the sum over all positions of a frame: they sum to one.
    through = trusted_softmax(cache.log_alpha + cache.log_beta)
    batch, frames, n_classes = cache.probabilities.shape
    classes = np.arange(n_classes) == cache.extended[:, :, None]
    used = np.einsum("bfs,bsc->bfc", through, classes.astype(through.dtype))
    real = np.arange(frames) < cache.lengths[:, None]
    gradient = np.where(real[:, :, None], cache.probabilities - used, 0) / batch
    return gradient.astype(cache.probabilities.dtype)  # type: ignore[no-any-return]


def _log_alpha(emitted: NDArray[Any], skips: NDArray[np.bool_]) -> NDArray[Any]:
    """Sum, from the first frame on, over all beginnings that end at each position."""
    log_alpha = np.full(emitted.shape, -np.inf, emitted.dtype)
    log_alpha[:, 0, :2] = emitted[:, 0, :2]
    for t in range(1, emitted.shape[1]):
        before = log_alpha[:, t - 1]
        arriving = np.logaddexp(before, _shifted(before, 1))
        jumping = np.where(skips, _shifted(before, 2), -np.inf)
        log_alpha[:, t] = np.logaddexp(arriving, jumping) + emitted[:, t]
    return log_alpha


def _log_beta(
    emitted: NDArray[Any], skips: NDArray[np.bool_], last: NDArray[Any], real: NDArray[Any]
) -> NDArray[Any]:
    """Sum, from the last real frame back, over all continuations from each position."""
    n_places = emitted.shape[2]
    places = np.arange(n_places)
    end = np.where((places == last[:, None]) | (places == last[:, None] - 1), 0, -np.inf)
    log_beta = np.full(emitted.shape, -np.inf, emitted.dtype)
    for t in reversed(range(emitted.shape[1])):
        if t + 1 < emitted.shape[1]:
            after = log_beta[:, t + 1] + emitted[:, t + 1]
            leaving = np.logaddexp(after, _shifted(after, -1))
            jumping = _shifted(np.where(skips, after, -np.inf), -2)
            log_beta[:, t] = np.logaddexp(leaving, jumping)
        log_beta[:, t] = np.where((real - 1 == t)[:, None], end, log_beta[:, t])
        log_beta[:, t] = np.where((real - 1 < t)[:, None], -np.inf, log_beta[:, t])
    return log_beta


def _shifted(places: NDArray[Any], by: int) -> NDArray[Any]:
    """Shift every position to the right, or to the left, and fill with nothing."""
    moved = np.full_like(places, -np.inf)
    if by > 0:
        moved[:, by:] = places[:, :-by]
    else:
        moved[:, :by] = places[:, -by:]
    return moved


def _extend(
    rows: Sequence[NDArray[np.int64]], blank: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Put blanks between and around the labels; return the last position of each row as well."""
    last = np.array([2 * len(row) for row in rows])
    extended = np.full((len(rows), max(2, last.max()) + 1), blank, np.int64)
    for places, row in zip(extended, rows, strict=True):
        places[1 : 2 * len(row) : 2] = row
    return extended, last


def _may_skip(extended: NDArray[np.int64], blank: int) -> NDArray[np.bool_]:
    """Say which positions may skip the blank before them: labels that differ from the last one."""
    skips = np.zeros(extended.shape, np.bool_)
    skips[:, 2:] = (extended[:, 2:] != blank) & (extended[:, 2:] != extended[:, :-2])
    return skips


def _check_labels(
    labels: Sequence[ArrayLike], batch: int, n_classes: int, blank: int
) -> list[NDArray[np.int64]]:
    if len(labels) != batch:
        raise ValueError(
            f"labels must hold one row for each of {batch} sequences, got {len(labels)}."
        )
    rows = []
    for n, row in enumerate(labels):
        name = f"labels[{n}]"
        check_shape(name, row, "n_labels")
        classes = check_integers(name, row, at_least=0, at_most=n_classes - 1)
        if (classes == blank).any():
            raise ValueError(
                f"{name} must hold no blank, got {blank}. Blanks are put between them here."
            )
        rows.append(classes)
    return rows


def _check_lengths(
    lengths: ArrayLike | None, rows: Sequence[NDArray[np.int64]], batch: int, frames: int
) -> NDArray[np.int64]:
    """Check that there are enough frames for the labels: equal neighbours need a blank."""
    if lengths is None:
        real = np.full(batch, frames)
    else:
        check_shape("lengths", lengths, "batch", batch=batch)
        real = check_integers("lengths", lengths, at_least=1, at_most=frames)
    for n, (row, length) in enumerate(zip(rows, real, strict=True)):
        needed = len(row) + int(np.count_nonzero(row[1:] == row[:-1]))
        if needed > length:
            raise ValueError(
                f"labels[{n}] must fit into {length} frames, got {len(row)} labels that need "
                f"{needed}. Equal neighbours need a blank between them."
            )
    return real
