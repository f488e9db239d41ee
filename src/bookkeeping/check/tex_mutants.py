"""Change a displayed equation by one token at a time, without knowing how it is read."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from typing import NamedTuple

TOKEN = re.compile(
    r"\\(?:begin|end)\{[a-z]+\}"
    r"|\\(?:operatorname|mathrm|mathbf|mathcal|mathbb|text)\s*(?:\{[^{}]*\}|[A-Za-z0-9])"
    r"|\\(?:[A-Za-z]+|.)|\d+(?:\.\d+)?|\S",
    re.DOTALL,
)
LETTER = re.compile(r"[A-Za-z]|\\(?:mathcal|mathrm|mathbf)\b.*")
GREEK = frozenset(
    "\\" + name
    for name in """alpha beta gamma epsilon varepsilon eta theta lambda mu omega pi psi sigma tau
    varphi ell star Gamma Sigma""".split()
)
ACCENTS = (r"\hat", r"\bar", r"\tilde", r"\widehat", r"\boldsymbol")
OTHERS = {
    "+": ("-",), "-": ("+",), r"\odot": (r"\cdot",), r"\cdot": (r"\odot",), "<": (r"\le",),
    ">": (r"\ge",), r"\le": ("<", r"\ge"), r"\leq": ("<", r"\ge"), r"\ge": (">", r"\le"),
    r"\geq": (">", r"\le"), r"\ne": ("=",), r"\in": (r"\notin",), r"\sin": (r"\cos",),
    r"\cos": (r"\sin",), r"\tanh": (r"\sin",), r"\exp": (r"\ln",), r"\ln": (r"\exp",),
    r"\log": (r"\exp",), r"\sum": (r"\prod",), r"\prod": (r"\sum",), r"\max": (r"\min",),
    r"\min": (r"\max",), r"\mathbb{E}": (r"\operatorname{Var}",),
    r"\operatorname{Var}": (r"\mathbb{E}",), r"\operatorname{diag}": ("",),
    r"\operatorname{tr}": (r"\operatorname{diag}",), r"\sigma": (r"\tanh",), "'": ("",),
    r"\operatorname{softmax}": (r"\tanh",), r"\lfloor": (), r"\text{ and }": (r"\text{ or }",),
    r"\text{otherwise}": (r"\text{if } 1 = 2",), r"\mathbf{1}": (),
}  # fmt: skip
NEVER = frozenset("{ } ( ) [ ] | & . ,".split()) | {r"\left", r"\right", r"\\"}
RELATIONS = frozenset({"=", r"\le", r"\leq", r"\ge", r"\geq", "<", ">"})


class Mutant(NamedTuple):
    """A changed equation.

    Parameters
    ----------
    kind : str
        What sort of change it is.
    tex : str
        The whole text after it.
    says : str
        What was changed into what, and the how manieth token it is.
    """

    kind: str
    tex: str
    says: str


class Piece(NamedTuple):
    """A token and where it stands."""

    text: str
    start: int
    end: int


def mutants(tex: str) -> list[Mutant]:
    """Return every equation that differs from this one by one token, each text once.

    Parameters
    ----------
    tex : str
        As it is typed on a page.

    Returns
    -------
    list of Mutant
    """
    pieces = [Piece(m.group(), m.start(), m.end()) for m in TOKEN.finditer(tex)]
    found: dict[str, Mutant] = {}
    for kind, number, start, end, new in _changes(tex, pieces):
        changed = tex[:start] + new + tex[end:]
        old = tex[start:end].strip() or "nothing"
        says = f"token {number + 1}: {old} → {new.strip() or 'nothing'}"
        if changed != tex and changed not in found:
            found[changed] = Mutant(kind, changed, says)
    return list(found.values())


def _changes(tex: str, pieces: list[Piece]) -> Iterator[tuple[str, int, int, int, str]]:
    """Yield the kind of a change, its token, from where to where, and what stands there then."""
    scripts = _in_scripts(pieces)
    letters = list(
        dict.fromkeys(
            (piece.text, scripts[k])
            for k, piece in enumerate(pieces)
            if _is_letter(piece.text) and piece.text not in {"d", "e"}
            and not _inside_word(pieces, k)
        )
    )  # fmt: skip
    for k, piece in enumerate(pieces):
        text, start, end = piece
        before = pieces[k - 1].text if k else ""
        after = pieces[k + 1].text if k + 1 < len(pieces) else ""
        if _inside_word(pieces, k):
            continue
        for other in OTHERS.get(text, ()):
            yield _kind_of(text), k, start, end, f"{other} "
        if re.fullmatch(r"\d+", text):
            yield _kind_of_number(before), k, start, end, str(int(text) + 1)
        elif re.fullmatch(r"\d+\.\d+", text):
            yield "factor", k, start, end, f"{float(text) + 0.01:g}"
        if text in ACCENTS:
            others = [a for a in ACCENTS if a != text]
            yield "accent", k, start, end, " "
            yield "accent", k, start, end, others[len(tex) % len(others)] + " "
        if text == r"\top":
            yield "transposition", k, start, end, "1"
        if _is_letter(text) and text not in {"d", "e"}:
            for other in _other_letters(text, scripts[k], letters):
                yield "letter", k, start, end, f"{other} " if other[0] == "\\" else other
            plain = after not in {"^", "_", "(", "'"} and before not in {"{", "^", "_"}
            if plain and re.fullmatch("[A-Z]", text):
                yield "transposition", k, start, end, text + r"^{\top}"
            if before == "(" and after == ")" and text in {"t", "s", "T"}:
                yield "time step", k, start, end, f"{text} - 1"
        if text in {r"\hat", r"\bar"}:
            continue
        if text in RELATIONS and after not in {"-", "+", "{", "&", r"\\"}:
            yield "factor", k, end, end, " 2 "
        if text == r"\odot":
            yield "product", k, start, end, " "
    yield from _bounds(pieces)
    yield from _signs_of_derivatives(pieces)
    yield from _exchanges(tex, pieces)
    yield from _powers(tex, pieces)


def _is_letter(text: str) -> bool:
    return bool(LETTER.fullmatch(text)) or text in GREEK


def _inside_word(pieces: list[Piece], k: int) -> bool:
    """Whether a letter is part of a subscript such as ``out``: three letters or more, or ``in``."""
    if not re.fullmatch("[a-z]", pieces[k].text):
        return False
    first = last = k
    while first and re.fullmatch("[a-z]", pieces[first - 1].text):
        first -= 1
    while last + 1 < len(pieces) and re.fullmatch("[a-z]", pieces[last + 1].text):
        last += 1
    word = "".join(p.text for p in pieces[first : last + 1])
    opened = first > 1 and pieces[first - 1].text == "{" and pieces[first - 2].text == "_"
    return opened and (len(word) > 2 or word == "in")


def _in_scripts(pieces: list[Piece]) -> list[bool]:
    """Return for each token whether it stands in a subscript or a superscript."""
    inside = [False] * len(pieces)
    for k, piece in enumerate(pieces):
        if piece.text in {"_", "^"}:
            for number in range(k + 1, _behind_group(pieces, k + 1)):
                inside[number] = True
    return inside


def _other_letters(text: str, script: bool, letters: list[tuple[str, bool]]) -> list[str]:
    """Return the next two letters of the equation that look like this one and stand like it."""
    alike = [other for other, where in letters if where == script and _sort(other) == _sort(text)]
    at = alike.index(text)
    turned = alike[at + 1 :] + alike[:at]
    return turned[:2]


def _sort(text: str) -> str:
    if text[0] == "\\":
        return "greek" if text in GREEK else "word"
    return "upper" if text.isupper() else "lower"


def _kind_of(text: str) -> str:
    if text in {"+", "-"}:
        return "sign"
    if text in {r"\odot", r"\cdot"}:
        return "product"
    if text in {"<", ">", r"\le", r"\leq", r"\ge", r"\geq", r"\ne", r"\in"}:
        return "relation"
    if text.startswith(r"\text"):
        return "words"
    return "function"


def _kind_of_number(before: str) -> str:
    return {"^": "exponent", "_": "index"}.get(before, "number")


def _bounds(pieces: list[Piece]) -> Iterator[tuple[str, int, int, int, str]]:
    """Move the upper bound of a sum down by one."""
    for k, piece in enumerate(pieces):
        if piece.text not in {r"\sum", r"\prod", r"\int"}:
            continue
        at = _behind_group(pieces, k + 2) if _text(pieces, k + 1) == "_" else k + 1
        if _text(pieces, at) == "^":
            if _text(pieces, at + 1) == "{":
                closing = _behind_group(pieces, at + 1) - 1
                where = pieces[closing].start
                yield "bound", at + 1, where, where, " - 1"
            elif at + 1 < len(pieces):
                upper = pieces[at + 1]
                yield "bound", at + 1, upper.start, upper.end, f"{{{upper.text} - 1}}"


def _behind_group(pieces: list[Piece], k: int) -> int:
    """Return the number of the token behind the group or token at ``k``."""
    if _text(pieces, k) != "{":
        return k + 1
    depth = 0
    for number in range(k, len(pieces)):
        depth += {"{": 1, "}": -1}.get(pieces[number].text, 0)
        if not depth:
            return number + 1
    return len(pieces)


def _text(pieces: list[Piece], k: int) -> str:
    return pieces[k].text if k < len(pieces) else ""


def _signs_of_derivatives(pieces: list[Piece]) -> Iterator[tuple[str, int, int, int, str]]:
    """Exchange d and ∂ in a whole derivative."""
    for k, piece in enumerate(pieces):
        if piece.text != r"\frac" or _text(pieces, k + 1) != "{":
            continue
        below = _behind_group(pieces, k + 1)
        upper, lower = k + 2, below + 1
        for old, new in ((r"\partial", "d"), ("d", r"\partial")):
            if _text(pieces, upper) == old == _text(pieces, lower):
                between = "".join(
                    (new + " ") if n in {upper, lower} else p.text + " "
                    for n, p in enumerate(pieces)
                    if upper <= n <= lower
                )
                yield "derivative", upper, pieces[upper].start, pieces[lower].end, between


def _exchanges(tex: str, pieces: list[Piece]) -> Iterator[tuple[str, int, int, int, str]]:
    """Exchange two neighbouring letters of one sort."""
    for k, (one, two) in enumerate(itertools.pairwise(pieces)):
        if _inside_word(pieces, k) or one.text == two.text:
            continue
        if _is_letter(one.text) and _is_letter(two.text) and _sort(one.text) == _sort(two.text):
            if one.text in {"d", "e"}:
                continue
            yield "exchange", k, one.start, two.end, f"{two.text} {one.text} "


def _powers(tex: str, pieces: list[Piece]) -> Iterator[tuple[str, int, int, int, str]]:
    """Drop a power that is a number, or a transposition, with its sign."""
    for k, piece in enumerate(pieces):
        if piece.text != "^":
            continue
        end = _behind_group(pieces, k + 1)
        inner = [p.text for p in pieces[k + 1 : end] if p.text not in {"{", "}"}]
        if inner == [r"\top"] or (len(inner) <= 2 and re.fullmatch(r"-?\d+", "".join(inner))):
            kind = "transposition" if inner == [r"\top"] else "exponent"
            yield kind, k, piece.start, pieces[end - 1].end, " "
