"""Loaded into the kernel that runs a page: checked figures, a record of what the page touched."""

from __future__ import annotations

import builtins
import dis
import importlib
import json
import os
import sys
import sysconfig
import warnings
from pathlib import Path
from typing import Any

ROOT_VARIABLE = "BOOKKEEPING_ROOT"
CHECK_VARIABLE = "BOOKKEEPING_CHECK_FIGURE"  # "module:function", or nothing
CHART = "application/vnd.vegalite.v6+json"
STEPS = "application/vnd.book.steps+json"
CHART_KINDS = ("Chart", "LayerChart", "HConcatChart", "VConcatChart", "ConcatChart", "FacetChart")
IMPORT_STATEMENT = dis.opmap["IMPORT_NAME"]
_opened: set[str] = set()
_imported: dict[str, set[str]] = {}  # by an importing module, what it imports
_import = builtins.__import__


def record_imports() -> None:
    """Remember from now on who imports what, also where it has been imported before."""
    if builtins.__import__ is _import:
        builtins.__import__ = _import_and_remember


def _import_and_remember(
    name: str, globals: Any = None, locals: Any = None, fromlist: Any = (), level: int = 0
) -> Any:
    __tracebackhide__ = True  # no part of what a page is told
    module = _import(name, globals, locals, fromlist, level)
    caller = sys._getframe(1)
    # Not where something is imported on behalf of another: by the machinery of imports itself, or
    # by NumPy when SciPy has it add to its docstrings.
    if caller.f_code.co_code[caller.f_lasti] == IMPORT_STATEMENT:
        found = str(getattr(module, "__name__", name)) if fromlist else name
        parts = {f"{found}.{part}" for part in fromlist or ()} & sys.modules.keys()
        _imported.setdefault(str(caller.f_globals.get("__name__")), set()).update({found}, parts)
    return module


def _reached(module: str) -> set[str]:
    """Return the top-level modules that a module imports, or what it imports does."""
    reached: set[str] = set()
    names = {module}
    while names:
        reached |= names
        deeper = {name for known in names for name in _imported.get(known, ())}
        packages = {name[:end] for name in deeper for end in range(len(name)) if name[end] == "."}
        names = (deeper | packages) - reached
    return {name.partition(".")[0] for name in reached - {module}}


def _remember(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "open" and isinstance(arguments[0], (str, bytes)):
        mode = arguments[1]
        if not isinstance(mode, str) or "r" in mode:
            _opened.add(os.path.abspath(os.fsdecode(arguments[0])))


def _is_data(path: Path, root: Path) -> bool:
    """Whether the file is the project's own, and neither code nor something made."""
    return _is_ours(path, root) and path.suffix not in {".py", ".pyc"} and path.is_file()


def _is_ours(path: Path, root: Path) -> bool:
    """Whether the file belongs to the project, and was neither made nor installed."""
    if not path.is_relative_to(root) or path.is_relative_to(sys.prefix):
        return False
    return not {"_build", ".nox", ".venv", "__pycache__", "site-packages"} & set(
        path.relative_to(root).parts
    )


def report() -> str:
    """Say as JSON which of the project's files and which modules the page has used."""
    root = Path(os.environ[ROOT_VARIABLE]).resolve()
    read = {path for name in list(_opened) if _is_data(path := Path(name).resolve(), root)}
    places = sysconfig.get_paths()  # thousands of files, and none of them ours
    installed = tuple(places[name] for name in ("stdlib", "platstdlib", "purelib", "platlib"))
    files = {
        name: file
        for name, module in list(sys.modules.items())
        if isinstance(file := getattr(module, "__file__", None), str)
        and not file.startswith(installed)
    }
    ours = [name for name, file in files.items() if _is_ours(Path(file).resolve(), root)]
    return json.dumps(
        {
            "read": sorted(path.relative_to(root).as_posix() for path in read),
            "modules": sorted(name for name in ours if not name.startswith("bookkeeping")),
            "top_level": sorted(_reached("__main__")),
        }
    )


def _specification(chart: Any, include: Any = None, exclude: Any = None) -> dict[str, Any]:
    """Show an Altair chart as what it is, without the page that Altair would put around it."""
    return {CHART: chart.to_dict(), "text/plain": "a chart"}


class FigureError(Exception):
    """A figure that the book's own check of figures finds fault with."""


def _checked(figure: Any, include: Any = None, exclude: Any = None) -> dict[str, Any]:
    """Refuse a figure that the book's check says something about; add nothing to one that is well.

    Raises
    ------
    FigureError
        With the sentences of the check.
    """
    module, _, name = os.environ[CHECK_VARIABLE].partition(":")
    if found := getattr(importlib.import_module(module), name)(figure):
        raise FigureError(" ".join(found))
    return {}


def load_ipython_extension(shell: Any) -> None:
    """Set the kernel up: vector figures of one size and name, and numerical trouble made loud."""
    record_imports()
    sys.addaudithook(_remember)
    warnings.filterwarnings("error", category=RuntimeWarning)
    shell.run_line_magic("config", "InlineBackend.figure_formats = ['svg']")
    shell.run_line_magic(
        "config",
        "InlineBackend.print_figure_kwargs = "
        "{'bbox_inches': None, 'facecolor': 'none', 'metadata': {'Date': None, 'Creator': None}}",
    )
    bundles = shell.display_formatter.mimebundle_formatter
    for kind in CHART_KINDS:
        bundles.for_type_by_name("altair.vegalite.v6.api", kind, _specification)
    if os.environ.get(CHECK_VARIABLE):
        bundles.for_type_by_name("matplotlib.figure", "Figure", _checked)
