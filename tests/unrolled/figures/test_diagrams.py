"""Diagrams are drawn from their description: every node, edge and group, and paths through them."""

import io

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch
from matplotlib.path import Path

from unrolled.figures import style
from unrolled.figures.diagrams import (
    FADED,
    TINT,
    Box,
    Diagram,
    Edge,
    Group,
    Node,
    PassStep,
    Words,
    draw_arrow,
    draw_diagram,
    pass_pictures,
)

DIAGRAM = Diagram(
    nodes={
        "x": Node("x", (0, 0), square=True),
        "h": Node("h", (2, 1), style.HIDDEN),
        "c": Node("c", (2, -1), style.CELL),
        "J": Node("J", (4, 0), square=True),
    },
    edges=[
        Edge("x", "h", "a"),
        Edge("x", "c", "b", "peephole"),
        Edge("c", "J", "p", "before", bend=0.2),
        Edge("h", "J", "q"),
    ],
)
WIRED = Diagram(
    nodes={"a": Box("first", (0, 0), (2, 1)), "b": Box("second", (5, 3), (3, 1)),
           "c": Node("c", (5, 0), radius=0.5), "name": Words("a name", (0, 2))},
    edges=[Edge("a", "b", via=[(2, 0), (2, 3)]), Edge("a", "c")],
)  # fmt: skip


def arrows(ax):
    return {p.get_gid(): p for p in ax.patches if isinstance(p, FancyArrowPatch)}


def violet(ax):
    return {
        name
        for name, arrow in arrows(ax).items()
        if to_hex(arrow.get_edgecolor()) == style.GRADIENT
    }


def written(ax):
    return {text.get_text() for text in ax.texts}


def line(arrow):
    """The line that it was drawn along, without its head."""
    return arrow._path_original.vertices


def ends(arrow):
    return line(arrow)[[0, -1]]


def opacity(ax, text):
    (found,) = (t for t in ax.texts if t.get_text() == text)
    return found.get_alpha()


def test_every_quantity_and_every_use_is_drawn_with_what_it_applies():
    ax = draw_diagram(DIAGRAM)
    assert written(ax) == {"$x$", "$h$", "$c$", "$J$", "$a$", "$b$", "$p$", "$q$"}
    assert list(arrows(ax)) == ["x > h", "x > c", "c > J", "h > J"]
    assert style.style_violations(ax.figure) == []


def test_what_comes_from_before_is_dashed_and_a_peephole_magenta():
    plain, peephole, before, _ = arrows(draw_diagram(DIAGRAM)).values()
    assert to_hex(peephole.get_edgecolor()) == style.EIGHTH
    assert to_hex(plain.get_edgecolor()) == style.INK
    assert before.get_linestyle() != plain.get_linestyle() == "-"


def test_heads_of_dashed_arrows_are_solid():
    drawing = io.StringIO()
    draw_diagram(DIAGRAM).figure.savefig(drawing, format="svg")
    assert drawing.getvalue().count("stroke-dasharray") == 1  # a line, and not its head


def test_an_arrow_ends_at_the_rim_of_its_node():
    ax = draw_diagram(WIRED)
    bent, straight = (ends(arrow) for arrow in arrows(ax).values())
    np.testing.assert_allclose(bent, [(1, 0), (3.5, 3)])
    np.testing.assert_allclose(straight, [(1 * 1.12, 0), (5 - 0.5 * 1.12, 0)])


def test_an_arrow_into_a_box_enters_where_its_last_corner_is():
    wired = WIRED._replace(edges=[Edge("a", "b", via=[(0, 2), (6, 2)]), Edge("a", "c")])
    assert ends(arrows(draw_diagram(wired))["a > b"])[1] == pytest.approx((6, 2.5))


@pytest.mark.parametrize("bend", [0.3, -0.3])
def test_an_arrow_bows_to_its_left(bend):
    edge = Edge("x", "J", bend=bend)
    (arrow,) = arrows(draw_diagram(DIAGRAM._replace(edges=[edge]))).values()
    assert np.sign(line(arrow)[1][1]) == np.sign(bend)


def test_where_lines_of_one_start_part_there_is_a_dot():
    both = [Edge("a", "b", via=[(2, 0), (2, 3)]), Edge("a", "c", via=[(3, 0)])]
    dots = [p.center for p in draw_diagram(WIRED._replace(edges=both)).patches
            if isinstance(p, Circle) and p.radius < 0.1]  # fmt: skip
    assert dots == [(2, 0)]
    assert sum(isinstance(p, Circle) for p in draw_diagram(WIRED).patches) == 2, "a ring, a dot"


def test_corners_are_rounded_and_the_line_stays_on_its_points():
    ax = draw_diagram(DIAGRAM)
    path = draw_arrow(ax, [(0, 0), (1, 0), (1, 1)])._path_original
    assert list(path.codes) == [Path.MOVETO, Path.LINETO, Path.CURVE3, Path.CURVE3, Path.LINETO]
    assert path.vertices[[0, 2, -1]].tolist() == [[0, 0], [1, 0], [1, 1]]


def test_boxes_and_words_are_written_and_a_figure_is_as_high_as_they_ask():
    ax = draw_diagram(WIRED)
    assert written(ax) == {"first", "second", "a name", "$c$"}
    across, up = ax.figure.get_size_inches()
    assert across == style.SINGLE
    left, right, low, high = *ax.get_xlim(), *ax.get_ylim()
    assert up / across == pytest.approx((high - low) / (right - left))


def test_a_group_frames_its_nodes_and_says_what_they_are():
    group = Group(["h", "c"], "states", 0.25, style.GRADIENT, dotted=True)
    ax = draw_diagram(DIAGRAM._replace(groups=[group]))
    assert "states" in written(ax)
    (frame,) = (p for p in ax.patches if isinstance(p, FancyBboxPatch) and not p.get_facecolor()[3])
    low = np.array([2, -1]) - 0.36 - 0.25
    assert (frame.get_x(), frame.get_y()) == pytest.approx(tuple(low))
    assert frame.get_height() == pytest.approx(2 + 2 * 0.61)


def test_letters_have_the_size_that_is_asked_for():
    assert {text.get_fontsize() for text in draw_diagram(DIAGRAM, size=17.0).texts} == {17.0}


def test_a_path_runs_backwards_in_violet_with_its_local_derivatives():
    ax = draw_diagram(DIAGRAM, paths=[("x", "h", "J")])
    assert violet(ax) == {"x > h", "h > J"}
    for name in violet(ax):
        start, end = ends(arrows(ax)[name])
        assert start[0] > end[0], "from J towards x"
    assert {"$a$", "$q$"} <= written(ax)
    assert not {"$b$", "$p$"} & written(ax)
    assert {arrows(ax)[name].get_alpha() for name in ("x > c", "c > J")} == {FADED}
    assert [opacity(ax, text) for text in ("$h$", "$c$")] == [1, FADED]
    rims = {p.center: p.get_edgecolor()[3] for p in ax.patches if isinstance(p, Circle)}
    assert rims == {(2, 1): 1, (2, -1): FADED}
    assert style.style_violations(ax.figure) == []


def test_a_path_that_is_walked_forwards_keeps_its_colour_and_direction():
    ax = draw_diagram(DIAGRAM, paths=[("x", "c")], forward=True)
    assert not violet(ax)
    arrow = arrows(ax)["x > c"]
    assert to_hex(arrow.get_edgecolor()) == style.EIGHTH
    assert ends(arrow)[0][0] < ends(arrow)[1][0]


def test_edges_between_known_nodes_fade_where_only_paths_are_wanted():
    for only_paths, n_strong in ((False, 2), (True, 1)):
        ax = draw_diagram(DIAGRAM, paths=[("h", "J")], known=["x", "c"], only_paths=only_paths)
        assert sum(arrow.get_alpha() == 1 for arrow in arrows(ax).values()) == n_strong


def test_what_is_found_is_tinted_and_what_is_found_now_has_a_thick_violet_ring():
    ax = draw_diagram(DIAGRAM, paths=[("h", "J")], found=["c"], now=["h"])
    rings = {p.center: p for p in ax.patches if isinstance(p, Circle) and to_hex(p.get_edgecolor(),
             keep_alpha=True)[-2:] == "ff"}  # fmt: skip
    old, new = rings[2, -1], rings[2, 1]
    for ring in (old, new):
        assert to_hex(ring.get_facecolor()) == style.GRADIENT
        assert ring.get_facecolor()[3] == pytest.approx(TINT)
    assert [to_hex(ring.get_edgecolor()) for ring in (old, new)] == [style.CELL, style.GRADIENT]
    assert new.get_linewidth() > old.get_linewidth()


def test_nothing_moves_between_two_steps():
    first, second = (draw_diagram(DIAGRAM, paths=[path]) for path in (("h", "J"), ("c", "J")))
    places = [{t.get_text(): t.get_position() for t in ax.texts} for ax in (first, second)]
    for name in ("$x$", "$h$", "$c$", "$J$"):
        assert places[0][name] == places[1][name]
    assert first.get_xlim() == second.get_xlim()


def test_a_pass_has_a_picture_a_step_and_later_steps_know_what_was_found():
    steps = [
        PassStep("First.", [("h", "J")], ["h"], r"\delta h", "An arrow."),
        PassStep("Then.", [], groups=[Group(["x"], "frame")]),
    ]
    first, then = pass_pictures(DIAGRAM, steps)
    assert (first.says, first.tex, first.alt) == ("First.", r"\delta h", "An arrow.")
    axes = [picture.figure.axes[0] for picture in (first, then)]
    assert [opacity(ax, "$h$") for ax in axes] == [1, 1]
    assert [opacity(ax, "$J$") for ax in axes] == [1, FADED]
    assert ["frame" in written(ax) for ax in axes] == [False, True]


def test_a_forward_pass_adds_what_is_known_to_what_was():
    steps = [PassStep("", [("x", "h")], ["h"]), PassStep("", [("x", "c")], ["c"])]
    axes = [p.figure.axes[0] for p in pass_pictures(DIAGRAM, steps, known=["x"], forward=True)]
    strong = [{n for n, a in arrows(ax).items() if a.get_alpha() == 1} for ax in axes]
    assert strong == [{"x > h"}, {"x > h", "x > c"}]


@pytest.mark.parametrize(
    "wrong", [{"known": ["z"]}, {"found": ["z"]}, {"now": ["z"]}, {"paths": [("x", "z")]}]
)
def test_an_unknown_node_is_refused(wrong):
    with pytest.raises(ValueError, match="must name nodes of the diagram, got z"):
        draw_diagram(DIAGRAM, **wrong)


@pytest.mark.parametrize(
    "change", [{"edges": [Edge("x", "z")]}, {"groups": [Group(["z"])]}], ids=["edge", "group"]
)
def test_a_description_that_speaks_of_an_unknown_node_is_refused(change):
    with pytest.raises(ValueError, match="must name nodes of the diagram, got z"):
        draw_diagram(DIAGRAM._replace(**change))


def test_a_path_must_run_along_edges():
    with pytest.raises(ValueError, match="paths must run along edges of the diagram, got h to x"):
        draw_diagram(DIAGRAM, paths=[("h", "x")])
