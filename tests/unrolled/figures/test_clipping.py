"""The drawn blocks use what their definitions use."""

from unrolled.figures import clipping as figures
from unrolled.symbolic import gru


def test_the_drawn_gru_uses_what_its_definitions_use():
    drawn = {(edge.start, edge.end) for edge in figures.gru_block().edges}
    used = set()
    through = {"zbar": "z", "rbar": "r", "gbar": "g"}
    for entry in gru.DEFINITIONS:
        for quantity in entry.value.atoms(gru.Quantity):
            tail = "h_prev" if quantity == gru.before else quantity.key
            head = through.get(entry.name.key, entry.name.key)
            if tail not in through:
                used.add((tail, head))
    assert drawn == used
