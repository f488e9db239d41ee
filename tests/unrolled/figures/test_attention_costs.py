"""The drawings of costs, and that the road on the page is the one that the pages speak of."""

import re
from pathlib import Path

import pytest
from matplotlib.patches import Circle, FancyArrowPatch

from unrolled.figures import style
from unrolled.figures.attention_costs import (
    Station,
    draw_road,
    figure_two_ways,
)

BOOK = Path(__file__).parents[3] / "book" / "attention"
ROAD = {
    "before": Station("B", "known", (-1.0, 1.0), known=True),
    "first": Station("1", "by hand", (1.0, 1.0), ["before"]),
    "second": Station("2", "later", (0.0, 0.0), ["first", "before"]),
}


def words(ax):
    return [text.get_text() for text in ax.texts]


def arrows(ax):
    return [patch for patch in ax.patches if isinstance(patch, FancyArrowPatch)]


def test_road_has_a_sign_a_title_and_an_arrow_for_each_need():
    ax = draw_road(ROAD)
    assert set(words(ax)) == {"$B$", "$1$", "$2$", "known", "by hand", "later"}
    assert len(arrows(ax)) == 3
    assert sum(isinstance(patch, Circle) for patch in ax.patches) == 2  # pages of the part
    assert style.style_violations(ax.figure) == []


def test_road_refuses_a_need_that_is_no_station():
    with pytest.raises(ValueError, match="must name nodes of the diagram, got nowhere"):
        draw_road({"first": Station("1", "by hand", (0, 0), ["nowhere"])})


PAGES = {
    "hand": "by-hand", "scale": "scale", "heads": "heads", "layer": "layer",
    "masks": "masks-and-positions",
}  # fmt: skip
LABELS = {
    "attention-by-hand": "hand", "scaling-scores": "scale", "splitting-heads": "heads",
    "multi-head-attention": "layer", "masks-and-positions": "masks", "dense-layers": "dense",
    "softmax": "dense",
}  # fmt: skip


def test_the_road_on_the_page_leads_where_the_pages_say():
    text = (BOOK / "index.md").read_text(encoding="utf-8")
    described = re.search(r"^road = (\{.*?^\})", text, re.S | re.M)[1]
    road = eval(described, {"Station": Station})

    def before(name):
        return {name}.union(*(before(need) for need in road[name].needs))

    assert set(road) == {*PAGES, "dense"}
    for name, page in PAGES.items():
        needed = re.search(r"\*\*You need\*\*.*", (BOOK / f"{page}.md").read_text(encoding="utf-8"))
        assert needed, f"{page} does not say what a reader needs"
        asked = {LABELS[label] for label in LABELS if re.search(rf"[<`]{label}[>`]", needed[0])}
        assert asked <= before(name), page
        assert set(road[name].needs) <= asked | before("hand"), page


def test_every_state_waits_for_the_one_before_and_no_context_for_another():
    chain, fan = figure_two_ways(5).axes
    assert len(arrows(chain)) == 5 + 4
    assert len(arrows(fan)) == 5 * 5
    dashed = [arrow for arrow in arrows(chain) if arrow.get_linestyle() != "-"]
    assert len(dashed) == 4
    assert {"$h_1$", "$x_5$"} <= set(words(chain))
    assert {"$z_1$", "$x_5$"} <= set(words(fan))
    assert style.style_violations(chain.figure) == []
