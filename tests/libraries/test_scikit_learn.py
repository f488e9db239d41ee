"""What the pages say of scikit-learn, run on the version that is locked."""

import time
import warnings

import numpy as np
import pytest
import scipy.sparse
from sklearn import metrics
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA, IncrementalPCA, TruncatedSVD
from sklearn.discriminant_analysis import (
    LinearDiscriminantAnalysis,
    QuadraticDiscriminantAnalysis,
)
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.exceptions import ConvergenceWarning, UndefinedMetricWarning
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression, Perceptron, RidgeCV
from sklearn.manifold import TSNE, Isomap, _t_sne
from sklearn.metrics import log_loss
from sklearn.metrics.pairwise import cosine_similarity
from sklearn.model_selection import (
    FixedThresholdClassifier,
    GridSearchCV,
    GroupKFold,
    KFold,
    StratifiedKFold,
    TimeSeriesSplit,
    TunedThresholdClassifierCV,
    cross_validate,
)
from sklearn.neighbors import KDTree, KNeighborsRegressor, NeighborhoodComponentsAnalysis
from sklearn.neural_network import BernoulliRBM, MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    MinMaxScaler,
    OneHotEncoder,
    OrdinalEncoder,
    RobustScaler,
    StandardScaler,
)
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils.class_weight import compute_sample_weight

TINY = 1e-9
THIN = np.array([[1, 1], [-1, -1], [TINY, -TINY], [-TINY, TINY]])


@pytest.fixture
def rng():
    return np.random.default_rng(11)


@pytest.fixture
def two_classes(rng):
    labels = np.repeat([0, 1], [30, 47])
    return rng.normal(size=(77, 5)) @ rng.normal(size=(5, 5)) + labels[:, None], labels


@pytest.mark.library("pca-forms-covariance")
def test_pca_forms_the_covariance_matrix_where_rows_are_many_and_columns_few():
    many = np.tile(THIN, (10, 1))
    wanted = 40 * TINY**2 / 39
    default, full = PCA().fit(many), PCA(svd_solver="full").fit(many)
    assert not np.isclose(default.explained_variance_[1], wanted, rtol=0.5, atol=0)
    assert np.isclose(full.explained_variance_[1], wanted, rtol=1e-6, atol=0)
    few = PCA().fit(THIN)  # fewer than ten rows a column
    assert np.isclose(few.explained_variance_[1], 4 * TINY**2 / 3, rtol=1e-6, atol=0)


@pytest.mark.library("pca-on-digits")
def test_pca_takes_the_covariance_matrix_of_the_digits():
    images = load_digits().data
    chosen, named = PCA().fit(images), PCA(svd_solver="covariance_eigh").fit(images)
    assert np.array_equal(chosen.explained_variance_, named.explained_variance_)


@pytest.mark.library("pca-keeps-a-share")
def test_a_share_in_place_of_a_number_keeps_as_few_components_as_reach_it(rng):
    points = rng.normal(size=(50, 7)) * np.arange(1, 8)
    kept = PCA(n_components=0.9).fit(points).explained_variance_ratio_
    assert kept.sum() >= 0.9 > kept[:-1].sum()


@pytest.mark.library("pca-takes-sparse-tables")
def test_pca_centres_a_sparse_table_and_truncated_svd_does_not(rng):
    table = scipy.sparse.random_array((60, 13), density=0.2, rng=rng, format="csr")
    dense = PCA(3, svd_solver="full").fit(table.toarray())
    sparse = PCA(3, svd_solver="arpack", random_state=0).fit(table)
    assert np.allclose(sparse.explained_variance_, dense.explained_variance_, rtol=1e-9)
    uncentred = TruncatedSVD(3, algorithm="arpack", random_state=0).fit(table)
    values = np.linalg.svd(table.toarray(), compute_uv=False)[:3]
    assert np.allclose(uncentred.singular_values_, values, rtol=1e-9)
    assert not np.allclose(uncentred.singular_values_, dense.singular_values_, rtol=0.1)


@pytest.mark.library("pca-in-parts")
def test_incremental_pca_takes_the_points_in_parts(rng):
    points = rng.normal(size=(60, 5)) * [5, 4, 3, 2, 1]
    parts = IncrementalPCA(5)
    for part in np.split(points, 3):
        parts.partial_fit(part)
    assert np.allclose(parts.explained_variance_, PCA().fit(points).explained_variance_)


@pytest.mark.library("scaler-divides-by-n")
def test_the_scaler_divides_by_n(rng):
    points = rng.normal(size=(7, 3))
    assert np.allclose(StandardScaler().fit(points).var_, points.var(axis=0, ddof=0))


@pytest.mark.library("knn-distance-weights")
def test_weights_by_distance_pass_through_every_training_target(rng):
    x, fine = np.linspace(0, 1, 101)[:, None], np.linspace(0, 1, 2001)[:, None]
    truth = np.sin(2 * np.pi * x[:, 0])
    answers = truth + rng.normal(0, 0.3, (200, 101))
    far, at_points, rough = {}, {}, {}
    for weights in ("uniform", "distance"):
        model = KNeighborsRegressor(15, weights=weights)
        fits = np.array([model.fit(x, y).predict(fine) for y in answers])
        at_points[weights] = np.abs(fits[:, ::20] - answers).max()
        far[weights] = fits.var(axis=0).mean()
        rough[weights] = np.abs(np.diff(fits)).sum(axis=1).mean()
    assert at_points["distance"] < 1e-12 < at_points["uniform"]
    assert far["distance"] > 2 * far["uniform"]
    assert rough["distance"] > 5 * rough["uniform"]


@pytest.mark.library("nca-takes-classes")
def test_the_learnt_distance_takes_classes_and_no_numbers(rng):
    points, labels = rng.normal(size=(30, 3)), np.arange(30) % 2
    NeighborhoodComponentsAnalysis(2, random_state=0, max_iter=5).fit(points, labels)
    with pytest.raises(ValueError, match="Unknown label type"):
        NeighborhoodComponentsAnalysis(2, random_state=0).fit(points, rng.normal(size=30))


@pytest.mark.library("least-squares-shortest")
def test_least_squares_without_enough_rows_gives_the_shortest_solution(rng):
    table, targets = rng.normal(size=(7, 11)), rng.normal(size=7)
    fit = LinearRegression().fit(table, targets)  # a warning would be an error
    assert np.allclose(fit.predict(table), targets)
    centred = table - table.mean(axis=0)
    assert np.allclose(fit.coef_, np.linalg.pinv(centred) @ (targets - targets.mean()))


@pytest.mark.library("ridge-leaves-one-out")
def test_ridge_chooses_by_leaving_single_points_out(rng):
    table, targets = rng.normal(size=(23, 3)), rng.normal(size=23)
    means = []
    for penalty in (0.1, 10):
        squares = []
        for i in range(23):
            rest = np.arange(23) != i
            known, middle = table[rest] - table[rest].mean(axis=0), targets[rest].mean()
            inner = known.T @ known + penalty * np.eye(3)
            w = np.linalg.solve(inner, known.T @ (targets[rest] - middle))
            guess = middle + (table[i] - table[rest].mean(axis=0)) @ w
            squares.append((targets[i] - guess) ** 2)
        means.append(np.mean(squares))
    best = RidgeCV([0.1, 10]).fit(table, targets)
    assert np.isclose(-best.best_score_, min(means))
    assert best.alpha_ == (0.1, 10)[int(np.argmin(means))]


@pytest.mark.library("folds-of-whole-groups")
def test_folds_of_groups_leave_no_group_on_both_sides(rng):
    groups = rng.integers(0, 11, 60)
    for rest, fold in GroupKFold(3).split(np.zeros((60, 1)), groups=groups):
        assert not {*groups[rest]} & {*groups[fold]}


@pytest.mark.library("lda-solvers")
def test_lsqr_decides_and_does_not_project_and_svd_does_not_shrink(two_classes):
    lsqr = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=0.3).fit(*two_classes)
    lsqr.predict(two_classes[0])
    with pytest.raises(NotImplementedError):
        lsqr.transform(two_classes[0])
    eigen = LinearDiscriminantAnalysis(solver="eigen", shrinkage=0.3).fit(*two_classes)
    assert eigen.transform(two_classes[0]).shape == (77, 1)
    with pytest.raises(NotImplementedError):
        LinearDiscriminantAnalysis(solver="svd", shrinkage=0.3).fit(*two_classes)
    odds = [
        LinearDiscriminantAnalysis(priors=shares).fit(*two_classes).intercept_[0]
        for shares in (None, [0.9, 0.1])
    ]
    assert np.isclose(odds[1] - odds[0], np.log(0.1 / 0.9) - np.log(47 / 30))


@pytest.mark.library("lda-shrinks-the-total")
def test_eigen_shrinks_the_total_scatter_too(two_classes):
    points, labels = two_classes

    def shrunk(rows):
        s = np.cov(rows.T, bias=True)
        return 0.7 * s + 0.3 * np.trace(s) / 5 * np.eye(5)

    shares = np.bincount(labels) / len(labels)
    within = sum(p * shrunk(points[labels == c]) for c, p in enumerate(shares))
    between = shrunk(points) - within
    found = LinearDiscriminantAnalysis(solver="eigen", shrinkage=0.3).fit(points, labels)
    w = found.scalings_[:, 0]
    ratio = (w @ between @ w) / (w @ within @ w)
    assert np.allclose(between @ w, ratio * within @ w)
    means = np.array([points[labels == c].mean(axis=0) for c in (0, 1)])
    direct = np.linalg.solve(within, means[1] - means[0])  # what `lsqr` finds
    lsqr = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=0.3).fit(points, labels)
    assert abs(cosine_similarity([direct], lsqr.coef_)[0, 0]) > 1 - 1e-12
    assert abs(cosine_similarity([w], [direct])[0, 0]) < 1 - 1e-6


@pytest.mark.library("lda-with-few-points")
def test_with_fewer_points_than_features_the_classes_of_the_training_set_are_lost(rng):
    labels, shares = np.arange(20) % 2, []
    for _ in range(20):
        points = rng.normal(size=(20, 50))
        model = LinearDiscriminantAnalysis().fit(points, labels)  # a warning would be an error
        shares.append(model.score(points, labels))
        centred = points - points.mean(axis=0)
        w = np.linalg.pinv(centred) @ (labels - labels.mean())
        assert np.array_equal(centred @ w > 0, labels == 1)  # an axis that has them all right
    assert np.mean(shares) < 0.9


@pytest.mark.library("cosine-of-scipy")
def test_one_library_gives_the_cosine_and_the_other_one_less_it():
    from scipy.spatial.distance import cosine

    u, v = [3.0, 4.0], [4.0, 3.0]
    assert np.isclose(cosine_similarity([u], [v])[0, 0], 24 / 25)
    assert np.isclose(cosine(u, v), 1 - 24 / 25)


@pytest.mark.library("histograms-allocate-every-cell")
def test_histograms_of_many_axes_allocate_every_cell():
    from scipy.stats import binned_statistic_dd

    points = np.full((2, 5), 0.5)
    cube = {"bins": 4, "range": [(0, 1)] * 5}
    assert np.histogramdd(points, **cube)[0].shape == (4,) * 5
    assert binned_statistic_dd(points, [1.0, 2.0], **cube).statistic.shape == (4,) * 5


@pytest.mark.library("trees-of-neighbours")
def test_a_tree_of_neighbours_spares_work_where_points_spread_in_few_directions(rng):
    def compared(points):
        tree = KDTree(points[:5000])
        tree.reset_n_calls()
        tree.query(points[5000:], k=1)
        return tree.get_n_calls() / (20 * 5000)

    plane, tilted = rng.random((5020, 2)), np.linalg.qr(rng.normal(size=(1000, 2)))[0]
    assert compared(plane) < 0.05
    assert compared(plane @ tilted.T) < 0.05
    assert compared(rng.random((5020, 50))) > 0.99


@pytest.mark.library("tsne-defaults")
def test_tsne_exaggerates_twelvefold_and_starts_from_principal_components():
    model = TSNE()
    assert (model.early_exaggeration, model.init, model.method) == (12, "pca", "barnes_hut")
    assert TSNE._EXPLORATION_MAX_ITER == 250

    places = []

    def one_steady_slope_and_one_that_alternates(place, **_):
        places.append(place.copy())
        return 0.0, np.array([1.0, (-1.0) ** len(places)])

    _t_sne._gradient_descent(
        one_steady_slope_and_one_that_alternates, np.zeros(2), 0, 20, momentum=0, learning_rate=1
    )
    steady, alternating = np.abs(places[-1] - places[-2])
    assert steady > 10 * alternating, "each coordinate has a step size of its own"


@pytest.mark.library("tsne-without-transform")
def test_tsne_has_no_rule_for_new_points():
    assert not hasattr(TSNE, "transform")


@pytest.mark.library("time-series-split-gap")
def test_a_gap_leaves_rows_out_between_what_is_learnt_and_what_is_asked():
    splits = list(TimeSeriesSplit(3, gap=2).split(np.arange(20)))
    assert [asked[0] - learnt[-1] for learnt, asked in splits] == [3, 3, 3]


@pytest.mark.library("shares-by-tfidf")
def test_tfidf_without_idf_gives_shares_and_the_regression_one_number_a_token():
    texts = ["good good bad", "bad", "not good", "not bad good good"]
    words = TfidfVectorizer(use_idf=False, norm="l1")
    shares = words.fit_transform(texts).toarray()
    assert list(words.get_feature_names_out()) == ["bad", "good", "not"]
    np.testing.assert_allclose(shares[0], [1 / 3, 2 / 3, 0], rtol=1e-15)
    np.testing.assert_allclose(shares.sum(axis=1), 1, rtol=1e-15)
    model = LogisticRegression().fit(shares, [1, 0, 0, 1])
    logits = model.intercept_ + (shares * model.coef_).sum(axis=1)
    np.testing.assert_allclose(model.decision_function(shares), logits, rtol=1e-12)
    with_pairs = TfidfVectorizer(use_idf=False, norm="l1", ngram_range=(1, 2)).fit(texts)
    assert {"not good", "good bad", "not"} <= set(with_pairs.get_feature_names_out())


@pytest.mark.library("log-loss-clips")
def test_log_loss_of_an_excluded_class_is_finite():
    step = np.finfo(np.float64).eps
    assert log_loss([1], [[1.0, 0.0]], labels=[0, 1]) == pytest.approx(-np.log(step), rel=1e-12)
    mean = -np.log([0.5, 0.9]).sum() / 2
    assert log_loss([0, 1], [[0.5, 0.5], [0.1, 0.9]]) == pytest.approx(mean, rel=1e-12)  # in nats


@pytest.mark.library("isomap-all-distances")
def test_isomap_keeps_the_distance_of_each_two_points(rng):
    for n_points in (31, 47):
        fitted = Isomap(n_neighbors=5).fit(rng.normal(size=(n_points, 3)))
        assert fitted.dist_matrix_.shape == (n_points, n_points)


@pytest.mark.library("truncated-svd-scaled")
def test_truncated_svd_takes_a_sparse_matrix_and_returns_scaled_vectors(rng):
    matrix = rng.poisson(1, (31, 23)).astype(float)
    model = TruncatedSVD(3, algorithm="arpack", random_state=7)
    scaled = model.fit_transform(scipy.sparse.csr_array(matrix))
    left, values, right = np.linalg.svd(matrix)
    signs = np.sign((model.components_ * right[:3]).sum(axis=1))
    np.testing.assert_allclose(model.components_, signs[:, None] * right[:3], atol=1e-10)
    np.testing.assert_allclose(scaled, signs * left[:, :3] * values[:3], atol=1e-10)


@pytest.mark.library("imputer-drops-empty-columns")
@pytest.mark.parametrize("options", [{}, {"strategy": "constant", "fill_value": 5}])
def test_a_column_without_values_is_dropped_even_where_a_constant_would_fill_it(options):
    table = np.array([[1, np.nan], [2, np.nan]])
    with pytest.warns(UserWarning, match="Skipping features without any observed values"):
        assert SimpleImputer(**options).fit_transform(table).shape == (2, 1)
    kept = SimpleImputer(keep_empty_features=True, **options).fit_transform(table)
    assert kept[:, 1].tolist() == [options.get("fill_value", 0)] * 2


@pytest.mark.library("imputer-leaves-none")
def test_none_is_no_missing_value_by_default():
    table = np.array([["a"], [None], ["a"]], dtype=object)
    assert SimpleImputer(strategy="most_frequent").fit_transform(table)[1, 0] is None
    told = SimpleImputer(strategy="most_frequent", missing_values=None).fit_transform(table)
    assert told[1, 0] == "a"


@pytest.mark.library("encoder-unknown-is-dropped-level")
def test_an_unknown_category_is_written_as_the_dropped_one():
    encoder = OneHotEncoder(drop="first", handle_unknown="ignore", sparse_output=False)
    encoder.fit([["apple"], ["banana"], ["orange"]])
    with pytest.warns(UserWarning, match="will be encoded as all zeros"):
        apple, kiwi = encoder.transform([["apple"], ["kiwi"]])
    assert apple.tolist() == kiwi.tolist() == [0, 0]


@pytest.mark.library("scalers-constant-column")
def test_a_new_value_of_a_constant_column_passes_in_raw_units():
    for scaler in (StandardScaler(), MinMaxScaler(), RobustScaler()):
        found = scaler.fit([[5.0], [5.0]]).transform([[5.0], [1005.0]])
        assert found.ravel().tolist() == [0, 1000]


@pytest.mark.library("scalers-tiny-range")
def test_a_column_of_tiny_range_is_left_unscaled_by_two_scalers():
    tiny, small = np.array([[0.0], [1.0], [2.0]]) * 1e-15, np.array([[0.0], [1.0], [2.0]]) * 1e-14
    for scaler in (MinMaxScaler(), RobustScaler()):
        assert np.ptp(scaler.fit_transform(tiny)) < 1e-14
        assert np.ptp(scaler.fit_transform(small)) >= 1
    assert np.isclose(StandardScaler().fit_transform(tiny).std(), 1)


@pytest.mark.library("ordinal-sorts")
def test_ordinal_codes_follow_the_alphabet_unless_an_order_is_given():
    sizes = [["small"], ["large"], ["medium"]]
    assert OrdinalEncoder().fit_transform(sizes).ravel().tolist() == [2, 0, 1]
    order = OrdinalEncoder(categories=[["small", "medium", "large"]])
    assert order.fit_transform(sizes).ravel().tolist() == [0, 2, 1]


@pytest.mark.library("pipeline-fitted-in-each-fold")
def test_the_steps_of_a_pipeline_are_fitted_in_each_fold(two_classes):
    points, labels = two_classes
    chain = make_pipeline(StandardScaler(), LogisticRegression())
    folds = KFold(3)
    found = cross_validate(chain, points, labels, cv=folds, return_estimator=True)
    for fitted, (train, _) in zip(found["estimator"], folds.split(points), strict=True):
        np.testing.assert_allclose(fitted[0].mean_, points[train].mean(axis=0), rtol=1e-12)


@pytest.mark.library("balanced-weights")
def test_balanced_weights_give_each_class_the_same_total(rng):
    points, labels = rng.normal(size=(110, 3)), np.repeat([0, 1], [97, 13])
    weights = compute_sample_weight("balanced", labels)
    assert np.isclose(weights[labels == 0].sum(), weights[labels == 1].sum())
    by_class = LogisticRegression(class_weight="balanced", tol=1e-8).fit(points, labels)
    by_row = LogisticRegression(tol=1e-8).fit(points, labels, weights)
    assert np.allclose(by_class.coef_, by_row.coef_, rtol=1e-6)


@pytest.mark.library("fixed-threshold")
def test_a_fixed_threshold_moves_decisions_and_no_probability(rng):
    points, labels = rng.normal(size=(110, 3)), np.repeat([0, 1], [97, 13])
    model = LogisticRegression().fit(points, labels)
    moved = FixedThresholdClassifier(LogisticRegression(), threshold=0.1).fit(points, labels)
    chances = model.predict_proba(points)
    assert np.array_equal(moved.predict_proba(points), chances)
    assert np.array_equal(moved.predict(points), chances[:, 1] >= 0.1)
    assert moved.predict(points).sum() > model.predict(points).sum()


@pytest.mark.library("roc-curve-drops-points")
def test_the_curve_drops_points_of_straight_pieces(rng):
    labels = rng.permutation(np.repeat([0, 1], [47, 30]))
    scores = rng.normal(size=77) + labels
    kept = metrics.roc_curve(labels, scores, drop_intermediate=False)
    fewer = metrics.roc_curve(labels, scores)
    assert len(kept[2]) == 78 > len(fewer[2])
    assert set(fewer[2]) < set(kept[2])
    assert np.isclose(metrics.auc(*fewer[:2]), metrics.auc(*kept[:2]))


@pytest.mark.library("precision-recall-appends-a-point")
def test_the_last_point_of_precision_and_recall_has_no_threshold():
    precision, recall, thresholds = metrics.precision_recall_curve([0, 1, 0], [3, 2, 1])
    assert (precision[-1], recall[-1]) == (1, 0)
    assert len(thresholds) == len(precision) - 1
    assert precision[-2] == 0  # what is flagged first is negative


@pytest.mark.library("zero-denominators")
def test_rates_without_a_denominator_are_zero():
    labels, none = [0, 1, 1], [0, 0, 0]
    with pytest.warns(UndefinedMetricWarning):
        assert metrics.precision_score(labels, none) == 0
    assert np.isnan(metrics.precision_score(labels, none, zero_division=np.nan))
    assert metrics.matthews_corrcoef(labels, none) == 0  # a warning would be an error


@pytest.mark.library("one-class-alone")
def test_one_class_alone_has_no_area_and_an_average_precision_of_zero():
    with pytest.warns(UndefinedMetricWarning):
        assert np.isnan(metrics.roc_auc_score([0, 0, 0], [1, 2, 3]))
    with pytest.warns(UserWarning, match="No positive class"):
        assert metrics.average_precision_score([0, 0, 0], [1, 2, 3]) == 0


@pytest.mark.library("best-score-chose")
def test_the_best_score_is_the_mean_that_chose(two_classes):
    grid = GridSearchCV(LogisticRegression(), {"C": [0.01, 1]}, cv=3).fit(*two_classes)
    assert grid.best_score_ == max(grid.cv_results_["mean_test_score"])
    nested = cross_validate(grid, *two_classes, cv=3, return_estimator=True)
    assert all("C" in fitted.best_params_ for fitted in nested["estimator"])


@pytest.mark.library("calibrated-on-folds")
def test_a_calibrator_fits_a_logistic_curve_or_any_that_never_falls(rng):
    labels = rng.permutation(np.repeat([0, 1], [120, 90]))
    points = (rng.normal(size=210) + labels)[:, None]
    line = np.linspace(-3, 4, 500)[:, None]
    for method, flat in (("sigmoid", 0), ("isotonic", 100)):
        model = CalibratedClassifierCV(LogisticRegression(), method=method, cv=3)
        chances = model.fit(points, labels).predict_proba(line)[:, 1]
        assert (np.diff(chances) >= 0).all()
        assert (np.diff(chances) == 0).sum() >= flat
        assert flat or (np.diff(chances) > 0).all()
    assert len(model.calibrated_classifiers_) == 3


@pytest.mark.library("tuned-for-balanced-accuracy")
def test_a_tuned_threshold_is_the_best_for_balanced_accuracy(rng):
    labels = rng.permutation(np.repeat([0, 1], [190, 20]))
    points = (rng.normal(size=210) + 1.5 * labels)[:, None]
    model = TunedThresholdClassifierCV(LogisticRegression()).fit(points, labels)
    assert model.scoring == "balanced_accuracy"
    assert model.best_threshold_ < 0.3
    scored = [
        metrics.balanced_accuracy_score(labels, one.predict(points))
        for one in (model, model.estimator_)
    ]
    assert scored[0] > scored[1] + 0.1


@pytest.mark.library("stratified-folds-warn")
def test_a_class_with_fewer_rows_than_folds_is_missing_from_some():
    labels = np.repeat([0, 1], [17, 2])
    with pytest.warns(UserWarning, match="least populated class"):
        folds = [labels[test] for _, test in StratifiedKFold(5).split(labels, labels)]
    assert sum(1 in fold for fold in folds) == 2


@pytest.mark.library("paired-bootstrap")
def test_labels_and_scores_are_drawn_together(rng):
    from scipy.stats import bootstrap

    pairs = np.arange(7), np.arange(7) * 10

    def paired(first, second):
        assert np.array_equal(10 * first, second)
        return first.mean()

    bootstrap(pairs, paired, paired=True, n_resamples=20, vectorized=False, rng=rng)


@pytest.mark.library("trees-ties-by-chance")
def test_equal_splits_are_chosen_by_chance_unless_a_seed_is_given(rng):
    labels = np.arange(40) % 2
    table = np.column_stack([labels] * 5)  # five features that say the same

    def root(seed):
        return int(DecisionTreeClassifier(random_state=seed).fit(table, labels).tree_.feature[0])

    assert len({root(None) for _ in range(100)}) > 1
    assert len({root(seed) for seed in range(100)}) == 5
    assert len({root(3) for _ in range(10)}) == 1


@pytest.mark.library("trees-codes-are-numbers")
def test_a_tree_reads_codes_as_numbers_in_order_and_refuses_strings():
    codes = np.repeat([0, 1, 2, 3], 5)[:, None]
    tree = DecisionTreeClassifier(random_state=0).fit(codes, codes[:, 0] % 2)
    assert tree.get_n_leaves() == 4  # one question would do for a set of values
    with pytest.raises(ValueError, match="could not convert string to float"):
        DecisionTreeClassifier().fit([["red"], ["blue"]], [0, 1])


@pytest.mark.library("trees-read-32-bits")
def test_numbers_beyond_32_bits_are_the_same_to_a_tree():
    near = np.array([[1.0], [1.0 + 1e-9]] * 5)
    tree = DecisionTreeClassifier(random_state=0).fit(near, [0, 1] * 5)
    assert tree.get_n_leaves() == 1
    assert DecisionTreeClassifier().fit(near * 0 + [[1], [1.001]] * 5, [0, 1] * 5).get_depth() == 1


@pytest.mark.library("trees-prune-by-impurity")
def test_pruning_adds_up_the_impurities_of_the_leaves(rng):
    table, labels = rng.normal(size=(101, 3)), rng.integers(0, 2, 101)
    tree = DecisionTreeClassifier(random_state=0)
    path = tree.cost_complexity_pruning_path(table, labels)
    for alpha, cost in zip(path.ccp_alphas[1::5], path.impurities[1::5], strict=True):
        pruned = DecisionTreeClassifier(random_state=0, ccp_alpha=alpha + 1e-12)
        nodes = pruned.fit(table, labels).tree_
        leaves = nodes.children_left < 0
        mean = nodes.impurity[leaves] @ nodes.n_node_samples[leaves] / 101
        assert mean == pytest.approx(cost, abs=1e-12)


@pytest.mark.library("forest-takes-the-mean")
def test_a_forest_takes_the_mean_of_probabilities_and_no_vote(rng):
    table, labels = rng.normal(size=(101, 3)), rng.integers(0, 2, 101)
    forest = RandomForestClassifier(7, max_depth=2, random_state=0).fit(table, labels)
    each = np.array([tree.predict_proba(table) for tree in forest.estimators_])
    np.testing.assert_allclose(forest.predict_proba(table), each.mean(axis=0), rtol=1e-12)
    np.testing.assert_array_equal(forest.predict(table), each.mean(axis=0).argmax(axis=1))
    votes = (each[:, :, 1] > 0.5).sum(axis=0) > 3
    assert (forest.predict(table) != votes).any()


@pytest.mark.library("forest-adds-in-any-order")
def test_trees_that_are_ready_first_are_added_first(rng):
    table, labels = rng.normal(size=(307, 5)), rng.integers(0, 2, 307)
    forest = RandomForestClassifier(7, min_samples_leaf=3, random_state=0, n_jobs=2)
    alone = forest.fit(table, labels).set_params(n_jobs=1).predict_proba(table)
    forest.set_params(n_jobs=2)
    slow = forest.estimators_[0]
    answer = slow.predict_proba

    def late(*given, **options):
        time.sleep(0.3)
        return answer(*given, **options)

    slow.predict_proba = late  # as if another program had the processor
    other = forest.predict_proba(table)
    np.testing.assert_allclose(alone, other, rtol=1e-12)
    assert (alone != other).any()


@pytest.mark.library("forest-counts-rows-once")
def test_a_leaf_of_a_forest_counts_different_rows(rng):
    table, labels = rng.normal(size=(101, 3)), rng.integers(0, 2, 101)
    forest = RandomForestClassifier(7, min_samples_leaf=5, random_state=0).fit(table, labels)
    for tree in (each.tree_ for each in forest.estimators_):
        leaves = tree.children_left < 0
        assert tree.n_node_samples[leaves].min() >= 5  # rows
        assert tree.weighted_n_node_samples[0] == 101  # draws
        assert tree.n_node_samples[0] < 80
    repeated = DecisionTreeClassifier(min_samples_leaf=5).fit([[0.0]] * 5 + [[1.0]], [0] * 5 + [1])
    assert repeated.get_n_leaves() == 1


@pytest.mark.library("forest-weighs-draws")
def test_a_fraction_of_weight_in_a_leaf_is_one_of_the_draws(rng):
    table, labels = rng.normal(size=(101, 3)), rng.integers(0, 2, 101)
    forest = RandomForestClassifier(7, min_weight_fraction_leaf=5 / 101, random_state=0)
    leaves = [each.tree_ for each in forest.fit(table, labels).estimators_]
    leaves = [(tree, tree.children_left < 0) for tree in leaves]
    assert min(tree.weighted_n_node_samples[leaf].min() for tree, leaf in leaves) == 5  # draws
    assert min(tree.n_node_samples[leaf].min() for tree, leaf in leaves) < 5  # rows


@pytest.mark.library("forest-out-of-bag-score")
def test_the_score_out_of_bag_is_the_share_of_right_answers(rng):
    table, labels = rng.normal(size=(101, 3)), rng.integers(0, 2, 101)
    forest = RandomForestClassifier(50, oob_score=True, random_state=0).fit(table, labels)
    total = np.zeros((101, 2))
    for tree, drawn in zip(forest.estimators_, forest.estimators_samples_, strict=True):
        unseen = np.setdiff1d(np.arange(101), drawn)
        total[unseen] += tree.predict_proba(table[unseen])
    assert forest.oob_score_ == np.mean(total.argmax(axis=1) == labels)


@pytest.mark.library("qda-refuses-small-classes")
def test_quadratic_discriminants_take_a_small_class_with_shrinkage_and_refuse_a_single_row(rng):
    points, labels = rng.normal(size=(61, 7)), np.repeat([0, 1], [56, 5])
    for options in ({}, {"reg_param": 0.5}, {"solver": "eigen"}):
        with pytest.raises(np.linalg.LinAlgError, match="class 1 is not full rank"):
            QuadraticDiscriminantAnalysis(**options).fit(points, labels)
    shrunk = QuadraticDiscriminantAnalysis(solver="eigen", shrinkage=0.5)
    assert shrunk.fit(points, labels).score(points, labels) > 0.9
    with pytest.raises(ValueError, match="y has only 1 sample in class 1"):
        shrunk.fit(points[:57], labels[:57])


@pytest.mark.library("boosting-stops-early")
def test_boosting_keeps_a_validation_set_from_ten_thousand_rows_on(rng):
    table, labels = rng.normal(size=(10_001, 1)), rng.integers(0, 2, 10_001)
    for n, kept in ((10_000, False), (10_001, True)):
        model = HistGradientBoostingClassifier(max_iter=2).fit(table[:n], labels[:n])
        assert bool(len(model.validation_score_)) is kept


@pytest.mark.library("mlp-early-stopping-accuracy")
def test_a_perceptron_stops_by_its_training_loss_or_by_the_accuracy_of_a_tenth(rng):
    x = rng.normal(size=(230, 3))
    y = (x[:, 0] + rng.normal(size=230) > 0).astype(int)
    options = {"hidden_layer_sizes": (5,), "max_iter": 7, "random_state": 3}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        plain = MLPClassifier(**options).fit(x, y)
        early = MLPClassifier(**options, early_stopping=True).fit(x, y)
    assert not plain.early_stopping
    assert plain.validation_scores_ is None
    assert plain.best_loss_ == min(plain.loss_curve_)
    shares = np.array(early.validation_scores_) * 23
    np.testing.assert_allclose(shares, np.round(shares), atol=1e-9)
    assert (early.validation_fraction, early.best_loss_) == (0.1, None)
    assert early.best_validation_score_ == max(early.validation_scores_)


@pytest.mark.library("perceptron-options")
def test_the_perceptron_shuffles_adds_a_threshold_and_stops_without_complaint_on_xor():
    corners = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]])
    both, either = [-1, -1, -1, 1], [-1, 1, 1, -1]
    machine = Perceptron()
    assert (machine.shuffle, machine.fit_intercept, machine.tol) == (True, True, 1e-3)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        stopped = Perceptron().fit(corners, either)
        endless = Perceptron(tol=None, max_iter=50).fit(corners, either)
    assert stopped.n_iter_ < 20
    assert endless.n_iter_ == 50
    assert stopped.score(corners, either) < 1
    assert Perceptron(tol=None).fit(corners, both).score(corners, both) == 1


@pytest.mark.library("rbm-persistent-chains")
def test_a_boltzmann_machine_goes_on_from_the_states_that_its_last_batch_left(rng):
    states = rng.integers(0, 2, (20, 5)).astype(float)
    found = []
    for left in (0.0, 1.0):
        machine = BernoulliRBM(3, batch_size=20, n_iter=5, random_state=0).fit(states)
        assert set(np.unique(machine.h_samples_)) <= {0, 1}
        machine.components_ += 1  # so that it matters which hidden units are on
        machine.h_samples_[:] = left
        machine.partial_fit(states)
        found.append(machine.components_.copy())
    assert not np.array_equal(*found)
