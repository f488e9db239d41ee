"""What the page about Fisher's discriminant types, held against components and other libraries."""

import numpy as np
import pytest
import scipy.linalg
from scipy import stats
from scipy.spatial import distance
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from unrolled.foundations import fisher

MANY = pytest.mark.parametrize(
    ("sizes", "n_dims"), [((2, 3, 5), 3), ((7, 3, 4, 5), 2), ((3, 11), 5)]
)
TWO = pytest.mark.parametrize(("sizes", "n_dims"), [((5, 7), 3), ((11, 4), 2), ((3, 13), 5)])


class Classes:
    """Points of some classes, with their scatter by NumPy's covariances."""

    def __init__(self, sizes, n_dims):
        rng = np.random.default_rng(7)
        self.clouds = [rng.normal(size=(size, n_dims)) + 2 * rng.normal(size=n_dims)
                       for size in sizes]  # fmt: skip
        self.sizes = dict(enumerate(sizes))
        self.points, self.labels = np.vstack(self.clouds), np.repeat(range(len(sizes)), sizes)
        self.means = {c: cloud.mean(axis=0) for c, cloud in enumerate(self.clouds)}
        self.within = sum(np.cov(cloud.T, bias=True) * len(cloud) for cloud in self.clouds)
        means = np.array([*self.means.values()])
        self.between = np.cov(means.T, aweights=sizes, ddof=0) * len(self.points)
        self.total = np.cov(self.points.T, bias=True) * len(self.points)
        self.directions = rng.normal(size=(3, n_dims))

    def members(self):
        """Return the classes as sets of the numbers of their points, from one."""
        return [frozenset((np.flatnonzero(self.labels == c) + 1).tolist()) for c in self.sizes]

    def matrices(self, *which):
        scatter = {"S_W": self.within, "S_B": self.between, "S_T": self.total}
        return {name: scatter[name] for name in which}


def criterion(classes, points=None):
    """Return Fisher's criterion by SciPy's analysis of variance, without its degrees of freedom."""
    points = classes.points if points is None else points
    n_classes, n = len(classes.sizes), len(points)

    def of(w):
        projections = [(points @ w)[classes.labels == c] for c in range(n_classes)]
        return stats.f_oneway(*projections).statistic * (n_classes - 1) / (n - n_classes)

    return of


def spread_of_projections(classes):
    """Return the same from projections one by one, also for complex directions."""

    def of(w):
        projections = [cloud @ w for cloud in classes.clouds]
        middle = np.concatenate(projections).mean()
        between = sum(len(z) * (z.mean() - middle) ** 2 for z in projections)
        return between / sum(((z - z.mean()) ** 2).sum() for z in projections)

    return of


def around(points, centre, weights=None):
    """Return the scatter around any place: that around the mean, and what the way there adds."""
    points = np.asarray(points)
    weights = np.ones(len(points)) if weights is None else np.asarray(weights)
    off = np.average(points, axis=0, weights=weights) - centre
    return sum(weights) * (np.cov(points.T, aweights=weights, ddof=0) + np.outer(off, off))


@pytest.mark.equation("scatter-matrices")
@pytest.mark.parametrize("moved", [0, 1])  # around the means, and around places beside them
@MANY
def test_scatter_is_a_sum_of_squares_and_products(evidence, sizes, n_dims, moved):
    classes = Classes(sizes, n_dims)
    shifts = moved * np.random.default_rng(13).normal(size=(len(sizes) + 1, n_dims))
    middle = classes.points.mean(axis=0) + shifts[-1]
    centres = np.array([*classes.means.values()]) + shifts[:-1]
    members = classes.members()
    evidence.evaluates(
        {
            "S_W": sum(map(around, classes.clouds, centres)),
            "S_B": around(centres, middle, sizes),
            "S_T": around(classes.points, middle),
            "x_i": lambda i: classes.points[i - 1],
            "n_c": dict(zip(members, sizes, strict=True)),
            "m_c": dict(zip(members, centres, strict=True)),
            "m": middle,
        },
        ranges={"c": members, "i": range(1, len(classes.points) + 1)},
        witness="NumPy's covariances",
        within=1e-12,
    )
    ours = fisher.scatter(classes.points, classes.labels)
    mine = [ours.within, ours.between, ours.total]
    theirs = [classes.within, classes.between, classes.total]
    evidence.agrees(mine, theirs, witness="NumPy's covariances", within=1e-13)


@pytest.mark.equation("scatter-sum")
@MANY
def test_scatter_within_and_between_add_up(evidence, sizes, n_dims):
    evidence.evaluates(
        Classes(sizes, n_dims).matrices("S_W", "S_B", "S_T"),
        witness="NumPy's covariances",
        within=1e-13,
    )


@pytest.mark.equation("fisher-criterion")
@MANY
def test_criterion_is_the_spread_of_the_projections(evidence, sizes, n_dims):
    classes = Classes(sizes, n_dims)
    for w in classes.directions:
        projections = classes.points @ w
        evidence.evaluates(
            {
                "J": criterion(classes),
                **classes.matrices("S_B", "S_W"),
                "w": w,
                "z_i": lambda i, z=projections: z[i - 1],
                r"\mu": projections.mean(),
                r"\mu_c": lambda c, z=projections: np.mean([z[i - 1] for i in c]),
                "n_c": {members: len(members) for members in classes.members()},
            },
            ranges={"c": classes.members()},
            witness="SciPy's analysis of variance",
            within=1e-12,
        )
    ours = fisher.fisher_criterion(classes.directions, classes.points, classes.labels)
    theirs = [criterion(classes)(w) for w in classes.directions]
    evidence.agrees(ours, theirs, witness="SciPy's analysis of variance", within=1e-12)


@pytest.mark.equation("fisher-total")
@MANY
def test_total_scatter_ranks_directions_alike_with_another_value(evidence, sizes, n_dims):
    classes = Classes(sizes, n_dims)
    evidence.evaluates(
        {"J": criterion(classes), **classes.matrices("S_B", "S_T")},
        at={"w": classes.directions},
        witness="SciPy's analysis of variance, and NumPy's covariances",
        within=1e-12,
    )
    theirs = scipy.linalg.eigh(classes.between, classes.total, eigvals_only=True)[::-1]
    ratios = fisher.fisher(classes.points, classes.labels).ratios
    theirs = theirs[: len(ratios)]
    evidence.agrees(ratios / (1 + ratios), theirs, witness="SciPy", within=1e-12)


@pytest.mark.equation("fisher-invariance")
@MANY
def test_mixed_features_change_no_value_of_the_criterion(evidence, sizes, n_dims):
    classes = Classes(sizes, n_dims)
    mix = np.random.default_rng(11).normal(size=(n_dims, n_dims))
    evidence.evaluates(
        {"J": criterion(classes), "J_{Ax}": criterion(classes, classes.points @ mix.T), "A": mix},
        at={"w": classes.directions},
        witness="SciPy's analysis of variance of the mixed points",
        within=1e-11,
    )


@pytest.mark.parametrize(
    "label",
    [
        pytest.param(label, marks=pytest.mark.equation(label))
        for label in ("fisher-quotient-rule", "fisher-gradient")
    ],
)
@MANY
def test_gradient_follows_by_the_quotient_rule(evidence, label, sizes, n_dims):
    classes = Classes(sizes, n_dims)
    for w in classes.directions:
        evidence.evaluates(
            {"J": spread_of_projections(classes), **classes.matrices("S_B", "S_W"), "w": w},
            witness="complex steps through the projection of every point",
            within=1e-12,
        )


@pytest.mark.equation("fisher-eigen")
@MANY
def test_gradient_is_zero_where_the_eigenproblem_is_solved(evidence, sizes, n_dims):
    classes = Classes(sizes, n_dims)
    found = fisher.fisher(classes.points, classes.labels)
    evidence.evaluates(
        classes.matrices("S_B", "S_W"),
        at=[{"w": w, r"\lambda": criterion(classes)(w)} for w in found.directions],
        witness="the book's own fisher, and the criterion by SciPy's analysis of variance",
        within=1e-12,
    )
    values, vectors = scipy.linalg.eigh(classes.between, classes.within)
    evidence.agrees(found.ratios, values[::-1][: len(found.ratios)], witness="SciPy", within=1e-12)
    for ours, theirs in zip(found.directions, vectors.T[::-1], strict=False):
        along = abs(ours @ theirs) / np.linalg.norm(ours) / np.linalg.norm(theirs)
        evidence.agrees(along, 1.0, witness="SciPy", within=1e-13)
        slope = central_differences(criterion(classes), ours / np.linalg.norm(ours))
        evidence.agrees(1 + slope, np.ones(n_dims), witness="central differences", within=1e-7)


@pytest.mark.equation("between-two")
@TWO
def test_two_classes_have_one_direction_between_them(evidence, sizes, n_dims):
    classes = Classes(sizes, n_dims)
    evidence.evaluates(
        {**classes.matrices("S_B"), "n_c": classes.sizes, "n": sum(sizes), "m_c": classes.means},
        witness="NumPy's covariance of the class means, weighted by their sizes",
        within=1e-13,
    )


@pytest.mark.equation("fisher-direction")
@TWO
def test_closed_form_solves_the_eigenproblem(evidence, sizes, n_dims):
    classes = Classes(sizes, n_dims)
    evidence.evaluates(
        {**classes.matrices("S_W"), "w": best_direction(classes), "m_c": classes.means},
        witness="scikit-learn's LinearDiscriminantAnalysis",
        within=1e-12,
    )
    ours = fisher.fisher(classes.points, classes.labels).directions[0]
    theirs = best_direction(classes)
    theirs *= np.linalg.norm(ours) / np.linalg.norm(theirs) * np.sign(ours @ theirs)
    evidence.agrees(ours, theirs, witness="scikit-learn", within=1e-12)


@pytest.mark.equation("fisher-maximum")
@TWO
def test_largest_value_is_a_squared_distance(evidence, sizes, n_dims):
    classes = Classes(sizes, n_dims)
    pooled = sum(np.cov(cloud.T) * (len(cloud) - 1) for cloud in classes.clouds) / (sum(sizes) - 2)
    apart = distance.mahalanobis(*classes.means.values(), np.linalg.inv(pooled))
    anywhere = np.random.default_rng(7).normal(size=(200, n_dims))
    evidence.evaluates(
        {
            "J": criterion(classes),
            **classes.matrices("S_W"),
            "n_c": classes.sizes,
            "n": sum(sizes),
            "m_c": classes.means,
            r"\Delta": apart,
        },
        ranges={"w": [best_direction(classes), *anywhere]},
        witness="SciPy's distance of Mahalanobis, and many directions beside scikit-learn's",
        within=1e-12,
    )
    ours = fisher.fisher(classes.points, classes.labels).ratios[0]
    theirs = criterion(classes)(best_direction(classes))
    evidence.agrees(ours, theirs, witness="SciPy and scikit-learn", within=1e-12)


@pytest.mark.equation("fisher-bayes")
@pytest.mark.parametrize("n_dims", [2, 3])
def test_odds_of_two_normal_classes_are_a_straight_line(evidence, n_dims):
    rng = np.random.default_rng(7)
    root = rng.normal(size=(n_dims, n_dims))
    covariance, means = root @ root.T, rng.normal(size=(2, n_dims))
    evidence.evaluates(
        {
            "p_c": {c: stats.multivariate_normal(m, covariance).pdf for c, m in enumerate(means)},
            "m_c": dict(enumerate(means)),
            r"\Sigma": covariance,
        },
        at={"x": rng.normal(size=(3, n_dims))},
        witness="SciPy's normal densities",
        within=1e-12,
    )


def best_direction(classes):
    """Return the normal of scikit-learn's plane, which divides the scatter within by n."""
    model = LinearDiscriminantAnalysis(solver="lsqr").fit(classes.points, classes.labels)
    return model.coef_[0] / len(classes.points)


def central_differences(function, at, step=1e-5):
    """Return central differences of a function of a few numbers."""
    steps = step * np.eye(len(at))
    return np.array([(function(at + h) - function(at - h)) / (2 * step) for h in steps])
