"""A written page of the site, taken out of its frame and made still.

What only a screen with scripts can do goes: controls, scripts, the second copy of each formula that
KaTeX draws. What it did is said otherwise: a chart stays as its picture, with a line that names its
controls; questions become lists, with their answers after the last of them. Each function changes
the tree that it is given.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from lxml import etree, html

CLASS = re.compile(r"\{([\w-]+)\}")
PUT_OFF = "put-off"  # the class of words that stand for what is found elsewhere
Tree = Any  # an element of lxml, which has no types of its own

# Control characters, which XML refuses, as the pictures that Unicode has of them.
PICTURED = {code: 0x2400 + code for code in range(32) if chr(code) not in "\t\n\r"}
# Parts that do nothing where no scripts run and nothing is clicked.
MOVING = (
    "self::script", "self::style", "self::button", "self::input", "self::select", "self::output",
    "self::template", "self::noscript", "self::dialog", "{headerlink}", "{enlarge}", "{copybtn}",
    "{katex-html}", "self::annotation",
)  # fmt: skip


def article(path: Path) -> Tree:
    """Return what a written page says: its article, without the frame of the site.

    Parameters
    ----------
    path : Path
        A page of the built site.

    Raises
    ------
    ValueError
        When the file holds no article of the book.
    """
    text = path.read_text(encoding="utf-8").translate(PICTURED)
    page = html.document_fromstring(text)
    found = _all(page, "self::article[{bd-article}]")
    if not found:
        raise ValueError(f"{path}: expected a page with an <article>; build the book again")
    return found[0]


def make_still(tree: Tree) -> None:
    """Leave of a page what can be read without scripts, and say in words what is gone."""
    _tell_controls(tree)
    _list_questions(tree)
    _keep_mathml(tree)
    for part in _all(tree, " or ".join(MOVING)):
        part.drop_tree()
    for comment in list(tree.iter(etree.Comment)):
        comment.drop_tree()
    for empty in _all(tree, "{toctree-wrapper}"):
        if not empty.text_content().strip():
            empty.drop_tree()
    for frame in _all(tree, "{figure-frame}"):
        frame.drop_tag()
    _name_folds(tree)


def unfold(tree: Tree) -> None:
    """Open all that is folded: a fold becomes a part with a title."""
    for fold in _all(tree, "self::details"):
        fold.tag = "div"
        fold.attrib.pop("open", None)
        _add_class(fold, "unfolded")
        for summary in fold.findall("summary"):
            summary.tag = "p"
            _add_class(summary, "unfolded-title")


def drop_folded_code(tree: Tree) -> int:
    """Leave out the code that the page folds; return how many cells that were.

    A cell whose output is folded with it keeps neither.
    """
    folds = _all(tree, "self::details[{hide}]")
    for fold in folds:
        fold.drop_tree()
    return len(folds)


def drop(tree: Tree, name: str) -> None:
    """Leave out what has a class."""
    for part in _all(tree, f"{{{name}}}"):
        part.drop_tree()


def put_off(tree: Tree, name: str, id_: str, told: str) -> list[Tree]:
    """Take out what has a class, and lead with some words to where it stands instead.

    Parameters
    ----------
    tree : element
        The page.
    name : str
        The class.
    id_ : str
        The id of the place where it will stand.
    told : str
        The words.

    Returns
    -------
    list of element
        What was taken out.
    """
    found = _all(tree, f"{{{name}}}")
    for part in found:
        words = _element("p", class_=PUT_OFF)
        words.append(_element("a", told, href=f"#{id_}"))
        words.tail, part.tail = part.tail, None
        part.getparent().replace(part, words)
    return found


def put_off_links(tree: Tree) -> list[Tree]:
    """Return the links that stand where something was taken out."""
    return [link for told in _all(tree, f"{{{PUT_OFF}}}") for link in told.iter("a")]


def relink(tree: Tree, address: Callable[[str], str | None]) -> None:
    """Give each link another address; one that has none stays as plain words.

    Parameters
    ----------
    tree : element
        The page.
    address : callable
        Takes the address that a link has and returns the one that it gets, or None.
    """
    for link in _all(tree, "self::a[@href]"):
        found = address(link.get("href"))
        if found is None:
            link.tag = "span"
            for name in ("href", "download", "rel", "target", "role", "hreflang", "type"):
                link.attrib.pop(name, None)
        else:
            link.set("href", found)


def rename(tree: Tree, name: Callable[[str], str]) -> None:
    """Give each id another name, and the same to what refers to it within the page.

    A second part with a name that an earlier one has loses it, since links lead to the first.
    """
    held: set[str] = set()
    for part in tree.xpath("descendant-or-self::*[@id]"):
        renamed = name(part.get("id"))
        if renamed in held:
            del part.attrib["id"]
        else:
            held.add(renamed)
            part.set("id", renamed)
    for reference in ("for", "headers", "aria-labelledby", "aria-describedby"):
        for part in tree.xpath(f"descendant-or-self::*[@{reference}]"):
            names = " ".join(map(name, part.get(reference).split()))
            part.set(reference, names)


def title_of(tree: Tree) -> str:
    """Return the title of a page with its number, as plain text."""
    headings = _all(tree, "self::h1")
    own = f".//text()[not(parent::a[{_class('headerlink')}])]"
    words = [str(text) for heading in headings[:1] for text in heading.xpath(own)]
    return " ".join("".join(words).split())


def _all(tree: Tree, test: str) -> list[Tree]:
    """Return the parts for which an expression of XPath holds; ``{name}`` is a test of a class."""
    holds = CLASS.sub(lambda found: _class(found[1]), test)
    found: list[Tree] = tree.xpath(f"descendant-or-self::*[{holds}]")
    return found


def _class(name: str) -> str:
    return f"contains(concat(' ', normalize-space(@class), ' '), ' {name} ')"


def _has_class(part: Tree, name: str) -> bool:
    return name in (part.get("class") or "").split()


def _add_class(part: Tree, name: str) -> None:
    part.set("class", f"{part.get('class') or ''} {name}".strip())


def _element(tag: str, text: str = "", **attributes: str) -> Tree:
    made = html.Element(tag, {key.rstrip("_"): value for key, value in attributes.items()})
    made.text = text or None
    return made


def _tell_controls(tree: Tree) -> None:
    """Put in the place of a chart's controls a line that names them; its picture stands before."""
    for chart in _all(tree, "self::div[{chart}]"):
        labels = [label.text_content().strip() for label in chart.iter("label")]
        if labels:
            said = " and ".join(filter(None, (", ".join(labels[:-1]), labels[-1])))
            words = f"On the site this picture moves. Its controls: {said}."
            chart.addprevious(_element("p", words, class_="chart-controls-told"))
        chart.drop_tree()


def _list_questions(tree: Tree) -> None:
    """List the choices of each question, and put the answers after the last question."""
    questions = _all(tree, "self::div[{question}]")
    if not questions:
        return
    answers = _element("div", class_="question-answers")
    answers.append(_element("p", "Answers", class_="question-answers-title"))
    for number, question in enumerate(questions, start=1):
        for asked in _all(question, "{question-asked}"):
            before = _element("span", f"Question {number}. ", class_="question-number")
            before.tail, asked.text = asked.text, None
            asked.insert(0, before)
        answers.append(_element("p", f"Question {number}", class_="question-number"))
        choices = _element("ol", class_="choices", type="A")
        reasons = _element("ol", class_="reasons", type="A")
        for choice in _all(question, "self::details[{choice}]"):
            words, reason = _element("li"), _element("li", class_=choice.get("class"))
            for summary in choice.findall("summary"):
                for letter in _all(summary, "{choice-letter}"):
                    letter.drop_tree()
                words.extend(list(summary))
                summary.drop_tree()
            reason.extend(list(choice))
            choices.append(words)
            reasons.append(reason)
            choice.drop_tree()
        question.append(choices)
        answers.append(reasons)
        question.attrib.pop("role", None)
    questions[-1].addnext(answers)
    answers.tail, questions[-1].tail = questions[-1].tail, None


def _keep_mathml(tree: Tree) -> None:
    """Leave of a formula its MathML alone, with its TeX as the words of those who cannot read it.

    ``aria-label`` is not used: readers of screens speak MathML itself.
    """
    for katex in _all(tree, "{katex}"):
        for formula in katex.iter("math"):
            for note in formula.iter("annotation"):
                formula.set("alttext", " ".join((note.text or "").split()))
            for semantics in list(formula.iter("semantics")):
                for note in semantics.findall("annotation"):
                    semantics.remove(note)
                semantics.drop_tag()
            display = katex.getparent()
            katex.addprevious(formula)
            formula.tail = katex.tail
            katex.tail = None
            katex.drop_tree()
            if _has_class(display, "katex-display"):
                formula.set("display", "block")
                display.drop_tag()


def _name_folds(tree: Tree) -> None:
    """Give a fold one name; the site changes between two when it is opened."""
    for summary in _all(tree, "self::summary"):
        for shown in _all(summary, "{expanded}"):
            shown.drop_tree()
        for words in summary.findall("p"):
            words.tag = "span"


def steps_of(tree: Tree) -> Iterator[Tree]:
    """Yield the lists of drawings that the site shows one at a time."""
    yield from _all(tree, "self::ol[{steps}]")
