"""The drawing of what waits in an LSTM."""

from unrolled.figures import lstm_speed as figures


def test_only_the_recurrent_products_wait():
    diagram = figures.waiting(3)
    waits = {e.end: {f.start for f in diagram.edges if f.end == e.end} for e in diagram.edges}
    assert waits == {"R1": {"W"}, "R2": {"W", "R1"}, "R3": {"W", "R2"}}
    assert diagram.nodes["R2"].text == r"$R\, y^{(1)}$"
