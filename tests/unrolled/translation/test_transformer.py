"""The Transformer in TensorFlow: its laws, Keras' layers, and the twin in NumPy as witnesses."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from unrolled.networks import transformer as twin
from unrolled.networks.pytrees import leaves_of
from unrolled.translation.pairs import BOS, EOS, PAD
from unrolled.translation.transformer import (
    Dropout,
    Sizes,
    Transformer,
    initial_weights,
    weight_shapes,
)

SIZES = Sizes(n_tokens=37, d_model=22, n_heads=11, d_ff=19, n_layers=3)
BATCH, N_SOURCE, N_TARGET = 5, 13, 7


def draw_weights(sizes=SIZES, seed=3):
    """Weights none of which is zero or one, so that each of them matters."""
    rng = np.random.default_rng(seed)
    drawn = initial_weights(sizes, rng=rng)
    return {name: weight + rng.normal(size=weight.shape) / 9 for name, weight in drawn.items()}


def draw_ids(n_tokens, seed=5):
    return np.random.default_rng(seed).integers(3, SIZES.n_tokens, (BATCH, n_tokens))


@pytest.fixture(scope="module")
def model():
    return Transformer(SIZES, draw_weights())


@pytest.fixture(scope="module")
def source():
    ids = draw_ids(N_SOURCE)
    ids[1, 11:], ids[2, 5:], ids[4, 1:] = PAD, PAD, PAD
    return ids


@pytest.fixture(scope="module")
def target():
    return draw_ids(N_TARGET, seed=7)


def run(model, source, target):
    memory, maps = model.encode(source)
    logits, own, cross = model.decode(target, memory, source)
    return memory.numpy(), logits.numpy(), [np.stack(each, 0) for each in (maps, own, cross)]


# Witnesses -----------------------------------------------------------------------------------


def test_equal_to_the_twin_in_numpy(model, source, target):
    params = twin.params_from(draw_weights())
    theirs, maps = twin.encode(params, source, n_heads=SIZES.n_heads)
    logits, (own, cross) = twin.decode(params, target, theirs, n_heads=SIZES.n_heads)
    memory, ours, (our_maps, our_own, our_cross) = run(model, source, target)
    np.testing.assert_allclose(memory, theirs.tokens, atol=2e-5)
    np.testing.assert_allclose(ours, logits, atol=1e-4)
    for one, other in ((our_maps, maps), (our_own, own), (our_cross, cross)):
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_names_and_shapes_are_those_of_the_twin():
    theirs = leaves_of(twin.params_from(draw_weights()))
    assert {name: leaf.shape for name, leaf in theirs.items()} == weight_shapes(SIZES)
    assert list(theirs) == list(weight_shapes(SIZES))


def layer_of_keras(weights, name):
    """Keras' attention with our weights; it keeps an axis for the heads."""
    heads, d_head = SIZES.n_heads, SIZES.d_model // SIZES.n_heads
    layer = keras.layers.MultiHeadAttention(heads, d_head)
    layer.build((None, None, SIZES.d_model), (None, None, SIZES.d_model))
    parts = []
    for part in ("query", "key", "value"):
        parts += [
            weights[f"{name}.{part}.W"].reshape(SIZES.d_model, heads, d_head),
            weights[f"{name}.{part}.b"].reshape(heads, d_head),
        ]
    output = weights[f"{name}.output.W"].reshape(heads, d_head, SIZES.d_model)
    layer.set_weights([*parts, output, weights[f"{name}.output.b"]])
    return layer


def norm_of_keras(weights, name):
    layer = keras.layers.LayerNormalization(epsilon=1e-6)
    layer.build((None, None, SIZES.d_model))
    layer.set_weights([weights[f"{name}.gain"], weights[f"{name}.bias"]])
    return layer


def feed_forward_of_keras(weights, name, x):
    for part, activation in (("inner", "relu"), ("outer", None)):
        layer = keras.layers.Dense(len(weights[f"{name}.{part}.b"]), activation)
        layer.build(x.shape)
        layer.set_weights([weights[f"{name}.{part}.{letter}"] for letter in "Wb"])
        x = layer(x)
    return x


def test_equal_to_a_model_of_keras_own_layers(model, source, target):
    """Put together once more, from Keras' layers and its masks."""
    weights = draw_weights()
    seen = tf.constant(source != PAD)[:, None]

    def embed(ids):
        angles = np.arange(ids.shape[1])[:, None] / 10_000 ** (
            np.arange(0, SIZES.d_model, 2) / SIZES.d_model
        )
        places = np.stack([np.sin(angles), np.cos(angles)], -1).reshape(ids.shape[1], -1)
        return tf.cast(weights["embedding"][ids] * SIZES.d_model**0.5 + places, tf.float32)

    x = embed(source)
    for n in range(SIZES.n_layers):
        y = norm_of_keras(weights, f"encoder.{n}.attention_norm")(x)
        x += layer_of_keras(weights, f"encoder.{n}.attention")(y, y, attention_mask=seen)
        y = norm_of_keras(weights, f"encoder.{n}.feed_forward_norm")(x)
        x += feed_forward_of_keras(weights, f"encoder.{n}.feed_forward", y)
    memory = norm_of_keras(weights, "encoder_norm")(x)
    x = embed(target)
    for n in range(SIZES.n_layers):
        y = norm_of_keras(weights, f"decoder.{n}.self_norm")(x)
        own = layer_of_keras(weights, f"decoder.{n}.self_attention")
        x += own(y, y, use_causal_mask=True)
        y = norm_of_keras(weights, f"decoder.{n}.cross_norm")(x)
        cross = layer_of_keras(weights, f"decoder.{n}.cross_attention")
        x += cross(y, memory, attention_mask=seen)
        y = norm_of_keras(weights, f"decoder.{n}.feed_forward_norm")(x)
        x += feed_forward_of_keras(weights, f"decoder.{n}.feed_forward", y)
    x = norm_of_keras(weights, "decoder_norm")(x)
    expected = tf.einsum("btd,vd->btv", x, tf.cast(weights["embedding"], tf.float32))
    _, logits, _ = run(model, source, target)
    np.testing.assert_allclose(logits, expected, atol=2e-4)


# Laws ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", range(1, N_TARGET))
def test_no_token_changes_what_was_predicted_before_it(model, source, target, place):
    changed = target.copy()
    changed[:, place] = (changed[:, place] - 3 + 11) % (SIZES.n_tokens - 3) + 3
    _, before, _ = run(model, source, target)
    _, after, _ = run(model, source, changed)
    np.testing.assert_array_equal(after[:, :place], before[:, :place])
    assert (np.abs(after - before)[:, place:].max(axis=(0, 2)) > 1e-3).all()


def test_padding_changes_nothing(model, source, target):
    memory, logits, _ = run(model, source, target)
    for row, ids in enumerate(source):
        alone = ids[ids != PAD][None]
        own_memory, own_logits, _ = run(model, alone, target[row : row + 1])
        np.testing.assert_allclose(own_memory[0], memory[row, : alone.shape[1]], atol=2e-6)
        np.testing.assert_allclose(own_logits[0], logits[row], atol=2e-5)


def test_nothing_looks_at_padding_and_every_row_sums_to_one(model, source, target):
    *_, (maps, own, cross) = run(model, source, target)
    for weights in (maps, own, cross):
        np.testing.assert_allclose(weights.sum(axis=-1), 1, atol=1e-6)
    hidden = np.broadcast_to((source == PAD)[None, :, None, None], maps.shape)
    assert (maps[hidden] == 0).all()
    assert (np.triu(own, 1) == 0).all()


def test_a_sentence_of_nothing_but_padding_has_finite_results_and_gradients(model, target):
    nothing = np.full((BATCH, N_SOURCE), PAD)
    with tf.GradientTape() as tape:
        memory, _ = model.encode(nothing)
        logits, *_ = model.decode(target, memory, nothing)
        loss = tf.reduce_sum(logits)
    for name, gradient in zip(
        model.weights, tape.gradient(loss, list(model.weights.values())), strict=True
    ):
        assert np.isfinite(tf.convert_to_tensor(gradient)).all(), name


def test_the_encoder_reads_the_source_and_the_decoder_the_target(model, source, target):
    """A change of either moves the logits; the memory depends on the source alone."""
    memory, logits, _ = run(model, source, target)
    other = source.copy()
    other[:, 0] = (other[:, 0] - 2) % (SIZES.n_tokens - 3) + 3
    other_memory, other_logits, _ = run(model, other, target)
    assert (np.abs(other_logits - logits).max(axis=(1, 2)) > 1e-3).all()
    assert (np.abs(other_memory - memory).max(axis=(1, 2)) > 1e-3).all()
    same, _, _ = run(model, source, target[:, ::-1])
    np.testing.assert_array_equal(same, memory)


@pytest.mark.parametrize("compiled", [False, True])
def test_lengths_may_be_known_only_when_the_graph_runs(model, source, target, compiled):
    ids = tf.TensorSpec((None, None), tf.int32)

    @tf.function(input_signature=[ids, ids], jit_compile=compiled)
    def logits_of(source, target):
        memory, _ = model.encode(source)
        return model.decode(target, memory, source)[0]

    _, expected, _ = run(model, source, target)
    np.testing.assert_allclose(logits_of(source, target), expected, atol=1e-5)
    np.testing.assert_allclose(
        logits_of(source[:2, :11], target[:2, :3]), run(model, source[:2, :11], target[:2, :3])[1],
        atol=1e-5,
    )  # fmt: skip


# Dropout -------------------------------------------------------------------------------------


def test_dropout_is_on_in_training_only(model, source, target):
    memory, _ = model.encode(source)
    again, _ = model.encode(source)
    np.testing.assert_array_equal(memory, again)
    dropped, _ = model.encode(source, Dropout(0.3, 0))
    assert np.abs(dropped - memory).max() > 0.1
    logits, *_ = model.decode(target, memory, source)
    other, *_ = model.decode(target, memory, source, Dropout(0.3, 0))
    assert np.abs(other - logits).max() > 0.1


def test_a_seed_decides_the_masks_and_each_call_has_its_own():
    x = tf.ones((101, 103))
    one, two = Dropout(0.3, 7), Dropout(0.3, 7)
    first, second = one(x).numpy(), one(x).numpy()
    np.testing.assert_array_equal(two(x), first)
    assert (first != second).mean() > 0.3
    assert (Dropout(0.3, 8)(x).numpy() != first).mean() > 0.3


def test_dropout_keeps_the_mean_and_drops_its_share():
    dropped = Dropout(0.3, 1)(tf.ones((1009, 97))).numpy()
    n = dropped.size
    assert abs((dropped == 0).mean() - 0.3) < 5 * np.sqrt(0.3 * 0.7 / n)
    np.testing.assert_allclose(dropped[dropped > 0], 1 / 0.7, rtol=1e-6)
    np.testing.assert_array_equal(Dropout(0, 1)(tf.ones((3, 5))), np.ones((3, 5)))


@pytest.mark.parametrize("rate", [-0.1, 1, np.nan, "0.1"])
def test_a_rate_out_of_range_is_refused(rate):
    with pytest.raises(ValueError, match="rate must"):
        Dropout(rate, 0)


# Weights -------------------------------------------------------------------------------------


def test_counts_by_hand():
    """Of a layer of the toy in TensorFlow's tutorial: 128 wide, 512 inside."""
    shapes = weight_shapes(Sizes(n_tokens=11, n_layers=1))
    counts = dict.fromkeys(("encoder.0", "decoder.0"), 0)
    for name, shape in shapes.items():
        for stack in counts:
            counts[stack] += int(np.prod(shape)) * name.startswith(stack)
    assert counts == {"encoder.0": 198_272, "decoder.0": 264_576}


def test_initial_weights_have_the_spread_that_is_said():
    weights = initial_weights(Sizes(n_tokens=997, n_layers=1), rng=np.random.default_rng(2))
    assert abs(weights["embedding"].std() * 128**0.5 - 1) < 0.01
    inner = weights["encoder.0.feed_forward.inner.W"]
    bound = (6 / (128 + 512)) ** 0.5
    assert 0.999 * bound < np.abs(inner).max() <= bound
    assert abs(inner.std() * 3**0.5 / bound - 1) < 0.01
    assert (weights["decoder_norm.gain"] == 1).all()
    assert not weights["decoder_norm.bias"].any()


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"decoder_norm.gain": None}, r"weights must hold 'decoder_norm\.gain'"),
        ({"decoder.3.self_norm.gain": np.ones(22)}, "got also 'decoder.3.self_norm.gain'"),
        ({"embedding": np.ones((37, 23))}, "embedding must have shape"),
    ],
)
def test_weights_that_do_not_fit_are_refused(change, complaint):
    weights = draw_weights() | change
    weights = {name: weight for name, weight in weights.items() if weight is not None}
    with pytest.raises(ValueError, match=complaint):
        Transformer(SIZES, weights)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"n_heads": 5}, "divisible by n_heads=5, got 22"),
        ({"d_model": 33}, "d_model must be even"),
        ({"n_layers": 0}, "n_layers must"),
        ({"d_ff": 2.5}, "d_ff must"),
    ],
)
def test_sizes_that_do_not_fit_are_refused(change, complaint):
    with pytest.raises(ValueError, match=complaint):
        weight_shapes(SIZES._replace(**change))


@pytest.mark.parametrize(
    ("ids", "complaint"),
    [(np.ones((2, 3)), "source must hold integers"), (np.ones(3, int), "source must have")],
)
def test_ids_of_the_wrong_kind_are_refused(model, ids, complaint):
    with pytest.raises(ValueError, match=complaint):
        model.encode(ids)


def test_a_memory_of_another_batch_is_refused(model, source, target):
    memory, _ = model.encode(source)
    with pytest.raises(ValueError, match="memory must have"):
        model.decode(target, memory[:2], source)


def test_numbers_of_special_tokens_are_those_of_the_twin():
    assert (twin.PAD, twin.BOS, twin.EOS) == (PAD, BOS, EOS)
