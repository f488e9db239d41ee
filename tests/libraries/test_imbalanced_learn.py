"""What the pages say of imbalanced-learn, run on the version that is locked."""

import numpy as np
import pytest
from imblearn.over_sampling import SMOTE, SMOTENC
from imblearn.pipeline import Pipeline
from sklearn.model_selection import cross_val_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline as PlainPipeline

from unrolled.mining.smote import nearest_within

N_ROWS, N_RARE = 2000, 200


@pytest.fixture
def rng():
    return np.random.default_rng(7)


@pytest.fixture
def labels():
    return (np.arange(N_ROWS) % (N_ROWS // N_RARE) == 0).astype(int)


def new_rows(sampler, X, y):
    return sampler.fit_resample(X, y)[0][len(y) :]


@pytest.mark.library("smote-same-points")
def test_smote_draws_on_lines_between_neighbours_five_by_default(rng, labels):
    X = rng.normal(size=(N_ROWS, 3))
    sampler = SMOTE(random_state=0)
    assert sampler.k_neighbors == 5
    new, rare, drawn = new_rows(sampler, X, labels), X[labels == 1], np.random.RandomState(0)
    bases, picks = np.divmod(drawn.randint(0, 5 * N_RARE, len(new)), 5)
    shares = drawn.uniform(size=(len(new), 1))
    ends = rare[nearest_within(rare, 5)[bases, picks]]
    np.testing.assert_allclose(new, rare[bases] + shares * (ends - rare[bases]), rtol=1e-10)


@pytest.mark.library("smote-cuts-integers")
def test_smote_cuts_integers_and_stops_at_truth_values(rng, labels):
    flag = rng.permutation(N_ROWS) % 2
    X = np.column_stack([flag, rng.integers(0, 1000, N_ROWS)])
    new = new_rows(SMOTE(random_state=0), X, labels)
    assert new.dtype == X.dtype
    assert X[labels == 1, 0].mean() == pytest.approx(0.5, abs=0.05)
    assert new[:, 0].mean() == pytest.approx(0.25, abs=0.05)
    floats = new_rows(SMOTE(random_state=0), X.astype(float), labels)
    np.testing.assert_array_equal(floats.astype(int), new)  # the same points, cut towards zero
    with pytest.raises(TypeError, match="boolean subtract"):
        SMOTE(random_state=0).fit_resample(X % 2 == 1, labels)


@pytest.mark.library("smotenc-votes")
def test_a_vote_of_neighbours_all_but_erases_a_rare_category(rng, labels):
    flag = rng.permutation(N_ROWS) < 0.1 * N_ROWS
    X = np.column_stack([rng.normal(size=(N_ROWS, 10)), flag])
    share = X[labels == 1, 10].mean()
    assert share > 0.06
    assert new_rows(SMOTENC([10], random_state=0), X, labels)[:, 10].mean() < share / 4


@pytest.mark.library("sampler-in-a-pipeline")
def test_a_pipeline_resamples_when_it_fits_and_scikit_learns_refuses_to(rng, labels):
    X = rng.normal(size=(N_ROWS, 10))  # noise
    steps = [("smote", SMOTE(random_state=0)), ("model", KNeighborsClassifier(1))]
    inside = Pipeline(steps)
    assert inside.fit(X, labels).predict(X).shape == labels.shape
    assert inside[-1].n_samples_fit_ == 2 * (N_ROWS - N_RARE)
    honest = cross_val_score(inside, X, labels, scoring="balanced_accuracy").mean()
    more = steps[0][1].fit_resample(X, labels)
    leaky = cross_val_score(steps[1][1], *more, scoring="balanced_accuracy").mean()
    assert honest == pytest.approx(0.5, abs=0.05)
    assert leaky > 0.8
    with pytest.raises(TypeError, match="should be transformers"):
        PlainPipeline(steps).fit(X, labels)
