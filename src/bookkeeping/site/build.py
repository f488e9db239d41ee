"""Build the book so that a failure leaves the last good site, and nothing half done."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from sphinx.cmd.build import build_main

from bookkeeping.project import Project
from bookkeeping.texts import PageError


def build(project: Project) -> int:
    """Build the whole book into ``_build/html``; return the exit status.

    Sphinx works in a folder of its own. Only a build without a single warning is published, in one
    step; after any other, the folder is cleared, so that the next build reads everything again and
    cannot turn green by forgetting.
    """
    started = time.perf_counter()
    public, old = project.build / "html", project.build / "html.old"
    if old.exists() and not public.exists():
        old.rename(public)  # a build was killed between the two steps of publishing
    staging = project.build / "staging"
    unfinished = staging / "unfinished"
    if unfinished.exists():
        shutil.rmtree(staging)  # a build was killed here
    staging.mkdir(parents=True, exist_ok=True)
    unfinished.touch()
    # What an earlier build left here would change the addresses that pages give to style sheets.
    shutil.rmtree(staging / "html" / "_static", ignore_errors=True)
    status = _sphinx(project, "html", staging / "html", staging / "doctrees")
    if status:
        shutil.rmtree(staging)
        print("\nThe book was not built; what stands above has to be mended first.")
        if public.exists():
            print(f"The last good one is still in {_shown(public)}.")
        return 1
    _publish(staging / "html", public)
    unfinished.unlink()
    print(f"\nThe book is built, in {time.perf_counter() - started:.0f} s. Open it with")
    print(f"    python3 -m http.server --directory {_shown(public)} 8000")
    print("and go to http://127.0.0.1:8000")
    return 0


def _sphinx(project: Project, builder: str, output: Path, doctrees: Path) -> int:
    """Run Sphinx in this process: quiet, and with every warning an error."""
    try:
        # Of what is wrong with them Sphinx would tell as of a crash.
        _ = project.config, project.docnames
        return build_main(
            ["-b", builder, "-q", "-W", "--keep-going", "--no-color", "-d", str(doctrees),
             str(project.book), str(output)]
        )  # fmt: skip
    except PageError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except SystemExit as stopped:  # by us, before Sphinx began to read
        return int(stopped.code or 0)


def _publish(made: Path, public: Path) -> None:
    """Replace the public site by the new one in one step."""
    fresh, old = public.with_name("html.new"), public.with_name("html.old")
    shutil.rmtree(fresh, ignore_errors=True)
    shutil.rmtree(old, ignore_errors=True)
    shutil.copytree(made, fresh, ignore=shutil.ignore_patterns(".buildinfo*", ".doctrees"))
    if public.exists():
        public.rename(old)
    fresh.rename(public)
    shutil.rmtree(old, ignore_errors=True)


def _shown(path: Path) -> str:
    return os.path.relpath(path)


def live(project: Project, port: int) -> int:
    """Serve the book on this machine; an edit of a page, a module or a test rebuilds it."""
    folder = project.build / "live"
    watched = [project.source, project.tests, project.root / "_config.yml"]
    return subprocess.run(
        [sys.executable, "-m", "sphinx_autobuild", "--host", "127.0.0.1", "--port", str(port),
         "-d", str(folder / "doctrees"), *(f"--watch={path}" for path in watched if path.exists()),
         "--ignore", "*/__pycache__/*", str(project.book), str(folder / "html")],
        cwd=project.root, check=False,
        env={**os.environ, "PYTHONIOENCODING": f"{sys.stdout.encoding}:backslashreplace"},
    ).returncode  # fmt: skip


def check_links(project: Project) -> int:
    """Ask every link that leaves the book whether it still leads somewhere."""
    folder = project.build / "links"
    return build_main(
        ["-b", "linkcheck", "-q", "-d", str(folder / "doctrees"), str(project.book),
         str(folder / "found")]
    )  # fmt: skip
