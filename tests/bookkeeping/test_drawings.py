from __future__ import annotations

import pytest

from bookkeeping.run.recolour import NoDrawingError, recolour, recolour_output, size_of

COLOURS = {"ink": {"drawn": "#22272e", "light": "#111111", "dark": "#eeeeee"}}
SVG = """\
<?xml version="1.0"?>
<!-- an <svg> -->
<svg xmlns="http://www.w3.org/2000/svg" aria-label="a > b" width="72pt" viewBox="0 0 1 1">
<style>path { stroke: #22272e }</style><path fill="#22272E" style="stroke: #22272e80"/>
<rect id="c" fill="#22272effee"/><text>#22272e</text></svg>
"""


def test_the_drawing_follows_the_readers_page():
    adapted = recolour(SVG, COLOURS)
    assert 'fill="var(--ink)"' in adapted
    assert "path { stroke: var(--ink) }" in adapted
    assert "#22272E" not in adapted
    assert "--ink:#111111" in adapted
    assert "@media (prefers-color-scheme:dark){:root{--ink:#eeeeee;}}" in adapted
    assert adapted.count("<style>") == 2
    assert adapted.index("--ink:#111111") > adapted.index("a &gt; b")
    assert adapted.startswith('<svg xmlns="http://www.w3.org/2000/svg"')


def test_a_colour_stays_as_sheer_as_it_was_and_a_word_stays_a_word():
    adapted = recolour(SVG, COLOURS)
    assert "stroke: color-mix(in srgb, var(--ink) 50.2%, transparent)" in adapted
    assert 'fill="#22272effee"' in adapted  # which is no colour
    assert "<text>#22272e</text>" in adapted


def test_only_drawings_are_touched():
    output = {"data": {"text/plain": "#22272e"}}
    recolour_output(output, COLOURS)
    assert output == {"data": {"text/plain": "#22272e"}}
    recolour_output(stream := {"name": "stdout", "text": "<svg>"}, COLOURS)
    assert stream == {"name": "stdout", "text": "<svg>"}
    figure = {"data": {"image/svg+xml": SVG, "text/plain": "<Figure size 640x480>"}}
    recolour_output(figure, COLOURS)
    assert list(figure["data"]) == ["image/svg+xml"]


@pytest.mark.parametrize(
    ("attributes", "size"),
    [
        ('width="72pt" height="36pt"', (96, 48)),
        ('height="36px" width="72px"', (72, 36)),
        ('width="72" height="10.5pt"', (72, 14)),
        ("width='900' height='9'", (900, 9)),
        ('width = "900"\nheight\n= " 9 "', (900, 9)),
        ('width="2.54cm" height="3in"', (96, 288)),
        ('width="50.8mm" height="101.6Q"', (192, 96)),
        ('width="9e2" height="1.5E1PX"', (900, 15)),
        ('width="2pc" height=".5in"', (32, 48)),
        ('viewBox="0 0 300 200"', (300, 200)),
        ('viewBox="-5,-7, 300,200" width="100%" height="100%"', (300, 200)),
        ('viewBox="0 0 300 200" width="150"', (150, 100)),
        ('viewBox="0 0 300 200" height="50" width="auto"', (75, 50)),
        ('viewBox="0 0 300 200" height="0"', (300, 200)),
        ('viewBox="0 0 0 200"', None), ('viewBox="0 0 300"', None), ('width="72pt"', None),
        ('width="3em" height="2em"', None), ('stroke-width="3" height="2"', None),
        ('data-width="3" aria-label=\'width="5"\' height="2"', None), ("", None),
    ],
)  # fmt: skip
def test_the_size_is_told_in_pixels_of_the_page(attributes, size):
    drawing = f'<svg xmlns="http://www.w3.org/2000/svg" {attributes}><!-- > --></svg>'
    assert size_of(drawing) == (size and pytest.approx(size))
    assert size_of(f'<?xml version="1.0" encoding="latin-1"?>{drawing}'.encode("latin-1")) == (
        size and pytest.approx(size)
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<svg", "not well-formed XML"),
        ('<svg xmlns="http://www.w3.org/2000/svg"><g></svg>', "mismatched tag: line 1"),
        ("", "no element found"),
        ('<svg width="9" height="9"/>', "no browser shows it"),
        ("<html/>", "no browser shows it"),
    ],
)
def test_what_is_no_drawing_is_said(text, said):
    for function in (size_of, lambda svg: recolour(svg, COLOURS)):
        with pytest.raises(NoDrawingError, match=said):
            function(text)
