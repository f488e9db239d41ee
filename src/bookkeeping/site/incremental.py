"""Which pages Sphinx must read or write again, beyond those whose files are newer."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from bookkeeping.site import ledger, lists, provenance, steps
from bookkeeping.site.state import build_of, page_index
from bookkeeping.store import digest, file_digest


def pages_to_read(
    app: Sphinx, env: BuildEnvironment, added: set[str], changed: set[str], removed: set[str]
) -> list[str]:
    """Name the pages whose outputs or sources changed; Sphinx itself goes by dates only."""
    known = page_index(env).keys
    page_index(env).keys = build_of(app).keys
    return [name for name, key in build_of(app).keys.items() if known.get(name) != key]


def check_and_rewrite(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Check the ledger; name the pages whose marks or provenance must be written anew."""
    ledger.check(app, env)
    steps.check(app, env)
    docnames = [name for name in build_of(app).project.docnames if name in env.titles]
    build_of(app).described = {name: provenance.describe(app, name) for name in docnames}
    standing = {
        name: (ledger.standing(app, name), build_of(app).described[name]) for name in docnames
    }
    known = page_index(env).page_fingerprints
    page_index(env).page_fingerprints = standing
    lists_now = _lists_fingerprint(env)
    listed = set(page_index(env).lists) if lists_now != page_index(env).lists_fingerprint else set()
    page_index(env).lists_fingerprint = lists_now
    reports = {name for name, held in page_index(env).lists.items() if lists.REPORT in held}
    return sorted({n for n in docnames if standing[n] != known.get(n)} | listed | reports)


def _lists_fingerprint(env: BuildEnvironment) -> str:
    """Return what the lists at the back of the book are made of."""
    index = page_index(env)
    return digest(
        [
            sorted((name, [str(entry) for entry in entries]) for name, entries in held.items())
            for held in (index.page_fingerprints, index.figures, index.corrections)
        ]
    )


def rewrite_what_shows_others(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Write the whole site anew when what its pages show of one another has changed.

    Sphinx writes only pages that were read again, but a title stands in every page's sidebar, and
    a number wherever it is referred to.
    """
    fingerprint = _site_fingerprint(app, env)
    if fingerprint == page_index(env).site_fingerprint:
        return []
    page_index(env).site_fingerprint = fingerprint
    for path in Path(app.outdir).iterdir():
        if path.is_file():
            path.unlink()
        elif path.name not in {"_static", ".doctrees"}:  # extensions have begun to fill them
            shutil.rmtree(path)
    return sorted(env.found_docs)


def _site_fingerprint(app: Sphinx, env: BuildEnvironment) -> str:
    """Return the hash of titles, order, numbers and labels, and of the files around the pages."""
    standard = env.domains.standard_domain
    held: list[dict[Any, Any]] = [
        {name: title.astext() for name, title in env.titles.items()},
        env.toctree_includes, env.toc_secnumbers, env.toc_fignumbers,
        standard.labels, standard.anonlabels, standard.objects, env.domains.math_domain.equations,
    ]  # fmt: skip
    files = sorted(claim.file for claims in ledger.claims_of(app).values() for claim in claims)
    static = [Path(__file__).parent / "static", build_of(app).project.book / "_static"]
    served = [file_digest(path) for folder in static for path in sorted(folder.rglob("*"))]
    coded = sorted(name for name, (_, outputs) in build_of(app).keys.items() if outputs)
    return digest(
        files, served, coded, [sorted((str(k), str(v)) for k, v in d.items()) for d in held]
    )


def forget(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    """Forget a page that is gone, or about to be read again."""
    page_index(env).forget(docname)
