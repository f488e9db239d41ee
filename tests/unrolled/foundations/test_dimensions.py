import itertools
import math
import re
from collections import Counter
from fractions import Fraction

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate

import oracles
from unrolled.foundations.dimensions import (
    angle_density,
    angle_spread,
    ball_share_of_cube,
    ball_volume,
    cube_diagonal,
    enclosing_ball_diameter,
    exceeds_stack,
    expected_empty_share,
    grid_cells,
    log_ball_share_of_cube,
    log_ball_volume,
    log_middle_ball_share,
    majority_by_cell,
    middle_ball_diameter,
    middle_ball_share,
    n_cells,
    n_dims_for_shell_share,
    occupied_share,
    share_near_right_angle,
    shell_share,
    typical_cube_radius,
    typical_pair_distance,
)

WEIRD = [
    *[np.nan, np.inf, -np.inf, -1, -0.5, 0, 0.5, 5e-324, 1e308, True, "3", b"3", None, 1j, 10**30],
    *[[], [1, 2], [[1], [1, 2]], np.array(["a"]), np.array([1 + 1j]), np.array([None]), 2**63],
    *[np.array([2.5]), np.array([[0.25, 0.75], [1.0, 0.0]]), np.zeros((0, 2)), np.zeros((3, 0))],
    *[np.uint8(3), np.float16(0.5), np.array([True]), {}, set(), 7, 3, 2, 1],
]
TWO = st.tuples(st.sampled_from(WEIRD), st.sampled_from(WEIRD))


# Grids, by hand ------------------------------------------------------------------------------


def test_cells_of_the_first_grids():
    assert [n_cells(10, n_dims) for n_dims in (1, 2, 3, 12)] == [10, 100, 1000, 10**12]
    assert n_cells(100, 3) == 10**6


def test_one_point_leaves_three_of_four_cells_empty():
    assert expected_empty_share(1, 4) == pytest.approx(3 / 4, rel=1e-15)
    assert expected_empty_share(0, 4) == 1
    assert [expected_empty_share(0, 1), expected_empty_share(5, 1)] == [1, 0]
    assert expected_empty_share(10**15, 10**400) == 1


def test_a_point_on_an_edge_belongs_to_the_cell_above_and_one_to_the_last():
    points = np.array([[0.0], [0.29], [0.2899], [1.0]])
    assert grid_cells(points, 100).ravel().tolist() == [0, 29, 28, 99]


def test_three_points_in_two_of_four_cells():
    assert occupied_share([[0.1, 0.1], [0.2, 0.4], [0.9, 0.1]], 2) == 0.5
    assert occupied_share(np.zeros((0, 3)), 2) == 0


def test_majority_of_three_and_ties_and_empty_cells():
    points = [[0.1, 0.1], [0.2, 0.2], [0.3, 0.3], [0.1, 0.9], [0.2, 0.8]]
    labels = [5, 2, 5, 3, 1]
    assert majority_by_cell(points, labels, 2).tolist() == [[5, 1], [-1, -1]]


# Grids, witnesses ----------------------------------------------------------------------------


def test_empty_share_matches_exact_fractions():
    for points, cells in itertools.product((1, 2, 7, 100), (2, 3, 10, 1000)):
        exact = (1 - Fraction(1, cells)) ** points
        assert expected_empty_share(points, cells) == pytest.approx(float(exact), rel=1e-14)


def test_thrown_points_leave_the_expected_share_empty():
    rng = np.random.default_rng(7)
    shares = [1 - occupied_share(rng.random((61, 2)), 7) for _ in range(2000)]
    assert np.mean(shares) == pytest.approx(expected_empty_share(61, 49), abs=0.005)


@given(st.integers(1, 7), st.integers(0, 2**32))
def test_grid_matches_counting_one_by_one(k, seed):
    rng = np.random.default_rng(seed)
    points, labels = np.round(rng.random((13, 2)), 2), rng.integers(3, size=13)
    found = {}
    for (a, b), label in zip(points, labels, strict=True):
        cell = tuple(sum(x >= j / k for j in range(1, k)) for x in (a, b))
        found.setdefault(cell, Counter())[int(label)] += 1
    assert occupied_share(points, k) == len(found) / k**2
    majority = majority_by_cell(points, labels, k)
    for cell in itertools.product(range(k), repeat=2):
        votes = found.get(cell, {-1: 1})
        assert majority[cell] == min(votes, key=lambda label: (-votes[label], label))


# Balls and shells ----------------------------------------------------------------------------


def test_volumes_that_everybody_knows():
    np.testing.assert_allclose(ball_volume([1, 2, 3], 2.0), [4, 4 * np.pi, 32 / 3 * np.pi], 1e-14)
    assert ball_volume(3, 0) == 0


def test_inscribed_ball_over_cube():
    worked = [0.785, 0.524, 0.00249, 2.5e-8, 1.5e-28, 1.9e-70]
    np.testing.assert_allclose(ball_share_of_cube([2, 3, 10, 20, 50, 100]), worked, rtol=0.03)
    assert ball_share_of_cube(1) == 1


def test_shells_of_one_hundredth():
    assert shell_share(2, 0.01) == pytest.approx(0.0199, rel=1e-14)
    assert shell_share(3, 0.01) == pytest.approx(0.029701, rel=1e-14)
    assert shell_share(400, 0.01) == pytest.approx(0.982, abs=5e-4)
    assert shell_share(229, 0.01) == pytest.approx(0.8999, abs=5e-5)
    assert [shell_share(5, 0), shell_share(5, 1)] == [0, 1]


def test_first_dimensions_for_50_90_95_and_99_per_cent():
    shares = [0.5, 0.9, 0.95, 0.99]
    assert [n_dims_for_shell_share(share, 0.01) for share in shares] == [69, 230, 299, 459]


def test_ties_are_decided_as_written():
    assert n_dims_for_shell_share(0.75, 0.5) == 2
    assert n_dims_for_shell_share(0.19, 0.1) == 2
    assert n_dims_for_shell_share(5e-324, 0.5) == 1


@given(st.floats(1e-6, 0.999), st.floats(0.01, 0.999))
def test_first_dimension_is_the_first(share, thickness):
    found = n_dims_for_shell_share(share, thickness)
    wanted, eps = Fraction(str(share)), Fraction(str(thickness))
    assert oracles.shell_share(found, eps) >= wanted
    assert oracles.shell_share(found - 1, eps) < wanted


@given(st.integers(1, 400), st.floats(1e-3, 1e3))
def test_volume_matches_the_recursion(n_dims, radius):
    exact = oracles.ball_volume_by_recursion(n_dims) * mpmath.mpf(radius) ** n_dims
    size = n_dims * (math.log(n_dims + 1) + abs(math.log(radius))) + 1
    assert log_ball_volume(n_dims, radius) == pytest.approx(
        float(mpmath.log(exact)), abs=1e-15 * size
    )
    if 1e-300 < exact < 1e300:
        assert ball_volume(n_dims, radius) == pytest.approx(float(exact), rel=2e-15 * size)


def test_volume_matches_points_thrown_into_the_cube():
    points = np.random.default_rng(7).uniform(-1, 1, (400_000, 5))
    inside = np.mean(np.sum(points**2, axis=1) <= 1)
    assert ball_share_of_cube(5) == pytest.approx(inside, abs=0.002)


@given(st.integers(1, 60), st.floats(0, 1))
def test_shell_matches_exact_fractions(n_dims, thickness):
    with np.errstate(all="raise"):
        ours = shell_share(n_dims, thickness)
    assert ours == pytest.approx(float(oracles.shell_share(n_dims, thickness)), rel=1e-13, abs=0)


def test_typical_lengths_by_simulation():
    rng = np.random.default_rng(7)
    cube = np.sqrt(np.mean(np.sum((rng.random((50_000, 7)) - 0.5) ** 2, axis=1)))
    assert typical_cube_radius(7) == pytest.approx(cube, rel=0.01)
    np.testing.assert_allclose(typical_cube_radius([2, 9]) / (cube_diagonal([2, 9]) / 2), 3**-0.5)
    square = rng.uniform(-1, 1, (200_000, 2, 3))  # keep pairs of which both lie in the ball
    pairs = square[(np.sum(square**2, axis=2) <= 1).all(axis=1)]
    distance = np.sqrt(np.mean(np.sum((pairs[:, 0] - pairs[:, 1]) ** 2, axis=1)))
    assert typical_pair_distance(3) == pytest.approx(distance, rel=0.01)
    assert typical_pair_distance(400, 2.0) == pytest.approx(2 * 1.411, abs=2e-3)


# Spiky cubes ---------------------------------------------------------------------------------


def test_diameters_by_hand():
    np.testing.assert_allclose(cube_diagonal([2, 3]), [1.4142, 1.7321], atol=5e-5)
    np.testing.assert_allclose(
        middle_ball_diameter([1, 2, 3, 9]), [0, 0.4142, 0.7321, 2], atol=5e-5
    )
    assert middle_ball_diameter(10) == pytest.approx(2.162, abs=5e-4)
    assert enclosing_ball_diameter(4) == 3


def test_balls_of_a_stack_touch_the_middle_ball_from_both_sides():
    for n_dims in (2, 3, 5):
        centres = np.array(list(itertools.product((-0.5, 0.5), repeat=n_dims)))
        far = np.linalg.norm(centres, axis=1)
        np.testing.assert_allclose(far - 0.5, middle_ball_diameter(n_dims) / 2, rtol=1e-14)
        np.testing.assert_allclose(far + 0.5, enclosing_ball_diameter(n_dims) / 2, rtol=1e-14)


def test_two_per_axis_fails_from_ten_and_four_per_axis_from_26():
    assert exceeds_stack([9, 10]).tolist() == [False, True]
    assert exceeds_stack([25, 26], 4).tolist() == [False, True]
    assert n_cells(2, 10) == 1024


def test_middle_ball_first_shrinks_then_outgrows_its_stack():
    dims = np.arange(2, 1300)
    logs = log_middle_ball_share(dims)
    assert dims[np.argmin(logs)] == 264
    assert middle_ball_share(264) == pytest.approx(1.0e-5, rel=0.005)
    assert dims[np.argmax(logs > 0)] == 1206


@given(st.integers(2, 300), st.sampled_from([2, 4, 6]))
def test_middle_ball_share_matches_the_recursion(n_dims, k):
    with mpmath.workdps(60):
        radius = (mpmath.sqrt(n_dims) - 1) / 2
        exact = oracles.ball_volume_by_recursion(n_dims) * (radius / k) ** n_dims
        assert log_middle_ball_share(n_dims, k) == pytest.approx(
            float(mpmath.log(exact)), abs=1e-11
        )


# Angles --------------------------------------------------------------------------------------


def test_spread_in_degrees():
    spread = np.degrees(angle_spread([1, 2, 3, 50, 100]))
    np.testing.assert_allclose(spread, [90, 51.96, 39.17, 8.18, 5.76], atol=0.005)


def test_share_within_ten_degrees_of_the_right_angle():
    shares = share_near_right_angle([2, 3, 50, 100], np.radians(10))
    np.testing.assert_allclose(shares, [0.111, 0.174, 0.777, 0.918], atol=5e-4)


def test_density_is_flat_in_two_dimensions_and_half_the_sine_in_three():
    theta = np.linspace(0, np.pi, 7)
    np.testing.assert_allclose(angle_density(theta, 2), 1 / np.pi, rtol=1e-15)
    np.testing.assert_allclose(angle_density(theta, 3), np.sin(theta) / 2, rtol=1e-14)
    assert angle_density(0.0, 1000) == 0


@pytest.mark.parametrize("n_dims", [2, 3, 4, 50, 100, 100_003])
def test_density_integrates_to_its_shares_and_its_spread(n_dims):
    def integral(function):
        width = min(np.pi / 2, 12 / np.sqrt(n_dims))
        limits = np.pi / 2 - width, np.pi / 2 + width
        return integrate.quad(lambda t: function(t) * angle_density(t, n_dims), *limits)[0]

    assert integral(lambda t: 1.0) == pytest.approx(1, rel=1e-9)
    assert integral(lambda t: np.cos(t) ** 2) == pytest.approx(1 / n_dims, rel=1e-8)
    spread = np.sqrt(integral(lambda t: (t - np.pi / 2) ** 2))
    assert angle_spread(n_dims) == pytest.approx(spread, rel=1e-8)


@pytest.mark.parametrize("n_dims", [2, 3, 7, 50, 1000])
@pytest.mark.parametrize("within", [1e-200, 1e-13, 1e-11, 1e-3, 0.1, 1.0, np.pi / 2])
def test_share_near_the_right_angle_matches_quadrature(n_dims, within):
    with mpmath.workdps(30):
        power = n_dims - 2
        edges = mpmath.linspace(0, mpmath.pi / 2, 9)
        whole = mpmath.quad(lambda t: mpmath.cos(t) ** power, edges)
        part = within * mpmath.quad(
            lambda t: mpmath.cos(t * within) ** power, mpmath.linspace(0, 1, 9)
        )
    ours = share_near_right_angle(n_dims, within)
    assert ours == pytest.approx(float(part / whole), rel=1e-10, abs=0)


def test_angles_of_thrown_directions_follow_the_density():
    normal = np.random.default_rng(7).standard_normal((2, 200_000, 5))
    u, v = normal / np.linalg.norm(normal, axis=2, keepdims=True)
    theta = np.arccos(np.sum(u * v, axis=1))
    assert angle_spread(5) == pytest.approx(np.std(theta), rel=0.01)
    near = np.mean(np.abs(theta - np.pi / 2) < 0.3)
    assert share_near_right_angle(5, 0.3) == pytest.approx(near, abs=0.005)


# Complaints ----------------------------------------------------------------------------------


def test_odd_stacks_are_refused_with_the_reason():
    with pytest.raises(
        ValueError, match=r"cubes_per_axis must be even, got 3\. The middle of an odd"
    ):
        exceeds_stack(10, 3)


def test_volumes_that_no_float_holds_are_refused_with_the_way_out():
    with pytest.raises(ValueError, match=r"n_dims must give a volume .* Use log_ball_volume\."):
        ball_volume(3, 1e200)
    with pytest.raises(ValueError, match="Use log_ball_volume"):
        ball_volume(3, 1e-200)
    with pytest.raises(ValueError, match="Use log_ball_share_of_cube"):
        ball_share_of_cube([2, 1000])
    with pytest.raises(ValueError, match="Use log_middle_ball_share"):
        middle_ball_share(100_000)


def test_degrees_points_outside_and_mismatches_are_named():
    with pytest.raises(ValueError, match=r"theta must be .*, got 90\.0\. Convert degrees"):
        angle_density(90, 3)
    with pytest.raises(ValueError, match="points must be at least 0 and at most 1"):
        occupied_share([[1.5]], 2)
    with pytest.raises(
        ValueError, match=r"points must have shape \(n_points, n_dims\), got \(2,\)"
    ):
        occupied_share([0.1, 0.2], 2)
    with pytest.raises(ValueError, match=r"points must have shape \(n_points, n_dims=2\)"):
        majority_by_cell([[0.1]], [0], 2)
    with pytest.raises(ValueError, match=r"labels must have shape \(n_points=1,\)"):
        majority_by_cell([[0.1, 0.1]], [0, 1], 2)
    with pytest.raises(ValueError, match="n_dims and radius must have shapes that fit"):
        ball_volume([2, 3], [1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match=r"n_dims must be at least 2.* On a line"):
        angle_density(0.5, 1)


ONE_ARGUMENT = [
    *[angle_spread, ball_share_of_cube, cube_diagonal, enclosing_ball_diameter],
    *[log_ball_share_of_cube, middle_ball_diameter, typical_cube_radius],
]
TWO_ARGUMENTS = [
    *[angle_density, ball_volume, expected_empty_share, grid_cells, log_ball_volume],
    *[log_middle_ball_share, middle_ball_share, n_cells, n_dims_for_shell_share, occupied_share],
    *[exceeds_stack, share_near_right_angle, shell_share, typical_pair_distance],
]
NAMES = "n_dims|n_points|n_cells|points|labels|cells_per_axis|cubes_per_axis|radius|share|theta"


def _finite_or_a_named_complaint(function, *arguments):
    with np.errstate(all="raise"):
        try:
            result = function(*arguments)
        except ValueError as complaint:
            pattern = rf"^({NAMES}|thickness|within)( and \w+)? must "
            assert re.match(pattern, str(complaint)), complaint  # noqa: PT017
        else:
            assert isinstance(result, int) or np.isfinite(result).all()


@pytest.mark.parametrize("function", ONE_ARGUMENT)
@pytest.mark.parametrize("weird", WEIRD, ids=range(len(WEIRD)))
def test_any_single_argument_gives_numbers_or_a_named_complaint(function, weird):
    _finite_or_a_named_complaint(function, weird)


@pytest.mark.parametrize("function", TWO_ARGUMENTS)
@given(TWO)
def test_any_two_arguments_give_numbers_or_a_named_complaint(function, arguments):
    _finite_or_a_named_complaint(function, *arguments)


@given(st.sampled_from(WEIRD), st.sampled_from(WEIRD), st.sampled_from(WEIRD))
def test_any_three_arguments_give_cells_or_a_named_complaint(points, labels, k):
    _finite_or_a_named_complaint(majority_by_cell, points, labels, k)


@settings(max_examples=200)
@given(st.integers(1, 10**6), st.floats(5e-324, 1.7e308))
def test_volume_is_right_or_refused_whatever_the_radius(n_dims, radius):
    with np.errstate(all="raise"), mpmath.workdps(40):
        half = mpmath.mpf(n_dims) / 2
        exact = half * mpmath.log(mpmath.pi) - mpmath.loggamma(half + 1)
        exact += n_dims * mpmath.log(mpmath.mpf(radius))
        size = n_dims * (math.log(n_dims + 1) + abs(math.log(radius))) + 1
        assert abs(log_ball_volume(n_dims, radius) - exact) < 1e-15 * size
        if -700 < exact < 700:
            assert (
                abs(mpmath.log(mpmath.mpf(float(ball_volume(n_dims, radius)))) - exact)
                < 2e-15 * size
            )
        elif abs(exact) > 720:
            with pytest.raises(ValueError, match="Use log_ball_volume"):
                ball_volume(n_dims, radius)


@given(st.integers(0, 10**15), st.integers(1, 10**40))
def test_empty_share_is_right_for_any_sizes(points, cells):
    with mpmath.workdps(120):
        exact = float((1 - mpmath.mpf(1) / cells) ** points)
    assert expected_empty_share(points, cells) == pytest.approx(exact, rel=1e-12, abs=1e-300)


@settings(max_examples=200)
@given(st.integers(2, 10**6), st.floats(0, math.pi))
def test_density_is_right_everywhere(n_dims, theta):
    with mpmath.workdps(40):
        constant = mpmath.gammaprod([mpmath.mpf(n_dims) / 2], [mpmath.mpf(n_dims - 1) / 2])
        exact = float(constant / mpmath.sqrt(mpmath.pi) * mpmath.sin(theta) ** (n_dims - 2))
    with np.errstate(all="raise"):
        ours = angle_density(theta, n_dims)
    assert ours == pytest.approx(exact, rel=1e-9, abs=1e-290)
