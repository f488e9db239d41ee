"""Deep stacks of encoder layers, connected in four ways: what reaches their first layer.

``python -m unrolled.experiments.deep_stack FILE`` trains stacks of several depths on reversing
short sequences, and writes how many symbols they then get right.
"""

import json
import sys
from collections.abc import Callable, Iterator
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray

from unrolled.networks.activations import relu, relu_backward
from unrolled.networks.attention import MultiHeadParams, multi_head_backward, multi_head_forward
from unrolled.networks.dense import DenseParams, dense_backward, dense_forward, dense_init
from unrolled.networks.layer_norm import (
    LayerNormParams,
    layer_norm_backward,
    layer_norm_forward,
)
from unrolled.networks.losses import cross_entropy_backward, cross_entropy_forward
from unrolled.networks.positions import sinusoidal_positions
from unrolled.networks.pytrees import leaves_of, map_leaves
from unrolled.networks.training import adam, train_on_batches
from unrolled.networks.transformer import (
    EncoderLayerParams,
    FeedForwardParams,
    transformer_init,
)

__all__ = [
    "KINDS",
    "N_HEADS",
    "StackParams",
    "draw_sequences",
    "stack_forward",
    "stack_gradient",
    "stack_init",
    "sublayer",
    "train_stack",
]

Floats = NDArray[Any]
Kind = Literal["plain", "residual", "post-norm", "pre-norm"]
KINDS: tuple[Kind, ...] = ("plain", "residual", "post-norm", "pre-norm")

N_SYMBOLS, LENGTH, D_MODEL, N_HEADS, D_FF = 8, 8, 32, 4, 64
DEPTHS, SEEDS = (2, 12), range(5)
N_STEPS, BATCH_SIZE, LEARNING_RATE = 300, 32, 2e-3

Back = Callable[[Floats], tuple[Any, Floats]]
"""From the derivative by an output to those by parameters and input."""
Part = Callable[[Floats], tuple[Floats, Back]]
"""From an input to an output, and the way back."""


class StackParams(NamedTuple):
    """An embedding, layers, and logits for each token; its gradient has the same form."""

    embedding: Floats  # (n_symbols, d_model)
    layers: tuple[EncoderLayerParams, ...]
    last_norm: LayerNormParams  # used by the kind "pre-norm" alone
    output: DenseParams


def stack_init(
    n_layers: int, *, rng: np.random.Generator, dtype: DTypeLike = np.float32
) -> StackParams:
    """Draw initial weights.

    Parameters
    ----------
    n_layers : int
    rng : numpy.random.Generator
    dtype : float64 or float32, optional

    Returns
    -------
    StackParams
    """
    drawn = transformer_init(
        N_SYMBOLS, d_model=D_MODEL, d_ff=D_FF, n_layers=n_layers, rng=rng, dtype=dtype
    )
    output = dense_init(D_MODEL, N_SYMBOLS, rng=rng, dtype=dtype)
    return StackParams(drawn.embedding, drawn.encoder, drawn.encoder_norm, output)


def sublayer(kind: Kind, inner: Part, norm: Part, x: Floats) -> tuple[Floats, Back]:
    """Apply a sublayer, and add and normalise as its kind says.

    Parameters
    ----------
    kind : {"plain", "residual", "post-norm", "pre-norm"}
    inner, norm : callable
        Attention or a feed-forward network, and a normalisation: each returns an output, and a
        function that goes back through it.
    x : ndarray of shape (batch, n_tokens, d_model)

    Returns
    -------
    y : ndarray of shape (batch, n_tokens, d_model)
    back : callable
        From the derivative by `y` to those by the parameters, (inner, norm), and by `x`.
    """
    if kind == "pre-norm":
        normal, norm_back = norm(x)
        change, inner_back = inner(normal)

        def back_through_inner(d_y: Floats) -> tuple[Any, Floats]:
            d_inner, d_normal = inner_back(d_y)
            d_norm, d_x = norm_back(d_normal)
            return (d_inner, d_norm), d_y + d_x

        return x + change, back_through_inner
    change, inner_back = inner(x)
    y, norm_back = norm(change if kind == "plain" else x + change)

    def back_through_norm(d_y: Floats) -> tuple[Any, Floats]:
        d_norm, d_sum = norm_back(d_y)
        d_inner, d_x = inner_back(d_sum)
        return (d_inner, d_norm), d_x if kind == "plain" else d_sum + d_x

    return y, back_through_norm


def stack_forward(
    params: StackParams, ids: NDArray[np.int64], kind: Kind
) -> tuple[Floats, Callable[[Floats], tuple[StackParams, list[Floats]]]]:
    """Compute logits for each token.

    Parameters
    ----------
    params : StackParams
    ids : ndarray of int, of shape (batch, n_tokens)
    kind : {"plain", "residual", "post-norm", "pre-norm"}
        How every sublayer is connected.

    Returns
    -------
    logits : ndarray of shape (batch, n_tokens, n_symbols)
    back : callable
        From the derivative by them to the gradient, and to the derivatives by the input of each
        layer and by the output of the last one.
    """
    dtype = params.embedding.dtype
    root = np.sqrt(params.embedding.shape[1]).astype(dtype)
    x = params.embedding[ids] * root + sinusoidal_positions(ids.shape[1], D_MODEL, dtype=dtype)
    backs = []
    for layer in params.layers:
        x, first = sublayer(
            kind, partial(_attend, layer.attention), _norm_of(kind, layer.attention_norm), x
        )
        x, second = sublayer(
            kind, partial(_forward, layer.feed_forward), _norm_of(kind, layer.feed_forward_norm), x
        )
        backs.append((first, second))
    last_norm = _normalise if kind == "pre-norm" else _pass_by
    normal, norm_back = last_norm(params.last_norm, x)
    logits, output_back = _dense(params.output, normal)

    def back(d_logits: Floats) -> tuple[StackParams, list[Floats]]:
        d_output, d_normal = output_back(d_logits)
        d_last_norm, d_x = norm_back(d_normal)
        slopes, layers = [d_x], []
        for first, second in reversed(backs):
            (d_forward, d_forward_norm), d_x = second(d_x)
            (d_attention, d_attention_norm), d_x = first(d_x)
            layers.append(
                EncoderLayerParams(d_attention_norm, d_attention, d_forward_norm, d_forward)
            )
            slopes.append(d_x)
        d_embedding = np.zeros_like(params.embedding)
        np.add.at(d_embedding, ids, d_x * root)
        gradient = StackParams(d_embedding, tuple(layers[::-1]), d_last_norm, d_output)
        return gradient, slopes[::-1]

    return logits, back


def stack_gradient(
    params: StackParams, ids: NDArray[np.int64], targets: NDArray[np.int64], *, kind: Kind
) -> tuple[float, StackParams, list[float]]:
    """Compute the loss, its gradient, and how large its derivatives by each layer's input are.

    Parameters
    ----------
    params : StackParams
    ids, targets : ndarray of int, of shape (batch, n_tokens)
    kind : {"plain", "residual", "post-norm", "pre-norm"}

    Returns
    -------
    loss : float
        Mean cross-entropy of the targets.
    gradient : StackParams
    sizes : list of float
        Norms of the derivatives by the input of each layer, and by the output of the last.
    """
    logits, back = stack_forward(params, ids, kind)
    loss, cache = cross_entropy_forward(logits, targets)
    gradient, slopes = back(cross_entropy_backward(cache))
    return loss, gradient, [float(np.linalg.norm(slope)) for slope in slopes]


def draw_sequences(
    n_sequences: int, *, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Draw random sequences of symbols, and their reversals as targets.

    Parameters
    ----------
    n_sequences : int
    rng : numpy.random.Generator

    Returns
    -------
    ids, targets : ndarray of int, of shape (n_sequences, n_tokens)
    """
    ids = rng.integers(N_SYMBOLS, size=(n_sequences, LENGTH))
    return ids, ids[:, ::-1]


def train_stack(
    kind: Kind, n_layers: int, *, seed: int, n_steps: int = N_STEPS
) -> tuple[StackParams, list[float]]:
    """Train a stack on reversing sequences.

    Parameters
    ----------
    kind : {"plain", "residual", "post-norm", "pre-norm"}
    n_layers : int
    seed : int
        Of weights and sequences.
    n_steps : int, optional

    Returns
    -------
    params : StackParams
    losses : list of float
        Before each step.
    """
    rng = np.random.default_rng(seed)
    like = stack_init(n_layers, rng=rng)
    start = _Flat(_joined(like))  # Adam takes one long array faster than hundreds of short ones

    def batches() -> Iterator[Any]:
        for _ in range(n_steps):
            yield draw_sequences(BATCH_SIZE, rng=rng)

    def gradient_of(params: _Flat, *batch: Any) -> tuple[float, _Flat]:
        loss, gradient, _ = stack_gradient(_cut(params.numbers, like), *batch, kind=kind)
        return loss, _Flat(_joined(gradient))

    optimizer = adam(start, learning_rate=LEARNING_RATE)
    params, losses = train_on_batches(start, gradient_of, batches(), optimizer)
    return _cut(params.numbers, like), losses.tolist()


# Private -------------------------------------------------------------------------------------


class _Flat(NamedTuple):
    """All parameters, one behind the other."""

    numbers: Floats


def _joined(params: StackParams) -> Floats:
    return np.concatenate([leaf.ravel() for leaf in leaves_of(params).values()])


def _cut(numbers: Floats, like: StackParams) -> StackParams:
    """Undo `_joined`."""
    ends = np.cumsum([leaf.size for leaf in leaves_of(like).values()])
    parts = iter(np.split(numbers, ends[:-1]))
    return map_leaves(lambda leaf: next(parts).reshape(leaf.shape), like)


def _attend(params: MultiHeadParams, x: Floats) -> tuple[Floats, Back]:
    y, _, cache = multi_head_forward(params, x, x, x, n_heads=N_HEADS)

    def back(d_y: Floats) -> tuple[MultiHeadParams, Floats]:
        found = multi_head_backward(params, cache, d_y)
        return found.params, found.query + found.key + found.value

    return y, back


def _forward(params: FeedForwardParams, x: Floats) -> tuple[Floats, Back]:
    inner, inner_back = _dense(params.inner, x)
    active = relu(inner)
    y, outer_back = _dense(params.outer, active)

    def back(d_y: Floats) -> tuple[FeedForwardParams, Floats]:
        d_outer, d_active = outer_back(d_y)
        d_inner, d_x = inner_back(relu_backward(active, d_active))
        return FeedForwardParams(d_inner, d_outer), d_x

    return y, back


def _dense(params: DenseParams, x: Floats) -> tuple[Floats, Back]:
    """Treat all tokens of all sequences as one batch."""
    y, cache = dense_forward(params, x.reshape(-1, x.shape[-1]))

    def back(d_y: Floats) -> tuple[DenseParams, Floats]:
        found = dense_backward(params, cache, d_y.reshape(y.shape))
        return found.params, found.x.reshape(x.shape)

    return y.reshape(*x.shape[:-1], -1), back


def _normalise(params: LayerNormParams, x: Floats) -> tuple[Floats, Back]:
    y, cache = layer_norm_forward(params, x)

    def back(d_y: Floats) -> tuple[LayerNormParams, Floats]:
        found = layer_norm_backward(params, cache, d_y)
        return found.params, found.x

    return y, back


def _pass_by(params: LayerNormParams, x: Floats) -> tuple[Floats, Back]:
    """Normalise nothing, and learn nothing."""
    return x, lambda d_y: (map_leaves(np.zeros_like, params), d_y)


def _norm_of(kind: Kind, params: LayerNormParams) -> Part:
    return partial(_normalise if kind in ("post-norm", "pre-norm") else _pass_by, params)


def _right(params: StackParams, kind: Kind) -> float:
    """Share of symbols that a stack gets right, in sequences that it was not trained on."""
    ids, targets = draw_sequences(500, rng=np.random.default_rng(1_000))
    logits, _ = stack_forward(params, ids, kind)
    return float((logits.argmax(axis=-1) == targets).mean())


def _write(path: Path) -> None:
    """Train stacks of every kind and depth, and write what the page shows."""
    runs = []
    for kind, n_layers, seed in product(KINDS, DEPTHS, SEEDS):
        params, losses = train_stack(kind, n_layers, seed=seed)
        right, loss = _right(params, kind), float(np.mean(losses[-20:]))
        runs.append({"kind": kind, "layers": n_layers, "seed": seed,
                     "right": round(right, 4), "loss": round(loss, 4)})  # fmt: skip
        print(*runs[-1].values(), flush=True)
    sizes = {"symbols": N_SYMBOLS, "length": LENGTH, "d_model": D_MODEL, "heads": N_HEADS,
             "d_ff": D_FF, "steps": N_STEPS, "batch": BATCH_SIZE,
             "rate": LEARNING_RATE}  # fmt: skip
    results = {"sizes": sizes, "depths": DEPTHS, "runs": runs}
    path.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    _write(Path(sys.argv[1]))
