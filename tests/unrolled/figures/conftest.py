"""What every test of a drawing does: it leaves no figure open and no setting changed."""

import matplotlib as mpl
import pytest
from matplotlib import pyplot as plt


@pytest.fixture(autouse=True)
def _leave_no_trace():
    with mpl.rc_context():
        yield
    plt.close("all")
