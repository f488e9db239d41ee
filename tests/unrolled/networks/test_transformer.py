"""The whole Transformer in NumPy: by hand, by its laws, and against Keras' layers."""

import subprocess
import sys

import keras
import numpy as np
import pytest
from keras import ops

from mutants import mutant
from unrolled.networks import transformer
from unrolled.networks.attention import multi_head_forward
from unrolled.networks.dense import dense_forward
from unrolled.networks.layer_norm import layer_norm_forward
from unrolled.networks.masks import look_ahead_mask, padding_mask
from unrolled.networks.positions import sinusoidal_positions
from unrolled.networks.pytrees import count_parameters, leaves_of, map_leaves
from unrolled.networks.transformer import (
    BOS,
    EOS,
    PAD,
    DecoderLayerParams,
    EncoderLayerParams,
    FeedForwardParams,
    Memory,
    TransformerParams,
    decode,
    decode_step,
    decoder_start,
    encode,
    params_from,
    select_sentences,
    transformer_init,
    translate_ids,
)

BATCH, N_SOURCE, N_TARGET, N_HEADS, D_HEAD, N_LAYERS, D_FF, N_TOKENS = 5, 13, 11, 2, 7, 3, 17, 29
D_MODEL = N_HEADS * D_HEAD
LENGTHS = np.array([13, 3, 7, 1, 12])


def model(seed=7, dtype=np.float64, n_layers=N_LAYERS, d_model=D_MODEL):
    """Weights that are all at work: gains and biases too are drawn."""
    rng = np.random.default_rng(seed)
    params = transformer_init(N_TOKENS, d_model=d_model, d_ff=D_FF, n_layers=n_layers, rng=rng)
    return map_leaves(lambda leaf: (leaf + rng.normal(size=leaf.shape) / 9).astype(dtype), params)


def sentences(*shape, seed=8):
    """Ids without padding."""
    return np.random.default_rng(seed).integers(EOS, N_TOKENS, size=shape)


def padded(ids, lengths=LENGTHS):
    return np.where(np.arange(ids.shape[1]) < lengths[:, None], ids, PAD)


def read(params, source, n_heads=N_HEADS):
    return encode(params, source, n_heads=n_heads)[0]


def scores(params, target, memory, module=transformer):
    return module.decode(params, target, memory, n_heads=N_HEADS)[0]


# By hand ------------------------------------------------------------------------------------


def silent(n_layers=1):
    """Weights of zero: no sublayer adds anything, and only what passes by is left."""
    rng = np.random.default_rng(7)
    params = transformer_init(5, d_model=4, d_ff=3, n_layers=n_layers, rng=rng)
    nothing = map_leaves(np.zeros_like, params)
    return params._replace(
        encoder=nothing.encoder, decoder=nothing.decoder, embedding=np.arange(20.0).reshape(5, 4)
    )


def test_without_sublayers_only_the_normalised_embedding_is_left():
    params = silent()
    memory, maps = encode(params, [[1, 4, 2]], n_heads=2)
    wanted = 2 * params.embedding[[1, 4, 2]]
    wanted += [
        [0, 1, 0, 1],
        *([np.sin(p), np.cos(p), np.sin(p / 100), np.cos(p / 100)] for p in (1, 2)),
    ]
    wanted -= wanted.mean(axis=1, keepdims=True)
    wanted /= np.sqrt(wanted.var(axis=1, keepdims=True) + 1e-6)
    np.testing.assert_allclose(memory.tokens[0], wanted, rtol=1e-13, atol=1e-13)
    np.testing.assert_allclose(maps, 1 / 3, rtol=1e-15)
    logits, _ = decode(params, [[1, 4, 2]], memory, n_heads=2)
    np.testing.assert_allclose(logits[0], wanted @ params.embedding.T, rtol=1e-12, atol=1e-12)


def plainly(params, source, target):
    """The brief's own lines, of the book's checked functions, one sentence at a time."""

    def norm(layer, x):
        return layer_norm_forward(layer, x)[0]

    def attend(layer, query, seen, mask):
        return multi_head_forward(layer, query, seen, seen, mask, n_heads=N_HEADS)[0]

    def forward(layer, x):
        inner, _ = dense_forward(layer.inner, x[0])
        return dense_forward(layer.outer, np.maximum(inner, 0))[0][None]

    def start(ids):
        x = params.embedding[ids] * np.sqrt(D_MODEL) + sinusoidal_positions(len(ids), D_MODEL)
        return x[None]

    length, x = (source != PAD).sum(), start(source)
    padding, ahead = padding_mask([length], len(source)), look_ahead_mask(len(target))
    for layer in params.encoder:
        normal = norm(layer.attention_norm, x)
        x = x + attend(layer.attention, normal, normal, padding)
        x = x + forward(layer.feed_forward, norm(layer.feed_forward_norm, x))
    memory, x = norm(params.encoder_norm, x), start(target)
    for layer in params.decoder:
        normal = norm(layer.self_norm, x)
        x = x + attend(layer.self_attention, normal, normal, ahead)
        x = x + attend(layer.cross_attention, norm(layer.cross_norm, x), memory, padding)
        x = x + forward(layer.feed_forward, norm(layer.feed_forward_norm, x))
    return memory[0], norm(params.decoder_norm, x)[0] @ params.embedding.T


def test_it_is_put_together_from_the_layers_of_the_book():
    params, source, target = model(), padded(sentences(BATCH, N_SOURCE)), sentences(BATCH, N_TARGET)
    memory = read(params, source)
    logits = scores(params, target, memory)
    for row in range(BATCH):
        tokens, wanted = plainly(params, source[row], target[row])
        np.testing.assert_allclose(memory.tokens[row], tokens, rtol=1e-10, atol=1e-12)
        np.testing.assert_allclose(logits[row], wanted, rtol=1e-10, atol=1e-12)


# Laws ---------------------------------------------------------------------------------------


def test_shapes():
    params, source, target = model(), sentences(BATCH, N_SOURCE), sentences(BATCH, N_TARGET)
    memory, maps = encode(params, source, n_heads=N_HEADS)
    assert memory.tokens.shape == (BATCH, N_SOURCE, D_MODEL)
    assert memory.real.shape == (BATCH, N_SOURCE)
    assert maps.shape == (N_LAYERS, BATCH, N_HEADS, N_SOURCE, N_SOURCE)
    logits, maps = decode(params, target, memory, n_heads=N_HEADS)
    assert logits.shape == (BATCH, N_TARGET, N_TOKENS)
    assert maps.self_attention.shape == (N_LAYERS, BATCH, N_HEADS, N_TARGET, N_TARGET)
    assert maps.cross_attention.shape == (N_LAYERS, BATCH, N_HEADS, N_TARGET, N_SOURCE)
    for weights in maps:
        np.testing.assert_allclose(weights.sum(axis=-1), 1, rtol=1e-13)


def check_causality(module):
    params, target = model(), sentences(BATCH, N_TARGET)
    memory = read(params, sentences(BATCH, N_SOURCE))
    before = scores(params, target, memory, module)
    for place in range(N_TARGET):
        changed = target.copy()
        changed[:, place] = EOS + (changed[:, place] - EOS + 1) % (N_TOKENS - EOS)
        after = scores(params, changed, memory, module)
        same = (after == before).all(axis=(0, 2))
        assert same.tolist() == [token < place for token in range(N_TARGET)]


def test_a_later_target_token_changes_no_earlier_logits():
    check_causality(transformer)


def check_padding(module):
    params, source = model(), padded(sentences(BATCH, N_SOURCE))
    target, lengths = sentences(BATCH, N_TARGET), np.array([2, 11, 5, 1, 7])
    memory, _ = module.encode(params, source, n_heads=N_HEADS)
    logits = scores(params, padded(target, lengths), memory, module)
    for row, (length, n_target) in enumerate(zip(LENGTHS, lengths, strict=True)):
        alone, _ = module.encode(params, source[[row], :length], n_heads=N_HEADS)
        np.testing.assert_allclose(
            memory.tokens[row, :length], alone.tokens[0], rtol=1e-9, atol=1e-12
        )
        found = scores(params, target[[row], :n_target], alone, module)
        np.testing.assert_allclose(logits[row, :n_target], found[0], rtol=1e-9, atol=1e-12)


def test_padding_changes_nothing():
    check_padding(transformer)


def test_what_the_encoder_made_of_padding_is_not_read():
    params, source, target = model(), padded(sentences(BATCH, N_SOURCE)), sentences(BATCH, N_TARGET)
    memory = read(params, source)
    other = np.where(memory.real[..., None], memory.tokens, 99.0)
    np.testing.assert_array_equal(
        scores(params, target, memory._replace(tokens=other)), scores(params, target, memory)
    )


def check_cache(module):
    params, source, target = model(), padded(sentences(BATCH, N_SOURCE)), sentences(BATCH, N_TARGET)
    memory, _ = module.encode(params, source, n_heads=N_HEADS)
    logits, maps = module.decode(params, target, memory, n_heads=N_HEADS)
    cache = module.decoder_start(params, memory, n_heads=N_HEADS)
    for place in range(N_TARGET):
        found, row, cache = module.decode_step(params, target[:, place], cache)
        np.testing.assert_allclose(found, logits[:, place], rtol=1e-10, atol=1e-12)
        for ours, whole in zip(row, maps, strict=True):
            wanted = whole[..., [place], : ours.shape[-1]]
            np.testing.assert_allclose(ours, wanted, rtol=1e-10, atol=1e-14)


def test_cache_changes_nothing():
    check_cache(transformer)


def test_sentences_go_on_alone_or_twice():
    params, target = model(), sentences(BATCH, N_TARGET)
    memory = read(params, padded(sentences(BATCH, N_SOURCE)))
    cache = decoder_start(params, memory, n_heads=N_HEADS)
    for place in range(3):
        logits, _, last = decode_step(params, target[:, place], cache)
        cache, before = last, cache
    rows = [4, 0, 0]
    found, _, _ = decode_step(params, target[rows, 2], select_sentences(before, rows))
    np.testing.assert_allclose(found, logits[rows], rtol=1e-10, atol=1e-12)


def test_a_step_leaves_its_cache_as_it_is():
    params = model()
    memory = read(params, sentences(BATCH, N_SOURCE))
    cache = decoder_start(params, memory, n_heads=N_HEADS)
    first, _, _ = decode_step(params, [BOS] * BATCH, cache)
    again, _, _ = decode_step(params, [BOS] * BATCH, cache)
    np.testing.assert_array_equal(first, again)


def test_order_counts_only_where_positions_tell_it(monkeypatch):
    """Without positions a shuffled source gives the shuffled memory, and the same logits."""
    params, source, target = model(), sentences(BATCH, N_SOURCE), sentences(BATCH, N_TARGET)
    order = np.random.default_rng(3).permutation(N_SOURCE)
    assert not np.allclose(
        read(params, source[:, order]).tokens, read(params, source).tokens[:, order]
    )
    monkeypatch.setattr(
        transformer, "sinusoidal_positions", lambda *sizes, dtype: np.zeros(sizes, dtype)
    )
    memory, moved = read(params, source), read(params, source[:, order])
    np.testing.assert_allclose(moved.tokens, memory.tokens[:, order], rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(
        scores(params, target, moved), scores(params, target, memory), rtol=1e-9, atol=1e-12
    )


def check_last_layer(module):
    """A decoder layer reads the memory, which is all that it gets of the encoder."""
    params, target = model(), sentences(BATCH, N_TARGET)
    memory, _ = module.encode(params, sentences(BATCH, N_SOURCE), n_heads=N_HEADS)
    other = memory._replace(tokens=memory.tokens + 1 + np.arange(D_MODEL))
    deaf = [layer._replace(cross_attention=map_leaves(np.zeros_like, layer.cross_attention))
            for layer in params.decoder]  # fmt: skip
    for place, layer in enumerate(params.decoder):
        only = params._replace(decoder=(*deaf[:place], layer, *deaf[place + 1 :]))
        apart = scores(only, target, memory, module) - scores(only, target, other, module)
        assert np.abs(apart).max() > 1e-3


def test_every_decoder_layer_reads_the_memory():
    check_last_layer(transformer)


def test_an_empty_source_is_answered_from_the_target_alone():
    params, target = model(), sentences(2, N_TARGET)
    source = np.stack([np.full(N_SOURCE, PAD), sentences(N_SOURCE)])
    memory, maps = encode(params, source, n_heads=N_HEADS)
    assert not maps[:, 0].any()
    logits, across = decode(params, target, memory, n_heads=N_HEADS)
    assert np.isfinite(logits).all()
    assert not across.cross_attention[:, 0].any()


def test_single_precision_stays_single_and_is_as_exact_as_it_can_be():
    params, source, target = model(), sentences(BATCH, N_SOURCE), sentences(BATCH, N_TARGET)
    single = map_leaves(lambda leaf: leaf.astype(np.float32), params)
    memory, maps = encode(single, source, n_heads=N_HEADS)
    logits, across = decode(single, target, memory, n_heads=N_HEADS)
    found = {memory.tokens.dtype, maps.dtype, logits.dtype, *(each.dtype for each in across)}
    assert found == {np.dtype(np.float32)}
    whole = scores(params, target, read(params, source))
    assert np.abs(logits - whole).max() < 1e-4 * np.abs(whole).max()


# Counting -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("d_model", "d_ff", "encoder_layer", "decoder_layer"),
    [(512, 2048, 3_152_384, 4_204_032), (128, 512, 198_272, 264_576)],
)
def test_parameters_of_the_paper_and_of_the_toy(d_model, d_ff, encoder_layer, decoder_layer):
    rng = np.random.default_rng(7)
    params = transformer_init(3, d_model=d_model, d_ff=d_ff, n_layers=1, rng=rng, dtype="float32")
    assert count_parameters(params.encoder) == encoder_layer
    assert count_parameters(params.decoder) == decoder_layer
    assert 6 * (encoder_layer + decoder_layer) == 44_138_496 or d_model == 128
    assert 4 * (encoder_layer + decoder_layer) == 1_851_392 or d_model == 512
    assert params.embedding.dtype == np.float32


@pytest.mark.equation("layer-parameters")
@pytest.mark.parametrize(("d_model", "d_ff"), [(2, 3), (4, 7), (6, 5), (10, 11)])
def test_printed_counts_are_those_of_keras(evidence, d_model, d_ff):
    def count(*layers):
        return sum(layer.count_params() for layer in layers)

    def built(layer, width=d_model):
        layer.build((None, None, width))
        return layer

    def attention():
        layer = keras.layers.MultiHeadAttention(2, d_model // 2)
        layer.build((None, None, d_model), (None, None, d_model))
        return layer

    def norm():
        return built(keras.layers.LayerNormalization())

    forward = built(keras.layers.Dense(d_ff)), built(keras.layers.Dense(d_model), d_ff)
    encoder = count(attention(), *forward, norm(), norm())
    decoder = count(attention(), attention(), *forward, norm(), norm(), norm())
    evidence.evaluates(
        {
            "d": d_model, "f": d_ff,
            r"n_{\mathrm{encoder}}": encoder, r"n_{\mathrm{decoder}}": decoder,
        },
        witness="the parameters of Keras' layers, counted", within=0,
    )  # fmt: skip
    params = transformer_init(
        3, d_model=d_model, d_ff=d_ff, n_layers=1, rng=np.random.default_rng(7)
    )
    assert count_parameters(params.encoder) == encoder
    assert count_parameters(params.decoder) == decoder


def test_drawn_tokens_are_as_large_as_their_positions():
    params = transformer_init(997, d_model=128, d_ff=7, n_layers=1, rng=np.random.default_rng(7))
    assert np.mean(params.embedding**2) * 128 == pytest.approx(1, rel=0.02)


# Greedy decoding ----------------------------------------------------------------------------


def without_cache(params, source, limit):
    """One sentence, from the whole prefix at every step."""
    memory, written = read(params, source[None]), [BOS]
    while len(written) <= limit and written[-1] != EOS:
        logits = scores(params, np.array([written]), memory)[0, -1]
        written.append(int(np.argmax(np.where(np.arange(N_TOKENS) > BOS, logits, -np.inf))))
    return written[1:]


def test_greedy_decoding_writes_what_it_writes_without_cache_and_alone():
    params = model(seed=3)
    more = params.decoder_norm.bias + 2 * params.embedding[EOS]  # so that some sentences end
    params = params._replace(decoder_norm=params.decoder_norm._replace(bias=more))
    source = padded(sentences(BATCH, N_SOURCE))
    found = translate_ids(params, source, n_heads=N_HEADS, limit=19)
    wanted = [without_cache(params, row, 19) for row in source]
    assert [[token for token in row if token != PAD] for row in found.tolist()] == wanted
    lengths = {len(row) for row in wanted}
    assert lengths == {1, 6, 7}
    assert found.shape == (BATCH, max(lengths))


def test_the_limit_holds_and_all_may_end_before_it():
    params = model()
    source = sentences(BATCH, N_SOURCE)
    assert translate_ids(params, source, n_heads=N_HEADS, limit=3).shape == (BATCH, 3)
    loud = params.decoder_norm._replace(bias=100 * params.embedding[EOS])
    found = translate_ids(params._replace(decoder_norm=loud), source, n_heads=N_HEADS, limit=3)
    assert found.tolist() == [[EOS]] * BATCH


@pytest.mark.parametrize("token", [PAD, BOS])
def test_what_stands_for_no_text_is_not_written(token):
    params = model()
    loud = params.decoder_norm._replace(bias=100 * params.embedding[token])
    params = params._replace(decoder_norm=loud)
    found = translate_ids(params, sentences(BATCH, N_SOURCE), n_heads=N_HEADS, limit=3)
    assert (found > BOS).all()


# Parameters by name -------------------------------------------------------------------------


def test_paths_are_the_names_in_the_file():
    names = list(leaves_of(model(n_layers=1)))
    dense, norm = ("W", "b"), ("gain", "bias")
    attention = [f"{part}.{leaf}" for part in ("query", "key", "value", "output") for leaf in dense]
    forward = [f"{part}.{leaf}" for part in ("inner", "outer") for leaf in dense]
    parts = {"norm": norm, "attention": attention, "forward": forward}
    layers = {
        "encoder": ("attention_norm", "attention", "feed_forward_norm", "feed_forward"),
        "decoder": (
            *("self_norm", "self_attention", "cross_norm", "cross_attention"),
            *("feed_forward_norm", "feed_forward"),
        ),
    }  # fmt: skip
    wanted = ["embedding"]
    for stack, fields in layers.items():
        for field in fields:
            wanted += [f"{stack}.0.{field}.{leaf}" for leaf in parts[field.split("_")[-1]]]
        wanted += [f"{stack}_norm.{leaf}" for leaf in norm]
    assert names == wanted


def test_arrays_by_name_give_the_tree_back():
    params = model(dtype=np.float32)
    arrays = dict(reversed(leaves_of(params).items()))
    found = params_from(arrays)
    assert isinstance(found, TransformerParams)
    assert isinstance(found.decoder[2], DecoderLayerParams)
    assert isinstance(found.encoder[0], EncoderLayerParams)
    assert isinstance(found.encoder[0].feed_forward, FeedForwardParams)
    map_leaves(np.testing.assert_array_equal, found, params)
    half = params_from({name: array.astype(np.float16) for name, array in arrays.items()})
    assert {leaf.dtype for leaf in leaves_of(half).values()} == {np.dtype(np.float32)}
    assert params_from(arrays, dtype=np.float64).embedding.dtype == np.float64


def test_complaints_about_arrays():
    arrays = leaves_of(model())
    name = "encoder.1.attention.key.W"

    def without(*names):
        return {each: array for each, array in arrays.items() if each not in names}

    with pytest.raises(ValueError, match=rf"no others, got a set without {name}\."):
        params_from(without(name))
    gone = [each for each in arrays if each.startswith("encoder.1")]
    with pytest.raises(ValueError, match=r"without encoder.1.attention.key.W and 15 more\."):
        params_from(without(*gone))  # two layers are left, numbered 0 and 2
    with pytest.raises(ValueError, match=r"with the unknown output.b"):
        params_from({**arrays, "output.b": np.zeros(N_TOKENS)})
    with pytest.raises(ValueError, match=r"without decoder.0.cross_attention.key.W and 46 more"):
        params_from({})
    with pytest.raises(ValueError, match=rf"{name} must have shape \(d_model=14, d_model=14\)"):
        params_from({**arrays, name: np.zeros((14, 13))})
    with pytest.raises(ValueError, match=f"{name} must hold floating-point numbers, got int64"):
        params_from({**arrays, name: np.zeros((14, 14), int)})
    with pytest.raises(ValueError, match=f"{name} must be finite, got nan"):
        params_from({**arrays, name: np.full((14, 14), np.nan)})
    with pytest.raises(ValueError, match="d_model must be even, for sines and cosines, got 3"):
        params_from({each: np.zeros((3,) * array.ndim) for each, array in arrays.items()})
    with pytest.raises(ValueError, match=r"embedding must not be empty, got shape \(0, 14\)"):
        params_from({**arrays, "embedding": np.zeros((0, 14))})


# Witness ------------------------------------------------------------------------------------

WIDE, HEADS = 32, 2  # Keras rounds 1 / sqrt(key_dim) to float32: of a power of 4 it is exact


def keras_attention(params):
    layer = keras.layers.MultiHeadAttention(HEADS, WIDE // HEADS, dtype="float64")
    layer.build((BATCH, None, WIDE), (BATCH, None, WIDE))
    arrays = leaves_of(params).values()
    layer.set_weights([a.reshape(w.shape) for a, w in zip(arrays, layer.weights, strict=True)])
    return layer


def keras_norm(params):
    layer = keras.layers.LayerNormalization(epsilon=1e-6, dtype="float64")
    layer.build((BATCH, None, WIDE))
    layer.set_weights(list(params))
    return layer


def keras_forward(params):
    found = []
    for part, activation in zip(params, ("relu", None), strict=True):
        layer = keras.layers.Dense(part.W.shape[1], activation, dtype="float64")
        layer.build((BATCH, None, part.W.shape[0]))
        layer.set_weights(list(part))
        found.append(layer)
    return lambda x: found[1](found[0](x))  # a Sequential would cast its input to float32


def keras_start(params, ids):
    table = keras.layers.Embedding(N_TOKENS, WIDE, dtype="float64")
    table.build()
    table.set_weights([params.embedding])
    return table(ids) * ops.sqrt(ops.cast(WIDE, "float64")) + sinusoidal_positions(
        ids.shape[1], WIDE
    )


def test_one_layer_of_each_kind_matches_keras(evidence):
    params = model(n_layers=1, d_model=WIDE)
    source, target = padded(sentences(BATCH, N_SOURCE)), sentences(BATCH, N_TARGET)
    real = (source != PAD)[:, None]
    memory, maps = encode(params, source, n_heads=HEADS)
    logits, across = decode(params, target, memory, n_heads=HEADS)

    (layer,) = params.encoder
    x = keras_start(params, source)
    normal = keras_norm(layer.attention_norm)(x)
    change, seen = keras_attention(layer.attention)(
        normal, value=normal, key=normal, attention_mask=real, return_attention_scores=True
    )
    x = x + change
    x = x + keras_forward(layer.feed_forward)(keras_norm(layer.feed_forward_norm)(x))
    tokens = keras_norm(params.encoder_norm)(x)
    evidence.agrees(memory.tokens, np.asarray(tokens), witness="Keras", within=1e-12)
    evidence.agrees(maps[0], np.asarray(seen), witness="Keras", within=1e-12)

    (layer,) = params.decoder
    x = keras_start(params, target)
    normal = keras_norm(layer.self_norm)(x)
    change, own = keras_attention(layer.self_attention)(
        normal, value=normal, key=normal, use_causal_mask=True, return_attention_scores=True
    )
    x = x + change
    change, cross = keras_attention(layer.cross_attention)(
        keras_norm(layer.cross_norm)(x), value=tokens, key=tokens, attention_mask=real,
        return_attention_scores=True,
    )  # fmt: skip
    x = x + change
    x = x + keras_forward(layer.feed_forward)(keras_norm(layer.feed_forward_norm)(x))
    theirs = keras_norm(params.decoder_norm)(x) @ params.embedding.T
    evidence.agrees(logits, np.asarray(theirs), witness="Keras", within=1e-12)
    evidence.agrees(across.self_attention[0], np.asarray(own), witness="Keras", within=1e-12)
    evidence.agrees(across.cross_attention[0], np.asarray(cross), witness="Keras", within=1e-12)


# Complaints ---------------------------------------------------------------------------------


def test_complaints():
    params, source = model(), sentences(BATCH, N_SOURCE)
    memory = read(params, source)
    for ids, words in (
        (source[0], r"source_ids must have shape \(batch, n_ids\), got \(13,\)"),
        (source * 1.0, "source_ids must hold integers"),
        (source + N_TOKENS, "source_ids must be at least 0 and at most 28"),
        (source[:, :0], r"source_ids must hold at least one token, got shape \(5, 0\)"),
    ):
        with pytest.raises(ValueError, match=words):
            read(params, ids)
    with pytest.raises(ValueError, match="n_heads must divide d_model=14, got 3"):
        read(params, source, n_heads=3)
    with pytest.raises(
        ValueError, match="params must be a named tuple TransformerParams, got dict"
    ):
        read(leaves_of(params), source)
    with pytest.raises(ValueError, match=r"params.encoder must be a tuple of one layer or more"):
        read(params._replace(encoder=()), source)
    swapped = params._replace(encoder=params.decoder)
    with pytest.raises(
        ValueError, match=r"set without params.encoder.0.attention.key.W and 29 more"
    ):
        read(swapped, source)
    lost = params._replace(embedding=np.where(params.embedding > 0, params.embedding, np.nan))
    with pytest.raises(ValueError, match=r"params.embedding must be finite, got nan"):
        read(lost, source)
    large = map_leaves(lambda leaf: 1e200 * leaf, params)
    with pytest.raises(ValueError, match="must give numbers that float64 can hold"):
        read(large, source)

    target = sentences(BATCH, N_TARGET)
    with pytest.raises(ValueError, match="target_ids must be as many sentences as the source, 5"):
        scores(params, target[:2], memory)
    with pytest.raises(
        ValueError, match="target_ids must be padded at the end, got padding before"
    ):
        scores(params, np.where(np.arange(N_TARGET) == 2, PAD, target), memory)
    with pytest.raises(
        ValueError, match="memory must be the Memory that encode returns, got ndarr"
    ):
        scores(params, target, memory.tokens)
    with pytest.raises(ValueError, match=r"memory.tokens must have shape \(batch, n_source, d_mod"):
        scores(params, target, Memory(memory.tokens[..., :2], memory.real))
    with pytest.raises(ValueError, match=r"memory.tokens must be float64 as the parameters are"):
        scores(params, target, Memory(memory.tokens.astype(np.float32), memory.real))
    cache = decoder_start(params, memory, n_heads=N_HEADS)
    with pytest.raises(
        ValueError, match=r"ids must have shape \(batch\), got \(5, 11\)|\(batch,\)"
    ):
        decode_step(params, target, cache)
    with pytest.raises(ValueError, match="ids must be as many sentences as the source, 5, got 2"):
        decode_step(params, [BOS, BOS], cache)
    with pytest.raises(ValueError, match="rows must be at least 0 and at most 4, got 5"):
        select_sentences(cache, [5])
    with pytest.raises(ValueError, match="limit must be at least 1, got 0"):
        translate_ids(params, source, n_heads=N_HEADS, limit=0)
    with pytest.raises(ValueError, match="d_model must be even"):
        transformer_init(5, d_model=3, d_ff=2, n_layers=1, rng=np.random.default_rng(7))


# The tests notice mistakes ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "check"),
    [
        ("[n_old:]", "[:] | True", check_causality),
        ("[n_old:]", "[: ids.shape[1]]", check_cache),
        ("[first:]", "[: ids.shape[1]]", check_cache),
        ("source, real[:, None, None])", "source, None)", check_padding),
        ("normal, source, real)", "normal, source, None)", check_padding),
    ],
)
def test_mistakes_are_noticed(old, new, check):
    with pytest.raises(AssertionError):
        check(mutant(transformer, old, new))


def test_it_needs_numpy_alone():
    """A browser will run it, which has no other library at hand."""
    code = "import sys; import unrolled.networks.transformer; print(*sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    roots = {name.split(".")[0] for name in found.stdout.split()}
    assert "numpy" in roots
    assert not roots & {"keras", "matplotlib", "scipy", "sympy", "tensorflow", "threadpoolctl"}
