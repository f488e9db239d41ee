"""The drawings of tasks on sequences show what they are given."""

import pytest
from matplotlib.patches import Rectangle

from unrolled.figures import tasks as figures

SENTENCES = [["he", "Teddy", "bears"], ["he", "Teddy", "Roosevelt"]]
TAGGED = [["O", "O", "O"], ["O", "PER", "PER"]]

FIGURES = {
    "contexts": lambda ax: figures.draw_contexts(SENTENCES, TAGGED, 1, ax=ax),
}


def words(ax):
    return [text.get_text() for text in ax.texts]


def uses(diagram):
    return [(edge.start, edge.end) for edge in diagram.edges]


def test_many_to_one_has_one_output():
    diagram = figures.network(["a", "b", "c"], ["", "", "+"])
    into = [("in0", "h0"), ("in1", "h1"), ("h0", "h1"), ("in2", "h2"), ("h2", "out2"), ("h1", "h2")]
    assert uses(diagram) == into
    assert {e.end for e in diagram.edges if e.before} == {"h1", "h2"}


def test_one_to_many_reads_what_it_wrote():
    diagram = figures.network([".", "s", "i"], ["s", "i", "."], start="image", fed_back=True)
    fed = [(e.start, e.end) for e in diagram.edges if e.colour == figures.OUTPUT]
    assert fed == [("out0", "in1"), ("out1", "in2")]
    assert ("start", "h0") in uses(diagram)
    assert diagram.nodes["start"].text == "image"


def test_two_chains_run_in_opposite_directions_and_never_touch():
    diagram = figures.network(["a", "b"], ["A", "B"], bidirectional=True)
    assert [(e.start, e.end) for e in diagram.edges if e.before] == [("h0", "h1"), ("g1", "g0")]
    hears = {e.start for e in diagram.edges if e.end == "out1"}
    assert hears == {"h1", "g1"}


def test_a_decoder_reads_only_its_own_outputs_and_an_encoder_is_filled():
    words, said = ["a", "b", ".", "C"], ["", "", "C", "."]
    diagram = figures.network(words, said, fed_back=True, reads_until=2)
    fed = [(e.start, e.end) for e in diagram.edges if e.colour == figures.OUTPUT]
    assert fed == [("out2", "in3")]
    assert [diagram.nodes[f"h{t}"].tint > 0 for t in range(4)] == [True, True, False, False]


def test_contexts_end_where_reading_ends():
    ax = FIGURES["contexts"](None)
    ends = [line.get_xdata()[1] for line in ax.lines]
    frames = [patch for patch in ax.patches if isinstance(patch, Rectangle)]
    for n, frame in enumerate(frames):
        assert ends[2 * n] == pytest.approx(frame.get_x() + frame.get_width() - 0.05)
        assert ends[2 * n + 1] > ends[2 * n]
    assert words(ax).count("one way") == 2


def test_collapse_shows_frames_runs_and_labels():
    nodes = figures.collapse("hh-l-l", "-").nodes
    rows = [
        "".join(part.text for name, part in nodes.items() if name.startswith(row))
        for row in ("frame ", "run ", "letter ")
    ]
    assert rows == ["hh-l-l", "h-l-l", "hll"]
