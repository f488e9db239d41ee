"""Both drawings of a block hold what the list holds, and one drawing differs from the other
only by its places."""

from itertools import pairwise

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import FancyArrowPatch

from unrolled.figures import block_layouts as layouts
from unrolled.figures import lstm_block as figures
from unrolled.figures import style
from unrolled.symbolic.lstm import NETWORK
from unrolled.symbolic.wiring import wiring

BLOCK, PLAIN = wiring(NETWORK), wiring(NETWORK, peepholes=False)
PANELS = {"a": ("f(t)",), "b": ("i(t)", "z(t)"), "c": ("c(t)",), "d": ("o(t)", "y(t)")}
MATRIX = np.array([[2.0, -3, 5], [7, 0.5, -11]])


def named(ax):
    """Every artist that has a name, by it; what is given may stand at several places."""
    return {artist.get_gid(): artist for artist in ax.findobj() if artist.get_gid()}


def arrows(ax):
    return {name: a for name, a in named(ax).items() if isinstance(a, FancyArrowPatch)}


@pytest.mark.parametrize("block", [BLOCK, PLAIN], ids=["peepholes", "none"])
def test_both_drawings_hold_the_same_parts_and_uses(block):
    wanted = {part.name for part in block.parts} | {f"{u.start} > {u.end}" for u in block.uses}
    for draw in (figures.draw_circuit, figures.draw_odyssey):
        assert set(named(draw(*block))) == wanted
    assert set(named(figures.draw_circuit(*block, detailed=False))) == wanted


def test_equal_quantities_have_equal_colours_in_both_drawings():
    first, second = (arrows(draw(*BLOCK)) for draw in (figures.draw_circuit, figures.draw_odyssey))
    for use in BLOCK.uses:
        name = f"{use.start} > {use.end}"
        colours = [to_hex(each[name].get_edgecolor()) for each in (first, second)]
        assert colours[0] == colours[1]
        assert (colours[0] == style.PEEPHOLE) == use.by.startswith("p_")
    assert to_hex(first["f(t) > c(t - 1) * f(t)"].get_edgecolor()) == style.FORGET_GATE
    assert to_hex(first["c(t - 1) > c(t - 1) * f(t)"].get_edgecolor()) == style.CELL


def test_what_comes_from_the_step_before_is_dashed():
    for draw in (figures.draw_circuit, figures.draw_odyssey):
        for name, arrow in arrows(draw(*BLOCK)).items():
            before = name.split(" > ")[0] in ("y(t - 1)", "c(t - 1)")
            assert (arrow.get_linestyle() != "-") == before


@pytest.mark.parametrize(
    "layout", [layouts.colah_layout(), layouts.greff_layout()], ids=["circuit", "cell"]
)
def test_lines_begin_at_their_quantity_and_end_at_its_use(layout):
    """A line may also begin on another that carries the same."""
    reach = 0.01 + max(*layouts.HALF, layout.cell)
    for start, end in layout.routes:
        route = layout.routes[start, end]
        others = [r for (s, _), r in layout.routes.items() if s == start and r != route]
        assert any(np.hypot(*np.subtract(route[-1], p)) <= reach for p in layout.places[end])
        begins = any(np.hypot(*np.subtract(route[0], p)) <= reach for p in layout.places[start])
        others += [r for name, r in layout.exits.items() if name == start]
        ways = [pair for r in others for pair in pairwise(r)]
        assert begins or any(figures._inside(route[0], *way) for way in ways)


def test_order_is_written_beside_each_operation():
    written = [text.get_text() for text in figures.draw_odyssey(*BLOCK).texts]
    assert sorted(text for text in written if text.isdigit()) == list("111223445")


def test_what_a_panel_is_not_about_fades():
    panel = figures.figure_four_lines(*PLAIN, PANELS).axes[0]
    strong = {name for name, arrow in arrows(panel).items() if arrow.get_alpha() == 1}
    assert strong == {"x(t) > f(t)", "y(t - 1) > f(t)"}
    assert [ax.texts[-1].get_text() for ax in panel.figure.axes] == list(PANELS)


def test_chain_names_the_states_between_its_steps():
    written = [text.get_text() for text in figures.draw_chain(2).texts]
    assert written.count("LSTM") == 2
    assert written.count("$c^{(1)}$") == 1
    assert written.count("$y^{(1)}$") == 2  # to the next step, and out


def test_hadamard_writes_every_product():
    written = [text.get_text() for text in figures.draw_hadamard(MATRIX, MATRIX[::-1]).texts]
    products = [f"{value:.3g}".replace("-", "−") for value in (MATRIX * MATRIX[::-1]).ravel()]
    assert written[-7:-1] == products  # and a sign of equality


def test_strangers_are_named():
    with pytest.raises(ValueError, match=r"parts and uses must be .* got q\(t\)"):
        figures.draw_circuit([*BLOCK.parts, ("q(t)", "plus", "c", 7)], BLOCK.uses)
    with pytest.raises(ValueError, match=r"got c\(t\) > f\(t\)"):
        figures.draw_odyssey(BLOCK.parts, [*BLOCK.uses, ("c(t)", "f(t)", "p_for")])
