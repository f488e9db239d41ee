import csv
from pathlib import Path

import numpy as np
import pytest

import oracles
from unrolled.experiments import recall
from unrolled.experiments.recall import (
    CONTENDERS,
    add_readout,
    recall_batch,
    recall_gradient,
    simple_cell,
    train_recall,
)
from unrolled.networks.gru import gru_init
from unrolled.networks.gru_reset_after import gru_reset_after_init
from unrolled.networks.lstm import lstm_init
from unrolled.networks.pytrees import leaves_of

BATCH, TIME, N_HIDDEN = 3, 5, 7
COMMITTED = Path(__file__).parents[3] / "book/recurrent/recall.csv"
CELLS = {
    "simple": lambda rng: simple_cell(N_HIDDEN, rng=rng),
    "lstm": lambda rng: lstm_init(2, N_HIDDEN, rng=rng),
    "gru": lambda rng: gru_init(2, N_HIDDEN, rng=rng),
    "gru after": lambda rng: gru_reset_after_init(2, N_HIDDEN, rng=rng),
}


def test_the_bit_is_shown_once():
    x, bits = recall_batch(BATCH, TIME, rng=np.random.default_rng(7))
    assert x.shape == (BATCH, TIME, 2)
    np.testing.assert_array_equal(x[:, 0, 0], np.where(bits, 1, -1))
    assert not x[:, 1:, 0].any()
    assert x[:, :, 1].all()


@pytest.mark.parametrize("kind", CELLS)
def test_gradient_matches_central_differences(evidence, kind):
    rng = np.random.default_rng(7)
    reader = add_readout(CELLS[kind](rng), rng=rng)
    x, bits = recall_batch(BATCH, TIME, rng=rng)
    ours = leaves_of(recall_gradient(reader, x, bits)[1])
    for name, leaf in leaves_of(reader).items():
        if kind == "simple" and name in ("cell.V", "cell.c"):
            assert not ours[name].any()  # the outputs stay the states
            continue
        theirs = oracles.central_differences(lambda: recall_gradient(reader, x, bits)[0], leaf)
        evidence.agrees(ours[name], theirs, witness="central differences", within=1e-7)


def test_loss_of_a_reader_that_says_nothing_is_that_of_a_coin():
    rng = np.random.default_rng(7)
    reader = add_readout(CELLS["gru"](rng), rng=rng)._replace(v=np.zeros(N_HIDDEN))
    loss, _ = recall_gradient(reader, *recall_batch(BATCH, TIME, rng=rng))
    assert loss == pytest.approx(np.log(2), rel=1e-15)


def test_a_short_task_is_learnt():
    rng = np.random.default_rng(7)
    _, losses = train_recall(lstm_init(2, 5, rng=rng), n_steps=3, n_updates=150, rng=rng)
    assert losses[:10].mean() > 0.5
    assert losses[-10:].mean() < 0.1


def test_simple_cells_give_out_their_states():
    rng = np.random.default_rng(7)
    cell = simple_cell(N_HIDDEN, rng=rng, orthogonal=True)
    np.testing.assert_allclose(cell.W @ cell.W.T, np.eye(N_HIDDEN), atol=1e-14)
    np.testing.assert_array_equal(cell.V, np.eye(N_HIDDEN))
    trained, _ = train_recall(cell, n_steps=3, n_updates=2, rng=rng)
    np.testing.assert_array_equal(trained.cell.V, cell.V)
    assert (trained.cell.W != cell.W).all()


def committed():
    with COMMITTED.open(encoding="utf-8") as file:
        return list(csv.reader(file))


def test_committed_curves_are_complete():
    head, *rows = committed()
    assert head[:3] == ["network", "seed", str(recall.EVERY)]
    named = [(name, str(seed)) for name in CONTENDERS for seed in range(1, recall.N_SEEDS + 1)]
    assert [(name, seed) for name, seed, *_ in rows] == named
    assert {len(row) for row in rows} == {2 + recall.N_UPDATES // recall.EVERY}


@pytest.mark.parametrize("name", CONTENDERS)
def test_committed_curves_begin_as_a_new_training_does(name):
    rows = {(row[0], row[1]): row[2:] for row in committed()}
    ours = recall._curve(name, 2, n_updates=recall.EVERY)
    assert ours[0] == pytest.approx(float(rows[name, "2"][0]), abs=1e-3)


def test_complaints():
    rng = np.random.default_rng(7)
    with pytest.raises(ValueError, match="n_steps must be at least 1, got 0"):
        recall_batch(2, 0, rng=rng)
    with pytest.raises(ValueError, match="learning_rate must be above 0"):
        train_recall(simple_cell(3, rng=rng), n_steps=2, n_updates=1, rng=rng, learning_rate=0.0)
    with pytest.raises(ValueError, match="cell must be RNNParams, LSTMParams, GRUParams or GRUR"):
        recall_gradient(
            recall.RecallNetwork((), np.ones(3), np.zeros(1)), *recall_batch(2, 3, rng=rng)
        )
