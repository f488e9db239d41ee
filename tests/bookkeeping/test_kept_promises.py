"""What an edit runs again, what it leaves alone, and that every way leads to the same book."""

from __future__ import annotations

import codecs
import json
import re
import shutil
from pathlib import Path
from urllib.parse import quote

import pytest
from bs4 import BeautifulSoup

from bookkeeping.site.again import differences
from small_book import SmallBook, from_nothing


@pytest.fixture(scope="session")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("elsewhere")


def rebuilt(book: SmallBook, folder: Path) -> set[str]:
    """Build after an edit; the site must be that of a build from nothing. Return what ran."""
    built = book.build()
    assert built.status == 0, built.output
    assert differences(book.site(), from_nothing(book, folder)) == []
    return built.executed


def test_two_builds_from_nothing_are_equal_to_the_byte(small_book, elsewhere):
    assert differences(small_book.site(), from_nothing(small_book, elsewhere)) == []


# What comes out otherwise each time: addresses, the order of a set, the pieces in which printed
# text arrives, and the names of the parts of a drawing, here of one made under its own settings.
OTHERWISE = """\
# Otherwise

```{code-cell} python
from myst_nb import glue


class Named:
    def _repr_latex_(self):
        return "$x$"


glue("named", Named(), display=False)
Named()
```

```{code-cell} python
print(set("abcdefgh"), end=" in ", flush=True)
print("two pieces")
```

```{code-cell} python
---
mystnb:
  figure: {name: fig-clipped, caption: A line cut off.}
  image: {alt: A line that leaves its frame.}
---
import matplotlib as mpl
from matplotlib import pyplot as plt

with mpl.rc_context({"font.size": 9}):
    fig, ax = plt.subplots()
    ax.plot([0, 2], [0, 2])
    ax.set_xlim(0, 1)
plt.show()
```
"""


def test_what_comes_out_otherwise_each_time_is_equal_to_the_byte(small_book, elsewhere):
    small_book.add({"book/otherwise.md": OTHERWISE})
    small_book.edit("tests/test_toy.py", 'witness="counted"', 'witness="".join(set("counted"))')
    assert rebuilt(small_book, elsewhere) == {"otherwise"}
    notebook = json.dumps(small_book.notebook("otherwise"))
    for shown in (notebook, small_book.page("otherwise")):
        assert "} in two pieces" in shown.replace("&#39;", "'")
        assert " at 0x" not in shown


def test_a_file_that_differs_is_named_with_the_place():
    one = {"same.html": b"same", "index.html": b"It counts to 3.", "gone.html": b""}
    other = {"same.html": b"same", "index.html": b"It counts to 4."}
    assert differences(one, other) == [
        "gone.html: b'' / b'(no such file)'",
        "index.html: b'It counts to 3.' / b'It counts to 4.'",
    ]


def test_nothing_edited_nothing_run(small_book):
    before = small_book.site()
    built = small_book.build()
    assert built.executed == set()
    assert built.test_files_run == 0
    assert differences(small_book.site(), before) == []


def test_an_edit_of_a_module_behind_a_module_runs_its_pages_only(small_book, elsewhere):
    small_book.edit("src/toy/adding.py", "left + right", "right + left + 0")
    assert rebuilt(small_book, elsewhere) == {"counting"}


def test_an_edit_of_prose_captions_and_titles_runs_nothing(small_book, elsewhere):
    small_book.edit("book/counting.md", "and {eq}`doubling` says why", "as {eq}`doubling` tells")
    small_book.edit("book/counting.md", "to look at", "to look at twice")
    small_book.edit("book/counting.md", "# Counting\n", "# Counting again\n")
    small_book.edit(
        "book/adding.md", "data: [data/numbers.txt]", "data: data/numbers.txt\nkey: word"
    )
    assert rebuilt(small_book, elsewhere) == set()
    assert "Counting again" in small_book.page("index")


def test_a_new_figure_renumbers_the_references_on_other_pages(small_book, elsewhere):
    small_book.edit(
        "book/adding.md",
        "```{math}\n:label: sum",
        "As in {numref}`fig-square`.\n\n```{math}\n:label: sum",
    )
    assert small_book.build().status == 0
    before = re.search(r"Figure ([\d.]+)", small_book.page("adding")).group(1)
    small_book.write("book/square.svg", "<svg xmlns='http://www.w3.org/2000/svg'></svg>")
    figure = "```{figure} square.svg\n:name: fig-first\n:alt: A square.\n\nThe first.\n```\n"
    small_book.edit("book/counting.md", "# Counting\n", f"# Counting\n\n{figure}")
    assert rebuilt(small_book, elsewhere) == set()
    assert re.search(r"Figure ([\d.]+)", small_book.page("adding")).group(1) != before


def test_an_edit_of_a_declared_data_file_runs_its_page(small_book, elsewhere):
    small_book.write("data/numbers.txt", "1\n2\n4\n")
    assert rebuilt(small_book, elsewhere) == {"adding"}
    assert ">7" in small_book.page("adding")


def test_an_edit_of_the_lock_runs_all(small_book, elsewhere):
    small_book.write("requirements/book.txt", "myst-nb==1.5.0\n")
    assert rebuilt(small_book, elsewhere) == {"counting", "adding"}


def test_an_edit_of_a_test_renews_the_marks_and_runs_no_page(small_book, elsewhere):
    assert "counted" in small_book.page("adding")
    small_book.edit("tests/test_toy.py", 'witness="counted"', 'witness="told on fingers"')
    built = small_book.build()
    assert built.executed == set()
    assert built.test_files_run == 1
    assert "told on fingers" in small_book.page("adding")
    assert "told on fingers" in small_book.page("back/equations")
    assert differences(small_book.site(), from_nothing(small_book, elsewhere)) == []


def test_the_way_back_to_what_was_built_once_runs_nothing(small_book):
    """As when one changes to another branch and back."""
    before = small_book.site()
    there = {"src/toy/adding.py": "left + right", "tests/test_toy.py": "(3, 5)"}
    for name, text in there.items():
        small_book.edit(name, text, text.replace(" ", "  "))
    built = small_book.build()
    assert (built.executed, built.test_files_run) == ({"counting"}, 1)
    for name, text in there.items():
        small_book.edit(name, text.replace(" ", "  "), text)
    built = small_book.build()
    assert (built.executed, built.test_files_run) == (set(), 0)
    assert differences(small_book.site(), before) == []


def test_an_edit_of_an_equation_or_its_letters_runs_its_test_and_no_page(small_book, elsewhere):
    small_book.edit("book/counting.md", "d(x) = x + x", "d(x) = 2 x")
    assert rebuilt(small_book, elsewhere) == set()
    assert "evaluated" in small_book.page("counting")
    small_book.edit("book/notation.yml", "x: number", "x: {kind: number}, y: number")
    built = small_book.build()
    assert (built.status, built.executed, built.test_files_run) == (0, set(), 1)


def test_a_mark_leads_to_a_page_that_tells_what_was_compared(small_book):
    assert 'href="back/checks/doubling.html"' in small_book.page("counting")
    page = small_book.page("back/checks/doubling")
    assert "The printed formula, evaluated, against by hand." in page
    assert "katex" in page
    assert "evaluates" in page
    assert 'href="../../counting.html#equation-doubling"' in page


def test_an_edit_of_what_a_test_imports_runs_the_test(small_book):
    small_book.edit("tests/oracle.py", "2 * number", "number + number")
    built = small_book.build()
    assert (built.status, built.executed, built.test_files_run) == (0, set(), 1)


def test_a_page_put_back_is_as_it_was(small_book):
    before, page = small_book.site(), small_book.root / "book" / "adding.md"
    shutil.copy2(page, page.with_suffix(".kept"))
    small_book.edit("book/adding.md", "# Adding", "# Adding up")
    assert small_book.build().status == 0
    assert "Adding up" in small_book.page("index")
    page.with_suffix(".kept").rename(page)  # with its old date
    built = small_book.build()
    assert built.status == 0
    assert built.executed == set()
    assert differences(small_book.site(), before) == []


def test_a_page_taken_out_of_the_toc_leaves_the_site(small_book, elsewhere):
    small_book.edit("_toc.yml", "  - file: adding\n", "")
    small_book.edit("tests/test_toy.py", '@pytest.mark.equation("sum")\n', "")
    assert rebuilt(small_book, elsewhere) == set()
    assert not (small_book.root / "_build/html/adding.html").exists()


def test_a_changed_output_leaves_no_old_picture(small_book, elsewhere):
    small_book.edit("book/counting.md", '<rect width="20"', '<rect width="10"')
    assert rebuilt(small_book, elsewhere) == {"counting"}


def test_what_a_kernel_mutters_is_neither_on_the_page_nor_in_the_log(small_book):
    noise = "import os, sys, warnings\nwarnings.warn('MUTTER')\nprint('MUTTER', file=sys.stderr)\n"
    noise += "os.write(2, b'MUTTER')\nsum(int"
    small_book.edit("book/adding.md", "sum(int", noise)
    built = small_book.build()
    assert built.status == 0, built.output
    assert "MUTTER" not in built.output
    assert '<div class="output stderr' not in small_book.page("adding")
    shown = re.sub(
        r'<div class="highlight-ipython3.*?</div>', "", small_book.page("adding"), flags=re.S
    )
    assert "MUTTER</" not in shown


def test_numbers_that_are_not_prose_may_stand(small_book):
    small_book.add({"book/numbers.md": """\
# Numbers

Given {given}`0.5`; in code `0.5`; in a [link 0.5](https://example.org/0.5); version `1.4.0`;
as of 3.11.7; see section 1.4; cited {cite}`Peano1889`; 42 sheep.

```{code-cell} python
from myst_nb import glue

glue("half", 0.5, display=False)
print(0.5)
```

Glued {glue:text}`half:.2f`.
"""})  # fmt: skip
    built = small_book.build()
    assert built.status == 0, built.output
    assert "numbers: 42" in small_book.page("back/build-report")


def test_the_report_says_how_long_pages_took_and_lists_integers(small_book):
    report = small_book.page("back/build-report")
    assert re.search(r"counting: \d+\.\d s, executed", report)
    assert "index: 37" in report


def test_the_book_says_what_it_was_made_with(small_book):
    page = small_book.page("counting")
    assert "last changed 2 January 2026 (commit " in page
    assert "1 displayed equation: 1 evaluated, 0 in part, 0 definitions or quotations" in page
    assert "executed with Python " in page
    small_book.edit("src/toy/adding.py", "left + right", "right + left + 0")
    assert small_book.build().status == 0
    assert "changed since the last commit" in small_book.page("counting")
    assert "last changed 2 January 2026 (commit " in small_book.page("adding")


ODD = ["c#", "100%25", "a b", "größe"]  # pages whose names are not as they stand in an address


def leads_astray(book: SmallBook, name: str) -> list[str]:
    """Return the addresses that do not lead to this page, its notebook and its source."""
    html, quoted = book.page(name), quote(name)
    wanted = {
        "canonical": f'<link rel="canonical" href="https://book.example/read/{quoted}.html"',
        "social": f'<meta property="og:url" content="https://book.example/read/{quoted}.html"',
        "notebook": f'href="_notebooks/{quoted}.ipynb"',
        "source": f'href="_sources/{quoted}.md"',
        "edit": f'href="https://github.com/somebody/book/edit/main/book/{quoted}.md"',
    }
    site = book.root / "_build/html"
    astray = [kind for kind, address in wanted.items() if address not in html]
    if (
        f"<loc>https://book.example/read/{quoted}.html</loc>"
        not in (site / "sitemap.xml").read_text()
    ):
        astray.append("sitemap")
    if f"](_sources/{quoted}.md)" not in (site / "llms.txt").read_text(encoding="utf-8"):
        astray.append("llms.txt")
    files = [site / "_notebooks" / f"{name}.ipynb", site / "_sources" / f"{name}.md"]
    return astray + [str(file) for file in files if not file.is_file()]


def test_a_repository_and_an_address_bring_their_links(small_book):
    for name in ("sitemap.xml", "robots.txt"):
        page = small_book.site().get(name, b"")
        assert b"https://" not in page, "no address yet, so none is made up"
    assert "Edit this page" not in small_book.page("counting")
    config = small_book.read("_config.yml")
    small_book.write(
        "_config.yml",
        config + "site_url: https://book.example/read\n"
        "repository: {url: https://github.com/somebody/book.git, branch: main}\n",
    )
    code = "```{code-cell} python\n1 + 1\n```\n"
    small_book.add({f"book/{name}.md": f"# {name}\n\n{code}" for name in ODD})
    built = small_book.build()
    assert built.status == 0, built.output
    page = small_book.page("counting")
    assert "https://github.com/somebody/book/edit/main/book/counting.md" in page
    assert "https://github.com/somebody/book/issues/new" in page
    assert '<meta property="og:url" content="https://book.example/read/counting.html"' in page
    assert '<meta property="og:image" content="https://book.example/read/_images/' in page
    assert "https://book.example/read/counting.html" in small_book.read("_build/html/sitemap.xml")
    robots = small_book.read("_build/html/robots.txt")
    assert "Sitemap: https://book.example/read/sitemap.xml" in robots
    assert [name for name in ODD if leads_astray(small_book, name)] == []
    sitemap = small_book.read("_build/html/sitemap.xml")
    small_book.write("book/adding.md", small_book.read("book/adding.md") + "\nOne sentence.\n")
    assert small_book.build().status == 0
    assert small_book.read("_build/html/sitemap.xml") == sitemap  # with what was not written again


def test_the_search_still_knows_the_terms_of_pages_that_are_not_written_again(
    small_book, elsewhere
):
    small_book.add({"book/terms.md": "# Terms\n\n:::{glossary}\nsheep\n  What is counted.\n:::\n"})
    assert small_book.build().status == 0
    for _ in range(2):  # nothing is edited, and only the report is written again
        assert rebuilt(small_book, elsewhere) == set()
        assert b'"sheep":[[' in small_book.site()["searchindex.js"]


CELLS = """\
# Größe

```{code-cell} python


%matplotlib inline
print("%d of %d"
      % (3, 5))
digits = %precision 3
print(digits, '''
%d of them''')
```

```{code-cell} python
%%time
from toy.doubling import double
```
"""


def test_what_other_systems_save_and_set_is_taken(small_book, tmp_path, monkeypatch):
    """Byte order marks, a module in Latin-1, output in ASCII, and a long temporary folder."""
    small_book.add({"book/größe.md": CELLS})
    for name in (
        "book/adding.md", "book/größe.md", "book/notation.yml", "src/toy/doubling.py",
        "tests/test_toy.py", "tests/oracle.py", "_toc.yml", "_config.yml",
    ):  # fmt: skip
        path = small_book.root / name
        path.write_bytes(codecs.BOM_UTF8 + path.read_bytes())
    latin = f"# coding: latin-1\n# Größe\n{small_book.read('src/toy/adding.py')}"
    (small_book.root / "src/toy/adding.py").write_bytes(latin.encode("latin-1"))
    small_book.write("src/toy/formulas.py", "")
    folder = tmp_path / ("long" * 20)
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    built = small_book.build_by_command()
    assert built.status == 0, built.output
    assert built.executed == {"counting", "gr\\xf6\\xdfe"}
    assert "3 of 5\n%.3f \n%d of them" in small_book.page("größe")
    assert "katex" in small_book.page("counting")
    assert list(folder.iterdir()) == []  # nothing is left behind


TINY = """\
# Tiny

```{code-cell} python
from myst_nb import glue

glue("tiny", 1.5e-28, display=False)
```

```{correction} It vanishes
Often said
: It is nothing.

What is right
: It is {glue:text}`tiny:.1e`.

Shown by
: {cite}`Peano1889`.
```
"""


def test_what_the_book_holds_is_counted_and_leads_to_its_lists(small_book):
    page = BeautifulSoup(small_book.page("back/lists"), "html.parser")
    rows = len(BeautifulSoup(small_book.page("back/equations"), "html.parser").select("tr[id]"))
    shown = {
        "equations": (rows, "equations.html"),
        "figures": (len(page.select(".tile")), "#"),
        "corrections": (len(page.select(".correction-entry")), "#"),
    }
    items = page.select(".book-counts li")
    assert len(items) == 4
    for item, (what, (count, leads)) in zip(items, shown.items(), strict=False):
        assert item.strong.text == f"{count} {what}"
        assert item.a["href"].startswith(leads)
    assert "evaluated against a witness" in items[0].text


def test_lists_go_page_by_page_and_begin_with_links_to_each(small_book):
    page = BeautifulSoup(small_book.page("back/lists"), "html.parser")
    for line in page.select(".list-pages"):
        goals = [link["href"].removeprefix("#") for link in line.select("a")]
        assert goals
        for goal in goals:
            assert "list-page" in page.find(id=goal)["class"]


def test_a_list_shows_powers_of_ten_as_the_page_does(small_book):
    small_book.add({"book/tiny.md": TINY})
    built = small_book.build()
    assert built.status == 0, built.output
    assert "1.5·10⁻²⁸" in small_book.page("tiny")
    assert "1.5·10⁻²⁸" in small_book.page("back/lists")


QUESTION = """
# Asked

:::{question} What is *double* $2$?
[ ] $22$
: That is said twice.

[x] $4$
: ```text
  2 + 2
  ```
:::
"""


def test_each_choice_of_a_question_unfolds_to_its_verdict_and_reason(small_book):
    assert not BeautifulSoup(small_book.page("adding"), "html.parser").select("[src*=choices]")
    small_book.add({"book/asked.md": QUESTION})
    built = small_book.build()
    assert built.status == 0, built.output
    page = BeautifulSoup(small_book.page("asked"), "html.parser")
    assert len(page.select("script[src*='choices.js']")) == 1
    (question,) = page.select(".question")
    asked = page.find(id=question["aria-labelledby"])
    assert (question["role"], asked.em.text, bool(asked.select(".katex"))) == (
        "group", "double", True,
    )  # fmt: skip
    wrong, right = question.select("details.choice")
    assert [choice.summary.span.text for choice in (wrong, right)] == ["A", "B"]
    assert all(choice.summary.select(".katex") for choice in (wrong, right))
    assert "[" not in wrong.summary.text + right.summary.text
    assert not wrong.has_attr("open")
    assert "Wrong. That is said twice." in wrong.text
    assert [part.text for part in right.select("p, pre")] == ["Right.", "2 + 2\n"]
    assert ("is-right" in right["class"], "is-right" in wrong["class"]) == (True, False)


def correction(title: str) -> str:
    return f"""
:::{{correction}} {title}
Often said
: this

What is right
: that

Shown by
: {{eq}}`1-sum`
:::
"""


def test_titles_and_labels_without_latin_letters_have_addresses_of_their_own(small_book):
    titles = ["Größe", "Größe", "Of $x^2$, by {eq}`1-sum`", "λ", "μ"]
    labels = ["1-sum", "2-sum", "größe"]
    equation = "\n```{{math}}\n:label: {}\n:definition: mine\na = b\n```\n"
    body = "".join(map(equation.format, labels)) + "".join(map(correction, titles))
    small_book.add({"book/corrected.md": f"# Corrected\n{body}"})
    built = small_book.build()
    assert built.status == 0, built.output
    page = BeautifulSoup(small_book.page("corrected"), "html.parser")
    ids = [box["id"] for box in page.select("div.correction")]
    assert len(set(ids)) == len(titles)
    listed = BeautifulSoup(small_book.page("back/lists"), "html.parser")
    links = listed.select(".correction-entry .rubric a")[-len(titles) :]
    assert [link["href"] for link in links] == [f"../corrected.html#{name}" for name in ids]
    assert [link.text for link in links if not link.select(".katex")] == [
        "Größe",
        "Größe",
        "λ",
        "μ",
    ]
    assert links[2].select_one("annotation").text == "x^2"
    assert links[2].text.endswith("by (4)")
    assert links[2].select("a") == []
    ledger = BeautifulSoup(small_book.page("back/equations"), "html.parser")
    rows = [row["id"] for row in ledger.select("tr[id]")]
    assert {"ledger-1-sum", "ledger-2-sum", "ledger-grosze"} < set(rows)
    assert len(rows) == len(set(rows))
