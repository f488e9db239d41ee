"""The Transformer in drawings: what its parts are joined to follows from the names it is given."""

import numpy as np
import pytest

from unrolled.figures.diagrams import Box, draw_diagram
from unrolled.figures.style import KEYS, QUERIES, VALUES
from unrolled.figures.transformer import one_layer_of_each, stacks
from unrolled.networks.pytrees import leaves_of
from unrolled.networks.transformer import transformer_init

NAMES = list(
    leaves_of(
        transformer_init(7, d_model=4, d_ff=5, n_layers=3, rng=np.random.default_rng(7))
    )
)  # fmt: skip


def arrows(diagram, colour):
    return {(edge.start, edge.end) for edge in diagram.edges if edge.colour == colour}


def test_queries_keys_and_values_come_from_where_they_come_from():
    diagram = one_layer_of_each(NAMES)
    own = {
        ("encoder.attention_norm", "encoder.attention"),
        ("decoder.self_norm", "decoder.self_attention"),
    }
    assert arrows(diagram, QUERIES) == own | {("decoder.cross_norm", "decoder.cross_attention")}
    for colour in (KEYS, VALUES):
        assert arrows(diagram, colour) == own | {("encoder_norm", "decoder.cross_attention")}


def test_each_part_of_a_layer_has_a_box_and_each_sublayer_a_line_past_it():
    diagram = one_layer_of_each(NAMES)
    layers = [name.split(".") for name in NAMES if ".0." in name]
    parts = {f"{stack}.{field}" for stack, _, field, *_ in layers}
    assert parts <= {name for name, part in diagram.nodes.items() if isinstance(part, Box)}
    sublayers = {part for part in parts if not part.endswith("_norm")}
    assert len(sublayers) == 5
    for name in sublayers:
        assert sum(edge.end == f"{name} +" for edge in diagram.edges) == 2
    words = [getattr(part, "text", "") for part in diagram.nodes.values()]
    assert {"encoder, 3 ×", "decoder, 3 ×"} <= set(words)
    assert sum("mask" in text for text in words) == 3


def test_every_decoder_layer_reads_the_top_of_the_encoder():
    diagram = stacks(NAMES)
    assert arrows(diagram, KEYS) == {("encoder top", f"decoder {n}") for n in range(3)}
    assert ("encoder 2", "encoder top") in {(edge.start, edge.end) for edge in diagram.edges}


@pytest.mark.parametrize("describe", [one_layer_of_each, stacks])
def test_it_can_be_drawn(describe):
    diagram = describe(NAMES)
    found = {arrow.get_gid() for arrow in draw_diagram(diagram).get_children()}
    assert {f"{edge.start} > {edge.end}" for edge in diagram.edges} <= found
