"""Skip-gram with negative sampling: word vectors that tell a word's true neighbours from noise."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from unrolled.language.cooccurrence import Text, neighbouring_pairs
from unrolled.language.embeddings import add_rows, embedding_backward
from unrolled.networks.checks import check_held
from unrolled.shapes import (
    check_floats,
    check_generator,
    check_integer,
    check_integers,
    check_number,
    check_numbers,
    check_shape,
)

__all__ = [
    "SkipGramParams",
    "SkipGramRun",
    "keep_probabilities",
    "noise_distribution",
    "skip_gram_gradient",
    "skip_gram_init",
    "skip_gram_step",
    "train_skip_gram",
]


class SkipGramParams(NamedTuple):
    """Two vectors for each word: ``v`` as a centre and ``u`` as a context; so has a gradient."""

    v: NDArray[Any]  # (n_words, n_dims)  in-vectors
    u: NDArray[Any]  # (n_words, n_dims)  out-vectors


class SkipGramRun(NamedTuple):
    """What a training gave."""

    params: SkipGramParams
    losses: NDArray[np.float64]  # (n_steps,)  mean loss of a pair in each batch, before its step
    n_pairs: int  # how many pairs were seen


def noise_distribution(counts: ArrayLike, power: float = 0.75) -> NDArray[np.float64]:
    """Compute with which probability each word is drawn as noise.

    Parameters
    ----------
    counts : array_like of shape (n_words,)
        How often each word occurs; not negative, and not all zero.
    power : float, optional
        At least 0: 1 draws words as often as they occur, 0 all equally often.

    Returns
    -------
    ndarray of shape (n_words,)
        A word that does not occur is never drawn.

    Raises
    ------
    ValueError
        If a number is out of range.

    Notes
    -----
    Mikolov, Sutskever et al. (2013). Page ``word-vectors``, equation ``noise-probability``.
    """
    numbers = _check_counts(counts)
    power = check_number("power", power, at_least=0)
    weights = np.where(numbers > 0, (numbers / numbers.max()) ** power, 0)
    return weights / weights.sum()  # type: ignore[no-any-return]


def keep_probabilities(counts: ArrayLike, threshold: float) -> NDArray[np.float64]:
    """Compute with which probability each occurrence of a word is kept for training.

    Parameters
    ----------
    counts : array_like of shape (n_words,)
        How often each word occurs; not negative, and not all zero.
    threshold : float
        Share of the text above which a word is thinned out; above 0.

    Returns
    -------
    ndarray of shape (n_words,)

    Raises
    ------
    ValueError
        If a number is out of range.

    Notes
    -----
    Mikolov, Sutskever et al. (2013), equation 5. Page ``word-vectors``, equation
    ``keep-probability``.
    """
    numbers = _check_counts(counts)
    threshold = check_number("threshold", threshold, above=0)
    scaled = numbers / numbers.max()
    shares = scaled / scaled.sum()
    return np.sqrt(threshold / np.maximum(shares, threshold))  # type: ignore[no-any-return]


def skip_gram_init(
    n_words: int, n_dims: int, *, rng: np.random.Generator, dtype: Any = np.float64
) -> SkipGramParams:
    """Draw small in-vectors, and set out-vectors to zero.

    Parameters
    ----------
    n_words, n_dims : int
    rng : numpy.random.Generator
    dtype : float64 or float32, optional

    Returns
    -------
    SkipGramParams

    Raises
    ------
    ValueError
        If a size is below 1, or `rng` is not a generator.
    """
    shape = check_integer("n_words", n_words), check_integer("n_dims", n_dims)
    check_generator("rng", rng)
    v = rng.uniform(-0.5, 0.5, shape) / n_dims
    return SkipGramParams(v.astype(dtype), np.zeros(shape, dtype))


def skip_gram_gradient(
    params: SkipGramParams, centres: ArrayLike, contexts: ArrayLike
) -> tuple[NDArray[Any], SkipGramParams]:
    """Compute the loss of each pair, and the gradient of their sum.

    Parameters
    ----------
    params : SkipGramParams
    centres : array_like of int of shape (n_pairs,)
        Ids of the centres.
    contexts : array_like of int of shape (n_pairs, 1 + n_noise)
        Ids of a true word of the context, which comes first, and of words drawn as noise.

    Returns
    -------
    losses : ndarray of shape (n_pairs,)
    gradient : SkipGramParams

    Raises
    ------
    ValueError
        If the shapes do not fit, an id is out of range, or a number overflows.

    Notes
    -----
    Page ``word-vectors``, equations ``skip-gram-loss`` and ``skip-gram-gradient``.
    """
    if not isinstance(params, SkipGramParams):
        raise ValueError(f"params must be SkipGramParams, got {type(params).__name__}.")
    v, u = check_floats({"params.v": params.v, "params.u": params.u})
    n_words, n_dims = check_shape("params.v", v, "n_words n_dims")
    check_shape("params.u", u, "n_words n_dims", n_words=n_words, n_dims=n_dims)
    centres = check_integers("centres", centres, at_least=0, at_most=n_words - 1)
    contexts = check_integers("contexts", contexts, at_least=0, at_most=n_words - 1)
    (n_pairs,) = check_shape("centres", centres, "n_pairs")
    check_shape("contexts", contexts, "n_pairs words", n_pairs=n_pairs)
    with np.errstate(all="ignore"):
        looked_up = v[centres], u[contexts]
        losses, errors = _errors(*looked_up)
        d_v, d_u = _slopes(errors, *looked_up)
    check_held("params", losses, d_v, d_u)
    gradient = SkipGramParams(
        embedding_backward(centres, d_v, n_words), embedding_backward(contexts, d_u, n_words)
    )
    return losses, gradient


def skip_gram_step(
    params: SkipGramParams,
    centres: NDArray[np.int64],
    contexts: NDArray[np.int64],
    learning_rate: float,
) -> float:
    """Move the vectors of a batch against its gradient, in place. Arguments are not checked.

    Parameters
    ----------
    params : SkipGramParams
        Changed; only rows that the batch looks up.
    centres, contexts : ndarray of int of shapes (n_pairs,) and (n_pairs, 1 + n_noise)
    learning_rate : float

    Returns
    -------
    float
        Sum of the losses before the step.
    """
    v, u = params.v.take(centres, axis=0), params.u.take(contexts, axis=0)  # faster than v[centres]
    losses, errors = _errors(v, u)
    d_v, d_u = _slopes(-learning_rate * errors, v, u)
    add_rows(params.v, centres, d_v)
    add_rows(params.u, contexts, d_u)
    return float(losses.sum())


@np.errstate(all="ignore")
def train_skip_gram(
    text: Text,
    n_dims: int,
    *,
    rng: np.random.Generator,
    n_epochs: int = 5,
    window: int = 5,
    n_noise: int = 5,
    noise_power: float = 0.75,
    threshold: float = 1e-3,
    learning_rate: float = 0.05,
    batch_size: int = 256,
) -> SkipGramRun:
    """Learn vectors of words by stochastic gradient descent.

    Parameters
    ----------
    text : Text
    n_dims : int
        Dimension of the vectors.
    rng : numpy.random.Generator
    n_epochs : int, optional
        How often the text is read; each time it is thinned out and shuffled anew.
    window : int, optional
        Largest distance of a context from its centre.
    n_noise : int, optional
        How many words of noise are drawn for each pair.
    noise_power : float, optional
        See `noise_distribution`.
    threshold : float, optional
        See `keep_probabilities`.
    learning_rate : float, optional
        At the beginning; it decreases linearly to zero.
    batch_size : int, optional
        How many pairs share a step. Their gradients are added, so a word that occurs often in a
        batch takes long steps: large batches of few words need a small learning rate.

    Returns
    -------
    SkipGramRun
        In float32.

    Raises
    ------
    ValueError
        If a number is out of range, no sentence holds two words, or the steps are so large that a
        number overflows.
    """
    check_generator("rng", rng)
    n_epochs = check_integer("n_epochs", n_epochs)
    n_noise = check_integer("n_noise", n_noise)
    batch_size = check_integer("batch_size", batch_size)
    learning_rate = check_number("learning_rate", learning_rate, above=0)
    noise = noise_distribution(text.counts, noise_power).cumsum()
    kept = keep_probabilities(text.counts, threshold)[text.ids]
    if not len(neighbouring_pairs(text.ids, text.sentences, window)):
        raise ValueError("text must hold a sentence of two words or more, got none.")
    params = skip_gram_init(len(text.words), n_dims, rng=rng, dtype=np.float32)
    losses, n_pairs = [], 0
    for epoch in range(n_epochs):
        thinned = rng.random(len(kept)) < kept
        pairs = neighbouring_pairs(text.ids[thinned], text.sentences[thinned], window)
        pairs = pairs[rng.permutation(len(pairs))]
        n_pairs += len(pairs)
        for start in range(0, len(pairs), batch_size):
            centres, true = pairs[start : start + batch_size].T
            drawn = noise.searchsorted(rng.random((len(true), n_noise)) * noise[-1], "right")
            done = (epoch + start / len(pairs)) / n_epochs
            contexts = np.column_stack([true, drawn])
            loss = skip_gram_step(params, centres, contexts, learning_rate * (1 - done))
            losses.append(loss / len(true))
    run = SkipGramRun(params, np.array(losses), n_pairs)
    check_held("learning_rate and batch_size", *run[:2])
    return run


def _errors(v: NDArray[Any], u: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return losses and their derivatives by the scores, for v (n, d) and u (n, 1 + k, d)."""
    scores = np.matmul(u, v[:, :, None])[..., 0]
    scores[:, 1:] *= -1  # of noise: now all of them should be large
    small = np.exp(-np.abs(scores))  # at most 1: exp of a large number would overflow
    losses = (np.log1p(small) - np.minimum(scores, 0)).sum(axis=1)
    errors = np.where(scores < 0, -1, -small) / (1 + small)
    errors[:, 1:] *= -1
    return losses, errors


def _slopes(
    errors: NDArray[Any], v: NDArray[Any], u: NDArray[Any]
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return derivatives by in-vectors (n, d) and by out-vectors (n, 1 + k, d), which replace u."""
    d_v = np.matmul(errors[:, None], u)[:, 0]
    return d_v, np.multiply(errors[..., None], v[:, None], out=u)


def _check_counts(counts: ArrayLike) -> NDArray[np.float64]:
    numbers = check_numbers("counts", counts, at_least=0)
    check_shape("counts", numbers, "n_words")
    if not numbers.any():
        raise ValueError("counts must hold at least one word that occurs, got zeros alone.")
    return numbers
