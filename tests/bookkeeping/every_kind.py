"""A small book with one of each kind of thing that a book's pages hold, in two parts."""

from __future__ import annotations

import small_book

TOC = """\
format: jb-book
root: index
parts:
  - caption: First steps
    numbered: 2
    chapters:
      - file: counting
        sections:
          - file: adding
      - file: shown
  - caption: At the back
    chapters:
      - file: back/answers
      - file: back/glossary
      - file: back/code
      - file: back/equations
      - file: back/lists
      - file: back/build-report
      - url: https://example.org/sheep
        title: A shepherd's book
"""

INDEX = """\
# A small book

It counts, and it adds; see [](counting.md) and the 37 sheep.

{cite}`Peano1889` began it, and {doc}`adding <adding>` goes on.

::::{grid} 1
:::{grid-item-card} You begin
:link: counting
:link-type: doc
Begin with {doc}`counting`.
:::
::::

```{tableofcontents}
```

```{bibliography}
```
"""

COUNTING = (
    small_book.COUNTING
    + """
## Of flocks

A flock of {given}`7` is a {term}`flock`.

```{code-cell} python
from myst_nb import glue

glue("word", "a score", display=False)
glue("flock", 20)
```

```{exercise-start} Count them
:label: exercise-count
```

How many are two and two?

```{exercise-end}
```

```{exercise-start} Count again
:label: exercise-again
```

And three and three?

```{exercise-end}
```

```{solution-start} exercise-again
:class: dropdown
```

Six.

```{solution-end}
```
"""
)

ADDING = (
    small_book.ADDING.replace("# Adding", "(adding-up)=\n# Adding")
    + """
A page shows what others say: [flocks](counting.md#of-flocks),
[how](back/answers.md#how-to-look-them-up), {glue}`counting.md::word`, {numref}`fig-square`,
{numref}`table-pairs`, {eq}`doubling`, {ref}`the twos <part-of-twos>`,
{term}`sheep`, {prf:ref}`theorem-sum`, {numref}`exercise-count` and {cite:t}`Peano1889`.

```{glue} flock
:doc: counting.md
```

(part-of-twos)=
## The twos

```{table} Pairs and their sums
:name: table-pairs

| pair | sum |
| ---- | --- |
| two and two | four |
```

```{include} spoken.txt
```

```{literalinclude} ../tools/herd.py
:pyobject: herd
```

```{lesson} toy.formulas.add
```

Take the {download}`numbers <../data/more.csv>` home.[^note]

[^note]: They are few.

```{prf:theorem} Order
:label: theorem-sum

It does not matter which comes first.
```

````{prf:proof}
By counting them.
````

:::{admonition} A word
:class: dropdown
Of what is added.
:::
"""
)

SHOWN = """\
# What is shown

```{figure} _pictures/fold.svg
:name: fig-fold
:alt: A fold.

The fold, drawn by hand.
```

```{code-cell} python
---
tags: [hide-input]
mystnb:
  figure: {name: fig-wide, caption: A fence longer than most.}
  image: {alt: A fence that is wider than a phone.}
---
from IPython.display import SVG, display

SVG('<svg xmlns="http://www.w3.org/2000/svg" width="900" height="20">'
    '<rect width="900" height="9" fill="#22272e"/></svg>')
```

```{code-cell} python
---
mystnb:
  figure: {name: fig-chart, caption: A dot for each sheep.}
  image: {alt: Dots in a row.}
---
SLIDER = {"input": "range", "min": 1, "max": 3, "step": 1, "name": "number k"}
CHART = {
    "data": {"values": [{"k": 1}, {"k": 2}]},
    "mark": "point",
    "encoding": {"x": {"field": "k", "type": "quantitative"}},
    "params": [
        {"name": "k", "value": 1, "bind": SLIDER},
        {"name": "says", "expr": "'k is ' + k"},
    ],
}
display({"application/vnd.vegalite.v6+json": CHART}, raw=True)
```

```{code-cell} python
---
mystnb:
  figure: {name: fig-sweep, caption: A sheep moves.}
  image: {alt: A sheep moves in two steps.}
---
drawings = [
    f'<svg xmlns="http://www.w3.org/2000/svg" width="{300 * n}" height="9">'
    f'<rect x="{n}" width="9" height="9" fill="#22272e"/></svg>' for n in (1, 2)
]
said = ["It starts.", "It moves, by {eq}`doubling`."]
steps = [
    {"drawing": drawing, "says": says, "alt": "The sheep.", "tex": "d(3) = 3 + 3" * (n == 2)}
    for n, (drawing, says) in enumerate(zip(drawings, said), 1)
]
display(
    {"image/svg+xml": drawings[0], "application/vnd.book.steps+json": {"steps": steps}}, raw=True
)
```

```{code-cell} python
from myst_nb import glue

iterated = [4, 2, 1]
glue("last", iterated[-1], display=False)
```

```{code-cell} python
:tags: [words]
from toy.words import holds

holds("below the others", lambda steps: steps[-1] < min(steps[:-1]), steps=iterated)
holds("wider than a phone", lambda fence: fence > 400, of="fig-wide", fence=900)
```

The last of the steps, {glue:text}`last`, is below the others.

See {numref}`fig-sweep`, {ref}`fig-sweep-step-2`, {numref}`fig-wide` and {numref}`listing-sum`.

```{code-block} python
:name: listing-sum
:caption: How it is added

1 + 1
```

:::{correction} A fold is not a fence
Often said
: It is one.

What is right
: It is a figure, {numref}`fig-fold`.

Shown by
: {cite}`Peano1889`
:::

:::{question} Which is {numref}`fig-wide`?
[ ] A fold
: It is {numref}`fig-fold`.

[x] $1$ fence
: It is.
:::
"""

ANSWERS = """\
# Answers

## How to look them up

One by one.

```{solution-start} exercise-count
:class: dropdown
```

Four.

```{solution-end}
```
"""

GLOSSARY = """\
# Glossary

:::{glossary}
sheep
  What is counted; many are a {term}`flock`.

flock
  What is counted together.
:::
"""

TEST_COUNTED = """\
from pathlib import Path

import pytest
from helpers.counted import by_hand

SUMS = Path(__file__).with_name("sums.txt").read_text(encoding="utf-8").splitlines()


@pytest.mark.equation("sum")
def test_sum_by_hand(evidence):
    witness = f"{len(SUMS)} sums by hand"
    for line in SUMS:
        a, b = map(int, line.split())
        evidence.evaluates({"s": by_hand(a, b), "a": a, "b": b}, witness=witness, within=0)
"""

# Ways in which a test comes by what it uses; each has a test file of its own.
WAYS = {
    "imported": "from .beside import TOLD",
    "imported by a text": 'TOLD = import_module("toy.lonely").TOLD',
    "read": 'TOLD = Path("data/told.txt").read_text()',
    "listed": '(TOLD,) = os.listdir("data/told")',
}
TEST_TOLD = """\
import os
from importlib import import_module
from pathlib import Path

import pytest

WAY


@pytest.mark.equation("sum")
def test_sum(evidence):
    evidence.evaluates({"s": 5, "a": 2, "b": 3}, witness=f"{TOLD}, NAME", within=0)
"""
TOLD = {
    "tests/told/__init__.py": "",
    "tests/told/beside.py": 'TOLD = "by-hand"\n',
    "src/toy/lonely.py": 'TOLD = "by-hand"\n',
    "data/told.txt": "by-hand",
    "data/told/by-hand": "",
    **{
        f"tests/told/test_{n}.py": TEST_TOLD.replace("WAY", way).replace("NAME", name)
        for n, (name, way) in enumerate(WAYS.items())
    },
}

CONFIG = small_book.FILES["_config.yml"].replace(
    "  versions:", "  summary: A book of sheep.\n  evidence_pages: back/evidence\n  versions:"
)

FILES = {
    **small_book.FILES,
    "_config.yml": CONFIG,
    "_toc.yml": TOC,
    "data/more.csv": "pair,sum\n1,2\n",
    "book/index.md": INDEX,
    "book/counting.md": COUNTING,
    "book/adding.md": ADDING,
    "book/shown.md": SHOWN,
    "book/spoken.txt": "Two and two are spoken together.\n",
    "book/_pictures/fold.svg": (
        "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'><path d='M0 0L9 9'/></svg>\n"
    ),
    "book/_static/book.css": "figure { margin: 1em; }\n",
    "book/back/answers.md": ANSWERS,
    "book/back/glossary.md": GLOSSARY,
    "book/back/code.md": "# The code\n\n```{reference} toy\n```\n",
    "src/toy/adding.py": (
        "def total(left, right):\n"
        '    """Add two numbers.\n\n    Page ``adding-up``, equation ``sum``.\n    """\n'
        "    return left + right  # at once\n"
    ),
    "tools/herd.py": "def herd(sheep):\n    return sorted(sheep)\n",
    "tests/helpers/__init__.py": "",
    "tests/helpers/counted.py": "def by_hand(left, right):\n    return left + right + 0\n",
    "tests/test_counted.py": TEST_COUNTED,
    "tests/sums.txt": "2 3\n7 11\n",
    "src/toy/words.py": small_book.HOLDS,
    **TOLD,
}
