"""A notebook that is taken home runs alone, and reads well without the book around it."""

from __future__ import annotations

import ast
import io
import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
import pytest
from packaging.requirements import Requirement

from bookkeeping.project import Project
from bookkeeping.site import at_home
from bookkeeping.site.pins import requirements
from bookkeeping.site.wheel import wheel
from small_book import REPOSITORY, SmallBook

HOME = """\
---
data: [data/numbers.txt]
---
(at-home)=
# At home

It costs *2 \\$* by {cite:p}`Peano1889`; {cite:t}`Peano1889` and {doc}`adding` agree, see
{ref}`at-home`.

:::{admonition} You will be able to
- say what $x$ is;
- double it, as {eq}`doubling` and {eq}`halving` say:

  ```{math}
  :label: two-times
  :definition: Peano

  d(x) = 2 x
  ```
:::

```{code-cell} python
:tags: [hide-input]
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from myst_nb import glue

from toy.doubling import double
```

## A number

```{code-cell} python
total = sum(map(int, Path("data/numbers.txt").read_text().split()))
total
```

```{code-cell} python
:tags: [remove-cell]
twice = double(total)
glue("twice-total", twice / 7, display=False)
for n in range(2):
    glue(f"power-{n}", 10.0**n, display=False)
```

Twice that is {glue:text}`twice-total:.2f` sevenths, a {said}`2.5` and a {given}`0.25`.

```{math}
:label: halving
:definition: Peano

h(x) = x / 2
```

| power | value |
|---|---|
| none | {glue:text}`power-0:.1f` |
| one | {glue:text}`power-1:.1f` |

```{exercise-start}
:label: some-sum
```

Add.

```{exercise-end}
```

```{solution-start} some-sum
:class: dropdown
```

By the formula:

```{code-cell} python
twice + 1
```

```{solution-end}
```

:::{dropdown} Is it more?
Yes, by `1`.
:::

:::{question} Is $2$ the *larger*?
[ ] No
: Count them.

  Then again.

[x] Yes, **by far**
: By `1`.
:::

## Where it is said

Term
: What it means.

```python
plain = "code"
```
"""


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    """A book with a page of every kind of words, to be read only."""
    book = SmallBook(tmp_path_factory.mktemp("home") / "book")
    book.write_all()
    book.add({"book/home.md": HOME})
    book.write("book/index.md", book.read("book/index.md") + "\n```{code-cell} python\n1\n```\n")
    lock = "matplotlib==3.11.2\nmyst-nb==1.4.0\n"
    for version, when in (("2.4.6", "< '3.12'"), ("2.5.5", ">= '3.12'")):
        lock += f"numpy=={version} ; python_full_version {when} \\\n    --hash=sha256:0\n"
    book.write("requirements/book.txt", lock)
    book.commit()
    built = book.build()
    assert built.status == 0, built.output
    return book


@pytest.fixture(scope="module")
def cells(book):
    return book.notebook("home")["cells"]


@pytest.fixture(scope="module")
def words(cells):
    return "\n\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")


def code(cells):
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


def test_an_archive_holds_the_notebook_the_wheel_and_the_data(book):
    assert set(book.archive("home").namelist()) == {
        "home.ipynb", "toy-0.1-py3-none-any.whl", "data/numbers.txt",
    }  # fmt: skip
    assert set(book.archive("counting").namelist()) == {
        "counting.ipynb", "toy-0.1-py3-none-any.whl",
    }  # fmt: skip
    assert all(i.date_time[:3] == (2026, 1, 2) for i in book.archive("home").infolist())


def test_the_first_cells_say_and_install_what_the_page_imports(cells):
    assert "*At home* of *A small book*" in "".join(cells[0]["source"])
    assert "Python 3.11 to 3.13" in "".join(cells[0]["source"])
    assert code(cells)[0] == (
        "%pip install --quiet \\\n"
        '    "./toy-0.1-py3-none-any.whl" \\\n'
        '    "matplotlib==3.11.2" \\\n'
        "    \"numpy==2.4.6; python_full_version < '3.12'\" \\\n"
        "    \"numpy==2.5.5; python_full_version >= '3.12'\""
    )


def test_the_code_runs_alone_in_an_empty_folder(book, cells, tmp_path):
    book.archive("home").extractall(tmp_path)
    alone = "import sys\nsys.modules['myst_nb'] = None\nsys.path.insert(0, sys.argv[1])\n"
    text = "\n".join([alone, *code(cells)[1:], "print(twice + 1)"])
    ran = subprocess.run(
        [sys.executable, "-I", "-c", text, str(tmp_path / "toy-0.1-py3-none-any.whl")],
        cwd=tmp_path, capture_output=True, text=True, check=False, env={"MPLBACKEND": "agg"},
    )  # fmt: skip
    assert (ran.stdout, ran.returncode) == ("13\n", 0), ran.stderr


def test_no_cell_serves_the_build_alone(cells):
    assert "glue" not in str(cells)
    assert "twice = double(total)" in code(cells)
    assert not any("power" in cell for cell in code(cells))
    assert {tag for cell in cells for tag in cell["metadata"].get("tags", [])} == set()
    folded = [c["metadata"] for c in cells if "import numpy" in "".join(c["source"])]
    assert folded == [{"jupyter": {"source_hidden": True}}]


def test_no_role_and_no_directive_is_left(words):
    assert re.findall(r"\{[\w:-]+\}`|^:::|^`{3,}\{", words, re.MULTILINE) == []


@pytest.mark.parametrize(
    "said",
    [
        "# At home\n\nIt costs *2 \\$* by [Peano, 1889]; Peano [1889] and *Adding* agree, see\n"
        "At home.",
        "> **You will be able to**\n>\n> - say what $x$ is;\n"
        "> - double it, as (1) and (5) say:\n>\n>   $$ d(x) = 2 x \\tag{4} $$",
        "Twice that is 1.71 sevenths, a 2.5 and a 0.25.\n\n$$\nh(x) = x / 2\n\\tag{5}\n$$",
        "| power | value |\n| --- | --- |\n| none | 1.0 |\n| one | 10.0 |",
        "> **Exercise 1**\n>\n> Add.",
        "**Solution to Exercise 1**\n\nBy the formula:",
        "> **Is it more?**\n>\n> Yes, by `1`.",
        "**Is $2$ the *larger*?**\n\n- A: No\n- B: Yes, **by far**\n\n"
        "> A: **Wrong.** Count them.\n>\n> Then again.\n>\n> B: **Right.** By `1`.",
        '- **Term**: What it means.\n\n```python\nplain = "code"\n```',
        "## Works cited\n\n- Giuseppe Peano. Arithmetices principia. Bocca, 1889.",
    ],
)
def test_words_read_well_without_the_book(words, said):
    assert said in words


def test_a_figure_keeps_its_number_and_caption(book):
    parts = ["".join(cell["source"]) for cell in book.notebook("counting")["cells"]]
    place = next(n for n, part in enumerate(parts) if part.startswith("SVG("))
    assert parts[place + 1].startswith("**Figure 1.** A square, $s^2$, to look at.\n\nIn Figure 1")


def test_what_was_executed_is_shown(cells):
    outputs = [cell["outputs"] for cell in cells if cell["cell_type"] == "code"]
    assert [out[0]["data"]["text/plain"] for out in outputs if out] == [["6"], ["13"]]


def test_the_first_page_offers_no_notebook_and_no_download_opens_a_window(book):
    assert "download-notebook-button" not in book.page("index")
    assert not (book.root / "_build/html/_notebooks/index.zip").exists()
    page = book.page("home")
    offered = re.findall(r'<a href="([^"]*)"([^>]*?)\s+class="btn btn-sm btn-download', page)
    assert [address for address, _ in offered] == ["_notebooks/home.zip", "_sources/home.md"]
    assert all(how.split() == ["download"] for _, how in offered)


def test_a_wheel_holds_the_code_alone_and_two_are_equal(book, monkeypatch):
    project = Project(book.root)
    made = book.archive("home").read("toy-0.1-py3-none-any.whl")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1767323045")  # the date of the commit
    assert wheel(project) == made
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1767323047")
    assert wheel(project) != made
    names = zipfile.ZipFile(io.BytesIO(made)).namelist()
    assert {name.split("/")[0] for name in names} == {"toy", "toy-0.1.dist-info"}


def test_the_wheel_of_this_book_holds_unrolled_and_needs_numpy():
    with zipfile.ZipFile(io.BytesIO(wheel(Project(REPOSITORY)))) as archive:
        names = archive.namelist()
        (about,) = (name for name in names if name.endswith("METADATA"))
        told = archive.read(about).decode()
    assert {name.split("/")[0].partition("-")[0] for name in names} == {"unrolled"}
    needed = re.findall("^Requires-Dist: (.*)", told, re.MULTILINE)
    assert [one for one in needed if "extra ==" not in one] == ["numpy>=2"]


def test_an_edit_of_the_code_or_the_data_comes_along_and_one_of_prose_changes_nothing(small_book):
    archives = small_book.root / "_build/staging/html/_notebooks"

    def written():
        return {path.stem: path.stat().st_mtime_ns for path in archives.glob("*.zip")}

    before = written()
    assert set(before) == {"adding", "counting"}
    small_book.edit("book/back/equations.md", "# Equations", "# Equations\n\nAll of them.")
    assert small_book.build().status == 0
    assert written() == before
    small_book.edit("src/toy/formulas.py", "left + right", "right + left")
    assert small_book.build().status == 0
    after = written()
    assert all(after[name] > before[name] for name in before)
    small_book.write("data/numbers.txt", "4\n5\n6\n")
    assert small_book.build().status == 0
    assert small_book.archive("adding").read("data/numbers.txt") == b"4\n5\n6\n"
    assert written()["counting"] == after["counting"]


def test_with_an_address_a_bare_notebook_fetches_all_from_there(small_book):
    config = small_book.read("_config.yml")
    small_book.write("_config.yml", config + "site_url: https://book.example/read\n")
    built = small_book.build()
    assert built.status == 0, built.output
    site, base = small_book.root / "_build/html/_notebooks", "https://book.example/read/"
    assert {path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file()} == {
        "adding.ipynb", "counting.ipynb", "toy-0.1-py3-none-any.whl", "data/numbers.txt",
    }  # fmt: skip
    adding = json.loads((site / "adding.ipynb").read_text(encoding="utf-8"))["cells"]
    assert f"[Adding]({base}adding.html)" in "".join(adding[0]["source"])
    install, fetch, *_ = code(adding)
    assert f'"{base}_notebooks/toy-0.1-py3-none-any.whl"' in install
    assert f'"data/numbers.txt": "{base}_notebooks/data/numbers.txt"' in fetch
    ast.parse(fetch)
    page = small_book.page("counting")
    assert 'href="_notebooks/counting.ipynb"' in page
    project = Project(small_book.root)
    with at_home.served(project) as address:
        notebook = at_home.unpacked(project, site / "adding.ipynb", Path(), address)
        there = notebook.cells[2].source
        text = f"{there}\nprint(Path('data/numbers.txt').read_text().split())"
        ran = subprocess.run(
            [sys.executable, "-c", text], cwd=small_book.root / "_build",
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    assert ran.stdout == "['1', '2', '3']\n", ran.stderr


def test_code_without_a_name_to_install_it_by_stops_the_book(small_book):
    small_book.edit("pyproject.toml", 'name = "toy"\n', "")
    built = small_book.build()
    assert built.status != 0
    assert "pyproject.toml:1: notebooks bring toy as a wheel" in built.output


MACHINES = [
    {"sys_platform": "linux", "platform_machine": "x86_64"},
    {"sys_platform": "linux", "platform_machine": "aarch64"},
    {"sys_platform": "darwin", "platform_machine": "arm64"},
    {"sys_platform": "win32", "platform_machine": "AMD64"},
]


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
@pytest.mark.parametrize("machine", MACHINES, ids=lambda m: "-".join(m.values()))
def test_each_import_of_this_book_is_pinned_once_for_each_python_and_machine(python, machine):
    project = Project(REPOSITORY)
    imported = [
        "numpy", "scipy.special", "sympy", "matplotlib.pyplot", "altair", "keras", "sklearn",
        "tensorflow", "threadpoolctl", "font_source_sans_pro", "IPython.display",
    ]  # fmt: skip
    there = {**machine, "python_version": python, "python_full_version": f"{python}.9"}
    pins = [Requirement(pin) for pin in requirements(project, imported)]
    wanted = [pin for pin in pins if pin.marker is None or pin.marker.evaluate(there)]
    x86 = machine == MACHINES[0]
    assert sorted(pin.name for pin in wanted) == sorted(
        ["altair", "font-source-sans-pro", "keras", "matplotlib", "numpy", "scikit-learn", "scipy",
         "sympy", "tensorflow-cpu" if x86 else "tensorflow", "threadpoolctl"]
    )  # fmt: skip
    assert all(re.fullmatch("==[^*]+", str(pin.specifier)) for pin in wanted)


def test_another_name_and_no_pin(tmp_path):
    project = Project(tmp_path)
    (tmp_path / "_config.yml").write_text(
        "bookkeeping:\n  lock: lock.txt\n  distributions: {cat: [small-lion, Fur]}\n"
    )
    (tmp_path / "lock.txt").write_text("fur==2 ; os_name == 'nt' \\\n    --hash=sha256:0\n")
    assert requirements(project, ["cat.paws", "dog"]) == [
        "dog",
        "fur==2; os_name == 'nt'",
        "small-lion",
    ]


def notebook(*outputs):
    cell = nbformat.v4.new_code_cell("x", execution_count=1, outputs=list(outputs))
    return nbformat.v4.new_notebook(cells=[cell])


def test_a_notebook_that_gives_something_else_at_home_is_told():
    six, seven = (nbformat.v4.new_output("stream", text=text) for text in ("6\n", "7\n"))
    chart = nbformat.v4.new_output(
        "display_data", {"text/plain": "a chart", "application/vnd.vegalite.v6+json": {}}
    )
    assert list(at_home.differences(notebook(six), notebook(six, chart))) == []
    (told,) = at_home.differences(notebook(six), notebook(seven))
    assert told == "x\ngave\n['6\\n']\nand now\n['7\\n']"


def test_printed_text_may_arrive_in_pieces():
    whole, first, rest = (
        nbformat.v4.new_output("stream", text=text) for text in ("6\n7\n", "6\n7", "\n")
    )
    value = nbformat.v4.new_output("execute_result", {"text/plain": "8"})
    assert not list(at_home.differences(notebook(whole, value), notebook(first, rest, value)))
    assert list(at_home.differences(notebook(whole, value), notebook(first, value)))


def test_a_commit_tries_a_few_notebooks_in_one_python(small_book):
    project, names = Project(small_book.root), [f"page-{n}" for n in range(30)]
    share = at_home._share(project, names, ["3.11", "3.12", "3.13"])
    assert len({name for name, _ in share}) == at_home.SHARE
    assert len({python for _, python in share}) == 1
    assert share == at_home._share(project, names[::-1], ["3.13", "3.12", "3.11"])
    small_book.write("book/adding.md", small_book.read("book/adding.md") + "\nMore.\n")
    small_book.commit()
    assert share != at_home._share(project, names, ["3.11", "3.12", "3.13"])
