"""A page that was read and resolved, as Markdown that Jupyter, Colab and editors understand.

Jupyter takes formulas out of Markdown before it looks at anything else: a formula may hold no empty
line, and one in a quotation no line end at all, or the signs of the quotation become part of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple
from urllib.parse import urljoin

from docutils import nodes
from sphinx.environment import BuildEnvironment

from bookkeeping.site.choices import choice, letter, question
from bookkeeping.site.steps import step_list

SIGNS = re.compile(r"[\\`*_$<~]")
STARTS = re.compile(r"^(?P<before>\s*)(?P<number>\d*)(?P<sign>[-+#>.)])(?=\s|$)", re.M)
EMPTY_LINES = re.compile(r"\n\s*\n")
ADDRESS = re.compile(r"^[a-z]+:")
SEVERAL_LINES = re.compile(r"\\\\|&")
UNSHOWN = (
    nodes.Invisible, nodes.raw, nodes.system_message, nodes.target, nodes.colspec,
)  # fmt: skip
LANGUAGES = {"ipython3": "python", "none": "", "default": ""}


class Code(NamedTuple):
    """The place of a code cell: its number among all cells of the page."""

    cell: int


class Heading(str):
    """A heading, with which a new cell begins."""

    __slots__ = ()


Part = str | Heading | Code


class PlainMarkdown:
    """Writes one page.

    Parameters
    ----------
    env : BuildEnvironment
        What Sphinx knows of the pages; here the numbers of equations, figures and exercises.
    docname : str
        The page.
    address : str
        The page's full address, or nothing: then what leads elsewhere in the book is a plain name.
    """

    def __init__(self, env: BuildEnvironment, docname: str, address: str = "") -> None:
        self._numbers = env.toc_fignumbers.get(docname, {})
        self._address = address
        self.cited: dict[str, None] = {}  # the works, in the order in which the page names them
        self._inline: dict[type[nodes.Node], Callable[[Any], str]] = {
            nodes.Text: lambda node: SIGNS.sub(r"\\\g<0>", node.astext()),
            nodes.emphasis: lambda node: _around(self.inline(node), "*"),
            nodes.strong: lambda node: _around(self.inline(node), "**"),
            nodes.literal: lambda node: _code(node.astext()),
            nodes.math: lambda node: f"${_one_line(node.astext())}$",
            nodes.reference: self._link,
            nodes.image: lambda node: _around(SIGNS.sub(r"\\\g<0>", node.get("alt", "")), "*"),
        }
        self._block: dict[type[nodes.Node], Callable[[Any], Iterable[Part]]] = {
            nodes.section: self._section,
            nodes.title: lambda node: [f"**{self.inline(node)}**"],
            nodes.rubric: self._rubric,
            nodes.paragraph: self._paragraph,
            nodes.math_block: self._equation,
            nodes.literal_block: lambda node: [_fenced(node)],
            nodes.bullet_list: lambda node: self._list(node, lambda _: "- "),
            nodes.enumerated_list: lambda node: self._list(node, "{}. ".format),
            step_list: self._steps,
            question: self._question,
            nodes.definition_list: lambda node: ["\n".join(map(self._definition, node))],
            nodes.table: lambda node: [self._table(node)],
            nodes.figure: self._figure,
            nodes.transition: lambda node: ["---"],
        }
        self._depth = 0

    def parts(self, node: nodes.Node) -> Iterator[Part]:
        """Yield a node's Markdown, paragraph by paragraph, and the places of code cells."""
        if isinstance(node, UNSHOWN) or "toctree-wrapper" in _classes(node):
            return
        if isinstance(node, nodes.Element) and node.get("nb_element") == "cell_code":
            yield Code(node["cell_index"])
            for figure in node.findall(nodes.figure):
                yield from self._figure(figure)
        elif write := self._writer(self._block, node):
            yield from write(node)
        elif _is_box(node):
            yield from self._box(node)
        elif _is_inline(node):
            yield from filter(None, [self._of(node).strip()])
        else:
            yield from self._all(node.children)

    def _all(self, children: Iterable[nodes.Node]) -> Iterator[Part]:
        for child in children:
            yield from self.parts(child)

    def inline(self, node: nodes.Node) -> str:
        """Return what stands in a node, within a line."""
        return "".join(self._of(child) for child in node.children)

    def _of(self, node: nodes.Node) -> str:
        if isinstance(node, UNSHOWN):
            return ""
        write = self._writer(self._inline, node)
        return write(node) if write else self.inline(node) if node.children else ""

    @staticmethod
    def _writer(writers: dict[type[nodes.Node], Any], node: nodes.Node) -> Any:
        return next((writers[kind] for kind in type(node).__mro__ if kind in writers), None)

    def _link(self, node: nodes.reference) -> str:
        """Return a link where it leads somewhere from anywhere, else its words."""
        words, goal = self.inline(node), str(node.get("refuri", ""))
        if "reftitle" in node:
            self.cited[node["reftitle"]] = None
        if not ADDRESS.match(goal):
            here = not goal or goal.startswith("#")
            if not here and not self._address and _names_a_page(node):
                return _around(words, "*")
            goal = "" if here or not self._address else urljoin(self._address, goal)
        return f"[{words}]({goal})" if goal and words.strip() else words

    def _section(self, node: nodes.section) -> Iterator[Part]:
        children = list(node.children)
        titled = bool(children) and isinstance(children[0], nodes.title)
        self._depth += titled
        if titled:
            yield Heading(f"{'#' * self._depth} {_one_line(self.inline(children.pop(0)))}")
        yield from self._all(children)
        self._depth -= titled

    def _rubric(self, node: nodes.rubric) -> Iterator[Part]:
        words = self.inline(node)
        level = node.get("heading-level")
        yield Heading(f"{'#' * level} {words}") if level else f"**{words}**"

    def _steps(self, node: step_list) -> Iterator[Part]:
        """List the sentences of steps; a notebook shows the picture of the first."""
        yield "Its steps, of which the picture is the first:"
        copy = node.deepcopy()
        for part in [*copy.findall(nodes.image), *copy.findall(nodes.inline)]:
            if isinstance(part, nodes.image) or "step-number" in part["classes"]:
                part.parent.remove(part)
        yield from self._list(copy, "{}. ".format)

    def _question(self, node: question) -> Iterator[Part]:
        """Ask, offer the choices, and quote below them what is said of each."""
        choices = [one for one in node.children if isinstance(one, choice)]
        yield f"**{_one_line(self.inline(node.children[0]))}**"
        offered = (f"- {letter(one)}: {_one_line(self.inline(one.children[0]))}" for one in choices)
        yield "\n".join(offered)
        told = (f"{letter(one)}: {self._joined(one.children[1:])}" for one in choices)
        yield _quoted("\n\n".join(told))

    def _paragraph(self, node: nodes.paragraph) -> Iterator[Part]:
        text = "\n".join(line.strip() for line in self.inline(node).strip().split("\n"))
        if text:
            yield STARTS.sub(r"\g<before>\g<number>\\\g<sign>", EMPTY_LINES.sub("\n", text))

    def _number(self, kind: str, node: nodes.Element) -> str:
        """Return the number of an equation, a figure or an exercise in the book, or nothing."""
        held: dict[str, tuple[int, ...]] = self._numbers.get(kind, {})
        ids: list[str] = node.get("ids", [])
        found = next((held[name] for name in ids if name in held), ())
        return ".".join(map(str, found)) or str(node.get("number") or "")

    def _equation(self, node: nodes.math_block) -> Iterator[Part]:
        tex = node.astext().strip()
        if SEVERAL_LINES.search(tex) and r"\begin{" not in tex:
            tex = f"\\begin{{aligned}}\n{tex}\n\\end{{aligned}}"
        number = self._number("displaymath", node)
        tag = f"\n\\tag{{{number}}}" if number else ""
        yield EMPTY_LINES.sub("\n", f"$$\n{tex}{tag}\n$$")

    def _definition(self, item: nodes.Element) -> str:
        """Return a term with its meaning as an item of a list."""
        term, meaning = item[0], item[-1]
        named = self.inline(term).strip()
        named = named if any(True for _ in term.findall(nodes.math)) else _around(named, "**")
        return _indented("- ", f"{named}: {self._joined(meaning.children)}")

    def _list(self, node: nodes.Element, mark: Callable[[int], str]) -> Iterator[Part]:
        first = int(node.get("start", 1))
        items = enumerate(node.children, first)
        yield "\n".join(_indented(mark(n), self._joined(item.children)) for n, item in items)

    def _joined(self, children: Iterable[nodes.Node]) -> str:
        return "\n\n".join(part for part in self._all(children) if isinstance(part, str))

    def _box(self, node: nodes.Node) -> Iterator[Part]:
        """Quote a box under its title in bold; one that holds code cells cannot be quoted."""
        title, *rest = node.children
        heading = f"**{_one_line(self._title(node, title))}**"
        parts = [heading, *self._all(rest)]
        if any(isinstance(part, Code) for part in parts):
            yield from parts
        else:
            yield _quoted("\n\n".join(map(str, parts)))

    def _title(self, box: Any, title: nodes.Node) -> str:
        """Return the title of a box; that of an exercise has a place for its number."""
        words = self.inline(title) if isinstance(title, nodes.Element) else ""
        template = title.get("title", "") if isinstance(title, nodes.Element) else ""
        if "%s" not in template:
            return words
        kind = box.get("type") or box.get("realtype", "")
        return template.replace("%s", self._number(kind, box)).strip() + words

    def _figure(self, node: nodes.figure) -> Iterator[Part]:
        """Yield the words of a figure, whose picture is the output of the cell before them."""
        number = self._number("figure", node)
        steps = list(node.findall(step_list))
        for caption in node.findall(nodes.caption):
            named = f"**Figure {number}.** " if number else ""
            yield _one_line(named + self.inline(caption))
        for listed in steps:
            yield from self.parts(listed)

    def _table(self, node: nodes.table) -> str:
        rows = [
            [_one_line(self._joined(entry.children)).replace("|", r"\|") for entry in row]
            for row in node.findall(nodes.row)
        ]
        if not any(True for _ in node.findall(nodes.thead)):
            rows.insert(0, [""] * len(rows[0]))
        rows.insert(1, ["---"] * len(rows[0]))
        title = [
            f"**{self.inline(one)}**\n\n" for one in node.children if isinstance(one, nodes.title)
        ]
        return "".join(title) + "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _classes(node: nodes.Node) -> list[str]:
    return list(node.get("classes", [])) if isinstance(node, nodes.Element) else []


def _names_a_page(node: nodes.reference) -> bool:
    """Whether the words of a reference are the title of a page or of a section."""
    return any({"std-ref", "doc"} & set(_classes(child)) for child in node.children)


def _is_box(node: nodes.Node) -> bool:
    """Whether a node has a title of its own above what it holds: a box, an exercise, a fold."""
    first = node.children[0] if node.children else None
    titles = {"title", "dropdown_title", "fold_title"}
    titled = type(first).__name__ in titles
    return titled and not isinstance(node, nodes.section | nodes.table)


def _is_inline(node: nodes.Node) -> bool:
    return isinstance(node, nodes.Inline | nodes.Text | nodes.TextElement)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _around(text: str, sign: str) -> str:
    """Return text between two signs, which may have no space beside them within."""
    inner = text.strip()
    if not inner:
        return text
    before, _, after = text.partition(inner)
    return f"{before}{sign}{inner}{sign}{after}"


def _code(text: str) -> str:
    """Return text as code within a line, between more backquotes than stand together in it."""
    longest = max(map(len, re.findall("`+", text)), default=0)
    fence, space = "`" * (longest + 1), " " if longest else ""
    return f"{fence}{space}{text}{space}{fence}"


def _fenced(node: nodes.literal_block) -> str:
    text, language = node.astext().rstrip("\n"), str(node.get("language", ""))
    longest = max(map(len, re.findall("^`{3,}", text, re.M)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{LANGUAGES.get(language, language)}\n{text}\n{fence}"


def _indented(mark: str, text: str) -> str:
    lines = _formulas_in_a_line(text).split("\n")
    rest = (f"{' ' * len(mark)}{line}" if line else "" for line in lines[1:])
    return "\n".join([mark + lines[0], *rest])


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in _formulas_in_a_line(text).split("\n"))


def _formulas_in_a_line(text: str) -> str:
    """Return Markdown in which no formula goes over the end of a line."""
    return re.sub(r"\$\$\n.*?\n\$\$", lambda found: _one_line(found[0]), text, flags=re.S)
