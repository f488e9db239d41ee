"""Measure the build against Sphinx with myst-nb alone, and the weight of the pages."""

from __future__ import annotations

import functools
import gzip
import http.server
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

from bookkeeping.project import BUILD_VARIABLE, Project
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
AUTOMODULE = r"```{eval-rst}\n.. automodule:: \1\n   :members:\n```"
GOAL_COLD, GOAL_BYTES = 0.65, 400_000
CODED = {".html", ".js", ".css", ".svg", ".json", ".txt", ".md"}


def bench(project: Project) -> int:
    """Print every figure of one run; the goals stand beside the ratios."""
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
        copy = _copy(project, Path(scratch) / "book")
        stock = _stock(copy, Path(scratch) / "stock")
        cold = _build(copy)
        prose = _after_edit(copy, _some_page(copy), "\nOne more sentence.\n")
        module = _after_edit(copy, _some_module(copy), "\n# one more comment\n")
        print(f"Sphinx with myst-nb alone, cold      {stock:7.1f} s")
        _print("cold build, without evidence", cold["built"], stock, "of stock", GOAL_COLD)
        _print("rebuild after a prose edit", prose["built"], cold["built"], "of cold")
        _print("rebuild after a module edit", module["built"], cold["built"], "of cold")
        print(f"evidence, cold                       {cold['evidence']:7.1f} s")
        print(f"evidence after the module edit       {module['evidence']:7.1f} s")
        _print_weights(copy.build / "html")
    return 0


def _print(what: str, seconds: float, other: float, unit: str, goal: float | None = None) -> None:
    wanted = f"   (goal: {goal} or less)" if goal else ""
    print(f"{what:<36} {seconds:7.1f} s   {seconds / other:5.2f} {unit}{wanted}")


def _copy(project: Project, target: Path) -> Project:
    """Copy what a build needs, so that edits and timings touch nothing of the reader's."""
    ignore = shutil.ignore_patterns("_build", "__pycache__", "node_modules", "site")
    for name in ("book", "src", "tests", "requirements", "_config.yml", "_toc.yml",
                 "pyproject.toml"):  # fmt: skip
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
    started = time.perf_counter()
    _run([sys.executable, "-m", "bookkeeping", "build"], project)
    total = time.perf_counter() - started
    evidence = json.loads((project.build / "times.json").read_text(encoding="utf-8"))["evidence"]
    return {"built": total - evidence, "evidence": evidence}


def _after_edit(project: Project, path: Path, text: str) -> dict[str, float]:
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")
    return _build(project)


def _some_page(project: Project) -> Path:
    """Return the longest page, so that no figure is flattered."""
    return max((project.page(name) for name in project.docnames), key=lambda p: p.stat().st_size)


def _some_module(project: Project) -> Path:
    """Return the module that the most pages import."""
    from bookkeeping.run.pages import Pages

    used: Counter[Path] = Counter()
    for page in Pages(project):
        used.update(path for path in page.files if path.suffix == ".py" and path.stat().st_size)
    return used.most_common(1)[0][0]


def _stock(project: Project, folder: Path) -> float:
    """Time Sphinx with myst-nb alone on the same pages: one kernel after the other."""
    shutil.copytree(project.book, folder)
    for page in folder.rglob("*.md"):
        text = REFERENCE.sub(AUTOMODULE, page.read_text(encoding="utf-8"))
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
    started = time.perf_counter()
    _run([sys.executable, "-m", "sphinx", "-q", "-b", "html", ".", "_out"], project, folder)
    return time.perf_counter() - started


def _run(command: list[str], project: Project, folder: Path | None = None) -> None:
    environment = {**os.environ, "PYTHONPATH": str(project.source)}
    environment.pop(BUILD_VARIABLE, None)
    finished = subprocess.run(
        command, cwd=folder or project.root, env=environment, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    if finished.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{finished.stdout}{finished.stderr}")


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
    sys.exit(bench(Project(Path().resolve())))
