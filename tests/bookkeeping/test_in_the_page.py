"""What runs in a reader's browser: which files go there, and what they say when they are asked."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import subprocess
import zipfile
from pathlib import Path

import pytest

from bookkeeping.check.in_a_page import run
from bookkeeping.project import Project
from bookkeeping.site import in_the_page
from bookkeeping.site.katex import node_binary
from bookkeeping.texts import PageError

REPOSITORY = Path(__file__).parents[2]
BOOK = Project(REPOSITORY)
STATIC = Path(in_the_page.__file__).with_name("static")
# Says of each example what the script of the page makes of it.
PLAINLY = """
import { readFileSync } from "node:fs";
const code = readFileSync(process.argv[1], "utf8");
const { toTex } = await import(`data:text/javascript,${encodeURIComponent(code)}`);
const examples = JSON.parse(readFileSync(process.argv[2], "utf8"));
console.log(JSON.stringify(examples.map(({ typed, table }) => toTex(typed, table))));
"""
REMARKS = """
import { readFileSync } from "node:fs";
const code = readFileSync(process.argv[1], "utf8");
const { remarks } = await import(`data:text/javascript,${encodeURIComponent(code)}`);
const table = { "*": "\\\\odot" };
console.log(JSON.stringify(JSON.parse(process.argv[2]).map((typed) => remarks(typed, table))));
"""


def told(code):
    """What a cell gives, pieces of print put together."""
    found: list[tuple[str, str]] = []
    run(code, lambda *said: found.append(said))
    joined: list[tuple[str, str]] = []
    for kind, text in found:
        if joined and kind == joined[-1][0] == "printed":
            joined[-1] = (kind, joined[-1][1] + text)
        else:
            joined.append((kind, text))
    return joined


def test_the_page_reads_what_is_typed_plainly_as_python_does():
    examples = Path(__file__).with_name("plain_forms.json")
    made = subprocess.run(
        [node_binary(), "--input-type=module", "-e", PLAINLY, STATIC / "plain-form.js", examples],
        capture_output=True, text=True, encoding="utf-8", check=True,
    )  # fmt: skip
    wanted = json.loads(examples.read_text(encoding="utf-8"))
    assert json.loads(made.stdout) == [example["tex"] for example in wanted]


def test_what_may_be_otherwise_than_meant_is_remarked():
    """A bracket that is left open, and a stroke of which it is open how far it reaches."""
    loose = [
        "w^T SB w / w^T SW w", "w' * SB * w / w' * SW * w", "w.T @ SB @ w / n @ SW",
        "n_0 n_1 / n m_1", "2 (a b / c d)", "1 / w^T SW w", "n_0 n_1 / n (n - 2)",
    ]  # fmt: skip
    clear = [
        "w^T SB w / (w^T SW w)", "1/2 x", "1/n V S", "a b / 2 c", "a / b + c d", "a * b / c * d",
        "df/dx dx/dy", "q o df/dx dx/dy", "∂f/∂x ∂x/∂y", r"w / v S", "a b / c", "",
    ]  # fmt: skip
    opened = ["(a + b", r"\left( a", "tanh(c(t)"]
    closed = ["a + b)", r"\frac{1}{2} )"]
    wanted = [*["A stroke"] * len(loose), *[None] * len(clear),
              *["A bracket is not closed."] * 3, *["A bracket is closed"] * 2]  # fmt: skip
    made = subprocess.run(
        [node_binary(), "--input-type=module", "-e", REMARKS, STATIC / "plain-form.js",
         json.dumps([*loose, *clear, *opened, *closed])],
        capture_output=True, text=True, encoding="utf-8", check=True,
    )  # fmt: skip
    for found, says in zip(json.loads(made.stdout), wanted, strict=True):
        assert len(found) == (says is not None)
        assert not found or found[0].startswith(says)


@pytest.mark.parametrize(
    ("code", "gives"),
    [
        ("print(1)\nx = 2\nx + 1", [("printed", "1\n"), ("text", "3")]),
        ("x = 2\nx + 1;", []),
        ("None", []),
        ("", []),
        ("display(2)\nprint(3)", [("text", "2"), ("printed", "3\n")]),
        (
            "from sympy import *\nx = Symbol('x')\ndiff(sin(x), x)",
            [("latex", r"\cos{\left(x \right)}")],
        ),
    ],
)
def test_a_cell_gives_what_a_notebook_would(code, gives):
    assert told(code) == gives


def test_a_cell_complains_from_its_own_lines_on():
    (printed, (kind, text)) = told("print('so far')\ndef f():\n    1 / 0\nf()")
    assert printed == ("printed", "so far\n")
    assert kind == "error"
    lines = [line for line in text.splitlines() if "File" in line]
    assert lines == ['  File "<cell>", line 4, in <module>', '  File "<cell>", line 3, in f']
    assert text.endswith("ZeroDivisionError: division by zero")
    assert told("x = (")[0][1].endswith("SyntaxError: '(' was never closed")


def test_all_that_the_judge_imports_goes_along_and_nothing_of_numpy():
    names = {path.relative_to(in_the_page.HOUSE).as_posix() for path in in_the_page._ours()}
    check = "bookkeeping/check"
    for module in ("in_a_page", "trying", "proving", "formulas/reading", "formulas/plain"):
        assert f"{check}/{module}.py" in names
    assert f"{check}/formulas/grammar.lark" in names
    assert not names & {f"{check}/arrays.py", f"{check}/attempts.py", "bookkeeping/project.py"}


def test_a_judge_that_imports_numpy_is_refused(monkeypatch):
    monkeypatch.setattr(in_the_page, "OURS", "bookkeeping.check.arrays")
    with pytest.raises(PageError, match="it runs in a browser, where numpy is not"):
        in_the_page._ours()


def test_an_archive_of_the_same_files_is_the_same_to_the_byte():
    files = {"b/two.py": b"2", "a.py": b"1" * 1000}
    made = in_the_page.archive(files)
    assert made == in_the_page.archive(dict(reversed(files.items())))
    with zipfile.ZipFile(io.BytesIO(made)) as held:
        assert held.namelist() == sorted(files)
        assert held.read("a.py") == files["a.py"]


class Installed:
    """A package in a folder, as `importlib.metadata` tells of it."""

    version = "1.3.1"

    def __init__(self, folder, files):
        self.files = []
        for name, data in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            value = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")
            digest = type("Hash", (), {"mode": "sha256", "value": value})
            told = type("File", (), {"hash": digest, "locate": lambda self, path=path: path,
                                     "__fspath__": lambda self, name=name: name})  # fmt: skip
            self.files.append(told())


@pytest.fixture
def lark(tmp_path, monkeypatch):
    names = ("lark/__init__.py", "lark/python.lark", "lark/tests/test.py", "lark/a.so", "other.py")
    made = Installed(tmp_path, dict.fromkeys(names, b"pass\n"))
    monkeypatch.setattr(in_the_page.metadata, "distribution", lambda name: made)
    return made


def test_of_a_package_goes_what_its_imports_need(lark):
    files = in_the_page.package_files(BOOK, "lark")
    assert files == dict.fromkeys(("lark/__init__.py", "lark/python.lark"), b"pass\n")


def test_a_package_that_is_not_as_it_was_pinned_is_refused(lark, tmp_path):
    (tmp_path / "lark/__init__.py").write_bytes(b"changed\n")
    with pytest.raises(PageError, match="is not as lark==1"):
        in_the_page.package_files(BOOK, "lark")
    lark.version = "1.3.0"
    with pytest.raises(PageError, match="0 is installed, and lark==1"):
        in_the_page.package_files(BOOK, "lark")


def test_each_thing_that_runs_in_the_browser_has_its_licence_told():
    served = list(in_the_page.served(BOOK))
    kinds = {name.partition(" ")[0]: kind for name, kind, _ in served}
    assert kinds == {
        "pyodide": "MPL-2.0", "Python": "PSF-2.0", "lark": "MIT", "mpmath": "BSD", "sympy": "BSD",
    }  # fmt: skip
    assert all(len(text) > 500 for *_, text in served)


def test_a_page_loads_the_script_where_it_has_a_cell_to_try_and_no_other_does(small_book):
    cell = "\n```{code-cell} python\n:tags: [try-it]\nimport sympy\nprint(sympy.pi.n(5))\n```\n"
    small_book.edit("book/adding.md", "# Adding\n", f"# Adding\n{cell}")
    built = small_book.build()
    assert built.status == 0, built.output
    assert "python.js" in small_book.page("adding")
    assert "in-the-page.css" in small_book.page("adding")
    assert "python.js" not in small_book.page("counting")
    static = small_book.root / "_build/html/_static"
    about = json.loads((static / "python/files.json").read_text(encoding="utf-8"))
    there = {path.name: path.stat().st_size for path in (static / "python").iterdir()}
    assert about["files"] == {n: size for n, size in there.items() if n != "files.json"}
    assert (static / "katex/katex.min.js").is_file()
    # NumPy is not where readers run it.
    small_book.edit("book/adding.md", "import sympy\n", "import numpy, sympy\n")
    built = small_book.build()
    assert built.status == 1
    assert "a cell that readers run in the page imports numpy, which is not there" in built.output
