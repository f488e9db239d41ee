import statistics

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import (
    MinMaxScaler,
    OneHotEncoder,
    OrdinalEncoder,
    RobustScaler,
    StandardScaler,
)

from unrolled.mining.preparation import (
    fit_category_imputer,
    fit_imputer,
    fit_min_max_scaler,
    fit_one_hot,
    fit_ordinal,
    fit_outlier_rule,
    fit_robust_scaler,
    fit_standard_scaler,
    largest_z,
)

N_TRAIN, N_TEST, N_FEATURES = 31, 13, 5
NAN = np.nan
FRUIT = np.array([["apple", "x"], ["banana", "y"], ["orange", "x"], ["apple", "y"]])
GAPS = np.array([["b", "x"], [None, "y"], ["a", NAN], ["b", "y"], ["c", None]], dtype=object)
TABLES = hnp.arrays(float, (7, 3), elements=st.floats(-1e6, 1e6, width=32))
FITS = {
    "rule by mean": lambda X: fit_outlier_rule(X, by="mean").cap,
    "rule by median": lambda X: fit_outlier_rule(X).set_missing,
    "mean": lambda X: fit_imputer(X).transform,
    "median": lambda X: fit_imputer(X, by="median").transform,
    "mode": lambda X: fit_imputer(X, by="mode").transform,
    "constant": lambda X: fit_imputer(X, by="constant", fill=3).transform,
    "standard": lambda X: fit_standard_scaler(X).transform,
    "min-max": lambda X: fit_min_max_scaler(X, low=-1).transform,
    "robust": lambda X: fit_robust_scaler(X).transform,
}


@pytest.fixture
def rng():
    return np.random.default_rng(7)


@pytest.fixture
def folds(rng):
    """Return a training and a test fold with gaps, on very different scales."""
    X = rng.normal(size=(N_TRAIN + N_TEST, N_FEATURES)) * 10.0 ** np.arange(-3, 2) + 7
    X[rng.random(X.shape) < 0.2] = NAN
    return X[:N_TRAIN], X[N_TRAIN:]


# By hand -------------------------------------------------------------------------------------


def test_scores_by_hand():
    column = np.array([[1.0], [2], [3], [4], [100]])
    robust = fit_outlier_rule(column)
    assert (robust.centre, robust.limit) == (3, 3)
    assert robust.spread == pytest.approx(1 / scipy.stats.norm.ppf(0.75), rel=1e-15)
    plain = fit_outlier_rule(column, by="mean")
    assert (plain.centre, plain.spread) == (22, pytest.approx(np.sqrt(7610 / 4), rel=1e-15))
    assert not plain.outside(column).any()
    assert robust.outside(column).ravel().tolist() == [False] * 4 + [True]


def test_treatments_by_hand():
    column = np.array([[1.0], [2], [3], [4], [100], [NAN], [-9]])
    rule = fit_outlier_rule(column[:5], limit=2)
    reach = 2 * rule.spread[0]
    np.testing.assert_allclose(rule.cap(column)[:, 0], [1, 2, 3, 4, 3 + reach, NAN, 3 - reach])
    np.testing.assert_array_equal(rule.set_missing(column)[:, 0], [1, 2, 3, 4, NAN, NAN, NAN])


def test_fills_by_hand():
    X = np.array([[1, NAN], [2, 5], [2, 5], [NAN, 9], [9, 9]])
    assert fit_imputer(X).fills.tolist() == [3.5, 7]
    assert fit_imputer(X, by="median").fills.tolist() == [2, 7]
    assert fit_imputer(X, by="mode").fills.tolist() == [2, 5]
    filled = fit_imputer(X, by="constant", fill=-1).transform(X)
    assert filled.tolist() == [[1, -1], [2, 5], [2, 5], [-1, 9], [9, 9]]


def test_categories_are_filled_by_hand():
    mode = fit_category_imputer(GAPS, by="mode")
    assert mode.fills == ("b", "y")
    assert mode.transform(GAPS)[:, 0].tolist() == ["b", "b", "a", "b", "c"]
    own = fit_category_imputer(GAPS, level="none").transform(GAPS)
    assert own[:, 1].tolist() == ["x", "y", "none", "y", "none"]


def test_one_hot_by_hand():
    full = fit_one_hot(FRUIT).transform([["orange", "y"], ["apple", "x"]])
    assert full.tolist() == [[0, 0, 1, 0, 1], [1, 0, 0, 1, 0]]
    dropped = fit_one_hot(FRUIT, drop_first=True).transform([["orange", "y"], ["apple", "x"]])
    assert dropped.tolist() == [[0, 1, 1], [0, 0, 0]]


def test_order_is_that_of_the_alphabet_or_given():
    sizes = [["small"], ["large"], ["medium"]]
    assert fit_ordinal(sizes).transform(sizes).ravel().tolist() == [2, 0, 1]
    order = fit_ordinal(sizes, orders=[["small", "medium", "large", "huge"]])
    assert order.transform([*sizes, ["huge"]]).ravel().tolist() == [0, 2, 1, 3]


def test_scales_by_hand():
    column = np.array([[1.0], [2], [4], [5]])
    np.testing.assert_allclose(
        fit_standard_scaler(column).transform([[3], [3 + np.sqrt(2.5)]]), [[0], [1]], atol=1e-15
    )
    between = fit_min_max_scaler(column, low=-1, high=1).transform([[1], [3], [7], [NAN]])
    np.testing.assert_array_equal(between, [[-1], [0], [2], [NAN]])
    robust = fit_robust_scaler(column).transform(column)  # quartiles 1.75 and 4.25
    np.testing.assert_allclose(robust[:, 0], [-0.8, -0.4, 0.4, 0.8])


# Laws ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("fit", FITS.values(), ids=FITS)
def test_a_row_of_the_test_fold_changes_no_other_row(folds, fit):
    train, test = folds
    transform = fit(train)
    whole = transform(test)
    for place in range(N_TEST):
        np.testing.assert_array_equal(transform(test[[place]]), whole[[place]])


@pytest.mark.parametrize("fit", FITS.values(), ids=FITS)
def test_what_came_in_is_unchanged(folds, fit):
    train, test = (fold.copy() for fold in folds)
    fit(train)(test)
    for fold, before in zip((train, test), folds, strict=True):
        np.testing.assert_array_equal(fold, before)


@pytest.mark.parametrize("fit", FITS.values(), ids=FITS)
def test_columns_know_nothing_of_each_other(folds, fit):
    train, test = folds
    whole = fit(train)(test)
    for place in range(N_FEATURES):
        alone = fit(train[:, [place]])(test[:, [place]])
        np.testing.assert_allclose(alone, whole[:, [place]], rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("fit", FITS.values(), ids=FITS)
def test_rows_of_the_training_fold_have_no_order(folds, rng, fit):
    train, test = folds
    shuffled = train[rng.permutation(N_TRAIN)]
    np.testing.assert_allclose(fit(shuffled)(test), fit(train)(test), rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("fit", FITS.values(), ids=FITS)
def test_an_empty_test_fold_stays_empty(folds, fit):
    assert fit(folds[0])(np.zeros((0, N_FEATURES))).shape == (0, N_FEATURES)


@given(TABLES)
def test_scaled_training_folds_have_the_promised_range_and_spread(X):
    steps = np.ptp(X, axis=0)
    standard = fit_standard_scaler(X).transform(X)
    between = fit_min_max_scaler(X, low=2, high=5).transform(X)
    np.testing.assert_allclose(standard.std(axis=0), steps > 0, atol=1e-9)
    np.testing.assert_allclose(between.min(axis=0), 2)
    np.testing.assert_allclose(between.max(axis=0), np.where(steps > 0, 5, 2))


@given(hnp.arrays(float, (11, 1), elements=st.floats(-1e6, 1e6, width=32), unique=True))
def test_no_score_is_above_the_ceiling(column):
    scores = fit_outlier_rule(column, by="mean").scores(column)
    assert np.abs(scores).max() <= largest_z(11) * (1 + 1e-12)


@pytest.mark.parametrize("factor", [1e-280, 1e-160, 1e160, 1e280])
def test_units_change_no_score(folds, factor):
    train, test = (fold[:, :1] for fold in folds)
    for fit in (fit_standard_scaler, fit_min_max_scaler, fit_robust_scaler):
        expected = fit(train).transform(test)
        moved = fit(train * factor).transform(test * factor)
        np.testing.assert_allclose(moved, expected, rtol=1e-9)
    for by in ("mean", "median"):
        expected = fit_outlier_rule(train, by=by).scores(test)
        moved = fit_outlier_rule(train * factor, by=by).scores(test * factor)
        np.testing.assert_allclose(moved, expected, rtol=1e-9)


@pytest.mark.parametrize("value", [0.1, 1 / 3, -7e200, 0.0])
def test_constant_columns_have_no_unit_and_become_the_shift(value):
    X = np.full((7, 1), value)
    X[3] = NAN
    for fit in (fit_standard_scaler, fit_min_max_scaler, fit_robust_scaler):
        out = fit(X).transform([[value], [NAN], [value + 1e9]])
        np.testing.assert_array_equal(out[:, 0], [0, NAN, 0])
    shifted = fit_min_max_scaler(X, low=-3, high=1).transform([[value], [5e8]])
    np.testing.assert_array_equal(shifted, [[-3], [-3]])


@pytest.mark.parametrize("n", [3, 7, 11, 13])
def test_equal_values_have_exactly_their_mean_and_no_spread(n):
    X = np.full((n, 1), 0.1)
    assert fit_imputer(X).fills == 0.1
    with pytest.raises(ValueError, match="got column 0 where it is zero"):
        fit_outlier_rule(X, by="mean")


def test_levels_may_be_integers_or_truth_values():
    numbers = np.array([[3], [1], [3]])
    assert fit_one_hot(numbers).levels == ((1, 3),)
    assert fit_one_hot(numbers == 3).transform([[True], [False]]).tolist() == [[0, 1], [1, 0]]
    assert fit_category_imputer([[3], [None], [1]], level=-1).fills == (-1,)
    with pytest.raises(ValueError, match="in column 0, got True"):
        fit_one_hot(numbers).transform([[True]])  # though True == 1 in Python


def test_zeros_for_unknown_levels():
    encoder = fit_one_hot(FRUIT, unknown="zeros")
    assert encoder.transform([["kiwi", "y"]]).tolist() == [[0, 0, 0, 0, 1]]


def test_gaps_of_every_kind_are_one_kind():
    for gap in (None, NAN, np.float32(NAN), np.datetime64("NaT")):
        table = np.empty((2, 1), dtype=object)
        table[:, 0] = ["a", gap]
        filled = fit_category_imputer([["a"], ["b"]], by="mode").transform(table)
        assert filled.ravel().tolist() == ["a", "a"]


# Claims of the page --------------------------------------------------------------------------


LONERS = ([5.0, 5, 5, 6], [0.0] * 9 + [1], [-4.0] + [2.0] * 6)  # one reaches the ceiling
COLUMNS = ([1.0, 2, 3, 4, 100], [2.0, 2, 7, 1, 1, 13, -4], [5.0, 5, 5, 6])


@pytest.mark.equation("prep-z")
@pytest.mark.parametrize("x", COLUMNS)
def test_z_scores(evidence, x):
    rule = fit_outlier_rule(np.array(x)[:, None], by="mean")
    evidence.evaluates(
        {
            "x": np.array(x),
            "n": len(x),
            r"\bar{x}": statistics.mean(x),
            "s": statistics.stdev(x),
            "z": rule.scores(np.array(x)[:, None])[:, 0],
        },
        at={"i": range(1, len(x) + 1)},
        witness="Python's own mean and standard deviation, and the rule's scores",
        within=1e-12,
    )


@pytest.mark.equation("prep-z-squares")
@pytest.mark.parametrize("x", LONERS)
def test_one_square_among_the_others(evidence, x):
    evidence.evaluates(
        {"x": np.array(x), "n": len(x), r"\bar{x}": statistics.mean(x)},
        at={"i": range(1, len(x) + 1)},
        ranges={"j": range(1, len(x) + 1)},
        witness="Python's own mean",
        within=1e-12,
    )


@pytest.mark.equation("prep-z-bound")
@pytest.mark.parametrize("x", LONERS)
def test_the_ceiling(evidence, x):
    z = scipy.stats.zscore(x, ddof=1)
    evidence.evaluates(
        {"z": z, "n": len(x)},
        at={"i": range(1, len(x) + 1)},
        witness="SciPy's z-scores, some of values that are equal but for one",
        within=1e-12,
    )
    assert np.abs(z).max() <= largest_z(len(x)) * (1 + 1e-12)


@pytest.mark.equation("prep-mad")
@pytest.mark.parametrize("x", [COLUMNS[0], COLUMNS[1], [1.0, 5, 2, 8]])
def test_scores_by_the_median(evidence, x):
    middle = statistics.median(x)
    spread = scipy.stats.median_abs_deviation(x)
    evidence.evaluates(
        {
            "x": np.array(x),
            "m": middle,
            "d": np.array([abs(value - middle) for value in x]),
            "M": spread,
            "u": fit_outlier_rule(np.array(x)[:, None]).scores(np.array(x)[:, None])[:, 0],
            r"\operatorname{median}": lambda row: statistics.median(
                np.asarray(value).item() for value in row
            ),
        },
        at={"i": range(1, len(x) + 1)},
        witness="Python's median, SciPy's median absolute deviation and the rule's scores",
        within=2e-6,
    )


@pytest.mark.equation("prep-pooled")
@pytest.mark.parametrize(("p", "delta"), [(0.05, 4.0), (0.3, -1.5)])
def test_mean_and_variance_of_both_classes(evidence, p, delta):
    nodes, weights = np.polynomial.hermite_e.hermegauss(20)
    weights = np.concatenate([(1 - p) * weights, p * weights]) / np.sqrt(2 * np.pi)
    values = np.concatenate([nodes, nodes + delta])
    mean = weights @ values
    evidence.evaluates(
        {
            "p": p,
            r"\delta": delta,
            r"\mu": mean,
            r"\sigma": np.sqrt(weights @ (values - mean) ** 2),
        },
        witness="integrals over the mixture's density",
        within=1e-12,
    )


@pytest.mark.equation("prep-cut")
@pytest.mark.parametrize(("p", "delta", "share"), [(0.05, 4.0, 0.429), (0.02, -4.0, 0.685)])
def test_share_of_the_rare_class_that_is_cut(evidence, p, delta, share):
    mean, sd = p * delta, np.sqrt(1 + p * (1 - p) * delta**2)
    x = np.linspace(delta - 12, delta + 12, 2_400_001)
    density = np.exp(-((x - delta) ** 2) / 2) / np.sqrt(2 * np.pi)
    q = (density * (np.abs(x - mean) > 3 * sd)).sum() * (x[1] - x[0])
    assert q == pytest.approx(share, abs=5e-4)
    evidence.evaluates(
        {
            "q": q,
            r"\mu": mean,
            r"\sigma": sd,
            r"\delta": delta,
            r"\Phi": scipy.stats.norm.cdf,
        },
        witness="a sum over the density where the rule cuts",
        within=1e-5,
    )


def with_gaps(seed, share=0.3):
    rng = np.random.default_rng(seed)
    y = rng.normal(size=97)
    x = y + rng.normal(size=97)
    gone = rng.random(97) < share
    filled = fit_imputer(np.where(gone, NAN, x)[:, None]).transform(
        np.where(gone, NAN, x)[:, None]
    )[:, 0]
    return x[~gone], y[~gone], filled, y


@pytest.mark.equation("prep-imputed")
@pytest.mark.parametrize(("seed", "share"), [(7, 0.3), (11, 0.6)])
def test_variance_and_covariance_after_filling(evidence, seed, share):
    known_x, known_y, filled, y = with_gaps(seed, share)
    before, after = np.cov(known_x, known_y, bias=True), np.cov(filled, y, bias=True)
    evidence.evaluates(
        {
            "q": 1 - len(known_x) / len(y),
            "v": before[0, 0],
            "c": before[0, 1],
            r"\tilde{v}": after[0, 0],
            r"\tilde{c}": after[0, 1],
        },
        witness="NumPy's covariances before and after the imputer",
        within=1e-12,
    )


@pytest.mark.equation("prep-imputed-correlation")
@pytest.mark.parametrize(("seed", "share"), [(7, 0.3), (11, 0.6)])
def test_correlation_after_filling(evidence, seed, share):
    known_x, known_y, filled, y = with_gaps(seed, share)
    before, after = np.corrcoef(known_x, known_y)[0, 1], np.corrcoef(filled, y)[0, 1]
    assert abs(after) < abs(before)
    evidence.evaluates(
        {
            "q": 1 - len(known_x) / len(y),
            "r": before,
            r"\tilde{r}": after,
            "w": known_y.var(),
            r"\tilde{w}": y.var(),
        },
        witness="NumPy's correlations before and after the imputer",
        within=1e-12,
    )


@pytest.mark.equation("prep-one-hot")
@pytest.mark.parametrize("names", ["dbac", "xzyabcd"])
def test_levels_are_equally_far_apart(evidence, names):
    rows = fit_one_hot([[name] for name in names]).transform([[name] for name in sorted(names)])
    levels = range(1, len(names) + 1)
    evidence.evaluates(
        {"e^{(j)}": dict(zip(levels, rows, strict=True)), "K": len(names)},
        at={"j": levels, "k": levels},
        witness="the encoder's rows",
        within=1e-15,
    )


@pytest.mark.equation("prep-standard")
@pytest.mark.parametrize("x", COLUMNS)
def test_standardised(evidence, x):
    column = np.array(x)[:, None]
    evidence.evaluates(
        {
            "x": np.array(x),
            r"\bar{x}": statistics.mean(x),
            r"\sigma": statistics.pstdev(x),
            "x'": fit_standard_scaler(column).transform(column)[:, 0],
        },
        at={"i": range(1, len(x) + 1)},
        witness="Python's own mean and standard deviation",
        within=1e-12,
    )


@pytest.mark.equation("prep-min-max")
@pytest.mark.parametrize(("x", "a", "b"), [(COLUMNS[0], 0.0, 1.0), (COLUMNS[1], -1.0, 3.0)])
def test_between_two_ends(evidence, x, a, b):
    column = np.array(x)[:, None]
    evidence.evaluates(
        {
            "x": np.array(x),
            r"x_{\min}": min(x),
            r"x_{\max}": max(x),
            "a": a,
            "b": b,
            "x'": MinMaxScaler((a, b)).fit_transform(column)[:, 0],
        },
        at={"i": range(1, len(x) + 1)},
        witness="scikit-learn's MinMaxScaler",
        within=1e-12,
    )
    ours = fit_min_max_scaler(column, low=a, high=b).transform(column)[:, 0]
    np.testing.assert_allclose(ours, MinMaxScaler((a, b)).fit_transform(column)[:, 0], rtol=1e-12)


# Witnesses -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fit", "theirs"),
    [
        (fit_standard_scaler, StandardScaler()),
        (fit_min_max_scaler, MinMaxScaler()),
        (fit_robust_scaler, RobustScaler()),
        (lambda X: fit_min_max_scaler(X, low=-2, high=5), MinMaxScaler((-2, 5))),
        (fit_imputer, SimpleImputer()),
        (lambda X: fit_imputer(X, by="median"), SimpleImputer(strategy="median")),
        (
            lambda X: fit_imputer(X, by="constant", fill=2.5),
            SimpleImputer(strategy="constant", fill_value=2.5),
        ),
    ],
)
def test_scikit_learn_agrees(folds, fit, theirs):
    train, test = folds
    expected = theirs.fit(train).transform(test)
    np.testing.assert_allclose(fit(train).transform(test), expected, rtol=1e-10, atol=1e-10)


def test_scikit_learn_agrees_on_the_mode(rng):
    X = rng.integers(0, 5, (N_TRAIN, N_FEATURES)).astype(float)
    X[rng.random(X.shape) < 0.3] = NAN
    expected = SimpleImputer(strategy="most_frequent").fit_transform(X)
    np.testing.assert_array_equal(fit_imputer(X, by="mode").transform(X), expected)


@pytest.mark.parametrize("drop", [None, "first"])
def test_scikit_learn_agrees_on_categories(rng, drop):
    table = rng.choice(list("abcdefg"), (N_TRAIN, 3))
    expected = OneHotEncoder(drop=drop, sparse_output=False).fit_transform(table)
    ours = fit_one_hot(table, drop_first=drop is not None).transform(table)
    np.testing.assert_array_equal(ours, expected)
    codes = fit_ordinal(table).transform(table)
    np.testing.assert_array_equal(codes, OrdinalEncoder().fit_transform(table))


# Complaints ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fit",
    [fit_outlier_rule, fit_imputer, fit_standard_scaler, fit_min_max_scaler, fit_robust_scaler],
)
@pytest.mark.parametrize(
    ("X", "says"),
    [
        ([1.0, 2.0], r"X must have shape \(n_samples, n_features\), got \(2,\)"),
        ([["a"], ["b"]], "X must hold numbers"),
        ([[True], [False]], "X must hold numbers"),
        (np.ma.masked_equal([[1.0], [2.0]], 2), "X must hold numbers"),
        ([[1.0], [np.inf]], "X must be at most 1e\\+290 in size, got inf"),
        (np.zeros((0, 3)), "X must hold at least one number"),
        ([[NAN, 1.0], [NAN, 2.0]], "X must have a value in each column, got column 0 where all"),
    ],
)
def test_tables_that_nothing_can_be_learnt_from(fit, X, says):
    with pytest.raises(ValueError, match=says):
        fit(X)


@pytest.mark.parametrize("fit", FITS.values(), ids=FITS)
def test_other_columns_in_the_test_fold(folds, fit):
    with pytest.raises(ValueError, match=r"X must have shape \(n_samples, n_features=5\)"):
        fit(folds[0])(folds[1][:, 1:])


def test_columns_without_a_spread():
    half = np.array([[1.0, 0], [2, 0], [3, 0], [4, 0], [5, 9]])
    with pytest.raises(ValueError, match="by the median, got column 1 where it is zero"):
        fit_outlier_rule(half)
    with pytest.raises(ValueError, match="by the mean, got column 0 where it is zero"):
        fit_outlier_rule([[7.0], [7.0]], by="mean")
    with pytest.raises(ValueError, match="got column 1 where at least half"):
        fit_robust_scaler(half)


def test_values_in_a_very_different_unit():
    with pytest.raises(ValueError, match="can hold in units of the training fold"):
        fit_standard_scaler([[0.0], [1e-200]]).transform([[1e200]])


def test_missing_everywhere_may_be_filled_with_a_constant():
    filled = fit_imputer([[NAN], [NAN]], by="constant", fill=0).transform([[NAN], [5]])
    assert filled.tolist() == [[0], [5]]


@pytest.mark.parametrize("options", [{"by": "constant"}, {"fill": 3.0}, {"by": "mode", "fill": 1}])
def test_a_fill_goes_with_constant(options):
    with pytest.raises(ValueError, match="fill must be given with by='constant' alone"):
        fit_imputer([[1.0]], **options)


@pytest.mark.parametrize(
    ("fit", "says"),
    [
        (lambda X: fit_outlier_rule(X, by="mode"), "by must be one of median, mean, got 'mode'"),
        (lambda X: fit_imputer(X, by="knn"), "by must be one of mean, median, mode, constant"),
        (lambda X: fit_category_imputer(X, by="mean"), "by must be one of level, mode"),
        (lambda X: fit_one_hot(X, unknown="ignore"), "unknown must be one of refuse, zeros"),
        (lambda X: fit_outlier_rule(X, limit=0), "limit must be above 0"),
        (
            lambda X: fit_min_max_scaler(X, low=1, high=1),
            "high must be at most 1e\\+290 and above 1",
        ),
        (lambda X: largest_z(1), "n must be at least 2"),
    ],
)
def test_choices_and_numbers(fit, says):
    with pytest.raises(ValueError, match=says):
        fit([[1], [2]])


@pytest.mark.parametrize("fit", [fit_category_imputer, fit_one_hot, fit_ordinal])
@pytest.mark.parametrize(
    ("X", "says"),
    [
        (["a", "b"], r"X must have shape \(n_samples, n_columns\), got \(2,\)"),
        ([[1.5], [2.0]], "X must hold strings, integers or truth values, got 1.5"),
        ([["a"], [3]], "one kind of category in each column, got int, str in column 0"),
        ([[1], [True]], "one kind of category in each column, got bool, int in column 0"),
        (np.zeros((0, 2), dtype=object), "X must hold at least one category"),
    ],
)
def test_tables_that_hold_no_categories(fit, X, says):
    with pytest.raises(ValueError, match=says):
        fit(X)


@pytest.mark.parametrize("fit", [fit_one_hot, fit_ordinal])
def test_missing_categories_are_filled_first(fit):
    with pytest.raises(ValueError, match="no missing category, got column 0, 1 with some"):
        fit(GAPS)
    with pytest.raises(ValueError, match="no missing category, got column 1 with some"):
        fit(FRUIT).transform(np.array([["apple", None]], dtype=object))


def test_unknown_levels_are_refused_by_name():
    for fitted in (fit_one_hot(FRUIT), fit_ordinal(FRUIT)):
        with pytest.raises(ValueError, match="the levels 'x', 'y' in column 1, got 'z'"):
            fitted.transform([["apple", "z"]])


def test_zeros_would_be_the_dropped_level():
    with pytest.raises(ValueError, match="unknown must be 'refuse' with drop_first"):
        fit_one_hot(FRUIT, drop_first=True, unknown="zeros")


def test_own_levels_are_new_and_of_one_kind():
    with pytest.raises(ValueError, match="level must be new, got 'a', which column 0 has"):
        fit_category_imputer(GAPS, level="a")
    with pytest.raises(ValueError, match="level must be of the kind of each column, got 'missing'"):
        fit_category_imputer([[1], [None]])
    with pytest.raises(ValueError, match="X must hold a category in each column, got none in 0"):
        fit_category_imputer([[None], [None]], by="mode")
    assert fit_category_imputer([[None], [None]]).fills == ("missing",)


@pytest.mark.parametrize(
    ("orders", "says"),
    [
        ([["apple", "banana"]], "orders must be 2, one for each column, got 1"),
        ([["apple", "apple"], ["x", "y"]], "orders must hold each level once"),
        ([["apple", "banana"], ["x", "y"]], "in column 0, got 'orange'"),
    ],
)
def test_orders_that_do_not_fit(orders, says):
    with pytest.raises(ValueError, match=says):
        fit_ordinal(FRUIT, orders=orders)
