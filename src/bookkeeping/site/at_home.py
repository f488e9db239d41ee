"""Try the notebooks of the built site as a reader does: in an empty folder and environment.

Each gets a fresh virtual environment that holds a kernel and no more, and runs as it stands, with
the cell that installs what it needs. uv stands in for pip, since it keeps what it has fetched.
"""

from __future__ import annotations

import asyncio
import functools
import hashlib
import http.server
import itertools
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import nbformat
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode

from bookkeeping.project import Project
from bookkeeping.run.pages import Page
from bookkeeping.run.runner import THREADS, workers
from bookkeeping.site.downloads import FOLDER
from bookkeeping.site.pins import requirements

SHARE = 5  # notebooks that one commit tries
PICTURES = re.compile("image/|application/|text/html")
RANGE = re.compile(r"3\.(\d+) to 3\.(\d+)")
HOUSE = {"myst-nb", "sphinx"}  # what no reader needs
PIP = """\
import subprocess
import sys

command, *options = sys.argv[1:]
sys.exit(subprocess.run([{uv!r}, "pip", command, "--python", sys.executable, *options]).returncode)
"""


class Tried(NamedTuple):
    """What became of a notebook."""

    name: str
    python: str
    seconds: float
    packages: int  # in its environment at the end
    fault: str  # nothing where all went well


def try_notebooks(project: Project, names: Iterable[str], *, share: bool = False) -> int:
    """Try notebooks in every Python that is here, or a share in one; return the exit status.

    Parameters
    ----------
    project : Project
        The book, whose site was built.
    names : iterable of str
        Their pages; all of them when none is named.
    share : bool, optional
        Try a few that the commit decides, in a Python that it decides.
    """
    folder = project.build / "html" / FOLDER
    ending = ".ipynb" if project.site_url else ".zip"
    files = {
        path.relative_to(folder).with_suffix("").as_posix(): path
        for path in sorted(folder.rglob(f"*{ending}"))
    }
    if unknown := set(names) - files.keys():
        print(f"There is no notebook of {', '.join(sorted(unknown))} in {folder}.")
        return 1
    pythons = installed_pythons(str(project.own.get("python", "")))
    chosen = [(name, python) for python in pythons for name in list(names) or files]
    if share:
        chosen = _share(project, list(files), pythons)
    print(f"{len(chosen)} notebooks to try, in Python {', '.join(pythons)}", flush=True)
    with served(project) as address, ThreadPoolExecutor(workers()) as pool:
        jobs = [
            pool.submit(_try, project, name, files[name], python, address)
            for name, python in chosen
        ]
        faults = sum(bool(_told(job.result()).fault) for job in jobs)
    print(f"{len(chosen) - faults} of {len(chosen)} ran to their end")
    return int(faults > 0 or not chosen)


def _share(project: Project, names: list[str], pythons: list[str]) -> list[tuple[str, str]]:
    """Return a few notebooks and one Python for all of them, as the commit decides."""
    commit = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=project.root, capture_output=True, text=True, check=False
    ).stdout.strip()

    def lot(name: str) -> str:
        return hashlib.sha256(f"{commit} {name}".encode()).hexdigest()

    return [(name, min(pythons, key=lot)) for name in sorted(names, key=lot)[:SHARE]]


def installed_pythons(named: str) -> list[str]:
    """Return those of the Pythons that notebooks name which are on this machine."""
    found = RANGE.search(named)
    first, last = map(int, found.groups()) if found else (sys.version_info[1],) * 2
    versions = [f"3.{minor}" for minor in range(first, last + 1)]
    return [version for version in versions if _uv("python", "find", version).returncode == 0]


def _uv(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [shutil.which("uv") or "uv", *arguments], capture_output=True, text=True, check=False,
        env=_surroundings(),
    )  # fmt: skip


def _surroundings(**variables: str) -> dict[str, str]:
    """Return the environment variables of a reader, who has none of the book's but these."""
    ours = ("PYTHON", "BOOKKEEPING", "UNROLLED", "VIRTUAL_ENV", "SOURCE_DATE", "NOX")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "UV_PYTHON_DOWNLOADS": "never"}
    return {**kept, **THREADS, **quiet, **variables}


@contextmanager
def served(project: Project) -> Iterator[str]:
    """Serve the built site, for notebooks that fetch what they need from its address."""
    handler = functools.partial(_Quiet, directory=str(project.build / "html"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments: Any) -> None:
        """Say nothing of each request."""


def _try(project: Project, name: str, file: Path, python: str, address: str) -> Tried:
    """Try one notebook in an environment of its own."""
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        home, environment = Path(folder, "home"), Path(folder, "environment")
        home.mkdir()
        kernel = requirements(project, ["ipykernel"])
        for arguments in (
            ("venv", "--quiet", "--python", python, str(environment)),
            ("pip", "install", "--quiet", "--python", str(environment), *kernel),
        ):
            if (done := _uv(*arguments)).returncode:
                return Tried(name, python, time.perf_counter() - started, 0, done.stderr)
        stored = unpacked(project, file, home, address)
        fault = run_at_home(
            stored, home, environment, compared=python == _this_python(),
            variables=outside_variables(project, name),
        )  # fmt: skip
        listed = json.loads(
            _uv("pip", "list", "--format", "json", "--python", str(environment)).stdout
        )
    packages = {package["name"] for package in listed}
    if extra := packages & HOUSE:
        fault = fault or f"It installs {', '.join(extra)}, which only the build needs."
    return Tried(name, python, time.perf_counter() - started, len(packages), fault)


def outside_variables(project: Project, name: str) -> dict[str, str]:
    """Return what lets a page's notebook read the files from outside that the build has read."""
    files = Page(project, name).outside
    return {variable: str(files.get(variable) or "") for variable in project.outside}


def _this_python() -> str:
    return ".".join(map(str, sys.version_info[:2]))


def unpacked(project: Project, file: Path, home: Path, address: str) -> NotebookNode:
    """Put a notebook into a folder as a reader would, and read it."""
    if file.suffix == ".zip":
        with zipfile.ZipFile(file) as archive:
            archive.extractall(home)
        (path,) = home.glob("*.ipynb")
        text = path.read_text(encoding="utf-8")
    else:
        text = file.read_text(encoding="utf-8").replace(project.site_url, address)
    notebook: NotebookNode = nbformat.reads(text, as_version=4)
    return notebook


def run_at_home(
    stored: NotebookNode,
    home: Path,
    environment: Path,
    *,
    compared: bool,
    variables: dict[str, str],
) -> str:
    """Run a notebook with the kernel of an environment; say what went wrong, or nothing."""
    binary = environment / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    _stand_in_for_pip(binary)
    specification = environment / "kernels" / "reader"
    specification.mkdir(parents=True)
    command = [str(binary), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    (specification / "kernel.json").write_text(
        json.dumps({"argv": command, "display_name": "Reader", "language": "python"}),
        encoding="utf-8",
    )
    notebook = nbformat.from_dict(json.loads(json.dumps(stored)))
    specifications = KernelSpecManager(kernel_dirs=[str(specification.parent)])
    client = NotebookClient(
        notebook, timeout=600, resources={"metadata": {"path": str(home)}},
        km=AsyncKernelManager(kernel_name="reader", kernel_spec_manager=specifications),
    )  # fmt: skip
    try:
        asyncio.run(client.async_execute(env=_surroundings(**variables), stderr=subprocess.DEVNULL))
    except CellExecutionError as error:
        installing = "\n".join(itertools.chain(*map(results, notebook.cells[:3])))
        return f"{error}\n{installing}"
    return "\n".join(differences(stored, notebook)) if compared else ""


def _stand_in_for_pip(binary: Path) -> None:
    """Let ``%pip`` of an environment's kernel ask uv."""
    where = "import sysconfig; print(sysconfig.get_path('purelib'))"
    said = subprocess.run([binary, "-c", where], capture_output=True, text=True, check=True)
    module = Path(said.stdout.strip(), "pip", "__main__.py")
    module.parent.mkdir(exist_ok=True)
    module.write_text(PIP.format(uv=shutil.which("uv") or "uv"), encoding="utf-8")


def differences(stored: NotebookNode, ran: NotebookNode) -> Iterator[str]:
    """Say which cells printed or returned something else than when the book was built."""
    for before, after in zip(stored.cells, ran.cells, strict=True):
        if before.get("execution_count") and results(before) != results(after):
            yield f"{before.source}\ngave\n{results(before)}\nand now\n{results(after)}"


def results(cell: NotebookNode) -> list[str]:
    """Return what a cell printed and what it returned, pictures aside.

    A kernel sends printed text in pieces, cut where it happened to be: they are put together.
    """
    printed, returned = "", []
    for output in cell.get("outputs", []):
        data = output.get("data", {})
        if output.output_type == "stream" and output.name == "stdout":
            printed += output.text
        elif "text/plain" in data and not any(map(PICTURES.match, data)):
            returned.append(data["text/plain"])
    return [printed, *returned]


def _told(tried: Tried) -> Tried:
    """Print what became of a notebook."""
    state = f"FAILED\n{tried.fault}" if tried.fault else "ran"
    print(
        f"  {tried.name}, Python {tried.python}, {tried.packages} packages, "
        f"{tried.seconds:.0f} s: {state}",
        flush=True,
    )
    return tried
