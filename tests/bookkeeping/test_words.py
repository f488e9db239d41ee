"""Words about a run are bound in cells that nobody sees, and that do nothing else."""

from __future__ import annotations

import pytest

from bookkeeping.check import words
from bookkeeping.project import Project
from bookkeeping.texts import PageError
from small_book import HOLDS, SmallBook

PAGE = """\
# Runs

```{code-cell} python
from IPython.display import SVG
from myst_nb import glue
from numpy.random import default_rng

chance = default_rng(7)
iterated = [[4, 2, 1], [5, 4, 3]]
glue("first", iterated[0][-1], display=False)
```

```{code-cell} python
---
mystnb:
  figure:
    name: fig-runs
    caption: |
      *What to see:* two runs. The lower one
      ends at {glue:text}`first`.
  image:
    alt: Two lines that fall. One stays above the other one.
---
SVG('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"></svg>')
```

```{code-cell} python
:tags: [words]
from toy.words import holds

holds(("The lower one ends", "One stays above"),
      lambda low, high: low[-1] < high[-1], of="fig-runs",
      low=iterated[0], high=iterated[1])
holds("two of three", lambda run: sum(run) == 7, run=iterated[0])
assert len(iterated) == 2
```

In {numref}`fig-runs` two of three numbers are even.
There are more runs than these.
The first ends below all others of {numref}`fig-runs`.
"""


@pytest.fixture
def book(tmp_path) -> SmallBook:
    book = SmallBook(tmp_path)
    book.write_all()
    book.add({"book/runs.md": PAGE, "src/toy/words.py": HOLDS})
    return book


def test_bound_and_unbound_sentences_are_counted(book):
    project = Project(book.root)
    words.check(project)
    assert words.counts(project) == {
        "runs": {"captions": (1, 1), "alternative texts": (1, 2), "prose": (1, 2)}
    }


@pytest.mark.parametrize(
    ("old", "new", "on_line", "told"),
    [
        ("The lower one\n", "The upper one\n", "holds((", "of fig-runs does not say 'The lower"),
        ("two of three n", "one of three n", 'holds("two', "this page does not say 'two of three'"),
        ('of="fig-runs"', 'of="fig-walks"', "holds((", "no figure of this page is named 'fig-wal"),
        ("One stays above the", "It stays above the", "holds((", "does not say 'One stays above'"),
        ("assert len", "count = len", "count = ", "no reader and no notebook gets it"),
        ("from toy.words", "import toy\nfrom toy.words", "import toy", "no reader"),
        ("run=iterated[0]", "run=(n := iterated[0])", 'holds("two', "no reader"),
        ('holds("two of three"', 'holds(f"two"', 'holds(f"two"', "begins with the words, typed"),
        ("assert len(", "assert chance.random() < len(", "assert chance", "draws from chance"),
        ("assert len(iterated) == 2", "holds(of=2)", "holds(of", "begins with the words, typed"),
    ],
)
def test_a_binding_that_cannot_be_is_told_with_its_line(book, old, new, on_line, told):
    book.edit("book/runs.md", old, new)
    lines = book.read("book/runs.md").split("\n")
    (line,) = (number for number, text in enumerate(lines, 1) if on_line in text)
    with pytest.raises(PageError) as error:
        words.check(Project(book.root))
    assert f"book/runs.md:{line}: " in str(error.value)
    assert told in str(error.value)


def test_bindings_run_and_nobody_sees_them(small_book):
    small_book.add({"book/runs.md": PAGE, "src/toy/words.py": HOLDS})
    built = small_book.build()
    assert built.status == 0, built.output
    assert "runs: captions 1 of 1, alternative texts 1 of 2, prose 1 of 2" in small_book.page(
        "back/build-report"
    )
    assert "holds" not in small_book.page("runs")
    notebook = str(small_book.notebook("runs"))
    assert "holds" not in notebook
    assert "iterated" in notebook
    small_book.edit("book/runs.md", "[5, 4, 3]", "[5, 4, 0]")
    built = small_book.build()
    assert built.status == 1
    line = PAGE[: PAGE.index("holds((")].count("\n") + 1
    assert f"book/runs.md:{line}: a cell raised AssertionError: ('The lower one ends'" in (
        built.output
    )
