"""Loss and schedule by their laws; a training that is killed and taken up again."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from unrolled.language.corpora import OWN, open_corpus
from unrolled.networks import transformer as twin
from unrolled.networks.losses import cross_entropy_forward
from unrolled.translation import pairs, training
from unrolled.translation.pairs import BOS, EOS, PAD, pad_pairs, split
from unrolled.translation.shipped import load_translator
from unrolled.translation.training import (
    Recipe,
    Trainer,
    WarmUp,
    mean_loss,
    smoothed_losses,
)
from unrolled.translation.transformer import Sizes

SIZES = Sizes(n_tokens=31, d_model=22, n_heads=11, d_ff=19, n_layers=1)
RECIPE = Recipe(n_positions=48, warm_up=3, peak=0.01)


def draw_pairs(n, shortest=1, longest=5, seed=3):
    """Pairs whose target is the source from back to front."""
    rng = np.random.default_rng(seed)
    words = [rng.integers(3, 31, rng.integers(shortest, longest + 1)).tolist() for _ in range(n)]
    return [([BOS, *each, EOS], [BOS, *each[::-1], EOS]) for each in words]


@pytest.fixture(scope="module")
def trainer():
    """A trainer without dropout, whose weights nobody changes."""
    return Trainer(SIZES, RECIPE._replace(dropout=0.0), 10)


# Loss ----------------------------------------------------------------------------------------


def draw_logits():
    rng = np.random.default_rng(9)
    targets = rng.integers(1, 11, (3, 7))
    targets[1, 5:] = PAD
    return rng.normal(size=(3, 7, 11)) * 3, targets


@pytest.mark.parametrize("smoothing", [0, 0.1, 0.7])
def test_the_loss_is_that_of_keras(smoothing):
    logits, targets = draw_logits()
    ours = smoothed_losses(
        tf.constant(logits, tf.float32), tf.constant(targets, tf.int32), smoothing
    )
    theirs = keras.losses.categorical_crossentropy(
        tf.one_hot(targets, 11), tf.constant(logits, tf.float32), True, smoothing
    )
    np.testing.assert_allclose(ours, np.where(targets == PAD, 0, theirs), rtol=2e-5)


def test_the_loss_without_smoothing_is_that_of_numpy():
    logits, targets = draw_logits()
    ours = smoothed_losses(tf.constant(logits, tf.float32), tf.constant(targets, tf.int32))
    theirs, _ = cross_entropy_forward(logits, targets, mask=targets != PAD, reduction="sum")
    assert float(tf.reduce_sum(ours)) == pytest.approx(theirs, rel=1e-5)


def test_the_loss_ignores_padding():
    """What is predicted where the target is padded changes neither loss nor gradient."""
    logits, targets = draw_logits()
    results = []
    for factor in (1, 100):
        changed = tf.constant(np.where((targets == PAD)[..., None], factor, 1) * logits)
        with tf.GradientTape() as tape:
            tape.watch(changed)
            loss = tf.reduce_sum(smoothed_losses(changed, tf.constant(targets), 0.1))
        results.append((float(loss), tape.gradient(loss, changed).numpy()))
    assert results[0][0] == results[1][0]
    assert not results[0][1][targets == PAD].any()
    np.testing.assert_array_equal(results[0][1], results[1][1])


def test_more_padding_changes_no_update(trainer):
    rows = draw_pairs(5)
    gradients = []
    for length in (8, 14):
        batch = pad_pairs(rows, 6, length)
        loss, n_positions, found = trainer._gradients(*map(tf.constant, batch), tf.constant(0))
        gradients.append((float(loss), float(n_positions), [g.numpy() for g in found]))
    assert gradients[0][:2] == pytest.approx(gradients[1][:2], rel=1e-5)
    for one, other in zip(gradients[0][2], gradients[1][2], strict=True):
        np.testing.assert_allclose(one, other, atol=2e-4)


# Schedule ------------------------------------------------------------------------------------


def test_the_rate_rises_to_its_peak_and_falls_to_zero():
    schedule = WarmUp(0.5, 5, 17)
    rates = np.array([float(schedule(step)) for step in range(17)])
    np.testing.assert_allclose(rates[:5], np.arange(1, 6) / 10)
    np.testing.assert_allclose(np.diff(rates[4:]), -0.5 / 13, rtol=1e-4)
    assert rates[-1] > 0
    assert float(schedule(17)) == pytest.approx(0, abs=1e-8)


def test_a_saved_schedule_is_made_again():
    schedule = WarmUp(0.5, 5, 17)
    config = keras.optimizers.schedules.serialize(schedule)
    again = keras.optimizers.schedules.deserialize(config)
    assert [float(again(n)) for n in range(20)] == [float(schedule(n)) for n in range(20)]


# Training ------------------------------------------------------------------------------------


def loss_in_numpy(weights, source, target, smoothing):
    """The summed loss, of the twin in NumPy and by its definition, in float64."""
    params = twin.params_from(weights, dtype=np.float64)
    n_heads = SIZES.n_heads
    rows = source[:, 0] != PAD  # the twin reads no empty sentence
    memory, _ = twin.encode(params, source[rows], n_heads=n_heads)
    logits, _ = twin.decode(params, target[rows, :-1], memory, n_heads=n_heads)
    logits -= np.log(np.exp(logits).sum(axis=-1, keepdims=True))
    right = np.take_along_axis(logits, target[rows, 1:, None], axis=-1)[..., 0]
    losses = -(1 - smoothing) * right - smoothing * logits.mean(axis=-1)
    return losses[target[rows, 1:] != PAD].sum()


def test_the_gradient_is_that_of_differences_in_numpy(trainer):
    batch = pad_pairs(draw_pairs(5), 6, 8)
    loss, _, gradients = trainer._gradients(*map(tf.constant, batch), tf.constant(0))
    weights = {
        name: variable.numpy().astype(float) for name, variable in trainer.model.weights.items()
    }
    smoothing = RECIPE.smoothing
    assert float(loss) == pytest.approx(loss_in_numpy(weights, *batch, smoothing), rel=1e-5)
    rng = np.random.default_rng(1)
    for (name, weight), gradient in zip(weights.items(), gradients, strict=True):
        direction = rng.normal(size=weight.shape)
        direction *= 1e-6 / np.linalg.norm(direction)
        up, down = (
            loss_in_numpy({**weights, name: weight + sign * direction}, *batch, smoothing)
            for sign in (1, -1)
        )
        expected = (up - down) / 2
        found = (gradient.numpy() * direction).sum()
        assert found == pytest.approx(expected, rel=1e-3, abs=1e-10), name


def test_one_batch_is_learnt_by_heart():
    trainer = Trainer(SIZES, RECIPE._replace(dropout=0.0, smoothing=0.0, warm_up=20), 400)
    batch = [tf.constant(array) for array in pad_pairs(draw_pairs(5), 6, 8)]
    losses = []
    for _ in range(300):
        loss, n_positions = trainer.update(*batch)
        losses.append(loss / n_positions)
    assert losses[0] > 3
    assert losses[-1] < 0.05


def test_dropout_and_its_masks_change_from_update_to_update():
    """Without learning, the loss of one batch moves with the masks, and they hang on the number."""
    batch = [tf.constant(array) for array in pad_pairs(draw_pairs(5), 6, 8)]
    losses = []
    for _ in range(2):
        trainer = Trainer(SIZES, RECIPE._replace(peak=0.0), 10)
        losses.append([trainer.update(*batch)[0] for _ in range(3)])
    assert losses[0] == losses[1]
    assert len(set(losses[0])) == 3


def test_the_mean_loss_is_that_of_single_sentences(trainer):
    drawn = draw_pairs(13, longest=14)
    total = tokens = 0
    for source, target in drawn:
        memory, _ = trainer.model.encode([source])
        logits, *_ = trainer.model.decode([target[:-1]], memory, [source])
        loss, _ = cross_entropy_forward(logits.numpy()[0], target[1:], reduction="sum")
        total, tokens = total + loss, tokens + len(target) - 1
    assert mean_loss(trainer.model, drawn, 48) == pytest.approx(total / tokens, rel=1e-5)


PROGRAM = """
import os, signal, sys
from pathlib import Path
import tensorflow as tf
tf.keras.utils.set_random_seed(0)
tf.config.experimental.enable_op_determinism()
sys.path.insert(0, sys.argv[1])
import test_training as here
from unrolled.translation import training
from unrolled.translation.shipped import load_translator
folder, kill_at = Path(sys.argv[2]), int(sys.argv[3])
updates = 0
update = training.Trainer.update
def counted(self, *batch):
    global updates
    updates += 1
    if updates == kill_at:
        os.kill(os.getpid(), signal.SIGKILL)
    return update(self, *batch)
training.Trainer.update = counted
recipe = here.RECIPE._replace(n_epochs=3, dropout=0.1)
model = training.train(here.SIZES, recipe, here.draw_pairs(29), here.draw_pairs(7, seed=4), folder)
here.np.savez(folder / "weights.npz", **{k: v.numpy() for k, v in model.weights.items()})
"""


def run_program(folder, kill_at=0):
    folder.mkdir(exist_ok=True)
    here = Path(__file__).parent
    path = os.pathsep.join([str(Path(training.__file__).parents[2]), *sys.path])
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, str(here), str(folder), str(kill_at)],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_killed_training_goes_on_as_if_nothing_had_happened(tmp_path):
    """Killed in the second epoch: no more than it is lost, and the result is the unbroken one."""
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    assert run_program(whole).returncode == 0
    assert run_program(broken, kill_at=9).returncode == -signal.SIGKILL
    assert len(training.read_log(broken)) == 1
    assert run_program(broken).returncode == 0
    with np.load(whole / "weights.npz") as expected, np.load(broken / "weights.npz") as found:
        for name in expected:
            np.testing.assert_array_equal(found[name], expected[name], err_msg=name)
    logs = [training.read_log(folder) for folder in (whole, broken)]
    assert [line[:4] for line in logs[0]] == [line[:4] for line in logs[1]]
    assert [line.epoch for line in logs[0]] == [1, 2, 3]


def test_a_training_that_is_done_is_not_repeated(tmp_path):
    recipe, drawn = RECIPE._replace(n_epochs=1), draw_pairs(5)
    first = training.train(SIZES, recipe, drawn, drawn, tmp_path)
    before = (tmp_path / training.LOG).read_bytes()
    again = training.train(SIZES, recipe, drawn, drawn, tmp_path)
    for name, weight in first.weights.items():
        np.testing.assert_array_equal(again.weights[name], weight)
    assert (tmp_path / training.LOG).read_bytes() == before


def test_a_loss_that_is_not_finite_ends_the_training_and_keeps_what_was(tmp_path):
    recipe = RECIPE._replace(n_epochs=2, peak=1e30, warm_up=0)
    with pytest.raises(FloatingPointError, match="loss must stay finite, got nan in epoch 1"):
        training.train(SIZES, recipe, draw_pairs(29), draw_pairs(3), tmp_path)
    assert not (tmp_path / training.LOG).exists()


def test_the_program_trains_on_a_corpus_and_writes_a_file(tmp_path, monkeypatch):
    monkeypatch.setenv("UNROLLED_DATA", "")
    monkeypatch.setattr(pairs, "LENGTHS", pairs.LENGTHS[-1:])  # one graph
    recipe = RECIPE._replace(n_epochs=1, n_positions=400)
    monkeypatch.setattr(training, "Recipe", lambda: recipe)
    monkeypatch.setattr(training, "Sizes", lambda n: SIZES._replace(n_tokens=n, n_layers=1))
    training.main([str(tmp_path / "state"), str(tmp_path / "translator.npz")])
    shipped = load_translator(tmp_path / "translator.npz")
    assert shipped.card["n_pairs"] == [len(part.pairs) for part in split(open_corpus(OWN))]
    assert [line["epoch"] for line in shipped.card["log"]] == [1]
    assert shipped.card["attribution"]
    assert len(shipped.weights["embedding"]) == len(shipped.tokenizer.vocabulary)
