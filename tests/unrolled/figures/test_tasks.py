"""The drawings of tasks on sequences show what they are given, in the hand of the house."""

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.patches import Circle, FancyArrowPatch, Rectangle

from unrolled.figures import style
from unrolled.figures import tasks as figures
from unrolled.figures.tasks import Unrolled

TABLE = np.random.default_rng(7).random((3, 5))
MANY_TO_ONE = Unrolled(["a", "b", "c"], ["", "", "+"])
ONE_TO_MANY = Unrolled([".", "s", "i"], ["s", "i", "."], "image", True)
BOTH = Unrolled(["a", "b"], ["A", "B"], both_ways=True)
TRANSLATOR = Unrolled(["a", "b", ".", "C"], ["", "", "C", "."], fed_back=True, reads_until=2)
SENTENCES = [["he", "Teddy", "bears"], ["he", "Teddy", "Roosevelt"]]
TAGGED = [["O", "O", "O"], ["O", "PER", "PER"]]

FIGURES = {
    "many to one": lambda ax: figures.draw_unrolled(MANY_TO_ONE, ax=ax),
    "one to many": lambda ax: figures.draw_unrolled(ONE_TO_MANY, ax=ax),
    "both ways": lambda ax: figures.draw_unrolled(BOTH, ax=ax),
    "translator": lambda ax: figures.draw_unrolled(TRANSLATOR, ax=ax),
    "contexts": lambda ax: figures.draw_contexts(SENTENCES, TAGGED, 1, ax=ax),
    "collapse": lambda ax: figures.draw_collapse("hh-l-l", "-", ax=ax),
    "reading": lambda ax: figures.draw_reading(
        TABLE, "-ab", "ab-ab", x="frame", y="class", bar="probability", ax=ax
    ),
    "shares": lambda ax: figures.draw_shares(
        {"rest": [0.9, 1.0], "Teddy": [0.5, 1.0]}, ("one", "both"), ax=ax
    ),
}
ALL = {
    **{name: lambda d=draw: d(None).figure for name, draw in FIGURES.items()},
    "two networks": lambda: figures.figure_unrolled(MANY_TO_ONE, BOTH),
}


def words(ax):
    return [text.get_text() for text in ax.texts]


def circles(ax):
    return [patch for patch in ax.patches if isinstance(patch, Circle)]


def arrows(ax, colour=style.INK):
    found = [patch for patch in ax.patches if isinstance(patch, FancyArrowPatch)]
    return [arrow for arrow in found if mpl.colors.to_hex(arrow.get_edgecolor()) == colour]


def test_many_to_one_has_one_output():
    ax = FIGURES["many to one"](None)
    assert words(ax) == ["a", "b", "c", "+"]
    assert len(circles(ax)) == 3
    assert len(arrows(ax)) == 3 + 1 + 2
    assert not arrows(ax, figures.OUTPUT)


def test_one_to_many_reads_what_it_wrote():
    ax = FIGURES["one to many"](None)
    assert words(ax) == [".", "s", "s", "i", "i", ".", "image"]
    assert len(arrows(ax, figures.OUTPUT)) == 2


def test_two_chains_run_in_opposite_directions():
    ax = FIGURES["both ways"](None)
    assert len(circles(ax)) == 4
    dashed = [arrow for arrow in arrows(ax) if arrow.get_linestyle() != "-"]
    steps = [arrow._posA_posB[1][0] - arrow._posA_posB[0][0] for arrow in dashed]
    assert [step > 0 for step in steps] == [True, False]


def test_a_decoder_reads_only_its_own_outputs():
    ax = FIGURES["translator"](None)
    assert len(circles(ax)) == 4 + 2  # two of them filled
    assert len(arrows(ax, figures.OUTPUT)) == 1


def test_contexts_end_where_reading_ends():
    ax = FIGURES["contexts"](None)
    ends = [line.get_xdata()[1] for line in ax.lines]
    frames = [patch for patch in ax.patches if isinstance(patch, Rectangle)]
    for n, frame in enumerate(frames):
        assert ends[2 * n] == pytest.approx(frame.get_x() + frame.get_width() - 0.05)
        assert ends[2 * n + 1] > ends[2 * n]
    assert words(ax).count("one way") == 2


def test_collapse_shows_frames_runs_and_labels():
    ax = FIGURES["collapse"](None)
    boxes = [patch for patch in ax.patches if isinstance(patch, Rectangle)]
    rows = [round(box.get_y(), 1) for box in boxes]
    assert [rows.count(y) for y in (3.0, 1.5, 0.0)] == [6, 5, 3]


def test_reading_holds_the_table():
    ax = FIGURES["reading"](None)
    np.testing.assert_array_equal(ax.collections[0].get_array(), TABLE)
    assert [tick.get_text() for tick in ax.get_xticklabels()] == list("ab-ab")
    assert [tick.get_text() for tick in ax.get_yticklabels()] == list("-ab")


def test_shares_have_a_mark_for_each_method():
    ax = FIGURES["shares"](None)
    squares = [line for line in ax.lines if line.get_marker() == "s"]
    dots = [line for line in ax.lines if line.get_marker() == "o"]
    assert list(squares[0].get_xdata()) == [0.9, 0.5]
    assert list(dots[0].get_xdata()) == [1.0, 1.0]


def test_two_networks_stand_under_one_another():
    first, second = ALL["two networks"]().axes
    assert words(first)[0] == words(second)[0] == "a"
    assert len(circles(first)) == 3
    assert len(circles(second)) == 4
