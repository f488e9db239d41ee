"""The ledger: every displayed equation with a label, and every label with what was shown of it."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, ClassVar, NamedTuple

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.directives.patches import MathDirective
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.writers.html5 import HTML5Translator

from bookkeeping.check.claims import Claim
from bookkeeping.check.displayed import equations_of
from bookkeeping.check.formulas.tokens import plain_tokens
from bookkeeping.project import Project
from bookkeeping.site.by_page import under_titles
from bookkeeping.site.pasted import SUPERSCRIPTS, is_pasted
from bookkeeping.site.source_lines import line_of
from bookkeeping.site.state import build_of, page_index
from bookkeeping.texts import PageError

LOGGER = logging.getLogger(__name__)


class Equation(NamedTuple):
    """A displayed equation of a page."""

    docname: str
    line: int
    label: str
    tex: str
    pasted: bool  # comes from an output of the page
    source: str  # where a definition or a quotation comes from
    kind: str  # "definition", "quotation" or ""


class Math(MathDirective):
    """Sphinx's ``math`` with two ways to say that nothing is to be checked, and why."""

    option_spec: ClassVar = {
        **MathDirective.option_spec,
        "definition": directives.unchanged_required,
        "quotation": directives.unchanged_required,
    }

    def run(self) -> list[nodes.Node]:
        """Make the equation and note what it was declared as."""
        result = super().run()
        for node in result:
            if isinstance(node, nodes.math_block):
                for kind in ("definition", "quotation"):
                    if kind in self.options:
                        node["kind"], node["declared"] = kind, self.options[kind]
        return result


class equation_mark(nodes.General, nodes.Element):
    """How an equation was checked, shown beside it."""


def equations(env: BuildEnvironment) -> dict[str, list[Equation]]:
    """Return the equations of each page."""
    return page_index(env).equations


def claims_of(app: Sphinx) -> dict[str, list[Claim]]:
    """Return the claims by label."""
    return build_of(app).claims


def set_claims(app: Sphinx, claims: Iterable[Claim]) -> None:
    """Hand the tests' claims to the ledger."""
    by_label = defaultdict(list)
    for claim in claims:
        by_label[claim.label].append(claim)
    build_of(app).claims = dict(by_label)


def check_labels(project: Project) -> None:
    """Refuse labels of which one makes no address, or two the same.

    Raises
    ------
    PageError
        With the places of all of them.
    """
    faults, known = [], dict[str, tuple[str, str]]()
    typed = (e for e in equations_of(project.book).values() if e.docname in project.docnames)
    for docname, label, _, line in sorted(typed, key=lambda equation: (equation[0], equation[3])):
        page = project.page(docname).relative_to(project.root).as_posix()
        part = address_part(label)
        other, there = known.setdefault(part, (label, f"{page}:{line}"))
        if not part:
            faults.append(
                f"{page}:{line}: the label {label!r} makes no address, which consists of the "
                "letters a to z and digits; write it with some"
            )
        elif other != label:
            faults.append(
                f"{page}:{line}: the labels {other!r} ({there}) and {label!r} make one address; "
                "rename one"
            )
    if faults:
        raise PageError("\n\n".join(faults))


def collect(app: Sphinx, doctree: nodes.document) -> None:
    """Note the displayed equations of a page that was just read."""
    docname = app.env.current_document.docname
    equations(app.env)[docname] = [
        Equation(
            docname,
            line_of(node),
            _label(node),
            node.astext().strip(),
            is_pasted(node),
            node.get("declared", ""),
            node.get("kind", ""),
        )
        for node in _displayed(doctree)
    ]
    for node in doctree.findall(nodes.math_block):
        if node.get("label") and _is_output(node):
            LOGGER.warning(
                "an equation with a number in the output of a cell; type it, so that the build can "
                "read it", location=(docname, line_of(node)),
                type="bookkeeping", subtype="equation",
            )  # fmt: skip


def _label(node: nodes.math_block) -> str:
    """Return the label that an equation was given; MyST gives one of chance to a bare ``align``."""
    return "" if "amsmath" in node["classes"] else node.get("label") or ""


def _displayed(doctree: nodes.Node) -> Iterator[nodes.math_block]:
    """Yield the equations that the text displays: no outputs of cells, none that is told again."""
    for node in doctree.findall(nodes.math_block):
        if not _is_output(node) and not node.get("again"):
            yield node


def _is_output(node: nodes.Node | None) -> bool:
    """Whether a node stands below the cell that shows it."""
    while node is not None:
        if isinstance(node, nodes.Element) and "cell_output" in node["classes"]:
            return True
        node = node.parent
    return False


def check(app: Sphinx, env: BuildEnvironment) -> None:
    """Hold every equation of the book against the claims, and every claim against the book."""
    claims = claims_of(app)
    known = set()
    for page in equations(env).values():
        for equation in page:
            known.add(equation.label)
            for message in _faults(equation, claims.get(equation.label, [])):
                LOGGER.warning(
                    message, location=(equation.docname, equation.line),
                    type="bookkeeping", subtype="equation",
                )  # fmt: skip
    for label in sorted(set(claims) - known):
        claim = claims[label][0]
        LOGGER.warning(
            "a test claims the equation %r, which no page displays",
            label, location=f"{claim.file}:{claim.line}",
            type="bookkeeping", subtype="equation",
        )  # fmt: skip


def _faults(equation: Equation, claims: list[Claim]) -> Iterable[str]:
    """Say what is wrong with an equation's standing in the ledger."""
    if not equation.label:
        yield "a displayed equation without a label; give it one, so that a test can claim it"
        return
    if equation.pasted:
        yield (
            f"the equation {equation.label!r} is pasted from the output of a cell; type it, so "
            "that the build can read it"
        )
        return
    if not claims and not equation.kind:
        yield (
            f"no test claims the equation {equation.label!r}; claim it with "
            f'@pytest.mark.equation("{equation.label}"), or declare it a definition or a quotation'
        )
    for letter in _tried_once(claims):
        yield (
            f"the letter {letter!r} of {equation.label!r} was tried at one value only; give the "
            "test two, so that no relation can hold at one size alone"
        )
    for claim in claims:
        where = f"{claim.file}:{claim.line}"
        if not claim.passed:
            message = re.sub(r"^bookkeeping\.formulas\.faults\.", "", claim.message)
            yield f"the claim for {equation.label!r} fails ({where}, {claim.test}): {message}"
        elif plain_tokens(claim.tex) != plain_tokens(equation.tex):
            yield (
                f"the equation {equation.label!r} is not the one that was checked ({where})\n"
                f"    on the page: {equation.tex}\n    in the test: {claim.tex}"
            )


def _tried_once(claims: list[Claim]) -> list[str]:
    """Return the plain numbers of an equation that took one value in all its tests."""
    values: dict[str, set[str]] = defaultdict(set)
    for claim in claims:
        for letter, found in claim.tried.items():
            values[letter].update(found)
    return sorted(letter for letter, found in values.items() if len(found) == 1)


def power_of_ten(error: float) -> str:
    """Return an error rounded up to a power of ten: ``10⁻⁹``, or ``exact`` for none."""
    if error == 0:
        return "exact"
    exponent = math.ceil(math.log10(error) - 1e-9)
    return "10" + str(exponent).translate(SUPERSCRIPTS)


def witnesses(claims: Iterable[Claim]) -> dict[str, float]:
    """Return the largest error that each witness of the printed text left."""
    errors: dict[str, float] = {}
    for claim in claims:
        for kind, witness, error in claim.checks:
            if kind == "evaluated":
                errors[witness] = max(error, errors.get(witness, 0.0))
    return errors


def how_checked(claims: Iterable[Claim]) -> str:
    """Return the witnesses and their errors in a line."""
    return " · ".join(
        witness if error == 0 else f"{witness} {power_of_ten(error)}"
        for witness, error in witnesses(claims).items()
    )


def on_trust(claims: Iterable[Claim]) -> str:
    """Return what the claims of an equation take on trust; nothing where all of it is evaluated."""
    trusts = [claim.trust for claim in claims]
    return trusts[0] if all(trusts) else ""


def mark_of(equation: Equation, claims: Iterable[Claim]) -> str:
    """Return the mark of an equation.

    Returns
    -------
    str
        ``evaluated``, ``in part``, ``definition``, ``quotation``, or nothing where it has none.
    """
    claims = list(claims)
    if not claims:
        return equation.kind
    return "in part" if on_trust(claims) else "evaluated"


def sentence(equation: Equation, claims: list[Claim]) -> str:
    """Say in one sentence what was compared with what."""
    mark = mark_of(equation, claims)
    if not claims:
        return f"Nothing was compared: this is a {mark}, {equation.source}."
    compared = " and against ".join(witnesses(claims))
    trust = f"; taken on trust: {on_trust(claims)}" if mark == "in part" else ""
    return f"The printed formula, evaluated, against {compared}{trust}."


def evidence_page(app: Sphinx, file: str) -> str:
    """Return the name of the page that shows a test file."""
    return f"{build_of(app).project.evidence_pages}/{file.removesuffix('.py')}"


def check_page(app: Sphinx, label: str) -> str:
    """Return the name of the page that tells how an equation was checked."""
    return f"{build_of(app).project.check_pages}/{address_part(label)}"


def address_part(label: str) -> str:
    """Return what a label becomes in the address of its equation, as Sphinx makes it."""
    return nodes.make_id(f"equation-{label}").removeprefix("equation").removeprefix("-")


def add_marks(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Put a mark after each displayed equation."""
    by_label = {equation.label: equation for equation in equations(app.env).get(docname, [])}
    for node in list(_displayed(doctree)):
        equation = by_label.get(_label(node))
        if equation:
            mark = _mark(app, equation, docname)
            node.parent.insert(node.parent.index(node) + 1, mark)


def _mark(app: Sphinx, equation: Equation, docname: str) -> equation_mark:
    claims = claims_of(app).get(equation.label, [])
    mark = mark_of(equation, claims)
    if claims:
        target = app.builder.get_relative_uri(docname, check_page(app, equation.label))
    else:
        listed = next((n for n, held in page_index(app.env).lists.items() if "ledger" in held), "")
        target = f"{app.builder.get_relative_uri(docname, listed)}#{_row_id(equation)}"
    text = f"{mark}: {how_checked(claims)}" if claims else mark
    return equation_mark(text=text, title=sentence(equation, claims), uri=target, mark=mark)


def visit_mark(self: HTML5Translator, node: equation_mark) -> None:
    """Write a mark as a small link under its equation."""
    state = {"evaluated": "is-checked", "in part": "is-partial"}.get(node["mark"], "is-declared")
    attributes = {"href": node["uri"], "title": node["title"]}
    self.body.append(self.starttag(node, "div", "", CLASS="equation-mark-line"))
    self.body.append(self.starttag(node, "a", "", CLASS=f"equation-mark {state}", **attributes))
    sign = {"evaluated": "✓", "in part": "◐"}.get(node["mark"], "")
    tick = f'<span aria-hidden="true">{sign} </span>' if sign else ""
    self.body.append(tick + self.encode(node["text"]) + "</a></div>\n")
    raise nodes.SkipNode


def all_equations(app: Sphinx, docname: str) -> list[nodes.Node]:
    """Return the list of all equations, page by page in the book's order."""
    claims = claims_of(app)
    order = [name for name in build_of(app).project.docnames if equations(app.env).get(name)]
    everything = [equation for name in order for equation in equations(app.env)[name]]
    listed: dict[str, list[nodes.Node]] = {
        name: [_table(app, equations(app.env)[name], claims, docname)] for name in order
    }
    return [
        nodes.paragraph("", counted(everything, claims)),
        *under_titles(app, "equations", listed),
    ]


def counted(rows: Iterable[Equation], claims: dict[str, list[Claim]]) -> str:
    """Return how many equations have which mark, as a sentence."""
    marks = Counter(mark_of(row, claims.get(row.label, [])) for row in rows)
    declared = marks["definition"] + marks["quotation"]
    return (
        f"{marks.total()} displayed equation{'s' * (marks.total() != 1)}: "
        f"{marks['evaluated']} evaluated, "
        f"{marks['in part']} in part, {declared} definitions or quotations."
    )


def _table(
    app: Sphinx, rows: list[Equation], claims: dict[str, list[Claim]], docname: str
) -> nodes.Node:
    table = nodes.table(classes=["ledger"])
    group = nodes.tgroup(cols=4)
    table += group
    group += [nodes.colspec(colwidth=width) for width in (1, 2, 6, 4)]
    head, body = nodes.thead(), nodes.tbody()
    group += [head, body]
    head += _row([nodes.Text(t) for t in ("Number", "Mark", "Equation", "Compared with")])
    for equation in rows:
        shown = claims.get(equation.label, [])
        mark = mark_of(equation, shown)
        place = nodes.reference(
            "", f"({number_of(app, equation)})", refuri=address_of(app, equation, docname),
            internal=True,
        )  # fmt: skip
        text = nodes.math(equation.tex, equation.tex, again=True)
        told = nodes.Text(mark or "none")
        link = nodes.reference(
            "", "", told, internal=True,
            refuri=app.builder.get_relative_uri(docname, check_page(app, equation.label)),
        ) if shown else told  # fmt: skip
        row = _row([place, link, text, nodes.Text(_errors(shown) if shown else equation.source)])
        row["ids"] = [_row_id(equation)]
        body += row
    return nodes.container("", table, classes=["ledger-frame"])


def number_of(app: Sphinx, equation: Equation) -> str:
    """Return the number that an equation has on its page."""
    anchor = nodes.make_id(f"equation-{equation.label}")
    plain = app.env.domains.math_domain.get_equation_number_for(equation.label)
    numbers = app.env.toc_fignumbers.get(equation.docname, {}).get("displaymath", {})
    return ".".join(map(str, numbers.get(anchor, (plain,))))


def address_of(app: Sphinx, equation: Equation, docname: str) -> str:
    """Return the way from a page to an equation."""
    anchor = nodes.make_id(f"equation-{equation.label}")
    return f"{app.builder.get_relative_uri(docname, equation.docname)}#{anchor}"


def _row_id(equation: Equation) -> str:
    return f"ledger-{address_part(equation.label)}"


def _errors(claims: list[Claim]) -> str:
    return "; ".join(f"{w}: {power_of_ten(e)}" for w, e in witnesses(claims).items())


def _row(contents: list[nodes.Node]) -> nodes.row:
    row = nodes.row()
    for content in contents:
        row += nodes.entry("", nodes.paragraph("", "", content))
    return row


def skip_mark(self: Any, node: nodes.Node) -> None:
    """Other formats than HTML show no marks."""
    raise nodes.SkipNode


def setup(app: Sphinx) -> None:
    """Register the equations and their marks."""
    app.add_directive("math", Math, override=True)
    skip = (skip_mark, None)
    app.add_node(
        equation_mark, html=(visit_mark, None), latex=skip, text=skip, man=skip, texinfo=skip
    )
