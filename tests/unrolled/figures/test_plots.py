"""The parts of plain figures show the numbers they are given, and put names beside them."""

import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.colors import to_hex

from unrolled.figures import plots, style

X = np.arange(1, 8)
LINES = {"rising": X / 7.0, "falling": 1 - X / 7.0, "": np.full(7, 0.3)}
AMOUNTS = np.arange(15.0).reshape(3, 5) / 7 - 1


def frame(**settings):
    return style.frame("steps", "metres", **settings)


def written(ax):
    return [text.get_text() for text in ax.texts]


def test_each_line_is_drawn_as_given_and_named_at_its_end():
    ax = frame()
    plots.series(ax, X, LINES)
    for line, given in zip(ax.lines, LINES.values(), strict=True):
        np.testing.assert_array_equal(line.get_xydata(), np.column_stack([X, given]))
    assert written(ax) == ["rising", "falling"]
    assert [text.xy for text in ax.texts] == [(7, 1), (7, 0)]
    assert ax.get_xlim() == (1, 7)


def test_no_two_lines_have_one_colour_and_one_dash():
    ax = frame()
    plots.series(ax, X, np.outer(range(8), X))
    assert len({(line.get_color(), str(line._dash_pattern)) for line in ax.lines}) == 8
    assert ax.lines[0].get_color() == style.FIRST


def test_looks_are_taken_in_turn():
    ax = frame()
    plots.series(ax, X, np.outer(range(3), X), colours=[style.DATA], markers="os")
    assert {line.get_color() for line in ax.lines} == {style.DATA}
    assert [line.get_marker() for line in ax.lines] == ["o", "s", "o"]


def test_a_line_that_leaves_the_frame_is_named_at_its_border():
    ax = frame(ylim=(0, 2))
    plots.series(ax, X, {"far": 10.0 * X})
    assert ax.texts[0].xy == (7, 2)


def test_levels_stand_where_they_are_said_and_carry_their_words():
    ax = frame(xlim=(2, 11), ylim=(0, 5))
    plots.levels(ax, y={3.5: "guessing"}, x=[5, 7])
    plots.levels(ax, x=np.int64(3))
    assert [line.get_xdata()[0] for line in ax.lines[:2]] == [5, 7]
    assert ax.lines[2].get_ydata() == [3.5, 3.5]
    assert ax.lines[3].get_xdata() == [3, 3]
    assert [(text.get_text(), text.xy) for text in ax.texts] == [("guessing", (2, 3.5))]


@pytest.mark.parametrize(("scale", "middle"), [("linear", 50.5), ("log", 10)])
def test_words_stand_a_share_of_the_way_along(scale, middle):
    ax = frame(xlim=(1, 100), xscale=scale)
    plots.levels(ax, y={0.5: "half"}, at=0.5, shift=(-3, 4))
    assert ax.texts[0].xy == pytest.approx((middle, 0.5))
    assert ax.texts[0].get_ha() == "right"


@pytest.mark.parametrize(
    ("shift", "align"), [((0, 12), "center"), ((5, 0), "left"), ((-5, 0), "right")]
)
def test_a_marked_point_has_its_words_on_the_side_they_are_moved_to(shift, align):
    ax = frame()
    plots.mark(ax, (3, 5), "here", shift)
    assert ax.lines[0].get_xydata().tolist() == [[3, 5]]
    assert [(text.get_text(), text.xy, text.get_ha()) for text in ax.texts] == [
        ("here", (3, 5), align)
    ]


GROUPS, BARS = ["left", "middle", "right"], {"one": [2, 3, 5], "two": [7, 11, 13]}


def lengths(ax, lying):
    return [bar.get_width() if lying else bar.get_height() for bar in ax.patches]


@pytest.mark.parametrize("lying", [True, False])
def test_bars_are_as_long_as_they_are_told(lying):
    ax = frame()
    plots.bars(ax, GROUPS, BARS, lying=lying, form=".1f")
    assert lengths(ax, lying) == [2, 3, 5, 7, 11, 13]
    assert written(ax) == ["2.0", "3.0", "5.0", "one", "7.0", "11.0", "13.0", "two"]
    ticks = ax.get_yticklabels() if lying else ax.get_xticklabels()
    assert [tick.get_text() for tick in ticks] == GROUPS


@pytest.mark.parametrize("lying", [True, False])
def test_stacked_bars_begin_where_the_others_end(lying):
    ax = frame()
    plots.bars(ax, GROUPS, BARS, lying=lying, stacked=True, form="g", named=1)
    starts = [bar.get_x() if lying else bar.get_y() for bar in ax.patches]
    assert starts == [0, 0, 0, 2, 3, 5]
    assert written(ax) == ["one", "9", "14", "18", "two"]
    along = 0 if lying else 1
    assert [ax.texts[n].xy[along] for n in (0, 4)] == [1.5, 8.5]


def test_kinds_of_bars_are_named_in_a_key_where_there_is_no_room_on_them():
    ax = frame()
    plots.bars(ax, GROUPS, BARS, stacked=True, named=None)
    plots.key(ax)
    assert written(ax) == []
    assert [text.get_text() for text in ax.figure.legends[0].texts] == ["one", "two"]


def test_bars_of_one_kind_need_no_name():
    ax = frame()
    plots.bars(ax, GROUPS, np.array([2, 3, 5]))
    assert written(ax) == []


def test_histograms_are_drawn_as_given_and_named_at_their_highest_bin():
    ax, edges = frame(), np.linspace(0, 2, 6)
    heights = {"near": [0.1, 0.6, 0.3, 0, 0], "far": [0, 0, 0.1, 0.2, 0.7]}
    plots.histogram(ax, edges, heights)
    for outline, height in zip(ax.patches[1::2], heights.values(), strict=True):
        np.testing.assert_array_equal(outline.get_data().values, height)
        np.testing.assert_array_equal(outline.get_data().edges, edges)
    assert [(text.get_text(), *np.round(text.xy, 9)) for text in ax.texts] == [
        ("near", 0.6, 0.6),
        ("far", 1.8, 0.7),
    ]


def test_each_group_of_points_has_its_colour_its_marker_and_its_place_in_the_key():
    points, groups = np.arange(14.0).reshape(7, 2), np.array([0, 2, 0, 1, 2, 2, 0])
    ax = frame()
    plots.scatter(ax, points, groups, names=["a", "b", "c"], ms=1.5)
    plots.key(ax)
    for group, line in enumerate(ax.lines):
        np.testing.assert_array_equal(line.get_xydata(), points[groups == group])
        assert (line.get_color(), line.get_marker()) == (style.SERIES[group], "os^"[group])
    (legend,) = ax.figure.legends
    assert [text.get_text() for text in legend.texts] == ["a", "b", "c"]
    assert [mark.get_markersize() for mark in legend.legend_handles] == [6, 6, 6]


def test_points_without_groups_are_all_alike():
    ax = frame()
    plots.scatter(ax, np.arange(6.0).reshape(3, 2), color=style.DATA)
    assert [line.get_color() for line in ax.lines] == [style.DATA]


def drawn(amounts=AMOUNTS, rows=("a", "b", "c"), columns=tuple("klmno"), **options):
    return plots.heat_map(amounts, rows, columns, **options)


def cells(ax):
    return ax.collections[0]


def test_rows_of_a_heat_map_run_down_and_columns_to_the_right():
    ax = drawn(x="key", y="query")
    np.testing.assert_array_equal(cells(ax).get_array(), AMOUNTS)
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["a", "b", "c"]
    assert ax.get_ylim()[0] > ax.get_ylim()[1]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("key", "query")


@pytest.mark.parametrize(
    ("amounts", "options", "limits"),
    [
        (AMOUNTS, {}, (-1, 1)),
        (AMOUNTS, {"signed": True}, (-1, 1)),
        (AMOUNTS, {"limits": (0, 3)}, (0, 3)),
        (AMOUNTS + 3, {}, (0, 4)),
        (AMOUNTS > 0, {}, (0, 1)),
    ],
)
def test_colours_run_between_the_limits(amounts, options, limits):
    norm = cells(drawn(amounts, **options)).norm
    assert (norm.vmin, norm.vmax) == pytest.approx(limits)


def test_printed_amounts_are_those_of_the_cells_and_missing_ones_stay_empty():
    amounts = AMOUNTS.copy()
    amounts[1, 2], amounts[0, 1] = np.nan, -0.001
    ax = drawn(amounts, digits=2)
    texts = {text.get_position(): text.get_text() for text in ax.texts}
    assert len(texts) == 14
    assert texts[(1.5, 2.5)] == f"{amounts[2, 1]:.2f}"
    assert texts[(0.5, 0.5)] == "−1.00"
    assert texts[(1.5, 0.5)] == "0.00"


@pytest.mark.parametrize("signed", [False, True])
def test_nothing_shows_the_page_and_more_shows_more_of_one_colour(signed):
    ax = drawn(np.array([[-3.0, -1, 0, 1, 3]]), ["q"], signed=signed, limits=(-3, 3))
    ax.figure.draw_without_rendering()
    colours = cells(ax).get_facecolor()
    hues, strength = [to_hex(colour) for colour in colours], colours[:, 3]
    if signed:
        assert hues == 2 * [style.SECOND] + 3 * [style.FIRST]
        assert strength == pytest.approx([1, 1 / 3, 0, 1 / 3, 1], abs=0.01)
    else:
        assert set(hues) == {style.FIFTH}
        assert strength == pytest.approx([0, 1 / 3, 0.5, 2 / 3, 1], abs=0.01)


def test_a_large_heat_map_runs_the_same_way_without_rules():
    amounts = np.arange(31.0 * 29).reshape(31, 29)
    ax = drawn(amounts, None, None)
    (image,) = ax.images
    np.testing.assert_array_equal(image.get_array(), amounts)
    assert tuple(image.get_extent()) == (0, 29, 31, 0)
    assert not ax.collections


def test_a_colour_bar_is_drawn_when_its_meaning_is_given():
    assert len(drawn().figure.axes) == 1
    assert drawn(bar="weight").figure.axes[1].get_ylabel() == "weight"


PARTS = {
    "series": lambda ax: plots.series(ax, X, LINES, markers=style.MARKERS),
    "levels": lambda ax: plots.levels(ax, x={3: "here"}, y={0.5: "half"}),
    "bars": lambda ax: plots.bars(ax, GROUPS, BARS, form=".1f"),
    "histogram": lambda ax: plots.histogram(ax, np.arange(4), {"all": [2, 5, 3]}),
    "scatter": lambda ax: plots.scatter(ax, np.arange(6.0).reshape(3, 2)),
    "heat map": lambda ax: plots.heat_map(AMOUNTS, ax=ax, signed=True, digits=1, bar="score"),
}


@pytest.mark.parametrize("name", PARTS)
def test_each_part_keeps_to_the_style_without_the_page_asking_for_it(name):
    ax = frame()
    PARTS[name](ax)
    assert style.style_violations(ax.figure) == []


def test_images_share_their_colours_and_columns_have_names():
    pixels = np.linspace(-1, 1, 2 * 3 * 7 * 5).reshape(2, 3, 7, 5)
    plots.image_grid(pixels, ("a", "b", "c"), limits=(-2, 2), bar="weight", signed=True)
    figure = plt.gcf()
    *axes, scale = figure.axes
    shown = [ax.images[0] for ax in axes]
    np.testing.assert_array_equal([image.get_array() for image in shown], pixels.reshape(6, 7, 5))
    assert {(image.cmap.name, *image.get_clim()) for image in shown} == {("signed", -2, 2)}
    assert all(ax.yaxis_inverted() for ax in axes)
    written = [[text.get_text() for text in ax.texts] for ax in axes]
    assert written == [["a"], ["b"], ["c"], [], [], []]
    assert scale.get_xlabel() == "weight"
    assert style.style_violations(figure) == []
