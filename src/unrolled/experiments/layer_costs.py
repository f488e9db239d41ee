"""What a layer costs: multiplications, products that wait for one another, and lengths of paths.

The layers are written as plainly as their equations, one position after another. They take
ordinary vectors, and `Traced` ones as well, which record what is done with them. So the counts come
from running a layer, and no formula for them is typed anywhere.
"""

from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin
from numpy.typing import NDArray

from unrolled.shapes import check_floats, check_integer, check_shape

__all__ = [
    "LayerCosts",
    "Traced",
    "attend",
    "attention_layer",
    "convolution_layer",
    "count_costs",
    "recurrent_layer",
]

Vectors = Sequence[Any]  # one for each position: arrays of shape (d_model,), or `Traced` ones
Layer = Callable[[Vectors], Vectors]


class LayerCosts(NamedTuple):
    """What was counted while a layer ran, and while more of them were stacked on it."""

    multiplications: int  # of the first layer
    steps: int  # products of the first layer that must wait for one another
    n_layers: int  # how many layers it takes until every position depends on all before it
    path: int  # products on the shortest path between two positions, where that is longest


class Traced(NDArrayOperatorsMixin):
    """An array that records the multiplications it went through.

    Products (``@`` and ``*``) are counted; sums, quotients and elementwise functions are free.

    Parameters
    ----------
    value : ndarray
    steps : int
        Products in the longest chain that leads to this array.
    paths : ndarray of shape (n_positions,)
        For each position that came in, the products on the shortest path from it to here;
        infinite where there is none.
    tally : list of int
        Multiplications so far, an entry for each product; shared by all arrays of a run.
    """

    def __init__(
        self, value: NDArray[Any], steps: int, paths: NDArray[np.float64], tally: list[int]
    ) -> None:
        self.value, self.steps, self.paths, self.tally = value, steps, paths, tally

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the array."""
        return self.value.shape

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        """Compute as NumPy does, and record it."""
        if method != "__call__" or options:
            return NotImplemented
        traced = [x for x in inputs if isinstance(x, Traced)]
        values = [np.asarray(x.value if isinstance(x, Traced) else x) for x in inputs]
        value = np.asarray(ufunc(*values))
        steps = max(x.steps for x in traced)
        paths = np.minimum.reduce([x.paths for x in traced])
        if ufunc in (np.matmul, np.multiply):
            summed = values[0].shape[-1] if ufunc is np.matmul else 1
            self.tally.append(value.size * summed)
            steps, paths = steps + 1, paths + 1
        return Traced(value, steps, paths, self.tally)

    def __array_function__(self, function: Any, types: Any, args: Any, options: Any) -> Any:
        """Make zeros that depend on no position, and nothing else."""
        if function is not np.zeros_like or options:
            return NotImplemented
        nowhere = np.full_like(self.paths, np.inf)
        return Traced(np.zeros_like(self.value), 0, nowhere, self.tally)

    @classmethod
    def rows(cls, tokens: NDArray[Any]) -> list[Self]:
        """Return the rows of a table as the positions of one run.

        Parameters
        ----------
        tokens : ndarray of shape (n_positions, d_model)

        Returns
        -------
        list of Traced
        """
        tally: list[int] = []
        paths = np.where(np.eye(len(tokens), dtype=bool), 0.0, np.inf)
        return [cls(row, 0, path, tally) for row, path in zip(tokens, paths, strict=True)]


def recurrent_layer(tokens: Vectors, U: NDArray[Any], W: NDArray[Any]) -> Vectors:
    """Carry a state from position to position.

    Parameters
    ----------
    tokens : sequence of n_positions arrays of shape (d_model,), or of Traced
    U, W : ndarray of shape (d_model, d_model)
        Weights of the input and of the state before; there are no biases.

    Returns
    -------
    list of n_positions arrays, or Traced

    Notes
    -----
    `unrolled.networks.rnn.rnn_forward` gives the same states. Page ``positional-encodings``.
    """
    state, states = np.zeros_like(tokens[0]), []
    for token in tokens:
        state = np.tanh(token @ U + state @ W)
        states.append(state)
    return states


def convolution_layer(tokens: Vectors, kernels: NDArray[Any], dilation: int = 1) -> Vectors:
    """Combine each position with some before it, always by the same weights.

    Parameters
    ----------
    tokens : sequence of n_positions arrays of shape (d_model,), or of Traced
    kernels : ndarray of shape (n_seen, d_model, d_model)
        The first for the position itself, the next for the one `dilation` positions earlier, and so
        on.
    dilation : int, optional
        From one position that is seen to the next; above 1 the convolution is called dilated.

    Returns
    -------
    list of n_positions arrays, or Traced
        Before the first position there are zeros, which are multiplied like others.

    Notes
    -----
    `unrolled.networks.convolution.convolution_forward` gives the same, of an image one pixel high,
    with the kernels in reverse order. Page ``positional-encodings``.
    """
    before = [np.zeros_like(tokens[0])] * (dilation * (len(kernels) - 1))
    padded = [*before, *tokens]
    return [
        sum(padded[t - dilation * j] @ kernel for j, kernel in enumerate(kernels))
        for t in range(len(before), len(padded))
    ]


def attend(queries: Vectors, keys: Vectors, values: Vectors) -> Vectors:
    """Compute scaled dot-product attention, one query after another.

    Parameters
    ----------
    queries, keys, values : sequence of arrays of shape (d_model,), or of Traced

    Returns
    -------
    list of arrays, or of Traced

    Notes
    -----
    `unrolled.networks.attention.scaled_dot_product_attention` gives the same. Page
    ``positional-encodings``.
    """
    outputs = []
    for query in queries:
        scores = [query @ key / np.sqrt(key.shape[-1]) for key in keys]
        largest = reduce(np.maximum, scores)
        exponentials = [np.exp(score - largest) for score in scores]
        total = sum(exponentials)
        shares = [each / total for each in exponentials]
        outputs.append(sum(share * value for share, value in zip(shares, values, strict=True)))
    return outputs


def attention_layer(
    tokens: Vectors,
    W_query: NDArray[Any],
    W_key: NDArray[Any],
    W_value: NDArray[Any],
    W_output: NDArray[Any],
) -> Vectors:
    """Let positions attend to one another: three projections before, one after.

    Parameters
    ----------
    tokens : sequence of n_positions arrays of shape (d_model,), or of Traced
    W_query, W_key, W_value, W_output : ndarray of shape (d_model, d_model)

    Returns
    -------
    list of n_positions arrays, or Traced

    Notes
    -----
    `unrolled.networks.attention.multi_head_forward` gives the same with one head and biases of
    zero. Page ``positional-encodings``.
    """
    projected = ([token @ W for token in tokens] for W in (W_query, W_key, W_value))
    return [context @ W_output for context in attend(*projected)]


def count_costs(stack: Sequence[Layer], tokens: NDArray[Any]) -> LayerCosts:
    """Run layers, and count what they did.

    Parameters
    ----------
    stack : sequence of callable
        Layers, from the first up: each takes `Vectors` and returns as many. Only as many are run
        as it takes until every position depends on all before it.
    tokens : ndarray of shape (n_positions, d_model)
        Any numbers will do.

    Returns
    -------
    LayerCosts

    Raises
    ------
    ValueError
        When the tokens are no table of finite floats, or the stack ends before every position
        depends on all before it.

    Notes
    -----
    The three counts of Vaswani et al. (2017), table 1. Page ``positional-encodings``.
    """
    found, _ = check_shape("tokens", tokens, "n_positions d_model")
    n_positions = check_integer("len(tokens)", found)
    (table,) = check_floats({"tokens": tokens})
    behind = np.tri(n_positions, dtype=bool)
    vectors: Vectors = Traced.rows(table)
    tally = vectors[0].tally
    multiplications = steps = 0
    for n_layers, layer in enumerate(stack, start=1):
        vectors = layer(vectors)
        if n_layers == 1:
            multiplications, steps = sum(tally), max(x.steps for x in vectors)
        paths = np.array([x.paths for x in vectors])[behind]
        if np.isfinite(paths).all():
            return LayerCosts(multiplications, steps, n_layers, int(paths.max()))
    raise ValueError(
        f"stack must connect every position with all before it, got {len(stack)} layers, which do "
        f"not for {n_positions} positions. Add layers, or take wider kernels."
    )
