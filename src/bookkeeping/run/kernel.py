"""Loaded into the kernel that runs a page: checked figures, a record of what the page touched."""

from __future__ import annotations

import importlib
import json
import os
import warnings
from pathlib import Path
from typing import Any

from bookkeeping.run import touched

ROOT_VARIABLE = "BOOKKEEPING_ROOT"
CHECK_VARIABLE = "BOOKKEEPING_CHECK_FIGURE"  # "module:function", or nothing
CHART = "application/vnd.vegalite.v6+json"
STEPS = "application/vnd.book.steps+json"
CHART_KINDS = ("Chart", "LayerChart", "HConcatChart", "VConcatChart", "ConcatChart", "FacetChart")


def report() -> str:
    """Say as JSON which files of the project the page has executed, and which packages."""
    root = Path(os.environ[ROOT_VARIABLE]).resolve()
    packages = {name.partition(".")[0] for name in touched.reached(["__main__"])} - {"__main__"}
    return json.dumps({"loaded": touched.loaded(root), "top_level": sorted(packages)})


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
    touched.record_imports()
    touched.watch(Path(os.environ[ROOT_VARIABLE]), Path.cwd())
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
