"""Run the pages that have changed, several at a time, before Sphinx starts."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import nbformat
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellControlSignal
from nbformat import NotebookNode

from bookkeeping.project import Project
from bookkeeping.run import kernel
from bookkeeping.run.addresses import drop_poor_texts, nameless_object
from bookkeeping.run.dependencies import Freshness
from bookkeeping.run.forks import POSSIBLE, ForkProvisioner, ForkServer
from bookkeeping.run.notebooks import KERNEL
from bookkeeping.run.pages import Page, Pages, executed_pages
from bookkeeping.run.progress import Progress
from bookkeeping.run.recolour import NoDrawingError, recolour_output
from bookkeeping.run.told import RAISES
from bookkeeping.texts import PageError

SETUP = "%load_ext bookkeeping.run.kernel"
REPORT = "print(__import__('bookkeeping.run.kernel').run.kernel.report())"
THREADS = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
# What goes through a set goes through it in one order, whatever is computed from it.
STEADY = {**THREADS, "PYTHONHASHSEED": "0", "TF_CPP_MIN_LOG_LEVEL": "3"}
# matplotlib's settings of every page. Without a salt the parts of a drawing are named by chance; a
# setting of the kernel's would be lost to a page whose first figure is drawn in an `rc_context`.
DRAWING = "svg.hashsalt: a book that runs\n"
LONGEST_SOCKET = 90  # characters in the path of a Unix socket, of the 104 that macOS allows
ALONE = " (a page is given the files alone that its front matter declares under `data:`)"
OUTSIDE = "outside"  # the folder in a page's own that holds what it reads from outside the project
SECONDS = "seconds"  # the record of how long each page took when it last ran, whatever its key


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


def run_stale_pages(project: Project, say: Callable[[str], None] = print) -> list[PageRun]:
    """Execute every page whose key has no record, and store what came out.

    Raises
    ------
    PageError
        When a page cannot be read, raises, or uses what its key does not cover; all are tried.
    """
    pages = Pages.of(project).with_code()
    runs: dict[str, PageRun] = {}
    stale = []
    for page in pages:
        record = page.record()
        if record is None:
            stale.append(page)
        else:
            runs[page.docname] = PageRun(page.docname, False, record["seconds"])
    store = executed_pages(project)
    known: dict[str, float] = store.load(SECONDS) or {}
    at_once = workers() + 1  # a kernel that starts or ends mostly waits
    progress = Progress([page.docname for page in stale], known, at_once, say)
    count = f"{len(pages)} with code, {len(stale)} to run, {len(runs)} reused"
    say(f"pages: {count}{progress.left()}")
    failures = asyncio.run(run_all(project, stale, runs, progress, at_once)) if stale else {}
    took = {name: seconds for name, seconds in progress.took.items() if name not in failures}
    if took:
        store.save(SECONDS, {**known, **took})
    if failures:
        raise PageError(
            "\n\n".join(failures[page.docname] for page in stale if page.docname in failures)
        )
    return [runs[page.docname] for page in pages]


async def run_all(
    project: Project, stale: list[Page], runs: dict[str, PageRun], progress: Progress, at_once: int
) -> dict[str, str]:
    """Execute these pages, some at once; return by page what stopped it."""
    turn = asyncio.Semaphore(at_once)
    store = executed_pages(project)
    failures: dict[str, str] = {}

    async def run(number: int, page: Page) -> None:
        async with turn:
            progress.begin(page.docname)
            try:
                record = await _execute(project, page, Path(scratch, str(number)), server)
            except PageError as error:
                failures[page.docname] = str(error)
                progress.finish(page.docname, "failed")
            else:
                progress.finish(page.docname, "executed")
                store.save(page.key, {**record, "seconds": progress.took[page.docname]})
            runs[page.docname] = PageRun(page.docname, True, progress.took[page.docname])

    def length(page: Page) -> tuple[float, int]:
        return progress.expected[page.docname], sum(map(len, page.cells))

    with (
        tempfile.TemporaryDirectory(prefix="book-") as scratch,
        _own_settings(project, scratch),
        _fork_server(scratch) as server,
    ):
        # The longest first, so that none of them is left to run alone at the end.
        ordered = sorted(stale, key=length, reverse=True)
        await asyncio.gather(*(run(number, page) for number, page in enumerate(ordered)))
    return failures


@contextlib.contextmanager
def _own_settings(project: Project, folder: str) -> Iterator[None]:
    """Give kernels one environment: Jupyter's files in this folder, no settings of a reader."""
    before = dict(os.environ)
    drawing = Path(folder, "matplotlibrc")
    drawing.write_text(DRAWING, encoding="utf-8")
    os.environ.update(
        dict.fromkeys(("IPYTHONDIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR"), folder)
    )
    os.environ["JUPYTER_PLATFORM_DIRS"] = "1"
    os.environ["MATPLOTLIBRC"] = str(drawing)
    os.environ[kernel.ROOT_VARIABLE] = str(project.root)
    os.environ[kernel.CHECK_VARIABLE] = project.figure_check
    # From where pages run, an entry would be another folder, and an empty one that very folder.
    paths = [str(project.source), *before.get("PYTHONPATH", "").split(os.pathsep)]
    os.environ["PYTHONPATH"] = os.pathsep.join(map(os.path.abspath, filter(None, paths)))
    os.environ.update(STEADY)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _fork_server(folder: str) -> contextlib.AbstractContextManager[ForkServer | None]:
    """Return the server that kernels are forked from, or nothing where they are started anew."""
    if not POSSIBLE:
        return contextlib.nullcontext()
    return ForkServer(dict(os.environ), Path(folder, "server.log"))


async def _execute(
    project: Project, page: Page, scratch: Path, server: ForkServer | None
) -> dict[str, Any]:
    """Run the page's cells in a kernel of its own and return what to store.

    It runs in a folder that holds nothing but the data that the page declares, since not every use
    of a file can be watched.
    """
    folder = Path(f"{scratch}.book")
    _lay_out(project, page.data, folder)
    variables = _bring_in(page, folder)
    cells = [nbformat.v4.new_code_cell(code) for code in [SETUP, *page.cells, REPORT]]
    for cell, raises in zip(cells[1:-1], page.raising, strict=True):
        cell.metadata["tags"] = [RAISES] if raises else []
    notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": KERNEL})
    client = NotebookClient(
        notebook,
        km=_kernel_manager(project, page, scratch, server, variables),
        timeout=project.config.get("execute", {}).get("timeout", 120),
        record_timing=False,
        shutdown_kernel="immediate",
        resources={"metadata": {"path": str(folder)}},
    )
    begun: list[int] = []
    client.on_cell_start = lambda cell, cell_index: begun.append(cell_index)
    log = scratch.with_suffix(".log")
    try:
        with log.open("wb") as stderr:
            environment = {**os.environ, **variables}
            await client.async_execute(env=environment, stderr=stderr, cleanup_kc=True)
    except (CellControlSignal, RuntimeError) as error:
        reason = f"{error}\n{log.read_text(encoding='utf-8', errors='replace')}"
        raise PageError(_failure(page, notebook, begun, reason)) from error
    # An object that cannot show itself (a figure, say) leaves an error among the outputs only.
    if any(_raised(cell) and RAISES not in cell.metadata["tags"] for cell in cells[1:-1]):
        raise PageError(_failure(page, notebook, begun))
    _check_raising(page, cells[1:-1])
    for output in filter(_is_error, (output for cell in cells for output in cell.outputs)):
        _shorten(output, [client.resources["metadata"]["path"], str(project.root)])
    used = json.loads(cells[-1].outputs[0]["text"])
    _check_coverage(project, page, used)
    outputs = [
        _kept(project, page, line, cell.outputs)
        for line, cell in zip(page.lines, cells[1:-1], strict=True)
    ]
    _check_addresses(page, outputs)
    return {
        "outputs": outputs,
        "language_info": notebook.metadata["language_info"],
        "top_level": used["top_level"],
    }


def _lay_out(project: Project, data: list[str], folder: Path) -> None:
    """Fill the folder in which a page runs."""
    folder.mkdir()
    for name in data:
        copy = folder / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(project.root / name, copy)


def _bring_in(page: Page, folder: Path) -> dict[str, str]:
    """Put a page's data from outside into its folder; return what each variable says to it.

    They name files as they lie in the folder, the same on every machine. One that the page does not
    declare, or that stands for nothing here, is empty.
    """
    variables = dict.fromkeys(page.project.outside, "")
    for variable, file in page.outside.items():
        if file is not None:
            copy = folder / OUTSIDE / variable / file.name
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, copy)
            variables[variable] = copy.relative_to(folder).as_posix()
    return variables


def _kernel_manager(
    project: Project,
    page: Page,
    scratch: Path,
    server: ForkServer | None,
    variables: dict[str, str],
) -> AsyncKernelManager:
    """Return a manager of a kernel that runs on this very Python, whatever else is installed."""
    manager = AsyncKernelManager(
        connection_file=f"{scratch}.json", kernel_spec_manager=KernelSpecManager(kernel_dirs=[])
    )
    # IPC is quieter and cannot be reached from elsewhere; Windows has only TCP.
    if os.name != "nt" and len(str(scratch)) < LONGEST_SOCKET:
        manager.transport, manager.ip = "ipc", str(scratch)
    if server is not None:
        provisioner = ForkProvisioner(kernel_spec=manager.kernel_spec, parent=manager)
        provisioner.server = server
        provisioner.variables = variables
        provisioner.imports = Freshness.of(project).installed(page.cells, page.watched)
        manager.provisioner = provisioner
    return manager


def _is_error(output: NotebookNode) -> bool:
    return bool(output.output_type == "error")


def _raised(cell: NotebookNode) -> bool:
    """Whether a cell left an exception among its outputs."""
    return any(map(_is_error, cell.outputs))


def _check_raising(page: Page, cells: list[NotebookNode]) -> None:
    """Refuse a page whose complaint is no longer made."""
    silent = [
        f"{page.name}:{line}: the cell is tagged {RAISES} and raises none; take the tag away"
        for line, cell, raises in zip(page.lines, cells, page.raising, strict=True)
        if raises and not _raised(cell)
    ]
    if silent:
        raise PageError("\n\n".join(silent))


def _kept(project: Project, page: Page, line: int, outputs: list[Any]) -> list[Any]:
    """Return the outputs a reader should see: no warnings of the kernel, drawings adapted."""
    kept = _joined([dict(output) for output in outputs if output.get("name") != "stderr"])
    for output in kept:
        output.pop("execution_count", None)
        if output["output_type"] == "execute_result":
            output["execution_count"] = None
        try:
            recolour_output(output, project.own.get("figure_colours", {}))
        except NoDrawingError as error:
            raise PageError(f"{page.name}:{line}: {error}") from error
        drop_poor_texts(output)
    return kept


def _shorten(error: NotebookNode, folders: list[str]) -> None:
    """Leave the last line of a traceback, and in it no folder of this machine."""
    said = _plain(error["evalue"])
    for folder in folders:
        said = said.replace(f"{folder}{os.sep}", "")
    error["evalue"] = said
    error["traceback"] = [f"{error['ename']}: {said}" if said else error["ename"]]


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
    failures = [
        f"{page.name}:{line}: the cell shows an object by its address ({what} at 0x…), which is "
        "another one in every build; end the cell in `;`, or give the class a `__repr__`"
        for line, shown in zip(page.lines, outputs, strict=True)
        for what in filter(None, map(nameless_object, shown))
    ]
    if failures:
        raise PageError("\n\n".join(failures))


def _check_coverage(project: Project, page: Page, used: dict[str, Any]) -> None:
    """Refuse a page that used something which, when edited, would not run it again."""
    hidden = [name for name in used["loaded"] if project.root / name not in page.watched]
    if hidden:
        raise PageError(
            f"{page.name}:1: the page loads {', '.join(hidden)} in a way that its imports do not "
            f"show; import it by name from {project.source.name}/, so that an edit of it runs the "
            "page again."
        )
    if page.key_by(Freshness(project)) != page.key:
        raise PageError(
            f"{page.name}:1: a module or a file that the page uses was edited while it ran; build "
            "the book again."
        )


def _plain(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def _failure(
    page: Page, notebook: nbformat.NotebookNode, begun: list[int], reason: str = ""
) -> str:
    """Say on which line of the page a cell failed, and show its own traceback."""
    for number, cell in enumerate(notebook.cells[1:-1]):
        for output in cell.get("outputs", []):
            if output.output_type == "error" and not page.raising[number]:
                traceback = _plain("\n".join(output.traceback))
                # The cell that is named first began it; the set-up cell has number one.
                inside = re.search(r"Cell In\[(\d+)\], line (\d+)", traceback)
                cell_number, below = map(int, inside.groups()) if inside else (number + 2, 1)
                line = page.lines[cell_number - 2] + below - 1
                hint = ALONE if "No such file" in output.evalue else ""
                return (
                    f"{page.name}:{line}: a cell raised {output.ename}: {output.evalue}{hint}"
                    f"\n{traceback}"
                )
    last = min(max(begun, default=1), len(page.lines))
    return f"{page.name}:{page.lines[last - 1]}: the page did not finish: {_plain(reason).strip()}"
