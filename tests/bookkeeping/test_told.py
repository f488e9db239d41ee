"""What a page tells its runner: done, or refused by name and line."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup

from bookkeeping.run.notebooks import load_page
from bookkeeping.texts import PageError
from small_book import SmallBook

CELL = "# Title\n\n```{code-cell} python\n1\n```\n"


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("---\ntitle: A\nkernelspec: {name: ir}\n---\n", 3, "the kernel of ir"),
        ("---\nkernelspec: {name: p, language: julia}\n---\n", 2, "the kernel of julia"),
        (
            "---\nkernelspec: python3\n---\n",
            2,
            "kernelspec: 'python3' is not a list",
        ),
        ("---\nkernelspec:\n---\n", 2, "kernelspec: None is not a list of names and values"),
        ("---\nmystnb: off\n---\n", 2, "mystnb: False is not a list of names and values"),
        ("---\nmystnb:\n  execution_timeout: 3\n---\n", 3, "`execution_timeout` is not heard"),
        ("---\nmystnb: {execution_mode: inline}\n---\n", 2, "`execution_mode` is not heard"),
        ("---\nexecution: {allow_errors: true}\n---\n", 2, "`execution` is not heard"),
        ("---\n- one\n---\n", 2, "is not a list of names and values"),
        ("---\nwords\n---\n", 2, "is not a list of names and values"),
        ("---\na: 1\nb: *c\n---\n", 3, "not YAML: found undefined alias"),
        ("---\na: !b c\n---\n", 2, "not YAML: could not determine"),
        ("\n```{code-cell} R\n1\n```\n", 2, "a cell in R: cells are executed as Python"),
        ("- a\n\n~~~~{code-cell}   julia\n1\n~~~~\n", 3, "a cell in julia"),
        ("```{code-cell}\n:tags: [skip-execution]\n1\n```\n", 1, "the tag skip-execution"),
        ("```{code-cell}\n---\ntags: hide-input\n---\n1\n```\n", 3, "'hide-input' is not a list"),
        (
            "# T\n\n```{code-cell}\n:load: a.py\n```\n",
            4,
            "the code of a cell has to stand on its page",
        ),
    ],
)
def test_what_is_not_done_is_refused_by_name_and_line(text, line, says):
    with pytest.raises(PageError) as refused:
        loaded(text)
    assert str(refused.value).startswith(f"book/page.md:{line}: ")
    assert says in str(refused.value)


@pytest.mark.parametrize(
    "text",
    [
        CELL,
        CELL.replace(" python", ""),
        CELL.replace("python", "ipython3"),
        CELL.replace("python", "Python3"),
        f"---\nkernelspec: {{name: an-environment, language: python}}\n---\n{CELL}",
        f"---\nkernelspec: {{name: python3}}\nmystnb: {{number_source_lines: true}}\n---\n{CELL}",
        f"{CELL}\n```julia\n1\n```\n",
    ],
)
def test_what_changes_nothing_is_taken(text):
    (cell,) = (cell for cell in loaded(text).cells if cell.cell_type == "code")
    assert cell.source == "1"


def loaded(text):
    return load_page(text, "book/page.md")


COMPLAINING = """\
# Complaining

```{code-cell} python
from pathlib import Path

def half(number):
    if number % 2:
        raise ValueError(f"an even number is wanted,\\nnot {number}")
    return number // 2

half(2)
```

```{code-cell} python
:tags: [raises-exception]

print("so far")
half(3)
```

```{code-cell} python
:tags: [raises-exception]

Path("missing.txt").absolute().read_text()
```

```{code-cell} python
:tags: [raises-exception]

raise KeyboardInterrupt
```

```{code-cell} python
half(4)
```
"""


def test_a_complaint_is_shown_in_short_and_what_follows_is_run(small_book: SmallBook):
    small_book.add({"book/complaining.md": COMPLAINING})
    built = small_book.build()
    assert built.status == 0, built.output
    soup = BeautifulSoup(small_book.page("complaining"), "html.parser")
    assert [output.text.strip() for output in soup.select("div.cell_output > div.output")] == [
        "1",
        "so far",
        "ValueError: an even number is wanted,\nnot 3",
        "FileNotFoundError: [Errno 2] No such file or directory: 'missing.txt'",
        "KeyboardInterrupt",
        "2",
    ]
    assert str(small_book.root) not in str(small_book.notebook("complaining"))
    small_book.edit("book/complaining.md", ":tags: [raises-exception]\n\nraise", "raise")
    built = small_book.build()
    (told,) = built.complaints
    assert told.startswith("book/complaining.md:28: a cell raised KeyboardInterrupt"), built.output
