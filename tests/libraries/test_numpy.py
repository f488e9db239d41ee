"""What pages say of NumPy in passing, run on the locked version."""

import numpy as np
import pytest


@pytest.mark.library("numpy-divides-by")
def test_cov_divides_by_one_less_and_var_by_the_number_unless_told():
    readings = np.array([1.0, 2.0, 4.0])
    squares = 14 / 3  # of the differences from 7 / 3
    assert np.cov(readings) == pytest.approx(squares / 2)
    assert np.var(readings) == pytest.approx(squares / 3)
    assert np.var(readings, ddof=1) == pytest.approx(squares / 2)


@pytest.mark.library("numpy-names-size-and-shape")
def test_a_reshape_that_does_not_fit_names_a_size_and_a_shape():
    with pytest.raises(ValueError, match=r"array of size 4608 into shape \(9,7,73\)"):
        np.zeros((9, 512)).reshape(9, 7, 73)
