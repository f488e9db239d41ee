"""The time line and the first machine show what they are given."""

import numpy as np

from unrolled.figures import history
from unrolled.figures.style import style_violations


def test_each_event_has_a_dot_in_its_lane_at_its_year():
    ax = history.draw_time_line(
        [1950, 1951, 1990], ["b", "a", "b"], ["one", "two", "three\nlines"],
        order=["a", "b"], winters={"cold": (1960, 1970)},
    )  # fmt: skip
    dots = {(float(line.get_xdata()[0]), float(line.get_ydata()[0]))
            for line in ax.lines if line.get_marker() == "o"}  # fmt: skip
    assert {(int(x), year) for x, year in dots} == {(1, 1950), (0, 1951), (1, 1990)}
    assert {text.get_text() for text in ax.texts} == {"one", "two", "three\nlines", "cold"}
    low, high = ax.get_ylim()
    assert low > high
    assert not style_violations(ax.figure)


def test_labels_keep_their_order_and_do_not_touch():
    rng = np.random.default_rng(7)
    places = np.sort(rng.random(11)) * 20
    heights = rng.random(11) * 3
    found = history.spread(places, heights)
    gaps = np.diff(found) - (heights[1:] + heights[:-1]) / 2
    assert gaps.min() > -1e-6
    assert history.spread([1, 9, 20], [2, 2, 2]) == [1, 9, 20]


def test_machine_has_as_many_cells_and_wires_as_told():
    lit = np.zeros((5, 7), dtype=bool)
    lit[2, 3:5] = True
    ax = history.draw_mark_one(lit, [(0, 1), (34, 2)], 512, shown=3)
    squares = [len(line.get_xdata()) for line in ax.lines if line.get_marker() == "s"]
    assert sorted(squares) == [2, 33]
    (wires,) = [part for part in ax.collections if hasattr(part, "get_segments")]
    assert len(wires.get_segments()) == 2
    texts = [text.get_text() for text in ax.texts]
    assert "35 photocells" in texts
    assert "512 units" in texts
    assert not style_violations(ax.figure)
