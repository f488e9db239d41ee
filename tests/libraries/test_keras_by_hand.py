"""The classes that readers paste compute what Keras' own layers compute from the same weights."""

import keras
import numpy as np
import pytest

import listings

TIME, N_IN, N_OUT = 5, 3, 7
REAL = np.array([[True] * 5, [True, True, True, False, False]])


@pytest.fixture
def rng():
    return np.random.default_rng(7)


def listed(topic):
    return listings.definitions(listings.keras_code(topic))


def apart(rng, layer, own, *inputs, order=None, **options):
    """Give both layers the same random weights, and return how far their outputs are apart."""
    for each in (layer, own):
        each(*inputs, **options)  # which builds it
    weights = [rng.normal(size=weight.shape) / 2 for weight in layer.weights]
    layer.set_weights(weights)
    own.set_weights(order(*weights) if order else weights)
    found = np.asarray(layer(*inputs, **options))
    assert np.abs(found).max() > 0.1
    return np.abs(found - own(*inputs, **options)).max()


def normal(rng, *shape):
    return rng.normal(size=shape).astype("float32")


@pytest.mark.library("dense-by-hand")
def test_a_dense_layer(rng):
    layer = listed("dense").DenseLayer(N_OUT, "relu")
    assert apart(rng, layer, keras.layers.Dense(N_OUT, "relu"), normal(rng, 2, N_IN)) < 1e-6


@pytest.mark.library("convolution-by-hand")
def test_a_convolution(rng):
    layer = listed("convolution").ConvolutionLayer(N_OUT, 3, "relu")
    own = keras.layers.Conv2D(N_OUT, 3, padding="same", activation="relu")
    assert apart(rng, layer, own, normal(rng, 2, 11, 13, 5)) < 1e-5


@pytest.mark.library("rnn-by-hand")
def test_a_simple_recurrent_network(rng):
    layer = keras.layers.RNN(listed("rnn").SimpleCell(N_OUT), return_sequences=True)
    own = keras.layers.SimpleRNN(N_OUT, return_sequences=True)
    assert apart(rng, layer, own, normal(rng, 2, TIME, N_IN), mask=REAL) < 1e-6


@pytest.mark.library("lstm-by-hand")
def test_an_lstm(rng):
    layer = keras.layers.RNN(listed("lstm").LSTMCell(N_OUT))
    own = keras.layers.LSTM(N_OUT)
    assert apart(rng, layer, own, normal(rng, 2, TIME, N_IN), mask=REAL) < 1e-6


@pytest.mark.library("gru-by-hand")
def test_a_gru(rng):
    def order(W, R, b_W, b_R):
        return [W, R, np.stack([b_W, b_R])]

    layer = keras.layers.RNN(listed("gru").GRUCell(N_OUT))
    own = keras.layers.GRU(N_OUT)
    x = normal(rng, 2, TIME, N_IN)
    assert apart(rng, layer, own, x, order=order, mask=REAL) < 1e-6


@pytest.mark.library("attention-by-hand")
def test_multi_head_attention(rng):
    """A head of Keras has an axis of its own in the kernels, which a reshape makes."""
    own = keras.layers.MultiHeadAttention(2, key_dim=3)
    x, y = normal(rng, 2, 7, 6), normal(rng, 2, TIME, 6)
    own.build(x.shape, y.shape)

    class Called(keras.layers.Layer):
        """Keras' layer, called as the listed one."""

        def call(self, x, y, allowed):
            return own(x, y, attention_mask=allowed[:, None])

        def set_weights(self, weights):
            pairs = zip(weights, own.get_weights(), strict=True)
            own.set_weights([array.reshape(like.shape) for array, like in pairs])

    layer = listed("attention").AttentionLayer(2, 6)
    assert apart(rng, layer, Called(), x, y, REAL) < 1e-5
