"""A picture brings the letters that it shows, and says how wide they are."""

import base64
import io
import re

import pytest
from fontTools.ttLib import TTFont

from bookkeeping.project import Project
from bookkeeping.site.lettering import Lettering
from small_book import REPOSITORY

FILES = "@fontsource-variable/source-sans-3/files/source-sans-3"
PICTURE = '<svg width="7"><text x="1">aλ</text><text>Wa</text><title>no</title></svg>'


@pytest.fixture
def project(tmp_path):
    files = [f"{FILES}-{part}.woff2" for part in ("latin-wght-normal", "latin-wght-italic",
                                                  "greek-wght-normal")]  # fmt: skip
    own = f"{{web: {REPOSITORY / 'web/node_modules'}, fonts: {files}}}"
    (tmp_path / "_config.yml").write_text(f"bookkeeping: {own}", encoding="utf-8")
    return Project(tmp_path)


def test_letters_are_as_wide_as_the_regular_ones(project):
    widths = Lettering(project, "aWλ.").widths()
    assert set(widths) >= set("aWλ.")
    assert widths["a"] == pytest.approx(0.504)  # of Source Sans, as its designer lists it
    assert widths["."] < widths["a"] < widths["W"]


def test_a_picture_brings_its_own_letters_alone(project):
    drawn = Lettering(project, "aWλ. no").embed(PICTURE)
    fonts = [TTFont(io.BytesIO(base64.b64decode(data)))
             for data in re.findall(r"base64,([^)]+)\)", drawn)]  # fmt: skip
    held = [{chr(point) for point in font.getBestCmap()} for font in fonts]
    assert held == [set("aW"), {"λ"}]
    assert "fvar" not in fonts[0]
    assert re.search("text{font-family:letters-0,letters-1,", drawn)
    assert re.sub("<style>.*</style>", "", drawn) == PICTURE


def test_the_letters_come_out_the_same_whatever_is_drawn_beside_them(project):
    beside = ("aWλ. no", "aWλ. no", "aWλ. no, and θ to Z in 0123456789")
    assert len({Lettering(project, text).embed(PICTURE) for text in beside}) == 1


def test_a_book_without_fonts_leaves_letters_to_the_reader(tmp_path):
    (tmp_path / "_config.yml").write_text("bookkeeping: {}", encoding="utf-8")
    lettering = Lettering(Project(tmp_path), "aWλ")
    assert (lettering.widths(), lettering.embed(PICTURE)) == ({}, PICTURE)
