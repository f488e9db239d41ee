"""What the drawings of an encoder and a decoder say."""

import numpy as np
import pytest

from unrolled.figures.diagrams import draw_diagram
from unrolled.figures.seq2seq import draw_stacked_weights, encoder_decoder
from unrolled.figures.style import style_violations

SOURCE, TARGET = ["We'll", "call", "end"], ["Wir", "rufen", "an", "end"]
WEIGHTS = np.array([[0.0, 0.25, 0.75], [0.5, 0.5, 0.0]])


def into_context(diagram):
    return {edge.start: edge.width for edge in diagram.edges if edge.end == "z"}


def test_without_weights_only_the_last_state_crosses():
    diagram = encoder_decoder(SOURCE, TARGET, step=2)
    crossing = {e.start for e in diagram.edges if e.start[0] == "k" and e.end[0] != "k"}
    assert crossing == {"k 2"}
    assert into_context(diagram).keys() == {"k 2"}


def test_arrows_are_as_thick_as_the_weights():
    thick = into_context(encoder_decoder(SOURCE, TARGET, step=0, weights=WEIGHTS[0]))
    assert thick.keys() == {"k 1", "k 2"}
    assert thick["k 2"] == pytest.approx(3 * thick["k 1"])


@pytest.mark.parametrize("step", range(4))
def test_the_decoder_reads_what_was_written_before(step):
    diagram = encoder_decoder(SOURCE, TARGET, step=step)
    read = [diagram.nodes[f"read q {n}"].text for n in range(step + 1)]
    assert read == ["begin", *TARGET][: step + 1]
    assert diagram.nodes["written"].text == TARGET[step]
    assert f"q {step + 1}" not in diagram.nodes
    ax = draw_diagram(diagram)
    assert style_violations(ax.figure) == []


@pytest.mark.parametrize(("now", "n_rows"), [(None, 2), (0, 1), (1, 2)])
def test_each_row_of_bars_holds_its_weights(now, n_rows):
    ax = draw_stacked_weights(WEIGHTS, SOURCE, TARGET[:2], now=now)
    heights = np.array([bar.get_height() for bar in ax.patches]).reshape(n_rows, 3)
    np.testing.assert_allclose(heights / heights[0].sum(), WEIGHTS[:n_rows])
    assert [tick.get_text() for tick in ax.get_yticklabels()] == TARGET[:2]
    assert [tick.get_text() for tick in ax.get_xticklabels()] == SOURCE
    assert style_violations(ax.figure) == []
