"""A page may read data from outside the project: the build brings them, its kernel asks nobody."""

from __future__ import annotations

import re
from importlib import import_module

import pytest

from bookkeeping.project import Project
from bookkeeping.run import forks, outside, runner
from bookkeeping.run.pages import Page
from bookkeeping.site import at_home
from bookkeeping.site.again import differences
from small_book import REPOSITORY, SmallBook, from_nothing

CONFIG = '  outside: {TOY_DATA: "toy.finding:find", TOY_SHEEP: "toy.finding:find_none"}\nsphinx:\n'
FINDING = """\
import os
import sys
from pathlib import Path


def find():
    print("looking for sheep")
    print("a bar of progress", file=sys.stderr)
    with Path(__file__).parents[2].joinpath("_build", "asked").open("a") as asked:
        asked.write("find\\n")
    return os.environ.get("TOY_DATA") or None


def find_none():
    return None
"""
PAGE = """\
# TITLE

```{code-cell} python
import os
from pathlib import Path

for name in ("TOY_DATA", "TOY_SHEEP"):
    print(name, repr(os.environ[name]))
if file := os.environ["TOY_DATA"]:
    print(Path(file).read_text(encoding="utf-8"))
```
"""
FILES = {
    "book/told.md": f"---\ndata: [data, $TOY_DATA]\n---\n{PAGE.replace('TITLE', 'Told')}",
    "book/untold.md": PAGE.replace("TITLE", "Untold"),
    "book/sheep.md": f"---\ndata: $TOY_SHEEP\n---\n{PAGE.replace('TITLE', 'Sheep')}",
}
NOTHING = "TOY_DATA ''\nTOY_SHEEP ''\n"


@pytest.fixture
def book(tmp_path, monkeypatch) -> SmallBook:
    """A book with data from outside: a page that declares them, and others that do not."""
    monkeypatch.setenv("TOY_DATA", str(tmp_path / "far" / "sheep.txt"))
    book = SmallBook(tmp_path / "book")
    book.write("../far/sheep.txt", "three sheep")
    book.write_all()
    book.edit("_config.yml", "sphinx:\n", CONFIG)
    book.write("src/toy/finding.py", FINDING)
    book.add(FILES)
    book.commit()
    return book


def printed(book: SmallBook, name: str) -> str:
    """Return what the cell of a page printed."""
    cells = book.notebook(name)["cells"]
    return "".join(
        "".join(output["text"])
        for cell in cells
        for output in cell.get("outputs", [])
        if output["output_type"] == "stream"
    )


def asked(book: SmallBook) -> int:
    """Return how often the function was called."""
    path = book.root / "_build" / "asked"
    return len(path.read_text(encoding="utf-8").splitlines()) if path.exists() else 0


def test_a_page_that_declares_it_reads_the_file_and_every_other_sees_nothing(book, tmp_path):
    built = book.build()
    assert built.status == 0, built.output
    assert "a bar of progress" in built.output
    assert "looking for sheep" not in built.output
    told = "TOY_DATA 'outside/TOY_DATA/sheep.txt'\nTOY_SHEEP ''\nthree sheep\n"
    assert printed(book, "told") == told
    assert printed(book, "untold") == printed(book, "sheep") == NOTHING
    assert asked(book) == 1
    assert set(book.archive("told").namelist()) == {
        "told.ipynb", "toy-0.1-py3-none-any.whl", "data/numbers.txt",
    }  # fmt: skip
    foot = re.search(r'<p class="provenance">.*', book.page("told"))[0]
    assert "it read sheep.txt (SHA-256 " in foot
    assert "sheep.txt" not in book.page("untold")
    copy = SmallBook(tmp_path / "elsewhere")
    assert differences(book.site(), from_nothing(book, copy.root)) == []


def test_another_content_runs_the_pages_that_declare_it_and_no_other(book, monkeypatch, tmp_path):
    assert book.build().status == 0
    assert book.build().executed == set()
    book.write("../far/sheep.txt", "four sheep")
    built = book.build()
    assert (built.status, built.executed) == (0, {"told"})
    assert "four sheep" in printed(book, "told")
    before = book.site()
    book.write("../near/sheep.txt", "four sheep")  # the same, in another place
    monkeypatch.setenv("TOY_DATA", str(tmp_path / "near" / "sheep.txt"))
    assert book.build().executed == set()
    assert differences(book.site(), before) == []
    monkeypatch.setenv("TOY_DATA", "")
    built = book.build()
    assert (built.status, built.executed) == (0, {"told"})
    assert printed(book, "told") == NOTHING
    assert "SHA-256" not in book.page("told")


def test_nobody_is_asked_for_what_no_page_declares(book):
    book.edit("book/told.md", ", $TOY_DATA", "")
    built = book.build()
    assert built.status == 0, built.output
    assert asked(book) == 0
    assert printed(book, "told") == NOTHING


@pytest.mark.skipif(not forks.POSSIBLE, reason="no forks here")
def test_a_kernel_started_anew_sees_the_same(book, monkeypatch):
    outside._asked.cache_clear()
    outputs = []
    for possible in (True, False):
        monkeypatch.setenv("BOOKKEEPING_BUILD", f"_build/{possible}")
        monkeypatch.setattr(runner, "POSSIBLE", possible)
        (book.root / "_build").mkdir(exist_ok=True)
        project = Project(book.root)
        runner.run_stale_pages(project, lambda said: None)
        outputs.append([Page(project, name).record()["outputs"] for name in ("told", "untold")])
    assert outputs[0] == outputs[1]
    assert "three sheep" in str(outputs[0])


def test_what_the_page_read_is_handed_to_its_notebook(book, tmp_path):
    outside._asked.cache_clear()
    (book.root / "_build").mkdir()
    project = Project(book.root)
    there = str(tmp_path / "far" / "sheep.txt")
    assert at_home.outside_variables(project, "told") == {"TOY_DATA": there, "TOY_SHEEP": ""}
    assert at_home.outside_variables(project, "untold") == {"TOY_DATA": "", "TOY_SHEEP": ""}
    assert at_home._surroundings(TOY_DATA=there)["TOY_DATA"] == there


def test_a_file_that_lies_in_the_project_is_read_all_the_same(book, monkeypatch):
    book.write("sheep/wool.txt", "two sheep")
    monkeypatch.setenv("TOY_DATA", str(book.root / "sheep" / "wool.txt"))
    built = book.build()
    assert built.status == 0, built.output
    assert "two sheep" in printed(book, "told")


def test_a_claim_reads_nothing_from_outside(book):
    book.edit("tests/test_toy.py", "import oracle\n", "import os\n\nimport oracle\n")
    book.edit("tests/test_toy.py", "for x in", 'assert os.environ["TOY_DATA"] == ""\n    for x in')
    built = book.build()
    assert built.status == 0, built.output


def test_a_variable_that_nobody_named_stops_the_book_with_page_and_line(book):
    book.edit("book/told.md", "$TOY_DATA", "$TOY_GOATS")
    built = book.build()
    assert built.status == 1
    assert built.complaints == [
        "book/told.md:2: the page declares data that _config.yml does not name, under `outside`: "
        "$TOY_GOATS"
    ]


@pytest.mark.parametrize(
    ("does", "says"),
    [
        ('raise ValueError("no sheep here")', "toy.finding:find: ValueError: no sheep here"),
        ('return "nowhere.txt"', "nowhere.txt is no file"),
        ("os._exit(3)", "its process ended with status 3"),
    ],
)
def test_what_cannot_be_had_stops_the_book_once(book, does, says):
    book.edit("src/toy/finding.py", 'return os.environ.get("TOY_DATA") or None', does)
    book.edit("book/sheep.md", "$TOY_SHEEP", "$TOY_DATA")  # two pages declare it
    built = book.build()
    assert built.status == 1
    line = 1 + book.read("_config.yml").splitlines().index(CONFIG.splitlines()[0])
    told = [text for text in built.output.splitlines() if f"_config.yml:{line}: " in text]
    assert len(told) == 1, built.output
    assert says in told[0]
    assert asked(book) == 1


def test_what_says_so_is_written_as_a_function(book):
    book.edit("_config.yml", '"toy.finding:find"', "toy.finding")
    built = book.build()
    assert built.status == 1
    assert "is not a function, written as package.module:function" in built.output


def test_the_function_of_this_book_is_there():
    for function in Project(REPOSITORY).outside.values():
        module, name = function.split(":")
        assert callable(getattr(import_module(module), name))
