"""A miniature book in a folder of its own, to be built, edited and broken."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
import zipfile
from multiprocessing import forkserver, get_context
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import pytest

from bookkeeping.__main__ import main
from bookkeeping.site.again import site_files

REPOSITORY = Path(__file__).parents[2]

CONFIG = """\
title: A small book
author: Nobody
copyright: "2026"
execute:
  timeout: 60
bookkeeping:
  packages: [toy]
  lock: requirements/book.txt
  tests: tests
  python: 3.11 to 3.13
  licence: Free as air.
  check_pages: back/checks
  web: WEB
  versions: [myst-nb]
  check_figure: toy.looks:faults
  figure_colours:
    ink: {drawn: "#22272e", light: "#222832", dark: "#ced6dd"}
sphinx:
  config:
    bibtex_bibfiles: [references.bib]
"""

TOC = """\
format: jb-book
root: index
chapters:
  - file: counting
  - file: adding
  - file: back/equations
  - file: back/lists
  - file: back/build-report
"""

NOTATION = """\
- title: Letters of counting
  pages: [counting]
  letters:
    - means: how many
      code: '`number`'
      names: {x: number}
    - means: its double
      names: {d: function}
    - means: a count that no equation holds
      names: {n: number}
- title: Letters of adding
  pages: [adding]
  letters:
    - means: two numbers and their sum
      names: {a: number, b: number, s: number}
"""

PYPROJECT = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "toy"
version = "0.1"

[tool.hatch.build.targets.wheel]
packages = ["src/toy"]

[tool.pytest.ini_options]
pythonpath = ["src", "tests"]
addopts = ["--strict-markers", "--import-mode=importlib", "-p", "bookkeeping.check.pytest_plugin"]
filterwarnings = ["error"]
"""

INDEX = """\
# A small book

It counts, and it adds; see [](counting.md) and the 37 sheep.

{cite}`Peano1889` began it.

```{bibliography}
```
"""

COUNTING = """\
# Counting

The double of two is {glue:text}`twice`, and {given}`0.25` was chosen.

```{code-cell} python
from IPython.display import SVG
from myst_nb import glue

from toy.doubling import double

glue("twice", double(2), display=False)
```

```{code-cell} python
---
mystnb:
  figure:
    name: fig-square
    caption: A square, $s^2$, to look at.
  image:
    alt: A square with equal sides.
---
SVG('<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20">'
    '<rect width="20" height="20" fill="#22272e"/></svg>')
```

In {numref}`fig-square` there is one square, and {eq}`doubling` says why.

$$ d(x) = x + x $$ (doubling)

:::{correction} Doubling is not squaring
Often said
: {said}`2.5` doubled is its square.

What is right
: It is the sum with itself.

Shown by
: {eq}`doubling`
:::

:::{notation-box}
Counts begin at one.
:::
"""

ADDING = """\
---
data: [data/numbers.txt]
---
# Adding

```{code-cell} python
from pathlib import Path

sum(int(line) for line in Path("data/numbers.txt").read_text().split())
```

```{math}
:label: sum

s = a + b
```

```{math}
:label: zero
:definition: Peano
z = 0
```
"""

FILES = {
    "_config.yml": CONFIG.replace("WEB", str(REPOSITORY / "web" / "node_modules")),
    "_toc.yml": TOC,
    "pyproject.toml": PYPROJECT,
    "requirements/book.txt": "myst-nb==1.4.0\n",
    "data/numbers.txt": "1\n2\n3\n",
    "book/conf.py": (
        "from pathlib import Path\n\n"
        "from bookkeeping.site.settings import sphinx_settings\n\n"
        "globals().update(sphinx_settings(Path(__file__).parents[1]))\n"
    ),
    "book/references.bib": (
        "@book{Peano1889, author = {Peano, Giuseppe}, title = {Arithmetices principia},"
        " publisher = {Bocca}, year = {1889}}\n"
    ),
    "book/notation.yml": NOTATION,
    "book/index.md": INDEX,
    "book/counting.md": COUNTING,
    "book/adding.md": ADDING,
    "book/back/equations.md": "# Equations\n\n```{ledger}\n```\n",
    "book/back/lists.md": (
        "# Lists\n\n## Figures\n\n```{figure-list}\n```\n\n"
        "## Corrections\n\n```{correction-list}\n```\n\n```{notation}\n```\n\n```{counts}\n```\n"
    ),
    "book/back/build-report.md": (
        "---\norphan: true\nnosearch: true\n---\n# Build report\n\n```{build-report}\n```\n"
    ),
    "src/toy/__init__.py": "",
    "src/toy/doubling.py": (
        "from toy.adding import total\n\n\ndef double(number):\n    return total(number, number)\n"
    ),
    "src/toy/adding.py": "def total(left, right):\n    return left + right\n",
    "src/toy/looks.py": (
        "def faults(figure):\n"
        "    titles = [ax.get_title() for ax in figure.axes if ax.get_title()]\n"
        "    return [f'{title} is a title.' for title in titles]\n"
    ),
    "src/toy/formulas.py": "def add(left, right):\n    return left + right\n",
    "tests/oracle.py": "def twice(number):\n    return 2 * number\n",
    "tests/test_toy.py": """\
import oracle
import pytest

from toy.doubling import double


@pytest.mark.equation("doubling")
def test_double_is_twice(evidence):
    for x in (3, 5):
        evidence.evaluates({"d": oracle.twice, "x": x}, witness="by hand", within=0)
        step = f"d({x}) = {x} + {x}"
        evidence.evaluates(values={"d": oracle.twice}, tex=step, witness="by hand", within=0)
        evidence.agrees(double(x), oracle.twice(x), witness="by hand", within=0)


@pytest.mark.equation("sum")
def test_sum(evidence):
    for a, b, s in ((2, 3, 5), (7, 11, 18)):
        evidence.evaluates({"s": s, "a": a, "b": b}, witness="counted", within=0)
""",
}

# What the cells of words of such a book call, where it has some.
HOLDS = """\
def holds(words, test, *, of="", **series):
    assert test(**series), f"{words!r} does not hold."
"""


class Built(NamedTuple):
    """What a build said and left."""

    status: int
    output: str

    @property
    def executed(self) -> set[str]:
        """The pages that ran."""
        return set(re.findall(r"^  \[\d+/\d+\] (\S+)", self.output, re.M))

    @property
    def test_files_run(self) -> int:
        """The number of test files whose claims were checked anew."""
        return int(re.search(r"test files, (\d+) run", self.output).group(1))

    @property
    def complaints(self) -> list[str]:
        """The messages that stop the book, each with its page and line."""
        return re.findall(r"^(?:/\S*/)?((?:book|tests)/\S+?:\d+: .*)$", self.output, re.M)


class Builder(NamedTuple):
    """A build in a process that need not import Sphinx and its extensions anew."""

    child: BaseProcess
    said: Path

    @property
    def process(self) -> int:
        """The number of the process, and of its group."""
        assert self.child.pid
        return self.child.pid

    def wait(self, seconds: float = 240) -> Built:
        """Wait until it ends, and end it if it does not."""
        self.child.join(seconds)
        if self.child.exitcode is None:
            os.killpg(self.process, signal.SIGKILL)
            raise TimeoutError(f"The build did not end. It said:\n{self.said.read_text()}")
        output = self.said.read_text(encoding="utf-8")
        self.said.unlink()
        return Built(self.child.exitcode, output)


def fork_server() -> ForkServerContext:
    """Return where builds are forked: not this process, of which libraries may keep threads."""
    context = get_context("forkserver")
    context.set_forkserver_preload(["imported"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", f"{REPOSITORY / 'src'}{os.pathsep}{Path(__file__).parent}")
        forkserver.ensure_running()
    return context


def build_here(arguments: list[str], environment: dict[str, str], said: Path) -> NoReturn:
    """Run a command in this process, which ends with its status."""
    os.setpgid(0, 0)
    status = 70  # where the build itself raised
    with said.open("w", encoding="utf-8") as output:
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
        sys.stdout = sys.stderr = os.fdopen(1, "w", encoding="utf-8", closefd=False)
        try:
            os.environ.clear()
            os.environ.update(environment)
            tempfile.tempdir = None  # which was found in another environment
            status = main(arguments)
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            os._exit(status)


class SmallBook:
    """A book in a folder, with the commands to edit and to build it."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def write_all(self, files: dict[str, str] = FILES) -> None:
        for name, text in files.items():
            self.write(name, text)
        self.git("init", "-q", "-b", "main")
        self.commit()

    def write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def read(self, name: str) -> str:
        return (self.root / name).read_text(encoding="utf-8")

    def edit(self, name: str, old: str, new: str) -> None:
        text = self.read(name)
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {name}"
        self.write(name, text.replace(old, new))

    def add(self, files: dict[str, str]) -> None:
        """Write these files; the pages among them become part of the book."""
        for name, text in files.items():
            self.write(name, text)
        pages = [name[5:-3] for name in files if name.endswith(".md")]
        self.write("_toc.yml", self.read("_toc.yml") + "".join(f"  - file: {p}\n" for p in pages))

    def git(self, *arguments: str) -> None:
        date = "2026-01-02T03:04:05+0000"
        subprocess.run(
            ["git", "-C", str(self.root), "-c", "user.name=n", "-c", "user.email=e", *arguments],
            check=True,
            capture_output=True,
            env={**os.environ, "GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date},
        )

    def commit(self) -> None:
        self.write(".gitignore", "_build/\n__pycache__/\n")
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", "All")

    def command(self) -> list[str]:
        return [sys.executable, "-m", "bookkeeping", "build", "--root", str(self.root)]

    def environment(self) -> dict[str, str]:
        ours = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "BOOKKEEPING"))}
        for name in ("SOURCE_DATE_EPOCH", "PYTHONDONTWRITEBYTECODE"):
            ours.pop(name, None)
        return {**ours, "PYTHONPATH": str(REPOSITORY / "src")}

    def build_by_command(self) -> Built:
        """Build as an author does."""
        finished = subprocess.run(
            self.command(), cwd=self.root.parent, env=self.environment(), text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, timeout=120,
        )  # fmt: skip
        return Built(finished.returncode, finished.stdout)

    def build(self) -> Built:
        """Build in a process that need not import Sphinx and its extensions anew."""
        return self.start().wait()

    def publish(self, *arguments: str) -> Built:
        """Make what a host wants, in such a process too."""
        return self.start("publish", *arguments).wait()

    def start(self, *arguments: str) -> Builder:
        """Start such a build, in a process group of its own."""
        command = [*(arguments or ("build",)), "--root", str(self.root)]
        handle, said = tempfile.mkstemp(suffix=".said")
        os.close(handle)
        builder = Builder(
            fork_server().Process(
                target=build_here, args=(command, self.environment(), Path(said))
            ),
            Path(said),
        )
        builder.child.start()
        with contextlib.suppress(ProcessLookupError):  # it has ended already
            while os.getpgid(builder.process) != builder.process:
                time.sleep(0.001)
        return builder

    def archive(self, name: str) -> zipfile.ZipFile:
        """Return what a reader downloads of a page while the book has no address."""
        return zipfile.ZipFile(self.root / "_build" / "html" / "_notebooks" / f"{name}.zip")

    def notebook(self, name: str) -> dict[str, Any]:
        """Return the notebook of a page."""
        with self.archive(name) as archive:
            return json.loads(archive.read(f"{Path(name).name}.ipynb"))

    def site(self) -> dict[str, bytes]:
        """Return every file of the built book."""
        return site_files(self.root / "_build" / "html")

    def page(self, name: str) -> str:
        """Return the HTML of a built page."""
        return self.read(f"_build/html/{name}.html")


def from_nothing(book: SmallBook, folder: Path) -> dict[str, bytes]:
    """Return the site that a build from nothing in another folder makes of the same sources."""
    root = folder / "book"
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(book.root, root, ignore=shutil.ignore_patterns("_build", "__pycache__"))
    copy = SmallBook(root)
    built = copy.build()
    assert built.status == 0, built.output
    return copy.site()
