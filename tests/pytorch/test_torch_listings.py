"""Each listing for PyTorch gives what the Keras listing of its page gives, with the same weights.

Then each difference between the two that a page names, ignored: the outputs are others.
"""

import inspect

import keras
import numpy as np
import pytest
import torch
from keras.layers import GRU, RNN, Dense, GlobalMaxPooling2D, Input
from sklearn.datasets import load_digits
from torch import nn

import listings

BATCH, TIME, N_IN, N_HIDDEN, N_OUT = 2, 13, 5, 7, 3
LENGTHS = np.array([13, 11])  # of two sequences, one of them padded
REAL = np.arange(TIME) < LENGTHS[:, None]
TOPICS = {
    topic: (
        listings.definitions(listings.keras_code(topic)),
        listings.definitions(listings.torch_code(topic)),
    )
    for topic in listings.TOPICS
}


@pytest.fixture
def rng():
    return np.random.default_rng(7)


def normal(rng, *shape):
    return rng.normal(size=shape).astype("float32")


def shaken(model, rng):
    """Give every weight of a Keras model a value of its own, biases too."""
    model.set_weights([normal(rng, *weight.shape) / 2 for weight in model.weights])
    return model


def carried(twin, weights, topic, *, into=None):
    """Load a network for PyTorch with the weights of a Keras model, as its listing does."""
    twin.load_state_dict({**TOPICS[topic][1].from_keras(weights), **(into or {})})
    return twin


# Dense -----------------------------------------------------------------------------------------


def dense_pair(rng, n_in=N_IN, n_hidden=N_HIDDEN):
    theirs, ours = TOPICS["dense"]
    layers = theirs.DenseLayer(n_hidden, "relu"), theirs.DenseLayer(N_OUT)
    model = shaken(keras.Sequential([Input((n_in,)), *layers]), rng)
    return model, ours.DenseNetwork(n_in, n_hidden, N_OUT), normal(rng, 101, n_in)


def test_dense(rng, agree):
    model, twin, x = dense_pair(rng)
    carried(twin, model.get_weights(), "dense")
    agree("dense", model(x), twin(torch.tensor(x)))


def test_a_square_matrix_that_is_not_transposed_fits_and_is_wrong(rng, differ):
    model, twin, x = dense_pair(rng, n_hidden=N_IN)
    W, *_ = model.get_weights()
    carried(twin, model.get_weights(), "dense", into={"hidden.weight": torch.tensor(W)})
    differ(model(x), twin(torch.tensor(x)))


def test_a_module_has_no_fit_and_adam_another_default():
    assert not hasattr(nn.Module, "fit")
    assert keras.optimizers.Adam().epsilon == 1e-7
    assert inspect.signature(torch.optim.Adam).parameters["eps"].default == 1e-8


def test_gradients_are_added_to_those_that_are_there():
    weight = torch.ones(1, requires_grad=True)
    for total in (3, 6):
        (3 * weight).sum().backward()
        assert weight.grad.item() == total


def test_the_loop_trains(rng):
    ours = TOPICS["dense"][1]
    images, digits = load_digits(return_X_y=True)
    x, y = torch.tensor(images / 16).float(), torch.tensor(digits)
    torch.manual_seed(7)
    model = ours.DenseNetwork(64, 64, 10)
    ours.fit(model, x[:1500], y[:1500])
    assert (model(x[1500:]).argmax(1) == y[1500:]).float().mean() > 0.88


# Convolution -----------------------------------------------------------------------------------


def convolution_pair(rng):
    theirs, ours = TOPICS["convolution"]
    layers = theirs.ConvolutionLayer(N_HIDDEN, 3, "relu"), GlobalMaxPooling2D(), Dense(N_OUT)
    model = shaken(keras.Sequential([Input((11, 13, 5)), *layers]), rng)
    twin = ours.ConvolutionNetwork(5, N_HIDDEN, 3, N_OUT)
    return model, twin, normal(rng, 2, 11, 13, 5)


def test_convolution(rng, agree):
    model, twin, x = convolution_pair(rng)
    carried(twin, model.get_weights(), "convolution")
    agree("convolution", model(x), twin(torch.tensor(x)))


def test_a_kernel_with_rows_and_columns_exchanged_fits_and_is_wrong(rng, differ):
    model, twin, x = convolution_pair(rng)
    K = torch.tensor(model.get_weights()[0])
    turned = {"look.weight": K.permute(3, 2, 1, 0)}
    carried(twin, model.get_weights(), "convolution", into=turned)
    differ(model(x), twin(torch.tensor(x)))


def test_flattened_maps_come_in_another_order(rng, differ):
    maps = normal(rng, 2, 5, 7, 3)
    channels_first = torch.tensor(maps).permute(0, 3, 1, 2)
    differ(keras.layers.Flatten()(maps), channels_first.flatten(1))
    assert np.array_equal(
        keras.layers.Flatten()(maps), channels_first.permute(0, 2, 3, 1).flatten(1)
    )


def test_with_a_stride_keras_pads_behind_and_pytorch_on_both_sides(rng, differ):
    x, K = normal(rng, 2, 8, 8, 5), normal(rng, 3, 3, 5, 7)
    image, kernel = torch.tensor(x).permute(0, 3, 1, 2), torch.tensor(K).permute(3, 2, 0, 1)
    theirs = np.moveaxis(keras.ops.conv(x, K, strides=2, padding="same"), 3, 1)
    differ(theirs, nn.functional.conv2d(image, kernel, stride=2, padding=1))
    behind = nn.functional.pad(image, (0, 1, 0, 1))
    assert np.abs(theirs - nn.functional.conv2d(behind, kernel, stride=2).numpy()).max() < 1e-4
    with pytest.raises(ValueError, match="not supported for strided"):
        nn.Conv2d(5, 7, 3, stride=2, padding="same")


# Recurrent networks ----------------------------------------------------------------------------


def recurrent_pair(rng, topic, cell, network, **options):
    theirs, ours = TOPICS[topic]
    layers = RNN(getattr(theirs, cell)(N_HIDDEN), **options), Dense(N_OUT)
    model = shaken(keras.Sequential([Input((TIME, N_IN)), *layers]), rng)
    twin = getattr(ours, network)(N_IN, N_HIDDEN, N_OUT)
    return model, twin, normal(rng, BATCH, TIME, N_IN)


def masked(model, x):
    """Outputs of a recurrent Keras model that is told which steps are real."""
    layer, readout = model.layers
    return readout(layer(x, mask=REAL))


def echo_pair(rng):
    return recurrent_pair(rng, "rnn", "SimpleCell", "EchoNetwork", return_sequences=True)


def lstm_pair(rng):
    return recurrent_pair(rng, "lstm", "LSTMCell", "RecallNetwork")


def gru_pair(rng):
    return recurrent_pair(rng, "gru", "GRUCell", "RecallNetwork")


def test_rnn(rng, agree):
    model, twin, x = echo_pair(rng)
    carried(twin, model.get_weights(), "rnn")
    agree("rnn", model(x), twin(torch.tensor(x)))
    agree("rnn", np.asarray(masked(model, x))[REAL], twin(torch.tensor(x))[torch.tensor(REAL)])


def test_at_padded_steps_keras_repeats_and_pytorch_goes_on(rng, differ):
    model, twin, x = echo_pair(rng)
    carried(twin, model.get_weights(), "rnn")
    theirs = np.asarray(masked(model, x))
    differ(theirs, twin(torch.tensor(x)))
    assert np.array_equal(theirs[1, 10:], theirs[1, [10, 10, 10]])


def test_of_two_biases_the_sum_counts(rng, agree, differ):
    model, twin, x = echo_pair(rng)
    _, _, b, *_ = map(torch.tensor, model.get_weights())
    carried(twin, model.get_weights(), "rnn", into={"memory.bias_hh_l0": b})
    differ(model(x), twin(torch.tensor(x)))
    halves = {"memory.bias_hh_l0": b / 2, "memory.bias_ih_l0": b / 2}
    carried(twin, model.get_weights(), "rnn", into=halves)
    agree("rnn", model(x), twin(torch.tensor(x)))


@pytest.mark.parametrize(("topic", "pair"), [("lstm", lstm_pair), ("gru", gru_pair)])
def test_gated(rng, agree, differ, topic, pair):
    model, twin, x = pair(rng)
    carried(twin, model.get_weights(), topic)
    agree(topic, model(x), twin(torch.tensor(x)))
    agree(topic, masked(model, x), twin(torch.tensor(x), torch.tensor(LENGTHS)))
    differ(masked(model, x), twin(torch.tensor(x)))


@pytest.mark.parametrize("layer", [nn.RNN, nn.LSTM, nn.GRU])
def test_recurrent_layers_know_no_masks_but_sequences_that_are_packed(rng, layer):
    assert list(inspect.signature(layer.forward).parameters)[:3] == ["self", "input", "hx"]
    assert "mask" not in str(inspect.signature(layer.forward))
    memory = layer(N_IN, N_HIDDEN, batch_first=True)
    x = torch.tensor(normal(rng, BATCH, TIME, N_IN))
    packed = nn.utils.rnn.pack_padded_sequence(x, torch.tensor(LENGTHS), batch_first=True)
    _, last = memory(packed)
    last = last[0] if layer is nn.LSTM else last
    states, _ = memory(x)
    assert torch.allclose(last[0], states[torch.arange(BATCH), LENGTHS - 1], atol=1e-6)


@pytest.mark.parametrize("layer", [nn.RNN, nn.LSTM, nn.GRU])
def test_the_first_axis_is_time_unless_told_otherwise(layer):
    states, _ = layer(N_IN, N_HIDDEN)(torch.zeros(TIME, BATCH, N_IN))
    assert states.shape == (TIME, BATCH, N_HIDDEN)
    assert not layer(N_IN, N_HIDDEN).batch_first


def test_new_forget_gates_are_half_open_in_pytorch():
    memory = nn.LSTM(5, 100)
    bias = (memory.bias_ih_l0 + memory.bias_hh_l0)[100:200].detach()
    assert 0 < bias.abs().max() <= 0.2
    assert abs(bias.mean()) < 0.05
    theirs = TOPICS["lstm"][0].LSTMCell(N_HIDDEN)
    theirs.build((None, N_IN))
    assert np.array_equal(theirs.get_weights()[2][7:14], np.ones(7))


def test_an_lstm_whose_gates_are_in_another_order_differs(rng, differ):
    model, twin, x = lstm_pair(rng)
    weights = model.get_weights()
    right = TOPICS["lstm"][1].from_keras(weights)
    for name in ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0"):
        i, f, z, o = right[f"memory.{name}"].chunk(4)
        moved = {f"memory.{name}": torch.cat([i, o, f, z])}  # ONNX' order
        carried(twin, weights, "lstm", into=moved)
        differ(model(x), twin(torch.tensor(x)))


def test_a_gru_whose_gates_keep_the_order_of_keras_differs(rng, differ):
    model, twin, x = gru_pair(rng)
    W, R, b_W, b_R, *_ = map(torch.tensor, model.get_weights())
    kept = {
        "memory.weight_ih_l0": W.T,
        "memory.weight_hh_l0": R.T,
        "memory.bias_ih_l0": b_W,
        "memory.bias_hh_l0": b_R,
    }
    carried(twin, model.get_weights(), "gru", into=kept)
    differ(model(x), twin(torch.tensor(x)))


def test_a_gru_whose_biases_are_added_up_differs(rng, differ):
    model, twin, x = gru_pair(rng)
    right = TOPICS["gru"][1].from_keras(model.get_weights())
    one, other = right["memory.bias_ih_l0"], right["memory.bias_hh_l0"]
    together = {
        "memory.bias_ih_l0": one + other,
        "memory.bias_hh_l0": torch.zeros_like(other),
    }
    carried(twin, model.get_weights(), "gru", into=together)
    differ(model(x), twin(torch.tensor(x)))


def test_a_gru_whose_reset_gate_comes_before_the_product_differs(rng, differ):
    model, twin, x = gru_pair(rng)
    W, R, b_W, b_R, V, c = model.get_weights()
    carried(twin, [W, R, b_W, 0 * b_R, V, c], "gru")
    layers = GRU(N_HIDDEN, reset_after=False), Dense(N_OUT)
    before = keras.Sequential([Input((TIME, N_IN)), *layers])
    before.set_weights([W, R, b_W, V, c])
    differ(before(x), twin(torch.tensor(x)))
    options = {name for kind in (nn.GRU, nn.RNNBase) for name in inspect.signature(kind).parameters}
    assert not [name for name in options if "reset" in name]


# Attention -------------------------------------------------------------------------------------


def lookup_pair(rng):
    theirs, ours = TOPICS["attention"]
    n_asking, n_facts, width, n_heads = 1, 7, 10, 5
    inputs = Input((n_asking, width)), Input((n_facts, width)), Input((n_facts,), dtype="bool")
    found = theirs.AttentionLayer(n_heads, width)(*inputs)
    model = shaken(keras.Model(inputs, Dense(N_OUT)(found[:, 0])), rng)
    valid = rng.random((2, n_facts)) < 0.6
    valid[:, :2] = True, False
    given = normal(rng, 2, n_asking, width), normal(rng, 2, n_facts, width), valid
    return model, ours.LookUp(n_heads, width, N_OUT), given


def test_attention(rng, agree):
    model, twin, given = lookup_pair(rng)
    carried(twin, model.get_weights(), "attention")
    agree("attention", model(given), twin(*map(torch.tensor, given)))


def test_a_mask_of_keras_hides_in_pytorch_what_it_showed(rng, differ):
    model, twin, given = lookup_pair(rng)
    carried(twin, model.get_weights(), "attention")
    question, facts, valid = map(torch.tensor, given)
    differ(model(given), twin(question, facts, ~valid))


def test_a_query_that_may_attend_to_nothing_gets_no_number_in_pytorch(rng):
    nowhere = np.zeros((2, 5, 5), bool)
    x = normal(rng, 2, 5, 6)
    theirs = keras.layers.MultiHeadAttention(3, 2)
    assert np.isfinite(theirs(x, x, attention_mask=nowhere)).all()
    listed = TOPICS["attention"][0].AttentionLayer(3, 6)
    assert np.isnan(listed(x, x, nowhere[:, 0])).all()
    ours = nn.MultiheadAttention(6, 3, batch_first=True)
    hidden = torch.tensor(~nowhere)[0]
    tokens = torch.tensor(x)
    assert ours(tokens, tokens, tokens, attn_mask=hidden)[0].isnan().all()


def test_the_function_of_pytorch_and_its_layer_read_one_mask_in_opposite_ways(rng):
    x = torch.tensor(normal(rng, 2, 5, 6))
    layer = nn.MultiheadAttention(6, 1, batch_first=True)
    layer.load_state_dict(
        {
            "in_proj_weight": torch.eye(6).repeat(3, 1),
            "in_proj_bias": torch.zeros(18),
            "out_proj.weight": torch.eye(6),
            "out_proj.bias": torch.zeros(6),
        }
    )
    shown = torch.tril(torch.ones(5, 5, dtype=torch.bool))
    function = nn.functional.scaled_dot_product_attention
    by_function = function(x, x, x, attn_mask=shown)
    assert torch.allclose(by_function, layer(x, x, x, attn_mask=~shown)[0], atol=1e-6)


# Positions -------------------------------------------------------------------------------------


def positions_pair(rng):
    theirs, ours = TOPICS["positions"]
    n_kinds, width, n_tokens = 5, 14, 11
    model = theirs.TokenBefore(n_kinds, width, with_positions=True)
    tokens = rng.integers(n_kinds, size=(3, n_tokens))
    model(tokens)
    shaken(model, rng)
    return model, ours.TokenBefore(n_kinds, width, 13), tokens


def test_positions(rng, agree):
    model, twin, tokens = positions_pair(rng)
    carried(twin, model.get_weights(), "positions")
    agree("positions", model(tokens), twin(torch.tensor(tokens)))


def test_positions_are_part_of_the_answer(rng, differ):
    model, twin, tokens = positions_pair(rng)
    carried(twin, model.get_weights(), "positions")
    twin.places.zero_()
    differ(model(tokens), twin(torch.tensor(tokens)))


def test_attention_that_takes_the_batch_for_time_fits_and_is_wrong(rng, differ):
    model, twin, tokens = positions_pair(rng)
    carried(twin, model.get_weights(), "positions")
    twin.attention.batch_first = False
    differ(model(tokens), twin(torch.tensor(tokens)))


def test_a_buffer_is_no_parameter_and_is_not_saved():
    twin = TOPICS["positions"][1].TokenBefore(5, 14, 11)
    assert "places" not in dict(twin.named_parameters())
    assert "places" not in twin.state_dict()
    assert "places" in dict(twin.named_buffers())
    assert twin.double().places.dtype == torch.float64, "it goes where the model goes"
