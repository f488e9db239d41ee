from __future__ import annotations

import pytest

from bookkeeping.run.recolour import recolour, recolour_output, size_of

COLOURS = {"ink": {"drawn": "#22272e", "light": "#111111", "dark": "#eeeeee"}}
SVG = '<?xml version="1.0"?>\n<svg width="72pt" viewBox="0 0 1 1"><path fill="#22272E"/></svg>'


def test_the_drawing_follows_the_readers_page():
    adapted = recolour(SVG, COLOURS)
    assert 'fill="var(--ink)"' in adapted
    assert "#22272E" not in adapted
    assert "--ink:#111111" in adapted
    assert "@media (prefers-color-scheme:dark){:root{--ink:#eeeeee;}}" in adapted
    assert adapted.count("<style>") == 1


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
    ("svg", "size"),
    [
        ('<svg width="72pt" height="36pt">', (96.0, 48.0)),
        ('<svg height="36px" width="72px">', (72.0, 36.0)),
        ('<svg width="72" height="10.5pt">', (72.0, 14.0)),
        ('<svg viewBox="0 0 1 1">', None), ('<svg width="72pt">', None),
        ('<svg stroke-width="3" height="2">', None),
    ],
)  # fmt: skip
def test_the_size_is_told_in_pixels_of_the_page(svg, size):
    assert size_of(svg) == size
