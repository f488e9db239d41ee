"""Measure the build against Sphinx with myst-nb alone, and the weight and length of the pages.

With ``--against COMMIT``, measure it against that commit's book, built by its own `bookkeeping` on
this machine, in the same environment and in turns.
"""

from __future__ import annotations

import argparse
import functools
import gzip
import http.server
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import lengths

from bookkeeping.project import BUILD_VARIABLE, Project
from bookkeeping.site.reference import modules_in
from bookkeeping.site.settings import EXTENSIONS

NOT_STOCK = {"bookkeeping.site.extension", "sphinxcontrib.katex", "notfound.extension"}
STOCK_CONF = """
extensions = {extensions!r}
external_toc_path = {toc!r}
html_theme = "sphinx_book_theme"
myst_enable_extensions = {myst!r}
nb_execution_mode = "force"
nb_execution_timeout = 300
numfig = True
bibtex_bibfiles = ["references.bib"]
suppress_warnings = ["*"]
"""
FRONT_MATTER = "file_format: mystnb\nkernelspec: {name: python3}\n"
# Stock Sphinx has autodoc for the same pages.
REFERENCE = re.compile(r"```\{reference\} (\S+)\n```")
AUTOMODULE = "```{{eval-rst}}\n.. automodule:: {}\n   :members:\n```"
GOAL_STOCK, GOAL_COLD, GOAL_PROSE, GOAL_BYTES = 0.4, 0.45, 0.12, 400_000
BUILD = [sys.executable, "-m", "bookkeeping", "build"]
CODED = {".html", ".js", ".css", ".svg", ".json", ".txt", ".md"}


class Cost(NamedTuple):
    """What a command took, its children included, in seconds."""

    processor: float
    wall: float

    def __str__(self) -> str:
        return f"{self.processor:8.1f} {self.wall:8.1f}"

    def over(self, other: Cost) -> str:
        """Return this as shares of another."""
        return f"{self.processor / other.processor:8.2f} {self.wall / other.wall:8.2f}"


def against(project: Project, commit: str) -> int:
    """Print what the builds of a commit's book and of today's take, and their ratios."""
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
        then = _archived(project, commit, Path(scratch) / "then")
        now = _copy(project, Path(scratch) / "now")
        head = f"{'seconds of processor and of wall':<36}"
        print(f"{head}{commit[:12]:>17}{'today':>20}{'ratios':>20}", flush=True)
        for what, prepare, goal in (
            ("cold build", lambda book: None, GOAL_COLD),
            ("Sphinx alone, all outputs stored", _forget_pages, None),
            ("build after an edit of prose", _edit_some_page, GOAL_PROSE),
        ):
            costs, written = [], []
            for book in (then, now):
                prepare(book)
                started = time.time()
                costs.append(_run(BUILD, book))
                pages = list((book.build / "staging" / "html").rglob("*.html"))
                new = sum(page.stat().st_mtime >= started for page in pages)
                written.append(f"{new} of {len(pages)}")
            if what == "cold build":
                cold = costs[1]
            wanted = f"   (goal: {goal} or less)" if goal else ""
            print(f"{what:<36}{costs[0]}   {costs[1]}   {costs[1].over(costs[0])}{wanted}")
            print(f"{'    HTML files written':<36}{written[0]:>17}{written[1]:>20}", flush=True)
        stock = _stock(now, Path(scratch) / "stock")
        print(f"{'Sphinx with myst-nb alone, cold':<36}{'':<20}{stock}")
        told = f"   (goal: {GOAL_STOCK} or less)"
        print(f"{'    cold build of today, of that':<36}{'':<40}{cold.over(stock)}{told}")
        print("\n".join(lengths.report(then.build / "html", now.build / "html")))
    return 0


def _archived(project: Project, commit: str, target: Path) -> Project:
    """Unpack a commit, with the browser-side libraries that are installed here."""
    target.mkdir()
    packed = target / "commit.tar"
    subprocess.run(["git", "-C", project.root, "archive", "--output", packed, commit], check=True)
    with tarfile.open(packed) as archive:
        archive.extractall(target, filter="data")
    packed.unlink()
    (target / "web" / "node_modules").symlink_to(project.web)
    return Project(target)


def _forget_pages(project: Project) -> None:
    """Drop what Sphinx made, and keep the outputs and the evidence."""
    for name in ("staging", "html"):
        shutil.rmtree(project.build / name)


def _edit_some_page(project: Project) -> None:
    """Append a sentence to the longest page, so that no figure is flattered."""
    page = max((project.page(name) for name in project.docnames), key=lambda p: p.stat().st_size)
    page.write_text(page.read_text(encoding="utf-8") + "\nOne more sentence.\n", encoding="utf-8")


def bench(project: Project) -> int:
    """Print every figure of one run; the goals stand beside the ratios."""
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
        copy = _copy(project, Path(scratch) / "book")
        stock = _stock(copy, Path(scratch) / "stock").wall
        cold = _build(copy)
        _edit_some_page(copy)
        prose = _build(copy)
        _edit_some_module(copy)
        module = _build(copy)
        print(f"Sphinx with myst-nb alone, cold      {stock:7.1f} s")
        _print("cold build, without evidence", cold["built"], stock, "of stock", GOAL_STOCK)
        _print("rebuild after a prose edit", prose["built"], cold["built"], "of cold")
        _print("rebuild after a module edit", module["built"], cold["built"], "of cold")
        print(f"evidence, cold                       {cold['evidence']:7.1f} s")
        print(f"evidence after the module edit       {module['evidence']:7.1f} s")
        _print_weights(copy.build / "html")
        print("\n".join(lengths.report(copy.build / "html")))
    return 0


def _print(what: str, seconds: float, other: float, unit: str, goal: float | None = None) -> None:
    wanted = f"   (goal: {goal} or less)" if goal else ""
    print(f"{what:<36} {seconds:7.1f} s   {seconds / other:5.2f} {unit}{wanted}")


def _copy(project: Project, target: Path) -> Project:
    """Copy what a build needs, so that edits and timings touch nothing of the reader's."""
    ignore = shutil.ignore_patterns("_build", "__pycache__", "node_modules")
    for name in ("benchmarks", "book", "src", "tests", "requirements", "_config.yml", "_toc.yml",
                 "pyproject.toml", "README.md", "LICENSE", "CITATION.cff"):  # fmt: skip
        source = project.root / name
        if source.is_dir():
            shutil.copytree(source, target / name, ignore=ignore)
        elif source.exists():
            shutil.copy2(source, target / name)
    (target / "web").mkdir()
    (target / "web" / "node_modules").symlink_to(project.web)
    return Project(target)


def _build(project: Project) -> dict[str, float]:
    """Build as a reader would; return the seconds of everything but evidence, and of evidence."""
    total = _run(BUILD, project).wall
    evidence = json.loads((project.build / "times.json").read_text(encoding="utf-8"))["evidence"]
    return {"built": total - evidence, "evidence": evidence}


def _edit_some_module(project: Project) -> None:
    """Append a comment to the module that the most pages import."""
    from bookkeeping.run.pages import Pages

    used: Counter[Path] = Counter()
    for page in Pages(project):
        used.update(path for path in page.files if path.suffix == ".py" and path.stat().st_size)
    path = used.most_common(1)[0][0]
    path.write_text(path.read_text(encoding="utf-8") + "\n# one more comment\n", encoding="utf-8")


def _stock(project: Project, folder: Path) -> Cost:
    """Time Sphinx with myst-nb alone on the same pages: one kernel after the other."""

    def automodules(found: re.Match[str]) -> str:
        modules = modules_in(project.source, found[1])
        return "\n\n".join(f"## `{module}`\n\n{AUTOMODULE.format(module)}" for module in modules)

    shutil.copytree(project.book, folder)
    for page in folder.rglob("*.md"):
        text = REFERENCE.sub(automodules, page.read_text(encoding="utf-8"))
        page.write_text(text, encoding="utf-8")
        if "```{code-cell}" in text:
            head = text.startswith("---\n")
            text = text.replace("---\n", "---\n" + FRONT_MATTER, 1) if head else (
                f"---\n{FRONT_MATTER}---\n{text}"
            )  # fmt: skip
            page.write_text(text, encoding="utf-8")
    from bookkeeping.run.notebooks import MYST_EXTENSIONS

    (folder / "conf.py").write_text(
        STOCK_CONF.format(
            extensions=[name for name in EXTENSIONS if name not in NOT_STOCK],
            toc=str(project.root / "_toc.yml"),
            myst=sorted(MYST_EXTENSIONS),
        ),
        encoding="utf-8",
    )
    return _run([sys.executable, "-m", "sphinx", "-q", "-b", "html", ".", "_out"], project, folder)


def _run(command: list[str], project: Project, folder: Path | None = None) -> Cost:
    """Run a command with a project's own packages; stop where it fails."""
    environment = {**os.environ, "PYTHONPATH": str(project.source)}
    environment.pop(BUILD_VARIABLE, None)
    started, before = time.perf_counter(), _processor()
    finished = subprocess.run(
        command, cwd=folder or project.root, env=environment, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    if finished.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{finished.stdout}{finished.stderr}")
    return Cost(_processor() - before, time.perf_counter() - started)


def _processor() -> float:
    """Return the processor seconds of all children that have ended, and of theirs."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class _Weighing(http.server.SimpleHTTPRequestHandler):
    """Serves a site and adds up the bytes that a server with compression would send."""

    sent = 0

    def do_GET(self) -> None:
        path = Path(self.translate_path(self.path))
        if path.is_file():
            data = path.read_bytes()
            type(self).sent += len(gzip.compress(data)) if path.suffix in CODED else len(data)
        super().do_GET()

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


def _print_weights(site: Path) -> None:
    """Load each page in a browser without a cache, and print the heaviest."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if not chromium:
        print("no chromium here, so the pages were not weighed")
        return
    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(_Weighing, directory=str(site))
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    weights = {}
    for page in sorted(site.rglob("*.html")):
        name = page.relative_to(site).as_posix()
        if name.startswith("_"):
            continue
        _Weighing.sent = 0
        with tempfile.TemporaryDirectory() as profile:
            subprocess.run(
                [chromium, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
                 "--disable-background-networking", "--disable-component-update",
                 "--disable-sync", f"--user-data-dir={profile}", "--virtual-time-budget=3000",
                 "--dump-dom", f"http://127.0.0.1:{server.server_port}/{name}"],
                capture_output=True, check=True,
            )  # fmt: skip
        weights[name] = _Weighing.sent
    server.shutdown()
    name, heaviest = max(weights.items(), key=lambda item: item[1])
    print(f"heaviest page, compressed            {heaviest / 1000:7.0f} KB  {name}"
          f"   (goal: {GOAL_BYTES / 1000:.0f} KB)")  # fmt: skip


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--against", metavar="COMMIT", help="measure against this commit's book")
    commit, book = options.parse_args().against, Project(Path().resolve())
    sys.exit(against(book, commit) if commit else bench(book))
