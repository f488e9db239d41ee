"""The icon font keeps what is shown and nothing else."""

import io

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont

from bookkeeping.site.icons import FONT, cut_icon_font

BARS, GHOST, BELL = 0xF0C9, 0xF6E2, 0xF0F3


def write_site(folder):
    names = [".notdef", "bars", "ghost", "bell"]
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder(names)
    builder.setupCharacterMap({BARS: "bars", GHOST: "ghost", BELL: "bell"})
    builder.setupGlyf({name: TTGlyphPen(None).glyph() for name in names})
    builder.setupHorizontalMetrics(dict.fromkeys(names, (500, 0)))
    builder.setupHorizontalHeader()
    builder.setupOS2()
    builder.setupPost()
    buffer = io.BytesIO()
    builder.font.flavor = "woff2"
    builder.save(buffer)
    font = folder / "_static" / FONT
    font.parent.mkdir(parents=True)
    font.write_bytes(buffer.getvalue())
    styles = folder / "_static" / "styles" / "theme.css"
    styles.parent.mkdir()
    styles.write_text(
        '.fa-bars,.fa-navicon{--fa:"\\f0c9"}.fa-ghost{--fa:"\\f6e2"}'
        f'html{{--pst-icon-bell:"{chr(BELL)}"}}'
    )
    (folder / "index.html").write_text('<i class="fa-solid fa-navicon"></i>')
    return font, styles


def test_icons_that_a_page_or_a_style_sheet_names_are_kept_and_the_others_dropped(tmp_path):
    font, styles = write_site(tmp_path)
    cut_icon_font(tmp_path, tmp_path / "kept")
    assert set(TTFont(io.BytesIO(font.read_bytes())).getBestCmap()) == {BARS, BELL}
    assert "fa-navicon" in styles.read_text()
    assert "fa-ghost" not in styles.read_text()


def test_cutting_twice_changes_nothing_more(tmp_path):
    font, _ = write_site(tmp_path)
    cut_icon_font(tmp_path, tmp_path / "kept")
    once = font.read_bytes()
    cut_icon_font(tmp_path, tmp_path / "kept")
    assert font.read_bytes() == once


def test_another_page_brings_its_icon_back_from_the_whole_font(tmp_path):
    font, _ = write_site(tmp_path)
    whole = font.read_bytes()
    cut_icon_font(tmp_path, tmp_path / "kept")
    (tmp_path / "other.html").write_text('<i class="fa-solid fa-ghost"></i>')
    styles = tmp_path / "_static" / "styles" / "theme.css"
    styles.write_text(styles.read_text() + '.fa-ghost{--fa:"\\f6e2"}')
    font.write_bytes(whole)
    cut_icon_font(tmp_path, tmp_path / "kept")
    assert set(TTFont(io.BytesIO(font.read_bytes())).getBestCmap()) == {BARS, BELL, GHOST}


def test_a_site_without_the_font_is_left_alone(tmp_path):
    cut_icon_font(tmp_path, tmp_path / "kept")
    assert list(tmp_path.iterdir()) == []
