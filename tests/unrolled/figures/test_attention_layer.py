"""Drawings of the multi-head layer: every box and array has its place, its colour and its shape."""

from itertools import pairwise
from pathlib import Path

from matplotlib.patches import Rectangle

from unrolled.figures import attention_layer as figures
from unrolled.figures import style

STEPS = [("tokens", (1, 9, 512)), ("mapped", (1, 9, 512)), ("split", (1, 8, 9, 64)),
         ("weights", (1, 8, 9, 9)), ("merged", (1, 9, 512)), ("output", (1, 9, 512))]  # fmt: skip


def texts(ax):
    return [text.get_text() for text in ax.texts]


def ends(diagram, colour):
    return [(e.start, e.end) for e in diagram.edges if e.colour == colour]


def test_three_attentions_get_queries_keys_and_values_from_where_they_should():
    diagram = figures.three_attentions()
    below = [("encoder 0", "encoder 1"), ("decoder 0", "decoder 1")]
    assert ends(diagram, style.QUERIES) == [*below, ("decoder 2", "decoder 3")]
    assert ends(diagram, style.KEYS) == [*below, ("encoder 4", "decoder 3")]
    assert ends(diagram, style.VALUES) == [*below, ("encoder 4", "decoder 3")]
    for end in ("encoder 1", "decoder 1", "decoder 3"):
        assert "attention" in diagram.nodes[end].text
        assert {f"{role} of {end}" for role in "QKV"} < diagram.nodes.keys()


def test_every_sublayer_is_led_past_and_added():
    diagram = figures.three_attentions()
    past = ends(diagram, style.QUIET)
    assert len(past) == 5
    assert {diagram.nodes[end].text for _, end in past} == {"add, normalise"}


def test_both_columns_say_what_is_done():
    diagram = figures.inside()
    written = [part.text for part in diagram.nodes.values()]
    for word in ("softmax", "mask, if any", "split into heads", "concatenate", "attention"):
        assert word in written
    assert written.count("linear") == 4
    heads = diagram.nodes["heads"]
    assert [heads.colour, *heads.behind] == list(style.HEADS)
    assert ("V", "mix") in ends(diagram, style.VALUES)


def test_arrays_have_their_shape_and_a_block_for_each_head():
    ax = figures.draw_shapes(STEPS)
    assert [text for text in texts(ax) if text.startswith("(")] == [str(s) for _, s in STEPS]
    blocks = [patch for patch in ax.patches if isinstance(patch, Rectangle)]
    rows = sorted({round(block.get_y(), 6) for block in blocks}, reverse=True)
    counts = [sum(round(b.get_y(), 6) == row for b in blocks) for row in rows]
    assert counts == [1, 9, 8, 8, 9, 1], "a bar with bands has a rim besides"
    squares = [b for b in blocks if round(b.get_y(), 6) == rows[3]]
    assert {round(b.get_width() / b.get_height(), 6) for b in squares} == {1.0}


def test_three_paths_lead_back_over_every_edge():
    edges = {(edge.start, edge.end) for edge in figures.BACKWARD_GRAPH.edges}
    assert {pair for path in figures.BACKWARD_PATHS for pair in pairwise(path)} == edges


def test_what_an_edge_carries_back_stands_in_a_checked_equation_of_the_page():
    page = (Path(__file__).parents[3] / "book/attention/layer.md").read_text()
    names = {"Q": "queries", "K": "keys", "V": "values", "A": "weights"}
    for edge in figures.BACKWARD_GRAPH.edges:
        if edge.start in names:
            equation = page.split(f":label: attention-delta-{names[edge.start]}")[1].split("```")[0]
            assert rf"\delta {edge.start} =" in equation
            assert edge.local in equation
