"""What stands on the edges of an LSTM is what SymPy derived; errors are where they were found."""

from unrolled.figures import lstm_gradients as figures
from unrolled.figures.diagrams import draw_diagram
from unrolled.symbolic import lstm

SHORT = {
    "y": r"o\,(1-\tanh^{2} c)",
    "obar": "p_{out}",
    "c": "f^{(t+1)}",
    "ibar": "p_{in}",
    "fbar": "p_{for}",
}


def test_local_derivatives_are_written_for_one_unit():
    uses = lstm.uses_of(lstm.c)
    assert {key: figures.short(tex) for key, (_, tex) in uses.items()} == SHORT
    ((_, slope),) = lstm.uses_of(lstm.obar).values()
    assert figures.short(slope) == r"o\,(1-o)"


def test_a_fan_has_an_edge_for_each_use_with_what_was_handed_in():
    uses = lstm.uses_of(lstm.c)
    edges = figures.fan("c", uses).edges
    assert [(e.end, e.local) for e in edges] == [(f"{k} {n}", tex) for k, (n, tex) in uses.items()]
    kinds = {e.end.split()[0]: e.kind for e in edges}
    assert kinds == {"y": "now", "obar": "peephole", "c": "before",
                     "ibar": "peephole before", "fbar": "peephole before"}  # fmt: skip


def test_the_step_of_each_end_stands_beside_it():
    diagram = figures.fan("y", {"J": (0, "q"), "zbar": (1, "R_z")})
    texts = [diagram.nodes[f"step of {name}"].text for name in ("J 0", "zbar 1")]
    assert [diagram.nodes["step"].text, *texts] == ["$t$", "$t$", "$t + 1$"]


def test_a_chain_is_a_path_with_the_derivatives_that_were_handed_in():
    row, local = ("obar", "o", "y", "J"), ("a", "b", "d")
    diagram = figures.chain(row, local)
    assert [e.local for e in diagram.edges] == list(local)
    written = {text.get_text() for text in draw_diagram(diagram, paths=[row]).texts}
    assert {"$a$", "$b$", "$d$", r"$\bar{o}^{(t)}$", "$J$"} <= written
