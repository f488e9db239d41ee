"""Second opinions shared by tests: slow, plain, and without a line of the library's code."""

from fractions import Fraction

import mpmath
import numpy as np

DIGITS = 60


def ball_volume_by_recursion(n_dims):
    """Volume of the unit ball: V_D = 2 pi / D V_(D-2), from a point and a line."""
    with mpmath.workdps(DIGITS):
        volume = mpmath.mpf(1) if n_dims % 2 == 0 else mpmath.mpf(2)
        for dims in range(2 + n_dims % 2, n_dims + 1, 2):
            volume *= 2 * mpmath.pi / dims
        return volume


def shell_share(n_dims, thickness):
    """Share of the shell, in exact fractions."""
    return 1 - (1 - Fraction(thickness)) ** n_dims


def angle(u, v):
    """Angle of two vectors of floats by the inverse cosine, with 1500 digits to burn."""
    with mpmath.workdps(1500):
        u, v = [mpmath.mpf(float(x)) for x in u], [mpmath.mpf(float(x)) for x in v]
        cosine = mpmath.fdot(u, v) / mpmath.sqrt(mpmath.fdot(u, u) * mpmath.fdot(v, v))
        return float(mpmath.acos(min(max(cosine, -1), 1)))


def distance(u, v):
    """Distance of two points of floats, with 1500 digits."""
    with mpmath.workdps(1500):
        differences = [
            mpmath.mpf(float(a)) - mpmath.mpf(float(b)) for a, b in zip(u, v, strict=True)
        ]
        return mpmath.sqrt(mpmath.fdot(differences, differences))


def angle_moment(n_dims, function):
    """Mean of a function of the angle, by quadrature over bands of size sin^(D-2)."""
    with mpmath.workdps(30):
        edges = mpmath.linspace(0, mpmath.pi, 9)
        whole = mpmath.quad(lambda t: mpmath.sin(t) ** (n_dims - 2), edges)
        part = mpmath.quad(lambda t: function(t) * mpmath.sin(t) ** (n_dims - 2), edges)
        return float(part / whole)


def central_differences(loss, array, step=1e-5):
    """Gradient of a loss that reads an array: two evaluations a number, the array put back."""
    derivatives = np.empty_like(array)
    for place in np.ndindex(array.shape):
        kept = array[place]
        array[place] = kept + step
        above = loss()
        array[place] = kept - step
        derivatives[place] = (above - loss()) / (2 * step)
        array[place] = kept
    return derivatives


def worst_difference(ours, theirs):
    """Largest difference over the largest value of each of two dictionaries of arrays."""
    assert ours.keys() == theirs.keys()
    errors = {name: np.abs(ours[name] - theirs[name]).max() for name in ours}
    return max(float(error / np.abs(theirs[name]).max()) for name, error in errors.items())
