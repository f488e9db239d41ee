"""What tests and pages touch while they run, and what becomes of it when it is edited."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator

import pytest

from bookkeeping.check.claims import _record_of, gather_claims
from bookkeeping.project import Project
from bookkeeping.run.dependencies import EXECUTING, Freshness, imported_names
from bookkeeping.run.notebooks import PageError
from bookkeeping.run.pages import Pages
from bookkeeping.run.runner import run_stale_pages
from small_book import REPOSITORY, SmallBook

CLAIM = """

@pytest.mark.equation("doubling")
def test_double(evidence):
    for x in (3, 5):
        evidence.evaluates({"d": lambda n: double(n), "x": x}, witness="by hand", within=0)
"""
TESTS = {
    "tests/test_toy.py": """\
import pytest
import oracle
from toy.doubling import double
""" + CLAIM + """
@pytest.mark.equation("sum")
def test_sum(evidence):
    for a in (2, 3):
        evidence.evaluates({"s": a + 5, "a": a, "b": 5}, witness="counted", within=0)
""",
    "tests/deep/__init__.py": "",
    "tests/deep/conftest.py": "import pytest\nfrom fixtures import two\n",
    "tests/fixtures.py": "import pytest\n\n@pytest.fixture\ndef two():\n    return 2\n",
    "tests/helpers/__init__.py": "",
    "tests/helpers/counting.py": "from helpers.reading import of\n\ndef four():\n    return of()\n",
    "tests/helpers/reading.py": """\
import functools
from pathlib import Path

@functools.cache
def of():
    return int(Path(__file__).with_name("four.txt").read_text())
""",
    "tests/helpers/four.txt": "4",
    "tests/deep/relative.py": "def double(number):\n    return number + number\n",
    "tests/deep/some_test.py": """\
import importlib
import os
import runpy
import sqlite3
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from helpers.counting import four

from .relative import double

HERE = Path(__file__).parent
DATA = HERE.parents[1] / "data"
importlib.import_module("toy.formulas")
runpy.run_path(str(HERE / "script.py"))
""" + CLAIM.replace("evidence)", "evidence, two)") + """
    assert four() == two + two == len(os.listdir(DATA / "listed"))
    with sqlite3.connect(f"file:{DATA}/some.db?mode=ro", uri=True) as database:
        assert database.execute("SELECT 7").fetchone() == (7,)
    with ThreadPoolExecutor() as threads:
        assert list(threads.map(Path.read_text, [DATA / "threaded.txt"])) == ["3"]
    with pytest.raises(Exception, match="this starts a program"):
        subprocess.run(["cat", str(DATA / "aside.txt")])
    try:
        (DATA / "perhaps.txt").read_text()
    except FileNotFoundError:
        pass
""",
    "tests/deep/script.py": "SCRIPT = 5\n",
    "tests/deep/other_test.py": "import importlib\nimport pytest\n"
    "from helpers.counting import four\nimportlib.import_module('toy.formulas')\n"
    + CLAIM.replace("double(n)", "n * four() // 2"),
    "data/threaded.txt": "3",
    "data/aside.txt": "3",
    "src/toy/formulas.py": "",
    "src/toy/lonely.py": "",
    **{f"data/listed/{number}.txt": "" for number in range(4)},
}  # fmt: skip


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Iterator[Project]:
    """A project whose claims have been checked once, with all that their tests touch."""
    root = tmp_path_factory.mktemp("touched") / "book"
    book = SmallBook(root)
    book.write_all()
    for name, text in TESTS.items():
        book.write(name, text)
    sqlite3.connect(root / "data" / "some.db").execute("CREATE TABLE t (n)")
    (root / "data").rename(root.parent / "elsewhere")
    (root / "data").symlink_to(root.parent / "elsewhere")  # as large data often are
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(REPOSITORY / "src"))
        for name in ("BOOKKEEPING_BUILD", "BOOKKEEPING_LOCK"):
            patch.delenv(name, raising=False)
        Freshness.of.cache_clear()
        claims, _ = gather_claims(Project(root), lambda said: None)
        assert [claim.message for claim in claims if not claim.passed] == []
        assert len(claims) == 4
        yield Project(root)


def run_again(project: Project) -> set[str]:
    """Return the test files that a build would run."""
    Freshness.of.cache_clear()
    return {path.name for path in project.test_files() if _record_of(project, path) is None}


EDITS = {
    "the test file itself": ("tests/deep/some_test.py", {"some_test.py"}),
    "a helper by its name": ("tests/oracle.py", {"test_toy.py"}),
    "a helper in a folder, which two import": (
        "tests/helpers/counting.py", {"some_test.py", "other_test.py"},
    ),
    "what that helper imports": ("tests/helpers/reading.py", {"some_test.py", "other_test.py"}),
    "what it read once for both": ("tests/helpers/four.txt", {"some_test.py", "other_test.py"}),
    "a package above": ("tests/helpers/__init__.py", {"some_test.py", "other_test.py"}),
    "a helper by a relative import": ("tests/deep/relative.py", {"some_test.py"}),
    "a conftest.py above": ("tests/deep/conftest.py", {"some_test.py", "other_test.py"}),
    "where a fixture comes from": ("tests/fixtures.py", {"some_test.py", "other_test.py"}),
    "a conftest.py that was not there": (
        "tests/conftest.py", {"test_toy.py", "some_test.py", "other_test.py"},
    ),
    "a script that is executed": ("tests/deep/script.py", {"some_test.py"}),
    "a module that two import by a text": (
        "src/toy/formulas.py",
        {"some_test.py", "other_test.py"},
    ),
    "a module behind a module": ("src/toy/adding.py", {"test_toy.py"}),
    "a file that a thread read": ("data/threaded.txt", {"some_test.py"}),
    "one more in a folder that was listed": ("data/listed/more.txt", {"some_test.py"}),
    "a database": ("data/some.db", {"some_test.py"}),
    "a file that was looked for": ("data/perhaps.txt", {"some_test.py"}),
    "settings that pytest prefers": (
        "pytest.ini", {"test_toy.py", "some_test.py", "other_test.py"},
    ),
    "other data": ("data/aside.txt", set()),
    "a word in a listed file": ("data/listed/1.txt", set()),
    "a new file beside them": ("tests/deep/new.py", set()),
    "a module that nobody imports": ("src/toy/lonely.py", set()),
    "the words of a page": ("book/counting.md", set()),
}  # fmt: skip


@pytest.mark.parametrize("what", EDITS)
def test_a_claim_is_checked_again_when_anything_its_test_touched_is_edited(project, what):
    name, again = EDITS[what]
    path = project.root / name
    before = path.read_bytes() if path.exists() else None
    try:
        path.write_bytes((before or b"") + b"\n")
        assert run_again(project) == again
    finally:
        path.write_bytes(before) if before is not None else path.unlink()
    assert run_again(project) == set(), "put back, all is as it was"


def test_of_the_common_settings_those_of_pytest_count(project):
    path = project.root / "pyproject.toml"
    before = path.read_text()
    try:
        path.write_text(f"{before}[tool.other]\nstrict = true\n")
        assert run_again(project) == set()
        path.write_text(f"{before}xfail_strict = true\n")
        assert run_again(project) == {"test_toy.py", "some_test.py", "other_test.py"}
    finally:
        path.write_text(before)


USES = """\
---
data: [data/declared, data/one.txt]
---
# Uses

```{code-cell} python
import ctypes
import glob
import inspect
import os
import runpy
import sqlite3
import subprocess
import sys
from pathlib import Path

from toy import adding

ROOT = os.environ["BOOKKEEPING_ROOT"]


def told(*uses):
    for use in uses:
        try:
            print(use())
        except Exception as error:
            print(type(error).__name__, str(error).replace(ROOT, "ROOT"))


told(
    lambda: sorted(os.listdir("data")),
    lambda: sorted(glob.glob("data/**", recursive=True)),
    lambda: [os.path.getsize(name) for name in ("data/one.txt", "data/declared/two.txt")],
    lambda: sqlite3.connect("data/declared/some.db").execute("SELECT 7").fetchone(),
    lambda: runpy.run_path("data/declared/script.py")["NAME"],
    lambda: inspect.getsource(adding.total).split()[0],
)
```

```{code-cell} python
told(
    lambda: open("data/other.txt"),
    lambda: open(f"{ROOT}/data/other.txt"),
    lambda: os.open("data/other.txt", os.O_RDONLY),
    lambda: os.listdir("undeclared"),
    lambda: glob.glob("undeclared/*"),
    lambda: sorted(Path("undeclared").iterdir()),
    lambda: os.listdir(f"{ROOT}/data"),
    lambda: sqlite3.connect("undeclared/some.db"),
    lambda: runpy.run_path(f"{ROOT}/tests/oracle.py"),
)
```

```{code-cell} python
told(
    lambda: subprocess.run(["cat", "data/one.txt"]),
    lambda: os.system("cat data/one.txt"),
    lambda: os.popen("cat data/one.txt"),
    lambda: get_ipython().run_cell_magic("bash", "", "cat data/one.txt"),
)
```

```{code-cell} python
libc = ctypes.CDLL(None)
libc.fopen.restype = ctypes.c_void_p
told(
    lambda: os.path.getsize("data/other.txt"),
    lambda: libc.fopen(b"data/other.txt", b"r"),
    lambda: libc.fopen(b"data/one.txt", b"r") is None,
)
```

```{code-cell} python
print(*(name.split(".")[2] for name in sys.modules if name.startswith("bookkeeping.run.")))
```
"""


def test_a_page_uses_what_it_declares_and_nothing_else(project):
    book = SmallBook(project.root)
    book.add({"book/uses.md": USES})
    book.write("data/declared/script.py", "NAME = __name__\n")
    book.write("data/declared/old.py", "print 'of another Python'\n")
    for name in ("data/declared/two.txt", "data/one.txt", "data/other.txt", "undeclared/three.txt"):
        book.write(name, "12")
    shutil.copy(project.root / "data" / "some.db", project.root / "undeclared")
    shutil.copy(project.root / "data" / "some.db", project.root / "data" / "declared")
    project = Project(project.root)  # which has one page more
    run_stale_pages(project, lambda said: None)
    page = Pages.of(project).get("uses")
    said = [output["text"].splitlines() for (output,) in page.record()["outputs"]]
    assert said[0] == [
        "['declared', 'one.txt']",
        "['data/', 'data/declared', 'data/declared/old.py', 'data/declared/script.py', "
        "'data/declared/some.db', 'data/declared/two.txt', 'data/one.txt']",
        "[2, 2]",
        "(7,)",
        "<run_path>",
        "def",
    ]
    refused = [*["data/other.txt"] * 3, *["undeclared"] * 3, "data", "undeclared/some.db"]
    assert [line.split(" without")[0] for line in said[1]] == [
        f"UnwatchedError the page reads {name}" for name in [*refused, "tests/oracle.py"]
    ]
    assert len(said[2]) == 4
    assert {line.split(" (")[0] for line in said[2]} == {"UnwatchedError this starts a program"}
    assert said[3][0].startswith("FileNotFoundError")
    assert said[3][1:] == ["None", "False"], "compiled code finds what is declared, nothing else"
    assert {"kernel", "touched"} <= set(said[4][0].split()) <= set(EXECUTING)

    book.write("data/declared/more.txt", "")
    Freshness.of.cache_clear()
    assert Pages(project).get("uses").key != page.key


def test_what_is_edited_while_it_is_used_is_used_again(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(REPOSITORY / "src"))
    book = SmallBook(tmp_path / "book")
    book.write_all()
    edited = f"from pathlib import Path\n\nPath('{book.root}/NAME').write_text('0')\n"
    book.edit(
        "book/adding.md",
        "from pathlib",
        edited.replace("NAME", "data/numbers.txt") + "from pathlib",
    )
    book.edit(
        "tests/test_toy.py",
        "import oracle\n",
        "import oracle\n" + edited.replace("NAME", "tests/oracle.py"),
    )
    project = Project(book.root)
    with pytest.raises(PageError, match=r"^book/adding.md:1: .* was edited while it ran") as told:
        run_stale_pages(project, lambda said: None)
    assert "counting" not in str(told.value)
    for shown in (True, False):  # the second run has what the first left
        said = []
        claims, _ = gather_claims(project, said.append)
        assert {claim.passed for claim in claims if claim.label == "doubling"} == {shown}
        assert "1 test files, 1 run" in said[0]


# What the modules that execute pages import, though it cannot change what a page puts out.
HARMLESS = {"dependencies", "notebooks", "pages", "progress"}


@pytest.mark.parametrize("name", EXECUTING)
def test_whatever_executes_pages_is_in_every_key(name):
    source = (REPOSITORY / f"src/bookkeeping/run/{name}.py").read_text(encoding="utf-8")
    parts = (imported.split(".") for imported in imported_names(source))
    ours = {part[2] for part in parts if part[:2] == ["bookkeeping", "run"] and len(part) > 2}
    assert ours <= {*EXECUTING, *HARMLESS}
