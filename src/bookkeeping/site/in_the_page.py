"""Python in a reader's browser: what the site serves for it, and which pages load a script for it.

Pyodide comes with the browser-side libraries. The packages that run in it are those of this very
environment, each file held against the hash that its wheel came with; of our own code goes along
what `bookkeeping.check.in_a_page` imports. Nothing of it is fetched before a reader asks.
"""

from __future__ import annotations

import ast
import base64
import gzip
import hashlib
import io
import json
import shutil
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging

from bookkeeping.check.attempts import attempts_of
from bookkeeping.project import Project
from bookkeeping.site.pins import requirements
from bookkeeping.site.source_lines import line_of
from bookkeeping.site.state import build_of, page_index
from bookkeeping.site.your_turn import your_turn
from bookkeeping.store import digest, file_digest, write_whole
from bookkeeping.texts import PageError

LOGGER = logging.getLogger(__name__)
CELL = "tag_try-it"  # the class of a cell that can be changed and run
HOUSE = Path(__file__).parents[2]
OURS = "bookkeeping.check.in_a_page"
# What each archive holds beside our own code, which goes with the first.
PACKAGES = {"reader.zip": ("lark",), "sympy.zip": ("mpmath", "sympy")}
# Not every server knows what a module that ends in `.mjs` is.
PYODIDE = {
    "pyodide.mjs": "pyodide.js",
    "pyodide.asm.mjs": "pyodide.asm.js",
    "python_stdlib.zip": "python_stdlib.zip",
}
RUNTIME = "pyodide.asm.wasm"
LEFT_OUT = {"tests", "__pycache__", "benchmarks"}  # folders of a package that nothing imports
KEPT = {".py", ".lark"}
THE_PAST = (1980, 1, 1, 0, 0, 0)  # the first date that an archive can tell
LICENCES = Path(__file__).with_name("licences")


def collect(app: Sphinx, doctree: nodes.document) -> None:
    """Note whether a page needs Python in the browser, and check that its cells can run there."""
    docname = app.env.current_document.docname
    cells = [cell for cell in doctree.findall(nodes.container) if CELL in cell["classes"]]
    if cells or any(True for _ in doctree.findall(your_turn)):
        page_index(app.env).in_the_page[docname] = [cell.astext() for cell in cells]
    for cell in cells:
        code = next(cell.findall(nodes.literal_block))
        for name in sorted(imported(code.astext()) - _at_hand()):
            LOGGER.warning(
                "a cell that readers run in the page imports %s, which is not there: only SymPy, "
                "mpmath and Python's own library are", name, location=(docname, line_of(code)),
                type="bookkeeping", subtype="try",
            )  # fmt: skip


def imported(code: str) -> set[str]:
    """Return the outermost names of the modules that code imports."""
    names = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
    return {name.partition(".")[0] for name in names}


def _at_hand() -> set[str]:
    return {*sys.stdlib_module_names, *PACKAGES["sympy.zip"]}


def add_script(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    """Load the small script and its style sheet on the pages that need them, and on no other."""
    if doctree and pagename in page_index(app.env).in_the_page:
        first, more = megabytes(furnished(build_of(app).project))
        app.add_css_file("in-the-page.css")
        told: dict[str, Any] = {"data-python": first, "data-sympy": more}
        app.add_js_file("python.js", loading_method="defer", **told)


def megabytes(folder: Path) -> tuple[str, str]:
    """Return how much the first answer loads, and how much SymPy adds."""
    sizes = json.loads((folder / "files.json").read_text(encoding="utf-8"))["files"]
    more = sizes["sympy.zip"]
    return f"{(sum(sizes.values()) - more) / 1e6:.1f}", f"{more / 1e6:.1f}"


def copy(app: Sphinx) -> None:
    """Lay into the site what its pages may ask for, where one of them may.

    Whose pages have faults is not published, and they may be those of its boxes.
    """
    static = Path(app.outdir, "_static")
    for name in ("python", "tries"):
        shutil.rmtree(static / name, ignore_errors=True)
    if page_index(app.env).in_the_page:
        project = build_of(app).project
        shutil.copytree(furnished(project), static / "python")
        shutil.copy2(project.web / "katex" / "dist" / "katex.min.js", static / "katex")
    shown = any(page_index(app.env).tries.values()) and not app._warncount
    for label, box in (attempts_of(build_of(app).project) if shown else {}).items():
        write_whole(static / "tries" / f"{label}.json", box)


def furnished(project: Project) -> Path:
    """Return the folder of all that the browser may ask for, made where it is not there yet.

    Raises
    ------
    PageError
        When Pyodide is not there, or a package is not as it was pinned.
    """
    home = project.web / "pyodide"
    if not home.is_dir():
        raise PageError(
            f"_config.yml:1: a page has boxes to try, and {home.relative_to(project.root)} is not "
            "there: `npm ci --prefix web` installs it"
        )
    ours = sorted(_ours(), key=str)
    names = [name for names in PACKAGES.values() for name in names]
    key = digest(
        [file_digest(home / name) for name in (*PYODIDE, RUNTIME, "pyodide-lock.json")],
        [file_digest(path) for path in (*ours, Path(__file__))],
        [metadata.distribution(name).read_text("RECORD") for name in names],
        requirements(project, names),
    )
    kept = project.build / "python"
    folder = kept / key
    if not folder.is_dir():
        made = _make(project, home, ours)
        shutil.rmtree(kept, ignore_errors=True)
        kept.mkdir(parents=True)
        with tempfile.TemporaryDirectory(dir=kept) as room:
            for name, data in made.items():
                write_whole(Path(room, "new", name), data)
            Path(room, "new").rename(folder)
    return folder


def _make(project: Project, home: Path, ours: Iterable[Path]) -> dict[str, bytes]:
    """Return each file that is served, by its name."""
    files = {name: (home / source).read_bytes() for source, name in PYODIDE.items()}
    # Half the size, also where a server sends files as they are.
    files[f"{RUNTIME}.packed"] = gzip.compress((home / RUNTIME).read_bytes(), 9, mtime=0)
    own = {path.relative_to(HOUSE).as_posix(): path.read_bytes() for path in ours}
    for name, packages in PACKAGES.items():
        held = dict(own) if name == "reader.zip" else {}
        for package in packages:
            held |= package_files(project, package)
        files[name] = archive(held)
    lock = json.loads((home / "pyodide-lock.json").read_text(encoding="utf-8"))
    about = {
        "files": {name: len(data) for name, data in sorted(files.items())},
        "lock": {"info": lock["info"], "packages": {}},
    }
    return {**files, "files.json": json.dumps(about, sort_keys=True).encode()}


def archive(files: dict[str, bytes]) -> bytes:
    """Return a zip of these files; two of the same are equal to the byte."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as made:
        for name in sorted(files):
            told = zipfile.ZipInfo(name, THE_PAST)
            made.writestr(told, files[name], zipfile.ZIP_DEFLATED, 9)
    return held.getvalue()


def package_files(project: Project, name: str) -> dict[str, bytes]:
    """Return the files of a package of this environment that its imports may need.

    Raises
    ------
    PageError
        When its version is not the pinned one, or a file is not as its wheel brought it.
    """
    about = metadata.distribution(name)
    pin = requirements(project, [name])[0].partition(";")[0]  # the name alone, where none is
    lock = project.lock.name
    if pin not in {name, f"{name}=={about.version}"}:
        raise PageError(f"{lock}:1: {name} {about.version} is installed, and {pin} is pinned")
    found = {}
    for file in about.files or []:
        path = Path(file)
        inside = path.parts[0] == name and path.suffix in KEPT
        if not inside or not LEFT_OUT.isdisjoint(path.parts):
            continue
        data = Path(str(file.locate())).read_bytes()
        hashed = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")
        if file.hash is None or (file.hash.mode, file.hash.value) != ("sha256", hashed):
            raise PageError(f"{lock}:1: {file} is not as {pin} brought it; install it anew")
        found[path.as_posix()] = data
    return found


def _ours() -> set[Path]:
    """Return the files of our own code that the browser runs, with the grammar beside them.

    Raises
    ------
    PageError
        When one of them imports what a browser has not.
    """
    found: set[Path] = set()
    waiting = [OURS]
    at_hand = {*_at_hand(), "lark", "bookkeeping"}
    while waiting:
        for path in _files_of(waiting.pop()):
            if path in found:
                continue
            found.add(path)
            code = path.read_text(encoding="utf-8")
            for strange in sorted(imported(code) - at_hand):
                raise PageError(f"{path}:1: it runs in a browser, where {strange} is not")
            waiting += _ours_imported(code)
    return found | set((HOUSE / "bookkeeping/check/formulas").glob("*.lark"))


def _ours_imported(code: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("bookkeeping"):
            yield str(node.module)
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _files_of(module: str) -> Iterator[Path]:
    """Yield the file of a module, and those of the packages around it."""
    parts = module.split(".")
    for length in range(1, len(parts) + 1):
        place = HOUSE.joinpath(*parts[:length])
        found = place / "__init__.py", place.with_suffix(".py")
        yield from (path for path in found if path.exists())


def served(project: Project) -> Iterator[tuple[str, str, str]]:
    """Yield name and version, kind of licence and its text, of what runs in the browser."""
    about = project.web / "pyodide" / "package.json"
    if not about.is_file():
        return
    pyodide = json.loads(about.read_text(encoding="utf-8"))
    lock = json.loads(about.with_name("pyodide-lock.json").read_text(encoding="utf-8"))
    yield f"pyodide {pyodide['version']}", "MPL-2.0", _licence("MPL-2.0")
    yield f"Python {lock['info']['python']}, in Pyodide", "PSF-2.0", _licence("PSF-2.0")
    for name in (name for names in PACKAGES.values() for name in names):
        package = metadata.distribution(name)
        texts = [file for file in package.files or [] if file.name in {"LICENSE", "LICENCE"}]
        text = Path(str(texts[0].locate())).read_text(encoding="utf-8").strip() if texts else ""
        yield f"{name} {package.version}", package.metadata["License"], text


def _licence(name: str) -> str:
    return (LICENCES / f"{name}.txt").read_text(encoding="utf-8").strip()
