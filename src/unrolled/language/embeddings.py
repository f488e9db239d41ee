"""Words as vectors: one-hot vectors, the embedding layer with its gradient, and neighbours."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from unrolled.networks.checks import check_held
from unrolled.shapes import check_floats, check_integer, check_integers, check_shape

__all__ = [
    "add_rows",
    "cosines",
    "embedding_backward",
    "embedding_forward",
    "neighbours",
    "one_hot",
]


def one_hot(ids: ArrayLike, n_words: int) -> NDArray[np.float64]:
    """Write each id as a vector of zeros with a single one.

    Parameters
    ----------
    ids : array_like of int of any shape
        From 0 to ``n_words - 1``.
    n_words : int
        Size of the vocabulary.

    Returns
    -------
    ndarray of shape (..., n_words)

    Raises
    ------
    ValueError
        If an id is not an integer of that range, or `n_words` is below 1.

    Notes
    -----
    Page ``embeddings``, equation ``one-hot-vector``.
    """
    n_words = check_integer("n_words", n_words)
    ids = _check_ids(ids, n_words)
    return (ids[..., None] == np.arange(n_words)).astype(float)  # type: ignore[no-any-return]


def embedding_forward(W: ArrayLike, ids: ArrayLike) -> NDArray[Any]:
    """Look up the row of each id: the product of its one-hot vector with the matrix.

    Parameters
    ----------
    W : array_like of float64 or float32, of shape (n_words, n_dims)
        A row for each word.
    ids : array_like of int of any shape
        From 0 to ``n_words - 1``.

    Returns
    -------
    ndarray of shape (..., n_dims)
        A copy of the rows.

    Raises
    ------
    ValueError
        If `W` is no matrix of finite numbers, or an id lies outside it.

    Notes
    -----
    Page ``embeddings``, equation ``embedding-look-up``.
    """
    (W,) = check_floats({"W": W})
    n_words, _ = check_shape("W", W, "n_words n_dims")
    return W[_check_ids(ids, n_words)]


def embedding_backward(ids: ArrayLike, d_y: ArrayLike, n_words: int) -> NDArray[Any]:
    """Propagate derivatives of the loss back to the matrix of an embedding.

    Parameters
    ----------
    ids : array_like of int of any shape
        Those of the forward pass.
    d_y : array_like of float64 or float32, of shape (..., n_dims)
        Derivative of the loss with respect to each row that was looked up.
    n_words : int
        Number of rows of the matrix.

    Returns
    -------
    ndarray of shape (n_words, n_dims)
        The derivatives of an id that occurs more than once are added up, and those of one that
        does not occur are zero.

    Raises
    ------
    ValueError
        If the shapes do not fit, an id is out of range, or a sum overflows.

    Notes
    -----
    Page ``embeddings``, equation ``embedding-gradient``.
    """
    n_words = check_integer("n_words", n_words)
    (d_y,) = check_floats({"d_y": d_y})
    ids = _check_ids(ids, n_words)
    axes = [f"axis_{n}" for n in range(ids.ndim)]
    sizes = dict(zip(axes, ids.shape, strict=True))
    *_, n_dims = check_shape("d_y", d_y, " ".join([*axes, "n_dims"]), **sizes)
    d_W = np.zeros((n_words, n_dims), d_y.dtype)
    with np.errstate(all="ignore"):
        add_rows(d_W, ids, np.ascontiguousarray(d_y))
    check_held("d_y", d_W)
    return d_W


def add_rows(W: NDArray[Any], ids: NDArray[np.int64], rows: NDArray[Any]) -> None:
    """Add rows to those of a matrix, in place, also where an id repeats. Nothing is checked.

    Parameters
    ----------
    W : ndarray of float64 or float32, of shape (n_words, n_dims)
        In one piece of memory, row by row.
    ids : ndarray of int of any shape
    rows : ndarray of the same kind, of shape (..., n_dims)
        In one piece of memory as well.

    Notes
    -----
    The same as ``np.add.at(W, ids, rows)``, which is slower: NumPy has a fast path for vectors,
    and it is faster still if two numbers are added as one complex number.
    ``W[ids] += rows`` would keep one of several rows for the same id.
    """
    if W.shape[1] % 2 == 0:
        pair = np.result_type(W.dtype, np.complex64)
        W, rows = W.view(pair), rows.view(pair)
    n_dims = W.shape[1]
    places = ids.reshape(-1, 1) * n_dims + np.arange(n_dims)
    np.add.at(W.reshape(-1), places.ravel(), rows.reshape(-1))


def cosines(vectors: ArrayLike, others: ArrayLike | None = None) -> NDArray[Any]:
    """Compute the cosine of the angle between each two vectors.

    Parameters
    ----------
    vectors : array_like of float64 or float32, of shape (n_words, n_dims)
        None of them zero.
    others : array_like of shape (n_others, n_dims), optional
        `vectors` themselves when None.

    Returns
    -------
    ndarray of shape (n_words, n_others)

    Raises
    ------
    ValueError
        If the shapes do not fit, a vector is zero, or a number is not finite.

    Notes
    -----
    Page ``word-vectors``, equation ``cosine-of-words``.
    """
    ours = _directions("vectors", vectors)
    theirs = ours if others is None else _directions("others", others)
    check_shape("others", theirs, "n_others n_dims", n_dims=ours.shape[1])
    return ours @ theirs.T  # type: ignore[no-any-return]


def neighbours(
    vectors: ArrayLike, word: int, n_neighbours: int
) -> tuple[NDArray[np.int64], NDArray[Any]]:
    """Find the words whose vectors point most nearly in the direction of one word's vector.

    Parameters
    ----------
    vectors : array_like of float64 or float32, of shape (n_words, n_dims)
        None of them zero.
    word : int
        Its id; it is not among its own neighbours.
    n_neighbours : int
        From 1 to ``n_words - 1``.

    Returns
    -------
    ids : ndarray of int of shape (n_neighbours,)
        The nearest first; of equally near ones the smaller id.
    cosines : ndarray of shape (n_neighbours,)

    Raises
    ------
    ValueError
        If a shape or a number is not as described.
    """
    directions = _directions("vectors", vectors)
    n_words = len(directions)
    word = check_integer("word", word, at_least=0, at_most=n_words - 1)
    n_neighbours = check_integer("n_neighbours", n_neighbours, at_most=n_words - 1)
    near = directions @ directions[word]
    order = np.argsort(-near, kind="stable")
    found = order[order != word][:n_neighbours]
    return found, near[found]


def _directions(name: str, vectors: ArrayLike) -> NDArray[Any]:
    """Divide each vector by its norm."""
    (rows,) = check_floats({name: vectors})
    check_shape(name, rows, "n_words n_dims")
    largest = np.abs(rows).max(axis=1, keepdims=True, initial=0)
    if not largest.all():
        row = int(np.flatnonzero(largest == 0)[0])
        raise ValueError(f"{name} must have no row of zeros, got one as row {row}. Leave it out.")
    scaled = rows / largest  # so that no square overflows or vanishes
    return scaled / np.linalg.norm(scaled, axis=1, keepdims=True)  # type: ignore[no-any-return]


def _check_ids(ids: ArrayLike, n_words: int) -> NDArray[np.int64]:
    return check_integers(
        "ids",
        ids,
        at_least=0,
        at_most=n_words - 1,
        repair="Leave out what is not in the vocabulary, or give it an id of its own.",
    )
