"""The drawings of the laboratory of gates show what they are given, in the hand of the house."""

import numpy as np
from matplotlib.colors import to_hex
from matplotlib.patches import Rectangle

from unrolled.figures import gates as figures
from unrolled.figures import style

RNG = np.random.default_rng(7)
STEPS = np.arange(31)
TRACES = {"f": np.ones(29), "c": np.linspace(-2, 5, 29), "y": RNG.random(29)}
KEPT = {"a = 5": 0.99**STEPS, "a = 0": 0.5**STEPS}
OURS = RNG.normal(size=(2, 3, 5))
DRAWINGS = {
    "keeping": lambda ax: figures.draw_keeping(STEPS, KEPT, ax=ax),
    "counting": lambda ax: figures.draw_counting(np.arange(1.0, 6), np.full(5, 0.9), ax=ax),
    "kernel": lambda ax: figures.draw_kernel({"a": "ifzo", "b": "zifo"}, ax=ax),
    "agreement": lambda ax: figures.draw_agreement(OURS, OURS, -2 * OURS, ax=ax),
}
ALL = {
    **{name: lambda d=draw: d(None).figure for name, draw in DRAWINGS.items()},
    "traces": lambda: figures.figure_traces(TRACES, {3: "write"}),
}


def words(ax):
    return [text.get_text() for text in ax.texts]


def test_traces_have_a_row_each_and_begin_at_step_one():
    rows = ALL["traces"]().axes
    assert [ax.get_ylabel() for ax in rows] == ["$f$", "$c$", "$y$"]
    for ax, (letter, values) in zip(rows, TRACES.items(), strict=True):
        (line,) = [line for line in ax.lines if line.get_color() == figures.COLOURS[letter]]
        np.testing.assert_array_equal(line.get_xdata(), np.arange(1, 30))
        np.testing.assert_array_equal(line.get_ydata(), values)
    low, high = rows[1].get_ylim()
    assert low < -2
    assert high > 5
    assert words(rows[0]) == ["write"]


def test_every_kept_share_is_drawn_and_named():
    ax = DRAWINGS["keeping"](None)
    half, *falling = ax.lines
    assert set(half.get_ydata()) == {0.5}
    for line, share in zip(falling, KEPT.values(), strict=True):
        np.testing.assert_array_equal(line.get_ydata(), share)
    assert words(ax) == list(KEPT)
    ends, falls = (text.xy for text in ax.texts)
    assert ends == (30, 0.99**30)
    assert falls == (2, 0.25)  # named where it has fallen below a third


def test_counting_draws_cell_and_output():
    ax = DRAWINGS["counting"](None)
    drawn = {line.get_color(): line.get_ydata().tolist() for line in ax.lines[1:]}
    assert drawn == {style.CELL: [1, 2, 3, 4, 5], style.HIDDEN: [0.9] * 5}


def test_kernel_has_the_boxes_in_the_order_given():
    ax = DRAWINGS["kernel"](None)
    assert words(ax) == ["a", "$i$", "$f$", "$z$", "$o$", "b", "$z$", "$i$", "$f$", "$o$"]
    boxes = [p for p in ax.patches if isinstance(p, Rectangle) and p.get_linewidth() == 1.6]
    places = [(p.get_x(), to_hex(p.get_edgecolor())) for p in boxes[:4]]
    assert places == [(1.5 * n, figures.COLOURS[letter]) for n, letter in enumerate("ifzo")]


def test_agreement_lies_on_the_diagonal():
    ax = DRAWINGS["agreement"](None)
    _, wrong, right = (np.array(line.get_data()) for line in ax.lines)
    np.testing.assert_array_equal(right[0], right[1])
    np.testing.assert_array_equal(wrong, [OURS.ravel(), -2 * OURS.ravel()])
    assert ax.get_xlim() == ax.get_ylim()
