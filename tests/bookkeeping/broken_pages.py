"""Pages and tests that each break a promise of the book, and what must be said about each."""

from __future__ import annotations

from typing import NamedTuple


class Fault(NamedTuple):
    """One fault: the file, a text on the faulty line only, and what is said."""

    file: str
    on_line: str
    says: str
    at_fence: bool = False  # the faulty line is the fence, or the label, above the text


def faulty_line(text: str, fault: Fault) -> int:
    """Return the number of the line that must be named."""
    lines = text.split("\n")
    (line,) = (number for number, line in enumerate(lines, 1) if fault.on_line in line)
    while fault.at_fence and not lines[line - 1].startswith(("```{", "(")):
        line -= 1
    return line


IMAGE = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"></svg>'

# What the reader of the page sees is wrong: Sphinx reads all pages and names every fault.
SEEN = {
    "book/charts.md": """\
# Charts

```{code-cell} python
from IPython.display import display

SLIDER = {"input": "range", "min": 1, "max": 3, "name": "number k"}
CHART = {
    "data": {"values": [{"k": 1}, {"k": 2}]},
    "mark": "point",
    "encoding": {"x": {"field": "k", "type": "quantitative"}},
    "params": [
        {"name": "k", "value": 1, "bind": SLIDER},
        {"name": "says", "expr": "'k is ' + k"},
    ],
}

def show(**changes):
    mime = "application/vnd.vegalite.v6+json"
    display({mime: {**CHART, **changes}}, raw=True)
```

```{code-cell} python
---
mystnb:
  figure: {name: fig-no-slider, caption: A chart to look at.}
  image: {alt: Nothing to move.}
---
show(params=CHART["params"][1:])
```

```{code-cell} python
---
mystnb:
  figure: {name: fig-no-words, caption: A chart without words.}
  image: {alt: Nothing to read.}
---
show(params=CHART["params"][:1])
```

```{code-cell} python
---
mystnb:
  figure: {name: fig-not-a-number, caption: A chart that says nonsense at three.}
  image: {alt: Nothing sensible.}
---
show(params=[CHART["params"][0], {"name": "says", "expr": "'' + sqrt(2 - k)"}])
```

```{code-cell} python
---
mystnb:
  figure: {name: fig-no-mark, caption: A chart of nothing.}
  image: {alt: Nothing drawn.}
---
show(mark="nothing")
```

```{code-cell} python
---
mystnb:
  figure: {name: fig-chart-bare}
  image: {alt: Nothing about what to see.}
---
show()
```
""",
    "book/steps.md": """\
# Steps

```{code-cell} python
from IPython.display import display

IMAGE = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"></svg>'

def show(picture=IMAGE, count=2, **changes):
    first = {"drawing": IMAGE, "says": "Good.", "alt": "A square.", "tex": ""}
    last = {**first, **changes}
    shown = {"application/vnd.book.steps+json": {"steps": [first, last][:count]}}
    display({**shown, **({"image/svg+xml": picture} if picture else {})}, raw=True)
```

```{code-cell} python
---
mystnb:
  figure: {name: fig-silent-step, caption: Steps to look at.}
  image: {alt: Two squares.}
---
show(says=" ")
```

```{code-cell} python
---
mystnb:
  figure: {name: fig-unseen-step, caption: Steps to look at.}
  image: {alt: Two squares.}
---
show(alt="")
```

```{code-cell} python
---
mystnb:
  figure: {name: fig-decimal-step, caption: Steps to look at.}
  image: {alt: Two squares.}
---
show(alt="A square of 0.5.")
```

```{code-cell} python
---
mystnb:
  figure: {name: fig-letters-step, caption: Steps to look at.}
  image: {alt: Two squares.}
---
show(alt="A square of $x$.")
```

```{code-cell} python
---
mystnb:
  figure: {name: fig-markup-step, caption: Steps to look at.}
  image: {alt: Two squares.}
---
show(says="A *square*.")
```

```{code-cell} python
---
mystnb:
  figure: {name: fig-lost-step, caption: Steps to look at.}
  image: {alt: Two squares.}
---
show(says="By {eq}`no-equation-here`, a square.")
```

```{code-cell} python
---
mystnb:
  figure: {name: fig-number-step, caption: Steps to look at.}
  image: {alt: Two squares.}
---
show(says="Of $0.62$ it is 0.63 parts.")
```

```{code-cell} python
---
mystnb:
  figure: {name: fig-tex-step, caption: Steps to look at.}
  image: {alt: Two squares.}
---
show(tex="a_{")
```

```{code-cell} python
---
mystnb:
  figure: {name: fig-no-step, caption: Steps to look at.}
  image: {alt: Two squares.}
---
show(count=0)
```

```{code-cell} python
---
mystnb:
  figure: {name: fig-no-drawing, caption: Steps to look at.}
  image: {alt: Two squares.}
---
show(picture="")
```

```{code-cell} python
---
mystnb:
  figure: {name: fig-bare-steps}
  image: {alt: Two squares.}
---
show()
```
""",
    "book/unlabelled.md": """\
# Unlabelled

Text.

$$ a = b $$

More text.

```{math}
c = d
```
""",
    "book/claims.md": """\
# Claims

$$ a = 1 $$ (nobody)

Text.

$$ b = 2 $$ (failing)

$$x_j
= 1
$$ (unread)
""",
    "book/glued.md": """\
# Glued

```{code-cell} python
from myst_nb import glue

class Formula:
    def __init__(self, tex):
        self.tex = tex

    def _repr_latex_(self):
        return rf"$\\displaystyle {self.tex}$"

    def __repr__(self):
        return self.tex

glue("other", Formula("s_m = a + b"), display=False)
glue("other-again", Formula("t = 1"), display=False)
glue("none", float("nan"), display=False)
```

Text.

```{glue:math} other
:label: glued
```

Then without a label:

```{glue:math} other-again
```
""",
    "book/pasted.md": """# Pasted

```{code-cell} python
import numpy as np
from IPython.display import Markdown
from myst_nb import glue

glue("none", float("nan"), display=False)
glue("half", np.float64(0.5), display=False)
glue("bare", Markdown("$$ x $$"), display=False)
glue("typed-again", Markdown("$$ x $$ (typed-again)"), display=False)
```

In words,
it is {glue:text}`none:.2f` here.

In words,
it is {glue}`half` there.

As {glue:text}`half:.2f`, it cannot be written.

In words,
it is {glue:text}`glued.md::none:.2f` on another page.

```{glue:md} bare
```

```{glue:md} typed-again
```

\\begin{gather}
x = y
\\end{gather}

```{code-cell} python
Markdown("$$ x $$ (shown)")
```

```{code-cell} python
Markdown(r"\\begin{align} x \\end{align}")
```

```{code-cell} python
Markdown(r"Spoilt $\\nonsense$ in words.")
```

```{code-cell} python
Markdown("As {eq}`no-equation-there` has it.")
```
""",
    "book/tex.md": r"""# TeX

```{math}
:label: unreadable
:definition: us
\frac{a
```

The first line is good,
but $\nonsense$ is not.
""",
    "book/cells.md": """\
# Cells that draw

```{code-cell} python
from IPython.display import SVG
```

```{code-cell} python
---
mystnb:
  figure:
    name: fig-without-alt
    caption: A caption.
---
SVG(IMAGE)  # says nothing in words
```

```{code-cell} python
---
mystnb:
  figure:
    name: fig-without-caption
  image:
    alt: A square.
---
SVG(IMAGE)  # says not what to see
```

```{code-cell} python
---
mystnb:
  figure:
    caption: A caption.
  image:
    alt: A square.
---
SVG(IMAGE)  # has no name
```

```{code-cell} python
---
mystnb:
  figure:
    name: fig-number
    caption: A share of 0.75 is typed.
  image:
    alt: A square.
---
SVG(IMAGE)
```

```{code-cell} python
SVG(IMAGE)  # has nothing at all
```
""".replace("IMAGE", repr(IMAGE)),
    "book/figures.md": """\
# Figures

```{figure} square.svg
:name: fig-silent

A caption of a silent figure.
```

```{figure} square.svg
:name: fig-bare
:alt: A square without words.
```

```{figure} square.svg
:alt: A square without name.

A caption of a nameless figure.
```

```{figure} square.svg
:name: fig-lot
:alt: A square.

In the caption,
the second line has 0.61 of it.
```

```{figure} square.svg
:name: fig-alt
:alt: A square of 0.3.

A caption.
```
""",
    "book/square.svg": IMAGE,
    "book/spoilt.md": """\
# Spoilt

```{figure} spoilt.svg
:name: fig-spoilt
:alt: A square.

What was a square.
```
""",
    "book/spoilt.svg": IMAGE.replace("></", "><g></"),
    "book/numbers.md": """\
# Numbers

The first line says nothing,
the second says 0.0199 of it,
the third is silent.

As mathematics: $p = 0.27$, inline.

## A heading of 0.51 metres

- one thing
- another of 0.52

| a | b |
| - | - |
| x | 0.53 |

Mostly {given}`0.54`, but then
in this line 0.54 again, and

> quoted, with .55 here.
""",
    "book/nested.md": """\
# Nested

:::{note}
```{code-cell} python
print("never run")
```
:::
""",
    "book/references.md": """\
# References

To {ref}`no-such-label`, said the first.

To {eq}`no-such-equation`, said the second.

To {numref}`no-such-figure`, said the third.

To {doc}`no-such-page`, said the fourth.

To [a page](no-such-file.md), said the fifth.

To [a heading](#no-such-heading), said the sixth.

To {term}`no-such-term`, said the seventh.

To {cite}`Nobody1900`, said the eighth.
""",
    "book/corrected.md": """\
# Corrected

:::{correction} A part is missing
Often said
: this

Shown by
: {doc}`index`
:::

:::{correction} Nothing shows it
Often said
: this

What is right
: that

Shown by
: my good name
:::
""",
    "book/asked.md": """\
# Asked

:::{question} Is nothing right?
[ ] No
: It is wrong.

[ ] Yes
: This too.
:::

:::{question} Is there one choice?
[x] Yes
: No other.
:::

:::{question} Are they choices?
Perhaps.
:::

:::{question} Has each a box?
[x] Yes
: This one.

None
: Not this one.
:::
""",
    "book/twice.md": """\
# Twice

(heading-label)=
## A heading

(heading-label)=
## Another heading

```{math}
:label: doubling
d(x) = x + x
```
""",
    "tests/test_broken.py": """\
import pytest


@pytest.mark.equation("failing")
def test_that_fails(evidence):
    evidence.agrees(2, 3, witness="by hand", within=0)


@pytest.mark.equation("unread")
def test_that_reads_nothing(evidence):
    evidence.agrees(1, 1, witness="by hand", within=0)


@pytest.mark.equation("no-such-equation")
def test_of_nothing(evidence):
    evidence.evaluates({}, witness="by hand", within=0)
""",
}

FAULTS_SEEN = [
    Fault("book/charts.md", "fig-no-slider", "a chart without a slider or a menu", True),
    Fault("book/charts.md", "fig-no-words", "does not say in words what it shows", True),
    Fault("book/charts.md", "fig-not-a-number", 'it says "NaN" with k = 3', True),
    Fault("book/charts.md", "fig-no-mark", "Vega cannot draw this chart", True),
    Fault("book/charts.md", "fig-chart-bare", "a figure without a caption", True),
    Fault("book/steps.md", "fig-silent-step", "step 2 says nothing", True),
    Fault("book/steps.md", "fig-unseen-step", "step 2: a figure without alternative text", True),
    Fault("book/steps.md", "fig-decimal-step", "step 2: a decimal typed into alternative", True),
    Fault("book/steps.md", "fig-letters-step", "step 2: mathematics in alternative text", True),
    Fault("book/steps.md", "fig-markup-step", "step 2 says more than $…$ and {eq}`…` can", True),
    Fault("book/steps.md", "fig-lost-step", "equation not found: no-equation-here", True),
    Fault("book/steps.md", "0.63 parts", "the decimal 0.63 is typed into prose"),
    Fault("book/steps.md", "fig-tex-step", "KaTeX cannot read this", True),
    Fault("book/steps.md", "fig-tex-step", "no test has evaluated the equation of step 2", True),
    Fault("book/steps.md", "fig-no-step", "a figure of no steps", True),
    Fault("book/steps.md", "fig-no-drawing", "steps without a drawing", True),
    Fault("book/steps.md", "fig-bare-steps", "a figure without a caption", True),
    Fault("book/unlabelled.md", "$$ a = b", "a displayed equation without a label"),
    Fault("book/unlabelled.md", "c = d", "a displayed equation without a label", True),
    Fault("book/claims.md", "(nobody)", "no test claims the equation 'nobody'"),
    Fault("book/claims.md", "(failing)", "the claim for 'failing' fails (tests/test_broken.py:4, "),
    Fault("book/claims.md", "$$x_j", "this test claims unread and does not evaluate it"),
    Fault("book/glued.md", ":label: glued", "the equation 'glued' is pasted from the output", True),
    Fault("book/glued.md", "{glue:math} other-again", "a displayed equation without a label"),
    Fault("book/pasted.md", "none:.2f` here", "what is pasted is not a number (nan)"),
    Fault("book/pasted.md", "{glue}`half`", "pasted as NumPy shows it (np.float64(0.5))"),
    Fault("book/pasted.md", "half:.2f", "could not convert string to float"),
    Fault("book/pasted.md", "glued.md::none", "what is pasted is not a number (nan)"),
    Fault("book/pasted.md", "{glue:md} bare", "a displayed equation without a label"),
    Fault("book/pasted.md", "{glue:md} typed-again", "'typed-again' is pasted from the output"),
    Fault("book/pasted.md", "begin{gather}", "a displayed equation without a label"),
    Fault("book/pasted.md", "(shown)", "an equation with a number in the output", True),
    Fault("book/pasted.md", "align} x", "an equation with a number in the output", True),
    Fault("book/pasted.md", "nonsense", "KaTeX cannot read this", True),
    Fault("book/pasted.md", "no-equation-there", "equation not found: no-equation-there", True),
    Fault("book/tex.md", ":label: unreadable", "KaTeX cannot read this", True),
    Fault("book/tex.md", "nonsense", "KaTeX cannot read this"),
    Fault("book/cells.md", "nothing in words", "a figure without alternative text", True),
    Fault("book/cells.md", "not what to see", "a figure without a caption", True),
    Fault("book/cells.md", "has no name", "a figure without a name", True),
    Fault("book/cells.md", "0.75", "the decimal 0.75 is typed into prose"),
    Fault("book/cells.md", "nothing at all", "a figure without alternative text", True),
    Fault("book/cells.md", "nothing at all", "a figure without a caption", True),
    Fault("book/figures.md", "fig-silent", "a figure without alternative text", True),
    Fault("book/figures.md", "fig-bare", "a figure without a caption", True),
    Fault("book/figures.md", "without name", "a figure without a name", True),
    Fault("book/figures.md", "0.61", "the decimal 0.61 is typed into prose"),
    Fault("book/figures.md", "fig-alt", "a decimal typed into alternative text", True),
    Fault("book/spoilt.md", "{figure}", "the drawing is not well-formed XML: mismatched tag"),
    Fault("book/numbers.md", "0.0199", "the decimal 0.0199 is typed into prose"),
    Fault("book/numbers.md", "0.27", "the decimal 0.27 is typed into prose"),
    Fault("book/numbers.md", "0.51", "the decimal 0.51 is typed into prose"),
    Fault("book/numbers.md", "0.52", "the decimal 0.52 is typed into prose"),
    Fault("book/numbers.md", "0.53", "the decimal 0.53 is typed into prose"),
    Fault("book/numbers.md", "0.54 again", "the decimal 0.54 is typed into prose"),
    Fault("book/numbers.md", ".55", "the decimal .55 is typed into prose"),
    Fault("book/nested.md", "{code-cell}", "it is nested"),
    Fault("book/references.md", "the first", "no-such-label"),
    Fault("book/references.md", "the second", "no-such-equation"),
    Fault("book/references.md", "the third", "no-such-figure"),
    Fault("book/references.md", "the fourth", "no-such-page"),
    Fault("book/references.md", "the fifth", "no-such-file.md"),
    Fault("book/references.md", "the sixth", "no-such-heading"),
    Fault("book/references.md", "the seventh", "no-such-term"),
    Fault("book/references.md", "the eighth", "Nobody1900"),
    Fault("book/corrected.md", "A part is missing", "the part 'What is right' is missing"),
    Fault("book/corrected.md", "Nothing shows it", "'Shown by' refers to nothing"),
    Fault("book/asked.md", "Is nothing right?", "0 of its choices are right (`[x]`); it takes one"),
    Fault("book/asked.md", "Is there one choice?", "it takes two to 8 choices and has 1"),
    Fault("book/asked.md", "Are they choices?", "its choices are a list of definitions"),
    Fault("book/asked.md", "Has each a box?", "'None' begins with neither `[ ]` nor `[x]`"),
    Fault("book/twice.md", "## Another", "heading-label", True),
    Fault("book/twice.md", ":label: doubling", "duplicate label of equation doubling", True),
    Fault("tests/test_broken.py", '"no-such-equation"', "which no page displays"),
]

# Pages that cannot run: all are tried, and each tells of its own trouble.
RUN = {
    "book/raises.md": """\
# Raises

```{code-cell} python
fine = 1
```

```{code-cell} python
:tags: [hide-input]

def divide(number):
    return number / 0

divide(fine)  # trouble
```
""",
    "book/complains.md": """\
# Complains

```{code-cell} python
:tags: [raises-exception]
[1][2]
```

```{code-cell} python
:tags: [raises-exception]
[1][0]  # is well
```
""",
    "book/goes-on.md": """\
# Goes on

```{code-cell} python
:tags: [raises-exception]
[1][2]
```

```{code-cell} python
{}["key"]
```
""",
    "book/shows.md": """\
# Shows

```{code-cell} python
class Figure:
    def _repr_html_(self):
        raise RuntimeError("the figure is lost")

Figure()
```
""",
    "book/reads.md": """\
# Reads

```{code-cell} python
with open("data/numbers.txt") as file:
    print(file.read())
```
""",
    "book/loads.md": """\
# Loads

```{code-cell} python
import importlib

importlib.import_module("toy." + "formulas")
```
""",
    "book/strays.md": """\
# Strays

```{code-cell} python
import os
import sys

sys.path.insert(0, os.environ["BOOKKEEPING_ROOT"] + "/tests")
import oracle
```
""",
    "book/sizes.md": """\
# Sizes

```{code-cell} python
from pathlib import Path

print(Path("data/numbers.txt").stat().st_size)
```
""",
    "book/starts.md": """\
# Starts

```{code-cell} python
fine = 1
!cat data/numbers.txt
```
""",
    "book/nameless.md": """\
# Nameless

```{code-cell} python
class Nameless:
    def _repr_latex_(self):
        return "$x$"

Nameless()
```

```{code-cell} python
object()  # has no name of its own
```

```{code-cell} python
print("Two functions:", len, lambda: 1)
```
""",
    "book/draws.md": """\
# Draws

```{code-cell} python
from matplotlib import pyplot as plt

plt.plot([2, 3])
plt.show()
```

```{code-cell} python
_, (left, right) = plt.subplots(1, 2)  # each with a title
left.set_title("Loud")
right.set_title("Louder")
plt.show()
```
""",
    "book/spoils.md": """\
# Spoils

```{code-cell} python
from IPython.display import display

display({"image/svg+xml": "<svg width='9' height='9'/>"}, raw=True)
```
""",
    "book/dies.md": """\
# Dies

```{code-cell} python
fine = 1
```

```{code-cell} python
import os

os._exit(3)
```
""",
}

FAULTS_RUN = [
    Fault("book/raises.md", "# trouble", "a cell raised ZeroDivisionError: division by zero"),
    Fault("book/complains.md", "is well", "tagged raises-exception and raises none"),
    Fault("book/goes-on.md", '{}["key"]', "a cell raised KeyError: 'key'"),
    Fault("book/shows.md", "raise RuntimeError", "a cell raised RuntimeError: the figure is lost"),
    Fault("book/reads.md", "with open", "the page reads data/numbers.txt without declaring it"),
    Fault("book/loads.md", "# Loads", "the page loads src/toy/formulas.py in a way"),
    Fault("book/strays.md", "# Strays", "the page loads tests/oracle.py in a way"),
    Fault("book/sizes.md", "st_size", "a page is given the files alone that its front matter"),
    Fault("book/starts.md", "!cat", "this starts a program (os.forkpty)"),
    Fault("book/nameless.md", "no name of its own", "by its address (object at 0x…)"),
    Fault("book/nameless.md", "Two functions", "by its address (lambda at 0x…)"),
    Fault("book/draws.md", "each with", "FigureError: Loud is a title. Louder is a title."),
    Fault("book/spoils.md", "from IPython", "so no browser shows it"),
    Fault("book/dies.md", "import os", "the page did not finish"),
]

# Pages that cannot even be read.
READ = {
    "book/python.md": """\
# Python

```{code-cell} python
fine = 1
fine += 1
```

```{code-cell} python
also = "fine"
def broken(:
```
""",
    "book/data.md": """\
---
kept: true
data:
  - data/numbers.txt
  - data/missing.txt
---
# Data

```{code-cell} python
1
```
""",
    "book/matter.md": """\
---
data: [data/numbers.txt
---
# Front matter
""",
    "book/told.md": """\
---
kernelspec:
  name: ir
mystnb:
  execution_mode: "off"
---
# Told
""",
    "book/tags.md": """\
# Tags

```{code-cell} julia
1
```

```{code-cell} python
:tags: [skip-execution]
nonsense()
```
""",
    "book/header.md": """\
# Header

```{code-cell} python
---
mystnb: [
---
1
```
""",
    "book/colon.md": """\
# A caption with a colon

```{code-cell} python
---
tags: [hide-input]
mystnb:
  figure: {name: fig-colon}
  image:
    alt: A square: its sides are equal.
---
1
```
""",
    "book/break.md": """\
# A break

Words.

```{code-cell} python
text = "one\u2028two"
```
""",
}

FAULTS_READ = [
    Fault("book/python.md", "def broken", "not Python"),
    Fault("book/data.md", "missing.txt", "the page declares data that is not there"),
    Fault("book/matter.md", "data: [", "while parsing a flow sequence"),
    Fault("book/told.md", "kernelspec", "the kernel of ir: pages are executed in this book's own"),
    Fault("book/told.md", "execution_mode", "`execution_mode` is not heard here"),
    Fault("book/tags.md", "julia", "a cell in julia: cells are executed as Python"),
    Fault("book/tags.md", "nonsense", "the tag skip-execution: every cell is executed", True),
    Fault("book/header.md", "mystnb: [", "while parsing a flow node"),
    Fault("book/colon.md", "alt: A square", "not YAML: mapping values are not allowed here"),
    Fault("book/break.md", "two", "the invisible character U+2028 ends a line"),
]
