"""The notation: which rows of its data file a page's box shows, and what is made of them."""

from __future__ import annotations

import pytest

from bookkeeping.check.formulas.faults import FormulaError
from bookkeeping.check.notation import letters_on
from bookkeeping.site.notation_lists import parted
from bookkeeping.store import Memory

DATA = r"""
- title: Letters of all
  pages: [one, two]
  letters:
    - {shown: '$x, y$', means: counts, names: {x: number, 'y': number}}
    - {shown: '$z$', means: another, names: {z: number}}
    - {shown: '$\odot$', means: entry by entry, signs: ['\odot']}
    - {shown: '$r$', means: wanted everywhere, names: {r: number}, always: true}
    - {shown: 'bars', means: no letter at all}
- title: Letters of two
  pages: [two]
  letters:
    - {shown: '$x$', means: something else, names: {x: vector}}
"""


def meanings(tmp_path, page, tex, data=DATA):
    (tmp_path / "notation.yml").write_text(data, encoding="utf-8")
    text = f"# A page\n\nOf $z$.\n\n```{{math}}\n:label: a\n\n{tex}\n```\n"
    (tmp_path / f"{page}.md").write_text(text, encoding="utf-8")
    return [letter.means for letter in letters_on(tmp_path, page, Memory(tmp_path / "memory.json"))]


def test_a_box_has_the_rows_whose_names_an_equation_mentions(tmp_path):
    assert meanings(tmp_path, "one", "y = 2 x") == [
        "counts", "wanted everywhere", "no letter at all"
    ]  # fmt: skip
    assert "another" in meanings(tmp_path, "one", "z = 2")


def test_a_sign_brings_its_row_into_the_box(tmp_path):
    assert "entry by entry" in meanings(tmp_path, "two", r"x = x \odot x")
    assert "entry by entry" not in meanings(tmp_path, "two", "x = x + x")


def test_the_later_of_two_sections_explains_a_name(tmp_path):
    assert meanings(tmp_path, "two", "x = 2 x")[-1] == "something else"
    assert "counts" not in meanings(tmp_path, "two", "x = 2 x")
    assert "counts" in meanings(tmp_path, "two", "y = 2")


def test_an_equation_that_cannot_be_read_brings_nothing(tmp_path):
    assert "counts" not in meanings(tmp_path, "one", r"x = \frac{")


def test_a_name_declared_wrongly_is_told(tmp_path):
    with pytest.raises(FormulaError, match="for the page one"):
        meanings(tmp_path, "one", "z = 2", DATA.replace("z: number", "z: nothing"))


def test_letters_are_formulas_of_their_own_so_that_a_narrow_column_breaks():
    assert parted(r"$a, f(x, y), b_{i, j}$") == "$a,$ $f(x, y),$ $b_{i, j}$"
    assert parted(r"$s_1, \dots, s_n$; $\text{all of them}, z$") == (
        r"$s_1,$ $\dots,$ $s_n$; all of them, $z$"
    )


def test_a_page_has_its_letters_and_conventions_in_a_box(small_book):
    page = small_book.page("counting")
    box = page[page.index('<div class="notation admonition">') :]
    box = box[: box.index("</section>")]
    assert "how many (<code" in box
    assert "its double" in box
    assert "Counts begin at one." in box
    assert "no equation holds" not in box
    listed = small_book.page("back/lists")
    assert 'id="letters-of-counting"' in listed
    letters = listed[listed.index('<div class="letters') :]
    assert "a count that no equation holds" in letters[: letters.index("</div>")]


def test_a_notebook_has_the_letters_as_a_list(small_book):
    cells = small_book.notebook("counting")["cells"]
    text = "".join("".join(cell["source"]) for cell in cells)
    assert "> - $x$: how many (`number`)\n> - $d$: its double\n>\n> Counts begin at one." in text
    assert "notation-box" not in text


def test_an_edit_of_the_notation_reads_its_pages_again(small_book):
    small_book.edit("book/notation.yml", "its double", "twice as many")
    built = small_book.build()
    assert (built.status, built.executed) == (0, set()), built.output
    for page in ("counting", "back/lists"):
        assert "twice as many" in small_book.page(page)
        assert "its double" not in small_book.page(page)
