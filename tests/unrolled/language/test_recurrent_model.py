"""A recurrent language model: derivatives, padding, the shift by one, and what it writes."""

import itertools
import math
import re
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

import oracles
from mutants import mutant
from unrolled.language import recurrent_model
from unrolled.language.recurrent_model import (
    RecurrentModel,
    TiedModel,
    chances,
    clipped_gradient,
    draw_batches,
    generate,
    greedy,
    log_probabilities,
    model_backward,
    model_forward,
    model_gradient,
    model_init,
    sample,
    teacher_forced,
)
from unrolled.networks.clipping import global_norm
from unrolled.networks.gru import GRUGate, GRUParams
from unrolled.networks.pytrees import leaves_of, map_leaves
from unrolled.networks.training import adam, train_on_batches

N_TOKENS, N_DIMS, N_HIDDEN = 7, 3, 5
SENTENCES = [[3, 1, 3], [6], [2, 5, 5, 4, 6]]  # three lengths; tokens that repeat
KINDS = ["untied", "tied"]


def draw(kind="untied", seed=7, *, dtype=np.float64):
    rng = np.random.default_rng(seed)
    model = model_init(N_TOKENS, N_HIDDEN if kind == "tied" else N_DIMS, N_HIDDEN, rng=rng)
    if kind == "tied":
        model = TiedModel(model.W, model.gru, model.b_o)
    return map_leaves(lambda w: (w + rng.normal(size=w.shape) / 2).astype(dtype), model)


def differences(params, batch):
    """Central differences of the loss of a batch."""

    def loss():
        return model_gradient(params, *batch)[0]

    return {
        name: oracles.central_differences(loss, leaf) for name, leaf in leaves_of(params).items()
    }


def by_bias(*biases):
    """Make a model whose state stays zero, so that it always predicts by its bias."""
    gate = GRUGate(np.zeros((1, 1)), np.zeros((1, 1)), np.zeros(1))
    n = len(biases)
    return RecurrentModel(
        np.ones((n, 1)), GRUParams(gate, gate, gate), np.ones((n, 1)), np.array(biases, float)
    )


# By hand -------------------------------------------------------------------------------------


def test_what_is_read_and_what_is_predicted_by_hand():
    ids, targets, mask = teacher_forced([[4, 7], []])
    np.testing.assert_array_equal(ids, [[0, 4, 7], [0, 0, 0]])
    np.testing.assert_array_equal(targets, [[4, 7, 0], [0, 0, 0]])
    np.testing.assert_array_equal(mask, [[True, True, True], [True, False, False]])


def test_a_step_by_hand():
    shut = GRUGate(np.zeros((1, 1)), np.zeros((1, 1)), np.full(1, -800.0))
    candidate = GRUGate(np.ones((1, 1)), np.zeros((1, 1)), np.zeros(1))
    model = RecurrentModel(
        np.array([[0.3], [-0.2]]),
        GRUParams(shut, shut, candidate),
        np.array([[1.0], [2.0]]),
        np.array([0.5, 0.0]),
    )
    logits, _ = model_forward(model, [[0, 1]])
    for step, h in enumerate((math.tanh(0.3), math.tanh(-0.2))):
        np.testing.assert_allclose(logits[0, step], [h + 0.5, 2 * h], rtol=1e-15)


def test_log_probabilities_by_hand():
    model = by_bias(*np.log([0.5, 0.3, 0.2]))
    one, other = log_probabilities(model, [[1, 2, 2], []])
    np.testing.assert_allclose(one, np.log([0.3, 0.2, 0.2, 0.5]), rtol=1e-14)
    np.testing.assert_allclose(other, np.log([0.5]), rtol=1e-14)
    loss, _ = model_gradient(model, *teacher_forced([[1, 2, 2], []]))
    assert loss == pytest.approx(-math.log(0.3 * 0.2 * 0.2 * 0.5 * 0.5) / 5, rel=1e-14)


def test_chances_by_hand():
    logits = np.log([4.0, 1.0, 9.0])
    np.testing.assert_allclose(chances(logits), [4 / 14, 1 / 14, 9 / 14])
    np.testing.assert_allclose(chances(logits, temperature=0.5), [16 / 98, 1 / 98, 81 / 98])
    np.testing.assert_allclose(chances(logits, temperature=2), [2 / 6, 1 / 6, 3 / 6])
    np.testing.assert_allclose(chances(logits, top_k=2), [4 / 13, 0, 9 / 13])
    np.testing.assert_array_equal(chances([1.0, 2.0, 2.0, 2.0], top_k=2), [0, 0.5, 0.5, 0])


def test_writing_by_hand():
    model = by_bias(0.0, 1.0, 3.0)
    assert generate(model, greedy, limit=3) == [2, 2, 2]
    assert generate(model, greedy, limit=1, start=[1, 1]) == [1, 1, 2]
    assert generate(by_bias(4.0, 1.0, 3.0), greedy, limit=3, start=[1]) == [1, 0]
    assert greedy([0.1, 0.7, 0.7]) == 1


# Laws ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_a_later_token_changes_no_earlier_prediction(kind):
    params = draw(kind)
    logits, _ = model_forward(params, [[0, 3, 1, 4]])
    other, _ = model_forward(params, [[0, 3, 1, 6]])
    np.testing.assert_array_equal(logits[:, :3], other[:, :3])
    assert (logits[:, 3] != other[:, 3]).all()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("garbage", [0, 6, -5, 10**12])
def test_padding_counts_nowhere(kind, garbage):
    params = draw(kind)
    batch = teacher_forced(SENTENCES)
    ids, targets = (np.where(batch.mask, tokens, garbage) for tokens in batch[:2])
    loss, gradient = model_gradient(params, ids, targets, batch.mask)
    alone = [model_gradient(params, *teacher_forced([s])) for s in SENTENCES]
    lengths = np.array([len(s) + 1 for s in SENTENCES])
    shares = lengths / lengths.sum()
    assert loss == pytest.approx(shares @ [each for each, _ in alone], rel=1e-13)
    for name, ours in leaves_of(gradient).items():
        parts = [leaves_of(each)[name] for _, each in alone]
        theirs = sum(share * part for share, part in zip(shares, parts, strict=True))
        np.testing.assert_allclose(ours, theirs, atol=1e-13)


def test_padding_keeps_the_state():
    params, (ids, _, mask) = draw(), teacher_forced(SENTENCES)
    _, cache = model_forward(params, ids, mask=mask)
    _, alone = model_forward(params, [[0, 6]])
    np.testing.assert_allclose(cache.h[1, -1], alone.h[0, -1], rtol=1e-13)


def test_a_state_that_is_handed_on_continues_the_text():
    params, ids = draw(), np.array([[0, 3, 1, 4, 4]])
    whole, _ = model_forward(params, ids)
    first, cache = model_forward(params, ids[:, :2])
    second, _ = model_forward(params, ids[:, 2:], cache.h[:, -1])
    np.testing.assert_allclose(np.concatenate([first, second], axis=1), whole, rtol=1e-13)


def test_a_tied_model_is_an_untied_one_with_the_same_matrix_twice():
    tied, batch = draw("tied"), teacher_forced(SENTENCES)
    untied = RecurrentModel(tied.W, tied.gru, tied.W.copy(), tied.b_o)
    loss, gradient = model_gradient(tied, *batch)
    same, parts = model_gradient(untied, *batch)
    assert loss == same
    np.testing.assert_array_equal(gradient.W, parts.W + parts.W_o)
    np.testing.assert_array_equal(gradient.b_o, parts.b_o)
    assert (
        log_probabilities(tied, [[1]])[0].tolist() == log_probabilities(untied, [[1]])[0].tolist()
    )
    assert generate(tied, greedy, limit=9) == generate(untied, greedy, limit=9)


def test_log_probabilities_are_those_of_each_sentence_alone(monkeypatch):
    params = draw()
    whole = log_probabilities(params, SENTENCES)
    monkeypatch.setattr(recurrent_model, "CHUNK", 2)
    for parts in (
        log_probabilities(params, SENTENCES),
        [log_probabilities(params, [sentence])[0] for sentence in SENTENCES],
    ):
        for ours, theirs in zip(whole, parts, strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-13)
    loss, _ = model_gradient(params, *teacher_forced(SENTENCES))
    assert -np.concatenate(whole).mean() == pytest.approx(loss, rel=1e-13)


def test_the_longest_batch_of_probabilities_sums_to_one():
    logits, _ = model_forward(draw(), teacher_forced(SENTENCES).ids)
    for token_logits in logits.reshape(-1, N_TOKENS):
        assert chances(token_logits).sum() == pytest.approx(1, abs=1e-14)


@given(st.integers(1, 40), st.integers(1, 7), st.integers(0, 2**32))
def test_every_epoch_has_every_sentence_once(n_sentences, batch_size, seed):
    sentences = [[n + 1] * (n % 5 + 1) for n in range(n_sentences)]
    batches = draw_batches(sentences, batch_size, rng=np.random.default_rng(seed))
    for _ in range(2):
        seen = []
        while len(seen) < n_sentences:
            ids, _, mask = next(batches)
            assert len(ids) <= batch_size
            seen += ids[:, 1].tolist()
            assert (np.diff(mask.sum(axis=1)) >= 0).all()
        assert sorted(seen) == list(range(1, n_sentences + 1))


def test_batches_hold_sentences_of_similar_length():
    rng = np.random.default_rng(7)
    sentences = [[1] * n for n in rng.integers(1, 60, size=1024)]
    batches = itertools.islice(draw_batches(sentences, 16, rng=rng), 64)
    padded = [1 - batch.mask.mean() for batch in batches]
    assert np.mean(padded) < 0.1


def test_a_cold_choice_is_greedy_and_a_hot_one_is_even():
    logits = np.array([0.3, -2.0, 1.1, 0.9])
    np.testing.assert_allclose(chances(logits, temperature=1e-3), [0, 0, 1, 0], atol=1e-80)
    np.testing.assert_array_equal(chances(logits, temperature=5e-324), [0, 0, 1, 0])
    np.testing.assert_allclose(chances(logits, temperature=1e300), np.full(4, 0.25))
    np.testing.assert_array_equal(chances(logits, top_k=1), [0, 0, 1, 0])
    np.testing.assert_array_equal(chances([1.7e308, -1.7e308]), [1, 0])


def test_logits_that_differ_by_a_constant_give_the_same_chances():
    logits = np.array([0.25, -2.0, 1.5])
    np.testing.assert_array_equal(chances(logits), chances(logits + 64))


def test_samples_are_as_frequent_as_their_chances():
    rng, logits = np.random.default_rng(7), np.log([0.5, 0.2, 0.3])
    drawn = [sample(logits, temperature=0.5, top_k=2, rng=rng) for _ in range(4000)]
    p = chances(logits, temperature=0.5, top_k=2)
    np.testing.assert_allclose(np.bincount(drawn, minlength=3) / 4000, p, atol=0.03)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_written_is_chosen_from_what_was_read(kind):
    params, start = draw(kind), [3, 6]
    text = generate(params, greedy, limit=6, start=start)
    logits, _ = model_forward(params, [[0, *text]])
    chosen = logits[0].argmax(axis=1)
    np.testing.assert_array_equal(text[2:], chosen[2 : len(text)])
    ends_early = len(text) < len(start) + 6
    assert (text[-1] == 0) >= ends_early


def test_the_same_generator_writes_the_same_text():
    texts = [
        generate(draw(), partial(sample, rng=np.random.default_rng(7)), limit=20) for _ in range(2)
    ]
    assert texts[0] == texts[1]


def test_a_gradient_is_clipped_and_keeps_its_direction():
    params, batch = draw(), teacher_forced(SENTENCES)
    loss, whole = model_gradient(params, *batch)
    same, clipped = clipped_gradient(params, *batch, max_norm=0.01)
    assert loss == same
    assert global_norm(clipped) == pytest.approx(0.01)
    np.testing.assert_allclose(clipped.W_o * global_norm(whole) / 0.01, whole.W_o, rtol=1e-12)


def test_training_learns_what_only_the_first_token_tells():
    """Two stories with one middle: what ends them is six tokens back."""
    stories = [[first, 3, 3, 3, 3, 3, 3, last] for first, last in ((1, 4), (2, 5))] * 8
    rng = np.random.default_rng(7)
    start = model_init(6, N_DIMS, N_HIDDEN, rng=rng)
    batches = itertools.islice(draw_batches(stories, 8, rng=rng), 250)
    model, losses = train_on_batches(
        start, clipped_gradient, batches, adam(start, learning_rate=0.03)
    )
    assert losses[0] > 1.5
    for line in log_probabilities(model, stories[:2]):
        assert math.exp(-line[-2]) < 1.2, "two equally likely ends would have perplexity 2"
    found = {tuple(generate(model, greedy, limit=9, start=[first])) for first in (1, 2)}
    assert found == {(1, 3, 3, 3, 3, 3, 3, 4, 0), (2, 3, 3, 3, 3, 3, 3, 5, 0)}


@pytest.mark.parametrize("kind", KINDS)
def test_float32_stays_float32_and_is_close(kind):
    batch = teacher_forced(SENTENCES)
    loss, single = model_gradient(draw(kind, dtype=np.float32), *batch)
    same, double = model_gradient(draw(kind), *batch)
    assert {leaf.dtype for leaf in leaves_of(single).values()} == {np.dtype(np.float32)}
    assert loss == pytest.approx(same, rel=1e-6)
    assert oracles.worst_difference(leaves_of(single), leaves_of(double)) < 1e-5


# Witnesses -----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_backward_matches_central_differences(evidence, kind):
    params, batch = draw(kind), teacher_forced(SENTENCES)
    theirs = differences(params, batch)
    ours = leaves_of(model_gradient(params, *batch)[1])
    assert ours.keys() == theirs.keys()
    for name, derivative in ours.items():
        evidence.agrees(derivative, theirs[name], witness="central differences", within=1e-7)


SLIPS = {
    "the embeddings alone": ("gradient.W + gradient.W_o", "gradient.W", "tied"),
    "the output layer alone": ("gradient.W + gradient.W_o", "gradient.W_o", "tied"),
    "padding that counts": ("targets, mask=mask)", "targets)", "untied"),
}


@pytest.mark.parametrize("slip", SLIPS)
def test_slip_is_caught(slip):
    before, after, kind = SLIPS[slip]
    params, batch = draw(kind), teacher_forced(SENTENCES)
    broken = mutant(recurrent_model, before, after)
    again = getattr(broken, type(params).__name__)(*params)  # the class was made anew
    ours = leaves_of(broken.model_gradient(again, *batch)[1])
    assert oracles.worst_difference(ours, differences(params, batch)) > 1e-3


def test_chances_match_scipy(evidence):
    logits = np.random.default_rng(7).normal(size=N_TOKENS)
    for temperature in (0.3, 1, 2.7):
        theirs = special.softmax(logits / temperature)
        ours = chances(logits, temperature=temperature)
        evidence.agrees(ours, theirs, witness="SciPy", within=1e-14)


# Complaints ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"ids": [[0, 7]]}, "ids must be at least 0 and at most 6, got 7."),
        ({"ids": [[0, -1]]}, "ids must be at least 0 and at most 6, got -1."),
        ({"ids": [[0.0, 1.0]]}, "ids must hold integers, got 0.0."),
        ({"ids": [0, 1]}, "ids must have shape (batch, time), got (2,)."),
        ({"ids": np.zeros((2, 0), int)}, "x must hold at least one step of at least one sequence"),
        ({"h0": np.zeros((1, 4))}, "h0 must have shape (batch=1, n_hidden=5), got (1, 4)."),
        ({"mask": [[1, 1, 1]]}, "mask must have shape (batch=1, time=2), got (1, 3)."),
        ({"mask": [[1, 2]]}, "mask must hold truth values, or the integers 0 and 1, got 2."),
        ({"params": [1]}, "params must be a named tuple RecurrentModel, got list."),
        (
            {"params": draw()._replace(W_o=np.zeros((N_TOKENS, 3)))},
            "params.W_o must have shape (n_tokens=7, n_hidden=5), got (7, 3).",
        ),
        (
            {"params": draw()._replace(b_o=np.full(N_TOKENS, np.nan))},
            "b_o must be finite, got nan.",
        ),
        (
            {"params": draw()._replace(b_o=np.zeros(N_TOKENS, np.float32))},
            "b_o must be float64 as W is, got float32.",
        ),
    ],
    ids=range(12),
)
def test_what_does_not_fit_forwards_is_named(changes, complaint):
    with pytest.raises(ValueError, match=re.escape(complaint)):
        model_forward(**{"params": draw(), "ids": [[0, 1]], **changes})


def test_logits_that_overflow_are_refused():
    always_one = GRUGate(np.zeros((1, 1)), np.zeros((1, 1)), np.full(1, 50.0))
    open_gate = always_one._replace(b=np.full(1, -800.0))
    huge = by_bias(1e308, 0.0)._replace(
        gru=GRUParams(open_gate, open_gate, always_one), W_o=np.full((2, 1), 1e308)
    )
    with pytest.raises(ValueError, match="params must give numbers that float64 can hold"):
        model_forward(huge, [[0]])


def test_a_tied_model_whose_state_has_another_size_is_refused():
    model = model_init(N_TOKENS, N_DIMS, N_HIDDEN, rng=np.random.default_rng(7))
    tied = TiedModel(model.W, model.gru, model.b_o)
    complaint = "params.W_o must have shape (n_tokens=7, n_hidden=5), got (7, 3)."
    with pytest.raises(ValueError, match=re.escape(complaint)):
        model_forward(tied, [[0, 1]])


def test_what_does_not_fit_backwards_is_named():
    params = draw()
    logits, cache = model_forward(params, [[0, 1]])
    complaints = [
        ((map_leaves(np.copy, params), cache, logits), "cache must come from a forward pass"),
        ((params, (), logits), "cache must be the ModelCache of a forward pass, got tuple."),
        ((params, cache, logits[:, 1:]), "d_logits must have shape (batch=1, time=2, n_tokens=7)"),
        ((params, cache, np.full(logits.shape, 1e308)), "must give numbers that float64 can hold"),
    ]
    for arguments, complaint in complaints:
        with pytest.raises(ValueError, match=re.escape(complaint)):
            model_backward(*arguments)


@pytest.mark.parametrize(
    ("call", "complaint"),
    [
        (lambda: teacher_forced([]), "sentences must hold at least one sentence, got none."),
        (lambda: teacher_forced([[3, 0]]), "sentences must be at least 1, got 0. 0 is the border"),
        (lambda: teacher_forced([[1.5]]), "sentences must hold integers, got 1.5."),
        (lambda: log_probabilities(draw(), []), "sentences must hold at least one sentence"),
        (lambda: next(draw_batches([], 2, rng=np.random.default_rng(7))), "sentences must hold"),
        (lambda: next(draw_batches([[1]], 0, rng=np.random.default_rng(7))), "batch_size must be"),
        (lambda: next(draw_batches([[1]], 2, rng=7)), "rng must be a numpy.random.Generator"),
        (lambda: chances([1.0, 2.0], temperature=0), "temperature must be above 0, got 0.0. Its"),
        (lambda: chances([1.0, 2.0], temperature=np.inf), "temperature must be finite, got inf."),
        (lambda: chances([1.0, 2.0], top_k=3), "top_k must be at least 1 and at most 2, got 3."),
        (lambda: chances([[1.0, 2.0]]), "logits must have shape (n_tokens,), got (1, 2)."),
        (lambda: chances([]), "logits must hold at least one token, got none."),
        (lambda: chances([1.0, np.nan]), "logits must be finite, got nan."),
        (lambda: greedy([1.0, np.nan]), "logits must be finite, got nan."),
        (lambda: sample([1.0, 2.0], rng=7), "rng must be a numpy.random.Generator, got int."),
        (lambda: generate(draw(), greedy, limit=0), "limit must be at least 1, got 0."),
        (lambda: generate(draw(), lambda _: 7, limit=2), "choose must be at least 0 and at most"),
        (lambda: generate(draw(), greedy, limit=2, start=[0]), "sentences must be at least 1"),
    ],
    ids=range(18),
)
def test_what_does_not_fit_is_named(call, complaint):
    with pytest.raises(ValueError, match=re.escape(complaint)):
        call()
