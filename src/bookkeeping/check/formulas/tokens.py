"""Cut the TeX of an equation into tokens; what is not in these tables is an error."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from bookkeeping.check.formulas.faults import Unreadable

PIECE = re.compile(
    r"(?P<space>[\s~]+)"
    r"|(?P<word>\\(?:operatorname|mathrm|mathbf|mathcal|mathbb|text)\s*(?:\{[^{}]*\}|[A-Za-z0-9]))"
    r"|(?P<environment>\\(?:begin|end)\{[a-z]+\})"
    r"|(?P<command>\\(?:[A-Za-z]+|.))"
    r"|(?P<number>\d+(?:\.\d+)?)"
    r"|(?P<letter>[A-Za-z])"
    r"|(?P<sign>.)",
    re.DOTALL,
)
# Commands that change how a formula looks, never what it says: the only ones that are skipped.
LAYOUT = frozenset(
    r"\, \; \: \! \quad \qquad \displaystyle \left \right \big \Big \bigl \bigr \Bigl \Bigr "
    r"\bigg \Bigg".split()
) | {"\\ "}
GREEK = frozenset(
    "\\" + name
    for name in """alpha beta gamma delta epsilon varepsilon zeta eta theta iota kappa lambda mu nu
    xi pi rho sigma tau upsilon phi varphi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma
    Upsilon Phi Psi Omega ell star partial infty nabla""".split()
)
ACCENTS = frozenset(r"\hat \widehat \bar \tilde \widetilde \boldsymbol \vec \dot".split())
SIGNS = {
    "+": "PLUS", "-": "MINUS", r"\cdot": "CDOT", r"\odot": "ODOT", r"\times": "TIMES", "/": "SLASH",
    "_": "SUB", "^": "SUP", "'": "PRIME", "(": "LPAR", ")": "RPAR", "[": "LBRACK", "]": "RBRACK",
    "{": "LBRACE", "}": "RBRACE", r"\{": "LSET", r"\}": "RSET", ",": "COMMA", ":": "COLON",
    r"\colon": "COLON", r"\mid": "MID", r"\lVert": "LNORM", r"\rVert": "RNORM",
    r"\lvert": "LABS", r"\rvert": "RABS", r"\lfloor": "LFLOOR", r"\rfloor": "RFLOOR",
    r"\langle": "LANGLE", r"\rangle": "RANGLE", r"\frac": "FRAC", r"\tfrac": "FRAC",
    r"\dfrac": "FRAC", r"\sqrt": "SQRT", r"\binom": "BINOM", r"\substack": "SUBSTACK",
    r"\sum": "SUM", r"\prod": "PROD", r"\int": "INT", r"\lim": "LIM", r"\max": "EXTREME",
    r"\min": "EXTREME", r"\top": "TOP", r"\dots": "DOTS", r"\cdots": "DOTS", r"\ldots": "DOTS",
    r"\ddots": "DDOTS", r"\Pr": "LETTER", r"\exp": "LETTER", r"\ln": "LETTER", r"\log": "LETTER",
    r"\sin": "LETTER", r"\cos": "LETTER", r"\tanh": "LETTER", "!": "FACTORIAL",
    r"\circ": "CIRC",
    r"\iff": "IMPLY", r"\implies": "IMPLY", r"\Rightarrow": "IMPLY", r"\Leftrightarrow": "IMPLY",
}  # fmt: skip
RELATIONS = frozenset(
    r"= < > \ne \neq \le \leq \ge \geq \approx \in \notin \leftarrow \mapsto \to \equiv".split()
)
CONTINUES = frozenset({"PLUS", "MINUS", "CDOT", "ODOT", "TIMES", "SLASH", "RELATION", "IMPLY"})
ALONE = RELATIONS | {"+", "-", "&", r"\\", ""}  # after these braces around nothing change nothing
OPENS = frozenset({"LBRACE", "LPAR", "LBRACK", "LSET", "BEGIN_MATRIX", "BEGIN_CASES"})
CLOSES = frozenset({"RBRACE", "RPAR", "RBRACK", "RSET", "END_MATRIX", "END_CASES"})
MATRICES = frozenset({"matrix", "pmatrix", "bmatrix"})
LINES = frozenset({"aligned", "gathered"})
CONDITIONS = {"if": "IF", "and": "AND", "or": "OR", "otherwise": "OTHERWISE", "for": "FOR"}


class Piece(NamedTuple):
    """A token: what kind it is, its text without spaces, and where it stands."""

    kind: str
    text: str
    line: int
    column: int


def tokens(tex: str) -> list[Piece]:
    """Return the tokens of a formula, layout left out.

    Raises
    ------
    Unreadable
        At a command or a sign that the language does not have.
    """
    return list(_joined(_kinds(list(_pieces(tex)))))


@cache
def plain_tokens(tex: str) -> tuple[str, ...]:
    """Return TeX as its tokens, layout too: two texts with equal tokens differ by spaces only."""
    found = (match for match in PIECE.finditer(tex) if match.lastgroup != "space")
    return tuple(re.sub(r"\s+", " ", match.group()) for match in found)


def _pieces(tex: str) -> Iterator[Piece]:
    """Cut, drop spaces, and count lines and columns."""
    line, start = 1, 0
    single = False  # TeX takes one digit after these: x^23 is x^2 3
    at = 0
    while at < len(tex):
        match = PIECE.match(tex, at)
        assert match is not None  # the last alternative takes any sign
        text, kind = match.group(), str(match.lastgroup)
        if kind == "number" and single:
            text = text[0]
        if kind != "space":
            if kind == "word":
                text = re.sub(r"\s+", " ", re.sub(r"^(\\[a-z]+)\s*(\w)$", r"\1{\2}", text))
            yield Piece(kind, text, line, at - start + 1)
            single = text in {"_", "^", r"\frac", r"\tfrac", r"\dfrac"}
        else:
            line += text.count("\n")
            if "\n" in text:
                start = at + text.rindex("\n") + 1
        at += len(text) if kind != "word" else len(match.group())


def _kinds(pieces: list[Piece]) -> Iterator[Piece]:
    """Give each piece its kind in the grammar, by what it is and by the environment it is in."""
    inside: list[str] = []
    integrals = 0
    for number, piece in enumerate(pieces):
        kind, text, line, column = piece
        after = pieces[number + 1] if number + 1 < len(pieces) else Piece("end", "", line, column)
        before = pieces[number - 1] if number else Piece("start", "", line, column)
        if kind == "environment":
            name = text[text.index("{") + 1 : -1]
            yield from _environment(piece, name, inside)
        elif text == "{" and after.text == "}":
            if before.text not in ALONE:
                raise Unreadable(
                    "braces around nothing may hold a script or an argument off what it seems to "
                    "belong to; leave them out", line, column,
                )  # fmt: skip
            continue  # after a sign or a relation they only move what stands beside them
        elif text == "}" and before.text == "{":
            continue
        elif text == "&":
            if inside and inside[-1] in MATRICES | {"cases"}:
                yield piece._replace(kind="AMPERSAND")
            elif not inside:
                raise Unreadable("found '&' outside of an environment", line, column)
        elif text == r"\\":
            if after[1:] == ("[", line, column + 2):
                raise Unreadable(r"TeX takes brackets after '\\' for a distance", line, column)
            kind = "NEWROW" if inside and inside[-1] in MATRICES | {"cases"} else "NEWLINE"
            yield piece._replace(kind=kind)
        elif text == "." and before.text == r"\left":
            yield piece._replace(kind="LHELD")
        elif text in {"|", r"\vert"} and before.text in {r"\left", r"\right"}:
            held = before.text == r"\right" and after.text == "_"
            yield piece._replace(
                kind="LABS" if before.text == r"\left" else "RHELD" if held else "RABS"
            )
        elif text in LAYOUT:
            if integrals and after.text == "d":
                integrals -= 1
                yield piece._replace(kind="DIFFERENTIAL")
        elif text == "d" and before.text in LAYOUT and _closes_integral(pieces, number):
            continue  # the layout before it has become the differential
        elif text in {r"\delta", r"\Delta"} and _names_something(after):
            yield piece._replace(kind="PREFIX")
        elif text in {r"\max", r"\min"} and after.text == "}":
            yield piece._replace(kind="LETTER")
        elif text in RELATIONS:
            yield piece._replace(kind="RELATION")
        elif text in SIGNS:
            integrals += text == r"\int"
            yield piece._replace(kind=SIGNS[text])
        elif text in GREEK or kind == "letter":
            yield piece._replace(kind="LETTER")
        elif text in ACCENTS:
            yield piece._replace(kind="ACCENT")
        elif kind == "number":
            yield piece._replace(kind="NUMBER")
        elif kind == "word":
            yield _word(piece)
        else:
            raise Unreadable(f"no formula of this book may hold {text!r}", line, column)
    if inside:
        raise Unreadable(rf"expected \end{{{inside[-1]}}} at the end of it", *pieces[-1][2:])


def _environment(piece: Piece, name: str, inside: list[str]) -> Iterator[Piece]:
    if name not in MATRICES | LINES | {"cases"}:
        raise Unreadable(f"no environment {name!r} is known", piece.line, piece.column)
    if piece.text.startswith(r"\begin"):
        inside.append(name)
    elif not inside or inside.pop() != name:
        raise Unreadable(f"{piece.text} closes what was not opened", piece.line, piece.column)
    if name not in LINES:
        kind = "CASES" if name == "cases" else "MATRIX"
        start = "BEGIN_" if piece.text.startswith(r"\begin") else "END_"
        yield piece._replace(kind=start + kind)


def _closes_integral(pieces: list[Piece], number: int) -> bool:
    """Whether an integral that was opened before this ``d`` is still without its differential."""
    opened = sum(piece.text == r"\int" for piece in pieces[:number])
    closed = sum(
        after.text == "d" and before.text in LAYOUT
        for before, after in itertools.pairwise(pieces[:number])
    )
    return opened > closed


def _names_something(after: Piece) -> bool:
    """Whether a delta is followed by what it is the delta of."""
    return after.kind in {"letter", "word"} or after.text in GREEK | ACCENTS


def _word(piece: Piece) -> Piece:
    """Tell a name of several letters from the words of a condition."""
    if piece.text.startswith(r"\text"):
        inner = piece.text[len(r"\text{") : -1].strip()
        if inner in CONDITIONS:
            return piece._replace(kind=CONDITIONS[inner], text=inner)
    return piece._replace(kind="LETTER")


def _joined(found: Iterator[Piece]) -> Iterator[Piece]:
    """Let a line that begins with an operator or a relation go on with the line before it."""
    pieces = list(found)
    related = False  # whether the statement has a relation already
    for number, piece in enumerate(pieces):
        after = pieces[number + 1] if number + 1 < len(pieces) else piece._replace(kind="END")
        if piece.kind == "NEWLINE":
            goes_on = _has_relation(pieces[number + 1 :])
            if after.kind in {"PLUS", "MINUS"} and related and goes_on:
                raise Unreadable(
                    "a line that begins with a sign and holds a relation of its own may go on with "
                    "the line before it or not; begin it with the relation", *after[2:],
                )  # fmt: skip
            related = goes_on or (related and after.kind in CONTINUES)
            if after.kind in CONTINUES or after.kind == "END":
                continue
        elif not number:
            related = _has_relation(pieces)
        yield piece


def _has_relation(pieces: list[Piece]) -> bool:
    """Whether a line has a relation outside of brackets."""
    depth = 0
    for piece in pieces:
        depth += (piece.kind in OPENS) - (piece.kind in CLOSES)
        if not depth and piece.kind in {"RELATION", "NEWLINE"}:
            return piece.kind == "RELATION"
    return False
