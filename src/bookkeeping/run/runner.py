"""Run the pages that have changed, several at a time, before Sphinx starts."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import nbformat
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellControlSignal

from bookkeeping.project import Project
from bookkeeping.run import kernel
from bookkeeping.run.addresses import drop_poor_texts, nameless_object
from bookkeeping.run.dependencies import Freshness
from bookkeeping.run.notebooks import (
    KERNEL,
    PageError,
    cell_lines,
    code_cells,
    declared_data,
    executed_pages,
    load_page,
    page_key,
    sources,
)
from bookkeeping.run.recolour import recolour_output

SETUP = "%load_ext bookkeeping.run.kernel"
REPORT = "print(__import__('bookkeeping.run.kernel').run.kernel.report())"
THREADS = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
# What goes through a set goes through it in one order, whatever is computed from it.
STEADY = {**THREADS, "PYTHONHASHSEED": "0", "TF_CPP_MIN_LOG_LEVEL": "3"}
# matplotlib's settings of every page. Without a salt the parts of a drawing are named by chance; a
# setting of the kernel's would be lost to a page whose first figure is drawn in an `rc_context`.
DRAWING = "svg.hashsalt: a book that runs\n"
LONGEST_SOCKET = 90  # characters in the path of a Unix socket, of the 104 that macOS allows


class Page(NamedTuple):
    """A page that has code: where it stands and under which key its outputs are kept."""

    name: str  # as messages name it: book/foundations/shells.md
    docname: str
    path: Path
    notebook: nbformat.NotebookNode
    key: str


class PageRun(NamedTuple):
    """What became of a page in this build."""

    docname: str
    executed: bool
    seconds: float


def workers() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def pages_with_code(project: Project, freshness: Freshness) -> list[Page]:
    """Return every page of the book that has code cells.

    Raises
    ------
    PageError
        When a page cannot be read, is not Python or declares data that is not there.
    """
    pages, failures = [], []
    for docname in project.docnames:
        path = project.page(docname)
        if not path.exists():
            continue  # Sphinx says so, with the line of _toc.yml
        name = path.relative_to(project.root).as_posix()
        try:
            notebook = load_page(path, name)
            for data in declared_data(notebook):
                if not (project.root / data).is_file():
                    line = _line_of(path, data)
                    raise PageError(
                        f"{name}:{line}: the page declares data that is not there: {data}"
                    )
            if code_cells(notebook):
                key = page_key(freshness, notebook)
                pages.append(Page(name, docname, path, notebook, key))
        except SyntaxError as error:
            failures.append(_syntax_message(name, path, notebook, error))
        except PageError as error:
            failures.append(str(error))
    if failures:
        raise PageError("\n\n".join(failures))
    return pages


def _line_of(path: Path, text: str) -> int:
    """Return the first line of a page that holds this text, or 1."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return next((number for number, line in enumerate(lines, 1) if text in line), 1)


def run_stale_pages(project: Project, say: Callable[[str], None] = print) -> list[PageRun]:
    """Execute every page whose key has no record, and store what came out.

    Raises
    ------
    PageError
        When a page raises, or uses what its key does not cover; all pages are tried first.
    """
    pages = pages_with_code(project, Freshness.of(project))
    store = executed_pages(project)
    runs: dict[str, PageRun] = {}
    stale = []
    for page in pages:
        record = store.load(page.key)
        if record is None:
            stale.append(page)
        else:
            runs[page.docname] = PageRun(page.docname, False, record["seconds"])
    say(f"pages: {len(pages)} with code, {len(stale)} to run, {len(runs)} reused")
    failures = asyncio.run(_run_all(project, stale, runs, say)) if stale else []
    if failures:
        raise PageError("\n\n".join(failures))
    return [runs[page.docname] for page in pages]


async def _run_all(
    project: Project, stale: list[Page], runs: dict[str, PageRun], say: Callable[[str], None]
) -> list[str]:
    # One more than there are cores: a kernel that starts or ends mostly waits.
    turn = asyncio.Semaphore(workers() + 1)
    finished = 0
    failures: dict[int, str] = {}

    async def run(number: int, page: Page) -> None:
        nonlocal finished
        async with turn:
            started = time.perf_counter()
            try:
                record = await _execute(project, page, Path(scratch, str(number)))
            except PageError as error:
                failures[number] = str(error)
                outcome = "failed"
            else:
                outcome = "executed"
                record["seconds"] = time.perf_counter() - started
                executed_pages(project).save(page.key, record)
            seconds = time.perf_counter() - started
            runs[page.docname] = PageRun(page.docname, True, seconds)
            finished += 1
            say(f"  [{finished}/{len(stale)}] {page.docname:<40} {outcome} {seconds:6.1f} s")

    with tempfile.TemporaryDirectory(prefix="book-") as scratch, _own_settings(scratch):
        # The longest first, so that none of them is left to run alone at the end.
        numbered = sorted(enumerate(stale), key=lambda item: -_length(item[1]))
        await asyncio.gather(*(run(number, page) for number, page in numbered))
    return [failures[number] for number in sorted(failures)]


def _length(page: Page) -> int:
    return sum(map(len, sources(page.notebook)))


@contextlib.contextmanager
def _own_settings(folder: str) -> Iterator[None]:
    """Keep Jupyter's files in this folder, and the reader's own settings out of the pages."""
    before = dict(os.environ)
    drawing = Path(folder, "matplotlibrc")
    drawing.write_text(DRAWING, encoding="utf-8")
    os.environ.update(
        dict.fromkeys(("IPYTHONDIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR"), folder)
    )
    os.environ["JUPYTER_PLATFORM_DIRS"] = "1"
    os.environ["MATPLOTLIBRC"] = str(drawing)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


async def _execute(project: Project, page: Page, scratch: Path) -> dict[str, Any]:
    """Run the page's cells in a kernel of its own and return what to store."""
    cells = [nbformat.v4.new_code_cell(code) for code in [SETUP, *sources(page.notebook), REPORT]]
    notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": KERNEL})
    client = NotebookClient(
        notebook,
        km=_kernel_manager(scratch),
        timeout=project.config.get("execute", {}).get("timeout", 120),
        record_timing=False,
        shutdown_kernel="immediate",
        resources={"metadata": {"path": str(project.root)}},
    )
    begun: list[int] = []
    client.on_cell_start = lambda cell, cell_index: begun.append(cell_index)
    environment = {
        **os.environ,
        **STEADY,
        kernel.ROOT_VARIABLE: str(project.root),
        kernel.CHECK_VARIABLE: project.figure_check,
        "PYTHONPATH": os.pathsep.join([str(project.source), os.environ.get("PYTHONPATH", "")]),
    }
    log = scratch.with_suffix(".log")
    try:
        with log.open("wb") as stderr:
            await client.async_execute(env=environment, stderr=stderr, cleanup_kc=True)
    except (CellControlSignal, RuntimeError) as error:
        reason = f"{error}\n{log.read_text(encoding='utf-8', errors='replace')}"
        raise PageError(_failure(page, notebook, begun, reason)) from error
    # An object that cannot show itself (a figure, say) leaves an error among the outputs only.
    if any(output.output_type == "error" for cell in cells for output in cell.outputs):
        raise PageError(_failure(page, notebook, begun))
    used = json.loads(cells[-1].outputs[0]["text"])
    _check_coverage(project, page, used)
    outputs = [_kept(project, cell.outputs) for cell in cells[1:-1]]
    _check_addresses(page, outputs)
    return {
        "outputs": outputs,
        "language_info": notebook.metadata["language_info"],
        "top_level": used["top_level"],
    }


def _kernel_manager(scratch: Path) -> AsyncKernelManager:
    """Return a manager of a kernel that runs on this very Python, whatever else is installed."""
    manager = AsyncKernelManager(
        connection_file=f"{scratch}.json", kernel_spec_manager=KernelSpecManager(kernel_dirs=[])
    )
    # IPC is quieter and cannot be reached from elsewhere; Windows has only TCP.
    if os.name != "nt" and len(str(scratch)) < LONGEST_SOCKET:
        manager.transport, manager.ip = "ipc", str(scratch)
    return manager


def _kept(project: Project, outputs: list[Any]) -> list[Any]:
    """Return the outputs a reader should see: no warnings of the kernel, drawings adapted."""
    kept = _joined([dict(output) for output in outputs if output.get("name") != "stderr"])
    for output in kept:
        output.pop("execution_count", None)
        if output["output_type"] == "execute_result":
            output["execution_count"] = None
        recolour_output(output, project.own.get("figure_colours", {}))
        drop_poor_texts(output)
    return kept


def _joined(outputs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Put printed text together that a busy kernel sent in pieces, cut where it happened to be."""
    joined: list[dict[str, Any]] = []
    for output in outputs:
        if joined and output["output_type"] == joined[-1]["output_type"] == "stream":
            joined[-1]["text"] += output["text"]
        else:
            joined.append(output)
    return joined


def _check_addresses(page: Page, outputs: list[list[dict[str, Any]]]) -> None:
    """Refuse a page that shows an address in memory, which would be another in every build."""
    lines = cell_lines(page.path.read_text(encoding="utf-8"), page.notebook)
    failures = [
        f"{page.name}:{line}: the cell shows an object by its address ({what} at 0x…), which is "
        "another one in every build; end the cell in `;`, or give the class a `__repr__`"
        for line, shown in zip(lines, outputs, strict=True)
        for what in filter(None, map(nameless_object, shown))
    ]
    if failures:
        raise PageError("\n\n".join(failures))


def _check_coverage(project: Project, page: Page, used: dict[str, Any]) -> None:
    """Refuse a page that used something which, when edited, would not run it again."""
    undeclared = set(used["read"]) - set(declared_data(page.notebook))
    if undeclared:
        raise PageError(
            f"{page.name}:1: the page reads {', '.join(sorted(undeclared))} without declaring it; "
            "name it in the front matter under `data:`, so that an edit of it runs the page again."
        )
    freshness = Freshness.of(project)
    expected = freshness.page_files(sources(page.notebook))
    hidden = [name for name in used["modules"] if freshness.module_file(name) not in expected]
    if hidden:
        raise PageError(
            f"{page.name}:1: the page loads {', '.join(hidden)} in a way that its imports do not "
            f"show; import it by name from {project.source.name}/, so that an edit of it runs the "
            "page again."
        )


def _plain(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def _failure(
    page: Page, notebook: nbformat.NotebookNode, begun: list[int], reason: str = ""
) -> str:
    """Say on which line of the page a cell failed, and show its own traceback."""
    lines = cell_lines(page.path.read_text(encoding="utf-8"), page.notebook)
    for number, cell in enumerate(notebook.cells[1:-1]):
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                traceback = _plain("\n".join(output.traceback))
                # The cell that is named first began it; the set-up cell has number one.
                inside = re.search(r"Cell In\[(\d+)\], line (\d+)", traceback)
                cell_number, below = map(int, inside.groups()) if inside else (number + 2, 1)
                line = lines[cell_number - 2] + below - 1
                return (
                    f"{page.name}:{line}: a cell raised {output.ename}: {output.evalue}"
                    f"\n{traceback}"
                )
    last = min(max(begun, default=1), len(lines))
    return f"{page.name}:{lines[last - 1]}: the page did not finish: {_plain(reason).strip()}"


def _syntax_message(
    name: str, path: Path, notebook: nbformat.NotebookNode, error: SyntaxError
) -> str:
    """Say on which line of the page the code is not Python."""
    starts = cell_lines(path.read_text(encoding="utf-8"), notebook)
    passed = 0
    for start, code in zip(starts, sources(notebook), strict=True):
        length = len(code.splitlines()) or 1
        if (error.lineno or 1) <= passed + length:
            return f"{name}:{start + (error.lineno or 1) - passed - 1}: not Python: {error.msg}"
        passed += length
    return f"{name}:1: not Python: {error.msg}"
