"""The style of the book: colours that mean things, letters large enough, nothing left behind."""

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
    with style.book_style():
        assert mpl.rcParams["mathtext.fontset"] == "cm"
        assert mpl.rcParams["text.color"] == style.INK
    assert dict(mpl.rcParams) == before


def test_settings_are_gone_after_an_error():
    before = dict(mpl.rcParams)
    with pytest.raises(RuntimeError), style.book_style():
        raise RuntimeError
    assert dict(mpl.rcParams) == before


def test_text_is_readable_on_a_phone():
    shrunk = 328 / (96 * style.SINGLE)
    assert style.TEXT_SIZE * 96 / 72 * shrunk >= 11


def test_a_frame_has_two_spines_and_two_names():
    with style.book_style():
        ax = style.frame("steps", "metres")
    assert [name for name, spine in ax.spines.items() if spine.get_visible()] == ["left", "bottom"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("steps", "metres")


def test_a_frame_is_drawn_where_it_is_told():
    _, ax = plt.subplots()
    assert style.frame("x", "y", ax=ax) is ax
    assert style.bare_axes(ax) is ax


def test_ticks_made_after_the_style_is_gone_keep_its_letters():
    with style.book_style():
        ax = style.frame("x", "y")
    ax.set_xlim(0, 1000)
    ax.figure.draw_without_rendering()
    for tick in ax.get_xticklabels():
        assert tick.get_color() == style.INK
        assert tick.get_fontfamily() == style.text_fonts()
        assert tick.get_math_fontfamily() == "cm"


@pytest.mark.parametrize(
    ("settings", "shown"),
    [
        ({"xticks": 4, "xlim": (0, 31)}, ["0", "10", "20", "30"]),
        ({"xticks": [1, 9, 25], "xscale": "log"}, ["1", "9", "25"]),
        ({"xticks": {0: "middle", 1: "corner"}}, ["middle", "corner"]),
        ({"xticks": [0, 0.005, 1], "xformat": style.percent}, ["0 %", "0.5 %", "100 %"]),
        ({"xticks": [-3, 0], "xformat": style.power_of_ten}, ["$10^{-3}$", "1"]),
    ],
)
def test_ticks_stand_and_read_as_they_are_told(settings, shown):
    ax = style.frame("x", "y", **settings)
    ax.figure.draw_without_rendering()
    low, high = ax.get_xlim()
    ticks = zip(ax.get_xticks(), ax.get_xticklabels(), strict=True)
    assert [text.get_text() for at, text in ticks if low <= at <= high] == shown
    assert not ax.xaxis.get_minorticklocs().size


def test_an_upright_axis_of_words_without_a_name_has_no_line():
    words = {0: "above", 1: "below"}
    ax = style.frame("x", "", xticks=words, yticks=words)
    assert ax.spines["bottom"].get_visible()
    assert not ax.spines["left"].get_visible()


def test_panels_come_row_by_row_and_may_share_their_limits():
    _, axes = style.panels(style.WIDE, style.TALL, (1, 2, 3), rows=2, share=True)
    axes[1].set(xlim=(0, 7), ylim=(0, 11))
    assert len(axes) == 6
    assert {(ax.get_xlim(), ax.get_ylim()) for ax in axes} == {((0, 7), (0, 11))}
    assert axes[2].get_subplotspec().colspan.start == 2
    assert axes[3].get_subplotspec().rowspan.start == 1


def test_names_at_line_ends_do_not_touch():
    with style.book_style():
        ax = style.frame("x", "y")
        ends = style.label_ends(ax, ["a", "b", "c"], np.array([0, 1]), np.full((3, 2), 0.5))
    heights = sorted(end.xyann[1] for end in ends)
    assert np.diff(heights) == pytest.approx(1.3 * style.TEXT_SIZE, rel=1e-3)
    assert np.mean(heights) == pytest.approx(0, abs=1e-9)


def test_names_far_apart_stay_where_their_lines_end():
    with style.book_style():
        ax = style.frame("x", "y")
        ends = style.label_ends(ax, ["a", "b"], np.array([0, 1]), np.array([[0, 0], [0, 1]]))
    assert [end.xyann[1] for end in ends] == [0, 0]


def test_formulas_are_written_a_little_larger():
    ax = style.bare_axes(None)
    assert (
        style.label(ax, "$D$", (0, 0)).get_fontsize() > style.label(ax, "D", (0, 0)).get_fontsize()
    )


def test_a_clean_figure_has_no_violations():
    with style.book_style():
        ax = style.frame("x", "y")
        ax.plot([0, 1], color=style.DATA)
    assert style.style_violations(ax.figure) == []


@pytest.mark.parametrize(
    ("slip", "told"),
    [
        (lambda ax: ax.plot([0, 1], color="#ff0000"), "#ff0000"),
        (lambda ax: ax.scatter([0], [1], color="#00ff00"), "#00ff00"),
        (lambda ax: ax.text(0, 0, "tiny", fontsize=8), "8.0 points"),
        (lambda ax: ax.text(0, 0, "bright", color=style.FIRST), style.FIRST),
        (
            lambda ax: ax.text(0, 0, "foreign", family="serif"),
            "'foreign' is written in the letters",
        ),
        (lambda ax: ax.pcolormesh([[0, 1]], cmap="viridis"), "QuadMesh"),
        (lambda ax: ax.imshow([[0, 1]], cmap="viridis"), "AxesImage"),
        (lambda ax: ax.figure.set_figwidth(5), "5.0 inches wide"),
        (lambda ax: ax.set_title("shout"), "'shout' is a title"),
        (lambda ax: ax.figure.suptitle("louder"), "'louder' is a title"),
    ],
)
def test_a_violation_is_told(slip, told):
    with style.book_style():
        ax = style.frame("x", "y")
        slip(ax)
    assert any(told in sentence for sentence in style.style_violations(ax.figure))


def test_missing_letters_fall_back_in_silence(monkeypatch):
    def missing(package):
        raise ModuleNotFoundError(package)

    monkeypatch.setattr(style.resources, "files", missing)
    assert style.text_fonts.__wrapped__() == ["DejaVu Sans"]
