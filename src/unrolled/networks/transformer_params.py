"""The parameters of a Transformer: their tree, their names and shapes, and how they begin.

The paths of the leaves, such as ``encoder.0.attention.query.W``, are the names of the arrays in a
file of weights.
"""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray

from unrolled.networks.attention import MultiHeadParams, multi_head_init
from unrolled.networks.dense import DenseParams, dense_init
from unrolled.networks.initialisers import check_dtype
from unrolled.networks.layer_norm import LayerNormParams, layer_norm_init
from unrolled.networks.pytrees import leaves_of, replace_leaves
from unrolled.shapes import check_floats, check_generator, check_integer, check_shape

__all__ = [
    "DecoderLayerParams",
    "EncoderLayerParams",
    "FeedForwardParams",
    "TransformerParams",
    "check_transformer",
    "params_from",
    "transformer_init",
]

Floats = NDArray[Any]


class FeedForwardParams(NamedTuple):
    """Two dense layers with rectifiers between them, applied to each token alone."""

    inner: DenseParams  # (d_model, d_ff)
    outer: DenseParams  # (d_ff, d_model)


class EncoderLayerParams(NamedTuple):
    """Two sublayers, each after a normalisation of its own."""

    attention_norm: LayerNormParams
    attention: MultiHeadParams
    feed_forward_norm: LayerNormParams
    feed_forward: FeedForwardParams


class DecoderLayerParams(NamedTuple):
    """Three sublayers, each after a normalisation of its own."""

    self_norm: LayerNormParams
    self_attention: MultiHeadParams
    cross_norm: LayerNormParams
    cross_attention: MultiHeadParams
    feed_forward_norm: LayerNormParams
    feed_forward: FeedForwardParams


class TransformerParams(NamedTuple):
    """Everything that is learnt; one embedding serves source, target and output."""

    embedding: Floats  # (n_tokens, d_model)
    encoder: tuple[EncoderLayerParams, ...]
    encoder_norm: LayerNormParams
    decoder: tuple[DecoderLayerParams, ...]
    decoder_norm: LayerNormParams


_NORM: Any = LayerNormParams("d_model", "d_model")  # type: ignore[arg-type]
_SQUARE: Any = DenseParams("d_model d_model", "d_model")  # type: ignore[arg-type]
_ATTENTION = MultiHeadParams(_SQUARE, _SQUARE, _SQUARE, _SQUARE)
_FEED_FORWARD: Any = FeedForwardParams(
    inner=DenseParams("d_model d_ff", "d_ff"),  # type: ignore[arg-type]
    outer=DenseParams("d_ff d_model", "d_model"),  # type: ignore[arg-type]
)
_ENCODER_LAYER = EncoderLayerParams(_NORM, _ATTENTION, _NORM, _FEED_FORWARD)
_DECODER_LAYER = DecoderLayerParams(_NORM, _ATTENTION, _NORM, _ATTENTION, _NORM, _FEED_FORWARD)


def transformer_init(
    n_tokens: int,
    *,
    d_model: int,
    d_ff: int,
    n_layers: int,
    rng: np.random.Generator,
    dtype: DTypeLike = np.float64,
) -> TransformerParams:
    """Draw initial weights; the biases are zero and the gains one.

    Parameters
    ----------
    n_tokens : int
        Size of the vocabulary.
    d_model : int
        Dimension of a token, even.
    d_ff : int
        Width inside the feed-forward sublayers.
    n_layers : int
        Of the encoder, and as many of the decoder; at least 1.
    rng : numpy.random.Generator
    dtype : float64 or float32, optional

    Returns
    -------
    TransformerParams
        Embeddings are normal with variance ``1 / d_model``, all other weights as
        `unrolled.networks.initialisers.glorot_uniform` draws them.

    Raises
    ------
    ValueError
        If an argument has the wrong type or is out of range.
    """
    n_tokens, d_model = check_integer("n_tokens", n_tokens), check_integer("d_model", d_model)
    d_ff, n_layers = check_integer("d_ff", d_ff), check_integer("n_layers", n_layers)
    _check_even(d_model)
    drawn = check_generator("rng", rng).normal(size=(n_tokens, d_model)) / np.sqrt(d_model)
    options: Any = {"rng": rng, "dtype": dtype}

    def norm() -> LayerNormParams:
        return layer_norm_init(d_model, dtype=dtype)

    def attention() -> MultiHeadParams:
        return multi_head_init(d_model, **options)

    def feed_forward() -> FeedForwardParams:
        inner = dense_init(d_model, d_ff, **options)
        return FeedForwardParams(inner, dense_init(d_ff, d_model, **options))

    return TransformerParams(
        embedding=drawn.astype(check_dtype(dtype)),
        encoder=tuple(
            EncoderLayerParams(norm(), attention(), norm(), feed_forward()) for _ in range(n_layers)
        ),
        encoder_norm=norm(),
        decoder=tuple(
            DecoderLayerParams(norm(), attention(), norm(), attention(), norm(), feed_forward())
            for _ in range(n_layers)
        ),
        decoder_norm=norm(),
    )


def params_from(
    arrays: Mapping[str, NDArray[Any]], *, dtype: DTypeLike = np.float32
) -> TransformerParams:
    """Build the tree of parameters from arrays by name, as a file of weights holds them.

    Parameters
    ----------
    arrays : mapping of str to ndarray of floating-point numbers
        The paths of the leaves, such as ``encoder.0.attention.query.W``, and their arrays. How many
        layers there are is seen from the names.
    dtype : float64 or float32, optional
        What the arrays are converted to.

    Returns
    -------
    TransformerParams

    Raises
    ------
    ValueError
        If an array is missing, unknown, misshapen, of another kind or not finite.
    """
    axes = _axes(_count_layers("encoder", arrays), _count_layers("decoder", arrays))
    expected, dtype = leaves_of(axes), check_dtype(dtype)
    _check_names("arrays", arrays, expected)
    leaves = {name: _floats(name, arrays[name]).astype(dtype) for name in expected}
    return replace_leaves(
        axes,
        {f"arrays.{name}": leaf for name, leaf in _checked(leaves, expected).items()},
        "arrays",
    )


def check_transformer(params: TransformerParams) -> TransformerParams:
    """Check names, shapes and numbers of all parameters, and give them as arrays.

    Parameters
    ----------
    params : TransformerParams

    Returns
    -------
    TransformerParams

    Raises
    ------
    ValueError
        If `params` is no such tree, has no layers, a shape does not match, or something is not
        float64 or float32 or not finite.
    """
    fields = TransformerParams._fields
    if not isinstance(params, tuple) or getattr(params, "_fields", None) != fields:
        raise ValueError(
            f"params must be a named tuple TransformerParams, got {type(params).__name__}. Make "
            "one with transformer_init or params_from."
        )
    for name, layers in (("encoder", params.encoder), ("decoder", params.decoder)):
        if not isinstance(layers, tuple) or not layers:
            raise ValueError(f"params.{name} must be a tuple of one layer or more, got {layers!r}.")
    leaves = leaves_of(params, "params")
    expected = leaves_of(_axes(len(params.encoder), len(params.decoder)), "params")
    _check_names("params", leaves, expected)
    return replace_leaves(params, _checked(leaves, expected), "params")


def _axes(n_encoder: int, n_decoder: int) -> TransformerParams:
    return TransformerParams(
        embedding="n_tokens d_model",  # type: ignore[arg-type]
        encoder=(_ENCODER_LAYER,) * n_encoder,
        encoder_norm=_NORM,
        decoder=(_DECODER_LAYER,) * n_decoder,
        decoder_norm=_NORM,
    )


def _count_layers(stack: str, arrays: Mapping[str, Any]) -> int:
    """Count layers as the names number them; one that is left out is found missing later."""
    found = (re.match(rf"{stack}\.(\d+)\.", str(name)) for name in arrays)
    numbers = {int(match[1]) for match in found if match}
    return len(numbers) or 1


def _check_names(name: str, found: Mapping[str, Any], expected: Mapping[str, Any]) -> None:
    for kind, names in (
        ("without", expected.keys() - found.keys()),
        ("with the unknown", found.keys() - expected.keys()),
    ):
        if names:
            more = f" and {len(names) - 1} more" if len(names) > 1 else ""
            raise ValueError(
                f"{name} must hold the arrays of a Transformer and no others, got a set {kind} "
                f"{min(map(str, names))}{more}."
            )


def _checked(leaves: Mapping[str, Any], axes: Mapping[str, str]) -> dict[str, NDArray[Any]]:
    """Check shapes, which have to agree in the whole tree, and numbers."""
    sizes: dict[str, int] = {}
    for name, leaf in leaves.items():
        names = axes[name].split()
        known = {axis: sizes[axis] for axis in names if axis in sizes}
        found = check_shape(name, leaf, axes[name], **known)
        sizes |= dict(zip(names, found, strict=True))
        if 0 in found:
            raise ValueError(f"{name} must not be empty, got shape {found}.")
    _check_even(sizes["d_model"])
    return dict(zip(leaves, check_floats(leaves), strict=True))


def _floats(name: str, array: Any) -> NDArray[Any]:
    found = np.asarray(array)
    if found.dtype.kind != "f":
        raise ValueError(f"{name} must hold floating-point numbers, got {found.dtype}.")
    return found


def _check_even(d_model: int) -> None:
    if d_model % 2:
        raise ValueError(f"d_model must be even, for sines and cosines, got {d_model}.")
