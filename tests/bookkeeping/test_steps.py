"""What the steps of a sweep must bring, and what the book makes of them."""

from __future__ import annotations

import re

import pytest
from bs4 import BeautifulSoup

from bookkeeping.run.kernel import STEPS
from bookkeeping.run.payloads import join, without
from bookkeeping.site.again import differences
from bookkeeping.site.steps import faults
from small_book import SmallBook, from_nothing

STEP = {"drawing": "<svg/>", "says": "To $x$ by {eq}`doubling`.", "alt": "A square.", "tex": ""}

FAULTY = {
    "no steps": ([], True),
    "without a drawing": ([STEP], False),
    "says nothing": ([STEP, {**STEP, "says": "\n"}], True),
    "step 2 says more": ([STEP, {**STEP, "says": "Costs $5."}], True),
    "'The {numref}": ([{**STEP, "says": "The {numref}`fig-square`."}], True),
    "'**Now**": ([{**STEP, "says": "**Now** this."}], True),
    "step 1: a figure without alternative": ([{**STEP, "alt": " "}], True),
    "a decimal typed": ([{**STEP, "alt": "Half of it, 0.5."}], True),
    "mathematics in alternative": ([{**STEP, "alt": "The letter $x$."}], True),
}


def test_sound_steps_have_no_faults():
    assert list(faults([STEP, {**STEP, "tex": "x = 1"}], pictured=True)) == []


@pytest.mark.parametrize("words", FAULTY)
def test_each_fault_is_told_alone(words):
    steps, pictured = FAULTY[words]
    (told,) = faults(steps, pictured=pictured)
    assert words in told


def test_steps_are_held_beside_their_own_first_drawing():
    shown = {"data": {"image/svg+xml": "<svg/>", STEPS: {"steps": [STEP]}, "text/plain": "1 step"}}
    before = {"data": {"image/svg+xml": "<svg>another</svg>"}}
    first, second = join([before, shown])
    assert first == before
    assert second["data"]["image/svg+xml"] == "<svg/>"
    assert second["data"]["text/html"].count("</") == 1  # a drawing cannot end the script
    assert set(second["data"]) == {"image/svg+xml", "text/html"}


def test_the_picture_alone_is_taken_home():
    shown = join([{"data": {"image/svg+xml": "<svg/>", STEPS: {"steps": [STEP]}}}])
    table = {"data": {"text/html": "<table></table>", "image/svg+xml": "<svg/>"}}
    assert without([*shown, table]) == [{"data": {"image/svg+xml": "<svg/>"}}, table]


PAGE = """\
# A sweep

```{code-cell} python
---
mystnb:
  figure: {name: fig-sweep, caption: A square moves.}
  image: {alt: A square moves in three steps.}
---
from IPython.display import display

STYLE = '<rect x="AT" width="9" height="9" fill="#22272e"/></svg>'
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="WIDTH" height="9">' + STYLE
TEX = "d(3) = 3+3"  # as tests/test_toy.py evaluates it, spaces aside
drawings = [SVG.replace("AT", str(n)).replace("WIDTH", str(300 * n)) for n in (1, 2, 3)]
said = ["It starts.", "It moves to $x = 0.31$ ({eq}`doubling`).", "It stays, by {eq}`doubling`."]
steps = [
    {"drawing": drawing, "says": says, "alt": f"The square at {n}.", "tex": TEX if n == 2 else ""}
    for n, (drawing, says) in enumerate(zip(drawings, said), 1)
]
shown = {"image/svg+xml": drawings[0], "application/vnd.book.steps+json": {"steps": steps}}
display(shown, raw=True)
```

See {numref}`fig-sweep`, {ref}`fig-sweep-step-2` and [the end](#fig-sweep-step-3).
"""


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    """A book with a page of three steps, to be read only."""
    book = SmallBook(tmp_path_factory.mktemp("swept") / "book")
    book.write_all()
    book.add({"book/sweep.md": PAGE})
    built = book.build()
    assert built.status == 0, built.output
    return book


def drawings_of(book):
    """Return the names of the drawings kept aside, and of all pictures of the site."""
    build = book.root / "_build"
    return (
        {path.name for path in (build / "staging" / "steps").iterdir()},
        {path.name for path in (build / "html" / "_images").iterdir()},
    )


def test_a_page_with_steps(swept):
    page = swept.page("sweep")
    figure = re.search(r"<figure.*?</figure>", page, re.DOTALL).group()
    assert figure.startswith('<figure class="has-steps')
    assert '<ol aria-label="A square moves in three steps." class="steps">' in figure
    steps = re.findall(r"<li .*?</li>", figure, re.DOTALL)
    assert len(steps) == 3
    for number, step in enumerate(steps, 1):
        assert f'id="fig-sweep-step-{number}"' in step
        assert f'<span class="step-number">Picture {number}. </span>' in step
        assert '<span class="figure-frame"><img loading="lazy"' in step
        # What was made for a phone grows where there is room; what is wide fills it anyway.
        width, height = (360, 11) if number == 1 else (300 * number, 9)
        assert f'width="{width}" height="{height}" alt="The square at {number}."' in step
        assert re.search(r'<a class="enlarge" href="_images/\w+\.svg">Enlarge</a>', step)
        assert ("wide" if number > 1 else "narrow") in step
        assert ('<div class="math">' in step) == (number == 2)
        assert ("is-current" in step) == (number == 1)
    assert 'href="counting.html#equation-doubling"' in steps[2]
    assert figure.index("</ol>") < figure.index("<figcaption")
    assert "eqno" not in figure
    assert "equation-mark" not in figure
    assert "application/json" not in figure
    assert 'href="#fig-sweep-step-2"' in page
    assert 'href="#fig-sweep-step-3"' in page


def test_only_pages_with_steps_load_the_script(swept):
    assert re.search(r'<script defer="defer" src="_static/steps.js', swept.page("sweep"))
    assert "steps.js" not in swept.page("counting")


def test_every_drawing_follows_light_and_dark(swept):
    kept, shown = drawings_of(swept)
    assert len(kept) == 2  # the first one is a picture as any other
    assert kept < shown
    for name in kept:
        drawing = swept.read(f"_build/html/_images/{name}")
        assert "prefers-color-scheme" in drawing
        assert "#22272e" not in drawing.replace("--ink:#22272e", "")


def test_the_back_of_the_book_knows_the_figure_and_no_equation_of_it(swept):
    page = BeautifulSoup(swept.page("back/lists"), "html.parser")
    (image,) = page.select(".gallery")[-1].select(".tile img")
    assert image["alt"] == "A square moves in three steps."
    assert "d(3)" not in swept.page("back/equations")


def test_the_notebook_to_take_home_shows_the_first_drawing(swept):
    notebook = swept.notebook("sweep")
    ((output,),) = [cell["outputs"] for cell in notebook["cells"] if cell.get("outputs")]
    assert set(output["data"]) == {"image/svg+xml"}
    assert 'width="300"' in "".join(output["data"]["image/svg+xml"])


def test_another_build_changes_nothing_and_drops_only_old_drawings(small_book, tmp_path):
    small_book.add({"book/sweep.md": PAGE})
    small_book.commit()
    built = small_book.build()
    assert built.status == 0, built.output
    before, site = drawings_of(small_book), small_book.site()
    assert small_book.build().executed == set()
    assert differences(small_book.site(), site) == []
    assert differences(site, from_nothing(small_book, tmp_path)) == []
    small_book.edit("book/sweep.md", "(1, 2, 3)]", "(1, 2, 4)]")
    edited = small_book.build()
    assert edited.executed == {"sweep"}, edited.output
    after = drawings_of(small_book)
    assert [len(names) for names in after] == [len(names) for names in before]
    assert [len(old - new) for old, new in zip(before, after, strict=True)] == [1, 1]
