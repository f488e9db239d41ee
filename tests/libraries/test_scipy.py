"""What the pages say of SciPy, run on the version that is locked."""

import numpy as np
import pytest
from scipy import stats


@pytest.mark.library("ks-2samp-exact")
@pytest.mark.parametrize(("n", "default"), [(10_000, "exact"), (10_001, "asymp")])
def test_ks_2samp_is_exact_up_to_ten_thousand_values(n, default):
    rng = np.random.default_rng(7)
    samples = rng.normal(size=(2, n))
    told = {how: stats.ks_2samp(*samples, method=how).pvalue for how in ("auto", "exact", "asymp")}
    assert told["exact"] != pytest.approx(told["asymp"], rel=1e-6)
    assert told["auto"] == told[default]
