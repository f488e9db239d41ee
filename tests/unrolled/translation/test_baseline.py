"""The plain Transformer beside the translator: it gets a fair chance, and its training goes on."""

import json

import numpy as np
import pytest
import tensorflow as tf

from unrolled.language.corpora import OWN, Corpus, open_corpus
from unrolled.translation import baseline
from unrolled.translation.baseline import (
    MARKS,
    NEVER,
    UNKNOWN,
    Setting,
    Training,
    Words,
    encode_words,
    minutes_of,
    plain,
    train,
    translate,
)
from unrolled.translation.pairs import (
    BOS,
    EOS,
    PAD,
    draw_batches,
    encode_pairs,
    learn_tokenizer,
    pad,
    pad_pairs,
    split,
)
from unrolled.translation.shipped import Shipped, load_translator, save_translator
from unrolled.translation.training import Recipe
from unrolled.translation.transformer import Sizes, initial_weights

SETTING = Setting(
    n_words=31, lengths=(7,), d_model=22, d_ff=19, n_heads=3, n_rows=5, dropout=0.5, patience=2
)
N_SOURCE, N_TARGET = 29, 31
LETTERS = "abcdefghijklmnopqrstuvwxyzä"  # as many as the target has words


def draw_pairs(n, seed=3):
    """Pairs whose target is the source from back to front."""
    rng = np.random.default_rng(seed)
    words = [rng.integers(4, N_SOURCE, rng.integers(2, 6)).tolist() for _ in range(n)]
    return [(each, [BOS, *each[::-1], EOS]) for each in words]


class Clock:
    """Each look at it takes a second."""

    def __init__(self):
        self.seconds = 100.0

    def __call__(self):
        self.seconds += 1
        return self.seconds


class Machine:
    """A training that is begun, or gone on with, as often as one likes: its graph is made once."""

    def __init__(self, folder):
        self.run = Training(SETTING, N_SOURCE, N_TARGET, folder)
        self.start = [variable.numpy() for variable in self.run._all()]

    def begin(self, folder):
        """Forget everything, and take up what the folder holds."""
        self.run.folder, self.run.progress = folder, baseline.Progress()
        if (folder / "state.npz").exists():
            for variable, array in zip(self.run._all(), self.start, strict=True):
                variable.assign(np.full_like(array, 3))
            self.run._load()
        else:
            for variable, array in zip(self.run._all(), self.start, strict=True):
                variable.assign(array)
        return self.run

    def train(self, folder, *, seconds=19, dies_at=None):
        """Train for so many looks at the clock, an epoch being 4 updates; perhaps die before one.

        Returns why it ended, how far it is, and all that changes.
        """
        run = self.begin(folder)
        update = run.update

        def mortal(batch):
            if run.progress.updates == dies_at:
                raise KeyboardInterrupt
            update(batch)

        run.update = mortal
        try:
            training, development = draw_pairs(19), draw_pairs(7, seed=4)
            reason = train(run, training, development, seconds=seconds, every=3, clock=Clock())
        finally:
            run.update = update
        return reason, run.progress, [variable.numpy() for variable in run._all()]


@pytest.fixture(scope="module")
def machine(tmp_path_factory):
    return Machine(tmp_path_factory.mktemp("machine"))


@pytest.fixture
def run(machine, tmp_path):
    """A training that has not begun."""
    return machine.begin(tmp_path)


@pytest.fixture(scope="module")
def batch():
    return pad_pairs(draw_pairs(4), 5, 7)


def logits_of(run, source, target):
    return run.model((tf.constant(source), tf.constant(target))).numpy()


# Words ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Über uns!", "über uns"),
        ("„So“, sagte sie – ‚nun‘ …", "so sagte sie nun"),
        ("It's  10, Ann's\u202f¿No?", "its 10 anns no"),
        ("a_b [UNK]", "ab unk"),
        ("?!", ""),
    ],
)
def test_capitals_and_punctuation_go(text, expected):
    assert plain(text) == expected
    assert plain(plain(text)) == expected


def test_the_most_frequent_words_are_known():
    words = Words(["B a! c", "a b", "A d"], len(MARKS) + 3)
    assert words.words == (*MARKS, "a", "b", "c")
    assert words.encode("C, d a") == [6, UNKNOWN, 4]
    assert words.decode([6, 4]) == "c a"


def test_pairs_that_do_not_fit_are_left_out():
    words = Words(["a b c d"], 99)
    pairs = (("a b", "c d"), ("a b c", "d"), ("a", "b c d"), ("?", "a"), ("a", "?"), ("a b c", "a"))
    found = encode_words(Corpus("", pairs, ""), words, words, 3)
    assert found == [
        ([4, 5], [BOS, 6, 7, EOS]), ([4, 5, 6], [BOS, 7, EOS]), ([4, 5, 6], [BOS, 4, EOS])
    ]  # fmt: skip


# Model ---------------------------------------------------------------------------------------


def test_shapes_and_sizes_are_those_of_the_example(run, batch):
    source, target = batch
    assert run.model.encode(source).shape == (5, 7, 22)
    assert logits_of(run, source, target[:, :-1]).shape == (5, 7, N_TARGET)
    attention = 4 * 22 * 3 * 22 + 3 * 3 * 22 + 22  # every head has all 22 numbers
    feed_forward = 2 * 22 * 19 + 19 + 22
    embeddings = (N_SOURCE + N_TARGET + 2 * 7) * 22
    output = 22 * N_TARGET + N_TARGET
    norms = 5 * 2 * 22
    expected = embeddings + 3 * attention + 2 * feed_forward + norms + output
    assert run.model.count_params() == expected


def test_layers_normalise_what_they_return(run, batch):
    memory = run.model.encode(batch.source).numpy()
    np.testing.assert_allclose(memory.mean(axis=-1), 0, atol=1e-5)
    np.testing.assert_allclose(memory.std(axis=-1), 1, atol=0.1)


def test_queries_keys_and_values_begin_with_weights_of_their_own(run):
    model = run.model
    parts = [
        dense.kernel.numpy()
        for block in (model.encoder_attention, model.self_attention, model.cross_attention)
        for dense in (
            block.attention.query_dense, block.attention.key_dense, block.attention.value_dense
        )
    ]  # fmt: skip
    for number, one in enumerate(parts):
        assert all(np.abs(one - other).max() > 0.01 for other in parts[:number])


def test_no_word_looks_ahead(run, batch):
    source, target = batch[0], batch[1][:, :-1]
    before = logits_of(run, source, target)
    for place in range(1, 7):
        changed = target.copy()
        changed[:, place:] = np.random.default_rng(place).integers(4, N_TARGET, (5, 7 - place))
        after = logits_of(run, source, changed)
        np.testing.assert_allclose(after[:, :place], before[:, :place], atol=1e-5)
        assert (np.abs(after - before).max(axis=-1)[:, place] > 1e-3).all()


def test_padding_of_the_source_does_not_leak(run):
    """Neither how much of it there is, nor what its embedding holds, changes anything."""
    sources = [source for source, _ in draw_pairs(4)]
    target = pad([target[:-1] for _, target in draw_pairs(4)])
    one = logits_of(run, pad(sources), target)
    other = logits_of(run, pad(sources, 7), target)
    assert len(pad(sources)[0]) < 7
    np.testing.assert_allclose(one, other, atol=1e-5)
    table = run.model.embed_source.words.embeddings
    table.assign(np.where(np.arange(N_SOURCE)[:, None] == PAD, 50.0, table.numpy()))
    changed = logits_of(run, pad(sources, 7), target)
    np.testing.assert_allclose(changed, other, atol=1e-5)


def test_every_word_of_the_source_is_looked_at(run):
    source, target = np.array([[5, 9, 11, PAD, PAD]]), np.array([[BOS, 7]])
    before = logits_of(run, source, target)
    for place in range(3):
        changed = source.copy()
        changed[0, place] = 20
        assert np.abs(logits_of(run, changed, target) - before).max() > 1e-3


def test_words_are_dropped_in_training_only(run, batch):
    ids, model = (batch[0], batch[1][:, :-1]), run.model
    np.testing.assert_array_equal(model(ids), model(ids))
    assert np.abs(model(ids, training=True) - model(ids, training=True)).max() > 0.1


# Training ------------------------------------------------------------------------------------


def test_the_loss_is_the_mean_over_words(run):
    pairs = draw_pairs(4)
    losses = []
    for source, target in pairs:
        logits = logits_of(run, [source], [target[:-1]])[0].astype(float)
        logs = logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
        losses += [-log[word] for log, word in zip(logs, target[1:], strict=True)]
    for n_rows, length in ((4, 6), (5, 7)):
        batches = [pad_pairs(pairs[:3], n_rows, length), pad_pairs(pairs[3:], n_rows, length)]
        assert run.mean_loss(batches) == pytest.approx(np.mean(losses), rel=1e-5)


def test_an_update_is_that_of_rmsprop(run, batch):
    """Of the gradient of the mean, also for words that occur repeatedly; here without dropout."""
    source, target = map(tf.constant, batch)
    assert max(np.bincount(batch.source[batch.source != PAD])) > 1
    variables = run.model.trainable_variables
    dropout, run.model.dropout.rate = run.model.dropout.rate, 0.0
    with tf.GradientTape() as tape:
        loss, n_words = run._loss(source, target, training=True)
        mean = loss / n_words
    gradients = [tf.convert_to_tensor(each).numpy() for each in tape.gradient(mean, variables)]
    before = [variable.numpy() for variable in variables]
    run._updated(source, target)
    run.model.dropout.rate = dropout
    for weight, old, gradient in zip(variables, before, gradients, strict=True):
        step = 0.001 * gradient / np.sqrt(0.1 * gradient**2 + 1e-7)
        np.testing.assert_allclose(weight.numpy(), old - step, atol=1e-5)


def test_each_pair_is_in_one_batch_of_an_epoch():
    setting = SETTING._replace(lengths=(4, 5, 7))
    pairs = draw_pairs(37)
    epochs = [baseline._batches(pairs, setting, epoch) for epoch in (0, 0, 1)]
    for batches in epochs:
        rows = [row[row != PAD].tolist() for batch in batches for row in batch.target]
        assert sorted(row for row in rows if row) == sorted(target for _, target in pairs)
        assert {batch.source.shape for batch in batches} == {(5, 4), (5, 5), (5, 7)}
    first, again, next_one = (
        [batch.source.ravel().tolist() for batch in batches] for batches in epochs
    )
    assert first == again != next_one


def test_one_batch_is_learnt_by_heart_and_translated(run):
    source, target = Words([" ".join(LETTERS)], N_SOURCE), Words([" ".join(LETTERS)], N_TARGET)
    texts = ["k a x", "b", "y e k b d e", "w b", "q"]
    corpus = Corpus("", tuple((text, " ".join(text.split()[::-1])) for text in texts), "")
    pairs = encode_words(corpus, source, target, 7)
    batch = pad_pairs(pairs, 5, 7)
    before = run.mean_loss([batch])
    for _ in range(250):
        run.update(batch)
    assert before > 3
    assert run.mean_loss([batch]) < 0.1
    asked = [f"{text.upper()} !" for text in texts]
    found = translate(run.model, source, target, asked, SETTING)
    assert found == [text for _, text in corpus.pairs]
    assert translate(run.model, source, target, asked[2:3], SETTING) == found[2:3]


def test_marks_are_never_written(run):
    """Nor is more written than there are places; of nothing something is made."""
    writer = baseline._Writer(run.model)
    logits, _ = writer.step(writer.start([[5, 9], [7]]), np.array([BOS, BOS]))
    assert (logits[:, NEVER] == -np.inf).all()
    assert np.isfinite(np.delete(logits, NEVER, axis=1)).all()
    source, target = Words([" ".join(LETTERS)], N_SOURCE), Words([" ".join(LETTERS)], N_TARGET)
    run.model.logits.bias.assign(np.where(np.arange(N_TARGET) == EOS, -50.0, 0.0))
    found = translate(run.model, source, target, ["?", "a b c d e f g h i j k"], SETTING)
    assert [len(each.split()) for each in found] == [7, 7]


@pytest.fixture(scope="module")
def whole(machine, tmp_path_factory):
    """A training that nothing interrupts."""
    folder = tmp_path_factory.mktemp("whole")
    return folder, *machine.train(folder)


def test_a_training_ends_when_its_time_is_used_up(whole):
    folder, reason, progress, _ = whole
    assert reason == "time"
    lines = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    assert lines == progress.log
    assert [line["epochs"] for line in lines[:2]] == [1, 2]
    assert lines[-1]["epochs"] == lines[-1]["updates"] / 4
    assert 19 <= progress.seconds <= 22


@pytest.mark.parametrize("dies_at", [0, 2, 6, 11])
def test_a_training_that_died_goes_on_as_if_nothing_had_happened(machine, whole, tmp_path, dies_at):
    """Its dropout too, which Keras begins anew with each model that is loaded."""
    folder, *expected, arrays = whole
    with pytest.raises(KeyboardInterrupt):
        machine.train(tmp_path, dies_at=dies_at)
    *found, again = machine.train(tmp_path)
    assert found == expected
    for one, other in zip(again, arrays, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)
    assert (tmp_path / "log.jsonl").read_text() == (folder / "log.jsonl").read_text()


def test_a_training_that_dies_while_it_is_kept_loses_nothing(machine, whole, tmp_path, monkeypatch):
    def cut_off(file, *arrays):
        file.write(b"PK")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        machine.train(tmp_path, dies_at=6)
    kept = (tmp_path / "state.npz").read_bytes()
    with monkeypatch.context() as change:
        change.setattr(baseline.np, "savez", cut_off)
        with pytest.raises(KeyboardInterrupt):
            machine.train(tmp_path)
    assert (tmp_path / "state.npz").read_bytes() == kept
    assert machine.train(tmp_path)[1] == whole[2]


def test_a_training_that_is_done_goes_on_with_more_time_only(machine, whole, tmp_path):
    reason, first, _ = machine.train(tmp_path, seconds=7)
    assert machine.train(tmp_path, seconds=7)[:2] == (reason, first)
    _, more, _ = machine.train(tmp_path, seconds=19)
    assert more.updates > first.updates
    assert more.log[0] == whole[2].log[0]


def test_what_is_kept_is_taken_up_by_another_process(machine, whole):
    folder, _, progress, _ = whole
    expected = machine.begin(folder)
    found = Training(SETTING, N_SOURCE, N_TARGET, folder)
    assert found.progress == progress
    assert len(found._all()) == len(found.model.weights) + 1 + len(found.optimizer.variables)
    for one, other in zip(found._all(), expected._all(), strict=True):
        np.testing.assert_array_equal(one.numpy(), other.numpy())


def test_the_folder_of_another_training_is_refused(whole):
    with pytest.raises(ValueError, match="folder must hold this training or nothing"):
        Training(SETTING, N_SOURCE, N_TARGET, whole[0], "another corpus")


@pytest.mark.parametrize(
    ("losses", "reason"),
    [([], ""), ([3, 2, 1], ""), ([3, 2, 2, 2], "development"), ([3, 2, 2.1, 1.9], ""),
     ([1, 2], ""), ([1, 2, 3], "development")],
)  # fmt: skip
def test_a_loss_that_falls_no_more_ends_the_training(losses, reason):
    now = baseline.Progress(seconds=10, log=[{"development": loss} for loss in losses])
    assert baseline._reason(now, 11, 2) == reason
    assert baseline._reason(now, 10, 2) == (reason or "time")


def test_a_training_ends_with_its_best_weights(machine, tmp_path, monkeypatch):
    losses, weights = iter([3.0, 1.0, 2.0, 1.5]), []

    def rising(batches):
        weights.append(machine.run.model.get_weights())
        return next(losses)

    monkeypatch.setattr(machine.run, "mean_loss", rising)
    reason, progress, _ = machine.train(tmp_path, seconds=99)
    assert (reason, progress.epoch) == ("development", 4)
    found = machine.run.model.get_weights()
    assert all((one == other).all() for one, other in zip(found, weights[1], strict=True))
    assert not any((one == other).all() for one, other in zip(found, weights[3], strict=True))


def test_a_loss_that_is_not_finite_ends_the_training(run, batch):
    run.model.logits.bias.assign(np.full(N_TARGET, np.nan))
    with pytest.raises(FloatingPointError, match="loss must stay finite, got nan in update 1"):
        run.update(batch)


def test_nothing_to_learn_from_is_refused(run):
    for training, development in (([], draw_pairs(2)), (draw_pairs(2), [])):
        with pytest.raises(ValueError, match="must hold pairs"):
            train(run, training, development, seconds=1)
    with pytest.raises(ValueError, match="seconds must be"):
        train(run, draw_pairs(2), draw_pairs(2), seconds=0)


# The comparison ------------------------------------------------------------------------------


def test_both_sides_lose_capitals_and_punctuation():
    translations = ["das ist ein kleines rotes haus", "wir rufen dich morgen wieder an"]
    references = [["Das ist ein kleines, rotes Haus!", "?"], ["Wir rufen dich morgen wieder an."]]
    found = baseline._judged([*translations, "nichts"], [*references, ["!"]])
    assert found["plain"]["BLEU"][0] == pytest.approx(100)
    assert found["as written"]["BLEU"][0] < 60
    change, low, high = baseline._compared(
        {"1": translations}, [translations[0], "wir essen dich morgen wieder auf"], references
    )["1"]
    assert low <= change <= high
    assert change > 10


def test_the_program_compares_on_the_same_sentences(tmp_path, monkeypatch):
    monkeypatch.setenv("UNROLLED_DATA", "")
    corpus = open_corpus(OWN)
    parts = split(corpus)
    sizes = Sizes(300, d_model=22, n_heads=11, d_ff=19, n_layers=1)
    card = {"n_heads": 11, "digest": corpus.digest, "longest": 48, "sizes": sizes._asdict(),
            "recipe": Recipe(n_epochs=1, n_positions=512)._asdict(),
            "log": [{"processor_seconds": 150.0}, {"processor_seconds": 30.0}]}  # fmt: skip
    weights = initial_weights(sizes, rng=np.random.default_rng(1))
    model, results = tmp_path / "translator.npz", tmp_path / "baseline.json"
    save_translator(model, weights, learn_tokenizer(parts.training, 300), card)
    setting = SETTING._replace(n_words=150, lengths=(20,), n_rows=16)
    monkeypatch.setattr(baseline, "Setting", lambda: setting)
    monkeypatch.setattr(baseline, "BEAMS", (1,))
    baseline.main([str(tmp_path / "state"), str(results), "--model", str(model)])
    found = json.loads(results.read_text("utf-8"))
    assert found["processor_minutes_where_it_was_trained"] == 3
    minutes = json.loads((tmp_path / "state" / "minutes.json").read_text("utf-8"))
    assert found["processor_minutes_of_the_translator"] == round(minutes, 1)
    assert found["processor_minutes"] >= found["processor_minutes_of_the_translator"]
    assert found["translator"] == load_translator(model).fingerprint
    assert found["ended_by"] == "time"
    assert found["n_words"] == [150, 150]
    assert found["n_pairs"] + found["n_left_out"] == len(parts.training.pairs)
    assert 0 < found["unknown"][0] < found["unknown"][1] < 0.9
    assert found["n_judged"] == len({source for source, _ in parts.test.pairs})
    assert set(found["scores"]) == {"as written", "plain"}
    assert set(found["scores_of_the_translator"]) == set(found["translator_is_better_by"]) == {"1"}
    for source, theirs, _, own in found["examples"]:
        assert theirs == plain(theirs)
        assert {(source, each) for each in own} <= set(parts.test.pairs)
    log = (tmp_path / "state" / "log.jsonl").read_text().splitlines()
    assert found["log"] == [json.loads(line) for line in log]


def test_the_time_of_a_training_is_that_of_all_its_updates(monkeypatch):
    """A clock that each update moves by as many seconds as it has rows tells the mean of all."""
    corpus = open_corpus(OWN)
    sizes = Sizes(300, d_model=22, n_heads=11, d_ff=19, n_layers=1)
    tokenizer = learn_tokenizer(split(corpus).training, 300)
    recipe = Recipe(n_epochs=7, n_positions=128)
    shipped = Shipped({}, tokenizer, {"sizes": sizes._asdict(), "recipe": recipe._asdict()})
    pairs = encode_pairs(split(corpus).training, tokenizer)
    rng = np.random.default_rng([recipe.seed, 0])
    batches, _ = draw_batches(pairs, recipe.n_positions, rng=rng)
    seen = []
    monkeypatch.setattr(baseline.Trainer, "update", lambda _, source, target: seen.append(source))
    found = minutes_of(
        shipped, pairs, n_timed=len(batches), clock=lambda: sum(len(each) for each in seen)
    )
    assert len({batch.source.shape for batch in batches}) > 1
    assert found == pytest.approx(7 * sum(len(batch.source) for batch in batches) / 60)
    seen.clear()
    minutes_of(shipped, pairs, n_timed=5, clock=lambda: len(seen))
    shapes = {batch.source.shape for batch in batches}
    assert 3 <= len(seen) - len(shapes) <= 5


def test_a_translator_of_another_corpus_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("UNROLLED_DATA", "")
    sizes = Sizes(300, d_model=22, n_heads=11, d_ff=19, n_layers=1)
    tokenizer = learn_tokenizer(split(open_corpus(OWN)).training, 300)
    weights = initial_weights(sizes, rng=np.random.default_rng(1))
    path = tmp_path / "translator.npz"
    save_translator(path, weights, tokenizer, {"n_heads": 11, "digest": "another"})
    with pytest.raises(ValueError, match="trained on another corpus"):
        baseline.main([str(tmp_path), str(tmp_path / "baseline.json"), "--model", str(path)])
