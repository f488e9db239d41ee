"""Parse the tokens of a formula by the grammar: its form, before any letter has a meaning."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from lark import Lark, Token, Transformer, Tree, UnexpectedToken
from lark.exceptions import VisitError
from lark.lexer import Lexer

from bookkeeping.check.formulas.faults import Unreadable
from bookkeeping.check.formulas.tokens import tokens

Form = Tree[Any]

WORDS = {
    "$END": "the end of the formula", "LETTER": "a letter", "NUMBER": "a number", "SUB": "'_'",
    "SUP": "'^'", "RBRACE": "'}'", "LBRACE": "'{'", "RPAR": "')'", "RBRACK": "']'",
    "RELATION": "a relation", "SLASH": "'/'", "PLUS": "'+'", "MINUS": "'-'",
    "DIFFERENTIAL": "the differential of the integral", "RNORM": r"'\rVert'", "RABS": "'|'",
}  # fmt: skip
FEW = 4
# Forms of one part that say no more than the part.
TRANSPARENT = {
    "statement", "clause", "product", "chain", "item", "element", "list", "group", "substack",
    "bare", "braced",
}  # fmt: skip
# Forms that look the same with invisible braces around them: they show where they end.
CLOSED = {
    "letter", "number", "accented", "fraction", "root", "binomial", "parens", "brackets", "set",
    "absolute", "norm", "floor", "angles", "matrix",
}  # fmt: skip
FENCES = {
    "LBRACE", "RBRACE", "LPAR", "RPAR", "LBRACK", "RBRACK", "LSET", "RSET", "LABS", "RABS",
    "LNORM", "RNORM", "LFLOOR", "RFLOOR", "LANGLE", "RANGLE", "LHELD", "RHELD", "SUB", "SUP",
    "FRAC", "BINOM", "SQRT", "SUBSTACK", "BEGIN_MATRIX", "END_MATRIX", "BEGIN_CASES", "END_CASES",
    "NEWROW", "AMPERSAND", "INT", "DIFFERENTIAL", "IF", "AND",
}  # fmt: skip


class Pieces(Lexer):
    """Hands our tokens to Lark."""

    def __init__(self, lexer_conf: Any) -> None:
        self.known = lexer_conf

    def lex(self, data: str) -> Iterator[Token]:  # type: ignore[override]
        """Yield the tokens of a formula as Lark's."""
        for kind, text, line, column in tokens(data):
            yield Token(
                kind, text, line=line, column=column, end_line=line, end_column=column + len(text)
            )


class Simpler(Transformer[Token, Form]):
    """Drops fences and what stands around a single part, so that equal things look alike."""

    def __default__(self, data: Any, children: list[Any], meta: Any) -> Form:
        kept = [c for c in children if not (isinstance(c, Token) and c.type in FENCES)]
        name = str(data)
        if name == "braced" and (len(kept) != 1 or kept[0].data not in CLOSED):
            raise Unreadable(
                "braces alone are not shown: a + b in them looks as without; write brackets",
                *place_of(children[0]),
            )
        if name == "bare" and kept[0].data == "number" and len(text_of(kept[0])) > 1:
            raise Unreadable(
                f"TeX takes the first digit of {text_of(kept[0])} only; put braces around it",
                *place_of(kept[0]),
            )
        if name == "start":  # what stands between two statements is no statement
            kept = [c for c in kept if isinstance(c, Tree)]
        if name == "sum" and len(kept) == 2 and kept[0] is None:
            return kept[1]  # type: ignore[no-any-return]
        if name in TRANSPARENT and len(kept) == 1:
            return kept[0]  # type: ignore[no-any-return]
        return Tree(name, kept, meta)


@cache
def _parser() -> Lark:
    grammar = Path(__file__).with_name("grammar.lark").read_text(encoding="utf-8")
    return Lark(grammar, parser="lalr", lexer=Pieces, propagate_positions=True)


@cache
def parse(tex: str) -> Form:
    """Return the form of a formula: a tree of ``start`` with a child for each statement.

    The same names are read for every equation; nobody changes a form.

    Raises
    ------
    Unreadable
        With line and column, and what was expected there.
    """
    try:
        return Simpler().transform(_parser().parse(tex))
    except VisitError as error:
        raise error.orig_exc from None
    except UnexpectedToken as error:
        found = error.token
        line, column = _last(tex) if found.type == "$END" else (found.line, found.column)
        shown = str(found) or "the end of the formula"
        raise Unreadable(
            f"expected {_expected(error)}, found {shown!r}", line or 0, column or 0
        ) from None


def text_of(form: Form | Token | None) -> str:
    """Return the text of a form, the same for equal things."""
    if form is None:
        return ""
    if isinstance(form, Token):
        return str(form)
    inner = " ".join(text_of(child) for child in form.children)
    around = {"parens": "({})", "brackets": "[{}]", "sub": "_{{{}}}", "sup": "^{{{}}}"}
    return around.get(form.data, "{}").format(inner)


def place_of(form: Form | Token | None) -> tuple[int, int]:
    """Return line and column where a form begins; zeros if it has no text."""
    if isinstance(form, Token):
        return form.line or 0, form.column or 0
    if form is None:
        return 0, 0
    for child in form.children:
        if (place := place_of(child)) != (0, 0):
            return place
    return 0, 0


def _expected(error: UnexpectedToken) -> str:
    kinds = sorted(error.accepts or error.expected)
    told = [WORDS[kind] for kind in kinds if kind in WORDS]
    if not told:
        return "something else"
    more = len(kinds) > len(told) or len(told) > FEW
    return ", ".join(told[:FEW]) + (" or the like" if more else "")


def _last(tex: str) -> tuple[int, int]:
    """Return the place after the last sign."""
    lines = tex.rstrip().splitlines() or [""]
    return len(lines), len(lines[-1]) + 1
