"""The Sphinx extension: runs what is stale, then lets each promise of the book be checked."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from bookkeeping import (
    corrections,
    docstrings,
    downloads,
    equations,
    figures,
    furniture,
    ledger,
    listings,
    prose,
    provenance,
    repairs,
)
from bookkeeping.claims import gather_claims
from bookkeeping.freshness import Freshness
from bookkeeping.notebooks import PageError, code_cells, executed_pages, load_page, page_key
from bookkeeping.project import Project
from bookkeeping.runner import run_stale_pages
from bookkeeping.store import digest, file_digest


def run_everything(app: Sphinx) -> None:
    """Run stale pages and stale evidence before Sphinx reads anything."""
    project = app.bookkeeping_project
    try:
        app.bookkeeping_runs = run_stale_pages(project)
        claims, seconds = gather_claims(project)
    except PageError as error:  # Sphinx would wrap it in a page about itself
        print(f"\n{error}", file=sys.stderr)
        raise SystemExit(1) from error
    ledger.set_claims(app, claims)
    app.bookkeeping_evidence_seconds = seconds
    project.build.mkdir(parents=True, exist_ok=True)
    times = {
        "evidence": seconds,
        "pages": sum(r.seconds for r in app.bookkeeping_runs if r.executed),
    }
    (project.build / "times.json").write_text(json.dumps(times), encoding="utf-8")
    app.bookkeeping_keys = _page_keys(project)


def _page_keys(project: Project) -> dict[str, tuple[str, str]]:
    """Return for every page the hash of its source and the key of its outputs, if it has code.

    Outputs that nobody needs any more are dropped.
    """
    freshness = Freshness.of(project)
    keys = {}
    for docname in project.docnames:
        path = project.page(docname)
        if path.exists():
            notebook = load_page(path, docname)
            outputs = page_key(freshness, notebook) if code_cells(notebook) else ""
            keys[docname] = (file_digest(path), outputs)
    executed_pages(project).prune({outputs for _, outputs in keys.values()})
    return keys


def pages_to_read(
    app: Sphinx, env: BuildEnvironment, added: set[str], changed: set[str], removed: set[str]
) -> list[str]:
    """Name the pages whose outputs or sources changed; Sphinx itself goes by dates only."""
    known = getattr(env, "bookkeeping_keys", {})
    env.bookkeeping_keys = app.bookkeeping_keys
    return [name for name, key in app.bookkeeping_keys.items() if known.get(name) != key]


def check_and_rewrite(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Check the ledger; name the pages whose marks or provenance must be written anew."""
    ledger.check(app, env)
    docnames = [name for name in app.bookkeeping_project.docnames if name in env.titles]
    app.bookkeeping_described = {name: provenance.describe(app, name) for name in docnames}
    standing = {
        name: (ledger.standing(app, name), app.bookkeeping_described[name]) for name in docnames
    }
    known = getattr(env, "bookkeeping_standing", {})
    env.bookkeeping_standing = standing
    gathered = _gathered(env)
    lists = set(_lists(env)) if gathered != getattr(env, "bookkeeping_seen", "") else set()
    env.bookkeeping_seen = gathered
    reports = {name for name, kinds in _lists(env).items() if "build_report" in kinds}
    return sorted({n for n in docnames if standing[n] != known.get(n)} | lists | reports)


def _gathered(env: BuildEnvironment) -> str:
    """Return what the lists at the back of the book are made of."""
    return repr(
        [
            sorted((name, [str(entry) for entry in entries]) for name, entries in held.items())
            for held in (
                env.bookkeeping_standing, figures.figures(env), corrections.corrections(env)
            )
        ]
    )  # fmt: skip


def rewrite_what_shows_others(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Write the whole site anew when what its pages show of one another has changed.

    Sphinx writes only pages that were read again, but a title stands in every page's sidebar, and
    a number wherever it is referred to.
    """
    face = _face(app, env)
    if face == getattr(env, "bookkeeping_face", ""):
        return []
    env.bookkeeping_face = face
    for path in Path(app.outdir).iterdir():
        if path.is_file():
            path.unlink()
        elif path.name != "_static":  # extensions have begun to fill it
            shutil.rmtree(path)
    return sorted(env.found_docs)


def _face(app: Sphinx, env: BuildEnvironment) -> str:
    """Return the hash of titles, order, numbers and labels, and of the files around the pages."""
    standard = env.domains.standard_domain
    held: list[dict[Any, Any]] = [
        {name: title.astext() for name, title in env.titles.items()},
        env.toctree_includes, env.toc_secnumbers, env.toc_fignumbers,
        standard.labels, standard.anonlabels, standard.objects, standard._terms,
        env.domains.math_domain.equations,
    ]  # fmt: skip
    files = sorted(claim.file for claims in ledger.claims_of(app).values() for claim in claims)
    static = [Path(__file__).parent / "static", app.bookkeeping_project.book / "_static"]
    served = [file_digest(path) for folder in static for path in sorted(folder.rglob("*"))]
    coded = sorted(name for name, (_, outputs) in app.bookkeeping_keys.items() if outputs)
    return digest(
        files, served, coded, [sorted((str(k), str(v)) for k, v in d.items()) for d in held]
    )


def drop_old_images(app: Sphinx) -> None:
    """Drop the pictures of earlier builds that no page shows any more."""
    wanted = {name for _, name in app.env.images.values()}
    for path in Path(app.outdir, "_images").glob("*"):
        if path.name not in wanted:
            path.unlink()


def _version(project: Project) -> str:
    """Return the hash of what, when it changes, makes Sphinx read every page again."""
    here = Path(__file__).parent
    ours = sorted([*here.glob("*.py"), *here.glob("templates/*")])
    return digest([file_digest(p) for p in [*ours, project.root / "_config.yml", project.lock]])


def note_lists(app: Sphinx, doctree: Any) -> None:
    """Remember which pages gather from all others, so that they are written when those change."""
    kinds = (
        ledger.ledger_table, figures.figure_list, corrections.correction_list,
        provenance.build_report,
    )  # fmt: skip
    held = {type(node).__name__ for node in doctree.findall() if isinstance(node, kinds)}
    lists = _lists(app.env)
    docname = app.env.current_document.docname
    if held:
        lists[docname] = held
    else:
        lists.pop(docname, None)


def _lists(env: BuildEnvironment) -> dict[str, set[str]]:
    held: dict[str, set[str]] = env.__dict__.setdefault("bookkeeping_lists", {})
    return held


def forget_lists(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    """Forget a page."""
    _lists(env).pop(docname, None)


def furnish(app: Sphinx, exception: Exception | None) -> None:
    """Add to a finished site what is not a page."""
    if exception is None and app.builder.format == "html":
        drop_old_images(app)
        downloads.write_notebooks(app)
        furniture.copy_web(app)
        furniture.write_robots(app)
        furniture.write_llms(app)


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect everything to Sphinx."""
    project = app.bookkeeping_project = Project(Path(app.confdir).parent.resolve())
    provenance.set_source_date(project.root)
    for part in (
        ledger, figures, prose, corrections, provenance, downloads, docstrings, furniture,
        equations, listings, repairs,
    ):  # fmt: skip
        part.setup(app)
    app.connect("builder-inited", run_everything)
    app.connect("env-get-outdated", pages_to_read)
    app.connect("doctree-read", note_lists)
    app.connect("env-purge-doc", forget_lists)
    app.connect("env-updated", check_and_rewrite)
    app.connect("env-get-updated", rewrite_what_shows_others, priority=900)  # after numbering
    app.connect("build-finished", furnish)
    return {"version": "1", "env_version": _version(project), "parallel_read_safe": False}
