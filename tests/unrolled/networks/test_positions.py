"""Sinusoidal positions: by hand, by their laws, and digit by digit."""

import mpmath
import numpy as np
import pytest

from unrolled.networks.positions import sinusoidal_positions

N_POSITIONS, D_MODEL = 7, 10


def test_two_positions_by_hand():
    """The second pair of columns turns 10000 ** (2 / 4) = 100 times slower."""
    expected = [[0, 1, 0, 1], [np.sin(1), np.cos(1), np.sin(0.01), np.cos(0.01)]]
    np.testing.assert_allclose(sinusoidal_positions(2, 4), expected, rtol=1e-15)


@pytest.mark.parametrize("base", [10_000, 3.0])
def test_every_element_is_the_printed_one(base):
    found = sinusoidal_positions(N_POSITIONS, D_MODEL, base=base)
    assert found.shape == (N_POSITIONS, D_MODEL)
    with mpmath.workdps(40):
        for (position, column), value in np.ndenumerate(found):
            angle = position / mpmath.mpf(base) ** (mpmath.mpf(column - column % 2) / D_MODEL)
            wave = mpmath.cos if column % 2 else mpmath.sin
            assert abs(wave(angle) - value) < 1e-15 * N_POSITIONS


def test_every_pair_lies_on_the_unit_circle():
    waves = sinusoidal_positions(1009, D_MODEL)
    np.testing.assert_allclose(waves[:, ::2] ** 2 + waves[:, 1::2] ** 2, 1, rtol=1e-14)


def test_the_product_of_two_positions_depends_on_their_distance_only():
    waves = sinusoidal_positions(N_POSITIONS, D_MODEL)
    products = waves @ waves.T
    for distance in range(N_POSITIONS):
        along = np.diagonal(products, distance)
        np.testing.assert_allclose(along, along[0], rtol=1e-13)


def test_single_precision_is_rounded_double():
    single = sinusoidal_positions(1009, D_MODEL, dtype=np.float32)
    assert single.dtype == np.float32
    np.testing.assert_array_equal(single, sinusoidal_positions(1009, D_MODEL).astype(np.float32))


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        ((0, 4), {}, "n_positions must be at least 1, got 0"),
        ((2.5, 4), {}, "n_positions must hold integers, got 2.5"),
        ((3, 5), {}, "d_model must be even, a sine and a cosine each, got 5"),
        ((3, 0), {}, "d_model must be at least 2, got 0"),
        ((3, 4), {"base": 1}, "base must be above 1, got 1"),
        ((3, 4), {"base": np.nan}, "base must be finite, got nan"),
        ((3, 4), {"dtype": int}, "dtype must be float64 or float32"),
    ],
)
def test_complaints(arguments, options, message):
    with pytest.raises(ValueError, match=message):
        sinusoidal_positions(*arguments, **options)
