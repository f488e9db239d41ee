"""The drawings of attention by hand show the numbers that they are given."""

import re

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch, Rectangle

from unrolled.figures import attention_by_hand as figures
from unrolled.figures import style
from unrolled.figures.attention_by_hand import Block

RNG = np.random.default_rng(7)
WORDS = ("one", "two", "three", "four", "five")
N_TOKENS, D_K, D_V = 5, 3, 2
QUERY, KEYS = np.array([2, -1, 0]), RNG.integers(-2, 3, size=(N_TOKENS, D_K))
VALUES = RNG.integers(-1, 2, size=(N_TOKENS, D_V))
ALL_WEIGHTS = RNG.dirichlet(np.ones(N_TOKENS), size=N_TOKENS)
WEIGHTS = ALL_WEIGHTS[1]
NAMES = ("left", "right")
LINES = [
    [Block("Q", 3, 17), Block("K", 17, 3), Block("S", 3, 3)],
    [Block("S", 3, 3), Block("V", 3, 11), Block("Z", 3, 11)],
]

FIGURES = {
    "one query": lambda ax: figures.draw_one_query(WORDS, 1, WEIGHTS, VALUES, names=NAMES, ax=ax),
    "query times keys": lambda ax: figures.draw_query_times_keys(
        QUERY, KEYS, WEIGHTS, WORDS, ax=ax
    ),
    "values times weights": lambda ax: figures.draw_values_times_weights(
        VALUES, WEIGHTS, WORDS, ax=ax
    ),
    "nine queries": lambda ax: figures.draw_nine_queries(
        WORDS, ALL_WEIGHTS, ALL_WEIGHTS @ VALUES, names=NAMES, ax=ax
    ),
    "blocks": lambda ax: figures.draw_blocks(LINES, ax=ax),
}


@pytest.fixture(params=FIGURES)
def draw(request):
    return FIGURES[request.param]


def texts(ax):
    return [text.get_text() for text in ax.texts]


def written(numbers, digits=2):
    return [f"{number + 0.0:.{digits}f}".replace("-0.00", "0.00").replace("-", "−")
            for number in np.ravel(numbers)]  # fmt: skip


def patches(ax, kind, colour=None):
    found = [patch for patch in ax.patches if isinstance(patch, kind)]
    return [p for p in found if colour is None or to_hex(p.get_facecolor()) == colour]


def test_one_query_draws_an_arrow_and_a_bar_for_every_key():
    ax = FIGURES["one query"](None)
    arrows = patches(ax, FancyArrowPatch)
    widths = np.array([arrow.get_linewidth() for arrow in arrows])
    assert np.array_equal(np.argsort(widths), np.argsort(WEIGHTS))
    bars = patches(ax, Rectangle, style.TARGET)
    lengths = np.array([bar.get_width() for bar in bars])
    np.testing.assert_allclose(lengths / lengths.sum(), WEIGHTS)


def test_one_query_writes_weights_scaled_values_and_their_sum():
    said = texts(FIGURES["one query"](None))
    scaled = WEIGHTS[:, None] * VALUES
    for number in [*written(WEIGHTS), *written(scaled), *written(scaled.sum(axis=0))]:
        assert number in said
    assert said[0] == "two"
    assert "−0.00" not in said


def test_query_times_keys_writes_every_number():
    said = texts(FIGURES["query times keys"](None))
    for number in [*KEYS.ravel(), *QUERY, *(KEYS @ QUERY)]:
        assert f"{number:g}".replace("-", "−") in said
    scores = [f"{score:g}".replace("-", "−") for score in KEYS @ QUERY / np.sqrt(D_K)]
    assert set(scores) <= set(said)


@pytest.mark.parametrize("name", ["query times keys", "values times weights"])
def test_areas_of_circles_are_in_proportion_to_the_weights(name):
    circles = patches(FIGURES[name](None), Circle)
    areas = np.array([circle.get_radius() ** 2 for circle in circles])
    np.testing.assert_allclose(areas / areas.sum(), WEIGHTS)


def test_values_times_weights_ends_in_the_context():
    said = texts(FIGURES["values times weights"](None))
    assert set(written(WEIGHTS @ VALUES)) <= set(said)
    assert r"$z_i^{\top}$" in said


def test_nine_queries_have_a_bar_for_every_weight_and_a_row_of_context():
    ax = FIGURES["nine queries"](None)
    bars = patches(ax, Rectangle, style.TARGET)
    heights = -np.array([bar.get_height() for bar in bars]).reshape(N_TOKENS, N_TOKENS)
    np.testing.assert_allclose(heights / heights.sum(axis=1, keepdims=True), ALL_WEIGHTS)
    assert set(written(ALL_WEIGHTS @ VALUES)) <= set(texts(ax))


def test_blocks_have_the_sizes_that_are_written_under_them():
    ax = FIGURES["blocks"](None)
    outlines = [patch for patch in patches(ax, FancyBboxPatch) if patch.get_edgecolor()[3]]
    sizes = [f"{box.get_height():g} × {box.get_width():g}" for box in outlines]
    assert sizes == [text for text in texts(ax) if re.fullmatch(r"\d+ × \d+", text)]
    assert sizes[:2] == ["3 × 17", "17 × 3"]
    assert ax.get_aspect() == 1


def test_blocks_of_different_drawings_have_one_scale():
    narrow, wide = figures.draw_blocks(LINES[:1]), figures.draw_blocks(LINES[1:])
    assert narrow.get_xlim() == wide.get_xlim()
