"""How the functions of `unrolled.foundations` are tried."""

import itertools
import math
from decimal import Decimal
from functools import partial

import mpmath
import numpy as np

from extremes.exact import Exact, exact, total
from extremes.situations import PATTERNS, Table
from unrolled.foundations import (
    bias_variance,
    dimensions,
    distances,
    fisher,
    least_squares,
    neighbour_embedding,
    principal_components,
    regression,
)

TABLE = Table("unrolled.foundations", judged_as=np.float64)
add = TABLE.add
ONE_BY_ONE = (1, 100)
# Distances that agree to sixteen digits, or lie below the rounding of the largest coordinate, are
# equal to a float, and not to a witness.
COMPARABLE = tuple(pattern for pattern in PATTERNS if pattern != "mixed")
ONCE = {"patterns": ("1",), "long_patterns": ("1",), "dtypes": (np.float64,)}  # nothing is drawn
MIXED = ("* mixed *",)


def known(value, units=1.0):
    """A number of mpmath, of which a float may miss so many units of the last place."""
    with mpmath.workdps(40):
        value = mpmath.mpf(value)
        return Exact(Decimal(mpmath.nstr(value, 40)), rounding=float(abs(value)) * units)


def mp(number):
    """The very float in mpmath."""
    return mpmath.mpf(str(number.value)) if isinstance(number, Exact) else mpmath.mpf(float(number))


def objects(rows):
    return np.array(rows, object)


def mean(numbers):
    return total(numbers) / len(numbers)


def centred(columns):
    return columns - objects([mean(column) for column in columns.T])


# Bias and variance ---------------------------------------------------------------------------


@add("bias_variance.sine", lengths=ONE_BY_ONE)
def _(draw, n):
    def witness(x):
        with mpmath.workdps(60):
            return (
                objects([known(mpmath.sin(2 * mpmath.pi * (mp(v) % 1)), 0) for v in x])
                + exact(np.zeros(n)) * 1
                + objects([Exact(0, rounding=8.0)] * n)
            )

    return [draw(n)], bias_variance.sine, witness


def parts(bias, variance, noise):
    floor = exact(np.full(len(bias), noise)) ** 2
    return bias * bias, variance, floor, bias * bias + variance + floor


@add("bias_variance.decompose", may_refuse=("* 1",))
def _(draw, n):
    def witness(fits, truth):
        middle = objects([mean(column) for column in fits.T])
        variance = objects(
            [mean((column - m) ** 2) for column, m in zip(fits.T, middle, strict=True)]
        )
        return parts(middle - truth, variance, 0.5)

    def ours(fits, truth):
        return bias_variance.decompose(fits, truth, 0.5)

    return [draw(n, 2), draw(2)], ours, witness


@add("bias_variance.smoother_parts")
def _(draw, n):
    def witness(weights, truth_train, truth):
        variance = objects([total(row * row) for row in weights]) * 0.25
        return parts(weights @ truth_train - truth, variance, 0.5)

    def ours(weights, truth_train, truth):
        return bias_variance.smoother_parts(weights, truth_train, truth, 0.5)

    return [draw(2, n), draw(n), draw(2)], ours, witness


@add(
    *("bias_variance.knn_weights", "bias_variance.knn_predict", "bias_variance.knn_bias"),
    "bias_variance.knn_variance",
    patterns=COMPARABLE,
)
def _(draw, n):
    k = (n + 2) // 3

    def ours(points, answers, queries, truth):
        return (
            bias_variance.knn_weights(points, queries, k),
            bias_variance.knn_predict(points, answers, queries, k),
            bias_variance.knn_bias(points, answers, queries, truth, k),
            bias_variance.knn_variance(0.1, k),
        )

    def witness(points, answers, queries, truth):
        weights = []
        for query in queries:
            squares = [((point - query) ** 2).sum().value for point in points]
            nearest = sorted(range(n), key=lambda index: squares[index])[:k]
            weights.append([Exact(int(index in nearest)) / k for index in range(n)])
        predicted = objects(weights) @ answers
        return objects(weights), predicted, predicted - truth, Exact(0.1) ** 2 / k

    return [draw(n, 2), draw(n), draw(2, 2), draw(2)], ours, witness


@add("bias_variance.bagged_knn_predict", lengths=ONE_BY_ONE)
def _(draw, n):
    """Answers that are all alike are predicted by every bag."""

    def ours(points, queries, answer):
        answers = np.full((2, n), answer[0])
        rng = np.random.default_rng(7)
        return bias_variance.bagged_knn_predict(points, answers, queries, 1, n_bags=5, rng=rng)

    def witness(points, queries, answer):
        return objects([[answer[0] * 1] * 2] * 2)

    return [draw(n, 2), draw(2, 2), draw(1)], ours, witness


@add("bias_variance.bagged_neighbour_weights", **ONCE)
def _(draw, n):
    def witness():
        with mpmath.workdps(50):
            missed = [(mpmath.mpf(n - k) / n) ** n for k in range(n + 1)]
            pairs = itertools.pairwise(missed)
            return objects(
                [known(a - b, 0) + known(a, n) * 0 + Exact(0, float(a) * n) for a, b in pairs]
            )

    return [], lambda: bias_variance.bagged_neighbour_weights(n), witness


@add(
    "bias_variance.polynomial_weights",
    "bias_variance.polynomial_predict",
    lengths=(2, 100, 5000),
    patterns=("1e-30", "1e-19", "1", "1e15", "1e19", "1e30"),
)
def _(draw, n):
    """A straight line."""

    def ours(x_train, y_train):
        x = x_train[:2]
        return (
            bias_variance.polynomial_weights(x_train, x, 1),
            bias_variance.polynomial_predict(x_train, y_train, x, 1),
        )

    def witness(x_train, y_train):
        apart = x_train - mean(x_train)
        spread = total(apart * apart)
        weights = objects([[1 / Exact(n) + a * q / spread for a in apart] for q in apart[:2]])
        return weights, weights @ y_train

    return [draw(n), draw(n)], ours, witness


# Dimensions ----------------------------------------------------------------------------------

ELEVEN_DIGITS = 1e-11 / np.finfo(float).eps / 16

DIMS = {1: [1, 2, 3], 100: [100, 57], 5000: [5000, 10**6]}


def log_volume(dims, radius=1):
    half = mpmath.mpf(dims) / 2
    return half * mpmath.log(mpmath.pi) - mpmath.loggamma(half + 1) + dims * mpmath.log(radius)


def log_units(dims, radius=1):
    """What the terms of the logarithm of a volume come to: their rounding is that of the sum."""
    half = mpmath.mpf(dims) / 2
    return float(half * 2 + abs(mpmath.loggamma(half + 1)) + dims * abs(mpmath.log(radius)))


def of_dims(function, formula, units=4.0, at_least=1):
    """An entry of a function of nothing but the number of dimensions."""

    def build(draw, n):
        dims = np.array([d for d in DIMS[n] if d >= at_least])

        def witness():
            with mpmath.workdps(60):
                return objects([known(formula(mpmath.mpf(int(d))), units) for d in dims])

        return [], lambda: function(dims), witness

    return build


for name, formula in {
    "typical_cube_radius": lambda d: mpmath.sqrt(d / 12),
    "cube_diagonal": mpmath.sqrt,
    "enclosing_ball_diameter": lambda d: mpmath.sqrt(d) + 1,
    "middle_ball_diameter": lambda d: mpmath.sqrt(d) - 1,
    "angle_spread": lambda d: mpmath.sqrt(mpmath.psi(1, d / 2) / 2) if d > 1 else mpmath.pi / 2,
}.items():
    add(f"dimensions.{name}", **ONCE)(of_dims(getattr(dimensions, name), formula))


@add("dimensions.log_ball_volume", "dimensions.typical_pair_distance", may_refuse=("* zero *",))
def _(draw, n):
    dims = np.array(DIMS[n])

    def ours(radius):
        size = np.abs(radius)
        return (
            dimensions.log_ball_volume(dims, size),
            dimensions.typical_pair_distance(dims, size),
        )

    def witness(radius):
        logs, pairs = [], []
        with mpmath.workdps(60):
            for d, r in zip(dims, radius, strict=True):
                d, r = int(d), abs(mp(r))
                logs.append(known(log_volume(d, r), 0) + Exact(0, 4 * log_units(d, r)))
                pairs.append(known(r * mpmath.sqrt(2 * mpmath.mpf(d) / (d + 2)), 4))
        return objects(logs), objects(pairs)

    return [draw(len(dims))], ours, witness


def volumes(n, patterns):
    def build(draw, n=n):
        dims = np.array(DIMS[n])

        def ours(radius):
            return dimensions.ball_volume(dims, np.abs(radius))

        def witness(radius):
            with mpmath.workdps(60):
                pairs = [(int(d), abs(mp(r))) for d, r in zip(dims, radius, strict=True)]
                return objects(
                    [
                        known(mpmath.exp(log_volume(d, r)) if r else 0, 4 * log_units(d, r or 1))
                        for d, r in pairs
                    ]
                )

        return [draw(len(dims))], ours, witness

    return build


add("dimensions.ball_volume", lengths=(1,))(lambda draw, n: volumes(1, ())(draw))
add(
    "dimensions.ball_volume",
    lengths=(100, 5000),
    may_refuse=("* 1e*", "* mixed *", "* 5000"),
)(lambda draw, n: volumes(n, ())(draw))


@add("dimensions.log_ball_share_of_cube", **ONCE)
def _(draw, n):
    dims = np.array(DIMS[n])

    def witness():
        with mpmath.workdps(60):
            return objects(
                [
                    known(log_volume(int(d), 0.5), 0)
                    + Exact(0, 4 * log_units(int(d), 0.5) if d > 1 else 0)
                    for d in dims
                ]
            )

    return [], lambda: dimensions.log_ball_share_of_cube(dims), witness


@add("dimensions.ball_share_of_cube", may_refuse=("* 5000",), **ONCE)
def _(draw, n):
    dims = np.array(DIMS[n])

    def witness():
        with mpmath.workdps(60):
            shares = [mpmath.exp(log_volume(int(d), 0.5)) for d in dims]
            return objects(
                [
                    known(share, 4 * log_units(int(d), 0.5))
                    for d, share in zip(dims, shares, strict=True)
                ]
            )

    return [], lambda: dimensions.ball_share_of_cube(dims), witness


@add(
    "dimensions.log_middle_ball_share",
    "dimensions.middle_ball_share",
    may_refuse=("* 5000",),
    **ONCE,
)
def _(draw, n):
    dims = np.array([d for d in DIMS[n] if d > 1])

    def ours():
        return dimensions.log_middle_ball_share(dims), dimensions.middle_ball_share(dims)

    def witness():
        with mpmath.workdps(60):
            logs = []
            for d in map(int, dims):
                radius = (mpmath.sqrt(d) - 1) / 2
                units = log_units(d, radius) + d
                logs.append((log_volume(d, radius) - d * mpmath.log(2), units))
            return (
                objects([known(log, 0) + Exact(0, 8 * units) for log, units in logs]),
                objects([known(mpmath.exp(log), 8 * units) for log, units in logs]),
            )

    return [], ours, witness


@add("dimensions.log_middle_ball_share", **ONCE)
def _(draw, n):
    dims = np.array([d for d in DIMS[n] if d > 1])

    def witness():
        with mpmath.workdps(60):
            found = []
            for d in map(int, dims):
                radius = (mpmath.sqrt(d) - 1) / 2
                log = log_volume(d, radius) - d * mpmath.log(2)
                found.append(known(log, 0) + Exact(0, 8 * (log_units(d, radius) + d)))
            return objects(found)

    return [], lambda: dimensions.log_middle_ball_share(dims), witness


@add("dimensions.exceeds_stack", **ONCE)
def _(draw, n):
    dims = np.array([*DIMS[n], 9, 10])
    return [], lambda: dimensions.exceeds_stack(dims), lambda: dims > 9


@add(
    "dimensions.shell_share", may_refuse=("* 1e15 *", "* 1e19 *", "* 1e30 *", "* mixed *", "* 1 *")
)
def _(draw, n):
    dims = np.array(DIMS[n])

    def witness(thickness):
        with mpmath.workdps(400):
            return objects(
                [
                    known(1 - (1 - abs(mp(t))) ** int(d), 4)
                    for d, t in zip(dims, thickness, strict=True)
                ]
            )

    return [draw(len(dims))], lambda t: dimensions.shell_share(dims, np.abs(t)), witness


@add(
    "dimensions.shell_share",
    "dimensions.n_dims_for_shell_share",
    "dimensions.expected_empty_share",
    **ONCE,
)
def _(draw, n):
    """Certain and impossible shares, and those beside them."""
    thickness = [0.0, 5e-324, 1e-30, 0.5, 1 - 2**-53, 1.0]

    def ours():
        return (
            dimensions.shell_share(n, thickness),
            dimensions.n_dims_for_shell_share(1 - 2**-53, 1e-30),
            dimensions.n_dims_for_shell_share(1e-300, 1 - 2**-53),
            np.array([dimensions.expected_empty_share(n, cells) for cells in (1, 2, 10**400)]),
        )

    def witness():
        with mpmath.workdps(800):
            shares = [known(1 - (1 - mpmath.mpf(t)) ** n, 4) for t in thickness]
            wanted, eps = mpmath.mpf(repr(1 - 2**-53)), mpmath.mpf("1e-30")
            dims = int(mpmath.ceil(mpmath.log(1 - wanted) / mpmath.log(1 - eps)))
            empty = [known((1 - 1 / mpmath.mpf(cells)) ** n, 4) for cells in (1, 2, 10**400)]
        return objects(shares), np.array(dims), np.array(1), objects(empty)

    return [], ours, witness


@add("dimensions.angle_density", "dimensions.share_near_right_angle", **ONCE)
def _(draw, n):
    dims = max(2, n)
    angles = np.array([0.0, 1e-30, 1e-7, 0.3, 1.5, np.pi / 2])

    def ours():
        return (
            dimensions.angle_density(np.pi / 2 - angles, dims),
            dimensions.share_near_right_angle(dims, angles),
        )

    def witness():
        with mpmath.workdps(50):
            half = mpmath.mpf(dims) / 2
            peak = mpmath.gamma(half) / mpmath.gamma(half - 0.5) / mpmath.sqrt(mpmath.pi)
            density, shares = [], []
            for angle in angles:
                sine = mpmath.sin(mpmath.mpf(float(np.pi / 2 - angle)))
                value = peak * sine ** (dims - 2)
                density.append(known(value, ELEVEN_DIGITS + dims))
                within = mpmath.sin(mpmath.mpf(float(angle))) ** 2
                share = mpmath.betainc(0.5, half - 0.5, 0, within, regularized=True)
                shares.append(known(share, ELEVEN_DIGITS))
            return objects(density), objects(shares)

    return [], ours, witness


UNIT = ("* 1e15 *", "* 1e19 *", "* 1e30 *", "* mixed *", "* 1 *")  # beyond the unit cube


@add("dimensions.grid_cells", "dimensions.occupied_share", "dimensions.n_cells", may_refuse=UNIT)
def _(draw, n):
    def ours(points):
        size = np.abs(points)
        return (
            dimensions.grid_cells(size, 10),
            dimensions.occupied_share(size, 10),
            dimensions.n_cells(10, 2),
        )

    def witness(points):
        cells = [[min(int(abs(x).value * 10), 9) for x in point] for point in points]
        return np.array(cells), Exact(len(set(map(tuple, cells)))) / 100, np.array(100)

    return [draw(n, 2)], ours, witness


@add("dimensions.majority_by_cell", may_refuse=UNIT)
def _(draw, n):
    labels = np.arange(n) % 2

    def witness(points):
        found = np.full((2, 2), -1)
        votes = {}
        for point, label in zip(points, labels, strict=True):
            cell = tuple(min(int(abs(x).value * 2), 1) for x in point)
            votes.setdefault(cell, [0, 0])[label] += 1
        for cell, (zeros, ones) in votes.items():
            found[cell] = int(ones > zeros)
        return found

    return [draw(n, 2)], lambda p: dimensions.majority_by_cell(np.abs(p), labels, 2), witness


# Distances -----------------------------------------------------------------------------------


def length(vector):
    return total(vector * vector).sqrt()


@add("distances.distances_between")
def _(draw, n):
    def witness(u, v):
        return objects([length(a - b) for a, b in zip(u, v, strict=True)])

    return [draw(1, n), draw(1, n)], distances.distances_between, witness


@add("distances.angles_between", may_refuse=("* zero *",))
def _(draw, n):
    def witness(u, v):
        found = []
        with mpmath.workdps(150):
            for a, b in zip(u, v, strict=True):
                a, b = ([mp(x) for x in row] for row in (a, b))
                norms = mpmath.sqrt(mpmath.fdot(a, a) * mpmath.fdot(b, b))
                cosine = mpmath.fdot(a, b) / norms
                found.append(known(mpmath.acos(max(min(cosine, 1), -1)), 1) + Exact(0, 1.0))
        return objects(found)

    return [draw(1, n), draw(1, n)], distances.angles_between, witness


@add("distances.relative_contrast", may_refuse=("* zero *", "* equal *", "* mixed *"))
def _(draw, n):
    def witness(points, queries):
        found = []
        for query in queries:
            lengths = [length(point - query) for point in points]
            near, far = (choose(lengths, key=lambda x: x.value) for choose in (min, max))
            found.append((far - near) / near)
        return objects(found)

    return [draw(n, 2), draw(2, 2)], distances.relative_contrast, witness


# Fisher --------------------------------------------------------------------------------------


def classes_of(points):
    return points[::2], points[1::2]


def scatter_of(columns):
    apart = centred(columns)
    return objects([[total(a * b) for b in apart.T] for a in apart.T])


def inverse(matrix):
    (a, b), (c, d) = matrix
    return objects([[d, -b], [-c, a]]) / (a * d - b * c)


TOO_FEW = ("* 1", "* equal *", "* zero *", "* mixed *")


@add("fisher.scatter", may_refuse=("* 1",))
def _(draw, n):
    labels = np.arange(n) % 2

    def witness(points):
        groups = classes_of(points)
        middles = objects([[mean(column) for column in group.T] for group in groups])
        apart = middles - objects([mean(column) for column in points.T])
        between = sum(
            objects([[a * b * len(group) for b in row] for a in row])
            for group, row in zip(groups, apart, strict=True)
        )
        return sum(map(scatter_of, groups)), between, scatter_of(points), middles

    return [draw(n, 2)], lambda points: fisher.scatter(points, labels), witness


@add("fisher.fisher", "fisher.fisher_criterion", may_refuse=TOO_FEW)
def _(draw, n):
    labels = np.arange(n) % 2

    def ours(points, w):
        return fisher.fisher(points, labels), fisher.fisher_criterion(w, points, labels)

    def witness(points, w):
        groups = classes_of(points)
        within = sum(map(scatter_of, groups))
        middles = objects([[mean(column) for column in group.T] for group in groups])
        gap = middles[0] - middles[1]
        size = Exact(len(groups[0])) * len(groups[1]) / n
        direction = inverse(within) @ gap
        ratio = gap @ direction * size
        direction = direction / (direction @ within @ direction / (n - 2)).sqrt()
        if max(direction, key=abs) < 0:
            direction = -direction
        along = [(row @ gap) ** 2 * size / (row @ within @ row) for row in w]
        middle = objects([mean(column) for column in points.T])
        return middle, direction[None], objects([ratio]), objects(along)

    return [draw(n, 2), draw(3, 2)], ours, witness


# Least squares -------------------------------------------------------------------------------


def normal_equations(X):
    return objects([[total(a * b) for b in X.T] for a in X.T])


@add(
    *("least_squares.least_squares", "least_squares.predict", "least_squares.leverages"),
    "least_squares.coefficient_covariance",
    may_refuse=TOO_FEW,
)
def _(draw, n):
    def ours(X, y):
        fit = least_squares.least_squares(X, y)
        return (
            *fit,
            least_squares.predict(fit, X),
            least_squares.leverages(X),
            least_squares.coefficient_covariance(X, noise=0.5),
        )

    def witness(X, y):
        back = inverse(normal_equations(X))
        slopes = back @ objects([total(column * y) for column in X.T])
        hat = objects([row @ back @ row + Exact(0, rounding=1.0) for row in X])
        return slopes, Exact(0), X @ slopes, hat, back * 0.25

    return [draw(n, 2), draw(n)], ours, witness


@add("least_squares.least_squares", may_refuse=TOO_FEW)
def _(draw, n):
    def ours(x, y):
        return least_squares.least_squares(x[:, None], y, intercept=True)

    def witness(x, y):
        apart = x - mean(x)
        slope = total(apart * y) / total(apart * apart)
        return objects([slope]), mean(y) - slope * mean(x)

    return [draw(n), draw(n)], ours, witness


@add("least_squares.excess_error", "least_squares.break_even_coefficient", lengths=ONE_BY_ONE)
def _(draw, n):
    def ours(noise):
        size = np.abs(noise)
        return (
            least_squares.excess_error(n + 3, n, noise=size),
            least_squares.excess_error(n + 3, n, noise=size, intercept=True),
            least_squares.break_even_coefficient(n + 3, n, noise=size),
        )

    def witness(noise):
        variance, points = noise * noise, Exact(n + 3)
        return (
            variance * (Exact(n) / 2),
            variance * (1 / points + (1 + 1 / points) * n),
            objects([abs(x) for x in noise]) / Exact(2).sqrt(),
        )

    return [draw(n)], ours, witness


# Principal components ------------------------------------------------------------------------


def principal(points):
    """Mean, directions, variances: of two features, by the formula of the quadratic equation."""
    (a, b), (_, d) = scatter_of(points) / (len(points) - 1)
    root = ((a - d) ** 2 + 4 * b * b).sqrt()
    largest = (a + d + root) / 2
    first = objects([b, largest - a] if a < d else [largest - d, b])
    first = first / length(first)
    rows = [first, objects([-first[1], first[0]])]
    rows = [-row if max(row, key=abs) < 0 else row for row in rows]
    middle = objects([mean(column) for column in points.T])
    return middle, objects(rows), objects([largest, (a + d - root) / 2])


@add("principal_components.covariance", may_refuse=("* 1",))
def _(draw, n):
    def witness(points):
        return scatter_of(points) / (n - 1)

    return [draw(n, 2)], principal_components.covariance, witness


@add("principal_components.variance_along", may_refuse=("* 1", "* zero *"))
def _(draw, n):
    def witness(points, directions):
        S = scatter_of(points) / (n - 1)
        return objects([w @ S @ w / total(w * w) for w in directions])

    return [draw(n, 2), draw(3, 2)], principal_components.variance_along, witness


PCA = tuple(
    f"principal_components.{name}"
    for name in (
        *("pca", "project", "reconstruct", "explained_share", "n_components_for_share"),
        *("whiten", "ellipsoid"),
    )
)


@add(*PCA, may_refuse=TOO_FEW)
def _(draw, n):
    directions = np.eye(2)

    def ours(points):
        fitted = principal_components.pca(points)
        coordinates = principal_components.project(fitted, points)
        return (
            *fitted[:4],
            coordinates,
            principal_components.reconstruct(fitted, coordinates),
            principal_components.explained_share(fitted),
            principal_components.n_components_for_share(fitted, 1.0),
            principal_components.whiten(fitted, points),
            principal_components.ellipsoid(fitted, directions, size=2),
        )

    def witness(points):
        middle, rows, variances = principal(points)
        whole = variances.sum()
        coordinates = (points - middle) @ rows.T
        spreads = np.sqrt(variances)
        tips = objects([middle + rows[k] * spreads[k] * 2 for k in range(2)])
        return (
            *(middle, rows, variances, whole, coordinates, middle + coordinates @ rows),
            variances / whole,
            np.array(2),
            coordinates / spreads,
            tips,
        )

    return [draw(n, 2)], ours, witness


# Regression ----------------------------------------------------------------------------------


def line(x, y, penalty):
    """Intercept and slope, and what a point weighs in its own fitted value."""
    apart, n = x - mean(x), len(x)
    spread = total(apart * apart)
    varies = any(number.value != x[0].value for number in x)
    below = spread + penalty
    slope = total(apart * (y - mean(y))) / below if varies else Exact(0)
    share = spread / below if varies else Exact(0)
    own = apart * apart / below if varies else objects([Exact(0)] * n)
    return mean(y) - slope * mean(x), slope, share, own + 1 / Exact(n)


def ridge_entry(draw, n, *, penalty):
    def ours(x, y):
        X = x[:, None]
        fit = regression.ridge_fit(X, y, penalty=penalty)
        return (
            *fit,
            regression.ridge_predict(fit, X),
            regression.shrinkage(X, penalty=penalty),
            regression.leverages(X, penalty=penalty),
        )

    def witness(x, y):
        start, slope, share, own = line(x, y, penalty)
        return start, objects([slope]), x * slope + start, objects([share]), own

    return [draw(n), draw(n)], ours, witness


def left_out_entry(draw, n, *, penalty):
    folds = [np.arange(n)[::2], np.arange(n)[1::2]]

    def ours(x, y):
        X = x[:, None]
        return (
            regression.leave_one_out_residuals(X, y, penalty=penalty),
            regression.cross_validate(X, y, folds, penalty=penalty),
        )

    def witness(x, y):
        start, slope, _, own = line(x, y, penalty)
        errors = []
        for fold, rest in (folds, folds[::-1]):
            start_there, slope_there, _, _ = line(x[rest], y[rest], penalty)
            errors.append(mean((y[fold] - x[fold] * slope_there - start_there) ** 2))
        return (y - x * slope - start) / (1 - own), objects(errors)

    return [draw(n), draw(n)], ours, witness


RIDGE = tuple(
    f"regression.{name}" for name in ("ridge_fit", "ridge_predict", "shrinkage", "leverages")
)
for penalty in (0, 1, 1e30):
    add(*RIDGE)(partial(ridge_entry, penalty=penalty))
    add(
        "regression.leave_one_out_residuals",
        "regression.cross_validate",
        lengths=(1, 101, 5000),
        may_refuse=("* 1", *MIXED),
    )(partial(left_out_entry, penalty=penalty))


@add("regression.mean_squared_error")
def _(draw, n):
    def witness(y, guesses):
        return mean((y - guesses) ** 2)

    return [draw(n), draw(n)], regression.mean_squared_error, witness


@add("regression.random_features")
def _(draw, n):
    def witness(points, directions):
        reached = points @ directions
        positive = np.vectorize(lambda x: x > 0, otypes=[bool])(reached)
        return np.where(positive, reached, Exact(0)) / Exact(3).sqrt()

    return [draw(n, 2), draw(2, 3)], regression.random_features, witness


@add("regression.polynomial_features", lengths=ONE_BY_ONE, **ONCE)
def _(draw, n):
    x = np.linspace(0, 1, n)

    def witness():
        with mpmath.workdps(60):
            return objects(
                [
                    [
                        known(mpmath.legendre(k, 2 * mp(point) - 1) * mpmath.sqrt(2 * k + 1), 0)
                        + Exact(0, 16.0 * k)
                        for k in (1, 2, 7, 60)
                    ]
                    for point in x
                ]
            )

    return [], lambda: regression.polynomial_features(x, 60)[:, [0, 1, 6, 59]], witness


@add("regression.best_of_guesses", **ONCE)
def _(draw, n):
    models = [1, 2, 1000, 2**62]

    def witness():
        """The mean of a maximum is the sum of the chances to lie above each number."""
        with mpmath.workdps(60):
            counts = list(itertools.accumulate(math.comb(n, k) for k in range(n)))
            logs = []
            for below in counts:
                above = mpmath.mpf(2**n - below) / 2**n
                rare = above < 0.5
                logs.append(mpmath.log1p(-above) if rare else mpmath.log(mpmath.mpf(below) / 2**n))
            means = [mpmath.fsum(-mpmath.expm1(m * log) for log in logs) / n for m in models]
            return objects([known(each, 64) for each in means])

    return [], lambda: regression.best_of_guesses(n, models), witness


@add("regression.k_fold_indices", lengths=(2, 100, 5000), **ONCE)
def _(draw, n):
    order = np.random.default_rng(7).permutation(n)

    def witness():
        return [order[: (n + 1) // 2], order[(n + 1) // 2 :]]

    return [], lambda: regression.k_fold_indices(order, 2), witness


# Neighbour embedding -------------------------------------------------------------------------

SOME = (3, 7)


def shares_of_neighbours(points, perplexity):
    """Conditional probabilities and widths, by bisection in forty digits."""
    n = len(points)
    rows, widths = np.full((n, n), Exact(0)), []
    with mpmath.workdps(40):
        target = mpmath.log(perplexity)
        for i in range(n):
            others = [j for j in range(n) if j != i]
            squares = [mp(((points[i] - points[j]) ** 2).sum()) for j in others]
            gaps = [square - min(squares) for square in squares]
            shares, width = _bisect(gaps, target)
            widths.append(known(width, 64))
            for j, share in zip(others, shares, strict=True):
                rows[i, j] = known(share, 1024) + Exact(0, 64.0)
    return rows, objects(widths)


def _bisect(gaps, target):
    largest = max(gaps)
    nearest = [gap == 0 for gap in gaps]
    if mpmath.log(sum(nearest)) > target or largest == 0:
        return [mpmath.mpf(near) / sum(nearest) for near in nearest], mpmath.mpf(0)
    low, high = mpmath.mpf(-70), mpmath.mpf(1000)
    for _ in range(130):
        middle = (low + high) / 2
        energies = [gap / largest * mpmath.mpf(2) ** middle for gap in gaps]
        weights = [mpmath.exp(-energy) for energy in energies]
        whole = mpmath.fsum(weights)
        entropy = mpmath.log(whole) + mpmath.fdot(weights, energies) / whole
        low, high = (middle, high) if entropy > target else (low, middle)
    width = mpmath.sqrt(largest / 2 ** (high + 1))
    return [weight / whole for weight in weights], width


@add(
    "neighbour_embedding.conditional_probabilities",
    "neighbour_embedding.neighbourhood_widths",
    "neighbour_embedding.joint_probabilities",
    lengths=SOME,
    patterns=COMPARABLE,
)
def _(draw, n):
    perplexity = 1.5 if n == 3 else 4

    def ours(points):
        return (
            neighbour_embedding.conditional_probabilities(points, perplexity),
            neighbour_embedding.neighbourhood_widths(points, perplexity),
            neighbour_embedding.joint_probabilities(points, perplexity),
        )

    def witness(points):
        rows, widths = shares_of_neighbours(points, perplexity)
        return rows, widths, (rows + rows.T) / (2 * n)

    return [draw(n, 2)], ours, witness


@add("neighbour_embedding.effective_neighbours", **ONCE)
def _(draw, n):
    sure, even = np.eye(1, n), np.full((1, n), 1 / n)
    skewed = np.full((1, n), 1e-300)
    skewed[0, 0] = 1
    rows = np.concatenate([sure, even, skewed])

    def witness():
        with mpmath.workdps(50):
            counts = []
            for row in rows.tolist():
                terms = [mpmath.mpf(p) * mpmath.log(p) for p in row if p]
                counts.append(known(mpmath.exp(-mpmath.fsum(terms)), 64))
            return objects(counts)

    return [], lambda: neighbour_embedding.effective_neighbours(rows), witness


def pair_weights(y):
    n = len(y)
    weights = np.full((n, n), Exact(0))
    for i in range(n):
        for j in range(n):
            if i != j:
                weights[i, j] = 1 / (1 + ((y[i] - y[j]) ** 2).sum())
    return weights


def pull(strengths, y):
    return objects(
        [
            [total(strengths[i] * (-(y[:, k] - y[i, k]))) for k in range(y.shape[1])]
            for i in range(len(y))
        ]
    )


def wanted_similarities(n, kind):
    if kind == "certain":
        p = np.zeros((n, n))
        p[0, 1] = p[1, 0] = 0.5
        return p
    drawn = np.random.default_rng(7).random((n, n)) * (1 - np.eye(n))
    return (drawn + drawn.T) / (2 * drawn.sum())


def embedding_entry(draw, n, *, kind):
    p = wanted_similarities(n, kind)

    def ours(y):
        return (
            neighbour_embedding.embedding_similarities(y),
            neighbour_embedding.kl_divergence(p, y),
            neighbour_embedding.kl_gradient(p, y),
            neighbour_embedding.forces(p, y),
        )

    def witness(y):
        P, weights = exact(p), pair_weights(y)
        whole = total(weights)
        q = weights / whole
        terms = [P[i, j] * (P[i, j] / q[i, j]).log() for i in range(n) for j in range(n) if P[i, j]]
        attraction = pull(P * weights, y) * -4
        repulsion = pull(weights * weights / whole, y) * 4
        return q, total(terms), -(attraction + repulsion), attraction, repulsion

    return [draw(n, 2)], ours, witness


for kind in ("drawn", "certain"):
    add(
        *("neighbour_embedding.embedding_similarities", "neighbour_embedding.kl_divergence"),
        *("neighbour_embedding.kl_gradient", "neighbour_embedding.forces"),
        lengths=(2, 10),
        patterns=COMPARABLE,
    )(partial(embedding_entry, kind=kind))


@add("neighbour_embedding.principal_start", may_refuse=TOO_FEW)
def _(draw, n):
    def witness(points):
        middle, rows, variances = principal(points)
        scores = (points - middle) @ rows.T
        return scores / (variances[0] * (n - 1) / n).sqrt() * 1e-4

    return [draw(n, 2)], neighbour_embedding.principal_start, witness


@add("neighbour_embedding.tsne", lengths=(7,), patterns=COMPARABLE)
def _(draw, n):
    def ours(points, start):
        found = neighbour_embedding.tsne(points, 3, start=start, n_steps=2, n_exaggerated=1)
        return found.path, found.costs

    def witness(points, start):
        rows, _ = shares_of_neighbours(points, 3)
        p = (rows + rows.T) / (2 * n)
        y = centred(start)
        velocity, path, costs = y * 0, [y], [_cost(p, y)]
        for factor in (4, 1):
            weights = pair_weights(y)
            gradient = pull((p * factor - weights / total(weights)) * weights, y) * 4
            velocity = velocity * 0.8 - gradient * (Exact(n) / 4)
            y = y + velocity
            path.append(y)
            costs.append(_cost(p, y))
        return objects(path), objects(costs)

    def _cost(p, y):
        q = pair_weights(y)
        q = q / total(q)
        return total(
            [p[i, j] * (p[i, j] / q[i, j]).log() for i in range(n) for j in range(n) if p[i, j]]
        )

    return [draw(n, 2), draw(n, 2)], ours, witness


@add("neighbour_embedding.neighbours_kept", lengths=(3, 30), patterns=COMPARABLE)
def _(draw, n):
    k = max(1, n // 3)

    def witness(points, y):
        def nearest(rows, i):
            others = [j for j in range(n) if j != i]
            return set(sorted(others, key=lambda j: ((rows[i] - rows[j]) ** 2).sum().value)[:k])

        kept = sum(len(nearest(points, i) & nearest(y, i)) for i in range(n))
        return Exact(kept) / (k * n)

    def ours(points, y):
        return neighbour_embedding.neighbours_kept(points, y, k)

    return [draw(n, 2), draw(n, 2)], ours, witness


TABLE.leave_out(
    "draws numbers, and tells what became of them",
    *("bias_variance.sample_targets", "least_squares.simulate_errors"),
    *("regression.double_descent_errors", "regression.error_with_features"),
    *("regression.learning_curve", "regression.sample_linear", "regression.sample_sine"),
    *("sampling.random_walk", "sampling.sample_ball", "sampling.sample_cube"),
    *("sampling.sample_directions", "sampling.sample_pipeline"),
)
