"""Arcs stand at the words they join, and the creatures show what their trees say."""

from itertools import combinations, product

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.patches import FancyArrowPatch, Patch

from unrolled.figures import dependency_trees as figures
from unrolled.figures.style import FIRST, QUIET, SECOND, SINGLE, style_violations

WORDS = ["atama-ga\nhead", "akai\nred", "sakana-o\nfish", "taberu\neats", "neko\ncat"]
TREES = [(head, red, 4, 5, 0) for head, red in product((2, 4, 5), (3, 5))]
CROSSING = (4, 5, 4, 5, 0)


def arcs(ax):
    """The arrows, in the order of the units that they lead from."""
    return [patch for patch in ax.get_children() if isinstance(patch, FancyArrowPatch)]


def curve(arc):
    """Points along an arc, from the unit to its governor."""
    return arc._path_original.interpolated(1).to_polygons(closed_only=False)[0]


def crossings(one, other):
    """How often two arcs, given as points from left to right, change their order in height."""
    one, other = (line[np.argsort(line[:, 0], kind="stable")] for line in (one, other))
    low, high = max(one[0, 0], other[0, 0]), min(one[-1, 0], other[-1, 0])
    if low >= high:
        return 0
    x = np.linspace(low, high, 2003)[1:-1]
    above = np.interp(x, *one.T) > np.interp(x, *other.T)
    return int(np.abs(np.diff(above)).sum())


def drawn(tree, **look):
    return figures.figure_reading(WORDS, tree, look.get("colours", {})).axes[0]


def red_parts(ax):
    """Where the red parts of a creature have their middles."""
    red = mpl.colors.to_rgba(figures.RED)
    parts = [
        p for p in ax.get_children()
        if isinstance(p, Patch) and not isinstance(p, FancyArrowPatch)
        and red in (p.get_facecolor(), p.get_edgecolor())
    ]  # fmt: skip
    return np.array(
        [p.get_transform().transform_path(p.get_path()).vertices.mean(0) for p in parts]
    )


@pytest.mark.parametrize("tree", TREES)
def test_each_arc_leads_from_a_word_to_its_governor(tree):
    ax = drawn(tree)
    middles = {text.get_text(): text.get_position()[0] for text in ax.texts}
    assert {*middles} == {*WORDS}
    pairs = [pair for pair in enumerate(tree, 1) if pair[1]]
    for pair, arc in zip(pairs, arcs(ax), strict=True):
        ends = [middles[WORDS[unit - 1]] for unit in pair]
        assert curve(arc)[[0, -1], 0] == pytest.approx(ends, abs=0.25)


@pytest.mark.parametrize("tree", [*TREES, (0, 1, 1, 1, 4), (0, 1, 2, 1, 4), (3, 3, 0, 3, 3)])
def test_arcs_cross_in_the_crossing_tree_alone(tree):
    ax = mpl.pyplot.figure().add_axes((0, 0, 1, 1))
    figures.draw_tree(ax, WORDS, tree)
    lines = [curve(arc) for arc in arcs(ax)]
    crossed = [crossings(*pair) for pair in combinations(lines, 2)]
    assert sum(crossed) == (tree == CROSSING)


def test_arcs_have_their_colours_and_the_others_are_quiet():
    found = arcs(drawn(TREES[0], colours={1: FIRST, 2: SECOND}))
    colours = [mpl.colors.to_hex(arc.get_edgecolor()) for arc in found]
    assert colours == [FIRST, SECOND, QUIET, QUIET]


def extent(tree):
    """How many parts are red, and whether the cat's tail, which is far right, is among them."""
    ax = mpl.pyplot.figure(figsize=(4, 4)).add_axes((0, 0, 1, 1))
    ax.set(xlim=(-1, 1), ylim=(-0.5, 1.5))
    figures.draw_creature(ax, tree)
    parts = red_parts(ax)
    return len(parts), bool((ax.transData.inverted().transform(parts)[:, 0] > 0.4).any())


def test_head_alone_is_red_where_head_belongs_to_red():
    fish_head, cat_head = extent((2, 3, 4, 5, 0)), extent((2, 5, 4, 5, 0))
    assert fish_head == (1, False)
    assert cat_head == (3, False)  # a head and two ears


def test_all_of_the_fish_or_of_the_cat_is_red_elsewhere():
    fish, cat = extent((4, 3, 4, 5, 0)), extent((4, 5, 4, 5, 0))
    assert fish == (3, False)  # fin, body, head
    assert cat == (9, True)  # tail, four legs, body, head, two ears


def test_cat_that_is_a_head_stands_higher_and_is_smaller():
    whole, head = (drawn((red, 5, 4, 5, 0)) for red in (4, 5))
    assert np.ptp(red_parts(head)[:, 0]) < 0.7 * np.ptp(red_parts(whole)[:, 0])
    assert red_parts(head)[:, 1].min() > red_parts(whole)[:, 1].min() + 20


def test_figures_are_in_the_style_of_the_book():
    names = [f"reading {k}" for k in range(1, 6)]
    whole = figures.figure_creatures(TREES[:5], names)
    assert [text.get_text() for text in whole.axes[0].texts] == names
    several = figures.figure_trees(WORDS, TREES[:3], names[:3], 3 * [{1: FIRST}])
    assert len(arcs(several.axes[0])) == 3 * 4
    single = figures.figure_reading(WORDS, TREES[1], {})
    assert single.get_figwidth() == SINGLE
    for figure in (whole, several, single):
        assert style_violations(figure) == []
        drawing = figure.bbox
        for text in figure.axes[0].texts:
            box = text.get_window_extent(figure.canvas.get_renderer())
            assert drawing.containsx(box.x0)
            assert drawing.containsx(box.x1)
            assert drawing.containsy(box.y0)
            assert drawing.containsy(box.y1)
