"""Build the book so that a failure leaves the last good site, and nothing half done."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from sphinx.cmd.build import build_main

from bookkeeping.project import Project
from bookkeeping.texts import PageError

if sys.platform != "win32":
    import fcntl

ROOM = 16_000_000  # bytes; with less room than this, that was why a build failed
Finish = Callable[[Path], None]


def build(project: Project) -> int:
    """Build the whole book into ``_build/html``; return the exit status."""
    return build_into(project.build / "html", project, project.build / "staging")


def build_into(public: Path, project: Project, staging: Path, finish: Finish | None = None) -> int:
    """Build the whole book into a folder; return the exit status.

    Sphinx works in a folder of its own. Only a build without a single warning is published, in one
    step; after any other, the folder is cleared, so that the next build reads everything again and
    cannot turn green by forgetting.

    Parameters
    ----------
    public : Path
        Where the site comes.
    project : Project
        The book.
    staging : Path
        Where Sphinx works, and finds the next time what it need not make again.
    finish : callable, optional
        Adds to the finished site what a host wants. The next site may have another address, and so
        is made from nothing.
    """
    with _alone(project):
        started = time.perf_counter()
        try:
            built = _staged(project, public, staging, finish)
        except OSError as error:
            print(f"\n{error}")
            built = False
        if not built:
            _tell_lack_of_room(project)
            _discard(staging)
    if not built:
        print("\nThe book was not built; what stands above has to be mended first.")
        if public.exists():
            print(f"The last good one is still in {_shown(public)}.")
        return 1
    print(f"\nThe book is built, in {time.perf_counter() - started:.0f} s. Open it with")
    print(f"    python3 -m http.server --directory {_shown(public)} 8000")
    print("and go to http://127.0.0.1:8000")
    return 0


@contextlib.contextmanager
def _alone(project: Project) -> Iterator[None]:
    """Wait until no other process builds into this folder; the lock ends with who holds it."""
    project.build.mkdir(parents=True, exist_ok=True)
    with (project.build / "builder").open("a+", encoding="utf-8") as builder:
        if sys.platform != "win32":
            try:
                fcntl.flock(builder, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                builder.seek(0)
                print(
                    f"Process {builder.read()} is building this book; this build waits for it.",
                    flush=True,
                )
                fcntl.flock(builder, fcntl.LOCK_EX)
        builder.truncate(0)
        builder.write(str(os.getpid()))
        builder.flush()
        yield


def _staged(project: Project, public: Path, staging: Path, finish: Finish | None) -> bool:
    """Build in a folder of its own and publish what is without a warning; say whether it was."""
    old, unfinished = public.with_name(f"{public.name}.old"), staging / "unfinished"
    if old.exists() and not public.exists():
        old.rename(public)  # a build was killed between the two steps of publishing
    if unfinished.exists():
        _discard(staging)  # a build was killed here
    staging.mkdir(parents=True, exist_ok=True)
    unfinished.touch()
    # What an earlier build left here would change the addresses that pages give to style sheets.
    shutil.rmtree(staging / "html" / "_static", ignore_errors=True)
    if _sphinx(project, "html", staging / "html", staging / "doctrees"):
        return False
    _publish(staging / "html", public, finish)
    if finish:
        _discard(staging)
    else:
        unfinished.unlink()
    return True


def _discard(staging: Path) -> None:
    """Remove the folder in one step: of its parts, the mark that it is unfinished may go first."""
    gone = staging.with_name("staging.old")
    shutil.rmtree(gone, ignore_errors=True)
    if staging.exists():
        staging.rename(gone)
    shutil.rmtree(gone, ignore_errors=True)


def _tell_lack_of_room(project: Project) -> None:
    """Say so where a failed build cannot have had the room that it needs."""
    for folder in (project.build, Path(tempfile.gettempdir())):
        try:
            with tempfile.TemporaryFile(dir=folder) as file:
                file.write(os.urandom(ROOM))
        except OSError as error:
            print(
                f"\nThere is no room for {ROOM // 1_000_000} MB in {_shown(folder)} "
                f"({error.strerror}); make some, and build again."
            )


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


def _publish(made: Path, public: Path, finish: Finish | None) -> None:
    """Replace the public site by the new one in one step."""
    fresh, old = (public.with_name(f"{public.name}.{state}") for state in ("new", "old"))
    shutil.rmtree(fresh, ignore_errors=True)
    shutil.rmtree(old, ignore_errors=True)
    try:
        shutil.copytree(
            made, fresh, ignore=shutil.ignore_patterns(".buildinfo*", ".doctrees"),
            copy_function=lambda one, place: _put(Path(one), Path(place), fresh, public),
        )  # fmt: skip
    except shutil.Error as error:  # of many files; of the first of them it holds the words only
        shutil.rmtree(fresh, ignore_errors=True)
        raise OSError(
            f"The site could not be put into its place: {error.args[0][0][-1]}"
        ) from error
    if finish:
        finish(fresh)
    if public.exists():
        public.rename(old)
    fresh.rename(public)
    shutil.rmtree(old, ignore_errors=True)


def _put(made: Path, place: Path, fresh: Path, public: Path) -> None:
    """Put a file into the fresh site: the public one's own where it is the same to the byte.

    A link costs less than a copy, and nobody writes into a file that is public.
    """
    known = public / place.relative_to(fresh)
    with contextlib.suppress(OSError):  # it is new, or there are no links on this disk
        if known.stat().st_size == made.stat().st_size and known.read_bytes() == made.read_bytes():
            os.link(known, place)
            return
    shutil.copy2(made, place)


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
