"""What the pages about many dimensions type, held against counting, quadrature and recursions."""

import itertools
import math
from functools import cache

import mpmath
import numpy as np
import pytest
from scipy import integrate, special, stats
from scipy.spatial import distance

import oracles
from unrolled.foundations import dimensions as numeric
from unrolled.foundations.distances import angles_between, relative_contrast

RNG_SEED = 7


def directions(n_pairs, n_dims):
    normal = np.random.default_rng(RNG_SEED).standard_normal((2, n_pairs, n_dims))
    return normal / np.linalg.norm(normal, axis=2, keepdims=True)


def angles(n_pairs, n_dims):
    u, v = directions(n_pairs, n_dims)
    return np.arccos(np.sum(u * v, axis=1))


def nodes(low, high, count=40):
    """Return places and weights of a sum that stands for an integral."""
    places, weights = np.polynomial.legendre.leggauss(count)
    return low + (high - low) * (places + 1) / 2, weights * (high - low) / 2


def polar(radius, angles):
    """Return the point with this radius and these angles, by polar coordinates."""
    point, left = [], radius
    for angle in angles:
        point.append(left * math.cos(angle))
        left *= math.sin(angle)
    return np.array([*point, left])


def volumes(n_dims):
    """Return the volume of a ball as a function of its radius, by recursion over the dimension."""
    unit = float(oracles.ball_volume_by_recursion(n_dims))
    return lambda radius: unit * radius**n_dims


# Grids ---------------------------------------------------------------------------------------


@pytest.mark.equation("grid-cells")
def test_cells_multiply_with_every_axis(evidence):
    sizes = list(itertools.product((2, 3, 10), (1, 2, 3, 5)))
    counted = [sum(1 for _ in itertools.product(range(c), repeat=d)) for c, d in sizes]
    evidence.evaluates(
        {},
        at=[{"N": N, "k": k, "D": D} for N, (k, D) in zip(counted, sizes, strict=True)],
        witness="cells counted one by one",
        within=0,
    )


@pytest.mark.equation("empty-share")
@pytest.mark.parametrize(("n_cells", "n_points"), [(3, 5), (5, 3), (2, 7)])
def test_thrown_points_leave_the_expected_share_of_cells_empty(evidence, n_cells, n_points):
    throws = list(itertools.product(range(n_cells), repeat=n_points))
    shares = [1 - len(set(throw)) / n_cells for throw in throws]
    evidence.evaluates(
        {"N": n_cells, "n": n_points},
        chance=[(1 / len(throws), {r"\text{share of empty cells}": share}) for share in shares],
        witness="all ways to throw the points, counted",
        within=1e-14,
    )
    ours = numeric.expected_empty_share(n_points, n_cells)
    evidence.agrees(ours, np.mean(shares), witness="all ways, counted", within=1e-14)


# Spiky cubes ---------------------------------------------------------------------------------


@pytest.mark.equation("sphere")
@pytest.mark.parametrize(("n_dims", "radius"), [(2, 1.7), (3, 0.6), (5, 2.3)])
def test_points_of_a_sphere_are_one_radius_away(evidence, n_dims, radius):
    rng = np.random.default_rng(RNG_SEED)
    centre = rng.normal(size=n_dims)
    around = [polar(radius, rng.uniform(0, 2, n_dims - 1)) for _ in range(3)]
    evidence.evaluates(
        {"c": centre, "r": radius},
        at={"x": [centre + point for point in around]},
        witness="points by polar coordinates",
        within=1e-14,
    )


@pytest.mark.equation("ball")
@pytest.mark.parametrize(("n_dims", "radius"), [(2, 1.7), (3, 0.6), (5, 2.3)])
def test_points_of_a_ball_are_one_radius_away_or_nearer(evidence, n_dims, radius):
    rng = np.random.default_rng(RNG_SEED)
    centre = rng.normal(size=n_dims)
    within = [polar(share * radius, rng.uniform(0, 2, n_dims - 1)) for share in (0, 0.4, 0.99, 1)]
    evidence.evaluates(
        {"c": centre, "r": radius},
        at={"x": [centre + point for point in within]},
        witness="points by polar coordinates, inside and on the border",
        within=1e-14,
    )


@pytest.mark.equation("cube-diagonal")
@pytest.mark.parametrize("n_dims", [2, 3, 5])
def test_diagonal_is_pythagoras(evidence, n_dims):
    corners = np.array(list(itertools.product((0, 1), repeat=n_dims)))
    place = np.random.default_rng(RNG_SEED).normal(size=n_dims)
    evidence.evaluates(
        {"D": n_dims},
        at=[{"x": place + corner, "y": place + 1 - corner} for corner in corners],
        witness="all pairs of opposite corners",
        within=1e-14,
    )
    ours = numeric.cube_diagonal(n_dims)
    farthest = np.linalg.norm(corners[:, None] - corners, axis=2).max()
    evidence.agrees(ours, farthest, witness="the farthest of all pairs of corners", within=1e-15)


@pytest.mark.parametrize(
    ("diameter", "sign"),
    [
        pytest.param(numeric.middle_ball_diameter, -1, marks=pytest.mark.equation("middle-ball")),
        pytest.param(
            numeric.enclosing_ball_diameter, 1, marks=pytest.mark.equation("enclosing-ball")
        ),
    ],
)
def test_balls_in_the_middle_touch_all_others(evidence, diameter, sign):
    points = []
    for n_dims in (2, 3, 5):
        centres = np.array(list(itertools.product((-0.5, 0.5), repeat=n_dims)))
        touching = np.linalg.norm(centres, axis=1) + sign * 0.5
        points += [{"D": n_dims, "r": radius} for radius in touching]
        ours = np.full(2**n_dims, diameter(n_dims))
        evidence.agrees(ours, 2 * touching, witness="all centres of the stack", within=1e-14)
    evidence.evaluates({}, at=points, witness="all centres of the stack", within=1e-14)


@pytest.mark.equation("pokes-out")
def test_the_middle_ball_is_wider_than_its_stack_from_a_square_on(evidence):
    sizes = [(D, k) for k in (2, 4, 6, 8) for D in (2, (k + 1) ** 2 - 1, (k + 1) ** 2, 90)]
    evidence.evaluates(
        {},
        at=[{"D": D, "k": k} for D, k in sizes],
        witness="the other statement, on the border and on both sides of it",
        within=1e-14,
    )
    ours = [int(numeric.exceeds_stack(D, k)) for D, k in sizes]
    theirs = [int(math.isqrt(D - 1) > k) for D, k in sizes]
    evidence.agrees(ours, theirs, witness="whole roots", within=0)


@pytest.mark.equation("ball-in-cube")
def test_inscribed_ball_leaves_most_of_the_cube(evidence):
    evidence.evaluates(
        {"V_D": volumes, r"\Gamma": math.gamma},
        at={"D": (1, 2, 3, 5, 10)},
        witness="volumes by recursion over the dimension",
        within=1e-14,
    )
    points = np.random.default_rng(RNG_SEED).uniform(-0.5, 0.5, (400_000, 4))
    inside = np.mean(np.linalg.norm(points, axis=1) <= 0.5)
    evidence.agrees(numeric.ball_share_of_cube(4), inside, witness="simulation", within=0.01)


@pytest.mark.equation("ball-in-square")
def test_the_disc_and_the_ball_that_we_know_fill_these_shares(evidence):
    evidence.evaluates(
        {"V_D": volumes}, witness="volumes by recursion over the dimension", within=1e-15
    )


@pytest.mark.equation("middle-ball-share")
def test_the_share_of_the_middle_ball_is_its_volume_over_that_of_the_stack(evidence):
    evidence.evaluates(
        {"V_D": volumes, r"\Gamma": math.gamma},
        at={"D": (2, 3, 5, 11), "k": (2, 4)},
        witness="volumes by recursion over the dimension",
        within=1e-14,
    )


@pytest.mark.parametrize("n_dims", [264, 1205, 1206])
def test_middle_ball_outgrows_its_stack(n_dims):
    with mpmath.workdps(60):
        radius = (mpmath.sqrt(n_dims) - 1) / 2
        theirs = oracles.ball_volume_by_recursion(n_dims) * (radius / 2) ** n_dims
    ours = numeric.middle_ball_share(n_dims)
    assert ours == pytest.approx(float(theirs), rel=1e-11)
    assert (ours > 1) == (n_dims > 1205)


@pytest.mark.equation("typical-radius")
@pytest.mark.parametrize("n_dims", [2, 3, 5])
def test_points_of_the_cube_lie_between_middle_and_corner(evidence, n_dims):
    places, weights = nodes(-0.5, 0.5, 3)
    evidence.evaluates(
        {"D": n_dims},
        chance=[
            (math.prod(weights[list(which)]), {"x": places[list(which)]})
            for which in itertools.product(range(3), repeat=n_dims)
        ],
        witness="Gauss quadrature over the cube",
        within=1e-14,
    )
    points = np.random.default_rng(RNG_SEED).uniform(-0.5, 0.5, (50_000, n_dims))
    typical = np.sqrt(np.mean(np.sum(points**2, axis=1)))
    ours = numeric.typical_cube_radius(n_dims)
    evidence.agrees(ours, typical, witness="simulation", within=0.01)


# Angles --------------------------------------------------------------------------------------


@cache
def bands(n_dims):
    """Return the density of the angle: the band at each angle over all bands, added up."""
    whole, _ = integrate.quad(
        lambda t: np.sin(t) ** (n_dims - 2), 0, np.pi, points=[np.pi / 2], epsabs=1e-14
    )
    return lambda theta: np.sin(theta) ** (n_dims - 2) / whole


COORDINATE = "SciPy's distribution of a coordinate of a random direction"


def coordinates(n_dims):
    """Return the same density, from SciPy's distribution of a coordinate of a direction."""
    half = stats.beta((n_dims - 1) / 2, (n_dims - 1) / 2)
    return lambda theta: half.pdf((1 + np.cos(theta)) / 2) * np.sin(theta) / 2


def angle_cases(n_dims, *edges):
    """Return angles with their probabilities, so that sums over them are integrals."""
    pieces = [nodes(low, high) for low, high in itertools.pairwise([0, *edges, np.pi])]
    theta, weights = np.concatenate(pieces, axis=1)
    shares = weights * bands(n_dims)(theta)
    return [
        (share, {r"\theta": angle}) for share, angle in zip(shares, theta.tolist(), strict=True)
    ]


@pytest.mark.equation("cosine")
@pytest.mark.parametrize("n_dims", [2, 3, 7])
def test_vectors_that_are_rotated_by_an_angle_have_its_cosine(evidence, n_dims):
    rng = np.random.default_rng(RNG_SEED)
    points, lengths = [], rng.uniform(0.3, 3, (3, 2))
    for (long, short), theta in zip(lengths, (0.4, 1.3, 2.9), strict=True):
        first, second = np.linalg.qr(rng.normal(size=(n_dims, 2)))[0].T
        turned = first * math.cos(theta) + second * math.sin(theta)
        points.append({"u": long * first, "v": short * turned, r"\theta": theta})
    evidence.evaluates({}, at=points, witness="vectors turned by a known angle", within=1e-14)
    u, v, theta = (np.array([point[tex] for point in points]) for tex in ("u", "v", r"\theta"))
    evidence.agrees(angles_between(u, v), theta, witness="known angles", within=1e-14)


@pytest.mark.equation("latitude-band")
def test_band_over_sphere_is_half_the_sine(evidence):
    evidence.evaluates(
        {"f_D": coordinates},
        at={r"\theta": (0.3, 1.1, 2.9)},
        witness=COORDINATE,
        within=1e-14,
    )
    counts, edges = np.histogram(angles(200_000, 3), bins=11, range=(0, np.pi), density=True)
    shares = -np.diff(np.cos(edges)) / 2 / np.diff(edges)
    evidence.agrees(shares, counts, witness="simulation", within=0.02)


@pytest.mark.parametrize(
    ("label", "places"),
    [
        pytest.param(label, places, marks=pytest.mark.equation(label))
        for label, places in [
            ("four-bands", {}), ("four-density", {r"\theta": (0.3, 1.1, 2.9)}),
            ("four-sums-to-one", {}), ("flat-density", {r"\theta": (0.3, 1.1, 2.9)}),
        ]
    ],
)  # fmt: skip
def test_density_in_few_dimensions_follows_by_adding_up_the_bands(evidence, label, places):
    values = {"f_D": coordinates} if places else {}
    witness = COORDINATE if values else "numerical integration"
    evidence.evaluates(values, at=places, witness=witness, within=1e-14)


@pytest.mark.equation("angle-density")
@pytest.mark.parametrize(
    ("density", "witness"),
    [(bands, "numerical integration"), (coordinates, COORDINATE)],
)
def test_density_is_the_band_over_all_bands(evidence, density, witness):
    places, n_dims = (0.1, 0.9, 2.3), (2, 3, 4, 7, 50, 100)
    evidence.evaluates(
        {"f_D": density, r"\Gamma": math.gamma},
        at={"D": n_dims, r"\theta": places},
        witness=witness,
        within=1e-12,
    )
    ours = numeric.angle_density(places, np.array(n_dims)[:, None])
    theirs = [density(dims)(np.array(places)) for dims in n_dims]
    evidence.agrees(ours, theirs, witness=witness, within=1e-12)


@pytest.mark.equation("mean-squared-cosine")
@pytest.mark.parametrize("n_dims", [2, 3, 5, 8, 11])
def test_mean_squared_cosine_is_one_over_the_dimension(evidence, n_dims):
    evidence.evaluates(
        {"D": n_dims, "f_D": bands},
        chance=angle_cases(n_dims),
        witness="Gauss quadrature over all bands, each weighed by its size",
        within=1e-13,
    )
    simulated = np.mean(np.cos(angles(100_000, n_dims)) ** 2)
    evidence.agrees(simulated, 1 / n_dims, witness="simulation", within=0.02)


@pytest.mark.equation("angle-spread")
@pytest.mark.parametrize("n_dims", [2, 3, 7, 50])
def test_spread_is_half_a_trigamma(evidence, n_dims):
    evidence.evaluates(
        {"D": n_dims, r"\psi_1": lambda at: float(special.polygamma(1, at))},
        chance=angle_cases(n_dims, np.pi / 2),
        witness="Gauss quadrature over all bands, each weighed by its size",
        within=1e-12,
    )
    variance = oracles.angle_moment(n_dims, lambda t: (t - mpmath.pi / 2) ** 2)
    ours = numeric.angle_spread(n_dims)
    evidence.agrees(ours, math.sqrt(variance), witness="numerical integration", within=1e-12)


@pytest.mark.equation("near-right-angle")
@pytest.mark.parametrize(("n_dims", "width"), [(2, 0.7), (3, 1 / 3), (4, 1.2), (7, 0.1)])
def test_share_near_the_right_angle_is_the_integral(evidence, n_dims, width):
    evidence.evaluates(
        {"D": n_dims, r"\alpha": width, "f_D": bands},
        chance=angle_cases(n_dims, np.pi / 2 - width, np.pi / 2 + width),
        witness="Gauss quadrature over all bands, each weighed by its size",
        within=1e-13,
    )
    code = numeric.share_near_right_angle(n_dims, width)
    near = np.mean(np.abs(angles(200_000, n_dims) - np.pi / 2) <= width)
    evidence.agrees(code, near, witness="simulation", within=0.02)


# Shells --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "label",
    [
        pytest.param(label, marks=pytest.mark.equation(label))
        for label in ("disc-by-slices", "ball-by-slices", "four-ball-by-slices")
    ],
)
def test_slices_add_up_to_the_next_volume(evidence, label):
    evidence.evaluates(
        {"V_D": volumes},
        at={"r": (0.7, 1.9)},
        witness="volumes by recursion over the dimension",
        within=1e-14,
    )


@pytest.mark.equation("ball-volume")
def test_volume_follows_by_recursion(evidence):
    n_dims = (1, 2, 3, 7, 10, 101)
    evidence.evaluates(
        {"V_D": volumes, r"\Gamma": math.gamma},
        at={"D": n_dims, "r": (0.7, 1.9)},
        witness="volumes by recursion over the dimension",
        within=1e-12,
    )
    for dims in n_dims:
        ours, theirs = numeric.ball_volume(dims), volumes(dims)(1)
        evidence.agrees(ours, theirs, witness="recursion", within=1e-12)


@pytest.mark.parametrize(
    ("n_dims", "decimal"),
    [
        pytest.param(2, 0.0199, marks=pytest.mark.equation("shell-2d")),
        pytest.param(3, 0.029701, marks=pytest.mark.equation("shell-3d")),
    ],
)
def test_outer_hundredth_of_disc_and_ball(evidence, n_dims, decimal):
    evidence.evaluates(
        {"V_D": volumes},
        at={"r": (0.7, 1.9)},
        witness="volumes by recursion over the dimension",
        within=1e-13,
    )
    ours = numeric.shell_share(n_dims, 0.01)
    evidence.agrees(ours, decimal, witness="by hand", within=1e-14)


@pytest.mark.parametrize(
    "label",
    [
        pytest.param(label, marks=pytest.mark.equation(label))
        for label in ("core-share", "shell-share")
    ],
)
def test_core_and_shell_share_a_ball_by_its_volumes(evidence, label):
    evidence.evaluates(
        {"V_D": volumes},
        at={"D": (2, 3, 5, 11), r"\varepsilon": (0.01, 0.3), "r": (0.7, 1.9)},
        witness="volumes by recursion over the dimension",
        within=1e-13,
    )


@pytest.mark.equation("shell-dimension")
def test_the_bound_holds_from_the_dimension_on_where_the_shell_is_large_enough(evidence):
    points = []
    for n_dims, thickness in itertools.product((2, 5, 11), (0.03, 0.2)):
        share = float(oracles.shell_share(n_dims, thickness))
        points += [
            {"D": n_dims, r"\varepsilon": thickness, "p": p}
            for p in (0.9 * share, share, 1.01 * share)
        ]
    evidence.evaluates(
        {},
        at=points,
        witness="the other statement, on the border, by exact fractions, and round it",
        within=1e-12,
    )
    for share, first_dims in ((0.5, 69), (0.9, 230), (0.95, 299), (0.99, 459)):
        found = numeric.n_dims_for_shell_share(share, 0.01)
        evidence.agrees(found, first_dims, witness="exact fractions", within=0)


# Distances -----------------------------------------------------------------------------------


def ball_cases(letter, n_dims, radius):
    """Return points of a ball with their probabilities: Gauss nodes on each half axis."""
    distances, weights = nodes(0, radius, n_dims)
    shares = weights * distances ** (n_dims - 1)
    rng = np.random.default_rng(RNG_SEED)
    middle, axes = rng.normal(size=n_dims), np.linalg.qr(rng.normal(size=(n_dims, n_dims)))[0]
    return [
        (share / shares.sum() / (2 * n_dims), {letter: middle + distance * axis})
        for share, distance in zip(shares, distances, strict=True)
        for axis in [*axes, *-axes]
    ]


@pytest.mark.equation("pair-distance")
@pytest.mark.parametrize(("n_dims", "radius"), [(2, 0.7), (3, 1.9)])
def test_two_points_of_a_ball_are_far_apart(evidence, n_dims, radius):
    evidence.evaluates(
        {"D": n_dims, "r": radius},
        chance={letter: ball_cases(letter, n_dims, radius) for letter in ("x", "y")},
        witness="Gauss quadrature over both points",
        within=1e-13,
    )
    square = np.random.default_rng(RNG_SEED).uniform(-1, 1, (400_000, 2, n_dims))
    pairs = square[(np.sum(square**2, axis=2) <= 1).all(axis=1)]  # both inside the ball
    simulated = np.mean(np.sum((pairs[:, 0] - pairs[:, 1]) ** 2, axis=1))
    code = numeric.typical_pair_distance(n_dims) ** 2
    evidence.agrees(code, simulated, witness="simulation", within=0.01)


@pytest.mark.equation("relative-contrast")
def test_contrast_is_farthest_against_nearest(evidence):
    points, queries = np.split(np.random.default_rng(RNG_SEED).normal(size=(13, 3)), [11])
    apart = distance.cdist(queries, points)
    evidence.evaluates(
        {},
        at=[
            {r"\text{contrast}": contrast, r"d_{\min}": far.min(), r"d_{\max}": far.max()}
            for contrast, far in zip(relative_contrast(points, queries), apart, strict=True)
        ],
        witness="the book's own relative_contrast, with SciPy's distances",
        within=1e-14,
    )
