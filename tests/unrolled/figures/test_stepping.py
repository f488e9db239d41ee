"""Steps carry their drawings as text, and leave no figure open behind them."""

import json
from io import StringIO

import matplotlib as mpl
import pytest
from matplotlib import _mathtext
from matplotlib import pyplot as plt

from unrolled.figures.stepping import PICTURE, STEPS, Picture, StepThrough
from unrolled.figures.style import GROUND, INK, book_style, label, panels


def pictures(count, tex=""):
    """Yield steps of one letter each."""
    for number in range(1, count + 1):
        with book_style():
            figure, (ax,) = panels()
            label(ax, f"step {number}", (0.5, 0.5))
        yield Picture(figure, f"Step ${number}$.", f"The number {number}.", tex)


@pytest.fixture(autouse=True)
def _no_figures_left_by_others():
    plt.close("all")


def test_the_steps_come_in_order_with_their_words():
    shown = StepThrough(pictures(3, "a_1 = 2"))._repr_mimebundle_()
    steps = shown[STEPS]["steps"]
    assert [step["says"] for step in steps] == ["Step $1$.", "Step $2$.", "Step $3$."]
    assert [step["alt"] for step in steps] == ["The number 1.", "The number 2.", "The number 3."]
    assert {step["tex"] for step in steps} == {"a_1 = 2"}
    assert len({step["drawing"] for step in steps}) == 3


def test_the_first_drawing_stands_for_all():
    shown = StepThrough(pictures(2))._repr_mimebundle_()
    assert shown[PICTURE] == shown[STEPS]["steps"][0]["drawing"]
    assert set(shown) == {PICTURE, STEPS, "text/plain"}


def test_a_step_without_an_equation_has_none():
    (step,) = StepThrough(pictures(1))._repr_mimebundle_()[STEPS]["steps"]
    assert step["tex"] == ""


def test_a_step_in_a_strange_colour_is_refused():
    def strange():
        figure, (ax,) = panels()
        ax.plot([2, 3], color="#ff0000")
        yield Picture(figure, "Step.", "A line.", "")

    with pytest.raises(ValueError, match="#ff0000"):
        StepThrough(strange())


def test_every_figure_is_closed_and_more_than_twenty_are_no_trouble():
    assert len(StepThrough(pictures(23))) == 23  # matplotlib complains of more than twenty open
    assert plt.get_fignums() == []


def test_a_drawing_is_the_same_each_time_and_has_the_colours_that_a_page_replaces():
    first, second = (StepThrough(pictures(1))._repr_mimebundle_()[PICTURE] for _ in range(2))
    assert first == second
    assert "<dc:date>" not in first
    assert INK in first
    assert GROUND in first
    assert 'width="324pt"' in first  # not cut to its contents
    assert "fill: #ffffff" not in first  # no ground of its own


def test_a_drawing_is_what_matplotlib_saves():
    (picture,) = pictures(1)
    file = StringIO()
    with mpl.rc_context({"svg.hashsalt": "a book that runs"}):
        picture.figure.savefig(
            file, format="svg", facecolor="none", metadata={"Date": None, "Creator": None}
        )
    assert StepThrough(pictures(1))._repr_mimebundle_()[PICTURE] == file.getvalue()


def formula():
    """Yield a step with a formula that no other test writes."""
    with book_style():
        figure, (ax,) = panels()
        figure.set_layout_engine(None)
        label(ax, r"$\alpha_{\mathrm{once}}$", (0.5, 0.5))
    yield Picture(figure, "Once.", "Once.")


def test_a_formula_is_read_once_for_all_drawings(monkeypatch):
    read, parse = [], _mathtext.Parser.parse
    monkeypatch.setattr(
        _mathtext.Parser, "parse", lambda *given: (read.append(given[1]), parse(*given))[1]
    )
    StepThrough(formula())
    before = len(read)
    StepThrough(formula())
    assert before > 0
    assert len(read) == before


def test_the_steps_are_plain_data():
    shown = StepThrough(pictures(2))._repr_mimebundle_()
    assert json.loads(json.dumps(shown)) == shown


def test_no_pictures_are_refused():
    with pytest.raises(ValueError, match="at least one step, got none"):
        StepThrough([])
