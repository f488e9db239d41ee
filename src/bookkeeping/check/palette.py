"""What a reader may press instead of typing, and what plain notation looks like in a box."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from bookkeeping.check.formulas.faults import FormulaError
from bookkeeping.check.formulas.names import Names, key_of
from bookkeeping.check.formulas.reading import Node, nodes_of
from bookkeeping.check.formulas.tokens import tokens
from bookkeeping.check.plain_form import to_tex
from bookkeeping.check.searching import span_of
from bookkeeping.check.written import expression

BLANK = "□"  # a place that is still to be filled
FIRST = ("+", "-")
NEEDED = {r"\odot": r"\odot", r"\top": rf"{BLANK}^{{\top}}"}  # where a right form has it
LAST = (rf"\frac{{{BLANK}}}{{{BLANK}}}", rf"\left( {BLANK} \right)")
OPERATIONS = {
    r"\sqrt": rf"\sqrt{{{BLANK}}}", r"\tanh": r"\tanh", r"\exp": r"\exp", r"\ln": r"\ln",
    r"\log": r"\log", r"\cdot": r"\cdot", r"\operatorname{diag}": r"\operatorname{diag}",
    r"\operatorname{tr}": r"\operatorname{tr}", r"\mathbf{1}": "1",
    r"\operatorname{softmax}": r"\operatorname{softmax}",
}  # fmt: skip
POWER = re.compile(r"\^\{?(-?\d+)\b")
SUM = re.compile(r"\\sum_\{([A-Za-z])=[^{}]*\}\^\{[^{}]*\}")
LAYOUT = re.compile(r"\\(?:left|right|[bB]ig+[lr]?)(?![A-Za-z])|\\[,;:! ]|[\s{}]")
SHOWN = 4  # pieces of an example


def letters_of(texts: Iterable[tuple[str, Node]], names: Names) -> list[str]:
    """Return the letters of formulas with their indices and marks, in the order of the alphabet."""
    found: dict[str, str] = {}  # by the same text, however it was typed
    for tex, node in texts:
        inside = {id(each.args[0]) for each in nodes_of(node) if _marked(each)}
        for each in nodes_of(node):
            if id(each) in inside:
                continue
            for held in _spellings(each, tex):
                if _reads_as(held, each, names):
                    found.setdefault(key_of(held), " ".join(held.split()))
                    break
    return sorted(found.values(), key=_by_alphabet)


def _spellings(node: Node, tex: str) -> Iterator[str]:
    """Yield how a letter may be written; nothing for what is none."""
    if mark := _marked(node):
        yield f"{node.args[0].args[0].tex}{mark}"
    elif node.op == "name" and node.args[0].kind != "index" and (span := span_of(node, tex)):
        yield tex[span[0] : span[1]].strip()
        yield node.args[0].tex


def _marked(node: Node) -> str:
    """Return the index or the stroke that a letter has as an entry or a derivative, if any."""
    if node.op not in {"entry", "slope"} or node.args[0].op != "name" or node.args[0].args[1]:
        return ""
    if node.op == "slope":
        return "'"
    indices = [
        each.args[0].tex if each.op == "name" else str(each.args[0])
        for each in node.args[1] if each.op in {"name", "number"}
    ]  # fmt: skip
    if len(indices) < len(node.args[1]):
        return ""
    index = "".join(indices)
    return f"_{index}" if len(index) == 1 else f"_{{{index}}}"


def _reads_as(tex: str, node: Node, names: Names) -> bool:
    try:
        return node.op == "slope" or expression(tex, names) == node
    except FormulaError:
        return False


def _by_alphabet(tex: str) -> tuple[str, str]:
    plain = "".join(c for c in tex if c.isalpha()).replace("delta", "")
    return plain.lower(), tex


def palette_of(
    texts: Sequence[tuple[str, Node]], answers: Iterable[str], names: Names
) -> list[str]:
    """Return what a reader may press: letters, then signs, with a square at each empty place.

    Parameters
    ----------
    texts : sequence of (str, Node)
        The right side, the other right forms, known slips and letters that may be used besides.
    answers : iterable of str
        The right forms among them.
    """
    used = {piece.text for tex, _ in texts for piece in tokens(tex)}
    nodes = [each for _, node in texts for each in nodes_of(node)]
    asked = " ".join(answers)
    powers = dict.fromkeys(POWER.findall(SUM.sub("", asked)))
    sums = dict.fromkeys(SUM.findall(" ".join(tex for tex, _ in texts)))
    slopes = dict.fromkeys(each.args[0] for each in nodes if each.op == "derivative")
    operations = [
        *(rf"\sum_{{{index}={BLANK}}}^{{{BLANK}}}" for index in sums),
        *(shown for sign, shown in OPERATIONS.items() if sign in used),
        *([f"e^{{{BLANK}}}"] if any(each.op == "constant" for each in nodes) else []),
        *(rf"\frac{{{sign} {BLANK}}}{{{sign} {BLANK}}}" for sign in slopes),
    ]
    signs = [
        *FIRST, *(shown for sign, shown in NEEDED.items() if sign in asked),
        *(f"{BLANK}^{{{power}}}" for power in powers), *LAST,
    ]  # fmt: skip
    letters = [each for each in letters_of(texts, names) if each not in operations]
    return [*letters, *signs, *operations]


def example_of(
    palette: Iterable[str], right: str, answers: Iterable[str], table: Mapping[str, str],
    names: Names,
) -> list[str]:  # fmt: skip
    """Return how signs that the right side needs are typed plainly, with other letters than there.

    No piece of it stands in a right form.
    """
    typed = {tex: plain for tex in palette if (plain := plainly(tex, table, names))}
    there = [_bare(tex) for tex in [right, *answers]]
    letters = sorted(typed, key=lambda tex: (_bare(tex) in there[0], len(tex)))
    kinds = {tex: _kind(tex, names) for tex in letters}
    values = [tex for tex in letters if kinds[tex] != "function"]
    numbers = [tex for tex in values if kinds[tex] == "number"]
    flat = [tex for tex in values if kinds[tex] != "matrix"]
    long = [tex for tex in values if kinds[tex] != "number"] or values

    def first(write: Callable[..., str], *choices: Iterable[str]) -> list[str]:
        for chosen in itertools.product(*choices):
            plain = write(*(typed[tex] for tex in chosen))
            apart = len(set(chosen)) == len(chosen)
            if apart and not any(_bare(to_tex(plain, table)) in tex for tex in there):
                return [plain]
        return []

    pieces: list[str] = []
    if span := SUM.search(right):
        over = [tex for tex in values if re.search(rf"[_(]\{{?{span[1]}", tex)] or values
        pieces += first(lambda a: f"sum({span[1]}=1..3) {a}", over)
    if r"\partial" in right:
        still = [tex for tex in values if r"\delta" not in tex]
        above = sorted(still, key=lambda tex: kinds[tex] not in {"node", "number"})
        pieces += first(lambda a, b: f"partial {a}/partial {b}", above, still)
    if r"\top" in right:
        pieces += first(lambda a, b: f"{a}^T {b}", long, long)
    if r"\tanh^" in right:
        pieces += first(lambda a: f"tanh({a})^2", flat)
    elif "^{-1}" in right:
        pieces += ["A^-1 b"]
    elif POWER.search(SUM.sub("", right)):
        pieces += first(lambda a: f"{a}^2", flat)
    if re.search(r"\\frac(?!\{(?:d |\\partial))", right):
        pieces += first(lambda a: f"1/({a} + 2)", numbers) or ["a/(2 b)"]
    if "'" in right:
        slopes = [tex for tex in letters if tex.endswith("'")]
        pieces += first(lambda g, a: f"{g}({a})", slopes, flat)
    for sign, word in ((r"\sqrt", "sqrt"), (r"\ln", "ln"), ("diag", "diag"), (r"\tanh(", "tanh")):
        if sign in right:
            pieces += first(lambda a, word=word: f"{word}({a})", flat)
    if r"\odot" in right:
        pieces += first(lambda a, b: f"{a} * {b}", flat, flat)
    values.sort(key=lambda tex: (_bare(tex) in there[0], -len(tex)))
    return pieces[:SHOWN] or first(lambda a, b: f"2 {a} + {b}", values, values)


def plainly(tex: str, table: Mapping[str, str], names: Names) -> str:
    """Return how a letter is typed plainly; nothing where that is read as something else."""
    read = re.fullmatch(r"(.*?)(?:_\{?(\w+)\}?)?(?:\^\{(\(.*\))\})?('?)", tex)
    if read is None or BLANK in tex:
        return ""
    base, below, above, stroke = (part or "" for part in read.groups())
    known = [name for name, held in table.items() if name.isalnum() and held == base]
    base = re.sub(r"\\(bar|hat|tilde)\s*\{?\\?(\w+)\}?", r"\2\1", base)
    base = re.sub(r"^\\delta (?=\w)", "d", base).removeprefix("\\")
    for name in (base, *known):
        plain = f"{name}{below and '_'}{below}{stroke}{above}"
        if stroke or _same(to_tex(plain, table), tex, names):
            return plain
    return ""


def _same(one: str, other: str, names: Names) -> bool:
    try:
        return expression(one, names) == expression(other, names)
    except FormulaError:
        return False


def _kind(tex: str, names: Names) -> str:
    """Return what a letter is: an entry is a number, and a derivative a function."""
    if tex.endswith("'"):
        return "function"
    node = expression(tex, names)
    return str(node.args[0].kind) if node.op == "name" else "number"


def _bare(tex: str) -> str:
    """Return TeX without what is there for the eye alone."""
    return LAYOUT.sub("", tex)
