"""The drawings of back propagation through time: routes, parts and their sum, and truncation."""

import numpy as np
from matplotlib.colors import to_hex
from matplotlib.patches import FancyArrowPatch, Rectangle

from unrolled.figures import style
from unrolled.figures import through_time as figures
from unrolled.figures.diagrams import FADED

STEPS = (1, 2, 3)
EDGES = [
    edge
    for t in STEPS
    for edge in (
        (f"h({t - 1})", f"a({t})"),
        (f"x({t})", f"a({t})"),
        (f"a({t})", f"h({t})"),
        (f"h({t})", f"o({t})"),
        (f"o({t})", f"y_hat({t})"),
    )
]
ROUTES = (("h(2)", "o(2)"), ("h(2)", "a(3)", "h(3)"))
LOCAL = {("h(2)", "o(2)"): "V", ("h(2)", "a(3)"): "W", ("a(3)", "h(3)"): "g'(a^{(3)})"}
PARTS = np.random.default_rng(7).normal(size=(5, 3, 3))
LENGTHS = {"all": np.array([2.0, 3, 2, 2, 1]), "last": np.array([0.1, 0.2, 0.3, 0.5, 1])}
REACH = np.array([1, 2, 3, 5, 7])
LOSSES = {"k = 4": 0.7 + 0.1 * np.sin(np.arange(29)), "k = 5": 0.7 * 0.8 ** np.arange(29)}

FIGURES = {
    "routes": lambda ax: figures.draw_routes(EDGES, ROUTES, LOCAL, ax=ax),
    "frames": lambda ax: figures.draw_routes(
        EDGES, ROUTES, LOCAL, frames={"a(3)": "U, W, b", "o(2)": "V, c"}, ax=ax
    ),
    "contributions": lambda ax: figures.draw_contributions(LENGTHS, ax=ax),
    "losses": lambda ax: figures.draw_losses(LOSSES, 0.69, ax=ax),
    "bias": lambda ax: figures.draw_bias(REACH, LENGTHS, 3, ax=ax),
    "learnt": lambda ax: figures.draw_learnt(
        REACH, np.array([0.7, 0.6, 0.7, 0.01, 0.001]), 0.69, ax=ax
    ),
}


def written(ax):
    return [text.get_text() for text in ax.texts]


def violet(ax):
    return [
        patch
        for patch in ax.patches
        if isinstance(patch, FancyArrowPatch) and to_hex(patch.get_edgecolor()) == style.GRADIENT
    ]


def test_routes_of_the_forward_sweep_run_backwards_with_their_local_derivatives():
    ax = figures.draw_routes(EDGES, ROUTES, LOCAL)
    assert len(violet(ax)) == 3
    assert {"$V$", "$W$", "$g'(a^{(3)})$"} <= set(written(ax))
    widest = max(violet(ax), key=lambda arrow: np.ptp(arrow.get_path().vertices[:, 0]))
    xs = widest.get_path().vertices[:, 0]
    assert xs[0] > xs[-1], "from step 3 back to step 2"


def test_each_step_has_a_loss_and_all_of_them_lead_to_the_total_one():
    texts = written(figures.draw_routes(EDGES, ROUTES, LOCAL))
    assert [texts.count(text) for text in ("$J$", "$J^{(1)}$", "$J^{(3)}$")] == [1, 1, 1]


def test_route_through_the_losses_is_known():
    ax = figures.draw_routes(EDGES, [("o(3)", "y_hat(3)", "J(3)", "J")], {})
    assert len(violet(ax)) == 3


def test_nothing_moves_when_the_routes_change():
    axes = [figures.draw_routes(EDGES, [route], LOCAL) for route in ROUTES]
    places = [{t.get_text(): t.get_position() for t in ax.texts} for ax in axes]
    shared = places[0].keys() & places[1].keys()
    assert len(shared) > 15
    assert all(places[0][name] == places[1][name] for name in shared)
    assert axes[0].get_ylim() == axes[1].get_ylim()


def test_frames_name_what_they_feed():
    ax = figures.draw_routes(EDGES, ROUTES, LOCAL, frames={"a(1)": "U", "a(2)": "U"})
    assert written(ax).count("$U$") == 2
    assert sum(isinstance(patch, Rectangle) for patch in ax.patches) == 2


def test_sweep_has_a_picture_a_step_and_keeps_what_is_known_strong():
    steps = [
        figures.BackwardStep("First.", [("h(2)", "o(2)")], r"\delta h^{(2)}", "h(2)"),
        figures.BackwardStep("Then.", [], "", frames={"a(1)": "W", "a(2)": "W"}),
    ]
    first, then = figures.sweep_pictures(EDGES, steps, LOCAL)
    assert (first.says, first.tex) == ("First.", r"\delta h^{(2)}")
    assert first.alt == "Violet arrows lead back to h(2) from o(2)."
    assert then.alt == "Dotted frames around a(1), a(2)."
    (state,) = (t for t in then.figure.axes[0].texts if t.get_text() == "$h^{(2)}$")
    (other,) = (t for t in then.figure.axes[0].texts if t.get_text() == "$h^{(1)}$")
    assert (state.get_alpha(), other.get_alpha()) == (1.0, 2 * FADED)


def test_stack_ends_with_the_sum_on_one_scale():
    *panels, whole, bar = figures.figure_stack(PARTS).axes
    for ax, part in zip(panels, PARTS, strict=True):
        np.testing.assert_array_equal(ax.images[0].get_array(), part)
    np.testing.assert_allclose(whole.images[0].get_array(), PARTS.sum(axis=0))
    assert {ax.images[0].get_clim() for ax in (*panels, whole, bar)} == {bar.images[0].get_clim()}
    assert whole.get_xlabel() == "sum"


def test_curves_are_those_given():
    for ax, curves in (
        (figures.draw_contributions(LENGTHS), LENGTHS),
        (figures.draw_bias(REACH, LENGTHS, 3), LENGTHS),
        (figures.draw_losses(LOSSES, 0.69), LOSSES),
    ):
        shown = [line.get_ydata() for line in ax.lines if len(line.get_xdata()) > 2]
        np.testing.assert_array_equal(shown, list(curves.values()))
        assert set(curves) <= set(written(ax))


def test_what_fails_is_brick_and_what_succeeds_olive():
    ax = FIGURES["learnt"](None)
    dots = {line.get_color(): list(line.get_xdata()) for line in ax.lines if line.get_marker()
            not in ("None", "")}  # fmt: skip
    assert dots == {style.WRONG: [1, 2, 3], style.TARGET: [5, 7]}
