import itertools
import math

import mpmath
import numpy as np
import pytest
import sympy
from scipy import integrate

import oracles
from unrolled.foundations import dimensions as numeric
from unrolled.foundations.distances import angles_between, relative_contrast
from unrolled.symbolic import dimensions as symbolic
from unrolled.symbolic.dimensions import D, N, alpha, epsilon, k, n, p, r, theta

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
        pytest.param(
            numeric.middle_ball_diameter, -1, marks=pytest.mark.equation("middle-ball")
        ),
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
        witness="one side against the other, on the border and on both sides of it",
        within=1e-14,
    )
    ours = [int(numeric.pokes_out(D, k)) for D, k in sizes]
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


@pytest.mark.equation("cosine")
def test_angle_has_the_cosine_of_its_definition(evidence):
    equation = symbolic.cosine()
    evidence.rendered(equation)
    u, v = np.random.default_rng(RNG_SEED).standard_normal((2, 11, 3))
    lhs = sympy.lambdify(theta, equation.lhs)(angles_between(u, v))
    rhs = [
        float(
            equation.rhs.subs(
                {
                    sympy.Symbol(r"{\langle u, v \rangle}"): a @ b,
                    sympy.Symbol(r"{\lVert u \rVert}"): math.hypot(*a),
                    sympy.Symbol(r"{\lVert v \rVert}"): math.hypot(*b),
                }
            )
        )
        for a, b in zip(u, v, strict=True)
    ]
    evidence.agrees(lhs, rhs, witness="NumPy", within=1e-14)


@pytest.mark.equation("latitude-band")
def test_band_over_sphere_is_half_the_sine(evidence):
    equation = symbolic.latitude_band()
    evidence.rendered(equation)
    evidence.identity(equation.residual)
    evidence.identity(equation.rhs - symbolic.angle_density().rhs.subs(D, 3))
    counts, edges = np.histogram(angles(200_000, 3), bins=11, range=(0, np.pi), density=True)
    edge = sympy.lambdify(theta, sympy.integrate(equation.rhs, theta))(edges)
    evidence.agrees(np.diff(edge) / np.diff(edges), counts, witness="simulation", within=0.02)


@pytest.mark.equation("angle-density")
@pytest.mark.parametrize("n_dims", [2, 3, 4, 7, 50, 100])
def test_density_is_the_band_over_all_bands(evidence, n_dims):
    equation = symbolic.angle_density()
    evidence.rendered(equation)
    evidence.identity(equation.residual)
    ours = sympy.lambdify(theta, equation.rhs.subs(D, n_dims))
    whole, _ = integrate.quad(lambda t: float(ours(t)), 0, np.pi, points=[np.pi / 2])
    evidence.agrees(whole, 1.0, witness="numerical integration", within=1e-9)
    grid = np.linspace(0.1, 3, 13)
    bands = np.sin(grid) ** (n_dims - 2)
    bands /= integrate.quad(lambda t: np.sin(t) ** (n_dims - 2), 0, np.pi, points=[np.pi / 2])[0]
    shown = np.broadcast_to(ours(grid), grid.shape)
    evidence.agrees(shown, bands, witness="numerical integration", within=1e-9)
    evidence.agrees(numeric.angle_density(grid, n_dims), bands, witness="SciPy", within=1e-9)


@pytest.mark.equation("angle-density")
@pytest.mark.parametrize("n_dims", [2, 3, 5, 8])
def test_density_in_given_dimensions_follows_by_integration(evidence, n_dims):
    equation = symbolic.angle_density()
    evidence.rendered(equation)
    whole, density, one = symbolic.derive_angle_density(n_dims)
    evidence.identity(whole.residual)
    evidence.identity(one.residual)
    evidence.identity(density.rhs - equation.rhs.subs(D, n_dims))


@pytest.mark.equation("mean-squared-cosine")
@pytest.mark.parametrize("n_dims", [2, 3, 5, 8, 11])
def test_mean_squared_cosine_is_one_over_the_dimension(evidence, n_dims):
    equation = symbolic.mean_squared_cosine()
    evidence.rendered(equation)
    evidence.identity(equation.subs(D, n_dims).residual)
    evidence.identity(symbolic.derive_mean_squared_cosine(n_dims).residual)
    simulated = np.mean(np.cos(angles(100_000, n_dims)) ** 2)
    ours = float(equation.rhs.subs(D, n_dims))
    evidence.agrees(ours, simulated, witness="simulation", within=0.02)


@pytest.mark.equation("angle-spread")
@pytest.mark.parametrize("n_dims", [2, 3, 50, 100])
def test_spread_is_half_a_trigamma(evidence, n_dims):
    equation = symbolic.angle_spread()
    evidence.rendered(equation)
    ours = float(sympy.N(equation.rhs.subs(D, n_dims)))
    variance = oracles.angle_moment(n_dims, lambda t: (t - mpmath.pi / 2) ** 2)
    evidence.agrees(ours, math.sqrt(variance), witness="numerical integration", within=1e-12)
    evidence.agrees(numeric.angle_spread(n_dims), ours, witness="SymPy", within=1e-14)


@pytest.mark.equation("near-right-angle")
@pytest.mark.parametrize("n_dims", [2, 3, 4, 7])
def test_share_near_the_right_angle_is_the_integral(evidence, n_dims):
    equation = symbolic.near_right_angle()
    evidence.rendered(equation)
    width = sympy.Rational(1, 3)
    ours = float(sympy.N(equation.rhs.subs({D: n_dims, alpha: width}).doit()))
    code = numeric.share_near_right_angle(n_dims, 1 / 3)
    evidence.agrees(code, ours, witness="SymPy", within=1e-12)
    near = np.mean(np.abs(angles(200_000, n_dims) - np.pi / 2) <= 1 / 3)
    evidence.agrees(ours, near, witness="simulation", within=0.02)


# Shells --------------------------------------------------------------------------------------


@pytest.mark.equation("ball-volume")
def test_volume_follows_by_slices_and_by_recursion(evidence):
    equation = symbolic.ball_volume()
    evidence.rendered(equation)
    evidence.identity(equation.residual)
    for dims, step in enumerate(symbolic.derive_ball_volume(6), start=1):
        evidence.identity(step.rhs - equation.rhs.subs(D, dims), witness="integral over slices")
    for dims in (1, 2, 3, 10, 101):
        ours = float(sympy.N(equation.rhs.subs({D: dims, r: 1})))
        theirs = float(oracles.ball_volume_by_recursion(dims))
        evidence.agrees(ours, theirs, witness="recursion", within=1e-14)
        evidence.agrees(numeric.ball_volume(dims), theirs, witness="recursion", within=1e-12)


def test_slices_integrate_to_the_next_volume():
    for step in symbolic.derive_ball_volume(5)[1:]:
        slices, volume = (side.subs(r, 2) for side in step.sides[1:])
        assert float(sympy.N(slices)) == pytest.approx(float(volume), rel=1e-10)


@pytest.mark.parametrize(
    ("name", "dims", "decimal"),
    [
        pytest.param("shell_2d", 2, 0.0199, marks=pytest.mark.equation("shell-2d")),
        pytest.param("shell_3d", 3, 0.029701, marks=pytest.mark.equation("shell-3d")),
    ],
)
def test_outer_hundredth_of_disc_and_ball(evidence, name, dims, decimal):
    equation = getattr(symbolic, name)()
    evidence.rendered(equation)
    evidence.identity(equation.residual)
    evidence.identity(equation.rhs - symbolic.shell_share().rhs.subs({D: dims, epsilon: "1/100"}))
    evidence.agrees(float(equation.rhs), decimal, witness="by hand", within=0)


@pytest.mark.equation("shell-share")
def test_shell_share_is_the_difference_of_two_volumes(evidence):
    equation = symbolic.shell_share()
    evidence.rendered(equation)
    evidence.identity(equation.residual)
    for step in symbolic.derive_shell_share():
        evidence.identity(step.residual)
    for dims in (2, 5, 400):
        ours = float(equation.rhs.subs({D: dims, epsilon: sympy.Rational(1, 100)}))
        evidence.agrees(numeric.shell_share(dims, 0.01), ours, witness="SymPy", within=1e-14)


@pytest.mark.equation("shell-dimension")
def test_both_sides_of_the_bound_are_true_together(evidence):
    equivalence = symbolic.shell_dimension()
    evidence.rendered(equivalence)
    for share, first_dims in (("1/2", 69), ("9/10", 230), ("19/20", 299), ("99/100", 459)):
        values = {p: sympy.Rational(share), epsilon: sympy.Rational(1, 100)}
        around = (first_dims - 1, first_dims)
        for relation in equivalence:
            margin = (relation.lhs - relation.rhs).subs(values)
            holds = [bool(sympy.N(margin.subs(D, dims), 30) >= 0) for dims in around]
            evidence.agrees(np.int64(holds), [0, 1], witness="exact fractions", within=0)
        found = numeric.n_dims_for_shell_share(float(values[p]), 0.01)
        evidence.agrees(found, first_dims, witness="exact fractions", within=0)


# Distances -----------------------------------------------------------------------------------


@pytest.mark.equation("pair-distance")
def test_two_points_of_a_ball_are_far_apart(evidence):
    equation = symbolic.pair_distance()
    evidence.rendered(equation)
    evidence.identity(equation.residual)
    square = np.random.default_rng(RNG_SEED).uniform(-1, 1, (400_000, 2, 3))
    pairs = square[(np.sum(square**2, axis=2) <= 1).all(axis=1)]  # both inside the ball
    simulated = np.mean(np.sum((pairs[:, 0] - pairs[:, 1]) ** 2, axis=1))
    ours = float(equation.rhs.subs({D: 3, r: 1}))
    evidence.agrees(ours, simulated, witness="simulation", within=0.01)
    code = numeric.typical_pair_distance(3) ** 2
    evidence.agrees(code, ours, witness="SymPy", within=1e-14)


@pytest.mark.equation("relative-contrast")
def test_contrast_is_farthest_against_nearest(evidence):
    equation = symbolic.relative_contrast()
    evidence.rendered(equation)
    values = {sympy.Symbol(r"{d_{\max}}"): 5, sympy.Symbol(r"{d_{\min}}"): 2}
    ours = relative_contrast([[3.0, 4.0], [0.0, 2.0], [3.0, 0.0]], [[0.0, 0.0]])
    evidence.agrees(ours, [float(equation.rhs.subs(values))], witness="by hand", within=1e-15)


# How they read -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("equation", "tex"),
    [
        (symbolic.sphere(), r"\lVert x - c \rVert = r"),
        (symbolic.ball(), r"\lVert x - c \rVert \leq r"),
        (symbolic.middle_ball(), r"\left(\frac{\sqrt{D}}{2} - \frac{1}{2}\right) = \sqrt{D} - 1"),
        (
            symbolic.shell_2d(),
            r"\frac{\pi r^{2} - \pi \left(0.99 r\right)^{2}}{\pi r^{2}} = 0.0199",
        ),
        (
            symbolic.ball_volume(),
            r"V_{D}(r) = \frac{\pi^{D/2}}{\Gamma\left(\frac{D}{2} + 1\right)}",
        ),
        (symbolic.angle_density(), r"\sin^{D - 2} \theta"),
        (symbolic.angle_spread(), r"\sqrt{\frac{\psi_{1}\left(\frac{D}{2}\right)}{2}}"),
        (symbolic.pokes_out(), r"\sqrt{D} - 1 > k \iff D > \left(k + 1\right)^{2}"),
    ],
)
def test_equations_read_as_they_do_in_books(equation, tex):
    assert tex in equation._repr_latex_()
