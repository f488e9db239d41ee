"""How to cite a page is told as the book's own citation file has it."""

from __future__ import annotations

import pytest

from bookkeeping.site.citing import entry

CFF = """cff-version: 1.2.0
title: "A book: of sums"
version: 1.4.0
authors:
  - {family-names: Noether, given-names: Emmy}
  - {name: The summers}
"""


@pytest.fixture
def cff(tmp_path):
    path = tmp_path / "CITATION.cff"
    path.write_text(CFF)
    return path


def test_a_page_is_cited_with_all_that_is_known(cff):
    cff.write_text(CFF + "date-released: 2031-05-07\n")
    assert entry(cff, "sums/adding", "Adding up", "https://b.example/adding.html", year="2026") == (
        "@misc{sums-adding,\n"
        "  author = {Noether, Emmy and {The summers}},\n"
        "  title = {Adding up},\n"
        "  howpublished = {In: A book: of sums},\n"
        "  version = {1.4.0},\n"
        "  year = {2031},\n"
        "  url = {https://b.example/adding.html},\n"
        "}"
    )


def test_what_is_not_known_is_left_out(cff):
    told = entry(cff, "adding", "Adding up", "", year="2026")
    assert "url" not in told
    assert "year = {2026}" in told
    assert "year" not in entry(cff, "adding", "Adding up", "")
