"""What each page asked of the rest of the book while it was written.

A page shows titles, numbers, captions and values of other pages. Sphinx looks all of them up in
dictionaries: they are watched while pages are written, and every look is kept as a question. The
next build writes those pages again whose questions have other answers by then, and no others.
"""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.builders import Builder
from sphinx.environment import BuildEnvironment

from bookkeeping.site.questions import Asked, Files, Of, Watched, answer, is_plain
from bookkeeping.site.state import SHOWN_BY_OTHERS, build_of, page_index

# What Sphinx and its extensions keep of their own work, and no page shows.
UNSHOWN = {
    "version", "settings", "all_docs", "images", "dlfiles", "original_image_uri", "ref_context",
    "dependencies", "included", "files_to_rebuild", "titles_old", "sphinx_exercise_gated_registry",
}  # fmt: skip


def asked_by(app: Sphinx) -> Asked:
    """Return the questions of this build's pages."""
    return build_of(app).asked


def read_bytes(app: Sphinx, path: Path) -> bytes:
    """Return the bytes of a file for the page that is being written, which then depends on it."""
    asked_by(app).note("file", str(path))
    return path.read_bytes()


def _sources(app: Sphinx) -> dict[str, Any]:
    """Return everything that a page may ask, by name."""
    build, index = build_of(app), page_index(app.env)
    environment = {
        name: value
        for name, value in vars(app.env).items()
        if is_plain(value) and not name.startswith("_") and name not in UNSHOWN
    }
    ours = {name: getattr(index, name) for name in SHOWN_BY_OTHERS}
    return {
        **environment, **ours, "claims": build.claims, "described": build.described,
        "file": Files(),
    }  # fmt: skip


def _kept(app: Sphinx) -> Path:
    return Path(app.doctreedir) / "asked.pickle"


def recall(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Name the pages that would be answered otherwise now than when they were written."""
    asked = asked_by(app)
    if not _kept(app).exists():
        return []
    asked.pages, told = pickle.loads(_kept(app).read_bytes())
    held = _sources(app)
    asked.answers = {question: answer(held, question) for question in told}
    changed = {question for question in told if asked.answers[question] != told[question]}
    asked.stale = {name for name, questions in asked.pages.items() if questions & changed}
    return sorted(asked.stale & env.found_docs)


def forget(app: Sphinx) -> None:
    """Forget every page, since all are to be written."""
    _kept(app).unlink(missing_ok=True)


def watch(app: Sphinx, builder: Builder) -> None:
    """Watch everything that a page may ask, now that all were read and none is written."""
    env, build, index, asked = app.env, build_of(app), page_index(app.env), asked_by(app)
    asked.common = {("toctrees", app.config.root_doc), ("toctree_includes", Of.ALL)}
    asked.held = held = _sources(app)
    # Sphinx writes pages again that only list a page in a table of contents; these ask for it.
    env.files_to_rebuild.clear()
    # sphinx-exercise moves the titles of exercises into those of their solutions.
    for label in held.get("sphinx_exercise_registry", ()):
        question = ("sphinx_exercise_registry", label, "node")
        asked.answers[question] = answer(held, question)
    watched = {name: Watched(value, asked, name) for name, value in held.items() if name != "file"}
    for owner in (build, index, env):
        for name in watched.keys() & vars(owner).keys():
            setattr(owner, name, watched[name])
    for domain in env.domains.sorted():
        domain.data = env.domaindata[domain.name]
    resolve = env.get_and_resolve_doctree

    def resolve_watched(docname: str, *args: Any, **options: Any) -> nodes.document:
        asked.begin(docname)
        return resolve(docname, *args, **options)

    vars(env)["get_and_resolve_doctree"] = resolve_watched


def begin_other(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    """Keep what a page asks that no document is resolved for."""
    asked_by(app).begin(pagename)


def keep(app: Sphinx, exception: Exception | None) -> None:
    """Put the questions of the pages that stand in the site down for the next build."""
    if exception is None:
        asked = asked_by(app)
        pages = {n: q for n, q in asked.pages.items() if Path(app.outdir, f"{n}.html").exists()}
        told = {
            question: asked.answers.get(question) or answer(asked.held, question)
            for question in set().union(*pages.values())
        }
        _kept(app).write_bytes(pickle.dumps((pages, told)))
