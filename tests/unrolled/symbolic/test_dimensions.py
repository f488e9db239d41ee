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


# Grids ---------------------------------------------------------------------------------------


@pytest.mark.equation("grid-cells")
def test_cells_multiply_with_every_axis(evidence):
    equation = symbolic.grid_cells()
    evidence.rendered(equation)
    sizes = list(itertools.product((2, 3, 10), (1, 2, 3, 5)))
    ours = [int(equation.rhs.subs({k: cells, D: dims})) for cells, dims in sizes]
    counted = [sum(1 for _ in itertools.product(range(c), repeat=d)) for c, d in sizes]
    evidence.agrees(ours, counted, witness="counted one by one", within=0)


@pytest.mark.equation("empty-share")
def test_thrown_points_leave_the_expected_share_of_cells_empty(evidence):
    equation = symbolic.empty_share()
    evidence.rendered(equation)
    ours = float(equation.rhs.subs({N: 27, n: 31}))
    evidence.agrees(ours, numeric.expected_empty_share(31, 27), witness="NumPy", within=1e-14)
    cells = np.random.default_rng(RNG_SEED).integers(27, size=(20_000, 31))
    empty = np.mean([(cells != cell).all(axis=1).mean() for cell in range(27)])
    evidence.agrees(ours, empty, witness="simulation", within=0.01)


# Spiky cubes ---------------------------------------------------------------------------------


@pytest.mark.equation("cube-diagonal")
def test_diagonal_is_pythagoras(evidence):
    equation = symbolic.cube_diagonal()
    evidence.rendered(equation)
    evidence.identity(equation.residual)
    ours = [float(equation.rhs.subs(D, dims)) for dims in (2, 3, 7)]
    corners = [np.linalg.norm(np.ones(dims)) for dims in (2, 3, 7)]
    evidence.agrees(ours, corners, witness="NumPy", within=1e-15)


@pytest.mark.parametrize(
    ("name", "sign"),
    [
        pytest.param("middle_ball", -1, marks=pytest.mark.equation("middle-ball")),
        pytest.param("enclosing_ball", 1, marks=pytest.mark.equation("enclosing-ball")),
    ],
)
def test_balls_in_the_middle_touch_all_others(evidence, name, sign):
    equation = getattr(symbolic, name)()
    evidence.rendered(equation)
    evidence.identity(equation.residual)
    for dims in (2, 3, 5):
        centres = np.array(list(itertools.product((-0.5, 0.5), repeat=dims)))
        touching = 2 * (np.linalg.norm(centres, axis=1) + sign * 0.5)
        ours = np.full(2**dims, float(equation.rhs.subs(D, dims)))
        evidence.agrees(ours, touching, witness="all centres of the stack", within=1e-14)


@pytest.mark.equation("pokes-out")
def test_both_sides_of_the_condition_are_true_together(evidence):
    equivalence = symbolic.pokes_out()
    evidence.rendered(equivalence)
    sizes = list(itertools.product(range(1, 90), (2, 4, 6, 8)))
    first = [bool(equivalence.first.subs({D: dims, k: cubes})) for dims, cubes in sizes]
    second = [bool(equivalence.second.subs({D: dims, k: cubes})) for dims, cubes in sizes]
    code = [bool(numeric.pokes_out(dims, cubes)) for dims, cubes in sizes]
    evidence.agrees(np.int64(first), np.int64(second), witness="SymPy", within=0)
    evidence.agrees(np.int64(code), np.int64(first), witness="SymPy", within=0)


@pytest.mark.equation("ball-in-cube")
def test_inscribed_ball_leaves_most_of_the_cube(evidence):
    equation = symbolic.ball_in_cube()
    evidence.rendered(equation)
    evidence.identity(equation.residual)
    points = np.random.default_rng(RNG_SEED).uniform(-0.5, 0.5, (400_000, 4))
    inside = np.mean(np.linalg.norm(points, axis=1) <= 0.5)
    evidence.agrees(float(equation.rhs.subs(D, 4)), inside, witness="simulation", within=0.01)
    ours = [float(sympy.N(equation.rhs.subs(D, dims))) for dims in (2, 3, 10, 20, 100)]
    code = numeric.ball_share_of_cube([2, 3, 10, 20, 100])
    for mine, theirs in zip(ours, code, strict=True):  # one by one: they differ by 70 powers of ten
        evidence.agrees(mine, theirs, witness="SciPy", within=1e-12)


@pytest.mark.equation("middle-ball-share")
def test_middle_ball_outgrows_its_stack(evidence):
    equation = symbolic.middle_ball_share()
    evidence.rendered(equation)
    evidence.identity(equation.residual)
    for dims in (2, 264, 1205, 1206):
        with mpmath.workdps(60):
            radius = (mpmath.sqrt(dims) - 1) / 2
            theirs = oracles.ball_volume_by_recursion(dims) * (radius / 2) ** dims
        ours = float(sympy.N(equation.rhs.subs({D: dims, k: 2}), 30))
        evidence.agrees(ours, float(theirs), witness="recursion", within=1e-13)
    shares = [float(sympy.N(equation.rhs.subs({D: dims, k: 2}), 30)) for dims in (1205, 1206)]
    assert shares[0] < 1 < shares[1]


@pytest.mark.equation("typical-radius")
def test_points_of_the_cube_lie_between_middle_and_corner(evidence):
    equation = symbolic.typical_radius()
    evidence.rendered(equation)
    evidence.identity(equation.residual)
    points = np.random.default_rng(RNG_SEED).uniform(-0.5, 0.5, (50_000, 7))
    typical = np.sqrt(np.mean(np.sum(points**2, axis=1)))
    evidence.agrees(float(equation.rhs.subs(D, 7)), typical, witness="simulation", within=0.01)
    assert sympy.simplify(equation.rhs / (sympy.sqrt(D) / 2) - 1 / sympy.sqrt(3)) == 0


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
