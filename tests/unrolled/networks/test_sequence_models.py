"""Small networks for tasks on sequences: derivatives, masks, directions, and what they learn."""

import re

import keras
import numpy as np
import pytest

import mutants
import oracles
from bookkeeping.check.formulas.faults import Untrue
from unrolled.networks import sequence_models
from unrolled.networks.losses import cross_entropy_forward
from unrolled.networks.pytrees import leaves_of, map_leaves
from unrolled.networks.sequence_models import (
    bidirectional_init,
    decode_greedy,
    decoder_gradient,
    decoder_init,
    encoder_decoder_gradient,
    encoder_decoder_init,
    gru_network_forward,
    gru_network_gradient,
    gru_network_init,
    translate,
)
from unrolled.networks.training import train

BATCH, TIME, N_IN, N_HIDDEN, N_OUT, N_START, STEPS = 2, 3, 5, 7, 11, 13, 4
MASK = np.array([[True, True, False], [True, True, True]])


def draw():
    rng = np.random.default_rng(7)
    x, targets = rng.normal(size=(BATCH, TIME, N_IN)), rng.integers(N_OUT, size=(BATCH, TIME))
    words = np.eye(N_OUT)[rng.integers(N_OUT, size=(BATCH, STEPS))]
    wanted, counts = rng.integers(N_OUT, size=(BATCH, STEPS)), np.ones((BATCH, STEPS), bool)
    counts[0, 2:] = False
    return x, targets, (words, wanted, counts), rng


def shaken(params, rng):
    return map_leaves(lambda leaf: leaf + rng.normal(size=leaf.shape) / 3, params)


def check_derivatives(evidence, params, gradient_of, arrays):
    loss, gradients = gradient_of(params, *arrays)
    assert loss > 0
    for ours, leaf in zip(leaves_of(gradients).values(), leaves_of(params).values(), strict=True):
        theirs = oracles.central_differences(lambda: gradient_of(params, *arrays)[0], leaf)
        evidence.agrees(ours, theirs, witness="central differences", within=1e-6)


@pytest.mark.parametrize("init", [gru_network_init, bidirectional_init])
def test_chains_match_central_differences(evidence, init):
    x, targets, _, rng = draw()
    params = shaken(init(N_IN, N_HIDDEN, N_OUT, rng=rng), rng)
    check_derivatives(evidence, params, gru_network_gradient, (x, targets, MASK, MASK))


def test_writer_matches_central_differences(evidence):
    _, _, sentence, rng = draw()
    params = shaken(decoder_init(N_START, N_HIDDEN, N_OUT, rng=rng), rng)
    start = rng.normal(size=(BATCH, N_START))
    check_derivatives(evidence, params, decoder_gradient, (start, *sentence))


def test_translator_matches_central_differences(evidence):
    x, _, sentence, rng = draw()
    params = shaken(encoder_decoder_init(N_IN, N_HIDDEN, N_OUT, rng=rng), rng)
    check_derivatives(evidence, params, encoder_decoder_gradient, (x, MASK, *sentence))


def test_two_chains_are_one_and_one_that_reads_from_the_end():
    x, _, _, rng = draw()
    params = shaken(bidirectional_init(N_IN, N_HIDDEN, N_OUT, rng=rng), rng)
    top, bottom = np.split(params.out.W, 2)
    ahead = sequence_models.GRUNetwork(params.ahead, params.out._replace(W=top))
    back = sequence_models.GRUNetwork(params.back, params.out._replace(W=bottom))
    there = gru_network_forward(ahead, x)[0]
    and_back = gru_network_forward(back, x[:, ::-1])[0][:, ::-1]
    np.testing.assert_allclose(gru_network_forward(params, x)[0], there + and_back - params.out.b)


def keras_network(n_out, *, bidirectional=False):
    keras.utils.set_random_seed(7)
    layer = keras.layers.GRU(n_out, return_sequences=True, dtype="float64")
    return keras.layers.Bidirectional(layer, dtype="float64") if bidirectional else layer


def read_and_cut(network, n_in):
    """Give outputs for a whole sequence, and a function for each length of its beginning."""
    x = np.random.default_rng(n_in).normal(size=(7, n_in))
    whole = np.asarray(network(x[None]))[0]
    return {
        r"\boldsymbol{x}^{(t)}": lambda t: x[t - 1],
        r"\boldsymbol{y}^{(t)}": lambda t: whole[t - 1],
        "f_t": lambda t: lambda *read: np.asarray(network(np.stack(read[:t])[None]))[0, -1],
    }


@pytest.mark.equation("causal-map")
@pytest.mark.parametrize(("n_in", "n_out"), [(5, 11), (3, 2)])
def test_outputs_of_one_way_are_a_function_of_what_was_read(evidence, n_in, n_out):
    rng = np.random.default_rng(n_out)
    params = shaken(gru_network_init(n_in, N_HIDDEN, n_out, rng=rng), rng)
    for network, whose in (
        (lambda x: gru_network_forward(params, x)[0], "the book's own one-way network"),
        (keras_network(n_out), "a recurrent layer of Keras"),
    ):
        evidence.evaluates(
            read_and_cut(network, n_in), at={"t": range(4, 8)},
            witness=f"{whose}, which read the beginning alone", within=1e-13,
        )  # fmt: skip


@pytest.mark.equation("causal-map")
def test_bidirectional_outputs_are_no_causal_mapping(evidence):
    whole = read_and_cut(keras_network(7), 5)
    told = {"at": {"t": [5]}, "witness": "a recurrent layer of Keras", "within": 1e-13}
    evidence.evaluates(whole, **told)
    with pytest.raises(Untrue):
        evidence.evaluates(read_and_cut(keras_network(7, bidirectional=True), 5), **told)


@pytest.mark.equation("two-chains")
@pytest.mark.parametrize(("n_in", "n_hidden", "n_out"), [(5, 7, 11), (3, 5, 2)])
def test_an_output_hears_both_chains(evidence, n_in, n_hidden, n_out):
    x = np.random.default_rng(n_in).normal(size=(1, TIME, n_in))
    both = keras_network(n_hidden, bidirectional=True)
    out = keras.layers.Dense(n_out, bias_initializer="random_normal", dtype="float64")
    logits = np.asarray(out(both(x)))[0]
    ahead = np.asarray(both.forward_layer(x))[0]
    back = np.asarray(both.backward_layer(x))[0, ::-1]  # it puts its first step, the end, first
    weights, bias = out.get_weights()
    evidence.evaluates(
        {
            r"\boldsymbol{o}^{(t)}": lambda t: logits[t - 1],
            r"\boldsymbol{h}^{(t)}": lambda t: ahead[t - 1],
            r"\boldsymbol{g}^{(t)}": lambda t: back[t - 1],
            "V_h": weights[:n_hidden].T, "V_g": weights[n_hidden:].T, r"\boldsymbol{c}": bias,
        },
        at={"t": range(1, TIME + 1)}, witness="the bidirectional layer of Keras", within=1e-13,
    )  # fmt: skip


def test_padding_changes_nothing_in_either_direction():
    x, _, _, rng = draw()
    params = shaken(bidirectional_init(N_IN, N_HIDDEN, N_OUT, rng=rng), rng)
    short = gru_network_forward(params, x[:1, :2])[0]
    padded = gru_network_forward(params, x[:1], MASK[:1])[0]
    np.testing.assert_allclose(padded[:, :2], short, rtol=1e-13)


def test_one_direction_cannot_see_what_comes_and_both_can():
    x, _, _, rng = draw()
    other = x.copy()
    other[:, 2] += 1
    for init, same in ((gru_network_init, True), (bidirectional_init, False)):
        params = init(N_IN, N_HIDDEN, N_OUT, rng=rng)
        one, two = (
            gru_network_forward(params, x)[0][:, :2],
            gru_network_forward(params, other)[0][:, :2],
        )
        assert np.array_equal(one, two) is same


def test_writing_feeds_back_what_was_written():
    _, _, _, rng = draw()
    params = shaken(decoder_init(N_START, N_HIDDEN, N_OUT, rng=rng), rng)
    start = rng.normal(size=(BATCH, N_START))
    said = decode_greedy(params, start, STEPS, first=3)
    before = np.concatenate([np.full((BATCH, 1), 3), said[:, :-1]], axis=1)
    logits, _ = sequence_models._decoder_forward(params, start, np.eye(N_OUT)[before])
    np.testing.assert_array_equal(logits.argmax(axis=2), said)


def test_translating_is_writing_from_the_last_real_state():
    x, _, _, rng = draw()
    params = shaken(encoder_decoder_init(N_IN, N_HIDDEN, N_OUT, rng=rng), rng)
    said = translate(params, x[:1], MASK[:1], STEPS, first=0)
    np.testing.assert_array_equal(said, translate(params, x[:1, :2], MASK[:1, :2], STEPS, first=0))
    states = sequence_models.gru_forward(params.encoder, x[:1, :2])[0]
    np.testing.assert_array_equal(
        said, decode_greedy(params.decoder, states[:, -1], STEPS, first=0)
    )


def test_training_learns_to_remember_the_first_step():
    rng = np.random.default_rng(7)
    classes = rng.integers(2, size=200)
    x = rng.normal(size=(200, 5, 2))
    x[:, 0, 0] += 4 * classes
    targets, counts = np.tile(classes[:, None], 5), np.zeros((200, 5), bool)
    counts[:, -1] = True
    start = gru_network_init(2, 5, 2, rng=rng)
    arrays = [x, targets, counts]
    trained, losses = train(
        start, gru_network_gradient, arrays, n_steps=80, learning_rate=0.05, rng=rng
    )
    assert len(losses) == 80
    loss, _ = cross_entropy_forward(gru_network_forward(trained, x)[0][:, -1], classes)
    assert loss < 0.15 < losses[0]


def test_the_same_generator_trains_the_same_network():
    x, targets, _, _ = draw()
    runs = []
    for _ in range(2):
        rng = np.random.default_rng(7)
        start = gru_network_init(N_IN, N_HIDDEN, N_OUT, rng=rng)
        arrays = [x, targets, MASK, MASK]
        runs.append(train(start, gru_network_gradient, arrays, n_steps=3, rng=rng)[1])
    np.testing.assert_array_equal(*runs)


def test_a_second_chain_that_is_not_turned_back_is_noticed():
    slip = mutants.mutant(sequence_models, "h[:, direction])\n        layers", "h)\n        layers")
    x, _, _, rng = draw()
    params = slip.bidirectional_init(N_IN, N_HIDDEN, N_OUT, rng=rng)
    short = slip.gru_network_forward(params, x[:1, :2])[0]
    assert not np.allclose(slip.gru_network_forward(params, x[:1], MASK[:1])[0][:, :2], short)


def test_derivatives_that_are_not_turned_are_noticed():
    split = "np.split(d_h, len(layers), axis=2)[n]"
    slip = mutants.mutant(sequence_models, f"{split}[:, direction]", split)
    x, targets, _, rng = draw()
    params = slip.bidirectional_init(N_IN, N_HIDDEN, N_OUT, rng=rng)
    ours = slip.gru_network_gradient(params, x, targets, MASK)[1].back.candidate.W
    theirs = oracles.central_differences(
        lambda: slip.gru_network_gradient(params, x, targets, MASK)[0], params.back.candidate.W
    )
    assert not np.allclose(ours, theirs, atol=1e-6)


def test_what_does_not_fit_is_named():
    x, _, _, rng = draw()
    params = gru_network_init(N_IN, N_HIDDEN, N_OUT, rng=rng)
    cases = [
        (lambda: gru_network_forward(params, x[0]), "x must have shape (batch, time, n_in)"),
        (
            lambda: gru_network_forward(params, x[..., 1:]),
            "x must have shape (batch, time, n_in=5)",
        ),
        (
            lambda: decode_greedy(decoder_init(2, 3, 5, rng=rng), np.zeros((1, 2)), 3, first=5),
            "first must be at least 0 and at most 4, got 5.",
        ),
    ]
    for call, complaint in cases:
        with pytest.raises(ValueError, match=re.escape(complaint)):
            call()
