"""Graphs of quantities: drawn from their description, with routes that run backwards in violet."""

import io

import matplotlib as mpl
import pytest
from matplotlib.patches import FancyArrowPatch

from unrolled.figures import style
from unrolled.figures.diagrams import Diagram, Edge, Node, draw_diagram

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


def arrows(ax):
    return [patch for patch in ax.patches if isinstance(patch, FancyArrowPatch)]


def written(ax):
    return {text.get_text() for text in ax.texts}


def ends(arrow):
    vertices = arrow.get_path().vertices
    return vertices[0], vertices[-1]


def test_every_quantity_and_every_use_is_drawn():
    ax = draw_diagram(DIAGRAM)
    assert written(ax) == {"$x$", "$h$", "$c$", "$J$"}
    assert len(arrows(ax)) == 4
    assert style.style_violations(ax.figure) == []


def test_what_comes_from_before_is_dashed_and_a_peephole_magenta():
    plain, peephole, before, _ = arrows(draw_diagram(DIAGRAM))
    assert mpl.colors.to_hex(peephole.get_edgecolor()) == style.EIGHTH
    assert mpl.colors.to_hex(plain.get_edgecolor()) == style.INK
    assert before.get_linestyle() != plain.get_linestyle()


def test_heads_of_dashed_arrows_are_solid():
    drawing = io.StringIO()
    draw_diagram(DIAGRAM).figure.savefig(drawing, format="svg")
    assert drawing.getvalue().count("stroke-dasharray") == 1  # a line, and not its head


def test_letters_have_the_size_that_is_asked_for():
    assert {text.get_fontsize() for text in draw_diagram(DIAGRAM, size=17.0).texts} == {17.0}


def test_a_route_runs_backwards_in_violet_with_its_local_derivatives():
    ax = draw_diagram(DIAGRAM, routes=[("J", "h", "x")])
    lit = [a for a in arrows(ax) if mpl.colors.to_hex(a.get_edgecolor()) == style.GRADIENT]
    assert len(lit) == 2
    assert all(ends(arrow)[0][0] > ends(arrow)[1][0] for arrow in lit), "from J towards x"
    assert {"$a$", "$q$"} <= written(ax)
    assert not {"$b$", "$p$"} & written(ax)
    faded = [arrow for arrow in arrows(ax) if arrow not in lit]
    assert all(arrow.get_alpha() < 0.5 for arrow in faded)
    assert style.style_violations(ax.figure) == []


def test_edges_between_known_nodes_fade_where_only_routes_are_wanted():
    for only_routes, n_strong in ((False, 2), (True, 1)):
        ax = draw_diagram(DIAGRAM, routes=[("J", "h")], known=["x", "c"], only_routes=only_routes)
        assert sum(arrow.get_alpha() == 1 for arrow in arrows(ax)) == n_strong


def test_nothing_moves_between_two_steps():
    first, second = (draw_diagram(DIAGRAM, routes=[route]) for route in (("J", "h"), ("J", "c")))
    places = [{t.get_text(): t.get_position() for t in ax.texts} for ax in (first, second)]
    for name in ("$x$", "$h$", "$c$", "$J$"):
        assert places[0][name] == places[1][name]
    assert first.get_xlim() == second.get_xlim()


def test_complaints():
    with pytest.raises(ValueError, match="must name nodes of the diagram, got z"):
        draw_diagram(DIAGRAM, known=["z"])
    with pytest.raises(ValueError, match="must run against edges of the diagram, got x to h"):
        draw_diagram(DIAGRAM, routes=[("x", "h")])
