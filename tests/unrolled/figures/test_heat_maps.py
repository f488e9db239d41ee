"""A heat map shows the amounts that it is given, and letters on its cells can be read."""

import io

import numpy as np
import pytest
from matplotlib import pyplot as plt

from unrolled.figures import style
from unrolled.figures.heat_maps import draw_heat_map

ROWS, COLUMNS = ["a", "b", "c"], ["one", "two", "three", "four", "five"]
AMOUNTS = np.arange(15.0).reshape(3, 5) / 7 - 1


def drawn(**options):
    return draw_heat_map(AMOUNTS, ROWS, COLUMNS, **options)


def cells(ax):
    return ax.collections[0]


def test_rows_run_down_and_columns_to_the_right():
    ax = drawn(x="key", y="query")
    np.testing.assert_array_equal(cells(ax).get_array(), AMOUNTS)
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ROWS
    assert ax.get_ylim()[0] > ax.get_ylim()[1]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("key", "query")


@pytest.mark.parametrize(
    ("options", "limits"),
    [
        ({}, (-1, 1)),
        ({"signed": True}, (-1, 1)),
        ({"limits": (0, 3)}, (0, 3)),
    ],
)
def test_colours_run_between_the_limits(options, limits):
    norm = cells(drawn(**options)).norm
    assert (norm.vmin, norm.vmax) == pytest.approx(limits)


def test_amounts_above_zero_are_coloured_from_zero():
    norm = cells(draw_heat_map(AMOUNTS + 3, ROWS, COLUMNS)).norm
    assert norm.vmin == 0


def test_printed_amounts_are_those_of_the_cells_and_missing_ones_stay_empty():
    amounts = AMOUNTS.copy()
    amounts[1, 2] = np.nan
    ax = draw_heat_map(amounts, ROWS, COLUMNS, digits=2)
    texts = {text.get_position(): text.get_text() for text in ax.texts}
    assert len(texts) == 14
    assert texts[(1.5, 2.5)] == f"{amounts[2, 1]:.2f}"


def test_letters_are_dark_on_light_cells_and_light_on_dark_ones():
    ax = draw_heat_map(np.array([[0.0, 1.0]]), ["q"], ["k", "l"], digits=1)
    assert [text.get_color() for text in ax.texts] == [style.ON_DARK, style.ON_LIGHT]


def test_a_colour_bar_is_drawn_when_its_meaning_is_given():
    assert len(drawn().figure.axes) == 1
    assert drawn(bar="weight").figure.axes[1].get_ylabel() == "weight"


def test_every_figure_keeps_to_the_hand_of_the_house_and_is_light():
    figure, drawing = drawn(bar="score", digits=1, signed=True).figure, io.StringIO()
    assert [one for one in style.breaches(figure) if "QuadMesh" not in one] == []
    figure.savefig(drawing, format="svg")
    assert len(drawing.getvalue()) < 150_000


def test_it_takes_an_axes_and_gives_it_back():
    ax = plt.figure().add_subplot()
    assert draw_heat_map(AMOUNTS, ROWS, COLUMNS, ax=ax) is ax
