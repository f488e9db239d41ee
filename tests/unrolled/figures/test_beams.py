"""The tree of beginnings: what is drawn in which colour, and where."""

import pytest
from matplotlib import pyplot as plt
from matplotlib.text import Annotation

from unrolled.figures.beams import Twig, figure_beams
from unrolled.figures.style import FIRST, FOURTH, QUIET, style_violations

COLUMNS = [
    [Twig(0, "a", -0.5, True, False), Twig(0, "b", -1.5, True, False),
     Twig(0, "c", -3, False, False)],
    [Twig(1, "d", -2, True, False), Twig(1, "[EOS]", -2.25, True, True)],
    [Twig(0, "e", -4, True, False), Twig(0, "f", -5, False, False)],
]  # fmt: skip


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def colours(figure):
    return [line.get_color() for line in figure.axes[0].lines]


def texts(figure):
    return [t.get_text() for t in figure.axes[0].texts if isinstance(t, Annotation)]


def test_what_leads_nowhere_is_grey_and_what_has_ended_is_green():
    figure = figure_beams(COLUMNS, 3, 3)
    assert colours(figure) == [QUIET, FIRST, QUIET, FIRST, FOURTH, FIRST, QUIET]
    assert colours(figure_beams(COLUMNS[:1], 3, 3)) == [FIRST, FIRST, QUIET]


def test_tokens_and_logarithms_are_written_in_the_style_of_the_book():
    figure = figure_beams(COLUMNS, 3, 3)
    found = texts(figure)
    assert found[0] == "start"
    assert found[1:3] == ["a", "−0.50"]
    assert found[-2:] == ["f", "−5.00"]
    assert style_violations(figure) == []


def test_a_long_sentence_shows_its_latest_columns():
    figure = figure_beams([[Twig(0, str(n), -n, True, False)] for n in range(9)], 9, 1)
    assert texts(figure)[0::2] == ["3", "4", "5", "6", "7", "8"]
    assert len(figure.axes[0].lines) == 5
