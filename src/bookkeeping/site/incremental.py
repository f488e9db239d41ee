"""Which pages Sphinx must read or write again, beyond those whose files are newer."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from bookkeeping.site import asked, ledger, lists, provenance, steps
from bookkeeping.site.state import build_of, page_index
from bookkeeping.store import digest, file_digest


def pages_to_read(
    app: Sphinx, env: BuildEnvironment, added: set[str], changed: set[str], removed: set[str]
) -> list[str]:
    """Name the pages whose source, outputs, place in the book or included files changed.

    Sphinx itself goes by dates, and takes an older file in place of another for the same.
    """
    build, index = build_of(app), page_index(env)
    known, index.keys = index.keys, build.keys
    placed, index.toc_entries = index.toc_entries, _toc_entries(app)
    changed_files = {path for path, held in index.included.items() if file_digest(path) != held}
    return [
        name
        for name in env.found_docs
        if known.get(name) != build.keys.get(name)
        or placed.get(name) != index.toc_entries.get(name)
        or changed_files & set(_included(env, name))
    ]


def _toc_entries(app: Sphinx) -> dict[str, str]:
    """Return what the table of contents says below each page, and what it calls those there."""
    table = app.config.external_site_map
    return {
        name: repr((entry, [table[child].title for child in entry.child_files()]))
        for name, entry in table.items()
    }


def _included(env: BuildEnvironment, docname: str) -> Iterator[Path]:
    """Yield the files that a page was read with."""
    for name in env.dependencies.get(docname, ()):
        yield Path(env.srcdir, name)


def note_included(app: Sphinx, env: BuildEnvironment) -> None:
    """Note the contents of all files that pages were read with."""
    paths = {path for name in env.found_docs for path in _included(env, name)}
    page_index(env).included = {path: file_digest(path) for path in sorted(paths)}


def check_and_describe(app: Sphinx, env: BuildEnvironment) -> None:
    """Check the ledger and the steps, and say of each page where it comes from."""
    ledger.check(app, env)
    steps.check(app, env)
    docnames = [name for name in build_of(app).project.docnames if name in env.titles]
    build_of(app).described = {name: provenance.describe(app, name) for name in docnames}


def pages_to_write(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Name the pages that show otherwise than before what is not their own.

    The report tells of this build, and so is written at each. When there are other pages than
    before, or other files beside them, the site is made anew, so that nothing is left behind.
    """
    fingerprint = _site_fingerprint(app, env)
    if fingerprint == page_index(env).site_fingerprint:
        reports = {name for name, held in page_index(env).lists.items() if lists.REPORT in held}
        return sorted({*asked.recall(app, env), *reports})
    page_index(env).site_fingerprint = fingerprint
    asked.forget(app)
    for path in Path(app.outdir).iterdir():
        if path.is_file():
            path.unlink()
        elif path.name not in {"_static", ".doctrees"}:  # extensions have begun to fill them
            shutil.rmtree(path)
    return sorted(env.found_docs)


def _site_fingerprint(app: Sphinx, env: BuildEnvironment) -> str:
    """Return the hash of which pages and listings there are, and of the files around them."""
    files = sorted(claim.file for claims in ledger.claims_of(app).values() for claim in claims)
    static = [Path(__file__).parent / "static", build_of(app).project.book / "_static"]
    served = [file_digest(path) for folder in static for path in sorted(folder.rglob("*"))]
    coded = sorted(name for name, (_, outputs) in build_of(app).keys.items() if outputs)
    return digest(sorted(env.found_docs), files, served, coded)


def forget(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    """Forget a page that is gone, or about to be read again."""
    page_index(env).forget(docname)
