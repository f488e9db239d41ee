"""The drawings of back propagation through time: parts and their sum, and truncation."""

import numpy as np

from unrolled.figures import through_time as figures

PARTS = np.random.default_rng(7).normal(size=(5, 3, 3))


def test_stack_ends_with_the_sum_on_one_scale():
    *panels, whole, bar = figures.figure_stack(PARTS).axes
    for ax, part in zip(panels, PARTS, strict=True):
        np.testing.assert_array_equal(ax.images[0].get_array(), part)
    np.testing.assert_allclose(whole.images[0].get_array(), PARTS.sum(axis=0))
    assert {ax.images[0].get_clim() for ax in (*panels, whole, bar)} == {bar.images[0].get_clim()}
    assert whole.get_xlabel().startswith("sum\n")  # an arrow, and what it is for
