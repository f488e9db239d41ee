from __future__ import annotations

import pytest
from bs4 import BeautifulSoup

from bookkeeping.site.pasted import as_written, fault_of
from small_book import SmallBook


@pytest.mark.parametrize(
    ("pasted", "written"),
    [
        ("8e-16", "8·10⁻¹⁶"),
        ("8E-16", "8·10⁻¹⁶"),
        ("1e-05", "10⁻⁵"),
        ("-2.5e+12", "−2.5·10¹²"),
        ("inf", "∞"),
        ("-INF", "−∞"),
        ("12.5%", "12.5%"),
        ("3e", "3e"),
        ("see 1e-3", "see 1e-3"),
    ],
)
def test_numbers_are_written_as_people_do(pasted, written):
    assert as_written(pasted) == written


@pytest.mark.parametrize(
    ("pasted", "said"),
    [
        ("nan", "not a number"), ("NAN", "not a number"), ("-nan", "not a number"),
        ("nan%", "not a number"), ("np.float64(0.5)", "as NumPy shows it"),
        ("np.str_('word')", "as NumPy shows it"),
        ("nano", ""), ("banana", ""), ("inf", ""), ("-0.5", ""), ("array([0.5])", ""),
    ],
)  # fmt: skip
def test_a_value_that_is_not_fit_to_be_read_is_refused(pasted, said):
    assert said in fault_of(pasted)
    assert bool(said) == bool(fault_of(pasted))


PAGE = r"""# Pasted

```{code-cell} python
from IPython.display import Markdown
from myst_nb import glue

glue("half", 0.5, display=False)
glue("tiny", 8e-16, display=False)
glue("words", "about 0.7", display=False)
glue("share", Markdown("a *share* of 0.7 of $x^{0.5}$"), display=False)
glue("rows", Markdown("| a | b |\n| - | - |\n| 0.5 | {eq}`doubling` |"), display=False)
```

First {glue}`half`, {glue:}`tiny`, {glue:any}`words`, {glue:md}`share` and {glue:text}`tiny:.0E`.

Then {glue:text}`adding.md::small:.1e`, {glue}`adding.md::small` and {glue:text}`adding.md::huge`.

```{glue:md} rows
```

```{glue} half
```

| a | b |
| - | - |
| {glue:}`half` | {glue:md}`share:commonmark` |

## Shown

```{code-cell} python
Markdown(
    "Of $x^{0.7}$ and {eq}`doubling`, {cite}`Peano1889`.\n\n"
    "$$ x^{0.9} $$\n\n| a | b |\n| - | - |\n| 0.5 | *yes* |"
)
```
"""
GLUED = "from myst_nb import glue\nglue('small', 1.5e-7)\nglue('huge', float('inf'))\n"


@pytest.fixture
def page(small_book: SmallBook) -> BeautifulSoup:
    """The page above in a book that stands."""
    small_book.add({"book/pasted.md": PAGE})
    small_book.edit("book/adding.md", "sum(int", f"{GLUED}sum(int")
    built = small_book.build()
    assert built.status == 0, built.output
    soup = BeautifulSoup(small_book.page("pasted"), "html.parser")
    for formula in soup.select("span.katex"):
        formula.replace_with(f"[{formula.annotation.string.strip()}]")
    return soup.article


def test_whatever_a_cell_hands_over_is_its_own_and_in_the_books_markdown(page):
    paragraphs = [paragraph.text.replace("\n", " ") for paragraph in page.select("p")]
    first = "First 0.5, 8·10⁻¹⁶, ‘about 0.7’, a share of 0.7 of [x^{0.5}] and 8·10⁻¹⁶."
    assert first in paragraphs
    assert "Then 1.5·10⁻⁷, 1.5e-07 and ∞." in paragraphs
    assert "Of [x^{0.7}] and (1), [Peano, 1889]." in paragraphs
    assert page.select_one("div.cell_output div.math").text.strip().startswith("[x^{0.9}]")
    tables = [[cell.text for cell in table.select("td")] for table in page.select("table")]
    assert tables == [["0.5", "(1)"], ["0.5", "a share of 0.7 of $x^{0.5}$"], ["0.5", "yes"]]
