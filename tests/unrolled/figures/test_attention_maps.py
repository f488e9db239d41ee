"""The drawings of maps: every map in its place, and every weight a line of its width."""

import numpy as np
import pytest
from matplotlib import pyplot as plt

from unrolled.figures.attention_maps import FAINT, SHOWN, STRONG, THICKEST, draw_lines, figure_maps
from unrolled.figures.style import HEADS

N_LAYERS, N_HEADS, N_QUERIES, N_KEYS = 2, 3, 5, 7


@pytest.fixture
def weights():
    shape = (N_LAYERS, N_HEADS, N_QUERIES)
    yield np.random.default_rng(3).dirichlet(np.full(N_KEYS, 0.5), size=shape)
    plt.close("all")


def test_each_map_stands_in_the_row_of_its_layer_and_the_column_of_its_head(weights):
    axes = figure_maps(weights).axes
    assert len(axes) == N_LAYERS * N_HEADS + 1  # and the colour bar
    for place, ax in enumerate(axes[:-1]):
        (image,) = ax.images
        np.testing.assert_array_equal(image.get_array(), weights[divmod(place, N_HEADS)])
        assert (image.norm.vmin, image.norm.vmax) == (0, 1)
    written = {text.get_text() for ax in axes[:-1] for text in ax.texts}
    assert written == {"layer 1", "layer 2", "head 1", "head 2", "head 3"}


def test_lines_have_the_colour_of_their_head_and_the_width_of_their_weight(weights):
    queries, keys = list("abcde"), list("tuvwxyz")
    ax = draw_lines(weights[0], queries, keys, focus=3)
    assert [text.get_text() for text in ax.texts] == queries + keys
    found = {}
    for line in ax.lines:
        head = HEADS.index(line.get_color())
        query, key = np.round(line.get_ydata()).astype(int)
        found[head, query, key] = line
    assert len(found) == len(ax.lines) == np.count_nonzero(weights[0] >= SHOWN)
    for place, line in found.items():
        assert line.get_linewidth() == pytest.approx(THICKEST * weights[0][place])
        assert line.get_alpha() == (STRONG if place[1] == 3 else FAINT)
