"""What the pages on attention say of Keras, run on the locked version."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras.layers import (
    GRU,
    Add,
    Attention,
    Dense,
    Embedding,
    LayerNormalization,
    Masking,
    MultiHeadAttention,
)
from scipy.special import softmax

from unrolled.language.seq2seq import pair_batch, seq2seq_forward, seq2seq_init
from unrolled.translation.attention import MultiHeadAttention as OurLayer

REAL = np.array([[True, True, True, False, False], [True] * 5])  # two sequences, one padded


def tokens(n_sequences=2, n_tokens=5, width=6, dtype="float32"):
    shape = (n_sequences, n_tokens, width)
    return np.random.default_rng(7).normal(size=shape).astype(dtype)


def layer_for(x, n_heads=3, key_dim=2, dtype="float32", **options):
    """A layer with random weights and biases, none of which is zero."""
    layer = MultiHeadAttention(n_heads, key_dim, dtype=dtype, **options)
    layer.build(x.shape, x.shape)
    rng = np.random.default_rng(11)
    layer.set_weights([rng.normal(size=weight.shape) for weight in layer.weights])
    return layer


def weights_of(layer, *inputs, **options):
    return np.asarray(layer(*inputs, return_attention_scores=True, **options)[1])


@pytest.mark.library("keras-padding-from-input")
def test_padding_mask_is_taken_off_the_input():
    x = np.where(REAL[..., None], tokens(), 0).astype("float32")
    layer = layer_for(x)
    masked = Masking(0.0)(x)  # what an embedding with mask_zero=True does as well
    assert np.array_equal(masked, x)
    assert np.all(weights_of(layer, masked, masked)[0, ..., 3:] == 0)
    assert np.all(weights_of(layer, x, x)[0, ..., 3:] > 0)


@pytest.mark.library("keras-ignores-query-mask")
def test_query_mask_changes_nothing_and_value_mask_hides_keys():
    x = tokens()
    layer = layer_for(x)
    plain = np.asarray(layer(x, x))
    assert np.array_equal(layer(x, x, query_mask=REAL), plain)
    assert not np.allclose(layer(x, x, value_mask=REAL)[0], plain[0])
    assert np.all(weights_of(layer, x, x, value_mask=REAL)[0, ..., 3:] == 0)


@pytest.mark.library("keras-looks-nowhere")
def test_query_that_may_attend_nowhere_gets_the_mean_unless_weights_are_asked_for():
    x = tokens()
    layer = layer_for(x)
    nowhere = np.zeros((2, 5, 5), dtype=bool)
    values = np.asarray(layer.value_dense(x)).mean(axis=1, keepdims=True)
    mean = np.repeat(layer.output_dense(values), 5, axis=1)
    assert np.abs(layer(x, x, attention_mask=nowhere) - mean).max() < 1e-5

    output, weights = layer(x, x, attention_mask=nowhere, return_attention_scores=True)
    assert np.all(weights == 0)
    assert np.abs(output - layer.output_dense.bias).max() < 1e-6


@pytest.mark.library("keras-divides-or-not")
def test_the_multi_head_layer_divides_by_the_root_and_the_plain_one_does_not():
    x = tokens(width=5)
    layer = layer_for(x, n_heads=1, key_dim=7)
    query, key = (np.asarray(part(x))[:, :, 0] for part in (layer.query_dense, layer.key_dense))
    products = query @ key.swapaxes(1, 2)
    divided = softmax(products / np.sqrt(7), axis=-1)
    assert np.abs(weights_of(layer, x, x)[:, 0] - divided).max() < 1e-5

    _, weights = Attention()([x, x], return_attention_scores=True)
    assert np.abs(weights - softmax(x @ x.swapaxes(1, 2), axis=-1)).max() < 1e-5


@pytest.mark.library("keras-root-in-single-precision")
def test_root_is_kept_in_single_precision_and_exact_for_powers_of_four():
    x = tokens(dtype="float64")
    for key_dim, is_exact in ((3, False), (7, False), (16, True), (64, True)):
        layer = layer_for(x, n_heads=1, key_dim=key_dim, dtype="float64")
        query, key = (np.asarray(part(x))[:, :, 0] for part in (layer.query_dense, layer.key_dense))
        exact = softmax(query @ key.swapaxes(1, 2) / np.sqrt(key_dim), axis=-1)
        gap = np.abs(weights_of(layer, x, x)[:, 0] - exact).max()
        assert gap < 1e-13 if is_exact else 1e-13 < gap < 1e-6


@pytest.mark.library("keras-true-may-look")
def test_true_means_that_attending_is_allowed():
    x = tokens()
    layer = layer_for(x)
    allowed = np.random.default_rng(3).random((2, 5, 5)) < 0.6
    allowed[..., 0] = True
    found = weights_of(layer, x, x, attention_mask=allowed)
    assert np.array_equal(found > 0, np.repeat(allowed[:, None], 3, axis=1))
    behind = np.broadcast_to(np.tri(5, dtype=bool), (2, 3, 5, 5))
    assert np.array_equal(weights_of(layer, x, x, use_causal_mask=True) > 0, behind)


@pytest.mark.library("keras-other-widths")
def test_values_and_output_may_have_dimensions_of_their_own():
    x = tokens()
    layer = layer_for(x, value_dim=7, output_shape=11)
    assert layer.key_dense.kernel.shape == (6, 3, 2)
    assert layer.value_dense.kernel.shape == (6, 3, 7)
    assert layer(x, x).shape == (2, 5, 11)


@pytest.mark.library("keras-axis-of-heads")
def test_projections_have_an_axis_of_heads():
    x = tokens(width=512)
    layer = layer_for(x, n_heads=8, key_dim=64)
    maps = layer.query_dense, layer.key_dense, layer.value_dense
    assert [part.kernel.shape for part in maps] == [(512, 8, 64)] * 3


@pytest.mark.library("keras-computes-in-float32")
def test_layers_compute_in_single_precision_unless_told_otherwise():
    x = tokens(dtype="float64")
    assert MultiHeadAttention(3, 2)(x, x).dtype == tf.float32
    assert MultiHeadAttention(3, 2, dtype="float64")(x, x).dtype == tf.float64


@pytest.mark.library("keras-flash-attention")
def test_the_backend_of_tensorflow_has_no_flash_attention():
    x = tokens()
    with pytest.raises(ValueError, match="not supported in tensorflow backend"):
        MultiHeadAttention(3, 2, flash_attention=True)(x, x)


def gradient_graph(call, variables):
    """Operations of a graph that computes the derivatives of a loss by these variables."""

    @tf.function(autograph=False)
    def gradients(x):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(call(x) ** 2)
        return tape.gradient(loss, variables)

    graph = gradients.get_concrete_function(tf.TensorSpec((11, 5, 21))).graph
    return [
        (part.type, part.outputs[0].shape.as_list())
        for part in graph.get_operations()
        if part.outputs and part.outputs[0].shape.rank is not None
    ]


@pytest.mark.library("keras-replaces-einsum")
def test_keras_replaces_an_einstein_sum_by_a_product_for_each_sentence():
    kernel = tf.Variable(tf.zeros((21, 3, 7)))
    kinds = {"BatchMatMulV2", "Einsum", "MatMul"}
    for einsum, kind, written in (
        (keras.ops.einsum, "BatchMatMulV2", [11, 21, 21]),
        (tf.einsum, "Einsum", [21, 3, 7]),
    ):
        graph = gradient_graph(lambda x, e=einsum: e("abc,cde->abde", x, kernel), kernel)
        assert {name for name, _ in graph} & kinds == {kind}
        assert (kind, written) in graph
        assert ([11, 21, 21] in [shape for _, shape in graph]) == (kind == "BatchMatMulV2")


@pytest.mark.library("keras-gradient-for-each-sentence")
def test_keras_writes_a_gradient_for_each_sentence_and_the_book_does_not():
    x = tf.zeros((11, 5, 21))
    theirs, ours = MultiHeadAttention(3, 7), OurLayer(21, 3)
    theirs(x, x), ours(x, x, x)
    for call, layer, shape, other in (
        (lambda x: theirs(x, x), theirs, [11, 21, 21], [21, 21]),
        (lambda x: ours(x, x, x)[0], ours, [21, 21], [11, 21, 21]),
    ):
        graph = gradient_graph(call, layer.trainable_variables)
        products = [shape for kind, shape in graph if kind in {"MatMul", "BatchMatMulV2"}]
        assert products.count(shape) == 4
        assert other not in products


def weights_of_two_blocks(kind, add):
    """Attention weights of two blocks above an embedding that masks padding, and their output."""
    x, weights = Embedding(11, 6, mask_zero=True)(np.where(REAL, 7, 0)), []
    for _ in range(2):
        attend, norm = MultiHeadAttention(3, 2), LayerNormalization()
        seen = norm(x) if kind == "pre-norm" else x
        change, found = attend(seen, seen, return_attention_scores=True)
        x = add(x, change) if kind == "pre-norm" else norm(add(x, change))
        weights.append(np.asarray(found))
    return weights, x


@pytest.mark.library("keras-padding-lost")
@pytest.mark.parametrize(
    ("kind", "add", "keeps"),
    [
        ("post-norm", lambda x, y: Add()([x, y]), False),
        ("post-norm", lambda x, y: x + y, False),
        ("pre-norm", lambda x, y: Add()([x, y]), True),
        ("pre-norm", lambda x, y: x + y, False),
    ],
    ids=["post-norm Add", "post-norm +", "pre-norm Add", "pre-norm +"],
)
def test_the_padding_mask_does_not_reach_the_second_block(kind, add, keeps, recwarn):
    (first, second), x = weights_of_two_blocks(kind, add)
    assert not first[0, ..., 3:].any()
    assert second[0, ..., 3:].any() != keeps
    assert (getattr(x, "_keras_mask", None) is not None) == keeps
    assert not [warning for warning in recwarn if "mask" in str(warning.message)]


@pytest.mark.library("keras-attention-takes-the-mask")
def test_the_layer_takes_the_mask_off_the_very_tensor_that_it_is_given():
    x = Embedding(11, 6, mask_zero=True)(np.where(REAL, 7, 0))
    assert x._keras_mask is not None
    output = MultiHeadAttention(3, 2)(x, x)
    assert getattr(x, "_keras_mask", None) is None
    assert output._keras_mask is not None


@pytest.mark.library("keras-seeded-attention")
def test_a_seeded_initializer_starts_query_key_and_value_with_equal_weights():
    for initializer, equal in (
        (keras.initializers.GlorotUniform(seed=7), True),
        ("glorot_uniform", False),
    ):
        layer = MultiHeadAttention(3, 2, kernel_initializer=initializer)
        layer.build((2, 5, 6), (2, 5, 6))
        query, *others = (layer.query_dense, layer.key_dense, layer.value_dense)
        same = [np.array_equal(query.kernel, other.kernel) for other in others]
        assert same == [equal, equal]


@pytest.mark.library("keras-norm-epsilon")
def test_layer_normalisation_adds_a_thousandth_to_the_variance():
    x = np.array([[0.0, 2e-2]])
    assert LayerNormalization().epsilon == 1e-3
    expected = 1e-2 / np.sqrt(1e-4 + 1e-3)
    np.testing.assert_allclose(LayerNormalization()(x), [[-expected, expected]], rtol=1e-5)


@pytest.mark.library("keras-seq2seq")
def test_a_recurrent_translator_of_keras_layers_is_that_of_the_page():
    """Both sides padded; without the mask of the source the logits of a padded pair differ."""
    batch = pair_batch([[3, 1, 3], [6]], [[1, 10], [3, 4, 5, 5]])
    params = seq2seq_init(7, 11, 3, 5, score="dot", rng=np.random.default_rng(7))
    masks = {"source_mask": batch.source_mask, "mask": batch.mask}
    ours, _ = seq2seq_forward(params, batch.source, batch.ids, **masks)

    def gru(weights, **options):
        layer = GRU(5, return_sequences=True, reset_after=False, dtype="float64", **options)
        layer.build((None, None, 3))
        layer.set_weights([np.concatenate(role, axis=-1) for role in zip(*weights, strict=True)])
        return layer

    def dense(x, W, b, **options):
        layer = Dense(len(b), dtype="float64", **options)
        layer.build(x.shape)
        layer.set_weights([W, b])
        return layer(x)

    def look_up(table, ids):
        layer = Embedding(*table.shape, dtype="float64")
        layer.build()
        layer.set_weights([table])
        return layer(ids)

    source, target = look_up(params.source, batch.source), look_up(params.target, batch.ids)
    keys, last = gru(params.encoder, return_state=True)(source, mask=batch.source_mask)
    states = gru(params.decoder)(target, initial_state=last, mask=batch.mask)
    readout = params.readout
    found = []
    for mask in (batch.source_mask, None):
        context = Attention(dtype="float64")([states, keys], mask=[None, mask])
        both = tf.concat([states, context], axis=2)
        hidden = dense(both, np.concatenate([readout.W_q, readout.W_z]), readout.b_a,
                       activation="tanh")  # fmt: skip
        found.append(np.asarray(dense(hidden, readout.W_o, readout.b_o))[batch.mask])
    np.testing.assert_allclose(ours[batch.mask], found[0], rtol=1e-12, atol=1e-13)
    assert np.abs(found[0] - found[1]).max() > 1e-3
