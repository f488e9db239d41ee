"""SMOTE against cases by hand, what must hold of any new point, and imbalanced-learn."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from imblearn.over_sampling import SMOTE, SMOTENC
from scipy.spatial.distance import cdist
from scipy.stats import binom

from unrolled.mining.smote import nearest_within, smote, synthesise

N_RARE, N_COMMON, N_FEATURES, N_NEIGHBOURS = 13, 31, 3, 5
FOUR = np.array([[1.0, 1.0], [2.0, 3.0], [4.0, 1.5], [3.0, 4.0]])


@pytest.fixture
def rng():
    return np.random.default_rng(7)


@pytest.fixture
def table():
    """Return measurements and labels, the rare class scattered among the rows."""
    rng = np.random.default_rng(11)
    y = np.zeros(N_RARE + N_COMMON, dtype=int)
    y[rng.permutation(len(y))[:N_RARE]] = 1
    return rng.normal(size=(len(y), N_FEATURES)) * [1, 3, 10], y


@pytest.fixture
def mixed(table):
    """Return the same with two columns of names among the measured ones."""
    X, y = table
    rng = np.random.default_rng(13)
    fruits, sizes = rng.choice(["apple", "pear", "quince"], len(y)), rng.choice(["S", "L"], len(y))
    columns = [fruits.astype(object), *X[:, :2].T, sizes.astype(object), X[:, 2]]
    return np.array(columns, dtype=object).T, y


# By hand -------------------------------------------------------------------------------------


def test_four_of_the_rare_class_have_three_neighbours_each_and_become_ten(rng):
    near = nearest_within(FOUR, 3)
    assert near.tolist() == [[1, 2, 3], [3, 0, 2], [1, 3, 0], [1, 2, 0]]
    X = np.vstack([FOUR, np.random.default_rng(11).normal(size=(10, 2))])
    y = np.repeat(["rare", "common"], [4, 10])
    larger, labels = smote(X, y, positive="rare", n_neighbours=3, rng=rng)
    assert larger.shape == (20, 2)
    assert (labels == "rare").sum() == (labels == "common").sum() == 10


def test_new_points_of_two_points_lie_between_them(rng):
    found = synthesise([[0.0, 10.0], [8.0, 30.0]], 7, n_neighbours=1, rng=rng)
    assert (found.bases + found.neighbours == 1).all()
    along = np.where(found.bases == 0, found.shares, 1 - found.shares)
    np.testing.assert_allclose(
        found.points, along[:, None] * np.array([8, 20]) + np.array([0, 10]), rtol=1e-14
    )


@pytest.mark.parametrize(("third", "neighbour"), [(0.55, "a"), (0.6, "b")])
def test_another_category_is_further_away_by_the_median_spread(third, neighbour, rng):
    """From 0 to the b at 0.5 it is 0.558 with the spread of the first, and 0.565 of the second."""
    rare = [[0.0, "a"], [0.5, "b"], [third, "a"]]
    X = np.array(rare + [[0.1 * row, "c"] for row in range(300)], dtype=object)
    y = np.repeat([1, 0], [3, 300])
    new = smote(X, y, n_neighbours=1, categorical=[1], rng=rng)[0][303:]
    assert {kind for x, kind in new if 0.25 < x < 0.5} == {neighbour}
    assert {kind for x, kind in new if x < 0.25} == {"a"}


# Laws ----------------------------------------------------------------------------------------


def test_rows_that_came_are_kept_and_input_is_not_changed(table, rng):
    X, y = table
    kept = X.copy(), y.copy()
    larger, labels = smote(X, y, rng=rng)
    np.testing.assert_array_equal(larger[: len(y)], kept[0])
    np.testing.assert_array_equal(labels[: len(y)], kept[1])
    np.testing.assert_array_equal(X, kept[0])
    assert (labels[len(y) :] == 1).all()
    assert len(labels) == 2 * N_COMMON


def test_every_new_point_lies_on_a_line_to_one_of_the_nearest(table, rng):
    X, y = table
    rare = X[y == 1]
    found = synthesise(rare, 2003, n_neighbours=N_NEIGHBOURS, rng=rng)
    order = np.argsort(cdist(rare, rare), axis=1)[:, 1 : N_NEIGHBOURS + 1]
    assert all(
        end in order[start] for start, end in zip(found.bases, found.neighbours, strict=True)
    )
    start, end = rare[found.bases], rare[found.neighbours]
    detour = np.linalg.norm(found.points - start, axis=1) + np.linalg.norm(
        found.points - end, axis=1
    )
    np.testing.assert_allclose(detour, np.linalg.norm(end - start, axis=1), rtol=1e-12)
    assert set(zip(found.bases, found.neighbours, strict=True)) == {
        (i, j) for i in range(N_RARE) for j in order[i]
    }


def test_bases_neighbours_and_shares_are_drawn_evenly(rng):
    points = rng.normal(size=(7, 2))
    found = synthesise(points, 7000, n_neighbours=2, rng=rng)
    low, high = binom.interval(1 - 1e-6, 7000, 1 / 7)
    assert all(low < count < high for count in np.bincount(found.bases, minlength=7))
    near = nearest_within(points, 2)
    first = (found.neighbours == near[found.bases, 0]).mean()
    assert first == pytest.approx(0.5, abs=0.03)
    assert np.histogram(found.shares, 5, (0, 1))[0] / 7000 == pytest.approx(
        np.full(5, 0.2), abs=0.03
    )


def test_same_generator_gives_the_same_and_another_does_not(table):
    X, y = table
    first, again, other = (smote(X, y, rng=np.random.default_rng(seed))[0] for seed in (7, 7, 11))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_copies_are_neighbours_but_no_point_is_its_own(rng):
    points = np.repeat([[0.0, 0.0], [5.0, 5.0]], 8, axis=0)
    near = nearest_within(points, 5)
    assert (near != np.arange(16)[:, None]).all()
    assert ((near < 8) == (np.arange(16) < 8)[:, None]).all()
    assert all(len(set(row)) == 5 for row in near)


def test_units_of_all_columns_together_change_no_neighbour_and_of_one_column_do(table):
    X, y = table
    rare = X[y == 1]
    near = nearest_within(rare, N_NEIGHBOURS)
    for factor in (2.0**-600, 2.0**600, 2.0**1018):
        np.testing.assert_array_equal(nearest_within(rare * factor, N_NEIGHBOURS), near)
    assert not np.array_equal(nearest_within(rare * [100, 1, 1], N_NEIGHBOURS), near)


def test_constant_columns_stay_as_they_are(table, rng):
    X, y = table
    for value in (0.1, 1.0):
        larger, _ = smote(np.column_stack([X, np.full(len(y), value)]), y, rng=rng)
        assert (larger[:, -1] == value).all()


def test_new_rows_take_each_category_from_the_nearer_end(mixed):
    X, y = mixed
    larger, _ = smote(X, y, categorical=[0, 3], rng=np.random.default_rng(7))
    assert larger.dtype == object
    rare, new = X[y == 1], larger[len(y) :]
    for row in new:
        place = np.array([row[1], row[2], row[4]], dtype=float)
        ends = rare[:, [1, 2, 4]].astype(float)
        on = [
            (i, j)
            for i, j in itertools.permutations(range(N_RARE), 2)
            if abs(
                np.linalg.norm(place - ends[i]) + np.linalg.norm(place - ends[j])
                - np.linalg.norm(ends[i] - ends[j])
            )
            < 1e-9
        ]  # fmt: skip
        nearer = {min(pair, key=lambda end: np.linalg.norm(place - ends[end])) for pair in on}
        assert any((row[[0, 3]] == rare[end][[0, 3]]).all() for end in nearer)


def test_pairs_of_categories_are_pairs_that_were_there(mixed, rng):
    X, y = mixed
    larger, _ = smote(X, y, n_new=300, categorical=[0, 3], rng=rng)
    assert {tuple(row) for row in larger[len(y) :, [0, 3]]} <= {
        tuple(row) for row in X[y == 1][:, [0, 3]]
    }


def test_categories_may_be_numbers_and_their_codes_do_not_matter(mixed):
    X, y = mixed
    named, _ = smote(X, y, categorical=[0, 3], rng=np.random.default_rng(7))
    coded = X.copy()
    coded[:, 0] = np.unique(X[:, 0].astype(str), return_inverse=True)[1] * 7 - 3
    coded[:, 3] = X[:, 3] == "S"
    numbers, _ = smote(coded.astype(float), y, categorical=[0, 3], rng=np.random.default_rng(7))
    assert numbers.dtype == np.float64
    np.testing.assert_array_equal(numbers[:, [1, 2, 4]], named[:, [1, 2, 4]].astype(float))
    assert set(numbers[:, 0]) == {-3, 4, 11}


@pytest.mark.parametrize("share", [0.1, 0.3])
def test_a_flag_nearly_keeps_its_share_where_a_vote_of_neighbours_does_not(share):
    rng = np.random.default_rng(7)
    y = np.repeat([0, 1], [2000, 200])
    flag = rng.permutation(2200) < 2200 * share
    X = np.column_stack([rng.normal(size=(2200, 10)), flag])
    there = X[y == 1, 10].mean()
    ours = smote(X, y, categorical=[10], rng=rng)[0][2200:, 10].mean()
    theirs = SMOTENC([10], random_state=0).fit_resample(X, y)[0][2200:, 10].mean()
    assert ours > 0.65 * there > 0.35 * there > theirs


@pytest.mark.parametrize("labels", [["b", "a"], [False, True], [0, 1], [-1, 1]])
def test_labels_may_be_strings_truth_values_or_integers(table, labels, rng):
    X, y = table
    named = np.array(labels)[y]
    _, more = smote(X, named, positive=labels[1], rng=rng)
    assert more.dtype == named.dtype
    assert (more[len(y) :] == labels[1]).all()


def test_nothing_is_added_where_both_are_equally_frequent(table, rng):
    X, y = table
    rows = np.r_[np.flatnonzero(y == 1), np.flatnonzero(y == 0)[:N_RARE]]
    larger, labels = smote(X[rows], y[rows], rng=rng)
    assert len(larger) == len(labels) == 2 * N_RARE


def test_the_larger_class_can_be_enlarged_if_asked_by_number(table, rng):
    X, y = table
    larger, labels = smote(X, y, positive=0, n_new=17, rng=rng)
    assert len(larger) == len(y) + 17
    assert (labels[len(y) :] == 0).all()


# Witnesses -----------------------------------------------------------------------------------


def by_imbalanced_learn(X, y, seed, n_neighbours=N_NEIGHBOURS):
    """Return the new points of the library, with what it drew for them."""
    library = SMOTE(k_neighbors=n_neighbours, random_state=seed)
    new = library.fit_resample(X, y)[0][len(y) :]
    state = np.random.RandomState(seed)
    which = state.randint(0, y.sum() * n_neighbours, len(new))
    steps = state.uniform(size=len(new))
    return new, *np.divmod(which, n_neighbours), steps


@pytest.mark.equation("smote-point")
@pytest.mark.parametrize("seed", [0, 3])
def test_points_are_those_of_imbalanced_learn(evidence, table, seed):
    X, y = table
    rare = X[y == 1]
    new, rows, picks, steps = by_imbalanced_learn(X, y, seed)
    near = nearest_within(rare, N_NEIGHBOURS)
    ours = rare[rows] + steps[:, None] * (rare[near[rows, picks]] - rare[rows])
    np.testing.assert_allclose(ours, new, rtol=1e-10, atol=1e-10)
    for point, row, pick, step in list(zip(new, rows, picks, steps, strict=True))[:5]:
        evidence.evaluates(
            {
                r"x_{\text{new}}": point, "x_i": rare[row], r"\lambda": step,
                r"x_{\text{nn}}": rare[near[row, pick]],
            },
            witness="imbalanced-learn, with what it drew", within=1e-12,
        )  # fmt: skip


@pytest.mark.equation("smote-variance")
@pytest.mark.parametrize("sigma", [0.7, 3.0])
def test_pairs_without_relation_lose_a_third_of_the_variance(evidence, sigma):
    """Two values at plus and minus sigma, and a fine grid of shares, give all cases."""
    shares = (np.arange(4001) + 0.5) / 4001
    cases = np.array(
        [(1 - share) * one + share * other for one in (-sigma, sigma) for other in (-sigma, sigma)
         for share in shares]
    )  # fmt: skip
    evidence.evaluates(
        {r"\sigma_{\text{new}}": cases.std(), r"\sigma": sigma},
        witness="all pairs of two values, and many shares", within=1e-6,
    )  # fmt: skip
    rng = np.random.default_rng(7)
    points = rng.normal(0, sigma, (2000, 1))
    drawn = synthesise(points, 60_000, n_neighbours=1999, rng=rng).points
    assert drawn.var() / points.var() == pytest.approx(2 / 3, abs=0.02)


@pytest.mark.parametrize(("n_dims", "wanted"), [(2, 0.81), (10, 0.69), (50, 0.66)])
def test_forty_points_lose_this_share_of_their_variance(n_dims, wanted, rng):
    ratios = []
    for _ in range(60):
        points = rng.normal(size=(40, n_dims))
        drawn = synthesise(points, 400, rng=rng).points
        ratios.append(drawn.var(axis=0).mean() / points.var(axis=0).mean())
    assert np.mean(ratios) == pytest.approx(wanted, abs=0.03)


# Complaints ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n_neighbours": 13}, "n_neighbours must be below the number of points of the class, 13"),
        ({"n_neighbours": 0}, "n_neighbours must be at least 1, got 0"),
        ({"positive": 2}, "y must have one label beside the positive class 2, got 0 and 1"),
        ({"positive": "yes"}, "y must hold strings, as the positive class 'yes' is"),
        ({"positive": 0}, "positive must be the rarer class, got 0 with 31 of 44 rows"),
        ({"n_new": -1}, "n_new must be at least 0, got -1"),
        ({"rng": 7}, "rng must be a numpy.random.Generator, got int"),
        ({"y": np.zeros(44, dtype=int)}, "y must have rows of both classes"),
        ({"y": np.ones(44, dtype=int)}, "y must have rows of both classes"),
        ({"y": np.arange(44) % 3}, "y must have one label beside the positive class 1"),
        ({"y": np.ones(43, dtype=int)}, r"y must have shape \(n_rows=44,\), got \(43,\)"),
        ({"X": np.full((44, 2), np.nan)}, "X must be finite, got nan. Remove or fill"),
        ({"X": np.full((44, 2), np.inf)}, "X must be finite, got inf"),
        ({"X": np.ones(44)}, r"X must have shape \(n_rows, n_features\), got \(44,\)"),
        ({"X": np.arange(88).reshape(44, 2)}, "X must hold measurements where .* in column 0"),
        ({"X": np.eye(44)[:, :2]}, "only whole numbers in column 0. Name the columns"),
        ({"X": np.eye(44, dtype=bool)}, "X must hold real numbers, got truth values"),
        ({"X": [["a"]] * 44}, "X must hold numbers where they are measured, got 'a' in column 0"),
        ({"categorical": [0, 1, 2]}, "categorical must leave a column that is measured, got all 3"),
        ({"categorical": [3]}, "categorical must be at least 0 and at most 2, got 3"),
        ({"categorical": [-1]}, "categorical must be at least 0"),
        ({"categorical": [True, False, True]}, "categorical must hold integers"),
    ],
)
def test_complaints(table, rng, change, message):
    X, y = table
    arguments = {"X": X, "y": y, "rng": rng, **change}
    with np.errstate(all="raise"), pytest.raises(ValueError, match=message):
        smote(arguments.pop("X"), arguments.pop("y"), **arguments)


def test_whole_numbers_may_be_measured_if_it_is_said(table, rng):
    _, y = table
    counts = np.random.default_rng(11).integers(0, 100, (len(y), 2))
    larger, _ = smote(counts, y, categorical=(), rng=rng)
    assert larger.dtype == np.float64
    assert (larger[len(y) :] % 1 != 0).any()


@pytest.mark.parametrize("missing", [None, np.nan, float("nan")])
def test_missing_values_are_refused_wherever_they_are(mixed, rng, missing):
    X, y = mixed
    for column, message in ((0, "X must have no missing categories"), (1, "X must be finite")):
        for row in (np.argmax(y == 1), np.argmax(y == 0)):
            hole = X.copy()
            hole[row, column] = missing
            with pytest.raises(ValueError, match=message):
                smote(hole, y, categorical=[0, 3], rng=rng)


def test_strings_in_a_measured_column_are_named_by_their_column(mixed, rng):
    X, y = mixed
    with pytest.raises(ValueError, match=r"got '[SL]' in column 3"):
        smote(X, y, categorical=[0], rng=rng)


def test_places_must_be_as_many_as_points(rng):
    with pytest.raises(ValueError, match=r"places must have shape \(n_points=4"):
        synthesise(FOUR, 3, n_neighbours=1, places=FOUR[:3], rng=rng)


def test_differences_beyond_a_float_are_refused(rng):
    with pytest.raises(ValueError, match="points must have differences that a float can hold"):
        synthesise([[-1.7e308], [1.7e308], [0.0]], 3, n_neighbours=1, rng=rng)


@given(
    hnp.arrays(float, (7, 2), elements=st.floats(allow_nan=False, allow_infinity=False)),
    st.integers(1, 6),
)
def test_any_new_point_is_between_or_refused(points, n_neighbours):
    try:
        found = synthesise(points, 11, n_neighbours=n_neighbours, rng=np.random.default_rng(7))
    except ValueError as complaint:
        assert "differences that a float can hold" in str(complaint)  # noqa: PT017
        return
    ends = np.stack([points[found.bases], points[found.neighbours]])
    low, high = ends.min(axis=0) / 2, ends.max(axis=0) / 2
    slack = 2 * np.finfo(float).eps * np.maximum(-low, high) + 1e-322
    assert (found.points / 2 >= low - slack).all()
    assert (found.points / 2 <= high + slack).all()
    assert (found.bases != found.neighbours).all()
