"""What is changed in other people's tools: a test that fails names the change to be looked at."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pybtex.plugin
import pytest
import sphinx
from bs4 import BeautifulSoup
from pybtex.style.formatting import BaseStyle
from pydata_sphinx_theme.toctree import add_collapse_checkboxes
from sphinx.domains.std import StandardDomain
from sphinx.environment.collectors.toctree import TocTreeCollector
from sphinx.ext import viewcode
from sphinx.search import IndexBuilder
from sphinxcontrib import katex
from sphinxcontrib.bibtex import bibfile

from bookkeeping.site import katex as own_katex
from small_book import SmallBook

# By the tags of a cell, and whether it shows something: what its folds say they hide.
FOLDS = {
    ("[hide-input]", "3 + 2"): ["code"],
    ("[hide-output]", "5 + 2"): ["output"],
    ("[hide-input, hide-output]", "7 + 2"): ["code", "output"],
    ("[hide-cell]", "11 + 2"): ["code and its output"],
    ("[hide-cell]", "import os"): ["code"],
    ("[hide-cell, remove-input]", "13 + 2"): ["output"],
    ("[hide-output, remove-input]", "17 + 2"): ["output"],
}
FOLDED = "# Folded\n" + "".join(
    f"\n```{{code-cell}} python\n:tags: {tags}\n{code}\n```\n" for tags, code in FOLDS
)
FORMULAS = r"""
$d_{\min}$, $x^{\max}$, $\frac{\sin}{\operatorname{Var}}$, $\sqrt[\log]{2}$, $\hat{\sin}$,
$\min_{x} f(x)$, $\underset{\max}{x}$, $x_{\sin y}^{\operatorname{tr} A}$
"""
EXERCISES = """\
# Exercises

```{exercise} One
:label: one

Count to one.
```

```{solution} one

One.
```

```{exercise-start} Two
:label: two
```

Count to two.

```{exercise-end}
```

```{solution-start} two
```

One, two.

```{solution-end}
```

```{prf:theorem}
:label: first

One is a number.
```

```{prf:theorem}
:label: second

Two is a number.
```
"""


def nested_names(function):
    """Return every name that a function and the functions in it use."""
    codes = [function.__code__]
    for code in codes:
        codes += [constant for constant in code.co_consts if hasattr(constant, "co_names")]
    return {name for code in codes for name in code.co_names}


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    """A book with a chapter, folded cells and exercises, to be read only."""
    book = SmallBook(tmp_path_factory.mktemp("patched") / "book")
    book.write_all()
    book.add({"book/exercises.md": EXERCISES})
    book.write("book/folded.md", FOLDED + FORMULAS)
    toc = book.read("_toc.yml")
    book.write("_toc.yml", toc + "  - file: folded\n    sections:\n      - file: inside\n")
    book.write("book/inside.md", "# Inside\n\nA page of a chapter.\n")
    built = book.build()
    assert built.status == 0, built.output
    return book


def test_the_fold_of_a_chapter_has_a_name(book):
    soup = BeautifulSoup("<ul><li><a>1</a><ul><li><a>2</a></li></ul></li></ul>", "html.parser")
    add_collapse_checkboxes(soup)
    assert "<summary>" in str(soup), "html_fixes.NAVIGATION: the theme's folds are others now"
    for page in ("inside", "folded", "back/checks/doubling", "genindex"):
        text = book.page(page)
        assert '<summary aria-label="Show or hide the pages of this chapter">' in text
        assert "<summary><" not in text.partition("bd-docs-nav")[2].partition("</nav>")[0]


def test_a_page_is_marked_in_its_own_sidebar_and_a_listing_in_none(book):
    assert book.page("inside").count('aria-current="page"') == 1
    assert book.page("folded").count('aria-current="page"') == 1
    assert 'aria-current="page"' not in book.page("back/checks/doubling")
    assert 'href="../../inside.html">Inside</a>' in book.page("back/checks/doubling")


def test_markup_that_browsers_have_given_up_is_replaced(book):
    assert 'role="listitem"' in book.page("index"), "html_fixes.BODY: docutils writes another role"
    assert 'role="doc-biblioentry"' not in book.page("index")
    assert "Toggle hidden content" not in book.page("folded")


def test_no_page_holds_a_script_in_an_attribute_and_no_script_makes_code_of_a_text(book):
    """What the policy of a published page would refuse; `site/policy.py`."""
    soup = BeautifulSoup(book.page("folded"), "html.parser")
    (button,) = soup.select(".btn-download-pdf-button")
    assert "Print" in button.text
    told = "templates/article-header-buttons.html: the theme's button that prints is another now"
    assert button.get("type") == "button", told
    assert button.get("onclick") is None, told
    sphinxs = Path(sphinx.__file__).parent / "themes/basic/static/doctools.js"
    assert "PLURAL_EXPR = new Function(" in sphinxs.read_text(), (
        "html_fixes.mend_translations: Sphinx no longer makes code of a text, and it can go"
    )


def test_a_fold_says_what_it_hides(book):
    soup = BeautifulSoup(book.page("folded"), "html.parser")
    said = [
        [fold.text.split("\n")[1:3] for fold in cell.select("summary")]
        for cell in soup.select("article div.cell")
    ]
    assert said == [
        [[f"Show the {what}", f"Hide the {what}"] for what in folds] for folds in FOLDS.values()
    ], "html_fixes.BODY: myst-nb's words are others now"


def test_the_mathml_of_every_formula_has_the_parts_that_it_must(book):
    """KaTeX writes a function's name as two elements, where a script or a fraction takes one."""
    counts = Counter()
    for formula in BeautifulSoup(book.page("folded"), "html.parser").select("math"):
        for element in formula.find_all(own_katex.PARTS):
            children = element.find_all(recursive=False)
            assert len(children) == own_katex.PARTS[element.name], f"katex.render: {formula}"
            counts[element.name] += 1
    assert set(counts) == {"msub", "msup", "mfrac", "mroot", "mover", "munder", "msubsup"}


def test_no_name_is_given_twice_on_a_page(book):
    for path in sorted((book.root / "_build" / "html").rglob("*.html")):
        soup = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        names = Counter(element["id"] for element in soup.select("[id]"))
        assert {name: count for name, count in names.items() if count > 1} == {}, path.name


def test_the_download_menu_speaks_in_words_a_reader_knows(book):
    for words in (
        "Executed notebook (.zip)", "Page as MyST source (.md)", "Print, or save as PDF",
    ):  # fmt: skip
        assert words in book.page("folded"), f"downloads.add_buttons: no button says {words!r}"


def test_the_templates_leave_out_what_they_must(book):
    page = book.page("folded")
    assert "scripts/pydata-sphinx-theme.js" in page
    assert "fontawesome.js" not in page, "templates/static/webpack-macros.html"
    assert "searchindex.js" not in page, "templates/layout.html"
    assert '<header id="pst-header" class="bd-header" hidden>' in page, "templates/layout.html"
    assert page.count("pst-navbar-icon search-button") == 1, "templates/article-header-buttons.html"
    assert page.count('<form class="bd-search') == 2, "templates/search-entry.html"
    assert "Free as air." in page, "templates/licence.html"


@pytest.mark.parametrize(
    ("owner", "names", "home"),
    [
        (katex, ["RENDER_TIMEOUT", "KATEX_DEFAULT_OPTIONS"], "katex.configure"),
        (katex, ["render_latex"], "rendered.configure and katex.render"),
        (viewcode, ["should_generate_module_page", "OUTPUT_DIRNAME"], "module_pages.setup"),
        (BaseStyle, ["format_entry"], "bibliography.configure"),
        (pybtex.plugin, ["find_plugin"], "bibliography.configure"),
        (bibfile, ["get_mtime"], "bibliography.check"),
        (katex.KaTeXServer, ["start_server_process", "build_command"], "katex.start_patiently"),
    ],
)
def test_what_is_set_or_read_in_a_library_is_still_there(owner, names, home):
    missing = [name for name in names if not hasattr(owner, name)]
    assert missing == [], f"{home} needs them"


def test_the_search_still_keeps_its_entries_where_they_are_recalled(book):
    kept = (book.root / "_build" / "staging" / "doctrees" / "index-entries.json").read_text()
    assert "folded" in kept, "search_index.keep"
    used = IndexBuilder.__init__.__code__.co_names
    for name in ("_index_entries", "_mapping", "_title_mapping"):
        assert name in used, "search_index"


def test_sphinx_still_looks_numbers_up_where_skeletons_answer(book):
    names = StandardDomain._resolve_numref_xref.__code__.co_names
    assert "get_doctree" in names, "skeletons.Numbered"
    assert "get_doctree" in nested_names(TocTreeCollector.assign_figure_numbers), "skeletons"
