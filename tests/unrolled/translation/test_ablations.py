"""Each variant leaves out what its name says, and nothing else."""

import json

import numpy as np
import pytest
import tensorflow as tf

from unrolled.language.corpora import OWN, open_corpus
from unrolled.networks import transformer as twin
from unrolled.translation import ablations
from unrolled.translation.ablations import (
    VARIANTS,
    CountingPadding,
    ReadingItself,
    Setting,
    Untied,
    UntiedTransformer,
    Variant,
)
from unrolled.translation.decoding import greedy
from unrolled.translation.pairs import BOS, EOS, PAD, pad_pairs
from unrolled.translation.steppers import Cached
from unrolled.translation.training import Recipe, Trainer, mean_loss
from unrolled.translation.transformer import Dropout, Sizes

SIZES = Sizes(n_tokens=31, d_model=22, n_heads=11, d_ff=19, n_layers=1)
RECIPE = Recipe(dropout=0.0)
ROWS = [([BOS, 5, 9, EOS], [BOS, 7, 30, 4, EOS]), ([BOS, 8, EOS], [BOS, 3, EOS])]


def loss_of(trainer, batch, dropout=0.0):
    """The summed loss and how many places count, without a compiler."""
    loss, n_positions = trainer.summed_loss(*map(tf.constant, batch), Dropout(dropout, 3))
    return float(loss), float(n_positions)


def padded():
    return pad_pairs(ROWS, 3, 7)


def test_without_padding_counting_it_changes_nothing():
    batch = pad_pairs([(source, [*target, EOS][:4]) for source, target in ROWS], 2, 4)
    batch = batch._replace(target=batch.target[:, :4])
    usual, counting = (kind(SIZES, RECIPE, 10) for kind in (Trainer, CountingPadding))
    assert loss_of(counting, batch) == pytest.approx(loss_of(usual, batch), rel=1e-5)


def test_counted_padding_is_one_more_token_to_predict():
    """With smoothing too, the loss is minus the sum of target times log-probability."""
    trainer = CountingPadding(SIZES, RECIPE, 10)
    source, target = padded()
    memory, _ = trainer.model.encode(source)
    logits, *_ = trainer.model.decode(target[:, :-1], memory, source)
    logs = tf.nn.log_softmax(logits).numpy()
    wanted = 0.9 * np.eye(31)[target[:, 1:]] + 0.1 / 31
    loss, n_positions = loss_of(trainer, (source, target))
    assert n_positions == 3 * 7
    assert loss == pytest.approx(-(wanted * logs).sum(), rel=1e-5)
    assert loss_of(Trainer(SIZES, RECIPE, 10), (source, target))[1] == 6


def test_it_reads_what_it_would_write():
    """The twin in NumPy writes, token by token, and then judges what it read."""
    trainer = ReadingItself(SIZES, RECIPE._replace(smoothing=0.0), 10)
    source, target = padded()
    weights = {name: w.numpy().astype(float) for name, w in trainer.model.weights.items()}
    params = twin.params_from(weights, dtype=np.float64)
    expected = 0.0
    for row, wanted in zip(source[:2], target[:2], strict=True):
        memory, _ = twin.encode(params, row[None], n_heads=11)
        read = [BOS]
        for _ in range(6):
            logits, _ = twin.decode(params, [read], memory, n_heads=11)
            read.append(int(logits[0, -1].argmax()))
        assert PAD not in read
        logits, _ = twin.decode(params, [read], memory, n_heads=11)
        logs = logits[0] - np.log(np.exp(logits[0]).sum(axis=-1, keepdims=True))
        for place in np.flatnonzero(wanted[1:]):
            expected -= logs[place, wanted[1 + place]]
        assert read[1:] != wanted[1:7].tolist()
    loss, n_positions = loss_of(trainer, (source, target))
    assert (loss, n_positions) == pytest.approx((expected, 6), rel=1e-5)


def untied_and_tied():
    """Three copies of one embedding, and the same model with one."""
    untied, tied = Untied(SIZES, RECIPE, 10), Trainer(SIZES, RECIPE, 10)
    for name, weight in tied.model.weights.items():
        copies = tf.tile(weight, (3, 1)) if name == "embedding" else weight
        untied.model.weights[name].assign(copies)
    return untied, tied


def test_three_equal_embeddings_are_as_good_as_one():
    untied, tied = untied_and_tied()
    assert isinstance(untied.model, UntiedTransformer)
    assert loss_of(untied, padded(), 0.3) == pytest.approx(loss_of(tied, padded(), 0.3), rel=1e-5)
    assert mean_loss(untied.model, ROWS, 48) == pytest.approx(
        mean_loss(tied.model, ROWS, 48), rel=1e-5
    )
    sources = [source for source, _ in ROWS]
    found = [greedy(Cached(each.model), sources, limit=9) for each in (untied, tied)]
    assert [each.ids for each in found[0]] == [each.ids for each in found[1]]


def test_the_gradient_of_a_shared_embedding_is_the_sum_of_three():
    gradients = []
    for trainer in untied_and_tied():
        embedding = trainer.model.weights["embedding"]
        with tf.GradientTape() as tape:
            loss, _ = trainer.summed_loss(*map(tf.constant, padded()), Dropout(0.0, 1))
        gradients.append(tf.convert_to_tensor(tape.gradient(loss, embedding)).numpy())
    target, source, output = parts = gradients[0].reshape(3, *gradients[1].shape)
    assert all(np.abs(part).max() > 0.01 for part in parts)
    np.testing.assert_allclose(parts.sum(axis=0), gradients[1], atol=1e-5)
    assert set(np.flatnonzero(source.any(axis=1))) == {PAD, BOS, EOS, 5, 8, 9} - {PAD}
    assert set(np.flatnonzero(target.any(axis=1))) >= {BOS, 3, 4, 7, 30}
    assert output.any(axis=1).all()


def test_only_one_thing_is_changed():
    changes = {name: variant for name, variant in VARIANTS.items() if name != "as shipped"}
    assert VARIANTS["as shipped"] == Variant()
    for variant in changes.values():
        assert (variant.trainer is not Trainer) + len(variant.change) == 1
        Recipe()._replace(**variant.change)


def test_the_program_writes_what_the_page_shows(tmp_path, monkeypatch):
    monkeypatch.setenv("UNROLLED_DATA", "")
    sizes = SIZES._replace(n_tokens=0)
    setting = Setting(length=24, n_rows=5, n_tokens=400, n_judged=3, sizes=sizes, recipe=RECIPE)
    monkeypatch.setattr(ablations, "Setting", lambda **given: setting._replace(**given))
    monkeypatch.setattr(ablations, "VARIANTS", {"no smoothing": VARIANTS["no smoothing"]})
    real_split = ablations.split
    monkeypatch.setattr(ablations, "split", lambda corpus: real_split(corpus, 0.2))
    path = tmp_path / "ablations.json"
    ablations.main([str(path), "--updates", "30", "--seeds", "1"])
    results = json.loads(path.read_text())
    (run,) = results["runs"]
    assert (run["variant"], run["seed"]) == ("no smoothing", 1)
    assert len(run["reported"]) == ablations.N_CURVE
    assert run["reported"][-1] < run["reported"][0]
    assert 0 < run["loss"] < 8
    assert 0 <= run["BLEU"] <= run["chrF"] <= 100 or run["BLEU"] == 0
    assert results["corpus"] == open_corpus(OWN).name
    assert 0.3 < results["real"] < 1
    assert 0 < results["n_judged"] <= 3 <= results["n_held_out"] < results["n_training"]
    assert results["setting"]["n_updates"] == 30


def test_a_corpus_without_short_sentences_is_refused():
    with pytest.raises(ValueError, match="corpus must have pairs of at most 4 tokens"):
        ablations.short_sentences(open_corpus(OWN), Setting(length=4, n_tokens=300))


def test_batches_hold_each_pair_once_in_an_epoch():
    pairs = [([BOS, n, EOS], [BOS, n, EOS]) for n in range(3, 16)]
    setting = Setting(n_rows=5, length=6)
    drawn = ablations._batches(pairs, setting, rng=np.random.default_rng(1))
    for _ in range(2):
        batches = [next(drawn) for _ in range(3)]
        assert {batch.source.shape for batch in batches} == {(5, 6)}
        tokens = np.concatenate([batch.source[:, 1] for batch in batches])
        assert sorted(tokens[tokens != PAD]) == list(range(3, 16))
