"""The drawings of what an LSTM costs show what they are given, in the hand of the house."""

import numpy as np
from matplotlib.colors import to_hex
from matplotlib.patches import FancyArrowPatch, Rectangle

from unrolled.figures import lstm_speed as figures
from unrolled.figures import style

LENGTH = np.array([11, 23, 47])
TIME, MEMORY = np.array([2.0, 5.0, 9.0]), np.array([3.0, 6.0, 13.0])
TIMES = {"clear": 31.0, "fast": 17.4, "theirs": 23.0}
ORDERS = {"sequences first": np.array([1, 2, 3, 1, 2, 3]), "time first": np.array([1, 1, 2, 2])}
DRAWINGS = {
    "growth": lambda ax: figures.draw_growth(LENGTH, TIME, MEMORY, ax=ax),
    "times": lambda ax: figures.draw_times(TIMES, ax=ax),
    "waiting": lambda ax: figures.draw_waiting(3, ax=ax),
    "memory": lambda ax: figures.draw_memory(ORDERS, 2, ax=ax),
}


def words(ax):
    return [text.get_text() for text in ax.texts]


def test_costs_are_drawn_as_multiples_of_the_shortest():
    ax = DRAWINGS["growth"](None)
    straight, time, memory = (line.get_ydata() for line in ax.get_lines())
    np.testing.assert_allclose(straight, LENGTH / 11)
    np.testing.assert_allclose(time, TIME / 2)
    np.testing.assert_allclose(memory, MEMORY / 3)
    assert {"time", "memory"} <= set(words(ax))
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("steps", "times the cost of the shortest")


def test_ours_and_theirs_have_a_colour_each_and_the_time_at_the_bar():
    ax = DRAWINGS["times"](None)
    bars = [(bar.get_width(), to_hex(bar.get_facecolor())) for bar in ax.patches]
    assert bars == [(31.0, style.FIRST), (17.4, style.FIRST), (23.0, style.SECOND)]
    assert [tick.get_text() for tick in ax.get_yticklabels()] == list(TIMES)
    assert words(ax) == ["31", "17", "23"]


def test_only_the_recurrent_products_wait():
    ax = DRAWINGS["waiting"](None)
    assert words(ax)[:2] == ["$W x^{(1)}$", r"$R\, y^{(0)}$"]
    assert len(words(ax)) == 6
    arrows = [p for p in ax.patches if isinstance(p, FancyArrowPatch)]
    assert len(arrows) == 6  # one down and one to the right for each step


def test_vectors_of_one_step_are_tinted_where_they_lie():
    ax = DRAWINGS["memory"](None)
    tinted = [p for p in ax.patches if isinstance(p, Rectangle) and p.get_facecolor()[3]]
    assert [(p.get_x(), p.get_y()) for p in tinted] == [(1, 0), (4, 0), (2, -2.2), (3, -2.2)]
    assert words(ax) == ["sequences first", *"123123", "time first", *"1122"]
