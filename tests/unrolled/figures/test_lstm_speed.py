import numpy as np
from matplotlib import pyplot as plt

from unrolled.figures import style
from unrolled.figures.lstm_speed import draw_growth

LENGTH = np.array([11, 23, 47])
TIME, MEMORY = np.array([2.0, 5.0, 9.0]), np.array([3.0, 6.0, 13.0])


def test_costs_are_drawn_as_multiples_of_the_shortest():
    ax = draw_growth(LENGTH, TIME, MEMORY)
    straight, time, memory = (line.get_ydata() for line in ax.get_lines())
    np.testing.assert_allclose(straight, LENGTH / 11)
    np.testing.assert_allclose(time, TIME / 2)
    np.testing.assert_allclose(memory, MEMORY / 3)
    plt.close("all")


def test_both_lines_are_named_and_keep_the_rules_of_the_house():
    ax = draw_growth(LENGTH, TIME, MEMORY)
    assert {"time", "memory"} <= {text.get_text() for text in ax.texts}
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("steps", "times the cost of the shortest")
    assert style.breaches(ax.figure) == []
    plt.close("all")
