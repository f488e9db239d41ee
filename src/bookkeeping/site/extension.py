"""The Sphinx extension: runs what is stale, then lets each promise of the book be checked."""

from __future__ import annotations

import gc
import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

from bookkeeping.check import remarks as statements
from bookkeeping.check import words
from bookkeeping.check.claims import gather_claims
from bookkeeping.project import Project
from bookkeeping.run.dependencies import memory_of
from bookkeeping.run.pages import Pages, executed_pages
from bookkeeping.run.runner import run_stale_pages
from bookkeeping.site import (
    asked,
    bibliography,
    charts,
    choices,
    citing,
    corrections,
    docstrings,
    downloads,
    figures,
    glued,
    html_fixes,
    in_the_page,
    incremental,
    katex,
    ledger,
    listings,
    lists,
    module_pages,
    mutant_table,
    notation_lists,
    pasted,
    printing,
    prose,
    provenance,
    redirects,
    reference,
    remarks,
    rendered,
    search_index,
    site_files,
    skeletons,
    steps,
    taking_along,
    without_scripts,
    written,
    your_turn,
)
from bookkeeping.site.icons import cut_icon_font
from bookkeeping.site.state import build_of, start_build
from bookkeeping.site.stopping import in_words
from bookkeeping.store import digest, file_digest
from bookkeeping.texts import PageError


def run_everything(app: Sphinx) -> None:
    """Run stale pages and stale evidence before Sphinx reads anything."""
    build = build_of(app)
    project = build.project
    _refuse_unknown_documents(app, project)
    ledger.check_labels(project)
    statements.check(project)
    words.check(project)
    build.runs = run_stale_pages(project)
    claims, seconds = gather_claims(project)
    ledger.set_claims(app, claims)
    build.evidence_seconds = seconds
    project.build.mkdir(parents=True, exist_ok=True)
    times = {
        "evidence": seconds,
        "pages": sum(r.seconds for r in build.runs if r.executed),
    }
    (project.build / "times.json").write_text(json.dumps(times), encoding="utf-8")
    build.keys = {page.docname: (page.source, page.key) for page in Pages.of(project)}
    executed_pages(project).prune()
    new = (Pages.of(project).get(run.docname) for run in build.runs if run.executed)
    records = [page.record() for page in new if page is not None]
    charts.prepare(project, [record for record in records if record is not None])


def _refuse_unknown_documents(app: Sphinx, project: Project) -> None:
    """Refuse what Sphinx would show and we neither run nor check.

    Raises
    ------
    PageError
        With all of it by name.
    """
    found = app.project.discover(app.config.exclude_patterns, app.config.include_patterns)
    failures = []
    for docname in sorted(found):
        path = Path(app.project.doc2path(docname, absolute=True))
        name = path.relative_to(project.root).as_posix()
        if path != project.page(docname):
            failures.append(
                f"{name}:1: only pages in MyST Markdown, in files that end in `.md`, are run and "
                f"checked; write this one as {docname}.md (jupytext turns a notebook into one)"
            )
        elif docname not in project.docnames:
            failures.append(
                f"{name}:1: only pages that _toc.yml names are run and checked; give this one a "
                f"line `- file: {docname}` there, since no `glob:` and no setting stands for it"
            )
    if failures:
        raise PageError("\n\n".join(failures))


def drop_old_images(app: Sphinx) -> None:
    """Drop the pictures of earlier builds that no page shows any more."""
    wanted = {name for _, name in app.env.images.values()}
    for path in Path(app.outdir, "_images").glob("*"):
        if path.is_file() and path.name not in wanted:  # social cards have a folder of their own
            path.unlink()


def _version(project: Project) -> str:
    """Return the hash of what, when it changes, makes Sphinx read every page again."""
    house = Path(__file__).parents[1]
    files = [*house.rglob("*.py"), *house.rglob("*.mjs"), *house.rglob("templates/*")]
    ours = sorted(path for path in files if house / "bound" not in path.parents)
    settings = [project.root / name for name in ("_config.yml", "pyproject.toml", citing.FILE)]
    return digest([file_digest(p) for p in [*ours, *settings, project.lock]])


def remember(app: Sphinx, exception: Exception | None) -> None:
    """Keep what was read in pages, modules and tests, also of a build that was stopped."""
    memory_of(build_of(app).project).save()


def furnish(app: Sphinx, exception: Exception | None) -> None:
    """Add to a finished site what is not a page."""
    if exception is None and app.builder.format == "html":
        drop_old_images(app)
        downloads.write_downloads(app)
        taking_along.copy(app)
        site_files.copy_web(app)
        in_the_page.copy(app)
        without_scripts.write_colours(Path(app.outdir, "_static"))
        cut_icon_font(Path(app.outdir), build_of(app).project.build / "icons")
        redirects.write(app)
        site_files.write_robots(app)
        site_files.write_llms(app)


PARTS = (
    charts, choices, corrections, glued, katex, ledger, listings, lists, module_pages, mutant_table,
    notation_lists, pasted, prose, reference, remarks, site_files, skeletons, steps,
    your_turn,
)  # fmt: skip
# All that happens in a build, in its order. Sphinx calls those of one event by rising priority, and
# those of one priority as they stand here; 500 is its own usual one. Another says why.
EVENTS: tuple[tuple[str, Callable[..., Any], int], ...] = (
    ("builder-inited", bibliography.check, 400),  # before the extension reads them
    ("builder-inited", redirects.check, 400),  # before anything runs
    ("builder-inited", katex.configure, 500),
    ("builder-inited", rendered.configure, 500),
    ("builder-inited", written.recall, 500),
    ("builder-inited", run_everything, 500),
    ("env-get-outdated", incremental.pages_to_read, 500),
    ("env-get-outdated", reference.with_other_modules, 500),
    ("env-before-read-docs", reference.keep_out, 500),
    ("env-before-read-docs", bibliography.configure, 500),
    ("env-purge-doc", incremental.forget, 500),
    ("env-purge-doc", glued.forget, 500),
    ("autodoc-process-docstring", docstrings.link_pages, 400),  # before napoleon takes it apart
    ("doctree-read", ledger.collect, 500),
    ("doctree-read", figures.collect, 500),
    ("doctree-read", glued.collect, 500),
    ("doctree-read", pasted.tidy, 500),
    ("doctree-read", corrections.collect, 500),  # with its numbers as they are written now
    ("doctree-read", html_fixes.name_folds, 500),
    ("doctree-read", in_the_page.collect, 500),
    ("doctree-read", lists.note, 500),
    ("doctree-read", site_files.note_first_sentence, 500),
    ("doctree-read", charts.collect, 600),  # after the figures were checked, which it joins
    ("doctree-read", steps.collect, 600),  # the same
    ("doctree-read", skeletons.collect, 600),  # with the numbers of the steps
    ("doctree-read", prose.collect, 700),  # after the steps have become sentences
    ("env-updated", charts.tell_problems, 500),
    ("env-updated", steps.drop_old_drawings, 500),
    ("env-updated", notation_lists.check, 500),
    ("env-updated", corrections.check_names, 500),
    ("env-updated", your_turn.check, 500),
    ("env-updated", incremental.check_and_describe, 500),
    ("env-updated", incremental.note_included, 500),
    ("env-updated", search_index.recall, 500),
    ("env-get-updated", skeletons.forget_numbers, 100),  # before Sphinx gives numbers
    ("env-get-updated", skeletons.number_from_skeletons, 100),
    ("env-get-updated", skeletons.read_pages_again, 800),
    ("env-get-updated", incremental.pages_to_write, 900),  # after Sphinx has given numbers
    ("write-started", asked.watch, 500),
    ("doctree-resolved", ledger.add_marks, 500),
    ("doctree-resolved", lists.fill, 500),
    ("doctree-resolved", pasted.tidy, 500),
    ("doctree-resolved", downloads.keep_notebook, 900),  # when it holds all that a reader sees
    ("html-collect-pages", search_index.drop_lost_words, 500),
    ("html-collect-pages", site_files.listings, 500),
    ("html-page-context", asked.begin_other, 100),
    ("html-page-context", figures.size_images, 500),
    ("html-page-context", charts.add_scripts, 500),
    ("html-page-context", steps.add_script, 500),
    ("html-page-context", choices.add_script, 500),
    ("html-page-context", in_the_page.add_script, 500),
    ("html-page-context", provenance.add_to_page, 500),
    ("html-page-context", citing.add_to_page, 500),
    ("html-page-context", printing.add_to_page, 500),
    ("html-page-context", downloads.add_buttons, 900),  # after the theme has made its buttons
    ("html-page-context", taking_along.add_to_page, 900),
    ("html-page-context", html_fixes.mend, 950),  # after everything else has had its say
    ("build-finished", search_index.keep, 500),
    ("build-finished", remember, 500),
    ("build-finished", furnish, 500),
    ("build-finished", written.keep, 500),
    ("build-finished", asked.keep, 500),
    ("build-finished", rendered.keep, 500),
)


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect everything to Sphinx."""
    # A page is ten thousand objects and more, all kept: to look for rubbish among them each time
    # takes Python eight times as long as to read the page.
    gc.set_threshold(200_000, 50, 100)
    project = start_build(app, Project(Path(app.confdir).parent.resolve())).project
    provenance.set_source_date(project.root)
    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)  # social cards chatter
    for part in PARTS:
        part.setup(app)
    for event, function, priority in EVENTS:
        app.connect(event, in_words(function), priority)
    return {"version": "1", "env_version": _version(project), "parallel_read_safe": False}
