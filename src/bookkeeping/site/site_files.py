"""What every good site has beside its pages: robots.txt, llms.txt, notices, fonts, test sources."""

from __future__ import annotations

import functools
import html
import json
import re
import shutil
from collections.abc import Callable, Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any
from urllib.parse import quote

from docutils import nodes
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinxcontrib import katex

from bookkeeping.check.claims import Claim
from bookkeeping.project import Project
from bookkeeping.site import charts, html_fixes, in_the_page, ledger
from bookkeeping.site.ledger import claims_of, evidence_page
from bookkeeping.site.state import build_of, page_index
from bookkeeping.site.written import is_stale
from bookkeeping.store import digest
from bookkeeping.texts import lines_of, read_text

XML = '<?xml version="1.0" encoding="utf-8"?>\n'
SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
# The name of a page that no source is read for, what it is made of, and what its template gets.
Listing = tuple[str, str, Callable[[], dict[str, Any]]]


def copy_web(app: Sphinx) -> None:
    """Copy the browser-side libraries that the pages use into the site, and mend Sphinx's own."""
    project: Project = build_of(app).project
    static = Path(app.outdir, "_static")
    html_fixes.mend_translations(static)
    katex = project.web / "katex" / "dist"
    if katex.is_dir():
        (static / "katex" / "fonts").mkdir(parents=True, exist_ok=True)
        shutil.copy2(katex / "katex.min.css", static / "katex")
        for font in katex.glob("fonts/*.woff2"):
            shutil.copy2(font, static / "katex" / "fonts")
    if any(page_index(app.env).charts.values()):
        charts.copy_libraries(project, static)
    for font in project.own.get("fonts", []):
        source = project.web / font
        if source.is_file():
            (static / "fonts").mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, static / "fonts")


def write_robots(app: Sphinx) -> None:
    """Let everyone read everything; a site with an address has a map of all its pages."""
    site_url = build_of(app).project.site_url
    lines = ["User-agent: *", "Allow: /"]
    if site_url:
        lines.append(f"Sitemap: {site_url}sitemap.xml")
        names = sorted(path.relative_to(app.outdir).as_posix() for path in _pages(app))
        rows = "".join(f"<url><loc>{html.escape(site_url + quote(n))}</loc></url>\n" for n in names)
        sitemap = f'<urlset xmlns="{SITEMAP}">\n{rows}</urlset>\n'
        Path(app.outdir, "sitemap.xml").write_text(XML + sitemap, encoding="utf-8")
    Path(app.outdir, "robots.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _pages(app: Sphinx) -> Iterator[Path]:
    """Yield what the site has to read, also where this build did not write it."""
    left_out = {Path(app.outdir, f"{n}.html") for n in ("404", *build_of(app).project.redirects)}
    for path in Path(app.outdir).rglob("*.html"):
        if path not in left_out and "_static" not in path.parts:
            yield path


def write_llms(app: Sphinx) -> None:
    """Write the book's contents as the plain list that language models look for."""
    project: Project = build_of(app).project
    lines = [f"# {project.config.get('title', '')}", "", f"> {project.own.get('summary', '')}", ""]
    for docname in project.docnames:
        if docname in app.env.titles:
            title = app.env.titles[docname].astext()
            first = page_index(app.env).first_sentences.get(docname, "")
            lines.append(f"- [{title}](_sources/{quote(docname)}.md): {first}")
    Path(app.outdir, "llms.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


def note_first_sentence(app: Sphinx, doctree: nodes.document) -> None:
    """Note how a page begins."""
    paragraph = next(iter(doctree.findall(nodes.paragraph)), None)
    said = " ".join(paragraph.astext().split()) if paragraph else ""
    page_index(app.env).first_sentences[app.env.current_document.docname] = said


def listings(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Yield the pages of tests and checks that changed since they were last written."""
    for name, made_of, context in (*_evidence_pages(app), *_check_pages(app)):
        if is_stale(app, Path(app.outdir, f"{name}.html"), digest(made_of)):
            build_of(app).asked.begin(name)
            yield name, context(), "page.html"


def _evidence_pages(app: Sphinx) -> Iterator[Listing]:
    """Yield a page for each test file that claims an equation."""
    files = sorted({claim.file for claims in claims_of(app).values() for claim in claims})
    for file in files:
        code = _text(app, file)
        yield evidence_page(app, file), code, functools.partial(_evidence_page, file, code)


def _evidence_page(file: str, code: str) -> dict[str, Any]:
    """Return the page of a test file, its lines addressable."""
    formatter = HtmlFormatter(linenos=False, lineanchors="L", anchorlinenos=False, wrapcode=True)
    body = highlight(code, PythonLexer(), formatter)
    # Pygments marks a line by a link without words; a reader needs the place, not the link.
    body = re.sub(r'<a id="L-(\d+)"[^>]*></a>', r'<span id="L\1"></span>', body)
    return {
        "title": file,
        "body": f"<h1>{file}</h1>\n<p>The tests that the marks of the equations lead to, "
        f"as they ran when the book was built.</p>\n{body}",
    }


def _check_pages(app: Sphinx) -> Iterator[Listing]:
    """Yield a page for each checked equation: what was compared with what, and by which lines."""
    for docname in build_of(app).project.docnames:
        for equation in ledger.equations(app.env).get(docname, []):
            if claims := claims_of(app).get(equation.label, []):
                tests = [_test_lines(app, claim) for claim in _each_test(claims)]
                yield (
                    ledger.check_page(app, equation.label),
                    repr((equation, claims, tests)),
                    functools.partial(_check_page, app, equation, claims),
                )


def _check_page(app: Sphinx, equation: ledger.Equation, claims: list[Claim]) -> dict[str, Any]:
    name = ledger.check_page(app, equation.label)
    number, there = ledger.number_of(app, equation), ledger.address_of(app, equation, name)
    back = f'<a href="{there}">equation ({number})</a>'
    page = html.escape(app.env.titles[equation.docname].astext())
    rows = "".join(
        f"<li>{html.escape(witness)}: {ledger.power_of_ten(error)}</li>"
        for witness, error in ledger.witnesses(claims).items()
    )
    body = [
        f"<h1>How equation ({number}) was checked</h1>",
        f"<p>It stands on the page “{page}”: back to {back}.</p>",
        f'<div class="math">{katex.render_latex(equation.tex, {"displayMode": True})}</div>',
        f"<p>{html.escape(ledger.sentence(equation, claims))}</p>",
        "<p>The largest difference, as a share of the largest value, rounded up:</p>",
        f"<ul>{rows}</ul>",
        *(_test(app, claim, name) for claim in _each_test(claims)),
    ]
    mark = ledger.mark_of(equation, claims)
    return {"title": f"({number}): {mark}", "body": "\n".join(body)}


def _each_test(claims: list[Claim]) -> list[Claim]:
    """Return one claim for each test; one that tries several cases is one test."""
    return list({(claim.file, claim.line): claim for claim in claims}.values())


def _test(app: Sphinx, claim: Claim, name: str) -> str:
    """Return the lines of a test, with the way to its whole file."""
    whole = app.builder.get_relative_uri(name, evidence_page(app, claim.file))
    lines = highlight(_test_lines(app, claim), PythonLexer(), HtmlFormatter(wrapcode=True))
    return f'<p>By <a href="{whole}#L{claim.line}">{claim.file}</a>:</p>\n{lines}'


def _test_lines(app: Sphinx, claim: Claim) -> str:
    return "\n".join(lines_of(_text(app, claim.file))[claim.line - 1 : claim.end])


def _text(app: Sphinx, file: str) -> str:
    return read_text(build_of(app).project.root / file)


class notices(nodes.General, nodes.Element):
    """Where the licences of others go."""


class NoticesDirective(SphinxDirective):
    """``{third-party-notices}``: what the site serves that others made, with their licences."""

    def run(self) -> list[nodes.Node]:
        """List the browser-side libraries with their licence texts, equal texts once."""
        together: dict[tuple[str, str], list[str]] = {}
        project = build_of(self.env.app).project
        for name, licence, text in (*_served(project), *in_the_page.served(project)):
            together.setdefault((licence, text), []).append(name)
        result: list[nodes.Node] = []
        for (licence, text), names in together.items():
            result.append(nodes.rubric("", ", ".join(names)))
            kind = nodes.literal("", licence)
            result.append(nodes.paragraph("", "", nodes.Text("Licence: "), kind))
            if text:
                block = nodes.literal_block(text, text, language="text", classes=["licence"])
                result.append(nodes.container("", block, classes=["toggle"]))
        return result


def _served(project: Project) -> Iterator[tuple[str, str, str]]:
    """Yield name and version, kind of licence and its text, for each library that is served."""
    for package in sorted(project.web.glob("**/package.json")):
        about = json.loads(package.read_text(encoding="utf-8"))
        name = about.get("name", "")
        if "version" in about and any(fnmatch(name, p) for p in project.own.get("served", [])):
            texts = sorted(package.parent.glob("LICEN[CS]E*"))
            text = texts[0].read_text(encoding="utf-8").strip() if texts else ""
            yield f"{name} {about['version']}", about["license"], text


def setup(app: Sphinx) -> None:
    """Register the directive."""
    app.add_directive("third-party-notices", NoticesDirective)
