"""Equations of the first chapter as SymPy objects: the page shows what the tests evaluate.

Functions named after an equation return what `unrolled.symbolic.equations` defines; those that
begin with ``derive_`` return the steps of a derivation, in the order of reading.
"""

from typing import Any

from sympy import (
    Expr,
    Function,
    Ge,
    Gt,
    Integral,
    LessThan,
    Rational,
    S,
    Sum,
    Symbol,
    UnevaluatedExpr,
    cos,
    gamma,
    log,
    pi,
    polygamma,
    sin,
    sqrt,
)
from sympy.core.relational import Relational

from unrolled.symbolic.equations import (
    Equation,
    Equivalence,
    Statement,
    named,
    power,
    product,
    ratio,
    root,
    total,
)

__all__ = [
    "AngleDensity",
    "BallVolume",
    "angle_density",
    "angle_spread",
    "ball",
    "ball_in_cube",
    "ball_volume",
    "cosine",
    "cube_diagonal",
    "derive_angle_density",
    "derive_ball_volume",
    "derive_mean_squared_cosine",
    "derive_shell_share",
    "empty_share",
    "enclosing_ball",
    "grid_cells",
    "latitude_band",
    "mean_squared_cosine",
    "middle_ball",
    "middle_ball_share",
    "near_right_angle",
    "pair_distance",
    "pokes_out",
    "random_walk",
    "relative_contrast",
    "shell_2d",
    "shell_3d",
    "shell_dimension",
    "shell_share",
    "sphere",
    "typical_radius",
]

D = Symbol("D", integer=True, positive=True)
"""Number of dimensions."""
k = Symbol("k", integer=True, positive=True)
"""Cells of a grid, or cubes of a stack, along one axis."""
n = Symbol("n", integer=True, nonnegative=True)
"""Number of points, or of steps."""
N = Symbol("N", integer=True, positive=True)
"""Number of cells of a grid."""
r = Symbol("r", positive=True)
"""Radius."""
s = Symbol("s", positive=True)
"""A distance from the middle that runs from 0 to the radius."""
x = Symbol("x", real=True)
"""A coordinate."""
h = Symbol("h", real=True)
"""Height of a slice of a ball."""
theta = Symbol("theta", nonnegative=True)
"""Angle between two directions, from 0 to pi."""
phi = Symbol("varphi", nonnegative=True)
"""An angle that runs from 0 to pi under an integral."""
alpha = Symbol("alpha", positive=True)
"""A difference from the right angle."""
epsilon = Symbol("varepsilon", positive=True)
"""Thickness of a shell as a share of the radius."""
p = Symbol("p", positive=True)
"""A share of the volume."""


class BallVolume(Function):  # type: ignore[misc]
    """Volume of a ball, left as a name until ``doit()`` carries it out."""

    nargs = 2

    def doit(self, **hints: Any) -> Expr:
        """Put in the formula of `ball_volume`."""
        dims, radius = (argument.doit(**hints) for argument in self.args)
        return pi ** (dims / 2) / gamma(dims / 2 + 1) * radius**dims

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        dims, radius = (printer._print(argument) for argument in self.args)
        inner = f"({radius})" if self.args[1].is_Symbol else rf"\left({radius}\right)"
        return f"V_{{{dims}}}{inner}" + (f"^{{{exp}}}" if exp else "")


class AngleDensity(Function):  # type: ignore[misc]
    """Density of the angle between two directions, a name until ``doit()`` carries it out."""

    nargs = 2

    def doit(self, **hints: Any) -> Expr:
        """Put in the formula of `angle_density`."""
        dims, angle = (argument.doit(**hints) for argument in self.args)
        constant = gamma(dims / 2) / (sqrt(pi) * gamma((dims - 1) / 2))
        return constant * sin(angle) ** (dims - 2)

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        dims, angle = (printer._print(argument) for argument in self.args)
        return f"f_{{{dims}}}({angle})" + (f"^{{{exp}}}" if exp else "")


# Grids ---------------------------------------------------------------------------------------


def grid_cells() -> Equation:
    """Cells of a grid with k cells along each of D axes. Equation ``grid-cells``."""
    return Equation(N, k**D)


def empty_share() -> Equation:
    """Average share of N cells that n uniform points leave empty. Equation ``empty-share``."""
    return Equation(named(r"\mathbb{E}\,[\text{share of empty cells}]"), (1 - 1 / N) ** n)


# Spiky cubes ---------------------------------------------------------------------------------


def sphere() -> Statement:
    """Define the sphere of radius r around c, a surface. Equation ``sphere``, a definition."""
    return Statement(Relational(named(r"\lVert x - c \rVert"), r, "=="))


def ball() -> Statement:
    """Define the ball of radius r around c: with its inside. Equation ``ball``, a definition."""
    return Statement(LessThan(named(r"\lVert x - c \rVert"), r))


def cube_diagonal() -> Equation:
    """Long diagonal of the unit cube, by Pythagoras. Equation ``cube-diagonal``."""
    i = Symbol("i", integer=True)
    return Equation(sqrt(Sum(power(S.One, 2), (i, 1, D))), sqrt(D))


def middle_ball() -> Equation:
    """Diameter of the ball in the middle of the stack. Equation ``middle-ball``.

    The middle of a ball next to it lies half a diagonal away, its surface half a unit less.
    """
    half = ratio(sqrt(D), S(2))
    return Equation(product(S(2), total(half, -S.Half)), sqrt(D) - 1)


def enclosing_ball() -> Equation:
    """Diameter of the ball round the balls of a stack of two. Equation ``enclosing-ball``."""
    half = ratio(sqrt(D), S(2))
    return Equation(product(S(2), total(half, S.Half)), sqrt(D) + 1)


def pokes_out() -> Equivalence:
    """When the middle ball leaves a stack of k cubes per axis, k even. Equation ``pokes-out``."""
    return Equivalence(Gt(sqrt(D) - 1, k), Gt(D, (k + 1) ** 2))


def ball_in_cube() -> Equation:
    """Share of the unit cube that its inscribed ball fills. Equation ``ball-in-cube``."""
    below = product(2**D, gamma(D / 2 + 1))
    return Equation(BallVolume(D, S.Half), ratio(pi ** (D / 2), below))


def middle_ball_share() -> Equation:
    """Middle ball over its stack of k cubes per axis. Equation ``middle-ball-share``."""
    radius = ratio(sqrt(D) - 1, S(2))
    unit_ball = ratio(pi ** (D / 2), gamma(D / 2 + 1))
    share = product(unit_ball, power(ratio(sqrt(D) - 1, 2 * k), D))
    return Equation(ratio(BallVolume(D, radius), k**D), share)


def typical_radius() -> Equation:
    """Root mean square distance of a cube's point from the middle. Equation ``typical-radius``.

    Each of the D coordinates adds the same mean square. The corner is at half the square root of D.
    """
    mean_square = Integral(x**2, (x, -S.Half, S.Half))
    return Equation(root(product(D, mean_square)), root(ratio(D, S(12))))


# Angles --------------------------------------------------------------------------------------


def cosine() -> Equation:
    """Angle between two vectors. Equation ``cosine``, a definition."""
    lengths = product(named(r"\lVert u \rVert"), named(r"\lVert v \rVert"))
    return Equation(cos(theta), ratio(named(r"\langle u, v \rangle"), lengths))


def latitude_band() -> Equation:
    """Density of the angle in three dimensions. Equation ``latitude-band``.

    The circumference of the band at angle theta, over the surface of the unit sphere.
    """
    band = ratio(product(S(2), pi, sin(theta)), product(S(4), pi))
    return Equation(band, ratio(sin(theta), S(2)))


def angle_density() -> Equation:
    """Density of the angle between two uniform directions. Equation ``angle-density``."""
    below = product(sqrt(pi), gamma(ratio(D - 1, S(2))))
    return Equation(
        AngleDensity(D, theta), product(ratio(gamma(D / 2), below), sin(theta) ** (D - 2))
    )


def mean_squared_cosine() -> Equation:
    """Mean squared cosine of two uniform directions. Equation ``mean-squared-cosine``."""
    integral = Integral(product(cos(theta) ** 2, AngleDensity(D, theta)), (theta, 0, pi))
    return Equation(named(r"\mathbb{E}\cos^2\theta"), integral, 1 / D)


def angle_spread() -> Equation:
    """Spread (standard deviation) of the angle. Equation ``angle-spread``."""
    name = named(r"\sqrt{\mathbb{E}\left(\theta - \tfrac{\pi}{2}\right)^2}")
    return Equation(name, root(ratio(polygamma(1, D / 2), S(2))))


def near_right_angle() -> Equation:
    """Probability of an angle within alpha of the right one. Equation ``near-right-angle``."""
    limits = (theta, pi / 2 - alpha, total(pi / 2, alpha))
    integral = Integral(AngleDensity(D, theta), limits)
    name = named(r"\Pr\left(\left|\theta - \tfrac{\pi}{2}\right| \le \alpha\right)")
    return Equation(name, integral)


def random_walk() -> Equation:
    """Mean squared distance after n random unit steps. Equation ``random-walk``.

    Of the n² products of two steps the n squares are 1 and the others 0 on average.
    """
    return Equation(named(r"\mathbb{E}\,\lVert s_1 + \dots + s_n \rVert^2"), n)


# Shells --------------------------------------------------------------------------------------


def ball_volume() -> Equation:
    """Volume of a ball. Equation ``ball-volume``."""
    volume = product(ratio(pi ** (D / 2), gamma(D / 2 + 1)), r**D)
    return Equation(BallVolume(D, r), volume)


def shell_2d() -> Equation:
    """Share of a disc's outer hundredth. Equation ``shell-2d``."""
    return _shell_by_hand(pi, 2)


def shell_3d() -> Equation:
    """Share of an ordinary ball's outer hundredth. Equation ``shell-3d``."""
    return _shell_by_hand(product(Rational(4, 3), pi), 3)


def shell_share() -> Equation:
    """Share of a ball's volume in its outer shell. Equation ``shell-share``."""
    whole, core = BallVolume(D, r), BallVolume(D, product(1 - epsilon, r))
    return Equation(ratio(total(whole, -core), whole), 1 - (1 - epsilon) ** D)


def shell_dimension() -> Equivalence:
    """From which dimension on the shell holds the share p. Equation ``shell-dimension``."""
    bound = ratio(log(1 - p), log(1 - epsilon))
    return Equivalence(Ge(1 - (1 - epsilon) ** D, p), Ge(D, bound))


# Distances -----------------------------------------------------------------------------------


def pair_distance() -> Equation:
    """Mean squared distance of two uniform points of a ball. Equation ``pair-distance``.

    Twice the mean square of one point's distance s from the middle, whose density is D s^(D-1)/r^D.
    """
    density = ratio(product(D, s ** (D - 1)), r**D)
    mean_square = Integral(product(s**2, density), (s, 0, r))
    name = named(r"\mathbb{E}\,\lVert x - y \rVert^2")
    law = product(ratio(2 * D, D + 2), r**2)
    return Equation(name, product(S(2), mean_square), law)


def relative_contrast() -> Equation:
    """Farthest against nearest. Equation ``relative-contrast``, a definition."""
    farthest, nearest = named(r"d_{\max}"), named(r"d_{\min}")
    return Equation(named(r"\text{contrast}"), ratio(total(farthest, -nearest), nearest))


# Derivations ---------------------------------------------------------------------------------


def derive_shell_share() -> tuple[Equation, ...]:
    """From two volumes to the share of the shell, and back to two and three dimensions.

    Returns
    -------
    tuple of Equation
        The ratio as volumes; the core over the whole; the share; the share in two dimensions; in
        three.
    """
    whole, core = BallVolume(D, r), BallVolume(D, product(1 - epsilon, r))
    share = shell_share()
    general = 1 - (1 - epsilon) ** D
    return (
        Equation(share.lhs, total(S.One, -ratio(core, whole))),
        Equation(ratio(core, whole), (1 - epsilon) ** D),
        share,
        Equation(general.subs(D, 2), 2 * epsilon - epsilon**2),
        Equation(general.subs(D, 3), total(3 * epsilon, -3 * epsilon**2, epsilon**3)),
    )


def derive_ball_volume(n_dims: int) -> tuple[Equation, ...]:
    """Volumes of balls from one dimension upwards, each the integral over slices of the last.

    Parameters
    ----------
    n_dims : int
        The last dimension, at least 1.

    Returns
    -------
    tuple of Equation
        One for each dimension from 1 to `n_dims`, with the integral between name and result.
    """
    volume = 2 * r
    steps = [Equation(BallVolume(1, r), volume)]
    angle = Symbol("t", real=True)
    for dims in range(2, n_dims + 1):
        slice_radius = sqrt(r**2 - h**2)
        slices = Integral(volume.subs(r, slice_radius), (h, -r, r))
        # h = r sin t turns every slice's radius into r cos t and dh into r cos t dt
        turned = volume.subs(r, r * cos(angle)) * r * cos(angle)
        volume = Integral(turned, (angle, -pi / 2, pi / 2)).doit()
        steps.append(Equation(BallVolume(dims, r), slices, volume))
    return tuple(steps)


def derive_angle_density(n_dims: int) -> tuple[Equation, ...]:
    """Derive the density of the angle in one given dimension from the size of its band.

    Parameters
    ----------
    n_dims : int
        Number of dimensions, at least 2.

    Returns
    -------
    tuple of Equation
        The band's whole size, by integration; the density, which is the band over the whole; and
        its integral, which is one.
    """
    band = sin(phi) ** (n_dims - 2)
    whole = Integral(band, (phi, 0, pi))
    density = sin(theta) ** (n_dims - 2) / whole.doit()
    return (
        Equation(whole, whole.doit()),
        Equation(AngleDensity(S(n_dims), theta), density),
        Equation(Integral(density, (theta, 0, pi)), S.One),
    )


def derive_mean_squared_cosine(n_dims: int) -> Equation:
    """Derive the mean squared cosine in one given dimension, by integration.

    Parameters
    ----------
    n_dims : int
        Number of dimensions, at least 2.

    Returns
    -------
    Equation
        The integral and ``1 / n_dims``.
    """
    density = derive_angle_density(n_dims)[1].rhs
    return Equation(Integral(cos(theta) ** 2 * density, (theta, 0, pi)), Rational(1, n_dims))


# Private -------------------------------------------------------------------------------------


def _shell_by_hand(factor: Expr, dims: int) -> Equation:
    radius = product(UnevaluatedExpr(Rational(99, 100)), r)
    whole = product(factor, r**dims)
    core = product(factor, power(radius, dims))
    difference = total(whole, product(S.NegativeOne, core))
    return Equation(ratio(difference, whole), 1 - Rational(99, 100) ** dims)
