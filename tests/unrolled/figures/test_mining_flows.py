"""Flow charts: what stands in which lane, and what leads to what."""

import pytest

from unrolled.figures.diagrams import Box, draw_diagram
from unrolled.figures.mining_flows import HEADS, LANES, Step, flow_charts
from unrolled.figures.style import FOURTH, INK, WRONG

STEPS = [
    Step("split", 0, "both"),
    Step("fit", 1, "train", "fit"),
    Step("peek", 2, "test", "leak"),
    Step("report", 3, "both"),
]


@pytest.fixture
def diagram():
    return flow_charts({"one": STEPS[:2], "other": STEPS}, [1], "in each fold")


def test_rows_run_down_their_lane(diagram):
    uses = {(edge.start, edge.end) for edge in diagram.edges}
    assert uses == {("0 0", "0 1"), ("1 0", "1 1"), ("1 1", "1 3"), ("1 0", "1 2"), ("1 2", "1 3")}
    for edge in diagram.edges:
        (corner,) = edge.via
        assert diagram.nodes[edge.end].at[1] < corner[1] < diagram.nodes[edge.start].at[1]


def test_places_and_colours_say_what_a_step_sees(diagram):
    boxes = {name: part for name, part in diagram.nodes.items() if isinstance(part, Box)}
    assert boxes["1 2"].at[0] - boxes["1 1"].at[0] == pytest.approx(LANES["test"])
    assert boxes["1 0"].size[0] > 2 * boxes["1 1"].size[0]
    looks = [boxes[f"1 {place}"].colour for place in range(4)]
    assert looks == [INK, FOURTH, WRONG, INK]
    assert boxes["1 0"].tint == 0 < boxes["1 1"].tint


def test_the_frame_is_around_steps_of_the_last_flow(diagram):
    (frame,) = diagram.groups
    assert (frame.names, frame.text) == (["1 1"], "in each fold")


def test_all_words_are_drawn_inside(diagram):
    ax = draw_diagram(diagram)
    texts = [text.get_text() for text in ax.texts]
    assert sorted(texts) == sorted(
        ["one", "other", "split", "fit", "split", "fit", "peek", "report", "in each fold"]
        + 2 * [*HEADS.values()]
    )
    (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
    assert all(
        left < x < right and bottom < y < top for x, y in (t.get_position() for t in ax.texts)
    )
