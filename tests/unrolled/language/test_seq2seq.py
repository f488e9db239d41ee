"""Encoder and decoder, with and without attention: derivatives, padding, alignment, translation."""

import itertools
import math
import re
from functools import cache

import numpy as np
import pytest

import oracles
from mutants import mutant
from unrolled.language import seq2seq
from unrolled.language.seq2seq import (
    SCORES,
    AdditiveScore,
    DotScore,
    LastState,
    PairBatch,
    Readout,
    Seq2Seq,
    clipped_gradient,
    draw_pairs,
    pair_batch,
    seq2seq_backward,
    seq2seq_forward,
    seq2seq_gradient,
    seq2seq_init,
    translate,
)
from unrolled.networks.clipping import global_norm
from unrolled.networks.gru import GRUGate, GRUParams
from unrolled.networks.losses import cross_entropy_forward
from unrolled.networks.pytrees import count_parameters, leaves_of, map_leaves
from unrolled.networks.training import adam, train_on_batches

N_SOURCE, N_TARGET, N_DIMS, N_HIDDEN, N_UNITS = 7, 11, 3, 5, 2
SOURCES = [[3, 1, 3], [6], [2, 5, 5, 4, 6]]  # three lengths; tokens that repeat
TARGETS = [[1, 10], [3, 4, 5, 5], [10, 9, 9, 8, 2, 7]]
BATCH = pair_batch(SOURCES, TARGETS)
SMALL = pair_batch(SOURCES[:2], [[1, 10], [3]])


def draw(score="additive", seed=7, *, dtype=np.float64):
    rng = np.random.default_rng(seed)
    model = seq2seq_init(N_SOURCE, N_TARGET, N_DIMS, N_HIDDEN, score=score, rng=rng)
    if score == "additive":
        U_q, U_k, w = model.score
        model = model._replace(score=AdditiveScore(U_q[:, :2], U_k[:, :2], w[:2]))
    return map_leaves(lambda w: (w + rng.normal(size=w.shape) / 2).astype(dtype), model)


def forward(params, batch=BATCH):
    masks = {"source_mask": batch.source_mask, "mask": batch.mask}
    return seq2seq_forward(params, batch.source, batch.ids, **masks)


@cache
def differences(score):
    """Central differences of the loss of a batch."""
    params = draw(score)

    def loss():
        logits, _ = forward(params, SMALL)
        return cross_entropy_forward(logits, SMALL.targets, mask=SMALL.mask)[0]

    leaves = leaves_of(params).items()
    return {name: oracles.central_differences(loss, leaf) for name, leaf in leaves}


def one_unit(source, target, *, W_z=0.0, score=None):
    """Make a model of one unit whose states are tanh of what it reads, and whose logits are b_o.

    The gates are shut, so nothing of the previous state is kept.
    """
    shut = GRUGate(np.zeros((1, 1)), np.zeros((1, 1)), np.full(1, -800.0))
    gru = GRUParams(shut, shut, shut._replace(W=np.ones((1, 1)), b=np.zeros(1)))
    tables = np.arctanh(np.array(source))[:, None], np.arctanh(np.array(target))[:, None]
    readout = Readout(
        np.ones((1, 1)), np.full((1, 1), W_z), np.zeros(1), np.array([[0.0, 1.0]]), np.zeros(2)
    )
    return Seq2Seq(tables[0], gru, tables[1], gru, DotScore() if score is None else score, readout)


# By hand -------------------------------------------------------------------------------------


def test_a_batch_by_hand():
    batch = pair_batch([[4, 7], []], [[5], [6, 6]])
    np.testing.assert_array_equal(batch.source, [[4, 7, 0], [0, 0, 0]])
    np.testing.assert_array_equal(batch.source_mask, [[1, 1, 1], [1, 0, 0]])
    np.testing.assert_array_equal(batch.ids, [[0, 5, 0], [0, 6, 6]])
    np.testing.assert_array_equal(batch.targets, [[5, 0, 0], [6, 6, 0]])
    np.testing.assert_array_equal(batch.mask, [[1, 1, 0], [1, 1, 1]])


def test_a_step_by_hand():
    """Encoder states 0.6, 0.2 and 0; decoder states 0.5 and -0.5, so scores 0.3, 0.1 and 0."""
    model = one_unit([0.0, 0.6, 0.2], [0.5, -0.5], W_z=2.0)
    logits, cache = seq2seq_forward(model, [[1, 2, 0]], [[0, 1]])
    np.testing.assert_allclose(cache.keys[0, :, 0], [0.6, 0.2, 0.0], rtol=1e-14)
    for step, state in enumerate((0.5, -0.5)):
        weights = np.exp([0.6 * state, 0.2 * state, 0.0])
        weights /= weights.sum()
        np.testing.assert_allclose(cache.weights[0, step], weights, rtol=1e-14)
        context = weights @ [0.6, 0.2, 0.0]
        np.testing.assert_allclose(logits[0, step], [0, math.tanh(state + 2 * context)], rtol=1e-13)


def test_without_attention_the_context_is_the_last_real_state():
    for model in (one_unit([0.1, 0.6, 0.2], [0.5, -0.5], W_z=2.0, score=LastState()), draw("none")):
        batch = pair_batch([[1, 2], [2]], [[1], [1, 1]])
        _, cache = forward(model, batch)
        for row, n_real in enumerate(batch.source_mask.sum(axis=1)):
            last = cache.keys[row, n_real - 1]
            np.testing.assert_array_equal(cache.context[row], [last] * 3)
            one_hot = np.arange(3) == n_real - 1
            np.testing.assert_array_equal(cache.weights[row], [one_hot] * 3)


def test_writing_by_hand():
    """With a state of tanh 1 the logit of token 1 is positive; after token 1 it is negative."""
    model = one_unit([0.0, 0.1], [0.5, -0.5])
    (found,) = translate(model, [[1]], limit=5)
    assert found.ids == [1, 0]
    assert found.weights.shape == (2, 2)
    forever = model._replace(target=np.abs(model.target))
    assert translate(forever, [[1], []], limit=3)[1].ids == [1, 1, 1]


# Laws ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("score", SCORES)
def test_weights_sum_to_one_and_vanish_on_padding(score):
    _, cache = forward(draw(score))
    np.testing.assert_allclose(cache.weights.sum(axis=2), 1, rtol=1e-14)
    padded = np.broadcast_to(~BATCH.source_mask[:, None], cache.weights.shape)
    assert not cache.weights[padded].any()
    assert (cache.weights >= 0).all()
    if score != "none":
        assert (cache.weights[~padded] > 0).all()
        assert cache.weights[2, 0].std() > 1e-3


@pytest.mark.parametrize("score", SCORES)
@pytest.mark.parametrize("garbage", [0, 6, -5, 10**12])
def test_padding_on_either_side_counts_nowhere(score, garbage):
    params = draw(score)
    source = np.where(BATCH.source_mask, BATCH.source, garbage)
    ids, targets = (np.where(BATCH.mask, tokens, garbage) for tokens in BATCH[2:4])
    batch = PairBatch(source, BATCH.source_mask, ids, targets, BATCH.mask)
    loss, gradient = seq2seq_gradient(params, *batch)
    alone = [
        seq2seq_gradient(params, *pair_batch([source], [target]))
        for source, target in zip(SOURCES, TARGETS, strict=True)
    ]
    shares = BATCH.mask.sum(axis=1) / BATCH.mask.sum()
    assert loss == pytest.approx(shares @ [each for each, _ in alone], rel=1e-13)
    for name, ours in leaves_of(gradient).items():
        parts = [leaves_of(each)[name] for _, each in alone]
        theirs = sum(share * part for share, part in zip(shares, parts, strict=True))
        np.testing.assert_allclose(ours, theirs, atol=1e-13)


@pytest.mark.parametrize("score", SCORES)
def test_a_later_target_token_changes_no_earlier_prediction(score):
    params = draw(score)
    logits, _ = seq2seq_forward(params, [[3, 1, 0]], [[0, 3, 1, 4]])
    other, _ = seq2seq_forward(params, [[3, 1, 0]], [[0, 3, 1, 6]])
    np.testing.assert_array_equal(logits[:, :3], other[:, :3])
    assert (logits[:, 3] != other[:, 3]).all()


@pytest.mark.parametrize("score", SCORES)
def test_every_source_token_changes_every_prediction(score):
    params, source = draw(score), np.array([[3, 1, 5, 0]])
    logits, _ = seq2seq_forward(params, source, [[0, 3, 1]])
    for place in range(3):
        changed = source.copy()
        changed[0, place] = 2
        other, _ = seq2seq_forward(params, changed, [[0, 3, 1]])
        assert (logits != other).all()


def test_attention_sees_a_state_that_the_last_one_does_not_show():
    """The encoder forgets at once: only by looking back can the decoder tell two sources apart."""
    for score, differ in ((DotScore(), True), (LastState(), False)):
        model = one_unit([0.1, 0.6, 0.2], [0.5, -0.5], W_z=2.0, score=score)
        one, other = (seq2seq_forward(model, [[n, 0]], [[0, 1]])[0] for n in (1, 2))
        assert (one[..., 1] != other[..., 1]).all() == differ


def test_kinds_differ_only_in_the_parameters_of_the_score():
    models = [
        seq2seq_init(N_SOURCE, N_TARGET, N_DIMS, N_HIDDEN, score=kind, rng=np.random.default_rng(7))
        for kind in SCORES
    ]
    n = [count_parameters(model.score) for model in models]
    assert n == [0, 0, N_HIDDEN**2, 2 * N_HIDDEN**2 + N_HIDDEN]
    first = leaves_of(models[0])
    for model, own in zip(models, n, strict=True):
        leaves = leaves_of(model)
        assert all((leaves[name] == leaf).all() for name, leaf in first.items())
        assert count_parameters(model) == count_parameters(models[0]) + own
    single = seq2seq_init(3, 3, 1, 1, score="general", rng=np.random.default_rng(7))
    assert single.score.W.shape == (1, 1)


@pytest.mark.parametrize("score", SCORES)
@pytest.mark.parametrize("limit", [1, 4, 9])
def test_what_is_written_is_the_likeliest_after_what_was_written(score, limit, monkeypatch):
    params, sources = draw(score, seed=11), [[1, 2, 4], [], [5], [6, 6, 3, 2, 1], [5]]
    found = translate(params, sources, limit=limit)
    monkeypatch.setattr(seq2seq, "CHUNK", 2)
    again = translate(params, sources, limit=limit)
    for source, one, other in zip(sources, found, again, strict=True):
        assert one.ids == other.ids
        logits, cache = seq2seq_forward(params, [[*source, 0]], [[0, *one.ids[:-1]]])
        assert one.ids == logits[0].argmax(axis=1).tolist()
        np.testing.assert_allclose(one.weights, cache.weights[0], rtol=1e-12)
        assert 0 not in one.ids[:-1]
        assert one.ids[-1] == 0 or len(one.ids) == limit


def test_every_epoch_has_every_pair_once():
    rng = np.random.default_rng(7)
    sources = [[n + 1] * (n % 5 + 1) for n in range(23)]
    targets = [[n + 1] * (n % 3 + 1) for n in range(23)]
    batches, seen = draw_pairs(sources, targets, 4, rng=rng), []
    while len(seen) < 46:
        batch = next(batches)
        np.testing.assert_array_equal(batch.source[:, 0], batch.ids[:, 1])
        lengths = batch.source_mask.sum(axis=1) + batch.mask.sum(axis=1)
        assert (np.diff(lengths) >= 0).all()
        seen += batch.source[:, 0].tolist()
    assert sorted(seen[:23]) == sorted(seen[23:]) == list(range(1, 24))


def test_a_gradient_is_clipped_and_keeps_its_direction():
    params = draw()
    loss, whole = seq2seq_gradient(params, *BATCH)
    same, clipped = clipped_gradient(params, *BATCH, max_norm=0.01)
    assert loss == same
    assert global_norm(clipped) == pytest.approx(0.01)
    np.testing.assert_allclose(clipped.source * global_norm(whole) / 0.01, whole.source, rtol=1e-12)


@pytest.mark.parametrize("score", SCORES)
def test_one_batch_is_learnt_by_heart(score):
    rng = np.random.default_rng(7)
    start = seq2seq_init(N_SOURCE, N_TARGET, 5, 13, score=score, rng=rng)
    model, losses = train_on_batches(
        start, clipped_gradient, itertools.repeat(BATCH, 150), adam(start, learning_rate=0.03)
    )
    assert losses[0] > 2 > 0.05 > losses[-1]
    assert [t.ids for t in translate(model, SOURCES, limit=9)] == [[*t, 0] for t in TARGETS]


@pytest.mark.parametrize("score", SCORES)
def test_float32_stays_float32_and_is_close(score):
    loss, single = seq2seq_gradient(draw(score, dtype=np.float32), *BATCH)
    same, double = seq2seq_gradient(draw(score), *BATCH)
    assert {leaf.dtype for leaf in leaves_of(single).values()} == {np.dtype(np.float32)}
    assert loss == pytest.approx(same, rel=1e-5)
    assert oracles.worst_difference(leaves_of(single), leaves_of(double)) < 1e-4


# Witnesses -----------------------------------------------------------------------------------


@pytest.mark.parametrize("score", SCORES)
def test_backward_matches_central_differences(evidence, score):
    params = draw(score)
    ours, theirs = leaves_of(seq2seq_gradient(params, *SMALL)[1]), differences(score)
    assert ours.keys() == theirs.keys()
    for name, derivative in ours.items():
        evidence.agrees(derivative, theirs[name], witness="central differences", within=1e-7)


SLIPS = {
    "the last state is forgotten": ("d_keys[:, -1] += decoder.h0", "pass"),
    "keys are no values": ("d_queries, d_keys + d_as_keys", "d_queries, d_as_keys"),
    "values are no keys": ("d_queries, d_keys + d_as_keys", "d_queries, d_keys"),
    "queries are forgotten": ("d_states + d_queries", "d_states"),
    "the softmax is forgotten": ("(d_weights - (", "(d_weights - 0 * ("),
    "the readout is linear": ("(1 - cache.a**2)", "1"),
    "padding that counts": ("forward(logits, targets, mask=mask)", "forward(logits, targets)"),
}  # fmt: skip


@pytest.mark.parametrize("slip", SLIPS)
def test_slip_is_caught(slip):
    broken = mutant(seq2seq, *SLIPS[slip])
    params = draw("dot")
    again = broken.Seq2Seq(*params[:4], broken.DotScore(), broken.Readout(*params.readout))
    ours = leaves_of(broken.seq2seq_gradient(again, *SMALL)[1])
    assert oracles.worst_difference(ours, differences("dot")) > 1e-3


# Complaints ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"source": [[0, 7]]}, "source must be at least 0 and at most 6, got 7."),
        ({"ids": [[0, 11]]}, "ids must be at least 0 and at most 10, got 11."),
        ({"ids": [[0, -1]]}, "ids must be at least 0 and at most 10, got -1."),
        ({"ids": [[0.0, 1.0]]}, "ids must hold integers, got 0.0."),
        ({"source": [0, 1]}, "source must have shape (batch, n_steps), got (2,)."),
        ({"ids": [[0], [1]]}, "ids must have shape (batch=1, n_steps), got (2, 1)."),
        ({"source": np.zeros((1, 0), int)}, "x must hold at least one step of at least one"),
        ({"source_mask": [[0, 0, 0]]}, "source_mask must be True somewhere in each row, got"),
        ({"source_mask": [[1, 1]]}, "source_mask must have shape (batch=1, n_steps=3), got"),
        ({"mask": [[1, 2]]}, "mask must hold truth values, or the integers 0 and 1, got 2."),
        ({"params": [1]}, "params must be a named tuple Seq2Seq, got list."),
        (
            {"params": draw()._replace(score=GRUGate(1, 2, 3))},
            "params.score must be one of LastState, DotScore, BilinearScore, AdditiveScore, got",
        ),
        (
            {"params": draw()._replace(score=AdditiveScore(np.ones((5, 2)), np.ones((5, 3)), 1))},
            "params.score.U_k must have shape (n_hidden=5, n_units=2), got (5, 3).",
        ),
        (
            {"params": draw()._replace(target=np.zeros((N_TARGET, 4)))},
            "params.target must have shape (n_target, n_dims=3), got (11, 4).",
        ),
        (
            {"params": draw()._replace(source=np.full((N_SOURCE, N_DIMS), np.nan))},
            "be finite, got nan.",
        ),
        (
            {"params": draw()._replace(target=np.zeros((N_TARGET, N_DIMS), np.float32))},
            "must be float64 as",
        ),
    ],
    ids=range(16),
)
def test_what_does_not_fit_forwards_is_named(changes, complaint):
    with pytest.raises(ValueError, match=re.escape(complaint)):
        seq2seq_forward(**{"params": draw(), "source": [[3, 1, 0]], "ids": [[0, 1]], **changes})


@pytest.mark.parametrize("name", ["W_q", "W_z", "b_a", "W_o", "b_o"])
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_readout_that_is_not_finite_is_refused(name, bad):
    params = draw()
    leaf = getattr(params.readout, name).copy()
    leaf.flat[1] = bad
    params = params._replace(readout=params.readout._replace(**{name: leaf}))
    with pytest.raises(ValueError, match=f"{name} must be finite"):
        forward(params)


@pytest.mark.parametrize("names", [("W_q", "b_a"), ("W_z", "b_a"), ("W_o", "b_o")])
def test_numbers_that_overflow_are_refused(names):
    model = one_unit([0.5, 0.5], [0.5, 0.5])
    huge = {name: np.full_like(getattr(model.readout, name), 1.7e308) for name in names}
    model = model._replace(readout=model.readout._replace(**huge))
    with pytest.raises(ValueError, match="params must give numbers that float64 can hold"):
        seq2seq_forward(model, [[1, 0]], [[0, 1]])
    with pytest.raises(ValueError, match="params must give numbers that float64 can hold"):
        translate(model, [[1]], limit=3)


def test_what_does_not_fit_backwards_is_named():
    params = draw()
    logits, cache = seq2seq_forward(params, [[3, 1, 0]], [[0, 1]])
    complaints = [
        ((map_leaves(np.copy, params), cache, logits), "cache must come from a forward pass"),
        ((params, (), logits), "cache must be the Seq2SeqCache of a forward pass, got tuple."),
        ((params, cache, logits[:, 1:]), "d_logits must have shape (batch=1, n_steps=2, n_target"),
        ((params, cache, np.full(logits.shape, 1e308)), "must give numbers that float64 can hold"),
    ]
    for arguments, complaint in complaints:
        with pytest.raises(ValueError, match=re.escape(complaint)):
            seq2seq_backward(*arguments)


@pytest.mark.parametrize(
    ("call", "complaint"),
    [
        (lambda: pair_batch([], []), "sentences must hold at least one sentence, got none."),
        (lambda: pair_batch([[1]], []), "targets must hold as many sentences as sources, 1, got 0"),
        (lambda: pair_batch([[1]], [[0]]), "sentences must be at least 1, got 0. 0 is the border"),
        (lambda: next(draw_pairs([[1]], [], 2, rng=np.random.default_rng(7))), "targets must hold"),
        (lambda: next(draw_pairs([], [], 2, rng=np.random.default_rng(7))), "sentences must hold"),
        (lambda: next(draw_pairs([[1]], [[1]], 2, rng=7)), "rng must be a numpy.random.Generator"),
        (lambda: translate(draw(), [], limit=3), "sentences must hold at least one sentence"),
        (lambda: translate(draw(), [[1]], limit=0), "limit must be at least 1, got 0."),
        (lambda: translate(draw(), [[7]], limit=3), "source must be at least 0 and at most 6"),
        (
            lambda: seq2seq_init(3, 3, 3, 3, score="luong", rng=np.random.default_rng(7)),
            "score must be one of none, dot, general, additive, got 'luong'.",
        ),
    ],
    ids=range(10),
)
def test_what_does_not_fit_is_named(call, complaint):
    with pytest.raises(ValueError, match=re.escape(complaint)):
        call()
