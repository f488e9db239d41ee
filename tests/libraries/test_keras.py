"""What the pages on recurrent networks say of Keras, run on the locked version."""

import inspect
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

HELLO = np.array([[2, 1, 3, 3, 4]])  # two equal letters, so six frames are the least


def embedding_step(factors, **limit):
    """Look row 0 up once for each factor, and return what a step with rate one does to it."""
    layer = keras.layers.Embedding(2, 1, embeddings_initializer="zeros")
    layer.build((None,))
    with tf.GradientTape() as tape:
        looked_up = layer(np.zeros((1, len(factors)), int))
        loss = tf.reduce_sum(looked_up * np.array(factors, np.float32)[None, :, None])
    (derivative,) = tape.gradient(loss, [layer.embeddings.value])
    keras.optimizers.SGD(1.0, **limit).apply([derivative], [layer.embeddings])
    return -float(layer.get_weights()[0][0, 0])


@pytest.mark.library("clipnorm-by-look-ups")
@pytest.mark.parametrize("limit", ["clipnorm", "global_clipnorm"])
def test_look_ups_of_one_row_are_measured_before_they_are_added(limit):
    """The derivative of the row is 3 + 4 = 7; what is measured are 3 and 4, whose norm is 5."""
    assert embedding_step([3, 4]) == pytest.approx(7)
    assert embedding_step([7], **{limit: 1.0}) == pytest.approx(1)
    assert embedding_step([3, 4], **{limit: 1.0}) == pytest.approx(7 / 5)
    assert embedding_step([1] * 100, **{limit: 1.0}) == pytest.approx(10)


@pytest.mark.library("ctc-impossible-label")
def test_an_impossible_label_has_a_finite_loss():
    """Five frames cannot spell hello, yet there is a loss, and a derivative that is not zero."""
    logits = tf.Variable(np.zeros((1, 5, 5), np.float32))
    with tf.GradientTape() as tape:
        loss = keras.losses.CTC()(HELLO, logits)
    assert 700 < float(loss) < 1000
    assert np.abs(tape.gradient(loss, logits).numpy()).max() > 0.01
    possible = keras.losses.CTC()(HELLO, np.zeros((1, 6, 5), np.float32))
    assert float(possible) == pytest.approx(6 * np.log(5), rel=1e-5), "one path of six frames"


@pytest.mark.library("cudnn-and-jit")
def test_one_layer_that_suits_cudnn_switches_the_compiler_off_for_the_model(monkeypatch):
    """Without a GPU here, Keras is told that there is one; the model is compiled, never run."""
    recurrent = sys.modules["keras.src.backend.tensorflow.rnn"]
    monkeypatch.setattr(recurrent, "_is_gpu_available", lambda: True)

    def model(**options):
        layers = keras.layers.LSTM(3, **options), keras.layers.Dense(1)
        return keras.Sequential([keras.Input((4, 2)), *layers])

    suits, other = model(), model(use_cudnn=False)
    with pytest.warns(UserWarning, match="doesn't support `jit_compile=True`"):
        suits.compile(loss="mse", jit_compile=True)
    other.compile(loss="mse", jit_compile=True)
    assert (suits.jit_compile, other.jit_compile) == (False, True)


@pytest.mark.library("cudnn-conditions")
def test_cudnn_needs_its_settings_and_masks_that_are_padded_on_the_right(monkeypatch):
    """Without a GPU here, Keras is told that there is one, and its own two checks are asked."""
    recurrent = sys.modules["keras.src.backend.tensorflow.rnn"]
    monkeypatch.setattr(recurrent, "_is_gpu_available", lambda: True)
    tanh, sigmoid, relu = (keras.activations.get(name) for name in ("tanh", "sigmoid", "relu"))
    assert recurrent.cudnn_ok(tanh, sigmoid, unroll=False, use_bias=True)
    assert not recurrent.cudnn_ok(relu, sigmoid, unroll=False, use_bias=True)
    assert not recurrent.cudnn_ok(tanh, tanh, unroll=False, use_bias=True)
    assert not recurrent.cudnn_ok(tanh, sigmoid, unroll=True, use_bias=True)
    assert not recurrent.cudnn_ok(tanh, sigmoid, unroll=False, use_bias=False)

    in_a_graph = tf.function(recurrent._assert_valid_mask)
    in_a_graph(tf.constant([[True, False, False], [True, True, True]]))
    for row in ([False, True, True], [True, False, True], [False, False, False]):
        with pytest.raises(tf.errors.InvalidArgumentError, match="right-padded"):
            in_a_graph(tf.constant([[True, True, True], row]))


@pytest.mark.library("windows-and-targets")
def test_a_window_is_paired_with_the_target_of_its_first_row():
    rows = np.arange(10.0)[:, None]
    batches = keras.utils.timeseries_dataset_from_array(rows, rows, 4, batch_size=100)
    ((windows, targets),) = batches
    assert np.array_equal(windows[:, 0], targets)


@pytest.mark.library("lstm-first-weights")
def test_an_lstm_begins_with_a_forget_bias_of_one_and_matrices_orthogonal_side_by_side():
    layer = keras.layers.LSTM(32)
    layer.build((None, None, 2))
    _, recurrent, bias = layer.get_weights()
    assert np.array_equal(bias.reshape(4, 32).T, np.tile([0.0, 1, 0, 0], (32, 1)))
    assert np.allclose(recurrent @ recurrent.T, np.eye(32), atol=1e-5)
    stretched = [np.linalg.norm(one, 2) for one in np.split(recurrent, 4, axis=1)]
    assert 0.7 < min(stretched) <= max(stretched) < 0.95


@pytest.mark.library("orthogonal-first-weights")
@pytest.mark.parametrize(("kind", "is_orthogonal"), [("SimpleRNN", True), ("GRU", False)])
def test_only_the_matrix_of_a_simple_layer_begins_orthogonal(kind, is_orthogonal):
    layer = getattr(keras.layers, kind)(32)
    layer.build((None, None, 2))
    first = layer.get_weights()[1][:, :32]
    assert np.allclose(first @ first.T, np.eye(32), atol=1e-5) == is_orthogonal


@pytest.mark.library("stateful-stops-derivatives")
def test_a_stateful_layer_hands_its_state_on_and_no_derivative_back():
    layer = keras.layers.SimpleRNN(3, stateful=True)
    first, second = (tf.constant(np.ones((1, 2, 4), np.float32)) for _ in range(2))
    with tf.GradientTape(persistent=True) as tape:
        tape.watch([first, second])
        before = layer(first)
        after = layer(second)
    assert np.abs(after.numpy() - before.numpy()).max() > 1e-3, "equal inputs, another state"
    assert tape.gradient(after, first) is None
    assert np.abs(tape.gradient(after, second).numpy()).max() > 1e-3


@pytest.mark.library("states-that-are-returned")
def test_a_layer_returns_all_states_or_the_last_and_hands_it_on_if_asked():
    x = np.random.default_rng(7).normal(size=(2, 5, 3)).astype("float32")
    layers = [
        keras.layers.SimpleRNN(4, return_sequences=True),
        keras.layers.SimpleRNN(4),
        keras.layers.SimpleRNN(4, return_sequences=True, return_state=True),
    ]
    for layer in layers:
        layer.build(x.shape)
        layer.set_weights(layers[0].get_weights())
    every, last, (outputs, state) = (layer(x) for layer in layers)
    assert every.shape == (2, 5, 4)
    assert np.array_equal(last, every[:, -1])
    assert np.array_equal(outputs, every)
    assert np.array_equal(state, last)


@pytest.mark.library("shares-that-round-to-zero")
def test_a_share_that_rounds_to_zero_has_a_wrong_loss_and_no_derivative():
    logits = tf.Variable([[0.0, 200.0]])
    found = {}
    for from_logits in (True, False):
        with tf.GradientTape() as tape:
            estimate = logits if from_logits else tf.nn.softmax(logits)
            loss_of = keras.losses.CategoricalCrossentropy(from_logits=from_logits)
            loss = loss_of(np.array([[1.0, 0.0]]), estimate)
        found[from_logits] = float(loss), np.abs(tape.gradient(loss, logits)).max()
    assert found[True] == pytest.approx((200, 1))
    assert found[False][0] < 20
    assert found[False][1] == 0


@pytest.mark.library("lstm-in-single-precision")
def test_an_lstm_computes_in_single_precision_unless_told_otherwise():
    x = np.random.default_rng(7).normal(size=(2, 50, 5))
    single, double = (keras.layers.LSTM(7, **kind) for kind in ({}, {"dtype": "float64"}))
    for layer in (single, double):
        layer.build(x.shape)
    double.set_weights(single.get_weights())
    assert single(x).dtype == tf.float32
    assert 1e-10 < np.abs(single(x).numpy() - double(x).numpy()).max() < 1e-6


@pytest.mark.library("no-lstm-with-peepholes")
def test_no_setting_of_an_lstm_gives_it_peepholes():
    assert not [name for name in inspect.signature(keras.layers.LSTM).parameters if "peep" in name]
    layer = keras.layers.LSTM(7)
    layer.build((None, None, 5))
    assert layer.count_params() == 4 * (5 * 7 + 7 * 7 + 7), "no weights but those of four boxes"


@pytest.mark.library("keras-average-of-padding")
def test_an_average_leaves_padding_out_where_the_embedding_hides_it():
    rows = np.array([[9.0], [1.0], [3.0]], np.float32)
    for mask_zero, mean in ((True, 2.0), (False, 5.5)):
        model = keras.Sequential(
            [
                keras.layers.Embedding(3, 1, mask_zero=mask_zero),
                keras.layers.GlobalAveragePooling1D(),
            ]
        )
        model.build((None, 4))
        model.set_weights([rows])
        assert np.asarray(model(np.array([[1, 2, 0, 0]]))).tolist() == [[mean]]


@pytest.mark.library("embedding-start")
@pytest.mark.parametrize("n_dims", [2, 512])
def test_an_embedding_starts_with_the_same_spread_in_any_dimension(n_dims):
    layer = keras.layers.Embedding(997, n_dims)
    layer.build((None,))
    (start,) = layer.get_weights()
    assert 0.049 < np.abs(start).max() <= 0.05
    assert start.std() == pytest.approx(0.05 / 3**0.5, rel=0.1), "uniform"


@pytest.mark.library("embedding-negative-id")
def test_minus_one_is_the_last_word_and_too_large_an_id_is_refused():
    layer = keras.layers.Embedding(5, 3)
    with tf.device("CPU:0"):
        np.testing.assert_array_equal(layer(np.array([-1])), layer(np.array([4])))
        with pytest.raises(tf.errors.InvalidArgumentError, match="5 is not in"):
            layer(np.array([5]))


def rows_by(optimizer, n_steps=7):
    """Train five rows: look rows 0 and 1 up in the first step, row 1 alone in all others."""
    layer = keras.layers.Embedding(5, 1, embeddings_initializer="zeros")
    layer.build((None,))
    places = []
    for step in range(n_steps):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(layer(np.array([0, 1] if step == 0 else [1])))
        (derivative,) = tape.gradient(loss, [layer.embeddings.value])
        assert isinstance(derivative, tf.IndexedSlices)
        optimizer.apply([derivative], [layer.embeddings])
        places.append(layer.get_weights()[0][:, 0])
    return -np.array(places)


@pytest.mark.library("embedding-adam-goes-on")
def test_adam_moves_a_row_that_is_no_longer_looked_up():
    """As if the gradient were a matrix with zeros: the running means decay, and the row moves."""
    by_descent, by_adam = (
        rows_by(kind(0.1)) for kind in (keras.optimizers.SGD, keras.optimizers.Adam)
    )
    np.testing.assert_allclose(by_descent[:, 0], 0.1, rtol=1e-6)
    assert (np.diff(by_adam[:, 0]) > 0.02).all()
    k = np.arange(1, 8)
    mean, square = 0.1 * 0.9 ** (k - 1) / (1 - 0.9**k), 0.001 * 0.999 ** (k - 1) / (1 - 0.999**k)
    np.testing.assert_allclose(by_adam[:, 0], 0.1 * np.cumsum(mean / square**0.5), rtol=1e-4)
    assert not by_adam[:, 2:].any(), "never looked up, never moved"


@pytest.mark.library("keras-strips-one-apostrophe")
def test_text_vectorization_takes_straight_apostrophes_away_and_keeps_curly_ones():
    layer = keras.layers.TextVectorization()
    layer.adapt(["You've got", "You’ve got."])
    assert set(map(str, layer.get_vocabulary())) == {"", "[UNK]", "got", "youve", "you’ve"}


def next_token_model(n_tokens=7):
    """Make a small language model of Keras that masks id 0, and takes the weights of seed 7."""
    layers = [
        keras.layers.Embedding(n_tokens, 4, mask_zero=True),
        keras.layers.GRU(5, return_sequences=True),
        keras.layers.Dense(n_tokens),
    ]
    model = keras.Sequential([keras.Input((None,), dtype="int32"), *layers])
    rng = np.random.default_rng(7)
    model.set_weights([rng.normal(size=w.shape) for w in model.weights])
    model.compile(loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model


@pytest.mark.library("keras-evaluate-by-sentences")
def test_a_perplexity_from_evaluate_changes_with_the_size_of_batches():
    model, rng = next_token_model(), np.random.default_rng(7)
    mask = np.arange(9) < np.array([1, 2, 3, 4, 5, 6, 7, 9])[:, None]
    ids, targets = rng.integers(1, 7, size=(2, 8, 9)) * mask
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(targets, model(ids)).numpy()
    by_batch = [losses[n : n + 2][mask[n : n + 2]].mean() for n in (0, 2, 4, 6)]
    right = losses[mask].mean()
    together, in_pairs = (model.evaluate(ids, targets, batch_size=n, verbose=0) for n in (8, 2))
    assert together == pytest.approx(right, rel=1e-5), "in one batch, by tokens"
    assert in_pairs == pytest.approx(np.mean(by_batch), rel=1e-5), "by sentences of each batch"
    assert abs(np.exp(in_pairs) / np.exp(right) - 1) > 0.01


@pytest.mark.library("keras-mask-zero-hides-bos")
def test_a_mark_with_id_zero_is_masked_at_the_beginning_too():
    model, other = next_token_model(), next_token_model()
    rows, *rest = model.get_weights()
    rows[0] += 1  # the row of the mark
    other.set_weights([rows, *rest])
    with_mark = np.array([[0, 3, 2]])
    assert model.layers[0].compute_mask(with_mark).numpy().tolist() == [[False, True, True]]
    assert np.array_equal(model(with_mark), other(with_mark)), "the row of the mark is never read"
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits([[3, 2, 0]], model(with_mark))
    whole = model.evaluate(with_mark, np.array([[3, 2, 0]]), verbose=0)
    assert whole == pytest.approx(losses.numpy()[0, 1:].mean(), rel=1e-5), (
        "its prediction is left out"
    )


@pytest.mark.library("keras-reversible-embedding")
def test_a_reversible_embedding_is_one_matrix_for_both_ends():
    layer = keras.layers.ReversibleEmbedding(7, 5)
    layer.build((None,))
    (matrix,) = layer.get_weights()
    states = np.random.default_rng(7).normal(size=(2, 5)).astype("float32")
    assert np.array_equal(layer(np.array([3, 1])), matrix[[3, 1]])
    assert np.allclose(layer(states, reverse=True), states @ matrix.T, atol=1e-5)


@pytest.mark.library("no-skipgrams")
def test_helpers_for_skip_gram_are_gone():
    left = {name for name in dir(keras.preprocessing.sequence) if not name.startswith("_")}
    assert left == {"pad_sequences"}


@pytest.mark.library("keras-smoothing-categorical-only")
def test_only_the_loss_of_whole_distributions_smooths():
    """With equal logits but one, a loss tells what is asked of that token."""
    logits = np.array([[3.0, 0.0]], np.float32)
    loss = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1)
    asked = (np.log(np.exp(3) + 1) - float(loss(np.array([[1.0, 0.0]]), logits))) / 3
    assert asked == pytest.approx(0.95, rel=1e-4)
    sparse = inspect.signature(keras.losses.SparseCategoricalCrossentropy.__init__)
    assert "label_smoothing" not in sparse.parameters


@pytest.mark.library("keras-weights-meet-time")
def test_a_weight_for_each_sentence_weighs_places():
    rng = np.random.default_rng(7)
    weights = np.array([0.0, 0.0, 0.0, 1.0])
    ids, targets = rng.integers(1, 5, size=(2, 4, 4))
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(targets, next_token_model()(ids))
    losses = losses.numpy()

    def theirs(ids, targets, weights):
        return next_token_model().evaluate(ids, targets, sample_weight=weights, verbose=0)

    of_places, of_sentences = losses[:, 3].sum() / 16, losses[3].sum() / 16
    assert abs(of_places / of_sentences - 1) > 0.01
    assert theirs(ids, targets, weights) == pytest.approx(of_places, rel=1e-5)
    assert theirs(ids, targets, weights[:, None]) == pytest.approx(of_sentences, rel=1e-5)
    with pytest.raises(tf.errors.InvalidArgumentError):
        theirs(*rng.integers(1, 5, size=(2, 4, 6)), weights)


@pytest.mark.library("keras-dropout-starts-over")
def test_a_loaded_model_repeats_its_masks(tmp_path):
    model = keras.Sequential([keras.Input((100,)), keras.layers.Dropout(0.5, seed=3)])
    ones = np.ones((1, 100), np.float32)
    first, second, third = (model(ones, training=True).numpy() for _ in range(3))
    assert (first != second).any()
    assert (second != third).any()
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(again(ones, training=True), first)
    np.testing.assert_array_equal(again(ones, training=True), second)


def steps_of(optimizer, derivatives):
    """Return by how much each step lowers one parameter."""
    weight, steps = keras.Variable(0.0), []
    for derivative in derivatives:
        before = float(weight)
        optimizer.apply([keras.ops.convert_to_tensor(derivative, "float32")], [weight])
        steps.append(before - float(weight))
    return steps


@pytest.mark.library("keras-momentum-keeps-the-rate")
def test_a_lowered_rate_leaves_the_velocity_as_it_is():
    optimizer = keras.optimizers.SGD(1.0, momentum=0.5)
    assert steps_of(optimizer, [8.0]) == [8]
    weight = keras.Variable(0.0)
    optimizer = keras.optimizers.SGD(1.0, momentum=0.5)
    optimizer.apply([keras.ops.convert_to_tensor(8.0)], [weight])
    optimizer.learning_rate = 0.125
    optimizer.apply([keras.ops.convert_to_tensor(0.0)], [weight])
    assert float(weight) == -12, "half of the old step, at the old rate"


@pytest.mark.library("keras-adagrad-begins-at-a-tenth")
def test_the_first_step_of_adagrad_depends_on_the_derivative():
    small, large = (steps_of(keras.optimizers.Adagrad(1.0), [g])[0] for g in (0.1, 100.0))
    assert small == pytest.approx(0.1 / np.sqrt(0.1 + 0.01), rel=1e-5)
    assert large == pytest.approx(1, rel=1e-4)
    options = {"initial_accumulator_value": 0.0, "epsilon": 1e-30}
    assert steps_of(keras.optimizers.Adagrad(1.0, **options), [0.1]) == pytest.approx([1], rel=1e-5)


@pytest.mark.library("keras-sure-and-wrong")
def test_a_row_that_is_surely_wrong_has_a_limited_loss_and_no_derivative():
    for from_logits, expected in ((False, -np.log(1e-7)), (True, 40)):
        loss = keras.losses.BinaryCrossentropy(from_logits=from_logits)
        logit = tf.Variable([[-40.0]])
        with tf.GradientTape() as tape:
            value = loss(tf.ones((1, 1)), logit if from_logits else tf.sigmoid(logit) * 1.0)
        derivative = float(tape.gradient(value, logit)[0, 0])
        assert float(value) == pytest.approx(expected, rel=0.01)
        assert 16 < -np.log(1e-7) < 16.2
        assert derivative == pytest.approx(-1 if from_logits else 0, abs=1e-6)


@pytest.mark.library("keras-early-stopping-last-weights")
@pytest.mark.parametrize("restore", [False, True])
def test_early_stopping_keeps_the_last_weights_unless_told_otherwise(restore):
    """The validation loss is lowest in the first epoch, since the rate is far too large."""
    model = keras.Sequential(
        [keras.Input((1,)), keras.layers.Dense(1, kernel_initializer="zeros", use_bias=False)]
    )
    model.compile(keras.optimizers.SGD(2.0), "mse")
    options = {"restore_best_weights": True} if restore else {}
    stop = keras.callbacks.EarlyStopping(patience=2, **options)
    seen = {}
    keep = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: seen.update({epoch: model.get_weights()[0].item()})
    )
    one = np.ones((1, 1), np.float32)
    model.fit(one, one, validation_data=(one, one), epochs=9, verbose=0, callbacks=[keep, stop])
    assert len(seen) == 3
    assert model.get_weights()[0].item() == seen[0 if restore else 2]


@pytest.mark.library("dense-glorot-by-default")
def test_a_dense_layer_draws_glorots_weights_and_by_name_those_of_he():
    layer = keras.layers.Dense(300)
    layer.build((None, 400))
    limit = np.sqrt(6 / 700)
    kernel = layer.get_weights()[0]
    assert 0.99 * limit < np.abs(kernel).max() <= limit
    he = keras.layers.Dense(300, kernel_initializer="he_normal")
    he.build((None, 400))
    assert he.get_weights()[0].var() == pytest.approx(2 / 400, rel=0.03)
