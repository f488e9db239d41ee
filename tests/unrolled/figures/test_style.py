"""The hand of the book: colours that mean things, letters large enough, nothing left behind."""

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import pyplot as plt

from unrolled.figures import style


def contrast(one, other):
    """Contrast of two colours as the web's accessibility guidelines define it."""

    def luminance(colour):
        rgb = np.array(mpl.colors.to_rgb(colour))
        linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
        return float(linear @ [0.2126, 0.7152, 0.0722])

    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_black_on_white_has_the_contrast_the_guidelines_say():
    assert contrast("black", "white") == pytest.approx(21)


@pytest.mark.parametrize("ground", ["#ffffff", "#121212"])
@pytest.mark.parametrize("colour", [*style.COLOURS, style.QUIET])
def test_every_mark_can_be_told_from_both_grounds(colour, ground):
    assert contrast(colour, ground) >= 3


def test_no_colour_is_another_and_the_stand_ins_are_nobodys_marks():
    assert len({*style.COLOURS, style.INK, style.QUIET, style.GROUND}) == 11


def test_violet_is_no_series():
    assert style.GRADIENT not in style.SERIES


def test_settings_hold_inside_and_are_gone_outside():
    before = dict(mpl.rcParams)
    with style.house_style():
        assert mpl.rcParams["mathtext.fontset"] == "cm"
        assert mpl.rcParams["text.color"] == style.INK
    assert dict(mpl.rcParams) == before


def test_settings_are_gone_after_an_error():
    before = dict(mpl.rcParams)
    with pytest.raises(RuntimeError), style.house_style():
        raise RuntimeError
    assert dict(mpl.rcParams) == before


def test_text_is_readable_on_a_phone():
    shrunk = 328 / (96 * style.SINGLE)
    assert style.TEXT_SIZE * 96 / 72 * shrunk >= 11


def test_a_chart_has_two_spines_and_two_names():
    with style.house_style():
        ax = style.chart(None, "steps", "metres")
    assert [name for name, spine in ax.spines.items() if spine.get_visible()] == ["left", "bottom"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("steps", "metres")


def test_a_chart_draws_where_it_is_told():
    _, ax = plt.subplots()
    assert style.chart(ax, "x", "y") is ax
    assert style.sketch(ax) is ax


def test_ticks_made_after_the_style_is_gone_keep_its_letters():
    with style.house_style():
        ax = style.chart(None, "x", "y")
    ax.set_xlim(0, 1000)
    ax.figure.draw_without_rendering()
    for tick in ax.get_xticklabels():
        assert tick.get_color() == style.INK
        assert tick.get_fontfamily() == style.text_fonts()
        assert tick.get_math_fontfamily() == "cm"


def test_names_at_line_ends_do_not_touch():
    with style.house_style():
        ax = style.chart(None, "x", "y")
        ends = style.label_ends(ax, ["a", "b", "c"], np.array([0, 1]), np.full((3, 2), 0.5))
    heights = sorted(end.xyann[1] for end in ends)
    assert np.diff(heights) == pytest.approx(1.3 * style.TEXT_SIZE, rel=1e-3)
    assert np.mean(heights) == pytest.approx(0, abs=1e-9)


def test_names_far_apart_stay_where_their_lines_end():
    with style.house_style():
        ax = style.chart(None, "x", "y")
        ends = style.label_ends(ax, ["a", "b"], np.array([0, 1]), np.array([[0, 0], [0, 1]]))
    assert [end.xyann[1] for end in ends] == [0, 0]


def test_formulas_are_written_a_little_larger():
    ax = style.sketch(None)
    assert (
        style.label(ax, "$D$", (0, 0)).get_fontsize() > style.label(ax, "D", (0, 0)).get_fontsize()
    )


def test_a_clean_chart_has_no_breaches():
    with style.house_style():
        ax = style.chart(None, "x", "y")
        ax.plot([0, 1], color=style.DATA)
    assert style.breaches(ax.figure) == []


@pytest.mark.parametrize(
    ("slip", "told"),
    [
        (lambda ax: ax.plot([0, 1], color="#ff0000"), "#ff0000"),
        (lambda ax: ax.scatter([0], [1], color="#00ff00"), "#00ff00"),
        (lambda ax: ax.text(0, 0, "tiny", fontsize=8), "8.0 points"),
        (lambda ax: ax.text(0, 0, "bright", color=style.FIRST), style.FIRST),
        (lambda ax: ax.set_title("shout"), "'shout' is a title"),
        (lambda ax: ax.figure.suptitle("louder"), "'louder' is a title"),
    ],
)
def test_a_breach_is_told(slip, told):
    with style.house_style():
        ax = style.chart(None, "x", "y")
        slip(ax)
    assert any(told in breach for breach in style.breaches(ax.figure))


def test_missing_letters_fall_back_in_silence(monkeypatch):
    def missing(package):
        raise ModuleNotFoundError(package)

    monkeypatch.setattr(style.resources, "files", missing)
    assert style.text_fonts.__wrapped__() == ["DejaVu Sans"]
