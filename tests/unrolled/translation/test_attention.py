"""The layer in TensorFlow: by hand, by its laws, against Keras' own and against the NumPy twin."""

import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf

import oracles
from mutants import mutant
from unrolled.networks.attention import multi_head_backward, multi_head_forward, multi_head_init
from unrolled.networks.pytrees import leaves_of, map_leaves
from unrolled.translation import attention
from unrolled.translation.attention import MultiHeadAttention, scaled_dot_product_attention
from unrolled.translation.masks import look_ahead_mask, padding_mask

BATCH, N_HEADS, N_QUERIES, N_KEYS, D_HEAD = 2, 3, 5, 7, 11
D_MODEL = N_HEADS * D_HEAD
WITHIN = {"float16": 2e-2, "float32": 1e-5, "float64": 1e-12}


def draw(*shape, seed=7):
    return np.random.default_rng(seed).normal(size=shape)


def draw_mask(*shape):
    """A mask in which every row allows something."""
    allowed = np.random.default_rng(13).random(shape) < 0.6
    allowed[..., 0] = True
    return allowed


def draw_params(d_model=D_MODEL):
    rng = np.random.default_rng(11)
    params = multi_head_init(d_model, rng=rng)
    return map_leaves(lambda leaf: leaf + rng.normal(size=leaf.shape) / 9, params)


def make(params=None, *, n_heads=N_HEADS, module=attention, **options):
    """Our layer, with weights that are known."""
    params = draw_params() if params is None else params
    width = len(params.query.b)
    layer = module.MultiHeadAttention(width, n_heads, **{"dtype": "float64", **options})
    layer.build((None, None, width))
    layer.set_weights(list(leaves_of(params).values()))
    return layer


@pytest.fixture(scope="module")
def layer():
    return make()


@pytest.fixture(scope="module")
def tokens():
    return draw(BATCH, N_QUERIES, D_MODEL), *draw(2, BATCH, N_KEYS, D_MODEL, seed=8)


# By hand ------------------------------------------------------------------------------------


def test_one_query_and_two_keys_by_hand():
    """d_k = 4, scores 2 log 3 / 2 and 0: weights 3/4 and 1/4."""
    query = [[[2 * np.log(3), 0, 0, 0.0]]]
    key = [[[1, 0, 0, 0.0], [0, 5, 0, 0]]]
    value = [[[8, 0.0], [0, 4]]]
    arrays = [tf.constant(part, tf.float64) for part in (query, key, value)]
    context, weights = scaled_dot_product_attention(*arrays)
    np.testing.assert_allclose(weights, [[[0.75, 0.25]]], rtol=1e-15)
    np.testing.assert_allclose(context, [[[6, 1]]], rtol=1e-15)
    context, weights = scaled_dot_product_attention(*arrays, mask=[[0, 1]])
    assert weights.numpy().tolist() == [[[0, 1]]]
    assert context.numpy().tolist() == [[[0, 4]]]


def test_each_head_holds_its_own_columns_of_every_token():
    check_split(attention)


def check_split(module):
    x = np.arange(BATCH * N_KEYS * D_MODEL, dtype=float).reshape(BATCH, N_KEYS, D_MODEL)
    layer = make(module=module)
    heads = layer.split_heads(tf.constant(x)).numpy()
    assert heads.shape == (BATCH, N_HEADS, N_KEYS, D_HEAD)
    for head in range(N_HEADS):
        columns = slice(head * D_HEAD, (head + 1) * D_HEAD)
        np.testing.assert_array_equal(heads[:, head], x[:, :, columns])
    np.testing.assert_array_equal(layer.merge_heads(tf.constant(heads)), x)


# Laws ---------------------------------------------------------------------------------------


def test_rows_sum_to_one(layer, tokens):
    for mask in (None, draw_mask(BATCH, N_QUERIES, N_KEYS)):
        output, weights = layer(*tokens, mask=mask)
        assert output.shape == (BATCH, N_QUERIES, D_MODEL)
        assert weights.shape == (BATCH, N_HEADS, N_QUERIES, N_KEYS)
        np.testing.assert_allclose(tf.reduce_sum(weights, axis=-1), 1, rtol=1e-14)
        assert (weights.numpy() >= 0).all()


def test_no_output_hears_of_a_later_token_under_the_look_ahead_mask():
    check_look_ahead(attention)


def check_look_ahead(module):
    layer, x = make(module=module), draw(BATCH, N_KEYS, D_MODEL)
    before, weights = layer(x, x, x, mask=look_ahead_mask(N_KEYS))
    assert not np.triu(weights.numpy(), 1).any()
    for place in range(N_KEYS):
        changed = x.copy()
        changed[:, place] += 1
        after, _ = layer(changed, changed, changed, mask=look_ahead_mask(N_KEYS))
        same = (after.numpy() == before.numpy()).all(axis=(0, 2))
        assert same.tolist() == [token < place for token in range(N_KEYS)]


def test_padding_changes_nothing(layer):
    lengths = [5, 3]
    x = draw(BATCH, N_KEYS, D_MODEL)
    whole, weights = layer(x, x, x, mask=padding_mask(lengths, N_KEYS))
    for row, length in enumerate(lengths):
        real = x[row : row + 1, :length]
        output, alone = layer(real, real, real)
        np.testing.assert_allclose(whole[row, :length], output[0], rtol=1e-11, atol=1e-13)
        np.testing.assert_allclose(weights[row, :, :length, :length], alone[0], rtol=1e-12)
        assert not weights[row, :, :, length:].numpy().any()


def test_shuffled_keys_change_nothing(layer, tokens):
    query, key, value = tokens
    order = np.random.default_rng(3).permutation(N_KEYS)
    mask = draw_mask(BATCH, N_QUERIES, N_KEYS)
    output, weights = layer(query, key, value, mask=mask)
    moved = layer(query, key[:, order], value[:, order], mask=mask[..., order])
    np.testing.assert_allclose(moved[0], output, rtol=1e-11, atol=1e-13)
    np.testing.assert_allclose(moved[1], weights.numpy()[..., order], rtol=1e-12)


def test_shuffled_queries_shuffle_the_output(layer, tokens):
    query, key, value = tokens
    order = np.random.default_rng(3).permutation(N_QUERIES)
    output, _ = layer(query, key, value)
    np.testing.assert_allclose(
        layer(query[:, order], key, value)[0], output.numpy()[:, order], rtol=1e-11, atol=1e-13
    )


@pytest.mark.parametrize("dtype", WITHIN)
def test_a_row_that_allows_nothing_gives_zero(tokens, dtype):
    layer = make(dtype=dtype)
    mask = draw_mask(BATCH, N_QUERIES, N_KEYS)
    mask[1, 2] = False
    inputs = [tf.constant(array, dtype) for array in tokens]
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        output, weights = layer(*inputs, mask=mask)
        loss = tf.reduce_sum(output**2)
    assert not weights[1, :, 2].numpy().any()
    np.testing.assert_array_equal(output[1, 2], layer.dense.bias)  # of a context of zeros
    derivatives = tape.gradient(loss, [*inputs, *layer.trainable_variables])
    assert all(np.isfinite(derivative).all() for derivative in derivatives)
    assert not derivatives[0][1, 2].numpy().any()


def test_half_precision_holds_scores_whose_bare_products_it_cannot():
    x = tf.fill((1, N_KEYS, D_HEAD), tf.constant(80, tf.float16))  # 80 * 80 * 11 > 65504
    context, weights = scaled_dot_product_attention(x, x, x)
    np.testing.assert_allclose(weights, 1 / N_KEYS, rtol=1e-3)
    np.testing.assert_allclose(context, 80, rtol=1e-3)


# Masks --------------------------------------------------------------------------------------

HUGE = {"float16": 100, "float32": 1e20, "float64": 1e160}


@pytest.mark.parametrize("compiled", [None, False, True])
@pytest.mark.parametrize("dtype", WITHIN)
def test_a_key_alone_in_its_row_has_all_the_weight(dtype, compiled):
    """Whatever its score, and without a derivative that is no number."""
    query = tf.fill((4, 64), tf.constant(-HUGE[dtype], dtype))
    key = tf.constant(HUGE[dtype] * np.array([[1.0], [0], [1]]) * np.ones(64), dtype)
    value = tf.constant([[7], [9], [11]], dtype)
    mask = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 0], [0, 0, 1]])

    def run(*inputs):
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            context, weights = scaled_dot_product_attention(*inputs, mask)
        return context, weights, *tape.gradient(context, inputs)

    call = run if compiled is None else tf.function(run, jit_compile=compiled)
    context, weights, d_query, d_key, d_value = (part.numpy() for part in call(query, key, value))
    np.testing.assert_array_equal(weights, mask)
    np.testing.assert_array_equal(context[:, 0], [7, 9, 0, 11])
    assert not d_query.any()
    assert not d_key.any()
    np.testing.assert_array_equal(d_value, 1)


@pytest.mark.parametrize("factor", [-100, 100])
def test_half_precision_compares_scores_that_it_cannot_hold(factor):
    query = tf.fill((1, 64), tf.constant(factor, tf.float16))
    key = tf.fill((3, 64), tf.constant(100, tf.float16))  # scores of 80000
    value = tf.constant([[7], [9], [11]], tf.float16)
    context, weights = scaled_dot_product_attention(query, key, value, [1, 1, 0])
    assert (weights.dtype, context.dtype) == (tf.float16, tf.float16)
    np.testing.assert_array_equal(weights, [[0.5, 0.5, 0]])
    np.testing.assert_array_equal(context, [[8]])


@pytest.mark.parametrize("dtype", WITHIN)
def test_several_keys_share_the_weight_however_low_their_scores(dtype):
    lowest = tf.as_dtype(dtype).min
    key = tf.constant([[lowest], [lowest], [0]], dtype)
    _, weights = scaled_dot_product_attention(tf.ones((1, 1), dtype), key, key, [1, 1, 0])
    np.testing.assert_array_equal(weights, [[0.5, 0.5, 0]])


def test_mask_of_a_batch_is_right_when_batch_equals_heads():
    """Without an axis for the heads it would broadcast silently, and wrongly."""
    tokens = draw(N_HEADS, N_QUERIES, D_MODEL), *draw(2, N_HEADS, N_KEYS, D_MODEL, seed=8)
    mask = draw_mask(N_HEADS, N_QUERIES, N_KEYS)
    layer = make()
    _, weights = layer(*tokens, mask=mask)
    for row in range(N_HEADS):
        _, alone = layer(*(array[row : row + 1] for array in tokens), mask=mask[row])
        np.testing.assert_allclose(weights[row], alone[0], rtol=1e-12)
        assert ((weights[row].numpy() > 0) == mask[row]).all()


@pytest.mark.parametrize(
    "shape",
    [
        (N_QUERIES, N_KEYS),
        (1, N_KEYS),
        (N_QUERIES, 1),
        (BATCH, N_QUERIES, N_KEYS),
        (BATCH, 1, N_KEYS),
        (1, N_QUERIES, N_KEYS),
        (1, 1, 1),
    ],
)
def test_mask_may_have_axes_of_length_one(layer, tokens, shape):
    mask = draw_mask(*shape)
    _, weights = layer(*tokens, mask=mask)
    allowed = np.broadcast_to(mask if mask.ndim == 2 else mask[:, None], weights.shape)
    assert ((weights.numpy() > 0) == allowed).all()


@pytest.mark.parametrize("kind", [np.bool_, np.int32, np.int64, np.uint8])
def test_masks_of_truth_values_and_of_integers_are_the_same(layer, tokens, kind):
    mask = draw_mask(BATCH, N_QUERIES, N_KEYS)
    output, _ = layer(*tokens, mask=mask)
    np.testing.assert_array_equal(layer(*tokens, mask=mask.astype(kind))[0], output)
    np.testing.assert_array_equal(layer(*tokens, mask=mask.astype(int).tolist())[0], output)


def test_masks_that_keras_hangs_on_tensors_do_not_interfere():
    ids = np.array([[4, 2, 0, 0], [3, 0, 0, 0]])
    embed = keras.layers.Embedding(5, D_MODEL, mask_zero=True, dtype="float64")
    layer, x = make(), embed(ids)
    assert x._keras_mask is not None
    for mask in (None, look_ahead_mask(4)):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            output, weights = layer(x, x, x, mask=mask)
        plain = tf.constant(x.numpy())
        np.testing.assert_array_equal(output, layer(plain, plain, plain, mask=mask)[0])
        np.testing.assert_array_equal(output._keras_mask, ids > 0)  # a later layer may want it
        assert getattr(weights, "_keras_mask", None) is None
    assert getattr(layer(plain, plain, plain, mask=mask)[0], "_keras_mask", None) is None


# Witnesses ----------------------------------------------------------------------------------


def derivatives_of(call, layer, tokens, d_output):
    """Output, and all derivatives of ``sum(d_output * output)``."""
    inputs = [tf.constant(array) for array in tokens]
    weights = [variable.value for variable in layer.trainable_variables]
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        output = call(*inputs)
        loss = tf.reduce_sum(d_output * output)
    return output.numpy(), [
        derivative.numpy() for derivative in tape.gradient(loss, [*inputs, *weights])
    ]


def distance(ours, theirs):
    """Largest difference over the largest value, of the worst of several arrays."""
    return oracles.worst_difference(
        *(
            {place: np.asarray(part, float) for place, part in enumerate(parts)}
            for parts in (ours, theirs)
        )
    )


D_TWIN = 4  # of a head: Keras rounds 1 / sqrt(d_head) to float32, and a half it keeps


def keras_twin(params, dtype):
    """Keras' layer with the same weights: a matrix for each head, side by side in ours."""
    twin = keras.layers.MultiHeadAttention(N_HEADS, D_TWIN, dtype=dtype)
    twin.build((None, None, N_HEADS * D_TWIN), (None, None, N_HEADS * D_TWIN))
    shapes = [variable.shape for variable in twin.trainable_variables]
    arrays = leaves_of(params).values()
    twin.set_weights([part.reshape(shape) for part, shape in zip(arrays, shapes, strict=True)])
    return twin


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("masked", [False, True])
def test_layer_matches_keras(tokens, dtype, masked):
    params = draw_params(N_HEADS * D_TWIN)
    mask = draw_mask(BATCH, N_QUERIES, N_KEYS) if masked else None
    inputs = [array[..., : N_HEADS * D_TWIN].astype(dtype) for array in tokens]
    d_output = draw(BATCH, N_QUERIES, N_HEADS * D_TWIN, seed=5).astype(dtype)
    layer, twin = make(params, dtype=dtype), keras_twin(params, dtype)

    def attend(query, key, value):
        return twin(query, value, key, attention_mask=mask, return_attention_scores=True)

    assert distance(layer(*inputs, mask=mask), attend(*inputs)) < WITHIN[dtype]
    _, ours = derivatives_of(lambda *parts: layer(*parts, mask=mask)[0], layer, inputs, d_output)
    _, theirs = derivatives_of(lambda *parts: attend(*parts)[0], twin, inputs, d_output)
    theirs = [their.reshape(our.shape) for our, their in zip(ours, theirs, strict=True)]
    assert distance(without_key_bias(ours), without_key_bias(theirs)) < WITHIN[dtype]


def without_key_bias(derivatives):
    """Drop what is zero: that bias shifts all scores of a row alike, and changes no weight.

    There are three inputs, then kernel and bias of query, key, value and output.
    """
    assert np.abs(derivatives[6]).max() < 1e-5 * np.abs(derivatives[4]).max()
    return [*derivatives[:6], *derivatives[7:]]


@pytest.mark.parametrize("masked", [False, True])
def test_layer_matches_the_numpy_twin(masked):
    check_twin(attention, masked)


def check_twin(module, masked=False):
    tokens = draw(BATCH, N_QUERIES, D_MODEL), *draw(2, BATCH, N_KEYS, D_MODEL, seed=8)
    params = draw_params()
    mask = draw_mask(BATCH, N_QUERIES, N_KEYS) if masked else None
    d_output = draw(BATCH, N_QUERIES, D_MODEL, seed=5)
    layer = make(params, module=module)
    expected, weights, cache = multi_head_forward(params, *tokens, mask, n_heads=N_HEADS)
    gradients = multi_head_backward(params, cache, d_output)
    np.testing.assert_allclose(layer(*tokens, mask=mask)[1], weights, rtol=1e-11)
    output, derivatives = derivatives_of(
        lambda *parts: layer(*parts, mask=mask)[0], layer, tokens, d_output
    )
    assert distance([output], [expected]) < 1e-12
    theirs = [*gradients[1:], *leaves_of(gradients.params).values()]
    assert distance(without_key_bias(derivatives), without_key_bias(theirs)) < 1e-12


SLIPS = {
    "the wrong reshape": (
        "(batch, n_tokens, self.n_heads, d_head))\n"
        "        return tf.transpose(pieces, (0, 2, 1, 3))",
        "(batch, self.n_heads, n_tokens, d_head))\n        return pieces",
        check_split,
    ),
    "the forgotten scale": (" / tf.sqrt(d_k)", "", check_twin),
    "the transposed mask": (
        "    return allowed\n",
        "    return tf.linalg.matrix_transpose(allowed)\n",
        check_look_ahead,
    ),
}


@pytest.mark.parametrize("slip", SLIPS)
def test_a_named_test_catches(slip):
    right, wrong, check = SLIPS[slip]
    copy = mutant(attention, right, wrong)
    keras.saving.register_keras_serializable(package="unrolled")(MultiHeadAttention)
    with pytest.raises(AssertionError):
        check(copy)


# Graphs, kinds of numbers, files ------------------------------------------------------------

UNKNOWN = [tf.TensorSpec((None, None, D_MODEL), tf.float64)] * 3


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("unknown", [False, True])
def test_layer_runs_in_a_graph(layer, tokens, compiled, unknown):
    mask = draw_mask(BATCH, N_QUERIES, N_KEYS)
    options = {"jit_compile": compiled}
    if unknown:
        options["input_signature"] = [*UNKNOWN, tf.TensorSpec((None, None, None), tf.bool)]

    @tf.function(**options)
    def run(query, key, value, mask):
        output, weights = layer(query, key, value, mask=mask)
        return output, weights, tf.gradients(tf.reduce_sum(output**2), [query, key, value])

    for rows in (BATCH, 1):
        found = run(*(tf.constant(array[:rows]) for array in (*tokens, mask)))
        output, weights = layer(*(array[:rows] for array in tokens), mask=mask[:rows])
        assert distance(found[:2], [output, weights]) < 1e-12
        assert [derivative.shape for derivative in found[2]] == [
            array[:rows].shape for array in tokens
        ]


def test_a_mask_that_would_widen_the_scores_is_stopped_when_the_graph_runs(layer, tokens):
    run = tf.function(
        lambda x, mask: layer(x, x, x, mask=mask)[0],
        input_signature=[UNKNOWN[0], tf.TensorSpec((None, None, None), tf.bool)],
    )
    mask = tf.ones((BATCH, 1, N_KEYS), tf.bool)
    assert run(tokens[1], mask).shape == (BATCH, N_KEYS, D_MODEL)
    with pytest.raises(tf.errors.InvalidArgumentError):
        run(tokens[1][:1], mask)


@pytest.mark.parametrize("dtype", [*WITHIN, "mixed_float16"])
def test_layer_keeps_to_its_policy(tokens, dtype):
    layer = make(dtype=dtype)
    output, weights = layer(*tokens, mask=draw_mask(N_QUERIES, N_KEYS))
    wanted = "float16" if dtype == "mixed_float16" else dtype
    assert {output.dtype.name, weights.dtype.name} == {wanted}
    kept = {variable.dtype for variable in layer.variables}
    assert kept == {"float32" if dtype == "mixed_float16" else dtype}
    expected = make()(*tokens, mask=draw_mask(N_QUERIES, N_KEYS))
    assert distance([output, weights], expected) < WITHIN[wanted]


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras' own
@pytest.mark.parametrize("dtype", ["float32", "mixed_float16"])
def test_saved_model_gives_the_same_after_loading(tmp_path, dtype):
    query = keras.Input((None, D_MODEL))
    memory = keras.Input((None, D_MODEL))
    mask = keras.Input((None, None), dtype="bool")
    layer = MultiHeadAttention(D_MODEL, N_HEADS, dtype=dtype, name="cross")
    output, weights = layer(query, memory, memory, mask=mask)
    assert output.shape == (None, None, D_MODEL)
    assert weights.shape == (None, N_HEADS, None, None)
    model = keras.Model([query, memory, mask], [output, weights])
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    again = loaded.get_layer("cross")
    assert type(again) is MultiHeadAttention
    assert again.get_config() == layer.get_config()
    inputs = [
        draw(BATCH, N_QUERIES, D_MODEL).astype("float32"),
        draw(BATCH, N_KEYS, D_MODEL).astype("float32"),
        draw_mask(BATCH, N_QUERIES, N_KEYS),
    ]
    for ours, theirs in zip(model(inputs), loaded(inputs), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_keras_trains_the_layer_between_others_that_mask():
    ids = np.random.default_rng(7).integers(0, 5, (13, N_KEYS))
    tokens = keras.Input((None,), dtype="int32")
    x = keras.layers.Embedding(5, D_MODEL, mask_zero=True)(tokens)
    output, _ = MultiHeadAttention(D_MODEL, N_HEADS)(x, x, x, mask=(tokens != 0)[:, None])
    pooled = keras.layers.GlobalAveragePooling1D()(output)  # of the tokens that are real
    model = keras.Model(tokens, keras.layers.Dense(1)(pooled))
    model.compile("adam", "mse")
    losses = model.fit(ids, (ids == 3).sum(axis=1), epochs=5, verbose=0).history["loss"]
    assert losses[-1] < losses[0]
    longer = np.pad(ids, ((0, 0), (0, 4)))
    np.testing.assert_allclose(model(longer), model(ids), rtol=1e-4, atol=1e-5)


# Complaints ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ((33, 5), "n_heads must divide d_model=33, got 5. Choose one of 1, 3, 11, 33"),
        ((0, 1), "d_model must be at least 1, got 0"),
        ((33, 0), "n_heads must be at least 1, got 0"),
        ((33, 3.0), "n_heads must hold integers, got 3.0"),
    ],
)
def test_sizes_that_do_not_fit_are_named(sizes, message):
    with pytest.raises(ValueError, match=message):
        MultiHeadAttention(*sizes)


def zeros(*shape, dtype="float64"):
    return np.zeros(shape, dtype)


Q, K = zeros(2, 5, 33), zeros(2, 7, 33)
UNFIT = [
    ((zeros(2, 5, 11), K, K), r"query must have shape \(batch, n_queries, d_model=33\), got"),
    ((zeros(5, 33), K, K), r"query must have shape .*, got \(5, 33\)"),
    ((Q, zeros(3, 7, 33), K), r"key must have shape \(batch=2, n_keys, d_model=33\), got \(3,"),
    ((Q, K, Q), r"value must have shape \(batch=2, n_keys=7, d_model=33\), got \(2, 5, 33\)"),
    ((Q.astype(int), K, K), r"query must hold floating-point numbers, got int64"),
    ((Q, K, K, zeros(5, 7)), r"mask must hold truth values, or the integers 0 and 1, got float"),
    ((Q, K, K, zeros(7, 5, dtype=bool)), r"mask must have shape \(n_queries=5, n_keys=7\), got"),
    ((Q, K, K, zeros(3, 5, 7, dtype=bool)), r"mask must have shape \(batch=2, n_queries=5, n_k"),
    ((Q, K, K, zeros(1, 4, 7, dtype=int)), r"mask must have shape \(n_queries=5, n_keys=7\)|n_q"),
    ((Q, K, K, zeros(7, dtype=bool)), r"mask must have shape \(batch=2, n_queries=5, n_keys=7\)"),
    ((Q, K, K, zeros(2, 1, 5, 7, dtype=bool)), r"mask must have shape .*, got \(2, 1, 5, 7\)"),
]


@pytest.mark.parametrize("compiled", ["eager", "graph"])
@pytest.mark.parametrize(("arguments", "message"), UNFIT, ids=[case[1] for case in UNFIT])
def test_what_does_not_fit_is_named(layer, arguments, message, compiled):
    call = layer if compiled == "eager" else tf.function(layer)
    with pytest.raises(ValueError, match=message):
        call(*map(tf.constant, arguments))


def test_what_is_known_of_a_graph_is_checked_while_it_is_traced(layer):
    """Batch and length are open here; kind and width are not."""

    def trace(kind=tf.bool, rank=3, width=D_MODEL):
        spec = tf.TensorSpec((None, None, width), tf.float64)
        mask = tf.TensorSpec(None if rank is None else (None,) * rank, kind)
        run = tf.function(lambda x, mask: layer(x, x, x, mask=mask), input_signature=[spec, mask])
        return run.get_concrete_function()

    trace()
    with pytest.raises(ValueError, match="mask must hold truth values, or the integers 0 and 1"):
        trace(tf.float32)
    with pytest.raises(ValueError, match=r"query must have shape .*got \(None, None, 11\)"):
        trace(width=11)
    with pytest.raises(ValueError, match=r"mask must have shape \(batch, n_queries, n_keys\), got"):
        trace(rank=4)
    with pytest.raises(ValueError, match="got one with an unknown number of axes"):
        trace(rank=None)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((zeros(5, 3), zeros(7, 2), zeros(7, 2)), r"key must have shape \(\.\.\., n_keys, d_k=3\)"),
        ((zeros(5, 3), zeros(7, 3), zeros(5, 3)), r"value must have shape \(\.\.\., n_keys=7, d_v"),
        ((zeros(3), zeros(7, 3), zeros(7, 3)), r"query must have shape \(\.\.\., n_queries, d_k\)"),
        ((zeros(2, 5, 3), zeros(7, 3), zeros(7, 3)), r"key must have the leading axes of query"),
        ((zeros(5, 3, dtype="float32"), zeros(7, 3), zeros(7, 3)), "key must be float32 as query"),
        ((zeros(5, 3), zeros(7, 3), zeros(7, 3), zeros(7, 5) > 0), "mask must broadcast to the sc"),
        ((zeros(5, 3), zeros(7, 3), zeros(7, 3), zeros(2, 5, 7) > 0), "mask must broadcast to the"),
        ((zeros(5, 3), zeros(7, 3), zeros(7, 3), zeros(5, 7)), "mask must hold truth values"),
    ],
)
def test_the_function_names_what_does_not_fit(arguments, message):
    with pytest.raises(ValueError, match=message):
        scaled_dot_product_attention(*map(tf.constant, arguments))
