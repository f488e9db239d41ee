"""The drawings of costs, and that the road on the page is the one that the pages speak of."""

import re
from pathlib import Path

import numpy as np
import pytest
from matplotlib.patches import Circle, FancyArrowPatch

from unrolled.figures import style
from unrolled.figures.attention_costs import (
    ATTENTION,
    Station,
    draw_counts,
    draw_road,
    draw_shares,
    draw_times,
    figure_two_ways,
)

BOOK = Path(__file__).parents[3] / "book" / "attention"
ROAD = {
    "before": Station("B", "known", (-1.0, 1.0), known=True),
    "first": Station("1", "by hand", (1.0, 1.0), ["before"]),
    "second": Station("2", "later", (0.0, 0.0), ["first", "before"]),
}
N_TOKENS = np.array([11, 23, 47])


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


def test_counts_are_drawn_by_name_with_a_line_at_the_width():
    counts = {"attention": N_TOKENS * 4.0, "recurrent": N_TOKENS * 2.0, "mixing": N_TOKENS**2.0}
    ax = draw_counts(N_TOKENS, counts, 23)
    *lines, guide = ax.get_lines()
    for line, (name, numbers) in zip(lines, counts.items(), strict=True):
        np.testing.assert_array_equal(line.get_ydata(), numbers)
        assert name in words(ax)
    assert list(guide.get_xdata()) == [23, 23]
    assert "$n = d = 23$" in words(ax)
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
    assert style.style_violations(ax.figure) == []


def test_times_stand_over_the_lengths_that_were_measured():
    ax = draw_times(N_TOKENS, N_TOKENS * 2.0, N_TOKENS * 3.0)
    attention, recurrent = ax.get_lines()
    assert attention.get_color() == ATTENTION
    np.testing.assert_array_equal(attention.get_ydata(), N_TOKENS * 2)
    np.testing.assert_array_equal(recurrent.get_ydata(), N_TOKENS * 3)
    ax.figure.draw_without_rendering()
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["11", "23", "47"]
    assert {"attention", "recurrent"} <= set(words(ax))
    assert style.style_violations(ax.figure) == []


@pytest.mark.parametrize("most", [0.75, 1.25])
def test_shares_are_bars_in_groups(most):
    shares = {"ours": np.array([0.125, 0.5]), "theirs": np.array([0.25, most])}
    ax = draw_shares(shares, ("short", "long"))
    bars = sorted(ax.patches, key=lambda bar: bar.get_y())
    assert [bar.get_width() for bar in bars] == [0.125, 0.25, 0.5, most]
    ticks = sorted(zip(ax.get_yticks(), ax.get_yticklabels(), strict=True), key=lambda t: t[0])
    assert [tick.get_text() for _, tick in ticks] == ["ours", "theirs"] * 2
    assert {"short", "long", "0.12", f"{most:.2f}"} <= set(words(ax))
    assert ax.get_xlim()[1] == max(1, most)
    assert style.style_violations(ax.figure) == []
