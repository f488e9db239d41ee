"""The smallest task of attention: what is drawn, what a loss means, and what flows back."""

import csv
from pathlib import Path

import numpy as np
import pytest

import oracles
from mutants import mutant
from unrolled.experiments import lookup
from unrolled.experiments.lookup import (
    LookupProjections,
    lookup_batch,
    lookup_gradient,
    lookup_init,
    train_lookup,
)
from unrolled.networks.attention import QueryKeyValue

TABLES, D_K = 2, 11
COMMITTED = Path(__file__).parents[3] / "book/attention/lookup.csv"


@pytest.fixture
def rng():
    return np.random.default_rng(7)


@pytest.fixture
def batch(rng):
    return lookup_batch(TABLES, rng=rng)


def test_one_key_that_stands_out_is_found():
    """Each key is one axis, but for the last; the projections only enlarge: no errors are left."""
    eight = np.vstack([np.eye(8), -np.ones(8) / np.sqrt(8)])[None]
    values = np.arange(27.0).reshape(1, 9, 3)
    projections = LookupProjections(40 * np.eye(8), 40 * np.eye(8))
    loss, _ = lookup_gradient(projections, QueryKeyValue(eight, eight, values))
    assert float(loss) < 1e-20


def test_who_compares_nothing_weighs_all_alike(batch):
    loss, _ = lookup_gradient(LookupProjections(np.zeros((8, D_K)), np.zeros((8, D_K))), batch)
    apart = batch.value - batch.value.mean(axis=1, keepdims=True)
    assert float(loss) == pytest.approx(float(np.mean(apart**2)), rel=1e-14)


def test_a_query_is_its_key_blurred(rng):
    asked, held, values = lookup_batch(2000, rng=rng)
    assert (asked.shape, held.shape, values.shape) == ((2000, 9, 8),) * 2 + ((2000, 9, 3),)
    assert np.std(asked - held) == pytest.approx(0.3, rel=0.02)
    assert np.std(values) == pytest.approx(1, rel=0.02)


def test_mapped_components_have_variance_one(rng):
    projections = lookup_init(3001, rng=rng)
    mapped = rng.normal(size=(200, 8)) @ projections.query
    assert mapped.var() == pytest.approx(1, rel=0.1)


@pytest.mark.parametrize("scaled", [True, False])
def test_gradient_matches_central_differences(evidence, rng, batch, scaled):
    projections = lookup_init(D_K, rng=rng)
    _, gradient = lookup_gradient(projections, batch, scaled=scaled)
    for ours, leaf in zip(gradient, projections, strict=True):
        theirs = oracles.central_differences(
            lambda: float(lookup_gradient(projections, batch, scaled=scaled)[0]), leaf
        )
        evidence.agrees(ours, theirs, witness="central differences", within=1e-8)


def test_forgotten_factor_is_a_louder_query(rng, batch):
    projections = lookup_init(D_K, rng=rng)
    loud = projections._replace(query=projections.query * np.sqrt(D_K))
    without, _ = lookup_gradient(projections, batch, scaled=False)
    np.testing.assert_allclose(without, lookup_gradient(loud, batch)[0], rtol=1e-14)


def test_learners_side_by_side_are_those_alone(rng):
    projections = lookup_init(D_K, rng=rng)
    batches = [lookup_batch(TABLES, rng=rng) for _ in range(3)]
    losses, learnt = train_lookup(projections, [0.5, 2.0], batches)
    for at, rate in enumerate((0.5, 2.0)):
        alone, projections_alone = train_lookup(projections, [rate], batches)
        np.testing.assert_allclose(losses[at], alone[0], rtol=1e-13)
        np.testing.assert_allclose(learnt.key[at], projections_alone.key[0], rtol=1e-12)


def test_training_goes_down_the_gradient(rng, batch):
    projections = lookup_init(D_K, rng=rng)
    loss, derivatives = lookup_gradient(projections, batch)
    losses, learnt = train_lookup(projections, [0.25], [batch, batch])
    assert losses[0, 0] == pytest.approx(float(loss), rel=1e-14)
    np.testing.assert_allclose(learnt.query.shape, (1, 8, D_K))
    _, one = train_lookup(projections, [0.25], [batch])
    np.testing.assert_allclose(
        one.query[0], projections.query - 0.25 * derivatives.query, rtol=1e-13
    )
    assert losses[0, 1] < losses[0, 0]


def test_the_layer_learns_to_look_up(rng):
    projections = lookup_init(D_K, rng=rng)
    losses, _ = train_lookup(projections, [3.0], [lookup_batch(8, rng=rng) for _ in range(120)])
    assert losses[0, -20:].mean() < 0.35 < losses[0, 0]


def test_a_factor_on_one_side_only_would_be_noticed(rng, batch):
    slip = mutant(lookup, "(d_mapped * by)", "(d_mapped * 1.0)")
    projections = lookup_init(D_K, rng=rng)
    right, wrong = (
        room.lookup_gradient(projections, batch, scaled=False)[1] for room in (lookup, slip)
    )
    assert np.abs(right.query / wrong.query).min() > 2
    np.testing.assert_array_equal(right.key, wrong.key)


def test_complaints_name_the_argument(rng, batch):
    projections = lookup_init(D_K, rng=rng)
    with pytest.raises(ValueError, match="n_tables must be"):
        lookup_batch(0, rng=rng)
    with pytest.raises(ValueError, match="d_k must be"):
        lookup_init(0, rng=rng)
    with pytest.raises(ValueError, match="rng must be"):
        lookup_init(D_K, rng=None)
    with pytest.raises(ValueError, match=r"projections.query must have shape"):
        lookup_gradient(LookupProjections(np.zeros((7, 5)), np.zeros((7, 5))), batch)
    with pytest.raises(ValueError, match="rates must"):
        train_lookup(projections, [0.0], [batch])
    with pytest.raises(ValueError, match="at least one batch"):
        train_lookup(projections, [1.0], [])


def test_committed_curves_begin_as_new_trainings_do():
    with COMMITTED.open(encoding="utf-8") as file:
        head, *rows = csv.reader(file)
    assert [row[0] for row in rows] == 7 * ["scaled"] + 7 * ["unscaled"]
    assert {len(row) for row in rows} == {len(head)} == {2 + lookup.N_UPDATES // lookup.EVERY}
    np.testing.assert_allclose(
        [float(row[1]) for row in rows[:7]], lookup.LEARNING_RATES, rtol=1e-3
    )
    begins = np.array([float(row[2]) for row in rows]).reshape(2, 7)
    ours = _curves_of_the_first(lookup.EVERY)
    np.testing.assert_allclose(ours[:, :5], begins[:, :5], atol=2e-3)


def _curves_of_the_first(n_updates):
    """Train on the first batches of those that the committed trainings saw."""
    return np.stack([curves[:, 0] for curves in lookup._curves(n_updates).values()])
