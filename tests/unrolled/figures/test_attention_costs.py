"""The drawings of costs, and that the road on the page is the one that the pages speak of."""

import re
from pathlib import Path

from unrolled.figures.attention_costs import Topic, prerequisite_graph, recurrence_and_attention

BOOK = Path(__file__).parents[3] / "book" / "attention"
TOPICS = {
    "before": Topic("B", "known", (-1.0, 1.0), known=True),
    "first": Topic("1", "by hand", (1.0, 1.0), ["before"]),
    "second": Topic("2", "later", (0.0, 0.0), ["first", "before"]),
}


def test_graph_has_a_sign_a_title_and_an_edge_for_each_need():
    diagram = prerequisite_graph(TOPICS)
    assert [diagram.nodes[f"title of {name}"].text for name in TOPICS] == [
        "known",
        "by hand",
        "later",
    ]
    needs = [("before", "first"), ("first", "second"), ("before", "second")]
    assert [(edge.start, edge.end) for edge in diagram.edges] == needs
    assert [diagram.nodes[name].square for name in TOPICS] == [True, False, False]


PAGES = {
    "hand": "by-hand", "scale": "scale", "heads": "heads", "layer": "layer",
    "masks": "masks", "positions": "positions",
}  # fmt: skip
LABELS = {
    "attention-by-hand": "hand", "scaling-scores": "scale", "splitting-heads": "heads",
    "multi-head-attention": "layer", "attention-masks": "masks",
    "positional-encodings": "positions", "dense-layers": "dense", "softmax": "dense",
}  # fmt: skip


def test_the_graph_on_the_page_leads_where_the_pages_say():
    text = (BOOK / "index.md").read_text(encoding="utf-8")
    described = re.search(r"^topics = (\{.*?^\})", text, re.S | re.M)[1]
    leads = eval(described, {"Topic": Topic})

    def before(name):
        return {name}.union(*(before(need) for need in leads[name].needs))

    assert set(leads) == {*PAGES, "dense"}
    for name, page in PAGES.items():
        needed = re.search(r"\*\*You need\*\*.*", (BOOK / f"{page}.md").read_text(encoding="utf-8"))
        assert needed, f"{page} does not say what a reader needs"
        asked = {LABELS[label] for label in LABELS if re.search(rf"[<`]{label}[>`]", needed[0])}
        assert asked <= before(name), page
        assert set(leads[name].needs) <= asked | before("hand"), page


def test_every_state_waits_for_the_one_before_and_no_context_for_another():
    edges = recurrence_and_attention(5).edges
    waits = {(e.start, e.end) for e in edges if e.before}
    assert waits == {(f"h{t}", f"h{t + 1}") for t in range(1, 5)}
    assert len({(e.start, e.end) for e in edges if e.end[0] == "z"}) == 5 * 5
    assert all(edge.start[0] == "x" for edge in edges if edge.end[0] == "z")
